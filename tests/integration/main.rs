//! The project's tests: one binary, stories through the front door.

mod migrations;
mod store_sqlite_and_postgres;
mod tidy;
mod world;
