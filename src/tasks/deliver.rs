//! Sends what is due: claimed with a lease, sent, recorded. Each channel has its own few places, so that one that hangs
//! holds up only itself.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;

use super::alarm;
use super::busy::{Busy, Leaving, keep_under_way};
use super::context::{Context, chance};
use super::crash::crash_point;
use super::driver::{Activation, Ended, TaskError, panic_text};
use super::letter;
use super::live::Sender;
use super::metrics::AttemptLabels;
use super::pool::{Boxed, Pool};
use super::{given_up, readdress, stranded};
use crate::model::{Delivery, DeliveryKind, DeliveryState, IncidentKind, IncidentState, Moment, Outcome, Secret};
use crate::respond::back_off::{self, Alarm, Attempted, Plan};
use crate::respond::message::PartOf;
use crate::respond::notify;
use crate::store::{AttemptRow, Claimed, Next, Recovery, StoreError};

/// Deliveries under way at the same time, over all channels.
const AT_ONCE: usize = 32;
/// A lease is renewed when this part of it has passed.
const RENEW_PART: u32 = 3;
/// Waits between tries to record what was sent while the store is away: sent and not recorded is sent again.
const RECORD_AGAIN: [Duration; 5] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10), Duration::from_secs(20)];

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let busy = Arc::new(Busy::default());
    let pool = Pool { task: "deliver", capacity: AT_ONCE, wake: Arc::clone(&context.wakes.deliver), stop: context.stop.clone() };
    let claim = |free: usize| -> Boxed<Result<Vec<Claimed>, TaskError>> {
        let (context, busy) = (Arc::clone(&context), Arc::clone(&busy));
        Box::pin(async move { claim(&context, &busy, free).await })
    };
    let send = |claimed: Claimed| -> Boxed<()> {
        let (context, busy) = (Arc::clone(&context), Arc::clone(&busy));
        Box::pin(async move {
            let channel = claimed.delivery.channel.clone();
            let _leaving = Leaving { busy, id: claimed.delivery.id.clone() };
            if let Err(error) = send(&context, claimed).await {
                tracing::warn!(
                    channel,
                    error = super::driver::chain(error.as_ref()),
                    "a delivery could not be recorded; its lease brings it back"
                );
            }
        })
    };
    let alive = || context.board.update("deliver", |status| status.busy_since = Some(context.clock.now()));
    let handled = pool.work(claim, send, alive).await?;
    // By the command line rows change as well, and whoever died between two steps left them undone.
    stranded::pass_on(&context).await?;
    given_up::settle(&context).await?;
    close_idle(&context).await;
    Ok(Activation { handled, next_at: context.store.next_delivery_due().await? })
}

async fn claim(context: &Context, busy: &Busy, mut free: usize) -> Result<Vec<Claimed>, TaskError> {
    let now = context.clock.now();
    let lease = context.live().settings.run.lease;
    keep_under_way(context, busy, now, lease).await?;
    readdress::settle(context).await?;
    let mut claimed = Vec::new();
    let mut failed = None;
    let mut channels = context.store.due_channels(now).await?;
    // Else the first names of the alphabet, while they have work, would leave no place to the others.
    channels.sort_by_key(|channel| Reverse(busy.free(channel)));
    for channel in channels {
        let places = busy.free(&channel).min(free);
        if places == 0 {
            continue;
        }
        let limit = i64::try_from(places).unwrap_or(i64::MAX);
        match context.store.claim_due_over(&channel, &context.owner, now, lease, limit).await {
            Ok(due) => {
                busy.enter(&due, now);
                free -= due.len();
                claimed.extend(due);
            }
            Err(error) => failed = Some((channel, error)),
        }
    }
    match failed {
        // What was claimed over the other channels is ours to send: one channel's trouble stays its own.
        Some((channel, error)) if !claimed.is_empty() => {
            tracing::warn!(channel, error = super::driver::chain(&error), "the deliveries of a channel could not be claimed");
            Ok(claimed)
        }
        Some((_, error)) => Err(error.into()),
        None => Ok(claimed),
    }
}

/// One after the other what was claimed together: a mail, or the parts of one that would be too long. One that fails leaves the others be.
async fn send(context: &Context, claimed: Claimed) -> Result<(), TaskError> {
    crash_point("deliver.claimed");
    let (live, keys) = (context.live(), context.link_keys());
    let mut parts = VecDeque::from(letter::parted(&live, &keys, claimed));
    let (mut failed, mut first) = (None, true);
    while let Some((claimed, part)) = parts.pop_front() {
        let waiting: Vec<&Delivery> = parts.iter().flat_map(|(waiting, _)| waiting.rows()).collect();
        if !std::mem::take(&mut first) {
            crash_point("deliver.parted");
            for row in claimed.rows().chain(waiting.iter().copied()) {
                // Whoever lost it meanwhile is told so right before it would be sent.
                let _ = context.store.renew_delivery(&context.owner, row, context.clock.now(), live.settings.run.lease).await;
            }
        }
        if let Err(error) = send_part(context, claimed, part, &waiting).await {
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn send_part(context: &Context, claimed: Claimed, part: Option<PartOf>, waiting: &[&Delivery]) -> Result<(), TaskError> {
    let started_at = context.clock.now();
    let Some(claimed) = still_wanted(context, claimed, started_at).await? else { return Ok(()) };
    let claimed = alarm::as_it_arrives(context, claimed).await?;
    let keys = context.link_keys();
    let outcome = tokio::select! {
        outcome = AssertUnwindSafe(hand_over(context, &claimed, &keys, part, started_at)).catch_unwind() => outcome.unwrap_or_else(|panic| panicked(&claimed, panic.as_ref())),
        error = keep_lease(context, &claimed, waiting) => return Err(error),
    };
    crash_point("deliver.sent");
    let attempt = AttemptRow {
        number: claimed.delivery.attempts,
        started_at,
        finished_at: context.clock.now(),
        outcome: outcome.class().to_owned(),
        reply: outcome.reply().to_owned(),
    };
    count(context, &claimed, &outcome);
    follow(context, &claimed, &outcome, &attempt).await
}

/// Gives back what is not to be sent after all, and of a gathered mail leaves the others.
async fn still_wanted(context: &Context, mut claimed: Claimed, now: Moment) -> Result<Option<Claimed>, TaskError> {
    let store = &context.store;
    let mut others = Vec::new();
    for other in std::mem::take(&mut claimed.others) {
        if store.may_send(&context.owner, &other.delivery, now).await? {
            others.push(other);
        } else {
            store.release_delivery(&context.owner, &other.delivery).await?;
        }
    }
    if store.may_send(&context.owner, &claimed.delivery, now).await? {
        claimed.others = others;
        return Ok(Some(claimed));
    }
    store.release_delivery(&context.owner, &claimed.delivery).await?;
    let mut others = others.into_iter();
    Ok(others.next().map(|first| Claimed { others: others.collect(), ..first }))
}

/// A message that makes us panic is retried with growing waits, told to ops and given up like any other, not sent again with every lease.
fn panicked(claimed: &Claimed, panic: &(dyn std::any::Any + Send)) -> Outcome {
    tracing::error!(delivery = claimed.delivery.id, panic = panic_text(panic), "writing or sending a message panicked");
    Outcome::Unknown { reply: "hearken itself failed while writing or sending this message; see its log".to_owned() }
}

/// Renders the message, with links that these keys sign, and gives it to its channel.
pub(super) async fn hand_over(context: &Context, claimed: &Claimed, keys: &[Secret], part: Option<PartOf>, now: Moment) -> Outcome {
    let live = context.live();
    let delivery = &claimed.delivery;
    let Some(sender) = live.senders.get(&delivery.channel) else {
        return Outcome::Reconfigure { reply: format!("there is no channel `{}` in the configuration", delivery.channel) };
    };
    match sender {
        Sender::Smtp(smtp) if claimed.others.is_empty() && part.is_none() => smtp.send(&letter::mail(&live, keys, claimed), now).await,
        Sender::Smtp(smtp) => smtp.send(&letter::gathered(&live, keys, claimed, part), now).await,
        Sender::Webhook(webhook) => webhook.send(&delivery.id, now, &letter::body(&live, keys, claimed)).await,
    }
}

/// Runs until the lease is lost: then somebody else has the row. `waiting` are those that go out behind it.
async fn keep_lease(context: &Context, claimed: &Claimed, waiting: &[&Delivery]) -> TaskError {
    let lease = context.live().settings.run.lease;
    loop {
        tokio::time::sleep(lease / RENEW_PART).await;
        for row in waiting {
            let _ = context.store.renew_delivery(&context.owner, row, context.clock.now(), lease).await;
        }
        for row in claimed.rows() {
            if let Err(error) = context.store.renew_delivery(&context.owner, row, context.clock.now(), lease).await
                && !error.is_temporary()
            {
                return error.into();
            }
        }
    }
}

/// Alarm and fallback go first: if we die before the record, the row comes back and finds them there.
async fn follow(context: &Context, claimed: &Claimed, outcome: &Outcome, attempt: &AttemptRow) -> Result<(), TaskError> {
    let live = context.live();
    let delivery = &claimed.delivery;
    let now = attempt.finished_at;
    let succeeded = matches!(outcome, Outcome::Delivered { .. } | Outcome::Accepted { .. });
    let fell_back = !succeeded && fell_back(context, claimed).await?;
    let of_ours = claimed.incident.kind != IncidentKind::Mention;
    let unknown_mails = unknown_mails(context, claimed, outcome).await?;
    let (attempts, created_at, shrunk) = (delivery.attempts, delivery.created_at, claimed.shrink);
    let row = Attempted { attempts, created_at, shrunk, fell_back, unknown_mails, of_ours };
    let plan = back_off::plan(outcome, &row, &live.settings.respond, now, chance());
    for row in claimed.rows().filter(|_| plan.fallback) {
        fall_back(context, row, now).await?;
    }
    // What hung from before the receiver was well again says nothing of it now; the message itself is sent again like any other.
    let is_of_the_past = !succeeded && context.store.delivered_since(&delivery.channel, attempt.started_at).await?;
    if let Some(alarm) = plan.alarm.filter(|alarm| *alarm == Alarm::Dead || !is_of_the_past) {
        alarm::ops(context, claimed, alarm, outcome).await?;
    }
    let after = next(&plan, is_of_the_past && unknown_mails == 0, now);
    for other in &claimed.others {
        let attempt = AttemptRow { number: other.delivery.attempts, ..attempt.clone() };
        match record(context, &other.delivery.id, &attempt, after).await {
            // Who has it now tells its story; the others have theirs.
            Ok(_) | Err(StoreError::LeaseLost(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let recovery = record(context, &delivery.id, attempt, after).await?;
    crash_point("deliver.recorded");
    if succeeded {
        return delivered(context, claimed, outcome, recovery).await;
    }
    failed(context, claimed, &plan, outcome, (now, is_of_the_past)).await
}

async fn record(context: &Context, id: &str, attempt: &AttemptRow, next: Next) -> Result<Recovery, StoreError> {
    for wait in RECORD_AGAIN {
        match context.store.record_attempt(&context.owner, id, attempt, next).await {
            Err(error) if error.is_temporary() => {
                tracing::warn!(delivery = id, %error, "what was sent is not recorded yet");
                tokio::time::sleep(wait).await;
            }
            ended => return ended,
        }
    }
    context.store.record_attempt(&context.owner, id, attempt, next).await
}

/// What failed while the receiver was found well again need not wait for that any more.
fn next(plan: &Plan, is_of_the_past: bool, now: Moment) -> Next {
    match plan.next {
        back_off::Next::Again { at, shrink: false, pause_until: None, .. } if is_of_the_past => {
            Next::Again { due_at: at.min(now.plus(back_off::FIRST_WAIT)) }
        }
        back_off::Next::Finished(DeliveryState::Delivered) => Next::Delivered,
        back_off::Next::Finished(DeliveryState::Accepted) => Next::Accepted,
        back_off::Next::Finished(_) => Next::Dead,
        back_off::Next::Again { at, shrink: true, .. } => Next::Shrink { due_at: at },
        back_off::Next::Again { at, .. } => Next::Again { due_at: at },
    }
}

async fn delivered(context: &Context, claimed: &Claimed, outcome: &Outcome, recovery: Recovery) -> Result<(), TaskError> {
    let channel = &claimed.delivery.channel;
    tracing::info!(
        channel,
        delivery = claimed.delivery.id,
        incident = claimed.incident.id,
        kind = %claimed.delivery.kind,
        attempt = claimed.delivery.attempts,
        reply = outcome.reply(),
        "a message was delivered"
    );
    if context.store.receiver_recovered(channel, context.clock.now()).await? {
        tracing::info!(channel, hurried = recovery.hurried, refused = recovery.refused, "the receiver takes messages again");
    }
    if recovery.hurried > 0 {
        context.wakes.deliver.notify_one();
    }
    if matches!(outcome, Outcome::Accepted { .. }) {
        // A page for people may be anybody's: it ends no trouble.
        return Ok(());
    }
    alarm::delivered(context, claimed, recovery).await
}

async fn failed(
    context: &Context,
    claimed: &Claimed,
    plan: &Plan,
    outcome: &Outcome,
    (now, is_of_the_past): (Moment, bool),
) -> Result<(), TaskError> {
    let channel = &claimed.delivery.channel;
    tracing::warn!(
        channel,
        delivery = claimed.delivery.id,
        incident = claimed.incident.id,
        attempt = claimed.delivery.attempts,
        outcome = outcome.class(),
        reply = outcome.reply(),
        "a delivery failed"
    );
    if !is_of_the_past {
        context.store.receiver_failed(channel, now, outcome.reply()).await?;
    }
    if let back_off::Next::Again { pause_until: Some(until), .. } = plan.next {
        context.store.pause_receiver(channel, until, outcome.reply()).await?;
    }
    if plan.next == back_off::Next::Finished(DeliveryState::Dead) { stranded::pass_on(context).await } else { Ok(()) }
}

/// Attempts at a mail, the one that ended now included, of which nobody knows whether the server took it.
async fn unknown_mails(context: &Context, claimed: &Claimed, outcome: &Outcome) -> Result<u32, TaskError> {
    let by_mail = matches!(context.live().senders.get(&claimed.delivery.channel), Some(Sender::Smtp(_)));
    if !by_mail || !matches!(outcome, Outcome::Unknown { .. }) {
        return Ok(0);
    }
    let before = context.store.attempts(&claimed.delivery.id).await?;
    let unknown = before.iter().filter(|attempt| attempt.outcome.as_deref() == Some(outcome.class())).count();
    Ok(u32::try_from(unknown).unwrap_or(u32::MAX).saturating_add(1))
}

/// Whether the fallback channels of this very message were used before; where there are none, whether ops heard of it: the
/// attempt before this one told them if this one's time was set beyond the limit.
async fn fell_back(context: &Context, claimed: &Claimed) -> Result<bool, TaskError> {
    let live = context.live();
    let delivery = &claimed.delivery;
    let Some(department) = live.context().department(&delivery.department) else { return Ok(true) };
    if department.fallback.is_empty() || department.fallback.contains(&delivery.channel) {
        let waited = delivery.due_at.since(delivery.created_at);
        return Ok(delivery.attempts > 1 && waited > live.settings.respond.fallback_after);
    }
    let rows = context.store.incident_deliveries(&delivery.incident).await?;
    Ok(rows.iter().any(|other| {
        other.generation == delivery.generation
            && other.kind == delivery.kind
            && other.step == delivery.step
            && department.fallback.contains(&other.channel)
    }))
}

async fn fall_back(context: &Context, delivery: &Delivery, now: Moment) -> Result<(), TaskError> {
    let live = context.live();
    let rows = notify::fallback(delivery, &live.context(), &mut context.ids()?, now);
    if rows.is_empty() {
        return Ok(());
    }
    let Some(mut tx) = context.store.begin_incident(&delivery.incident, now).await? else { return Ok(()) };
    if tx.incident().state == IncidentState::Open || delivery.kind == DeliveryKind::Status {
        tx.deliver(&rows).await?;
        tx.commit().await?;
        context.wakes.deliver.notify_one();
    }
    Ok(())
}

fn count(context: &Context, claimed: &Claimed, outcome: &Outcome) {
    let labels = AttemptLabels { channel: claimed.delivery.channel.clone(), outcome: outcome.class().to_owned() };
    context.metrics.attempts.get_or_create(&labels).inc();
}

async fn close_idle(context: &Context) {
    let now = context.clock.now();
    for sender in context.live().senders.values() {
        if let Sender::Smtp(smtp) = sender {
            smtp.close_idle(now).await;
        }
    }
}
