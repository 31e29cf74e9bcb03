//! From an address to items: when a source is due, how it is asked, what its answer says. Pure but for `fetch`.

pub mod source;
