//! `hearken backtest --rules NEW`: what these rules would have said of the mentions that are stored.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use super::columns::{Columns, fact, quoted};
use super::desk::{Common, Desk, Refused, counted, end, say, say_json, span};
use super::exit;
use super::judging::ready;
use crate::tasks::backtest::{Comparison, Group, Judged, Plan, Sample, Side, Told, compare};

/// How far back where nobody says.
const SINCE: Duration = Duration::from_hours(24 * 30);
/// Progress is shown each time so many more were compared.
const SHOWN_EVERY: u64 = 2_000;
/// Rules named behind a count; `--json` has them all.
const RULES_SHOWN: usize = 8;

/// Compare other rules with those in force, over the mentions that are stored. Exits 1 where somebody would be told of anything else.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the rules to try
    #[arg(long, value_name = "DIR")]
    rules: PathBuf,
    /// Mentions seen within this time, as 12h or 30d [default: 30d]
    #[arg(long, value_name = "SPAN", value_parser = span)]
    since: Option<Duration>,
    /// Samples of each kind of change
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    samples: usize,
    /// Take in what stood there at a source's first poll, of which nobody is ever warned
    #[arg(long)]
    first_polls: bool,
    #[command(flatten)]
    common: Common,
}

/// Compares and prints.
pub(super) async fn run(args: Args) -> u8 {
    end(act(&args).await)
}

async fn act(args: &Args) -> Result<u8, Refused> {
    let desk = Desk::open(&args.common).await?;
    let done = look(&desk, args).await;
    desk.store.close().await;
    let comparison = done?;
    if args.common.json {
        say_json(&serde_json::to_value(&comparison).map_err(|error| Refused::usage(error.to_string()))?);
    } else {
        say(&as_text(&desk, args, &comparison));
    }
    Ok(if comparison.changes() { exit::FINDINGS } else { exit::FINE })
}

async fn look(desk: &Desk, args: &Args) -> Result<Comparison, Refused> {
    let (brands, sources) = (&desk.settings.brands, desk.settings.sources.as_slice());
    let before = ready(&desk.settings.rules_dir, brands)?;
    let after = ready(&args.rules, brands)?;
    let side = |judge| Side { judge, context: desk.context(), sources };
    let plan = Plan {
        since: desk.now.minus(args.since.unwrap_or(SINCE)),
        now: desk.now,
        first_polls: args.first_polls,
        samples: args.samples,
        timezone: desk.settings.company.timezone.clone(),
    };
    let mut progress = Progress::default();
    let compared = compare(&desk.store, side(&before), side(&after), &plan, |seen| progress.show(seen)).await;
    progress.end();
    Ok(compared?)
}

/// A line on a terminal that is written over; nothing in a pipe.
#[derive(Default)]
struct Progress {
    shown: u64,
}

impl Progress {
    fn show(&mut self, seen: u64) {
        if seen >= self.shown + SHOWN_EVERY && std::io::stderr().is_terminal() {
            self.shown = seen;
            eprint!("\r{seen} mentions compared");
        }
    }

    fn end(&self) {
        if self.shown > 0 {
            eprint!("\r\u{1b}[K");
            let _ = std::io::stderr().flush();
        }
    }
}

fn as_text(desk: &Desk, args: &Args, found: &Comparison) -> String {
    let mut text = fact("in force", &format!("{} ({})", desk.settings.rules_dir.display(), found.rule_set_before));
    text.push_str(&fact("tried", &format!("{} ({})", args.rules.display(), found.rule_set_after)));
    let left_out = match found.left_out {
        0 => String::new(),
        left_out => format!("; {left_out} of first polls left out (--first-polls takes them in)"),
    };
    let since = desk.time(found.since);
    text.push_str(&fact("mentions", &format!("{} since {since}{left_out}; times of {}", found.mentions, desk.zone())));
    text.push_str(&fact("warned of", &format!("{} now, {} then", found.warned_before, found.warned_after)));
    for (name, group) in [("newly warned", &found.newly_warned), ("no longer", &found.no_longer_warned), ("moved", &found.moved)] {
        text.push_str(&fact(name, &summary(found, group)));
    }
    if found.otherwise_quiet > 0 {
        text.push_str(&fact(
            "otherwise",
            &format!("{} judged differently, and told by neither", counted(found.otherwise_quiet, "mention")),
        ));
    }
    text.push_str(&mails(found));
    let groups = [("Newly warned", &found.newly_warned), ("No longer warned", &found.no_longer_warned), ("Moved", &found.moved)];
    for (title, group) in groups.into_iter().filter(|(_, group)| !group.samples.is_empty()) {
        let _ = writeln!(text, "\n{title}: the worst and newest {} of {}", group.samples.len(), group.count);
        group.samples.iter().for_each(|sample| text.push_str(&sampled(desk, sample)));
    }
    if !found.changes() {
        text.push_str("\nNobody would be told of anything else.\n");
    }
    text
}

fn summary(found: &Comparison, group: &Group) -> String {
    let per_day = if group.count == 0 { String::new() } else { format!(" ({:.2} a day)", found.per_day(group.count)) };
    let mut rules: Vec<(String, u64)> = group.rules_gained.iter().map(|(rule, count)| (format!("+{rule}"), *count)).collect();
    rules.extend(group.rules_lost.iter().map(|(rule, count)| (format!("-{rule}"), *count)));
    rules.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
    let hidden = rules.len().saturating_sub(RULES_SHOWN);
    let more = if hidden > 0 { format!(", and {}", counted(hidden, "more rule")) } else { String::new() };
    let shown: Vec<String> = rules.into_iter().take(RULES_SHOWN).map(|(rule, count)| format!("{rule} {count}")).collect();
    let by = if shown.is_empty() { String::new() } else { format!(", by {}{more}", shown.join(", ")) };
    format!("{}{per_day}{by}", group.count)
}

fn mails(found: &Comparison) -> String {
    if found.mails.is_empty() {
        return String::new();
    }
    let mut columns = Columns::new(["department", "a day now", "then", "most on a day now", "then", "in all now", "then"]);
    for (department, mails) in &found.mails {
        columns.row([
            department.clone(),
            format!("{:.2}", mails.per_day_before),
            format!("{:.2}", mails.per_day_after),
            mails.most_before.to_string(),
            mails.most_after.to_string(),
            mails.before.to_string(),
            mails.after.to_string(),
        ]);
    }
    format!("\nFirst warnings, one for each recipient and channel:\n{}", columns.text())
}

fn sampled(desk: &Desk, sample: &Sample) -> String {
    let marked = |mark: char, rules: &[String]| rules.iter().map(|rule| format!("{mark}{rule}")).collect::<Vec<_>>();
    let rules = [marked('+', &sample.rules_gained), marked('-', &sample.rules_lost), marked('~', &sample.rules_weighed)].concat();
    let rules = if rules.is_empty() { "the same rules".to_owned() } else { rules.join(" ") };
    let (before, after) = (stand(&sample.before), stand(&sample.after));
    format!(
        "  {} {} {}: {before} -> {after}\n      {}\n      because {rules}\n",
        desk.time(sample.seen_at),
        sample.source,
        sample.mention,
        quoted(&sample.text),
    )
}

/// `medium, logistics, for care`.
fn stand(judged: &Judged) -> String {
    let categories = if judged.categories.is_empty() { String::new() } else { format!(", {}", judged.categories.join(" and ")) };
    let told = match &judged.told {
        Told::Warned(routed) if routed.also.is_empty() => format!("for {}", routed.department),
        Told::Warned(routed) => format!("for {} and {}", routed.department, routed.also.join(" and ")),
        Told::Joined => "told before".to_owned(),
        Told::Quiet(quiet) => format!("quiet ({})", quiet.as_str()),
    };
    format!("{}{categories}, {told}", judged.severity)
}
