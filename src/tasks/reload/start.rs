//! A start puts in force whatever the files say: there is no older set to keep. What a reload would have refused is told all the same, and
//! stays told over the next starts.

use std::time::Duration;

use super::super::context::Context;
use super::super::driver::TaskError;
use super::super::{judge_again, trouble};
use super::{again, gate};
use crate::model::Over;
use crate::respond::message::plain;

/// The rules that no limit spoke against.
const GOOD: &str = "rules in force";
/// Those that a start put in force against a limit, and of which ops were told.
const TOLD: &str = "rules told of";

/// What is older was missed for longer than anybody can mend by hearing of it.
const JUDGED_WITHIN: Duration = Duration::from_hours(30 * 24);

/// Looks once at the rules that this start put in force, and ends the incident about refused ones where they are good.
pub(in super::super) async fn look(context: &Context) -> Result<(), TaskError> {
    let live = context.live();
    let (own, store) = (live.judge.rule_set(), &context.store);
    let good = store.noted(GOOD).await?.filter(|good| good != own);
    let Some(good) = good else { return settled(context).await };
    if store.noted(TOLD).await?.as_deref() == Some(own) {
        return Ok(());
    }
    let Some(gate::Objection(told)) = gate::objection_at_start(context, &good).await? else { return settled(context).await };
    let (title, detail) = plain(&told);
    tracing::error!("{title}\n{detail}");
    again::tell(context, told).await?;
    Ok(store.set_noted(TOLD, own, context.clock.now()).await?)
}

async fn settled(context: &Context) -> Result<(), TaskError> {
    remember(context).await?;
    trouble::clear(context, trouble::RELOAD, Over::Files).await
}

/// The rules in force are good: a later start compares with them.
pub(super) async fn remember(context: &Context) -> Result<(), TaskError> {
    let (live, now) = (context.live(), context.clock.now());
    let own = live.judge.rule_set();
    if context.store.noted(GOOD).await?.as_deref() != Some(own) {
        context.store.set_noted(GOOD, own, now).await?;
    }
    // Whoever goes back to what was told of is told once more; what it judged meanwhile is judged by what is good.
    if let Some(bad) = context.store.noted(TOLD).await?.filter(|told| !told.is_empty()) {
        if bad != own {
            judge_again::by_bad_rules(context, &bad, now.minus(JUDGED_WITHIN)).await?;
        }
        context.store.set_noted(TOLD, "", now).await?;
    }
    Ok(())
}
