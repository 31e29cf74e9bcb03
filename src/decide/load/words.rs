//! Words of rules: checked, folded, and shared lists put in their place.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::decide::fold::folded_word;
use crate::decide::rule;
use crate::decide::script::{is_only_signs, is_word_letter};
use crate::decide::suspect::is_pattern;
use crate::problem::{Data, Place, Problem, Problems, Table, Value, nearest};

/// Lists within lists.
const MOST_NESTED: usize = 8;
/// A word longer than this is a pasted text.
const MOST_WORD_CHARS: usize = 200;

const PATTERN_HELP: &str = "A word fires wherever it stands, a Latin one whole: leave `*` out, write alternatives as words of their own, and a pattern as `regex`.";

/// The words of one list as they stand in a file.
type Listed = Vec<(Place, String)>;
/// A word as it is written, and where.
type Written<'a> = (&'a Place, &'a str);

/// Every `[list]`, by name and file.
#[derive(Debug, Default)]
pub(super) struct Lists {
    named: HashMap<String, Vec<(usize, Listed)>>,
    /// Words that were found to be right, as they are written, and folded where that is something else.
    folded: RefCell<FxHashMap<String, Arc<str>>>,
    /// Every folded word once, so that two are the same where their addresses are.
    known: RefCell<FxHashSet<Arc<str>>>,
    /// The words of a list that stands alone, by the address of what is written: the next rule that names it shares them.
    shared: RefCell<FxHashMap<*const (Place, String), rule::Words>>,
}

impl Lists {
    /// Takes the `[list]` of the file with this number.
    pub(super) fn add(&mut self, file: usize, mut table: Table, problems: &Problems) {
        let names: Vec<String> = table.keys();
        for name in names {
            let place = table.place_of(&name);
            if name.is_empty() || !name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.')) {
                problems.add(Problem::error(place, format!("`{name}` is no name for a list"), "Use letters, digits, `_` and `-`."));
                continue;
            }
            if is_empty_list(&table, &name) {
                problems.add(Problem::error(
                    place,
                    format!("the list `{name}` is empty"),
                    "Write at least one word, or take out the list and its name in the rules.",
                ));
            }
            let words = table.texts(&name).unwrap_or_default();
            self.named.entry(name).or_default().push((file, words));
        }
    }

    /// The list as this file sees it: its own, else the only one of that name.
    fn find(&self, name: &str, file: usize) -> Result<&[(Place, String)], String> {
        let Some(lists) = self.named.get(name) else {
            let known = self.named.keys().map(String::as_str);
            return Err(
                nearest(name, known).map_or_else(|| "Define it under `[list]`.".to_owned(), |name| format!("Did you mean `@{name}`?"))
            );
        };
        let own = lists.iter().find(|(owner, _)| *owner == file);
        match (own, lists.as_slice()) {
            (Some((_, words)), _) | (None, [(_, words)]) => Ok(words),
            _ => Err("Several files define it: give each list its own name.".to_owned()),
        }
    }
}

/// Complains of an empty list where words are wanted: a rule that asks for none of them would fire on every text.
pub(super) fn not_empty(table: &Table, key: &str) {
    if is_empty_list(table, key) {
        table.complain(key, format!("`{key}` is empty"), "Write at least one word, or leave the key out.");
    }
}

fn is_empty_list(table: &Table, key: &str) -> bool {
    matches!(table.peek(key), Some(Data::List(list)) if list.is_empty())
}

/// Reads the words of one file's rules.
pub(super) struct Words<'a> {
    lists: &'a Lists,
    file: usize,
    problems: &'a Problems,
}

impl<'a> Words<'a> {
    pub(super) const fn new(lists: &'a Lists, file: usize, problems: &'a Problems) -> Self {
        Self { lists, file, problems }
    }

    /// The words under `key`, folded, each once.
    pub(super) fn under(&self, table: &mut Table, key: &str) -> rule::Words {
        if key == "any" {
            not_empty(table, key);
        }
        self.fold_all(&table.listed(key).unwrap_or_default())
    }

    /// Each entry under `key` as the words any of which satisfies it.
    pub(super) fn each_under(&self, table: &mut Table, key: &str) -> Vec<rule::Words> {
        not_empty(table, key);
        let texts = table.listed(key).unwrap_or_default();
        texts.into_iter().map(|text| self.fold_all(&[text])).filter(|group| !group.is_empty()).collect()
    }

    /// A group of `near`: a list of words, or the name of a shared list.
    pub(super) fn group(&self, value: &Value) -> rule::Words {
        let texts = match &value.data {
            Data::List(values) if values.is_empty() => {
                let help = "Write at least one word in it, or leave the group out.";
                self.problems.add(Problem::error(value.place.clone(), "this group of words is empty", help));
                vec![]
            }
            Data::Text(text) => vec![(&value.place, text.as_str())],
            Data::List(values) => values.iter().filter_map(|value| self.text(value)).collect(),
            _ => self.text(value).into_iter().collect(),
        };
        self.fold_all(&texts)
    }

    fn text<'v>(&self, value: &'v Value) -> Option<Written<'v>> {
        if let Data::Text(text) = &value.data {
            return Some((&value.place, text));
        }
        let help = "Write words in quotes, as [[\"物流\", \"快遞\"], [\"慢\"]], or \"@list\" for a shared list.";
        self.problems.add(Problem::error(value.place.clone(), "this is no word", help));
        None
    }

    fn fold_all(&self, texts: &[Written<'_>]) -> rule::Words {
        let Some(list) = self.alone(texts) else { return self.expanded(texts) };
        if let Some(known) = self.lists.shared.borrow().get(&list.as_ptr()) {
            return rule::Words::clone(known);
        }
        let words = self.expanded(texts);
        self.lists.shared.borrow_mut().insert(list.as_ptr(), rule::Words::clone(&words));
        words
    }

    /// The list whose name is all that is written.
    fn alone(&self, texts: &[Written<'_>]) -> Option<&'a [(Place, String)]> {
        let [(_, text)] = texts else { return None };
        self.lists.find(text.strip_prefix('@')?, self.file).ok().filter(|list| !list.is_empty())
    }

    fn expanded(&self, texts: &[Written<'_>]) -> rule::Words {
        let mut words: Vec<Arc<str>> = Vec::with_capacity(texts.len());
        self.expand(texts, 0, &mut HashMap::new(), &mut words);
        let mut seen = FxHashSet::with_capacity_and_hasher(words.len(), FxBuildHasher);
        words.retain(|word| seen.insert(word.as_ptr()));
        words.into()
    }

    /// `open`: the lists met so far, and whether each is still being read. Once is enough: in a file of ten lines that name the
    /// next a dozen times each, the words of the last would be met millions of times.
    fn expand<'t>(&'t self, texts: &[Written<'t>], depth: usize, open: &mut HashMap<&'t str, bool>, words: &mut Vec<Arc<str>>) {
        for (place, text) in texts {
            let Some(name) = text.strip_prefix('@') else {
                words.extend(self.word(place, text));
                continue;
            };
            match (self.lists.find(name, self.file), open.get(name)) {
                (Ok(_), Some(false)) => {}
                (Ok(list), None) if depth < MOST_NESTED => {
                    open.insert(name, true);
                    let list: Vec<Written<'t>> = list.iter().map(|(place, text)| (place, text.as_str())).collect();
                    self.expand(&list, depth + 1, open, words);
                    open.insert(name, false);
                }
                (Ok(_), _) => {
                    let message = format!("the list `@{name}` contains itself");
                    self.problems.add(Problem::error((*place).clone(), message, "Take one of the names out of the circle."));
                }
                (Err(help), _) => self.problems.add(Problem::error((*place).clone(), format!("there is no list `@{name}`"), help)),
            }
        }
    }

    fn word(&self, place: &Place, text: &str) -> Option<Arc<str>> {
        // What is written as it is folded was checked when it was first met, but for how it is written.
        if let Some(known) = self.lists.known.borrow().get(text).filter(|_| !is_pattern(text)) {
            return Some(Arc::clone(known));
        }
        if let Some(known) = self.lists.folded.borrow().get(text) {
            return Some(Arc::clone(known));
        }
        let word = self.check(place, text)?;
        let known = self.once(&word);
        if *word != *text || is_pattern(text) {
            self.lists.folded.borrow_mut().insert(text.to_owned(), Arc::clone(&known));
        }
        Some(known)
    }

    fn once(&self, word: &str) -> Arc<str> {
        let mut all = self.lists.known.borrow_mut();
        if let Some(known) = all.get(word) {
            return Arc::clone(known);
        }
        let word: Arc<str> = word.into();
        all.insert(Arc::clone(&word));
        word
    }

    fn check<'t>(&self, place: &Place, text: &'t str) -> Option<Cow<'t, str>> {
        let word = folded_word(text);
        let complain = |message: String, help: &str| {
            self.problems.add(Problem::error(place.clone(), message, help));
            None
        };
        let mut letters = word.chars();
        match (letters.next(), letters.next()) {
            (None, _) => complain("this word is empty".to_owned(), "Empty words match every text: write a word or remove it."),
            (Some(only), None) if only.is_ascii() || is_word_letter(only) => {
                complain(format!("`{text}` is a single letter or sign"), "It would match nearly every text: write the whole word.")
            }
            _ if is_only_signs(&word) => {
                complain(format!("`{text}` is nothing but signs"), "It would match nearly every text: write the word before it.")
            }
            _ if word.len() > MOST_WORD_CHARS && word.chars().count() > MOST_WORD_CHARS => {
                complain("this word is longer than 200 characters".to_owned(), "Use the few words that matter, or `near`.")
            }
            _ => {
                if is_pattern(text) {
                    let message = format!("`{text}` looks like a pattern, and in a word its signs stand for themselves");
                    self.problems.add(Problem::warning(place.clone(), message, PATTERN_HELP));
                }
                Some(word)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::decide::load::load;
    use crate::problem::{Problems, render};

    fn said(text: &str) -> String {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("a.toml"), text).expect("written");
        let problems = Problems::default();
        let _ = load(dir.path(), &problems);
        let mut found = problems.take();
        found.retain(|problem| !problem.warning);
        render(&found, false)
    }

    fn rule(rest: &str) -> String {
        format!("[[rule]]\nid = \"a\"\ncategory = \"logistics\"\nseverity = \"medium\"\nnote = \"n\"\n{rest}\n")
    }

    #[test]
    fn empty_lists_are_mistakes_wherever_they_stand() {
        for terms in ["any = [\"@empty\"]", "any = [\"late\"]\nall = [\"@empty\"]", "any = [\"late\"]\nnone = [\"@empty\"]"] {
            let said = said(&format!("[list]\nempty = []\n{}", rule(terms)));
            assert!(said.contains("the list `empty` is empty") && said.contains("a.toml:2:") && said.contains("help: "), "{said}");
        }
        let near = "near = { words = [[\"late\"], [\"parcel\"], \"@empty\"], within = 8 }";
        assert!(said(&format!("[list]\nempty = []\n{}", rule(near))).contains("the list `empty` is empty"));
        let group = said(&rule("near = { words = [[\"late\"], [\"parcel\"], []], within = 8 }"));
        assert!(group.contains("this group of words is empty"), "{group}");
        for key in ["any", "all", "regex", "suggests"] {
            let said = said(&rule(&format!("{key} = []")));
            assert!(said.contains(&format!("`{key}` is empty")), "{said}");
        }
    }

    #[test]
    fn words_that_are_only_signs_are_mistakes() {
        for word in ["。", "，", "??", "？？", "?!", "……", "、。", "、"] {
            assert!(said(&rule(&format!("any = [\"{word}\"]"))).contains("sign"), "{word}");
        }
        for word in [":(", ":-)", "$$$", "😡", "❤", "(^^)", "♪", "慢", "a+"] {
            assert_eq!(said(&rule(&format!("any = [\"{word}\"]"))), "", "{word}");
        }
    }
}
