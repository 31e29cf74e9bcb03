//! The project's tests: one binary, stories through the front door.
#![allow(clippy::disallowed_methods, reason = "tests play the outside world: they wait, spawn and connect as it does")]

mod classify;
mod collect_faults;
mod corpora;
mod deliver_smtp;
mod deliver_webhook;
mod fuzz_seeds;
mod kill;
mod messages;
mod metrics;
mod migrations;
mod mistakes;
mod nodes;
mod outbound;
mod packs;
mod presets;
mod real_mail_server;
mod real_mailbox;
mod review;
mod rules;
mod store_sqlite_and_postgres;
mod stories;
mod systemd_live;
mod tidy;
mod unit_file;
mod verbs;
mod world;
