//! `hearken deliveries`: what was to go out, and how that went.

use std::fmt::Write as _;

use serde_json::json;

use super::columns::{Columns, fact, quoted};
use super::desk::{Common, Desk, Refused, counted, end, one_of, say, say_json};
use super::exit;
use crate::model::{Delivery, DeliveryKind, DeliveryState, IncidentState, Moment};
use crate::respond::ids::read_incident_id;
use crate::store::{Attempt, DeliveryFilter, StoreError};

/// List deliveries, show one with every attempt, send one again, drop one. Works while the daemon runs.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Verb {
    /// The newest deliveries
    List(Filter),
    /// One delivery with every attempt and the receiver's answers
    Show { id: String },
    /// Send dead or waiting ones now
    Retry(Which),
    /// Dead or waiting ones are not to be sent any more
    Drop(Which),
}

#[derive(Clone, Debug, clap::Args)]
struct Which {
    #[arg(value_name = "ID", required_unless_present = "all_dead")]
    ids: Vec<String>,
    /// Everything that was given up
    #[arg(long, conflicts_with = "ids")]
    all_dead: bool,
    /// Over this channel alone
    #[arg(long, value_name = "NAME", requires = "all_dead", conflicts_with = "ids")]
    channel: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
struct Filter {
    #[arg(long, value_parser = one_of::<DeliveryState>(DeliveryState::ALL.iter().map(|state| state.as_str()).collect()))]
    state: Option<DeliveryState>,
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// At most this many [default: 100]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..))]
    limit: Option<i64>,
}

/// Lists, shows or changes.
pub(super) async fn run(args: Args) -> u8 {
    end(act(&args).await)
}

async fn act(args: &Args) -> Result<u8, Refused> {
    if args.verb.is_some() && args.filter != Filter::default() {
        return Err(Refused::usage("a filter stands behind `list`: `hearken deliveries list --state dead`"));
    }
    let desk = Desk::open_to_look(&args.common).await?;
    let json = args.common.json;
    let done = match &args.verb {
        None => list(&desk, &args.filter, json).await,
        Some(Verb::List(filter)) => list(&desk, filter, json).await,
        Some(Verb::Show { id }) => show(&desk, id, json).await,
        Some(Verb::Retry(which)) => retry(&desk, which, json).await,
        Some(Verb::Drop(which)) => drop_all(&desk, which, json).await,
    };
    desk.store.close().await;
    done
}

async fn list(desk: &Desk, filter: &Filter, json: bool) -> Result<u8, Refused> {
    let incident = filter.incident.as_deref().map(|typed| read_incident_id(typed).unwrap_or_else(|| typed.to_owned()));
    let wanted = DeliveryFilter { state: filter.state, incident, channel: filter.channel.clone(), limit: filter.limit.unwrap_or(0) };
    let deliveries = desk.store.deliveries(&wanted).await?;
    if json {
        say_json(&json!({ "deliveries": deliveries }));
    } else if deliveries.is_empty() {
        say("No deliveries.\n");
    } else {
        say(&listed(desk, &deliveries));
    }
    Ok(exit::FINE)
}

fn listed(desk: &Desk, deliveries: &[Delivery]) -> String {
    let mut columns = Columns::new(["id", "state", "kind", "incident", "to", "channel", "attempts", "time", "last answer"]);
    for delivery in deliveries {
        columns.row([
            delivery.id.clone(),
            delivery.state.to_string(),
            delivery.kind.to_string(),
            delivery.incident.clone(),
            delivery.recipient.clone(),
            delivery.channel.clone(),
            delivery.attempts.to_string(),
            desk.time(moment(delivery)),
            delivery.last_reply.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    let times = "time: when it was delivered, else when it is or was due";
    let many = if deliveries.len() == 1 { "1 delivery".to_owned() } else { format!("{} deliveries", deliveries.len()) };
    format!("{}{many}; {times}, in {}\n", columns.text(), desk.zone())
}

/// When it arrived, else when it is or was due.
fn moment(delivery: &Delivery) -> Moment {
    delivery.delivered_at.unwrap_or(delivery.due_at)
}

async fn found(desk: &Desk, typed: &str) -> Result<Delivery, Refused> {
    let id = typed.trim().to_lowercase();
    desk.store.delivery(&id).await?.ok_or_else(|| Refused::not_found(format!("there is no delivery {id}")))
}

async fn show(desk: &Desk, id: &str, json: bool) -> Result<u8, Refused> {
    let delivery = found(desk, id).await?;
    let attempts = desk.store.attempts(&delivery.id).await?;
    if json {
        say_json(&json!({ "delivery": delivery, "attempts": attempts }));
        return Ok(exit::FINE);
    }
    say(&described(desk, &delivery));
    say(&attempt_lines(desk, &attempts));
    Ok(exit::FINE)
}

fn described(desk: &Desk, delivery: &Delivery) -> String {
    let (kind, incident, step) = (delivery.kind, &delivery.incident, delivery.step);
    let mut text = format!("{}\n", delivery.id);
    let step = if kind == DeliveryKind::Escalation { format!(", step {step} of the ladder") } else { String::new() };
    text.push_str(&fact("what", &format!("{kind} of {incident}{step}")));
    text.push_str(&fact("to", &format!("{} of {}, over {}", who(delivery), delivery.department, delivery.channel)));
    text.push_str(&fact("state", &state(desk, delivery)));
    text.push_str(&fact("Message-ID", &delivery.message_id));
    if delivery.possible_duplicate {
        text.push_str(&fact("duplicate", "possible: an attempt ended without an answer; a repeat carries the same id"));
    }
    text
}

/// One line about a delivery.
pub(super) fn summary(desk: &Desk, delivery: &Delivery) -> String {
    format!("{}  {} to {} over {}: {}", delivery.id, delivery.kind, who(delivery), delivery.channel, state(desk, delivery))
}

/// `Mei <mei@example.com>`; a webhook has no address but its channel's name.
fn who(delivery: &Delivery) -> String {
    let Delivery { name, recipient, .. } = delivery;
    quoted(&if name == recipient { name.clone() } else { format!("{name} <{recipient}>") })
}

pub(super) fn state(desk: &Desk, delivery: &Delivery) -> String {
    match delivery.state {
        DeliveryState::Due => format!("due {}, {}", desk.time(delivery.due_at), counted(delivery.attempts, "attempt")),
        DeliveryState::Claimed => "being sent".to_owned(),
        DeliveryState::Delivered => format!("delivered {}", desk.time(moment(delivery))),
        DeliveryState::Accepted => format!("accepted {}, without proof that a person sees it", desk.time(moment(delivery))),
        DeliveryState::Dead => format!("dead after {}", counted(delivery.attempts, "attempt")),
        DeliveryState::Cancelled => "cancelled: no longer wanted".to_owned(),
    }
}

/// Every attempt on a line of its own, indented.
pub(super) fn attempt_lines(desk: &Desk, attempts: &[Attempt]) -> String {
    let mut text = String::new();
    for attempt in attempts {
        let outcome = attempt.outcome.as_deref().unwrap_or("no outcome recorded");
        let reply = attempt.reply.as_deref().map(|reply| format!(": {}", quoted(reply))).unwrap_or_default();
        let _ = writeln!(text, "    attempt {}  {}  {outcome}{reply}", attempt.number, desk.time(attempt.started_at));
    }
    text
}

async fn retry(desk: &Desk, which: &Which, json: bool) -> Result<u8, Refused> {
    let ids = if which.all_dead {
        desk.store.retry_dead(which.channel.as_deref(), desk.now).await?
    } else {
        let named = all_found(desk, &which.ids).await?;
        for delivery in &named {
            changed(delivery, desk.store.retry_delivery(&delivery.id, desk.now).await, "sent again")?;
        }
        named.into_iter().map(|delivery| delivery.id).collect()
    };
    let mut tried = Vec::new();
    for id in &ids {
        let delivery = found(desk, id).await?;
        let obstacle = obstacle(desk, &delivery).await?;
        tried.push((delivery, obstacle));
    }
    if json {
        let one = |(delivery, but): &(Delivery, Option<String>)| json!({ "delivery": delivery, "but": but });
        say_json(&all_or_one(which, tried.iter().map(one).collect()));
        return Ok(exit::FINE);
    }
    if tried.is_empty() {
        say(&none_dead(desk, which));
    }
    for (delivery, obstacle) in &tried {
        say(&format!("{} is due now; a running daemon takes it up within seconds.\n", delivery.id));
        obstacle.iter().for_each(|obstacle| say(&format!("But {obstacle}\n")));
    }
    Ok(exit::FINE)
}

/// Nothing is changed where one of them is not there.
async fn all_found(desk: &Desk, ids: &[String]) -> Result<Vec<Delivery>, Refused> {
    let mut all: Vec<Delivery> = Vec::new();
    for id in ids {
        let delivery = found(desk, id).await?;
        if !all.iter().any(|known| known.id == delivery.id) {
            all.push(delivery);
        }
    }
    Ok(all)
}

/// Nothing was given up. A channel that is misspelt has nothing dead either, which would sound like good news.
fn none_dead(desk: &Desk, which: &Which) -> String {
    let Some(name) = which.channel.as_deref() else { return "No dead deliveries.\n".to_owned() };
    let known = desk.settings.channels.iter().any(|channel| channel.name == name);
    let remark = if known { "" } else { ", a channel that the configuration does not have" };
    format!("No dead deliveries over {name}{remark}.\n")
}

/// A single one that was named is answered as such.
fn all_or_one(which: &Which, mut answers: Vec<serde_json::Value>) -> serde_json::Value {
    if which.ids.len() == 1 && answers.len() == 1 { answers.remove(0) } else { json!({ "deliveries": answers }) }
}

/// Why a delivery that is due now will still not go out.
async fn obstacle(desk: &Desk, delivery: &Delivery) -> Result<Option<String>, Refused> {
    let incident = desk.store.incident(&delivery.incident).await?;
    let wanted = incident.is_some_and(|incident| incident.state == IncidentState::Open && incident.generation == delivery.generation);
    if delivery.kind != DeliveryKind::Status && !wanted {
        return Ok(Some(format!("somebody answered {} meanwhile: it will be cancelled instead.", delivery.incident)));
    }
    let receivers = desk.store.receivers().await?;
    let paused = receivers.iter().find(|receiver| receiver.channel == delivery.channel).and_then(|receiver| receiver.paused_until);
    let paused = paused.filter(|until| *until > desk.now);
    Ok(paused.map(|until| format!("the channel {} waits until {}, as its receiver asked.", delivery.channel, desk.time(until))))
}

async fn drop_all(desk: &Desk, which: &Which, json: bool) -> Result<u8, Refused> {
    let ids = if which.all_dead {
        desk.store.drop_dead(which.channel.as_deref()).await?
    } else {
        let named = all_found(desk, &which.ids).await?;
        for delivery in &named {
            changed(delivery, desk.store.drop_delivery(&delivery.id).await, "dropped")?;
        }
        named.into_iter().map(|delivery| delivery.id).collect()
    };
    if json {
        let mut dropped = Vec::new();
        for id in &ids {
            dropped.push(json!({ "delivery": found(desk, id).await? }));
        }
        say_json(&all_or_one(which, dropped));
    } else if ids.is_empty() {
        say(&none_dead(desk, which));
    }
    if !json {
        ids.iter().for_each(|id| say(&format!("{id} will not be sent any more.\n")));
    }
    Ok(exit::FINE)
}

fn changed(delivery: &Delivery, done: Result<(), StoreError>, what: &str) -> Result<(), Refused> {
    match done {
        Err(StoreError::NotFound(_)) => {
            let words = format!("{} is {} and cannot be {what}: only one that waits or is dead can", delivery.id, delivery.state);
            Err(Refused::not_found(words))
        }
        other => Ok(other?),
    }
}
