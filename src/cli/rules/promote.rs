//! Shadow rules that were watched long enough: how they did, and the edit that puts them in force. The file is the operator's.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::tally::Figures;
use crate::decide::rule::Rule;
use crate::model::Moment;

/// A rule that is wrong more often than right is mended, not put in force.
const LEAST_PRECISION: f64 = 0.5;

/// What is said of one shadow rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Proposal {
    pub(super) rule: String,
    pub(super) file: String,
    /// Of the rule.
    pub(super) line: u32,
    /// When it first fired.
    pub(super) since: Moment,
    pub(super) fired: u64,
    pub(super) precision: Option<f64>,
    /// Mentions people answered, and those for which the live verdict stands in.
    pub(super) answered: u64,
    pub(super) by_live_verdict: u64,
    /// None for a rule that is better left as it is.
    pub(super) edit: Option<Edit>,
}

/// A line of a rule file, as it stands and as it would be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Edit {
    pub(super) line: u32,
    /// Empty where a line is to be added behind this one.
    pub(super) old: String,
    pub(super) new: String,
}

/// The shadow rules that first fired this long ago, the most precise first.
pub(super) fn proposals(rules: &[Rule], figures: &BTreeMap<String, Figures>, now: Moment, watched: Duration) -> Vec<Proposal> {
    let shadows = rules.iter().filter(|rule| rule.shadow);
    let mut found: Vec<Proposal> = shadows.filter_map(|rule| proposal(rule, figures.get(&rule.id)?, now, watched)).collect();
    found.sort_by(|left, right| right.precision.unwrap_or(0.0).total_cmp(&left.precision.unwrap_or(0.0)));
    found
}

fn proposal(rule: &Rule, figures: &Figures, now: Moment, watched: Duration) -> Option<Proposal> {
    let since = figures.first_seen.filter(|first| figures.shadow > 0 && now.since(*first) >= watched)?;
    let precision = figures.shadow_precision();
    let fit = precision.is_none_or(|precision| precision >= LEAST_PRECISION);
    Some(Proposal {
        rule: rule.id.clone(),
        file: rule.file.display().to_string(),
        line: rule.line,
        since,
        fired: figures.shadow,
        precision,
        answered: figures.answered(),
        by_live_verdict: figures.unanswered_complaint + figures.unanswered_other,
        edit: fit.then(|| edit(&std::fs::read_to_string(Path::new(&rule.file)).unwrap_or_default(), rule.line)),
    })
}

/// Where the rule that begins on this line says that it is a shadow; where its file or another rule says so for it, a line of its own.
fn edit(text: &str, rule_line: u32) -> Edit {
    let own = (1_u32..).zip(text.lines()).skip_while(|(number, _)| *number < rule_line);
    let mut own = own.take_while(|(number, line)| *number == rule_line || !is_header(line));
    let is_mode = |line: &str| {
        line.trim_start().strip_prefix("mode").is_some_and(|rest| rest.trim_start().starts_with('=')) && line.contains("shadow")
    };
    match own.find(|(_, line)| is_mode(line)) {
        Some((number, line)) => Edit { line: number, old: line.to_owned(), new: line.replacen("shadow", "live", 1) },
        None => Edit { line: rule_line, old: String::new(), new: "mode = \"live\"".to_owned() },
    }
}

/// The next table of a rule file; a list may begin a line with a bracket, too.
fn is_header(line: &str) -> bool {
    ["[[rule", "[list", "[defaults"].iter().any(|header| line.trim_start().starts_with(header))
}

impl Proposal {
    pub(super) fn text(&self, since: &str) -> String {
        let Self { rule, file, line, fired, answered, by_live_verdict, .. } = self;
        let mut text = format!("  {rule} ({file}:{line}) fired {fired} times since {since}");
        if let Some(precision) = self.precision {
            let _ = write!(text, ", right in {precision:.2} ({answered} answered by people, {by_live_verdict} by the live verdict)");
        }
        text.push('\n');
        match &self.edit {
            Some(Edit { line, old, new }) if old.is_empty() => {
                let _ = writeln!(text, "      behind line {line} of {file}, add: {new}");
            }
            Some(Edit { line, old, new }) => {
                let _ = writeln!(text, "      line {line} of {file}: {} -> {}", old.trim(), new.trim());
            }
            None => text.push_str("      wrong more often than right: mend it or take it out\n"),
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "[[rule]]\nid = \"a.b\"\nmode = \"live\"\n\n[[rule]]\nid = \"c.d\"\nnear = { words = [\n  [\"x\"], [\"y\"]] }\n  mode=\"shadow\" # since May\n[[rule.example]]\ntext = \"mode = shadow\"\n[[rule]]\nid = \"e.f\"\n";

    #[test]
    fn the_edit_is_of_the_rules_own_line() {
        let line = Edit { line: 9, old: "  mode=\"shadow\" # since May".into(), new: "  mode=\"live\" # since May".into() };
        assert_eq!(edit(FILE, 5), line);
    }

    #[test]
    fn a_shadow_by_inheritance_gets_a_line_of_its_own() {
        let added = Edit { line: 12, old: String::new(), new: "mode = \"live\"".into() };
        assert_eq!(edit(FILE, 12), added);
        assert_eq!(edit("", 12), added, "a file that went away meanwhile");
    }
}
