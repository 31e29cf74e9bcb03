//! From verdict to a person who answers: incident, route, delivery, acknowledgement, escalation.

pub mod deliver;
pub mod department;
pub mod route;
