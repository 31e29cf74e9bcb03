//! A session that is opened anew where one mail breaks it, so that the others are read all the same.

use super::letter::Letter;
use super::session::{Selected, Session};
use super::slim::Slim;
use super::{FETCHED_BYTES_MAX, Login, MAIL_BYTES_MAX, MailOptions, ROUND_BYTES_MAX};
use crate::collect::fetch::FetchFailure;
use crate::collect::source::SourceOptions;
use crate::model::{FailureKind, Secret};
use crate::outbound::Outbound;

/// Sessions that may break in one round: what is left waits for the next, and no server is besieged.
const BREAKS_MAX: usize = 3;

/// A mail with what the server says of its arrival.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) uid: u32,
    pub(super) bytes: Vec<u8>,
    pub(super) at: Option<String>,
    /// Something of what it says is missing.
    pub(super) is_cut: bool,
}

pub(super) struct Reader<'a> {
    outbound: &'a Outbound,
    source: &'a SourceOptions,
    options: &'a MailOptions,
    read_only: bool,
    pub(super) selected: Selected,
    pub(super) session: Session,
    /// Mails on which the session broke, and how.
    pub(super) breaks: Vec<(u32, FetchFailure)>,
    bytes: usize,
}

impl<'a> Reader<'a> {
    pub(super) async fn open(
        outbound: &'a Outbound,
        source: &'a SourceOptions,
        options: &'a MailOptions,
        read_only: bool,
    ) -> Result<Self, FetchFailure> {
        let (session, selected) = open(outbound, source, options, read_only).await?;
        Ok(Self { outbound, source, options, read_only, selected, session, breaks: Vec::new(), bytes: 0 })
    }

    /// What is left waits for the next round.
    pub(super) fn is_spent(&self) -> bool {
        self.breaks.len() >= BREAKS_MAX
    }

    /// Whether a session broke on this mail in this round.
    pub(super) fn broke_on(&self, uid: u32) -> bool {
        self.breaks.iter().any(|(broke, _)| *broke == uid)
    }

    /// A server that cannot be reached again is itself in trouble, and then no mail is under suspicion.
    async fn reopen(&mut self) -> Result<(), FetchFailure> {
        let (session, selected) = open(self.outbound, self.source, self.options, self.read_only).await?;
        if selected.validity != self.selected.validity {
            return Err(FetchFailure::new(FailureKind::Server, "the mailbox was numbered anew while it was read"));
        }
        self.session = session;
        Ok(())
    }

    async fn broke(&mut self, uid: u32, failure: FetchFailure) -> Result<(), FetchFailure> {
        self.reopen().await?;
        self.breaks.push((uid, failure));
        Ok(())
    }

    /// Those of the right sender and subject; only these two lines are read of the others. Of `uids` those are left that were looked at.
    pub(super) async fn wanted(&mut self, uids: &mut Vec<u32>) -> Result<Vec<u32>, FetchFailure> {
        let MailOptions { from, subject, .. } = self.options;
        if uids.is_empty() || from.is_empty() && subject.is_empty() {
            return Ok(uids.clone());
        }
        let heads = match self.session.fetch_heads(uids).await {
            Ok(heads) => heads,
            Err(_) => self.heads_one_by_one(uids).await?,
        };
        let fits = |head: &[u8]| Letter::read(head).fits(from, subject);
        Ok(heads.into_iter().filter(|(_, head)| fits(head)).map(|(uid, _)| uid).collect())
    }

    /// Which of them it was that broke the session.
    async fn heads_one_by_one(&mut self, uids: &mut Vec<u32>) -> Result<Vec<(u32, Vec<u8>)>, FetchFailure> {
        self.reopen().await?;
        let (mut heads, mut looked_at) = (Vec::new(), 0);
        for uid in uids.iter() {
            if self.is_spent() {
                break;
            }
            looked_at += 1;
            match self.session.fetch_heads(&[*uid]).await {
                Ok(found) => heads.extend(found),
                Err(failure) => self.broke(*uid, failure).await?,
            }
        }
        uids.truncate(looked_at);
        Ok(heads)
    }

    /// Mails, and the numbers of those that were read: one that was deleted meanwhile is gone and counts as read.
    pub(super) async fn fetch(&mut self, uids: &[u32]) -> Result<(Vec<Received>, Vec<u32>), FetchFailure> {
        let (mut letters, mut read) = (Vec::new(), Vec::new());
        for uid in uids {
            if self.bytes > ROUND_BYTES_MAX || self.is_spent() {
                break;
            }
            match self.fetch_one(*uid).await {
                Ok(mail) => {
                    read.push(*uid);
                    letters.extend(mail);
                }
                Err(failure) => self.broke(*uid, failure).await?,
            }
        }
        Ok((letters, read))
    }

    /// A mail, a large one without what nobody reads; none where it was deleted meanwhile.
    async fn fetch_one(&mut self, uid: u32) -> Result<Option<Received>, FetchFailure> {
        let Some(first) = self.session.fetch_mail(uid, 0, MAIL_BYTES_MAX).await? else { return Ok(None) };
        self.bytes += first.bytes.len();
        if first.bytes.len() < MAIL_BYTES_MAX {
            return Ok(Some(Received { uid, bytes: first.bytes, at: first.received, is_cut: false }));
        }
        let (mut slim, mut fetched, mut ends) = (Slim::new(MAIL_BYTES_MAX), first.bytes.len(), false);
        slim.take(&first.bytes);
        while !ends && !slim.is_full() && fetched < FETCHED_BYTES_MAX {
            let next = self.session.fetch_mail(uid, fetched, MAIL_BYTES_MAX).await?.map(|next| next.bytes).unwrap_or_default();
            slim.take(&next);
            ends = next.len() < MAIL_BYTES_MAX;
            fetched += next.len();
            self.bytes += next.len();
        }
        let (bytes, is_cut) = slim.finish();
        Ok(Some(Received { uid, bytes, at: first.received, is_cut: is_cut || !ends }))
    }

    /// How people find a mail again: its subject, its sender and its id, where at least these can be read.
    pub(super) async fn name(&mut self, uid: u32) -> Result<String, FetchFailure> {
        match self.session.fetch_names(uid).await {
            Ok(head) => Ok(head.map_or_else(|| by_number(uid), |head| Letter::read(&head).named().unwrap_or_else(|| by_number(uid)))),
            Err(_) => self.reopen().await.map(|()| by_number(uid)),
        }
    }
}

fn by_number(uid: u32) -> String {
    format!("the mail with the number (UID) {uid}")
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
