//! What a source pushed by itself: judged as a poll's items are, and kept without its lease. New items are news: there is no baseline.

use super::another::Ids;
use super::{Judging, Known, another, arrival, aside, count, is_fresh, judge_repeated, settle_old};
use crate::collect::normalise::Found;
use crate::collect::poll::Document;
use crate::collect::source::{SourceKind, SourceOptions};
use crate::model::{Identity, Moment, Over, SourceState};
use crate::store::{PollCommit, Push, PushKept, StoreError};
use crate::tasks::context::Context;
use crate::tasks::crash::crash_point;
use crate::tasks::driver::TaskError;
use crate::tasks::trouble;

/// Between the judging and the transaction another push or poll may keep one of the items; so often in a row only a fault of ours can be it.
const TRIES: usize = 10;

/// Where a push came from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The id of a signed call, of this source alone.
    pub(crate) call_id: Option<String>,
    /// The source has no other way to be heard.
    pub(crate) lives_by_it: bool,
    /// We saw it ourselves on the page of an item: the source said nothing.
    pub(crate) looked: bool,
}

/// What came of a push.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) new: usize,
    pub(crate) edited: usize,
    pub(crate) known: usize,
    /// New or edited items that name a brand.
    pub(crate) mentions: usize,
    /// The call was taken before; nothing was done now.
    pub(crate) replayed: bool,
}

/// Keeps what was pushed. After it returns, nothing of it can be lost.
pub(crate) async fn take_in(
    context: &Context,
    source: &SourceOptions,
    found: &[Found],
    origin: &Origin,
    now: Moment,
) -> Result<Taken, TaskError> {
    for _ in 0..TRIES {
        let state = context.store.source(&source.name).await?;
        let state = state.ok_or_else(|| StoreError::NotFound(format!("source {}", source.name)))?;
        let mut known = known_of(context, &state, found).await?;
        let (commit, taken) = judged(context, (source, state), found, &mut known, now).await?;
        let fresh = taken.new + taken.edited;
        let push = Push {
            known: &known,
            call_id: origin.call_id.clone(),
            lives_by_it: origin.lives_by_it,
            fresh: fresh > 0 && !origin.looked,
            looked: origin.looked,
        };
        crash_point("push.judged");
        match context.store.commit_push(&commit, &push).await? {
            PushKept::Overtaken => continue,
            PushKept::Replayed => return Ok(Taken { known: found.len(), replayed: true, ..Taken::default() }),
            PushKept::Kept => {}
        }
        crash_point("push.committed");
        count(context, &commit, fresh);
        context.wakes.open_incidents.notify_one();
        if fresh > 0 && !origin.looked {
            trouble::clear(context, &trouble::silent_key(&source.name), Over::New).await?;
        }
        return Ok(taken);
    }
    Err(Box::new(StoreError::Busy(format!("source {}: others keep the same items again and again", source.name))))
}

async fn known_of(context: &Context, state: &SourceState, found: &[Found]) -> Result<Known, TaskError> {
    let identities: Vec<Identity> = found.iter().map(|found| found.identity).collect();
    Ok(context.store.known_items(&state.id, &identities).await?)
}

async fn judged(
    context: &Context,
    (source, state): (&SourceOptions, SourceState),
    found: &[Found],
    known: &mut Known,
    now: Moment,
) -> Result<(PollCommit, Taken), TaskError> {
    let live = context.live();
    let state = SourceState { baselined: true, ..state };
    let mut document = Document::without_asking(found.to_vec(), "");
    // A hub sends on what a feed shows.
    let ids = if matches!(source.kind, SourceKind::Inbound(_)) { Ids::Sender } else { Ids::Part };
    let others = another::settle(&context.store, &state.id, &mut document.found, known, ids).await?;
    let known = &*known;
    let arrival = arrival::look(context, &state, (&document, false, None), known, now).await?;
    let (mut items, aside) = Judging { live: &live, source, memory: &state.id, known, now }.all(document.found, &arrival.old);
    if live.judge.asks_for_repetition() {
        judge_repeated(context, &live, (source, &state.id), &mut items, now).await?;
    }
    settle_old(&mut items, &arrival.old, now);
    if ids == Ids::Sender {
        others.note(&mut items);
    }
    let new = items.iter().filter(|item| !known.contains_key(&item.identity)).count();
    let fresh = items.iter().filter(|item| is_fresh(item.identity, item.fingerprint, known)).count();
    let mentions = items.iter().filter(|item| item.mention.is_some()).count();
    // Before the items are known: whoever died in between would never tell.
    arrival.tell(context, source, &items).await?;
    aside::tell(context, source, &aside, now).await?;
    let taken = Taken { new, edited: fresh - new, known: items.len() - fresh, mentions, replayed: false };
    items.extend(others.remembered(&items, known));
    Ok((PollCommit { owner: context.owner.clone(), state, items, now }, taken))
}
