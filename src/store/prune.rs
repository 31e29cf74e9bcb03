//! Forgetting, in small steps, so that nothing waits for it.

use std::time::Duration;

use super::seen::KEEP_SEEN;
use super::source_days::KEEP_DAYS;
use super::sql::Sql;
use super::{Store, StoreError};
use crate::model::Moment;

/// Rows of one deleting transaction: a few milliseconds during which a warning waits.
const ROWS_A_BATCH: i64 = 500;
/// Incidents of one: each takes its mentions, events, deliveries and attempts with it.
const INCIDENTS_A_BATCH: i64 = 50;
/// Batches of one call and kind: what is left comes with the next.
const BATCHES_AT_MOST: usize = 200;

/// What may be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrunePlan {
    pub now: Moment,
    /// Items without a brand that left their source this long ago.
    pub keep_items: Duration,
    /// Incidents resolved this long ago, and mentions of no incident seen this long ago.
    pub keep_incidents: Duration,
}

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PruneCounts {
    pub items: u64,
    pub incidents: u64,
    pub mentions: u64,
    pub seen_ids: u64,
    pub source_days: u64,
}

impl Store {
    /// Forgets what the plan allows, in bounded batches.
    ///
    /// # Errors
    /// Any; what was forgotten until then stays forgotten.
    pub async fn prune(&self, plan: PrunePlan) -> Result<PruneCounts, StoreError> {
        let items_before = plan.now.minus(plan.keep_items);
        let incidents_before = plan.now.minus(plan.keep_incidents);
        // An item that the source's last changed poll showed is still there: forgotten, it would be news again.
        let items = "DELETE FROM items WHERE (source, identity) IN (SELECT i.source, i.identity FROM items i JOIN sources s ON s.id = i.source \
             WHERE i.mention IS NULL AND i.last_seen_at < $1 AND (s.removed = 1 OR i.last_seen_at < s.changed_at) LIMIT ($2 + 0))";
        let incidents = "DELETE FROM incidents WHERE id IN (SELECT id FROM incidents WHERE state = 'resolved' AND resolved_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.incident = incidents.id AND d.state IN ('due', 'claimed')) LIMIT ($2 + 0))";
        // The item keeps its fingerprint: a mention that is forgotten while its source still shows it is not news.
        let mentions = "DELETE FROM mentions WHERE id IN (SELECT m.id FROM mentions m WHERE m.seen_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM incident_mentions im WHERE im.mention = m.id) \
             AND NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.mention = m.id AND v.acted_at IS NULL) LIMIT ($2 + 0))";
        let seen = "DELETE FROM seen_ids WHERE id IN (SELECT id FROM seen_ids WHERE at < $1 LIMIT ($2 + 0))";
        Ok(PruneCounts {
            incidents: self.delete(incidents, incidents_before, INCIDENTS_A_BATCH).await?,
            mentions: self.delete(mentions, incidents_before, ROWS_A_BATCH).await?,
            items: self.delete(items, items_before, ROWS_A_BATCH).await?,
            source_days: self.forget_days(plan.now).await?,
            seen_ids: self.delete(seen, plan.now.minus(KEEP_SEEN), ROWS_A_BATCH).await?,
        })
    }

    /// Days of sources, a few hundred rows for each.
    async fn forget_days(&self, now: Moment) -> Result<u64, StoreError> {
        let first = now.minus(KEEP_DAYS).as_secs() / 86_400;
        let mut tx = self.write_relaxed().await?;
        let rows = Sql::new("DELETE FROM source_days WHERE day < ").bind(first).run(&mut *tx).await?;
        tx.commit().await?;
        Ok(rows)
    }

    async fn delete(&self, text: &str, before: Moment, batch: i64) -> Result<u64, StoreError> {
        let mut deleted = 0;
        for _ in 0..BATCHES_AT_MOST {
            let mut tx = self.write_relaxed().await?;
            let rows = Sql::new(text).with([before.into(), batch.into()]).run(&mut *tx).await?;
            tx.commit().await?;
            deleted += rows;
            if rows < u64::try_from(batch).unwrap_or(u64::MAX) {
                break;
            }
        }
        Ok(deleted)
    }
}
