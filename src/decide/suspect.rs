//! Rules that load, and most likely do something else than was meant: what `check` warns of beside what is idle (`idle.rs`).
//!
//! - signs of wildcards and of regular expressions in words, where they stand for themselves (`is_pattern`);
//! - a category whose severity is `none`: a complaint that nobody is told of;
//! - a category whose rules all together do not reach the score that counts;
//! - a category that one rule alone names (`lone`): whether a route knows it is the configuration's to say.

use std::collections::BTreeMap;

use super::classify::LEAST_SCORE;
use super::rule::{Kind, Rule, RuleSet};
use crate::model::Severity;
use crate::problem::Problem;

/// What a word must hold to be looked at as a pattern: one of ten thousand does.
const SIGNS_OF_PATTERNS: [char; 10] = ['*', '＊', '|', '｜', '?', '\\', '+', '^', '[', '$'];

/// Every warning, in the order of the rules.
#[must_use]
pub fn suspect(rules: &RuleSet) -> Vec<Problem> {
    let mut problems: Vec<Problem> = rules.rules.iter().filter_map(untold).collect();
    problems.extend(too_light(rules));
    problems
}

/// Each rule that alone names its category, where the model does not know it either.
pub fn lone(rules: &RuleSet) -> impl Iterator<Item = (&Rule, &str)> {
    by_category(rules).into_iter().filter_map(|(category, of)| match of.as_slice() {
        [rule] if !knows(rules, category) => Some((*rule, category)),
        _ => None,
    })
}

fn by_category(rules: &RuleSet) -> BTreeMap<&str, Vec<&Rule>> {
    let mut found: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &rules.rules {
        if let Kind::Category { category, .. } = &rule.kind {
            found.entry(category).or_default().push(rule);
        }
    }
    found
}

fn knows(rules: &RuleSet, category: &str) -> bool {
    rules.tone.as_ref().is_some_and(|tone| tone.categories().iter().any(|known| known == category))
}

/// Whether a word as it is written was meant as a pattern. Stars that hide letters (`f**k`, `f***`) and ratings (`5*`) are what people
/// write, and so is a question mark at an end (`假貨?`). Asked of each word when it is read (`load/words.rs`): folded it may have lost
/// the sign, as between two Chinese letters.
pub(super) fn is_pattern(word: &str) -> bool {
    // By bytes first and all of them at once, for nearly no word has any; those beyond ASCII begin with 0xEF.
    let may = |byte: u8| matches!(byte, b'*' | b'|' | b'?' | b'\\' | b'+' | b'^' | b'[' | b'$' | 0xEF);
    let any = word.bytes().fold(false, |any, byte| any | may(byte));
    any && word.contains(SIGNS_OF_PATTERNS) && reads_as_pattern(word)
}

fn reads_as_pattern(word: &str) -> bool {
    let letters: Vec<char> = word
        .chars()
        .map(|letter| {
            if letter == '＊' {
                '*'
            } else if letter == '｜' {
                '|'
            } else {
                letter
            }
        })
        .collect();
    let letter = |at: usize| letters.get(at).is_some_and(|letter| letter.is_alphabetic());
    let starred = |at: usize| letters.get(at) == Some(&'*');
    let last = letters.len().saturating_sub(1);
    let at_an_end = letters.len() > 1
        && ((starred(0) && letter(1) && !starred(1)) || (starred(last) && last > 0 && letter(last - 1) && !letters[..last].contains(&'*')));
    let around = |sign: char| (1..last).any(|at| letters[at] == sign && letter(at - 1) && letter(at + 1));
    let latin = |at: usize| letters.get(at).is_some_and(char::is_ascii_alphabetic);
    let optional = (1..last).any(|at| letters[at] == '?' && latin(at - 1) && latin(at + 1));
    let escaped = letters.windows(2).any(|pair| pair[0] == '\\' && matches!(pair[1], 'd' | 'w' | 's' | 'b' | 'D' | 'W' | 'S' | 'B' | '.'));
    let anchored = (letters[0] == '^' && letter(1)) || (letters[last] == '$' && last > 0 && letter(last - 1) && !latin(last - 1));
    at_an_end || around('|') || optional || escaped || anchored || bracketed(&letters) || word.contains(".*") || word.contains(".+")
}

/// Letters in square brackets beside other letters: one of them was meant. A word that is nothing else (`[微笑]`) is how chats write faces.
fn bracketed(letters: &[char]) -> bool {
    let (Some(open), Some(close)) = (letters.iter().position(|sign| *sign == '['), letters.iter().position(|sign| *sign == ']')) else {
        return false;
    };
    let is_beside = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|letter| letter.is_alphabetic());
    let inside = letters.get(open + 1..close).unwrap_or_default();
    inside.len() > 1 && inside.iter().all(|letter| letter.is_alphabetic()) && (is_beside(open.checked_sub(1)) || is_beside(Some(close + 1)))
}

fn untold(rule: &Rule) -> Option<Problem> {
    let Kind::Category { category, severity: Severity::None } = &rule.kind else { return None };
    let message = format!("`{}` gives `{category}` with the severity \"none\": by this rule a complaint is told to nobody", rule.id);
    Some(Problem::warning(
        rule.place.clone(),
        message,
        "Write `severity = \"low\"` or more; what is only to be recorded has `mode = \"shadow\"`.",
    ))
}

/// Each firing rule adds its weight to its category, which counts from `LEAST_SCORE` on. The model adds to those it knows.
fn too_light(rules: &RuleSet) -> Vec<Problem> {
    let unknown = by_category(rules).into_iter().filter(|(category, _)| !knows(rules, category));
    let light = unknown.filter_map(|(category, of)| {
        let most: f64 = of.iter().map(|rule| rule.weight).sum();
        (most < LEAST_SCORE).then(|| (category, of[0], most, of.len()))
    });
    let problem = |(category, first, most, count): (&str, &Rule, f64, usize)| {
        let whose = if count == 1 { format!("`{}` weighs", first.id) } else { format!("the {count} rules of it weigh together") };
        let message = format!("`{category}` never counts: {whose} {most:.1}, and a category counts from {LEAST_SCORE:.1} on");
        Problem::warning(first.place.clone(), message, "Give a rule that is sure of it `weight = 1.0` or more.")
    };
    light.map(problem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::load::load;
    use crate::problem::Problems;

    fn read(text: &str) -> RuleSet {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("a.toml"), text).expect("written");
        let problems = Problems::default();
        let rules = load(dir.path(), &problems);
        assert!(!problems.any_error(), "{:?}", problems.take());
        rules
    }

    /// What is said of the words while they are read.
    fn loaded(text: &str) -> Vec<String> {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("a.toml"), text).expect("written");
        let problems = Problems::default();
        let _ = load(dir.path(), &problems);
        problems.take().into_iter().map(|problem| problem.message).filter(|message| message.contains("pattern")).collect()
    }

    fn rule(id: &str, rest: &str) -> String {
        format!("[[rule]]\nid = \"{id}\"\nnote = \"n\"\n{rest}\n")
    }

    fn warned(text: &str) -> Vec<String> {
        suspect(&read(text)).into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn signs_of_patterns_are_told_from_what_people_write() {
        for word in
            ["態度|差", "rude*", ".*罵人", "*罵*", "a.+b", "colou?r", r"\d天", "罵*", "bad|awful", "^差", "差$", "很[差爛]", "gr[ae]y"]
        {
            assert!(is_pattern(word), "{word}");
        }
        for word in [
            "f**k",
            "f***",
            "f*ck",
            "sh*t",
            "5*",
            "***",
            "why?",
            "真的?假的",
            "24/7",
            "a+",
            "c++",
            "500$",
            "...",
            "!!!",
            "|",
            "慢",
            "^^",
            "[微笑]",
            "[1]",
            "$$",
        ] {
            assert!(!is_pattern(word), "{word}");
        }
    }

    #[test]
    fn they_are_named_at_their_place_wherever_words_stand_and_once() {
        let body = "category = \"price\"\nseverity = \"low\"\n";
        for (keys, word) in [
            ("any = [\"good\", \"rude*\"]", "rude*"),
            ("any = [\"good\", \"態度｜差\"]", "態度｜差"),
            ("any = [\"xx\"]\nall = [\"a|b\"]", "a|b"),
            ("any = [\"xx\"]\nnone = [\".*y\"]", ".*y"),
            ("near = { words = [[\"late*\"], [\"parcel\"]], within = 9 }", "late*"),
            ("any = [\"@shared\"]\n[list]\nshared = [\"*bad*\"]", "*bad*"),
        ] {
            let said = loaded(&(rule("x.y", &format!("{body}{keys}")) + "[[rule]]\nid = \"x.z\"\nlike = \"x.y\"\nany = [\"yy\"]\n"));
            assert_eq!(said, [format!("`{word}` looks like a pattern, and in a word its signs stand for themselves")], "{keys}");
        }
        assert_eq!(loaded(&rule("x.y", &format!("{body}regex = ['late.*parcel|x']"))), [""; 0], "there they are meant");
    }

    #[test]
    fn a_category_that_tells_nobody_or_never_counts_is_named() {
        let light = |id: &str, weight: f64| {
            rule(id, &format!("category = \"smell\"\nseverity = \"low\"\nweight = {weight:.1}\nany = [\"word {id}\"]"))
        };
        assert_eq!(warned(&light("a", 0.9)), ["`smell` never counts: `a` weighs 0.9, and a category counts from 1.0 on"]);
        assert_eq!(warned(&(light("a", 0.4) + &light("b", 0.5))).len(), 1);
        assert_eq!(warned(&(light("a", 0.5) + &light("b", 0.5))), [""; 0]);
        let none = rule("a", "category = \"smell\"\nseverity = \"none\"\nany = [\"smells\"]");
        assert_eq!(warned(&none), ["`a` gives `smell` with the severity \"none\": by this rule a complaint is told to nobody"]);
    }

    #[test]
    fn a_category_of_one_rule_is_lone() {
        let of = |id: &str, category: &str| rule(id, &format!("category = \"{category}\"\nseverity = \"low\"\nany = [\"word {id}\"]"));
        let rules = read(&(of("a", "logistics") + &of("b", "logistics") + &of("c", "logistik")));
        assert_eq!(lone(&rules).map(|(rule, category)| (rule.id.as_str(), category)).collect::<Vec<_>>(), [("c", "logistik")]);
    }
}
