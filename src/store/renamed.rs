//! Sources that were given another name: their address says that they are the same. A new name with a new memory would take for known
//! whatever appeared since the last poll under the old one.

use super::StoreError;
use super::configured::{NewSource, Stored};
use super::connect::Tx;
use super::polls::forget_shown;
use super::sql::{Columns as _, Sql, json};
use crate::model::Watch;

/// Tables beside `sources` whose rows belong to a source by its name.
const OF_A_SOURCE: [&str; 5] = ["items", "mentions", "source_days", "subscriptions", "file_positions"];

/// What is pushed has no address of its own, and many mailboxes share one.
const WITHOUT_ADDRESS: [&str; 2] = ["inbound", "mail"];

/// Old names, each with the source that has its kind and address now. Where several share an address nobody can tell which is which.
pub(super) fn pairs<'a>(stored: &Stored, wanted: &'a [NewSource]) -> Vec<(String, &'a NewSource)> {
    let is_wanted = |name: &str| wanted.iter().any(|source| source.name == name);
    let gone: Vec<_> = stored.iter().filter(|(name, (.., removed))| !removed && !is_wanted(name)).collect();
    let is_new = |source: &&NewSource| !WITHOUT_ADDRESS.contains(&source.kind.as_str()) && !stored.contains_key(&source.name);
    let came: Vec<_> = wanted.iter().filter(is_new).collect();
    let same = |(kind, url, ..): &(String, String, i64, bool), source: &NewSource| *kind == source.kind && *url == source.url;
    let alone = |source: &&'a NewSource| came.iter().filter(|other| other.kind == source.kind && other.url == source.url).count() == 1;
    let pair = |source: &'a NewSource| {
        let mut before = gone.iter().filter(|(_, kept)| same(kept, source));
        let (name, _) = before.next()?;
        before.next().is_none().then(|| ((*name).clone(), source))
    };
    came.iter().copied().filter(|source| alone(source)).filter_map(pair).collect()
}

/// Gives a source and all that is its own another name. Its poll under way loses its lease: it would write to the old one.
pub(super) async fn rename(tx: &mut Tx, old: &str, source: &NewSource) -> Result<(), StoreError> {
    let new = source.name.as_str();
    tracing::info!(old, new, "a source has another name now, and keeps its memory");
    forget_shown(tx, old).await?;
    let row = Sql::new("SELECT watch FROM sources WHERE name = ").bind(old).first(&mut **tx).await?;
    let watch: Watch = row
        .map(|row| row.text_or_none("watch"))
        .transpose()?
        .flatten()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let watch = json(&Watch { renamed: true, ..watch })?;
    // Trouble that was told under the old name ends with it, and is told once more where it lasts.
    let text = "UPDATE sources SET name = $1, etag = NULL, last_modified = NULL, body_hash = 0, told_as = NULL, watch = $4, \
         next_due_at = CASE WHEN next_due_at > $3 THEN $3 ELSE next_due_at END, lease_owner = '', \
         lease_until = 0 WHERE name = $2";
    Sql::new(text).with([new.into(), old.into(), source.changed_due_at.into(), watch.into()]).run(&mut **tx).await?;
    for table in OF_A_SOURCE {
        let text = format!("UPDATE {table} SET source = $1 WHERE source = $2");
        Sql::new(&text).with([new.into(), old.into()]).run(&mut **tx).await?;
    }
    Ok(())
}
