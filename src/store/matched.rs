//! Which stored source a configured one is. A source has a name and an address, and an operator may change either; what it remembers is
//! of the list that stands at its address. A new memory would take for known whatever appeared since the last good poll.
//!
//! Tried in this order, each for all sources before the next; what is matched is taken:
//!
//! 1. name, kind and address: most sources, with every reload
//! 2. kind and address, of a source that stands in the configuration: another name, or two sources that changed places
//! 3. name: another address
//! 4. kind and address, of a source that left the configuration
//!
//! Name and address changed together match nothing here: its first answer may say which list it is (`Store::adopt`).

use super::configured::NewSource;
use crate::model::Moment;

/// A stored source, as far as it is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) url: String,
    pub(super) reading: i64,
    pub(super) removed: bool,
    pub(super) last_polled_at: Option<Moment>,
}

impl Stored {
    /// Whether it is read where this source is. What is pushed has no address of its own, and many mailboxes share one.
    fn is_at(&self, source: &NewSource) -> bool {
        const WITHOUT_ADDRESS: [&str; 2] = ["inbound", "mail"];
        self.stands_at(source) && !WITHOUT_ADDRESS.contains(&source.kind.as_str())
    }

    /// The same, told from others by its name besides.
    pub(super) fn stands_at(&self, source: &NewSource) -> bool {
        self.kind == source.kind && self.url == source.url
    }
}

/// For each configured source the place of the stored one that it is; none for a new one.
pub(super) fn matched(stored: &[Stored], wanted: &[NewSource]) -> Vec<Option<usize>> {
    let mut matched = vec![None; wanted.len()];
    // Of several that would do the one that stands in the configuration, else the one that was read last.
    let mut order: Vec<usize> = (0..stored.len()).collect();
    order.sort_by_key(|at| (stored[*at].removed, std::cmp::Reverse(stored[*at].last_polled_at)));
    let mut take = |is_it: &dyn Fn(&Stored, &NewSource) -> bool| {
        for (at, source) in wanted.iter().enumerate() {
            let is_free = |place: &&usize, matched: &[Option<usize>]| !matched.contains(&Some(**place));
            if matched[at].is_none() {
                matched[at] = order.iter().find(|place| is_free(place, &matched) && is_it(&stored[**place], source)).copied();
            }
        }
    };
    take(&|kept, source| kept.name == source.name && kept.stands_at(source));
    // Of several that share an address, each reads it in its own way.
    take(&|kept, source| !kept.removed && kept.is_at(source) && kept.reading == source.reading);
    take(&|kept, source| !kept.removed && kept.is_at(source));
    take(&|kept, source| kept.name == source.name);
    take(&|kept, source| kept.is_at(source));
    matched
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_secs(1_800_000_000);

    fn kept(id: &str, name: &str, url: &str) -> Stored {
        let (id, name, url) = (id.to_owned(), name.to_owned(), url.to_owned());
        Stored { id, name, kind: "feed".into(), url, reading: 1, removed: false, last_polled_at: Some(NOW) }
    }

    fn gone(id: &str, name: &str, url: &str) -> Stored {
        Stored { removed: true, ..kept(id, name, url) }
    }

    fn wanted(name: &str, url: &str) -> NewSource {
        NewSource {
            name: name.to_owned(),
            kind: "feed".to_owned(),
            url: url.to_owned(),
            host: String::new(),
            reading: 1,
            first_due_at: NOW,
            changed_due_at: NOW,
        }
    }

    /// The ids by which these sources are known.
    fn ids<'a>(stored: &'a [Stored], wanted: &[NewSource]) -> Vec<Option<&'a str>> {
        matched(stored, wanted).into_iter().map(|place| place.map(|at| stored[at].id.as_str())).collect()
    }

    #[test]
    fn a_source_is_known_by_its_name_or_by_its_address() {
        let stored = [kept("1", "shop", "/a"), kept("2", "forum", "/b")];
        assert_eq!(ids(&stored, &[wanted("forum", "/b"), wanted("shop", "/a")]), [Some("2"), Some("1")]);
        assert_eq!(ids(&stored, &[wanted("forum", "/c"), wanted("store", "/a")]), [Some("2"), Some("1")], "each half of one changed");
        assert_eq!(ids(&stored, &[wanted("board", "/c")]), [None], "both halves");
        let page = NewSource { kind: "page".into(), ..wanted("store", "/a") };
        assert_eq!(ids(&stored, &[page]), [None], "what is read otherwise is another");
    }

    #[test]
    fn two_that_changed_places_are_each_the_list_they_show() {
        let stored = [kept("1", "shop", "/a"), kept("2", "forum", "/b")];
        assert_eq!(ids(&stored, &[wanted("shop", "/b"), wanted("forum", "/a")]), [Some("2"), Some("1")]);
        assert_eq!(ids(&stored, &[wanted("shop", "/b")]), [Some("2")], "it took the place of one that left");
    }

    #[test]
    fn two_at_one_address_that_were_both_renamed_go_on_both() {
        let other = Stored { reading: 2, ..kept("2", "b", "/a") };
        let stored = [kept("1", "a", "/a"), other];
        let renamed = [NewSource { reading: 2, ..wanted("y", "/a") }, wanted("x", "/a")];
        assert_eq!(ids(&stored, &renamed), [Some("2"), Some("1")], "each as it is read");
        assert_eq!(ids(&stored, &[wanted("x", "/a"), wanted("y", "/a")]), [Some("1"), Some("2")]);
        assert_eq!(ids(&stored, &[wanted("a", "/a"), wanted("y", "/a")]), [Some("1"), Some("2")], "one of them");
        assert_eq!(ids(&stored[..1], &[wanted("x", "/a"), wanted("y", "/a")]), [Some("1"), None], "one became two");
    }

    #[test]
    fn one_that_left_is_remembered_after_those_that_stand() {
        let stored = [gone("1", "shop", "/a"), kept("2", "forum", "/b"), gone("3", "shop", "/c")];
        assert_eq!(ids(&stored, &[wanted("shop", "/c")]), [Some("3")]);
        assert_eq!(ids(&stored, &[wanted("store", "/a"), wanted("forum", "/b")]), [Some("1"), Some("2")]);
        assert_eq!(ids(&stored, &[wanted("forum", "/a")]), [Some("2")], "its own memory is fresh");
    }

    #[test]
    fn what_has_no_address_is_known_by_name_alone() {
        let pushed = |name: &str| NewSource { kind: "inbound".into(), ..wanted(name, "inbound:") };
        let stored = [Stored { kind: "inbound".into(), ..kept("1", "desk", "inbound:") }];
        assert_eq!(ids(&stored, &[pushed("other")]), [None]);
        assert_eq!(ids(&stored, &[pushed("desk")]), [Some("1")]);
    }
}
