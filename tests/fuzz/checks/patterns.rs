//! A regular expression of a rule is refused with a reason and a remedy, or every match of it lies where it is looked for: around one of
//! its gates, with what else a match needs nearby.

use std::sync::LazyLock;

use hearken::decide::fold::fold;
use hearken::decide::pattern::{Grams, Lists, compile};
use regex_syntax::hir::{Class, Hir, HirKind};

/// A little of everything a pattern may look for.
const TEXTS: &[&str] = &[
    "",
    "等了12天還沒收到貨，訂了3週，退款也沒有！！客服說會回覆，結果已讀不回。垃.圾 差差差差差",
    "Never  again. I waited 14 days, the refund is late and the seller is a LIAR!!! 5/10 would not buy (again) x_1 a-b a\\b",
    "abc abcabc aabbcc ABC 123 456 0x41 a1b2 foo.bar foo+bar [x] {y} ^z$ | ~ # & @home 100% a\tb\nc d\r\ne",
    "Nestlé ß ſ K İı Ǆ ﬁ ㎏ ½ Ⅷ ｶﾞ が か\u{3099} 한국 ㅋㅋㅋ สวัสดี русский ёлка ελληνικός עברית العربية 👎🏽 𠀀𠀁",
    "\u{0}\u{FEFF}\u{200B}\u{FFFD}\u{E000}\u{10FFFF}\u{D7FF}",
];

/// Texts made to match the pattern itself: each takes other branches and other letters of its classes.
const MADE: usize = 4;
/// Matches looked at of each text.
const MOST_MATCHES: usize = 64;
/// A made text that grows beyond this ends here, and mostly no longer matches.
const LONGEST: usize = 2_000;

static FOLDED: LazyLock<Vec<String>> = LazyLock::new(|| TEXTS.iter().map(|text| fold(text).text().to_owned()).collect());

/// The first line is the pattern; what follows is one text more.
pub(crate) fn check(bytes: &[u8]) {
    let input = String::from_utf8_lossy(bytes);
    let (written, own) = input.split_once('\n').unwrap_or((&input, ""));
    let pattern = match compile(written) {
        Ok(pattern) => pattern,
        Err(refusal) => {
            let says = |text: &str| !text.trim().is_empty() && !text.contains('\n');
            assert!(says(&refusal.message) && says(&refusal.help), "{written:?} is refused without a word: {refusal:?}");
            return;
        }
    };
    let outline = &pattern.outline;
    assert!(!outline.gates.iter().any(String::is_empty), "an empty gate: {:?}", outline.gates);
    let own = [written, own].map(|text| fold(text).text().to_owned());
    let made = made(pattern.regex.as_str());
    let mut lists = Lists::default();
    let asked = lists.add(&outline.asked);
    for text in FOLDED.iter().chain(&own).chain(&made) {
        for found in pattern.regex.find(text, 0..text.len(), MOST_MATCHES) {
            assert!(!found.is_empty(), "{written:?} matches nothing at {} of {text:?}", found.start);
            let has_runs = lists.may_stand_in(asked, &Grams::of(text));
            assert!(has_runs, "{written:?} finds {:?}, which lacks what is asked for", &text[found]);
            let starts = outline.gates.iter().flat_map(|gate| standing(text, gate));
            let places = starts.filter(|start| outline.may_match(text, *start)).map(|start| outline.reach.around(text, start));
            let mut around = places.filter(|place| place.start <= found.start && found.end <= place.end);
            let open = outline.gates.is_empty() || around.any(|place| pattern.regex.find(text, place, MOST_MATCHES).contains(&found));
            assert!(open, "{written:?} finds {:?} in {text:?}, and nobody looks there: {outline:?}", &text[found]);
        }
    }
}

/// Every place where a gate stands, over one another, too: as the finder finds them.
fn standing(text: &str, gate: &str) -> impl Iterator<Item = usize> {
    text.char_indices().map(|(start, _)| start).filter(move |start| text[*start..].starts_with(gate))
}

fn made(translated: &str) -> Vec<String> {
    let hir = regex_syntax::parse(translated).expect("what compiles can be read");
    let text = |choice| {
        let mut text = String::new();
        make(&hir, choice, &mut text);
        text
    };
    (0..MADE).map(text).collect()
}

fn make(hir: &Hir, choice: usize, text: &mut String) {
    if text.len() > LONGEST {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges();
            text.extend(
                ranges.get(choice % ranges.len().max(1)).map(|range| if choice.is_multiple_of(2) { range.start() } else { range.end() }),
            );
        }
        HirKind::Class(Class::Bytes(class)) => text.extend(class.ranges().first().map(|range| char::from(range.start()))),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            let times = repetition.min.saturating_add(u32::from(choice.is_multiple_of(2))).min(most);
            (0..times).take(LONGEST).for_each(|_| make(&repetition.sub, choice, text));
        }
        HirKind::Capture(capture) => make(&capture.sub, choice, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| make(part, choice, text)),
        HirKind::Alternation(parts) => make(&parts[choice % parts.len()], choice, text),
    }
}
