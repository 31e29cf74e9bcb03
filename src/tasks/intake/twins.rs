//! Posts that stand in one list twice: where boards are crossed, or a thread was moved, the same post is shown under another id and another
//! link beside the one that is known. It is the same one where its words, its author and the second it was written in are.

use std::collections::BTreeSet;

use crate::collect::normalise::Found;
use crate::decide::is_one_person;
use crate::model::{Identity, Moment};
use crate::store::{Store, StoreError};

const HOUR_S: i64 = 3_600;

/// The places of such posts. `beside`: the identities that have an item's words and are shown together with it. What named no brand is not
/// there to be asked.
pub(super) async fn places<I: Iterator<Item = Identity>>(
    store: &Store,
    source: &str,
    found: &[Found],
    beside: impl Fn(&Found) -> I,
) -> Result<BTreeSet<usize>, StoreError> {
    let may_be: Vec<usize> = (0..found.len()).filter(|place| signed(&found[*place]).is_some()).collect();
    let identities: Vec<Identity> = may_be.iter().flat_map(|place| beside(&found[*place])).collect();
    if identities.is_empty() {
        return Ok(BTreeSet::new());
    }
    let known = store.known_items(source, &identities).await?;
    let mentions: Vec<&str> = known.values().filter_map(|item| Some(item.mention.as_ref()?.0.as_str())).collect();
    let wordings = store.wordings(&mentions).await?;
    let is_it = |found: &Found, other: Identity| {
        let said = known.get(&other).and_then(|item| wordings.get(&item.mention.as_ref()?.0));
        said.is_some_and(|said| signed(found) == said.author.as_deref().zip(said.published))
    };
    Ok(may_be
        .into_iter()
        .filter(|place| beside(&found[*place]).any(|other| other != found[*place].identity && is_it(&found[*place], other)))
        .collect())
}

/// Who wrote an item, and when, where that can be one person's one post: a date to the hour may be that of a day, on which an author may
/// say the same words twice.
fn signed(found: &Found) -> Option<(&str, Moment)> {
    let at = found.item.published.filter(|at| at.as_secs() % HOUR_S != 0)?;
    Some((found.item.author.as_deref().filter(|author| is_one_person(author))?, at))
}
