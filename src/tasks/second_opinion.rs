//! Asks for a second opinion on doubtful verdicts after they were stored and acted on: nothing waits for the answer.
//!
//! An answer that complains opens an incident where none was opened; else it leaves a line in the history of the one there is, and is
//! quoted in mails that are still to go out. One that
//! does not complain silences nothing. While the other side does not answer it is asked once a pause, and the rest goes on.

mod ask;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use self::ask::{Answered, FAILED, TIMEOUT, ask};
use super::context::Context;
use super::crash::crash_point;
use super::driver::{Activation, Ended, TaskError};
use super::live::Live;
use super::metrics::OpeningLabels;
use super::open_incidents::{HEARKEN, act_on, told_since};
use crate::decide::opinion::{Opinion, OpinionOptions, Question, REASON_CHARS, added, quoted};
use crate::decide::rule::Kind;
use crate::model::{EventKind, IncidentState, Mention, Moment, Verdict};
use crate::respond::message::clean::{inert, one_line};
use crate::respond::redact::redacted;
use crate::store::{Doubt, JOINED, OPENED, Settled, StoreError, TOLD};

/// A verdict that had to wait longer than this is no news any more: after an outage, or a day whose budget was spent.
const FRESH: Duration = Duration::from_hours(24);
/// Verdicts of one look.
const BATCH: i64 = 100;
/// Once more after a question that no answer came to in time; the third is the last. Questions that were refused, or answered by an error,
/// cost nothing: they count neither here nor against the day's budget, and are asked again until nobody waits for the answer any more.
const MOST_ATTEMPTS: i64 = 3;
/// Before the same question is asked again that was answered by an error: it may be its fault.
const AFTER_ERROR: Duration = Duration::from_mins(5);
/// Between two questions while the other side does not answer.
const PAUSE: Duration = Duration::from_mins(1);
/// A pause that is asked for is kept up to this.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// Whoever took a question and died with it is waited for beyond the limit of the question itself.
const LEASE: Duration = Duration::from_mins(2);

/// What stops the look at the other doubts.
enum Next {
    GoOn,
    Stop(Moment),
}

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let live = context.live();
    let Some(options) = &live.settings.second_opinion else { return Ok(Activation::default()) };
    let paused_until = Moment(context.opinions_paused_until.load(Ordering::SeqCst));
    let mut handled = 0;
    while !context.stopped() {
        let now = context.clock.now();
        if now < paused_until {
            return Ok(Activation { handled, next_at: Some(paused_until) });
        }
        let doubts = context.store.doubts(now.minus(FRESH), now, BATCH).await?;
        if doubts.is_empty() {
            break;
        }
        let doubts = leave_out(&context, options, doubts, now).await?;
        for doubt in doubts {
            context.board.update("second_opinion", |status| status.busy_since = Some(context.clock.now()));
            match settle(&context, &live, options, doubt).await? {
                Next::GoOn if !context.stopped() => handled += 1,
                Next::GoOn => break,
                Next::Stop(at) => return Ok(Activation { handled, next_at: Some(at) }),
            }
        }
    }
    Ok(Activation { handled, next_at: None })
}

/// Settles at once what need not be asked: most verdicts are in no doubt.
async fn leave_out(context: &Context, options: &OpinionOptions, doubts: Vec<Doubt>, now: Moment) -> Result<Vec<Doubt>, StoreError> {
    let (inside, outside): (Vec<Doubt>, Vec<Doubt>) = doubts.into_iter().partition(|doubt| options.is_doubtful(&doubt.verdict));
    let settled: Vec<Settled<'_>> =
        outside.iter().map(|doubt| Settled { mention: &doubt.mention, outcome: "outside", answer: None }).collect();
    context.store.settle_doubts(&settled, &options.model, now).await?;
    Ok(inside)
}

async fn settle(context: &Context, live: &Live, options: &OpinionOptions, doubt: Doubt) -> Result<Next, TaskError> {
    let now = context.clock.now();
    let mention = &doubt.mention;
    let incidents = context.store.incidents_of_mention(&mention.id).await?;
    if incidents.first().is_some_and(|incident| incident.state != IncidentState::Open) {
        // People have answered.
        return finish(context, options, mention, "needless", now).await;
    }
    if doubt.attempts >= MOST_ATTEMPTS {
        return finish(context, options, mention, "given_up", now).await;
    }
    if let Some(opinion) = known(context, options, mention).await? {
        count(context, "cached");
        return heed(context, options, mention, &opinion).await;
    }
    let tomorrow = day_after(live, now);
    if context.store.questions_since(tomorrow.0).await? >= i64::from(options.per_day) {
        count(context, "budget_spent");
        return Ok(Next::Stop(tomorrow.1));
    }
    if !context.store.claim_doubt(mention, &options.model, now.plus(options.timeout).plus(LEASE), now).await? {
        return Ok(Next::GoOn);
    }
    crash_point("opinion.claimed");
    let answered = ask(live, options, &question(mention), &categories(live), now).await;
    count(context, answered.outcome());
    match answered {
        Answered::Opinion(opinion) => heed(context, options, mention, &opinion).await,
        Answered::Nonsense(why) => {
            tracing::warn!(why, model = options.model, "a second opinion was no answer");
            finish(context, options, mention, "nonsense", context.clock.now()).await
        }
        Answered::Busy(pause) => put_off(context, mention, "busy", pause.unwrap_or(PAUSE)).await,
        Answered::Failed { outcome: outcome @ TIMEOUT, why } => {
            tracing::warn!(why, model = options.model, "no second opinion came in time");
            put_off(context, mention, outcome, PAUSE).await
        }
        Answered::Failed { outcome, why } => {
            tracing::warn!(why, model = options.model, "there is no second opinion to be had now");
            put_off(context, mention, outcome, PAUSE).await
        }
    }
}

fn count(context: &Context, outcome: &str) {
    context.metrics.opinions.get_or_create(&OpeningLabels { outcome: outcome.to_owned() }).inc();
}

async fn finish(context: &Context, options: &OpinionOptions, mention: &Mention, outcome: &str, now: Moment) -> Result<Next, TaskError> {
    let settled = Settled { mention, outcome, answer: None };
    context.store.settle_doubts(&[settled], &options.model, now).await?;
    Ok(Next::GoOn)
}

async fn put_off(context: &Context, mention: &Mention, outcome: &str, pause: Duration) -> Result<Next, TaskError> {
    let now = context.clock.now();
    let until = now.plus(pause.clamp(PAUSE, LONGEST_PAUSE));
    let own = if outcome == FAILED { until.max(now.plus(AFTER_ERROR)) } else { until };
    context.store.put_off_doubt(mention, outcome, own, outcome != TIMEOUT).await?;
    context.opinions_paused_until.store(until.0, Ordering::SeqCst);
    Ok(Next::Stop(until))
}

/// What the same model said of the same words.
async fn known(context: &Context, options: &OpinionOptions, mention: &Mention) -> Result<Option<Opinion>, TaskError> {
    let answer = context.store.answer_about(mention.text_hash, &options.model).await?;
    Ok(answer.and_then(|answer| serde_json::from_str(&answer).ok()))
}

/// The beginning of this day and of the next, as the company's clocks have it.
fn day_after(live: &Live, now: Moment) -> (Moment, Moment) {
    let today = now.to_timestamp().to_zoned(live.settings.company.timezone.clone());
    let start = today.start_of_day().unwrap_or(today);
    let next = start.tomorrow().unwrap_or_else(|_| start.clone());
    (start.timestamp().into(), next.timestamp().into())
}

fn question(mention: &Mention) -> Question {
    let clean = |text: &str| redacted(text, mention.author.as_deref());
    let rating = mention.rating.map(|rating| match mention.rating_max {
        Some(most) => format!("{rating} of {most}"),
        None => rating.to_string(),
    });
    Question { title: mention.title.as_deref().map(clean), text: clean(&mention.text), rating }
}

/// Those the rules know.
fn categories(live: &Live) -> Vec<String> {
    let rules = live.judge.rules().rules.iter();
    let named: std::collections::BTreeSet<&str> = rules
        .filter_map(|rule| match &rule.kind {
            Kind::Category { category, .. } => Some(category.as_str()),
            _ => None,
        })
        .collect();
    named.into_iter().map(str::to_owned).collect()
}

/// Does what an answer may do, and remembers it, in one transaction.
async fn heed(context: &Context, options: &OpinionOptions, mention: &Mention, opinion: &Opinion) -> Result<Next, TaskError> {
    let now = context.clock.now();
    // Its words may be those of the stranger it read, and mails will quote them.
    let opinion = &Opinion { reason: inert(&one_line(&opinion.reason, REASON_CHARS)), ..opinion.clone() };
    let answer = serde_json::to_string(opinion)?;
    let Some(mut opening) = context.store.reopen(mention, now).await? else {
        return finish(context, options, mention, "superseded", now).await;
    };
    let Some((mention, verdict)) = opening.pending().into_iter().next() else { return Ok(Next::GoOn) };
    let there = opening.incident_of_item(&mention.source, mention.identity).await?;
    let outcome = match there {
        Some(incident) => {
            let detail = json!({ "model": options.model, "opinion": opinion });
            opening.event(&incident.id, EventKind::SecondOpinion.as_str(), now, HEARKEN, &detail).await?;
            if opinion.complaint {
                // A mail that is still to go out is written from the verdict as it stands then.
                opening.judged(&mention, &quoted(&verdict, opinion, &options.model)).await?;
            }
            "noted".to_owned()
        }
        None if opinion.complaint => match open(context, options, &mut opening, (&mention, &verdict), opinion, now).await? {
            Some(outcome) => outcome,
            // An incident of its key came up meanwhile: the next look sees it.
            None => return Ok(Next::GoOn),
        },
        None => "fine".to_owned(),
    };
    opening.settle_doubt(&Settled { mention: &mention, outcome: &outcome, answer: Some(&answer) }, &options.model).await?;
    crash_point("opinion.decided");
    opening.commit().await?;
    tracing::info!(mention = mention.id, outcome, complaint = opinion.complaint, model = options.model, "a second opinion was heard");
    context.wakes.deliver.notify_one();
    context.wakes.escalate.notify_one();
    Ok(Next::GoOn)
}

/// Acts on the verdict with the opinion added, by the same decisions as on any other: the same text joins, a false alarm stays one.
async fn open(
    context: &Context,
    options: &OpinionOptions,
    opening: &mut crate::store::Opening,
    (mention, verdict): (&Mention, &Verdict),
    opinion: &Opinion,
    now: Moment,
) -> Result<Option<String>, TaskError> {
    let second = added(verdict, opinion, &options.model);
    let mut lately = opening.told_lately(told_since(context, now)).await?;
    let Some(outcome) = act_on(context, opening, (mention, &second), true, &mut lately, now).await? else { return Ok(None) };
    if matches!(outcome.as_str(), OPENED | TOLD | JOINED) {
        opening.judged(mention, &second).await?;
        opening.acted(mention, &outcome).await?;
        context.metrics.openings.get_or_create(&OpeningLabels { outcome: outcome.clone() }).inc();
    }
    Ok(Some(outcome))
}
