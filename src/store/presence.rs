//! Who works on the store: one daemon on an SQLite file, each of several on PostgreSQL, and single rounds beside them. A worker that died
//! holds no lock any more, however it died; so it is known at once, and for certain, which of those that took something are no more.
//!
//! SQLite: two files beside the database, locked with `flock(2)`: `hearken.db-daemon` by the one daemon, `hearken.db-rounds` by every round,
//! which share it. Never the database itself: where a file system makes one kind of lock of the other, SQLite's own would be lost.
//! PostgreSQL: a session of its own for each worker, with an advisory lock on its name.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::{AnyConnection, Connection as _};
use tokio::sync::Mutex;

use super::sql::{Columns as _, Sql};
use super::{Engine, Store, StoreError};
use crate::model::Moment;

/// Letters at the end of a worker's name: one that says what it is, and random ones.
pub const LETTERS: usize = 12;
/// How long a round waits for a daemon that is just looking for dead rounds.
const ROUND_WAITS: Duration = Duration::from_secs(10);
/// A server that does not answer within this is asked again at the next look.
const SERVER_ANSWERS: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(50);
/// A name and a time; whatever is longer was not written by us.
const NOTE_BYTES_MAX: u64 = 4096;
/// Keeps the hash of a name apart from those of others in PostgreSQL's one room for advisory locks.
const SEED: i64 = 0x6865_6172;

/// What a worker is; the first of the letters at the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Daemon,
    Round,
}

impl Role {
    /// The letter.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Daemon => 'd',
            Self::Round => 'r',
        }
    }

    /// That of a worker with this name. None where an earlier release gave the name: it may live and hold no lock.
    #[must_use]
    pub fn of(worker: &str) -> Option<Self> {
        let (_, letters) = worker.rsplit_once('-').filter(|(_, letters)| letters.len() == LETTERS)?;
        [Self::Daemon, Self::Round].into_iter().find(|role| letters.starts_with(role.letter()))
    }
}

/// The locks of this worker; let go when it is dropped, and by the system when the process ends.
#[derive(Debug)]
pub struct Presence {
    worker: String,
    held: Held,
    doubt: Option<String>,
}

#[derive(Debug)]
enum Held {
    /// Of a daemon its own file, of a round the rounds' one; none where the file system has no locks.
    Files {
        own: Option<File>,
        rounds: PathBuf,
    },
    Session {
        url: String,
        session: Mutex<Option<AnyConnection>>,
    },
}

/// Nobody else works on an SQLite file while this is held, neither a daemon nor a round.
#[derive(Debug)]
pub(super) struct Alone {
    /// Why that is not certain.
    pub(super) doubt: Option<String>,
    /// The files of the locks.
    pub(super) files: [PathBuf; 2],
    _held: Vec<File>,
}

impl Alone {
    /// # Errors
    /// `Held` while a daemon works on the file, `Busy` while a round does.
    pub(super) fn on(database: &Path, now: Moment) -> Result<Self, StoreError> {
        let files = [named(database, "-daemon"), named(database, "-rounds")];
        let (mut held, mut doubt) = (Vec::new(), None);
        match take_alone(&files[0], database, "hearken restore", now)? {
            Ok(file) => held.push(file),
            Err(error) => doubt = Some(error.to_string()),
        }
        match lock_file(&files[1]).map(|file| file.try_lock().map(|()| file)) {
            Ok(Ok(file)) => held.push(file),
            Ok(Err(TryLockError::WouldBlock)) => {
                return Err(StoreError::Busy("a single round (`hearken run --once`) is under way".to_owned()));
            }
            Ok(Err(TryLockError::Error(error))) | Err(error) => doubt = doubt.or(Some(error.to_string())),
        }
        Ok(Self { doubt, files, _held: held })
    }
}

/// Workers that are no more; while it is held no round begins.
#[derive(Debug)]
pub struct Gone {
    pub workers: Vec<String>,
    _rounds: Option<File>,
}

impl Store {
    /// Opens the store for one that works on it under this name, which ends with its role and random letters.
    ///
    /// # Errors
    /// `Held` where the store is an SQLite file and another daemon works on it; nothing of it was touched then. Those of `open`.
    pub async fn open_to_work(url: &str, worker: &str, now: Moment) -> Result<(Self, Presence), StoreError> {
        let Some(file) = file_of(url) else {
            let store = Self::open(url).await?;
            let session = Mutex::new(Some(attend(url, worker).await?));
            let held = Held::Session { url: url.to_owned(), session };
            return Ok((store, Presence { worker: worker.to_owned(), held, doubt: None }));
        };
        // Two ways to one file are one file.
        let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let presence = beside(&file, worker, now).await?;
        Ok((Self::open(url).await?, presence))
    }
}

/// The file of an SQLite store.
#[must_use]
pub fn file_of(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(Path::new(path.split('?').next().unwrap_or(path)))
}

impl Presence {
    /// Why nobody can know whether another daemon works on the file; none where it is certain that none does.
    #[must_use]
    pub fn doubt(&self) -> Option<&str> {
        self.doubt.as_deref()
    }

    /// Which of these are no more. Where that cannot be known there are none.
    ///
    /// # Errors
    /// Any of the store.
    pub async fn gone(&self, store: &Store, workers: Vec<String>) -> Result<Gone, StoreError> {
        let others = workers.into_iter().filter(|worker| *worker != self.worker);
        match &self.held {
            Held::Files { own: None, .. } => Ok(Gone { workers: Vec::new(), _rounds: None }),
            Held::Files { own: Some(_), rounds } => {
                let rounds = lock_file(rounds).ok().filter(|file| file.try_lock().is_ok());
                let dead = |worker: &String| match Role::of(worker) {
                    Some(Role::Daemon) => true,
                    Some(Role::Round) => rounds.is_some(),
                    None => false,
                };
                Ok(Gone { workers: others.filter(dead).collect(), _rounds: rounds })
            }
            Held::Session { .. } => {
                let mut gone = Vec::new();
                for worker in others.filter(|worker| Role::of(worker).is_some()) {
                    if store.nobody_holds(&worker).await? {
                        gone.push(worker);
                    }
                }
                Ok(Gone { workers: gone, _rounds: None })
            }
        }
    }

    /// Makes sure that others see this worker: a session that broke off is begun anew. Files need no such care.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub async fn renew(&self) -> Result<(), StoreError> {
        let Held::Session { url, session } = &self.held else { return Ok(()) };
        let mut session = session.lock().await;
        if let Some(connection) = session.as_mut()
            && tokio::time::timeout(SERVER_ANSWERS, connection.ping()).await.is_ok_and(|answer| answer.is_ok())
        {
            return Ok(());
        }
        *session = None;
        let late = |_| StoreError::Unreachable("the session that shows this daemon to others cannot be begun anew".to_owned());
        *session = Some(tokio::time::timeout(SERVER_ANSWERS, attend(url, &self.worker)).await.map_err(late)??);
        Ok(())
    }

    /// Lets the locks go: the work is over, although parts of the process may still know this worker.
    pub async fn leave(&self) {
        match &self.held {
            Held::Files { own, .. } => {
                // Where it cannot be let go, the end of the process does it.
                let _ = own.as_ref().map(File::unlock);
            }
            Held::Session { session, .. } => {
                if let Some(connection) = session.lock().await.take() {
                    let _ = tokio::time::timeout(SERVER_ANSWERS, connection.close()).await;
                }
            }
        }
    }
}

impl Store {
    /// Whether no session holds the lock of this worker. PostgreSQL only.
    async fn nobody_holds(&self, worker: &str) -> Result<bool, StoreError> {
        debug_assert_eq!(self.engine, Engine::Postgres, "a file has no sessions");
        // Let go again at the end of the statement, which is a transaction by itself.
        let sql = Sql::new("SELECT CAST(pg_try_advisory_xact_lock(hashtextextended(").bind(worker).push(", ").bind(SEED);
        let row = sql.push(")) AS INTEGER) AS free").first(&self.readers).await?;
        row.map_or(Ok(false), |row| Ok(row.int("free")? == 1))
    }
}

/// A session with the lock on this name. It waits for nobody: names are given once.
async fn attend(url: &str, worker: &str) -> Result<AnyConnection, StoreError> {
    let mut connection = AnyConnection::connect(url).await?;
    let sql = Sql::new("SELECT CAST(pg_try_advisory_lock(hashtextextended(").bind(worker).push(", ").bind(SEED);
    sql.push(")) AS INTEGER) AS taken").first(&mut connection).await?;
    Ok(connection)
}

/// Takes the lock of a worker beside an SQLite file.
async fn beside(database: &Path, worker: &str, now: Moment) -> Result<Presence, StoreError> {
    let rounds = named(database, "-rounds");
    let taken = match Role::of(worker) {
        Some(Role::Round) => share(&rounds).await,
        Some(Role::Daemon) | None => take_alone(&named(database, "-daemon"), database, worker, now)?,
    };
    let (own, doubt) = match taken {
        Ok(file) => (Some(file), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Ok(Presence { worker: worker.to_owned(), held: Held::Files { own, rounds }, doubt })
}

/// The lock of the one daemon, with its name in it. The inner error: this cannot be locked at all.
fn take_alone(path: &Path, database: &Path, worker: &str, now: Moment) -> Result<io::Result<File>, StoreError> {
    let mut file = match lock_file(path) {
        Ok(file) => file,
        Err(error) => return Ok(Err(error)),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StoreError::Held(held_by(&file, database))),
        Err(TryLockError::Error(error)) => return Ok(Err(error)),
    }
    // For whoever is refused; without it the lock holds as well.
    let _ = file.set_len(0).and_then(|()| file.write_all(format!("{worker}\n{}\n", now.rfc3339()).as_bytes()));
    Ok(Ok(file))
}

async fn share(path: &Path) -> io::Result<File> {
    let file = lock_file(path)?;
    let tries = ROUND_WAITS.as_millis() / LOOK.as_millis();
    for _ in 0..tries {
        match file.try_lock_shared() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK).await,
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::WouldBlock, "another process holds the lock of the rounds"))
}

fn lock_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn named(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// `/var/lib/hearken/hearken.db: process 41 on shop-1, since 2026-11-30T09:00:00Z`.
fn held_by(file: &File, database: &Path) -> String {
    let mut note = String::new();
    let _ = file.take(NOTE_BYTES_MAX).read_to_string(&mut note);
    let mut lines = note.lines();
    let who = lines.next().and_then(|worker| worker.rsplit_once('-')).and_then(|(rest, _)| rest.rsplit_once('-'));
    let who =
        who.map_or_else(|| "a process that does not say its name".to_owned(), |(node, process)| format!("process {process} on {node}"));
    let since = lines.next().map(|since| format!(", since {since}")).unwrap_or_default();
    format!("{}: {who}{since}", database.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_secs(1_795_000_000);
    const FIRST: &str = "shop-1-41-d00000000000";
    const SECOND: &str = "shop-1-41-d11111111111";
    const ROUND: &str = "shop-1-42-r22222222222";

    fn url(folder: &tempfile::TempDir) -> String {
        format!("sqlite://{}", folder.path().join("hearken.db").display())
    }

    #[test]
    fn a_name_says_what_its_worker_is() {
        assert_eq!(Role::of(FIRST), Some(Role::Daemon));
        assert_eq!(Role::of(ROUND), Some(Role::Round));
        for earlier in ["shop-1-41-abcdefab", "pid41-deadbeef", "x"] {
            assert_eq!(Role::of(earlier), None, "{earlier}: nothing is known of it");
        }
    }

    #[test]
    fn the_file_of_an_address() {
        assert_eq!(file_of("sqlite:///srv/a.db?mode=rwc"), Some(Path::new("/srv/a.db")));
        assert_eq!(file_of("postgres://hearken@db/hearken"), None);
    }

    #[tokio::test]
    async fn a_second_daemon_is_told_who_was_first_and_takes_its_place_when_it_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, first) = Store::open_to_work(&url(&folder), FIRST, NOW).await.expect("the first");
        assert_eq!(first.doubt(), None);
        let refused = Store::open_to_work(&url(&folder), SECOND, NOW).await.expect_err("the second").to_string();
        assert!(refused.contains("hearken.db: process 41 on shop-1, since 2026-11-18T11:06:40Z"), "{refused}");
        assert!(refused.contains("Stop it first") && refused.contains("PostgreSQL"), "{refused}");
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(folder.path().join("hearken.db"), &link).expect("a link");
        let linked = format!("sqlite://{}", link.display());
        assert!(matches!(Store::open_to_work(&linked, SECOND, NOW).await, Err(StoreError::Held(_))), "the same file by another name");
        store.close().await;
        drop(first);
        Store::open_to_work(&url(&folder), SECOND, NOW).await.expect("its place is free");
    }

    #[tokio::test]
    async fn rounds_work_beside_a_daemon_and_are_dead_only_when_none_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, daemon) = Store::open_to_work(&url(&folder), SECOND, NOW).await.expect("a daemon");
        let names = || [FIRST, SECOND, ROUND, "old-41-abcdefab"].map(str::to_owned).to_vec();
        let (_, round) = Store::open_to_work(&url(&folder), "shop-1-43-r33333333333", NOW).await.expect("a round");
        assert_eq!(daemon.gone(&store, names()).await.expect("known").workers, [FIRST], "a round is under way: whose, nobody knows");
        drop(round);
        let gone = daemon.gone(&store, names()).await.expect("known");
        assert_eq!(gone.workers, [FIRST, ROUND]);
        let rounds = lock_file(&folder.path().join("hearken.db-rounds")).expect("it is there");
        assert!(rounds.try_lock_shared().is_err(), "no round begins while their leases are taken back");
        drop(gone);
        assert!(rounds.try_lock_shared().is_ok());
    }

    #[tokio::test]
    async fn where_nothing_can_be_locked_it_goes_on_and_takes_nothing_back() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("hearken.db-daemon")).expect("a folder in the way");
        let (store, first) = Store::open_to_work(&url(&folder), FIRST, NOW).await.expect("it goes on");
        assert!(first.doubt().is_some());
        assert!(first.gone(&store, vec![SECOND.to_owned()]).await.expect("known").workers.is_empty());
    }
}
