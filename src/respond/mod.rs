//! From verdict to a person who answers: incident, route, delivery, acknowledgement, escalation.

pub mod acknowledge;
pub mod back_off;
pub mod burst;
pub mod deliver;
pub mod department;
pub mod edit;
pub mod escalate;
pub mod ids;
pub mod incident;
pub mod link;
pub mod message;
pub mod missed;
pub mod notify;
pub mod readdress;
pub mod recheck;
pub mod redact;
pub mod route;
pub mod said;
pub mod signature;
pub mod status;

#[cfg(test)]
pub(crate) mod samples;
