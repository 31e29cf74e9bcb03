//! `hearken sources`: how each source fares, and a fresh start for one.

mod test;

use serde_json::{Value, json};

use super::columns::{Columns, quoted};
use super::desk::{Common, Desk, Refused, counted, end, say, say_json};
use super::exit;
use crate::model::{SourceState, Subscription, SubscriptionState};
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
    let hubs = desk.store.subscriptions().await?;
    let hub = |source: &SourceState| hubs.iter().find(|hub| hub.source == source.name);
    if json {
        say_json(&json!({ "sources": sources.iter().map(|source| as_json(source, hub(source))).collect::<Vec<_>>() }));
        return Ok(exit::FINE);
    }
    if sources.is_empty() {
        say("No source is stored yet: `hearken run` takes them from the settings at its start.\n");
        return Ok(exit::FINE);
    }
    let mut columns = Columns::new(["source", "health", "last item", "last poll", "next poll"]);
    for source in &sources {
        let next = if source.removed || pushes(source) { "-".to_owned() } else { desk.time(source.next_due_at) };
        let health = health(source);
        columns.row([source.name.clone(), health, desk.time_or_dash(source.last_item_at), desk.time_or_dash(source.last_polled_at), next]);
    }
    let mut text = columns.text();
    for source in sources.iter().filter(|source| !source.removed) {
        text.push_str(&trouble(desk, source));
        text.push_str(&hub(source).map(|hub| pushed(desk, hub)).unwrap_or_default());
    }
    say(&format!("{text}{}, times of {}\n", counted(sources.len(), "source"), desk.zone()));
    Ok(exit::FINE)
}

fn as_json(source: &SourceState, hub: Option<&Subscription>) -> Value {
    let mut fields = json!(source);
    fields["health"] = json!(health(source));
    fields["websub"] = json!(hub);
    fields["next_step"] = json!(source.failure.map(crate::model::FailureKind::next_step));
    fields
}

fn health(source: &SourceState) -> String {
    match source.failure {
        _ if source.removed => "removed".to_owned(),
        Some(failure) => format!("failing: {failure}"),
        None if pushes(source) && source.last_item_at.is_none() => "pushes to us; nothing yet".to_owned(),
        None if pushes(source) => "fine, pushes to us".to_owned(),
        None if source.last_polled_at.is_none() => "not polled yet".to_owned(),
        None => "fine".to_owned(),
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

/// Whether nobody asks it: it sends by itself.
fn pushes(source: &SourceState) -> bool {
    source.url.starts_with("inbound:")
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
