//! The project's tests: one binary, stories through the front door.

mod collect_faults;
mod corpora;
mod outbound;
mod tidy;
mod world;
