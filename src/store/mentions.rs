//! Mentions: items that name a brand.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::AnyRow;

use super::connect::Tx;
use super::sql::{Columns as _, Sql, Value, json, portions};
use super::{Engine, ROWS_A_STATEMENT, Store, StoreError, tellings, verdicts};
use crate::model::{Identity, Mention, Moment, Verdict};

/// The present name of a mention's source, of a mention `m`; kept with it is the source's id.
macro_rules! source_name {
    () => {
        "COALESCE((SELECT s.name FROM sources s WHERE s.id = m.source), m.source) AS source"
    };
}
pub(super) use source_name;

/// Of a mention `m` whose source has this name, before the name.
pub(super) const OF_SOURCE_NAMED: &str = "m.source IN (SELECT id FROM sources WHERE name = ";

pub(super) const COLUMNS: &str = concat!(
    "m.id, ",
    source_name!(),
    ", m.identity, m.url, m.title, m.body, m.author, m.rating, m.rating_max, m.published_at, m.seen_at, m.lang, \
     m.brands, m.revision, m.baseline, m.text_hash, m.simhash, m.extra"
);

/// Which mentions a listing shows; newest first.
#[derive(Clone, Debug, Default)]
pub struct MentionFilter {
    pub url: Option<String>,
    pub text_hash: Option<i64>,
    /// Words that stand in the text or the title just so, but for the case of Latin letters. No index serves this: every mention is looked at.
    pub words: Option<String>,
    /// The same for the address.
    pub part_of_url: Option<String>,
    pub source: Option<String>,
    pub since: Option<Moment>,
    /// 0 shows a hundred.
    pub limit: i64,
}

/// Where a walk through the mentions stands, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    seen_at: Moment,
    id: String,
}

impl Walk {
    /// Begins with what was seen at this moment.
    #[must_use]
    pub const fn from(seen_at: Moment) -> Self {
        Self { seen_at, id: String::new() }
    }

    /// Goes on behind this mention.
    #[must_use]
    pub fn behind(mention: &Mention) -> Self {
        Self { seen_at: mention.seen_at, id: mention.id.clone() }
    }
}

impl Store {
    /// The next mentions of a walk, oldest first.
    ///
    /// # Errors
    /// Any.
    pub async fn mentions_after(&self, walk: &Walk, limit: i64) -> Result<Vec<Mention>, StoreError> {
        let sql = Sql::new("SELECT ").push(COLUMNS).push(" FROM mentions m WHERE ");
        walked(sql, walk, limit).all(&self.readers).await?.iter().map(read).collect()
    }

    /// The same with their latest verdicts.
    ///
    /// # Errors
    /// Any.
    pub async fn verdicts_after(&self, walk: &Walk, limit: i64) -> Result<Vec<(Mention, Verdict)>, StoreError> {
        let sql = Sql::new("SELECT ").push(COLUMNS).push(", v.verdict FROM mentions m ").push(verdicts::JOIN_LATEST).push(" WHERE ");
        let rows = walked(sql, walk, limit).all(&self.readers).await?;
        rows.iter().map(|row| Ok((read(row)?, row.json("verdict")?))).collect()
    }

    /// Mentions with their latest verdict, newest first.
    ///
    /// # Errors
    /// Any.
    pub async fn mentions(&self, filter: &MentionFilter) -> Result<Vec<(Mention, Verdict)>, StoreError> {
        let mut sql =
            Sql::new("SELECT ").push(COLUMNS).push(", v.verdict FROM mentions m ").push(verdicts::JOIN_LATEST).push(" WHERE 1 = 1");
        if let Some(url) = &filter.url {
            sql = sql.push(" AND m.url = ").bind(url);
        }
        if let Some(hash) = filter.text_hash {
            sql = sql.push(" AND m.text_hash = ").bind(hash);
        }
        if let Some(words) = filter.words.as_deref().map(pattern) {
            sql = sql.push(" AND (lower(m.body) LIKE ").bind(&words).push(LITERALLY).push(" OR lower(COALESCE(m.title, '')) LIKE ");
            sql = sql.bind(&words).push(LITERALLY).push(")");
        }
        if let Some(part) = filter.part_of_url.as_deref().map(pattern) {
            sql = sql.push(" AND lower(m.url) LIKE ").bind(&part).push(LITERALLY);
        }
        if let Some(source) = &filter.source {
            sql = sql.push(" AND ").push(OF_SOURCE_NAMED).bind(source).push(")");
        }
        if let Some(since) = filter.since {
            sql = sql.push(" AND m.seen_at >= ").bind(since);
        }
        let limit = if filter.limit > 0 { filter.limit } else { 100 };
        let rows = sql.push(" ORDER BY m.seen_at DESC, m.id").limit(limit).all(&self.readers).await?;
        rows.iter().map(|row| Ok((read(row)?, row.json("verdict")?))).collect()
    }

    /// Complaints of a source, by its id, that were taken as known and that no incident tells of: those seen since then, the newest first.
    ///
    /// # Errors
    /// Any.
    pub async fn held(&self, source: &str, since: Moment, limit: i64) -> Result<Vec<(Mention, Verdict)>, StoreError> {
        let sql = Sql::new("SELECT ").push(COLUMNS).push(", v.verdict FROM mentions m ").push(verdicts::JOIN_LATEST);
        let text = " WHERE m.source = $1 AND m.seen_at >= $2 AND m.baseline = 1 AND (v.complaint = 1 OR v.severity = 'critical') AND NOT EXISTS \
             (SELECT 1 FROM incident_mentions im WHERE im.mention = m.id) ORDER BY m.seen_at DESC, m.id LIMIT ($3 + 0)";
        let rows = sql.push(text).with([source.into(), since.into(), limit.into()]).all(&self.readers).await?;
        rows.iter().map(|row| Ok((read(row)?, row.json("verdict")?))).collect()
    }

    /// How many mentions are stored.
    ///
    /// # Errors
    /// Any.
    pub async fn count_mentions(&self) -> Result<i64, StoreError> {
        Sql::new("SELECT count(*) AS mentions FROM mentions").first(&self.readers).await?.map_or(Ok(0), |row| row.int("mentions"))
    }

    /// # Errors
    /// Any.
    pub async fn mention(&self, id: &str) -> Result<Option<(Mention, Verdict)>, StoreError> {
        let sql = Sql::new("SELECT ").push(COLUMNS).push(", v.verdict FROM mentions m ").push(verdicts::JOIN_LATEST);
        let row = sql.push(" WHERE m.id = ").bind(id).first(&self.readers).await?;
        row.map(|row| Ok((read(&row)?, row.json("verdict")?))).transpose()
    }
}

impl Store {
    /// The items of a source, by its id, in which these authors complain, by author: those that appeared from `since` on. When one appeared
    /// that was there at the first poll, only its own date can say.
    ///
    /// # Errors
    /// Any.
    pub async fn complaints_of(
        &self,
        source: &str,
        authors: &BTreeSet<&str>,
        since: Moment,
    ) -> Result<BTreeMap<String, Vec<Identity>>, StoreError> {
        let mut found: BTreeMap<String, Vec<Identity>> = BTreeMap::new();
        let authors: Vec<&str> = authors.iter().copied().collect();
        for part in authors.chunks(ROWS_A_STATEMENT) {
            let sql = Sql::new("SELECT m.author, m.identity FROM mentions m ").push(verdicts::JOIN_LATEST).push(" WHERE m.source = ");
            let sql = sql.bind(source).push(" AND m.seen_at >= ").bind(since);
            let sql = sql.push(" AND (m.baseline = 0 OR m.published_at >= ").bind(since).push(") AND v.complaint = 1 AND m.author IN ");
            for row in sql.list(part.iter().copied()).all(&self.readers).await? {
                found.entry(row.text("author")?).or_default().push(Identity(row.int("identity")?));
            }
        }
        Ok(found)
    }
}

const LITERALLY: &str = " ESCAPE '!'";

/// For LIKE: what stands anywhere. Only Latin letters are made small, for that is all that SQLite makes small.
fn pattern(words: &str) -> String {
    let mut pattern = String::with_capacity(words.len() + 2);
    pattern.push('%');
    for letter in words.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter.to_ascii_lowercase());
    }
    pattern.push('%');
    pattern
}

/// The first condition is the one an index serves.
fn walked(sql: Sql, walk: &Walk, limit: i64) -> Sql {
    let sql = sql.push("m.seen_at >= ").bind(walk.seen_at).push(" AND (m.seen_at > ").bind(walk.seen_at);
    sql.push(" OR m.id > ").bind(&walk.id).push(") ORDER BY m.seen_at, m.id").limit(limit)
}

/// Each with the id of its source.
pub(super) async fn upsert(tx: &mut Tx, engine: Engine, judged: &[(&str, &(Mention, Verdict))]) -> Result<(), StoreError> {
    let edited: Vec<&Mention> = judged.iter().map(|(_, (mention, _))| mention).filter(|mention| mention.revision > 1).collect();
    tellings::keep(tx, engine, &edited).await?;
    for part in portions(judged, 18) {
        let rows = part.iter().map(|(source, (mention, _))| values(source, mention)).collect::<Result<Vec<_>, _>>()?;
        Sql::in_order(
            engine,
            "INSERT INTO mentions (id, source, identity, url, title, body, author, rating, rating_max, published_at, seen_at, lang, brands, \
             revision, baseline, text_hash, simhash, extra) VALUES ",
        )
        .rows(rows)
        .push(
            " ON CONFLICT (id) DO UPDATE SET url = excluded.url, title = excluded.title, body = excluded.body, author = excluded.author, \
             rating = excluded.rating, rating_max = excluded.rating_max, published_at = excluded.published_at, lang = excluded.lang, \
             brands = excluded.brands, revision = excluded.revision, baseline = excluded.baseline, text_hash = excluded.text_hash, \
             simhash = excluded.simhash, extra = excluded.extra",
        )
        .run(&mut **tx)
        .await?;
    }
    Ok(())
}

fn values(source: &str, mention: &Mention) -> Result<Vec<Value>, StoreError> {
    let extra = (!mention.extra.is_empty()).then(|| json(&mention.extra)).transpose()?;
    Ok(vec![
        mention.id.as_str().into(),
        source.into(),
        mention.identity.into(),
        (&mention.url).into(),
        (&mention.title).into(),
        mention.text.as_str().into(),
        (&mention.author).into(),
        mention.rating.into(),
        mention.rating_max.into(),
        mention.published.into(),
        mention.seen_at.into(),
        mention.lang.as_str().into(),
        json(&mention.brands)?.into(),
        mention.revision.into(),
        mention.baseline.into(),
        mention.text_hash.into(),
        mention.simhash.into(),
        (&extra).into(),
    ])
}

pub(super) fn read(row: &AnyRow) -> Result<Mention, StoreError> {
    Ok(Mention {
        id: row.text("id")?,
        source: row.text("source")?,
        identity: row.int("identity")?,
        url: row.text_or_none("url")?,
        title: row.text_or_none("title")?,
        text: row.text("body")?,
        author: row.text_or_none("author")?,
        rating: row.real_or_none("rating")?,
        rating_max: row.real_or_none("rating_max")?,
        published: row.moment_or_none("published_at")?,
        seen_at: row.moment("seen_at")?,
        lang: row.text("lang")?,
        brands: row.json("brands")?,
        revision: row.int("revision")?,
        baseline: row.flag("baseline")?,
        text_hash: row.int("text_hash")?,
        simhash: row.int("simhash")?,
        extra: row.text_or_none("extra")?.map_or(Ok(BTreeMap::new()), |_| row.json("extra"))?,
    })
}
