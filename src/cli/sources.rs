//! `hearken sources`: how each source fares and why, the history of one, and a fresh start for one.

mod held;
mod show;
mod test;

use std::time::Duration;

use serde_json::{Value, json};

use super::columns::{Columns, quoted};
use super::desk::{Common, Desk, Refused, counted, end, say, say_json};
use super::exit;
use super::timing::Timing;
use crate::collect::credential::{Credential, expiring};
use crate::collect::health::{self, Health};
use crate::collect::patience::keys;
use crate::collect::source::SourceOptions;
use crate::model::{Moment, Patience, Remark, SourceState, Subscription, SubscriptionState};
use crate::problem::nearest;
use crate::store::StoreError;
use crate::tasks::{agreement, trouble};

/// List sources with their health; poll one anew; test them. Works while the daemon runs.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Verb {
    /// Every source: health, when a new item was last seen here, next poll, and why
    List,
    /// One source: its days, what is usual for it, what it lacks, its last failure and what to do
    Show { name: String },
    /// The complaints of a source that nobody was warned of because they were taken as known, the worst first
    Held {
        name: String,
        /// How long ago they were seen, at most
        #[arg(long, value_name = "SPAN", value_parser = super::desk::span, default_value = "30d")]
        since: Duration,
    },
    /// Forget a source's failures and what it last answered, and poll it at once
    Reset { name: String },
    /// Fetch and read sources now, and keep and tell nothing: items, the newest date they bear, bytes, time, and what is wrong
    Test {
        /// Which; all where none is named
        names: Vec<String>,
    },
}

/// Lists, resets or tests.
pub(super) async fn run(args: Args) -> u8 {
    end(act(&args).await)
}

async fn act(args: &Args) -> Result<u8, Refused> {
    if let Some(Verb::Test { names }) = &args.verb {
        return test::test(&args.common, names).await;
    }
    let mut desk = match &args.verb {
        Some(Verb::Reset { .. }) => Desk::open(&args.common).await?,
        _ => Desk::open_to_look(&args.common).await?,
    };
    desk.look_for_room().await;
    let done = match &args.verb {
        Some(Verb::Test { .. }) => Ok(exit::FINE),
        None | Some(Verb::List) => list(&desk, args.common.json).await,
        Some(Verb::Show { name }) => show::show(&desk, name, args.common.json).await,
        Some(Verb::Held { name, since }) => held::held(&desk, name, *since, args.common.json).await,
        Some(Verb::Reset { name }) => reset(&desk, name, args.common.json).await,
    };
    desk.store.close().await;
    done
}

async fn list(desk: &Desk, json: bool) -> Result<u8, Refused> {
    let sources = desk.store.sources().await?;
    let waits = desk.store.waits(desk.now).await?;
    let timings: Vec<Option<Timing>> = sources.iter().map(|source| timing(desk, source, &waits)).collect();
    let hubs = desk.store.subscriptions().await?;
    let hub = |source: &SourceState| hubs.iter().find(|hub| hub.source == source.name);
    if json {
        say_json(
            &json!({ "nothing_kept": desk.refusal.as_ref().map(ToString::to_string), "sources": sources.iter().zip(&timings).map(|(source, timing)| as_json(desk, source, timing.as_ref(), hub(source))).collect::<Vec<_>>() }),
        );
        return Ok(code(desk));
    }
    if sources.is_empty() {
        say("No source is stored yet: `hearken run` takes them from the settings at its start.\n");
        return Ok(exit::FINE);
    }
    let mut columns = Columns::new(["source", "health", "last new item", "next poll", "why"]);
    for (source, timing) in sources.iter().zip(&timings) {
        let next = timing.as_ref().map_or(source.next_due_at, |timing| timing.next);
        let next = if source.removed || health::is_pushed(source) { "-".to_owned() } else { desk.time(next) };
        let health = fares(desk, source).word();
        columns.row([source.name.clone(), health, desk.time_or_dash(source.last_item_at), next, why(desk, source, timing.as_ref())]);
    }
    let mut text = columns.text();
    text.insert_str(0, &set_back(desk, &sources));
    if desk.troubles.contains(agreement::KEY) {
        text.insert_str(0, &format!("Take care: {}.\n\n", agreement::WORDS));
    }
    if let Some(refusal) = &desk.refusal {
        let last = sources.iter().filter_map(|source| source.last_polled_at).max();
        text.insert_str(0, &nothing_kept(desk, refusal, last));
    }
    let mut notes = Vec::new();
    for source in sources.iter().filter(|source| !source.removed) {
        let more = [in_trouble(desk, source, &waits), hub(source).map(|hub| pushed(desk, hub)).unwrap_or_default(), remark(desk, source)];
        notes.extend(more.into_iter().filter(|note| !note.is_empty()));
    }
    notes.push(credentials(desk));
    notes.retain(|note| !note.is_empty());
    let first = if notes.first().is_some_and(|note| !note.starts_with('\n')) { "\n" } else { "" };
    let notes = if notes.is_empty() { String::new() } else { format!("{first}{}\n", notes.concat()) };
    say(&format!(
        "{text}{notes}{}, times of {}; `hearken sources show NAME` has the history of one\n",
        counted(sources.len(), "source"),
        desk.zone()
    ));
    Ok(code(desk))
}

/// A store that takes nothing is a finding.
const fn code(desk: &Desk) -> u8 {
    if desk.refusal.is_some() { exit::STORAGE } else { exit::FINE }
}

/// A poll that is yet to come differs by more than clocks of several machines do.
const AHEAD: Duration = Duration::from_mins(10);

/// A clock that was set back: then next polls are as far away, and nothing has failed.
fn set_back(desk: &Desk, sources: &[SourceState]) -> String {
    let last = sources.iter().filter(|source| !source.removed).filter_map(|source| source.last_polled_at).max();
    let Some(last) = last.filter(|last| *last > desk.now.plus(AHEAD)) else { return String::new() };
    format!(
        "The last poll is dated {}, which is still to come: the clock was set back. A running daemon notices within seconds and brings forward \
         what it had dated; where this line stays, none runs.\n\n",
        desk.time(last)
    )
}

/// Before everything else: what stands below is no news.
fn nothing_kept(desk: &Desk, refusal: &StoreError, last: Option<Moment>) -> String {
    format!(
        "Nothing can be kept: {refusal}. What is read now is read again when there is room; below stands what was known at {}.\n{}\n\n",
        desk.time_or_dash(last),
        Health::NotKept.next_step().unwrap_or_default()
    )
}

/// The one word for it.
fn fares(desk: &Desk, source: &SourceState) -> Health {
    match health::health(source, options(desk, source), files_failed(desk, source), desk.now) {
        Health::Removed => Health::Removed,
        // What stands in the store is from before.
        _ if desk.refusal.is_some() => Health::NotKept,
        found => found,
    }
}

/// Why it is that one.
fn because(desk: &Desk, source: &SourceState) -> String {
    if let (Some(refusal), Health::NotKept) = (&desk.refusal, fares(desk, source)) {
        return refusal.to_string();
    }
    health::why(source, options(desk, source), files_failed(desk, source), desk.now)
}

fn files_failed(desk: &Desk, source: &SourceState) -> bool {
    desk.troubles.contains(&trouble::files_key(&source.name))
}

/// As the settings have it; none where they no longer name it.
fn options<'a>(desk: &'a Desk, source: &SourceState) -> Option<&'a SourceOptions> {
    desk.settings.sources.iter().find(|options| options.name == source.name)
}

/// Credentials that expire soon, and who uses them.
fn credentials(desk: &Desk) -> String {
    let sources = desk.settings.sources.iter().map(|source| (source.name.as_str(), source.credentials.as_slice())).collect::<Vec<_>>();
    let found = expiring(&sources, desk.settings.collect.manners.credentials_warned, desk.now);
    let line = |(credential, names): &(Credential, Vec<&str>)| {
        let verb = if credential.expires <= desk.now { "has expired on" } else { "expires on" };
        format!("{} {verb} {}; used by: {}\n", credential.from, desk.time(credential.expires), names.join(", "))
    };
    found.iter().map(line).collect()
}

fn as_json(desk: &Desk, source: &SourceState, timing: Option<&Timing>, hub: Option<&Subscription>) -> Value {
    let options = options(desk, source);
    let found = fares(desk, source);
    let mut fields = json!(source);
    fields["health"] = json!(found.word());
    fields["health_class"] = json!(found.class());
    fields["why"] = json!(because(desk, source));
    fields["why_then"] = json!(timing.map(ToString::to_string));
    fields["next_due_at"] = json!(timing.map_or(source.next_due_at, |timing| timing.next));
    fields["timing"] = json!(timing.map(Timing::as_json));
    fields["usual"] = json!(options.map(|options| health::usual(source, options)));
    fields["silent_after_s"] = json!(options.and_then(|options| health::silence_limit(source, options)).map(|limit| limit.as_secs()));
    fields["websub"] = json!(hub);
    fields["next_step"] = json!(found.next_step());
    fields
}

/// Why it has its health, and why its next poll is when it is.
fn why(desk: &Desk, source: &SourceState, timing: Option<&Timing>) -> String {
    let own = because(desk, source);
    let then = timing.map(ToString::to_string).unwrap_or_default();
    match (fares(desk, source), own.is_empty() || then.is_empty()) {
        // What is usual stands in `show`; a listing has one line for each.
        (Health::Fine, _) if health::is_pushed(source) => "pushes to us".to_owned(),
        // How often it failed stands below.
        (Health::Fine | Health::CannotSee(_), _) => then,
        (_, true) => format!("{own}{then}"),
        (_, false) => format!("{own}; {then}"),
    }
}

/// How its hub stands: nothing of one that is merely named.
fn pushed(desk: &Desk, hub: &Subscription) -> String {
    let until = hub.granted_until.map(|until| format!(" until {}", desk.time(until))).unwrap_or_default();
    let why = hub.detail.as_deref().map(|why| format!(": {}", quoted(why))).unwrap_or_default();
    let (name, address) = (&hub.source, quoted(&hub.hub));
    match hub.state {
        SubscriptionState::Active => {
            let forged = if hub.forged == 0 { String::new() } else { format!(", {} with a wrong signature ignored", hub.forged) };
            format!("{name}: pushed by {address}{until}; {} taken{forged}{why}\n", counted(hub.pushes, "update"))
        }
        SubscriptionState::Asked => format!("{name}: {address} was asked to push and has not called back yet\n"),
        SubscriptionState::Denied => format!("{name}: {address} will not push{why}; it is polled as before\n"),
        SubscriptionState::Failing => format!("{name}: {address} cannot be subscribed to{why}; it is polled as before\n"),
        SubscriptionState::Offered | SubscriptionState::Off => String::new(),
    }
}

/// When it is polled next; none for what nobody asks, or asks no more.
fn timing(desk: &Desk, source: &SourceState, waits: &[Patience]) -> Option<Timing> {
    Timing::of(&desk.settings, source, waits, desk.now).filter(|_| !health::is_pushed(source))
}

fn in_trouble(desk: &Desk, source: &SourceState, waits: &[Patience]) -> String {
    let found = fares(desk, source);
    let Some(step) = found.next_step() else { return String::new() };
    let word = found.word();
    let Some(_) = source.failure else {
        return format!("\n{}: {word}: {}\n  {step}\n", source.name, quoted(&because(desk, source)));
    };
    let detail = source.failure_detail.as_deref().map(|detail| format!(": {}", quoted(detail))).unwrap_or_default();
    let since = source.failing_since.map(|since| format!(" since {}", desk.time(since))).unwrap_or_default();
    let times = counted(source.failures, "poll");
    let then = timing(desk, source, waits).map(|timing| format!("; {timing}")).unwrap_or_default();
    format!("\n{}: {word}{detail}\n  {times} failed{since}{then}. {step}\n", source.name)
}

/// What its last file or document was taken without.
fn remark(desk: &Desk, source: &SourceState) -> String {
    let line = |remark: &Remark| format!("{}: taken at {}, with a remark: {}\n", source.name, desk.time(remark.at), quoted(&remark.words));
    source.watch.remark.as_ref().map(line).unwrap_or_default()
}

/// The source of that name, or what was meant.
fn named<'a>(sources: &'a [SourceState], name: &str) -> Result<&'a SourceState, Refused> {
    sources.iter().find(|source| source.name == name).ok_or_else(|| {
        let meant = nearest(name, sources.iter().map(|source| source.name.as_str()));
        Refused::not_found(format!(
            "no source `{name}` is stored.{}",
            meant.map_or_else(|| there_are(sources.iter().map(|source| source.name.as_str())), |known| format!(" Did you mean `{known}`?"))
        ))
    })
}

/// Names that are listed where a name was wrong; of many sources the listing has its own verb.
const NAMED: usize = 20;

/// ` There are: a, b.`
fn there_are<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let listed = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => " There is none.".to_owned(),
        1..=NAMED => format!(" There are: {listed}."),
        _ => format!(" There are: {listed}, ...; `hearken sources` lists all."),
    }
}

async fn reset(desk: &Desk, name: &str, json: bool) -> Result<u8, Refused> {
    let sources = desk.store.sources().await?;
    let active = || sources.iter().filter(|source| !source.removed).map(|source| source.name.as_str());
    if !active().any(|known| known == name) {
        let meant = nearest(name, active()).map_or_else(|| there_are(active()), |known| format!(" Did you mean `{known}`?"));
        return Err(Refused::not_found(format!("no source `{name}` is polled.{meant}")));
    }
    desk.store.reset_source(name, desk.now).await?;
    if let Some(source) = desk.settings.sources.iter().find(|source| source.name == name) {
        desk.store.end_waits(&keys(&source.url)).await?;
    }
    let told_as = sources.iter().find(|source| source.name == name).and_then(|source| source.told_as.clone());
    let open = match told_as {
        Some(key) => desk.store.open_incident_by_key(&key).await?,
        None => None,
    };
    if json {
        say_json(&json!({ "source": desk.store.source(name).await?, "incident": open.map(|incident| incident.id) }));
        return Ok(exit::FINE);
    }
    say(&format!("`{name}` is due now; a running daemon polls it within seconds.\n"));
    if let Some(incident) = open {
        say(&format!("{} about it is open, and closes by itself with the first poll that works.\n", incident.id));
    }
    Ok(exit::FINE)
}
