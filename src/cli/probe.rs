//! `hearken probe`: what a source would yield, one item per line of JSON, and the `[[source]]` block that yields it.

mod answer;
mod block;
mod feeds;
mod page;

use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use serde_json::json;
use url::Url;

use super::exit;
use crate::clock::Clock;
use crate::collect::decode;
use crate::collect::extract::recognise;
use crate::collect::fetch::{Body, FetchFailure, FetchLimits, FetchRequest, Fetched, fetch};
use crate::collect::normalise::Found;
use crate::collect::poll;
use crate::collect::robots::RobotsCache;
use crate::collect::source::{CollectOptions, SourceKind, SourceOptions};
use crate::model::{FailureKind, Item, Moment};
use crate::outbound::Outbound;
use crate::problem::render;
use crate::settings::{default_path, defaults, load_here};

/// A file's links are relative to this unless `--base-url` says otherwise.
const FILE_BASE: &str = "http://localhost/";

/// Show what a source would yield, one item per line of JSON, and propose a `[[source]]` block
///
/// Items go to stdout, everything else to stderr, where all but the block are comments: what stands there can be taken into the
/// configuration as it is.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// An address, or a file that is judged like an answer.
    pub target: String,
    /// Use this source's selectors, headers, timezone and scale.
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Content type of a file, as a server would send it.
    #[arg(long, value_name = "TYPE")]
    pub content_type: Option<String>,
    /// Where a file's relative links start from.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<Url>,
    /// The main file [default: config/hearken.toml or /etc/hearken/hearken.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Reads the configuration where it is needed, and shows the target on stdout.
pub async fn run(args: &Args) -> u8 {
    let path = args.config.clone().unwrap_or_else(default_path);
    let loaded = match load_here(&path) {
        Ok(loaded) => Some(loaded),
        Err(problems) if args.source.is_some() || args.config.is_some() => {
            eprint!("{}", render(&problems, std::io::stderr().is_terminal()));
            return exit::USAGE;
        }
        Err(_) => {
            if path.exists() {
                eprintln!("# {} has mistakes, so nothing of it is used here: `hearken check` names them", path.display());
            }
            None
        }
    };
    let (collect, http) = loaded.as_ref().map_or_else(defaults, |loaded| (loaded.settings.collect.clone(), loaded.settings.http.clone()));
    let sources = loaded.as_ref().map_or(&[][..], |loaded| &loaded.settings.sources);
    let configured = sources.iter().find(|source| Some(&source.name) == args.source.as_ref());
    if let (Some(name), None) = (&args.source, configured) {
        eprintln!("error: there is no source `{name}` in {}", path.display());
        return exit::USAGE;
    }
    let outbound = match Outbound::build(&http, configured.and_then(|source| source.proxy.as_ref())) {
        Ok(outbound) => outbound,
        Err(error) => {
            eprintln!("error: [http]: {error}");
            return exit::USAGE;
        }
    };
    let (mut out, mut remarks) = (std::io::stdout(), std::io::stderr());
    // A reader that goes away, as `head` does, is no failure of the probe.
    probe(args, configured, &collect, &outbound, &Clock::system(), &mut out, &mut remarks).await.unwrap_or(exit::FINE)
}

/// Shows what the target yields: items on `out`, remarks on `remarks`.
///
/// `configured` is the source of `--source`, where it was given; without it the target's own form decides, and a source is
/// proposed. Exit code 0 with items, 1 where the document yields none or cannot be read, 3 where it cannot be fetched.
pub async fn probe(
    args: &Args,
    configured: Option<&SourceOptions>,
    options: &CollectOptions,
    outbound: &Outbound,
    clock: &Clock,
    out: &mut dyn Write,
    remarks: &mut dyn Write,
) -> std::io::Result<u8> {
    let source = configured.cloned().unwrap_or_else(|| plain_source(args));
    let asking = Asking { source: &source, options, outbound, clock };
    let obtained = match address(&args.target) {
        Some(url) => asking.ask(&url).await,
        None => file(args, &source, options),
    };
    let body = match obtained {
        Ok(body) => body,
        Err(failure) => return refuse(remarks, &failure, exit::NETWORK),
    };
    if configured.is_some() {
        return show_configured(&source, &body, options, clock, out, remarks);
    }
    let proposed = propose(args, &asking, &body).await;
    match proposed {
        Ok(proposal) => proposal.show(out, remarks),
        Err(failure) => refuse(remarks, &failure, exit::FINDINGS),
    }
}

fn show_configured(
    source: &SourceOptions,
    body: &Body,
    options: &CollectOptions,
    clock: &Clock,
    out: &mut dyn Write,
    remarks: &mut dyn Write,
) -> std::io::Result<u8> {
    match read(source, body, options, clock.now()) {
        Ok((found, remark)) => {
            remark.iter().try_for_each(|remark| writeln!(remarks, "# {remark}"))?;
            show_items(&found, remark.is_none(), out, remarks)
        }
        Err(failure) => refuse(remarks, &failure, exit::FINDINGS),
    }
}

/// The items of a document, and what was wrong with it.
fn read(source: &SourceOptions, body: &Body, options: &CollectOptions, now: Moment) -> Result<(Vec<Found>, Option<String>), FetchFailure> {
    let degraded = poll::read(source, body, options.max_items, now)?.degraded;
    let found = poll::items(source, body, options.max_items, now)?;
    Ok((found, degraded.map(|remark| format!("remark: {remark}"))))
}

/// A list that is empty and whole is no finding: nobody has written yet.
fn show_items(found: &[Found], is_whole: bool, out: &mut dyn Write, remarks: &mut dyn Write) -> std::io::Result<u8> {
    for found in found {
        writeln!(out, "{}", line(found))?;
    }
    writeln!(remarks, "# {} items", found.len())?;
    Ok(if found.is_empty() && !is_whole { exit::FINDINGS } else { exit::FINE })
}

/// What the target is taken for, with the block that makes a source of it.
struct Proposal {
    found: Vec<Found>,
    remarks: Vec<String>,
    block: String,
}

impl Proposal {
    fn show(&self, out: &mut dyn Write, remarks: &mut dyn Write) -> std::io::Result<u8> {
        let is_whole = !self.remarks.iter().any(|remark| remark.starts_with("remark: "));
        let code = show_items(&self.found, is_whole, out, remarks)?;
        for remark in &self.remarks {
            writeln!(remarks, "# {remark}")?;
        }
        if !self.block.is_empty() {
            write!(remarks, "\n{}", self.block)?;
        }
        Ok(code)
    }
}

/// What a document is, told by itself: a feed, an answer of a service, or a page.
async fn propose(args: &Args, asking: &Asking<'_>, body: &Body) -> Result<Proposal, FetchFailure> {
    let text = decode::decode(&body.bytes, body.content_type.as_deref()).text;
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    if recognise::is_html(start) || (start.starts_with('<') && !feeds::looks_like_one(start)) || is_html_type(body) {
        return page::propose(args, asking, body, start).await;
    }
    let now = asking.clock.now();
    let feed = SourceOptions::plain("probe", SourceKind::Feed, body.final_url.clone());
    match read(&feed, body, asking.options, now) {
        Ok((found, remark)) if !found.is_empty() || !start.starts_with(['{', '[']) => {
            let remarks = [Some("this is a feed".to_owned()), remark].into_iter().flatten().collect();
            Ok(Proposal { block: block::feed(&body.final_url, None), found, remarks })
        }
        otherwise if start.starts_with(['{', '[']) => {
            answer::propose(body, start, asking.options, now).map_or_else(|| Err(no_list(otherwise.map(|(found, _)| found))), Ok)
        }
        Ok((found, _)) => Ok(Proposal { block: block::feed(&body.final_url, None), found, remarks: Vec::new() }),
        Err(failure) => Err(failure),
    }
}

fn no_list(read: Result<Vec<Found>, FetchFailure>) -> FetchFailure {
    let why = "the answer is JSON, and no list of entries with words is in it";
    read.err().filter(|failure| failure.kind != FailureKind::NotAFeed).unwrap_or_else(|| FetchFailure::new(FailureKind::NotAFeed, why))
}

fn is_html_type(body: &Body) -> bool {
    body.content_type.as_deref().is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

fn refuse(remarks: &mut dyn Write, failure: &FetchFailure, code: u8) -> std::io::Result<u8> {
    writeln!(remarks, "# {}: {}", failure.kind, failure.detail)?;
    writeln!(remarks, "# {}", failure.failing(false).next_step())?;
    Ok(code)
}

fn address(target: &str) -> Option<Url> {
    Url::parse(target).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// How addresses are asked: once each, with robots.txt obeyed and the host's gap kept by whoever asks again.
struct Asking<'a> {
    source: &'a SourceOptions,
    options: &'a CollectOptions,
    outbound: &'a Outbound,
    clock: &'a Clock,
}

impl Asking<'_> {
    async fn ask(&self, url: &Url) -> Result<Body, FetchFailure> {
        let Asking { source, options, outbound, clock } = self;
        if !source.ignore_robots && !RobotsCache::default().of(outbound, url, clock.now()).await?.allows(url) {
            return Err(FetchFailure::new(FailureKind::Robots, "robots.txt forbids this address"));
        }
        let own = url.origin() == source.url.origin();
        let request = FetchRequest {
            url,
            etag: None,
            last_modified: None,
            headers: if own { &source.headers } else { &[] },
            accept: "*/*",
            limits: FetchLimits {
                max_bytes: options.max_bytes,
                max_decoded_bytes: options.max_decoded_bytes,
                max_redirects: options.max_redirects,
                cut: false,
            },
            now: clock.now(),
            sending: source.sending(own),
        };
        match fetch(outbound, &request).await? {
            Fetched::Body(body) => Ok(body),
            Fetched::Unchanged { .. } => Err(FetchFailure::new(FailureKind::Server, "304 to a request without conditions")),
        }
    }
}

fn file(args: &Args, source: &SourceOptions, options: &CollectOptions) -> Result<Body, FetchFailure> {
    let path = Path::new(&args.target);
    let refuse = |why: String| FetchFailure::new(FailureKind::NotFound, why);
    let length = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?.len();
    if length > options.max_decoded_bytes as u64 {
        return Err(FetchFailure::new(FailureKind::TooBig, format!("more than {} bytes", options.max_decoded_bytes)));
    }
    let bytes = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
    let final_url = args.base_url.clone().unwrap_or_else(|| source.url.clone());
    let content_type = args.content_type.clone();
    Ok(Body {
        bytes,
        content_type,
        etag: None,
        last_modified: None,
        max_age: None,
        final_url,
        links: Vec::new(),
        cut_off: false,
        next: None,
    })
}

/// Without a configured source the target is taken for a feed.
fn plain_source(args: &Args) -> SourceOptions {
    let url = address(&args.target).or_else(|| args.base_url.clone());
    let url = url.unwrap_or_else(|| Url::parse(FILE_BASE).expect("a constant address"));
    SourceOptions::plain("probe", SourceKind::Feed, url)
}

/// The contracted line.
fn line(found: &Found) -> serde_json::Value {
    let Item { id, url, title, text, author, rating, rating_max, published, updated, extra } = &found.item;
    json!({
        "id": id, "url": url, "title": title, "text": text, "author": author, "rating": rating, "rating_max": rating_max,
        "published": published, "updated": updated, "extra": extra,
    })
}
