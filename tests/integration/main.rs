//! The project's tests: one binary, stories through the front door.

mod mistakes;
mod tidy;
