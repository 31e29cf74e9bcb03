//! One round of a mailbox: what is new is read, kept in one transaction like any poll, and only then marked.

use super::context::Context;
use super::crash::crash_point;
use super::driver::TaskError;
use super::keep::UnderWay;
use super::letter::answer_link;
use super::metrics::PollLabels;
use super::poll::{Claimed, Fetched, keep_lease};
use super::trouble;
use crate::collect::host::Pass;
use crate::collect::mail::{MailOptions, Own, Round, SteppedOver, read_round};
use crate::collect::poll::{Document, Polled};
use crate::collect::source::SourceOptions;
use crate::model::{IncidentKind, LeftOut, Moment, Over, Phrase, Severity, SourceState, Told, Watch};
use crate::respond::incident::Subject;

/// Reads what is new and leaves the mailbox open.
pub(super) async fn fetch<'a>(
    context: &Context,
    source: &SourceOptions,
    options: &MailOptions,
    claimed: Claimed,
    pass: Pass,
    under_way: UnderWay<'a>,
) -> Result<Fetched<'a>, TaskError> {
    let live = context.live();
    let Claimed { state, troubled, follows } = claimed;
    let own = Own { domain: live.domain.clone(), answer_link: answer_link(&live) };
    let read = tokio::select! {
        read = read_round(&live.outbound, source, options, &own, &state, context.clock.now()) => read,
        error = keep_lease(context, &state.name) => return Err(error),
    };
    pass.leave(context.clock.now().plus(live.settings.collect.host_gap));
    let outcome = match &read {
        Ok(round) if round.mails == 0 => "unchanged",
        Ok(_) => "items",
        Err(failure) => failure.kind.as_str(),
    };
    let labels = PollLabels { source: state.name.clone(), outcome: outcome.to_owned() };
    context.metrics.polls.get_or_create(&labels).inc();
    // Where the next round begins is kept with the state, like the validators of a document.
    let begun = |state: SourceState, round: &Round| {
        say(source, round);
        SourceState { watch: Watch { mailbox: Some(round.mailbox.clone()), ..state.watch }, ..state }
    };
    Ok(match read {
        Err(failure) => Fetched { claimed: Claimed { state, troubled, follows }, polled: Err(failure), under_way, mailbox: None },
        Ok(round) if round.mails == 0 => {
            let state = SourceState { etag: Some(round.cursor.clone()), baselined: true, ..begun(state, &round) };
            let polled = Ok(Polled::Unchanged { max_age: None });
            Fetched { claimed: Claimed { state, troubled, follows }, polled, under_way, mailbox: Some(round) }
        }
        Ok(mut round) => {
            let state = begun(state, &round);
            let found = std::mem::take(&mut round.found);
            let etag = Some(round.cursor.clone());
            let document = Document { etag, bytes: round.bytes, ..Document::without_asking(found, "") };
            Fetched {
                claimed: Claimed { state, troubled, follows },
                polled: Ok(Polled::Items(Box::new(document))),
                under_way,
                mailbox: Some(round),
            }
        }
    })
}

/// Mails that are not told, for whoever looks for one of them.
fn say(source: &SourceOptions, round: &Round) {
    let LeftOut { own, answers, automatic, unread, last_at } = round.left_out;
    if last_at.is_some() {
        tracing::info!(source = source.name, own, answers, automatic, "mails were left out: our own, answers to them, automatic answers");
    }
    if unread > 0 {
        tracing::info!(source = source.name, unread, "attachments or parts of mails were not read");
    }
    if round.old > 0 {
        tracing::info!(source = source.name, mails = round.old, "mails lay there before this mailbox was listened to and are left out");
    }
}

/// Marks what was read, once it is kept. What is kept and not marked, for whatever reason, is marked after the next round.
pub(super) async fn finish(context: &Context, source: &SourceOptions, round: Round, now: Moment) -> Result<(), TaskError> {
    // A round on whose mails we failed is kept as a failure: then nothing was taken, and nothing is marked.
    let taken = context.store.source(&source.name).await?.is_some_and(|state| state.last_success_at == Some(now));
    if !taken {
        return Ok(());
    }
    crash_point("mail.committed");
    let (stepped_over, kept) = (round.stepped_over.clone(), round.cursor.clone());
    match round.finish().await {
        // A person who makes a mail unread again is not to be gainsaid.
        Ok(marked) if marked != kept => context.store.replace_cursor(&source.name, &kept, &marked).await?,
        Ok(_) => {}
        Err(failure) => {
            tracing::info!(source = source.name, kind = %failure.kind, detail = failure.detail, "mails were read and could not be marked; they are known");
        }
    }
    tell(context, source, &stepped_over).await
}

/// Tells ops of each mail that is stepped over, once. One more brings an incident of its own in place of the one that is open.
async fn tell(context: &Context, source: &SourceOptions, stepped_over: &[SteppedOver]) -> Result<(), TaskError> {
    let Some(newest) = stepped_over.iter().map(|mail| mail.since).max() else { return Ok(()) };
    let key = trouble::mails_key(&source.name);
    if context.store.was_told_since(&key, newest).await? {
        return Ok(());
    }
    tracing::warn!(source = source.name, mails = ?stepped_over.iter().map(|mail| &mail.name).collect::<Vec<_>>(), "mails are stepped over");
    trouble::clear(context, &key, Over::Mail).await?;
    let title = match stepped_over {
        [one] => Phrase::said("mail_title").with("mail", &one.name),
        _ => Phrase::said("mails_title").with("count", stepped_over.len().to_string()),
    };
    let mut lines = Vec::new();
    for mail in stepped_over {
        lines.extend([Phrase::raw(format!("- {}", mail.name)), Phrase::said("happens").with("what", &mail.why)]);
    }
    lines.extend([Phrase::gap(), Phrase::said("mail_help")]);
    let told = Told::new(title.with("source", &source.name), lines);
    trouble::raise(context, Subject::trouble(IncidentKind::Source, key, Severity::Medium, told)).await
}
