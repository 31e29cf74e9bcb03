//! `hearken sources`: how each source fares, and a fresh start for one.

mod test;

use serde_json::{Value, json};

use super::columns::{Columns, quoted};
use super::desk::{Common, Desk, Refused, counted, end, say, say_json};
use super::exit;
use super::timing::Timing;
use crate::collect::credential::{Credential, expiring};
use crate::collect::patience::keys;
use crate::model::SourceState;
use crate::problem::nearest;

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
    /// Every source: health, last item, next poll, and what to do about a failing one
    List,
    /// Forget a source's failures and what it last answered, and poll it at once
    Reset { name: String },
    /// Fetch and read sources now, and keep and tell nothing: items, newest item, bytes, time, and what is wrong
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
    let desk = Desk::open(&args.common).await?;
    let done = match &args.verb {
        Some(Verb::Test { .. }) => Ok(exit::FINE),
        None | Some(Verb::List) => list(&desk, args.common.json).await,
        Some(Verb::Reset { name }) => reset(&desk, name, args.common.json).await,
    };
    desk.store.close().await;
    done
}

async fn list(desk: &Desk, json: bool) -> Result<u8, Refused> {
    let sources = desk.store.sources().await?;
    let waits = desk.store.waits(desk.now).await?;
    let timings: Vec<Option<Timing>> = sources.iter().map(|source| Timing::of(&desk.settings, source, &waits, desk.now)).collect();
    if json {
        let all = sources.iter().zip(&timings).map(|(source, timing)| as_json(source, timing.as_ref()));
        say_json(&json!({ "sources": all.collect::<Vec<_>>() }));
        return Ok(exit::FINE);
    }
    if sources.is_empty() {
        say("No source is stored yet: `hearken run` takes them from the settings at its start.\n");
        return Ok(exit::FINE);
    }
    let mut columns = Columns::new(["source", "health", "last item", "last poll", "next poll", "why"]);
    for (source, timing) in sources.iter().zip(&timings) {
        let next = timing.as_ref().map_or(source.next_due_at, |timing| timing.next);
        let next = if source.removed { "-".to_owned() } else { desk.time(next) };
        let why = timing.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        let (item, poll) = (desk.time_or_dash(source.last_item_at), desk.time_or_dash(source.last_polled_at));
        columns.row([source.name.clone(), health(source), item, poll, next, why]);
    }
    let mut text = columns.text();
    sources.iter().filter(|source| !source.removed).for_each(|source| text.push_str(&trouble(desk, source)));
    text.push_str(&credentials(desk));
    say(&format!("{text}{}, times of {}\n", counted(sources.len(), "source"), desk.zone()));
    Ok(exit::FINE)
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

fn as_json(source: &SourceState, timing: Option<&Timing>) -> Value {
    let mut fields = json!(source);
    fields["next_due_at"] = json!(timing.map_or(source.next_due_at, |timing| timing.next));
    fields["timing"] = json!(timing.map(Timing::as_json));
    fields["health"] = json!(health(source));
    fields["next_step"] = json!(source.failure.map(crate::model::FailureKind::next_step));
    fields
}

fn health(source: &SourceState) -> String {
    match source.failure {
        _ if source.removed => "removed".to_owned(),
        Some(failure) => format!("failing: {failure}"),
        None if source.last_polled_at.is_none() => "not polled yet".to_owned(),
        None => "fine".to_owned(),
    }
}

fn trouble(desk: &Desk, source: &SourceState) -> String {
    let Some(failure) = source.failure else { return String::new() };
    let detail = source.failure_detail.as_deref().map(|detail| format!(": {}", quoted(detail))).unwrap_or_default();
    let since = source.failing_since.map(|since| format!(" since {}", desk.time(since))).unwrap_or_default();
    let times = counted(source.failures, "poll");
    format!("\n{}: {failure}{detail}\n  {times} failed{since}. {}\n\n", source.name, failure.next_step())
}

async fn reset(desk: &Desk, name: &str, json: bool) -> Result<u8, Refused> {
    let sources = desk.store.sources().await?;
    let active = || sources.iter().filter(|source| !source.removed).map(|source| source.name.as_str());
    if !active().any(|known| known == name) {
        let meant = nearest(name, active()).map(|known| format!(" Did you mean `{known}`?")).unwrap_or_default();
        return Err(Refused::not_found(format!("no source `{name}` is polled.{meant}")));
    }
    desk.store.reset_source(name, desk.now).await?;
    if let Some(source) = desk.settings.sources.iter().find(|source| source.name == name) {
        desk.store.end_waits(&keys(&source.url)).await?;
    }
    let open = desk.store.open_incident_by_key(&crate::tasks::trouble::source_key(name)).await?;
    if json {
        say_json(&json!({ "source": desk.store.source(name).await?, "incident": open.map(|incident| incident.id) }));
        return Ok(exit::FINE);
    }
    say(&format!("`{name}` is due now; a running daemon polls it within seconds.\n"));
    if let Some(incident) = open {
        say(&format!("{} about it is still open: resolve it once the source works.\n", incident.id));
    }
    Ok(exit::FINE)
}
