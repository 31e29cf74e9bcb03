//! The project's tests: one binary, stories through the front door.
#![allow(clippy::disallowed_methods, reason = "tests play the outside world: they wait, spawn and connect as it does")]

mod collect_faults;
mod corpora;
mod outbound;
mod tidy;
mod world;
