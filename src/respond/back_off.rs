//! What follows an attempt to deliver: when the next one is, who has to hear of it, and when to give up.

use std::time::Duration;

use super::route::RespondOptions;
use crate::model::{DeliveryState, Moment, Outcome, Phrase};

/// Waits after the first attempts; people wait for a warning, so the first come fast.
const WAITS_S: [u64; 7] = [5, 30, 60, 120, 300, 600, 900];

/// The shortest of them.
pub const FIRST_WAIT: Duration = Duration::from_secs(WAITS_S[0]);

/// And after that, until `respond.give_up_after`.
const SLOW_WAIT: Duration = Duration::from_mins(30);

/// Added to a wait by chance, at most this share of it, so that a recovered receiver is not met by all rows at once.
const JITTER_SHARE: f64 = 0.25;

/// A receiver that names a time is not believed beyond this: `Retry-After: 99999999` must not silence a warning.
const RETRY_AT_MAX: Duration = Duration::from_hours(1);

/// Settings that are wrong are tried again this seldom, in case somebody mended them: failed logins lock accounts.
const RECONFIGURE_WAIT: Duration = Duration::from_mins(15);

/// A mail of which nobody knows whether it was taken was taken more often than not, and people do not look at its Message-ID: the second copy
/// waits for the server to come to itself,
const UNKNOWN_WAIT: Duration = Duration::from_mins(2);

/// and there is no third: then ops, the fallback and the next step of the ladder hear of it.
const UNKNOWN_MOST: u32 = 2;

/// Of the slow wait between further copies for ops: 32 hours at the end.
const DOUBLINGS: u32 = 6;

/// What is known of a delivery when an attempt has ended.
#[derive(Clone, Copy, Debug)]
pub struct Attempted {
    /// Attempts made, this one included.
    pub attempts: i64,
    /// When the delivery was made.
    pub created_at: Moment,
    /// The shorter body was sent.
    pub shrunk: bool,
    /// Its fallback went out already.
    pub fell_back: bool,
    /// Attempts over mail, this one included, after which nobody knows whether the mail was taken; 0 over channels whose receivers know a
    /// repeat by its id.
    pub unknown_mails: u32,
    /// It tells ops of trouble: behind them there is nobody, so it is not given up as long as it may be sent.
    pub of_ours: bool,
}

/// What happens to the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// `Delivered`, `Accepted` or `Dead`.
    Finished(DeliveryState),
    /// Due again, under the same id.
    Again {
        at: Moment,
        /// With the shorter body.
        shrink: bool,
        /// The receiver may have it: the row says so from now on.
        possible_duplicate: bool,
        /// Nothing goes to this receiver before; other receivers are not touched.
        pause_until: Option<Moment>,
    },
}

/// What ops have to hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alarm {
    /// It fails for longer than `respond.fallback_after`.
    Lasting,
    /// Our settings are wrong.
    Reconfigure,
    /// Given up: this warning reached nobody over this channel.
    Dead,
}

impl Alarm {
    /// What ops do about it.
    #[must_use]
    pub fn next_step(self) -> Phrase {
        match self {
            Self::Lasting => Phrase::said("step_lasting"),
            Self::Reconfigure => Phrase::said("step_reconfigure"),
            Self::Dead => Phrase::said("step_dead"),
        }
    }
}

/// The whole consequence of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    pub next: Next,
    pub alarm: Option<Alarm>,
    /// The fallback channels are to be used now.
    pub fallback: bool,
}

/// What follows an outcome. `jitter` is a number drawn by chance from 0 to 1.
#[must_use]
pub fn plan(outcome: &Outcome, row: &Attempted, options: &RespondOptions, now: Moment, jitter: f64) -> Plan {
    match outcome {
        Outcome::Delivered { .. } => finished(DeliveryState::Delivered),
        Outcome::Accepted { .. } => finished(DeliveryState::Accepted),
        Outcome::Permanent { .. } if row.of_ours && now.since(row.created_at) < options.give_up_after => persist(row, now, jitter),
        Outcome::Permanent { .. } => dead(row),
        Outcome::Shrink { .. } if row.shrunk => dead(row),
        _ if now.since(row.created_at) >= options.give_up_after => dead(row),
        Outcome::Shrink { .. } => lasting(again(now, true, false, None), row, options, now),
        Outcome::Retry { .. } => lasting(again(soon(row, now, jitter), row.shrunk, false, None), row, options, now),
        Outcome::Unknown { .. } if row.unknown_mails > 0 => uncertain(row, options, now, jitter),
        Outcome::Unknown { .. } => lasting(again(soon(row, now, jitter), row.shrunk, true, None), row, options, now),
        Outcome::RetryAt { at, .. } => {
            let at = (*at).clamp(now, now.plus(RETRY_AT_MAX));
            let later = at.plus(wait_share(Duration::from_secs(WAITS_S[0]), jitter));
            lasting(again(later, row.shrunk, false, Some(at)), row, options, now)
        }
        Outcome::Reconfigure { .. } => {
            let at = now.plus(with_jitter(RECONFIGURE_WAIT, jitter));
            let next = again(at, row.shrunk, false, None);
            Plan { next, alarm: Some(Alarm::Reconfigure), fallback: !row.fell_back }
        }
    }
}

/// Ops' own word that a receiver refuses. A mail server that refuses everything for a while refuses this, too, and then nobody hears that
/// nobody hears; where it is their mailbox alone, a few attempts in vain cost nothing.
fn persist(row: &Attempted, now: Moment, jitter: f64) -> Plan {
    Plan { next: again(soon(row, now, jitter), row.shrunk, false, None), alarm: None, fallback: !row.fell_back }
}

/// What may have arrived comes once more at most. Behind ops there is nobody: they get further copies, each after twice the time.
fn uncertain(row: &Attempted, options: &RespondOptions, now: Moment, jitter: f64) -> Plan {
    let further = row.unknown_mails.saturating_sub(UNKNOWN_MOST);
    if row.unknown_mails >= UNKNOWN_MOST && !row.of_ours {
        return dead(row);
    }
    let wait = if row.unknown_mails < UNKNOWN_MOST { UNKNOWN_WAIT } else { SLOW_WAIT.saturating_mul(1 << further.min(DOUBLINGS)) };
    let lasts = !row.fell_back && (row.unknown_mails >= UNKNOWN_MOST || now >= row.created_at.plus(options.fallback_after));
    let next = again(now.plus(with_jitter(wait, jitter)), row.shrunk, true, None);
    Plan { next, alarm: lasts.then_some(Alarm::Lasting), fallback: lasts }
}

const fn finished(state: DeliveryState) -> Plan {
    Plan { next: Next::Finished(state), alarm: None, fallback: false }
}

const fn dead(row: &Attempted) -> Plan {
    Plan { next: Next::Finished(DeliveryState::Dead), alarm: Some(Alarm::Dead), fallback: !row.fell_back }
}

const fn again(at: Moment, shrink: bool, possible_duplicate: bool, pause_until: Option<Moment>) -> Next {
    Next::Again { at, shrink, possible_duplicate, pause_until }
}

/// A failure that lasts for `respond.fallback_after` starts the fallback and tells ops, once. A wait of our own ends there, for nobody is
/// served by finding out later; a receiver that asks for a longer one has said all there is to find out.
fn lasting(next: Next, row: &Attempted, options: &RespondOptions, now: Moment) -> Plan {
    let limit = row.created_at.plus(options.fallback_after);
    let asked = matches!(next, Next::Again { pause_until: Some(until), .. } if until >= limit);
    let lasts = !row.fell_back && (now >= limit || asked);
    let next = match next {
        Next::Again { at, shrink, possible_duplicate, pause_until: None } if !row.fell_back && now < limit => {
            again(at.min(limit), shrink, possible_duplicate, None)
        }
        other => other,
    };
    Plan { next, alarm: lasts.then_some(Alarm::Lasting), fallback: lasts }
}

fn soon(row: &Attempted, now: Moment, jitter: f64) -> Moment {
    let made = usize::try_from(row.attempts.max(1)).unwrap_or(usize::MAX);
    let wait = WAITS_S.get(made - 1).map_or(SLOW_WAIT, |seconds| Duration::from_secs(*seconds));
    now.plus(with_jitter(wait, jitter))
}

fn with_jitter(wait: Duration, jitter: f64) -> Duration {
    wait + wait_share(wait, jitter)
}

fn wait_share(wait: Duration, jitter: f64) -> Duration {
    let share = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 0.0 };
    wait.mul_f64(share * JITTER_SHARE)
}

#[cfg(test)]
mod tests {
    use super::super::samples::options;
    use super::*;

    const CREATED: Moment = Moment::from_secs(1_000_000);

    fn reply() -> String {
        "451 try later".into()
    }

    const fn row(attempts: i64) -> Attempted {
        Attempted { attempts, created_at: CREATED, shrunk: false, fell_back: false, unknown_mails: 0, of_ours: false }
    }

    fn after(seconds: i64) -> Moment {
        Moment::from_secs(CREATED.as_secs() + seconds)
    }

    fn wait_of(plan: &Plan, now: Moment) -> u64 {
        match plan.next {
            Next::Again { at, .. } => at.since(now).as_secs(),
            Next::Finished(state) => panic!("finished as {state}"),
        }
    }

    #[test]
    fn the_waits_grow_and_then_stay() {
        let retry = Outcome::Retry { reply: reply() };
        let told = |made| Attempted { fell_back: true, ..row(made) };
        let waits: Vec<u64> = (1..=9).map(|made| wait_of(&plan(&retry, &told(made), &options(), CREATED, 0.0), CREATED)).collect();
        assert_eq!(waits, [5, 30, 60, 120, 300, 600, 900, 1800, 1800]);
        assert_eq!(wait_of(&plan(&retry, &told(7), &options(), CREATED, 1.0), CREATED), 1125);
        assert_eq!(wait_of(&plan(&retry, &row(0), &options(), CREATED, f64::NAN), CREATED), 5);
    }

    #[test]
    fn every_class_has_its_consequence() {
        use DeliveryState::{Accepted, Dead, Delivered};
        let cases = [
            (Outcome::Delivered { reply: reply() }, Next::Finished(Delivered), None, false),
            (Outcome::Accepted { reply: reply() }, Next::Finished(Accepted), None, false),
            (Outcome::Permanent { reply: reply() }, Next::Finished(Dead), Some(Alarm::Dead), true),
            (Outcome::Retry { reply: reply() }, again(after(5), false, false, None), None, false),
            (Outcome::Unknown { reply: reply() }, again(after(5), false, true, None), None, false),
            (Outcome::Shrink { reply: reply() }, again(after(0), true, false, None), None, false),
            (Outcome::Reconfigure { reply: reply() }, again(after(900), false, false, None), Some(Alarm::Reconfigure), true),
            (Outcome::RetryAt { at: after(60), reply: reply() }, again(after(60), false, false, Some(after(60))), None, false),
        ];
        for (outcome, next, alarm, fallback) in cases {
            assert_eq!(plan(&outcome, &row(1), &options(), CREATED, 0.0), Plan { next, alarm, fallback }, "{outcome:?}");
        }
    }

    #[test]
    fn ops_own_word_is_not_given_up_for_a_refusal() {
        let refused = Outcome::Permanent { reply: "550 no".into() };
        let ours = |attempts, fell_back| Attempted { of_ours: true, fell_back, ..row(attempts) };
        let first = plan(&refused, &ours(1, false), &options(), CREATED, 0.0);
        assert_eq!(first, Plan { next: again(after(5), false, false, None), alarm: None, fallback: true });
        let later = plan(&refused, &ours(9, true), &options(), after(7200), 0.0);
        assert_eq!(later, Plan { next: again(after(9000), false, false, None), alarm: None, fallback: false });
        let end = plan(&refused, &ours(99, true), &options(), after(72 * 3600), 0.0);
        assert_eq!(end.next, Next::Finished(DeliveryState::Dead));
    }

    #[test]
    fn what_may_have_arrived_comes_once_more_and_then_others_hear_of_it() {
        let unknown = Outcome::Unknown { reply: "end of mail: the server closed the connection".into() };
        let after_unknown = |unknown_mails| Attempted { unknown_mails, ..row(i64::from(unknown_mails)) };
        let hasty = RespondOptions { fallback_after: Duration::from_secs(30), ..options() };
        let first = plan(&unknown, &after_unknown(1), &hasty, CREATED, 0.0);
        assert_eq!(
            first,
            Plan { next: again(after(120), false, true, None), alarm: None, fallback: false },
            "not sooner for the fallback's sake"
        );
        let second = plan(&unknown, &after_unknown(2), &hasty, after(121), 0.0);
        assert_eq!(second, Plan { next: Next::Finished(DeliveryState::Dead), alarm: Some(Alarm::Dead), fallback: true });
        let ours = |unknown_mails| Attempted { of_ours: true, fell_back: unknown_mails > 2, ..after_unknown(unknown_mails) };
        let waits = [2, 3, 4].map(|made| wait_of(&plan(&unknown, &ours(made), &hasty, after(200), 0.0), after(200)));
        assert_eq!(waits, [1800, 3600, 7200], "ops are the last to hear, and hear ever more seldom");
    }

    #[test]
    fn a_body_is_shortened_only_once() {
        let shrunk = Attempted { shrunk: true, ..row(2) };
        let plan = plan(&Outcome::Shrink { reply: reply() }, &shrunk, &options(), CREATED, 0.0);
        assert_eq!((plan.next, plan.alarm), (Next::Finished(DeliveryState::Dead), Some(Alarm::Dead)));
    }

    #[test]
    fn a_retry_keeps_the_shorter_body() {
        let shrunk = Attempted { shrunk: true, ..row(1) };
        let plan = plan(&Outcome::Retry { reply: reply() }, &shrunk, &options(), CREATED, 0.0);
        assert_eq!(plan.next, again(after(5), true, false, None));
    }

    #[test]
    fn a_failure_that_lasts_starts_the_fallback_once() {
        let retry = Outcome::Retry { reply: reply() };
        let early = plan(&retry, &row(3), &options(), after(100), 0.0);
        assert_eq!((early.alarm, early.fallback), (None, false));
        let grey = plan(&retry, &row(4), &options(), after(200), 0.0);
        assert_eq!((grey.alarm, grey.fallback), (None, false), "greylisting is no trouble before it lasts");
        assert_eq!(wait_of(&grey, after(200)), 100, "and the limit is not slept over");
        let late = plan(&retry, &row(4), &options(), after(300), 0.0);
        assert_eq!((late.alarm, late.fallback), (Some(Alarm::Lasting), true));
        let again = plan(&retry, &Attempted { fell_back: true, ..row(5) }, &options(), after(400), 0.0);
        assert_eq!((again.alarm, again.fallback), (None, false));
    }

    #[test]
    fn a_receiver_that_wants_to_wait_too_long_is_not_waited_for() {
        let far = Outcome::RetryAt { at: after(10_000_000), reply: reply() };
        let plan = plan(&far, &row(1), &options(), CREATED, 0.0);
        assert_eq!(plan.next, again(after(3600), false, false, Some(after(3600))));
        assert!(plan.fallback, "an hour is longer than the fallback waits");
        let past = Outcome::RetryAt { at: Moment(0), reply: reply() };
        assert_eq!(super::plan(&past, &row(1), &options(), CREATED, 0.0).next, again(CREATED, false, false, Some(CREATED)));
    }

    #[test]
    fn a_delivery_is_given_up_in_the_end() {
        let end = after(72 * 3600);
        for outcome in [Outcome::Retry { reply: reply() }, Outcome::Unknown { reply: reply() }, Outcome::Reconfigure { reply: reply() }] {
            let plan = plan(&outcome, &row(200), &options(), end, 0.0);
            assert_eq!((plan.next, plan.alarm), (Next::Finished(DeliveryState::Dead), Some(Alarm::Dead)), "{outcome:?}");
        }
    }
}
