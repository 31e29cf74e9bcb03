//! The schema's history, one file per step; where an engine needs its own words, one for each.
//!
//! Written by hand and not by sqlx's migrator: that one reads which steps are done before it takes SQLite's lock, so of several daemons
//! that start at once all but one fail.

use std::cmp::Ordering;

use super::connect::Tx;
use super::sql::{Columns as _, Sql};
use super::{Engine, Store, StoreError};

#[derive(Clone, Copy)]
struct Step {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// A step with one text for both engines.
const fn both(version: i64, name: &'static str, text: &'static str) -> Step {
    Step { version, name, sqlite: text, postgres: text }
}

/// Steps are added, never changed.
const STEPS: &[Step] = &[
    Step {
        version: 1,
        name: "first",
        sqlite: include_str!("migrations/sqlite/0001_first.sql"),
        postgres: include_str!("migrations/postgres/0001_first.sql"),
    },
    both(2, "authors", include_str!("migrations/both/0002_authors.sql")),
    both(3, "second_opinions", include_str!("migrations/both/0003_second_opinions.sql")),
    both(4, "rhythm", include_str!("migrations/both/0004_rhythm.sql")),
    Step {
        version: 5,
        name: "blindness",
        sqlite: include_str!("migrations/sqlite/0005_blindness.sql"),
        postgres: include_str!("migrations/postgres/0005_blindness.sql"),
    },
    both(6, "subscriptions", include_str!("migrations/both/0006_subscriptions.sql")),
    both(7, "replies", include_str!("migrations/both/0007_replies.sql")),
    Step {
        version: 8,
        name: "shown",
        sqlite: include_str!("migrations/sqlite/0008_shown.sql"),
        postgres: include_str!("migrations/postgres/0008_shown.sql"),
    },
    both(9, "leases", include_str!("migrations/both/0009_leases.sql")),
    both(10, "extra", include_str!("migrations/both/0010_extra.sql")),
    both(11, "told", include_str!("migrations/both/0011_told.sql")),
    both(12, "texts", include_str!("migrations/both/0012_texts.sql")),
    both(13, "given_up", include_str!("migrations/both/0013_given_up.sql")),
    both(14, "told_words", include_str!("migrations/both/0014_told_words.sql")),
    Step {
        version: 16,
        name: "source_ids",
        sqlite: include_str!("migrations/sqlite/0016_source_ids.sql"),
        postgres: include_str!("migrations/postgres/0016_source_ids.sql"),
    },
    both(17, "daemons", include_str!("migrations/both/0017_daemons.sql")),
    both(18, "robots", include_str!("migrations/both/0018_robots.sql")),
    both(19, "tellings", include_str!("migrations/both/0019_tellings.sql")),
];

/// Held on PostgreSQL until the steps are committed, so that one daemon at a time takes them.
const GATE: i64 = 0x6865_6172_6b65_6e02;

/// Brings the schema to the newest step, in one transaction: a daemon killed in it leaves the schema as it was.
pub(super) async fn run(store: &Store) -> Result<(), StoreError> {
    run_to(store, STEPS).await
}

/// Whether the schema is the one that this release works with, where it cannot be changed.
///
/// # Errors
/// `NewerSchema`; `Other` for an older one.
pub(super) async fn look(store: &Store) -> Result<(), StoreError> {
    let row = Sql::new("SELECT COALESCE(max(version), 0) AS version FROM schema_steps").first(&store.readers).await?;
    let found = row.map_or(Ok(0), |row| row.int("version"))?;
    let known = STEPS.last().map_or(0, |step| step.version);
    match found.cmp(&known) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(StoreError::NewerSchema { found, known }),
        Ordering::Less => Err(StoreError::Other(format!(
            "the store has schema {found} of an earlier release, this release works with {known}, and nothing can be written there: look with the earlier release, or copy the file to where it can be written"
        ))),
    }
}

async fn run_to(store: &Store, steps: &[Step]) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    if store.engine == Engine::Postgres {
        super::connect::gate(&mut tx, GATE).await?;
    }
    Sql::new("CREATE TABLE IF NOT EXISTS schema_steps (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)").run(&mut *tx).await?;
    let row = Sql::new("SELECT COALESCE(max(version), 0) AS version FROM schema_steps").first(&mut *tx).await?;
    let found = row.map_or(Ok(0), |row| row.int("version"))?;
    let known = steps.last().map_or(0, |step| step.version);
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    for step in steps.iter().filter(|step| step.version > found) {
        take(&mut tx, store.engine, step).await?;
    }
    prove_writable(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// A statement that changes nothing and is refused where nothing may be changed: `BEGIN IMMEDIATE` on a read-only file is not.
pub(super) async fn prove_writable(tx: &mut Tx) -> Result<(), StoreError> {
    Sql::new("UPDATE schema_steps SET name = name WHERE version = 0").run(&mut **tx).await.map(drop)
}

async fn take(tx: &mut Tx, engine: Engine, step: &Step) -> Result<(), StoreError> {
    let text = match engine {
        Engine::Sqlite => step.sqlite,
        Engine::Postgres => step.postgres,
    };
    sqlx::raw_sql(text).execute(&mut **tx).await?;
    let row = vec![step.version.into(), step.name.into()];
    Sql::new("INSERT INTO schema_steps (version, name) VALUES ").rows([row]).run(&mut **tx).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRONG: Step =
        Step { version: NEXT, name: "wrong", sqlite: "CREATE TABLE extra (id BIGINT); CREATE TABLE items (id BIGINT);", postgres: "" };
    const RIGHT: Step = Step {
        version: NEXT,
        name: "right",
        sqlite: "CREATE TABLE extra (id BIGINT); ALTER TABLE keys ADD COLUMN extra TEXT NOT NULL DEFAULT 'old';",
        postgres: "",
    };

    const NEXT: i64 = STEPS[STEPS.len() - 1].version + 1;

    fn with(step: Step) -> Vec<Step> {
        STEPS.iter().copied().chain([step]).collect()
    }

    #[tokio::test]
    async fn a_step_that_fails_leaves_the_schema_as_it_was_and_the_next_one_takes_over_old_rows() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("steps.db").display());
        let store = Store::open(&url).await.expect("the store opens");
        store.key("links", &crate::model::Secret::new("kept"), crate::model::Moment(1)).await.expect("a row of before");
        run_to(&store, &with(WRONG)).await.expect_err("items exists already");
        run_to(&store, &with(RIGHT)).await.expect("extra was not left behind");
        let row = Sql::new("SELECT value, extra FROM keys").first(&store.readers).await.expect("it reads").expect("a row");
        assert_eq!((row.text("value").expect("text"), row.text("extra").expect("text")), ("kept".to_owned(), "old".to_owned()));
        let error = Store::open(&url).await.expect_err("this release knows one step less");
        assert!(matches!(error, StoreError::NewerSchema { found: NEXT, known } if known < NEXT), "{error:?}");
    }
}
