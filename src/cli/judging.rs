//! What the verbs that judge share: where the rules are, and the judge made of them.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::check::{Named, RulesReport};
use super::desk::Refused;
use crate::decide::Judge;
use crate::decide::brand::Brand;
use crate::decide::example;
use crate::decide::idle::{idle, needless_words};
use crate::decide::load::{load, load_alone};
use crate::decide::rule::RuleSet;
use crate::decide::suspect::{lone, suspect};
use crate::problem::{Problem, Problems, render};

/// Findings: an example that fails, a line that is not valid.
pub(super) const FINDINGS: u8 = 1;
/// The rules or the call cannot be used.
pub(super) const UNUSABLE: u8 = 2;

/// Where the package puts the rules.
const INSTALLED_RULES: &str = "/usr/share/hearken/rules";

/// The rules named on the command line, else the configured ones, else `rules` here, else the installed ones.
pub(super) fn rules_dir(named: Option<&Path>, configured: Option<&Path>) -> PathBuf {
    let here = Path::new("rules");
    match named.or(configured) {
        Some(dir) => dir.to_owned(),
        None if here.is_dir() => here.to_owned(),
        None => PathBuf::from(INSTALLED_RULES),
    }
}

/// Loads the rules and says on stderr what is wrong; warnings are for `check` and `test`.
pub(super) fn judge(dir: &Path, brands: &[Brand], warnings: bool) -> Result<Judge, ExitCode> {
    judge_of(dir, brands, warnings, load)
}

/// As if there were no model: what the rules say by themselves.
pub(super) fn judge_without_model(dir: &Path) -> Result<Judge, ExitCode> {
    judge_of(dir, &[], false, load_alone)
}

fn judge_of(dir: &Path, brands: &[Brand], warnings: bool, load: fn(&Path, &Problems) -> RuleSet) -> Result<Judge, ExitCode> {
    let problems = Problems::default();
    let rules = load(dir, &problems);
    let mut found = problems.take();
    found.retain(|problem| warnings || !problem.warning);
    let wrong = found.iter().any(|problem| !problem.warning);
    print(&found);
    if wrong {
        return Err(ExitCode::from(UNUSABLE));
    }
    Ok(Judge::new(rules, brands))
}

/// The same for a verb at the desk, which says itself why it was refused.
pub(super) fn ready(dir: &Path, brands: &[Brand]) -> Result<Judge, Refused> {
    let problems = Problems::default();
    let rules = load(dir, &problems);
    if problems.any_error() {
        let mut found = problems.take();
        found.retain(|problem| !problem.warning);
        let said = render(&found, std::io::stderr().is_terminal());
        return Err(Refused::usage(format!("the rules in {} cannot be used\n\n{}", dir.display(), said.trim_end())));
    }
    Ok(Judge::new(rules, brands))
}

pub(super) fn print(problems: &[Problem]) {
    if !problems.is_empty() {
        eprint!("{}", render(problems, std::io::stderr().is_terminal()));
    }
}

/// What `check` wants to know of a folder of rules: mistakes go to `problems`, examples that do not hold are findings.
pub(super) fn check_rules(dir: &Path, needless: bool, problems: &Problems) -> RulesReport {
    let rules = load(dir, problems);
    let categories: BTreeSet<String> = rules.rules.iter().filter_map(|rule| rule.category().map(str::to_owned)).collect();
    let files: BTreeSet<PathBuf> = rules.rules.iter().map(|rule| PathBuf::from(&rule.file)).collect();
    let mut report = RulesReport {
        files: files.len(),
        rules: rules.rules.len(),
        categories: categories.into_iter().collect(),
        named: named(&rules),
        lone: lone(&rules)
            .map(|(rule, name)| Named { place: rule.place.clone(), rule: rule.id.clone(), key: "category", name: name.to_owned() })
            .collect(),
        ..RulesReport::default()
    };
    idle(&rules).into_iter().for_each(|problem| problems.add(problem));
    suspect(&rules).into_iter().for_each(|problem| problems.add(problem));
    if needless {
        needless_words(&rules).into_iter().for_each(|problem| problems.add(problem));
    }
    let outcome = example::run(&Judge::new(rules, &[]));
    (report.failing, report.not_run) = (outcome.failing, outcome.not_run);
    report
}

fn named(rules: &RuleSet) -> Vec<Named> {
    let mut all = Vec::new();
    for rule in &rules.rules {
        let mut add = |key: &'static str, names: &[String]| {
            all.extend(names.iter().map(|name| Named { place: rule.place.clone(), rule: rule.id.clone(), key, name: name.clone() }));
        };
        add("source", &rule.scope.sources);
        add("brand", &rule.scope.brands);
        add("author", &rule.scope.authors);
    }
    all
}
