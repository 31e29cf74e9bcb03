//! What we listen for.

use super::fold::fold_word;

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

impl Brand {
    /// Its names and its excluded phrases, folded; what folds to nothing is left out, for it would stand everywhere.
    pub(super) fn words(&self) -> (Vec<String>, Vec<String>) {
        let fold_all =
            |words: &mut dyn Iterator<Item = &String>| words.map(|word| fold_word(word)).filter(|word| !word.is_empty()).collect();
        (fold_all(&mut std::iter::once(&self.name).chain(&self.aliases)), fold_all(&mut self.exclude.iter()))
    }
}
