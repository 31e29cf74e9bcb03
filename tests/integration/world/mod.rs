//! The outside world, played on loopback: what the stories talk to instead of the network.

pub(crate) mod audit;
pub(crate) mod browser;
pub(crate) mod contract;
pub(crate) mod daemon;
pub(crate) mod disk;
pub(crate) mod hold;
pub(crate) mod imap;
pub(crate) mod log;
pub(crate) mod mail_server;
pub(crate) mod not_run;
pub(crate) mod plan;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod program;
pub(crate) mod receiver;
pub(crate) mod review;
pub(crate) mod site;
pub(crate) mod smtp;
pub(crate) mod tls;
