//! `hearken backup FILE`: a copy of the whole store, made while the daemon runs, and proven by opening it.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::desk::{Common, Desk, Refused, end, say, say_json};
use super::exit;
use crate::store::{Engine, Store, StoreError};

// Of `backup` and of `restore`, each with its own words in `Verb`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The backup: a new file for `backup`, which writes over nothing, and one that it wrote for `restore`
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Copies, opens the copy and reads it through.
pub(super) async fn run(args: Args) -> u8 {
    end(act(&args).await)
}

async fn act(args: &Args) -> Result<u8, Refused> {
    let file = std::path::absolute(&args.file).map_err(|error| Refused::usage(format!("{}: {error}", args.file.display())))?;
    if file.exists() {
        return Err(Refused::usage(format!("{} exists already, and a backup writes over nothing: name a new file", file.display())));
    }
    let desk = Desk::open_to_look(&args.common).await?;
    if desk.store.engine() == Engine::Postgres {
        return Err(Refused::usage("a PostgreSQL store is backed up by its own `pg_dump`"));
    }
    let copied = desk.store.backup(&file).await;
    desk.store.close().await;
    copied.map_err(refused)?;
    let (incidents, mentions) = checked(&file).await.map_err(|error| Refused {
        code: exit::STORAGE,
        words: format!("the copy {} is not sound: {error}. Do not rely on it; try again, on another disk.", file.display()),
    })?;
    let bytes = std::fs::metadata(&file).map_or(0, |about| about.len());
    if args.common.json {
        say_json(&json!({ "file": file, "bytes": bytes, "checked": true, "incidents": incidents, "mentions": mentions }));
    } else {
        let size = size(bytes);
        say(&format!("{}: {size}; opened and read through: sound, with {incidents} incidents and {mentions} mentions.\n", file.display()));
    }
    Ok(exit::FINE)
}

fn refused(error: StoreError) -> Refused {
    match error {
        StoreError::Other(why) | StoreError::Unreachable(why) => {
            let words = format!("{why}. Name a new file, in a folder that exists and that this user may write into.");
            Refused { code: exit::STORAGE, words }
        }
        error => error.into(),
    }
}

/// Incidents and mentions of the copy; an error where it cannot be opened or a page of it is damaged.
async fn checked(file: &Path) -> Result<(i64, i64), StoreError> {
    let copy = Store::open(&format!("sqlite://{}", file.display())).await?;
    let counts = copy.read_through().await;
    copy.close().await;
    counts
}

/// `3.4 MB`.
pub(super) fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a size for people, rounded to one digit")]
    let kilobytes = bytes as f64 / 1000.0;
    if kilobytes < 1000.0 { format!("{kilobytes:.1} kB") } else { format!("{:.1} MB", kilobytes / 1000.0) }
}
