//! The project's tests: one binary, stories through the front door.

mod classify;
mod packs;
mod rules;
mod tidy;
