//! The store's stories, each told on SQLite and, where a cluster is at hand, on PostgreSQL.

mod blindness;
mod concurrent;
mod damaged;
mod files;
mod hubs;
mod manners;
mod memories;
mod moved;
mod opinions;
mod outbox;
mod pipeline;
mod polls;
mod pushes;
mod rechecks;
mod samples;
mod tellings;
mod turns;
mod upkeep;
mod walk;

use hearken::store::Store;

use crate::world::postgres::with_database;

/// A fresh store and its address.
pub(crate) struct Bench {
    pub(crate) url: String,
    pub(crate) store: Store,
}

impl Bench {
    async fn open(url: String) -> Self {
        let store = Store::open(&url).await.expect("the store opens");
        Self { url, store }
    }

    /// Another daemon on the same store.
    pub(crate) async fn second(&self) -> Store {
        Store::open(&self.url).await.expect("a second daemon opens the store")
    }
}

/// Tells one story on a fresh SQLite file.
pub(crate) async fn on_sqlite<F: Future<Output = ()>>(story: impl FnOnce(Bench) -> F) {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = Bench::open(format!("sqlite://{}", folder.path().join("hearken.db").display())).await;
    let store = bench.store.clone();
    story(bench).await;
    store.close().await;
}

/// Tells one story on a fresh PostgreSQL database.
pub(crate) async fn on_postgres<F: Future<Output = ()>>(story: impl FnOnce(Bench) -> F) {
    with_database(|url| async move { story(Bench::open(url).await).await }).await;
}

/// A test per story and engine.
macro_rules! stories {
    ($($story:ident)+) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $story() {
                super::super::on_sqlite(super::$story).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $story() {
                super::super::on_postgres(super::$story).await;
            })+
        }
    };
}
pub(crate) use stories;
