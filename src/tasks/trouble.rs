//! Incidents of our own: a source or a receiver in trouble, files refused. One for each cause, ended when it is over.

use sha2::{Digest, Sha256};

use super::answer;
use super::context::Context;
use super::driver::TaskError;
use crate::model::{Action, Over, Via};
use crate::respond::acknowledge::Actor;
use crate::respond::incident::{Subject, open_trouble};
use crate::respond::message::plain_end;
use crate::store::StoreError;

/// Key of the incident about settings or rules that were refused.
pub(super) const RELOAD: &str = "ops:reload";

/// Key of the incident about rules in force whose examples fail.
pub(super) const EXAMPLES: &str = "ops:examples";

/// Key of the incident about a source.
pub(crate) fn source_key(name: &str) -> String {
    format!("source:{name}")
}

/// Before the name of a source that is read, in the keys of its incidents: nothing new, no canary, no texts, old items as new,
/// files that could not be taken whole, mails that break each session, items on which we fail, pages that nobody reads on.
pub(super) const SILENT: &str = "silent";
pub(super) const CANARY: &str = "canary";
pub(super) const TEXTS: &str = "texts";
const REINDEXED: &str = "reindexed";
/// What the keys of incidents about complaints in a flood of old items begin with, and bytes of the hash behind it.
const HELD: &str = "held";
const HELD_BYTES: usize = 6;
const FILES: &str = "files";
pub(super) const MAILS: &str = "mails";
const ASIDE: &str = "aside";
const UNREAD: &str = "unread";
pub(super) const OWN_KINDS: [&str; 8] = [SILENT, CANARY, TEXTS, REINDEXED, FILES, MAILS, ASIDE, UNREAD];

/// Key of the incident about a source that works and shows nothing new.
pub(super) fn silent_key(name: &str) -> String {
    format!("{SILENT}:{name}")
}

/// Key of the incident about a source that no longer shows its phrase.
pub(super) fn canary_key(name: &str) -> String {
    format!("{CANARY}:{name}")
}

/// Key of the incident about a source whose entries lost their texts.
pub(super) fn texts_key(name: &str) -> String {
    format!("{TEXTS}:{name}")
}

/// Keys of the incidents that a source may have while it is read.
pub(crate) fn own_keys(name: &str) -> [String; 8] {
    OWN_KINDS.map(|kind| format!("{kind}:{name}"))
}

/// Key of the incident about a channel.
pub(super) fn channel_key(name: &str) -> String {
    format!("channel:{name}")
}

/// Key of the incident about a source whose items all came anew.
pub(super) fn reindexed_key(name: &str) -> String {
    format!("{REINDEXED}:{name}")
}

/// Key of the incident about complaints that a flood of old items brought, which these ids name. No source's own: it is about complaints,
/// which somebody has to read even where the source is gone.
pub(super) fn held_key<'a>(name: &str, mentions: impl Iterator<Item = &'a str>) -> String {
    let mut ids: Vec<&str> = mentions.collect();
    ids.sort_unstable();
    let digest = Sha256::digest(ids.join(" "));
    let short: String = digest.iter().take(HELD_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("{HELD}:{short}:{name}")
}

/// Key of the incident about files of a source that could not be taken whole.
pub(crate) fn files_key(name: &str) -> String {
    format!("{FILES}:{name}")
}

/// Key of the incident about mails of a source that are stepped over.
pub(super) fn mails_key(name: &str) -> String {
    format!("{MAILS}:{name}")
}

/// What the keys of incidents about unanswered cases begin with; earlier releases opened them.
pub(super) const UNANSWERED: &str = "unanswered:";

/// Key of the incident about items of a source that were set aside.
pub(super) fn aside_key(name: &str) -> String {
    format!("{ASIDE}:{name}")
}

/// Key of the incident about a source that brought more at once than is read.
pub(super) fn unread_key(name: &str) -> String {
    format!("{UNREAD}:{name}")
}

/// What the keys of incidents about credentials begin with.
pub(super) const CREDENTIAL: &str = "credential:";

/// Key of the incident about a credential that expires.
pub(super) fn credential_key(from: &str) -> String {
    format!("{CREDENTIAL}{from}")
}

/// Key of the incident about what was given up over a channel.
pub(super) fn undelivered_key(channel: &str) -> String {
    format!("undelivered:{channel}")
}

/// Tells ops, unless an unresolved incident with that key told them before.
pub(super) async fn raise(context: &Context, subject: Subject) -> Result<(), TaskError> {
    if context.store.is_open(&subject.key).await? {
        return Ok(());
    }
    let now = context.clock.now();
    let (incident, deliveries) = open_trouble(subject, &context.live().context(), &mut context.ids()?, now);
    if let Some(id) = context.store.raise(&incident, &deliveries).await? {
        tracing::warn!(incident = id, key = incident.key, title = incident.title, "ops are told");
        context.wakes.deliver.notify_one();
        context.wakes.escalate.notify_one();
    }
    Ok(())
}

/// Ends the incident with that key, if there is one, and says so to who was told. One that cannot be read stays, which the log
/// says: it must keep neither the daemon from its start nor the others from their end.
pub(super) async fn clear(context: &Context, key: &str, over: Over) -> Result<(), TaskError> {
    match end(context, key, over).await {
        Err(StoreError::Corrupt(error)) => {
            tracing::error!(key, error, "an incident that is over cannot be read, and is not ended");
            Ok(())
        }
        ended => Ok(ended?),
    }
}

async fn end(context: &Context, key: &str, over: Over) -> Result<(), StoreError> {
    let Some(incident) = context.store.open_incident_by_key(key).await? else { return Ok(()) };
    let actor = Actor { name: "Hearken".to_owned(), via: Via::Hearken, note: String::new(), generation: None };
    let (cause, remedy) = plain_end(over);
    let action = Action::Resolve { cause, remedy, over: Some(over) };
    answer::answer(context, &incident.id, &action, &actor, &answer::Origin::default()).await?;
    tracing::info!(incident = incident.id, key, over = %over, "trouble is over");
    Ok(())
}
