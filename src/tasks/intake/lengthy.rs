//! Lists that are longer than what is read of a document.

use crate::collect::poll::Document;
use crate::collect::source::{SourceKind, SourceOptions};
use crate::model::{Moment, Remark, Watch};

/// What is to be remembered of a document's length: that it is read on where it is long, and what of it is not read.
pub(super) fn noted(watch: Watch, source: &SourceOptions, document: &Document, max_items: usize, now: Moment) -> Watch {
    if source.kind != SourceKind::Feed {
        return watch;
    }
    let entries = document.entries + document.skipped.identities.len();
    // Long before anything is beyond: what comes in the very poll that goes beyond is news.
    let read_on = watch.read_on || entries.saturating_mul(2) >= max_items;
    let remark = document.has_more.then(|| remark(watch.remark.as_ref(), entries, now));
    Watch { read_on, remark, ..watch }
}

/// With the time since which it says so.
fn remark(before: Option<&Remark>, entries: usize, now: Moment) -> Remark {
    let words =
        format!("the feed has more than the {entries} entries that are read of it (`collect.max_items`): what is beyond is not heard");
    before.filter(|before| before.words == words).cloned().unwrap_or(Remark { words, at: now })
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    const NOW: Moment = Moment::from_secs(1_800_000_000);

    #[test]
    fn what_is_beyond_is_said_since_it_is_so() {
        let source = SourceOptions::plain("shop", SourceKind::Feed, Url::parse("https://shop.example/feed").expect("an address"));
        let document = |entries: usize, has_more: bool| Document { entries, has_more, ..Document::without_asking(Vec::new(), "") };
        let short = noted(Watch::default(), &source, &document(49, false), 100, NOW);
        assert_eq!(short, Watch::default());
        let long = noted(short, &source, &document(50, false), 100, NOW);
        assert!(long.read_on && long.remark.is_none());
        let beyond = noted(long, &source, &document(100, true), 100, NOW);
        assert!(beyond.remark.as_ref().is_some_and(|remark| remark.at == NOW && remark.words.contains("more than the 100 entries")));
        let later = noted(beyond.clone(), &source, &document(100, true), 100, Moment::from_secs(1_800_000_060));
        assert_eq!(later, beyond);
        assert_eq!(noted(later, &source, &document(60, false), 100, NOW).remark, None, "it is shorter again");
    }
}
