//! A call of `POST /v1/inbound/{source}`: who sends, what it says, whether there is room for it; and the look at those who send nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::context::Context;
use super::driver::TaskError;
use super::intake::pushed::{self, Origin, Taken};
use super::metrics::PushLabels;
use super::poll::Claimed;
use super::watching;
use crate::collect::extract;
use crate::collect::inbound::{InboundAuth, PushFault, Pushed, Remark, read};
use crate::collect::normalise::normalise;
use crate::collect::source::{PollOutcome, SourceKind, SourceOptions, next_due};
use crate::model::{Moment, Secret, SourceState};
use crate::respond::signature::{HubMethods, SignatureError, verify_hub, verify_signature};

/// Bytes of one push: [`crate::collect::inbound::ITEMS_MAX`] reviews of two kilobytes.
pub const BYTES_MAX: usize = 2 * 1024 * 1024;

/// Bytes of pushes under way, all senders together. Parsed and judged they take some times that, and a daemon stays within 100 MB.
const BYTES_UNDER_WAY: usize = 8 * 1024 * 1024;

/// Items a second of one source, over time: judging takes a tenth of a millisecond and opening an incident a few, so that one busy
/// sender leaves the polls and the other senders most of the machine.
const ITEMS_PER_SECOND: f64 = 100.0;

/// Items of one source at once: two of the largest pushes.
const ITEMS_BURST: f64 = 2.0 * crate::collect::inbound::ITEMS_MAX as f64;

/// How long to wait where others' bytes are in the way: they are judged and stored by then.
const BYTES_WAIT: Duration = Duration::from_secs(2);

/// Longest id of a signed call.
const CALL_ID_BYTES_MAX: usize = 256;

/// What is under way and how much came lately.
#[derive(Debug)]
pub struct Room {
    bytes: Arc<Semaphore>,
    paces: Mutex<HashMap<String, Pace>>,
}

#[derive(Clone, Copy, Debug)]
struct Pace {
    items: f64,
    at: Moment,
}

impl Default for Room {
    fn default() -> Self {
        Self { bytes: Arc::new(Semaphore::new(BYTES_UNDER_WAY)), paces: Mutex::default() }
    }
}

impl Room {
    /// Room for a body of so many bytes, kept until it is dropped.
    ///
    /// # Errors
    /// `Busy` while there is none.
    pub fn bytes(&self, bytes: usize) -> Result<OwnedSemaphorePermit, PushError> {
        let wanted = u32::try_from(bytes.clamp(1, BYTES_UNDER_WAY)).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.bytes).try_acquire_many_owned(wanted);
        permit.map_err(|_| PushError::Busy { wait: BYTES_WAIT, why: "other pushes are under way" })
    }

    /// Room for so many more items of a source.
    fn items(&self, source: &str, items: usize, now: Moment) -> Result<(), PushError> {
        let items = f64::from(u32::try_from(items).unwrap_or(u32::MAX));
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = paces.entry(source.to_owned()).or_insert(Pace { items: ITEMS_BURST, at: now });
        let free = now.since(pace.at).as_secs_f64().mul_add(ITEMS_PER_SECOND, pace.items).min(ITEMS_BURST);
        let lacking = items - free;
        if lacking > 0.0 {
            let wait = Duration::from_secs_f64((lacking / ITEMS_PER_SECOND).ceil().max(1.0));
            return Err(PushError::Busy { wait, why: "this source sends more than a hundred items a second" });
        }
        *pace = Pace { items: free - items, at: now };
        Ok(())
    }
}

/// Why a push is not taken; nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("there is no inbound source of that name")]
    Unknown,
    #[error("{0}")]
    Unauthorised(String),
    #[error(transparent)]
    Fault(#[from] PushFault),
    #[error("not now: {why}; try again in {} s", wait.as_secs())]
    Busy { wait: Duration, why: &'static str },
    #[error("not one item of it can be taken")]
    NothingTaken(Vec<Remark>),
    #[error("it could not be stored; try again")]
    NotKept(TaskError),
}

/// What became of a push, as the sender is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Items that are kept now: new, edited or known before.
    pub accepted: usize,
    pub new: usize,
    pub edited: usize,
    pub known: usize,
    /// New or edited ones that name a brand.
    pub mentions: usize,
    /// This very call, its id and its words, was taken before.
    pub replayed: bool,
    /// Items that were not taken, by their place in the push from 0, and why.
    pub errors: Vec<Remark>,
    /// Items that were taken without something.
    pub remarks: Vec<Remark>,
}

/// A call, as far as HTTP tells.
pub struct Call<'a> {
    pub source: &'a str,
    /// A header by its name in lower case.
    pub header: &'a (dyn Fn(&str) -> Option<String> + Sync),
    pub body: &'a [u8],
}

/// Takes a push: once this returns, everything that it says was accepted is committed.
///
/// # Errors
/// Who sends is not known, what it says cannot be read, there is no room now, or the store does not answer.
pub async fn push(context: &Context, call: &Call<'_>) -> Result<Receipt, PushError> {
    let ended = push_in(context, call).await;
    let outcome = match &ended {
        Ok(receipt) if receipt.replayed => "replayed",
        Ok(_) => "taken",
        Err(PushError::Unknown | PushError::Unauthorised(_)) => "unauthorised",
        Err(PushError::Fault(_) | PushError::NothingTaken(_)) => "malformed",
        Err(PushError::Busy { .. }) => "busy",
        Err(PushError::NotKept(_)) => "not_kept",
    };
    // A name that nobody configured must not become a figure for ever.
    if !matches!(ended, Err(PushError::Unknown)) {
        let labels = PushLabels { source: call.source.to_owned(), outcome: outcome.to_owned() };
        context.metrics.pushes.get_or_create(&labels).inc();
    }
    ended
}

/// What the identities of its items hang on; a source that is not stored is refused when its items are kept.
async fn memory_of(context: &Context, source: &SourceOptions) -> Result<String, PushError> {
    let state = context.store.source(&source.name).await.map_err(|error| PushError::NotKept(error.into()))?;
    Ok(state.map(|state| state.id).unwrap_or_default())
}

async fn push_in(context: &Context, call: &Call<'_>) -> Result<Receipt, PushError> {
    let live = context.live();
    let now = context.clock.now();
    let (source, auth) = source_of(&live.settings.sources, call.source).ok_or(PushError::Unknown)?;
    // With what it says: a sender that counts its calls from 1 after each restart shows old ids with new words.
    let call_id = sender(auth, call, now)?.map(|id| format!("inbound {} {id} {}", source.name, body_hash(call.body)));
    let reading = extract::Context { base: &source.url, timezone: &source.timezone, now, max_items: usize::MAX };
    let Pushed { entries, refused, remarks } = read(call.body, (call.header)("content-type").as_deref(), &reading)?;
    if entries.is_empty() && !refused.is_empty() {
        return Err(PushError::NothingTaken(refused));
    }
    context.room.items(&source.name, entries.len(), now)?;
    let found = normalise(&memory_of(context, source).await?, entries, source.rating_max, &reading);
    let origin = Origin { call_id, lives_by_it: true, looked: false };
    let taken = pushed::take_in(context, source, &found, &origin, now).await.map_err(PushError::NotKept)?;
    let Taken { new, edited, known, mentions, replayed } = taken;
    tracing::debug!(source = source.name, new, edited, known, mentions, replayed, refused = refused.len(), "a push was taken");
    Ok(Receipt { accepted: found.len(), new, edited, known, mentions, replayed, errors: refused, remarks })
}

/// SHA-256, in hexadecimal.
pub(crate) fn body_hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a body is worth reading: whoever shows no credentials at all is refused before it is sent.
///
/// # Errors
/// `Unknown` and `Unauthorised`.
pub fn knock(context: &Context, source: &str, header: &(dyn Fn(&str) -> Option<String> + Sync)) -> Result<(), PushError> {
    let live = context.live();
    let (_, auth) = source_of(&live.settings.sources, source).ok_or(PushError::Unknown)?;
    match auth {
        InboundAuth::Bearer(tokens) => bearer(tokens, header("authorization")),
        InboundAuth::Hub(_) => shown(header, &HUB),
        InboundAuth::Signed(_) => shown(header, &SIGNED),
    }
}

/// The headers of a way to sign, and how it is called.
struct Signing {
    headers: &'static [&'static str],
    name: &'static str,
}

const SIGNED: Signing = Signing { headers: &["webhook-id", "webhook-timestamp", "webhook-signature"], name: "Standard Webhooks" };
const HUB: Signing = Signing { headers: &["x-hub-signature-256"], name: "GitHub's `X-Hub-Signature-256`" };

/// Whoever comes with the credentials of another way is told which one is set up here: that tells nobody a secret.
fn shown(header: &(dyn Fn(&str) -> Option<String> + Sync), signing: &Signing) -> Result<(), PushError> {
    let Some(missing) = signing.headers.iter().find(|name| header(name).is_none()) else { return Ok(()) };
    let other =
        [("authorization", "a bearer token"), ("x-hub-signature-256", "a GitHub signature"), ("webhook-signature", "a webhook signature")];
    let came = other.iter().find(|(name, _)| !signing.headers.contains(name) && header(name).is_some());
    let why = match came {
        Some((_, what)) => {
            format!("{what} came, and this source takes calls signed as {} alone ({} is missing)", signing.name, code(missing))
        }
        None => format!("the header {} is missing: this source takes calls signed as {}", code(missing), signing.name),
    };
    Err(PushError::Unauthorised(why))
}

fn code(header: &str) -> String {
    format!("`{header}`")
}

fn source_of<'a>(sources: &'a [SourceOptions], name: &str) -> Option<(&'a SourceOptions, &'a InboundAuth)> {
    let source = sources.iter().find(|source| source.name == name)?;
    match &source.kind {
        SourceKind::Inbound(auth) => Some((source, auth)),
        _ => None,
    }
}

/// Finds out whether the call is the sender's; the id of a signed one.
fn sender(auth: &InboundAuth, call: &Call<'_>, now: Moment) -> Result<Option<String>, PushError> {
    let header = |name: &str| (call.header)(name).unwrap_or_default();
    let refused = |error: SignatureError| PushError::Unauthorised(error.to_string());
    match auth {
        InboundAuth::Bearer(tokens) => bearer(tokens, (call.header)("authorization")).map(|()| None),
        InboundAuth::Hub(secrets) => {
            let signature = header("x-hub-signature-256");
            verify_hub(secrets, &signature, call.body, HubMethods::Sha256).map_err(refused)?;
            Ok(None)
        }
        InboundAuth::Signed(secrets) => {
            let id = header("webhook-id");
            if id.len() > CALL_ID_BYTES_MAX {
                return Err(PushError::Unauthorised(format!("`webhook-id` is longer than {CALL_ID_BYTES_MAX} bytes")));
            }
            verify_signature(secrets, &id, &header("webhook-timestamp"), &header("webhook-signature"), call.body, now).map_err(refused)?;
            Ok(Some(id))
        }
    }
}

/// Digests are compared, every one of them, so that time tells nothing of length or place.
fn bearer(tokens: &[Secret], given: Option<String>) -> Result<(), PushError> {
    let missing = "the header `Authorization: Bearer ...` is missing: this source takes calls with a token alone";
    let given = given.ok_or_else(|| PushError::Unauthorised(missing.to_owned()))?;
    let given = Sha256::digest(given.strip_prefix("Bearer ").unwrap_or_default().as_bytes());
    let mut fits = subtle::Choice::from(0);
    for token in tokens {
        fits |= Sha256::digest(token.expose().as_bytes()).ct_eq(&given);
    }
    if fits.into() { Ok(()) } else { Err(PushError::Unauthorised("the bearer token is not this source's".to_owned())) }
}

/// What stands in for a poll where there is nothing to ask: whether the sender has been silent too long.
pub(super) async fn look(context: &Context, source: &SourceOptions, before: Claimed) -> Result<(), TaskError> {
    let now = context.clock.now();
    let backoff_max = context.live().settings.collect.backoff_max;
    let state = before.state.clone();
    let next_due_at = next_due(source, &state.pace, PollOutcome::Success, 0, backoff_max, now);
    let last_success_at = state.last_success_at.or(Some(now));
    let mut state = SourceState { next_due_at, last_polled_at: Some(now), last_success_at, baselined: true, ..state };
    watching::looked(context, source, &mut state, now).await?;
    context.store.commit_look(&context.owner, &state, now).await?;
    watching::after_good(context, source, &before, &state, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_bounded_and_comes_back() {
        let room = Room::default();
        let start = Moment::from_secs(100);
        let held: Vec<_> = (0..BYTES_UNDER_WAY / BYTES_MAX).map(|_| room.bytes(BYTES_MAX).expect("there is room")).collect();
        assert!(matches!(room.bytes(1), Err(PushError::Busy { .. })));
        drop(held);
        assert!(room.bytes(BYTES_MAX).is_ok());
        assert!(room.items("a", 1000, start).is_ok() && room.items("a", 1000, start).is_ok());
        let Err(PushError::Busy { wait, .. }) = room.items("a", 250, start) else { panic!("two thousand at once are enough") };
        assert_eq!(wait, Duration::from_secs(3));
        assert!(room.items("b", 1000, start).is_ok(), "another source has its own pace");
        assert!(room.items("a", 250, start.plus(wait)).is_ok(), "what was promised holds");
    }

    #[test]
    fn a_token_is_compared_whole() {
        let tokens = [Secret::new("new-token-0123456789"), Secret::new("old-token-0123456789")];
        for good in ["Bearer new-token-0123456789", "Bearer old-token-0123456789"] {
            assert!(bearer(&tokens, Some(good.to_owned())).is_ok());
        }
        for bad in ["Bearer new-token", "new-token-0123456789", "Bearer ", "", "bearer"] {
            assert!(matches!(bearer(&tokens, Some(bad.to_owned())), Err(PushError::Unauthorised(_))), "{bad}");
        }
        assert!(bearer(&[], Some("Bearer ".to_owned())).is_err());
    }
}
