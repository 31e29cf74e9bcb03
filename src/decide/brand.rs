//! What we listen for.

/// One `[[brand]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brand {
    /// Unique; how mails and figures name it.
    pub name: String,
    /// Every other spelling, in any script; the name itself counts too.
    pub aliases: Vec<String>,
    /// Phrases that contain a name and are not us: a hit inside one does not count.
    pub exclude: Vec<String>,
}
