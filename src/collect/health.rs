//! How a source fares, in the words of listings: "no news" is not "cannot see".

use std::time::Duration;

use super::source::{SourceKind, SourceOptions};
use super::together::Voice;
use super::{cadence, canary, texts};
use crate::model::{Failing, FailureKind, Moment, Phrase, SourceState, Value};

/// One word for a source, the worst that is true of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Removed,
    NotPolledYet,
    /// Of a source that pushes to us.
    NothingPushedYet,
    /// The last polls failed.
    CannotSee(Failing),
    /// Read, and it lacks the phrase it always shows.
    CanaryGone,
    /// Read, and entries come without texts.
    TextsGone,
    /// Read, and files that could not be taken whole wait for somebody.
    FilesFailed,
    /// Read, and nothing new for longer than usual.
    NoNews,
    /// The store takes nothing, so that what is read is lost until it does; whoever asks the store finds out.
    NotKept,
    Fine,
}

impl Health {
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Removed => "removed".to_owned(),
            Self::NotPolledYet => "not polled yet".to_owned(),
            Self::NothingPushedYet => "nothing pushed yet".to_owned(),
            Self::CannotSee(failing) => format!("cannot see: {}", failing.kind),
            Self::CanaryGone => "canary gone".to_owned(),
            Self::TextsGone => "texts gone".to_owned(),
            Self::FilesFailed => "files failed".to_owned(),
            Self::NoNews => "no news".to_owned(),
            Self::NotKept => "nothing kept".to_owned(),
            Self::Fine => "fine".to_owned(),
        }
    }

    /// For figures: the word without the kind of failure.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::NotPolledYet => "not_polled_yet",
            Self::NothingPushedYet => "nothing_pushed_yet",
            Self::CannotSee(_) => "cannot_see",
            Self::CanaryGone => "canary_gone",
            Self::TextsGone => "texts_gone",
            Self::FilesFailed => "files_failed",
            Self::NoNews => "no_news",
            Self::NotKept => "not_kept",
            Self::Fine => "fine",
        }
    }

    /// What the operator does about it; none where there is nothing to do.
    #[must_use]
    pub fn next_step(self) -> Option<&'static str> {
        match self {
            Self::CannotSee(failing) => Some(failing.next_step()),
            Self::CanaryGone => Some(CANARY_STEP),
            Self::TextsGone => Some(TEXTS_STEP),
            Self::FilesFailed => Some(FILES_STEP),
            Self::NotKept => Some(ROOM_STEP),
            Self::NoNews => Some(Failing::from(FailureKind::Silent).next_step()),
            Self::Removed | Self::NotPolledYet | Self::NothingPushedYet | Self::Fine => None,
        }
    }
}

/// What to do about a canary that is gone.
pub const CANARY_STEP: &str =
    "Open the address: a waiting page, another page, or one that was rebuilt. If all is well, put a phrase it shows now into `canary`.";
/// What to do about a store that takes nothing.
pub const ROOM_STEP: &str = "Make room on the disk of the store, or look why it cannot be written: what waits goes on by itself then.";
/// What to do about files that could not be taken whole.
pub const FILES_STEP: &str = "Read the .why.txt beside each file in the folder `failed`, put the files right, drop them again, and resolve the incident that names them.";
/// What to do about entries without texts.
pub const TEXTS_STEP: &str =
    "The page was rebuilt or needs JavaScript: look at it, renew the selectors, or find its feed or data endpoint.";

/// Nobody asks an inbound source: it brings its items itself, to an address of its own kind.
#[must_use]
pub fn is_pushed(state: &SourceState) -> bool {
    state.url.starts_with("inbound:")
}

/// The health of a source. `options`: as the settings have it; none where they no longer name it. `files_failed`: the incident about files
/// of it that could not be taken is not resolved.
#[must_use]
pub fn health(state: &SourceState, options: Option<&SourceOptions>, files_failed: bool, now: Moment) -> Health {
    let now = as_of(state, now);
    let watch = &state.watch;
    let canary_gone = options.and_then(|options| options.canary.as_ref()).and_then(|own| canary::gone_since(&watch.canary, own, now));
    match state.failing() {
        _ if state.removed => Health::Removed,
        Some(failing) => Health::CannotSee(failing),
        None if state.last_polled_at.is_none() && !is_pushed(state) => Health::NotPolledYet,
        None if canary_gone.is_some() => Health::CanaryGone,
        None if texts::are_gone(&watch.texts) => Health::TextsGone,
        None if files_failed => Health::FilesFailed,
        None if is_excused(state) || options.is_some_and(|options| silence(state, options, now).is_some()) => Health::NoNews,
        // It is looked after from the start on; that nobody sent is another thing.
        None if is_pushed(state) && state.last_item_at.is_none() => Health::NothingPushedYet,
        None => Health::Fine,
    }
}

/// What a source shows is known as of its last read: while nobody looks, it is not silent. One that pushes is only looked after.
fn as_of(state: &SourceState, now: Moment) -> Moment {
    let read = if state.failure.is_some() { None } else { state.last_polled_at };
    read.or(state.last_success_at).unwrap_or(now)
}

/// When it was last heard. One that pushes and never did is silent since we first looked after it.
fn last_heard(state: &SourceState, options: &SourceOptions) -> Option<Moment> {
    let pushes = matches!(options.kind, SourceKind::Inbound(_));
    state.last_item_at.or(state.last_success_at.filter(|_| pushes))
}

/// A source that is silent for too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    pub last_item_at: Moment,
    pub lasts: Duration,
    /// The learnt figures, or the operator's own limit.
    pub usual: String,
    /// The same for readers of any language.
    pub usual_told: Value,
}

/// How long the source may be silent from its last item on: the operator's `silent_after`, else what was learnt; none where nothing is.
/// Holidays do not count, nor does the time in which others were silent with it.
#[must_use]
pub fn silence_limit(state: &SourceState, options: &SourceOptions) -> Option<Duration> {
    let last = last_heard(state, options)?;
    let counted_from = counted_from(state, last);
    let limit = match options.silent_after {
        Some(own) => options.holidays.stretched(own, counted_from, &options.timezone),
        None => cadence::limit(state.watch.cadence.as_ref()?, counted_from, &options.timezone, &options.holidays),
    };
    Some(counted_from.plus(limit).since(last))
}

/// From where its silence is counted: its last item, or when others were last silent with it.
fn counted_from(state: &SourceState, last: Moment) -> Moment {
    state.watch.excused_at.filter(|at| *at > last).unwrap_or(last)
}

/// Whether it is silent as others are, which was told of all of them together.
#[must_use]
pub fn is_excused(state: &SourceState) -> bool {
    state.watch.excused_at.is_some_and(|at| state.last_item_at.is_none_or(|last| at > last))
}

/// What its silence says of others; none while that says nothing.
#[must_use]
pub fn voice<'a>(state: &'a SourceState, options: &'a SourceOptions) -> Option<Voice<'a>> {
    let read = state.failure.is_none() && state.baselined && !state.removed;
    let (cadence, last_item_at) = (state.watch.cadence.as_ref().filter(|_| read)?, state.last_item_at?);
    Some(Voice { last_item_at, cadence, zone: &options.timezone, holidays: &options.holidays })
}

/// Whether a working source has shown nothing new for longer than that. The count starts with the last new item; those of the
/// baseline count as new. A source that never had an item is not silent but empty.
#[must_use]
pub fn silence(state: &SourceState, options: &SourceOptions, now: Moment) -> Option<Silence> {
    let now = as_of(state, now);
    let last_item_at = last_heard(state, options).filter(|_| state.baselined)?;
    let lasts = now.since(last_item_at);
    // Asked after every poll: most sources were heard today, and need no arithmetic.
    if options.silent_after.is_none() && lasts < cadence::SILENCE_MIN {
        return None;
    }
    let limit = silence_limit(state, options)?;
    (lasts >= limit).then(|| Silence { last_item_at, lasts, usual: usual(state, options), usual_told: usual_told(state, options) })
}

/// What is usual for this source, in words.
#[must_use]
pub fn usual(state: &SourceState, options: &SourceOptions) -> String {
    let own = options.silent_after.map(|limit| format!("`silent_after` is {}", cadence::span_in_words(limit)));
    let learnt = state.watch.cadence.as_ref().map(|cadence| {
        let gap = cadence::span_in_words(Duration::from_secs(cadence.longest_gap_s));
        format!("{}; the longest break of the last {} days was {gap}", cadence::in_words(cadence), cadence.days)
    });
    let learning = match state.watch.days_learnt {
        days if days < cadence::DAYS_MIN => format!("not learnt yet: {days} of {} days", cadence::DAYS_MIN),
        days => format!("too few items in {days} days to learn from"),
    };
    [own, learnt].into_iter().flatten().reduce(|one, other| format!("{one}; {other}")).unwrap_or(learning)
}

/// `usual` for readers of any language.
fn usual_told(state: &SourceState, options: &SourceOptions) -> Value {
    let mut phrases: Vec<Phrase> = Vec::new();
    phrases.extend(options.silent_after.map(|limit| Phrase::said("usual_limit").with("span", limit)));
    if let Some(cadence) = &state.watch.cadence {
        let gap = Duration::from_secs(cadence.longest_gap_s);
        phrases.push(cadence::told(cadence));
        phrases.push(Phrase::said("usual_longest").with("days", cadence.days.to_string()).with("span", gap));
    }
    if phrases.is_empty() {
        let days = state.watch.days_learnt;
        let (key, wanted) = if days < cadence::DAYS_MIN { ("usual_learning", cadence::DAYS_MIN) } else { ("usual_too_few", days) };
        phrases.push(Phrase::said(key).with("days", days.to_string()).with("wanted", wanted.to_string()));
    }
    Value::Phrases(phrases)
}

/// Why a source has its health: one line.
#[must_use]
pub fn why(state: &SourceState, options: Option<&SourceOptions>, files_failed: bool, now: Moment) -> String {
    let polled = |polls: i64| if polls == 1 { "the last poll failed".to_owned() } else { format!("the last {polls} polls failed") };
    match (health(state, options, files_failed, now), options) {
        (Health::Removed, _) => "no longer in the settings".to_owned(),
        (Health::NothingPushedYet, _) => "whoever sends has sent nothing so far".to_owned(),
        (Health::NotPolledYet, _) => "its first poll is still to come".to_owned(),
        (Health::CannotSee(_), _) => polled(state.failures),
        (Health::CanaryGone, Some(SourceOptions { canary: Some(own), .. })) => format!("\"{}\" is not there", own.phrase),
        (Health::FilesFailed, _) => "files that could not be taken whole wait in the folder `failed`".to_owned(),
        (Health::TextsGone, _) => {
            let usual = state.watch.texts.usual.unwrap_or_default();
            format!("{:.0} % of its entries have no text, usually {:.0} %", state.watch.texts.last * 100.0, usual * 100.0)
        }
        (Health::NoNews, Some(options)) => silence(state, options, now)
            .map(|silence| format!("nothing new for {}; {}", cadence::span_in_words(silence.lasts), silence.usual))
            .unwrap_or_else(|| "nothing new, and others fell silent with it; one notice tells of them all".to_owned()),
        (Health::Fine, Some(options)) if let Some(gap) = &state.watch.gap => {
            let from = gap.pages;
            format!("more came at once than is read at once: page {from} and what follows is not read yet; {}", usual(state, options))
        }
        (_, Some(options)) => usual(state, options),
        (_, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::collect::canary::Canary;
    use crate::model::{Cadence, Texts, Watch};

    const NOW: Moment = Moment::from_secs(1_800_000_000);
    const HOUR: Duration = Duration::from_hours(1);

    fn options() -> SourceOptions {
        SourceOptions::plain("shop", SourceKind::Feed, Url::parse("https://shop.example/feed").expect("an address"))
    }

    fn polled() -> SourceState {
        SourceState { last_polled_at: Some(NOW), last_item_at: Some(NOW.minus(60 * HOUR)), baselined: true, ..SourceState::default() }
    }

    #[test]
    fn no_news_and_cannot_see_are_different_words() {
        let told = |state: &SourceState, options: &SourceOptions| health(state, Some(options), false, NOW).word();
        assert_eq!(told(&SourceState::default(), &options()), "not polled yet");
        assert_eq!(told(&polled(), &options()), "fine", "nothing is learnt yet");
        assert_eq!(told(&polled(), &SourceOptions { silent_after: Some(48 * HOUR), ..options() }), "no news");
        let failing = SourceState { failure: Some(FailureKind::Dns), failures: 2, ..polled() };
        assert_eq!(told(&failing, &SourceOptions { silent_after: Some(48 * HOUR), ..options() }), "cannot see: dns");
        assert_eq!(why(&failing, Some(&options()), false, NOW), "the last 2 polls failed");
        let empty = SourceState {
            watch: Watch { texts: Texts { strange: 2, last: 0.8, usual: Some(0.05), ..Texts::default() }, ..Watch::default() },
            ..polled()
        };
        assert_eq!(told(&empty, &options()), "texts gone");
        assert_eq!(why(&empty, Some(&options()), false, NOW), "80 % of its entries have no text, usually 5 %");
        let canary = SourceOptions { canary: Some(Canary { phrase: "Lanting".into(), every: Some(HOUR) }), ..options() };
        let mut missing = polled();
        missing.watch.canary.seen_at = Some(NOW.minus(2 * HOUR));
        assert_eq!(
            (told(&missing, &canary), why(&missing, Some(&canary), false, NOW)),
            ("canary gone".to_owned(), "\"Lanting\" is not there".to_owned())
        );
    }

    #[test]
    fn what_never_pushed_is_not_fine_because_it_was_looked_after() {
        let address = Url::parse("inbound:desk").expect("an address");
        let inbound = SourceOptions::plain("desk", SourceKind::Inbound(crate::collect::inbound::InboundAuth::Bearer(Vec::new())), address);
        let looked = SourceState { url: "inbound:desk".into(), last_success_at: Some(NOW.minus(HOUR)), last_item_at: None, ..polled() };
        let told = |state: &SourceState, options: &SourceOptions| health(state, Some(options), false, NOW).word();
        assert_eq!(told(&looked, &inbound), "nothing pushed yet");
        assert_eq!(told(&SourceState { last_polled_at: None, baselined: false, ..looked.clone() }, &inbound), "nothing pushed yet");
        let impatient = SourceOptions { silent_after: Some(HOUR), ..inbound.clone() };
        assert_eq!(told(&looked, &impatient), "no news", "for longer than the operator thinks right");
        assert_eq!(told(&SourceState { last_item_at: Some(NOW), ..looked }, &inbound), "fine");
    }

    #[test]
    fn the_learnt_figures_are_told_and_the_operators_limit_comes_first() {
        let cadence = Cadence { days: 56, items: [12.0; 7], surprise: [9.5; 7], longest_gap_s: 72_000 };
        let state = SourceState { watch: Watch { cadence: Some(cadence), days_learnt: 56, ..Watch::default() }, ..polled() };
        let silence = silence(&state, &options(), NOW).expect("sixty hours are long");
        assert_eq!(silence.usual, "usually 12 a day; the longest break of the last 56 days was 20 hours");
        let patient = SourceOptions { silent_after: Some(90 * HOUR), ..options() };
        assert_eq!(super::silence(&state, &patient, NOW), None);
        assert!(usual(&state, &patient).starts_with("`silent_after` is 3 days; usually 12 a day"));
        assert_eq!(usual(&polled(), &options()), "not learnt yet: 0 of 14 days");
    }
}
