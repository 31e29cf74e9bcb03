//! Hearken listens for a brand in feeds and pages, judges each mention by rule files,
//! warns the department responsible and follows the case to its end.
//!
//! The flow, and the map (modules in reading order):
//!
//! ```text
//! source -> fetch -> decode -> extract -> normalise        collect
//!        -> fold -> match -> classify                      decide
//!        -> store                                          store
//!        -> incident -> route -> delivery
//!        -> acknowledge | escalate -> follow up            respond
//! ```
//!
//! Invariants, held by `tests/integration/tidy.rs`:
//! - `model`, `clock`, `outbound` and `problem` import nothing of ours;
//! - `collect`, `decide` and `respond` import `model`, `problem`, `outbound` and never each other, the store or the clock;
//! - SQL stands only under `store`; time is read only in `clock`; HTTP clients are built only in `outbound`;
//! - `tasks` is the only joiner; the database is the queue, so a crash between two steps loses nothing.

pub mod cli;
pub mod clock;
pub mod collect;
pub mod decide;
pub mod model;
pub mod outbound;
pub mod problem;
pub mod respond;
pub mod settings;
pub mod store;
pub mod tasks;
pub mod web;
