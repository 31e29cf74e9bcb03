//! What is judged, and what it says of itself before anybody reads it.

use std::cell::OnceCell;

use super::lang;

/// What is judged; everything borrowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    pub title: Option<&'a str>,
    pub text: &'a str,
    /// As the source counts, up to `rating_max` (5, 10 or 100 where that is unknown).
    pub rating: Option<f64>,
    pub rating_max: Option<f64>,
    /// As the source states it; breaks ties of the detection.
    pub lang: Option<&'a str>,
    pub source: Option<&'a str>,
    pub author: Option<&'a str>,
    /// How many read the source in a month.
    pub readers: Option<u64>,
    /// Complaints of the same author there, in the month before.
    pub repeated: Option<u64>,
    /// The brand a source is about, whatever its texts say.
    pub brand: Option<&'a str>,
}

impl<'a> Subject<'a> {
    /// The language of the text; of the title where there is no text.
    pub(super) fn language(&self) -> Language<'a> {
        Language { title: self.title, text: self.text, stated: self.lang, found: OnceCell::new() }
    }

    /// The rating on a scale that ends at five; none where it is missing or makes no sense.
    pub(super) fn stars(&self) -> Option<f64> {
        let rating = self.rating.filter(|rating| rating.is_finite() && *rating >= 0.0)?;
        let most = self.rating_max.filter(|most| most.is_finite() && *most > 0.0).unwrap_or(match rating {
            ..=5.0 => 5.0,
            ..=10.0 => 10.0,
            _ => 100.0,
        });
        Some((rating / most * 5.0).min(5.0))
    }
}

/// The language of a text, found when somebody first asks for it: where neither a rule nor a model does, judging costs nothing for it.
#[derive(Clone, Debug, Default)]
pub struct Language<'a> {
    title: Option<&'a str>,
    text: &'a str,
    stated: Option<&'a str>,
    /// None where it is the stated one.
    found: OnceCell<Option<&'static str>>,
}

impl<'a> Language<'a> {
    /// By its name, as `zh-Hant` or `en`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        let found = self.found.get_or_init(|| match (self.text.trim(), self.title) {
            ("", Some(title)) => lang::told_apart(title, self.stated),
            _ => lang::told_apart(self.text, self.stated),
        });
        found.or(self.stated).unwrap_or(lang::UNKNOWN)
    }
}

impl PartialEq for Language<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}
