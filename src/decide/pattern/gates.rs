//! The words that stand in every match of an expression: where none of them is in a text, the expression need not run.

use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind};

/// A gate that is longer than this list is no gate.
const MOST_GATES: usize = 64;
/// A class of more characters is not written out.
const LARGEST_CLASS: usize = 8;
/// Texts looked for before an expression runs: so many cost about half as much as running it.
const MOST_ALSO: usize = 8;
/// What a gate costs even where it is in no text, as a share of the places of texts.
const COST_OF_A_GATE: f64 = 1e-5;
/// Characters that stand in one text of two.
const COMMON: &str = "的一是不了在人有我他这个们来到时大地为子中你说生也就好很都没上下要会还用买看去";

/// Texts of which every match contains at least one; none where that cannot be said.
pub(super) fn gates(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => written_out(hir),
        HirKind::Capture(capture) => gates(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => gates(&repetition.sub),
        HirKind::Concat(parts) => {
            let within = parts.iter().filter_map(gates);
            let joined = (0..parts.len()).filter(|at| begins(&parts[*at])).filter_map(|at| written_out(&Hir::concat(parts[at..].to_vec())));
            within.chain(joined).min_by(|one, other| cost(one).total_cmp(&cost(other)))
        }
        HirKind::Alternation(parts) => {
            let all: Option<Vec<Vec<String>>> = parts.iter().map(gates).collect();
            all.map(|lists| lists.concat()).filter(|list| list.len() <= MOST_GATES)
        }
        _ => None,
    }
}

/// Further lists of texts, of each of which every match contains at least one: cheaper to look for than the expression is to run. At
/// most `MOST_ALSO` texts, the rarest lists first.
pub(super) fn also(hir: &Hir, gates: &[String]) -> Vec<Vec<String>> {
    let mut lists = Vec::new();
    required(hir, &mut lists);
    // What a gate holds is there with it.
    lists.retain(|list: &Vec<String>| !gates.iter().all(|gate| list.iter().any(|text| gate.contains(text))));
    lists.sort_by(|one, other| cost(one).total_cmp(&cost(other)));
    let mut room = MOST_ALSO;
    lists.retain(|list| {
        let fits = list.len() <= room;
        room -= if fits { list.len() } else { 0 };
        fits
    });
    lists
}

/// The gates of every part that stands in every match.
fn required(hir: &Hir, lists: &mut Vec<Vec<String>>) {
    match hir.kind() {
        HirKind::Concat(parts) => parts.iter().for_each(|part| required(part, lists)),
        HirKind::Capture(capture) => required(&capture.sub, lists),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub, lists),
        _ => lists.extend(gates(hir)),
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

/// Everything it can begin with.
fn written_out(hir: &Hir) -> Option<Vec<String>> {
    let mut extractor = Extractor::new();
    extractor.limit_class(LARGEST_CLASS).limit_total(MOST_GATES);
    let found = extractor.extract(hir);
    let texts = found.literals()?.iter().map(|literal| std::str::from_utf8(literal.as_bytes()).ok().map(str::to_owned));
    let mut texts: Vec<String> = texts.collect::<Option<_>>()?;
    texts.sort_unstable();
    texts.dedup();
    (!texts.is_empty() && texts.iter().all(|text| is_selective(text))).then_some(texts)
}

/// One letter of an alphabet is in every text; one Chinese character is not.
fn is_selective(text: &str) -> bool {
    text.len() >= 3
}

/// How often the expression will be tried in vain: the share of places in a text where one of them stands by chance.
fn cost(gates: &[String]) -> f64 {
    let each = gates.iter().map(|gate| COST_OF_A_GATE + gate.chars().map(share).product::<f64>());
    each.sum()
}

/// How much of the texts of its script a character is, roughly.
fn share(letter: char) -> f64 {
    match letter {
        ' ' | '\n' => 0.16,
        'e' | 't' | 'a' | 'o' | 'i' | 'n' | 's' | 'r' | 'h' | 'l' | 'd' => 0.06,
        letter if letter.is_ascii() => 0.02,
        letter if COMMON.contains(letter) => 0.01,
        _ => 0.0007,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let hir = regex_syntax::parse(pattern).expect("the pattern is right");
            assert_eq!(gates(&hir).unwrap_or_default(), expected, "{pattern}");
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
            let hir = regex_syntax::parse(pattern).expect("the pattern is right");
            assert_eq!(also(&hir, &gates(&hir).unwrap_or_default()), expected, "{pattern}");
        }
    }
}
