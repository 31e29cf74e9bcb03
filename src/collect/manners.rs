//! What holds for domains rather than sources: whom a wait holds, budgets, and how early credentials are told of.

use std::time::Duration;

use url::Url;

use super::budget::Budget;
use super::domain::narrowest;
use super::fetch::FetchFailure;
use super::patience::{self, Scope, ScopeRule};
use super::source::RETRY_AFTER_MAX;
use crate::model::{Moment, Patience};

/// The manners of `[collect]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manners {
    /// `retry_after_scope`, where the operator says one for all.
    pub scope: Option<Scope>,
    pub scopes: Vec<ScopeRule>,
    pub budgets: Vec<Budget>,
    /// Credentials that expire are told of so long before.
    pub credentials_warned: Duration,
    /// A site's wait is kept to for no longer than this: `backoff_max`.
    pub longest: Duration,
}

/// Long enough for somebody to come back from a holiday.
pub const CREDENTIALS_WARNED: Duration = Duration::from_hours(24 * 14);

impl Default for Manners {
    fn default() -> Self {
        Self { scope: None, scopes: Vec::new(), budgets: Vec::new(), credentials_warned: CREDENTIALS_WARNED, longest: RETRY_AFTER_MAX }
    }
}

impl Manners {
    /// The wait that a failure asks of more than its own address.
    #[must_use]
    pub fn asked(&self, failure: &FetchFailure, now: Moment) -> Option<Patience> {
        patience::asked(&self.scopes, self.scope, failure, self.longest, now)
    }

    /// The budget that an address is part of: the one of the narrowest domain.
    #[must_use]
    pub fn budget(&self, url: &Url) -> Option<&Budget> {
        narrowest(&self.budgets, |budget| &budget.domain, url.host_str().unwrap_or_default())
    }
}
