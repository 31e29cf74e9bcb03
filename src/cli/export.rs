//! `hearken export labels`: answered cases as labelled lines, for `eval` and for training on a company's own cases.
//!
//! What an answer says of the verdict:
//! - false alarm: no complaint (`pos`), no category, severity `none`;
//! - right (acknowledged, handed over or resolved, and nobody objected): the verdict, whose categories may not be all there are;
//! - not ours: a complaint, without the category that led to the wrong desk; with the one category that leads to the desk it came to
//!   in the end, where the routes name just one; with no categories left, they are unknown (null).
//!
//! Personal data stays here: no author, no link, and the text is redacted.

use std::collections::{BTreeMap, HashSet};
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use serde::Serialize;

use super::desk::{Common, Desk, Refused, end, span};
use super::exit;
use crate::model::{Mention, Moment, Severity, Verdict};
use crate::respond::redact::redacted;
use crate::respond::route::Route;
use crate::respond::said::{Said, said};
use crate::store::{Answers, Walk};

/// Verdicts of one page.
const PAGE: i64 = 200;

/// Hand out what is stored.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum What {
    /// Answered cases as labelled JSON Lines, without personal data: what `eval` and `train` read
    Labels {
        /// Mentions seen within this time, as 12h or 30d [default: all]
        #[arg(long, value_name = "SPAN", value_parser = span)]
        since: Option<Duration>,
    },
}

/// One labelled line.
#[derive(Debug, PartialEq, Serialize)]
struct Line {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rating_max: Option<f64>,
    lang: String,
    #[serde(flatten)]
    labels: Labels,
}

#[derive(Debug, PartialEq, Serialize)]
struct Labels {
    label_sentiment: &'static str,
    labels_category: Option<Vec<String>>,
    /// False: there may be categories that nobody named.
    cat_complete: bool,
    severity: Severity,
}

/// Writes the lines to stdout; the count to a terminal.
pub(super) async fn run(args: Args) -> u8 {
    end(act(&args).await)
}

async fn act(args: &Args) -> Result<u8, Refused> {
    let desk = Desk::open(&args.common).await?;
    let What::Labels { since } = &args.what;
    let done = labels(&desk, since.map_or(Moment(i64::MIN), |since| desk.now.minus(since))).await;
    desk.store.close().await;
    let counts = done?;
    if std::io::stderr().is_terminal() {
        let counts: Vec<String> = counts.iter().map(|(said, count)| format!("{count} {said}")).collect();
        eprintln!("{}", if counts.is_empty() { "nobody has answered a case yet".to_owned() } else { counts.join(", ") });
    }
    Ok(exit::FINE)
}

async fn labels(desk: &Desk, since: Moment) -> Result<BTreeMap<&'static str, u64>, Refused> {
    let mut counts = BTreeMap::new();
    // The same words stand on several sites and were answered once.
    let mut written: HashSet<i64> = HashSet::new();
    let mut walk = Walk::from(since);
    let mut out = std::io::stdout().lock();
    loop {
        let page = desk.store.verdicts_after(&walk, PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(counts) };
        walk = Walk::behind(last);
        let ids: Vec<String> = page.iter().map(|(mention, _)| mention.id.clone()).collect();
        let answers = desk.store.answers_about(&ids).await?;
        for (mention, verdict) in &page {
            let Some(found) = answers.get(&mention.id) else { continue };
            let Some((said, labels)) = label(verdict, found, &desk.settings.routes) else { continue };
            if !written.insert(mention.text_hash) {
                continue;
            }
            *counts.entry(said).or_default() += 1;
            let line = serde_json::to_string(&line(mention, labels)).map_err(|error| Refused::usage(error.to_string()))?;
            if writeln!(out, "{line}").is_err() {
                return Ok(counts);
            }
        }
    }
}

fn line(mention: &Mention, labels: Labels) -> Line {
    let clean = |text: &str| redacted(text, mention.author.as_deref());
    Line {
        id: mention.id.clone(),
        title: mention.title.as_deref().map(clean),
        text: clean(&mention.text),
        rating: mention.rating,
        rating_max: mention.rating_max,
        lang: mention.lang.clone(),
        labels,
    }
}

/// None where nobody answered.
fn label(verdict: &Verdict, answers: &Answers, routes: &[Route]) -> Option<(&'static str, Labels)> {
    let mut categories: Vec<String> = verdict.categories.iter().map(|score| score.category.clone()).collect();
    let complaint = |labels_category| Labels { label_sentiment: "neg", labels_category, cat_complete: false, severity: verdict.severity };
    Some(match said(&answers.actions) {
        Said::Nothing => return None,
        Said::Right => ("right", complaint(Some(categories))),
        Said::FalseAlarm => {
            let none = Labels { label_sentiment: "pos", labels_category: Some(Vec::new()), cat_complete: true, severity: Severity::None };
            ("false alarm", none)
        }
        Said::NotOurs => {
            categories.retain(|category| Some(category) != answers.category.as_ref());
            let led = only_category(routes, &answers.department).filter(|led| !categories.contains(led));
            categories.extend(led);
            ("not ours", complaint(Some(categories).filter(|left| !left.is_empty())))
        }
    })
}

/// The category whose cases a department answers for, where the routes that make it responsible name exactly one.
fn only_category(routes: &[Route], department: &str) -> Option<String> {
    let mut named = routes.iter().filter(|route| !route.also && route.department == department);
    match (named.next().map(|route| route.categories.as_slice()), named.next()) {
        (Some([category]), None) => Some(category.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Action, CategoryScore};

    fn verdict() -> Verdict {
        let scores = ["logistics", "service_attitude"].map(|category| CategoryScore { category: category.into(), score: 2.0 });
        Verdict { complaint: true, categories: scores.into(), severity: Severity::High, ..Verdict::default() }
    }

    fn answers(actions: &[Action], department: &str) -> Answers {
        Answers {
            incident: "H-1".into(),
            opened_at: Moment(1),
            category: Some("logistics".into()),
            department: department.into(),
            actions: actions.to_vec(),
        }
    }

    fn route(department: &str, categories: &[&str]) -> Route {
        let categories = categories.iter().map(|category| (*category).to_owned()).collect();
        let none = Vec::new;
        Route { department: department.into(), brands: none(), categories, sources: none(), severity: Severity::Low, also: false }
    }

    fn labelled(actions: &[Action], department: &str, verdict: &Verdict) -> Option<(Option<Vec<String>>, &'static str, Severity, bool)> {
        let routes =
            [route("parcels", &["logistics"]), route("prices", &["price"]), route("care", &["other"]), route("care", &["expectation"])];
        let (_, labels) = label(verdict, &answers(actions, department), &routes)?;
        Some((labels.labels_category, labels.label_sentiment, labels.severity, labels.cat_complete))
    }

    #[test]
    fn an_answer_becomes_labels() {
        let both = Some(vec!["logistics".to_owned(), "service_attitude".to_owned()]);
        assert_eq!(labelled(&[], "parcels", &verdict()), None);
        assert_eq!(labelled(&[Action::Acknowledge], "parcels", &verdict()), Some((both, "neg", Severity::High, false)));
        let wrong = [Action::Acknowledge, Action::FalseAlarm];
        assert_eq!(labelled(&wrong, "parcels", &verdict()), Some((Some(Vec::new()), "pos", Severity::None, true)));
    }

    #[test]
    fn not_ours_takes_the_category_away_that_led_there() {
        let categories = |department: &str, verdict: &Verdict| labelled(&[Action::NotOurs], department, verdict).expect("labelled").0;
        assert_eq!(
            categories("care", &verdict()),
            Some(vec!["service_attitude".to_owned()]),
            "care has two categories: which is not known"
        );
        assert_eq!(categories("prices", &verdict()), Some(vec!["service_attitude".to_owned(), "price".to_owned()]));
        let mut only_late = verdict();
        only_late.categories.truncate(1);
        assert_eq!(categories("care", &only_late), None, "what is left is not known");
    }
}
