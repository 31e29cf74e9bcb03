//! Ids of signed calls, each good for one time.

use std::time::Duration;

use super::StoreError;
use super::connect::Tx;
use super::sql::Sql;
use crate::model::Moment;

/// Longer than the five minutes within which a signature's time stamp is accepted, both ways: at ten minutes to the second
/// a stamp is still taken.
pub(super) const KEEP_SEEN: Duration = Duration::from_secs(660);

/// True the first time an id is shown, false for a replay within that time.
pub(super) async fn first(tx: &mut Tx, id: &str, now: Moment) -> Result<bool, StoreError> {
    Sql::new("DELETE FROM seen_ids WHERE at < ").bind(now.minus(KEEP_SEEN)).run(&mut **tx).await?;
    let sql = Sql::new("INSERT INTO seen_ids (id, at) VALUES ").rows([vec![id.into(), now.into()]]);
    Ok(sql.push(" ON CONFLICT (id) DO NOTHING").run(&mut **tx).await? > 0)
}
