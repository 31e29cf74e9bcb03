//! From text to verdict: pure and synchronous.
//!
//! ```text
//! fold -> match (one automaton) -> evaluate (each rule) -> negation -> sentiment, severity -> Verdict
//! ```

pub mod brand;
pub mod classify;
mod evaluate;
pub mod example;
pub mod explain;
pub mod fold;
pub mod lang;
pub mod load;
pub mod matching;
pub mod negation;
pub mod packs;
pub mod pattern;
pub mod rule;
pub mod same;
pub mod script;
pub mod sentiment;
mod vocabulary;

pub use classify::{Judge, Subject};
pub use evaluate::Fate;
