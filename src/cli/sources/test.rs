//! `hearken sources test`: each source fetched and read now, as a poll would, and nothing kept or told.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};

use crate::cli::columns::{Columns, quoted};
use crate::cli::desk::{Common, Refused, counted, say, say_json, time};
use crate::cli::exit;
use crate::clock::Clock;
use crate::collect::fetch::FetchFailure;
use crate::collect::host::host_of;
use crate::collect::poll::{Document, Polled, poll};
use crate::collect::robots::RobotsCache;
use crate::collect::source::{SourceKind, SourceOptions};
use crate::model::{FailureKind, Moment, SourceState};
use crate::outbound::Outbound;
use crate::problem::nearest;
use crate::settings::Settings;
use crate::tasks::files;

/// Items without any text beyond this share are worth a remark: a selector or a field of the feed is probably wrong.
const EMPTY_SHARE: usize = 2;

/// What came of one source.
struct Tested<'a> {
    source: &'a SourceOptions,
    took: Duration,
    read: Result<Reading, FetchFailure>,
}

struct Reading {
    items: usize,
    bytes: usize,
    /// By the dates that the items bear.
    newest: Option<Moment>,
    remarks: Vec<String>,
}

pub(super) async fn test(common: &Common, names: &[String]) -> Result<u8, Refused> {
    let settings = common.settings()?;
    let chosen = choose(&settings, names)?;
    let outbound = Outbound::new(&settings.http).map_err(|error| Refused::usage(format!("[http]: {error}")))?;
    let tested = ask_all(&settings, &chosen, &outbound, &Clock::system()).await;
    if common.json {
        say_json(&json!({ "sources": tested.iter().map(as_json).collect::<Vec<_>>() }));
    } else {
        say(&as_text(&settings, &tested));
    }
    Ok(if tested.iter().all(|one| one.read.is_ok()) { exit::FINE } else { exit::FINDINGS })
}

fn choose<'a>(settings: &'a Settings, names: &[String]) -> Result<Vec<&'a SourceOptions>, Refused> {
    let known = || settings.sources.iter().map(|source| source.name.as_str());
    for name in names {
        if !known().any(|one| one == name) {
            let meant = nearest(name, known()).map(|one| format!(" Did you mean `{one}`?")).unwrap_or_default();
            return Err(Refused::usage(format!("there is no source `{name}` in the settings.{meant}")));
        }
    }
    let chosen: Vec<_> = settings.sources.iter().filter(|source| names.is_empty() || names.contains(&source.name)).collect();
    if chosen.is_empty() { Err(Refused::usage("there is no source in the settings yet")) } else { Ok(chosen) }
}

/// Several hosts at the same time, the sources of one host one after the other with the gap between them; in the order of the settings.
async fn ask_all<'a>(settings: &Settings, chosen: &[&'a SourceOptions], outbound: &Outbound, clock: &Clock) -> Vec<Tested<'a>> {
    let robots = RobotsCache::default();
    let mut hosts: BTreeMap<String, Vec<(usize, &SourceOptions)>> = BTreeMap::new();
    for (at, source) in chosen.iter().enumerate() {
        hosts.entry(host_of(&source.url)).or_default().push((at, *source));
    }
    let progress = Progress::over(chosen.len());
    let of_host = |sources: Vec<(usize, &'a SourceOptions)>| {
        let (robots, progress) = (&robots, &progress);
        async move {
            let mut tested = Vec::new();
            for (turn, (at, source)) in sources.into_iter().enumerate() {
                if turn > 0 {
                    tokio::time::sleep(settings.collect.host_gap).await;
                }
                tested.push((at, ask(settings, source, outbound, robots, clock).await));
                progress.one_more();
            }
            tested
        }
    };
    let all = stream::iter(hosts.into_values()).map(of_host).buffer_unordered(settings.collect.concurrency.max(1));
    let mut tested: Vec<(usize, Tested<'a>)> = all.collect::<Vec<_>>().await.into_iter().flatten().collect();
    progress.end();
    tested.sort_by_key(|(at, _)| *at);
    tested.into_iter().map(|(_, one)| one).collect()
}

async fn ask<'a>(settings: &Settings, source: &'a SourceOptions, outbound: &Outbound, robots: &RobotsCache, clock: &Clock) -> Tested<'a> {
    let began = clock.now();
    if let SourceKind::Files(options) = &source.kind {
        let read = files::survey(source, options, clock.now()).await.map(|found| Reading {
            items: found.records,
            bytes: usize::try_from(found.bytes).unwrap_or(usize::MAX),
            newest: found.newest,
            remarks: found.remarks,
        });
        return Tested { source, took: clock.now().since(began), read };
    }
    let state = SourceState { name: source.name.clone(), ..SourceState::default() };
    let proxied = match &source.proxy {
        None => Ok(outbound.clone()),
        Some(proxy) => Outbound::build(&settings.http, Some(proxy)),
    };
    let outbound = match proxied {
        Ok(outbound) => outbound,
        Err(error) => {
            let read = Err(FetchFailure::new(FailureKind::Internal, error.to_string()));
            return Tested { source, took: Duration::ZERO, read };
        }
    };
    let polled = poll(&outbound, robots, source, &settings.collect, &state, clock.now()).await;
    let read = polled.and_then(|polled| match polled {
        Polled::Items(document) => Ok(reading(&document)),
        Polled::Unchanged { .. } => Err(FetchFailure::new(FailureKind::Server, "\"unchanged\" to a first question")),
    });
    Tested { source, took: clock.now().since(began), read }
}

fn reading(document: &Document) -> Reading {
    let items = || document.found.iter().map(|found| &found.item);
    let count = document.found.len();
    let newest = items().filter_map(|item| item.updated.max(item.published)).max();
    let mut remarks: Vec<String> = document.degraded.iter().cloned().collect();
    if count == 0 {
        remarks.push("nothing is there now".to_owned());
    }
    if count > 0 && newest.is_none() {
        remarks.push("no item says when".to_owned());
    }
    let silent = items().filter(|item| item.text.is_empty()).count();
    if silent * EMPTY_SHARE > count {
        remarks.push(format!("{silent} of {count} without text"));
    }
    Reading { items: count, bytes: document.bytes, newest, remarks }
}

fn as_text(settings: &Settings, tested: &[Tested<'_>]) -> String {
    let mut columns = Columns::new(["source", "kind", "items", "newest date", "bytes", "time", "remarks"]);
    for one in tested {
        let (name, kind, took) = (one.source.name.clone(), one.source.kind.word().to_owned(), span(one.took));
        let [items, newest, bytes, remarks] = match &one.read {
            Ok(read) => {
                let newest = read.newest.map_or_else(|| "-".to_owned(), |at| time(settings, at));
                [read.items.to_string(), newest, size(read.bytes), read.remarks.join("; ")]
            }
            Err(failure) => ["-".to_owned(), "-".to_owned(), "-".to_owned(), format!("failed: {}", failure.kind)],
        };
        columns.row([name, kind, items, newest, bytes, took, remarks]);
    }
    let failed: Vec<(&SourceOptions, &FetchFailure)> =
        tested.iter().filter_map(|one| one.read.as_ref().err().map(|failure| (one.source, failure))).collect();
    let mut text = columns.text();
    for (source, failure) in &failed {
        let FetchFailure { kind, detail, .. } = failure;
        let step = failure.failing(false).next_step();
        text.push_str(&format!("\n{}: {kind}: {}\n  {step}\n", quoted(&source.name), quoted(detail)));
    }
    if !failed.is_empty() {
        text.push('\n');
    }
    let zone = settings.company.timezone.iana_name().unwrap_or("the company's zone");
    format!("{text}{} tested, {} failed, times of {zone}\n", counted(tested.len(), "source"), failed.len())
}

fn as_json(one: &Tested<'_>) -> Value {
    let took_ms = u64::try_from(one.took.as_millis()).unwrap_or(u64::MAX);
    let head = json!({ "source": one.source.name, "kind": one.source.kind.word(), "url": one.source.url, "took_ms": took_ms });
    let rest = match &one.read {
        Ok(read) => {
            json!({ "fine": true, "items": read.items, "bytes": read.bytes, "newest": read.newest, "remarks": read.remarks })
        }
        Err(failure) => json!({
            "fine": false, "failure": failure.kind, "detail": failure.detail, "next_step": failure.failing(false).next_step(),
            "status": failure.status,
        }),
    };
    let (Value::Object(mut all), Value::Object(rest)) = (head, rest) else { return Value::Null };
    all.extend(rest);
    Value::Object(all)
}

fn span(took: Duration) -> String {
    if took < Duration::from_secs(10) { format!("{} ms", took.as_millis()) } else { format!("{} s", took.as_secs()) }
}

fn size(bytes: usize) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// "12 of 40" on a terminal; nothing in a pipe.
struct Progress {
    of: usize,
    done: std::cell::Cell<usize>,
    shown: bool,
}

impl Progress {
    fn over(of: usize) -> Self {
        Self { of, done: std::cell::Cell::new(0), shown: std::io::stderr().is_terminal() && of > 1 }
    }

    fn one_more(&self) {
        self.done.set(self.done.get() + 1);
        if self.shown {
            let _ = write!(std::io::stderr(), "\r{} of {} sources", self.done.get(), self.of);
        }
    }

    fn end(&self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
