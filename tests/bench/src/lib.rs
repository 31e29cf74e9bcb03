//! What the benchmarks share: texts, words and rules made by a fixed generator, and rounds in which both sides take turns.

pub mod made;
pub mod rounds;
