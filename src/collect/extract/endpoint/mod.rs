//! JSON endpoints: where a service's answer has its list, and how each field of an item is read from an entry.
//!
//! Feeds in JSON (JSON Feed, Apple's reviews) are `super::json`'s; here the operator, or a preset, says what is where.

mod answer;
pub mod field;
pub mod paging;
pub mod path;
pub mod refusal;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{Context, Extracted, Raw, failure};
use crate::collect::fetch::FetchFailure;
use crate::collect::guard::{self, guarded};
use crate::collect::normalise::time::order::{self, Order};
use crate::model::{FailureKind, Moment, Secret};
pub use answer::{bare, document};
use field::{Field, Placing, plain};
use paging::Paging;
use path::{Listed, Path};

/// Replies to replies to replies: deeper ones are left out.
const REPLY_DEPTH_MAX: usize = 32;
/// A value of `extra` is a remark, not a document.
const EXTRA_BYTES_MAX: usize = 1024;

/// Tags and references that plain text does not have by chance.
static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)</?(?:a|b|i|u|p|br|hr|em|strong|span|div|ul|ol|li|blockquote|code|pre|img|h[1-6]|table|tr|td|font|del|sub|sup)(?:\s[^<>]*)?/?>|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos|nbsp|hellip|mdash|ndash|[lr][sd]quo);"#)
        .expect("the pattern is constant")
});

/// `[source.json]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JsonOptions {
    /// Where the list is; the first that is there.
    pub items: Vec<Path>,
    /// What must be there even when the list is missing because it is empty.
    pub container: Option<Path>,
    /// One JSON document to a line.
    pub lines: bool,
    pub markup: Markup,
    pub id: Option<Field>,
    pub title: Option<Field>,
    pub text: Option<Field>,
    pub author: Option<Field>,
    pub rating: Option<Field>,
    pub rating_max: Option<Field>,
    pub time: Option<Field>,
    pub updated: Option<Field>,
    pub link: Option<Field>,
    /// What ratings that are words stand for: `true`, `FIVE`.
    pub ratings: BTreeMap<String, f64>,
    pub extra: Vec<(String, Field)>,
    /// From an entry to its replies, which are read like entries.
    pub replies: Vec<Path>,
    /// Values the answer must have, each one of a few.
    pub expect: Vec<(Path, Vec<Value>)>,
    /// Parameters of the query that are secret.
    pub parameters: Vec<(String, Secret)>,
    /// Sent by POST where it is given.
    pub body: Option<RequestBody>,
    /// What of it is secret: pointers into a body of JSON, fields of a form.
    pub body_secrets: Vec<(String, Secret)>,
    pub paging: Option<Paging>,
}

/// What is sent by POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestBody {
    pub text: String,
    pub content_type: &'static str,
}

/// Whether texts are HTML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Markup {
    /// Each text shows it by itself.
    #[default]
    Seen,
    Html,
    Plain,
}

/// A page that was read, with what the next request is made of.
#[derive(Clone, Debug)]
pub struct Page {
    pub extracted: Extracted,
    pub document: Value,
    /// Entries of its list, replies not counted.
    pub entries: usize,
}

/// Reads one answer.
///
/// # Errors
/// What `answer` finds no document in; `Auth`, `Blocked`, `Throttled`, `NotFound`, `Server` or `Refused` where the service says no
/// in its own words; `Drift` where nothing is at `items`, or the entries have none of the fields.
pub fn read(text: &str, options: &JsonOptions, context: &Context<'_>) -> Result<Page, FetchFailure> {
    let (document, degraded) = answer::document(text, options.lines)?;
    if let Some(refused) = refusal::unexpected(&document, &options.expect) {
        return Err(refused);
    }
    let found = list(&document, options)?;
    let mut reading = Reading { options, context, order: date_order(&found, options, context), raws: Vec::new(), said: false, lost: 0 };
    for entry in &found {
        reading.entry(entry, 0);
    }
    if found.len() > reading.lost && !reading.said {
        let detail = format!("none of {} entries has a title, a text or a rating where the source's fields say", found.len());
        return Err(failure(FailureKind::Drift, detail));
    }
    let (entries, raws) = (found.len(), reading.raws);
    let degraded = degraded.or((reading.lost > 0).then_some(guard::LOST));
    let partly = refusal::of(&document).map(|_| "the service sent entries and an error beside them");
    Ok(Page { extracted: Extracted { entries: raws, degraded: degraded.or(partly), ..Extracted::default() }, document, entries })
}

/// The entries; a refusal explains better than anything else why there are none.
fn list<'a>(document: &'a Value, options: &JsonOptions) -> Result<Vec<&'a Value>, FetchFailure> {
    let lists = options.items.iter().map(|path| path.entries(document));
    let found = lists.into_iter().find(|listed| *listed != Listed::Gone);
    let empty = matches!(&found, None | Some(Listed::Found(_))) && !matches!(&found, Some(Listed::Found(entries)) if !entries.is_empty());
    if empty && let Some(refused) = refusal::beside_nothing(document) {
        return Err(refused);
    }
    match found {
        Some(Listed::Found(entries)) => Ok(entries),
        _ if options.container.as_ref().is_some_and(|path| path.first(document).is_some()) => Ok(Vec::new()),
        _ => Err(failure(FailureKind::Drift, format!("nothing is at `items`; the answer {}", outline(document)))),
    }
}

/// The top of a document in words, for whoever has to find the list in it.
fn outline(document: &Value) -> String {
    const NAMES_MAX: usize = 12;
    match document {
        Value::Object(members) if members.is_empty() => "is an empty object".to_owned(),
        Value::Object(members) => {
            let names: Vec<String> = members.keys().take(NAMES_MAX).map(|name| name.chars().take(40).collect()).collect();
            let more = if members.len() > NAMES_MAX { ", .." } else { "" };
            format!("has {}{more}", names.join(", "))
        }
        Value::Array(values) => format!("is a list of {}", values.len()),
        _ => "is a single value".to_owned(),
    }
}

/// What comes first in dates of which the numbers alone do not say it.
fn date_order(entries: &[&Value], options: &JsonOptions, context: &Context<'_>) -> Option<Order> {
    let field = options.time.as_ref()?;
    let dates: Vec<String> = entries.iter().filter_map(|entry| field.first(entry, time_text)).collect();
    order::order(dates.iter().map(String::as_str), None, context.timezone, context.now)
}

/// A time as it is written; seconds may come with a fraction.
fn time_text(value: &Value) -> Option<String> {
    match value.as_f64() {
        Some(number) => Some(format!("{:.0}", number.trunc())),
        None => plain(value),
    }
}

struct Reading<'a> {
    options: &'a JsonOptions,
    context: &'a Context<'a>,
    order: Option<Order>,
    raws: Vec<Raw>,
    /// Whether any entry said anything.
    said: bool,
    /// Entries that we failed on.
    lost: usize,
}

impl Reading<'_> {
    fn entry(&mut self, entry: &Value, depth: usize) {
        if self.raws.len() >= self.context.max_items {
            return;
        }
        let Some(raw) = guarded(|| self.raw(entry)) else {
            self.lost += 1;
            return;
        };
        self.said |= raw.title.is_some() || raw.text.is_some() || raw.rating.is_some();
        self.raws.push(raw);
        if depth >= REPLY_DEPTH_MAX {
            return;
        }
        for path in &self.options.replies {
            if let Listed::Found(replies) = path.entries(entry) {
                replies.into_iter().filter(|reply| reply.is_object()).for_each(|reply| self.entry(reply, depth + 1));
            }
        }
    }

    fn raw(&self, entry: &Value) -> Raw {
        let options = self.options;
        let text = |field: &Option<Field>| field.as_ref().and_then(|field| field.text(entry, Placing::AsTheyAre));
        let lines = |field: &Option<Field>| field.as_ref().and_then(|field| field.lines(entry));
        Raw {
            id: text(&options.id),
            link: options.link.as_ref().and_then(|field| field.text(entry, Placing::Encoded)),
            title: lines(&options.title).map(|title| self.markup(title)),
            text: lines(&options.text).map(|text| self.markup(text)),
            author: text(&options.author).map(|author| self.markup(author)),
            rating: self.rating(entry),
            published: self.moment(options.time.as_ref(), entry),
            updated: self.moment(options.updated.as_ref(), entry),
            extra: extra(&options.extra, entry),
            ..Raw::default()
        }
    }

    /// What comes after expects markup: plain text is made that.
    fn markup(&self, text: String) -> String {
        guard::panic_point(&text);
        let html = match self.options.markup {
            Markup::Html => true,
            Markup::Plain => false,
            Markup::Seen => MARKUP.is_match(&text),
        };
        if html { text } else { text.replace('&', "&amp;").replace('<', "&lt;") }
    }

    /// With its scale, as `4/5`, where the entry states one.
    fn rating(&self, entry: &Value) -> Option<String> {
        let ratings = &self.options.ratings;
        let rating = self.options.rating.as_ref()?.first(entry, |value| {
            let word = plain(value)?;
            match ratings.get(&word) {
                Some(rating) => Some(short(*rating)),
                None if value.is_boolean() => None,
                None => Some(value.as_f64().map_or(word, short)),
            }
        })?;
        let number = |value: &Value| plain(value)?.parse::<f64>().ok();
        let most = self.options.rating_max.as_ref().and_then(|field| field.first(entry, number));
        Some(most.map_or_else(|| rating.clone(), |most| format!("{rating}/{}", short(most))))
    }

    fn moment(&self, field: Option<&Field>, entry: &Value) -> Option<Moment> {
        field?.first(entry, |value| order::parse_in(&time_text(value)?, self.order, self.context.timezone, self.context.now))
    }
}

/// At most two digits after the point, which is as fine as ratings are.
fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn extra(fields: &[(String, Field)], entry: &Value) -> BTreeMap<String, Value> {
    let fits = |value: &Value| (!value.is_null() && value.to_string().len() <= EXTRA_BYTES_MAX).then(|| value.clone());
    let value = |field: &Field| field.first(entry, fits);
    fields.iter().filter_map(|(name, field)| Some((name.clone(), value(field)?))).collect()
}

#[cfg(test)]
mod tests;
