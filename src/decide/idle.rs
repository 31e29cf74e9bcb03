//! Rules that load and do nothing, or nothing of their own: what `check` warns of.
//!
//! - dead: a guard covers every place where a word stands; words of `near` that cannot stand side by side; a rating nobody can give;
//!   a language no text is found to be in;
//! - needless: a word that holds another word of the same list, which fires there just as well;
//! - unheard: a rule that asks for the model's word where there is no model, or for a category the model does not know;
//! - double: a rule of the same kind that fires wherever this one does, and weighs no less.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::held::{Marks, held};
use super::lang::FOUND;
use super::rule::{Compare, Kind, Near, Rule, RuleSet};
use super::script::is_word_letter;
use crate::model::Severity;
use crate::problem::{Problem, nearest};

/// Words named in one warning.
const MOST_WORDS: usize = 6;

/// ISO 639-1. Source: <https://www.loc.gov/standards/iso639-2/php/code_list.php>
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es \
                         et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki \
                         kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no \
                         nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te \
                         tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// Every warning, in the order of the rules.
#[must_use]
pub fn idle(rules: &RuleSet) -> Vec<Problem> {
    let mut problems: Vec<Problem> = rules.rules.iter().flat_map(dead).collect();
    problems.extend(unheard(rules));
    problems.extend(unknown_to_model(rules));
    problems.extend(double(&rules.rules));
    problems
}

/// One warning for all rules that never fire because there is no model: whoever took it away knows, and whoever lost it must hear.
#[must_use]
pub fn unheard(rules: &RuleSet) -> Option<Problem> {
    let asking: Vec<&Rule> = rules.rules.iter().filter(|rule| !rule.asks.nothing()).collect();
    let first = asking.first().filter(|_| rules.tone.is_none())?;
    let message = match asking.len() {
        1 => format!("`{}` asks for a model's word, and there is none: it never fires", first.id),
        count => format!("{count} rules ask for a model's word, and there is none: they never fire; `{}` is the first", first.id),
    };
    let help = "All other rules judge without it. `hearken train` makes a `tone.model`; one comes with the rules.";
    Some(warning(first, message, help))
}

fn unknown_to_model(rules: &RuleSet) -> Vec<Problem> {
    let Some(tone) = &rules.tone else { return Vec::new() };
    let known = || tone.categories().iter().map(AsRef::as_ref);
    let asked = rules.rules.iter().flat_map(|rule| rule.asks.suggests.iter().map(move |name| (rule, name)));
    let unknown = asked.filter(|(_, name)| !known().any(|known| known == *name));
    let problem = |(rule, name): (&Rule, &String)| {
        let help = match nearest(name, known()) {
            Some(name) => format!("Did you mean \"{name}\"?"),
            None => format!("It suggests one of: {}.", known().collect::<Vec<_>>().join(", ")),
        };
        warning(rule, format!("`{}` waits for the model to suggest `{name}`, which it does not know", rule.id), &help)
    };
    unknown.map(problem).collect()
}

/// Words that may as well go, one warning a rule: they do no harm, so they are told to whoever asks (`check --needless`).
#[must_use]
pub fn needless_words(rules: &RuleSet) -> Vec<Problem> {
    rules.rules.iter().filter_map(needless).collect()
}

fn warning(rule: &Rule, message: String, help: &str) -> Problem {
    Problem::warning(rule.place.clone(), message, help)
}

fn dead(rule: &Rule) -> Vec<Problem> {
    let mut problems = Vec::new();
    let guarded: Vec<&str> =
        rule.any.iter().filter(|word| rule.none.iter().any(|guard| holds_whole(word, guard))).map(AsRef::as_ref).collect();
    if !guarded.is_empty() {
        let message = format!("`{}` can never fire for {}: a guard of its own covers it", rule.id, named(&guarded));
        problems.push(warning(rule, message, "Make the guard longer than the word, or take the word out."));
    }
    if rule.near.as_ref().is_some_and(cannot_touch) {
        let message = format!("the words of `near` in `{}` cannot stand there: a space parts them, and `within` is 0", rule.id);
        problems.push(warning(rule, message, "Write `within = 1` or more, or the words as one phrase in `any`."));
    }
    if rule.rating.is_some_and(|rating| {
        (rating.compare == Compare::Below && rating.stars <= 0.0) || (rating.compare == Compare::Above && rating.stars >= 5.0)
    }) {
        problems.push(warning(rule, format!("no text has the `rating` that `{}` asks for", rule.id), "Ratings go from 0 to 5."));
    }
    for lang in rule.scope.langs.iter().filter_map(|lang| Some((lang, meant(lang)?))) {
        let message = format!("`{}` is for texts in `{}`, and none is found to be in it", rule.id, lang.0);
        problems.push(warning(rule, message, &lang.1));
    }
    problems
}

/// What to write for a language no text is found to be in. Languages go by their script, not by their country.
fn meant(lang: &str) -> Option<String> {
    let name = match lang {
        "zh-TW" | "zh-HK" | "zh-MO" | "tw" => "zh-Hant",
        "zh-CN" | "zh-SG" | "cn" => "zh-Hans",
        "en-US" | "en-GB" => "en",
        "jp" => "ja",
        _ if can_be_found(lang) => return None,
        _ => return Some(format!("Write one of {}, or the two letters of a language that a source states.", FOUND.join(", "))),
    };
    Some(format!("Write `{name}`."))
}

/// Told by the text itself, or stated by a source where a text does not tell: then any language there is.
fn can_be_found(lang: &str) -> bool {
    let base = lang.split_once('-').map_or(lang, |(base, _)| base);
    match base {
        "zh" => matches!(lang, "zh" | "zh-Hant" | "zh-Hans"),
        "und" => lang == "und",
        _ => base.len() == 2 && LANGUAGES.split(' ').any(|known| known == base),
    }
}

/// Whether `part` stands in `word` where it would match: whole, if it is a Latin word.
fn holds_whole(word: &str, part: &str) -> bool {
    place_of(word, part).is_some()
}

fn place_of(word: &str, part: &str) -> Option<usize> {
    let letter = |letter: Option<char>| letter.is_some_and(is_word_letter);
    word.match_indices(part).map(|(at, _)| at).find(|at| {
        let (before, after) = (&word[..*at], &word[at + part.len()..]);
        let begins_inside = letter(part.chars().next()) && letter(before.chars().next_back());
        let ends_inside = letter(part.chars().next_back()) && letter(after.chars().next());
        !begins_inside && !ends_inside
    })
}

fn cannot_touch(near: &Near) -> bool {
    let latin = |word: &Arc<str>| word.chars().next().is_some_and(is_word_letter) && word.chars().next_back().is_some_and(is_word_letter);
    near.within == 0 && near.groups.iter().flat_map(|words| words.iter()).all(latin)
}

/// Words that hold a shorter one of the same list which is not held back there.
fn needless(rule: &Rule) -> Option<Problem> {
    // A sentiment rule counts each of its words, the longest where they overlap: there a longer word is another word.
    if rule.kind == Kind::Sentiment || rule.any.len() < 2 {
        return None;
    }
    let known: HashSet<&str> = rule.any.iter().map(AsRef::as_ref).collect();
    let longer: Vec<&str> = rule.any.iter().map(AsRef::as_ref).filter(|word| shorter_fires(word, &known, rule)).collect();
    let message = format!("`{}` needs no {}: a shorter word of its list stands in it", rule.id, named(&longer));
    (!longer.is_empty()).then(|| warning(rule, message, "Take the longer out, or give the shorter a guard."))
}

fn shorter_fires(word: &str, known: &HashSet<&str>, rule: &Rule) -> bool {
    let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
    let pieces = starts.iter().enumerate().flat_map(|(from, start)| starts[from + 1..].iter().map(|end| &word[*start..*end]));
    pieces.filter(|piece| piece.len() < word.len() && known.contains(piece)).any(|piece| {
        place_of(word, piece).is_some_and(|at| held(word, &Marks::of(word), at, at + piece.len()).is_none())
            && !rule.none.iter().any(|guard| word.contains(&**guard) || guard.contains(piece))
    })
}

fn named(words: &[&str]) -> String {
    let shown: Vec<String> = words.iter().take(MOST_WORDS).map(|word| format!("`{word}`")).collect();
    let rest = words.len().saturating_sub(MOST_WORDS);
    if rest > 0 { format!("{} and {rest} more", shown.join(", ")) } else { shown.join(", ") }
}

/// Rules that another one makes needless. Each rule is looked for among those that share its rarest word.
fn double(rules: &[Rule]) -> Vec<Problem> {
    let mut users: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, rule) in rules.iter().enumerate() {
        rule.any.iter().for_each(|word| users.entry(word).or_default().push(number));
    }
    let mut problems = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        let rarest = rule.any.iter().filter_map(|word| users.get(&**word)).min_by_key(|users| users.len());
        let other = rarest
            .into_iter()
            .flatten()
            .map(|at| (*at, &rules[*at]))
            .find(|(at, other)| *at != number && covers(other, rule) && (*at < number || !covers(rule, other)));
        if let Some((_, other)) = other {
            let message = format!("`{}` says nothing that `{}` does not say", rule.id, other.id);
            let help = format!("That one stands in {}:{}: join them, or make one of them differ.", other.file.display(), other.line);
            problems.push(warning(rule, message, &help));
        }
    }
    problems
}

/// Whether `wide` fires wherever `narrow` does, does the same, and no less of it.
fn covers(wide: &Rule, narrow: &Rule) -> bool {
    let conditions =
        |rule: &Rule| (rule.all.clone(), rule.rating, rule.readers.map(|count| format!("{count:?}")), rule.scope.clone(), rule.shadow);
    let patterns = |rule: &Rule| rule.patterns.iter().map(|pattern| pattern.regex.as_str().to_owned()).collect::<HashSet<_>>();
    same_effect(wide, narrow)
        && conditions(wide) == conditions(narrow)
        && wide.asks == narrow.asks
        && format!("{:?}", wide.repeated) == format!("{:?}", narrow.repeated)
        && narrow.any.iter().all(|word| wide.any.contains(word))
        && (narrow.near.is_none() || narrow.near == wide.near)
        && patterns(narrow).is_subset(&patterns(wide))
        && wide.none.iter().all(|guard| narrow.none.contains(guard))
}

/// A rule that is worse or weighs more has its reason beside one that fires more often.
fn same_effect(wide: &Rule, narrow: &Rule) -> bool {
    match (&wide.kind, &narrow.kind) {
        (Kind::Category { category, severity }, Kind::Category { category: other, severity: worse }) => {
            category == other && worse <= severity && narrow.weight <= wide.weight
        }
        (Kind::Raise(to), Kind::Raise(other)) => other <= to,
        (Kind::Lower(to), Kind::Lower(other)) => other >= to && *to < Severity::Critical,
        (Kind::Sentiment, Kind::Sentiment) => (wide.weight > 0.0) == (narrow.weight > 0.0) && narrow.weight.abs() <= wide.weight.abs(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::decide::load::load;
    use crate::problem::Problems;

    fn warned(text: &str) -> Vec<String> {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(Path::new(dir.path()).join("a.toml"), text).expect("written");
        let problems = Problems::default();
        let rules = load(dir.path(), &problems);
        assert!(!problems.any_error(), "{:?}", problems.take());
        idle(&rules).into_iter().chain(needless_words(&rules)).map(|problem| problem.message).collect()
    }

    fn rule(id: &str, rest: &str) -> String {
        format!("[[rule]]\nid = \"{id}\"\ncategory = \"logistics\"\nseverity = \"medium\"\nnote = \"n\"\n{rest}\n")
    }

    #[test]
    fn words_that_can_never_fire_are_named() {
        let message = "`a` can never fire for `很慢`: a guard of its own covers it";
        assert_eq!(warned(&rule("a", "any = [\"很慢\", \"遲到\"]\nnone = [\"慢\"]")), [message]);
        assert_eq!(warned(&rule("a", "any = [\"慢\"]\nnone = [\"不算慢\"]")), Vec::<String>::new());
        assert_eq!(warned(&rule("a", "any = [\"slower\"]\nnone = [\"slow\"]")), Vec::<String>::new(), "Latin words match whole");
        assert_eq!(warned(&rule("a", "near = { words = [[\"late\"], [\"parcel\"]], within = 0 }")).len(), 1);
        assert_eq!(warned(&rule("a", "near = { words = [[\"很\"], [\"慢\"]], within = 0 }")).len(), 0);
        assert_eq!(warned(&rule("a", "any = [\"慢\"]\nrating = \">5\"")).len(), 1);
        assert_eq!(warned(&rule("a", "any = [\"慢\"]\nlang = [\"zh-TW\"]")).len(), 1);
    }

    #[test]
    fn a_language_that_no_text_is_found_to_be_in_is_named() {
        let warnings = |lang: &str| warned(&rule("a", &format!("any = [\"慢\"]\nlang = [\"{lang}\"]"))).len();
        for lang in ["klingon", "zz", "EN", "zh-Hant-TW", "chinese", ""] {
            assert_eq!(warnings(lang), 1, "{lang}");
        }
        for lang in FOUND.into_iter().chain(["und", "fi", "th", "pt-BR"]) {
            assert_eq!(warnings(lang), 0, "{lang}");
        }
    }

    #[test]
    fn a_longer_word_is_needless_unless_it_says_more() {
        assert_eq!(warned(&rule("a", "any = [\"很慢\", \"慢\"]")), ["`a` needs no `很慢`: a shorter word of its list stands in it"]);
        assert_eq!(warned(&rule("a", "any = [\"发货\", \"不发货\"]")), Vec::<String>::new(), "the shorter is negated there");
        assert_eq!(warned(&rule("a", "any = [\"慢\", \"慢慢来\"]\nnone = [\"慢慢\"]")).len(), 1, "the guard covers the longer word");
        assert_eq!(warned(&rule("a", "any = [\"late\", \"latest\"]")), Vec::<String>::new());
    }

    #[test]
    fn one_rule_of_two_that_say_the_same_is_named() {
        let both = |rest: &str, other: &str| warned(&format!("{}{}", rule("a", rest), rule("b", other)));
        assert_eq!(both("any = [\"慢\", \"遲到\"]", "any = [\"慢\"]"), ["`b` says nothing that `a` does not say"]);
        assert_eq!(both("any = [\"慢\"]", "any = [\"慢\"]"), ["`b` says nothing that `a` does not say"]);
        assert_eq!(both("any = [\"慢\"]", "any = [\"慢\"]\nrating = \"<=2\"").len(), 0, "it asks for more: a reason of its own");
        assert_eq!(both("any = [\"慢\"]\nlang = [\"zh\"]", "any = [\"慢\"]\nlang = [\"ja\"]").len(), 0);
        assert_eq!(both("any = [\"慢\", \"遲到\"]", "any = [\"慢\"]\nweight = 3.0").len(), 0, "it weighs more");
    }
}
