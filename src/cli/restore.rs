//! `hearken restore FILE`: puts a backup in the place of the store, once it is proven sound, and keeps what was there.

use std::path::PathBuf;

use serde_json::json;

use super::backup::size;
use super::desk::{Common, Refused, end, say, say_json, time};
use super::exit;
use crate::clock::Clock;
use crate::store::{Restored, Store, StoreError, file_of};

/// Put a backup in the place of the store: checked first, refused while a daemon runs; what was there is kept under a dated name.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// What `hearken backup` wrote
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

/// Checks, moves aside, puts in place.
pub(super) async fn run(args: Args) -> u8 {
    end(act(&args).await)
}

async fn act(args: &Args) -> Result<u8, Refused> {
    let settings = args.common.settings()?;
    let url = settings.store.url.expose();
    if file_of(url).is_none() {
        let words = "a PostgreSQL store is restored by its own `pg_restore` (or `psql`), into an empty database, while no daemon runs";
        return Err(Refused::usage(words));
    }
    if !args.file.is_file() {
        return Err(Refused::usage(format!("there is no file {}: name what `hearken backup` wrote", args.file.display())));
    }
    let restored = Store::restore(url, &args.file, Clock::system().now()).await.map_err(|error| refused(args, error))?;
    let Restored { file, bytes, incidents, mentions, as_of, aside, doubt } = restored;
    if let Some(doubt) = doubt {
        eprintln!("warning: nothing can be locked beside the store ({doubt}): see to it that no daemon works on it.");
    }
    if args.common.json {
        say_json(&json!({
            "file": file, "bytes": bytes, "checked": true, "incidents": incidents, "mentions": mentions, "as_of": as_of, "before": aside,
        }));
        return Ok(exit::FINE);
    }
    let (from, to, size) = (args.file.display(), file.display(), size(bytes));
    say(&format!("{to} is now what {from} holds: {size}, read through and sound, with {incidents} incidents and {mentions} mentions.\n"));
    if let Some(as_of) = as_of {
        say(&format!(
            "It ends with {}: what was told since then may be told once more, and answers since then are not in it. Nor is what was pushed since \
             then, which nobody asks for again: let its senders send it anew.\n",
            time(&settings, as_of)
        ));
    }
    if let Some(aside) = aside {
        say(&format!("What was there before lies in {}; delete it when all is well.\n", aside.display()));
    }
    say("Now start the daemon.\n");
    Ok(exit::FINE)
}

fn refused(args: &Args, error: StoreError) -> Refused {
    match error {
        StoreError::Corrupt(why) => {
            let words = format!("the backup {} is not sound: {why}. Nothing was changed; try an older one.", args.file.display());
            Refused { code: exit::STORAGE, words }
        }
        StoreError::NewerSchema { .. } => {
            let words = format!("the backup {} cannot be used: {error}. Nothing was changed.", args.file.display());
            Refused { code: exit::STORAGE, words }
        }
        error => error.into(),
    }
}
