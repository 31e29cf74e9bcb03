//! What other rules would have said of the mentions that are stored: who was to be warned, and who would be.
//!
//! Both sides judge every mention anew, so that what is compared is rule sets and nothing else; the rows are walked
//! through page by page, and what is kept of them is counts and a few samples.

mod tally;

use std::collections::HashMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Serialize;

pub use tally::{Comparison, Group, Judged, Mails, Sample};

use crate::collect::source::SourceOptions;
use crate::decide::{Judge, Subject};
use crate::model::{Mention, Moment, Severity, Verdict};
use crate::respond::incident::same_words_mean_one;
use crate::respond::notify;
use crate::respond::route::{QuietReason, Routed, route};
use crate::store::{Store, StoreError, Walk};

/// Mentions of one page: a few milliseconds of judging, after which others get their turn.
const PAGE: i64 = 200;

/// Rules with the settings they are used with.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    pub judge: &'a Judge,
    pub context: notify::Context<'a>,
    pub sources: &'a [SourceOptions],
}

/// Which mentions, and how much of them is kept.
#[derive(Clone, Debug)]
pub struct Plan {
    pub since: Moment,
    pub now: Moment,
    /// Mentions of a source's first poll too, of which nobody was or would have been warned.
    pub first_polls: bool,
    /// Samples of each kind of change.
    pub samples: usize,
    /// Whose days are counted.
    pub timezone: TimeZone,
}

/// Goes through the mentions; `seen` hears how many were compared so far.
///
/// # Errors
/// The store's.
pub async fn compare(
    store: &Store,
    before: Side<'_>,
    after: Side<'_>,
    plan: &Plan,
    mut seen: impl FnMut(u64),
) -> Result<Comparison, StoreError> {
    let mut comparison = Comparison::new(before.judge.rule_set(), after.judge.rule_set(), plan);
    let (mut known_before, mut known_after) = (Known::default(), Known::default());
    let mut walk = Walk::from(plan.since);
    loop {
        let page = store.mentions_after(&walk, PAGE).await?;
        let Some(last) = page.last() else { break };
        walk = Walk::behind(last);
        for mention in &page {
            if mention.baseline && !plan.first_polls {
                comparison.left_out += 1;
                continue;
            }
            let stands = [known_before.judge(mention, before), known_after.judge(mention, after)];
            comparison.take(mention, stands, [before, after]);
        }
        seen(comparison.mentions);
        tokio::task::yield_now().await;
    }
    comparison.close();
    Ok(comparison)
}

/// How one side stands to a mention.
#[derive(Clone, Debug)]
pub struct Stand {
    pub verdict: Verdict,
    pub told: Told,
}

/// Whether a mention would be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    Warned(Routed),
    /// The same words were told of shortly before: it joins their incident.
    Joined,
    Quiet(QuietReason),
}

/// Texts that were told of, with when; older ones are forgotten as the walk goes on.
#[derive(Debug, Default)]
struct Known {
    texts: HashMap<(i64, Option<String>), Moment>,
    swept_at: Moment,
}

impl Known {
    fn judge(&mut self, mention: &Mention, side: Side<'_>) -> Stand {
        let verdict = judge(mention, side);
        let told = match route(side.context.routes, side.context.options, &verdict, &mention.source) {
            Err(quiet) => Told::Quiet(quiet),
            Ok(routed) if self.repeats(mention, routed.brand.as_ref(), side.context.options.same_text_within) => Told::Joined,
            Ok(routed) => Told::Warned(routed),
        };
        Stand { verdict, told }
    }

    /// Whether these words were told of before; if not, they are from now on.
    fn repeats(&mut self, mention: &Mention, brand: Option<&String>, within: Duration) -> bool {
        if !same_words_mean_one(mention) {
            return false;
        }
        let now = mention.seen_at;
        if now.since(self.swept_at) > within {
            self.texts.retain(|_, told_at| now.since(*told_at) <= within);
            self.swept_at = now;
        }
        let told_at = self.texts.entry((mention.text_hash, brand.cloned())).or_insert(Moment(i64::MIN));
        if told_at.0 != i64::MIN && now.since(*told_at) <= within {
            return true;
        }
        *told_at = now;
        false
    }
}

/// A stored mention as these rules see it, with what its source says of itself today. How often its author had complained by
/// then is not asked: both sides are judged without it.
#[must_use]
pub fn judge(mention: &Mention, side: Side<'_>) -> Verdict {
    let source = side.sources.iter().find(|source| source.name == mention.source);
    side.judge.judge(&Subject {
        title: mention.title.as_deref(),
        text: &mention.text,
        rating: mention.rating,
        rating_max: mention.rating_max,
        lang: source.and_then(|source| source.language.as_deref()),
        source: Some(&mention.source),
        author: mention.author.as_deref(),
        readers: source.and_then(|source| source.readers),
        repeated: None,
        brand: source.and_then(|source| source.brand.as_deref()),
    })
}

impl Stand {
    pub(super) const fn routed(&self) -> Option<&Routed> {
        match &self.told {
            Told::Warned(routed) => Some(routed),
            Told::Joined | Told::Quiet(_) => None,
        }
    }

    /// In the order of their names: which one is strongest is no change of its own.
    #[must_use]
    pub fn categories(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.verdict.categories.iter().map(|score| score.category.as_str()).collect();
        names.sort_unstable();
        names
    }

    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.verdict.severity
    }
}
