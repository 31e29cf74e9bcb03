//! One round of a mailbox: what is new is read, kept in one transaction, and only then marked.

use super::context::Context;
use super::crash::crash_point;
use super::driver::TaskError;
use super::metrics::PollLabels;
use super::poll;
use crate::collect::host::Pass;
use crate::collect::mail::{MailOptions, read_round};
use crate::collect::poll::Document;
use crate::collect::source::SourceOptions;
use crate::model::SourceState;

/// Reads, commits, marks. What was committed and not marked, for whatever reason, is read again and known then.
pub(super) async fn round(
    context: &Context,
    source: &SourceOptions,
    options: &MailOptions,
    state: SourceState,
    pass: Pass,
) -> Result<(), TaskError> {
    let live = context.live();
    let read = tokio::select! {
        read = read_round(&live.outbound, source, options, &state, context.clock.now()) => read,
        error = poll::keep_lease(context, &state.name) => return Err(error),
    };
    let now = context.clock.now();
    pass.leave(now.plus(live.settings.collect.host_gap));
    let outcome = match &read {
        Ok(round) if round.mails == 0 => "unchanged",
        Ok(_) => "items",
        Err(failure) => failure.kind.as_str(),
    };
    let labels = PollLabels { source: state.name.clone(), outcome: outcome.to_owned() };
    context.metrics.polls.get_or_create(&labels).inc();
    let mut round = match read {
        Ok(round) => round,
        Err(failure) => return poll::failed(context, source, state, &failure, now).await,
    };
    let etag = Some(round.cursor.clone());
    if round.mails == 0 {
        poll::unchanged(context, source, SourceState { etag, baselined: true, ..state }, None, now).await?;
    } else {
        let found = std::mem::take(&mut round.found);
        let document = Document { etag, bytes: round.bytes, ..Document::without_asking(found, "") };
        poll::take_in(context, source, state, document, now).await?;
        crash_point("mail.committed");
    }
    if let Err(failure) = round.finish().await {
        tracing::info!(source = source.name, kind = %failure.kind, detail = failure.detail, "mails were read and could not be marked; they are known");
    }
    Ok(())
}
