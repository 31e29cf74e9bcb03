//! What a rule asks for besides its words: the rating, how many read the source, how often its author complained before, the
//! model's word, and where and of whom the text is.

use super::fields::one_of;
use crate::decide::rule::{Asks, Compare, Count, Rating, Scope, ToneLimit};
use crate::model::Part;
use crate::problem::{Data, Table};

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

pub(super) fn scope(table: &mut Table) -> Scope {
    let part = one_of(table, "in", &["title", "text"]).and_then(|part| part.parse::<Part>().ok());
    let mut names = |key: &str| table.texts(key).unwrap_or_default().into_iter().map(|(_, text)| text).collect();
    Scope { part, langs: names("lang"), sources: names("source"), brands: names("brand") }
}
