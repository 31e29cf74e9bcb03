//! What people answered about mentions: for the precision of rules and for labelled cases.

use std::collections::BTreeMap;

use super::sql::{Columns as _, Sql};
use super::{KEYS_A_STATEMENT, Store, StoreError};
use crate::model::{Action, Moment};

/// The newest incident of a mention, with what people answered to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    pub incident: String,
    pub opened_at: Moment,
    /// The category its route was taken for.
    pub category: Option<String>,
    /// Who has it now.
    pub department: String,
    /// Those that took effect, in order; none of Hearken's own.
    pub actions: Vec<Action>,
}

impl Store {
    /// The answers to the newest incident of each of these mentions, by mention; those of no incident are missing.
    ///
    /// # Errors
    /// Any.
    pub async fn answers_about(&self, mentions: &[String]) -> Result<BTreeMap<String, Answers>, StoreError> {
        let mut found: BTreeMap<String, Answers> = BTreeMap::new();
        for part in mentions.chunks(KEYS_A_STATEMENT) {
            let text = "SELECT im.mention, i.id, i.opened_at, i.category, i.department, a.action FROM incident_mentions im JOIN incidents i ON i.id = im.incident \
                 LEFT JOIN acknowledgements a ON a.incident = i.id AND a.took_effect = 1 AND a.via <> 'hearken' WHERE im.mention IN ";
            let rows = Sql::new(text).list(part).push(" ORDER BY i.opened_at, i.id, a.seq").all(&self.readers).await?;
            for row in &rows {
                let (mention, incident, opened_at) = (row.text("mention")?, row.text("id")?, row.moment("opened_at")?);
                let (category, department) = (row.text_or_none("category")?, row.text("department")?);
                let fresh = Answers { incident, opened_at, category, department, actions: Vec::new() };
                let newest = found.entry(mention).or_insert_with(|| fresh.clone());
                if newest.incident != fresh.incident {
                    *newest = fresh;
                }
                if row.text_or_none("action")?.is_some() {
                    newest.actions.push(row.json("action")?);
                }
            }
        }
        Ok(found)
    }
}
