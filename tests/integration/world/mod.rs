//! The outside world, played on loopback.

pub(crate) mod mail_server;
pub(crate) mod postgres;
pub(crate) mod smtp;
pub(crate) mod tls;
