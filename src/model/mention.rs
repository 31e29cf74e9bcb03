//! An item that names a brand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Moment, Verdict};

/// An item that names a brand, as it stands in the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mention {
    /// `m_` and 16 base-32 characters.
    pub id: String,
    pub source: String,
    /// See `Identity`.
    pub identity: i64,
    pub url: Option<String>,
    pub title: Option<String>,
    pub text: String,
    pub author: Option<String>,
    pub rating: Option<f64>,
    pub rating_max: Option<f64>,
    pub published: Option<Moment>,
    pub seen_at: Moment,
    /// BCP 47: `zh-Hant`, `zh-Hans`, `en`, ... or `und`.
    pub lang: String,
    pub brands: Vec<String>,
    /// 1 when first seen, one more for each edit.
    pub revision: i64,
    /// Seen in the first poll of a new source: judged and kept, never paged.
    pub baseline: bool,
    /// Hash of the folded text: equal for the same words on several sites.
    pub text_hash: i64,
    /// 64-bit simhash of the folded text; 0 when the text is too short to compare.
    pub simhash: i64,
    /// What else its source said of it, under the source's own names: an order, a product, likes. Bounded; nothing is judged by it.
    #[serde(default)]
    pub extra: BTreeMap<String, serde_json::Value>,
}

/// In `Mention::extra`: the day of publication, `2026-11-30`, where its source gave a day and no time. A day has no hour to convert:
/// shown elsewhere in the world it stays the day that the source wrote.
pub const PUBLISHED_ON: &str = "published_on";

/// In `Mention::extra`: the page it stands on, where it has no address of its own.
pub const STANDS_ON: &str = "stands_on";

/// In `Mention::extra`: the mention that had its id before, with other words.
pub const UNDER_ID_OF: &str = "under_id_of";

impl Mention {
    /// See `UNDER_ID_OF`.
    #[must_use]
    pub fn under_id_of(&self) -> Option<&str> {
        self.extra.get(UNDER_ID_OF)?.as_str()
    }

    /// See `PUBLISHED_ON`.
    #[must_use]
    pub fn published_on(&self) -> Option<&str> {
        self.extra.get(PUBLISHED_ON)?.as_str()
    }

    /// Where a person finds it: its own address, else that of the page it stands on.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.url.as_deref().or_else(|| self.extra.get(STANDS_ON)?.as_str())
    }

    /// What its source said of it under names of its own, without our notes.
    pub fn own_fields(&self) -> impl Iterator<Item = (&String, &serde_json::Value)> {
        self.extra.iter().filter(|(name, _)| ![PUBLISHED_ON, STANDS_ON, UNDER_ID_OF].contains(&name.as_str()))
    }
}

/// What a case is about: of its mentions, in the order they came, the one with the worst verdict, the first of several.
#[must_use]
pub fn worst(mentions: Vec<(Mention, Verdict)>) -> Option<(Mention, Verdict)> {
    mentions.into_iter().reduce(|worst, next| if next.1.severity > worst.1.severity { next } else { worst })
}
