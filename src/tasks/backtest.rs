//! What other rules would have said of the mentions that are stored: who was to be warned, and who would be.
//!
//! Both sides judge every mention anew, so that what is compared is rule sets and nothing else; the rows are walked
//! through page by page, and what is kept of them is counts and a few samples.

mod tally;

use std::collections::VecDeque;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Serialize;

pub use tally::{Comparison, Group, Judged, Mails, Sample};

use super::open_incidents::said;
use crate::collect::source::SourceOptions;
use crate::decide::likeness::{self, Compared, may_be_copy};
use crate::decide::{Judge, Subject};
use crate::model::{Mention, Moment, Severity, Verdict};
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

/// The same against the verdicts that are stored, where the rules that gave them are no more.
///
/// # Errors
/// The store's.
pub async fn compare_with_stored(
    store: &Store,
    (rule_set, after): (&str, Side<'_>),
    plan: &Plan,
    mut seen: impl FnMut(u64),
) -> Result<Comparison, StoreError> {
    let mut comparison = Comparison::new(rule_set, after.judge.rule_set(), plan);
    let (mut known_before, mut known_after) = (Known::default(), Known::default());
    let mut walk = Walk::from(plan.since);
    loop {
        let page = store.verdicts_after(&walk, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        walk = Walk::behind(last);
        for (mention, verdict) in page {
            if mention.baseline && !plan.first_polls {
                comparison.left_out += 1;
                continue;
            }
            let stands = [known_before.stand(&mention, verdict, after), known_after.judge(&mention, after)];
            comparison.take(&mention, stands, [after, after]);
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
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    Warned(Routed),
    /// The same words, or nearly, were told of shortly before: it joins their incident.
    Joined,
    Quiet(QuietReason),
}

/// What was told of, the oldest first; what is too old to be joined is forgotten as the walk goes on.
#[derive(Debug, Default)]
struct Known(VecDeque<Opened>);

/// As an incident: the mention it was opened for, and those that joined it with other words or from elsewhere.
#[derive(Debug)]
struct Opened {
    brand: String,
    at: Moment,
    mentions: Vec<Mention>,
}

impl Known {
    fn judge(&mut self, mention: &Mention, side: Side<'_>) -> Stand {
        self.stand(mention, judge(mention, side), side)
    }

    fn stand(&mut self, mention: &Mention, verdict: Verdict, side: Side<'_>) -> Stand {
        let told = match route(side.context.routes, side.context.options, &verdict, &mention.source) {
            Err(quiet) => Told::Quiet(quiet),
            Ok(_) if self.joins(mention, &verdict.brands, side.context.options.same_text_within) => Told::Joined,
            Ok(routed) => {
                self.open(mention, routed.brand.clone());
                Told::Warned(routed)
            }
        };
        Stand { verdict, told }
    }

    /// Whether it says again what was told of shortly before, as `respond::incident` sees it; then it belongs there.
    fn joins(&mut self, mention: &Mention, brands: &[String], within: Duration) -> bool {
        let now = mention.seen_at;
        while self.0.front().is_some_and(|oldest| now.since(oldest.at) > within) {
            self.0.pop_front();
        }
        let own = (mention.text_hash, mention.simhash);
        let compared = |other: &Mention| {
            let may_be = may_be_copy(own, (other.text_hash, other.simhash));
            if may_be { likeness::compare(&said(mention), &said(other)) } else { Compared::Unlike }
        };
        let says_it = |opened: &Opened| {
            let all: Vec<Compared> = opened.mentions.iter().map(compared).collect();
            all.contains(&Compared::Copy) && !all.contains(&Compared::Separate)
        };
        let Some(opened) = self.0.iter_mut().rev().find(|opened| brands.contains(&opened.brand) && says_it(opened)) else {
            return false;
        };
        let is_there = |other: &Mention| said(other) == said(mention);
        if !opened.mentions.iter().any(is_there) {
            opened.mentions.push(mention.clone());
        }
        true
    }

    /// Nothing joins what names no brand.
    fn open(&mut self, mention: &Mention, brand: Option<String>) {
        let mentions = vec![mention.clone()];
        self.0.extend(brand.map(|brand| Opened { brand, at: mention.seen_at, mentions }));
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
