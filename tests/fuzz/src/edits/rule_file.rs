//! Edits of a rule file that mostly leave one that loads: whole lines and whole rules, with words that the check's texts hold.

use arbitrary::{Result, Unstructured};

use super::edit_text;

/// A line of a rule; `%` is a word.
const LINES: &[&str] = &[
    "any = [%]",
    "any = [%, %, %]",
    "any = [%, \"@few\"]",
    "none = [%]",
    "none = [%, \"@many\"]",
    "all = [%]",
    "all = [%, \"@few\"]",
    "near = { words = [[%], [%, %]], within = 8 }",
    "near = { words = [[%, %], \"@few\", [%]], within = 0 }",
    "near = { words = [[%], [%]], within = 200 }",
    "regex = ['\\d+天']",
    "regex = ['(late|等了)\\S+', '[差慢]']",
    "regex = '.{1,9}貨'",
    "category = \"logistics\"",
    "category = \"service\"",
    "severity = \"critical\"",
    "severity = \"medium\"",
    "severity = \"none\"",
    "kind = \"category\"",
    "kind = \"sentiment\"",
    "kind = \"severity\"",
    "raise_to = \"high\"",
    "lower_to = \"low\"",
    "worsen = true",
    "weight = 2.5",
    "weight = -1",
    "weight = 0.1",
    "weight = 1e-320",
    "rating = \"<=3\"",
    "rating = \">4.5\"",
    "readers = \">=10\"",
    "readers = \"=0\"",
    "repeated = \">=1\"",
    "tone = \"<0.5\"",
    "suggests = \"logistics\"",
    "in = \"title\"",
    "in = \"text\"",
    "lang = [\"zh\"]",
    "lang = [\"en\", \"zh-TW\"]",
    "source = [\"forum\"]",
    "brand = [\"Acme\"]",
    "mode = \"shadow\"",
    "mode = \"live\"",
    "like = \"a\"",
    "like = \"b\"",
    "id = \"a\"",
    "id = \"b\"",
    "note = %",
    "notes = { zh-TW = %, en = % }",
    "example = [{ text = %, fires = true }, { title = %, text = %, rating = 1, fires = false }]",
];

/// A part of its own.
const PARTS: &[&str] = &[
    "[[rule]]\nid = \"a\"\ncategory = \"c\"\nseverity = \"low\"\nany = [%]\n",
    "[[rule]]\nid = \"b\"\nlike = \"a\"\nany = [%, %]\n",
    "[[rule]]\nid = \"c\"\nkind = \"sentiment\"\nweight = -2\nany = [%, %]\n",
    "[[rule]]\nid = \"d\"\nkind = \"severity\"\nraise_to = \"high\"\nall = [%, %]\n",
    "[[rule]]\nid = \"e\"\ncategory = \"c\"\nseverity = \"high\"\nregex = ['等了\\d+天', 'late']\nnone = [%]\n",
    "[list]\nfew = [%, %]\nmany = [%, \"@few\"]\n",
    "[defaults]\ncategory = \"d\"\nseverity = \"medium\"\nmode = \"shadow\"\n",
];

const HEADER: &str = "[[rule]]";

/// Words of the texts that loaded rules judge.
const WORDS: &[&str] = &[
    "慢",
    "還沒收到",
    "物流",
    "客服",
    "不理人",
    "壞了",
    "失望",
    "好吃",
    "12天",
    "朋友說",
    "late",
    "parcel",
    "never answer",
    "broken",
    "refund",
    "not terrible",
    "terrible",
    "they say",
    "buy",
    "又",
    "太慢了，客服",
];

/// One step from a file to another.
pub(super) fn edit(file: &str, choices: &mut Unstructured<'_>) -> Result<String> {
    let mut parts = parts(file);
    let rules = parts.len() - 1;
    let at = if rules == 0 { 0 } else { 1 + choices.choose_index(rules)? };
    match choices.int_in_range(0..=7)? {
        action if action == 0 || rules == 0 => {
            let part = filled(choices.choose(PARTS)?, choices)?;
            // Lists and defaults come but once, so that the file still loads.
            let header = part.lines().next().unwrap_or_default();
            if header == HEADER || !file.contains(header) {
                parts.push(part);
            }
        }
        1 => {
            let mut lines: Vec<&str> = parts[at].lines().collect();
            if !lines.is_empty() {
                lines.remove(choices.choose_index(lines.len())?);
            }
            parts[at] = joined(&lines);
        }
        2 => {
            let copy = parts[at].replacen("id = \"", "id = \"x", 1);
            parts.push(copy);
        }
        _ => {
            let line = filled(choices.choose(LINES)?, choices)?;
            parts[at] = with_line(&parts[at], &line);
        }
    }
    Ok(parts.concat())
}

/// What stands before the first rule, then each rule.
fn parts(file: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for line in file.lines() {
        if line.trim() == HEADER {
            parts.push(String::new());
        }
        let part = parts.last_mut().expect("there is a first part");
        part.push_str(line);
        part.push('\n');
    }
    parts
}

/// The line instead of the one with the same key, or right below the header.
fn with_line(part: &str, line: &str) -> String {
    let key = line.split_inclusive(" = ").next().unwrap_or(line);
    let mut lines: Vec<&str> = part.lines().collect();
    match lines.iter().position(|other| other.starts_with(key)) {
        Some(at) => lines[at] = line,
        None => lines.insert(lines.len().min(1), line),
    }
    joined(&lines)
}

fn joined(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn filled(template: &str, choices: &mut Unstructured<'_>) -> Result<String> {
    let mut filled = String::new();
    for (number, piece) in template.split('%').enumerate() {
        if number > 0 {
            filled.push_str(&word(choices)?);
        }
        filled.push_str(piece);
    }
    Ok(filled)
}

/// In quotes: a string of JSON is one of TOML.
fn word(choices: &mut Unstructured<'_>) -> Result<String> {
    let mut word = (*choices.choose(WORDS)?).to_owned();
    if choices.ratio(1, 3)? {
        word = edit_text(&word, choices)?;
    }
    Ok(serde_json::Value::String(word).to_string())
}
