//! The body of a webhook call: the envelope of Standard Webhooks with the whole case, never 20 kB or more.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::clean::{is_unwanted, shorten, web_address};
use super::mail::{self, QUOTE_CHARS, QUOTES_MAX, REASONS_MAX};
use super::show;
use super::templates::Templates;
use super::trouble;
use super::words::Words;
use super::{MessageContext, MessageKind};
use crate::model::{Moment, Part, Reason};
use crate::respond::status::Status;

/// What Standard Webhooks advises at most.
pub const BODY_BYTES_MAX: usize = 20_000;

/// Characters of the review's text: four bytes each at worst, with room for the rest of the body.
const TEXT_CHARS: usize = 2500;
/// The same where the receiver found the body too long.
const SHORT_TEXT_CHARS: usize = 200;
/// Characters of any other text.
const VALUE_CHARS: usize = 200;

/// `{"type", "timestamp", "data"}`; `at` is when this attempt is made. `short` gives a body without reasons and with the
/// beginning of the text alone, for a receiver that answered "too long". Text is the author's own but for control and
/// hidden characters: whoever shows it has to escape it.
#[must_use]
pub fn webhook_body(templates: &Templates, context: &MessageContext<'_>, at: Moment, short: bool) -> Value {
    let full = body(templates, context, at, short);
    if short || full.to_string().len() < BODY_BYTES_MAX { full } else { body(templates, context, at, true) }
}

fn body(templates: &Templates, context: &MessageContext<'_>, at: Moment, short: bool) -> Value {
    let mut data = case(templates, context);
    about(&mut data, templates, context, if short { SHORT_TEXT_CHARS } else { TEXT_CHARS });
    if !short {
        let extra = context.mention.map(|mention| show::extra(mention, usize::MAX)).unwrap_or_default().into_iter();
        let extra: BTreeMap<String, String> = extra.map(|(name, value)| (plain(&name, VALUE_CHARS), plain(&value, VALUE_CHARS))).collect();
        if !extra.is_empty() {
            data["extra"] = json!(extra);
        }
        data["reasons"] = reasons(context);
    }
    if context.kind == MessageKind::Status {
        let status = Status::from_note(context.note).map(|status| in_words(status, templates, context));
        data["status"] = json!(status.as_ref().map(status_fields));
    }
    json!({ "type": kind(context.kind), "timestamp": at.rfc3339(), "data": data })
}

const fn kind(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Warning => "incident.warning",
        MessageKind::Escalation => "incident.escalation",
        MessageKind::Status => "incident.status",
        MessageKind::Test => "incident.test",
    }
}

fn case(templates: &Templates, context: &MessageContext<'_>) -> Value {
    let incident = context.incident;
    let view = mail::view(&templates.words, context);
    json!({
        "incident": incident.id,
        "generation": incident.generation,
        "kind": incident.kind,
        "state": incident.state,
        "step": context.step,
        "severity": incident.severity,
        "brand": incident.brand.as_deref().map(|brand| plain(brand, VALUE_CHARS)),
        "category": incident.category,
        "categories": context.categories(),
        "department": incident.department,
        "also": incident.also,
        "title": plain(&trouble::title(&templates.words, view.lang, context, usize::MAX), VALUE_CHARS),
        "summary": plain(&view.lead, VALUE_CHARS * 2),
        "opened_at": incident.opened_at,
        "escalate_at": incident.escalate_at,
        "mentions": incident.mentions,
        "acknowledge_url": context.acknowledge_url,
        "language": view.lang,
    })
}

/// The mention, or the detail of trouble.
fn about(data: &mut Value, templates: &Templates, context: &MessageContext<'_>, text_chars: usize) {
    let Some(mention) = context.mention else {
        let detail = trouble::detail(&templates.words, Words::language(context.language), context);
        data["text"] = json!(plain(&detail.join("\n"), text_chars));
        return;
    };
    data["source"] = json!(mention.source);
    data["url"] = json!(mention.place().and_then(web_address).filter(|url| url.len() <= 2000));
    data["text"] = json!(plain(&mention.text, text_chars));
    data["text_is_cut"] = json!(mention.text.chars().count() > text_chars);
    data["rating"] = json!(mention.rating);
    data["rating_max"] = json!(mention.rating_max);
    data["author"] = json!(mention.author.as_deref().map(|author| plain(author, VALUE_CHARS)));
    data["published"] = json!(mention.published);
    data["published_on"] = json!(mention.published_on());
    data["lang"] = json!(mention.lang);
}

/// The rules that raised the verdict, heaviest first, with the words they found.
fn reasons(context: &MessageContext<'_>) -> Value {
    let Some(mention) = context.mention else { return json!([]) };
    let part = |part| if part == Part::Title { mention.title.as_deref().unwrap_or_default() } else { &mention.text };
    let one = |reason: &&Reason| {
        let found = reason.spans.iter().take(QUOTES_MAX).filter_map(|span| part(span.part).get(span.start..span.end));
        let words: Vec<String> = found.map(|words| plain(words, QUOTE_CHARS)).collect();
        let note = plain(reason.note_in(context.language), VALUE_CHARS);
        json!({ "rule": reason.rule, "category": reason.category, "weight": reason.weight, "note": note, "words": words })
    };
    mail::firing(context.verdict).iter().take(REASONS_MAX).map(one).collect()
}

/// What ended by itself says so in the reader's language.
fn in_words(mut status: Status, templates: &Templates, context: &MessageContext<'_>) -> Status {
    if let Status::Resolved { cause, remedy, over, .. } = &mut status {
        (*cause, *remedy) = trouble::end(&templates.words, Words::language(context.language), *over, cause, remedy);
    }
    status
}

/// A status with its texts cut.
fn status_fields(status: &Status) -> Value {
    let mut fields = json!(status);
    for value in fields.as_object_mut().into_iter().flat_map(|object| object.values_mut()) {
        if let Value::String(text) = value {
            *text = plain(text, VALUE_CHARS);
        }
    }
    fields
}

fn plain(text: &str, chars: usize) -> String {
    shorten(&text.chars().filter(|letter| !is_unwanted(*letter)).collect::<String>(), chars)
}
