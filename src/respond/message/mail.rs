//! One mail: what the templates are given, and what comes out.

use serde::Serialize;

use super::clean::{inert, one_line, web_address};
use super::excerpt::{Excerpt, Segment, excerpt, hits};
use super::news::{news, status_line};
use super::show;
use super::templates::{HTML, SUBJECT, TEXT, Templates};
use super::told::{also_told, ladder, reply, undelivered};
use super::trouble;
use super::words::Words;
use super::{MessageContext, MessageKind};
use crate::model::{Effect, Incident, IncidentKind, IncidentState, Mention, Moment, Part, Reason, Span, Verdict};
use crate::respond::incident::{Copied, follows, same_id};
use crate::respond::status::Status;

/// Characters of a review in a mail: two phone screens.
const TEXT_CHARS: usize = 1200;
/// Characters of a review's title.
const TITLE_CHARS: usize = 160;
/// Characters of the title within a subject: what a phone's list shows.
const SUBJECT_TITLE_CHARS: usize = 40;
/// The same of trouble, where the name of a file or a source stands at the end.
const TROUBLE_TITLE_CHARS: usize = 100;
/// Characters of a whole subject, whatever the names in it.
pub(super) const SUBJECT_CHARS: usize = 160;
/// Characters of a name, a note or any other value in a mail.
const VALUE_CHARS: usize = 300;
/// Fields of a source's own that are shown.
const EXTRA_SHOWN: usize = 6;
/// Reasons that are spelt out.
pub(super) const REASONS_MAX: usize = 6;
/// Quoted words of one reason, and the characters of each.
pub(super) const QUOTES_MAX: usize = 4;
pub(super) const QUOTE_CHARS: usize = 40;

/// A mail, but for its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// One line; the same for all mails of an incident, with `Re: ` before a status.
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Renders one mail.
#[must_use]
pub fn render(templates: &Templates, context: &MessageContext<'_>) -> Message {
    let view = view(&templates.words, context);
    let subject = templates.render(SUBJECT, view.lang, &view, || format!("{} {}", view.id, view.subject_title));
    Message {
        subject: one_line(&subject, SUBJECT_CHARS),
        text: templates.render(TEXT, view.lang, &view, || view.plain()),
        html: templates.render(HTML, view.lang, &view, String::new),
    }
}

/// What the templates `subject.txt`, `mail.txt` and `mail.html` are given. Text of strangers is cleaned and its links are
/// broken; in HTML the template escapes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct View {
    pub(super) lang: &'static str,
    /// `warning`, `escalation`, `status`, `test`.
    pub(super) kind: &'static str,
    pub(super) id: String,
    /// The severity in words, and as the style sheet knows it.
    pub(super) severity: String,
    pub(super) level: &'static str,
    pub(super) department: String,
    pub(super) brand: Option<String>,
    pub(super) subject_title: String,
    /// The first sentence: what happened, and to whom it falls.
    pub(super) lead: String,
    /// What a status says beside it.
    pub(super) news: Vec<Fact>,
    pub(super) follows: Option<String>,
    pub(super) same_text: Option<String>,
    /// Title and text of the review, line by line in runs of `{text, hit}`.
    pub(super) title: Vec<Segment>,
    pub(super) original: Option<Excerpt>,
    /// Of trouble: what happened and what to do, line by line.
    pub(super) detail: Vec<String>,
    /// It points at places in files: to be shown in letters of one width.
    pub(super) drawn: bool,
    pub(super) facts: Vec<Fact>,
    pub(super) original_url: Option<String>,
    pub(super) why: Vec<Why>,
    /// Reasons that are not spelt out.
    pub(super) more_reasons: usize,
    /// Whom it did not reach, and why.
    pub(super) undelivered: Vec<String>,
    pub(super) also_told: Vec<String>,
    pub(super) ladder: Vec<String>,
    /// None where there is nothing to take up: in the news of an end, and of what somebody has taken up already.
    pub(super) acknowledge_url: Option<String>,
    /// The page of a case that somebody has taken up.
    pub(super) case_url: Option<String>,
    /// What becomes of an answer to this mail.
    pub(super) reply: String,
    pub(super) zone: String,
    pub(super) company: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) value: String,
}

/// One rule that fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Why {
    pub(super) note: String,
    pub(super) words: String,
    pub(super) rule: String,
}

impl View {
    /// What is left to say where no template works.
    fn plain(&self) -> String {
        let url = self.acknowledge_url.as_deref().unwrap_or_default();
        format!("{} {}\n{}\n{}\n", self.id, self.subject_title, self.lead, url)
    }
}

/// Collects what the templates show.
pub(super) fn view(words: &Words, context: &MessageContext<'_>) -> View {
    let lang = Words::language(context.language);
    let incident = context.incident;
    let wanted = !matches!(context.kind, MessageKind::Status | MessageKind::Test);
    let (why, more_reasons) = if wanted { reasons(words, lang, context) } else { (Vec::new(), 0) };
    let detail = trouble::detail(words, lang, context);
    let most = if incident.kind == IncidentKind::Mention { SUBJECT_TITLE_CHARS } else { TROUBLE_TITLE_CHARS };
    let many = (incident.mentions > 1).then(|| incident.mentions.to_string());
    View {
        lang,
        kind: kind_word(context.kind),
        id: incident.id.clone(),
        severity: words.name(lang, "severity", incident.severity.as_str()),
        level: incident.severity.as_str(),
        department: own(context.department_title(&incident.department)),
        brand: brands(lang, incident, context.mention),
        subject_title: trouble::title(words, lang, context, most),
        lead: lead(words, lang, context),
        news: news(words, lang, context),
        follows: comes_from(words, lang, incident),
        same_text: many.map(|count| words.say(lang, "mail.same_text", &[("count", &count)])),
        title: title(context.mention, context.verdict),
        original: context.mention.map(|mention| excerpt(&mention.text, &hits(context.verdict, Part::Text), TEXT_CHARS)),
        drawn: trouble::is_drawn(&detail),
        detail,
        facts: facts(words, lang, context),
        original_url: context.mention.and_then(|mention| web_address(mention.place()?)),
        why,
        more_reasons,
        undelivered: if wanted { undelivered(words, lang, context) } else { Vec::new() },
        also_told: if wanted { also_told(words, lang, context) } else { Vec::new() },
        ladder: if wanted { ladder(words, lang, context) } else { Vec::new() },
        acknowledge_url: context.acknowledge_url.filter(|_| leads_to(context) == Some(IncidentState::Open)).map(ToOwned::to_owned),
        case_url: context.acknowledge_url.filter(|_| leads_to(context) == Some(IncidentState::Acknowledged)).map(ToOwned::to_owned),
        reply: reply(words, lang, context, leads_to(context).is_some() && context.acknowledge_url.is_some()),
        zone: show::zone(context.timezone, context.at),
        company: own(context.company),
    }
}

/// Every brand of ours that the words name, the one that decided who is responsible first; none of trouble.
pub(super) fn brands(lang: &str, incident: &Incident, mention: Option<&Mention>) -> Option<String> {
    let first = incident.brand.as_ref()?;
    let others = mention.into_iter().flat_map(|mention| &mention.brands).filter(|brand| *brand != first);
    let all: Vec<String> = std::iter::once(first).chain(others).map(|brand| own(brand)).collect();
    Some(if all.len() == 1 { own(first) } else { show::list(lang, &all) })
}

/// The state of the case where the mail leads to it: whoever reads that it got worse wants to open it. News that it went to others, or
/// ended, leads nowhere.
fn leads_to(context: &MessageContext<'_>) -> Option<IncidentState> {
    if context.kind != MessageKind::Status {
        return Some(IncidentState::Open);
    }
    let is_over = matches!(
        Status::from_note(context.note),
        Some(Status::HandedOver { .. } | Status::NotOurs { .. } | Status::FalseAlarm { .. } | Status::Resolved { .. })
    );
    (!is_over && context.incident.state != IncidentState::Resolved).then_some(context.incident.state)
}

const fn kind_word(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Warning => "warning",
        MessageKind::Escalation => "escalation",
        MessageKind::Status => "status",
        MessageKind::Test => "test",
    }
}

/// A name or note of ours on one line: departments, colleagues, rules.
pub(super) fn own(text: &str) -> String {
    one_line(text, VALUE_CHARS)
}

/// A stranger's name or words on one line, in which nothing becomes a link.
pub(super) fn foreign(text: &str) -> String {
    inert(&own(text))
}

fn lead(words: &Words, lang: &str, context: &MessageContext<'_>) -> String {
    let department = own(context.department_title(&context.incident.department));
    let waiting = match (context.kind, context.incident.kind) {
        (MessageKind::Test, _) => return words.say(lang, "mail.test", &[]),
        (MessageKind::Escalation, _) => escalation_lead(words, lang, context),
        (_, IncidentKind::Source | IncidentKind::Ops) => words.say(lang, trouble::lead(context.incident), &[]),
        (_, IncidentKind::Mention) => match brands(lang, context.incident, context.mention) {
            Some(brand) => words.say(lang, "mail.warning", &[("brand", &brand), ("department", &department)]),
            None => words.say(lang, "mail.warning_without_brand", &[("department", &department)]),
        },
    };
    let known = status_line(words, lang, context).or_else(|| copied(words, lang, context));
    match (known, context.kind) {
        (Some(line), MessageKind::Status) => line,
        (Some(line), _) => format!("{line}{}{waiting}", if lang == "en" { " " } else { "" }),
        (None, _) => waiting,
    }
}

/// The case that it goes on from, or whose id its mention has.
fn comes_from(words: &Words, lang: &str, incident: &Incident) -> Option<String> {
    let followed = follows(incident).map(|id| words.say(lang, "mail.follows", &[("incident", id)]));
    followed.or_else(|| same_id(incident).map(|id| words.say(lang, "mail.same_id", &[("incident", id)])))
}

/// Of which closed case it is a copy, and where that stands now.
fn copied(words: &Words, lang: &str, context: &MessageContext<'_>) -> Option<String> {
    let closed = Copied::by(context.incident)?;
    let at = show::time(closed.closed_at, context.timezone);
    let source = context.mention.map(|mention| own(&mention.source)).unwrap_or_default();
    Some(words.say(lang, "mail.copied", &[("incident", &closed.incident), ("at", &at), ("by", &own(&closed.by)), ("source", &source)]))
}

fn escalation_lead(words: &Words, lang: &str, context: &MessageContext<'_>) -> String {
    let waited = show::span(words, lang, context.at.since(context.incident.opened_at));
    let taken = usize::try_from(context.step).ok().and_then(|step| step.checked_sub(1));
    let step = taken.and_then(|index| context.incident.ladder.get(index)).map_or("", |step| &step.name);
    words.say(lang, "mail.escalation", &[("waited", &waited), ("step", &own(step))])
}

/// A line of a label and a value that is clean already; none for an empty value.
pub(super) fn fact(words: &Words, lang: &str, label: &str, value: Option<String>) -> Option<Fact> {
    let value = value.filter(|value| !value.is_empty())?;
    Some(Fact { label: words.say(lang, &format!("label.{label}"), &[]), value })
}

/// The review's title, unless its text begins with it.
pub(super) fn title(mention: Option<&Mention>, verdict: Option<&Verdict>) -> Vec<Segment> {
    let Some((mention, title)) = mention.and_then(|mention| Some((mention, mention.title.as_deref()?.trim()))) else { return Vec::new() };
    if mention.text.trim_start().starts_with(title.trim_end_matches('…')) {
        return Vec::new();
    }
    let lines = excerpt(mention.title.as_deref().unwrap_or_default(), &hits(verdict, Part::Title), TITLE_CHARS).lines;
    lines.into_iter().flatten().collect()
}

pub(super) fn facts(words: &Words, lang: &str, context: &MessageContext<'_>) -> Vec<Fact> {
    let incident = context.incident;
    let mut facts: Vec<Option<Fact>> = Vec::new();
    let mut add = |label, value| facts.push(fact(words, lang, label, value));
    if context.kind != MessageKind::Test {
        add("severity", Some(words.name(lang, "severity", incident.severity.as_str())));
        add("category", about(words, lang, context));
        add("department", Some(own(context.department_title(&incident.department))));
    }
    if let Some(mention) = context.mention {
        let time = |moment: Moment| show::time(moment, context.timezone);
        add("rating", show::rating(mention));
        add("author", mention.author.as_deref().map(foreign));
        add("source", Some(own(&mention.source)));
        add("published", mention.published_on().map(own).or_else(|| mention.published.map(time)));
        add("seen", Some(time(mention.seen_at)));
        facts.extend(
            show::extra(mention, EXTRA_SHOWN)
                .into_iter()
                .map(|(label, value)| Some(Fact { label: foreign(&words.name(lang, "field", &label)), value: foreign(&value) })),
        );
    }
    facts.into_iter().flatten().collect()
}

/// All it is about, the strongest first.
fn about(words: &Words, lang: &str, context: &MessageContext<'_>) -> Option<String> {
    let named: Vec<String> = context.categories().iter().map(|category| own(&words.name(lang, "category", category))).collect();
    (!named.is_empty()).then(|| show::list(lang, &named))
}

/// The rules that speak for the warning, with the words they found; and how many more there are.
pub(super) fn reasons(words: &Words, lang: &str, context: &MessageContext<'_>) -> (Vec<Why>, usize) {
    let Some(mention) = context.mention else { return (Vec::new(), 0) };
    let mut firing: Vec<&Reason> = Vec::new();
    for reason in self::firing(context.verdict) {
        firing.extend(adds(reason, &firing).then_some(reason));
    }
    let shown = firing.iter().take(REASONS_MAX).map(|reason| why(words, lang, mention, reason)).collect();
    (shown, firing.len().saturating_sub(REASONS_MAX))
}

/// The rules that speak for a warning: what raised the severity, then the complaints and the blame, heaviest first.
pub(super) fn firing(verdict: Option<&Verdict>) -> Vec<&Reason> {
    let reasons = verdict.into_iter().flat_map(|verdict| &verdict.reasons);
    let mut firing: Vec<&Reason> = reasons.filter(|reason| reason.complains()).collect();
    let rank = |reason: &Reason| (reason.effect != Effect::Raises, reason.category.is_none());
    firing.sort_by(|one, other| rank(one).cmp(&rank(other)).then(other.weight.abs().total_cmp(&one.weight.abs())));
    firing
}

/// Whether a reason tells people more than those before it: a category's words that raised the severity, and blame
/// within any others', were read already.
fn adds(reason: &Reason, before: &[&Reason]) -> bool {
    let told = || before.iter().filter(|other| reason.category.is_none() || other.category.is_none()).flat_map(|other| &other.spans);
    let within = |span: &Span| told().any(|other| other.part == span.part && other.start <= span.start && span.end <= other.end);
    reason.spans.is_empty() || reason.effect == Effect::Raises || !reason.spans.iter().all(within)
}

fn why(words: &Words, lang: &str, mention: &Mention, reason: &Reason) -> Why {
    let mut quotes: Vec<String> = Vec::new();
    for span in &reason.spans {
        let part = if span.part == Part::Title { mention.title.as_deref().unwrap_or_default() } else { &mention.text };
        let found = part.get(span.start..span.end).map(|words| inert(&one_line(words, QUOTE_CHARS))).unwrap_or_default();
        let quote = words.say(lang, "mail.quoted", &[("words", &found)]);
        let known = quotes.iter().any(|known| known.to_lowercase() == quote.to_lowercase());
        if !found.is_empty() && !known && quotes.len() < QUOTES_MAX {
            quotes.push(quote);
        }
    }
    let note = own(reason.note_in(lang));
    let rule = own(&reason.rule);
    if lang == "en" {
        return Why { note, words: quotes.join(" "), rule };
    }
    // The colon that follows in Chinese takes the place of a full stop.
    Why { note: note.trim_end_matches(['.', '。']).to_owned(), words: quotes.concat(), rule }
}
