//! Names that sections give to things, and names by which other sections mean them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::decide::brand::reads_the_same;
use crate::problem::{Mistake, Place, Problem, Problems, Table, nearest};

/// Names stand in metrics, mails and on command lines.
const NAME_CHARS_MAX: usize = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noun {
    Brand,
    Source,
    Channel,
    Department,
}

impl Noun {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Brand => "brand",
            Self::Source => "source",
            Self::Channel => "channel",
            Self::Department => "department",
        }
    }
}

/// Collected while the sections are read, compared once all are known: order in the files does not matter.
#[derive(Debug, Default)]
pub(super) struct Names {
    declared: Vec<(Noun, String, Place)>,
    meant: Vec<(Noun, String, Place)>,
    /// Spellings of brands with the brand each belongs to.
    spelt: Vec<(String, String, Place)>,
    /// Categories that routes name; which exist is known to the rules alone.
    pub(super) categories: Vec<(Place, String)>,
    /// Files besides the main one and `conf.d` that sections were read from.
    pub(super) files: Vec<PathBuf>,
}

impl Names {
    /// Reads the table's own `name` and refuses a second one of the same.
    pub(super) fn declare(&mut self, noun: Noun, table: &mut Table) -> Option<String> {
        let name = table.required_text("name")?;
        if name != name.trim() || name.chars().any(char::is_control) || name.chars().count() > NAME_CHARS_MAX {
            table.complain(
                "name",
                "this is no name",
                format!("Write one line of at most {NAME_CHARS_MAX} characters, without spaces at its ends."),
            );
        }
        let place = table.place_of("name");
        match self.declared.iter().find(|(other, there, _)| *other == noun && there.to_lowercase() == name.to_lowercase()) {
            Some((.., first)) => {
                let first = super::merge::spot(first);
                let message = format!("a second {} is named `{name}`", noun.word());
                let help = format!("The first stands at {first}: give this one another name.");
                let problem = Problem::error(table.place_of("name"), message, help);
                table.problems().add(problem.being(Mistake::NamedTwice { noun: noun.word().to_owned(), name: name.clone(), first }));
            }
            None => self.declared.push((noun, name.clone(), place)),
        }
        Some(name)
    }

    /// Notes a spelling of a brand, and warns where it reads the same as one of another brand: whatever names one of them names both.
    pub(super) fn spell(&mut self, brand: &str, spelling: &str, place: &Place, problems: &Problems) {
        let same = |(other, there, _): &&(String, String, Place)| other != brand && reads_the_same(there, spelling);
        if let Some((other, there, first)) = self.spelt.iter().find(same) {
            let message = format!("`{spelling}` reads the same as `{there}` of the brand `{other}`");
            let help = format!(
                "The other stands at {}: whatever names one names both, and both departments are told. One script covers both; write one \
                 brand, with the other name under its `aliases`.",
                super::merge::spot(first)
            );
            problems.add(Problem::warning(place.clone(), message, help));
        }
        self.spelt.push((brand.to_owned(), spelling.to_owned(), place.clone()));
    }

    /// Notes that `name` is meant at `place`.
    pub(super) fn mean(&mut self, noun: Noun, name: &str, place: Place) {
        self.meant.push((noun, name.to_owned(), place));
    }

    /// The name under `key`, noted.
    pub(super) fn one(&mut self, noun: Noun, table: &mut Table, key: &str) -> Option<String> {
        let name = table.filled_text(key)?;
        self.mean(noun, &name, table.place_of(key));
        Some(name)
    }

    /// The names listed under `key`, noted; empty where the key is missing.
    pub(super) fn list(&mut self, noun: Noun, table: &mut Table, key: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (place, name) in table.texts(key).unwrap_or_default() {
            if names.contains(&name) {
                let message = format!("`{name}` is listed twice");
                table.problems().add(Problem::error(place, message, "Once is enough: take it out."));
            } else {
                self.mean(noun, &name, place);
                names.push(name);
            }
        }
        names
    }

    /// Every declared name of a noun.
    pub(super) fn all(&self, noun: Noun) -> impl Iterator<Item = (&str, &Place)> {
        self.declared.iter().filter(move |(other, ..)| *other == noun).map(|(_, name, place)| (name.as_str(), place))
    }

    /// Whether any section means it.
    pub(super) fn is_meant(&self, noun: Noun, name: &str) -> bool {
        self.meant.iter().any(|(other, meant, _)| *other == noun && meant == name)
    }

    /// Complains of every name that is meant and does not exist.
    pub(super) fn check(&self, problems: &Problems) {
        for (noun, name, place) in &self.meant {
            let known: BTreeSet<&str> = self.all(*noun).map(|(name, _)| name).collect();
            if !known.contains(name.as_str()) {
                problems.add_missing(unknown(noun.word(), name, place.clone(), &known));
            }
        }
    }
}

/// "there is no such thing", with the nearest one that exists.
pub(super) fn unknown(word: &str, name: &str, place: Place, known: &BTreeSet<&str>) -> Problem {
    let near = nearest(name, known.iter().copied());
    let meant = near.map(str::to_owned);
    let help = match near {
        Some(near) => format!("Did you mean `{near}`?"),
        None if known.is_empty() => format!("No {word} is defined."),
        None => format!("There are: {}.", known.iter().copied().collect::<Vec<_>>().join(", ")),
    };
    let mistake = Mistake::UnknownName { noun: word.to_owned(), name: name.to_owned(), meant };
    Problem::error(place, format!("there is no {word} `{name}`"), help).being(mistake)
}
