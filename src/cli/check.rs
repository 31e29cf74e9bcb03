//! `hearken check`: what is wrong with the configuration and the rules, all at once.

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{advice, exit};
use crate::clock::Clock;
use crate::decide::example::not_run;
use crate::problem::{Place, Problem, Problems, nearest, render};
use crate::respond::message::Templates;
use crate::settings::{Loaded, Settings, default_path, load_here};

/// Check the configuration and the rules; every problem with its place and what would be right.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// The main file [default: config/hearken.toml or /etc/hearken/hearken.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Check these rules instead of the configured ones
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// Warn of words, too, that hold a shorter word of the same list
    #[arg(long)]
    pub needless: bool,
    /// One JSON document instead of text
    #[arg(long)]
    pub json: bool,
}

/// What the rules say for themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesReport {
    pub files: usize,
    pub rules: usize,
    /// Categories that some rule gives: routes may name these.
    pub categories: Vec<String>,
    /// Examples that do not come out as they say.
    pub failing: Vec<Problem>,
    /// Examples that only a model can decide, where there is none.
    pub not_run: usize,
    /// Sources and brands that rules are limited to.
    pub named: Vec<Named>,
    /// Categories that one rule alone names.
    pub lone: Vec<Named>,
}

/// A name of the configuration that a rule asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Of the rule.
    pub place: Place,
    pub rule: String,
    /// `source`, `brand` or `category`.
    pub key: &'static str,
    pub name: String,
}

/// What was found, before it is printed.
#[derive(Debug, Default)]
struct Report {
    problems: Vec<Problem>,
    failing: Vec<Problem>,
    not_run: usize,
    /// One sentence on what was found sound; none when the configuration cannot be used.
    sound: Option<String>,
    /// What is no mistake and could be better, or soon needs a hand.
    advice: Vec<String>,
}

/// Checks and prints; gives the exit code. `check_rules` loads a folder of rules, puts their mistakes into the list and
/// runs their examples.
pub fn run(args: &Args, check_rules: impl Fn(&Path, &Problems) -> RulesReport) -> u8 {
    let path = args.config.clone().unwrap_or_else(default_path);
    let report = examine(&path, args.rules.as_deref(), check_rules);
    let text = if args.json { format!("{:#}\n", report.json()) } else { report.text(&path, std::io::stdout().is_terminal()) };
    // A reader that goes away, as `head` does, is no fault of the configuration.
    let _ = std::io::stdout().write_all(text.as_bytes());
    report.exit_code()
}

fn examine(path: &Path, rules: Option<&Path>, check_rules: impl Fn(&Path, &Problems) -> RulesReport) -> Report {
    let loaded = load_here(path);
    let dir = rules.map(Path::to_owned).or_else(|| loaded.as_ref().ok().map(|loaded| loaded.settings.rules_dir.clone()));
    let found = Problems::default();
    let of_rules = match dir {
        Some(dir) if dir.is_dir() => check_rules(&dir, &found),
        Some(dir) => {
            let help = "Write `dir = \"path\"` under `[rules]`, or name the folder with --rules.";
            found.add(Problem::error(Place::Named(dir.display().to_string()), "there is no folder of rules here", help));
            RulesReport::default()
        }
        None => RulesReport::default(),
    };
    let mut report = Report { failing: of_rules.failing.clone(), not_run: of_rules.not_run, ..Report::default() };
    match loaded {
        Ok(loaded) => {
            let _ = Templates::load(loaded.settings.templates_dir.as_deref(), &found);
            report.sound = Some(summary(path, &loaded, &of_rules));
            report.advice = advice::advice(&loaded.settings, Clock::system().now());
            report.problems.extend(loaded.warnings.iter().cloned());
            report.problems.extend(of_rules.named.iter().filter_map(|named| unknown(named, &loaded.settings)));
            // A route without categories takes whatever nobody names: only what looks misspelt is worth a word then.
            let takes_all = loaded.settings.routes.iter().any(|route| route.categories.is_empty());
            let misspelt = |lone: &&Named| is_like_another(lone, &of_rules.categories) || !takes_all;
            let unrouted = of_rules.lone.iter().filter(|lone| !loaded.names_category(&lone.name)).filter(misspelt);
            report.problems.extend(unrouted.map(|lone| unshared(lone, &of_rules.categories)));
            if !of_rules.categories.is_empty() {
                report.problems.extend(loaded.unknown_categories(of_rules.categories.iter().map(String::as_str)));
            }
        }
        Err(problems) => {
            report.problems.extend(problems);
        }
    }
    report.problems.extend(found.take());
    report
}

fn is_like_another(lone: &Named, categories: &[String]) -> bool {
    nearest(&lone.name, categories.iter().map(String::as_str).filter(|name| *name != lone.name)).is_some()
}

/// A category that nothing else knows is most likely another one misspelt.
fn unshared(lone: &Named, categories: &[String]) -> Problem {
    let message = format!("`{}` alone gives the category `{}`, and no route names it", lone.rule, lone.name);
    let others = || categories.iter().map(String::as_str).filter(|name| *name != lone.name);
    let help = nearest(&lone.name, others()).map_or_else(
        || {
            format!(
                "If it is meant, name it in a route (`categories = [\"{}\"]`); else write one of: {}.",
                lone.name,
                others().collect::<Vec<_>>().join(", ")
            )
        },
        |name| format!("Did you mean \"{name}\"?"),
    );
    Problem::warning(lone.place.clone(), message, help)
}

/// A rule for a source or a brand that is not there never fires.
fn unknown(named: &Named, settings: &Settings) -> Option<Problem> {
    let known: Vec<&str> = match named.key {
        "source" => settings.sources.iter().map(|source| source.name.as_str()).collect(),
        _ => settings.brands.iter().map(|brand| brand.name.as_str()).collect(),
    };
    if known.contains(&named.name.as_str()) {
        return None;
    }
    let message = format!("`{}` asks for the {} `{}`, which the configuration does not have", named.rule, named.key, named.name);
    let help = nearest(&named.name, known).map_or_else(
        || format!("It never fires: add the {}, or take the limit out.", named.key),
        |name| format!("Did you mean \"{name}\"?"),
    );
    Some(Problem::warning(named.place.clone(), message, help))
}

impl Report {
    fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| !problem.warning).count()
    }

    fn exit_code(&self) -> u8 {
        match (self.errors(), self.failing.len()) {
            (0, 0) => exit::FINE,
            (0, _) => exit::FINDINGS,
            _ => exit::USAGE,
        }
    }

    fn text(&self, path: &Path, styled: bool) -> String {
        let mut text = render(&self.problems, styled);
        text.push_str(&render(&self.failing, styled));
        let errors = self.errors();
        let warnings = self.problems.len() - errors;
        let counts = [(errors, "error"), (self.failing.len(), "failing example"), (warnings, "warning")];
        let said: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| counted(*count, noun)).collect();
        match &self.sound {
            Some(sound) if self.exit_code() == exit::FINE && said.is_empty() => text.push_str(sound),
            Some(sound) if self.exit_code() == exit::FINE => text.push_str(&format!("{sound} {}.", said.join(", "))),
            _ => text.push_str(&format!("{} in {}.", said.join(", "), self.where_found(path))),
        }
        text.push('\n');
        // Where a file cannot be used it may be the model's own.
        if let Some(said) = not_run(self.not_run).filter(|_| errors == 0) {
            text.push_str(&format!("{said}\n"));
        }
        self.advice.iter().for_each(|advice| text.push_str(&format!("advice: {advice}\n")));
        text
    }

    /// Where everything was found: one place by its name, several by their number.
    fn where_found(&self, path: &Path) -> String {
        let all = self.problems.iter().chain(&self.failing);
        let places: BTreeSet<String> = all.map(|problem| file_of(&problem.place)).collect();
        match places.len() {
            0 => path.display().to_string(),
            1 => places.into_iter().collect(),
            several => counted(several, "file"),
        }
    }

    fn json(&self) -> Value {
        let list = |problems: &[Problem]| problems.iter().map(as_json).collect::<Vec<_>>();
        json!({
            "sound": self.exit_code() == exit::FINE,
            "errors": self.errors(),
            "warnings": self.problems.len() - self.errors(),
            "problems": list(&self.problems),
            "failing_examples": list(&self.failing),
            "examples_not_run": self.not_run,
            "summary": self.sound,
            "advice": self.advice,
        })
    }
}

/// The file of a place, or what stands for one, as an environment variable.
fn file_of(place: &Place) -> String {
    match place {
        Place::File { file, .. } => file.path.display().to_string(),
        Place::Named(name) => name.clone(),
    }
}

fn as_json(problem: &Problem) -> Value {
    let place = problem.place.line_column();
    let file = file_of(&problem.place);
    json!({
        "level": if problem.warning { "warning" } else { "error" },
        "file": file,
        "line": place.map(|(line, _)| line),
        "column": place.map(|(_, column)| column),
        "message": problem.message,
        "help": problem.help,
    })
}

fn summary(path: &Path, loaded: &Loaded, rules: &RulesReport) -> String {
    let Settings { brands, sources, channels, departments, routes, .. } = &loaded.settings;
    let mut what = path.display().to_string();
    let (presets, drop_ins): (Vec<&PathBuf>, Vec<&PathBuf>) =
        loaded.files.iter().skip(1).partition(|path| path.parent().is_some_and(|folder| folder.ends_with("presets")));
    if !drop_ins.is_empty() {
        what.push_str(&format!(", {} in conf.d", counted(drop_ins.len(), "file")));
    }
    if !presets.is_empty() {
        what.push_str(&format!(", {}", counted(presets.len(), "preset")));
    }
    if rules.files > 0 {
        what.push_str(&format!(" and {} with {}", counted(rules.files, "rule file"), counted(rules.rules, "rule")));
    }
    let verb = if loaded.files.len() == 1 && rules.files == 0 { "is" } else { "are" };
    let parts = [
        (brands.len(), "brand"),
        (sources.len(), "source"),
        (channels.len(), "channel"),
        (departments.len(), "department"),
        (routes.len(), "route"),
    ];
    let parts: Vec<String> = parts.iter().map(|(count, noun)| counted(*count, noun)).collect();
    format!("{what} {verb} sound: {}.", parts.join(", "))
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[company]\nname = \"Example\"\n[http]\ncontact = \"bot@example.com\"\n[[brand]]\nname = \"Example Tea\"\n\
        [[source]]\nname = \"blog\"\nkind = \"feed\"\nurl = \"https://www.example.com/feed.xml\"\n\
        [[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"localhost\"\ntls = \"none\"\nfrom = \"hearken@example.com\"\n\
        [[department]]\nname = \"care\"\nmembers = [{ name = \"Wang\", mail = \"wang@example.com\" }]\nchannels = [\"mail\"]\n\
        [[route]]\ndepartment = \"care\"\ncategories = [\"logistics\"]\n";

    fn report(text: &str, rules: impl Fn(&Path, &Problems) -> RulesReport) -> Report {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("hearken.toml");
        std::fs::write(&path, text).expect("written");
        std::fs::create_dir(folder.path().join("rules")).expect("made");
        examine(&path, None, rules)
    }

    fn good_rules(_: &Path, _: &Problems) -> RulesReport {
        RulesReport { files: 9, rules: 120, categories: vec!["logistics".to_owned()], ..RulesReport::default() }
    }

    #[test]
    fn what_is_sound_may_still_be_better() {
        let bare = report(&GOOD.replace("contact = \"bot@example.com\"", ""), good_rules);
        let text = bare.text(Path::new("hearken.toml"), false);
        assert!(bare.exit_code() == exit::FINE && text.contains("\nadvice: write `contact = "), "{text}");
        let expiring = "kind = \"feed\"\nheaders = { X-Key = { env = \"PATH\", expires = 2020-01-01 } }";
        let text = report(&GOOD.replace("kind = \"feed\"", expiring), good_rules).text(Path::new("hearken.toml"), false);
        let told = "advice: the environment variable PATH has expired on 2020-01-01T00:00:00Z; it is used by: blog.\n";
        assert!(text.contains(told), "{text}");
    }

    #[test]
    fn a_category_of_ones_own_needs_no_route_where_one_takes_all() {
        let lone = |name: &'static str| {
            move |_: &Path, _: &Problems| {
                let named = Named {
                    name: name.to_owned(),
                    rule: "own.rule".to_owned(),
                    key: "category",
                    place: Place::Named("own.toml".to_owned()),
                };
                RulesReport { lone: vec![named], ..good_rules(Path::new(""), &Problems::default()) }
            }
        };
        let says =
            |text: &str, name: &'static str| report(text, lone(name)).text(Path::new("hearken.toml"), false).contains("no route names it");
        let takes_all = GOOD.replace("\ncategories = [\"logistics\"]", "");
        assert!(says(GOOD, "allergy") && !says(&takes_all, "allergy"));
        assert!(says(&takes_all, "logistcs"), "a slip is one all the same");
    }

    #[test]
    fn who_is_told_by_programs_alone_is_named() {
        let mail = "kind = \"smtp\"\nhost = \"localhost\"\ntls = \"none\"\nfrom = \"hearken@example.com\"";
        let hook = GOOD.replace(mail, "kind = \"webhook\"\nurl = \"https://hooks.example.com/x\"");
        let said = |text: &str| report(text, good_rules).text(Path::new("hearken.toml"), false);
        assert!(said(&hook).contains("\nadvice: over webhooks alone are told: care."), "{}", said(&hook));
        for sound in [GOOD, &hook.replace("/x\"", "/x\"\nwatched = true")] {
            assert!(!said(sound).contains("over webhooks alone"), "{}", said(sound));
        }
    }

    #[test]
    fn a_template_that_cannot_be_read_is_an_error() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("mail.txt"), "{% if %}").expect("written");
        let templates = format!("[templates]\ndir = \"{}\"\n", folder.path().display());
        let report = report(&format!("{templates}{GOOD}"), good_rules);
        let text = report.text(Path::new("hearken.toml"), false);
        assert_eq!(report.exit_code(), exit::USAGE, "{text}");
        assert!(text.contains("mail.txt:1"), "{text}");
    }

    #[test]
    fn a_sound_configuration_is_summed_up() {
        let report = report(GOOD, good_rules);
        let text = report.text(Path::new("config/hearken.toml"), false);
        assert_eq!(report.exit_code(), exit::FINE, "{text}");
        let end = "/hearken.toml and 9 rule files with 120 rules are sound: 1 brand, 1 source, 1 channel, 1 department, 1 route.\n";
        let advice: Vec<&str> = text.split_once(end).expect("it is summed up").1.lines().collect();
        assert!(advice.len() == 2 && advice.iter().all(|line| line.starts_with("advice: the department `care` (`respond.ops`)")), "{text}");
        assert_eq!(report.json()["sound"], true);
    }

    #[test]
    fn errors_are_counted_and_listed() {
        let report = report(&GOOD.replace("feed\"", "feeed\""), good_rules);
        let text = report.text(Path::new("config/hearken.toml"), false);
        assert_eq!(report.exit_code(), exit::USAGE);
        assert!(text.contains("\n1 error in /") && text.ends_with("/hearken.toml.\n"), "{text}");
        let json = report.json();
        assert_eq!((&json["problems"][0]["line"], &json["problems"][0]["column"]), (&json!(9), &json!(8)), "{json}");
        assert_eq!(json["problems"][0]["level"], "error");
    }

    #[test]
    fn a_route_to_a_category_that_no_rule_gives_is_an_error() {
        let report = report(&GOOD.replace("\"logistics\"", "\"logistic\""), good_rules);
        assert_eq!(report.exit_code(), exit::USAGE);
        assert_eq!(report.problems[0].help.as_deref(), Some("Did you mean `logistics`?"));
    }

    #[test]
    fn a_rule_for_a_source_that_is_not_there_is_warned_of() {
        let rules = |dir: &Path, problems: &Problems| {
            let named = |key: &'static str, name: &str| Named {
                place: Place::Named("a.toml".to_owned()),
                rule: "late".to_owned(),
                key,
                name: name.to_owned(),
            };
            let named = vec![named("source", "blgo"), named("source", "blog"), named("brand", "Nobody")];
            RulesReport { named, ..good_rules(dir, problems) }
        };
        let report = report(GOOD, rules);
        assert_eq!(report.exit_code(), exit::FINE);
        let helps: Vec<&str> = report.problems.iter().filter_map(|problem| problem.help.as_deref()).collect();
        assert_eq!(helps, ["Did you mean \"blog\"?", "It never fires: add the brand, or take the limit out."]);
    }

    #[test]
    fn a_category_that_one_rule_alone_names_is_warned_of_unless_a_route_does() {
        let rules = |dir: &Path, problems: &Problems| {
            let lone = |name: &str| Named {
                place: Place::Named("a.toml".to_owned()),
                rule: "x".to_owned(),
                key: "category",
                name: name.to_owned(),
            };
            let lone = vec![lone("logistik"), lone("logistics"), lone("smell")];
            let categories = ["logistics", "logistik", "smell"].map(str::to_owned).to_vec();
            RulesReport { lone, categories, ..good_rules(dir, problems) }
        };
        let report = report(GOOD, rules);
        assert_eq!(report.exit_code(), exit::FINE);
        let helps: Vec<&str> = report.problems.iter().filter_map(|problem| problem.help.as_deref()).collect();
        let meant = "If it is meant, name it in a route (`categories = [\"smell\"]`); else write one of: logistics, logistik.";
        assert_eq!(helps, ["Did you mean \"logistics\"?", meant]);
    }

    #[test]
    fn a_failing_example_is_a_finding() {
        let rules = |dir: &Path, problems: &Problems| {
            let place = Place::Named(dir.join("a.toml").display().to_string());
            let failing = vec![Problem::error(place, "this example does not fire", "Change the rule.")];
            RulesReport { failing, ..good_rules(dir, problems) }
        };
        let report = report(GOOD, rules);
        assert_eq!(report.exit_code(), exit::FINDINGS);
        assert!(report.text(Path::new("x"), false).contains("1 failing example in /"));
        assert!(report.text(Path::new("x"), false).contains("/rules/a.toml.\n"), "the file with the fault, not the main one");
    }

    #[test]
    fn examples_that_wait_for_a_model_are_told_and_no_finding() {
        let rules = |dir: &Path, problems: &Problems| RulesReport { not_run: 14, ..good_rules(dir, problems) };
        let report = report(GOOD, rules);
        let text = report.text(Path::new("x"), false);
        assert_eq!(report.exit_code(), exit::FINE, "{text}");
        assert!(text.contains("\n14 examples were not run: they need a model, and there is none.\n"), "{text}");
        assert_eq!(report.json()["examples_not_run"], 14);
    }

    #[test]
    fn mistakes_in_rules_make_them_unusable() {
        let rules = |_: &Path, problems: &Problems| {
            problems.add(Problem::error(Place::Named("rules/a.toml".to_owned()), "wrong", "Do it right."));
            RulesReport { files: 1, ..RulesReport::default() }
        };
        assert_eq!(report(GOOD, rules).exit_code(), exit::USAGE);
    }
}
