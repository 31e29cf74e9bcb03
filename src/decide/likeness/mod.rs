//! How alike texts are, and what follows from it. Nothing else compares two texts, and every number of it stands here.
//!
//! | word | says of two texts | where it is asked |
//! | --- | --- | --- |
//! | copy | they are one complaint, found twice | before a case is opened |
//! | again | a site that was moved shows the one in the place of the other | when a source shows nothing that is known |
//! | edit | the one is the other, edited | when other words stand under a known id |
//!
//! All three look at the same thing: runs of two units, a unit being a word or a single Chinese, Japanese or Korean character. They
//! differ in what a mistake costs. A copy that is none hides a customer, so nearly all must be the same; who says again what stood
//! there is told to nobody, so three quarters must; an edit only decides whether somebody hears of it a second time.

mod again;
mod copy;
mod edit;
mod numbers;
mod prints;
mod units;

use std::collections::HashSet;

pub use again::{Words, again};
pub use copy::{Compared, Said, compare, may_be_copy};
pub use edit::is_edit;
pub use numbers::names_others;
pub use prints::{fingerprints, simhash, text_hash};
pub(super) use units::{SHINGLE, features, shingles, units};

use super::fold::fold;

/// Texts of fewer units, and of fewer runs of them, resemble each other by chance.
const LEAST_UNITS: usize = 12;
/// Letters of a text that are compared: one that differs only after that many is the same one.
const COMPARED_LETTERS: usize = 2_000;

/// The features of a text's beginning.
fn beginning(text: &str) -> HashSet<u64> {
    features(&text.chars().take(COMPARED_LETTERS).collect::<String>())
}

/// How many features two texts share, and how many each has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shared {
    shared: usize,
    shorter: usize,
    longer: usize,
}

impl Shared {
    fn of(left: &HashSet<u64>, right: &HashSet<u64>) -> Self {
        Self::counted(left.intersection(right).count(), left.len(), right.len())
    }

    fn counted(shared: usize, left: usize, right: usize) -> Self {
        Self { shared, shorter: left.min(right), longer: left.max(right) }
    }

    /// Whether so many of a hundred features of the shorter text stand in the longer one.
    const fn holds_of_shorter(self, percent: usize) -> bool {
        self.shared * 100 >= self.shorter * percent
    }

    /// Whether so many of a hundred of the longer one stand in the shorter one.
    const fn holds_of_longer(self, percent: usize) -> bool {
        self.shared * 100 >= self.longer * percent
    }
}

/// Whether a text of this author is not one of that author; where one of them is nobody in particular it may be.
#[must_use]
pub fn is_anothers(left: Option<&str>, right: Option<&str>) -> bool {
    left != right && same_person(person(left).as_deref(), person(right).as_deref()) == Some(false)
}

/// A name as it is compared; none of many people, and none of nobody.
fn person(author: Option<&str>) -> Option<String> {
    let author = author.filter(|author| super::is_one_person(author))?;
    Some(fold(author).text().trim().to_owned()).filter(|name| !name.is_empty())
}

/// Whether two such names are one person's; none where there is nobody. A site that is moved may put something beside a name.
fn same_person(left: Option<&str>, right: Option<&str>) -> Option<bool> {
    let (left, right) = (left?, right?);
    Some(left.contains(right) || right.contains(left))
}
