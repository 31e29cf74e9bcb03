//! The table of tasks and what runs them. The only place where the phases, the store and the clock meet.

mod crash;
mod driver;
pub mod metrics;
mod pool;
pub mod status;
pub mod systemd;
