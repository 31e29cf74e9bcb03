//! Items whose identity was there before with a wholly different text: a table that was numbered anew, a feed whose entries share one
//! id, a sender that uses an id twice. Such a text is an item of its own, and so is the one that it took the place of: whichever of the
//! two comes again is known.
//!
//! The item of the identity itself stays, and stands for the text that was there last: what is edited next is that one.
//!
//! What is sent to us under one id, at one address or by one author, is one post whatever its words become: its author may rewrite all of
//! it. Of a list that is read that cannot be said, for there ids are often places.

use std::collections::{BTreeMap, BTreeSet};

use super::Known;
use super::arrival::letters;
use crate::collect::flood::{Changed, Old, counts_as_moved, is_of_the_site};
use crate::collect::guard::guarded;
use crate::collect::normalise::Found;
use crate::collect::normalise::identity::of_another;
use crate::decide::is_one_person;
use crate::decide::likeness::{self, is_anothers};
use crate::model::{Fingerprint, Identity, Item, UNDER_ID_OF};
use crate::store::{KnownItem, SeenItem, Store, StoreError, Wording};

/// A known identity under which another text stands now.
struct Displaced {
    identity: Identity,
    content: Fingerprint,
    /// What was there before, and the identity it has from now on.
    before: KnownItem,
    was: Identity,
    /// The identity of the text that came.
    is: Identity,
}

/// The items of a document that took the place of others.
#[derive(Default)]
pub(super) struct Others(Vec<Displaced>);

/// An item that was there with other words: its place in the document, and the hash of its words now.
struct Candidate {
    place: usize,
    text_hash: i64,
    wording: Wording,
    /// The last read showed these words under another identity.
    moved: bool,
}

/// Where a document's ids come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    /// A list that is all its source shows, with so many entries besides that are as they were: many such items at once may be the site's work.
    List(usize),
    /// A part of one, or a dropped table.
    Part,
    /// Whoever sends us the items gave them their ids.
    Sender,
}

/// Gives every item that says something else than what its identity stood for an identity of its own, and what is remembered of it to
/// `known`.
pub(super) async fn settle(store: &Store, source: &str, found: &mut [Found], known: &mut Known, ids: Ids) -> Result<Others, StoreError> {
    let others = others(store, source, found, known, ids == Ids::Sender).await?;
    if others.is_empty() {
        return Ok(Others::default());
    }
    if let Ids::List(skipped) = ids
        && site_did_it(found, &others, known, skipped)
    {
        return Ok(Others::default());
    }
    let mut displaced = Vec::with_capacity(others.len());
    for Candidate { place, text_hash, .. } in others {
        let Found { identity, fingerprint, .. } = found[place];
        let Some((before, said)) = known.get(&identity).and_then(|before| Some((before.clone(), before.said.clone()?))) else { continue };
        let (was, is) = (of_another(source, identity, said.text_hash), of_another(source, identity, text_hash));
        found[place].identity = is;
        displaced.push(Displaced { identity, content: fingerprint, before, was, is });
    }
    let own: Vec<Identity> = displaced.iter().flat_map(|one| [one.was, one.is]).collect();
    known.extend(store.known_items(source, &own).await?);
    Ok(Others(displaced))
}

/// `sent`: by whoever gave them their ids.
async fn others(store: &Store, source: &str, found: &[Found], known: &Known, sent: bool) -> Result<Vec<Candidate>, StoreError> {
    let mut changed: Vec<(usize, i64, String)> = Vec::new();
    for (place, item) in found.iter().enumerate() {
        let Some(before) = known.get(&item.identity).filter(|before| before.fingerprint != item.fingerprint) else { continue };
        let (Some(said), Some((mention, _))) = (&before.said, &before.mention) else { continue };
        let Some((text_hash, _)) = guarded(|| likeness::fingerprints(item.item.title.as_deref(), &item.item.text)) else { continue };
        if text_hash != said.text_hash {
            changed.push((place, text_hash, mention.clone()));
        }
    }
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let contents: Vec<Fingerprint> = changed.iter().map(|(place, ..)| found[*place].fingerprint).collect();
    let shown = store.last_shown(source, &contents).await?;
    let mut wordings = store.wordings(&changed.iter().map(|(_, _, mention)| mention.as_str()).collect::<Vec<_>>()).await?;
    let other = |(place, text_hash, mention): (usize, i64, String)| {
        let (wording, item) = (wordings.remove(&mention)?, &found[place].item);
        if sent && is_same_post(&wording, item) {
            return None;
        }
        let before = (wording.title.as_deref(), wording.text.as_str());
        let is_edit = guarded(|| likeness::is_edit(before, (item.title.as_deref(), &item.text))).unwrap_or(true);
        // Where ids are places, what stands in the next place may be like what stood there, and is another all the same.
        let moved = shown.get(&found[place].fingerprint).is_some_and(|ids| ids.iter().any(|id| *id != found[place].identity));
        (moved || !is_edit).then_some(Candidate { place, text_hash, wording, moved })
    };
    Ok(changed.into_iter().filter_map(other).collect())
}

/// Whether an item with the id of another is that one by its address or its author, whatever it says now.
fn is_same_post(before: &Wording, item: &Item) -> bool {
    let (was, is) = (before.author.as_deref(), item.author.as_deref());
    let same_author = || was.zip(is).is_some_and(|(was, is)| is_one_person(was) && is_one_person(is));
    !is_anothers(was, is) && ((item.url.is_some() && before.url == item.url) || same_author())
}

/// Whether the site rewrote its items: then each is still the one it was.
fn site_did_it(found: &[Found], others: &[Candidate], known: &Known, skipped: usize) -> bool {
    let of = |other: &Candidate| {
        let (item, before) = (&found[other.place].item, &other.wording);
        let differs = |one: bool, two: bool, differ: bool| one && two && differ;
        let author = differs(item.author.is_some(), before.author.is_some(), item.author != before.author);
        let date = differs(item.published.is_some(), before.published.is_some(), item.published != before.published);
        Changed { moved: other.moved, other_entry: author || date }
    };
    let changed: Vec<Changed> = others.iter().map(of).collect();
    let known = skipped + found.iter().filter(|item| known.contains_key(&item.identity)).count();
    is_of_the_site(&changed, known)
}

impl Others {
    /// For each item of a dropped table whether it is old: words that this source had under another number.
    pub(super) async fn old(&self, store: &Store, source: &str, found: &[Found], known: &Known) -> Result<Vec<Option<Old>>, StoreError> {
        let own: BTreeSet<Identity> = self.0.iter().map(|one| one.is).filter(|is| !known.contains_key(is)).collect();
        let new: Vec<&Found> = found.iter().filter(|item| own.contains(&item.identity)).collect();
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let there = store.known_contents(source, &new.iter().map(|item| item.fingerprint).collect::<Vec<_>>()).await?;
        let moved = new.iter().filter(|item| there.contains(&item.fingerprint)).count();
        let is_old = |item: &Found| {
            let again = own.contains(&item.identity) && there.contains(&item.fingerprint);
            again && counts_as_moved(letters(item), moved, new.len())
        };
        Ok(found.iter().map(|item| is_old(item).then_some(Old::Moved)).collect())
    }

    /// Notes at each that is judged now which mention had its id before.
    pub(super) fn note(&self, items: &mut [SeenItem]) {
        for one in &self.0 {
            let Some((before, _)) = &one.before.mention else { continue };
            let judged = items.iter_mut().filter(|item| item.identity == one.is).filter_map(|item| item.mention.as_mut());
            for (mention, _) in judged {
                mention.extra.insert(UNDER_ID_OF.to_owned(), before.as_str().into());
            }
        }
    }

    /// What is to be remembered beside the items themselves: of each identity the text that stands there now, and the one that did.
    pub(super) fn remembered(&self, items: &[SeenItem], known: &Known) -> Vec<SeenItem> {
        let judged: BTreeMap<Identity, &str> =
            items.iter().filter_map(|item| Some((item.identity, item.mention.as_ref()?.0.id.as_str()))).collect();
        let mention = |known: &KnownItem| known.mention.as_ref().map(|(id, _)| id.clone());
        let of = |one: &Displaced| {
            let now = judged.get(&one.is).map(|id| (*id).to_owned()).or_else(|| known.get(&one.is).and_then(mention));
            [
                SeenItem { identity: one.identity, fingerprint: one.content, mention: None, stands_for: now },
                SeenItem { identity: one.was, fingerprint: one.before.fingerprint, mention: None, stands_for: mention(&one.before) },
            ]
        };
        self.0.iter().flat_map(of).collect()
    }
}
