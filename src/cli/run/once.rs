//! `hearken run --once`: one round of work. Silent in a pipe when all went well, so that cron mails only what somebody has to read.

use std::io::IsTerminal as _;

use serde_json::{Value, json};

use super::{Args, Begun, begin, not_started};
use crate::cli::columns::quoted;
use crate::cli::desk::{counted, say, say_json};
use crate::cli::exit;
use crate::model::{DeliveryState, Failing, FailureKind, Outcome, SourceState};
use crate::settings::LogOptions;
use crate::store::{Sent, StoreError};
use crate::tasks::once::{Once, Round};

/// What the log says of a round where the operator asked for no more: its report says the rest.
const QUIET: &str = "warn";

/// Runs one round; a first SIGTERM or SIGINT lets what is under way end and begins nothing more.
pub(super) async fn run(args: Args) -> u8 {
    let Begun { start, live, mut signals } = match begin(args.config, std::io::stderr().is_terminal(), quieter) {
        Ok(begun) => begun,
        Err(code) => return code,
    };
    let once = tokio::select! {
        started = Once::start(start, live) => match started {
            Ok(once) => once,
            Err(error) => return not_started(&error),
        },
        () = signals.stop() => return exit::FINDINGS,
    };
    let stopper = once.stopper();
    let running = once.run(args.within);
    tokio::pin!(running);
    let ended = loop {
        tokio::select! {
            ended = &mut running => break ended,
            () = signals.stop() => stopper.stop(),
        }
    };
    tell(ended, args.json)
}

fn quieter(options: LogOptions) -> LogOptions {
    let level = if options.level == "info" { QUIET.to_owned() } else { options.level };
    LogOptions { level, ..options }
}

fn tell(ended: Result<Round, StoreError>, json: bool) -> u8 {
    let round = match ended {
        Ok(round) => round,
        Err(error) => {
            eprintln!("error: {error}");
            return exit::STORAGE;
        }
    };
    let wrong = complaints(&round);
    if json {
        say_json(&as_json(&round, &wrong));
    } else if std::io::stdout().is_terminal() {
        say(&format!("{}\n", summary(&round)));
    }
    wrong.iter().for_each(|line| eprintln!("{line}"));
    if wrong.is_empty() { exit::FINE } else { exit::FINDINGS }
}

/// Everything that somebody has to know of, a line each.
fn complaints(round: &Round) -> Vec<String> {
    let mut lines: Vec<String> = round.failed.iter().map(of_source).collect();
    lines.extend(round.sent.iter().filter(|sent| !arrived(sent)).map(of_delivery));
    lines.extend(round.errors.iter().map(|error| format!("error: {error}")));
    if round.stopped {
        lines.push(format!("stopped before its end: {} left for the next round", counted(round.left, "source")));
    }
    lines
}

fn of_source(source: &SourceState) -> String {
    let kind = source.failure.unwrap_or(FailureKind::Internal);
    let detail = source.failure_detail.as_deref().map(|detail| format!(": {}", quoted(detail))).unwrap_or_default();
    let step = source.failing().unwrap_or_else(|| Failing::from(kind)).next_step();
    format!("source {}: {kind}{detail}. {step}", quoted(&source.name))
}

fn of_delivery(sent: &Sent) -> String {
    let reply = sent.reply.as_deref().map(|reply| format!(": {}", quoted(reply))).unwrap_or_default();
    let next = match sent.state {
        DeliveryState::Due => format!("it is tried again after {}", sent.due_at.rfc3339()),
        DeliveryState::Dead => "it was given up, and ops were told".to_owned(),
        state => format!("it is {state} now"),
    };
    let outcome = sent.outcome.as_deref().unwrap_or("unfinished");
    format!("delivery of {} to {} over {}: {outcome}{reply}; {next}", sent.incident, quoted(&sent.recipient), sent.channel)
}

/// Whether the receiver took it, with or without proof.
fn arrived(sent: &Sent) -> bool {
    let taken = [Outcome::Delivered { reply: String::new() }.class(), Outcome::Accepted { reply: String::new() }.class()];
    sent.outcome.as_deref().is_some_and(|outcome| taken.contains(&outcome))
}

fn summary(round: &Round) -> String {
    let delivered = round.sent.iter().filter(|sent| arrived(sent)).count();
    format!(
        "{} polled, {} failed; {} new or edited; {} opened; {} sent",
        counted(round.polled, "source"),
        round.failed.len(),
        counted(round.items, "item"),
        counted(round.opened.len(), "incident"),
        delivered
    )
}

fn as_json(round: &Round, wrong: &[String]) -> Value {
    let failed: Vec<Value> = round
        .failed
        .iter()
        .map(|source| {
            json!({ "source": source.name, "failure": source.failure, "detail": source.failure_detail,
                    "next_step": source.failing().map(Failing::next_step), "next_due_at": source.next_due_at })
        })
        .collect();
    let opened: Vec<Value> = round
        .opened
        .iter()
        .map(|incident| {
            json!({ "id": incident.id, "kind": incident.kind, "severity": incident.severity, "department": incident.department,
                    "title": incident.title })
        })
        .collect();
    json!({
        "fine": wrong.is_empty(), "stopped": round.stopped,
        "sources": { "polled": round.polled, "failed": failed, "left": round.left },
        "items": round.items, "opened": opened, "deliveries": round.sent, "errors": round.errors,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;

    #[test]
    fn what_failed_is_said_with_what_comes_next_and_what_arrived_is_not() {
        let failed = SourceState { name: "forum".into(), failure: Some(FailureKind::Server), ..SourceState::default() };
        let sent = |outcome: &str, state| Sent {
            delivery: "d".into(),
            incident: "H-7K3QF2MA".into(),
            channel: "mail".into(),
            recipient: "a@example.com".into(),
            outcome: Some(outcome.into()),
            reply: Some("451 later".into()),
            state,
            due_at: Moment::from_secs(0),
        };
        let sents = vec![sent("delivered", DeliveryState::Delivered), sent("retry", DeliveryState::Due)];
        let round = Round { polled: 2, failed: vec![failed], sent: sents, ..Round::default() };
        let lines = complaints(&round);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("source forum: server. "), "{lines:?}");
        assert!(lines[1].contains("retry: 451 later; it is tried again after 1970-01-01"), "{lines:?}");
        assert!(complaints(&Round { polled: 2, ..Round::default() }).is_empty());
    }
}
