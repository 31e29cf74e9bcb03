//! What was judged by other rules while machines that share a store differed is judged again by those that all of them have now: which
//! machine polled it was chance. So is what was judged by rules that a start put in force and that were mended. Whoever would have heard of it
//! hears now, and what was told is told again only where it is worse.

use std::sync::PoisonError;

use super::backtest::{self, Side};
use super::context::Context;
use super::driver::TaskError;
use super::live::Live;
use crate::collect::guard::guarded;
use crate::model::{Moment, Severity, Verdict};
use crate::store::{JudgedOtherwise, Rejudged};

/// Mentions of one look: a few milliseconds of judging; the next look takes the others.
const BATCH: usize = 200;

/// The rules by which nothing is left to be judged again, as long as no daemon shows others.
pub(super) type Settled = std::sync::Mutex<Option<String>>;

/// From now on there may be something again.
pub(super) fn rules_differ(context: &Context) {
    *context.judged_again.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// Judges again what was judged since then by rules other than those in force here, which all daemons have. Of the past of a source nobody
/// would have been told in any case.
pub(super) async fn settle(context: &Context, since: Moment) -> Result<u64, TaskError> {
    let live = context.live();
    let rules = live.judge.rule_set();
    if context.judged_again.lock().unwrap_or_else(PoisonError::into_inner).as_deref() == Some(rules) {
        return Ok(0);
    }
    let found = context.store.judged_otherwise(rules, since, BATCH).await?;
    let kept = anew(context, &live, &found).await?;
    if found.len() < BATCH {
        *context.judged_again.lock().unwrap_or_else(PoisonError::into_inner) = Some(rules.to_owned());
    }
    Ok(kept)
}

/// Judges again what was judged since then by rules that are no more, and that ops were told of as bad ones, by those in force now.
pub(super) async fn by_bad_rules(context: &Context, bad: &str, since: Moment) -> Result<(), TaskError> {
    let live = context.live();
    loop {
        let found = context.store.judged_by(bad, since, BATCH).await?;
        let kept = anew(context, &live, &found).await?;
        // What another daemon judged meanwhile is its own.
        if found.len() < BATCH || kept == 0 {
            return Ok(());
        }
    }
}

/// Puts verdicts by the rules in force in the place of these; how many of them were still there.
async fn anew(context: &Context, live: &Live, found: &[JudgedOtherwise]) -> Result<u64, TaskError> {
    let rules = live.judge.rule_set();
    let side = Side { judge: &live.judge, context: live.context(), sources: &live.settings.sources };
    let anew = |JudgedOtherwise { mention, verdict: before, told }: &JudgedOtherwise| {
        // Where we fail on it, the verdict that is there stands, as one by these rules.
        let verdict =
            guarded(|| backtest::judge(mention, side)).unwrap_or_else(|| Verdict { rule_set: rules.to_owned(), ..before.clone() });
        let acts = is_news(before, &verdict, *told);
        Rejudged { mention: mention.id.clone(), revision: mention.revision, before: before.rule_set.clone(), verdict, acts }
    };
    let again: Vec<Rejudged> = found.iter().map(anew).collect();
    let kept = context.store.judge_again(&again).await?;
    if kept > 0 {
        let to_act_on = again.iter().filter(|one| one.acts).count();
        tracing::info!(mentions = kept, to_act_on, rule_set = rules, "what was judged by other rules was judged again");
        context.wakes.open_incidents.notify_one();
    }
    Ok(kept)
}

/// Whether somebody is to hear of a verdict in the place of another: of what was told only where it is worse.
fn is_news(before: &Verdict, now: &Verdict, told: bool) -> bool {
    let complains = now.complaint || now.severity >= Severity::Critical;
    complains && (!told || now.severity > before.severity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(complaint: bool, severity: Severity) -> Verdict {
        Verdict { complaint, severity, ..Verdict::default() }
    }

    #[test]
    fn what_was_told_is_told_again_only_where_it_is_worse() {
        let (none, medium, high) = (verdict(false, Severity::None), verdict(true, Severity::Medium), verdict(true, Severity::High));
        assert!(is_news(&none, &medium, false) && is_news(&medium, &high, true) && is_news(&medium, &medium, false));
        assert!(!is_news(&medium, &medium, true) && !is_news(&high, &medium, true) && !is_news(&medium, &none, false));
        assert!(is_news(&none, &verdict(false, Severity::Critical), false), "harm is told in whatever tone it is");
    }
}
