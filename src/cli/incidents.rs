//! `hearken incidents`: the cases, and the answers that people give to them.

mod recheck;
mod show;

use std::time::Duration;

use serde_json::json;

use super::columns::Columns;
use super::desk::{Common, Desk, Refused, counted, end, ids, one_of, person, say, say_json, span};
use super::exit;
use crate::model::{Action, Incident, IncidentState, Listed, Via};
use crate::respond::acknowledge::{Actor, Effect, NAME_CHARS_MAX};
use crate::respond::ids::read_incident_id;
use crate::store::IncidentFilter;
use crate::tasks::answer::{Answered, Origin, answer_in};

/// List incidents, show one, answer one. Works while the daemon runs.
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
    /// The newest incidents
    List(Filter),
    /// The case: mentions with the words that fired, deliveries with their attempts, history
    Show { id: String },
    /// Look at the pages of its mentions now: still there, edited, rating raised, our answer visible, gone
    Recheck { id: String },
    /// Acknowledge: somebody looks after it, and the ladder stops
    Ack(Answer),
    /// Close it with its cause and its remedy
    Resolve {
        #[command(flatten)]
        answer: Answer,
        /// What went wrong
        #[arg(long)]
        cause: String,
        /// What was done about it
        #[arg(long)]
        remedy: String,
    },
    /// Close it: the judgement was wrong
    FalseAlarm(Answer),
    /// On to the next department that was told, else to ops
    NotOurs(Answer),
    /// To another department, whose ladder begins
    HandOver {
        #[command(flatten)]
        answer: Answer,
        department: String,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
struct Filter {
    #[arg(long, value_parser = one_of::<IncidentState>(IncidentState::ALL.iter().map(|state| state.as_str()).collect()))]
    state: Option<IncidentState>,
    #[arg(long, value_name = "NAME")]
    department: Option<String>,
    /// Opened within this time, as 12h or 7d
    #[arg(long, value_name = "SPAN", value_parser = span)]
    since: Option<Duration>,
    /// At most this many [default: 100]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..))]
    limit: Option<i64>,
}

#[derive(Clone, Debug, clap::Args)]
struct Answer {
    /// As people type it: in any case, with or without `H-`
    id: String,
    /// Kept in the history, and told to who was told
    #[arg(long, default_value = "")]
    note: String,
    /// Who answers [default: this user]
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

/// Lists, shows or answers.
pub(super) async fn run(args: Args) -> u8 {
    end(act(&args).await)
}

async fn act(args: &Args) -> Result<u8, Refused> {
    if args.verb.is_some() && args.filter != Filter::default() {
        return Err(Refused::usage("a filter stands behind `list`: `hearken incidents list --state open`"));
    }
    // Who is told of these answers stands in the store.
    let looks =
        matches!(&args.verb, None | Some(Verb::List(_) | Verb::Show { .. } | Verb::Ack(_) | Verb::Resolve { .. } | Verb::FalseAlarm(_)));
    let desk = if looks { Desk::open_to_look(&args.common).await? } else { Desk::open(&args.common).await? };
    let done = act_at(&desk, args).await;
    desk.store.close().await;
    done
}

async fn act_at(desk: &Desk, args: &Args) -> Result<u8, Refused> {
    let json = args.common.json;
    match &args.verb {
        None => list(desk, &args.filter, json).await,
        Some(Verb::List(filter)) => list(desk, filter, json).await,
        Some(Verb::Show { id }) => show::show(desk, &read_id(id)?, json).await,
        Some(Verb::Recheck { id }) => recheck::recheck(desk, &read_id(id)?, json).await,
        Some(Verb::Ack(how)) => answer(desk, how, Action::Acknowledge, json).await,
        Some(Verb::Resolve { answer: how, cause, remedy }) => {
            answer(desk, how, Action::Resolve { cause: cause.clone(), remedy: remedy.clone(), over: None }, json).await
        }
        Some(Verb::FalseAlarm(how)) => answer(desk, how, Action::FalseAlarm, json).await,
        Some(Verb::NotOurs(how)) => answer(desk, how, Action::NotOurs, json).await,
        Some(Verb::HandOver { answer: how, department }) => {
            answer(desk, how, Action::HandOver { department: department.clone() }, json).await
        }
    }
}

fn read_id(typed: &str) -> Result<String, Refused> {
    read_incident_id(typed)
        .ok_or_else(|| Refused::usage(format!("`{typed}` is no incident's id: it has eight letters and digits, as H-7K3QF2MA")))
}

async fn list(desk: &Desk, filter: &Filter, json: bool) -> Result<u8, Refused> {
    let wanted = IncidentFilter {
        state: filter.state,
        department: filter.department.clone(),
        since: filter.since.map(|span| desk.now.minus(span)),
        limit: filter.limit.unwrap_or(0),
    };
    let incidents = desk.store.listed(&wanted).await?;
    if json {
        say_json(&json!({ "incidents": incidents }));
    } else if incidents.is_empty() {
        say("No incidents.\n");
    } else {
        say(&listed(desk, &incidents));
    }
    Ok(exit::FINE)
}

fn listed(desk: &Desk, incidents: &[Listed]) -> String {
    let mut columns = Columns::new(["id", "state", "severity", "department", "opened", "next step", "mentions", "about", "title"]);
    for Listed { incident, categories } in incidents {
        columns.row([
            incident.id.clone(),
            incident.state.to_string(),
            incident.severity.to_string(),
            incident.department.clone(),
            desk.time(incident.opened_at),
            desk.time_or_dash(incident.escalate_at),
            incident.mentions.to_string(),
            if categories.is_empty() { "-".to_owned() } else { categories.join(", ") },
            desk.in_words(incident).title,
        ]);
    }
    format!("{}{}, times of {}\n", columns.text(), counted(incidents.len(), "incident"), desk.zone())
}

async fn answer(desk: &Desk, how: &Answer, action: Action, json: bool) -> Result<u8, Refused> {
    let id = read_id(&how.id)?;
    let name = how.name.clone().unwrap_or_else(person);
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Refused::usage(format!("the name after `--as` is longer than {NAME_CHARS_MAX} characters")));
    }
    let actor = Actor { name, via: Via::CommandLine, note: how.note.clone(), generation: None };
    let answered = answer_in(&desk.store, &desk.context(), ids()?, &id, &action, &actor, &Origin::default(), desk.now).await?;
    let Some(Answered { effect, moved, incident }) = answered else { return Err(Refused::not_found(format!("there is no incident {id}"))) };
    if json {
        say_json(&json!({ "effect": effect, "incident": incident }));
    } else {
        say(&format!("{}\n", outcome(desk, &effect, moved, &incident)));
    }
    Ok(match effect {
        Effect::TookEffect => exit::FINE,
        Effect::NotPossible { .. } => exit::USAGE,
        Effect::Already { .. } | Effect::TooLate { .. } | Effect::Moved { .. } => exit::FINDINGS,
    })
}

fn outcome(desk: &Desk, effect: &Effect, moved: bool, incident: &Incident) -> String {
    let id = &incident.id;
    match effect {
        Effect::TookEffect if incident.state == IncidentState::Open && !moved => {
            let next = incident.escalate_at.map(|at| format!(", the next of them at {}", desk.time(at)));
            format!("{id} is nobody's yet and stays open: it goes on to those above{}.", next.unwrap_or_default())
        }
        Effect::TookEffect if incident.state == IncidentState::Open && incident.ladder.is_empty() => {
            format!(
                "{id} is now with {}; they are told. They have no ladder: while they do not answer, nobody else is told.",
                incident.department
            )
        }
        Effect::TookEffect if incident.state == IncidentState::Open => {
            format!("{id} is now with {}; they are told, and their ladder begins.", incident.department)
        }
        Effect::TookEffect => format!("{id} is {}. Who was told of it hears so.", incident.state),
        Effect::Already { by, at } => {
            format!("Nothing changed: {by} acknowledged {id} at {}. Your answer is kept in its history.", desk.time(*at))
        }
        Effect::TooLate { by, at } => {
            format!("Nothing changed: {id} was resolved by {by} at {}. Your answer is kept in its history.", desk.time(*at))
        }
        Effect::Moved { department } => format!("Nothing changed: {id} has moved to {department}."),
        Effect::NotPossible { department } if *department == incident.department => {
            format!("Nothing changed: {id} is with {department} already.")
        }
        Effect::NotPossible { department } => {
            let known: Vec<&str> = desk.settings.departments.iter().map(|department| department.name.as_str()).collect();
            format!("Nothing changed: there is no department `{department}`. There are: {}.", known.join(", "))
        }
    }
}
