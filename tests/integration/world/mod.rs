//! The outside world, played on loopback.

pub(crate) mod smtp;
pub(crate) mod tls;
