//! The mails of a round by what they are to us.

use super::letter::Letter;
use super::letter_entries;
use super::own::{Own, Reading, noted, reading, without_ours};
use super::reader::Received;
use super::start::Before;
use crate::collect::extract::{Context, Raw};
use crate::collect::guard::guarded;
use crate::collect::source::SourceOptions;
use crate::model::{LeftOutMail, Moment};

/// What a mail is to us.
#[derive(Debug)]
pub(super) enum Says {
    /// Items, and how much that came with them nobody reads.
    Entries(Vec<Raw>, u64),
    /// No mention.
    LeftOut(LeftOutMail),
    /// It lay there before listening began.
    Old,
}

/// `before`: what is old.
pub(super) fn says(source: &SourceOptions, received: &Received, own: Option<&Own>, before: Option<Before>, now: Moment) -> Says {
    let context = Context { base: &source.url, timezone: &source.timezone, now, max_items: usize::MAX };
    let letter = Letter::read(&received.bytes);
    let at = received.at.as_deref();
    if before.is_some_and(|before| letter.lay_there(before, at, &context)) {
        return Says::Old;
    }
    let unread = letter.unread + u64::from(received.is_cut);
    match reading(&letter, own) {
        Reading::Whole => Says::Entries(letter_entries(&without_ours(letter, own), at, &context), unread),
        Reading::OwnWords(words) => {
            let letter = without_ours(letter, own).with_own_words(words);
            Says::Entries(letter_entries(&letter, at, &context), unread)
        }
        Reading::LeftOut(why) => Says::LeftOut(noted(&letter, why, now)),
    }
}

/// The mails of a round by what they are to us.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub(super) raws: Vec<Raw>,
    pub(super) mails: usize,
    pub(super) left_out: Vec<LeftOutMail>,
    pub(super) old: usize,
    /// Attachments and parts of mails that are told, which nobody reads.
    pub(super) unread: u64,
    /// Numbers of those that are not told.
    pub(super) left: Vec<u32>,
}

impl Sorted {
    pub(super) fn of(said: Vec<(u32, Says)>) -> Self {
        let mut sorted = Self::default();
        for (uid, says) in said {
            match says {
                Says::Entries(raws, unread) => {
                    sorted.raws.extend(raws);
                    sorted.unread += unread;
                    sorted.mails += 1;
                    continue;
                }
                Says::LeftOut(mail) => sorted.left_out.push(mail),
                Says::Old => sorted.old += 1,
            }
            sorted.left.push(uid);
        }
        sorted
    }
}

/// What each mail is, and the numbers of those on which we failed: one mail must not take the others with it.
pub(super) fn each(letters: &[Received], read: impl Fn(&Received) -> Says) -> (Vec<(u32, Says)>, Vec<u32>) {
    let (mut said, mut failed_on) = (Vec::new(), Vec::new());
    for letter in letters {
        match guarded(|| read(letter)) {
            Some(says) => said.push((letter.uid, says)),
            None => failed_on.push(letter.uid),
        }
    }
    (said, failed_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_on_which_we_fail_takes_no_other_with_it() {
        let letters: Vec<Received> = (1..=3).map(|uid| Received { uid, ..Received::default() }).collect();
        let (said, failed_on) = each(&letters, |letter| {
            assert_ne!(letter.uid, 2, "as a parser does on a letter nobody thought of");
            Says::Entries(vec![Raw::default()], 2)
        });
        let sorted = Sorted::of(said);
        assert_eq!((sorted.raws.len(), sorted.unread, failed_on), (2, 4, vec![2]));
    }
}
