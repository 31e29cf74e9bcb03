//! What a poll could not read of its source's pages: remembered until it is read, a failure where a page failed, told where it is given up.

use std::time::Duration;

use super::super::context::Context;
use super::super::driver::TaskError;
use super::super::{poll, trouble};
use super::arrival::Arrival;
use crate::collect::poll::Below;
use crate::collect::source::SourceOptions;
use crate::model::{IncidentKind, Moment, Phrase, Severity, SourceState, Told};
use crate::respond::incident::Subject;

/// A burst that went beyond the operator's `pages` is read on after this: what it holds is as new as what was read of it.
const READ_ON: Duration = Duration::from_secs(60);

/// The state with what is owed. Before the items are known: whoever died in between would never tell.
pub(super) async fn settle(
    context: &Context,
    source: &SourceOptions,
    before: &SourceState,
    mut state: SourceState,
    (below, arrival): (Below, &Arrival),
    now: Moment,
) -> Result<SourceState, TaskError> {
    let Below { gap, failure, given_up, .. } = below;
    let past = failure.is_none() && arrival.shows_its_past();
    state.watch.gap = gap.filter(|_| !past);
    if let Some(pages) = given_up.filter(|_| !past) {
        tell(context, source, pages).await?;
    }
    match failure {
        Some(failure) => poll::failed_in_part(context, source, before, state, &failure, now).await,
        None if state.watch.gap.is_some() => {
            tracing::info!(source = source.name, "all pages that may be read at once were new; the next poll reads on");
            Ok(SourceState { next_due_at: state.next_due_at.min(now.plus(READ_ON)), ..state })
        }
        None => Ok(state),
    }
}

async fn tell(context: &Context, source: &SourceOptions, pages: u32) -> Result<(), TaskError> {
    let title = Phrase::said("unread_title").with("source", &source.name);
    let lines = vec![
        Phrase::said("address").with("address", source.url.as_str()),
        Phrase::said("unread_pages").with("pages", pages.to_string()),
        Phrase::gap(),
        Phrase::said("unread_help"),
    ];
    let subject = Subject::trouble(IncidentKind::Source, trouble::unread_key(&source.name), Severity::Medium, Told::new(title, lines));
    trouble::raise(context, subject).await
}
