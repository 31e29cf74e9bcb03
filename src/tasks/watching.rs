//! What is watched of a source from poll to poll: counted, learnt, missed, and told to ops.
//!
//! What seldom happens is boxed: every poll would carry the room for it along, and thousands of polls an hour have nothing to tell.

use super::context::Context;
use super::driver::TaskError;
use super::poll::Claimed;
use super::{blindness, quiet, trouble};
use crate::collect::cadence::{self, arrivals};
use crate::collect::credential::{opens_doors, suspected_since};
use crate::collect::fetch::FetchFailure;
use crate::collect::source::{SourceKind, SourceOptions, asked};
use crate::collect::{canary, health, texts};
use crate::model::{
    Asked, DayCount, Failing, FailureKind, IncidentKind, LastFailure, Moment, Over, Phrase, Severity, SourceState, Told, Watch,
};
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
    /// How a further page failed.
    pub(super) failed: Option<FailureKind>,
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
    count(context, source, &mut state, sight.failed.map_or("items", FailureKind::as_str), now).await?;
    let watch = &mut state.watch;
    watch.since = watch.since.filter(|_| !sight.baseline).or(Some(now));
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
    state.watch.moved = false;
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

/// A look at a source that is not polled: it has nothing to show, and its pushes are counted by their day.
pub(super) async fn looked(context: &Context, source: &SourceOptions, state: &mut SourceState, now: Moment) -> Result<(), TaskError> {
    count(context, source, state, "unchanged", now).await?;
    state.watch.since.get_or_insert(now);
    Ok(())
}

/// A poll that failed.
pub(super) async fn failed(
    context: &Context,
    source: &SourceOptions,
    state: &mut SourceState,
    failure: &FetchFailure,
    now: Moment,
) -> Result<(), TaskError> {
    note_failure(source, state, failure, now);
    count(context, source, state, failure.kind.as_str(), now).await
}

/// Remembers how a poll failed.
pub(super) fn note_failure(source: &SourceOptions, state: &mut SourceState, failure: &FetchFailure, now: Moment) {
    let detail = failure.detail.chars().take(DETAIL_CHARS).collect();
    let asked = asked(failure, state.next_due_at, now);
    let kind = failure.kind.as_str().to_owned();
    state.watch.last_failure = Some(LastFailure {
        kind,
        detail,
        told: told(failure, asked.as_ref()).map(|told| with_suspicion(told, source, state, failure.kind)),
        at: now,
        status: failure.status,
        proxy: failure.proxy.as_deref().map(str::to_owned),
        asked,
    });
}

/// The phrase of a failure, and for how long its site wants to be left alone where that is longer than we wait.
fn told(failure: &FetchFailure, asked: Option<&Asked>) -> Option<Phrase> {
    let told = failure.told.as_deref().cloned();
    match asked.and_then(|asked| asked.wanted) {
        Some(wanted) => {
            let what = told.unwrap_or_else(|| Phrase::raw(&failure.detail));
            Some(Phrase::said("what_asks_long").with("what", what).with("until", wanted))
        }
        None => told,
    }
}

/// The phrase of a failure, and that credentials may be the cause.
fn with_suspicion(told: Phrase, source: &SourceOptions, state: &SourceState, kind: FailureKind) -> Phrase {
    let has_credentials = source.headers.iter().any(|(name, _)| opens_doors(name));
    match suspected_since(has_credentials, state, kind) {
        Some(worked) => Phrase::said("what_suspected").with("what", told).with("at", worked),
        None => told,
    }
}

/// Of a failure's detail as much is kept: it is written with every poll.
const DETAIL_CHARS: usize = 300;

/// Counts a poll to its day. With a new day the last one is kept and the cadence learnt anew.
async fn count(context: &Context, source: &SourceOptions, state: &mut SourceState, outcome: &str, now: Moment) -> Result<(), TaskError> {
    let day = cadence::day_of(now, &source.timezone);
    if let Some(mut over) = state.watch.today.take_if(|today| today.day < day) {
        if matches!(source.kind, SourceKind::Inbound(_)) || state.pushed_until.is_some() {
            Box::pin(count_pushes(context, source, state, &mut over)).await?;
        }
        Box::pin(context.store.keep_day(&state.id, &over)).await?;
        let days = Box::pin(context.store.source_days(&state.id, day - i64::from(7 * cadence::WEEKS))).await?;
        let silent = over.arrivals == 0 || health::silence(state, source, now).is_some() || health::is_excused(state);
        (state.watch.cadence, state.watch.days_learnt) = cadence::renewed(state.watch.cadence.take(), silent, &days, day, &source.holidays);
    }
    let today = state.watch.today.get_or_insert_with(|| DayCount { day, ..DayCount::default() });
    *today.polls.entry(outcome.to_owned()).or_default() += 1;
    Ok(())
}

/// Adds to a day what came by pushes, which no poll finds new.
async fn count_pushes(context: &Context, source: &SourceOptions, state: &SourceState, over: &mut DayCount) -> Result<(), TaskError> {
    let (from, until) = arrivals::around(over.day);
    let known_from = state.watch.since.unwrap_or_default().max(from.minus(arrivals::BEFORE));
    let all = context.store.arrivals(&state.id, known_from, until).await?;
    arrivals::count(over, &all, state.watch.excused_at, &source.holidays, &source.timezone);
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
    Claimed { state: before, troubled, .. }: &Claimed,
    state: &SourceState,
    now: Moment,
) -> Result<(), TaskError> {
    if before.failures > 0 || before.told_as.is_some() {
        Box::pin(blindness::recovered(context, before)).await?;
    }
    if *troubled && state.last_item_at != before.last_item_at {
        Box::pin(trouble::clear(context, &trouble::silent_key(&source.name), Over::New)).await?;
    }
    if *troubled && state.watch.texts.strange == 0 {
        Box::pin(trouble::clear(context, &trouble::texts_key(&source.name), Over::Texts)).await?;
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
    let title = Phrase::said("silent_title").with("source", &source.name).with("span", silence.lasts);
    let lines = vec![
        Phrase::said("address").with("address", source.url.as_str()),
        Phrase::said("silence").with("span", silence.lasts).with("last", silence.last_item_at),
        Phrase::said("usual").with("usual", silence.usual_told),
        Phrase::gap(),
        Failing::from(FailureKind::Silent).step_told(),
        Phrase::said("silent_help"),
    ];
    let subject = Subject::trouble(IncidentKind::Source, key, Severity::Medium, Told::new(title, lines));
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
            Box::pin(trouble::clear(context, &key, Over::Canary)).await
        } else {
            Ok(())
        };
    };
    let what = match own.every {
        Some(every) => Phrase::said("canary_every").with("span", every),
        None => Phrase::said("canary_always"),
    };
    let lines = vec![
        Phrase::said("address").with("address", source.url.as_str()),
        Phrase::said("canary").with("phrase", &own.phrase),
        what.with("since", since),
        Phrase::gap(),
        Phrase::said("step_canary"),
    ];
    let title = Phrase::said("canary_title").with("source", &source.name);
    let subject = Subject::trouble(IncidentKind::Source, key, Severity::Medium, Told::new(title, lines));
    Box::pin(trouble::raise(context, subject)).await
}

async fn look_for_texts(context: &Context, source: &SourceOptions, state: &SourceState) -> Result<(), TaskError> {
    let texts = &state.watch.texts;
    let Some(since) = texts.strange_since.filter(|_| texts::are_gone(texts)) else { return Ok(()) };
    let (now, usual) = (texts.last * 100.0, texts.usual.unwrap_or_default() * 100.0);
    let lines = vec![
        Phrase::said("address").with("address", source.url.as_str()),
        Phrase::said("texts").with("now", format!("{now:.0}")).with("usual", format!("{usual:.0}")).with("since", since),
        Phrase::gap(),
        Phrase::said("step_texts"),
        Phrase::said("texts_help"),
    ];
    let title = Phrase::said("texts_title").with("source", &source.name);
    let subject = Subject::trouble(IncidentKind::Source, trouble::texts_key(&source.name), Severity::Medium, Told::new(title, lines));
    Box::pin(trouble::raise(context, subject)).await
}
