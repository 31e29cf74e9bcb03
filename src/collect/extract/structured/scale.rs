//! Ratings with the bounds their page states, brought to "from 0 to the best".

/// A rating to be read by `normalise::rating`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rating {
    /// `4`, or `4 / 5` where the page states the best.
    pub(super) written: String,
    /// The best that schema.org means where the page states none.
    pub(super) assumed_max: Option<f64>,
}

/// schema.org: "If bestRating is omitted, 5 is assumed." Values beyond are of the next usual scale.
const ASSUMED: [f64; 3] = [5.0, 10.0, 100.0];

/// Brings a value with its bounds to our form. Grades whose best is the lowest number are turned round; a scale that
/// begins below zero is moved up.
pub(super) fn rating(value: &str, best: Option<&str>, worst: Option<&str>) -> Option<Rating> {
    let Some(number) = alone(value) else {
        // Words, stars, or a scale of its own: the reader of ratings knows them.
        let written = match best.and_then(alone) {
            Some(best) if !value.contains(['/', '%', '★', '☆']) => format!("{value} / {best}"),
            _ => value.to_owned(),
        };
        return (!value.trim().is_empty()).then_some(Rating { written, assumed_max: None });
    };
    let (best, worst) = (best.and_then(alone), worst.and_then(alone));
    let (number, best) = match (best, worst) {
        (Some(best), Some(worst)) if best < worst => (worst - number, Some(worst - best)),
        (Some(best), Some(worst)) if worst < 0.0 => (number - worst, Some(best - worst)),
        (best, _) => (number, best),
    };
    // A best that is worse than the value is a mistake of the page.
    let best = best.filter(|best| *best > 0.0 && number <= *best);
    let assumed_max = ASSUMED.into_iter().find(|most| number <= *most).filter(|_| best.is_none());
    let written = best.map_or_else(|| number.to_string(), |best| format!("{number} / {best}"));
    Some(Rating { written, assumed_max })
}

/// A number and nothing else, with a point or a comma.
fn alone(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = !text.is_empty() && text.len() <= 12 && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+'));
    text.replace(',', ".").parse().ok().filter(|number: &f64| plain && number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        let cases = [
            ("4", Some("5"), Some("1"), "4 / 5", None),
            ("4,5", Some("5"), None, "4.5 / 5", None),
            ("2", None, None, "2", Some(5.0)),
            ("87", None, None, "87", Some(100.0)),
            ("7.9", Some("10"), Some("0"), "7.9 / 10", None),
            ("1", Some("1"), Some("6"), "5 / 5", None),
            ("-1", Some("1"), Some("-1"), "0 / 2", None),
            ("9", Some("5"), None, "9", Some(10.0)),
            ("4/5", Some("10"), None, "4/5", None),
            ("80%", None, None, "80%", None),
            ("★★★", Some("5"), None, "★★★", None),
        ];
        for (value, best, worst, written, assumed_max) in cases {
            assert_eq!(rating(value, best, worst), Some(Rating { written: written.into(), assumed_max }), "{value} {best:?} {worst:?}");
        }
        assert_eq!(rating(" ", None, None), None);
    }
}
