//! Posts that only their words tell apart, and whose author edited them: on many review pages there is neither an id nor an address. The words
//! of before have left the list, and its author says them, edited, in another entry: that is the post that was there.

use std::collections::BTreeSet;

use super::Known;
use super::arrival::COMPARED;
use crate::collect::guard::guarded;
use crate::collect::normalise::Found;
use crate::decide::{is_one_person, likeness};
use crate::model::Identity;
use crate::store::{ShownMention, Store, StoreError};

/// Gives each such item the identity it had, and what is remembered of that to `known`. `skipped`: entries of the list that are as they were.
pub(super) async fn settle(
    store: &Store,
    source: &str,
    found: &mut [Found],
    skipped: &[Identity],
    known: &mut Known,
) -> Result<(), StoreError> {
    let is_new = |item: &Found| item.by_words && !known.contains_key(&item.identity) && author(item).is_some();
    let new: Vec<usize> = (0..found.len()).filter(|place| is_new(&found[*place])).collect();
    if new.is_empty() {
        return Ok(());
    }
    let here: BTreeSet<Identity> = found.iter().map(|item| item.identity).chain(skipped.iter().copied()).collect();
    let mut gone = store.mentions_shown(source, COMPARED).await?;
    gone.retain(|before| !here.contains(&before.identity));
    let mut was = Vec::new();
    for place in new {
        let Some(before) = edited(&found[place], &gone) else { continue };
        found[place].identity = gone.swap_remove(before).identity;
        was.push(found[place].identity);
    }
    known.extend(store.known_items(source, &was).await?);
    Ok(())
}

/// Which of those that are gone an item is; none where it may be two of them.
fn edited(item: &Found, gone: &[ShownMention]) -> Option<usize> {
    let author = author(item)?;
    let is_it = |before: &ShownMention| {
        let words = (before.title.as_deref(), before.text.as_str());
        let is_edit = || guarded(|| likeness::is_edit(words, (item.item.title.as_deref(), &item.item.text))).unwrap_or(false);
        before.author.as_deref() == Some(author) && is_edit()
    };
    let mut places = gone.iter().enumerate().filter(|(_, before)| is_it(before)).map(|(place, _)| place);
    let first = places.next()?;
    places.next().is_none().then_some(first)
}

/// Who wrote it, where that is one person's name.
fn author(item: &Found) -> Option<&str> {
    item.item.author.as_deref().filter(|author| is_one_person(author))
}
