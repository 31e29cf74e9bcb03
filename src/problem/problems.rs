//! The list that every reader adds to, so that all mistakes come at once.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::Problem;

/// All problems found so far; clones share one list.
#[derive(Clone, Debug, Default)]
pub struct Problems(Rc<RefCell<Found>>);

#[derive(Debug, Default)]
struct Found {
    problems: Vec<Problem>,
    /// A file had syntax errors, so that parts of it may not have been read.
    damaged: bool,
    /// Every key that some table was asked for.
    known: BTreeSet<String>,
}

impl Problems {
    pub fn add(&self, problem: Problem) {
        self.0.borrow_mut().problems.push(problem);
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
        std::mem::take(&mut self.0.borrow_mut().problems)
    }

    /// Every key that any finished table was asked for: what the shipped file has to explain.
    #[must_use]
    pub fn known_keys(&self) -> BTreeSet<String> {
        self.0.borrow().known.clone()
    }
}
