//! From text to verdict: pure and synchronous.

pub mod brand;
pub mod fold;
pub mod script;
