//! The outside world, played on loopback.

pub(crate) mod smtp;
pub(crate) mod tls;
//! The world outside, faked at the wire.

pub(crate) mod postgres;
