//! From text to verdict: pure and synchronous.
//!
//! ```text
//! fold -> match (one automaton) -> evaluate (each rule) -> held -> sentiment, severity -> Verdict
//!      -> tone (the model)      ->                                 sentiment, categories /
//! ```

pub mod brand;
pub mod classify;
mod evaluate;
pub mod example;
pub mod explain;
pub mod fold;
pub mod held;
pub mod idle;
mod lacking;
pub mod lang;
pub mod load;
mod matching;
pub mod opinion;
pub mod packs;
pub mod pattern;
pub mod rule;
pub mod same;
pub mod script;
pub mod sentiment;
pub mod tone;
mod voice;
mod weighing;

pub use classify::{Judge, Subject};
pub use evaluate::Fate;
pub use lacking::Lack;
