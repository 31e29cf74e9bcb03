//! From text to verdict: pure and synchronous.
//!
//! ```text
//! fold -> match (all words at once) -> evaluate (rules that may fire) -> held -> sentiment, severity -> Verdict
//!      -> tone (the model)          ->                                          sentiment, categories /
//! ```

mod author;
pub mod brand;
pub mod classify;
pub mod contained;
mod deed;
mod evaluate;
pub mod example;
pub mod explain;
mod firing;
pub mod fold;
pub mod held;
pub mod idle;
mod lacking;
pub mod lang;
pub mod likeness;
pub mod load;
pub mod matching;
pub mod opinion;
mod outcome;
pub mod packs;
pub mod pairs;
mod parted;
pub mod pattern;
mod plain;
mod rooms;
pub mod rule;
pub mod script;
pub mod sentiment;
mod shares;
mod sides;
mod subject;
pub mod suspect;
mod texts;
pub mod tone;
mod vocabulary;
mod voice;
mod weighing;

pub use author::is_one_person;
pub use classify::{Judge, Language, Subject};
pub use firing::Fate;
pub use lacking::Lack;
pub use outcome::{Ground, Outcome, Score};
pub use sides::{Gist, Side};
pub use voice::Answer;
