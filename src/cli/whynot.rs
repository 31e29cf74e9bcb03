//! `hearken whynot URL|TEXT`: how far a mention came, and where it stopped, by what is stored and by the rules of today.

mod missed;

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::columns::{fact, quoted};
use super::deliveries::summary;
use super::desk::{Common, Desk, Refused, end, say, say_json};
use super::exit;
use super::judging::ready;
use super::route::{passed_words, quiet_words};
use crate::collect::normalise::identity::normal_link;
use crate::decide::fold::fold;
use crate::decide::script::{is_han, is_hangul, is_kana};
use crate::decide::{Judge, likeness};
use crate::model::{Delivery, DeliveryState, Effect, Incident, Mention, Moment, Verdict};
use crate::respond::edit::News;
use crate::respond::ids::read_incident_id;
use crate::respond::route::route;
use crate::respond::status::Status;
use crate::store::{Fate, JOINED, MentionFilter, OPENED, TOLD};
use crate::tasks::agreement;
use crate::tasks::backtest::{self, Side};

/// Mentions looked through in other spellings, the newest, where neither address nor text is found as it stands in any.
const LOOKED_THROUGH: i64 = 5_000;
/// Shown of several that match; the newest.
const SHOWN: usize = 3;
const SHOWN_MOST: i64 = SHOWN as i64;
/// A shorter text stands inside too many others; a Chinese word is two characters.
const LEAST_LETTERS: usize = 4;
const LEAST_CHINESE: usize = 2;

/// Say at which stage a mention was dropped, or how it was told.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The address of a mention, its text or a part of it, or the id of its case
    what: String,
    #[command(flatten)]
    common: Common,
}

/// A mention with all that came of it.
struct Found {
    mention: Mention,
    verdict: Verdict,
    fate: Option<Fate>,
    incidents: Vec<(Incident, Vec<Delivery>)>,
    /// What came of the second opinion, where one was thought of.
    opinion: Option<String>,
    /// When the first poll of its source took what was there as known.
    first_polled: Option<Moment>,
}

/// Looks it up, and judges a text that is not stored.
pub(super) async fn run(args: Args) -> u8 {
    end(act(&args).await)
}

async fn act(args: &Args) -> Result<u8, Refused> {
    let desk = Desk::open(&args.common).await?;
    let done = look(&desk, args).await;
    desk.store.close().await;
    done
}

async fn look(desk: &Desk, args: &Args) -> Result<u8, Refused> {
    let judge = ready(&desk.settings.rules_dir, &desk.settings.brands)?;
    let link = url::Url::parse(&args.what).ok().filter(|url| matches!(url.scheme(), "http" | "https")).map(|_| args.what.as_str());
    if let Some(id) = incident_id(&args.what) {
        return case(desk, &judge, &id, args.common.json).await;
    }
    let mut found = Vec::new();
    for (mention, verdict) in search(desk, &args.what, link).await?.into_iter().take(SHOWN) {
        found.push(follow(desk, mention, verdict).await?);
    }
    if found.is_empty() {
        let (passed, missed) = match link {
            Some(link) => {
                let passed = missed::sources_that_showed(desk, link).await?;
                let missed = missed::link(desk, link, &passed).await?;
                (passed, missed)
            }
            None => (Vec::new(), missed::text(desk, &judge, &args.what).await?),
        };
        if args.common.json {
            say_json(&json!({ "found": [], "seen_without_brand": passed, "words": missed }))
        } else {
            say(&missed)
        }
        return Ok(exit::FINDINGS);
    }
    show(desk, &judge, &found, args.common.json);
    Ok(exit::FINE)
}

/// An id written as mails write it; eight letters alone may be a word.
fn incident_id(what: &str) -> Option<String> {
    let named = what.trim().get(..2).is_some_and(|head| head.eq_ignore_ascii_case("H-"));
    read_incident_id(what).filter(|_| named)
}

/// How the mentions of a case were told.
async fn case(desk: &Desk, judge: &Judge, id: &str, json: bool) -> Result<u8, Refused> {
    if desk.store.incident(id).await?.is_none() {
        return Err(Refused::not_found(format!("there is no incident {id}")));
    }
    let mut found = Vec::new();
    for (mention, verdict) in desk.store.incident_mentions(id).await?.into_iter().take(SHOWN) {
        found.push(follow(desk, mention, verdict).await?);
    }
    if found.is_empty() {
        return Err(Refused::not_found(format!("{id} is about trouble, not about a mention: `hearken incidents show {id}`")));
    }
    show(desk, judge, &found, json);
    Ok(exit::FINE)
}

fn show(desk: &Desk, judge: &Judge, found: &[Found], json: bool) {
    if json {
        say_json(&json!({ "found": found.iter().map(|found| as_json(desk, judge, found)).collect::<Vec<_>>() }));
    } else {
        say(&found.iter().map(|found| as_text(desk, judge, found)).collect::<Vec<_>>().join("\n"));
    }
}

/// Stored mentions with this address or text, newest first.
async fn search(desk: &Desk, what: &str, link: Option<&str>) -> Result<Vec<(Mention, Verdict)>, Refused> {
    let exact = match link {
        Some(link) => MentionFilter { url: Some(link.to_owned()), ..MentionFilter::default() },
        None => MentionFilter { text_hash: Some(likeness::fingerprints(None, what).0), ..MentionFilter::default() },
    };
    let found = desk.store.mentions(&exact).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    // In all of them, as it is written.
    let literal = match link {
        Some(link) => {
            MentionFilter { part_of_url: Some(behind_scheme(link).to_owned()), limit: LOOKED_THROUGH, ..MentionFilter::default() }
        }
        None => MentionFilter { words: Some(what.trim().to_owned()), limit: SHOWN_MOST, ..MentionFilter::default() },
    };
    if link.is_some() || is_long_enough(&letters(what)) {
        let mut found = desk.store.mentions(&literal).await?;
        found.retain(|(mention, _)| link.is_none_or(|link| is_same_link(mention, link)));
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let newest = desk.store.mentions(&MentionFilter { limit: LOOKED_THROUGH, ..MentionFilter::default() }).await?;
    let wanted = letters(what);
    let fits = |mention: &Mention| match link {
        Some(link) => is_same_link(mention, link),
        None => is_long_enough(&wanted) && letters(&whole(mention)).contains(&wanted),
    };
    Ok(newest.into_iter().filter(|(mention, _)| fits(mention)).collect())
}

fn is_same_link(mention: &Mention, link: &str) -> bool {
    mention.url.as_deref().is_some_and(|url| normal_link(url) == normal_link(link))
}

/// An address without what is often written otherwise: its scheme, `www.`, and what follows the path.
fn behind_scheme(link: &str) -> &str {
    let behind = link.split_once("://").map_or(link, |(_, behind)| behind);
    let behind = behind.strip_prefix("www.").unwrap_or(behind);
    behind.split(['?', '#']).next().unwrap_or(behind).trim_end_matches('/')
}

fn whole(mention: &Mention) -> String {
    format!("{}\n{}", mention.title.as_deref().unwrap_or_default(), mention.text)
}

/// What of a text counts when it is compared: one script, no spacing, no punctuation.
fn letters(text: &str) -> String {
    fold(text).text().chars().filter(|letter| letter.is_alphanumeric()).collect()
}

/// Whether letters are enough to be looked for inside other texts.
fn is_long_enough(wanted: &str) -> bool {
    let chinese = wanted.chars().filter(|letter| is_han(*letter) || is_kana(*letter) || is_hangul(*letter)).count();
    wanted.chars().count() >= LEAST_LETTERS || chinese >= LEAST_CHINESE
}

async fn follow(desk: &Desk, mention: Mention, verdict: Verdict) -> Result<Found, Refused> {
    let fate = desk.store.fate(&mention).await?;
    let mut incidents = Vec::new();
    for incident in desk.store.incidents_of_mention(&mention.id).await? {
        let deliveries = desk.store.incident_deliveries(&incident.id).await?;
        incidents.push((incident, deliveries));
    }
    let opinion = desk.store.opinion_outcome(&mention).await?;
    let first_polled = desk.store.source(&mention.source).await?.and_then(|state| state.watch.since);
    Ok(Found { mention, verdict, fate, incidents, opinion, first_polled })
}

/// Whether such a verdict is told, and to whom, by the settings of today.
fn judged(desk: &Desk, verdict: &Verdict, source: &str) -> String {
    let context = desk.context();
    match route(context.routes, context.options, verdict, source) {
        Ok(routed) => format!("a complaint, {}, for {}.", verdict.severity, routed.department),
        Err(quiet) => format!("not told, because {}", quiet_words(&quiet)),
    }
}

fn as_json(desk: &Desk, judge: &Judge, found: &Found) -> Value {
    let incidents = found.incidents.iter().map(|(incident, deliveries)| json!({ "incident": incident, "deliveries": deliveries }));
    json!({
        "mention": found.mention,
        "verdict": found.verdict,
        "fate": found.fate,
        "incidents": incidents.collect::<Vec<_>>(),
        "second_opinion": found.opinion,
        "words": conclusion(desk, found),
        "passed": passed(desk, found),
        "today": today(desk, judge, found),
    })
}

fn as_text(desk: &Desk, judge: &Judge, found: &Found) -> String {
    let Found { mention, verdict, incidents, opinion, .. } = found;
    let mut text = fact("mention", &format!("{} {}", mention.id, quoted(mention.url.as_deref().unwrap_or("without a link"))));
    text.push_str(&fact("", &quoted(whole(mention).trim())));
    text.push_str(&fact("seen", &format!("by {} at {} ({})", mention.source, desk.time(mention.seen_at), desk.zone())));
    text.push_str(&fact("judged", &judgement(verdict)));
    text.extend(held_back(verdict).map(|held| fact("", &held)));
    text.extend(opinion.as_ref().map(|outcome| fact("doubt", &format!("second opinion: {}", opinion_words(outcome)))));
    for (incident, deliveries) in incidents {
        text.push_str(&fact("incident", &format!("{}: {}, with {}", incident.id, incident.state, incident.department)));
        deliveries.iter().for_each(|delivery| text.push_str(&fact("", &summary(desk, delivery))));
    }
    text.push_str(&fact("so", &conclusion(desk, found)));
    text.extend(passed(desk, found).map(|passed| fact("", &passed)));
    text.extend(today(desk, judge, found).map(|today| fact("today", &today)));
    text.extend(desk.troubles.contains(agreement::KEY).then(|| fact("take care", agreement::WORDS)));
    text
}

fn judgement(verdict: &Verdict) -> String {
    let complaint = if verdict.complaint { "a complaint" } else { "no complaint" };
    let categories: Vec<&str> = verdict.categories.iter().map(|score| score.category.as_str()).collect();
    let categories = if categories.is_empty() { String::new() } else { format!(", {}", categories.join(", ")) };
    let rules = verdict.reasons.iter().filter(|reason| matches!(reason.effect, Effect::Counts | Effect::Raises | Effect::Lowers));
    let rules: Vec<&str> = rules.map(|reason| reason.rule.as_str()).collect();
    let rules = if rules.is_empty() { "no rule fired".to_owned() } else { format!("by {}", rules.join(", ")) };
    format!("{complaint}, severity {}, sentiment {:+.2}{categories}; {rules}", verdict.severity, verdict.sentiment)
}

/// Rules whose words stood there and that had no part in the verdict: negated, inside a guard, or a shadow; and those that made it milder.
fn held_back(verdict: &Verdict) -> Option<String> {
    let held = verdict.reasons.iter().filter_map(|reason| {
        let why = match reason.effect {
            Effect::Counts | Effect::Raises => return None,
            Effect::Lowers => "made it milder",
            Effect::Negated => "its words are negated",
            Effect::Asked => "its words stand in a question",
            Effect::Supposed => "its words stand in a condition",
            Effect::Feared => "its words say what was feared",
            Effect::Quoted => "its words are somebody else's",
            Effect::Compared => "its words are about another firm",
            Effect::Titled => "its words stand in a title",
            Effect::Mocked => "its words are mockery",
            Effect::Elsewhere => "its words speak of harm that is not put to the brand",
            Effect::Guarded => "its words stand inside one of its guards",
            Effect::Shadow => "a shadow: recorded, never counted",
        };
        Some(format!("{} ({why})", reason.rule))
    });
    let held: Vec<String> = held.collect();
    (!held.is_empty()).then(|| format!("held back by rules: {}", held.join("; ")))
}

/// The route that names a category of it and did not take it.
fn passed(desk: &Desk, found: &Found) -> Option<String> {
    let context = desk.context();
    let routed = route(context.routes, context.options, &found.verdict, &found.mention.source).ok()?;
    routed.passed.as_ref().map(passed_words)
}

/// The stage at which it stopped, or how it was told.
fn conclusion(desk: &Desk, found: &Found) -> String {
    let outcome = found.fate.as_ref().and_then(|fate| fate.outcome.as_deref());
    if let Some((incident, deliveries)) = found.incidents.first() {
        let (how, since) = how_told(outcome, found.mention.revision > 1);
        return format!("{}{since}", told(incident, deliveries, how));
    }
    let least = desk.settings.respond.least_severity;
    match outcome {
        None => "it waits to be acted on: a running daemon does so within seconds.".to_owned(),
        Some("baseline") => baseline(desk, found),
        Some("not_a_complaint") => "not told: it is no complaint.".to_owned(),
        Some("no_brand") => "not told: it names no brand.".to_owned(),
        Some("below_least") => format!("not told: its severity is {}, and `respond.least_severity` is {least}.", found.verdict.severity),
        Some("already_resolved") => {
            "not told: its incident was resolved, and the edit since says nothing of weight that had not been told.".to_owned()
        }
        Some("false_alarm") => "not told: somebody had called the same text a false alarm.".to_owned(),
        Some(JOINED | TOLD) => "it joined another incident, which is no longer stored.".to_owned(),
        Some(OPENED) => "it opened an incident, which is no longer stored.".to_owned(),
        Some(other) => format!("not told: {other}."),
    }
}

/// How the case came to be told, and what became of an edit since, by what was done with the verdict on the words of now.
fn how_told(outcome: Option<&str>, edited: bool) -> (&'static str, &'static str) {
    let earlier = "edited since: an earlier wording of it was told as";
    match outcome {
        Some(OPENED) => ("told as", ""),
        Some(TOLD) if edited => ("edited, and what it says besides was told, as", ""),
        Some(TOLD) => ("merged, and told anew as worse, as", ""),
        Some(JOINED) if !edited => ("merged: the same text was told before, as", ""),
        Some(JOINED | "already_resolved") => (earlier, " What it says since is nothing of weight that had not been told."),
        Some("not_a_complaint") => (earlier, " What it says now is no complaint."),
        None => (earlier, " What it says now waits to be acted on: a running daemon does so within seconds."),
        Some(_) => (earlier, " What it says now is told to nobody."),
    }
}

/// Moments in what is watched of a source are kept to the second.
const KEPT_TO: Duration = Duration::from_secs(1);

/// Why it was taken as known, as far as what is kept of it says so.
fn baseline(desk: &Desk, found: &Found) -> String {
    let Found { mention, first_polled, .. } = found;
    match *first_polled {
        Some(first) if mention.seen_at > first.plus(KEPT_TO) && mention.published.is_some_and(|at| at < first) => format!(
            "not told: it came late, together with many others, and is dated before its source was first polled ({}); of such a batch ops are told.",
            desk.time(first)
        ),
        Some(first) if mention.seen_at > first.plus(KEPT_TO) && mention.revision == 1 => {
            "not told: it came with many old items, by words that stood there before under another id or by its place; of such a batch ops are told."
                .to_owned()
        }
        _ => "not told: it was there when its source was polled for the first time.".to_owned(),
    }
}

/// The words of its outcome.
fn opinion_words(outcome: &str) -> &str {
    match outcome {
        "outside" => "not asked for, the verdict is in no doubt",
        "needless" => "not asked for, somebody had answered",
        "fine" => "no complaint",
        "noted" => "stands in the incident's history",
        OPENED | JOINED | TOLD => "a complaint",
        "given_up" => "asked for in vain",
        "nonsense" => "the answer made no sense",
        other => other,
    }
}

fn told(incident: &Incident, deliveries: &[Delivery], how: &str) -> String {
    let count = |wanted: &[DeliveryState]| deliveries.iter().filter(|delivery| wanted.contains(&delivery.state)).count();
    let arrived = count(&[DeliveryState::Delivered, DeliveryState::Accepted]);
    let counts = [(count(&[DeliveryState::Due, DeliveryState::Claimed]), "on the way"), (count(&[DeliveryState::Dead]), "given up")];
    let mut words = format!("{} of {} messages arrived", arrived, deliveries.len());
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        let _ = write!(words, ", {count} {what}");
    }
    if count(&[DeliveryState::Dead]) > 0 {
        words.push_str("; `hearken deliveries show ID` has the receiver's answers");
    }
    let anew = deliveries.iter().rev().find_map(|delivery| match Status::from_note(&delivery.note) {
        Some(Status::Edited { by, what, .. }) => {
            let what = what.iter().map(News::plain).collect::<Vec<_>>().join(", ");
            let after = if by.is_empty() { String::new() } else { format!(" after {} had taken it up", quoted(&by)) };
            Some(format!(" It was edited{after}, says more ({what}), and was told anew."))
        }
        Some(Status::Reopened { by, from, to, .. }) => {
            Some(format!(" It got worse after {} had taken it up ({from} before, {to} now), and was told anew.", quoted(&by)))
        }
        _ => None,
    });
    let of = if incident.mentions > 1 { format!(", which joins {} mentions", incident.mentions) } else { String::new() };
    format!("{how} {}{of}: {words}.{}", incident.id, anew.unwrap_or_default())
}

/// What the rules of today say, where they are others than those it was judged by.
fn today(desk: &Desk, judge: &Judge, found: &Found) -> Option<String> {
    let Found { mention, verdict, .. } = found;
    if verdict.rule_set == judge.rule_set() {
        return None;
    }
    let again = backtest::judge(mention, Side { judge, context: desk.context(), sources: &desk.settings.sources });
    let changed = again.complaint != verdict.complaint || again.severity != verdict.severity;
    changed.then(|| format!("the rules are others now: {}", judged(desk, &again, &mention.source)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_chinese_characters_are_enough() {
        for text in ["壞了", "沒收到", "late", "遅い", "很慢 ok", "滿了3"] {
            assert!(is_long_enough(&letters(text)), "{text}");
        }
        for text in ["慢", "ok", "ok!!", "慢a"] {
            assert!(!is_long_enough(&letters(text)), "{text}");
        }
    }
}
