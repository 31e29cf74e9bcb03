//! What every match of an expression contains, and how far from each other: where it is not there, the expression need not run, and
//! where it is, it need not run elsewhere. Of a hundred runs that only asked for one word each, two found anything.

use std::borrow::Cow;
use std::ops::Range;

use regex_syntax::hir::{Class, Hir, HirKind};

use super::begins::{Beginnings, MOST_TEXTS, Texts};
use super::grams::Asked;
use super::words::Words;

/// Lists looked for before an expression runs, each in one pass over a short place.
const MOST_ALSO: usize = 2;
/// Lists of signs looked for.
const MOST_SIGNS: usize = 2;
/// Lists asked of the runs of a whole text.
const MOST_ASKED: usize = 3;
/// Bytes of a text that may be a gate: one letter of an alphabet is in every text, one Chinese character is not.
const LEAST_GATE: usize = 3;
/// What a gate costs even where it is in no text, as a share of the places of texts.
const COST_OF_A_GATE: f64 = 1e-5;
/// Characters that stand in one text of two, in order.
const COMMON: [char; 39] = [
    '一', '上', '下', '不', '个', '中', '为', '也', '买', '了', '人', '他', '们', '会', '你', '到', '去', '在', '地', '大', '好', '子',
    '就', '很', '我', '时', '是', '有', '来', '没', '生', '用', '的', '看', '要', '说', '还', '这', '都',
];
/// Digits and nearly all signs of ASCII lie before it, no letter does.
const LAST_SIGN: u8 = 64;
/// Signs that stand in most texts, and tell nothing.
const COMMON_SIGNS: &str = " \n.,!?'-";

/// Characters before and behind the start of a gate; none where there is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    pub before: Option<usize>,
    pub after: Option<usize>,
}

impl Reach {
    /// The place around a gate's start.
    #[must_use]
    pub fn around(self, text: &str, start: usize) -> Range<usize> {
        let (left, right) = text.split_at(start);
        let from = match self.before {
            None => 0,
            Some(0) => start,
            Some(before) => left.char_indices().nth_back(before - 1).map_or(0, |(at, _)| at),
        };
        let to = self.after.and_then(|after| right.char_indices().nth(after)).map_or(text.len(), |(at, _)| start + at);
        from..to
    }
}

/// Texts of which one stands in every match, near the gate.
#[derive(Debug)]
pub struct Also {
    reach: Reach,
    words: Words,
}

/// A list of texts of which one stands in every match, and what it costs to look for them.
struct Required {
    texts: Texts,
    cost: u64,
    reach: Reach,
}

impl Required {
    fn new(texts: Texts, reach: Reach) -> Self {
        let cost = cost(&texts);
        Self { texts, cost, reach }
    }
}

/// What is known of every match before the expression runs.
#[derive(Debug, Default)]
pub struct Outline {
    /// One of these stands in every match; empty where nothing is known, then the expression is tried on every text.
    pub gates: Vec<String>,
    /// Where a match may lie that contains a gate.
    pub reach: Reach,
    pub also: Vec<Also>,
    /// Lists of texts of which one stands somewhere in every match, the rarest first: what the runs of a text are asked for
    /// (`grams.rs`).
    pub asked: Vec<Asked>,
}

impl Outline {
    pub(super) fn of(hir: &Hir) -> Self {
        let mut parts = Vec::new();
        flatten(hir, &mut parts);
        let lengths: Vec<Option<usize>> = parts.iter().map(|part| longest(part)).collect();
        let sum =
            |range: Range<usize>| lengths[range].iter().try_fold(0_usize, |sum, length| length.map(|length| sum.saturating_add(length)));
        let Some(gate) = gate(&parts, LEAST_GATE) else {
            let mut lists = Vec::new();
            parts.iter().for_each(|part| required(part, 1, &mut lists));
            return Self { asked: asked(lists, &parts), ..Self::default() };
        };
        let to_the_gate = |from: usize| {
            let within = if gate.within { lengths[gate.part] } else { Some(0) };
            sum(from..gate.part).zip(within).map(|(before, within)| before.saturating_add(within))
        };
        let reach = Reach { before: to_the_gate(0), after: sum(gate.part..parts.len()) };
        let (mut near, mut short) = (Vec::new(), Vec::new());
        for (number, part) in parts.iter().enumerate() {
            let reach = match number {
                number if number < gate.part => Reach { before: to_the_gate(number), after: Some(0) },
                number if number > gate.part => Reach { before: Some(0), after: sum(gate.part..number + 1) },
                _ => reach,
            };
            let mut lists = Vec::new();
            required(part, LEAST_GATE, &mut lists);
            if lists.is_empty() {
                required(part, 1, &mut short);
            }
            near.extend(lists.into_iter().map(|texts| Required::new(texts, reach)));
        }
        cheapest(&mut near, &gate.texts);
        let also = near.iter().take(MOST_ALSO).map(|near| Also { reach: near.reach, words: words(&near.texts) }).collect();
        short.extend(near.into_iter().map(|near| near.texts));
        Self { asked: asked(short, &parts), gates: gate.texts.iter().map(str::to_owned).collect(), reach, also }
    }

    /// Whether a match may lie around the gate that starts here.
    #[must_use]
    pub fn may_match(&self, text: &str, start: usize) -> bool {
        self.also.iter().all(|also| also.words.stand_in(&text.as_bytes()[also.reach.around(text, start)]))
    }
}

/// A text as the one place to look at.
#[must_use]
pub fn whole(text: &str) -> Vec<Range<usize>> {
    std::iter::once(0..text.len()).collect()
}

/// The parts that follow each other in every match.
fn flatten<'a>(hir: &'a Hir, parts: &mut Vec<&'a Hir>) {
    match hir.kind() {
        HirKind::Concat(all) => all.iter().for_each(|part| flatten(part, parts)),
        HirKind::Capture(capture) => flatten(&capture.sub, parts),
        _ => parts.push(hir),
    }
}

/// Characters of the longest match; none without a bound.
fn longest(hir: &Hir) -> Option<usize> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(0),
        HirKind::Literal(literal) => Some(String::from_utf8_lossy(&literal.0).chars().count()),
        HirKind::Class(_) => Some(1),
        HirKind::Repetition(repetition) => {
            let (times, each) = (usize::try_from(repetition.max?).ok()?, longest(&repetition.sub)?);
            Some(times.saturating_mul(each))
        }
        HirKind::Capture(capture) => longest(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(longest).try_fold(0_usize, |sum, length| Some(sum.saturating_add(length?))),
        HirKind::Alternation(parts) => parts.iter().map(longest).try_fold(0, |most, length| Some(most.max(length?))),
    }
}

/// Where the gates of an expression stand.
struct Gate {
    texts: Texts,
    /// The part they start in.
    part: usize,
    /// They start somewhere within it, not where it starts.
    within: bool,
}

/// The cheapest gates of parts that follow each other.
fn gate(parts: &[&Hir], least: usize) -> Option<Gate> {
    let each: Vec<Option<Beginnings>> = parts.iter().map(|part| Beginnings::of(part)).collect();
    let within = |part: usize| gates(parts[part], least).map(|texts| Gate { texts, part, within: true });
    let joined = |part: usize| {
        let follow = || Beginnings::follow(each[part..].iter().map(|beginnings| beginnings.as_ref().map(Cow::Borrowed)))?.texts(least);
        let texts = if begins(parts[part]) { follow() } else { None };
        texts.map(|texts| Gate { texts, part, within: false })
    };
    // Of two that cost the same the one whose place is known.
    let all = (0..parts.len()).filter_map(joined).chain((0..parts.len()).filter_map(within));
    let (_, mut gate) = all.map(|gate| (cost(&gate.texts), gate)).min_by_key(|(cost, _)| *cost)?;
    if !gate.within {
        gate.texts = gate.texts.in_order();
    }
    Some(gate)
}

/// Texts of at least so many bytes of which every match contains at least one; none where that cannot be said.
fn gates(hir: &Hir, least: usize) -> Option<Texts> {
    let mut all = Texts::default();
    add_gates(hir, least, &mut all).map(|()| all)
}

fn add_gates(hir: &Hir, least: usize, all: &mut Texts) -> Option<()> {
    match hir.kind() {
        // Most parts are plain words.
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok().filter(|text| text.len() >= least)?;
            all.push(text);
        }
        HirKind::Class(_) => all.extend(&Beginnings::of(hir)?.texts(least)?),
        HirKind::Capture(capture) => add_gates(&capture.sub, least, all)?,
        HirKind::Repetition(repetition) if repetition.min > 0 => add_gates(&repetition.sub, least, all)?,
        HirKind::Concat(_) => {
            let mut parts = Vec::new();
            flatten(hir, &mut parts);
            all.extend(&gate(&parts, least)?.texts);
        }
        HirKind::Alternation(parts) => {
            let before = all.len();
            for part in parts {
                add_gates(part, least, all)?;
                if all.len() - before > MOST_TEXTS {
                    return None;
                }
            }
        }
        _ => return None,
    }
    Some(())
}

/// The rarest lists first, without those that say what the gates say.
fn cheapest(lists: &mut Vec<Required>, gates: &Texts) {
    // What a gate holds is there with it.
    lists.retain(|also| !gates.iter().all(|gate| also.texts.iter().any(|text| gate.contains(text))));
    lists.sort_by_key(|list| list.cost);
}

fn words(texts: &Texts) -> Words {
    Words::of(texts.iter().map(str::as_bytes))
}

/// The gates of every part that stands in every match.
fn required(hir: &Hir, least: usize, lists: &mut Vec<Texts>) {
    match hir.kind() {
        HirKind::Concat(parts) => parts.iter().for_each(|part| required(part, least, lists)),
        HirKind::Capture(capture) => required(&capture.sub, least, lists),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub, least, lists),
        _ => lists.extend(gates(hir, least)),
    }
}

/// What is asked for: the rarest of these lists, of which one text stands in every match, and the signs and digits.
fn asked(lists: Vec<Texts>, parts: &[&Hir]) -> Vec<Asked> {
    let mut lists: Vec<Required> = lists.into_iter().map(|texts| Required::new(texts, Reach::default())).collect();
    lists.sort_by_key(|list| list.cost);
    let mut lists: Vec<Texts> = lists.into_iter().take(MOST_ASKED).map(|list| list.texts).collect();
    lists.extend(signs(parts).into_iter().map(|set| {
        let mut written = Texts::default();
        (0..LAST_SIGN).filter(|sign| set >> sign & 1 == 1).for_each(|sign| written.push(char::from(sign).encode_utf8(&mut [0; 4])));
        written
    }));
    lists.dedup();
    lists.iter().map(|texts| Asked::of(texts.iter())).collect()
}

/// The rarest sets of signs and digits that the parts ask for.
fn signs(parts: &[&Hir]) -> Vec<u64> {
    let mut sets: Vec<u64> = parts.iter().filter_map(|part| sign(part)).collect();
    sets.sort_unstable_by_key(|set| set.count_ones());
    sets.dedup();
    sets.truncate(MOST_SIGNS);
    sets
}

/// Signs and digits of which one stands in every match; none where that cannot be said, or letters would do as well.
fn sign(hir: &Hir) -> Option<u64> {
    let rare = |letter: char| letter < char::from(LAST_SIGN) && !COMMON_SIGNS.contains(letter);
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            text.chars().find(|letter| rare(*letter)).map(|letter| 1 << (letter as u32))
        }
        HirKind::Class(Class::Unicode(class)) => {
            let mut set = 0;
            for range in class.ranges() {
                if range.end() >= char::from(LAST_SIGN) || !(range.start()..=range.end()).all(rare) {
                    return None;
                }
                set |= (range.start()..=range.end()).fold(0, |set, letter| set | 1_u64 << (letter as u32));
            }
            (set != 0).then_some(set)
        }
        HirKind::Capture(capture) => sign(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => sign(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(sign).min_by_key(|set| set.count_ones()),
        HirKind::Alternation(parts) => parts.iter().map(sign).try_fold(0, |all, set| set.map(|set| all | set)),
        _ => None,
    }
}

/// Whether a list that starts here can be better than one that starts behind it.
fn begins(part: &Hir) -> bool {
    match part.kind() {
        HirKind::Literal(_) | HirKind::Class(_) | HirKind::Alternation(_) | HirKind::Concat(_) => true,
        HirKind::Capture(capture) => begins(&capture.sub),
        _ => false,
    }
}

/// How often the expression will be tried in vain: the share of places in a text where one of them stands by chance.
///
/// In whole numbers, whose sum is the same in any order.
fn cost(gates: &Texts) -> u64 {
    const PARTS: f64 = (1_u64 << 50) as f64;
    let of = |gate: &str| COST_OF_A_GATE + gate.chars().map(share).product::<f64>();
    gates.iter().map(|gate| (of(gate) * PARTS) as u64).sum()
}

/// How much of the texts of its script a character is, roughly.
fn share(letter: char) -> f64 {
    match letter {
        ' ' | '\n' => 0.16,
        'e' | 't' | 'a' | 'o' | 'i' | 'n' | 's' | 'r' | 'h' | 'l' | 'd' => 0.06,
        letter if letter.is_ascii() => 0.02,
        letter if COMMON.binary_search(&letter).is_ok() => 0.01,
        _ => 0.0007,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;
    use crate::decide::pattern::{Grams, Lists};

    fn outline(pattern: &str) -> Outline {
        Outline::of(&regex_syntax::parse(pattern).expect("the pattern is right"))
    }

    #[test]
    fn common_characters_stand_in_order() {
        assert!(COMMON.is_sorted() && COMMON.iter().all(|letter| share(*letter) > share('虫')));
    }

    #[test]
    fn the_rarest_and_fewest_are_taken() {
        for (pattern, expected) in [
            ("等了[0-9]+[天周]还没", vec!["等了"]),
            ("(?:never|not) again", vec![" again"]),
            ("差{2,}", vec!["差"]),
            ("(?:差|坏)评?", vec!["坏", "差"]),
            ("(?:a|退款)", vec![]),
            ("(?:汤|饭)里有[^,]{0,4}虫", vec!["里有"]),
            ("(?:骂|赶)(?:客人|人)", vec!["赶人", "赶客人", "骂人", "骂客人"]),
            ("(?:yelled|shouted) at", vec!["shouted at", "yelled at"]),
            ("[a-z]+ing", vec!["ing"]),
            ("(?:很|太|真)差", vec!["太差", "很差", "真差"]),
        ] {
            assert_eq!(outline(pattern).gates, expected, "{pattern}");
        }
    }

    #[test]
    fn the_other_parts_are_looked_for_too() {
        for (pattern, expected) in [
            ("等了[0-9]+[天周]还没", vec![vec!["还没"], vec!["周", "天"]]),
            ("(?:汤|饭)里有[^,]{0,4}虫", vec![vec!["虫"], vec!["汤", "饭"]]),
            ("(?:很|太|真)差", vec![]),
            ("退款.{0,6}(?:慢)?", vec![]),
            ("a+b+", vec![]),
        ] {
            let lists: Vec<Vec<String>> = outline(pattern).also.iter().map(|also| also.words.written()).collect();
            assert_eq!(lists, expected, "{pattern}");
        }
    }

    #[test]
    fn a_match_is_looked_for_no_further_than_it_can_reach() {
        let outline = outline("(?:汤|饭)里有[^,]{0,4}虫");
        assert_eq!(outline.reach, Reach { before: Some(1), after: Some(2 + 4 + 1) });
        let text = "汤真好喝,一点也不咸,店员态度也亲切,饭里有一条虫,汤里有盐,店里干净,没有虫";
        let gates: Vec<usize> = text.match_indices("里有").map(|(at, _)| at).collect();
        assert_eq!(gates.iter().map(|at| outline.may_match(text, *at)).collect::<Vec<_>>(), [true, false]);
        assert!(text[outline.reach.around(text, gates[0])].starts_with("饭里有一条虫"));
    }

    #[test]
    fn signs_are_asked_for_where_letters_would_not_do() {
        let sign = |letter: char| 1_u64 << u32::from(letter);
        let digits = ('0'..='9').fold(0, |set, digit| set | sign(digit));
        for (pattern, expected) in [
            ("[0-9]+ ?(?:h|hours)", vec![digits]),
            ("[$£€] ?[0-9]", vec![digits]),
            ("#[a-z]*(?:bad|poor)", vec![sign('#')]),
            ("(?:[0-9]|ten) minutes", vec![]),
            ("[0-9a-z]+x", vec![]),
            ("[0-9]*x", vec![]),
            ("(?:[0-9]%|#)off", vec![sign('%') | sign('#')]),
        ] {
            let hir = regex_syntax::parse(pattern).expect("the pattern is right");
            let mut parts = Vec::new();
            flatten(&hir, &mut parts);
            assert_eq!(signs(&parts), expected, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn every_match_lies_where_it_is_looked_for(pattern in patterns(), text in "[ab0#差坏 ,]{0,60}") {
            let (outline, regex) = (outline(&pattern), Regex::new(&pattern).expect("the pattern is right"));
            let (grams, mut lists) = (Grams::of(&text), Lists::default());
            let asked = lists.add(&outline.asked);
            for found in regex.find_iter(&text) {
                prop_assert!(lists.may_stand_in(asked, &grams), "{} in {}", pattern, text);
                let mut starts = outline.gates.iter().flat_map(|gate| text.match_indices(gate.as_str()).map(|(at, _)| at));
                let is_seen = |at: usize| {
                    let place = outline.reach.around(&text, at);
                    place.start <= found.start() && found.end() <= place.end && outline.may_match(&text, at)
                };
                prop_assert!(outline.gates.is_empty() || starts.any(is_seen), "{} in {}", pattern, text);
            }
        }
    }

    fn patterns() -> impl Strategy<Value = String> {
        let leaf =
            proptest::sample::select(vec!["差", "坏", "aba", "bb0", "#", "[0-9]", "[ab]", "[^,]", "差评", " "]).prop_map(str::to_owned);
        let part = leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("(?:{})", parts.join("|"))),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.concat())),
                (inner.clone(), 0..3_u32, 0..4_u32).prop_map(|(part, least, more)| format!("(?:{part}){{{least},{}}}", least + more)),
                inner.prop_map(|part| format!("(?:{part})+")),
            ]
        });
        proptest::collection::vec(part, 1..5).prop_map(|parts| parts.concat())
    }
}
