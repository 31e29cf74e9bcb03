//! `hearken rules`: what each rule did, how often people found it right, and which shadow rules have been watched long enough.

mod promote;
mod tally;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::columns::Columns;
use super::desk::{Common, Desk, Refused, counted, end, say, say_json, span};
use super::exit;
use super::judging::ready;
use crate::decide::opinion::SECOND_OPINION;
use crate::decide::rule::{Kind, Rule};
use crate::model::Moment;
use promote::{Proposal, proposals};
use tally::{Figures, tally};

/// How the reasons of the model of tone begin.
const TONE: &str = "tone.";

/// List the rules with how often they fired and how often people found them right.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Mentions seen within this time, as 12h or 30d [default: all]
    #[arg(long, value_name = "SPAN", value_parser = span)]
    since: Option<Duration>,
    /// Those too that never fired
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    common: Common,
}

/// Lists them.
pub(super) async fn run(args: Args) -> u8 {
    end(act(&args).await)
}

async fn act(args: &Args) -> Result<u8, Refused> {
    let desk = Desk::open(&args.common).await?;
    let done = list(&desk, args).await;
    desk.store.close().await;
    done
}

async fn list(desk: &Desk, args: &Args) -> Result<u8, Refused> {
    let judge = ready(&desk.settings.rules_dir, &desk.settings.brands)?;
    let rules = &judge.rules().rules;
    let since = args.since.map_or(Moment(i64::MIN), |since| desk.now.minus(since));
    let figures = tally(&desk.store, rules, since).await?;
    let proposals = proposals(rules, &figures, desk.now, desk.settings.shadow_for);
    if args.common.json {
        say_json(&as_json(rules, &figures, &proposals));
    } else {
        say(&as_text(desk, rules, &figures, &proposals, args.all));
    }
    Ok(exit::FINE)
}

/// `live`, `shadow`, `model` for what a model said, or `gone` for a rule that left its traces in the store alone.
fn mode(id: &str, rule: Option<&Rule>) -> &'static str {
    match rule {
        Some(rule) if rule.shadow => "shadow",
        Some(_) => "live",
        None if id == SECOND_OPINION || id.starts_with(TONE) => "model",
        None => "gone",
    }
}

fn precision(rule: Option<&Rule>, figures: &Figures) -> Option<f64> {
    if rule.is_some_and(|rule| rule.shadow) { figures.shadow_precision() } else { figures.precision() }
}

/// What a precision rests on.
fn basis(rule: Option<&Rule>, figures: &Figures) -> &'static str {
    let unanswered = figures.unanswered_complaint + figures.unanswered_other;
    match (rule.is_some_and(|rule| rule.shadow) && unanswered > 0, figures.answered() > 0) {
        (true, true) => "answers, and the live verdict where nobody answered",
        (true, false) => "the live verdict",
        (false, true) => "answers",
        (false, false) => "nothing",
    }
}

/// Every rule of the files and of the store, by id.
fn both<'a>(rules: &'a [Rule], figures: &BTreeMap<String, Figures>) -> BTreeMap<String, (Option<&'a Rule>, Figures)> {
    let mut all: BTreeMap<String, (Option<&Rule>, Figures)> =
        figures.iter().map(|(id, figures)| (id.clone(), (None, figures.clone()))).collect();
    for rule in rules {
        all.entry(rule.id.clone()).or_default().0 = Some(rule);
    }
    all
}

fn as_json(rules: &[Rule], figures: &BTreeMap<String, Figures>, proposals: &[Proposal]) -> Value {
    let listed = both(rules, figures).into_iter().map(|(id, (rule, figures))| {
        let place = rule.map(|rule| json!({ "file": rule.file, "line": rule.line }));
        let (precision, basis) = (precision(rule, &figures), basis(rule, &figures));
        let kind = rule.map(|rule| match &rule.kind {
            Kind::Category { category, severity } => json!({ "category": category, "severity": severity }),
            Kind::Raise(to) => json!({ "raise_to": to }),
            Kind::Lower(to) => json!({ "lower_to": to }),
            Kind::Worsen => json!({ "worsen": true }),
            Kind::Sentiment => json!({ "sentiment": rule.weight }),
        });
        json!({ "id": id, "mode": mode(&id, rule), "does": kind, "place": place, "figures": figures, "precision": precision, "precision_rests_on": basis })
    });
    json!({ "rules": listed.collect::<Vec<_>>(), "promote": proposals })
}

fn as_text(desk: &Desk, rules: &[Rule], figures: &BTreeMap<String, Figures>, proposals: &[Proposal], all: bool) -> String {
    let all_rules = both(rules, figures);
    let mut columns =
        Columns::new(["rule", "mode", "fired", "held back", "right", "false alarm", "not ours", "precision", "first", "last"]);
    let (mut shown, mut silent) = (0_usize, 0_usize);
    for (id, (rule, figures)) in &all_rules {
        if !all && figures.fired + figures.shadow + figures.held_back == 0 {
            silent += 1;
            continue;
        }
        shown += 1;
        columns.row(row(desk, id, *rule, figures));
    }
    let zone = desk.zone();
    let mut text = if shown > 0 { columns.text() } else { String::new() };
    text.push_str(&format!("{}, times of {zone}", counted(shown, "rule")));
    if silent > 0 {
        text.push_str(&format!("; {silent} more never fired (--all shows them)"));
    }
    text.push('\n');
    if proposals.is_empty() {
        return text;
    }
    text.push_str("\nShadow rules that were watched long enough:\n");
    proposals.iter().for_each(|proposal| text.push_str(&proposal.text(&desk.time(proposal.since))));
    text
}

fn row(desk: &Desk, id: &str, rule: Option<&Rule>, figures: &Figures) -> [String; 10] {
    let fired = match (figures.fired, figures.shadow) {
        (fired, 0) => fired.to_string(),
        (0, shadow) => format!("{shadow} as a shadow"),
        (fired, shadow) => format!("{fired}, {shadow} as a shadow"),
    };
    [
        id.to_owned(),
        mode(id, rule).to_owned(),
        fired,
        figures.held_back.to_string(),
        figures.right.to_string(),
        figures.false_alarm.to_string(),
        figures.not_ours.to_string(),
        precision(rule, figures).map_or_else(|| "-".to_owned(), |share| format!("{share:.2}")),
        desk.time_or_dash(figures.first_seen),
        desk.time_or_dash(figures.last_seen),
    ]
}
