//! Routes: acknowledge, the API, health. Listens on loopback unless told otherwise.

mod rate;
mod serve;
