//! Which item this is and what it says, over every poll: stable hashes, scoped to the source.

use std::collections::HashMap;

use url::Url;

use crate::collect::hash;
use crate::model::{Fingerprint, Identity, Item};

/// Query parameters that tell where a reader came from, not what he reads.
const TRACKING: &[&str] =
    &["fbclid", "gclid", "msclkid", "mc_cid", "mc_eid", "igshid", "yclid", "spm", "scm", "_hsenc", "_hsmi", "ref_src"];

/// Identities of one document's items, in order: the item's own id, else its link, else its content. An id or link that
/// several different items of the document share tells nothing, so those items go by the next thing that does.
#[must_use]
pub fn identities(source: &str, items: &[Item]) -> Vec<Identity> {
    let told = identities_by(source, items, &items.iter().map(fingerprint).collect::<Vec<_>>());
    told.into_iter().map(|(identity, _)| identity).collect()
}

/// The same, where the fingerprints are known, each with whether it is one of words alone.
pub(super) fn identities_by(source: &str, items: &[Item], fingerprints: &[Fingerprint]) -> Vec<(Identity, bool)> {
    let shared_ids = shared(items.iter().map(|item| item.id.as_deref()), fingerprints);
    // Most documents give every item an id of its own, and then no link is looked at.
    let by_id = |item: &Item| item.id.as_deref().is_some_and(|id| tells(&shared_ids, id));
    let links: Vec<Option<String>> = if items.iter().all(by_id) {
        vec![None; items.len()]
    } else {
        items.iter().map(|item| item.url.as_deref().map(normal_link)).collect()
    };
    let shared_links = shared(links.iter().map(Option::as_deref), fingerprints);
    items.iter().zip(&links).map(|(item, link)| identity(source, item, link.as_deref(), &shared_ids, &shared_links)).collect()
}

/// Of a text that stands, or stood, under an identity of a wholly different one. `text_hash`: of its words, without its rating.
#[must_use]
pub fn of_another(source: &str, identity: Identity, text_hash: i64) -> Identity {
    Identity(hash::stable_i64(&[source.as_bytes(), b"another", &identity.0.to_be_bytes(), &text_hash.to_be_bytes()]))
}

/// What the item says: changes when it is edited.
#[must_use]
pub fn fingerprint(item: &Item) -> Fingerprint {
    let rating = item.rating.map(|rating| rating.to_le_bytes());
    let title = item.title.as_deref().unwrap_or_default();
    Fingerprint(hash::stable_i64(&[title.as_bytes(), item.text.as_bytes(), rating.as_ref().map_or(&[][..], |bytes| bytes)]))
}

/// An address without its fragment and tracking parameters, without `www.`, whether http or https.
#[must_use]
pub fn normal_link(link: &str) -> String {
    let Ok(mut url) = Url::parse(link) else { return link.to_owned() };
    url.set_fragment(None);
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| !is_tracking(name)).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    if kept.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}{port}{}{query}", host.strip_prefix("www.").unwrap_or(host), url.path().trim_end_matches('/'))
}

fn is_tracking(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("utm_") || TRACKING.contains(&lower.as_str())
}

/// For each key: whether items with different content share it.
fn shared<'k>(keys: impl Iterator<Item = Option<&'k str>>, fingerprints: &[Fingerprint]) -> HashMap<&'k str, bool> {
    let mut first: HashMap<&str, (Fingerprint, bool)> = HashMap::with_capacity(fingerprints.len());
    for (key, own) in keys.zip(fingerprints) {
        let Some(key) = key else { continue };
        let entry = first.entry(key).or_insert((*own, false));
        entry.1 |= entry.0 != *own;
    }
    first.into_iter().map(|(key, (_, shared))| (key, shared)).collect()
}

/// Whether an id or a link is one item's alone.
fn tells(shared: &HashMap<&str, bool>, key: &str) -> bool {
    !shared.get(key).copied().unwrap_or(false)
}

fn identity(source: &str, item: &Item, link: Option<&str>, ids: &HashMap<&str, bool>, links: &HashMap<&str, bool>) -> (Identity, bool) {
    let hashed = |kind: &[u8], value: &[u8]| (Identity(hash::stable_i64(&[source.as_bytes(), kind, value])), false);
    if let Some(id) = item.id.as_deref().filter(|id| tells(ids, id)) {
        return hashed(b"id", id.as_bytes());
    }
    if let Some(link) = link.filter(|link| tells(links, link)) {
        return hashed(b"link", link.as_bytes());
    }
    (of_words(source, item), true)
}

/// Of an item that nothing but its words tells apart.
fn of_words(source: &str, item: &Item) -> Identity {
    let title = item.title.as_deref().unwrap_or_default();
    let author = item.author.as_deref().unwrap_or_default();
    // Many give stars and no words, and many of those no name: only their time tells them apart.
    if title.is_empty() && item.text.is_empty() {
        let published = item.published.map_or(0, |at| at.0);
        let rating = item.rating.unwrap_or_default();
        let parts: [&[u8]; 5] = [source.as_bytes(), b"stars", author.as_bytes(), &published.to_le_bytes(), &rating.to_le_bytes()];
        return Identity(hash::stable_i64(&parts));
    }
    // Without the rating: an edited rating alone is the same item.
    Identity(hash::stable_i64(&[source.as_bytes(), b"content", title.as_bytes(), item.text.as_bytes(), author.as_bytes()]))
}

/// Of a post in the words of an earlier one, the `time`th that came after it.
#[must_use]
pub fn posted_again(source: &str, identity: Identity, time: u32) -> Identity {
    Identity(hash::stable_i64(&[source.as_bytes(), b"again", &identity.0.to_be_bytes(), &time.to_be_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: Option<&str>, url: Option<&str>, text: &str) -> Item {
        Item { id: id.map(Into::into), url: url.map(Into::into), text: text.into(), ..Item::default() }
    }

    #[test]
    fn an_edited_item_is_the_same_item_with_another_fingerprint() {
        let (before, after) = (item(Some("1"), None, "a"), item(Some("1"), None, "b"));
        assert_eq!(identities("s", std::slice::from_ref(&before)), identities("s", std::slice::from_ref(&after)));
        assert_ne!(fingerprint(&before), fingerprint(&after));
        assert_ne!(identities("s", std::slice::from_ref(&before)), identities("t", std::slice::from_ref(&before)), "scoped to the source");
    }

    #[test]
    fn a_shared_id_does_not_swallow_items() {
        let items = [item(Some("1"), Some("https://a/1"), "a"), item(Some("1"), Some("https://a/2"), "b"), item(Some("1"), None, "c")];
        let found = identities("s", &items);
        assert!(found[0] != found[1] && found[1] != found[2] && found[0] != found[2]);
        let twice = [item(Some("1"), None, "same"), item(Some("1"), None, "same")];
        let found = identities("s", &twice);
        assert_eq!(found[0], found[1], "the same item twice is one");
    }

    #[test]
    fn links_are_looked_at_where_an_id_tells_nothing() {
        let with_link = |id: Option<&str>, text: &str| item(id, Some("https://a/same?utm_source=x"), text);
        let alone = identities("s", &[with_link(None, "a")])[0];
        assert_eq!(identities("s", &[with_link(Some("1"), "a")])[0], identities("s", &[item(Some("1"), None, "a")])[0]);
        // The link is shared with an item that has an id of its own: it tells nothing.
        let found = identities("s", &[with_link(None, "a"), with_link(Some("2"), "b")]);
        assert_ne!(found[0], alone);
        assert_eq!(found[1], identities("s", &[item(Some("2"), None, "b")])[0]);
    }

    #[test]
    fn stars_without_words_are_told_apart_by_their_time() {
        let stars = |secs| Item { rating: Some(5.0), published: Some(crate::model::Moment::from_secs(secs)), ..Item::default() };
        let found = identities("s", &[stars(1), stars(2), stars(1)]);
        assert!(found[0] != found[1] && found[0] == found[2]);
    }

    #[test]
    fn tracking_does_not_make_a_new_link() {
        let plain = normal_link("https://shop.example/r?id=7");
        for link in ["http://www.shop.example/r/?id=7&utm_source=x#top", "https://shop.example/r?fbclid=1&id=7"] {
            assert_eq!(normal_link(link), plain, "{link}");
        }
        assert_ne!(normal_link("https://shop.example/r?id=8"), plain);
    }
}
