//! One round of a mailbox: what is new is read, kept in one transaction like any poll, and only then marked.

use super::context::Context;
use super::crash::crash_point;
use super::driver::TaskError;
use super::keep::UnderWay;
use super::metrics::PollLabels;
use super::poll::{Claimed, Fetched, keep_lease};
use crate::collect::host::Pass;
use crate::collect::mail::{MailOptions, Round, read_round};
use crate::collect::poll::{Document, Polled};
use crate::collect::source::SourceOptions;
use crate::model::{Moment, SourceState};

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
    let Claimed { state, troubled } = claimed;
    let read = tokio::select! {
        read = read_round(&live.outbound, source, options, &state, context.clock.now()) => read,
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
    Ok(match read {
        Err(failure) => Fetched { claimed: Claimed { state, troubled }, polled: Err(failure), under_way, mailbox: None },
        Ok(round) if round.mails == 0 => {
            // Where the next round begins is kept with the state, like the validators of a document.
            let state = SourceState { etag: Some(round.cursor.clone()), baselined: true, ..state };
            let polled = Ok(Polled::Unchanged { max_age: None });
            Fetched { claimed: Claimed { state, troubled }, polled, under_way, mailbox: Some(round) }
        }
        Ok(mut round) => {
            let found = std::mem::take(&mut round.found);
            let etag = Some(round.cursor.clone());
            let document = Document { etag, bytes: round.bytes, ..Document::without_asking(found, "") };
            Fetched { claimed: Claimed { state, troubled }, polled: Ok(Polled::Items(document)), under_way, mailbox: Some(round) }
        }
    })
}

/// Marks what was read, once it is kept. What is kept and not marked, for whatever reason, is read again and known then.
pub(super) async fn finish(context: &Context, source: &SourceOptions, round: Round, now: Moment) -> Result<(), TaskError> {
    // A round on whose mails we failed is kept as a failure: then nothing was taken, and nothing is marked.
    let taken = context.store.source(&source.name).await?.is_some_and(|state| state.last_success_at == Some(now));
    if !taken {
        return Ok(());
    }
    crash_point("mail.committed");
    if let Err(failure) = round.finish().await {
        tracing::info!(source = source.name, kind = %failure.kind, detail = failure.detail, "mails were read and could not be marked; they are known");
    }
    Ok(())
}
