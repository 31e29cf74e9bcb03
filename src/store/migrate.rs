//! The schema's history, one file per step and engine.
//!
//! Written by hand and not by sqlx's migrator: that one reads which steps are done before it takes SQLite's lock, so of several daemons
//! that start at once all but one fail.

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

/// Steps are added, never changed.
const STEPS: &[Step] = &[
    Step {
        version: 1,
        name: "first",
        sqlite: include_str!("migrations/sqlite/0001_first.sql"),
        postgres: include_str!("migrations/postgres/0001_first.sql"),
    },
    Step {
        version: 2,
        name: "authors",
        sqlite: include_str!("migrations/sqlite/0002_authors.sql"),
        postgres: include_str!("migrations/postgres/0002_authors.sql"),
    },
    Step {
        version: 3,
        name: "second_opinions",
        sqlite: include_str!("migrations/sqlite/0003_second_opinions.sql"),
        postgres: include_str!("migrations/postgres/0003_second_opinions.sql"),
    },
    Step {
        version: 4,
        name: "rhythm",
        sqlite: include_str!("migrations/sqlite/0004_rhythm.sql"),
        postgres: include_str!("migrations/postgres/0004_rhythm.sql"),
    },
    Step {
        version: 5,
        name: "blindness",
        sqlite: include_str!("migrations/sqlite/0005_blindness.sql"),
        postgres: include_str!("migrations/postgres/0005_blindness.sql"),
    },
    Step {
        version: 6,
        name: "subscriptions",
        sqlite: include_str!("migrations/sqlite/0006_subscriptions.sql"),
        postgres: include_str!("migrations/postgres/0006_subscriptions.sql"),
    },
    Step {
        version: 7,
        name: "replies",
        sqlite: include_str!("migrations/sqlite/0007_replies.sql"),
        postgres: include_str!("migrations/postgres/0007_replies.sql"),
    },
    Step {
        version: 8,
        name: "shown",
        sqlite: include_str!("migrations/sqlite/0008_shown.sql"),
        postgres: include_str!("migrations/postgres/0008_shown.sql"),
    },
    Step {
        version: 9,
        name: "leases",
        sqlite: include_str!("migrations/sqlite/0009_leases.sql"),
        postgres: include_str!("migrations/postgres/0009_leases.sql"),
    },
    Step {
        version: 10,
        name: "extra",
        sqlite: include_str!("migrations/sqlite/0010_extra.sql"),
        postgres: include_str!("migrations/postgres/0010_extra.sql"),
    },
    Step {
        version: 11,
        name: "told",
        sqlite: include_str!("migrations/sqlite/0011_told.sql"),
        postgres: include_str!("migrations/postgres/0011_told.sql"),
    },
    Step {
        version: 12,
        name: "texts",
        sqlite: include_str!("migrations/sqlite/0012_texts.sql"),
        postgres: include_str!("migrations/postgres/0012_texts.sql"),
    },
    Step {
        version: 13,
        name: "given_up",
        sqlite: include_str!("migrations/sqlite/0013_given_up.sql"),
        postgres: include_str!("migrations/postgres/0013_given_up.sql"),
    },
    Step {
        version: 14,
        name: "told_words",
        sqlite: include_str!("migrations/sqlite/0014_told_words.sql"),
        postgres: include_str!("migrations/postgres/0014_told_words.sql"),
    },
    Step {
        version: 17,
        name: "daemons",
        sqlite: include_str!("migrations/sqlite/0017_daemons.sql"),
        postgres: include_str!("migrations/postgres/0017_daemons.sql"),
    },
];

/// Held on PostgreSQL until the steps are committed, so that one daemon at a time takes them.
const GATE: i64 = 0x6865_6172_6b65_6e02;

/// Brings the schema to the newest step, in one transaction: a daemon killed in it leaves the schema as it was.
pub(super) async fn run(store: &Store) -> Result<(), StoreError> {
    run_to(store, STEPS).await
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
