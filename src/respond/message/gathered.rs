//! One mail for several cases: a burst of new ones, or of ladders that climb at the same time. Each stands in it with its severity, its
//! words and its own link; the worst first.

use std::cmp::Reverse;

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::clean::{inert, one_line, web_address};
use super::mail::{SUBJECT_CHARS, foreign, own};
use super::sample::Sample;
use super::show;
use super::templates::{GATHERED_HTML, GATHERED_TEXT, Templates};
use super::told::undelivered;
use super::words::Words;
use super::{Message, MessageContext, MessageKind};
use crate::model::Severity;

/// Characters of a case's own words: enough to tell whether it can wait.
const TEXT_CHARS: usize = 120;

/// What `gathered.txt` and `gathered.html` are given.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct View {
    lang: &'static str,
    /// `warning` or `escalation`.
    kind: &'static str,
    subject: String,
    lead: String,
    /// The worst severity among them in words, and as the style sheet knows it.
    severity: String,
    level: &'static str,
    department: String,
    cases: Vec<Case>,
    zone: String,
    company: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Case {
    id: String,
    severity: String,
    level: &'static str,
    department: String,
    brand: Option<String>,
    title: String,
    /// The beginning of the review, unless its title is that.
    text: Option<String>,
    category: Option<String>,
    source: Option<String>,
    opened: String,
    /// Whom it did not reach, and why.
    undelivered: Vec<String>,
    acknowledge_url: Option<String>,
    original_url: Option<String>,
}

/// Renders the mail about these cases, all for one recipient.
#[must_use]
pub fn render_gathered(templates: &Templates, cases: &[MessageContext<'_>]) -> Message {
    let Some(view) = view(&templates.words, cases) else {
        return Message { subject: String::new(), text: String::new(), html: String::new() };
    };
    Message {
        subject: one_line(&view.subject, SUBJECT_CHARS),
        text: templates.render(GATHERED_TEXT, view.lang, &view, || plain(&view)),
        html: templates.render(GATHERED_HTML, view.lang, &view, String::new),
    }
}

/// What is left to say where no template works.
fn plain(view: &View) -> String {
    let case =
        |case: &Case| format!("{} {} {}\n{}\n", case.severity, case.id, case.title, case.acknowledge_url.as_deref().unwrap_or_default());
    format!("{}\n{}", view.lead, view.cases.iter().map(case).collect::<String>())
}

fn view(words: &Words, contexts: &[MessageContext<'_>]) -> Option<View> {
    let first = contexts.first()?;
    let lang = Words::language(first.language);
    let mut sorted: Vec<&MessageContext<'_>> = contexts.iter().collect();
    sorted.sort_by_key(|context| (Reverse(context.incident.severity), context.incident.opened_at));
    let worst = sorted.first().map_or(Severity::None, |context| context.incident.severity);
    let (count, severity) = (contexts.len().to_string(), words.name(lang, "severity", worst.as_str()));
    let department = own(first.department_title(&first.incident.department));
    let kind = if first.kind == MessageKind::Escalation { "escalation" } else { "warning" };
    let filled = [("count", count.as_str()), ("severity", &severity), ("department", &department)];
    Some(View {
        lang,
        kind,
        subject: words.say(lang, &format!("gathered.{kind}_subject"), &filled),
        lead: words.say(lang, &format!("gathered.{kind}"), &filled),
        cases: sorted.into_iter().map(|context| case(words, lang, context)).collect(),
        level: worst.as_str(),
        severity,
        department,
        zone: show::zone(first.timezone, first.at),
        company: own(first.company),
    })
}

fn case(words: &Words, lang: &str, context: &MessageContext<'_>) -> Case {
    let incident = context.incident;
    let named: Vec<String> = context.categories().iter().map(|category| own(&words.name(lang, "category", category))).collect();
    let title = inert(&own(&incident.title));
    let text = context.mention.map(|mention| inert(&one_line(&mention.text, TEXT_CHARS)));
    Case {
        id: incident.id.clone(),
        severity: words.name(lang, "severity", incident.severity.as_str()),
        level: incident.severity.as_str(),
        department: own(context.department_title(&incident.department)),
        brand: incident.brand.as_deref().map(own),
        text: text.filter(|text| !text.starts_with(title.trim_end_matches('…'))),
        title,
        category: (!named.is_empty()).then(|| show::list(lang, &named)),
        source: context.mention.map(|mention| foreign(&mention.source)),
        opened: show::time_beside(incident.opened_at, context.at, context.timezone),
        undelivered: undelivered(words, lang, context),
        acknowledge_url: context.acknowledge_url.map(str::to_owned),
        original_url: context.mention.and_then(|mention| web_address(mention.place()?)),
    }
}

/// Mails that walk through every branch of the templates.
pub(super) fn sample_views(words: &Words, sample: &Sample, language: &str) -> Vec<Value> {
    let contexts = sample.contexts(language);
    let of =
        |kind: MessageKind| -> Vec<MessageContext<'_>> { contexts.iter().map(|context| MessageContext { kind, ..*context }).collect() };
    let both = [of(MessageKind::Warning), of(MessageKind::Escalation)];
    both.iter().filter_map(|contexts| view(words, contexts)).map(|view| Value::from(Serde(view))).collect()
}
