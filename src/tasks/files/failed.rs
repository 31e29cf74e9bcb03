//! Files that could not be taken whole: each is a line in the history of the one open incident about their source, and told. The first of
//! a kind is told at once, more of it are gathered into one message.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::context::Context;
use super::super::driver::TaskError;
use super::super::open_incidents::HEARKEN;
use super::super::trouble;
use super::folder::Ready;
use crate::collect::source::SourceOptions;
use crate::model::{
    DeliveryKind, DeliveryState, EventKind, Incident, IncidentKind, IncidentState, Moment, NewDelivery, Phrase, Severity, Told,
};
use crate::respond::incident::Subject;
use crate::respond::notify::{self, Telling};
use crate::respond::status::Status;
use crate::store::{Event, IncidentTx};

/// Between two messages about more files of a kind: a program that writes a wrong file every minute is one piece of news, and nobody is left
/// without it for longer than a meeting takes.
const GATHERED: Duration = Duration::from_mins(30);
/// Files named in the incident; the others are counted.
const NAMED: usize = 20;

/// A file that failed.
pub(super) struct Failed<'a> {
    pub(super) ready: &'a Ready,
    /// Records of it that were taken.
    pub(super) taken: i64,
    /// What was wrong, a line or several.
    pub(super) why: &'a str,
}

impl Failed<'_> {
    /// Of a file of which nothing was taken people have to do something else than of one that has a few bad lines.
    const fn kind(&self) -> &'static str {
        if self.taken > 0 { "in part" } else { "nothing" }
    }

    fn event(&self) -> Value {
        let (device, number) = self.ready.identity();
        json!({ "file": self.ready.name, "taken": self.kind(), "why": self.why.lines().collect::<Vec<_>>().join("; "), "key": [device, number] })
    }
}

/// Tells ops. Asked for before the file is moved away, so that a death in between tells twice and not never.
pub(super) async fn tell(context: &Context, source: &SourceOptions, failed: &Failed<'_>) -> Result<(), TaskError> {
    tracing::warn!(source = source.name, file = failed.ready.name, taken = failed.kind(), "a file could not be taken whole");
    let now = context.clock.now();
    let key = trouble::files_key(&source.name);
    // Once more where somebody resolved it just now.
    for _ in 0..2 {
        let open = context.store.open_incident_by_key(&key).await?;
        let fresh = open.is_none();
        if fresh {
            trouble::raise(context, subject(source, &[failed.event()])).await?;
        }
        let Some(incident) = open.or(context.store.open_incident_by_key(&key).await?) else { continue };
        let Some(mut tx) = context.store.begin_incident(&incident.id, now).await? else { continue };
        if tx.incident().state == IncidentState::Resolved {
            continue;
        }
        if add(context, source, failed, fresh, &mut tx, now).await? {
            tx.commit().await?;
            context.wakes.deliver.notify_one();
        }
        return Ok(());
    }
    Err(format!("the incident {key} is opened and resolved again and again").into())
}

/// Adds a file to the incident; false where the last one added is this very file, which could not be moved away then.
async fn add(
    context: &Context,
    source: &SourceOptions,
    failed: &Failed<'_>,
    fresh: bool,
    tx: &mut IncidentTx,
    now: Moment,
) -> Result<bool, TaskError> {
    let mut files: Vec<Value> = tx.events().await?.into_iter().filter(is_of_file).map(|event| event.detail).collect();
    let event = failed.event();
    if files.last().is_some_and(|last| *last == event) {
        return Ok(false);
    }
    let is_new_kind = files.iter().all(|other| other["taken"] != event["taken"]);
    files.push(event.clone());
    if !fresh {
        let subject = subject(source, &files);
        tx.retell(&subject.title, &subject.detail, subject.told.as_ref()).await?;
        let news = news(context, tx, is_new_kind, now).await?;
        tx.deliver(&news).await?;
    }
    tx.event(EventKind::FileFailed.as_str(), now, HEARKEN, &event).await?;
    Ok(true)
}

fn is_of_file(event: &Event) -> bool {
    event.kind == EventKind::FileFailed.as_str()
}

/// Who hears of one more, and when. A message that waits already will say it: it is written when it is sent.
async fn news(context: &Context, tx: &mut IncidentTx, is_new_kind: bool, now: Moment) -> Result<Vec<NewDelivery>, TaskError> {
    let incident: Incident = tx.incident().clone();
    let deliveries = tx.deliveries().await?;
    let note = Status::More.to_note();
    let earlier = || deliveries.iter().filter(|delivery| delivery.kind == DeliveryKind::Status && delivery.note == note);
    let waits = earlier().any(|delivery| delivery.state == DeliveryState::Due && delivery.attempts == 0);
    if waits && !is_new_kind {
        return Ok(Vec::new());
    }
    let last = earlier().map(|delivery| delivery.due_at).max().unwrap_or(incident.opened_at);
    let due = if is_new_kind { now } else { now.max(last.plus(GATHERED)) };
    let told = notify::told(&deliveries, incident.generation);
    let step = tx.next_event().await?;
    let telling = Telling { incident: &incident.id, generation: incident.generation, kind: DeliveryKind::Status, step, note: &note };
    let live = context.live();
    Ok(telling.to(&told, &live.context(), &mut context.ids()?, due))
}

/// The incident about these files, the latest last.
fn subject(source: &SourceOptions, files: &[Value]) -> Subject {
    let text = |file: &Value, name: &str| file[name].as_str().unwrap_or_default().to_owned();
    let title = match files {
        [one] => Phrase::said("file_title").with("file", text(one, "file")),
        _ => Phrase::said("files_title").with("count", files.len().to_string()),
    };
    let mut lines = Vec::new();
    for file in files.iter().rev().take(NAMED) {
        let key = if text(file, "taken") == "nothing" { "file_nothing" } else { "file_in_part" };
        lines.push(Phrase::said(key).with("file", text(file, "file")).with("why", text(file, "why")));
    }
    if files.len() > NAMED {
        lines.push(Phrase::said("files_more").with("count", (files.len() - NAMED).to_string()));
    }
    let folder = source.url.to_file_path().map_or_else(|()| source.url.to_string(), |path| path.display().to_string());
    lines.extend([Phrase::gap(), Phrase::said("files_help").with("folder", folder)]);
    let told = Told::new(title.with("source", &source.name), lines);
    Subject::trouble(IncidentKind::Source, trouble::files_key(&source.name), Severity::Medium, told)
}
