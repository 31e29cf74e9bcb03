//! The wording: one file of phrases for each language, each phrase with the names that Hearken fills in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::LANGUAGES;
use crate::problem::{Data, Entry, Place, Problem, Problems, SourceFile, Table, nearest};

const BUILT_IN: [(&str, &str); 3] = [
    ("zh-TW", include_str!("../../../config/templates/words.zh-TW.toml")),
    ("zh-CN", include_str!("../../../config/templates/words.zh-CN.toml")),
    ("en", include_str!("../../../config/templates/words.en.toml")),
];

/// The section where operators may name categories of their own.
const CATEGORY: &str = "category";

/// The phrases of all languages, by `section.key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words(BTreeMap<&'static str, BTreeMap<String, String>>);

impl Words {
    /// The phrases that come with Hearken.
    pub(super) fn built_in() -> Self {
        Self(BUILT_IN.iter().map(|(language, text)| (*language, phrases(language, text))).collect())
    }

    /// The language itself where we speak it, else English.
    pub(super) fn language(wanted: &str) -> &'static str {
        LANGUAGES.into_iter().find(|language| *language == wanted).unwrap_or("en")
    }

    /// A phrase with its names filled in. A name without a value stays as it is, an unknown phrase shows its key:
    /// a message with a blemish beats none.
    pub(super) fn say(&self, language: &str, key: &str, values: &[(&str, &str)]) -> String {
        let phrase = self.0.get(Self::language(language)).and_then(|phrases| phrases.get(key));
        fill(phrase.map_or(key, String::as_str), values, Self::language(language).starts_with("zh"))
    }

    pub(super) fn knows(&self, key: &str) -> bool {
        self.0.values().any(|phrases| phrases.contains_key(key))
    }

    /// A word of a closed or open set, as `category.logistics`; one that has no phrase is shown as it is.
    pub(super) fn name(&self, language: &str, section: &str, word: &str) -> String {
        let key = format!("{section}.{word}");
        let known = self.0.get(Self::language(language)).and_then(|phrases| phrases.get(&key));
        known.map_or_else(|| word.to_owned(), Clone::clone)
    }

    /// Lays an operator's phrases over the built-in ones of a language; every mistake is a problem, the rest counts.
    pub(super) fn lay_over(&mut self, language: &str, file: &Arc<SourceFile>, problems: &Problems) {
        let Some(phrases) = self.0.get_mut(language) else { return };
        let sections: BTreeSet<String> = phrases.keys().filter_map(|key| key.split_once('.')).map(|(name, _)| name.to_owned()).collect();
        let mut table = Table::parse(file, problems);
        for section in &sections {
            let Some(inner) = table.table(section) else { continue };
            for entry in inner.into_entries() {
                lay_one(section, entry, phrases, problems);
            }
        }
        table.finish();
    }
}

fn lay_one(section: &str, entry: Entry, phrases: &mut BTreeMap<String, String>, problems: &Problems) {
    let Entry { key: name, key_place, value } = entry;
    let key = format!("{section}.{name}");
    let Data::Text(phrase) = value.data else {
        let help = "Write the phrase in quotes.";
        return problems.add(Problem::error(value.place, format!("`{name}` is not a phrase"), help));
    };
    let Some(present) = phrases.get(&key) else {
        if section == CATEGORY {
            phrases.insert(key, phrase);
        } else {
            problems.add(unknown_phrase(section, &name, key_place, phrases));
        }
        return;
    };
    let known = names(present);
    match names(&phrase).difference(&known).next() {
        Some(wrong) => problems.add(unknown_name(wrong, &known, value.place)),
        None => {
            phrases.insert(key, phrase);
        }
    }
}

fn unknown_phrase(section: &str, name: &str, place: Place, phrases: &BTreeMap<String, String>) -> Problem {
    let known = phrases.keys().filter_map(|key| key.strip_prefix(section)?.strip_prefix('.'));
    let help = nearest(name, known).map_or_else(
        || format!("See `config/templates/words.en.toml` for the phrases of [{section}]."),
        |near| format!("Did you mean `{near}`?"),
    );
    Problem::error(place, format!("there is no phrase `{name}` in [{section}]"), help)
}

fn unknown_name(wrong: &str, known: &BTreeSet<String>, place: Place) -> Problem {
    let help = match nearest(wrong, known.iter().map(String::as_str)) {
        Some(near) => format!("Did you mean `{{{near}}}`?"),
        None if known.is_empty() => "Nothing is filled into this phrase: leave the braces out.".to_owned(),
        None => format!("Known here: {}.", known.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(", ")),
    };
    Problem::error(place, format!("nothing is known as `{{{wrong}}}` in this phrase"), help)
}

/// The phrases of a built-in file, by `section.key`.
fn phrases(language: &str, text: &str) -> BTreeMap<String, String> {
    let path = format!("words.{language}.toml").into();
    let table = Table::parse(&Arc::new(SourceFile { path, text: text.to_owned() }), &Problems::default());
    let mut phrases = BTreeMap::new();
    for section in table.into_entries() {
        let Data::Table(entries) = section.value.data else { continue };
        for entry in entries {
            if let Data::Text(phrase) = entry.value.data {
                phrases.insert(format!("{}.{}", section.key, entry.key), phrase);
            }
        }
    }
    phrases
}

/// The names in braces of a phrase.
fn names(phrase: &str) -> BTreeSet<String> {
    let inside = phrase.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    inside.map(|(name, _)| name.to_owned()).collect()
}

/// Fills names in, in one pass: what a value contains is never looked at again. Where the phrase is Chinese, the seams
/// get the blanks that Latin words need beside Han characters, and lose those that Han characters do not.
fn fill(phrase: &str, values: &[(&str, &str)], chinese: bool) -> String {
    let mut filled = String::with_capacity(phrase.len());
    let mut rest = phrase;
    while let Some((before, after)) = rest.split_once('{') {
        append(&mut filled, before, chinese);
        let known = after.split_once('}').and_then(|(name, behind)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, behind))
        });
        match known {
            Some((value, behind)) => {
                append(&mut filled, value, chinese);
                rest = behind;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    append(&mut filled, rest, chinese);
    filled
}

fn append(filled: &mut String, piece: &str, chinese: bool) {
    let last = filled.trim_end_matches(' ').chars().next_back();
    let first = piece.trim_start_matches(' ').chars().next();
    let (Some(last), Some(first), true) = (last, first, chinese) else { return filled.push_str(piece) };
    if is_han(last) && is_han(first) {
        filled.truncate(filled.trim_end_matches(' ').len());
        return filled.push_str(piece.trim_start_matches(' '));
    }
    let touching = !filled.ends_with(' ') && !piece.starts_with(' ');
    let mixed = (is_han(last) && first.is_ascii_alphanumeric()) || (last.is_ascii_alphanumeric() && is_han(first));
    filled.extend((touching && mixed).then_some(' '));
    filled.push_str(piece);
}

const fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::render;

    fn laid_over(text: &str) -> (Words, Vec<Problem>) {
        let mut words = Words::built_in();
        let problems = Problems::default();
        let file = SourceFile { path: "words.en.toml".into(), text: text.into() };
        words.lay_over("en", &Arc::new(file), &problems);
        (words, problems.take())
    }

    #[test]
    fn the_languages_have_the_same_phrases_with_the_same_names() {
        let words = Words::built_in();
        let english = &words.0["en"];
        assert!(english.len() > 90, "{}", english.len());
        for language in LANGUAGES {
            let here = &words.0[language];
            assert_eq!(here.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language}");
            for (key, phrase) in here {
                assert_eq!(names(phrase), names(&english[key]), "{language} {key}");
            }
        }
    }

    #[test]
    fn a_value_is_filled_in_once() {
        assert_eq!(fill("{a} and {b}{", &[("a", "{b}"), ("b", "x")], false), "{b} and x{");
        assert_eq!(fill("{unknown} {a", &[("a", "1")], true), "{unknown} {a");
    }

    #[test]
    fn chinese_has_blanks_where_it_needs_them() {
        let said = |by: &str, to: &str| fill("{by} 轉交給{to}處理", &[("by", by), ("to", to)], true);
        assert_eq!(said("王小美", "客服"), "王小美轉交給客服處理");
        assert_eq!(said("Mei", "Care"), "Mei 轉交給 Care 處理");
        assert_eq!(said("", ""), " 轉交給處理");
        assert_eq!(fill("{a} {b}", &[("a", "王"), ("b", "李")], false), "王 李");
    }

    #[test]
    fn an_unknown_language_is_answered_in_english() {
        let words = Words::built_in();
        assert_eq!(words.name("fr", "severity", "high"), "high");
        assert_eq!(words.name("zh-TW", "category", "packaging"), "packaging");
        assert_eq!(words.say("zh-CN", "category.logistics", &[]), "物流配送");
    }

    #[test]
    fn an_operators_phrases_go_before_ours() {
        let (words, problems) = laid_over("[mail]\nfooter = \"From {company}\"\n[category]\npackaging = \"packaging\"\n");
        assert_eq!(problems, []);
        assert_eq!(words.say("en", "mail.footer", &[("company", "Lanting")]), "From Lanting");
        assert_eq!(words.say("en", "category.packaging", &[]), "packaging");
        assert_eq!(words.say("zh-TW", "mail.footer", &[("company", "Lanting")]), "Hearken 為 Lanting 自動發送");
    }

    #[test]
    fn mistakes_in_phrases_are_named() {
        let (words, problems) =
            laid_over("[mail]\nfoter = \"x\"\nfooter = \"From {compny}\"\nwhy = 5\nopen_original = \"{x}\"\n[males]\nx = \"y\"\n");
        insta::assert_snapshot!(render(&problems, false), @r#"
        error: there is no phrase `foter` in [mail]
         --> words.en.toml:2:1
          |
        2 | foter = "x"
          | ^^^^^
          |
          = help: Did you mean `footer`?

        error: nothing is known as `{compny}` in this phrase
         --> words.en.toml:3:10
          |
        3 | footer = "From {compny}"
          |          ^^^^^^^^^^^^^^^
          |
          = help: Did you mean `{company}`?

        error: `why` is not a phrase
         --> words.en.toml:4:7
          |
        4 | why = 5
          |       ^
          |
          = help: Write the phrase in quotes.

        error: nothing is known as `{x}` in this phrase
         --> words.en.toml:5:17
          |
        5 | open_original = "{x}"
          |                 ^^^^^
          |
          = help: Nothing is filled into this phrase: leave the braces out.

        error: `males` is not known here
         --> words.en.toml:6:2
          |
        6 | [males]
          |  ^^^^^
          |
          = help: Known here: category, failure, field, front, gathered, label, mail, news, page, severity, span, status, subject, trouble, watched.
        "#);
        assert_eq!(words, Words::built_in());
    }
}
