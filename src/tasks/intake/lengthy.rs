//! What of a document is not read: lists that are longer, answers that break off.

use crate::collect::poll::Document;
use crate::collect::source::{SourceKind, SourceOptions};
use crate::model::{Moment, Remark, Watch};

/// What is to be remembered of a document's length: that it is read on where it is long, and what of it is not read.
pub(super) fn noted(watch: Watch, source: &SourceOptions, document: &Document, max_items: usize, now: Moment) -> Watch {
    let entries = document.entries + document.skipped.identities.len();
    let is_feed = source.kind == SourceKind::Feed;
    // Long before anything is beyond: what comes in the very poll that goes beyond is news.
    let read_on = watch.read_on || (is_feed && entries.saturating_mul(2) >= max_items);
    let words = if is_feed && document.has_more {
        Some(format!("the feed has more than the {entries} entries that are read of it (`collect.max_items`): what is beyond is not heard"))
    } else {
        document.degraded.clone().filter(|_| document.cut)
    };
    let remark = words.map(|words| remark(watch.remark.as_ref(), words, now));
    Watch { read_on, remark, ..watch }
}

/// With the time since which it says so.
fn remark(before: Option<&Remark>, words: String, now: Moment) -> Remark {
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

    #[test]
    fn what_breaks_off_is_said_until_it_is_whole() {
        let source = SourceOptions::plain("shop", SourceKind::Feed, Url::parse("https://shop.example/feed").expect("an address"));
        let repaired = Document::without_asking(Vec::new(), "the answer was cut off");
        assert_eq!(noted(Watch::default(), &source, &repaired, 100, NOW).remark, None, "what was repaired is heard");
        let cut = noted(Watch::default(), &source, &Document { cut: true, ..repaired }, 100, NOW);
        assert_eq!(cut.remark.as_ref().map(|remark| remark.words.as_str()), Some("the answer was cut off"));
        assert_eq!(noted(cut, &source, &Document::without_asking(Vec::new(), ""), 100, NOW).remark, None);
    }
}
