//! Looks at the pages of incidents' mentions again, and writes what is new into the history of the case. Only GET, as politely as a poll;
//! nothing is ever posted.

mod added;
mod answer;
mod edited;
mod manners;
mod sight;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use self::sight::{Seen, see};
use super::context::Context;
use super::crash::crash_point;
use super::driver::{Activation, Ended, TaskError, chain};
use super::pool::{Boxed, Pool};
use crate::clock::Clock;
use crate::collect::host::Hosts;
use crate::collect::robots::RobotsCache;
use crate::collect::source::{SourceKind, SourceOptions};
use crate::model::{Incident, Mention, Moment, Patience};
use crate::outbound::Outbound;
use crate::respond::recheck::{Finding, Known, Sight, decide, next_look};
use crate::settings::Settings;
use crate::store::{Recheck, Store, StoreError};

/// Looks at the same time; they are never urgent.
const AT_ONCE: usize = 4;
/// A look may wait for its host and be answered slowly.
pub(crate) const LEASE: Duration = Duration::from_mins(15);

/// What a look needs, with or without a daemon around it.
#[derive(Clone, Copy)]
pub(crate) struct Watch<'a> {
    pub(crate) store: &'a Store,
    pub(crate) settings: &'a Settings,
    pub(crate) outbound: &'a Outbound,
    pub(crate) robots: &'a RobotsCache,
    pub(crate) hosts: &'a Hosts,
    pub(crate) clock: &'a Clock,
    pub(crate) owner: &'a str,
    /// What polls know of the waits that sites asked for; none where there are no polls beside it.
    pub(crate) waits: Option<&'a Mutex<Vec<Patience>>>,
    /// Judges and keeps what is seen to have been edited; none where no daemon is around it: the look is then left to one as well.
    pub(crate) judges: Option<&'a Context>,
}

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let pool = Pool { task: "recheck", capacity: AT_ONCE, wake: Arc::clone(&context.wakes.recheck), stop: context.stop.clone() };
    let claim = |free: usize| -> Boxed<Result<Vec<Recheck>, TaskError>> {
        let context = Arc::clone(&context);
        Box::pin(async move {
            // With each claim, for a wake that comes while one is under way is heard by the pool alone: a new case would be watched a minute late.
            plan(&context).await?;
            let limit = i64::try_from(free)?;
            Ok(context.store.claim_rechecks(&context.owner, None, context.clock.now(), LEASE, limit).await?)
        })
    };
    let run = |recheck: Recheck| -> Boxed<()> {
        let context = Arc::clone(&context);
        Box::pin(async move {
            let live = context.live();
            let watch = Watch {
                store: &context.store,
                settings: &live.settings,
                outbound: &live.outbound,
                robots: &context.robots,
                hosts: &context.hosts,
                clock: &context.clock,
                owner: &context.owner,
                waits: Some(context.known_waits()),
                judges: Some(&context),
            };
            let mut stop = context.stop.clone();
            tokio::select! {
                looked = look(watch, &recheck) => if let Err(error) = looked {
                    tracing::warn!(incident = recheck.incident, error = chain(error.as_ref()), "a look at a page could not be kept; its lease brings it back");
                },
                _ = stop.wait_for(|stopped| *stopped) => {}
            }
        })
    };
    let alive = || context.board.update("recheck", |status| status.busy_since = Some(context.clock.now()));
    let handled = pool.work(claim, run, alive).await?;
    Ok(Activation { handled, next_at: context.store.next_recheck_due().await? })
}

/// Ends what would be looked at too long after its case, and begins to watch what is not watched yet.
async fn plan(context: &Context) -> Result<(), StoreError> {
    let live = context.live();
    let respond = &live.settings.respond;
    let mut by_pace: BTreeMap<(Duration, bool), Vec<String>> = BTreeMap::new();
    for source in &live.settings.sources {
        if let Some(every) = source.recheck.every(respond.recheck) {
            by_pace.entry((every, is_page(source))).or_default().push(source.name.clone());
        }
    }
    let since = context.clock.now().minus(respond.recheck_for);
    context.store.end_rechecks(respond.recheck_for, context.clock.now()).await?;
    for ((every, on_own_page), sources) in by_pace {
        context.store.plan_rechecks(&sources, on_own_page, every, since).await?;
    }
    Ok(())
}

/// Whether what has no address of its own can be seen on the page of its source.
pub(crate) fn is_page(source: &SourceOptions) -> bool {
    matches!(source.kind, SourceKind::Page(_))
}

/// Where a mention can be seen: under its own address, else on the page that shows it.
fn address(watch: Watch<'_>, mention: &Mention) -> Option<Url> {
    let own = || watch.settings.sources.iter().find(|source| source.name == mention.source && is_page(source));
    match &mention.url {
        Some(url) => Url::parse(url).ok(),
        None => own().map(|source| source.url.clone()),
    }
}

/// One look, and what was new.
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    pub(crate) url: String,
    pub(crate) known: Known,
    pub(crate) findings: Vec<Finding>,
    /// Why the page could not be seen this time.
    pub(crate) hidden: Option<String>,
    /// Words that a running daemon judges.
    pub(crate) to_be_judged: bool,
}

/// What became of a look that was due.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Looked(Looked),
    /// The site asked for patience, or the budget of its domain is spent: it is made then.
    Later {
        url: String,
        until: Moment,
    },
    /// There is nothing to look at any more.
    Ended,
}

/// Looks once, if it may now.
///
/// # Errors
/// The store's: the look is then made again.
pub(crate) async fn look(watch: Watch<'_>, recheck: &Recheck) -> Result<Outcome, TaskError> {
    let mention = watch.store.mention(&recheck.mention).await?;
    let incident = watch.store.incident(&recheck.incident).await?;
    let (Some((mention, verdict)), Some(incident)) = (mention, incident) else { return end(watch, recheck).await };
    let Some(url) = address(watch, &mention) else { return end(watch, recheck).await };
    let pass = manners::enter(watch, &url).await;
    let mut before: Known = serde_json::from_value(recheck.seen.clone()).unwrap_or_default();
    if let Some(until) = manners::wait(watch, &mut before, &url).await? {
        tracing::debug!(incident = recheck.incident, until = until.rfc3339(), "a look at a page waits for its turn");
        watch.store.postpone_recheck(watch.owner, recheck, &serde_json::to_value(&before)?, until).await?;
        return Ok(Outcome::Later { url: url.into(), until });
    }
    let (known, mut findings) = since_last(Known { turn_at: None, ..before }, &mention);
    let Seen { sight, item, sure, wait } = see(watch, pass, &mention, &url).await?;
    crash_point("recheck.seen");
    let (mut known, new) = decide(&known, &sight);
    findings.extend(new);
    // Before the look is kept: whoever died in between looks again, and finds the words known.
    let judging = edited::judge(watch, (&mention, &verdict), item.map(|item| (item, sure)), known.judged).await?;
    known.judged = judging.hash;
    let events = findings.iter().map(|finding| line(finding, &url)).collect::<Result<Vec<_>, _>>()?;
    let now = watch.clock.now();
    let next = if judging.left { Some(now) } else { next_at(watch, &mention, &incident, wait) };
    watch.store.finish_recheck(watch.owner, recheck, &serde_json::to_value(&known)?, &events, next, now).await?;
    for finding in &findings {
        tracing::info!(incident = recheck.incident, source = mention.source, finding = %finding.event(), "the page of a mention has changed");
    }
    let hidden = if let Sight::Hidden { why } = sight { Some(why) } else { None };
    Ok(Outcome::Looked(Looked { url: url.into(), known, findings, hidden, to_be_judged: judging.left }))
}

async fn end(watch: Watch<'_>, recheck: &Recheck) -> Result<Outcome, TaskError> {
    watch.store.finish_recheck(watch.owner, recheck, &recheck.seen, &[], None, watch.clock.now()).await?;
    Ok(Outcome::Ended)
}

/// What was known, and what the source's own polls have seen since: a rating that was raised there counts too.
fn since_last(mut known: Known, mention: &Mention) -> (Known, Vec<Finding>) {
    let mut findings = Vec::new();
    if known.revision == 0 {
        known.rating = mention.rating;
    } else if mention.revision > known.revision {
        if let Some(to) = mention.rating.filter(|to| known.rating != Some(*to) && known.rating.is_some()) {
            findings.push(Finding::Rating { from: known.rating, to, most: mention.rating_max });
        }
        known.rating = mention.rating.or(known.rating);
        // The text it is compared with is another one now.
        known.share = None;
    }
    known.revision = mention.revision;
    (known, findings)
}

fn line(finding: &Finding, url: &Url) -> Result<(String, Value), TaskError> {
    let mut detail = serde_json::to_value(finding)?;
    if let Some(fields) = detail.as_object_mut() {
        fields.remove("finding");
        fields.insert("url".to_owned(), json!(url.as_str()));
    }
    Ok((finding.event().to_string(), detail))
}

fn next_at(watch: Watch<'_>, mention: &Mention, incident: &Incident, wait: Option<Duration>) -> Option<Moment> {
    let respond = &watch.settings.respond;
    let source = watch.settings.sources.iter().find(|source| source.name == mention.source)?;
    let every = source.recheck.every(respond.recheck)?;
    next_look(incident.resolved_at, every, respond.recheck_for, wait, watch.clock.now())
}
