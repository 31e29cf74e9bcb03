//! feed-rs, asked where our own reader finds nothing in a document that seems to have entries: two readers are rarely blind to the same.

use feed_rs::model::Entry;
use feed_rs::parser::Builder;

use super::{Context, Raw};
use crate::collect::guard::guarded;
use crate::collect::normalise::time;
use crate::model::Moment;

/// As much of its complaint as an operator reads.
const REASON_BYTES_MAX: usize = 200;

/// The entries, or in words why there are none. A panic of the parser is a damaged document like any other.
pub(super) fn read(text: &str, context: &Context<'_>) -> Result<Vec<Raw>, String> {
    let timezone = context.timezone.clone();
    let now = context.now;
    let parser = Builder::new()
        .base_uri(Some(context.base.as_str()))
        .sanitize_content(false)
        // An id of the parser's making is random; none is better, and `normalise` makes a stable one.
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |text| time::parse(text, &timezone, now).and_then(|at| chrono::DateTime::from_timestamp_micros(at.0)))
        .build();
    let parsed = guarded(|| parser.parse(text.as_bytes()));
    let feed = parsed.ok_or_else(|| "the second reader gave up".to_owned())?.map_err(|error| {
        let words = error.to_string();
        words[..words.floor_char_boundary(REASON_BYTES_MAX)].to_owned()
    })?;
    Ok(feed.entries.into_iter().take(context.max_items).map(raw).collect())
}

fn raw(entry: Entry) -> Raw {
    let alternate = entry.links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
    let text = entry.content.and_then(|content| content.body).or_else(|| entry.summary.map(|summary| summary.content));
    Raw {
        link: alternate.or(entry.links.first()).map(|link| link.href.clone()),
        id: Some(entry.id).filter(|id| !id.trim().is_empty()),
        title: entry.title.map(|title| title.content),
        text,
        author: entry.authors.into_iter().find_map(|person| person.name),
        rating: None,
        published: entry.published.map(|at| Moment(at.timestamp_micros())),
        updated: entry.updated.map(|at| Moment(at.timestamp_micros())),
        base: entry.base,
        ..Raw::default()
    }
}
