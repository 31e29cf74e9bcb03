//! A backup put in the place of an SQLite file. SQLite keeps a log beside its file, and what a crashed store left there does not fit
//! any other file: so nobody should have to copy by hand. The backup is copied beside the store, proven there, and only then takes its place;
//! what was there before is kept under a dated name, its log with it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use super::connect::private_file;
use super::presence::{Alone, file_of};
use super::sql::{Columns as _, Sql};
use super::{Store, StoreError};
use crate::model::Moment;

/// What SQLite keeps beside a file, and the file itself; in this order they are moved, so that no file is ever left beside a log that is
/// not its own.
const ENDINGS: [&str; 3] = ["-shm", "-wal", ""];

/// Every SQLite file begins so (<https://www.sqlite.org/fileformat.html>).
const BEGINNING: &[u8; 16] = b"SQLite format 3\0";

/// While it is proven, the copy lies beside the store under its name and this.
const COPY: &str = ".being-restored";

/// What was put in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The store's file.
    pub file: PathBuf,
    pub bytes: u64,
    pub incidents: i64,
    pub mentions: i64,
    /// The last poll it knows of: what happened later is not in it.
    pub as_of: Option<Moment>,
    /// Where the file lies that was there before; none where there was none.
    pub aside: Option<PathBuf>,
    /// Why nobody can know whether a daemon works on the store.
    pub doubt: Option<String>,
}

impl Store {
    /// Puts a backup in the place of the SQLite file that `url` names.
    ///
    /// # Errors
    /// `Held` and `Busy` while a daemon or a round works on it, `Corrupt` and `NewerSchema` where the backup is not sound or not ours,
    /// `Full`, `ReadOnly`, `Other` on PostgreSQL; the store is as it was then.
    pub async fn restore(url: &str, backup: &Path, now: Moment) -> Result<Restored, StoreError> {
        let Some(file) = file_of(url) else {
            return Err(StoreError::Other("a PostgreSQL store is restored by its own pg_restore".to_owned()));
        };
        let file = in_its_place(file)?;
        let from = backup.canonicalize().map_err(|error| said(backup, &error))?;
        if from == file {
            return Err(StoreError::Other(format!("{} is the store itself", backup.display())));
        }
        let alone = Alone::on(&file, now)?;
        let copy = beside(&file, COPY);
        forget(&copy)?;
        let proven = match bring(&from, &copy) {
            Ok(()) => prove(&copy).await.and_then(|proven| hand_over(&copy, &file, &alone).map(|()| proven)),
            Err(error) => Err(error),
        };
        let taken = proven.and_then(|proven| Ok((take_place(&copy, &file, now)?, proven)));
        let (aside, Proven { incidents, mentions, as_of }) = match taken {
            Ok(taken) => taken,
            Err(error) => {
                // Half a copy is of no use to anybody; that it could not be made is what is to be said.
                let _ = forget(&copy);
                return Err(error);
            }
        };
        let bytes = fs::metadata(&file).map_or(0, |about| about.len());
        Ok(Restored { bytes, incidents, mentions, as_of, aside, doubt: alone.doubt, file })
    }
}

struct Proven {
    incidents: i64,
    mentions: i64,
    as_of: Option<Moment>,
}

/// The file behind all links, in a folder that is there.
fn in_its_place(file: &Path) -> Result<PathBuf, StoreError> {
    if let Ok(found) = file.canonicalize() {
        return Ok(found);
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = file.file_name().ok_or_else(|| StoreError::Other("the store's address names no file".to_owned()))?;
    Ok(folder.canonicalize().map_err(|error| said(folder, &error))?.join(name))
}

pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn said(path: &Path, error: &io::Error) -> StoreError {
    let words = format!("{}: {error}", path.display());
    match error.kind() {
        io::ErrorKind::StorageFull => StoreError::Full(words),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly(words),
        _ => StoreError::Other(words),
    }
}

/// What an earlier try left.
fn forget(copy: &Path) -> Result<(), StoreError> {
    for path in ENDINGS.map(|ending| beside(copy, ending)) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(said(&path, &error)),
            _ => {}
        }
    }
    Ok(())
}

/// Copies the backup, and the log beside it where somebody copied a store by hand.
fn bring(from: &Path, copy: &Path) -> Result<(), StoreError> {
    let mut beginning = Vec::new();
    let source = File::open(from).map_err(|error| said(from, &error))?;
    (&source).take(BEGINNING.len() as u64).read_to_end(&mut beginning).map_err(|error| said(from, &error))?;
    if beginning != BEGINNING {
        return Err(StoreError::Corrupt(format!("{} is no SQLite file, as `hearken backup` writes one", from.display())));
    }
    for ending in ["", "-wal"] {
        let (from, to) = (beside(from, ending), beside(copy, ending));
        let mut source = match File::open(&from) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !ending.is_empty() => continue,
            opened => opened.map_err(|error| said(&from, &error))?,
        };
        let mut target = private_file(&to).map_err(|error| said(&to, &error))?;
        io::copy(&mut source, &mut target).and_then(|_| target.sync_all()).map_err(|error| said(&to, &error))?;
    }
    Ok(())
}

/// Reads the copy through, brings its schema up to date, and folds its log in.
async fn prove(copy: &Path) -> Result<Proven, StoreError> {
    let url = format!("sqlite://{}", copy.display());
    if !Store::knows_its_schema(&url).await? {
        return Err(StoreError::Corrupt("it is an SQLite file, and no store of Hearken".to_owned()));
    }
    let store = Store::open(&url).await?;
    let proven = async {
        let (incidents, mentions) = store.read_through().await?;
        let row = Sql::new("SELECT max(last_polled_at) AS latest FROM sources").first(&store.readers).await?;
        let as_of = row.map_or(Ok(None), |row| row.moment_or_none("latest"))?;
        Ok(Proven { incidents, mentions, as_of })
    };
    let proven = proven.await;
    store.close().await;
    proven
}

/// The new file belongs to whom the old one belongs to, or the folder: the daemon has to write it, whoever restores.
fn hand_over(copy: &Path, file: &Path, alone: &Alone) -> Result<(), StoreError> {
    let like = if file.exists() { file.to_owned() } else { file.parent().unwrap_or(file).to_owned() };
    let owner = fs::metadata(&like).map_err(|error| said(&like, &error))?;
    let given = |path: &Path| -> io::Result<()> {
        let now = fs::metadata(path)?;
        if (now.uid(), now.gid()) == (owner.uid(), owner.gid()) {
            return Ok(());
        }
        chown(path, Some(owner.uid()), Some(owner.gid()))
    };
    for path in [copy.to_owned(), beside(copy, "-wal")].iter().filter(|path| path.exists()) {
        // A folder of another group is no reason to refuse where the user is the same.
        if fs::metadata(path).is_ok_and(|now| now.uid() == owner.uid()) {
            continue;
        }
        given(path)
            .map_err(|error| StoreError::ReadOnly(format!("the new file cannot be given to the owner of {}: {error}", like.display())))?;
    }
    for path in &alone.files {
        // Whoever cannot give them away did not make them as another user either.
        let _ = given(path);
    }
    Ok(())
}

/// Moves what was there aside and the copy into its place; gives where the old file lies.
fn take_place(copy: &Path, file: &Path, now: Moment) -> Result<Option<PathBuf>, StoreError> {
    let dated = format!(".before-restore-{}", now.to_timestamp().strftime("%Y%m%dT%H%M%SZ"));
    let aside = beside(file, &dated);
    if aside.exists() {
        return Err(StoreError::Other(format!("{} exists already: try again", aside.display())));
    }
    let mut moved = None;
    for ending in ENDINGS {
        let (old, kept) = (beside(file, ending), beside(&aside, ending));
        if old.exists() {
            fs::rename(&old, &kept).map_err(|error| said(&old, &error))?;
            moved = moved.or(ending.is_empty().then_some(kept));
        }
    }
    // Its own log first: a file without it would be a smaller one.
    for ending in ["-wal", ""] {
        let (new, place) = (beside(copy, ending), beside(file, ending));
        if ending.is_empty() || new.exists() {
            fs::rename(&new, &place).map_err(|error| said(&new, &error))?;
        }
    }
    let _ = fs::remove_file(beside(copy, "-shm"));
    let folder = file.parent().unwrap_or(file);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| said(folder, &error))?;
    Ok(moved)
}
