//! The world outside, faked at the wire: what the stories talk to instead of the network.

pub(crate) mod site;
