//! The project's tests: one binary, stories through the front door.

mod packs;
mod classify;
mod rules;
mod tidy;
