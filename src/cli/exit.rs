//! What the process says when it ends: the exit codes of every verb.

/// Everything is sound, or done.
pub const FINE: u8 = 0;
/// A check, test or eval found something; the daemon ended by itself.
pub const FINDINGS: u8 = 1;
/// The command line or the configuration cannot be used.
pub const USAGE: u8 = 2;
/// An address cannot be reached or listened on.
pub const NETWORK: u8 = 3;
/// The store cannot be used.
pub const STORAGE: u8 = 4;
