//! A mailbox read by IMAP (RFC 9051 and 3501): what is new becomes items, one for each mail, or one for each result of a Google Alert.
//!
//! Nothing is changed but the flag the operator chose, and that only after the items are committed. The dialogue is ours: what we need
//! of IMAP is eight commands, and every answer is read within bounds.

mod alerts;
mod letter;
mod response;
mod session;
mod wire;

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use super::extract::{Context, Raw};
use super::fetch::FetchFailure;
use super::normalise::{Found, normalise};
use super::source::SourceOptions;
use crate::model::{FailureKind, Moment, Secret, SourceState};
use crate::outbound::Outbound;
use letter::Letter;
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

/// Where the next round begins, as `SourceState::etag` keeps it: mails up to `uid` are dealt with, as long as the mailbox numbers its mails
/// as it did under `validity`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    validity: u32,
    uid: u32,
}

/// What a round found. Nothing is marked yet.
pub struct Round {
    pub found: Vec<Found>,
    /// Mails that were read.
    pub mails: usize,
    pub bytes: usize,
    /// For `SourceState::etag`, committed together with the items.
    pub cursor: String,
    session: Session,
    mark: Mark,
    read: Vec<u32>,
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
    let (mut session, selected) = open(outbound, source, options, options.mark == Mark::Nothing).await?;
    writable(options, &selected)?;
    let validity = selected.validity;
    let stored = state.etag.as_deref().and_then(Cursor::read).filter(|cursor| cursor.validity == validity);
    let base = match stored {
        Some(cursor) => cursor.uid,
        // Known from before, and the mailbox was numbered anew or a reset asked for everything: what was told before is known by its id.
        None if state.baselined => 0,
        None => {
            let last = selected.last_uid(&mut session).await?;
            return Ok(Round::nothing(session, options, Cursor { validity, uid: last }));
        }
    };
    let since = stored.is_none().then(|| now.minus(REACH));
    let mut uids = session.search(&criteria(&options.mark, base, since)).await?;
    // `7:*` means the last mail even where its number is below 7.
    uids.retain(|uid| *uid > base);
    uids.sort_unstable();
    uids.truncate(MAILS_A_ROUND);
    let examined = uids.last().copied().unwrap_or(base);
    let ours = wanted(&mut session, options, uids).await?;
    let (letters, read) = fetch(&mut session, &ours).await?;
    let cursor = Cursor { validity, uid: dealt_with(&options.mark, &ours, &read, examined) };
    let bytes = letters.iter().map(|(bytes, _)| bytes.len()).sum();
    let found = items(source, &letters, now);
    Ok(Round { found, mails: letters.len(), bytes, cursor: cursor.written(), session, mark: options.mark.clone(), read })
}

/// The newest mails, whether read or not, and nothing changed: for `sources test`.
///
/// # Errors
/// As `read_round`.
pub async fn peek(outbound: &Outbound, source: &SourceOptions, options: &MailOptions, now: Moment) -> Result<Round, FetchFailure> {
    /// Enough to see that it works.
    const MAILS: usize = 10;
    let (mut session, selected) = open(outbound, source, options, true).await?;
    let last = selected.last_uid(&mut session).await?;
    let first = last.saturating_sub(u32::try_from(MAILS_A_ROUND).unwrap_or(u32::MAX)).max(1);
    let mut uids = session.search(&format!("UID {first}:* UNDELETED")).await?;
    uids.sort_unstable();
    let mut ours = wanted(&mut session, options, uids).await?;
    ours.drain(..ours.len().saturating_sub(MAILS));
    let (letters, _) = fetch(&mut session, &ours).await?;
    let mut round = Round::nothing(session, options, Cursor { validity: selected.validity, uid: last });
    round.found = items(source, &letters, now);
    round.mails = letters.len();
    round.bytes = letters.iter().map(|(bytes, _)| bytes.len()).sum();
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
    fn nothing(session: Session, options: &MailOptions, cursor: Cursor) -> Self {
        Self { found: Vec::new(), mails: 0, bytes: 0, cursor: cursor.written(), session, mark: options.mark.clone(), read: Vec::new() }
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

async fn open(
    outbound: &Outbound,
    source: &SourceOptions,
    options: &MailOptions,
    read_only: bool,
) -> Result<(Session, Selected), FetchFailure> {
    let mut session = Session::open(outbound, &source.url).await?;
    match &options.login {
        Login::Password(password) => session.log_in(&options.username, password).await?,
        Login::TokenFile(path) => session.log_in_by_token(&options.username, &token(path).await?).await?,
    }
    let selected = session.select(&options.folder, read_only).await?;
    Ok((session, selected))
}

async fn token(path: &std::path::Path) -> Result<Secret, FetchFailure> {
    let fail = |why: String| FetchFailure::new(FailureKind::Auth, format!("{}: {why}", path.display()));
    let text = tokio::fs::read_to_string(path).await.map_err(|error| fail(error.to_string()))?;
    if text.trim().is_empty() { Err(fail("it is empty".to_owned())) } else { Ok(Secret::new(text.trim())) }
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

/// Those of the right sender and subject; only these two lines are read of the others.
async fn wanted(session: &mut Session, options: &MailOptions, uids: Vec<u32>) -> Result<Vec<u32>, FetchFailure> {
    if uids.is_empty() || options.from.is_empty() && options.subject.is_empty() {
        return Ok(uids);
    }
    let heads = session.fetch_heads(&uids).await?;
    let fits = |head: &[u8]| Letter::read(head).fits(&options.from, &options.subject);
    Ok(heads.into_iter().filter(|(_, head)| fits(head)).map(|(uid, _)| uid).collect())
}

/// Mails with what the server says of their arrival, and the numbers of those that were read. One that was deleted meanwhile is gone.
async fn fetch(session: &mut Session, uids: &[u32]) -> Result<(Vec<(Vec<u8>, Option<String>)>, Vec<u32>), FetchFailure> {
    let (mut letters, mut read, mut bytes) = (Vec::new(), Vec::new(), 0);
    for uid in uids {
        if bytes > ROUND_BYTES_MAX {
            break;
        }
        read.push(*uid);
        let Some(mail) = session.fetch_mail(*uid, MAIL_BYTES_MAX).await? else { continue };
        bytes += mail.bytes.len();
        letters.push((mail.bytes, mail.received));
    }
    Ok((letters, read))
}

/// Up to which mail the mailbox is dealt with once the items are committed. Those that are to be marked are not, until they are.
fn dealt_with(mark: &Mark, ours: &[u32], read: &[u32], examined: u32) -> u32 {
    match (mark, ours.first()) {
        (_, None) => examined,
        (Mark::Nothing, _) if read.len() < ours.len() => read.last().copied().unwrap_or_default(),
        (Mark::Nothing, _) => examined,
        (_, Some(first)) => first - 1,
    }
}

fn items(source: &SourceOptions, letters: &[(Vec<u8>, Option<String>)], now: Moment) -> Vec<Found> {
    let context = Context { base: &source.url, timezone: &source.timezone, now, max_items: usize::MAX };
    let mut raws: Vec<Raw> = letters.iter().flat_map(|(bytes, received)| entries(bytes, received.as_deref(), &context)).collect();
    // Two alerts found the same page, and each shows another piece of it.
    let mut pages = HashSet::new();
    raws.retain(|raw| raw.id.is_some() || raw.link.as_ref().is_none_or(|link| pages.insert(link.clone())));
    normalise(&source.name, raws, source.rating_max, &context)
}

impl Cursor {
    fn read(text: &str) -> Option<Self> {
        let (validity, uid) = text.strip_prefix("imap ")?.split_once(' ')?;
        Some(Self { validity: validity.parse().ok()?, uid: uid.parse().ok()? })
    }

    fn written(self) -> String {
        format!("imap {} {}", self.validity, self.uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_store() {
        let cursor = Cursor { validity: 7, uid: u32::MAX };
        assert_eq!(Cursor::read(&cursor.written()), Some(cursor));
        for other in ["\"etag\"", "imap", "imap 1", "imap x 1", "imap 1 -1"] {
            assert_eq!(Cursor::read(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_dealt_with() {
        assert_eq!(dealt_with(&Mark::Seen, &[], &[], 90), 90, "nothing of ours");
        assert_eq!(dealt_with(&Mark::Seen, &[40, 80], &[40, 80], 90), 39, "until they are marked");
        assert_eq!(dealt_with(&Mark::Nothing, &[40, 80], &[40, 80], 90), 90);
        assert_eq!(dealt_with(&Mark::Nothing, &[40, 80], &[40], 90), 40, "the rest is for the next round");
    }

    #[test]
    fn what_is_searched() {
        assert_eq!(criteria(&Mark::Nothing, 0, Some(Moment::from_secs(1_795_000_000))), "UID 1:* UNDELETED SINCE 18-Nov-2026");
        assert_eq!(criteria(&Mark::Seen, 7, None), "UID 8:* UNDELETED UNSEEN");
        assert_eq!(criteria(&Mark::Keyword("$Hearken".into()), u32::MAX, None), "UID 4294967295:* UNDELETED UNKEYWORD $Hearken");
    }
}
