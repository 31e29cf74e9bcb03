//! The world outside, faked at the wire.

pub(crate) mod postgres;
