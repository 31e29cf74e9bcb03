//! One case, whole: what was said, why it fired, who was told and how that went, what people did.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cli::columns::{fact, quoted};
use crate::cli::deliveries::{attempt_lines, summary};
use crate::cli::desk::{Desk, Refused, say, say_json};
use crate::cli::exit;
use crate::model::{Delivery, Effect, EventKind, Listed, Mention, Part, Reason, Verdict};
use crate::respond::message::rating;
use crate::respond::recheck::{Known, PageState};
use crate::store::{Attempt, Event, Recheck, Telling};
use crate::tasks::open_incidents::HEARKEN;

struct Case {
    incident: Listed,
    mentions: Vec<(Mention, Verdict)>,
    told: Vec<Telling>,
    deliveries: Vec<(Delivery, Vec<Attempt>)>,
    events: Vec<Event>,
    pages: Vec<Recheck>,
}

pub(super) async fn show(desk: &Desk, id: &str, json: bool) -> Result<u8, Refused> {
    let Some(incident) = desk.store.incident(id).await? else { return Err(Refused::not_found(format!("there is no incident {id}"))) };
    let mut deliveries = Vec::new();
    for delivery in desk.store.incident_deliveries(id).await? {
        let attempts = desk.store.attempts(&delivery.id).await?;
        deliveries.push((delivery, attempts));
    }
    let mentions = desk.store.incident_mentions(id).await?;
    let incident = Listed::of(incident, mentions.first().map(|(_, verdict)| verdict.category_names()));
    let (told, events, pages) = (desk.store.tellings(id).await?, desk.store.incident_events(id).await?, desk.store.rechecks(id).await?);
    let case = Case { incident, mentions, told, deliveries, events, pages };
    if json {
        say_json(&as_json(&case))
    } else {
        say(&as_text(desk, &case))
    }
    Ok(exit::FINE)
}

fn as_json(case: &Case) -> Value {
    let mentions: Vec<Value> = case.mentions.iter().map(|(mention, verdict)| json!({ "mention": mention, "verdict": verdict })).collect();
    let deliveries: Vec<Value> =
        case.deliveries.iter().map(|(delivery, attempts)| json!({ "delivery": delivery, "attempts": attempts })).collect();
    json!({
        "incident": case.incident,
        "mentions": mentions,
        "told": case.told,
        "deliveries": deliveries,
        "events": case.events,
        "pages": case.pages,
    })
}

fn as_text(desk: &Desk, case: &Case) -> String {
    let is_end = |event: &&Event| [EventKind::Resolved, EventKind::FalseAlarm].iter().any(|kind| event.kind == kind.as_str());
    let closed_by = case.events.iter().rev().find(is_end).map(|event| event.actor.as_str());
    let mut text = head(desk, &case.incident, closed_by);
    section(&mut text, "mentions", case.mentions.iter().map(|(mention, verdict)| said(desk, mention, verdict)));
    let earlier = case.told.iter().filter(|told| !told.present && told.text.is_some());
    section(&mut text, "told before, in these words", earlier.map(|told| earlier_words(desk, told)));
    let told =
        case.deliveries.iter().map(|(delivery, attempts)| format!("  {}\n{}", summary(desk, delivery), attempt_lines(desk, attempts)));
    section(&mut text, "deliveries", told);
    section(&mut text, "pages", case.pages.iter().map(|page| watched(desk, page, &case.mentions)));
    section(&mut text, "history", case.events.iter().map(|event| happened(desk, event)));
    text
}

fn section(text: &mut String, name: &str, parts: impl Iterator<Item = String>) {
    let parts: String = parts.collect();
    if !parts.is_empty() {
        let _ = write!(text, "\n{name}\n{parts}");
    }
}

/// A watched page: what was seen last, and when the next look is.
fn watched(desk: &Desk, page: &Recheck, mentions: &[(Mention, Verdict)]) -> String {
    let url = mentions.iter().find(|(mention, _)| mention.id == page.mention).and_then(|(mention, _)| mention.url.as_deref());
    let next = page.due_at.map_or_else(|| "no further look".to_owned(), |at| format!("next look {}", desk.time(at)));
    let seen = match (page.checked_at, serde_json::from_value::<Known>(page.seen.clone())) {
        (Some(at), Ok(known)) => format!("{}, as of {}", standing(&known), desk.time(at)),
        _ => "not looked at yet".to_owned(),
    };
    format!("  {}\n    {seen}; {next}\n", quoted(url.unwrap_or("no link")))
}

/// What is known of a page, in words.
pub(super) fn standing(known: &Known) -> String {
    let state = match known.state {
        None => "not seen yet",
        Some(PageState::Unchanged) => "still there, unchanged",
        Some(PageState::Edited) => "still there, edited",
        Some(PageState::Missing) => "the page is there, its text was not found this time",
        Some(PageState::Gone) => "gone",
        Some(PageState::CannotSee) => "cannot be seen",
        Some(PageState::Listed) => "the page does not show it to us, its source still lists it",
    };
    let rating = known.rating.map(|rating| format!(", rated {rating}")).unwrap_or_default();
    let answer = known.answer.as_deref().map(|by| format!(", answered by {}", quoted(by))).unwrap_or_default();
    format!("{state}{rating}{answer}")
}

fn head(desk: &Desk, Listed { incident, categories }: &Listed, closed_by: Option<&str>) -> String {
    let said = desk.in_words(incident);
    let mut text = fact(&incident.id, &format!("{}, {}: {}", incident.state, incident.severity, quoted(&said.title)));
    if !said.detail.is_empty() {
        text.push_str(&fact("detail", &quoted(&said.detail)));
    }
    let about: Vec<&str> = incident.brand.iter().chain(categories).map(String::as_str).collect();
    if !about.is_empty() {
        text.push_str(&fact("about", &about.join(", ")));
    }
    let beside = if incident.also.is_empty() { String::new() } else { format!("; told beside it: {}", incident.also.join(", ")) };
    text.push_str(&fact("department", &format!("{}{beside}", incident.department)));
    text.push_str(&fact("opened", &format!("{} ({})", desk.time(incident.opened_at), desk.zone())));
    if let Some(at) = incident.escalate_at {
        let step = usize::try_from(incident.step).ok().and_then(|step| incident.ladder.get(step));
        let who = step.map_or("end of the ladder", |step| step.name.as_str());
        text.push_str(&fact("next step", &format!("{who}, at {}", desk.time(at))));
    }
    let by = incident.acknowledged_by.as_deref().unwrap_or_default();
    // Who closes a case that nobody took up answers it by that, and acknowledges nothing.
    if let Some(at) = incident.acknowledged_at.filter(|at| Some(*at) != incident.resolved_at) {
        text.push_str(&fact("acknowledged", &format!("{}, by {}", desk.time(at), quoted(by))));
    }
    if let Some(at) = incident.resolved_at {
        let by = closed_by.map(|by| format!(", by {}", quoted(by))).unwrap_or_default();
        text.push_str(&fact("resolved", &format!("{}{by}", desk.time(at))));
    }
    for (name, value) in [("cause", &said.cause), ("remedy", &said.remedy)] {
        text.extend(value.as_ref().map(|value| fact(name, &quoted(value))));
    }
    text
}

/// A wording that was told and stands there no more.
fn earlier_words(desk: &Desk, told: &Telling) -> String {
    let mut text = format!("  {}  {}\n", desk.time(told.at), told.verdict.severity);
    for line in [told.title.as_deref(), told.text.as_deref()].into_iter().flatten().filter(|line| !line.trim().is_empty()) {
        let _ = writeln!(text, "    {}", quoted(line));
    }
    text
}

fn said(desk: &Desk, mention: &Mention, verdict: &Verdict) -> String {
    let link = mention.place().unwrap_or("no link");
    let mut text = format!("  {}  {}  {}\n", desk.time(mention.seen_at), quoted(&mention.source), quoted(link));
    for line in [mention.title.as_deref(), Some(mention.text.as_str())].into_iter().flatten().filter(|line| !line.trim().is_empty()) {
        let _ = writeln!(text, "    {}", quoted(line));
    }
    let by = mention.author.as_deref().filter(|author| !author.trim().is_empty()).map(|author| format!("by {}", quoted(author)));
    let given: Vec<String> = rating(mention).into_iter().chain(by).collect();
    if !given.is_empty() {
        let _ = writeln!(text, "    {}", given.join(", "));
    }
    for (name, value) in mention.own_fields() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = writeln!(text, "    {}: {}", quoted(name), quoted(&value));
    }
    for reason in verdict.reasons.iter().filter(|reason| matches!(reason.effect, Effect::Counts | Effect::Raises | Effect::Lowers)) {
        let _ = writeln!(text, "    {} {}{}", reason.effect, reason.rule, words(reason, mention));
    }
    text
}

/// `: 還沒收到, 不回`; nothing where a rule asks for no words.
fn words(reason: &Reason, mention: &Mention) -> String {
    let title = mention.title.as_deref().unwrap_or_default();
    let part = |part| if part == Part::Title { title } else { mention.text.as_str() };
    let mut words: Vec<String> = reason.spans.iter().filter_map(|span| part(span.part).get(span.start..span.end)).map(quoted).collect();
    words.dedup();
    if words.is_empty() { String::new() } else { format!(": {}", words.join(", ")) }
}

fn happened(desk: &Desk, event: &Event) -> String {
    let at = desk.time(event.at);
    if let Some(seen) = seen_on_page(event) {
        return format!("  {at}  {seen}\n");
    }
    let detail = particulars(&event.detail);
    let detail = if detail.is_empty() { detail } else { format!("  ({detail})") };
    // What Hearken noticed others did.
    let by = match event.kind.parse() {
        Ok(EventKind::Edited) if event.actor == HEARKEN => " by its author".to_owned(),
        Ok(EventKind::Worse | EventKind::NoLongerComplaint | EventKind::Joined | EventKind::Unreached) if event.actor == HEARKEN => {
            String::new()
        }
        _ => format!(" by {}", quoted(&event.actor)),
    };
    format!("  {at}  {}{by}{detail}\n", event.kind.to_string().replace('_', " "))
}

/// What a look at a page showed, in words; none for what is no look.
fn seen_on_page(event: &Event) -> Option<String> {
    let word = |name: &str| event.detail.get(name).and_then(Value::as_str).map(quoted).unwrap_or_default();
    let number = |name: &str| event.detail.get(name).filter(|value| value.is_number()).map(Value::to_string);
    let said = match event.kind.parse().ok()? {
        EventKind::PageEdited => match number("left_percent") {
            Some(left) => format!("its author edited it: {left} of 100 parts of what was told still stand there"),
            None => "its author edited it".to_owned(),
        },
        EventKind::PageRating => {
            let most = number("most").map(|most| format!(" of {most}")).unwrap_or_default();
            let from = number("from").map(|from| format!(", {from} before")).unwrap_or_default();
            format!("it is rated {}{most} now{from}", number("to").unwrap_or_default())
        }
        EventKind::PageAnswered => format!("our answer is there, by {}", word("by")),
        EventKind::PageAnswerGone => format!("our answer by {} is there no more", word("by")),
        EventKind::PageGone => format!("it is gone: {}", word("why")),
        EventKind::PageBack => "it is there again".to_owned(),
        EventKind::PageUnseen => format!("it cannot be seen: {}", word("why")),
        _ => return None,
    };
    Some(format!("page: {said}  ({})", word("url")))
}

/// The values of an event's detail with their names, inner ones too; what is empty says nothing.
fn particulars(detail: &Value) -> String {
    let Value::Object(fields) = detail else { return String::new() };
    let each = fields.iter().filter_map(|(name, value)| match value {
        Value::Object(_) => Some(particulars(value)).filter(|inner| !inner.is_empty()),
        Value::String(word) if word.is_empty() => None,
        Value::String(word) => Some(format!("{} {}", name.replace('_', " "), quoted(word))),
        Value::Number(number) => Some(format!("{} {number}", name.replace('_', " "))),
        _ => None,
    });
    each.collect::<Vec<_>>().join(", ")
}
