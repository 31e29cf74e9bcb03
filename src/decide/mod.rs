//! From text to verdict: pure and synchronous.

pub mod brand;
