//! The schema's history, one file per step and engine.

use std::borrow::Cow;

use sqlx::AnyPool;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::{Engine, StoreError};

/// Every step: version, name, text for SQLite, text for PostgreSQL. Steps are added, never changed.
const STEPS: &[(i64, &str, &str, &str)] =
    &[(1, "first", include_str!("migrations/sqlite/0001_first.sql"), include_str!("migrations/postgres/0001_first.sql"))];

/// Brings the schema to the newest step. Two daemons may do this at once.
pub(super) async fn run(engine: Engine, pool: &AnyPool) -> Result<(), StoreError> {
    migrator(engine).run(pool).await.map_err(explain)
}

fn migrator(engine: Engine) -> Migrator {
    let steps = STEPS.iter().map(|&(version, name, sqlite, postgres)| {
        let text = match engine {
            Engine::Sqlite => sqlite,
            Engine::Postgres => postgres,
        };
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, text.into_sql_str(), false)
    });
    Migrator::with_migrations(steps.collect())
}

fn explain(error: MigrateError) -> StoreError {
    let known = STEPS.last().map_or(0, |step| step.0);
    match error {
        MigrateError::VersionMissing(found) => StoreError::NewerSchema { found, known },
        MigrateError::VersionMismatch(version) => {
            StoreError::Corrupt(format!("step {version} of its schema is not the one this release made"))
        }
        MigrateError::Dirty(version) => StoreError::Corrupt(format!("step {version} of its schema was left half done")),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => StoreError::Other(other.to_string()),
    }
}
