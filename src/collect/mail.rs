//! A mailbox read by IMAP (RFC 9051 and 3501): what is new becomes items, one for each mail, or one for each result of a Google Alert.
//!
//! Nothing is changed but the flag the operator chose, and that only after the items are committed. The dialogue is ours: what we need
//! of IMAP is eight commands, and every answer is read within bounds.

mod alerts;
mod cursor;
mod letter;
mod reader;
mod response;
mod session;
mod wire;

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use super::extract::{Context, Raw};
use super::fetch::FetchFailure;
use super::guard::guarded;
use super::normalise::{Found, normalise};
use super::source::SourceOptions;
use crate::model::{FailureKind, Moment, Secret, SourceState};
use crate::outbound::Outbound;
pub use cursor::steps_over;
use cursor::{Cursor, SUSPECTS_MAX, Suspect};
use letter::Letter;
use reader::{Reader, Received};
use session::{Selected, Session};

/// `kind = "mail"`; host and port are those of the source's address, `imaps://host`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailOptions {
    pub username: String,
    pub login: Login,
    /// `INBOX`, or another mailbox by its name.
    pub folder: String,
    pub mark: Mark,
    /// Senders whose mails are read, `name@example.com` or `@example.com`; empty: all.
    pub from: Vec<String>,
    /// One of these stands in the subject; empty: any subject.
    pub subject: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    Password(Secret),
    /// An OAuth 2 access token; read anew for each session, since whoever renews it writes the file every hour.
    TokenFile(PathBuf),
}

/// How a mail that was read is told from one that was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The flag that every mail program shows as read.
    Seen,
    /// A keyword of our own.
    Keyword(String),
    /// The mailbox is opened for reading alone, and the last number is remembered.
    Nothing,
}

/// Mails of one round; what is beyond waits for the next.
const MAILS_A_ROUND: usize = 200;

/// Bytes read of one mail: what it says stands before what is attached to it.
const MAIL_BYTES_MAX: usize = 512 * 1024;

/// How far back a mailbox is read whose numbers mean nothing any more (it was made anew, or a reset asked for it): what is older is no news,
/// and may have been forgotten here.
const REACH: Duration = Duration::from_hours(30 * 24);

/// Bytes of all mails of one round.
const ROUND_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a round found. Nothing is marked yet.
pub struct Round {
    pub found: Vec<Found>,
    /// Mails that were read.
    pub mails: usize,
    pub bytes: usize,
    /// For `SourceState::etag`, committed together with the items.
    pub cursor: String,
    /// Mails that were tried once more and are stepped over.
    pub stepped_over: Vec<SteppedOver>,
    session: Session,
    mark: Mark,
    read: Vec<u32>,
}

/// A mail on which every session breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SteppedOver {
    /// Its subject, sender and id, as far as they can be read.
    pub name: String,
    /// What happens when it is asked for.
    pub why: String,
    /// Since when it holds up nobody.
    pub since: Moment,
}

/// Reads what is new. The first round of a source takes what is there as known without opening any of it.
///
/// # Errors
/// Why the mailbox cannot be read; nothing is marked, and the next round begins where this one did.
pub async fn read_round(
    outbound: &Outbound,
    source: &SourceOptions,
    options: &MailOptions,
    state: &SourceState,
    now: Moment,
) -> Result<Round, FetchFailure> {
    let mut reader = Reader::open(outbound, source, options, options.mark == Mark::Nothing).await?;
    writable(options, &reader.selected)?;
    let validity = reader.selected.validity;
    let stored = state.etag.as_deref().and_then(Cursor::read).filter(|cursor| cursor.validity == validity);
    let since = stored.is_none().then(|| now.minus(REACH));
    let (base, suspects) = match stored {
        Some(cursor) => (cursor.uid, cursor.suspects),
        // Known from before, and the mailbox was numbered anew or a reset asked for everything: what was told before is known by its id.
        None if state.baselined => (0, Vec::new()),
        None => {
            let last = reader.selected.clone().last_uid(&mut reader.session).await?;
            let cursor = Cursor { validity, uid: last, suspects: Vec::new() };
            return Ok(Round::nothing(reader.session, options, cursor.written()));
        }
    };
    let mut uids = reader.session.search(&criteria(&options.mark, base, since)).await?;
    // `7:*` means the last mail even where its number is below 7.
    uids.retain(|uid| *uid > base);
    uids.sort_unstable();
    let marks = options.mark != Mark::Nothing;
    // A suspect that is no longer found was deleted, or read by a person.
    let suspects: Vec<Suspect> = suspects.into_iter().filter(|suspect| !marks || uids.contains(&suspect.uid)).collect();
    let (due, waiting): (Vec<Suspect>, Vec<Suspect>) = suspects.into_iter().partition(|suspect| suspect.is_due(now));
    uids.retain(|uid| !due.iter().chain(&waiting).any(|suspect| suspect.uid == *uid));
    uids.truncate(MAILS_A_ROUND);
    let ours = reader.wanted(&mut uids).await?;
    let examined = uids.last().copied().unwrap_or(base);
    let (mut letters, mut read) = reader.fetch(&ours).await?;
    let mut again: Vec<u32> = due.iter().map(|suspect| suspect.uid).collect();
    // Last, so that what breaks takes nothing with it.
    let of_suspects = reader.wanted(&mut again).await?;
    let (more, read_again) = reader.fetch(&of_suspects).await?;
    letters.extend(more);
    read.extend(read_again);
    let (raws, failed_on) = each(&letters, |letter| letter_entries(source, letter, now));
    read.retain(|uid| !failed_on.contains(uid));
    let mails = letters.len() - failed_on.len();
    let ours_to_mend = || FetchFailure::new(FailureKind::Internal, "hearken itself failed on this mail; see its log");
    reader.breaks.extend(failed_on.into_iter().map(|uid| (uid, ours_to_mend())));
    let handled: Vec<u32> = ours.iter().filter(|uid| read.contains(uid) || reader.broke_on(**uid)).copied().collect();
    let uid = dealt_with(&options.mark, &ours, &handled, examined);
    let suspects = still_suspect(&reader, due, waiting, (&again, &of_suspects, &read), now);
    if suspects.len() > SUSPECTS_MAX
        && let Some((_, failure)) = reader.breaks.pop()
    {
        return Err(failure);
    }
    let stepped_over = name_stepped_over(&mut reader, &suspects).await?;
    let lowest = suspects.iter().map(|suspect| suspect.uid).min().filter(|_| marks);
    let cursor = Cursor { validity, uid: lowest.map_or(uid, |lowest| uid.min(lowest - 1)), suspects };
    let bytes = letters.iter().map(|letter| letter.bytes.len()).sum();
    let found = items(source, raws, now);
    let (session, mark) = (reader.session, options.mark.clone());
    Ok(Round { found, mails, bytes, cursor: cursor.written(), stepped_over, session, mark, read })
}

/// The suspects after a round: those that waited, those that broke a session once more or for the first time, and those that were not
/// reached. `again` were looked at, of them `ours` are wanted, and `read` could be read.
fn still_suspect(
    reader: &Reader<'_>,
    due: Vec<Suspect>,
    waiting: Vec<Suspect>,
    (again, ours, read): (&[u32], &[u32], &[u32]),
    now: Moment,
) -> Vec<Suspect> {
    let broke = |uid: u32| reader.broke_on(uid);
    let known: Vec<u32> = due.iter().map(|suspect| suspect.uid).collect();
    let is_over = |uid: u32| read.contains(&uid) || (again.contains(&uid) && !ours.contains(&uid) && !broke(uid));
    let left = due.into_iter().filter(|suspect| !is_over(suspect.uid));
    let left = left.map(|suspect| if broke(suspect.uid) { suspect.again(now) } else { suspect });
    let fresh = reader.breaks.iter().filter(|(uid, _)| !known.contains(uid)).map(|(uid, _)| Suspect::first(*uid, now));
    waiting.into_iter().chain(left).chain(fresh).collect()
}

/// What is to be said of those that were tried in this round and are stepped over.
async fn name_stepped_over(reader: &mut Reader<'_>, suspects: &[Suspect]) -> Result<Vec<SteppedOver>, FetchFailure> {
    let mut told = Vec::new();
    for (uid, failure) in reader.breaks.clone() {
        let over = suspects.iter().find(|suspect| suspect.uid == uid).and_then(|suspect| suspect.over_at);
        if let Some(since) = over {
            told.push(SteppedOver { name: reader.name(uid).await?, why: failure.to_string(), since });
        }
    }
    Ok(told)
}

/// The newest mails, whether read or not, and nothing changed: for `sources test`.
///
/// # Errors
/// As `read_round`.
pub async fn peek(outbound: &Outbound, source: &SourceOptions, options: &MailOptions, now: Moment) -> Result<Round, FetchFailure> {
    /// Enough to see that it works.
    const MAILS: usize = 10;
    let mut reader = Reader::open(outbound, source, options, true).await?;
    let last = reader.selected.clone().last_uid(&mut reader.session).await?;
    let first = last.saturating_sub(u32::try_from(MAILS_A_ROUND).unwrap_or(u32::MAX)).max(1);
    let mut uids = reader.session.search(&format!("UID {first}:* UNDELETED")).await?;
    uids.sort_unstable();
    let mut ours = reader.wanted(&mut uids).await?;
    ours.drain(..ours.len().saturating_sub(MAILS));
    let (letters, _) = reader.fetch(&ours).await?;
    if let Some((uid, failure)) = reader.breaks.first() {
        return Err(FetchFailure { detail: format!("at the mail with the number (UID) {uid}: {}", failure.detail), ..failure.clone() });
    }
    let cursor = Cursor { validity: reader.selected.validity, uid: last, suspects: Vec::new() };
    let mut round = Round::nothing(reader.session, options, cursor.written());
    let (raws, failed_on) = each(&letters, |letter| letter_entries(source, letter, now));
    if let Some(uid) = failed_on.first() {
        return Err(FetchFailure::new(FailureKind::Internal, format!("hearken itself failed on the mail with the number (UID) {uid}")));
    }
    round.found = items(source, raws, now);
    round.mails = letters.len();
    round.bytes = letters.iter().map(|letter| letter.bytes.len()).sum();
    Ok(round)
}

/// What one mail yields, as `probe FILE` shows it.
#[must_use]
pub fn entries(mail: &[u8], received: Option<&str>, context: &Context<'_>) -> Vec<Raw> {
    let letter = Letter::read(mail);
    let published = letter.sent(received, context);
    let results = if letter.is_alert() { letter.html.as_deref().map(alerts::results).unwrap_or_default() } else { Vec::new() };
    if results.is_empty() {
        return vec![letter.entry(published)];
    }
    results.into_iter().map(|result| Raw { published, ..result }).collect()
}

impl Round {
    fn nothing(session: Session, options: &MailOptions, cursor: String) -> Self {
        let (mark, found, stepped_over, read) = (options.mark.clone(), Vec::new(), Vec::new(), Vec::new());
        Self { found, mails: 0, bytes: 0, cursor, stepped_over, session, mark, read }
    }

    /// After the commit: marks what was read, and says goodbye.
    ///
    /// # Errors
    /// What was not marked is read again in the next round, and known then.
    pub async fn finish(mut self) -> Result<(), FetchFailure> {
        let flag = match &self.mark {
            Mark::Seen => "\\Seen",
            Mark::Keyword(keyword) => keyword,
            Mark::Nothing => "",
        };
        let marked = if flag.is_empty() || self.read.is_empty() { Ok(()) } else { self.session.add_flag(&self.read, flag).await };
        self.session.log_out().await;
        marked
    }
}

/// A mailbox that cannot be marked would be read from its beginning for ever.
fn writable(options: &MailOptions, selected: &Selected) -> Result<(), FetchFailure> {
    let flag = match &options.mark {
        Mark::Nothing => return Ok(()),
        Mark::Seen => "\\Seen",
        Mark::Keyword(keyword) => keyword,
    };
    if selected.keeps(flag) {
        return Ok(());
    }
    let detail = format!("the mailbox does not keep the flag {flag} for us: set `mark = \"none\"`, or give this user the right");
    Err(FetchFailure::new(FailureKind::Auth, detail))
}

fn criteria(mark: &Mark, base: u32, since: Option<Moment>) -> String {
    let since = since.map(|since| format!(" SINCE {}", since.to_timestamp().strftime("%d-%b-%Y"))).unwrap_or_default();
    let range = format!("UID {}:* UNDELETED{since}", base.saturating_add(1));
    match mark {
        Mark::Seen => format!("{range} UNSEEN"),
        Mark::Keyword(keyword) => format!("{range} UNKEYWORD {keyword}"),
        Mark::Nothing => range,
    }
}

/// Up to which mail the mailbox is dealt with once the items are committed. Those that are to be marked are not, until they are.
fn dealt_with(mark: &Mark, ours: &[u32], handled: &[u32], examined: u32) -> u32 {
    match (mark, ours.first()) {
        (_, None) => examined,
        (Mark::Nothing, Some(first)) if handled.len() < ours.len() => handled.last().copied().unwrap_or(first - 1),
        (Mark::Nothing, _) => examined,
        (_, Some(first)) => first - 1,
    }
}

fn letter_entries(source: &SourceOptions, letter: &Received, now: Moment) -> Vec<Raw> {
    let context = Context { base: &source.url, timezone: &source.timezone, now, max_items: usize::MAX };
    entries(&letter.bytes, letter.at.as_deref(), &context)
}

/// What each mail yields, and the numbers of those on which we failed: one mail must not take the others with it.
fn each(letters: &[Received], read: impl Fn(&Received) -> Vec<Raw>) -> (Vec<Raw>, Vec<u32>) {
    let (mut raws, mut failed_on) = (Vec::new(), Vec::new());
    for letter in letters {
        match guarded(|| read(letter)) {
            Some(found) => raws.extend(found),
            None => failed_on.push(letter.uid),
        }
    }
    (raws, failed_on)
}

fn items(source: &SourceOptions, mut raws: Vec<Raw>, now: Moment) -> Vec<Found> {
    let context = Context { base: &source.url, timezone: &source.timezone, now, max_items: usize::MAX };
    // Two alerts found the same page, and each shows another piece of it.
    let mut pages = HashSet::new();
    raws.retain(|raw| raw.id.is_some() || raw.link.as_ref().is_none_or(|link| pages.insert(link.clone())));
    normalise(&source.name, raws, source.rating_max, &context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_on_which_we_fail_takes_no_other_with_it() {
        let letters: Vec<Received> = (1..=3).map(|uid| Received { uid, ..Received::default() }).collect();
        let (raws, failed_on) = each(&letters, |letter| {
            assert_ne!(letter.uid, 2, "as a parser does on a letter nobody thought of");
            vec![Raw::default()]
        });
        assert_eq!((raws.len(), failed_on), (2, vec![2]));
    }

    #[test]
    fn what_is_dealt_with() {
        assert_eq!(dealt_with(&Mark::Seen, &[], &[], 90), 90, "nothing of ours");
        assert_eq!(dealt_with(&Mark::Seen, &[40, 80], &[40, 80], 90), 39, "until they are marked");
        assert_eq!(dealt_with(&Mark::Nothing, &[40, 80], &[40, 80], 90), 90);
        assert_eq!(dealt_with(&Mark::Nothing, &[40, 80], &[40], 90), 40, "the rest is for the next round");
        assert_eq!(dealt_with(&Mark::Nothing, &[40, 80], &[], 90), 39, "nothing could be read");
    }

    #[test]
    fn what_is_searched() {
        assert_eq!(criteria(&Mark::Nothing, 0, Some(Moment::from_secs(1_795_000_000))), "UID 1:* UNDELETED SINCE 18-Nov-2026");
        assert_eq!(criteria(&Mark::Seen, 7, None), "UID 8:* UNDELETED UNSEEN");
        assert_eq!(criteria(&Mark::Keyword("$Hearken".into()), u32::MAX, None), "UID 4294967295:* UNDELETED UNKEYWORD $Hearken");
    }
}
