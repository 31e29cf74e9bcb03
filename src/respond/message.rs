//! What people and machines read: mails, webhook bodies and the pages behind the links.

pub mod clean;
