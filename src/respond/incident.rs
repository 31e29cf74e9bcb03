//! What a judged mention becomes: an incident of its own, a part of one that is there, or nothing for a reason.

mod origin;
mod trouble;

pub use origin::{Copied, comes_from, follows, of_same_id, same_id};
pub use trouble::{Subject, open_trouble};

use self::origin::FOLLOWS;
use super::edit::{Edit, Wording};
use super::escalate::begin_anew;
use super::ids::Ids;
use super::message::clean::one_line;
use super::message::rating;
use super::notify::{Context, Telling, same_address};
use super::route::{QuietReason, RouteReason, Routed, route};
use super::status::Status;
use crate::model::{
    DeliveryKind, EventKind, Incident, IncidentKind, IncidentState, Mention, Moment, NewDelivery, NewIncident, Part, Reason, Recipient,
    Severity, Verdict,
};

/// Characters of an incident's title: one line of a list.
const TITLE_CHARS: usize = 80;

/// The cause an incident is resolved with when somebody called it a false alarm.
pub const FALSE_ALARM: &str = "false alarm";

/// An incident that the mention may belong to: one of the same item, of any age, or one of whose mentions it is a copy.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub incident: Incident,
    /// Of the mention it was found by.
    pub text_hash: i64,
    pub simhash: i64,
    /// The very item, before it was edited.
    pub same_item: bool,
    /// The number its next event will have.
    pub next_event: i64,
    /// See `notify::told`.
    pub told: Vec<Recipient>,
    /// What was told of it, for the same item alone.
    pub wordings: Vec<Wording>,
    /// The edit is like none of these.
    pub other_words: bool,
}

/// What to do with a mention.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    Open {
        incident: NewIncident,
        deliveries: Vec<NewDelivery>,
    },
    Join {
        /// With its new values.
        incident: Box<Incident>,
        /// `Joined`, `Edited`, `Worse`, `Reopened` or `NoLongerComplaint`.
        event: EventKind,
        /// Who hears that it got worse, or says more; empty otherwise.
        deliveries: Vec<NewDelivery>,
        /// What an edit says beside what was told; none of another mention.
        edit: Option<Edit>,
    },
    Quiet(QuietReason),
}

/// Decides about one mention and its verdict.
#[must_use]
pub fn decide(mention: &Mention, verdict: &Verdict, similar: &[Candidate], context: &Context<'_>, ids: &mut Ids, now: Moment) -> Decision {
    if mention.baseline {
        return Decision::Quiet(QuietReason::Baseline);
    }
    let routed = route(context.routes, context.options, verdict, &mention.source);
    let before = earlier(mention, verdict, routed.as_ref().ok(), similar, context, now);
    let (routed, detail, note) = match (routed, before) {
        (Ok(routed), Some(Earlier::Unresolved(candidate))) => return join(mention, verdict, &routed, candidate, context, ids, now),
        (Err(_), Some(Earlier::Unresolved(candidate))) if candidate.same_item => {
            return no_longer(mention, verdict, candidate, context, ids, now);
        }
        (Err(reason), _) | (Ok(_), Some(Earlier::Settled(reason))) => return Decision::Quiet(reason),
        (Ok(routed), Some(Earlier::Anew(follows, edit))) => (routed, format!("{FOLLOWS}{follows}"), edited(String::new(), edit)),
        (Ok(routed), Some(Earlier::Copied(closed))) => (routed, Copied::of(closed, now).to_detail(), String::new()),
        (Ok(routed), None) => (routed, String::new(), String::new()),
    };
    open(mention, verdict, (routed, detail, &note), context, ids, now)
}

/// Whether what is decided about a mention depends on incidents whose words are like its own: looking for these is what costs.
#[must_use]
pub fn asks_for_similar(mention: &Mention, verdict: &Verdict, context: &Context<'_>) -> bool {
    !mention.baseline && route(context.routes, context.options, verdict, &mention.source).is_ok()
}

/// What came before the mention.
enum Earlier<'a> {
    Unresolved(&'a Candidate),
    /// Resolved, and nothing new about it.
    Settled(QuietReason),
    /// Resolved, and edited since into something worse, that says more, or for others: the id of the incident it follows.
    Anew(&'a str, Edit),
    /// Resolved, and now the same text stands elsewhere, too.
    Copied(&'a Incident),
}

fn earlier<'a>(
    mention: &Mention,
    verdict: &Verdict,
    routed: Option<&Routed>,
    similar: &'a [Candidate],
    context: &Context<'_>,
    now: Moment,
) -> Option<Earlier<'a>> {
    let same_text = |candidate: &&Candidate| {
        now.since(candidate.incident.opened_at) <= context.options.same_text_within && is_same_matter(mention, candidate)
    };
    let resolved = |candidate: &&Candidate| candidate.incident.state == IncidentState::Resolved;
    let own = || similar.iter().filter(|candidate| candidate.same_item);
    if let Some(candidate) = own().find(|candidate| !resolved(candidate)) {
        return Some(Earlier::Unresolved(candidate));
    }
    if let Some(candidate) = own().max_by_key(|candidate| candidate.incident.opened_at) {
        let incident = &candidate.incident;
        let edit = edit_of(candidate, mention, verdict);
        let anew = !edit.news.is_empty() || routed.is_some_and(|routed| !turned_to(incident, routed).is_empty());
        let settled = QuietReason::AlreadyResolved { incident: incident.id.clone() };
        return Some(if anew { Earlier::Anew(&incident.id, edit) } else { Earlier::Settled(settled) });
    }
    if let Some(candidate) = similar.iter().filter(same_text).find(|candidate| !resolved(candidate)) {
        return Some(Earlier::Unresolved(candidate));
    }
    let was_false_alarm = |candidate: &&Candidate| candidate.incident.cause.as_deref() == Some(FALSE_ALARM);
    let says_no_more = |candidate: &&Candidate| {
        // Equal simhashes are the same words under another title, which may be the worse for it. That a site has more readers, or that its
        // author says it again, makes them no truer.
        let same_words = mention.simhash != 0 && candidate.simhash == mention.simhash;
        let copied = same_words && (verdict.severity <= candidate.incident.severity || !title_complains(verdict));
        candidate.text_hash == mention.text_hash || copied
    };
    let closed = || similar.iter().filter(same_text);
    if let Some(false_alarm) = closed().filter(was_false_alarm).find(says_no_more) {
        return Some(Earlier::Settled(QuietReason::FalseAlarm { incident: false_alarm.incident.id.clone() }));
    }
    let latest = closed().filter(|candidate| !was_false_alarm(candidate)).max_by_key(|candidate| candidate.incident.resolved_at)?;
    Some(Earlier::Copied(&latest.incident))
}

/// Whether a title says what its text does not: a reason rests on it alone.
fn title_complains(verdict: &Verdict) -> bool {
    let of_title = |reason: &Reason| !reason.spans.is_empty() && reason.spans.iter().all(|span| span.part == Part::Title);
    verdict.reasons.iter().any(|reason| reason.complains() && of_title(reason))
}

/// Whether a copy is about the same brand. Whether it is one is `decide::likeness`' to say.
fn is_same_matter(mention: &Mention, candidate: &Candidate) -> bool {
    let incident = &candidate.incident;
    let same_brand = incident.brand.as_ref().is_some_and(|brand| mention.brands.contains(brand));
    !candidate.same_item && incident.kind == IncidentKind::Mention && same_brand
}

/// Those who know of the case hear that it is none any more, once; it stays open, and its ladder goes on, until a person ends it.
fn no_longer(mention: &Mention, verdict: &Verdict, candidate: &Candidate, context: &Context<'_>, ids: &mut Ids, now: Moment) -> Decision {
    let edit = edit_of(candidate, mention, verdict);
    let nothing_kept = candidate.wordings.iter().all(|wording| wording.text.is_none());
    let is_known =
        nothing_kept || edit.was_told || (edit.also.is_empty() && candidate.wordings.iter().any(|wording| !wording.verdict.complaint));
    let status = (!is_known).then_some(Status::TakenBack { also: edit.also });
    let deliveries = status.map(|status| word_of(&status, candidate, context, ids, now)).unwrap_or_default();
    let incident = Box::new(candidate.incident.clone());
    Decision::Join { incident, event: EventKind::NoLongerComplaint, deliveries, edit: None }
}

/// A status for those who were told.
fn word_of(status: &Status, candidate: &Candidate, context: &Context<'_>, ids: &mut Ids, now: Moment) -> Vec<NewDelivery> {
    let note = status.to_note();
    telling(&candidate.incident, DeliveryKind::Status, candidate.next_event, &note).to(&candidate.told, context, ids, now)
}

fn edit_of(candidate: &Candidate, mention: &Mention, verdict: &Verdict) -> Edit {
    Edit::of(&candidate.wordings, candidate.incident.severity, candidate.other_words, mention, verdict)
}

/// The note of what an edit says besides; empty where that is nothing.
fn edited(by: String, edit: Edit) -> String {
    if edit.news.is_empty() { String::new() } else { Status::Edited { by, what: edit.news, also: edit.also }.to_note() }
}

/// From here on a case that gets worse, or says more, after somebody took it up is told anew, each time once, for severities only rise and
/// what was told is no news: the answer was to something milder. Below it, word of it is enough.
const TOLD_ANEW: Severity = Severity::High;

/// A worse severity, and what an edit says that was not told, is told as a status to those who were told; departments that only the worse
/// one routes to get their first warning, or, after an acknowledgement, a status as well. So do those to which an edit leads that is about
/// something else now. What got worse by a step that matters after its acknowledgement, or says more of that weight, is open again, and
/// whoever is responsible is warned anew. Everything else joins in silence.
fn join(
    mention: &Mention,
    verdict: &Verdict,
    routed: &Routed,
    candidate: &Candidate,
    context: &Context<'_>,
    ids: &mut Ids,
    now: Moment,
) -> Decision {
    let before = &candidate.incident;
    let mut incident = before.clone();
    incident.mentions += i64::from(!candidate.same_item);
    let worse = verdict.severity > before.severity;
    let edit = candidate.same_item.then(|| edit_of(candidate, mention, verdict));
    let says_more = edit.as_ref().is_some_and(Edit::says_more);
    let turned = if candidate.same_item { turned_to(before, routed) } else { spread_to(before, routed, context, &mention.source) };
    let added = if worse { added_departments(before, routed) } else { turned };
    let quiet = if candidate.same_item { EventKind::Edited } else { EventKind::Joined };
    if !worse && !says_more && added.is_empty() {
        let heard = edit.as_ref().filter(|edit| edit.is_worth_a_word(before.severity));
        let deliveries = heard.map(|edit| {
            let also = edit.also.clone();
            let status = if edit.seems_settled() { Status::TakenBack { also } } else { Status::WroteOn { also } };
            word_of(&status, candidate, context, ids, now)
        });
        return Decision::Join { incident: Box::new(incident), event: quiet, deliveries: deliveries.unwrap_or_default(), edit };
    }
    incident.severity = before.severity.max(verdict.severity);
    if worse || candidate.same_item {
        incident.category.clone_from(&routed.category);
    }
    if candidate.same_item {
        incident.title = title(mention);
    }
    incident.also.extend(added.iter().cloned());
    let matters = (worse || says_more) && verdict.severity >= TOLD_ANEW;
    if matters && before.state == IncidentState::Acknowledged {
        return reopen(&incident, candidate, edit, context, ids, now);
    }
    if worse || matters {
        climb_again(&mut incident, context, now);
    }
    let (event, status) = match &edit {
        _ if worse => (EventKind::Worse, Status::Worse { from: before.severity, to: verdict.severity, also: also(edit.as_ref()) }),
        Some(Edit { news, also, .. }) if says_more => {
            (EventKind::Edited, Status::Edited { by: String::new(), what: news.clone(), also: also.clone() })
        }
        Some(_) => (quiet, Status::Turned),
        None => (quiet, Status::Spread { source: mention.source.clone() }),
    };
    let note = status.to_note();
    let mut newcomers = context.recipients_of(added.iter().map(String::as_str));
    newcomers.retain(|recipient| !candidate.told.iter().any(|told| same_address(told, recipient)));
    let mut heard = if worse || says_more { candidate.told.clone() } else { Vec::new() };
    let mut deliveries = Vec::new();
    if before.state == IncidentState::Open {
        let warning = telling(before, DeliveryKind::Warning, 0, &note);
        deliveries.extend(warning.to(&newcomers, context, ids, now));
    } else {
        heard.extend(newcomers);
    }
    let status = telling(before, DeliveryKind::Status, candidate.next_event, &note);
    deliveries.extend(status.to(&heard, context, ids, now));
    Decision::Join { incident: Box::new(incident), event, deliveries, edit }
}

fn also(edit: Option<&Edit>) -> Vec<String> {
    edit.map(|edit| edit.also.clone()).unwrap_or_default()
}

/// A case as it stands after what made it worse, or say more, open again in its next generation: everyone of the departments that have it is
/// warned anew, and who else was told, as the ladder told them, hears of it.
fn reopen(worse: &Incident, candidate: &Candidate, edit: Option<Edit>, context: &Context<'_>, ids: &mut Ids, now: Moment) -> Decision {
    let by = worse.acknowledged_by.clone().unwrap_or_default();
    let from = candidate.incident.severity;
    let note = if worse.severity > from {
        Status::Reopened { by, from, to: worse.severity, also: also(edit.as_ref()) }.to_note()
    } else {
        edited(by, edit.clone().unwrap_or_default())
    };
    let anew = begin_anew(worse, &worse.department, context, now);
    let warned = context.recipients_of(std::iter::once(&anew.department).chain(&anew.also).map(String::as_str));
    let others = candidate.told.iter().filter(|told| !warned.iter().any(|warned| same_address(warned, told)));
    let others: Vec<Recipient> = others.cloned().collect();
    let mut deliveries = telling(&anew, DeliveryKind::Warning, 0, &note).to(&warned, context, ids, now);
    deliveries.extend(telling(&anew, DeliveryKind::Status, candidate.next_event, &note).to(&others, context, ids, now));
    Decision::Join { incident: Box::new(anew), event: EventKind::Reopened, deliveries, edit }
}

/// A case that worsens after its whole ladder was told begins it anew, behind the steps it has taken: nobody answered the milder one.
fn climb_again(incident: &mut Incident, context: &Context<'_>, now: Moment) {
    if incident.state != IncidentState::Open || incident.escalate_at.is_some() {
        return;
    }
    let again = context.case_ladder(&incident.department);
    let Some(first) = again.first() else { return };
    incident.escalate_at = Some(now.plus(first.after()));
    incident.step = i64::try_from(incident.ladder.len()).unwrap_or(incident.step);
    incident.ladder.extend(again);
}

fn telling<'a>(incident: &'a Incident, kind: DeliveryKind, step: i64, note: &'a str) -> Telling<'a> {
    Telling { incident: &incident.id, generation: incident.generation, kind, step, note }
}

/// Departments that have not heard of it and are to, because an edit is about something else than the case. Where no route is for that,
/// it stays with those who have it.
fn turned_to(incident: &Incident, routed: &Routed) -> Vec<String> {
    let stays = routed.category == incident.category || routed.why == RouteReason::NothingMatched;
    if stays { Vec::new() } else { added_departments(incident, routed) }
}

/// Departments that have not heard of it and are to, because a route names them for the source that shows the same words now. What the
/// words are about is as it was: for that the case has those who are responsible.
fn spread_to(incident: &Incident, routed: &Routed, context: &Context<'_>, source: &str) -> Vec<String> {
    let of_source = |department: &&String| {
        let mut routes = context.routes.iter().filter(|route| route.department == **department);
        routes.any(|route| route.sources.iter().any(|named| named == source))
    };
    missing(incident, std::iter::once(&routed.department).chain(&routed.also).filter(of_source))
}

fn added_departments(incident: &Incident, routed: &Routed) -> Vec<String> {
    missing(incident, std::iter::once(&routed.department).chain(&routed.also))
}

/// Those of them that the incident does not have yet.
fn missing<'a>(incident: &Incident, named: impl Iterator<Item = &'a String>) -> Vec<String> {
    named.filter(|name| **name != incident.department && !incident.also.contains(name)).cloned().collect()
}

fn open(
    mention: &Mention,
    verdict: &Verdict,
    (routed, detail, note): (Routed, String, &str),
    context: &Context<'_>,
    ids: &mut Ids,
    now: Moment,
) -> Decision {
    let subject = Subject {
        kind: IncidentKind::Mention,
        key: format!("mention:{}:{}", mention.source, mention.identity),
        severity: verdict.severity,
        title: title(mention),
        detail,
        told: None,
    };
    let (incident, deliveries) = open_for(subject, routed, note, context, ids, now);
    Decision::Open { incident, deliveries }
}

/// The mention's own title, else the beginning of its text; of one without words its stars and who gave them.
fn title(mention: &Mention) -> String {
    let title = mention.title.as_deref().filter(|title| !title.trim().is_empty());
    let said = one_line(title.unwrap_or(&mention.text), TITLE_CHARS);
    if said.is_empty() {
        let parts: Vec<String> = rating(mention).into_iter().chain(mention.author.clone()).collect();
        return one_line(&parts.join(", "), TITLE_CHARS);
    }
    said
}

fn open_for(
    subject: Subject,
    routed: Routed,
    note: &str,
    context: &Context<'_>,
    ids: &mut Ids,
    now: Moment,
) -> (NewIncident, Vec<NewDelivery>) {
    // Trouble is ops' own: beyond them there is nobody.
    let ladder =
        if subject.kind == IncidentKind::Mention { context.case_ladder(&routed.department) } else { context.ladder(&routed.department) };
    let incident = NewIncident {
        id: ids.incident(),
        kind: subject.kind,
        key: subject.key,
        severity: subject.severity,
        brand: routed.brand,
        category: routed.category,
        department: routed.department,
        also: routed.also,
        title: subject.title,
        detail: subject.detail,
        told: subject.told,
        opened_at: now,
        escalate_at: ladder.first().map(|step| now.plus(step.after())),
        ladder,
    };
    let everyone = std::iter::once(&incident.department).chain(&incident.also).map(String::as_str);
    let recipients = context.recipients_of(everyone);
    let warning = Telling { incident: &incident.id, generation: 1, kind: DeliveryKind::Warning, step: 0, note };
    let deliveries = warning.to(&recipients, context, ids, now);
    (incident, deliveries)
}

#[cfg(test)]
mod tests;
