//! The list that every reader adds to, so that all mistakes come at once.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use super::Problem;

/// All problems found so far; clones share one list.
#[derive(Clone, Debug, Default)]
pub struct Problems(Rc<RefCell<Found>>);

#[derive(Debug, Default)]
struct Found {
    problems: Vec<Problem>,
    said: HashSet<(String, String)>,
    /// A file had syntax errors, so that parts of it may not have been read.
    damaged: bool,
    /// Every key that some table was asked for.
    known: BTreeSet<String>,
}

impl Problems {
    /// Adds it once: what several tables take from one place is wrong there, not in each of them.
    pub fn add(&self, problem: Problem) {
        let mut found = self.0.borrow_mut();
        if found.said.insert((problem.place.key(), problem.message.clone())) {
            found.problems.push(problem);
        }
    }

    /// Adds a problem that says something is not there. After a syntax error that may only mean that it was not read,
    /// and a false complaint beside the true one helps nobody: it is left out then.
    pub fn add_missing(&self, problem: Problem) {
        if !self.0.borrow().damaged {
            self.add(problem);
        }
    }

    /// From now on, what is missing may only not have been read.
    pub(super) fn damaged(&self) {
        self.0.borrow_mut().damaged = true;
    }

    pub(super) fn know(&self, keys: Vec<String>) {
        self.0.borrow_mut().known.extend(keys);
    }

    /// Whether anything was found that is more than a warning.
    #[must_use]
    pub fn any_error(&self) -> bool {
        self.0.borrow().problems.iter().any(|problem| !problem.warning)
    }

    /// Takes what has been found, in the order it was found.
    #[must_use]
    pub fn take(&self) -> Vec<Problem> {
        let mut found = self.0.borrow_mut();
        found.said.clear();
        std::mem::take(&mut found.problems)
    }

    /// Every key that any finished table was asked for: what the shipped file has to explain.
    #[must_use]
    pub fn known_keys(&self) -> BTreeSet<String> {
        self.0.borrow().known.clone()
    }
}
