//! The project's tests: one binary, stories through the front door.
#![allow(clippy::disallowed_methods, reason = "tests play the outside world: they wait, spawn and connect as it does")]

mod mistakes;
mod deliver_smtp;
mod tidy;
mod unit_file;
mod world;
