//! What a rule takes from elsewhere. A key that it does not write itself comes from the first of these that has it:
//!
//! 1. the rule it is `like`, which in turn may be like another;
//! 2. the `[defaults]` of its own file, so that a German rule like a Chinese one stays German;
//! 3. the `[defaults]` of the file of the rule it is like.
//!
//! Terms, examples and the id are never taken over, and the `mode` only from the defaults of its own file.

use std::collections::HashMap;

use crate::problem::{Data, Entry, Problem, Problems, Table, nearest};

/// What a rule takes from the rule it is like. Of the severities only those that suit its kind.
const HERITABLE: &[&str] = &[
    "kind", "category", "severity", "raise_to", "lower_to", "worsen", "weight", "rating", "readers", "repeated", "tone", "suggests", "in",
    "lang", "source", "brand", "author", "note", "notes",
];
/// A rule like a rule like a rule ...: more than this nobody can follow, and a circle ends here.
const MOST_GENERATIONS: usize = 8;

/// What a rule writes itself and others may take over.
#[derive(Debug)]
struct Member {
    file: usize,
    like: Option<String>,
    entries: Vec<Entry>,
}

/// Every rule by its id, and the defaults of every file by its number.
#[derive(Debug, Default)]
pub(super) struct Family {
    members: HashMap<String, Member>,
    defaults: HashMap<usize, Vec<Entry>>,
}

impl Family {
    pub(super) fn defaults(&mut self, file: usize, table: &Table) {
        self.defaults.insert(file, table.entries().to_vec());
    }

    /// Takes note of a rule. Of two with one id the first counts; the second is refused later.
    pub(super) fn add(&mut self, file: usize, table: &Table) {
        let Some(id) = text_of(table.entries(), "id") else { return };
        let entries = table.entries().iter().filter(|entry| HERITABLE.contains(&entry.key.as_str())).cloned().collect();
        let like = text_of(table.entries(), "like").map(str::to_owned);
        self.members.entry(id.to_owned()).or_insert(Member { file, like, entries });
    }

    /// Lays under a rule of this file what it takes over.
    pub(super) fn complete(&self, file: usize, table: &mut Table, problems: &Problems) {
        let ancestors = match self.ancestors(table) {
            Ok(ancestors) => ancestors,
            Err(problem) => {
                problem.into_iter().for_each(|problem| problems.add(problem));
                table.excuse(HERITABLE);
                Vec::new()
            }
        };
        let inherited = ancestors.iter().flat_map(|ancestor| &ancestor.entries);
        let own_defaults = self.defaults_of(file);
        let far_defaults = ancestors.iter().flat_map(|ancestor| self.defaults_of(ancestor.file)).filter(|entry| entry.key != "mode");
        let below: Vec<&Entry> = inherited.chain(own_defaults).chain(far_defaults).collect();
        let kind = kind(table, &below).to_owned();
        let turned = table.has("raise_to") || table.has("lower_to");
        for entry in below.into_iter().filter(|entry| suits(&kind, &entry.key)) {
            if !(turned && matches!(entry.key.as_str(), "raise_to" | "lower_to")) {
                table.lay_under(entry);
            }
        }
    }

    fn defaults_of(&self, file: usize) -> impl Iterator<Item = &Entry> {
        self.defaults.get(&file).into_iter().flatten()
    }

    /// The rules it is like, nearest first; none of a problem where another rule has it already.
    fn ancestors(&self, table: &mut Table) -> Result<Vec<&Member>, Option<Problem>> {
        let (id, place) = (text_of(table.entries(), "id").unwrap_or_default().to_owned(), table.place_of("like"));
        let mut next = table.text("like");
        let mut names = vec![id.clone()];
        let mut ancestors = Vec::new();
        while let Some(name) = next {
            if let Some(at) = names.iter().position(|known| *known == name) {
                let first = names[at..].iter().min() == Some(&id);
                names.push(name);
                return Err(first.then(|| {
                    let message = format!("`like` goes round in a circle: {}", names.join(", "));
                    Problem::error(place, message, "Take `like` out of one of them and write its keys there.")
                }));
            }
            let Some(member) = self.members.get(&name) else {
                return Err((names.len() == 1).then(|| self.unknown(&name, place)));
            };
            if names.len() > MOST_GENERATIONS {
                let message = format!("this is like a rule that is like another, more than {MOST_GENERATIONS} times over");
                return Err(Some(Problem::error(place, message, "Name the rule that writes the keys itself.")));
            }
            names.push(name);
            ancestors.push(member);
            next = member.like.clone();
        }
        Ok(ancestors)
    }

    fn unknown(&self, name: &str, place: crate::problem::Place) -> Problem {
        let mut ids: Vec<&str> = self.members.keys().map(String::as_str).collect();
        ids.sort_unstable();
        let help = nearest(name, ids)
            .map_or_else(|| "Write the `id` of a rule of any file in this folder.".to_owned(), |id| format!("Did you mean \"{id}\"?"));
        Problem::error(place, format!("there is no rule `{name}`"), help)
    }
}

fn text_of<'a>(entries: &'a [Entry], key: &str) -> Option<&'a str> {
    let entry = entries.iter().find(|entry| entry.key == key)?;
    if let Data::Text(text) = &entry.value.data { Some(text) } else { None }
}

fn kind<'a>(table: &'a Table, below: &[&'a Entry]) -> &'a str {
    let inherited = || below.iter().find_map(|entry| text_of(std::slice::from_ref(*entry), "kind"));
    text_of(table.entries(), "kind").or_else(inherited).unwrap_or("category")
}

/// Defaults are for all rules of a file; a key that a rule of this kind does not have passes it by.
fn suits(kind: &str, key: &str) -> bool {
    match key {
        "category" | "severity" => kind == "category",
        "raise_to" | "lower_to" => kind == "severity",
        "weight" => kind != "severity",
        _ => true,
    }
}
