//! The keys of one `[[rule]]`.

use std::collections::BTreeMap;
use std::path::Path;

use super::ahead::Expressions;
use super::conditions::{MOST_STARS, Place, asks, count, of_author, place, rating, scope};
use super::words::{Words, not_empty};
use crate::decide::rule::{Example, Kind, Near, Pattern, Rule};
use crate::model::{LANGUAGES, Severity};
use crate::problem::{Data, Problem, Table, Value, nearest};

const KINDS: &[&str] = &["category", "severity", "sentiment"];
const MOST_WEIGHT: f64 = 100.0;
/// Sentences, not patterns, begin to fit beyond this.
const MOST_WITHIN: i64 = 200;

/// Keys that only a rule itself can have.
const OF_A_RULE: &[&str] = &["id", "like", "any", "all", "none", "near", "regex", "example"];

/// Reads `[defaults]` as the rules will read it, so that a mistake in it is told though no rule takes it over.
pub(super) fn defaults(mut table: Table) {
    for key in OF_A_RULE.iter().filter(|key| table.has(key)).copied().collect::<Vec<_>>() {
        let help = "Write it in each rule; words that several rules share stand under `[list]`.";
        table.complain(key, format!("`{key}` has no place in `[defaults]`"), help);
        table.value(key);
    }
    one_of(&mut table, "kind", KINDS);
    table.filled_text("category");
    ["severity", "raise_to", "lower_to"].iter().for_each(|key| {
        let _ = severity(&mut table, key);
    });
    table.number("weight");
    rating(&mut table);
    ["readers", "repeated"].iter().for_each(|key| {
        let _ = count(&mut table, key);
    });
    asks(&mut table);
    place(&mut table);
    scope(&mut table);
    mode(&mut table);
    table.text("note");
    notes(&mut table);
    table.finish();
}

/// Reads a rule; none where something in it is wrong.
pub(super) fn rule(mut table: Table, file: &Path, line: u32, words: &Words<'_>, ahead: &mut Expressions<'_>) -> Option<Rule> {
    let stands = table.place.clone();
    let id = id(&mut table);
    let kind = kind(&mut table);
    let weight = weight(&mut table, kind.as_ref());
    let mut any = words.under(&mut table, "any");
    let all = words.each_under(&mut table, "all");
    let none = words.under(&mut table, "none");
    let near = near(&mut table, words);
    let patterns = patterns(&mut table, ahead);
    let rating = rating(&mut table);
    let readers = count(&mut table, "readers");
    let repeated = count(&mut table, "repeated");
    let asks = asks(&mut table);
    let looks = place(&mut table);
    let mut scope = scope(&mut table);
    match looks {
        Place::Text(part) => scope.part = part,
        Place::Author => of_author(&table, &mut scope, &mut any),
    }
    let shadow = mode(&mut table);
    let note = note(&mut table);
    let notes = notes(&mut table);
    let examples = examples(&mut table);
    const TERMS: [&str; 10] = ["any", "all", "near", "regex", "rating", "readers", "repeated", "author", "tone", "suggests"];
    if !TERMS.iter().any(|key| table.has(key)) {
        let help = "Give it `any`, `near`, `regex`, `all`, `rating`, `readers`, `repeated`, `author`, `tone` or `suggests`.";
        table.problems().add(Problem::error(table.place_of("id"), "the rule has no terms, so it would match everything", help));
        return None;
    }
    table.finish();
    let (id, kind, weight) = (id?, kind?, weight?);
    Some(Rule {
        id,
        kind,
        weight,
        any,
        all,
        none,
        near,
        patterns,
        rating,
        readers,
        repeated,
        asks,
        scope,
        shadow,
        note,
        notes,
        file: file.to_owned(),
        line,
        place: stands,
        examples,
    })
}

fn id(table: &mut Table) -> Option<String> {
    let id = table.required_text("id")?;
    if id.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-')) {
        return Some(id);
    }
    table.complain("id", format!("`{id}` is no id"), "Use letters, digits, `.`, `_` and `-`, as \"logistics.late\".");
    None
}

/// Whether it is only recorded.
fn mode(table: &mut Table) -> bool {
    one_of(table, "mode", &["live", "shadow"]).is_some_and(|mode| mode == "shadow")
}

fn kind(table: &mut Table) -> Option<Kind> {
    let written = if table.has("kind") { one_of(table, "kind", KINDS) } else { Some("category".to_owned()) };
    let Some(written) = written else {
        // Which keys belong to a kind nobody knows cannot be said.
        ["category", "severity", "raise_to", "lower_to", "worsen"].iter().for_each(|key| drop(table.value(key)));
        return None;
    };
    match written.as_str() {
        "severity" => severity_kind(table),
        "sentiment" => Some(Kind::Sentiment),
        _ => {
            let category = table.required_text("category");
            let severity = required_severity(table, "severity");
            Some(Kind::Category { category: category?, severity: severity? })
        }
    }
}

fn severity_kind(table: &mut Table) -> Option<Kind> {
    let (raises, lowers) = (table.has("raise_to"), table.has("lower_to"));
    if table.flag("worsen").unwrap_or(false) && !raises && !lowers {
        return Some(Kind::Worsen);
    }
    let raise = severity(table, "raise_to");
    let lower = severity(table, "lower_to");
    if raises == lowers {
        let message = if raises { "`raise_to` and `lower_to` stand together" } else { "`raise_to` or `lower_to` is missing" };
        let key = if raises { "lower_to" } else { "id" };
        table.complain(key, message, "Write one of them, as `raise_to = \"high\"`, or `worsen = true` for a step up.");
        return None;
    }
    raise.map(Kind::Raise).or_else(|| lower.map(Kind::Lower))
}

fn required_severity(table: &mut Table, key: &str) -> Option<Severity> {
    if !table.has(key) {
        table.required_text(key);
        return None;
    }
    severity(table, key)
}

fn severity(table: &mut Table, key: &str) -> Option<Severity> {
    let names: Vec<&str> = Severity::ALL.iter().map(|severity| severity.as_str()).collect();
    one_of(table, key, &names)?.parse().ok()
}

pub(super) fn one_of(table: &mut Table, key: &str, names: &[&str]) -> Option<String> {
    let text = table.text(key)?;
    if names.contains(&text.as_str()) {
        return Some(text);
    }
    let help = match nearest(&text, names.iter().copied()) {
        Some(name) => format!("Did you mean \"{name}\"?"),
        None => format!("Write one of: {}.", names.join(", ")),
    };
    table.complain(key, format!("`{key} = \"{text}\"` is not known"), help);
    None
}

fn weight(table: &mut Table, kind: Option<&Kind>) -> Option<f64> {
    let Some(kind) = kind else {
        table.value("weight");
        return None;
    };
    if matches!(kind, Kind::Raise(_) | Kind::Lower(_) | Kind::Worsen) {
        return Some(0.0);
    }
    if !table.has("weight") && *kind != Kind::Sentiment {
        table.value("weight");
        return Some(1.0);
    }
    if !table.has("weight") {
        table.value("weight");
        table.complain("weight", "`weight` is missing", "Write `weight = -1.0` for blame or `weight = 1.0` for praise.");
        return None;
    }
    let weight = table.number("weight")?;
    let signed = *kind == Kind::Sentiment;
    let fits = if signed { weight.abs() <= MOST_WEIGHT } else { weight > 0.0 && weight <= MOST_WEIGHT };
    if !fits {
        let help = if signed { "Write a number from -100 to 100." } else { "Write a number above 0, up to 100." };
        table.complain("weight", format!("`weight = {weight}` is out of range"), help);
        return None;
    }
    Some(weight)
}

fn near(table: &mut Table, words: &Words<'_>) -> Option<Near> {
    let mut near = table.take_table("near")?;
    let within = near.integer("within", 0, MOST_WITHIN);
    if !near.has("within") {
        near.complain("within", "`within` is missing", "Add `within = 8`: the most characters between the words.");
    }
    let written = near.value("words");
    let written: &[Value] = match written.as_ref().map(|value| &value.data) {
        Some(Data::List(groups)) => groups,
        _ => &[],
    };
    let groups: Vec<_> = written.iter().map(|group| words.group(group)).filter(|group| !group.is_empty()).collect();
    // Of a group without words it is said there.
    if written.len() < 2 {
        near.complain("words", "`near` needs two groups of words or more", "Write `words = [[\"物流\", \"快遞\"], [\"慢\"]]`.");
    }
    near.finish();
    let within = usize::try_from(within?).ok()?;
    (groups.len() >= 2).then_some(Near { groups, within })
}

fn patterns(table: &mut Table, ahead: &mut Expressions<'_>) -> Vec<Pattern> {
    not_empty(table, "regex");
    let written = match table.value("regex") {
        Some(value) if matches!(value.data, Data::Text(_)) => table.text("regex").map(|text| vec![(value.place, text)]),
        Some(_) => table.texts("regex"),
        None => None,
    };
    let mut patterns = Vec::new();
    for (place, text) in written.unwrap_or_default() {
        match ahead.take(&text) {
            Ok(pattern) => patterns.push(pattern),
            Err(refusal) => table.problems().add(Problem::error(place, refusal.message, refusal.help)),
        }
    }
    patterns
}

fn note(table: &mut Table) -> String {
    let note = table.text("note").unwrap_or_default();
    if note.trim().is_empty() && !table.is_excused("note") {
        let help = "Say in a sentence what the customer complains of; it stands in every warning.";
        table.problems().add(Problem::warning(table.place_of("id"), "the rule has no `note`", help));
    }
    note
}

fn notes(table: &mut Table) -> BTreeMap<String, String> {
    let Some(mut notes) = table.table("notes") else { return BTreeMap::new() };
    let filled = LANGUAGES.iter().filter_map(|language| Some(((*language).to_owned(), notes.filled_text(language)?))).collect();
    notes.finish();
    filled
}

fn examples(table: &mut Table) -> Vec<Example> {
    let tables = table.take_tables_written("example", "`example = [{ text = \"...\", fires = true }]`, braces around each");
    if tables.is_empty() {
        let help = "Add `[[rule.example]]` with `text` and `fires`; `hearken test` runs it.";
        table.problems().add(Problem::warning(table.place_of("id"), "the rule has no example", help));
    }
    tables.into_iter().filter_map(example).collect()
}

fn example(mut table: Table) -> Option<Example> {
    let place = table.place.clone();
    let title = table.text("title");
    let text = if table.has("text") || title.is_none() { table.required_text("text") } else { table.text("text").or(Some(String::new())) };
    let rating = table.number("rating");
    if rating.is_some_and(|rating| !(0.0..=MOST_STARS).contains(&rating)) {
        table.complain("rating", "`rating` is out of range", "Write a number from 0 to 5.");
    }
    let mut number = |key: &str| table.integer(key, 0, i64::MAX).and_then(|number| u64::try_from(number).ok());
    let (readers, repeated) = (number("readers"), number("repeated"));
    let [lang, source, brand, author] = ["lang", "source", "brand", "author"].map(|key| table.filled_text(key));
    let fires = table.flag("fires");
    if !table.has("fires") {
        table.complain("fires", "`fires` is missing", "Write `fires = true` or `fires = false`.");
    }
    table.finish();
    Some(Example { title, text: text?, rating, readers, repeated, lang, source, brand, author, fires: fires?, place })
}
