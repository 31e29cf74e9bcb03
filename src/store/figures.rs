//! Figures for `/metrics` and the console.

use std::collections::BTreeMap;
use std::time::Duration;

use super::sql::{Columns as _, Sql};
use super::{Store, StoreError};
use crate::model::{DeliveryState, FailureKind, IncidentState, Moment, Severity};

/// Upper bounds of the buckets of acknowledgement times, in seconds.
pub(super) const BUCKETS_S: [i64; 10] = [60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 259_200];
/// Acknowledgements counted: those of incidents opened in this time before now.
const COUNTED: Duration = Duration::from_secs(30 * 86_400);

/// How things stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    pub outbox: BTreeMap<DeliveryState, i64>,
    /// How long the longest due delivery has waited, those of paused channels included.
    pub oldest_due_age: Duration,
    pub incidents: BTreeMap<(IncidentState, Severity), i64>,
    /// Of the incidents opened in the last thirty days.
    pub acknowledgements: AcknowledgementTimes,
    /// Sources that fail now, by why.
    pub failing: BTreeMap<FailureKind, i64>,
    pub sources: i64,
    /// Verdicts that wait for the opening step.
    pub waiting_verdicts: i64,
}

/// Inputs of a histogram of the seconds from opening to acknowledgement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcknowledgementTimes {
    pub count: i64,
    pub sum_s: f64,
    /// Upper bound in seconds, and how many took at most that long (cumulative).
    pub buckets: Vec<(i64, i64)>,
}

impl Store {
    /// # Errors
    /// Any.
    pub async fn figures(&self, now: Moment) -> Result<Figures, StoreError> {
        let mut figures = Figures { acknowledgements: self.acknowledgement_times(now).await?, ..Figures::default() };
        for row in Sql::new("SELECT state, count(*) AS rows FROM deliveries GROUP BY state").all(&self.readers).await? {
            figures.outbox.insert(row.word("state")?, row.int("rows")?);
        }
        if let Some(row) = Sql::new("SELECT min(due_at) AS due FROM deliveries WHERE state = 'due'").first(&self.readers).await? {
            figures.oldest_due_age = row.moment_or_none("due")?.map_or(Duration::ZERO, |due| now.since(due));
        }
        for row in Sql::new("SELECT state, severity, count(*) AS rows FROM incidents GROUP BY state, severity").all(&self.readers).await? {
            figures.incidents.insert((row.word("state")?, row.word("severity")?), row.int("rows")?);
        }
        for row in Sql::new("SELECT failure, count(*) AS rows FROM sources WHERE removed = 0 GROUP BY failure").all(&self.readers).await? {
            let rows = row.int("rows")?;
            figures.sources += rows;
            if let Some(kind) = row.text_or_none("failure")?.and_then(|word| word.parse().ok()) {
                figures.failing.insert(kind, rows);
            }
        }
        if let Some(row) = Sql::new("SELECT count(*) AS rows FROM verdicts WHERE acted_at IS NULL").first(&self.readers).await? {
            figures.waiting_verdicts = row.int("rows")?;
        }
        Ok(figures)
    }

    async fn acknowledgement_times(&self, now: Moment) -> Result<AcknowledgementTimes, StoreError> {
        let mut text = "SELECT count(*) AS answered, CAST(COALESCE(sum(took), 0) AS DOUBLE PRECISION) AS total".to_owned();
        for bound in BUCKETS_S {
            text.push_str(&format!(
                ", CAST(COALESCE(sum(CASE WHEN took <= {} THEN 1 ELSE 0 END), 0) AS BIGINT) AS at_{bound}",
                bound * 1_000_000
            ));
        }
        text.push_str(
            " FROM (SELECT acknowledged_at - opened_at AS took FROM incidents WHERE acknowledged_at IS NOT NULL AND opened_at >= $1) AS answers",
        );
        let Some(row) = Sql::new(&text).with([now.minus(COUNTED).into()]).first(&self.readers).await? else {
            return Ok(AcknowledgementTimes::default());
        };
        let buckets = BUCKETS_S.iter().map(|bound| Ok((*bound, row.int(&format!("at_{bound}"))?)));
        Ok(AcknowledgementTimes {
            count: row.int("answered")?,
            sum_s: row.real_or_none("total")?.unwrap_or_default() / 1e6,
            buckets: buckets.collect::<Result<_, StoreError>>()?,
        })
    }
}
