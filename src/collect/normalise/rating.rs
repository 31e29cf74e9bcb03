//! Stars, however they are written: numbers, drawn ones, words.

/// A scale beyond this is no scale of reviews.
const SCALE_MAX: f64 = 100.0;

/// A rating and its scale where the text states one: `4.5 / 5`, `4,5 von 5`, `★★☆☆☆`, `80%`, `3星`, `Rated 2 out of 5`.
#[must_use]
pub fn parse(text: &str) -> Option<(f64, Option<f64>)> {
    let folded: String = text.chars().map(narrow).collect();
    let (rating, scale) = stars(&folded).or_else(|| numbers(&folded)).or_else(|| words(&folded))?;
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

/// Signs of one kind, filled and empty.
const DRAWN: [(&[char], &[char]); 5] = [
    (&['★', '⭐', '🌟', '✭', '✮', '⭑'], &['☆', '✩', '✰', '⭒']),
    (&['●', '⬤'], &['○', '◯']),
    (&['♥', '❤'], &['♡']),
    (&['◆'], &['◇']),
    (&['🌕'], &['🌑']),
];

fn stars(text: &str) -> Option<(f64, Option<f64>)> {
    if text.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    let half = text.chars().filter(|c| matches!(c, '⯪' | '½' | '⯨' | '◐' | '🌗')).count();
    let counted = |signs: &[char]| text.chars().filter(|c| signs.contains(c)).count();
    let (full, empty) = DRAWN.iter().map(|(full, empty)| (counted(full), counted(empty))).find(|(full, empty)| full + empty > 0)?;
    // A single heart or dot is an ornament.
    let is_star = counted(DRAWN[0].0) + counted(DRAWN[0].1) > 0;
    if !is_star && full + empty < 3 {
        return None;
    }
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    Some((count(full) + count(half) / 2.0, (empty > 0).then(|| count(full + half + empty))))
}

/// Words that are a whole rating, of five; in lower case.
const WORDS: [(f64, &[&str]); 5] = [
    (
        5.0,
        &[
            "excellent",
            "outstanding",
            "superb",
            "perfect",
            "wonderful",
            "exceptional",
            "highly recommended",
            "recommended",
            "👍",
            "hervorragend",
            "ausgezeichnet",
            "sehr gut",
            "parfait",
            "excelente",
            "ottimo",
            "eccellente",
            "uitstekend",
            "отлично",
            "力荐",
            "力薦",
            "好评",
            "好評",
            "非常好",
            "非常满意",
            "非常滿意",
            "很满意",
            "很好",
            "推荐",
            "推薦",
            "とても良い",
            "大変良い",
            "非常に良い",
            "매우 좋음",
            "매우 만족",
            "rất tốt",
            "tuyệt vời",
        ],
    ),
    (
        4.0,
        &[
            "very good",
            "good",
            "great",
            "gut",
            "très bien",
            "bien",
            "bon",
            "muy bueno",
            "bueno",
            "muito bom",
            "bom",
            "buono",
            "goed",
            "хорошо",
            "满意",
            "滿意",
            "不错",
            "不錯",
            "良い",
            "좋음",
            "만족",
            "tốt",
        ],
    ),
    (
        3.0,
        &[
            "average",
            "ok",
            "okay",
            "fair",
            "neutral",
            "mixed",
            "befriedigend",
            "durchschnittlich",
            "moyen",
            "regular",
            "médio",
            "nella media",
            "gemiddeld",
            "нормально",
            "还行",
            "還行",
            "一般",
            "普通",
            "中评",
            "中評",
            "보통",
            "bình thường",
        ],
    ),
    (
        2.0,
        &[
            "poor",
            "bad",
            "below average",
            "ausreichend",
            "schlecht",
            "médiocre",
            "mauvais",
            "malo",
            "ruim",
            "scarso",
            "slecht",
            "плохо",
            "较差",
            "較差",
            "不满意",
            "不滿意",
            "差",
            "悪い",
            "나쁨",
            "불만족",
            "kém",
        ],
    ),
    (
        1.0,
        &[
            "terrible",
            "awful",
            "very bad",
            "very poor",
            "horrible",
            "worst",
            "abysmal",
            "not recommended",
            "👎",
            "mangelhaft",
            "ungenügend",
            "sehr schlecht",
            "très mauvais",
            "pésimo",
            "péssimo",
            "pessimo",
            "zeer slecht",
            "ужасно",
            "很差",
            "非常差",
            "差评",
            "差評",
            "非常不满意",
            "非常不滿意",
            "不推荐",
            "不推薦",
            "とても悪い",
            "大変悪い",
            "매우 나쁨",
            "매우 불만족",
            "rất kém",
            "rất tệ",
        ],
    ),
];

/// `excellent`, `差評`; `four stars`, `五星好评`.
fn words(text: &str) -> Option<(f64, Option<f64>)> {
    const NUMBERS: [[&str; 3]; 5] =
        [["one", "一", "壹"], ["two", "二", "两"], ["three", "三", "叁"], ["four", "四", "肆"], ["five", "五", "伍"]];
    let lower = text.trim().trim_matches(|c: char| c.is_ascii_punctuation() || matches!(c, '！' | '。' | '：')).to_lowercase();
    if lower.chars().count() > 40 {
        return None;
    }
    if let Some((rating, _)) = WORDS.iter().find(|(_, words)| words.contains(&lower.as_str())) {
        return Some((*rating, Some(5.0)));
    }
    let before = lower.split_once("star").or_else(|| lower.split_once('星')).or_else(|| lower.split_once("out of five"))?.0.trim_end();
    let before = before.strip_suffix(['颗', '顆', '-']).unwrap_or(before);
    let at = NUMBERS.iter().position(|names| names.iter().any(|name| before.ends_with(name)))?;
    Some((f64::from(u32::try_from(at).unwrap_or(0)) + 1.0, Some(5.0)))
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
            ("●●●○○", Some((3.0, Some(5.0)))),
            ("❤ it", None),
            ("★★½", Some((2.5, None))),
            ("Excellent", Some((5.0, Some(5.0)))),
            ("差评", Some((1.0, Some(5.0)))),
            ("不满意。", Some((2.0, Some(5.0)))),
            ("four stars", Some((4.0, Some(5.0)))),
            ("五星好评", Some((5.0, Some(5.0)))),
            ("两颗星", Some((2.0, Some(5.0)))),
            ("good things come to those who wait", None),
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
