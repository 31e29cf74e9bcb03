//! Messages that go out together: who was told singly of late, and the rows of one gathered mail.

use std::collections::BTreeMap;
use std::time::Duration;

use super::claims::{Claimed, Due, cancel, take};
use super::connect::Tx;
use super::sql::{Columns as _, Sql};
use super::{IncidentTx, Opening, Store, StoreError};
use crate::model::{GATHERED, Moment};

/// Cases of one mail: more is no reading any more, and the next mail has the rest.
const CASES: i64 = 400;

/// By channel and address in lower case.
type Lately = BTreeMap<(String, String), u64>;

async fn lately(tx: &mut Tx, since: Moment) -> Result<Lately, StoreError> {
    let text = "SELECT channel, lower(recipient) AS address, count(*) AS rows FROM deliveries \
         WHERE state IN ('due', 'claimed', 'delivered', 'accepted', 'dead') AND created_at > $1 AND kind <> 'status' AND note <> $2 \
         GROUP BY channel, lower(recipient)";
    let rows = Sql::new(text).with([since.into(), GATHERED.into()]).all(&mut **tx).await?;
    let read = |row: &sqlx::any::AnyRow| Ok(((row.text("channel")?, row.text("address")?), u64::try_from(row.int("rows")?).unwrap_or(0)));
    rows.iter().map(read).collect()
}

impl Opening {
    /// Warnings and escalations made since then that go out singly, by channel and address.
    ///
    /// # Errors
    /// Any.
    pub async fn told_lately(&mut self, since: Moment) -> Result<Lately, StoreError> {
        lately(self.tx(), since).await
    }
}

impl IncidentTx {
    /// As `Opening::told_lately`.
    ///
    /// # Errors
    /// Any.
    pub async fn told_lately(&mut self, since: Moment) -> Result<Lately, StoreError> {
        lately(self.tx(), since).await
    }
}

impl Store {
    /// Takes those that go out in one mail with one that was taken; each gathered row is in one mail. Returns the ids by that of the first.
    pub(super) async fn take_with(
        &self,
        tx: &mut Tx,
        taken: Vec<Due>,
        channel: &str,
        (owner, now, lease): (&str, Moment, Duration),
    ) -> Result<Vec<Vec<String>>, StoreError> {
        let mut mails: Vec<(Due, Vec<String>)> = Vec::new();
        for due in taken {
            let same = |first: &Due| first.gathered && due.gathered && first.recipient == due.recipient && first.kind == due.kind;
            match mails.iter_mut().find(|(first, _)| same(first)) {
                Some((_, ids)) => ids.push(due.id),
                None => {
                    let id = due.id.clone();
                    mails.push((due, vec![id]));
                }
            }
        }
        for (first, ids) in mails.iter_mut().filter(|(first, _)| first.gathered) {
            let due = self.lock(tx, others(first, channel, now)).await?;
            let (wanted, stale): (Vec<_>, Vec<_>) = due.into_iter().partition(|due| due.wanted);
            cancel(tx, &stale).await?;
            take(tx, &wanted, owner, now, lease).await?;
            ids.extend(wanted.into_iter().map(|due| due.id));
        }
        Ok(mails.into_iter().map(|(_, ids)| ids).collect())
    }
}

/// The first of each mail with the others inside it.
pub(super) fn together(claimed: Vec<Claimed>, mails: &[Vec<String>]) -> Vec<Claimed> {
    let mail_of = |claimed: &Claimed| mails.iter().position(|ids| ids.contains(&claimed.delivery.id)).unwrap_or(mails.len());
    let mut heads: Vec<(usize, Claimed)> = Vec::new();
    for one in claimed {
        let mail = mail_of(&one);
        match heads.iter_mut().find(|(known, _)| *known == mail) {
            Some((_, head)) => head.others.push(one),
            None => heads.push((mail, one)),
        }
    }
    heads.into_iter().map(|(_, head)| head).collect()
}

/// The other rows of a gathered mail: to the same address, of the same kind, due by now.
fn others(first: &Due, channel: &str, now: Moment) -> Sql {
    let values = [now.into(), CASES.into(), channel.into(), first.recipient.as_str().into(), first.kind.as_str().into(), GATHERED.into()];
    let text = "SELECT d.id, d.kind, d.generation, d.attempts, d.recipient, d.note, i.state AS incident_state, i.generation AS present \
         FROM deliveries d JOIN incidents i ON i.id = d.incident WHERE d.state = 'due' AND d.channel = $3 AND d.due_at <= $1 \
         AND d.recipient = $4 AND d.kind = $5 AND d.note = $6 ORDER BY d.lane, d.due_at, d.id LIMIT ($2 + 0)";
    Sql::new(text).with(values)
}
