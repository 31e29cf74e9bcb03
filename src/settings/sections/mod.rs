//! One reader for each section of the configuration.

pub(super) mod brand;
pub(super) mod channel;
pub(super) mod collect;
pub(super) mod company;
pub(super) mod department;
pub(super) mod directories;
pub(super) mod heartbeat;
pub(super) mod http;
pub(super) mod log;
mod manners;
pub(super) mod reload;
pub(super) mod respond;
pub(super) mod route;
pub(super) mod run;
pub(super) mod second_opinion;
pub(super) mod source;
pub(super) mod store;
pub(super) mod web;

use super::secrets::Surroundings;
use super::{Company, names::Names};
use crate::problem::Table;

/// What every reader may need besides its own table.
pub(super) struct Reading<'a> {
    pub(super) surroundings: &'a Surroundings,
    pub(super) company: &'a Company,
    pub(super) names: &'a mut Names,
    /// A hub could call us under `web.public_url`.
    pub(super) callable: bool,
}

/// The section `[key]`; an empty one where the files have none, so that its defaults are read in the same way.
pub(super) fn section(root: &mut Table, key: &str) -> Table {
    let empty = Table::new(root.place.clone(), Vec::new(), root.problems());
    root.table(key).unwrap_or(empty)
}
