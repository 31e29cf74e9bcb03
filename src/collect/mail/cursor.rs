//! How far a mailbox is dealt with, what is still to be marked of it, and the mails on which sessions break. A mail that breaks every
//! session must not hold up those behind it: each round reads the others first, and after some tries it is stepped over, said to ops, and
//! tried again from time to time.

use std::time::Duration;

use super::session::set;
use crate::model::Moment;

/// Rounds in which a mail may break the session before it is stepped over: a server that is restarted breaks one or two.
const TRIES: u32 = 3;
/// Between two tries of a mail that was stepped over: a server may be mended, and a try costs a session.
const AGAIN_AFTER: Duration = Duration::from_hours(1);
/// So many mails at once are not damaged: the server is, and its source fails.
pub(super) const SUSPECTS_MAX: usize = 20;

/// Mails that are read and wait for their mark; of a mailbox that takes no marks the oldest go without.
const UNMARKED_MAX: usize = 1000;

/// Where the next round begins, as `SourceState::etag` keeps it: mails up to `uid` are dealt with but for the suspects, as long as the
/// mailbox numbers its mails as it did under `validity`. Whether a mail was opened by a person says nothing of that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) validity: u32,
    pub(super) uid: u32,
    /// Up to here lies what was there when the mailbox was found numbered anew, or a reset asked for everything; 0 once it is read.
    pub(super) until: u32,
    /// Read and kept, and not marked yet, for marking comes last.
    pub(super) unmarked: Vec<u32>,
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
        let mut cursor = Self { validity, uid, ..Self::default() };
        for word in words {
            match word.split_once('=') {
                Some(("until", number)) => cursor.until = number.parse().ok()?,
                Some(("unmarked", numbers)) => cursor.unmarked = members(numbers)?,
                Some(_) => return None,
                None => cursor.suspects.push(Suspect::read(word)?),
            }
        }
        Some(cursor)
    }

    pub(super) fn written(&self) -> String {
        let until = if self.until > self.uid { format!(" until={}", self.until) } else { String::new() };
        let newest = &self.unmarked[self.unmarked.len().saturating_sub(UNMARKED_MAX)..];
        let unmarked = if newest.is_empty() { String::new() } else { format!(" unmarked={}", set(newest)) };
        let suspects = self.suspects.iter().map(|suspect| format!(" {}", suspect.written()));
        format!("imap {} {}{until}{unmarked}{}", self.validity, self.uid, suspects.collect::<String>())
    }
}

/// The numbers of `2,5:7`, as `set` writes them; none where it is something else.
fn members(text: &str) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    for range in text.split(',') {
        let (first, end) = range.split_once(':').unwrap_or((range, range));
        let (first, end): (u32, u32) = (first.parse().ok()?, end.parse().ok()?);
        // A range that nobody here wrote must not fill the memory.
        numbers.extend((first..=end).take(UNMARKED_MAX));
        if numbers.len() > UNMARKED_MAX {
            return None;
        }
    }
    Some(numbers)
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
            let cursor = Cursor { validity: 7, uid: u32::MAX, suspects: suspects.clone(), ..Cursor::default() };
            assert_eq!(Cursor::read(&cursor.written()), Some(cursor));
            let cursor = Cursor { validity: 7, uid: 8, until: 90, unmarked: vec![3, 4, 5, 8], suspects };
            assert_eq!(Cursor::read(&cursor.written()), Some(cursor));
        }
        assert_eq!(Cursor { validity: 7, uid: 90, until: 90, ..Cursor::default() }.written(), "imap 7 90", "what is read is over");
        let many = Cursor { unmarked: (1..=3000).collect(), ..Cursor::default() }.written();
        assert_eq!(Cursor::read(&many).map(|cursor| (cursor.unmarked.len(), cursor.unmarked[0])), Some((UNMARKED_MAX, 2001)));
        for other in [
            "\"etag\"",
            "imap",
            "imap 1",
            "imap x 1",
            "imap 1 -1",
            "imap 1 1 x",
            "imap 1 1 1:2:3",
            "imap 1 1 until=x",
            "imap 1 1 unmarked=1:9999,20000:30000",
            "imap 1 1 a=b",
        ] {
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
        let cursor = |suspects| Cursor { validity: 1, uid: 1, suspects, ..Cursor::default() }.written();
        assert!(steps_over(Some(&cursor(vec![later]))) && !steps_over(Some(&cursor(vec![twice]))) && !steps_over(None));
    }
}
