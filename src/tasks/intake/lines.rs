//! What a batch of a dropped file becomes: judged as a poll's items are, kept with the position behind it. New items are news: a file
//! that somebody drops is not what was there before we came.

use super::another::Ids;
use super::{Judging, another, aside, count, is_fresh, judge_repeated};
use crate::collect::normalise::Found;
use crate::collect::source::SourceOptions;
use crate::model::{Identity, Moment, SourceState};
use crate::store::{FilePosition, PollCommit};
use crate::tasks::context::Context;
use crate::tasks::driver::TaskError;

/// Keeps a batch; how many of its items are new or edited. After it returns, nothing of it can be lost.
pub(in crate::tasks) async fn take_in(
    context: &Context,
    source: &SourceOptions,
    state: SourceState,
    mut found: Vec<Found>,
    position: &FilePosition,
    now: Moment,
) -> Result<usize, TaskError> {
    let live = context.live();
    let identities: Vec<Identity> = found.iter().map(|found| found.identity).collect();
    let mut known = context.store.known_items(&state.id, &identities).await?;
    let others = another::settle(&context.store, &state.id, &mut found, &mut known, Ids::Part).await?;
    let old = others.old(&context.store, &state.id, &found, &known).await?;
    let (mut items, aside) = Judging { live: &live, source, memory: &state.id, known: &known, now }.all(found, &old);
    if live.judge.asks_for_repetition() {
        judge_repeated(context, &live, (source, &state.id), &mut items, now).await?;
    }
    let fresh = items.iter().filter(|item| is_fresh(item.identity, item.fingerprint, &known)).count();
    items.extend(others.remembered(&items, &known));
    aside::tell(context, source, &aside, now).await?;
    let commit = PollCommit { owner: context.owner.clone(), state, items, now };
    context.store.commit_batch(&commit, position, fresh > 0).await?;
    count(context, &commit, fresh);
    context.wakes.open_incidents.notify_one();
    Ok(fresh)
}
