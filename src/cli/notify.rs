//! `hearken notify test CHANNEL`: a marked test over the real channel, and what the receiver itself says to it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::desk::{Common, Refused, end, ids, say, say_json};
use super::exit;
use crate::clock::Clock;
use crate::model::{Moment, Outcome};
use crate::problem::render;
use crate::respond::deliver::smtp::{Mail, Smtp, SmtpCheck, SmtpOptions, parse_mailbox};
use crate::respond::deliver::{Channel, ChannelKind};
use crate::respond::department::{Department, Member};
use crate::respond::message::{self, MessageContext, MessageKind, test_incident};
use crate::settings::default_path;
use crate::tasks::live::{Live, LoadError, Sender};

/// Try a channel.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Verb {
    /// Send a marked test and report what the receiver answers
    Test {
        /// The name of a [[channel]]
        channel: String,
        /// For mail: to this address [default: every member of the ops department]
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
    },
}

/// What came of the test to one recipient.
struct Tried {
    to: String,
    outcome: Outcome,
}

/// Sends the test.
pub(super) async fn run(args: Args) -> u8 {
    end(act(&args).await)
}

async fn act(args: &Args) -> Result<u8, Refused> {
    let Verb::Test { channel: name, to } = &args.verb;
    let live = load(&args.common)?;
    let Some(channel) = live.settings.channels.iter().find(|channel| channel.name == *name) else {
        let known: Vec<&str> = live.settings.channels.iter().map(|channel| channel.name.as_str()).collect();
        return Err(Refused::usage(format!("there is no channel `{name}`. There are: {}.", known.join(", "))));
    };
    let now = Clock::system().now();
    let check = match &channel.kind {
        ChannelKind::Smtp(options) => Some(check(options, now).await?),
        ChannelKind::Webhook(_) => None,
    };
    let reached = check.as_ref().is_none_or(|check| check.failure.is_none());
    let tried = if reached { test(&live, channel, to.as_deref(), now).await? } else { Vec::new() };
    if args.common.json {
        say_json(&as_json(name, check.as_ref(), &tried))
    } else {
        say(&as_text(name, check.as_ref(), &tried))
    }
    Ok(exit_code(check.as_ref(), &tried))
}

fn load(common: &Common) -> Result<Live, Refused> {
    let path = common.config.clone().unwrap_or_else(default_path);
    let (live, _) = Live::load(&path).map_err(|error| match &error {
        LoadError::Problems(problems) => Refused::usage(format!("the settings cannot be used\n\n{}", render(problems, false).trim_end())),
        _ => Refused::usage(error.to_string()),
    })?;
    Ok(live)
}

async fn check(options: &SmtpOptions, now: Moment) -> Result<SmtpCheck, Refused> {
    Smtp::check(options, now).await.map_err(|error| Refused::usage(error.to_string()))
}

async fn test(live: &Live, channel: &Channel, to: Option<&str>, now: Moment) -> Result<Vec<Tried>, Refused> {
    let context = live.context();
    let Some(ops) = context.department(&context.options.ops) else { return Err(Refused::usage("there is no ops department")) };
    match live.senders.get(&channel.name) {
        Some(Sender::Smtp(smtp)) => {
            let mut tried = Vec::new();
            for member in addressees(ops, to)? {
                let outcome = smtp.send(&mail(live, ops, (&channel.name, &member), now)?, now).await;
                tried.push(Tried { to: member.mail, outcome });
            }
            smtp.close().await;
            Ok(tried)
        }
        Some(Sender::Webhook(_)) if to.is_some() => Err(Refused::usage(format!("`{}` is a webhook: it has no --to", channel.name))),
        Some(Sender::Webhook(webhook)) => {
            let ChannelKind::Webhook(options) = &channel.kind else { return Ok(Vec::new()) };
            let incident = test_incident(&ops.name, now);
            let about = about(live, ops, &incident, (&channel.name, &options.language), now);
            let body = message::webhook_body(&live.templates, &about, now, false).to_string();
            let outcome = webhook.send(&ids()?.delivery(), now, body.as_bytes()).await;
            Ok(vec![Tried { to: options.url.host_str().unwrap_or_default().to_owned(), outcome }])
        }
        None => Ok(Vec::new()),
    }
}

fn addressees(ops: &Department, to: Option<&str>) -> Result<Vec<Member>, Refused> {
    let Some(to) = to else {
        let none = format!("the department `{}` has no members: name somebody with --to", ops.name);
        return if ops.members.is_empty() { Err(Refused::usage(none)) } else { Ok(ops.members.clone()) };
    };
    let mailbox = parse_mailbox(to).map_err(|error| Refused::usage(error.to_string()))?;
    Ok(vec![Member { name: mailbox.name.unwrap_or_default(), mail: mailbox.email.to_string() }])
}

fn mail(live: &Live, ops: &Department, (channel, member): (&str, &Member), now: Moment) -> Result<Mail, Refused> {
    let incident = test_incident(&ops.name, now);
    let message = message::render(&live.templates, &about(live, ops, &incident, (channel, &ops.language), now));
    Ok(Mail {
        message_id: format!("test-{}@{}", ids()?.delivery(), live.domain),
        thread_root: None,
        to_name: member.name.clone(),
        to_address: member.mail.clone(),
        subject: message.subject,
        text: message.text,
        html: message.html,
        list_id: format!("test.hearken.{}", live.domain),
        date: now,
    })
}

fn about<'a>(
    live: &'a Live,
    ops: &'a Department,
    incident: &'a crate::model::Incident,
    (channel, language): (&str, &'a str),
    now: Moment,
) -> MessageContext<'a> {
    MessageContext {
        kind: MessageKind::Test,
        incident,
        mention: None,
        verdict: None,
        note: "",
        step: 0,
        at: now,
        language,
        timezone: &ops.timezone,
        departments: &live.settings.departments,
        also_told: &[],
        undelivered: &[],
        acknowledge_url: None,
        reply_to: live.context().reply_to(channel),
        company: &live.settings.company.name,
    }
}

fn as_json(channel: &str, check: Option<&SmtpCheck>, tried: &[Tried]) -> Value {
    let check = check.map(|check| {
        let failure = check.failure.as_ref().map(|(step, outcome)| json!({ "step": step, "came_to": outcome }));
        json!({ "answers": check.answers, "tls": check.tls, "failure": failure })
    });
    let tried: Vec<Value> = tried.iter().map(|tried| json!({ "to": tried.to, "came_to": tried.outcome })).collect();
    json!({ "channel": channel, "check": check, "sent": tried })
}

fn as_text(channel: &str, check: Option<&SmtpCheck>, tried: &[Tried]) -> String {
    let mut text = String::new();
    if let Some(check) = check {
        for (step, answer) in &check.answers {
            let _ = writeln!(text, "{step:<12}{}", super::columns::quoted(answer));
        }
        let _ = writeln!(text, "{:<12}{}", "encryption", check.tls.as_deref().unwrap_or("none"));
        if let Some((step, outcome)) = &check.failure {
            let _ = writeln!(text, "The server could not be used, at the step {step}. {}", meaning(outcome, channel));
        }
    }
    for Tried { to, outcome } in tried {
        let _ = writeln!(text, "{to}: {}", meaning(outcome, channel));
    }
    text
}

/// The receiver's own answer, and what it means for a warning.
fn meaning(outcome: &Outcome, channel: &str) -> String {
    let reply = super::columns::quoted(outcome.reply());
    match outcome {
        Outcome::Delivered { .. } => format!("taken. The receiver says: {reply}"),
        Outcome::Accepted { .. } => format!("taken, without proof that a person sees it. The receiver says: {reply}"),
        Outcome::Retry { .. } | Outcome::RetryAt { .. } => format!("not now; a warning would be tried again. {reply}"),
        Outcome::Unknown { .. } => format!("no answer after the test was handed over: look whether it has arrived. {reply}"),
        Outcome::Shrink { .. } => format!("too long for the receiver; a warning would be sent again, shorter. {reply}"),
        Outcome::Reconfigure { .. } => {
            format!("refused because of our settings: correct the [[channel]] `{channel}` (address, credentials, TLS). {reply}")
        }
        Outcome::Permanent { .. } => format!("refused for good; a warning would be given up and ops told. {reply}"),
    }
}

fn exit_code(check: Option<&SmtpCheck>, tried: &[Tried]) -> u8 {
    let failure = check.and_then(|check| check.failure.as_ref()).map(|(_, outcome)| outcome);
    let codes = failure.into_iter().chain(tried.iter().map(|tried| &tried.outcome)).map(|outcome| match outcome {
        Outcome::Delivered { .. } | Outcome::Accepted { .. } => exit::FINE,
        Outcome::Retry { .. } | Outcome::RetryAt { .. } | Outcome::Unknown { .. } => exit::NETWORK,
        Outcome::Shrink { .. } | Outcome::Reconfigure { .. } | Outcome::Permanent { .. } => exit::FINDINGS,
    });
    codes.max().unwrap_or(exit::FINE)
}
