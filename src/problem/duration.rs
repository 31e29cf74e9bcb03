//! Spans of time as operators write them.

use std::time::Duration;

/// `30s`, `15m`, `2h`, `7d`, `2w`, `500ms`, or several after each other; none for anything else.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).filter(|at| *at > 0)?;
        let amount: u32 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..].find(|letter: char| letter.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let unit = match rest[digits..unit_end].trim() {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" | "min" => Duration::from_mins(1),
            "h" => Duration::from_hours(1),
            "d" => Duration::from_hours(24),
            "w" => Duration::from_hours(24 * 7),
            _ => return None,
        };
        total = total.checked_add(unit.checked_mul(amount)?)?;
        rest = &rest[unit_end..];
    }
    Some(total)
}

/// A span as an operator writes it: `1h30m`.
#[must_use]
pub fn duration_words(span: Duration) -> String {
    let mut left = span.as_millis();
    let mut text = String::new();
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        if left >= size {
            text.push_str(&format!("{}{unit}", left / size));
            left %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_have_units() {
        assert_eq!(parse_duration("1h30m"), Some(Duration::from_mins(90)));
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        for wrong in ["", "5", "m", "5 parsecs", "-5m", "5m5"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn spans_are_said_as_operators_write_them() {
        assert_eq!(duration_words(Duration::from_mins(90)), "1h30m");
        assert_eq!(duration_words(Duration::from_hours(48)), "2d");
        assert_eq!(duration_words(Duration::ZERO), "0s");
    }
}
