//! How much of a SQLite file each connection keeps in memory. A round walks through the indexes of all sources: what stands above their
//! leaves should stay, and grows with them; a store of few sources needs no more than `connect` gives each connection at first.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::{Any, AssertSqlSafe, Executor};

use super::{Engine, Store, StoreError};

/// The number of sources that the caches are made for; shared with the connections that are still to be opened.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources(Arc<AtomicUsize>);

impl Sources {
    /// KiB of a reader's cache.
    pub(super) fn reader(&self) -> usize {
        reader(self.0.load(Ordering::Relaxed))
    }
}

/// KiB of the cache of what must last. A commit of sixteen feeds changes a megabyte of pages, of however many sources.
fn durable(sources: usize) -> usize {
    (sources * 4 / 5).clamp(1_024, 8_192)
}

/// KiB of the cache of what can be repeated: it walks through all sources again and again, of which ten thousand are some four megabytes.
fn relaxed(sources: usize) -> usize {
    (sources * 4 / 5).clamp(2_048, 8_192)
}

/// KiB of the cache of each reader: there are several.
fn reader(sources: usize) -> usize {
    (sources / 5).clamp(512, 2_048)
}

/// Gives a connection so many KiB.
pub(super) async fn resize(connection: impl Executor<'_, Database = Any>, kib: usize) -> Result<(), sqlx::Error> {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(format!("PRAGMA cache_size = -{kib}")))).await.map(drop)
}

impl Store {
    /// Makes the caches large enough for so many sources.
    ///
    /// # Errors
    /// Any.
    pub(super) async fn size_caches(&self, sources: usize) -> Result<(), StoreError> {
        if self.engine != Engine::Sqlite {
            return Ok(());
        }
        self.sources.0.store(sources, Ordering::Relaxed);
        for (pool, kib) in [(&self.writer, durable(sources)), (&self.relaxed, relaxed(sources))] {
            resize(&mut *pool.acquire().await?, kib).await?;
        }
        // One that is busy at this moment keeps what it has.
        let mut idle = Vec::new();
        while let Some(connection) = self.readers.try_acquire() {
            idle.push(connection);
        }
        for connection in &mut idle {
            resize(&mut **connection, reader(sources)).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sql::{Columns as _, Sql};
    use super::*;

    async fn kib(pool: &sqlx::AnyPool) -> i64 {
        let row = Sql::new("SELECT cache_size FROM pragma_cache_size").first(pool).await.expect("asked").expect("it has one");
        -row.int("cache_size").expect("a number")
    }

    /// A connection is given back by a task of its own.
    async fn at_rest(pool: &sqlx::AnyPool) {
        while pool.num_idle() < pool.size() as usize {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn many_sources_have_larger_caches() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&format!("sqlite://{}/store.db", folder.path().display())).await.expect("opened");
        let sizes = async || [kib(&store.writer).await, kib(&store.relaxed).await, kib(&store.readers).await];
        assert_eq!(sizes().await, [1_024, 2_048, 512]);
        for (sources, expected) in [(1_000, [1_024, 2_048, 512]), (10_000, [8_000, 8_000, 2_000]), (100_000, [8_192, 8_192, 2_048])] {
            at_rest(&store.readers).await;
            store.size_caches(sources).await.expect("sized");
            assert_eq!(sizes().await, expected, "{sources}");
            let (one, two) = (store.readers.begin().await.expect("open"), store.readers.begin().await.expect("another"));
            drop(one);
            assert_eq!(kib(&store.readers).await, expected[2], "one that was opened since");
            drop(two);
        }
    }
}
