//! Stars, however they are written.

/// A scale beyond this is no scale of reviews.
const SCALE_MAX: f64 = 100.0;

/// A rating and its scale where the text states one: `4.5 / 5`, `4,5 von 5`, `★★☆☆☆`, `80%`, `3星`, `Rated 2 out of 5`.
#[must_use]
pub fn parse(text: &str) -> Option<(f64, Option<f64>)> {
    let folded: String = text.chars().map(narrow).collect();
    let (rating, scale) = stars(&folded).or_else(|| numbers(&folded))?;
    let sound = rating >= 0.0 && scale.is_none_or(|scale| scale > 0.0 && scale <= SCALE_MAX && rating <= scale) && rating <= SCALE_MAX;
    sound.then_some((rating, scale))
}

/// Full-width digits and signs to their ordinary forms.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

fn stars(text: &str) -> Option<(f64, Option<f64>)> {
    let full = text.chars().filter(|c| matches!(c, '★' | '⭐' | '🌟')).count();
    let half = text.chars().filter(|c| matches!(c, '⯪' | '½')).count();
    let empty = text.chars().filter(|c| *c == '☆').count();
    if full + empty == 0 || text.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    Some((count(full) + count(half) / 2.0, (empty > 0).then(|| count(full + half + empty))))
}

fn numbers(text: &str) -> Option<(f64, Option<f64>)> {
    let found = find_numbers(text);
    let (first, rest) = found.split_first()?;
    if text[first.end..].trim_start().starts_with('%') {
        return Some((first.value, Some(100.0)));
    }
    let scale = rest.first().filter(|second| {
        let between = text[first.end..second.start].to_lowercase();
        ["/", "out of", "of", "von", "sur", "de", "分之", "满分", "滿分", "star"].iter().any(|word| between.contains(word))
    });
    match scale {
        // `5分之4` names the scale first.
        Some(second) if text[first.end..second.start].contains("分之") => Some((second.value, Some(first.value))),
        Some(second) => Some((first.value, Some(second.value))),
        None => Some((first.value, None)),
    }
}

struct Number {
    value: f64,
    start: usize,
    end: usize,
}

fn find_numbers(text: &str) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| c.is_ascii_digit()).map(|found| at + found) {
        let mut end = start + text[start..].find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len() - start);
        let fraction = text[end..].strip_prefix(['.', ',']).map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
        if let Some(digits) = fraction.filter(|digits| (1..=2).contains(digits)) {
            end += 1 + digits;
        }
        let negative = text[..start].ends_with('-');
        if let Ok(value) = text[start..end].replace(',', ".").parse::<f64>() {
            found.push(Number { value: if negative && found.is_empty() { -value } else { value }, start, end });
        }
        at = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings() {
        let cases = [
            ("4.5 / 5", Some((4.5, Some(5.0)))),
            ("4,5 von 5 Sternen", Some((4.5, Some(5.0)))),
            ("Rated 2 out of 5", Some((2.0, Some(5.0)))),
            ("★★☆☆☆", Some((2.0, Some(5.0)))),
            ("⭐⭐⭐", Some((3.0, None))),
            ("３星", Some((3.0, None))),
            ("80%", Some((80.0, Some(100.0)))),
            ("5分之4", Some((4.0, Some(5.0)))),
            ("評分：1 分（滿分 5 分）", Some((1.0, Some(5.0)))),
            ("1", Some((1.0, None))),
            ("no stars", None),
            ("7 / 5", None),
            ("-1", None),
            ("NaN", None),
            ("123456789", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(parse(text), wanted, "{text}");
        }
    }
}
