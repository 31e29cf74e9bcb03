//! A mailbox read by IMAP (RFC 9051 and 3501): what is new becomes items, one for each mail, or one for each result of a Google Alert.
//!
//! Which mails are new is known by their numbers alone: whoever else reads the mailbox opens mails before us. Nothing is changed but the
//! flag the operator chose, and that only after the items are committed. The dialogue is ours: what we need of IMAP is eight commands,
//! and every answer is read within bounds.

mod alerts;
mod base64;
mod cursor;
mod letter;
mod own;
mod parts;
mod quoted;
mod reader;
mod response;
mod said;
mod session;
mod slim;
mod sorted;
mod start;
mod wire;

use std::collections::HashSet;
use std::path::PathBuf;

use super::extract::{Context, Raw};
use super::fetch::FetchFailure;
use super::hash;
use super::normalise::{Found, normalise};
use super::source::SourceOptions;
use crate::model::{FailureKind, LeftOut, LeftOutMail, Mailbox, Moment, Secret, SourceState};
use crate::outbound::Outbound;
pub use cursor::steps_over;
use cursor::{Cursor, SUSPECTS_MAX, Suspect};
use letter::Letter;
pub use own::Own;
use own::{counted, remembered};
use reader::Reader;
use session::{Selected, Session};
use sorted::{Sorted, each, says};
use start::{Before, Start, new_mails};

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

/// How a mail that we read is marked.
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

/// Bytes kept of one mail, pictures and other files left out. So much is fetched at a time, too.
const MAIL_BYTES_MAX: usize = 512 * 1024;

/// Bytes fetched of one mail to find what it says: servers take mails of 25 to 50 MB with all that is attached, of which programs that put
/// the text last attach photographs.
const FETCHED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Bytes of all mails of one round; the last one may go beyond.
const ROUND_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a round found. Nothing is marked yet.
pub struct Round {
    pub found: Vec<Found>,
    /// Mails that were read and are mentions, or might be.
    pub mails: usize,
    pub bytes: usize,
    /// For `SourceState::etag`, committed together with the items.
    pub cursor: String,
    /// For `Watch::mailbox`, committed together with them.
    pub mailbox: Mailbox,
    /// Mails of this round that are no mentions.
    pub left_out: LeftOut,
    /// Mails of this round that lay there before listening began.
    pub old: usize,
    /// Mails that were tried once more and are stepped over.
    pub stepped_over: Vec<SteppedOver>,
    session: Session,
    mark: Mark,
    unmarked: Vec<u32>,
    /// The cursor once nothing waits for its mark.
    marked: String,
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
    own: &Own,
    state: &SourceState,
    now: Moment,
) -> Result<Round, FetchFailure> {
    let mut reader = Reader::open(outbound, source, options, options.mark == Mark::Nothing).await?;
    writable(options, &reader.selected)?;
    let (mailbox, cursor) = match Start::of(options, state, reader.selected.validity, now) {
        Start::Known(mailbox, cursor) => (mailbox, cursor),
        Start::Anew(mailbox) => {
            let until = reader.selected.clone().last_uid(&mut reader.session).await?;
            (mailbox, Cursor { validity: reader.selected.validity, until, ..Cursor::default() })
        }
        Start::First(mailbox) => {
            let uid = reader.selected.clone().last_uid(&mut reader.session).await?;
            let cursor = Cursor { validity: reader.selected.validity, uid, ..Cursor::default() };
            return Ok(Round::nothing(reader.session, options, mailbox, cursor));
        }
    };
    let mut uids = new_mails(&mut reader, &cursor, mailbox.began, now).await?;
    let (due, waiting): (Vec<Suspect>, Vec<Suspect>) = cursor.suspects.iter().copied().partition(|suspect| suspect.is_due(now));
    uids.retain(|uid| !cursor.suspects.iter().any(|suspect| suspect.uid == *uid));
    uids.truncate(MAILS_A_ROUND);
    let ours = reader.wanted(&mut uids).await?;
    let examined = uids.last().copied().unwrap_or(cursor.uid.max(cursor.until));
    let (mut letters, mut read) = reader.fetch(&ours).await?;
    let mut again: Vec<u32> = due.iter().map(|suspect| suspect.uid).collect();
    // Last, so that what breaks takes nothing with it.
    let of_suspects = reader.wanted(&mut again).await?;
    let (more, read_again) = reader.fetch(&of_suspects).await?;
    letters.extend(more);
    read.extend(read_again);
    let (said, failed_on) = each(&letters, |letter| {
        let before = (letter.uid <= cursor.until).then(|| Before::of(mailbox.began, state.last_success_at));
        says(source, letter, Some(own), before, now)
    });
    read.retain(|uid| !failed_on.contains(uid));
    let ours_to_mend = || FetchFailure::new(FailureKind::Internal, "hearken itself failed on this mail; see its log");
    reader.breaks.extend(failed_on.into_iter().map(|uid| (uid, ours_to_mend())));
    let handled: Vec<u32> = ours.iter().filter(|uid| read.contains(uid) || reader.broke_on(**uid)).copied().collect();
    let uid = dealt_with(&ours, &handled, examined);
    let suspects = still_suspect(&reader, due, waiting, (&again, &of_suspects, &read), now);
    if suspects.len() > SUSPECTS_MAX
        && let Some((_, failure)) = reader.breaks.pop()
    {
        return Err(failure);
    }
    let stepped_over = name_stepped_over(&mut reader, &suspects).await?;
    let bytes = letters.iter().map(|letter| letter.bytes.len()).sum();
    let sorted = Sorted::of(said);
    let left_out = LeftOut { unread: sorted.unread, ..counted(&sorted.left_out, now) };
    // What is not told is left as it is: a warning that nobody opened must not look as if somebody had.
    let mut unmarked = cursor.unmarked;
    unmarked.extend(read.into_iter().filter(|_| options.mark != Mark::Nothing).filter(|uid| !sorted.left.contains(uid)));
    let cursor = Cursor { uid, unmarked, suspects, ..cursor };
    let mailbox = noted(mailbox, left_out, &sorted.left_out);
    let round = Round::nothing(reader.session, options, mailbox, cursor);
    Ok(Round {
        found: items(source, &state.id, sorted.raws, now),
        mails: sorted.mails,
        bytes,
        left_out,
        old: sorted.old,
        stepped_over,
        ..round
    })
}

fn noted(mailbox: Mailbox, counts: LeftOut, mails: &[LeftOutMail]) -> Mailbox {
    let left_out_last = remembered(mailbox.left_out_last, mails);
    Mailbox { left_out: added(mailbox.left_out, counts), left_out_last, ..mailbox }
}

fn added(sum: LeftOut, more: LeftOut) -> LeftOut {
    let LeftOut { own, answers, automatic, unread, last_at } = sum;
    LeftOut {
        own: own + more.own,
        answers: answers + more.answers,
        automatic: automatic + more.automatic,
        unread: unread + more.unread,
        last_at: more.last_at.or(last_at),
    }
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
    let cursor = Cursor { validity: reader.selected.validity, uid: last, ..Cursor::default() };
    let (said, failed_on) = each(&letters, |letter| says(source, letter, None, None, now));
    if let Some(uid) = failed_on.first() {
        return Err(FetchFailure::new(FailureKind::Internal, format!("hearken itself failed on the mail with the number (UID) {uid}")));
    }
    let sorted = Sorted::of(said);
    let bytes = letters.iter().map(|letter| letter.bytes.len()).sum();
    let round = Round::nothing(reader.session, options, Mailbox::default(), cursor);
    let left_out = LeftOut { unread: sorted.unread, ..counted(&sorted.left_out, now) };
    Ok(Round { found: items(source, &source.name, sorted.raws, now), mails: sorted.mails, bytes, left_out, ..round })
}

/// What one mail yields, as `probe FILE` shows it.
#[must_use]
pub fn entries(mail: &[u8], received: Option<&str>, context: &Context<'_>) -> Vec<Raw> {
    letter_entries(&Letter::read(mail), received, context)
}

/// The items of a mail and of those it carries, which came when it came. A mail that says nothing itself is no item beside them.
fn letter_entries(letter: &Letter, received: Option<&str>, context: &Context<'_>) -> Vec<Raw> {
    let published = letter.sent(received, context);
    let mut entries = if letter.covers(&letter.attached) { Vec::new() } else { own_entries(letter, published) };
    let mut ids: HashSet<String> = letter.id().map(str::to_owned).into_iter().collect();
    add_carried(letter, published, &mut ids, &mut entries);
    if entries.is_empty() { own_entries(letter, published) } else { entries }
}

/// Nobody hides a mail by giving it the id of another: the second one of an id has one by its number.
fn add_carried(letter: &Letter, published: Option<Moment>, ids: &mut HashSet<String>, entries: &mut Vec<Raw>) {
    for inner in &letter.attached {
        let id = inner.id().or(letter.id()).map(str::to_owned);
        let is_another = id.as_ref().is_some_and(|id| !ids.insert(id.clone()));
        let id = id.map(|id| if is_another { format!("{id}#{}", entries.len()) } else { id });
        let inner = inner.under(id);
        if !inner.covers(&inner.attached) && !inner.is_blank() {
            entries.extend(own_entries(&inner, published));
        }
        add_carried(&inner, published, ids, entries);
    }
}

fn own_entries(letter: &Letter, published: Option<Moment>) -> Vec<Raw> {
    let results = if letter.is_alert() { letter.html().as_deref().map(alerts::results).unwrap_or_default() } else { Vec::new() };
    if results.is_empty() {
        return vec![letter.entry(published)];
    }
    results.into_iter().map(|result| Raw { published, ..result }).collect()
}

impl MailOptions {
    /// Tells one mailbox of a server from another.
    fn place(&self) -> i64 {
        hash::stable_i64(&[self.username.as_bytes(), self.folder.as_bytes()])
    }
}

impl Round {
    fn nothing(session: Session, options: &MailOptions, mailbox: Mailbox, cursor: Cursor) -> Self {
        let written = cursor.written();
        let unmarked = cursor.unmarked.clone();
        let marked = Cursor { unmarked: Vec::new(), ..cursor }.written();
        let (mark, found, stepped_over, left_out) = (options.mark.clone(), Vec::new(), Vec::new(), LeftOut::default());
        Self { found, mails: 0, bytes: 0, cursor: written, mailbox, left_out, old: 0, stepped_over, session, mark, unmarked, marked }
    }

    /// After the commit: marks what was read, and says goodbye. Gives the cursor that is to stand in the place of the committed one: there
    /// nothing waits for its mark.
    ///
    /// # Errors
    /// What was not marked is marked after the next round.
    pub async fn finish(mut self) -> Result<String, FetchFailure> {
        let flag = match &self.mark {
            Mark::Seen => "\\Seen",
            Mark::Keyword(keyword) => keyword,
            Mark::Nothing => "",
        };
        let marks = !flag.is_empty() && !self.unmarked.is_empty();
        let marked = if marks { self.session.add_flag(&self.unmarked, flag).await } else { Ok(()) };
        self.session.log_out().await;
        marked.map(|()| self.marked)
    }
}

/// Whoever wants marks is told at once where there will be none.
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

/// Up to which mail the mailbox is dealt with once the items are committed.
fn dealt_with(ours: &[u32], handled: &[u32], examined: u32) -> u32 {
    match ours.first() {
        Some(first) if handled.len() < ours.len() => handled.last().copied().unwrap_or(first - 1),
        _ => examined,
    }
}

fn items(source: &SourceOptions, memory: &str, mut raws: Vec<Raw>, now: Moment) -> Vec<Found> {
    let context = Context { base: &source.url, timezone: &source.timezone, now, max_items: usize::MAX };
    // Two alerts found the same page, and each shows another piece of it.
    let mut pages = HashSet::new();
    raws.retain(|raw| raw.id.is_some() || raw.link.as_ref().is_none_or(|link| pages.insert(link.clone())));
    normalise(memory, raws, source.rating_max, &context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dealt_with() {
        assert_eq!(dealt_with(&[], &[], 90), 90, "nothing of ours");
        assert_eq!(dealt_with(&[40, 80], &[40, 80], 90), 90);
        assert_eq!(dealt_with(&[40, 80], &[40], 90), 40, "the rest is for the next round");
        assert_eq!(dealt_with(&[40, 80], &[], 90), 39, "nothing could be read");
    }
}
