//! Words that a page shows instead of those that were warned of: judged, and where they are worse kept as an edit, which is told like one
//! that a poll brings. What is pushed to us, or has left the list of its source, has no other way to be heard again.

use std::collections::BTreeSet;

use super::super::driver::TaskError;
use super::super::intake::pushed::{self, Origin};
use super::Watch;
use crate::collect::guard::guarded;
use crate::collect::normalise::Found;
use crate::collect::normalise::identity::fingerprint;
use crate::decide::Subject;
use crate::decide::fold::fold;
use crate::model::{Identity, Item, Mention, Verdict};

/// What became of what the page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Judging {
    /// The hash of the words that were judged last.
    pub(super) hash: Option<i64>,
    /// Nobody here can judge them.
    pub(super) left: bool,
}

/// `item`: as the page shows it; `before`: the hash of what was judged there last.
pub(super) async fn judge(
    watch: Watch<'_>,
    (mention, verdict): (&Mention, &Verdict),
    item: Option<Item>,
    before: Option<i64>,
) -> Result<Judging, TaskError> {
    let nothing = Judging { hash: before, left: false };
    let Some(item) = item.map(|item| as_edited(item, mention)).filter(|item| says_other(item, mention)) else { return Ok(nothing) };
    let found = Found { identity: Identity(mention.identity), fingerprint: fingerprint(&item), by_words: false, item };
    let hash = Some(found.fingerprint.0);
    if hash == before {
        return Ok(nothing);
    }
    let Some(context) = watch.judges else { return Ok(Judging { hash: before, left: true }) };
    let live = context.live();
    let Some(source) = live.source(&mention.source) else { return Ok(nothing) };
    let subject = Subject {
        title: found.item.title.as_deref(),
        text: &found.item.text,
        rating: found.item.rating,
        rating_max: found.item.rating_max,
        lang: source.language.as_deref(),
        source: Some(&source.name),
        author: found.item.author.as_deref(),
        readers: source.readers,
        repeated: None,
        brand: source.brand.as_deref(),
    };
    let anew = guarded(|| live.judge.judge_mention(&subject)).flatten();
    // A page shows much beside a text; what says nothing else changes nothing for those who were told.
    if anew.is_some_and(|anew| says_more(&anew, verdict)) {
        let origin = Origin { call_id: None, lives_by_it: false, looked: true };
        pushed::take_in(context, source, &[found], &origin, watch.clock.now()).await?;
    }
    Ok(Judging { hash, left: false })
}

/// Whether people may have to hear of it, or the case has to note it: it is worse, another rule speaks for a warning, or it is no complaint
/// any more.
fn says_more(anew: &Verdict, before: &Verdict) -> bool {
    let rules = |verdict: &Verdict| -> BTreeSet<String> {
        verdict.reasons.iter().filter(|reason| reason.complains()).map(|reason| reason.rule.clone()).collect()
    };
    anew.severity > before.severity || !rules(anew).is_subset(&rules(before)) || (before.complaint && !anew.complaint)
}

/// The mention with the words and the rating of the page: its title, its author and its address are what they were.
fn as_edited(seen: Item, mention: &Mention) -> Item {
    let text = if mention.text.trim().is_empty() { String::new() } else { seen.text.clone() };
    // What had a title alone is edited in its title.
    let title = if text.is_empty() { Some(seen.text).filter(|text| !text.is_empty()).or(seen.title) } else { mention.title.clone() };
    let rated = if seen.rating.is_some() { (seen.rating, seen.rating_max) } else { (mention.rating, mention.rating_max) };
    Item {
        id: None,
        url: mention.url.clone(),
        title,
        text,
        cut_bytes: seen.cut_bytes,
        author: mention.author.clone(),
        rating: rated.0,
        rating_max: rated.1,
        published: mention.published,
        updated: None,
        extra: mention.extra.clone(),
    }
}

/// Whether it says or counts anything else. A page that shows the beginning of a text says nothing new.
fn says_other(item: &Item, mention: &Mention) -> bool {
    let letters = |text: &str| fold(text).text().chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    let (now, told) = if item.text.is_empty() {
        (letters(item.title.as_deref().unwrap_or_default()), letters(mention.title.as_deref().unwrap_or_default()))
    } else {
        (letters(&item.text), letters(&mention.text))
    };
    item.rating != mention.rating || !told.contains(&now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Reason, Severity};
    use crate::respond::samples::mention;

    #[test]
    fn the_beginning_of_a_text_is_no_edit_and_more_of_it_is() {
        let told = mention("收銀員找錯錢，還擺臭臉");
        let shown = |text: &str, rating| {
            says_other(&as_edited(Item { text: text.into(), rating, rating_max: rating.and(Some(5.0)), ..Item::default() }, &told), &told)
        };
        assert!(!shown("收銀員找錯錢，還擺臭臉！", None) && !shown("收銀員找錯錢", Some(1.0)) && !shown("收银员找错钱，还摆臭脸", None));
        assert!(shown("收銀員找錯錢，還擺臭臉，店長打我", None), "something was added");
        assert!(shown("收銀員找錯錢，還擺臭臉", Some(2.0)), "it is rated otherwise");
        let edited = as_edited(Item { text: "店長打我".into(), ..Item::default() }, &told);
        assert_eq!(
            (edited.rating, edited.author.as_deref(), edited.url),
            (Some(1.0), Some("阿明"), told.url.clone()),
            "what the page does not say stays"
        );
    }

    #[test]
    fn what_says_nothing_else_is_left_alone() {
        let verdict = |severity, complaint, rules: &[&str]| Verdict {
            severity,
            complaint,
            reasons: rules.iter().map(|rule| Reason::named((*rule).to_owned(), Some("service_attitude"), 2.0)).collect(),
            ..Verdict::default()
        };
        let told = verdict(Severity::Medium, true, &["service.rude"]);
        assert!(!says_more(&told, &told) && !says_more(&verdict(Severity::Low, true, &[]), &told));
        assert!(says_more(&verdict(Severity::High, true, &["service.rude"]), &told), "worse");
        assert!(says_more(&verdict(Severity::Medium, true, &["service.rude", "service.threat"]), &told), "more");
        assert!(says_more(&verdict(Severity::None, false, &[]), &told), "taken back");
    }
}
