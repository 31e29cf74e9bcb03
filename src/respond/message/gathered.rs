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
use super::told::{reply, undelivered};
use super::words::Words;
use super::{Message, MessageContext, MessageKind};
use crate::model::Severity;

/// Characters of a case's own words: enough to tell whether it can wait.
const TEXT_CHARS: usize = 120;

/// Bytes of the HTML of one mail. Gmail shows a hundred thousand or so and hides the rest behind a link; a relay that adds its footer has room.
pub const PART_BYTES_MAX: usize = 80_000;

/// Which of several mails one is, where there are more cases than one mail shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartOf {
    /// From 1.
    pub number: usize,
    pub parts: usize,
    /// In all of them together.
    pub cases: usize,
}

/// How many of these cases each mail takes, in their order, so that none is longer than `PART_BYTES_MAX`; one at least.
#[must_use]
pub fn parts(templates: &Templates, cases: &[MessageContext<'_>]) -> Vec<usize> {
    let size = |cases: &[MessageContext<'_>]| {
        let part = PartOf { number: cases.len(), parts: cases.len(), cases: cases.len() };
        html(templates, cases, Some(part)).len()
    };
    let Some(first) = cases.first() else { return Vec::new() };
    let alone: Vec<usize> = cases.iter().map(|case| size(std::slice::from_ref(case))).collect();
    // What every mail has, whatever stands in it.
    let frame = (2 * alone[0]).saturating_sub(size(&[*first, *first]));
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for own in alone.iter().map(|alone| alone.saturating_sub(frame)) {
        match parts.last_mut().filter(|(_, bytes)| bytes + own <= PART_BYTES_MAX) {
            Some((count, bytes)) => (*count, *bytes) = (*count + 1, *bytes + own),
            None => parts.push((1, frame + own)),
        }
    }
    parts.into_iter().map(|(count, _)| count).collect()
}

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
    /// What becomes of an answer to this mail.
    reply: String,
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

fn html(templates: &Templates, cases: &[MessageContext<'_>], part: Option<PartOf>) -> String {
    view(&templates.words, cases, part).map_or_else(String::new, |view| templates.render(GATHERED_HTML, view.lang, &view, String::new))
}

/// Renders the mail about these cases, all for one recipient.
#[must_use]
pub fn render_gathered(templates: &Templates, cases: &[MessageContext<'_>], part: Option<PartOf>) -> Message {
    let Some(view) = view(&templates.words, cases, part) else {
        return Message { subject: String::new(), text: String::new(), html: String::new() };
    };
    Message {
        subject: view.subject.clone(),
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

fn view(words: &Words, contexts: &[MessageContext<'_>], part: Option<PartOf>) -> Option<View> {
    let first = contexts.first()?;
    let lang = Words::language(first.language);
    let mut sorted: Vec<&MessageContext<'_>> = contexts.iter().collect();
    sorted.sort_by_key(|context| (Reverse(context.incident.severity), context.incident.opened_at));
    let worst = sorted.first().map_or(Severity::None, |context| context.incident.severity);
    let (count, severity) = (part.map_or(contexts.len(), |part| part.cases).to_string(), words.name(lang, "severity", worst.as_str()));
    let department = own(first.department_title(&first.incident.department));
    let kind = if first.kind == MessageKind::Escalation { "escalation" } else { "warning" };
    let filled = [("count", count.as_str()), ("severity", &severity), ("department", &department)];
    let numbered = |key: &str| {
        let Some(PartOf { number, parts, .. }) = part else { return String::new() };
        let (number, parts, here) = (number.to_string(), parts.to_string(), contexts.len().to_string());
        words.say(lang, key, &[("number", &number), ("parts", &parts), ("here", &here)])
    };
    let which = numbered("gathered.part_subject");
    let subject =
        one_line(&words.say(lang, &format!("gathered.{kind}_subject"), &filled), SUBJECT_CHARS.saturating_sub(which.chars().count()));
    Some(View {
        lang,
        kind,
        subject: format!("{subject}{which}"),
        lead: format!("{}{}", words.say(lang, &format!("gathered.{kind}"), &filled), numbered("gathered.part")),
        cases: sorted.into_iter().map(|context| case(words, lang, context)).collect(),
        reply: reply(words, lang, first, contexts.iter().any(|context| context.acknowledge_url.is_some())),
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
    let both = [(of(MessageKind::Warning), None), (of(MessageKind::Escalation), Some(PartOf { number: 1, parts: 2, cases: 9 }))];
    both.iter().filter_map(|(contexts, part)| view(words, contexts, *part)).map(|view| Value::from(Serde(view))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mail_is_longer_than_what_is_shown_and_no_case_is_left_out() {
        let (templates, sample) = (Templates::default(), Sample::new());
        let long = "https://hearken.example.com/a/v1.".to_owned() + &"x".repeat(900);
        for language in crate::model::LANGUAGES {
            let one = MessageContext { acknowledge_url: Some(&long), ..sample.contexts(language)[0] };
            let many = vec![one; 150];
            let counts = parts(&templates, &many);
            assert!(counts.len() > 2 && counts.iter().sum::<usize>() == 150, "{counts:?}");
            for (at, count) in counts.iter().enumerate() {
                let part = PartOf { number: at + 1, parts: counts.len(), cases: 150 };
                let mail = render_gathered(&templates, &many[..*count], Some(part));
                assert!(mail.html.len() <= PART_BYTES_MAX, "{} of {count}", mail.html.len());
                assert!(mail.subject.contains("150") && mail.subject.contains(&counts.len().to_string()), "{}", mail.subject);
            }
            let fullest = render_gathered(&templates, &many[..counts[0] + 1], None).html.len();
            assert!(fullest > PART_BYTES_MAX - 1_000, "no more mails than needed: {fullest}");
        }
        assert_eq!(parts(&templates, &sample.contexts("en")[..2]), [2]);
        let huge = "https://h.example/a/v1.".to_owned() + &"x".repeat(PART_BYTES_MAX);
        let one = MessageContext { acknowledge_url: Some(&huge), ..sample.contexts("en")[0] };
        assert_eq!(parts(&templates, &[one; 2]), [1, 1], "one at least");
    }
}
