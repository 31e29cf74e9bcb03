//! Subscriptions at hubs: what was asked, what was granted, and what came.

use sqlx::any::AnyRow;

use super::connect::Tx;
use super::sql::{Columns as _, Sql};
use super::{Store, StoreError};
use crate::model::{Moment, Secret, Subscription, SubscriptionState};

const COLUMNS: &str =
    "source, hub, topic, state, callback, secret, due_at, asked_at, granted_until, failures, detail, pushes, forged, last_push_at";

impl Store {
    /// Remembers the hub that a feed names; a new one, or another topic, begins anew. Returns whether it did.
    ///
    /// # Errors
    /// Any.
    pub async fn offer_hub(&self, fresh: &Subscription) -> Result<bool, StoreError> {
        let text = "SELECT hub, topic FROM subscriptions WHERE source = ";
        let known = Sql::new(text).bind(&fresh.source).first(&self.readers).await?;
        if let Some(row) = known
            && row.text("hub")? == fresh.hub
            && row.text("topic")? == fresh.topic
        {
            return Ok(false);
        }
        let mut tx = self.write().await?;
        Sql::new("DELETE FROM subscriptions WHERE source = ").bind(&fresh.source).run(&mut *tx).await?;
        let row = vec![
            (&fresh.source).into(),
            (&fresh.hub).into(),
            (&fresh.topic).into(),
            fresh.state.as_str().into(),
            (&fresh.callback).into(),
            fresh.secret.expose().into(),
            fresh.due_at.into(),
        ];
        // Another node may have read the same feed at this moment.
        let sql = Sql::new("INSERT INTO subscriptions (source, hub, topic, state, callback, secret, due_at) VALUES ").rows([row]);
        let offered = sql.push(" ON CONFLICT (source) DO NOTHING").run(&mut *tx).await?;
        set_pushed_until(&mut tx, &fresh.source, None).await?;
        tx.commit().await?;
        Ok(offered > 0)
    }

    /// Forgets a hub that the feed names no more.
    ///
    /// # Errors
    /// Any.
    pub async fn drop_hub(&self, source: &str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        Sql::new("DELETE FROM subscriptions WHERE source = ").bind(source).run(&mut *tx).await?;
        set_pushed_until(&mut tx, source, None).await?;
        Ok(tx.commit().await?)
    }

    /// The subscription that a hub calls by this end of the address.
    ///
    /// # Errors
    /// Any.
    pub async fn subscription_called(&self, callback: &str) -> Result<Option<Subscription>, StoreError> {
        let sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM subscriptions WHERE callback = ").bind(callback);
        sql.first(&self.readers).await?.as_ref().map(read).transpose()
    }

    /// Every subscription, by source.
    ///
    /// # Errors
    /// Any.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        let rows = Sql::new("SELECT ").push(COLUMNS).push(" FROM subscriptions ORDER BY source").all(&self.readers).await?;
        rows.iter().map(read).collect()
    }

    /// Those with something to do, the longest due first.
    ///
    /// # Errors
    /// Any.
    pub async fn due_subscriptions(&self, now: Moment, limit: i64) -> Result<Vec<Subscription>, StoreError> {
        let sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM subscriptions WHERE due_at <= ").bind(now);
        let rows = sql.push(" ORDER BY due_at, source").limit(limit).all(&self.readers).await?;
        rows.iter().map(read).collect()
    }

    /// # Errors
    /// Any.
    pub async fn next_subscription_due(&self) -> Result<Option<Moment>, StoreError> {
        let row = Sql::new("SELECT min(due_at) AS due FROM subscriptions").first(&self.readers).await?;
        row.map_or(Ok(None), |row| row.moment_or_none("due"))
    }

    /// Takes a due subscription until `until`, when it is due again should we die; false where another node was faster.
    ///
    /// # Errors
    /// Any.
    pub async fn claim_subscription(&self, claimed: &Subscription, until: Moment) -> Result<bool, StoreError> {
        let mut tx = self.write_relaxed().await?;
        let text = "UPDATE subscriptions SET due_at = $3 WHERE source = $1 AND callback = $2 AND due_at = $4";
        let values = [(&claimed.source).into(), (&claimed.callback).into(), until.into(), claimed.due_at.into()];
        let changed = Sql::new(text).with(values).run(&mut *tx).await?;
        tx.commit().await?;
        Ok(changed > 0)
    }

    /// Records how a subscription stands now, and until when its source is pushed; false where it was replaced, asked for or verified
    /// since `asked_at` was read, and then nothing is changed.
    ///
    /// # Errors
    /// Any.
    pub async fn write_subscription(&self, subscription: &Subscription, before: Option<Moment>) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let text = "UPDATE subscriptions SET state = $3, due_at = $4, asked_at = $5, granted_until = $6, failures = $7, detail = $8 \
             WHERE source = $1 AND callback = $2 AND COALESCE(asked_at, 0) = $9";
        let Subscription { source, callback, state, due_at, asked_at, granted_until, failures, detail, .. } = subscription;
        let values = [
            source.into(),
            callback.into(),
            state.as_str().into(),
            (*due_at).into(),
            (*asked_at).into(),
            (*granted_until).into(),
            (*failures).into(),
            detail.into(),
            before.unwrap_or_default().into(),
        ];
        let changed = Sql::new(text).with(values).run(&mut *tx).await? > 0;
        if changed {
            set_pushed_until(&mut tx, source, granted_until.filter(|_| *state == SubscriptionState::Active)).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// Counts a delivery.
    ///
    /// # Errors
    /// Any.
    pub async fn count_delivery(&self, callback: &str, forged: bool, now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let text = if forged {
            "UPDATE subscriptions SET forged = forged + 1 WHERE callback = $1 AND $2 > 0"
        } else {
            "UPDATE subscriptions SET pushes = pushes + 1, last_push_at = $2 WHERE callback = $1"
        };
        Sql::new(text).with([callback.into(), now.into()]).run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Has those that are switched off looked at again: the settings may be others now.
    ///
    /// # Errors
    /// Any.
    pub async fn reconsider_subscriptions(&self, now: Moment) -> Result<(), StoreError> {
        let mut tx = self.write_relaxed().await?;
        let text = "UPDATE subscriptions SET due_at = $1 WHERE state = 'off' OR (state = 'active' AND due_at > $1 AND source IN \
             (SELECT name FROM sources GROUP BY name HAVING max(CASE WHEN removed = 0 AND pushed_until IS NOT NULL THEN 1 ELSE 0 END) = 0))";
        Sql::new(text).with([now.into()]).run(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

/// Of a source that has another name: its hub is asked anew under that.
pub(super) async fn forget(tx: &mut Tx, source: &str) -> Result<(), StoreError> {
    Sql::new("DELETE FROM subscriptions WHERE source = ").bind(source).run(&mut **tx).await.map(drop)
}

async fn set_pushed_until(tx: &mut Tx, source: &str, until: Option<Moment>) -> Result<(), StoreError> {
    Sql::new("UPDATE sources SET pushed_until = $2 WHERE name = $1 AND removed = 0")
        .with([source.into(), until.into()])
        .run(&mut **tx)
        .await
        .map(drop)
}

fn read(row: &AnyRow) -> Result<Subscription, StoreError> {
    let word = row.text("state")?;
    Ok(Subscription {
        source: row.text("source")?,
        hub: row.text("hub")?,
        topic: row.text("topic")?,
        state: word.parse().map_err(|error| StoreError::damaged("the state of a subscription", error))?,
        callback: row.text("callback")?,
        secret: Secret::new(row.text("secret")?),
        due_at: row.moment_or_none("due_at")?,
        asked_at: row.moment_or_none("asked_at")?,
        granted_until: row.moment_or_none("granted_until")?,
        failures: row.int("failures")?,
        detail: row.text_or_none("detail")?,
        pushes: row.int("pushes")?,
        forged: row.int("forged")?,
        last_push_at: row.moment_or_none("last_push_at")?,
    })
}
