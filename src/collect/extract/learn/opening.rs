//! The post that opens a thread often stands apart from the list of its replies, in another element with the same parts.

use super::Group;
use super::keys::{self, Key};
use super::outline::{At, Outline};

/// Letters with which an opening post says something.
const WORDS_MIN: usize = 20;

/// The element before the list that holds the same kind of text as its items, and a key that finds it alone.
pub(super) fn of(outline: &Outline<'_>, group: &Group, text: Option<&str>) -> Option<(At, Key)> {
    let text = text?;
    let first = *group.members.first()?;
    let before: Vec<At> = (0..first).filter(|at| keys::own(outline, *at).iter().any(|key| key.css() == text)).collect();
    let [at] = before.as_slice() else { return None };
    if outline.nodes[*at].content.words < WORDS_MIN {
        return None;
    }
    let list = outline.nodes[*group.members.last()?].content;
    let mut holder = outline.nodes[*at].parent;
    let mut found = None;
    while let Some(place) = holder.filter(|place| outline.nodes[*place].end <= first) {
        let content = outline.nodes[place].content;
        let complete = (list.authors == 0 || content.authors > 0) && (list.times == 0 || content.times > 0);
        if complete && let Some(key) = alone(outline, place, group) {
            found = Some((place, key));
            break;
        }
        holder = outline.nodes[place].parent;
    }
    found
}

/// A key that nothing else on the page has, or only what stands in the list's own items.
fn alone(outline: &Outline<'_>, at: At, group: &Group) -> Option<Key> {
    let mut candidates = keys::id(outline, at).into_iter().chain(keys::own(outline, at));
    candidates.find(|key| {
        *key != group.key
            && !matches!(key, Key::IdStart { .. })
            && !(0..outline.len()).any(|other| other != at && keys::has(outline, other, key))
    })
}
