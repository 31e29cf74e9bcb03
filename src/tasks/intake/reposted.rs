//! Posts that only their words tell apart, and whose author wrote them a second time: on many review pages there is neither an id nor an
//! address, and who is served badly again may say so in the words of before. Where a list shows the words under two dates, or those of a post
//! that had left it under a later one, they are two posts.
//!
//! A date may also be told by how long ago it was, and is then another with every read. So nothing is new by its date where the list does
//! not show dates that are what they were.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Known;
use crate::collect::normalise::Found;
use crate::collect::normalise::identity::posted_again;
use crate::collect::skip::Skipped;
use crate::model::{Fingerprint, Identity, Moment};
use crate::store::{Store, StoreError};

/// Dates that are less apart may be the same: dates without a time, zones mistaken.
const APART: Duration = Duration::from_hours(23);

/// The same words of one author are told apart so many times; who says them more often is known.
const TIMES_MAX: u32 = 12;

/// Known items that are asked whether their dates are what they were.
const ASKED: usize = 50;

/// What is known of the posts with the same words, in the order they came in: the identity of each and its date.
type Posts = Vec<(Identity, Option<Moment>)>;

/// Gives each such post an identity of its own, and what is remembered of it to `known`. `skipped`: entries of the list that are as they were.
pub(super) async fn settle(
    store: &Store,
    source: &str,
    found: &mut Vec<Found>,
    skipped: &Skipped,
    known: &mut Known,
) -> Result<(), StoreError> {
    let mut groups: BTreeMap<Identity, Vec<usize>> = BTreeMap::new();
    for (place, item) in found.iter().enumerate() {
        if item.by_words && item.item.published.is_some() {
            groups.entry(item.identity).or_default().push(place);
        }
    }
    groups.retain(|identity, places| places.len() > 1 || known.contains_key(identity));
    if groups.is_empty() {
        return Ok(());
    }
    let times: Vec<Identity> =
        groups.keys().flat_map(|identity| (1..TIMES_MAX).map(|time| posted_again(source, *identity, time))).collect();
    let mut remembered = store.known_items(source, &times).await?;
    remembered.extend(groups.keys().filter_map(|identity| Some((*identity, known.get(identity)?.clone()))));
    let dates = dates(store, remembered.values().filter_map(|item| Some(item.mention.as_ref()?.0.as_str()))).await?;
    let date = |identity: Identity| dates.get(remembered.get(&identity)?.mention.as_ref()?.0.as_str()).copied();
    let contents: Vec<Fingerprint> = groups.values().map(|places| found[places[0]].fingerprint).collect();
    let shown: BTreeSet<Identity> = store.last_shown(source, &contents).await?.into_values().flatten().collect();
    let mut has_fixed_dates = None;
    let mut own = Vec::new();
    for (identity, places) in groups {
        let posts: Posts = std::iter::once(identity)
            .chain((1..TIMES_MAX).map(|time| posted_again(source, identity, time)))
            .take_while(|post| remembered.contains_key(post))
            .map(|post| (post, date(post)))
            .collect();
        let entries: Vec<Moment> = places.iter().filter_map(|place| found[*place].item.published).collect();
        let returned = !posts.iter().any(|(post, _)| shown.contains(post));
        let mut fixed = skipped.identities.contains(&identity) || entries.iter().any(|at| posts.iter().any(|(_, was)| *was == Some(*at)));
        if !fixed && returned && !posts.is_empty() {
            if has_fixed_dates.is_none() {
                has_fixed_dates = Some(shows_fixed_dates(store, found, known).await?);
            }
            fixed = has_fixed_dates == Some(true);
        }
        for (place, time) in places.iter().zip(times_of(&posts, &entries, fixed)) {
            if time > 0 {
                let post = &mut found[*place];
                (post.identity, post.by_words) = (posted_again(source, identity, time), false);
                own.push(found[*place].identity);
            }
        }
    }
    known.extend(own.iter().filter_map(|identity| Some((*identity, remembered.get(identity)?.clone()))));
    // Entries that were skipped have their places beside these.
    if skipped.order.is_empty() {
        let mut seen = BTreeSet::new();
        found.retain(|found| !found.says_something() || seen.insert(found.identity));
    }
    Ok(())
}

/// Which of the posts with its words each entry is, by its date: 0 for the first. `fixed`: the list shows dates that are what they were.
fn times_of(posts: &Posts, entries: &[Moment], fixed: bool) -> Vec<u32> {
    let mut dates: Vec<Option<Moment>> = posts.iter().map(|(_, at)| *at).collect();
    let first = dates.is_empty();
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|place| entries[*place]);
    let mut times = vec![0; entries.len()];
    for place in order {
        let at = entries[place];
        let nearest = dates.iter().enumerate().filter_map(|(time, was)| Some((time, apart((*was)?, at)))).min_by_key(|(_, apart)| *apart);
        let later = dates.iter().all(|was| was.is_some_and(|was| was < at));
        let is_another = nearest.is_none_or(|(_, apart)| apart >= APART) && later && (first || fixed);
        if is_another && dates.len() < TIMES_MAX as usize {
            dates.push(Some(at));
            times[place] = u32::try_from(dates.len() - 1).unwrap_or_default();
        } else {
            times[place] = nearest.map_or(0, |(time, _)| u32::try_from(time).unwrap_or_default());
        }
    }
    times
}

fn apart(one: Moment, other: Moment) -> Duration {
    one.since(other).max(other.since(one))
}

/// Whether what is known of this list has the dates it had when it came.
async fn shows_fixed_dates(store: &Store, found: &[Found], known: &Known) -> Result<bool, StoreError> {
    let of = |item: &Found| Some((known.get(&item.identity)?.mention.as_ref()?.0.clone(), item.item.published?));
    let here: Vec<(String, Moment)> = found.iter().filter_map(of).take(ASKED).collect();
    let dates = dates(store, here.iter().map(|(mention, _)| mention.as_str())).await?;
    Ok(here.iter().any(|(mention, at)| dates.get(mention.as_str()) == Some(at)))
}

/// The dates of mentions, by id.
async fn dates<'m>(store: &Store, mentions: impl Iterator<Item = &'m str>) -> Result<BTreeMap<String, Moment>, StoreError> {
    let mentions: Vec<&str> = mentions.collect();
    let wordings = if mentions.is_empty() { BTreeMap::new() } else { store.wordings(&mentions).await? };
    Ok(wordings.into_iter().filter_map(|(mention, wording)| Some((mention, wording.published?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_under_another_date_are_another_post_where_dates_are_what_they_were() {
        let day = |day: u64| Moment::from_secs(1_800_000_000 + i64::try_from(day).expect("a day") * 86_400);
        let post = |number: i64, day: Moment| (Identity(number), Some(day));
        assert_eq!(times_of(&Vec::new(), &[day(3), day(1), day(1)], false), [1, 0, 0], "never seen before");
        assert_eq!(times_of(&vec![post(0, day(1))], &[day(3), day(1)], true), [1, 0]);
        assert_eq!(times_of(&vec![post(0, day(1)), post(1, day(3))], &[day(3), day(5)], true), [1, 2], "the first has left the list");
        assert_eq!(times_of(&vec![post(0, day(1))], &[day(3)], false), [0], "a date that goes with the clock");
        assert_eq!(times_of(&vec![post(0, day(3))], &[day(1)], true), [0], "an older one is no news");
        assert_eq!(times_of(&vec![(Identity(0), None)], &[day(1)], true), [0]);
    }
}
