//! What a rule asks for besides its words: the rating, how many read the source, how often its author complained before, the
//! model's word, and where and of whom the text is.

use super::fields::one_of;
use crate::decide::fold::fold;
use crate::decide::rule::{Asks, Compare, Count, Rating, Scope, ToneLimit, Words};
use crate::model::Part;
use crate::problem::{Data, Problem, Table};

pub(super) const MOST_STARS: f64 = 5.0;

pub(super) fn rating(table: &mut Table) -> Option<Rating> {
    let text = table.text("rating")?;
    let rating = parse_rating(&text);
    if rating.is_none() {
        table.complain(
            "rating",
            format!("`rating = \"{text}\"` is no condition"),
            "Write \"<=2\", \"<3\", \">=4\", \">4\" or \"=1\", of five stars.",
        );
    }
    rating
}

/// A condition on how many there are.
pub(super) fn count(table: &mut Table, key: &str) -> Option<Count> {
    let text = table.text(key)?;
    let count = comparison(&text).and_then(|(compare, number)| Some(Count { compare, number: number.replace('_', "").parse().ok()? }));
    if count.is_none() {
        table.complain(key, format!("`{key} = \"{text}\"` is no condition"), "Write \">=10000\", \">2\" or \"=0\".");
    }
    count
}

/// What the rule asks of the model.
pub(super) fn asks(table: &mut Table) -> Asks {
    let tone = table.text("tone").and_then(|text| {
        let limit = parse(&text).filter(|(_, value)| (-1.0..=1.0).contains(value));
        if limit.is_none() {
            let help = "Write \"<=-0.5\" or \">0.2\", from -1 (worst) to 1 (best).";
            table.complain("tone", format!("`tone = \"{text}\"` is no condition"), help);
        }
        limit.map(|(compare, value)| ToneLimit { compare, value })
    });
    let one = table.value("suggests").is_some_and(|value| matches!(value.data, Data::Text(_)));
    let list = if one { None } else { table.texts("suggests") };
    if list.as_ref().is_some_and(Vec::is_empty) {
        table.complain("suggests", "`suggests` is empty", "Name a category, as `suggests = \"logistics\"`, or leave the key out.");
    }
    let suggests = match list {
        Some(list) => list.into_iter().map(|(_, text)| text).collect(),
        None if one => table.filled_text("suggests").into_iter().collect(),
        None => Vec::new(),
    };
    Asks { tone, suggests }
}

fn parse_rating(text: &str) -> Option<Rating> {
    let (compare, stars) = parse(text)?;
    (0.0..=MOST_STARS).contains(&stars).then_some(Rating { compare, stars })
}

fn parse(text: &str) -> Option<(Compare, f64)> {
    let (compare, number) = comparison(text)?;
    Some((compare, number.parse().ok()?))
}

/// The sign before a number, and the number.
fn comparison(text: &str) -> Option<(Compare, &str)> {
    let text = text.trim();
    let signs = [
        ("<=", Compare::AtMost),
        (">=", Compare::AtLeast),
        ("==", Compare::Equal),
        ("<", Compare::Below),
        (">", Compare::Above),
        ("=", Compare::Equal),
    ];
    let (sign, compare) = signs.into_iter().find(|(sign, _)| text.starts_with(sign))?;
    Some((compare, text[sign.len()..].trim()))
}

/// Where a rule says that its words are looked for.
pub(super) enum Place {
    /// In this part of the text; none for all of it.
    Text(Option<Part>),
    /// In the author's name.
    Author,
}

pub(super) fn place(table: &mut Table) -> Place {
    match one_of(table, "in", &["title", "text", "author"]).as_deref() {
        Some("author") => Place::Author,
        written => Place::Text(written.and_then(|part| part.parse().ok())),
    }
}

/// Which texts it is for; where in them its words are looked for is said beside it.
pub(super) fn scope(table: &mut Table) -> Scope {
    let mut names = |key: &str| table.texts(key).unwrap_or_default().into_iter().map(|(_, text)| text).collect();
    let (langs, sources, brands) = (names("lang"), names("source"), names("brand"));
    Scope { part: None, langs, sources, brands, authors: authors(table) }
}

/// The words of `any` become names that the author must have; whatever else looks for words does so in the text alone.
pub(super) fn of_author(table: &Table, scope: &mut Scope, any: &mut Words) {
    for key in ["all", "near", "regex", "none"].into_iter().filter(|key| table.has(key)) {
        let help = "With `in = \"author\"` write `any` alone; for words of the text beside it write `author = [\"...\"]` in place of `in`.";
        table.complain(key, format!("`{key}` is not looked for in an author's name"), help);
    }
    if !table.has("any") {
        table.complain("in", "there is no name to look for", "Write the names, or parts of them, under `any`.");
    }
    scope.authors.extend(std::mem::take(any).iter().map(|name| name.to_string()));
}

fn authors(table: &mut Table) -> Vec<String> {
    let mut folded = Vec::new();
    for (at, name) in table.texts("author").unwrap_or_default() {
        let name = fold(&name).text().trim().to_owned();
        if name.is_empty() {
            table.problems().add(Problem::error(at, "`author` holds an empty name", "Write a name or a part of one, or leave it out."));
        } else {
            folded.push(name);
        }
    }
    folded
}
