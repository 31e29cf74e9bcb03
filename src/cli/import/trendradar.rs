//! TrendRadar's `frequency_words.txt`, line by line.
//!
//! ```text
//! # comment             groups are parted by an empty line; sections by a line of their own
//! [GLOBAL_FILTER]       words whose titles are passed over, until [WORD_GROUPS]
//! [name]                as the first line of a group: its name
//! word                  one of these must stand in the title
//! +word                 every one of these must
//! !word                 titles with it are passed over, in every group
//! @7                    at most so many titles are shown
//! /a|b/i => name        a regular expression, case ignored; a name for the line
//! ```
//!
//! Source: the reader of TrendRadar itself, `trendradar/core/frequency.py` at <https://github.com/sansan0/TrendRadar>.
//!
//! Every line ends in a rule, a list, a comment, or a remark. What is different: TrendRadar looks for `ai` in `said` too, Hearken for
//! whole Latin words; TrendRadar drops a whole title for a `!word`, a guard of Hearken covers only the hits it overlaps.

use std::fmt::Write as _;

use crate::decide::fold::fold_word;
use crate::decide::pattern;
use crate::decide::script::{is_only_signs, is_word_letter};

/// The rule file, and what there is to say of it.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) rules: String,
    pub(super) remarks: Vec<Remark>,
    /// One sentence that accounts for every line.
    pub(super) account: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Remark {
    /// From 1.
    pub(super) line: usize,
    pub(super) words: String,
    /// The line is not in the rules.
    pub(super) left_out: bool,
}

/// What a line came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Became {
    Word,
    Required,
    Guard,
    Pattern,
    Name,
    Comment,
    Section,
    Remark,
}

/// One group, on its way to a rule.
#[derive(Debug, Default)]
struct Group {
    line: usize,
    name: Option<String>,
    comments: Vec<String>,
    any: Vec<String>,
    all: Vec<String>,
    none: Vec<String>,
    patterns: Vec<String>,
    aliases: Vec<String>,
}

#[derive(Debug, Default)]
struct Reading {
    groups: Vec<Group>,
    excluded: Vec<String>,
    remarks: Vec<Remark>,
    became: Vec<Became>,
    filtering: bool,
}

const EXCLUDED: &str = "excluded";

/// Makes a rule file of the text of `frequency_words.txt`; `name` is shown at its head.
pub(super) fn translate(text: &str, name: &str, category: &str) -> Made {
    let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n");
    let mut reading = Reading::default();
    let mut lines: Vec<(usize, &str)> = Vec::new();
    for (number, line) in (1..).zip(text.split('\n')) {
        // A line of nothing but spaces parts no groups there.
        if line.is_empty() {
            reading.group(&std::mem::take(&mut lines));
        } else if !line.trim().is_empty() {
            lines.push((number, line.trim()));
        }
    }
    reading.group(&lines);
    let account = account(&reading.became);
    let rules = file(&reading, name, category);
    Made { rules, remarks: reading.remarks, account }
}

impl Reading {
    fn group(&mut self, lines: &[(usize, &str)]) {
        let mut group = Group::default();
        let mut first = true;
        for (number, line) in lines.iter().copied() {
            if let Some(comment) = line.strip_prefix('#') {
                group.comments.push(comment.trim().to_owned());
                self.became.push(Became::Comment);
                continue;
            }
            if group.line == 0 {
                group.line = number;
            }
            let became = match bracketed(line).filter(|_| first) {
                Some(name) => self.head(name, &mut group),
                None => {
                    first = false;
                    if self.filtering { self.filter(number, line) } else { self.line(number, line, &mut group) }
                }
            };
            self.became.push(became);
            first = first && became == Became::Section;
        }
        if group.any.is_empty() && group.all.is_empty() && group.patterns.is_empty() && !group.none.is_empty() {
            // A group of nothing but `!words` is no group there either: its words are passed over everywhere.
            self.excluded.append(&mut group.none);
        }
        self.groups.push(group);
    }

    /// A line in brackets that opens a group: a section, or the group's name.
    fn head(&mut self, name: &str, group: &mut Group) -> Became {
        match name.to_uppercase().as_str() {
            "GLOBAL_FILTER" => self.filtering = true,
            "WORD_GROUPS" => self.filtering = false,
            _ if self.filtering => {
                self.excluded.push(format!("[{name}]"));
                return Became::Guard;
            }
            _ => {
                group.name = Some(name.to_owned());
                return Became::Name;
            }
        }
        Became::Section
    }

    fn filter(&mut self, number: usize, line: &str) -> Became {
        if line.starts_with(['!', '+', '@']) {
            return self.leave_out(number, format!("`{line}` means nothing under [GLOBAL_FILTER], TrendRadar passes it over too"));
        }
        match self.entry(number, line) {
            Some(Entry::Word(word, _)) => {
                self.excluded.push(word);
                Became::Guard
            }
            Some(Entry::Pattern(..)) => self.leave_out(number, format!("`{line}`: a guard holds words, no regular expressions")),
            None => Became::Remark,
        }
    }

    fn line(&mut self, number: usize, line: &str, group: &mut Group) -> Became {
        if let Some(most) = line.strip_prefix('@') {
            let words = format!("`@{most}`: there is no limit by rule; every mention is judged, and those of one incident are told once");
            return self.leave_out(number, words);
        }
        let (sign, rest) = match line.chars().next() {
            Some(sign @ ('!' | '+')) => (Some(sign), line[1..].trim()),
            _ => (None, line),
        };
        match (sign, self.entry(number, rest)) {
            (_, None) => Became::Remark,
            (Some(sign), Some(Entry::Pattern(..))) => {
                let key = if sign == '+' { "`all`" } else { "a guard" };
                self.leave_out(number, format!("`{line}`: {key} holds words, no regular expressions"))
            }
            (None, Some(Entry::Pattern(pattern, alias))) => {
                group.patterns.push(pattern);
                group.aliases.extend(alias);
                Became::Pattern
            }
            (sign, Some(Entry::Word(word, alias))) => {
                group.aliases.extend(alias);
                match sign {
                    Some('+') => group.all.push(word),
                    Some(_) => {
                        let words = format!("`!{word}` drops a whole title there; as a guard it covers only hits it overlaps");
                        self.remarks.push(Remark { line: number, words, left_out: false });
                        group.none.push(word);
                        return Became::Guard;
                    }
                    None => group.any.push(word),
                }
                if sign.is_some() { Became::Required } else { Became::Word }
            }
        }
    }

    /// A word or an expression with its name; none where the rules would refuse it, which is then remarked.
    fn entry(&mut self, number: usize, line: &str) -> Option<Entry> {
        let (written, alias) = match line.split_once("=>") {
            Some((written, alias)) => (written.trim(), Some(alias.trim().to_owned()).filter(|alias| !alias.is_empty())),
            None => (line, None),
        };
        if let Some(expression) = expression(written) {
            return match pattern::compile(expression) {
                Ok(_) => Some(Entry::Pattern(expression.to_owned(), alias)),
                Err(refusal) => {
                    self.leave_out(number, format!("`{written}`: {}. {}", refusal.message, refusal.help));
                    None
                }
            };
        }
        if !is_long_enough(written) || written.starts_with('@') {
            self.leave_out(number, format!("`{written}` is too short for a word: it would match nearly every text"));
            return None;
        }
        Some(Entry::Word(written.to_owned(), alias))
    }

    fn leave_out(&mut self, line: usize, words: String) -> Became {
        self.remarks.push(Remark { line, words: format!("left out: {words}"), left_out: true });
        Became::Remark
    }
}

#[derive(Debug)]
enum Entry {
    Word(String, Option<String>),
    Pattern(String, Option<String>),
}

fn bracketed(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.strip_suffix(']').map(str::trim)
}

/// What stands between the slashes of `/.../` or `/.../i`.
fn expression(written: &str) -> Option<&str> {
    let rest = written.strip_prefix('/')?;
    let (inside, flags) = rest.rsplit_once('/')?;
    (!inside.is_empty() && flags.chars().all(|flag| flag.is_ascii_lowercase())).then_some(inside)
}

/// As the loader asks: not empty, no single letter, and not only signs.
fn is_long_enough(word: &str) -> bool {
    let folded = fold_word(word);
    let mut letters = folded.chars();
    match (letters.next(), letters.next()) {
        (None, _) => false,
        (Some(only), None) if only.is_ascii() || is_word_letter(only) => false,
        _ => !is_only_signs(&folded),
    }
}

fn file(reading: &Reading, name: &str, category: &str) -> String {
    let mut text = format!(
        "# Made of {} by `hearken import trendradar`. Read it through: name the rules, sort them into categories,\n",
        one_line(name)
    );
    text.push_str("# give each a note that says what the customer complains of and an example that must not fire; then take `mode` out.\n");
    if !reading.excluded.is_empty() {
        let _ = write!(text, "\n[list]\n# Under [GLOBAL_FILTER], or in a group of their own.\n{EXCLUDED} = {}\n", list(&reading.excluded));
    }
    let _ = write!(text, "\n[defaults]\ncategory = {}\nseverity = \"low\"\nmode = \"shadow\"\n", quoted(category));
    let mut number = 0;
    for group in &reading.groups {
        if !group.comments.is_empty() {
            text.push('\n');
            group.comments.iter().for_each(|comment| text.push_str(&format!("# {}\n", one_line(comment)).replace("# \n", "#\n")));
        }
        if !(group.any.is_empty() && group.all.is_empty() && group.patterns.is_empty()) {
            number += 1;
            text.push_str(&rule(group, number, !reading.excluded.is_empty()));
        }
    }
    text
}

fn rule(group: &Group, number: usize, excluded: bool) -> String {
    let mut text = format!("\n[[rule]] # line {}\nid = \"trendradar.{number}\"\n", group.line);
    let mut key = |name: &str, value: String| text.push_str(&format!("{name} = {value}\n"));
    let note = group.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| {
        let words =
            if group.aliases.is_empty() { [&group.any[..], &group.all[..], &group.patterns[..]].concat() } else { group.aliases.clone() };
        words.join(" / ")
    });
    if !group.any.is_empty() {
        key("any", list(&group.any));
    }
    if !group.patterns.is_empty() {
        key("regex", list(&group.patterns));
    }
    if !group.all.is_empty() {
        key("all", list(&group.all));
    }
    let mut none = group.none.clone();
    none.extend(excluded.then(|| format!("@{EXCLUDED}")));
    if !none.is_empty() {
        key("none", list(&none));
    }
    key("note", quoted(&one_line(&note)));
    let example: Vec<&str> = group.any.first().into_iter().chain(&group.all).map(String::as_str).collect();
    if !example.is_empty() && (!group.any.is_empty() || group.patterns.is_empty()) {
        key("example", format!("[{{ text = {}, fires = true }}]", quoted(&example.join(" "))));
    }
    text
}

fn list(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("[{}]", words.join(", "))
}

/// A TOML string: basic, so that any sign may stand in it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// Comments end with their line, and control characters have no place in them.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn account(became: &[Became]) -> String {
    let count = |wanted: Became| became.iter().filter(|kind| **kind == wanted).count();
    let kinds = [
        (Became::Word, "words"),
        (Became::Pattern, "expressions"),
        (Became::Required, "required"),
        (Became::Guard, "guards"),
        (Became::Name, "names"),
        (Became::Section, "sections"),
        (Became::Comment, "comments"),
        (Became::Remark, "left out"),
    ];
    let said: Vec<String> =
        kinds.iter().filter(|(kind, _)| count(*kind) > 0).map(|(kind, noun)| format!("{} {noun}", count(*kind))).collect();
    format!("{} lines: {}.", became.len(), if said.is_empty() { "nothing in them".to_owned() } else { said.join(", ") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::Judge;
    use crate::decide::example;
    use crate::decide::load::load;
    use crate::decide::rule::RuleSet;
    use crate::problem::Problems;

    const SAMPLE: &str = include_str!("../../../tests/fixtures/import/frequency_words.txt");

    fn loaded(made: &Made) -> RuleSet {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("a.toml"), &made.rules).expect("written");
        let problems = Problems::default();
        let rules = load(dir.path(), &problems);
        assert!(!problems.any_error(), "{:?}\n{}", problems.take(), made.rules);
        rules
    }

    #[test]
    fn every_line_is_accounted_for_and_the_rules_load() {
        let made = translate(SAMPLE, "frequency_words.txt", "other");
        let remarks: Vec<String> = made.remarks.iter().map(|remark| format!("{}: {}", remark.line, remark.words)).collect();
        let shown = format!("{}\n----\n{}\n----\n{}", made.rules, remarks.join("\n"), made.account);
        insta::assert_snapshot!(shown);
        let written = SAMPLE.lines().filter(|line| !line.trim().is_empty()).count();
        assert!(made.account.starts_with(&format!("{written} lines: ")), "{}", made.account);
        let judge = Judge::new(loaded(&made), &[]);
        assert_eq!(example::run(&judge).failing, []);
        assert!(judge.rules().rules.iter().all(|rule| rule.shadow));
    }

    #[test]
    fn marks_line_ends_and_odd_signs_do_no_harm() {
        let made = translate("\u{FEFF}茶飲\r\n\"引號\\\"\r\n\r\n+\r\n!\r\n@\r\n[]\r\n=> x\r\n/[/\r\n//\r\n\t\u{7}鈴\r\n", "a\nb", "x\"y");
        assert_eq!(loaded(&made).rules.len(), 2);
        assert_eq!(loaded(&translate("??\n。\n茶飲\n", "a", "b")).rules.len(), 1, "what the loader refuses is no word");
        assert!(translate("", "a", "b").account.starts_with("0 lines"));
    }
}
