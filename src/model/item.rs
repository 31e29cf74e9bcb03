//! One entry as a source shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Moment;

/// One entry of a feed or page after `normalise`: plain text, absolute link, clamped times.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Item {
    /// The source's own id, where it states one.
    pub id: Option<String>,
    pub url: Option<String>,
    pub title: Option<String>,
    /// Plain text without markup; empty when the source gives only a title.
    pub text: String,
    /// Bytes of the text that nobody reads, for it is too long.
    #[serde(skip)]
    pub cut_bytes: usize,
    pub author: Option<String>,
    /// As the source counts, from 0 to `rating_max`.
    pub rating: Option<f64>,
    pub rating_max: Option<f64>,
    pub published: Option<Moment>,
    pub updated: Option<Moment>,
    pub extra: BTreeMap<String, serde_json::Value>,
}

/// Which item of its source this is, over every poll: a stable 64-bit hash of its id, else its link, else its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity(pub i64);

/// What the item said: a stable 64-bit hash of title, text and rating. It changes when the item is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub i64);
