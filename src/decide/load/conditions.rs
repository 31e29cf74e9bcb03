//! What a rule asks for besides its words: the rating, how many read the source, how often its author complained before, and where
//! and of whom the text is.

use super::fields::one_of;
use crate::decide::rule::{Compare, Count, Rating, Scope};
use crate::model::Part;
use crate::problem::Table;

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

fn parse_rating(text: &str) -> Option<Rating> {
    let (compare, number) = comparison(text)?;
    let stars: f64 = number.parse().ok()?;
    (0.0..=MOST_STARS).contains(&stars).then_some(Rating { compare, stars })
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
