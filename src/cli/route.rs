//! `hearken route`: who would be told of such a mention, when, over what, and why.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::columns::{Columns, fact};
use super::desk::{Common, Refused, context, end, one_of, say, say_json, time};
use super::exit;
use super::judging::ready;
use crate::clock::Clock;
use crate::decide::rule::Kind;
use crate::model::{CategoryScore, LadderStep, Moment, Recipient, Severity, Verdict};
use crate::problem::nearest;
use crate::respond::notify;
use crate::respond::route::{Passed, QuietReason, RouteReason, Routed, route};
use crate::settings::Settings;
use crate::tasks::live;

/// Show who would be told of a complaint, when, over what, and why.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// [default: the first brand]
    #[arg(long, value_name = "NAME")]
    brand: Option<String>,
    /// The strongest first, where there are several
    #[arg(long = "category", value_name = "NAME")]
    categories: Vec<String>,
    #[arg(long, default_value = "high", value_parser = one_of::<Severity>(Severity::ALL.iter().map(|severity| severity.as_str()).collect()))]
    severity: Severity,
    /// As routes limited to a source see it
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// When it is noticed, as "2026-11-22 18:42" in the company's zone [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// One message that would go out.
struct Told {
    at: Moment,
    what: String,
    recipient: Recipient,
}

/// Shows the way of a made-up verdict.
#[must_use]
pub(super) fn run(args: &Args) -> u8 {
    end(act(args))
}

fn act(args: &Args) -> Result<u8, Refused> {
    let settings = args.common.settings()?;
    let verdict = verdict(args, &settings)?;
    let source = known("source", args.source.as_ref(), settings.sources.iter().map(|source| source.name.as_str()))?;
    let at = moment(args.at.as_deref(), &settings)?;
    let domain = live::domain(&settings);
    let context = context(&settings, &domain);
    match route(context.routes, context.options, &verdict, source.unwrap_or_default()) {
        Ok(routed) => {
            let told = told(&routed, &context, at);
            if args.common.json { say_json(&as_json(&routed, &told)) } else { say(&as_text(&settings, &routed, &told)) }
        }
        Err(quiet) if args.common.json => say_json(&json!({ "told": [], "why": quiet })),
        Err(quiet) => say(&format!("Nobody would be told: {}\n", quiet_words(&quiet))),
    }
    Ok(exit::FINE)
}

/// Who would be told of this verdict now, as text; for a verb that has judged one.
pub(super) fn way(settings: &Settings, verdict: &Verdict, source: &str) -> String {
    let domain = live::domain(settings);
    let context = context(settings, &domain);
    match route(context.routes, context.options, verdict, source) {
        Ok(routed) => as_text(settings, &routed, &told(&routed, &context, Clock::system().now())),
        Err(quiet) => format!("nobody would be told: {}\n", quiet_words(&quiet)),
    }
}

fn verdict(args: &Args, settings: &Settings) -> Result<Verdict, Refused> {
    let brands = || settings.brands.iter().map(|brand| brand.name.as_str());
    let brand = known("brand", args.brand.as_ref(), brands())?.or_else(|| brands().next());
    known_categories(args, settings)?;
    let categories = args.categories.iter().map(|category| CategoryScore { category: category.clone(), score: 1.0 });
    Ok(Verdict {
        brands: brand.into_iter().map(str::to_owned).collect(),
        complaint: true,
        categories: categories.collect(),
        severity: args.severity,
        ..Verdict::default()
    })
}

/// A category that no rule gives and no route names reaches nobody's mind: it is a slip.
fn known_categories(args: &Args, settings: &Settings) -> Result<(), Refused> {
    if args.categories.is_empty() {
        return Ok(());
    }
    let judge = ready(&settings.rules_dir, &settings.brands)?;
    let of_rules = judge.rules().rules.iter().filter_map(|rule| match &rule.kind {
        Kind::Category { category, .. } => Some(category.as_str()),
        _ => None,
    });
    let known: BTreeSet<&str> = of_rules.chain(settings.routes.iter().flat_map(|route| &route.categories).map(String::as_str)).collect();
    let Some(wrong) = args.categories.iter().find(|category| !known.contains(category.as_str())) else { return Ok(()) };
    let all = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Err(Refused::usage(format!("no rule and no route knows a category `{wrong}`. There are: {all}.")))
}

fn known<'a>(noun: &str, given: Option<&'a String>, all: impl Iterator<Item = &'a str> + Clone) -> Result<Option<&'a str>, Refused> {
    let Some(given) = given else { return Ok(None) };
    if all.clone().any(|name| name == given) {
        return Ok(Some(given));
    }
    let meant = nearest(given, all).map(|name| format!(" Did you mean `{name}`?")).unwrap_or_default();
    Err(Refused::usage(format!("there is no {noun} `{given}` in the settings.{meant}")))
}

fn moment(given: Option<&str>, settings: &Settings) -> Result<Moment, Refused> {
    let Some(text) = given else { return Ok(Clock::system().now()) };
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Ok(stamp.into());
    }
    let civil = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"].iter().find_map(|form| jiff::civil::DateTime::strptime(form, text).ok());
    let zoned = civil.and_then(|civil| civil.to_zoned(settings.company.timezone.clone()).ok());
    let wrong = || Refused::usage(format!("`{text}` is no time: write \"2026-11-22 18:42\""));
    zoned.map(|zoned| zoned.timestamp().into()).ok_or_else(wrong)
}

/// Everyone who is told while nobody answers, in order.
fn told(routed: &Routed, context: &notify::Context<'_>, at: Moment) -> Vec<Told> {
    let departments = std::iter::once(&routed.department).chain(&routed.also).map(String::as_str);
    let first = context.recipients_of(departments).into_iter();
    let mut told: Vec<Told> = first.map(|recipient| Told { at, what: "warning".to_owned(), recipient }).collect();
    let mut due = at;
    for LadderStep { name, after_s, recipients } in context.case_ladder(&routed.department) {
        due = due.plus(std::time::Duration::from_secs(after_s));
        told.extend(recipients.into_iter().map(|recipient| Told { at: due, what: name.clone(), recipient }));
    }
    told
}

fn as_json(routed: &Routed, told: &[Told]) -> Value {
    let told = told.iter().map(|told| json!({ "at": told.at, "step": told.what, "recipient": told.recipient }));
    json!({ "routed": routed, "told": told.collect::<Vec<_>>() })
}

fn as_text(settings: &Settings, routed: &Routed, told: &[Told]) -> String {
    let mut text = fact("responsible", &routed.department);
    if !routed.also.is_empty() {
        text.push_str(&fact("beside it", &routed.also.join(", ")));
    }
    text.push_str(&fact("because", &why(settings, routed)));
    text.extend(routed.passed.as_ref().map(|passed| fact("", &passed_words(passed))));
    let mut columns = Columns::new(["when", "step", "who", "address", "over"]);
    for Told { at, what, recipient } in told {
        let Recipient { name, address, channel, .. } = recipient;
        columns.row([time(settings, *at), what.clone(), name.clone(), address.clone(), channel.clone()]);
    }
    let zone = settings.company.timezone.iana_name().unwrap_or("the company's zone");
    let _ = write!(text, "\n{}Steps after the warning are taken while nobody answers; times of {zone}.\n", columns.text());
    text
}

fn why(settings: &Settings, routed: &Routed) -> String {
    match routed.why {
        RouteReason::NothingMatched => {
            format!("no [[route]] names who is responsible for it, so `respond.ops` is ({})", settings.respond.ops)
        }
        RouteReason::Matched { number } => {
            format!("[[route]] number {number} is the first without `also` that matches ({})", limits(settings, number))
        }
        RouteReason::Stronger { number, first } => {
            let category = routed.category.as_deref().unwrap_or_default();
            let limits = limits(settings, number);
            format!(
                "[[route]] number {number} asks for {category}, which has more points than any category that number {first} asks for ({limits})"
            )
        }
    }
}

/// Why a route that names one of the categories does not take it.
pub(super) fn passed_words(passed: &Passed) -> String {
    let Passed { number, category, points, strongest } = passed;
    format!(
        "[[route]] number {number} is passed over: it asks for {category}, which has {points:.1} points, less than half of the strongest \
         category's {strongest:.1}"
    )
}

/// What a route asks for.
fn limits(settings: &Settings, number: usize) -> String {
    let Some(route) = number.checked_sub(1).and_then(|at| settings.routes.get(at)) else { return String::new() };
    let lists = [("brands", &route.brands), ("categories", &route.categories), ("sources", &route.sources)];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| format!("{name} {}", list.join(", ")));
    lists.chain([format!("{} and worse", route.severity)]).collect::<Vec<_>>().join("; ")
}

/// Why nobody is told, as a sentence.
pub(super) fn quiet_words(quiet: &QuietReason) -> String {
    match quiet {
        QuietReason::Baseline => "it was there when its source was polled for the first time.".to_owned(),
        QuietReason::NoBrand => "it names no brand.".to_owned(),
        QuietReason::NotAComplaint => "it is no complaint.".to_owned(),
        QuietReason::BelowLeast { severity, least } => format!("its severity is {severity}, and `respond.least_severity` is {least}."),
        QuietReason::AlreadyResolved { incident } => {
            format!("its incident {incident} is resolved, and the edit made it neither worse nor a matter for others.")
        }
        QuietReason::FalseAlarm { incident } => format!("somebody called the same text a false alarm ({incident})."),
    }
}
