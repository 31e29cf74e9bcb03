//! The pages behind a link: the case with its form, what an answer did, and a link that does not work. No scripts.
//!
//! The form posts to the page's own address, as `application/x-www-form-urlencoded`:
//!
//! | field | value |
//! | --- | --- |
//! | `name` | who answers; required |
//! | `note` | optional |
//! | `action` | the button: `acknowledge`, `not_ours`, `false_alarm`, `hand_over` or `resolve` |
//! | `department` | with `hand_over`: the name of a department |
//! | `cause`, `remedy` | with `resolve` |
//!
//! The page has one `<style>` element and nothing from elsewhere; it fits the policy
//! `default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`.

use jiff::tz::TimeZone;
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::clean::{inert, one_line, web_address};
use super::excerpt::{Excerpt, Segment, excerpt, hits};
use super::mail::{Fact, Why, brands, fact, facts, foreign, own, reasons, title};
use super::news::reopened;
use super::sample::Sample;
use super::show;
use super::templates::{PAGE, Templates};
use super::trouble;
use super::words::Words;
use super::{MessageContext, MessageKind};
use crate::model::{Action, Incident, IncidentState, Mention, Part, Severity, Verdict};
use crate::respond::acknowledge::{Effect, NAME_CHARS_MAX};
use crate::respond::department::Department;

/// Characters of a review on the page: there is room, but not for a book.
const TEXT_CHARS: usize = 5000;

/// A page and for whom it is.
#[derive(Clone, Copy, Debug)]
pub struct PageContext<'a> {
    /// That of the link's recipient; that of the company for a link that does not work.
    pub language: &'a str,
    pub company: &'a str,
    pub page: Page<'a>,
}

#[derive(Clone, Copy, Debug)]
pub enum Page<'a> {
    /// `GET`: the case, and the form while there is something to answer.
    Case(CasePage<'a>),
    /// After a `POST`.
    Answered(Answer<'a>),
    /// A link that is not ours, or no longer: says nothing about the case.
    Invalid { expired: bool },
    /// A link of ours to a case that is not in the store.
    Unknown { incident: &'a str },
    /// Who opens the address itself: no case, no customer's word, for there is no log-in here.
    Front(Front<'a>),
}

/// How we fare, in figures.
#[derive(Clone, Copy, Debug)]
pub struct Front<'a> {
    pub sources: usize,
    pub brands: usize,
    /// Sources whose new items nobody hears of: they cannot be read, or show something else than they did.
    pub blind: usize,
    /// Sources that were not read yet.
    pub unread: usize,
    /// What is wrong with the pipeline.
    pub unsound: &'a [String],
    /// Warnings that have reached nobody.
    pub unreached: u64,
}

/// The case as the link's recipient sees it.
#[derive(Clone, Copy, Debug)]
pub struct CasePage<'a> {
    pub incident: &'a Incident,
    pub mention: Option<&'a Mention>,
    pub verdict: Option<&'a Verdict>,
    /// That of the recipient's department.
    pub timezone: &'a TimeZone,
    /// All departments: where a case may be handed over to, and how they are called.
    pub departments: &'a [Department],
    /// What people wrote with their answers, the first one first: who, and what.
    pub notes: &'a [(String, String)],
    /// That it got worse since somebody took it up.
    pub worse: Option<&'a Reopened>,
    /// Stands in the field of the name: the recipient of the link.
    pub name: &'a str,
    pub asked: Asked,
}

/// What a `POST` left to be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Asked {
    pub name_missing: bool,
    pub name_too_long: bool,
    /// It closed the case without its cause or remedy.
    pub closing_missing: bool,
}

/// A case that got worse after somebody had taken up the milder one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reopened {
    pub by: String,
    pub from: Severity,
    pub to: Severity,
}

/// Characters of the title of a case without a mention.
const TITLE_CHARS: usize = 160;

/// Notes of the answers so far; the newest are what matters to who opens the page now.
const NOTES_SHOWN: usize = 3;
/// Characters of one: a few sentences.
const NOTE_CHARS: usize = 500;

/// What an answer did.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// As it is after the answer.
    pub incident: &'a Incident,
    /// Another desk has it now.
    pub moved: bool,
    pub action: &'a Action,
    pub effect: &'a Effect,
    pub timezone: &'a TimeZone,
    pub departments: &'a [Department],
}

/// What the template `page.html` is given.
#[derive(Clone, Debug, Default, Serialize)]
struct View {
    lang: &'static str,
    /// `case`, `answered`, `invalid` or `front`.
    page: &'static str,
    company: String,
    id: String,
    heading: String,
    /// The sentences under the heading.
    lines: Vec<String>,
    /// Of an answer: whether something was changed.
    changed: bool,
    case: Option<CaseView>,
}

#[derive(Clone, Debug, Default, Serialize)]
struct CaseView {
    severity: String,
    level: &'static str,
    brand: Option<String>,
    /// Whether there is anything to answer, and whether somebody already works on it.
    open: bool,
    resolved: bool,
    title: Vec<Segment>,
    original: Option<Excerpt>,
    original_url: Option<String>,
    summary: String,
    detail: Vec<String>,
    drawn: bool,
    facts: Vec<Fact>,
    why: Vec<Why>,
    departments: Vec<Choice>,
    name: String,
    name_chars_max: usize,
    #[serde(flatten)]
    asked: Asked,
}

/// A department to hand over to: its name, and how people call it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Choice {
    name: String,
    title: String,
}

/// Renders a page: the whole HTML document.
#[must_use]
pub fn render_page(templates: &Templates, context: &PageContext<'_>) -> String {
    let view = view(&templates.words, context);
    templates.render(PAGE, view.lang, &view, || "<!DOCTYPE html><title>Hearken</title>".to_owned())
}

fn view(words: &Words, context: &PageContext<'_>) -> View {
    let lang = Words::language(context.language);
    let company = own(context.company);
    match &context.page {
        Page::Case(case) => View { lang, company, ..case_view(words, lang, case) },
        Page::Answered(answer) => View { lang, company, ..answer_view(words, lang, answer) },
        Page::Invalid { expired } => {
            let key = if *expired { "page.expired" } else { "page.invalid" };
            let hint = words.say(lang, &format!("{key}_hint"), &[]);
            View { lang, company, page: "invalid", heading: words.say(lang, key, &[]), lines: vec![hint], ..View::default() }
        }
        Page::Unknown { incident } => {
            let hint = words.say(lang, "page.unknown_hint", &[("incident", incident)]);
            View { lang, company, page: "invalid", heading: words.say(lang, "page.unknown", &[]), lines: vec![hint], ..View::default() }
        }
        Page::Front(front) => View { lang, company, ..front_view(words, lang, front) },
    }
}

/// What cannot be seen comes before what is well.
fn front_view(words: &Words, lang: &'static str, front: &Front<'_>) -> View {
    let [sources, brands, blind, unread] = [front.sources, front.brands, front.blind, front.unread].map(|count| count.to_string());
    let mut lines = vec![words.say(lang, "front.counts", &[("sources", &sources), ("brands", &brands)])];
    lines.push(match (front.blind, front.unread) {
        (0, 0) => words.say(lang, "front.all_seen", &[]),
        (0, _) => words.say(lang, "front.unread", &[("count", &unread)]),
        _ => words.say(lang, "front.blind", &[("count", &blind), ("sources", &sources)]),
    });
    match front.unsound {
        [] if front.unreached > 0 => {}
        [] => lines.push(words.say(lang, "front.sound", &[])),
        why => lines.push(words.say(lang, "front.unsound", &[("why", &own(&why.join("; ")))])),
    }
    if front.unreached > 0 {
        lines.push(words.say(lang, "front.unreached", &[("count", &front.unreached.to_string())]));
    }
    lines.push(words.say(lang, "front.how", &[]));
    View {
        page: "front",
        heading: words.say(lang, "front.title", &[]),
        lines,
        changed: front.blind > 0 || front.unreached > 0 || !front.unsound.is_empty(),
        ..View::default()
    }
}

fn case_view(words: &Words, lang: &'static str, case: &CasePage<'_>) -> View {
    let incident = case.incident;
    let mail = as_message(case, lang);
    let (why, _) = reasons(words, lang, &mail);
    let detail = trouble::detail(words, lang, &mail);
    let elsewhere = case.departments.iter().filter(|department| department.name != incident.department);
    let shown = CaseView {
        severity: words.name(lang, "severity", incident.severity.as_str()),
        level: incident.severity.as_str(),
        brand: brands(lang, incident, case.mention),
        open: incident.state == IncidentState::Open,
        resolved: incident.state == IncidentState::Resolved,
        title: title(case.mention, case.verdict),
        original: case.mention.map(|mention| excerpt(&mention.text, &hits(case.verdict, Part::Text), TEXT_CHARS)),
        original_url: case.mention.and_then(|mention| web_address(mention.place()?)),
        summary: inert(&trouble::title(words, lang, &mail, TITLE_CHARS)),
        drawn: trouble::is_drawn(&detail),
        detail,
        facts: closing(words, lang, &mail).into_iter().chain(facts(words, lang, &mail)).collect(),
        why,
        departments: elsewhere.map(choice).collect(),
        name: own(case.name),
        name_chars_max: NAME_CHARS_MAX,
        asked: case.asked,
    };
    let heading = words.say(lang, "page.title", &[("incident", &incident.id)]);
    let worse = case.worse.filter(|_| incident.state == IncidentState::Open);
    let mut lines: Vec<String> = worse.map(|worse| reopened(words, lang, &worse.by, worse.from, worse.to)).into_iter().collect();
    lines.push(state_line(words, lang, incident, case.timezone));
    let newest = case.notes.iter().rev().take(NOTES_SHOWN).rev();
    lines.extend(
        newest.map(|(by, note)| words.say(lang, "page.noted", &[("by", &foreign(by)), ("note", &inert(&one_line(note, NOTE_CHARS)))])),
    );
    View { page: "case", id: incident.id.clone(), heading, lines, case: Some(shown), ..View::default() }
}

/// Who had a closed case, who closed it, why it came about, and what was done.
fn closing(words: &Words, lang: &str, mail: &MessageContext<'_>) -> Vec<Fact> {
    let incident = mail.incident;
    if incident.state != IncidentState::Resolved {
        return Vec::new();
    }
    let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
    let over = incident.told.as_ref().and_then(|told| told.over);
    let (cause, remedy) = trouble::end(words, lang, over, &text(&incident.cause), &text(&incident.remedy));
    // Who closes a case that nobody took up answers it by that.
    let at_once = incident.acknowledged_at == incident.resolved_at;
    let taken_up_by = incident.acknowledged_by.as_deref().filter(|_| !at_once).map(foreign);
    let by = incident.resolved_by.as_deref().or_else(|| incident.acknowledged_by.as_deref().filter(|_| at_once)).map(foreign);
    let all = [("handled_by", taken_up_by), ("closed_by", by), ("cause", Some(inert(&cause))), ("remedy", Some(inert(&remedy)))];
    all.into_iter().filter_map(|(label, value)| fact(words, lang, label, value)).collect()
}

/// The facts and reasons of a page are those of its mail.
fn as_message<'a>(case: &CasePage<'a>, language: &'a str) -> MessageContext<'a> {
    MessageContext {
        kind: MessageKind::Warning,
        incident: case.incident,
        mention: case.mention,
        verdict: case.verdict,
        note: "",
        step: 0,
        at: case.incident.opened_at,
        language,
        timezone: case.timezone,
        departments: case.departments,
        also_told: &[],
        undelivered: &[],
        acknowledge_url: None,
        reply_to: None,
        company: "",
    }
}

fn choice(department: &Department) -> Choice {
    Choice { name: department.name.clone(), title: own(&department.title) }
}

fn department_title(name: &str, departments: &[Department]) -> String {
    own(departments.iter().find(|department| department.name == name).map_or(name, |department| &department.title))
}

fn state_line(words: &Words, lang: &str, incident: &Incident, zone: &TimeZone) -> String {
    let time = |moment: Option<crate::model::Moment>| show::time(moment.unwrap_or(incident.opened_at), zone);
    match incident.state {
        IncidentState::Open => words.say(lang, "page.open", &[]),
        IncidentState::Acknowledged => {
            let by = own(incident.acknowledged_by.as_deref().unwrap_or_default());
            words.say(lang, "page.acknowledged", &[("by", &by), ("at", &time(incident.acknowledged_at))])
        }
        IncidentState::Resolved => words.say(lang, "page.resolved", &[("at", &time(incident.resolved_at))]),
    }
}

fn answer_view(words: &Words, lang: &str, answer: &Answer<'_>) -> View {
    let changed = *answer.effect == Effect::TookEffect;
    let heading = words.say(lang, if changed { "page.done" } else { "page.not_changed" }, &[]);
    let lines = vec![answer_line(words, lang, answer)];
    View { page: "answered", id: answer.incident.id.clone(), heading, lines, changed, ..View::default() }
}

fn answer_line(words: &Words, lang: &str, answer: &Answer<'_>) -> String {
    let id = answer.incident.id.as_str();
    let title = |name: &str| department_title(name, answer.departments);
    let time = |moment| show::time(moment, answer.timezone);
    let there = title(&answer.incident.department);
    match answer.effect {
        Effect::TookEffect => words.say(lang, done_key(answer), &[("incident", id), ("department", &there)]),
        Effect::Already { by, at } => words.say(lang, "page.already", &[("incident", id), ("by", &own(by)), ("at", &time(*at))]),
        Effect::TooLate { at, .. } => words.say(lang, "page.too_late", &[("incident", id), ("at", &time(*at))]),
        Effect::Moved { department } => words.say(lang, "page.moved", &[("incident", id), ("department", &title(department))]),
        Effect::NotPossible { department } => words.say(lang, "page.not_possible", &[("incident", id), ("department", &title(department))]),
    }
}

fn done_key(answer: &Answer<'_>) -> &'static str {
    match answer.action {
        Action::Acknowledge => "page.done_acknowledged",
        Action::NotOurs if answer.incident.state == IncidentState::Open && answer.moved => "page.done_not_ours",
        Action::NotOurs if answer.incident.state == IncidentState::Open => "page.done_refused",
        Action::NotOurs => "page.done_stays",
        Action::FalseAlarm => "page.done_false_alarm",
        Action::HandOver { .. } => "page.done_handed_over",
        Action::Resolve { .. } => "page.done_resolved",
    }
}

/// Pages that walk through every branch of the template.
pub(super) fn sample_views(words: &Words, sample: &Sample, language: &str) -> Vec<Value> {
    let departments = sample.departments();
    let pages = sample.pages(departments);
    let (action, took, moved) = (Action::Acknowledge, Effect::TookEffect, Effect::Moved { department: "ops".into() });
    let answered = |effect| {
        let case = pages.first()?;
        let (incident, timezone) = (case.incident, case.timezone);
        Some(Page::Answered(Answer { incident, moved: false, action: &action, effect, timezone, departments }))
    };
    let others = [answered(&took), answered(&moved), Some(Page::Invalid { expired: true }), Some(Page::Invalid { expired: false })];
    let unknown = Page::Unknown { incident: "H-2345678A" };
    let all = pages.iter().map(|case| Page::Case(*case)).chain(others.into_iter().flatten()).chain([unknown]);
    all.map(|page| Value::from(Serde(view(words, &PageContext { language, company: "Lanting", page })))).collect()
}
