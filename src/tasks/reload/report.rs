//! What is wrong in the files, for a mail: where it stands as a drawing, and in the reader's language what it is and what would be right.
//! Whatever is no common mistake is said in English, as `hearken check` says it.

use super::super::live::LoadError;
use crate::model::{Phrase, Value};
use crate::problem::{Mistake, Problem, render};

pub(super) fn lines(error: &LoadError, problems: &[Problem]) -> Vec<Phrase> {
    let mistakes = match error {
        LoadError::Problems(all) => Phrase::counted("mistakes", all.iter().filter(|problem| !problem.warning).count()),
        LoadError::Outbound(_) | LoadError::Channel(..) => Phrase::raw(error.to_string()),
    };
    std::iter::once(mistakes).chain(problems.iter().flat_map(one)).collect()
}

fn one(problem: &Problem) -> Vec<Phrase> {
    let (what, help) = problem.mistake.as_deref().map_or((None, None), in_words);
    let what = what.unwrap_or_else(|| Phrase::raw(&problem.message));
    let help = help.or_else(|| problem.help.as_ref().map(Phrase::raw));
    let level = if problem.warning { "mistake_warning" } else { "mistake_error" };
    let mut lines = vec![Phrase::gap(), Phrase::said(level).with("what", Value::from(what))];
    lines.extend(drawing(problem).map(Phrase::raw));
    lines.extend(help.map(|help| Phrase::said("mistake_help").with("what", Value::from(help))));
    lines
}

/// What it is and what would be right, as far as there are words for it.
fn in_words(mistake: &Mistake) -> (Option<Phrase>, Option<Phrase>) {
    let meant = |meant: &Option<String>| meant.as_ref().map(|meant| Phrase::said("mistake_meant").with("name", meant));
    match mistake {
        Mistake::UnknownKey { key, meant: near, known } => {
            let all = Phrase::said("mistake_known").with("names", known.join(", "));
            (Some(Phrase::said("mistake_unknown_key").with("key", key)), Some(meant(near).unwrap_or(all)))
        }
        Mistake::MissingKey { key, line } => {
            (Some(Phrase::said("mistake_missing_key").with("key", key)), Some(Phrase::said("mistake_add").with("line", line)))
        }
        Mistake::WrongType { key, found } => {
            let found = Phrase::said(kind(found));
            (Some(Phrase::said("mistake_wrong_type").with("key", key).with("found", Value::from(found))), None)
        }
        Mistake::NoFile { path, why } => {
            (Some(Phrase::said("mistake_no_file").with("path", path).with("why", why)), Some(Phrase::said("mistake_check_path")))
        }
        Mistake::SetTwice => (Some(Phrase::said("mistake_set_twice")), Some(Phrase::said("mistake_keep_either"))),
        Mistake::NamedTwice { noun, name, first } => (
            Some(Phrase::said("mistake_named_twice").with("noun", noun).with("name", name)),
            Some(Phrase::said("mistake_first").with("first", first)),
        ),
        Mistake::UnknownName { noun, name, meant: near } => {
            (Some(Phrase::said("mistake_unknown_name").with("noun", noun).with("name", name)), meant(near))
        }
        Mistake::NotToml { why } => (Some(Phrase::said("mistake_not_toml").with("why", why)), Some(Phrase::said("mistake_toml"))),
    }
}

/// The words for a kind of values, as `Data::kind` has it.
fn kind(found: &str) -> &'static str {
    match found {
        "a string" => "mistake_kind_string",
        "an integer" => "mistake_kind_integer",
        "a number" => "mistake_kind_number",
        "true or false" => "mistake_kind_flag",
        "a date" => "mistake_kind_date",
        "a list" => "mistake_kind_list",
        _ => "mistake_kind_table",
    }
}

/// The place with its line and the mark under it; none for a place without a file, which is named instead.
fn drawing(problem: &Problem) -> Option<String> {
    let bare = Problem { message: String::new(), help: None, ..problem.clone() };
    let drawn = render(&[bare], false);
    let (title, rest) = drawn.split_once('\n')?;
    let place = title.split_once(": ").map_or("", |(_, place)| place.trim_end_matches(": ")).trim();
    let shown = if rest.trim().is_empty() { place.to_owned() } else { rest.trim_end().to_owned() };
    (!shown.is_empty()).then_some(shown)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::Told;
    use crate::problem::{Place, Problems, SourceFile, Table};
    use crate::respond::message::plain;

    #[test]
    fn in_english_it_is_what_check_says() {
        let problems = Problems::default();
        let file = Arc::new(SourceFile { path: "a.toml".into(), text: "intervall = 5\nname = 7\n".to_owned() });
        let mut table = Table::parse(&file, &problems);
        let _ = (table.duration("interval"), table.text("name"), table.required_text("kind"));
        table.finish();
        problems.add(Problem::error(Place::Named("environment HEARKEN__X".into()), "odd", "Unset it."));
        let found = problems.take();
        let shown = lines(&LoadError::Problems(found.clone()), &found);
        let (_, detail) = plain(&Told::new(Phrase::gap(), shown));
        assert!(detail.starts_with("the operator's files have 4 mistakes\n"), "{detail}");
        let both = |text: &str| -> Vec<String> {
            text.lines().map(|line| line.trim_start_matches([' ', '|', '=']).trim().to_owned()).filter(|line| !line.is_empty()).collect()
        };
        let (said, checked) = (both(&detail), both(&render(&found, false)));
        for line in checked.iter().filter(|line| !line.contains("HEARKEN__X")) {
            assert!(said.contains(line), "{line:?} is not in\n{detail}");
        }
        assert!(detail.contains("environment HEARKEN__X"), "{detail}");
    }
}
