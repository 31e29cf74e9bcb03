//! Changed rules are tried over the stored mentions before they are put in force, where the operator set a limit.

use super::super::backtest::{Comparison, Group, Plan, Sample, Side, compare, compare_with_stored};
use super::super::context::Context;
use super::super::driver::TaskError;
use super::super::live::Live;
use crate::model::{Phrase, Told};
use crate::settings::ReloadOptions;

/// Samples in the mail to ops.
const SAMPLES: usize = 3;

/// Why changed rules are not put in force.
#[derive(Debug, PartialEq)]
pub(super) struct Objection(pub(super) Told);

/// What speaks against a changed set; the limits are its own, so that whoever means it raises them in the same change.
pub(super) async fn objection(context: &Context, changed: &Live) -> Result<Option<Objection>, TaskError> {
    let options = &changed.settings.reload;
    let in_force = context.live();
    let unlimited = options.most_new_warnings_per_day.is_none() && options.most_lost_warnings_per_day.is_none();
    if unlimited || changed.judge.rule_set() == in_force.judge.rule_set() {
        return Ok(None);
    }
    let plan = plan(context, changed);
    let alive = |_| context.board.update("reload", |status| status.busy_since = Some(context.clock.now()));
    let found = compare(&context.store, side(&in_force), side(changed), &plan, alive).await?;
    tracing::info!(
        mentions = found.mentions,
        newly_warned = found.newly_warned.count,
        no_longer_warned = found.no_longer_warned.count,
        moved = found.moved.count,
        "changed rules were tried over the stored mentions"
    );
    Ok(judged(&found, options, When::Reload))
}

/// What speaks against the set that a start put in force, beside `before`, whose verdicts are stored and whose rules are no more.
pub(super) async fn objection_at_start(context: &Context, before: &str) -> Result<Option<Objection>, TaskError> {
    let live = context.live();
    let options = &live.settings.reload;
    if options.most_new_warnings_per_day.is_none() && options.most_lost_warnings_per_day.is_none() {
        return Ok(None);
    }
    let alive = |_| context.board.update("reload", |status| status.busy_since = Some(context.clock.now()));
    let found = compare_with_stored(&context.store, (before, side(&live)), &plan(context, &live), alive).await?;
    tracing::info!(
        mentions = found.mentions,
        newly_warned = found.newly_warned.count,
        no_longer_warned = found.no_longer_warned.count,
        "the rules changed while nothing ran: they were compared with what was told before"
    );
    Ok(judged(&found, options, When::Start))
}

fn plan(context: &Context, changed: &Live) -> Plan {
    let now = context.clock.now();
    Plan {
        since: now.minus(changed.settings.reload.backtest_over),
        now,
        first_polls: false,
        samples: SAMPLES,
        timezone: changed.settings.company.timezone.clone(),
    }
}

/// Whether there is an older set that stays in force.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Reload,
    Start,
}

impl When {
    /// Of new warnings, of lost ones, and what ops do about either.
    const fn words(self) -> [&'static str; 3] {
        match self {
            Self::Reload => ["limit_new_title", "limit_lost_title", "limit_help"],
            Self::Start => ["limit_new_title_at_start", "limit_lost_title_at_start", "limit_help_at_start"],
        }
    }
}

fn side(live: &Live) -> Side<'_> {
    Side { judge: &live.judge, context: live.context(), sources: &live.settings.sources }
}

fn judged(found: &Comparison, options: &ReloadOptions, when: When) -> Option<Objection> {
    let [new_title, lost_title, help] = when.words();
    let (new, lost) = (options.most_new_warnings_per_day, options.most_lost_warnings_per_day);
    let lost = || over(("limit_lost", lost_title, help), "most_lost_warnings_per_day", found, (&found.no_longer_warned, lost));
    over(("limit_new", new_title, help), "most_new_warnings_per_day", found, (&found.newly_warned, new)).or_else(lost)
}

#[expect(clippy::cast_precision_loss, reason = "a limit is at most a million")]
fn over((kind, title, help): (&str, &str, &str), key: &str, found: &Comparison, (group, most): (&Group, Option<u64>)) -> Option<Objection> {
    let (most, per_day) = (most?, found.per_day(group.count));
    if per_day <= most as f64 {
        return None;
    }
    let rate = format!("{per_day:.1}");
    let title = Phrase::said(title).with("count", &rate);
    let over = Phrase::said(kind)
        .with("mentions", found.mentions.to_string())
        .with("days", format!("{:.0}", found.days))
        .with("count", group.count.to_string())
        .with("rate", rate)
        .with("limit", format!("reload.{key}"))
        .with("most", most.to_string());
    let mut lines = vec![over, Phrase::gap()];
    lines.extend(group.samples.iter().map(line));
    lines.extend([Phrase::gap(), Phrase::said(help)]);
    Some(Objection(Told::new(title, lines)))
}

fn line(sample: &Sample) -> Phrase {
    let rules = sample.rules_gained.iter().map(|rule| format!("+{rule}")).chain(sample.rules_lost.iter().map(|rule| format!("-{rule}")));
    Phrase::raw(format!("- {} ({})", sample.text, rules.collect::<Vec<_>>().join(" ")))
}
