//! How far a mailbox is dealt with, and the mails on which sessions break. A mail that breaks every session must not hold up those behind
//! it: each round reads the others first, and after some tries it is stepped over, said to ops, and tried again from time to time.

use std::time::Duration;

use crate::model::Moment;

/// Rounds in which a mail may break the session before it is stepped over: a server that is restarted breaks one or two.
const TRIES: u32 = 3;
/// Between two tries of a mail that was stepped over: a server may be mended, and a try costs a session.
const AGAIN_AFTER: Duration = Duration::from_hours(1);
/// So many mails at once are not damaged: the server is, and its source fails.
pub(super) const SUSPECTS_MAX: usize = 20;

/// Where the next round begins, as `SourceState::etag` keeps it: mails up to `uid` are dealt with but for the suspects, as long as the
/// mailbox numbers its mails as it did under `validity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) validity: u32,
    pub(super) uid: u32,
    pub(super) suspects: Vec<Suspect>,
}

/// A mail on which a session broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Suspect {
    pub(super) uid: u32,
    tries: u32,
    /// Of the last try.
    tried_at: Moment,
    /// When it was stepped over; none while it is tried in every round.
    pub(super) over_at: Option<Moment>,
}

impl Suspect {
    pub(super) const fn first(uid: u32, now: Moment) -> Self {
        Self { uid, tries: 1, tried_at: now, over_at: None }
    }

    pub(super) fn is_due(&self, now: Moment) -> bool {
        self.over_at.is_none() || now.since(self.tried_at) >= AGAIN_AFTER
    }

    /// After one more try that broke the session.
    pub(super) fn again(self, now: Moment) -> Self {
        let tries = self.tries.saturating_add(1);
        let over_at = self.over_at.or_else(|| (tries >= TRIES).then_some(now));
        Self { tries, tried_at: now, over_at, ..self }
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let mut number = || parts.next()?.parse::<i64>().ok();
        let (uid, tries, tried_at, over_at) = (number()?, number()?, number()?, number()?);
        Some(Self {
            uid: uid.try_into().ok()?,
            tries: tries.try_into().ok()?,
            tried_at: Moment::from_secs(tried_at),
            over_at: Some(over_at).filter(|at| *at != 0).map(Moment::from_secs),
        })
    }

    fn written(&self) -> String {
        let over_at = self.over_at.map_or(0, Moment::as_secs);
        format!("{}:{}:{}:{over_at}", self.uid, self.tries, self.tried_at.as_secs())
    }
}

impl Cursor {
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut words = text.strip_prefix("imap ")?.split(' ');
        let (validity, uid) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { validity, uid, suspects: words.map(Suspect::read).collect::<Option<_>>()? })
    }

    pub(super) fn written(&self) -> String {
        let suspects = self.suspects.iter().map(|suspect| format!(" {}", suspect.written()));
        format!("imap {} {}{}", self.validity, self.uid, suspects.collect::<String>())
    }
}

/// Whether a source's cursor, as the store keeps it, steps over any mail.
#[must_use]
pub fn steps_over(cursor: Option<&str>) -> bool {
    cursor.and_then(Cursor::read).is_some_and(|cursor| cursor.suspects.iter().any(|suspect| suspect.over_at.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_store() {
        let now = Moment::from_secs(1_795_000_000);
        let over = Suspect::first(41, now).again(now).again(now);
        for suspects in [vec![], vec![Suspect::first(7, now)], vec![Suspect::first(u32::MAX, now), over]] {
            let cursor = Cursor { validity: 7, uid: u32::MAX, suspects };
            assert_eq!(Cursor::read(&cursor.written()), Some(cursor));
        }
        for other in ["\"etag\"", "imap", "imap 1", "imap x 1", "imap 1 -1", "imap 1 1 x", "imap 1 1 1:2:3"] {
            assert_eq!(Cursor::read(other), None, "{other}");
        }
    }

    #[test]
    fn the_third_break_steps_over_and_tries_become_rare() {
        let now = Moment::from_secs(1_795_000_000);
        let twice = Suspect::first(1, now).again(now);
        assert!(twice.over_at.is_none() && twice.is_due(now));
        let over = twice.again(now);
        assert_eq!((over.over_at, over.is_due(now), over.is_due(now.plus(AGAIN_AFTER))), (Some(now), false, true));
        let later = over.again(now.plus(AGAIN_AFTER));
        assert_eq!((later.over_at, later.is_due(now.plus(AGAIN_AFTER))), (Some(now), false), "it is told once");
        let cursor = |suspects| Cursor { validity: 1, uid: 1, suspects }.written();
        assert!(steps_over(Some(&cursor(vec![later]))) && !steps_over(Some(&cursor(vec![twice]))) && !steps_over(None));
    }
}
