//! From an address to items: when a source is due, how it is asked, what its answer says. Pure but for `fetch`.

pub mod budget;
pub mod cadence;
pub mod canary;
pub mod cause;
pub mod credential;
pub mod decode;
pub mod domain;
pub mod extract;
pub mod fetch;
pub mod files;
pub mod flood;
mod hash;
pub mod health;
pub mod host;
pub mod manners;
pub mod normalise;
pub mod opml;
pub mod pace;
pub mod patience;
pub mod percent;
pub mod poll;
pub mod robots;
pub mod skip;
pub mod source;
pub mod texts;
pub mod why;
