//! What a clock that ran ahead and was set right again leaves behind: rows due at times that are hours away by now.

use std::time::Duration;

use super::sql::{Columns as _, Sql};
use super::{Engine, Store, StoreError};
use crate::model::Moment;

/// Clocks of several nodes, and a time service at work, differ by less; every lease is shorter.
const SKEW: Duration = Duration::from_mins(10);
/// Where one daemon works on the store and saw its clock being set back: what is dated later than this was dated before.
const SEEN_SKEW: Duration = Duration::from_secs(1);

/// 2026-01-01. A machine without a battery wakes up in 1970, and says so until the time service comes: that is no clock set right.
const FIRST_RELEASE: Moment = Moment::from_secs(1_767_225_600);

/// `$1` is now, `$2` the latest moment that is no future (now and the skew), `$3` by how much the clock was set back, in microseconds.
const MENDINGS: [&str; 9] = [
    "UPDATE sources SET next_due_at = CASE WHEN next_due_at - $3 > $1 THEN next_due_at - $3 ELSE $1 END, turn_at = NULL, \
     last_success_at = CASE WHEN last_success_at > $1 THEN $1 ELSE last_success_at END, \
     last_item_at = CASE WHEN last_item_at > $1 THEN $1 ELSE last_item_at END, \
     failing_since = CASE WHEN failing_since > $1 THEN $1 ELSE failing_since END, last_polled_at = $1 WHERE last_polled_at > $2",
    "UPDATE deliveries SET due_at = CASE WHEN due_at - $3 > $1 THEN due_at - $3 ELSE $1 END WHERE state = 'due' AND due_at > $1 \
     AND (created_at > $2 OR EXISTS (SELECT 1 FROM attempts a WHERE a.delivery = deliveries.id AND a.started_at > $2))",
    "UPDATE timers SET due_at = CASE WHEN due_at - $3 > $1 THEN due_at - $3 ELSE $1 END WHERE state = 'waiting' AND due_at > $1 \
     AND EXISTS (SELECT 1 FROM incident_events e WHERE e.incident = timers.incident AND e.at > $2)",
    "UPDATE rechecks SET due_at = CASE WHEN due_at - $3 > $1 THEN due_at - $3 ELSE $1 END WHERE state = 'waiting' AND due_at > $1 \
     AND (checked_at > $2 OR EXISTS (SELECT 1 FROM incident_events e WHERE e.incident = rechecks.incident AND e.at > $2))",
    "UPDATE opinions SET due_at = CASE WHEN due_at - $3 > $1 THEN due_at - $3 ELSE $1 END WHERE due_at > $1 AND asked_at > $2",
    "UPDATE subscriptions SET due_at = CASE WHEN due_at - $3 > $1 THEN due_at - $3 ELSE $1 END WHERE due_at > $1 AND asked_at > $2",
    "UPDATE waits SET until = CASE WHEN until - $3 > $1 THEN until - $3 ELSE $1 END WHERE asked_at > $2",
    "UPDATE budgets SET spent = CASE WHEN spent - $3 > $1 THEN spent - $3 ELSE $1 END WHERE spent_at > $2",
    "UPDATE receivers SET paused_until = paused_until - $3 WHERE paused_until > $1 AND failing_since > $2",
];

/// The same for leases, whatever was seen: one that is within the skew may have been taken since, and must not end before its time.
const LEASES: [&str; 2] = [
    "UPDATE sources SET lease_until = lease_until - $3 WHERE lease_until > $2 AND $1 > 0",
    "UPDATE deliveries SET lease_until = lease_until - $3 WHERE state = 'claimed' AND lease_until > $2 AND $1 > 0",
];

impl Store {
    /// Brings forward what was dated by a clock that has since been set back, and says by how much it was; none where the past
    /// lies in the past. `seen` is by how much this daemon saw its own clock being set back since it asked last; beside other daemons that
    /// says nothing of theirs. Else it shows in the sources: no other row is written as often, so the latest poll is the old clock's last
    /// word. What was dated by the right clock, before or after, keeps its time.
    ///
    /// # Errors
    /// Any; nothing is changed then.
    pub async fn mend_set_back_clock(&self, now: Moment, seen: Duration) -> Result<Option<Duration>, StoreError> {
        if now < FIRST_RELEASE {
            return Ok(None);
        }
        let seen = if self.engine == Engine::Sqlite { seen } else { Duration::ZERO };
        let skew = if seen.is_zero() { SKEW } else { SEEN_SKEW };
        let latest = "SELECT max(last_polled_at) AS latest FROM sources";
        let row = Sql::new(latest).first(&self.readers).await?;
        let latest = row.map_or(Ok(None), |row| row.moment_or_none("latest"))?;
        let back = latest.filter(|latest| *latest > now.plus(skew)).map_or(seen, |latest| latest.since(now).max(seen));
        if back.is_zero() {
            return Ok(None);
        }
        let mut tx = self.write().await?;
        let each = MENDINGS.iter().map(|mending| (*mending, skew)).chain(LEASES.iter().map(|mending| (*mending, SKEW)));
        for (mending, skew) in each {
            let values = [now.into(), now.plus(skew).into(), i64::try_from(back.as_micros()).unwrap_or(i64::MAX).into()];
            Sql::new(mending).with(values).run(&mut *tx).await?;
        }
        let climbs = "UPDATE incidents SET escalate_at = (SELECT min(t.due_at) FROM timers t WHERE t.incident = incidents.id AND t.state = 'waiting') \
             WHERE escalate_at > $1 AND EXISTS (SELECT 1 FROM timers t WHERE t.incident = incidents.id AND t.state = 'waiting')";
        Sql::new(climbs).with([now.into()]).run(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(back))
    }
}
