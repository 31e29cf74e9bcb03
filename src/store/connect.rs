//! Opening the store: pools, pragmas, transactions.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Transaction};

use super::caches::{Sources, resize};
use super::presence::file_of;
use super::refusal::Refusal;
use super::restore::beside;
use super::sql::{Columns as _, Sql};
use super::{Engine, Store, StoreError, migrate};
use crate::model::Secret;

/// A transaction that may write. Dropped without `commit` it changes nothing.
#[derive(Debug)]
pub(super) struct Tx {
    inner: Transaction<'static, Any>,
    refusal: Refusal,
}

impl Tx {
    /// # Errors
    /// Any; nothing is changed then. One that says that nothing can be written is remembered.
    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await.inspect_err(|error| self.refusal.note(&error.into()))
    }

    async fn rollback(self) -> Result<(), sqlx::Error> {
        self.inner.rollback().await
    }
}

impl Deref for Tx {
    type Target = AnyConnection;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inner
    }
}

/// Longest wait for a connection of ours before a call gives up (`NoConnection`).
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(20);
/// A server that is there answers within this; whoever waits for a page is told within two seconds.
const EXPLAINED_WITHIN: Duration = Duration::from_millis(800);
/// How often and after what time a SQLite file that is being made by another daemon is looked at again.
const BUSY_TRIES: usize = 50;
const BUSY_WAIT: Duration = Duration::from_millis(100);
/// Readers of one SQLite file: pages and listings, never the pipeline.
const SQLITE_READERS: u32 = 4;
/// Connections to PostgreSQL of one daemon: its loops, its workers and a few pages.
const POSTGRES_CONNECTIONS: u32 = 12;

/// Statements of many rows note down what they change, to be able to take it back; that is kept in memory and not in a file.
/// The log is folded into the file at four thousand pages, sixteen megabytes, in the place of one thousand: what a round changes again and
/// again is written there a quarter as often. What was promised stands in the log as surely as in the file.
const DURABLE: &str = "PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 15000; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
/// For what can be repeated: a power cut may undo the last of it.
/// Each connection has a cache of its own, two megabytes where nothing is said; see `caches`.
const RELAXED: &str = "PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 15000; PRAGMA wal_autocheckpoint = 4000; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;";
const READER: &str = "PRAGMA cache_size = -512; PRAGMA busy_timeout = 15000; PRAGMA query_only = ON;";
/// A daemon that died in the middle of a transaction must not hold its locks for ever.
const POSTGRES: &str = "SET idle_in_transaction_session_timeout = '60s'; SET lock_timeout = '15s';";

impl Store {
    /// Opens the store and brings its schema up to date.
    ///
    /// `url` is `sqlite:///path/to/file` (made where it is missing) or `postgres://user:password@host/database`.
    ///
    /// # Errors
    /// `Unreachable`, `ReadOnly`, `Corrupt`, `NewerSchema`; the texts never contain the address.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let store = if url.starts_with("sqlite:") {
            Self::connect_sqlite(url).await?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::connect_postgres(url).await?
        } else {
            return Err(StoreError::Other("the store's address must begin with sqlite:// or postgres://".to_owned()));
        };
        migrate::run(&store).await?;
        Ok(store)
    }

    /// Opens the store to look at what is in it, where nothing can be written: on a file system that is read-only, as another user, or at a
    /// PostgreSQL that is a standby. Whatever writes is answered `ReadOnly`. With it a doubt about what is shown, in English, where there
    /// is one.
    ///
    /// # Errors
    /// As `open`; `Other` where the schema is an older one, which nobody can bring up to date here.
    pub async fn open_to_look(url: &str) -> Result<(Self, Option<String>), StoreError> {
        sqlx::any::install_default_drivers();
        let (store, doubt) =
            if url.starts_with("sqlite:") { Self::look_into(url).await? } else { (Self::connect_postgres(url).await?, None) };
        migrate::look(&store).await?;
        Ok((store, doubt))
    }

    /// A file that nobody may write: with its log where SQLite can read that, else the file alone.
    async fn look_into(url: &str) -> Result<(Self, Option<String>), StoreError> {
        let with_log = format!("{url}{}mode=ro", if url.contains('?') { '&' } else { '?' });
        let mut doubt = None;
        let url = match prove(&with_log, READER, "SELECT name FROM sqlite_master").await {
            Ok(()) => with_log,
            Err(StoreError::Corrupt(why)) => return Err(StoreError::Corrupt(why)),
            Err(_) => {
                let alone = format!("{with_log}&immutable=true");
                prove(&alone, READER, "SELECT name FROM sqlite_master").await?;
                let log = file_of(url).map(|file| beside(file, "-wal"));
                if let Some(log) = log.filter(|log| std::fs::metadata(log).is_ok_and(|log| log.len() > 0)) {
                    doubt = Some(format!("what stands in {} alone cannot be read there: the newest may be missing", log.display()));
                }
                alone
            }
        };
        let readers = lasting(pool(SQLITE_READERS, READER)).connect(&url).await?;
        let (writer, relaxed) = (readers.clone(), readers.clone());
        let (refusal, sources) = (Refusal::default(), Sources::default());
        Ok((Self { engine: Engine::Sqlite, writer, relaxed, readers, refusal, server: None, sources }, doubt))
    }

    /// Whether an SQLite file is one of ours: an empty one, or another program's, would be taken for a new store.
    pub(super) async fn knows_its_schema(url: &str) -> Result<bool, StoreError> {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect(url).await?;
        let found = Sql::new("SELECT name FROM sqlite_master WHERE name = 'schema_steps'").all(&mut connection).await?;
        connection.close().await?;
        Ok(!found.is_empty())
    }

    async fn connect_sqlite(url: &str) -> Result<Self, StoreError> {
        if url.contains(":memory:") {
            return Err(StoreError::Other("a store in memory would forget its promises: name a file".to_owned()));
        }
        let url = if url.contains("mode=") { url.to_owned() } else { made_where_missing(url)? };
        prove_patiently(&url).await?;
        let writer = lasting(pool(1, DURABLE)).connect(&url).await?;
        let relaxed = lasting(pool(1, RELAXED)).connect(&url).await?;
        let sources = Sources::default();
        let readers = lasting(readers(sources.clone())).connect(&url).await?;
        Ok(Self { engine: Engine::Sqlite, writer, relaxed, readers, refusal: Refusal::default(), server: None, sources })
    }

    async fn connect_postgres(url: &str) -> Result<Self, StoreError> {
        prove(url, POSTGRES, "SELECT 1").await?;
        let one = pool(POSTGRES_CONNECTIONS, POSTGRES).connect(url).await?;
        let (refusal, server) = (Refusal::default(), Some(Arc::new(Secret::new(url))));
        let sources = Sources::default();
        Ok(Self { engine: Engine::Postgres, writer: one.clone(), relaxed: one.clone(), readers: one, refusal, server, sources })
    }

    /// What stands behind a pool that gave no connection: it tries again until its time is over and does not say why. A server that is
    /// gone says so to whoever asks it anew.
    pub async fn explained(&self, error: StoreError) -> StoreError {
        let Some(server) = self.server.as_ref().filter(|_| matches!(error, StoreError::NoConnection(_))) else { return error };
        match prove_within(server.expose(), POSTGRES, "SELECT 1", EXPLAINED_WITHIN).await {
            Ok(()) => error,
            Err(found) => found,
        }
    }

    /// Why nothing was answered within a time that somebody could wait.
    pub async fn silence(&self) -> StoreError {
        match self.explained(StoreError::NoConnection(0)).await {
            StoreError::NoConnection(_) => StoreError::Busy("no answer yet".to_owned()),
            found => found,
        }
    }

    /// Proves that the store answers and takes writes: it begins a writing transaction and gives it up.
    ///
    /// # Errors
    /// Any; `is_temporary` tells whether waiting helps.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        migrate::prove_writable(&mut tx).await?;
        Ok(tx.rollback().await?)
    }

    /// Which engine answers.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// Closes every connection after the work under way.
    pub async fn close(&self) {
        self.readers.close().await;
        self.relaxed.close().await;
        self.writer.close().await;
    }

    /// Writes a copy of the whole store to a new file that its owner alone may read, safe while daemons run.
    ///
    /// # Errors
    /// `Other` on PostgreSQL (its own `pg_dump` does this) and where the file exists; `Unreachable` where none can be made.
    pub async fn backup(&self, path: &Path) -> Result<(), StoreError> {
        if self.engine == Engine::Postgres {
            return Err(StoreError::Other("a PostgreSQL store is backed up by pg_dump".to_owned()));
        }
        let file = private_file(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => StoreError::Other(format!("{} exists already", path.display())),
            _ => StoreError::Other(format!("{} cannot be made: {error}", path.display())),
        })?;
        // An empty file is written into; anything else is refused by SQLite itself.
        let copied = Sql::new("VACUUM INTO ").bind(path.to_string_lossy().into_owned()).run(&self.writer).await;
        if let Err(error) = copied.and_then(|_| file.sync_all().map_err(|error| StoreError::Unreachable(error.to_string()))) {
            // Half a copy must not be taken for one.
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
        Ok(())
    }

    /// Reads every page and index of a SQLite file; gives the numbers of its incidents and mentions.
    ///
    /// # Errors
    /// `Corrupt` where something is damaged.
    pub async fn read_through(&self) -> Result<(i64, i64), StoreError> {
        if self.engine == Engine::Sqlite {
            let found = Sql::new("SELECT integrity_check AS said FROM pragma_integrity_check").first(&self.readers).await?;
            let said = found.map_or(Ok(String::new()), |row| row.text("said"))?;
            if said != "ok" {
                return Err(StoreError::Corrupt(said));
            }
        }
        let text = "SELECT (SELECT count(*) FROM incidents) AS incidents, (SELECT count(*) FROM mentions) AS mentions";
        let row = Sql::new(text).first(&self.readers).await?;
        row.map_or(Ok((0, 0)), |row| Ok((row.int("incidents")?, row.int("mentions")?)))
    }

    /// A transaction whose commit survives a power cut. SQLite: the write lock is taken at once, so it never fails half way as busy.
    pub(super) async fn write(&self) -> Result<Tx, StoreError> {
        self.begin(&self.writer).await
    }

    /// A transaction that a power cut may undo.
    pub(super) async fn write_relaxed(&self) -> Result<Tx, StoreError> {
        self.begin(&self.relaxed).await
    }

    async fn begin(&self, pool: &AnyPool) -> Result<Tx, StoreError> {
        let begun = match self.engine {
            Engine::Sqlite => pool.begin_with("BEGIN IMMEDIATE").await,
            Engine::Postgres => pool.begin().await,
        };
        let inner = begun.inspect_err(|error| self.refusal.note(&error.into()))?;
        Ok(Tx { inner, refusal: self.refusal.clone() })
    }
}

/// The address with which a missing file is made: for its owner alone, since people's words and addresses will be in it.
fn made_where_missing(url: &str) -> Result<String, StoreError> {
    let options: SqliteConnectOptions = url.parse()?;
    // SQLite takes an empty file for a new one, and gives its log the same rights. A file that cannot be made is SQLite's to report.
    let _ = private_file(options.get_filename());
    Ok(format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' }))
}

/// An empty file that nobody else may read; an error where there is one of that name.
pub(super) fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// While another daemon turns the log on, SQLite answers busy at once, whatever the timeout.
async fn prove_patiently(url: &str) -> Result<(), StoreError> {
    for _ in 0..BUSY_TRIES {
        match prove(url, DURABLE, "SELECT name FROM sqlite_master").await {
            Err(StoreError::Busy(_)) => tokio::time::sleep(BUSY_WAIT).await,
            other => return other,
        }
    }
    Err(StoreError::Busy("another process holds the file".to_owned()))
}

/// One connection by itself: a pool would try again until it runs out of time, and would not say what is wrong.
/// A damaged file is found here and not when a warning waits, by reading only what every statement needs.
async fn prove(url: &str, setup: &'static str, question: &'static str) -> Result<(), StoreError> {
    prove_within(url, setup, question, ACQUIRE_TIMEOUT).await
}

async fn prove_within(url: &str, setup: &'static str, question: &'static str, within: Duration) -> Result<(), StoreError> {
    let ask = async {
        let mut connection = AnyConnection::connect(url).await?;
        sqlx::raw_sql(setup).execute(&mut connection).await?;
        Sql::new(question).all(&mut connection).await?;
        Ok(connection.close().await?)
    };
    let late = |_| StoreError::Unreachable(format!("no answer within {:.1} seconds", within.as_secs_f32()));
    tokio::time::timeout(within, ask).await.map_err(late)?
}

/// Waits for the lock of this number until the end of the transaction. PostgreSQL only.
pub(super) async fn gate(tx: &mut Tx, number: i64) -> Result<(), StoreError> {
    Sql::new("SELECT CAST(1 AS BIGINT) AS one FROM pg_advisory_xact_lock(").bind(number).push(")").first(&mut **tx).await.map(drop)
}

/// A file's connections do not grow old or break off, so that none is asked before each use whether it is still there; and the last one to
/// close would fold the log in each time.
fn lasting(options: AnyPoolOptions) -> AnyPoolOptions {
    options.max_lifetime(None).idle_timeout(None).test_before_acquire(false)
}

/// Readers of a file that grows: those opened later have the caches of then.
fn readers(sources: Sources) -> AnyPoolOptions {
    pool(SQLITE_READERS, READER).after_connect(move |connection, _| {
        let kib = sources.reader();
        Box::pin(async move {
            sqlx::raw_sql(READER).execute(&mut *connection).await?;
            resize(connection, kib).await
        })
    })
}

fn pool(connections: u32, setup: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // SQLite ends a transaction by itself when the disk is full, and sqlx then counts one that is no more: such a connection is closed.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .after_connect(move |connection, _| Box::pin(async move { sqlx::raw_sql(setup).execute(connection).await.map(drop) }))
}
