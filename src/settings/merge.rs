//! Lays the files of a configuration over each other.
//!
//! Tables are joined key by key and arrays of tables (`[[source]]`) are strung together. Any other key may be set only
//! once: two files that disagree are a mistake to be shown, not a contest to be decided by their names.

pub(super) mod environment;

use crate::problem::{Data, Entry, Mistake, Place, Problem, Problems};

/// `base` with everything of `next`; keys set in both are problems that name both places.
pub(super) fn join(mut base: Vec<Entry>, next: Vec<Entry>, problems: &Problems) -> Vec<Entry> {
    for entry in next {
        let Some(there) = base.iter_mut().find(|there| there.key == entry.key) else {
            base.push(entry);
            continue;
        };
        match (&mut there.value.data, entry.value.data) {
            (Data::Table(inner), Data::Table(more)) => *inner = join(std::mem::take(inner), more, problems),
            (Data::List(values), Data::List(more)) if tables(values) && tables(&more) => values.extend(more),
            _ => problems.add(
                Problem::error(
                    entry.key_place,
                    format!("`{}` is set a second time", entry.key),
                    format!("It is already set at {}: keep one of the two.", spot(&there.key_place)),
                )
                .being(Mistake::SetTwice),
            ),
        }
    }
    base
}

fn tables(values: &[crate::problem::Value]) -> bool {
    values.iter().all(|value| matches!(value.data, Data::Table(_)))
}

/// A place in few words: `conf.d/mail.toml:3`.
pub(super) fn spot(place: &Place) -> String {
    match (place, place.line_column()) {
        (Place::File { file, .. }, Some((line, _))) => format!("{}:{line}", file.path.display()),
        (Place::File { file, .. }, None) => file.path.display().to_string(),
        (Place::Named(name), _) => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::problem::{SourceFile, Table};

    fn entries(path: &str, text: &str, problems: &Problems) -> Vec<Entry> {
        let file = Arc::new(SourceFile { path: path.into(), text: text.to_owned() });
        Table::parse(&file, problems).into_entries()
    }

    #[test]
    fn tables_join_and_lists_of_tables_are_strung_together() {
        let problems = Problems::default();
        let base = entries("a.toml", "[web]\nlisten = \"x\"\n[[source]]\nname = \"1\"\n", &problems);
        let next = entries("b.toml", "[web]\npublic_url = \"y\"\n[[source]]\nname = \"2\"\n", &problems);
        let mut table = Table::new(Place::Named("all".into()), join(base, next, &problems), &problems);
        assert_eq!(table.tables("source").len(), 2);
        let web = table.table("web").expect("a table");
        assert!(web.has("listen") && web.has("public_url"));
        assert!(problems.take().is_empty());
    }

    #[test]
    fn a_key_set_twice_names_both_places() {
        let problems = Problems::default();
        let base = entries("a.toml", "\n[web]\nlisten = \"x\"\n", &problems);
        let next = entries("b.toml", "[web]\nlisten = \"x\"\n", &problems);
        let _ = join(base, next, &problems);
        let found = problems.take();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].help.as_deref(), Some("It is already set at a.toml:3: keep one of the two."));
    }
}
