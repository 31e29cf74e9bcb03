//! The table of tasks and what runs them. The only place where the phases, the store and the clock meet.

pub mod answer;
pub mod backtest;
pub mod context;
mod crash;
pub mod daemon;
mod deliver;
mod driver;
mod escalate;
pub mod health;
mod heartbeat;
pub mod inbound;
mod intake;
mod letter;
pub mod live;
pub mod metrics;
mod open_incidents;
mod poll;
mod pool;
mod prune;
mod reload;
mod second_opinion;
mod set_back;
mod standing;
pub mod status;
pub mod systemd;
pub(crate) mod trouble;
mod watchdog;
