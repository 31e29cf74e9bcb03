//! What is watched of a source from poll to poll: counted, learnt, missed, and told to ops.
//!
//! What seldom happens is boxed: every poll would carry the room for it along, and thousands of polls an hour have nothing to tell.

use super::context::Context;
use super::driver::TaskError;
use super::poll::Claimed;
use super::{blindness, quiet, trouble};
use crate::collect::fetch::FetchFailure;
use crate::collect::source::{SourceOptions, asked};
use crate::collect::{cadence, canary, health, texts};
use crate::model::{DayCount, Failing, FailureKind, IncidentKind, LastFailure, Moment, Severity, SourceState, Watch};
use crate::respond::incident::Subject;

/// What a document that was read shows of these things.
pub(super) struct Sight {
    pub(super) entries: usize,
    pub(super) without_text: usize,
    /// Entries besides, that are as they were.
    pub(super) skipped: usize,
    /// Of each new item whether it has no text, the newest last.
    pub(super) empty_news: Vec<bool>,
    pub(super) shows_canary: Option<bool>,
    /// Items that are really new.
    pub(super) news: usize,
    /// The first good poll.
    pub(super) baseline: bool,
    pub(super) sorted: i32,
}

/// The state of a source whose document was read.
pub(super) async fn read(
    context: &Context,
    source: &SourceOptions,
    mut state: SourceState,
    sight: &Sight,
    now: Moment,
) -> Result<SourceState, TaskError> {
    well_again(&mut state.watch);
    accept(context, &mut state).await?;
    count(context, source, &mut state, "items", now).await?;
    let watch = &mut state.watch;
    watch.canary = canary::after(&watch.canary, source.canary.as_ref(), sight.shows_canary, now);
    let (entries, without_text) = texts::with_skipped(&watch.texts, (sight.entries, sight.without_text), sight.skipped);
    watch.texts = texts::after(&watch.texts, entries, without_text, sight.empty_news.iter().copied(), now);
    if !sight.baseline {
        watch.newest_first = (watch.newest_first + sight.sorted).clamp(-NEWEST_FIRST_MAX, NEWEST_FIRST_MAX);
        arrive(watch, source, sight.news, state.last_item_at, now);
    }
    if sight.news > 0 || (sight.baseline && sight.entries + sight.skipped > 0) {
        state.last_item_at = Some(now);
    }
    state.baselined = true;
    quiet::excuse(context, source, &mut state, now).await?;
    Ok(state)
}

/// A list that is sorted otherwise from now on is believed after as many polls.
const NEWEST_FIRST_MAX: i32 = 20;

fn arrive(watch: &mut Watch, source: &SourceOptions, news: usize, last_item_at: Option<Moment>, now: Moment) {
    let Some(today) = watch.today.as_mut().filter(|_| news > 0) else { return };
    today.new = today.new.saturating_add(u32::try_from(news).unwrap_or(u32::MAX));
    today.arrivals += 1;
    let Some(last) = last_item_at else { return };
    if watch.excused_at.take().is_some() {
        // Others had that break too: it is no measure of the breaks that this source takes.
        today.excused_s = today.excused_s.max(now.since(last).as_secs());
    } else {
        today.longest_gap_s = today.longest_gap_s.max(source.holidays.outside(last, now, &source.timezone).as_secs());
    }
}

/// The state of a source whose document is the same as before.
pub(super) async fn unchanged(
    context: &Context,
    source: &SourceOptions,
    mut state: SourceState,
    now: Moment,
) -> Result<SourceState, TaskError> {
    well_again(&mut state.watch);
    accept(context, &mut state).await?;
    count(context, source, &mut state, "unchanged", now).await?;
    state.watch.canary = canary::after(&state.watch.canary, source.canary.as_ref(), None, now);
    state.watch.texts = texts::unchanged(&state.watch.texts);
    quiet::excuse(context, source, &mut state, now).await?;
    Ok(state)
}

/// A poll that failed.
pub(super) async fn failed(
    context: &Context,
    source: &SourceOptions,
    state: &mut SourceState,
    failure: &FetchFailure,
    now: Moment,
) -> Result<(), TaskError> {
    let detail = failure.detail.chars().take(DETAIL_CHARS).collect();
    let asked = asked(failure, state.next_due_at, now);
    let kind = failure.kind.as_str().to_owned();
    state.watch.last_failure = Some(LastFailure { kind, detail, at: now, status: failure.status, asked });
    count(context, source, state, failure.kind.as_str(), now).await
}

/// Of a failure's detail as much is kept: it is written with every poll.
const DETAIL_CHARS: usize = 300;

/// Counts a poll to its day. With a new day the last one is kept and the cadence learnt anew.
async fn count(context: &Context, source: &SourceOptions, state: &mut SourceState, outcome: &str, now: Moment) -> Result<(), TaskError> {
    let day = cadence::day_of(now, &source.timezone);
    if let Some(over) = state.watch.today.take_if(|today| today.day < day) {
        Box::pin(context.store.keep_day(&source.name, &over)).await?;
        let days = Box::pin(context.store.source_days(&source.name, day - i64::from(7 * cadence::WEEKS))).await?;
        let silent = over.arrivals == 0 || health::silence(state, source, now).is_some() || health::is_excused(state);
        (state.watch.cadence, state.watch.days_learnt) = cadence::renewed(state.watch.cadence.take(), silent, &days, day, &source.holidays);
    }
    let today = state.watch.today.get_or_insert_with(|| DayCount { day, ..DayCount::default() });
    *today.polls.entry(outcome.to_owned()).or_default() += 1;
    Ok(())
}

/// What is kept of a failure that is over is what it was, and no longer what to do about it.
fn well_again(watch: &mut Watch) {
    if let Some(last) = &mut watch.last_failure {
        (last.status, last.asked) = (None, None);
    }
}

/// Entries without texts of which ops were told, and somebody resolved it: that is how the source is now.
async fn accept(context: &Context, state: &mut SourceState) -> Result<(), TaskError> {
    let Some(since) = state.watch.texts.strange_since.filter(|_| texts::are_gone(&state.watch.texts)) else { return Ok(()) };
    let key = trouble::texts_key(&state.name);
    if !Box::pin(context.store.is_open(&key)).await? && Box::pin(context.store.was_told_since(&key, since)).await? {
        state.watch.texts = texts::accepted(&state.watch.texts);
    }
    Ok(())
}

/// After a good poll was kept: ends what is over, tells what began.
pub(super) async fn after_good(
    context: &Context,
    source: &SourceOptions,
    Claimed { state: before, troubled }: &Claimed,
    state: &SourceState,
    now: Moment,
) -> Result<(), TaskError> {
    if before.failures > 0 || before.told_as.is_some() {
        Box::pin(blindness::recovered(context, before)).await?;
    }
    if *troubled && state.last_item_at != before.last_item_at {
        Box::pin(trouble::clear(context, &trouble::silent_key(&source.name), "it shows new items again")).await?;
    }
    if *troubled && state.watch.texts.strange == 0 {
        Box::pin(trouble::clear(context, &trouble::texts_key(&source.name), "its entries have their texts again")).await?;
    }
    look_for_silence(context, source, state, now).await?;
    look_for_canary(context, source, *troubled, state, now).await?;
    look_for_texts(context, source, state).await
}

/// Once for each silence, whoever resolved it: nobody can do anything about a source that has nothing to say.
async fn look_for_silence(context: &Context, source: &SourceOptions, state: &SourceState, now: Moment) -> Result<(), TaskError> {
    let Some(silence) = health::silence(state, source, now) else { return Ok(()) };
    let key = trouble::silent_key(&source.name);
    if Box::pin(context.store.was_told_since(&key, silence.last_item_at)).await? {
        return Ok(());
    }
    let lasts = cadence::span_in_words(silence.lasts);
    let last = silence.last_item_at.to_timestamp().to_zoned(source.timezone.clone()).strftime("%Y-%m-%d %H:%M %Z");
    let subject = Subject {
        kind: IncidentKind::Source,
        key,
        severity: Severity::Medium,
        title: format!("Source {} is silent: no news for {lasts}", source.name),
        detail: format!(
            "Address: {}\nNo news: it is read without a failure, and shows nothing new for {lasts}. The last new item came at {last}.\nUsual: {}.\n\n{}\nWhere it may be silent longer, set `silent_after`.",
            source.url,
            silence.usual,
            Failing::from(FailureKind::Silent).next_step()
        ),
    };
    Box::pin(trouble::raise(context, subject)).await
}

async fn look_for_canary(
    context: &Context,
    source: &SourceOptions,
    troubled: bool,
    state: &SourceState,
    now: Moment,
) -> Result<(), TaskError> {
    let gone = source.canary.as_ref().and_then(|own| canary::gone_since(&state.watch.canary, own, now));
    let key = trouble::canary_key(&source.name);
    let (Some(own), Some(since)) = (&source.canary, gone) else {
        return if troubled && state.watch.canary.misses == 0 {
            Box::pin(trouble::clear(context, &key, "the phrase is there again")).await
        } else {
            Ok(())
        };
    };
    let what = match own.every {
        Some(every) => format!("An item with it comes at least every {}, and none came", cadence::span_in_words(every)),
        None => "The document always shows it, and does not".to_owned(),
    };
    let subject = Subject {
        kind: IncidentKind::Source,
        key,
        severity: Severity::Medium,
        title: format!("Source {} no longer shows its canary", source.name),
        detail: format!("Address: {}\nCanary: {}\n{what} since {}.\n\n{}", source.url, own.phrase, since.rfc3339(), health::CANARY_STEP),
    };
    Box::pin(trouble::raise(context, subject)).await
}

async fn look_for_texts(context: &Context, source: &SourceOptions, state: &SourceState) -> Result<(), TaskError> {
    let texts = &state.watch.texts;
    let Some(since) = texts.strange_since.filter(|_| texts::are_gone(texts)) else { return Ok(()) };
    let (now, usual) = (texts.last * 100.0, texts.usual.unwrap_or_default() * 100.0);
    let subject = Subject {
        kind: IncidentKind::Source,
        key: trouble::texts_key(&source.name),
        severity: Severity::Medium,
        title: format!("Source {} shows entries without texts", source.name),
        detail: format!(
            "Address: {}\n{now:.0} % of its entries have no text, usually {usual:.0} %; since {}.\n\n{}\nIf it is meant to be so, resolve this: the new share is then the usual one.",
            source.url,
            since.rfc3339(),
            health::TEXTS_STEP
        ),
    };
    Box::pin(trouble::raise(context, subject)).await
}
