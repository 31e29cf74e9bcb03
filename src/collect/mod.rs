//! From an address to items: when a source is due, how it is asked, what its answer says. Pure but for `fetch`.

pub mod decode;
pub mod extract;
pub mod fetch;
pub mod flood;
mod hash;
pub mod host;
pub mod inbound;
pub mod mail;
pub mod normalise;
pub mod opml;
pub mod percent;
pub mod poll;
pub mod robots;
pub mod skip;
pub mod source;
pub mod websub;
