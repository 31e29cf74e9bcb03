//! Whether the daemons that share a store judge and tell by the same: which of them polls an item is chance, and what it is judged by must
//! not be. While their rules differ ops are told; once they agree, what the others judged meanwhile is judged again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use super::driver::{Activation, Ended};
use super::{judge_again, trouble};
use crate::model::{IncidentKind, Moment, Over, Phrase, Severity, Told, Value};
use crate::respond::incident::Subject;
use crate::store::{Engine, InForce, StoreError};

/// How often each shows what it has in force, and looks at the others.
pub(super) const LOOKED_EVERY: Duration = Duration::from_secs(20);
/// New files reach one machine after the other: what differs for no longer than this is a roll-out.
const ROLL_OUT: Duration = Duration::from_secs(3 * 60);
/// Who has not shown itself for longer is no more, or as good as that.
const SEEN_WITHIN: Duration = Duration::from_secs(5 * 60);
/// Kept so long, for whoever asks what was in force.
const KEPT_FOR: Duration = Duration::from_hours(7 * 24);
/// Key of the incident.
pub(crate) const KEY: &str = "ops:agreement";
/// For whoever looks.
pub(crate) const WORDS: &str = "the daemons on this store work by different rules or settings; the open case says which";
/// Of a hash as much is shown.
const HASH_SHOWN: usize = 8;

pub(super) async fn act(context: Arc<Context>) -> Ended {
    // On a file there is one daemon.
    if context.store.engine() == Engine::Sqlite {
        return Ok(Activation::default());
    }
    let now = context.clock.now();
    context.store.show_in_force(&own(&context, now)).await?;
    let living = living(&context, now).await?;
    let differ = differences(&living);
    if differ.is_empty() {
        trouble::clear(&context, KEY, Over::Usual).await?;
    } else if lasts(&living, now) > ROLL_OUT {
        trouble::raise(&context, subject(&living, &differ)).await?;
    }
    context.store.forget_daemons(now.minus(KEPT_FOR)).await?;
    let handled = match common_rules(&living) {
        Some(since) => judge_again::settle(&context, since.minus(LOOKED_EVERY).max(now.minus(KEPT_FOR))).await?,
        None => {
            judge_again::rules_differ(&context);
            0
        }
    };
    Ok(Activation { handled, next_at: None })
}

/// Since when the rules that all have now were in force with one of them; none where they differ.
fn common_rules(daemons: &[InForce]) -> Option<Moment> {
    let first = daemons.first()?;
    let agree = daemons.iter().all(|daemon| daemon.rules == first.rules);
    daemons.iter().map(|daemon| daemon.rules_since).min().filter(|_| agree)
}

/// Whether ops were told that the daemons of this store do not agree, and nobody closed that.
pub(crate) async fn is_missing(context: &Context) -> Result<bool, StoreError> {
    context.store.is_open(KEY).await
}

fn own(context: &Context, now: Moment) -> InForce {
    let live = context.live();
    InForce {
        worker: context.owner.clone(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
        rules: live.judge.rule_set().to_owned(),
        settings: live.settings.fingerprints(),
        since: now,
        rules_since: now,
        seen_at: now,
    }
}

async fn living(context: &Context, now: Moment) -> Result<Vec<InForce>, StoreError> {
    let mut seen = context.store.in_force(now.minus(SEEN_WITHIN)).await?;
    let gone = context.presence.gone(&context.store, seen.iter().map(|daemon| daemon.worker.clone()).collect()).await?;
    seen.retain(|daemon| !gone.workers.contains(&daemon.worker));
    Ok(seen)
}

/// What two of them have otherwise, as an operator names it. Settings are compared within one release alone: another one may write the same
/// in another way.
fn differences(daemons: &[InForce]) -> BTreeSet<String> {
    let mut differ = BTreeSet::new();
    for (at, one) in daemons.iter().enumerate() {
        for other in &daemons[at + 1..] {
            if one.rules != other.rules {
                differ.insert("rules".to_owned());
            }
            if one.release == other.release {
                differ.extend(sections(&one.settings, &other.settings));
            }
        }
    }
    differ
}

fn sections(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> impl Iterator<Item = String> {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let differ: Vec<String> = names.into_iter().filter(|name| one.get(*name) != other.get(*name)).map(|name| format!("[{name}]")).collect();
    differ.into_iter()
}

/// For how long they have differed: since the newest set of them came into force.
fn lasts(daemons: &[InForce], now: Moment) -> Duration {
    daemons.iter().map(|daemon| daemon.since).max().map_or(Duration::ZERO, |since| now.since(since))
}

fn subject(daemons: &[InForce], differ: &BTreeSet<String>) -> Subject {
    let mut lines = vec![Phrase::said("agreement_differ").with("names", Value::names(differ.iter().map(String::as_str)))];
    lines.extend(daemons.iter().map(|daemon| {
        let hash: String = daemon.rules.chars().take(HASH_SHOWN).collect();
        Phrase::said("agreement_daemon").with("daemon", machine(&daemon.worker)).with("rules", hash).with("since", daemon.since)
    }));
    lines.extend([Phrase::gap(), Phrase::said("agreement_help")]);
    Subject::trouble(IncidentKind::Ops, KEY.to_owned(), Severity::High, Told::new(Phrase::said("agreement_title"), lines))
}

/// Node and process, without the letters of chance behind them.
fn machine(worker: &str) -> &str {
    worker.rsplit_once('-').map_or(worker, |(machine, _)| machine)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_secs(1_800_000_000);

    fn daemon(worker: &str, rules: &str, routes: &str) -> InForce {
        let settings = [("route", routes), ("source", "s")].map(|(name, hash)| (name.to_owned(), hash.to_owned()));
        InForce {
            worker: worker.into(),
            release: "1.0".into(),
            rules: rules.into(),
            settings: BTreeMap::from(settings),
            since: NOW,
            rules_since: NOW,
            seen_at: NOW,
        }
    }

    fn names(daemons: &[InForce]) -> Vec<String> {
        differences(daemons).into_iter().collect()
    }

    #[test]
    fn what_differs_is_named_and_what_agrees_is_not() {
        let east = daemon("east-1-d00000000000", "a", "r");
        assert_eq!(names(&[]), [""; 0]);
        assert_eq!(names(std::slice::from_ref(&east)), [""; 0]);
        assert_eq!(names(&[east.clone(), daemon("west-2-d11111111111", "a", "r")]), [""; 0]);
        assert_eq!(names(&[east.clone(), daemon("west-2-d11111111111", "b", "q")]), ["[route]", "rules"]);
        let newer = InForce { release: "1.1".into(), ..daemon("west-2-d11111111111", "b", "q") };
        assert_eq!(names(&[east, newer]), ["rules"], "another release may write its settings in another way");
    }

    #[test]
    fn rules_are_common_since_the_first_had_them() {
        let east = daemon("east-1-d00000000000", "a", "r");
        let west = InForce { rules_since: NOW.minus(Duration::from_hours(1)), ..daemon("west-2-d11111111111", "a", "q") };
        assert_eq!(common_rules(&[]), None);
        assert_eq!(common_rules(&[east.clone(), west.clone()]), Some(NOW.minus(Duration::from_hours(1))), "whatever else differs");
        assert_eq!(common_rules(&[east, InForce { rules: "b".into(), ..west }]), None);
    }

    #[test]
    fn the_newest_set_says_how_long_they_differ_and_each_is_named() {
        let east = daemon("east-1-d00000000000", "aaaaaaaaaaaa", "r");
        let west = InForce { since: NOW.minus(Duration::from_hours(1)), ..daemon("west-2-d11111111111", "b", "r") };
        let both = [east, west];
        assert_eq!(lasts(&both, NOW.plus(ROLL_OUT)), ROLL_OUT);
        let told = subject(&both, &differences(&both));
        assert!(told.detail.contains("east-1") && told.detail.contains("aaaaaaaa") && !told.detail.contains("d0000"), "{}", told.detail);
    }
}
