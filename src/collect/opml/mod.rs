//! OPML: lists of feeds as other readers keep them, and pages as FreshRSS scrapes them.
//!
//! Sources: <https://opml.org/spec2.opml>; <https://freshrss.github.io/FreshRSS/en/developers/OPML.html> for `frss:`.

pub mod blocks;
mod css;
mod dots;
mod grammar;
mod parser;
pub mod read;
pub mod write;
pub mod xpath;

/// FreshRSS's namespace.
pub const FRESHRSS: &str = "https://freshrss.org/opml";
/// Ours: each key of a `[[source]]` as an attribute whose value is TOML, so that nothing is lost on the way out and in again.
pub const HEARKEN: &str = "urn:hearken:opml:1";

/// Keys that are never written to a list nor taken from one: credentials, and what says where they are.
#[must_use]
pub fn is_private(key: &str) -> bool {
    const WORDS: [&str; 10] =
        ["header", "password", "passwd", "secret", "token", "cookie", "authorization", "credential", "api_key", "proxy"];
    let key = key.to_ascii_lowercase();
    let last = key.rsplit('.').next().unwrap_or(&key);
    WORDS.iter().any(|word| key.contains(word))
        || ["_file", "_env"].iter().any(|end| last.ends_with(end))
        || matches!(last, "file" | "env" | "parameters")
}
