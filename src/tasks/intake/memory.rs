//! Whether a document is the list that its source remembers, and whose list it is where it remembers none. Asked where the settings were
//! changed, for a name and an address may be given to something else.

use super::Known;
use crate::collect::flood::{First, is_same_list};
use crate::collect::normalise::Found;
use crate::collect::normalise::identity::identities;
use crate::collect::poll::Document;
use crate::collect::source::{SourceKind, SourceOptions};
use crate::model::{Fingerprint, Item, Moment, SourceState};
use crate::store::{Store, StoreError};
use crate::tasks::context::Context;
use crate::tasks::driver::TaskError;
use crate::tasks::poll::Claimed;

/// Sources that left the settings with which one list is compared: an operator who exchanges more at a time hears of what is dated since.
const LEFT_AT_MOST: i64 = 50;

/// Whose list a document is.
pub(super) enum Owner {
    /// Its source goes on where it was.
    Itself,
    /// What stands there was not read before.
    Nobody(First),
    /// One that has left the settings, under another name and at another address.
    Left(Box<SourceState>),
}

/// Whose list a document is, `known` being what its source remembers of it.
pub(super) async fn owner(
    context: &Context,
    source: &SourceOptions,
    Claimed { state, follows, .. }: &Claimed,
    document: &Document,
    known: &Known,
) -> Result<Owner, TaskError> {
    if state.baselined && !state.watch.moved {
        return Ok(Owner::Itself);
    }
    if state.last_success_at.is_some() {
        let is_known: Vec<bool> = document.found.iter().map(|found| known.contains_key(&found.identity)).collect();
        let goes_on = is_remembered(&context.store, &state.id, &document.found, &is_known).await?;
        return Ok(if goes_on { Owner::Itself } else { Owner::Nobody(First::InPlace) });
    }
    if !follows || !matches!(source.kind, SourceKind::Feed | SourceKind::Page(_) | SourceKind::Json(_)) {
        return Ok(Owner::Nobody(First::Plain));
    }
    let left = context.store.predecessors(&state.id, LEFT_AT_MOST).await?;
    let items: Vec<Item> = if left.is_empty() { Vec::new() } else { document.found.iter().map(|found| found.item.clone()).collect() };
    for left in &left {
        let ids = identities(&left.id, &items);
        let known = context.store.known_items(&left.id, &ids).await?;
        let is_known: Vec<bool> = ids.iter().map(|id| known.contains_key(id)).collect();
        if is_remembered(&context.store, &left.id, &document.found, &is_known).await? {
            return Ok(Owner::Left(Box::new(left.clone())));
        }
    }
    // What was read well longest ago may have been missed since then.
    let since: Option<Moment> = left.iter().filter_map(|left| left.last_success_at).min();
    Ok(Owner::Nobody(since.map_or(First::Plain, First::After)))
}

/// Whether these items are the list that is remembered under this id: by their identities, of which these are known, else by their words.
async fn is_remembered(store: &Store, memory: &str, found: &[Found], is_known: &[bool]) -> Result<bool, StoreError> {
    let before = usize::try_from(store.count_shown(memory).await?).unwrap_or(usize::MAX);
    if is_same_list(is_known.iter().filter(|known| **known).count(), before, found.len()) {
        return Ok(true);
    }
    let contents: Vec<Fingerprint> = found.iter().map(|item| item.fingerprint).collect();
    let there = store.known_contents(memory, &contents).await?;
    let familiar = found.iter().zip(is_known).filter(|(item, known)| **known || there.contains(&item.fingerprint)).count();
    Ok(is_same_list(familiar, before, found.len()))
}
