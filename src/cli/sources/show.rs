//! One source, whole: how it fares and why, what is usual, its days, what is open about it.

use std::fmt::Write as _;

use serde_json::json;

use super::{as_json, because, fares, named, options, timing};
use crate::cli::columns::{Columns, fact, quoted};
use crate::cli::desk::{Desk, Refused, counted, say, say_json};
use crate::cli::exit;
use crate::cli::timing::Timing;
use crate::collect::source::SourceOptions;
use crate::collect::{asks, cadence, canary, health};
use crate::model::{DayCount, Incident, LeftOut, SourceState};
use crate::tasks::trouble;

/// Days shown; `--json` has all that are kept.
const DAYS_SHOWN: i64 = 14;

pub(super) async fn show(desk: &Desk, name: &str, json: bool) -> Result<u8, Refused> {
    let sources = desk.store.sources().await?;
    let source = named(&sources, name)?;
    let mut days = desk.store.source_days(&source.id, 0).await?;
    days.extend(source.watch.today.clone());
    let open = open(desk, source).await?;
    let hubs = desk.store.subscriptions().await?;
    let waits = desk.store.waits(desk.now).await?;
    let timing = timing(desk, source, &waits);
    if json {
        let mut fields = as_json(desk, source, timing.as_ref(), hubs.iter().find(|hub| hub.source == source.name));
        fields["days"] = json!(days.iter().map(day_json).collect::<Vec<_>>());
        fields["incidents"] = json!(open);
        say_json(&json!({ "source": fields }));
    } else {
        say(&text(desk, source, timing.as_ref(), &days, &open));
    }
    Ok(exit::FINE)
}

/// The unresolved incidents that tell of it.
async fn open(desk: &Desk, source: &SourceState) -> Result<Vec<Incident>, Refused> {
    let mut found = Vec::new();
    for key in source.told_as.iter().cloned().chain(trouble::own_keys(&source.name)) {
        found.extend(desk.store.open_incident_by_key(&key).await?);
    }
    Ok(found)
}

fn day_json(day: &DayCount) -> serde_json::Value {
    let mut fields = json!(day);
    fields["date"] = json!(cadence::date_of(day.day));
    fields
}

fn text(desk: &Desk, source: &SourceState, timing: Option<&Timing>, days: &[DayCount], open: &[Incident]) -> String {
    let options = options(desk, source);
    let found = fares(desk, source);
    let why = because(desk, source);
    let mut text =
        fact(&source.name, &format!("{}{}", found.word(), if why.is_empty() { String::new() } else { format!(": {}", quoted(&why)) }));
    if let Some(step) = found.next_step() {
        text.push_str(&fact("what to do", step));
    }
    text.push_str(&fact("address", &source.url));
    text.push_str(&fact("last new item", &last_new_item(desk, source)));
    if health::is_pushed(source) {
        text.push_str(&fact("last push", &desk.time_or_dash(source.last_success_at.filter(|_| source.last_item_at.is_some()))));
    } else {
        text.push_str(&fact("last read", &desk.time_or_dash(source.last_success_at)));
        text.push_str(&fact("last poll", &desk.time_or_dash(source.last_polled_at)));
    }
    if let Some(timing) = timing {
        text.push_str(&fact("next poll", &format!("{}: {timing}", desk.time(timing.next))));
    }
    if let Some(asked) = asks::in_words(&source.pace.asks) {
        let fixed = options.is_some_and(|options| options.pace.is_none());
        text.push_str(&fact("feed asks for", &format!("{asked}{}", if fixed { "; not kept, for `interval` is set" } else { "" })));
    }
    if let Some(options) = options {
        learnt(&mut text, desk, source, options);
    }
    if let Some(remark) = &source.watch.remark {
        text.push_str(&fact("remark", &format!("{}, at {}", quoted(&remark.words), desk.time(remark.at))));
    }
    if let Some(mailbox) = &source.watch.mailbox {
        text.push_str(&fact("listening", &format!("since {}: what lay there before is left as it is", desk.time(mailbox.began))));
        if let Some(last) = mailbox.left_out.last_at {
            text.push_str(&fact("left out", &format!("{}; the last one at {}", left_out(&mailbox.left_out), desk.time(last))));
        }
    }
    if let Some(unread) = source.watch.mailbox.as_ref().map(|mailbox| mailbox.left_out.unread).filter(|unread| *unread > 0) {
        text.push_str(&fact("not read", &format!("attachments or parts of mails, neither text nor mail or beyond the bounds: {unread}")));
    }
    if let Some(failure) = &source.watch.last_failure {
        text.push_str(&fact("last failure", &format!("{}: {}, at {}", failure.kind, quoted(&failure.detail), desk.time(failure.at))));
    }
    for incident in open {
        text.push_str(&fact("incident", &format!("{}, {}: {}", incident.id, incident.state, quoted(&desk.in_words(incident).title))));
    }
    let table = if health::is_pushed(source) { "It is not polled: it pushes to us.\n".to_owned() } else { table(days) };
    let _ = write!(text, "\n{table}times of {}\n", desk.zone());
    text
}

/// Mails that are no mentions.
fn left_out(counts: &LeftOut) -> String {
    let answers = format!("{} to them", counted(counts.answers, "answer"));
    format!("{} of our own, {answers}, {}", counts.own, counted(counts.automatic, "automatic answer"))
}

/// When it was first seen here, which is not when it says that it was written.
fn last_new_item(desk: &Desk, source: &SourceState) -> String {
    source.last_item_at.map_or_else(|| "-".to_owned(), |at| format!("{}, when it was first seen here", desk.time(at)))
}

/// What is usual, and what it always shows.
fn learnt(text: &mut String, desk: &Desk, source: &SourceState, options: &SourceOptions) {
    text.push_str(&fact("usual", &health::usual(source, options)));
    match (source.last_item_at, health::silence_limit(source, options)) {
        (Some(last), Some(limit)) => {
            let told = format!("told after {} without a new item, at {}", cadence::span_in_words(limit), desk.time(last.plus(limit)));
            text.push_str(&fact("silence", &told));
        }
        _ => text.push_str(&fact("silence", "not told: nothing is learnt and `silent_after` is not set")),
    }
    let Some(own) = &options.canary else { return };
    let state = &source.watch.canary;
    let shown = match (canary::gone_since(state, own, desk.now), state.seen_at) {
        (Some(since), _) => format!("gone since {}", desk.time(since)),
        (None, Some(at)) => format!("seen at {}", desk.time(at)),
        (None, None) => "not looked for yet".to_owned(),
    };
    text.push_str(&fact("canary", &format!("\"{}\": {shown}", quoted(&own.phrase))));
}

fn table(days: &[DayCount]) -> String {
    let Some(last) = days.iter().map(|day| day.day).max() else { return "No poll is counted yet.\n".to_owned() };
    let mut columns = Columns::new(["day", "polls", "unchanged", "new items", "failures"]);
    for day in days.iter().filter(|day| day.day > last - DAYS_SHOWN) {
        let failures: Vec<String> = day.failed().map(|(kind, polls)| format!("{kind} {polls}")).collect();
        let failures = if failures.is_empty() { "-".to_owned() } else { failures.join(", ") };
        let unchanged = day.polls.get("unchanged").copied().unwrap_or(0);
        columns.row([cadence::date_of(day.day), day.all().to_string(), unchanged.to_string(), day.new.to_string(), failures]);
    }
    columns.text()
}
