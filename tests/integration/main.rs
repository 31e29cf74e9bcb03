//! The project's tests: one binary, stories through the front door.

mod packs;
mod tidy;
