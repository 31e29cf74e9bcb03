//! What an operator's verbs work at: settings, store and time, and plain sentences for what goes wrong.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::Value;

use super::exit;
use crate::clock::Clock;
use crate::model::{Incident, Moment, UnknownWord};
use crate::problem::{Problems, parse_duration, render};
use crate::respond::ids::Ids;
use crate::respond::message::{InWords, Templates, told_in};
use crate::respond::notify;
use crate::settings::{Readable, Settings, default_path, load_here, readable_here};
use crate::store::{self, Store, StoreError};
use crate::tasks::context::randomness;
use crate::tasks::live;

/// What every operator's verb takes.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Common {
    /// The main file [default: config/hearken.toml or /etc/hearken/hearken.toml]
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,
    /// One JSON document instead of text
    #[arg(long, global = true)]
    pub(super) json: bool,
}

impl Common {
    /// The settings alone, for a verb that asks no store.
    pub(super) fn settings(&self) -> Result<Settings, Refused> {
        let path = self.config.clone().unwrap_or_else(default_path);
        let loaded = load_here(&path).map_err(|problems| Refused {
            code: exit::USAGE,
            words: format!("the settings cannot be used\n\n{}", render(&problems, std::io::stderr().is_terminal()).trim_end()),
        })?;
        Ok(loaded.settings)
    }
}

/// Settings and store, open; the store may be a running daemon's.
pub(super) struct Desk {
    pub(super) settings: Settings,
    pub(super) store: Store,
    pub(super) now: Moment,
    /// Keys of the unresolved incidents that are about no mention.
    pub(super) troubles: BTreeSet<String>,
    /// Why the store takes nothing; none where it does, or nobody looked.
    pub(super) refusal: Option<StoreError>,
    domain: String,
    templates: Templates,
}

impl Desk {
    /// Opens the store that the settings name. An SQLite file is never made here: it would belong to whoever asked.
    pub(super) async fn open(common: &Common) -> Result<Self, Refused> {
        Self::over(common.settings()?).await
    }

    /// The same for verbs that do with what can be read of the settings: while they are broken, a daemon runs with the last good set, and
    /// people have to see its cases. Says on stderr what was not read.
    pub(super) async fn open_to_look(common: &Common) -> Result<Self, Refused> {
        match common.settings() {
            Ok(settings) => Self::over(settings).await,
            Err(refused) => {
                let path = common.config.clone().unwrap_or_else(default_path);
                let Ok(Readable { settings, unread, problems }) = readable_here(&path) else { return Err(refused) };
                let mistakes = problems.iter().filter(|problem| !problem.warning).count();
                let unread = if unread.is_empty() { "no section as a whole".to_owned() } else { unread.join(", ") };
                eprintln!(
                    "warning: the settings have {}, which `hearken check` shows. Not read: {unread}. What follows is shown without it.",
                    counted(mistakes, "mistake")
                );
                Self::over(settings).await
            }
        }
    }

    async fn over(settings: Settings) -> Result<Self, Refused> {
        let url = settings.store.url.expose();
        if let Some(file) = store::file_of(url).filter(|file| !file.exists()) {
            let file = file.display();
            let words = format!("there is no store at {file} yet, or this user may not see it. `hearken run` makes it at its first start.");
            return Err(Refused { code: exit::STORAGE, words });
        }
        let store = open_or_look(url).await?;
        let domain = live::domain(&settings);
        let troubles = store.open_troubles().await?;
        // A mistake in them is for `check` to say; what has one is not used.
        let templates = Templates::load(settings.templates_dir.as_deref(), &Problems::default());
        Ok(Self { settings, store, now: Clock::system().now(), troubles, refusal: None, domain, templates })
    }

    /// What the decisions of `respond` look things up in.
    pub(super) fn context(&self) -> notify::Context<'_> {
        context(&self.settings, &self.domain)
    }

    /// Looks whether the store takes what is written. Whoever may not write there sees nothing of that.
    pub(super) async fn look_for_room(&mut self) {
        let proven = self.store.prove_room(self.now).await;
        self.refusal = proven.err().filter(|error| matches!(error, StoreError::Full(_) | StoreError::Unreachable(_)));
    }

    /// What an incident says, in the company's language.
    pub(super) fn in_words(&self, incident: &Incident) -> InWords {
        let company = &self.settings.company;
        told_in(&self.templates, &company.language, &company.timezone, incident)
    }

    /// `2026-11-22 18:42`, as the company's clocks show it.
    pub(super) fn time(&self, moment: Moment) -> String {
        time(&self.settings, moment)
    }

    pub(super) fn time_or_dash(&self, moment: Option<Moment>) -> String {
        moment.map_or_else(|| "-".to_owned(), |moment| self.time(moment))
    }

    /// How the zone of all times is called.
    pub(super) fn zone(&self) -> &str {
        self.settings.company.timezone.iana_name().unwrap_or("the company's zone")
    }
}

/// The store; where nothing can be written there, to be looked at, which is said on stderr. What writes is refused then.
async fn open_or_look(url: &str) -> Result<Store, StoreError> {
    let error = match Store::open(url).await {
        Err(error @ (StoreError::ReadOnly(_) | StoreError::Unreachable(_))) => error,
        opened => return opened,
    };
    // Why it cannot be written is the better reason where it cannot be read either.
    let Ok((store, doubt)) = Store::open_to_look(url).await else { return Err(error) };
    eprintln!("warning: nothing can be written to the store here ({error}): it is opened to be read only.");
    if let Some(doubt) = doubt {
        eprintln!("warning: {doubt}.");
    }
    Ok(store)
}

/// The same without a store.
pub(super) fn context<'a>(settings: &'a Settings, domain: &'a str) -> notify::Context<'a> {
    notify::Context {
        routes: &settings.routes,
        departments: &settings.departments,
        channels: &settings.channels,
        options: &settings.respond,
        domain,
    }
}

/// `2026-11-22 18:42`, as the company's clocks show it.
pub(super) fn time(settings: &Settings, moment: Moment) -> String {
    moment.to_timestamp().to_zoned(settings.company.timezone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A fresh row of ids.
pub(super) fn ids() -> Result<Ids, Refused> {
    randomness().map(Ids::new).map_err(|error| Refused { code: exit::STORAGE, words: error.to_string() })
}

/// Why a verb ended early: its exit code, and what stderr says.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: u8,
    pub(super) words: String,
}

impl Refused {
    pub(super) fn usage(words: impl Into<String>) -> Self {
        Self { code: exit::USAGE, words: words.into() }
    }

    pub(super) fn not_found(words: impl Into<String>) -> Self {
        Self { code: exit::FINDINGS, words: words.into() }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => Self::not_found(format!("there is no {what}")),
            error => Self { code: exit::STORAGE, words: format!("{error}. {}", remedy(&error)).trim_end().to_owned() },
        }
    }
}

/// What the operator does about a store that refuses.
pub(super) const fn remedy(error: &StoreError) -> &'static str {
    match error {
        StoreError::Busy(_) | StoreError::NoConnection(_) => "Try again; if it stays so, find the program that holds it.",
        StoreError::Full(_) => "Make room there and try again.",
        StoreError::ReadOnly(_) => "Run this as the user of the daemon, as `sudo -u hearken hearken ...`.",
        StoreError::Corrupt(_) => "Stop the daemon and put the last backup in its place: `hearken restore FILE`.",
        StoreError::Unreachable(_) => "Check `store.url` in the settings, and whether this user may read and write there.",
        StoreError::Held(_)
        | StoreError::LeaseLost(_)
        | StoreError::NewerSchema { .. }
        | StoreError::NotFound(_)
        | StoreError::Other(_) => "",
    }
}

/// The exit code of a verb; says on stderr why it was refused.
pub(super) fn end(ended: Result<u8, Refused>) -> u8 {
    ended.unwrap_or_else(|refused| {
        eprintln!("error: {}", refused.words);
        refused.code
    })
}

/// Writes to stdout. A reader that goes away, as `head` does, is no failure of the verb.
pub(super) fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

pub(super) fn say_json(value: &Value) {
    say(&format!("{value:#}\n"));
}

/// `1 incident`, `3 incidents`.
pub(super) fn counted(count: impl TryInto<u64> + Display + Copy, noun: &str) -> String {
    let one = count.try_into().is_ok_and(|count| count == 1);
    format!("{count} {noun}{}", if one { "" } else { "s" })
}

/// Takes one of the words of an enum; clap names them all where it is none.
pub(super) fn one_of<T>(words: Vec<&'static str>) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = UnknownWord> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse::<T>())
}

/// `7d`, `12h`.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "write a number and a unit: 30m, 12h, 7d".to_owned())
}

/// Who answers on the command line where `--as` names nobody: the person behind `sudo`, else this user.
pub(super) fn person() -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    names.into_iter().find(|name| !name.trim().is_empty()).unwrap_or_else(|| "operator".to_owned())
}
