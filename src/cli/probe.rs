//! `hearken probe`: what a source would yield, one item per line of JSON, and the `[[source]]` block that yields it.

mod answer;
mod block;
mod feeds;
mod known;
mod page;
mod report;

use std::io::{IsTerminal as _, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde_json::json;
use url::Url;

use self::block::{Block, Kind};
use self::known::{About, Known};
use super::exit;
use crate::clock::Clock;
use crate::collect::decode;
use crate::collect::extract::{Extracted, endpoint, recognise};
use crate::collect::fetch::{Body, FetchFailure, FetchLimits, FetchRequest, Fetched, fetch};
use crate::collect::normalise::Found;
use crate::collect::poll;
use crate::collect::robots::RobotsCache;
use crate::collect::source::{CollectOptions, SourceKind, SourceOptions};
use crate::model::{FailureKind, Item};
use crate::outbound::Outbound;
use crate::problem::render;
use crate::settings::{begun_here, default_path, defaults, presets};

/// A file's links are relative to this unless `--base-url` says otherwise.
const FILE_BASE: &str = "http://localhost/";

const EXIT_CODES: &str = "\
Exit codes:
  0  items were read, or the list is there and empty
  1  what was fetched cannot be read, or yields no item
  2  the command line or the configuration cannot be used
  3  the address cannot be fetched, or the file not opened";

/// Show what a source would yield, one item per line of JSON, and propose a `[[source]]` block
///
/// Items go to stdout, everything else to stderr, where all but the block are comments: what stands there can be taken into the
/// configuration as it is. Without --source, times without a zone are read in the company's, or where there is no configuration
/// in UTC; the block says so.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
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
    let settings = match begun_here(&path) {
        Ok(settings) => Some(settings),
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
    let (collect, http) = settings.as_ref().map_or_else(defaults, |settings| (settings.collect.clone(), settings.http.clone()));
    let sources = settings.as_ref().map_or(&[][..], |settings| &settings.sources);
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
    let known = Known::of(settings.as_ref(), presets::all(&path).0);
    let source = configured.cloned().unwrap_or_else(|| plain_source(args, &known));
    let asking = Asking { source: &source, options: &collect, outbound: &outbound, clock: &Clock::system() };
    // A reader that goes away, as `head` does, is no failure of the probe.
    probe(args, &known, configured.is_some(), &asking, &mut out, &mut remarks).await.unwrap_or(exit::FINE)
}

/// Shows what the target yields: items on `out`, remarks on `remarks`.
///
/// Without a configured source the target's own form decides, and a source is proposed. Exit code 0 with items, 1 where the document
/// yields none or cannot be read, 3 where it cannot be fetched.
async fn probe(
    args: &Args,
    known: &Known,
    is_configured: bool,
    asking: &Asking<'_>,
    out: &mut dyn Write,
    remarks: &mut dyn Write,
) -> std::io::Result<u8> {
    let obtained = match address(&args.target) {
        Some(url) => asking.ask(&url).await,
        None => file(args, asking.source, asking.options),
    };
    let body = match obtained {
        Ok(body) => body,
        Err(failure) => return refuse(remarks, &failure, exit::NETWORK),
    };
    if is_subscriptions(&body.bytes) {
        report::comment(
            remarks,
            "this is a list of subscriptions (OPML) and no source itself: `hearken opml import FILE` makes sources of it",
        )?;
        return Ok(exit::FINDINGS);
    }
    if is_configured {
        return show_configured(asking, &body, out, remarks);
    }
    match propose(args, known, asking, &body).await {
        Ok((mut proposal, about)) => {
            proposal.block.is_placeless = proposal.block.url.as_str().starts_with(FILE_BASE);
            known.complete(&mut proposal, &about);
            proposal.show(out, remarks)
        }
        Err(failure) => refuse(remarks, &failure, exit::FINDINGS),
    }
}

fn show_configured(asking: &Asking<'_>, body: &Body, out: &mut dyn Write, remarks: &mut dyn Write) -> std::io::Result<u8> {
    match asking.read(asking.source, body) {
        Ok((found, degraded)) => {
            degraded.iter().try_for_each(|remark| report::comment(remarks, remark))?;
            let code = report::items(&found, degraded.is_none(), out, remarks)?;
            report::fields(&found, remarks)?;
            let silent = found.iter().filter(|found| !found.says_something()).count();
            if silent > 0 {
                report::comment(remarks, &format!("{silent} of them without a title, a text and a rating: the daemon leaves these out"))?;
            }
            Ok(code)
        }
        Err(failure) => refuse(remarks, &failure, exit::FINDINGS),
    }
}

/// What the target is taken for, with the block that makes a source of it.
struct Proposal {
    /// In a sentence.
    words: String,
    found: Vec<Found>,
    /// What was wrong with the document.
    degraded: Option<String>,
    remarks: Vec<String>,
    block: Block,
}

impl Proposal {
    /// What it is, what was found in it, what to know, the block, and what to do with it.
    fn show(&self, out: &mut dyn Write, remarks: &mut dyn Write) -> std::io::Result<u8> {
        let code = report::items(&self.found, self.degraded.is_none(), out, remarks)?;
        report::comment(remarks, &self.words)?;
        report::fields(&self.found, remarks)?;
        for remark in self.degraded.iter().chain(&self.remarks) {
            report::comment(remarks, remark)?;
        }
        write!(remarks, "\n{}\n", self.block.text())?;
        report::next_steps(&self.block.name(), remarks)?;
        Ok(code)
    }
}

/// What a document is, told by itself: a feed, an answer of a service, or a page.
async fn propose(args: &Args, known: &Known, asking: &Asking<'_>, body: &Body) -> Result<(Proposal, About), FetchFailure> {
    let text = decode::decode(&body.bytes, body.content_type.as_deref()).text;
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    let is_json = endpoint::bare(start).starts_with(['{', '[']);
    let is_data = feeds::looks_like_one(start) || is_json;
    // Many a server sends all it has as `text/html`: what it is shows in what it says.
    if recognise::is_html(start) || (start.starts_with('<') && !feeds::looks_like_one(start)) || (is_html_type(body) && !is_data) {
        return page::propose(args, asking, body, start).await;
    }
    let read = asking.read(&asking.plain(SourceKind::Feed, &body.final_url), body);
    let holds_entries = matches!(&read, Ok((found, _)) if found.iter().any(Found::says_something));
    if is_json && !holds_entries {
        let mut proposal = answer::propose(body, start, asking).ok_or_else(|| no_list(read.err()))?;
        proposal.remarks.extend(known.preset(&body.final_url));
        return Ok((proposal, About::default()));
    }
    let (found, degraded) = read?;
    let words = "This is a feed.".to_owned();
    let typed = is_html_type(body).then(|| "remark: its server sends it as `text/html`; it is read all the same".to_owned());
    let remarks = asking.limit_remark(&found).into_iter().chain(typed).collect();
    let block = Block::new(body.final_url.clone(), None, Kind::Feed);
    Ok((Proposal { words, found, degraded, remarks, block }, About::default()))
}

fn no_list(read: Option<FetchFailure>) -> FetchFailure {
    let why = "the answer is JSON, and no list of entries with words is in it";
    read.filter(|failure| failure.kind != FailureKind::NotAFeed).unwrap_or_else(|| FetchFailure::new(FailureKind::NotAFeed, why))
}

fn is_html_type(body: &Body) -> bool {
    body.content_type.as_deref().is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

fn refuse(remarks: &mut dyn Write, failure: &FetchFailure, code: u8) -> std::io::Result<u8> {
    report::comment(remarks, &format!("{}: {}", failure.kind, failure.detail))?;
    report::comment(remarks, failure.failing(false).next_step())?;
    if failure.kind == FailureKind::PrivateAddress {
        writeln!(remarks, "\n[http]\nallow_private = [\"{}\"]", network(&failure.detail))?;
    }
    Ok(code)
}

/// The network to allow for a private address that stands in a sentence: the machine itself as a whole, of others the one alone.
fn network(detail: &str) -> String {
    let address = detail.split_whitespace().find_map(|word| word.trim_matches(['[', ']', ':', ',']).parse::<IpAddr>().ok());
    match address {
        Some(IpAddr::V4(v4)) if v4.is_loopback() => "127.0.0.0/8".to_owned(),
        Some(IpAddr::V4(v4)) => format!("{v4}/32"),
        Some(IpAddr::V6(v6)) => format!("{v6}/128"),
        None => "10.0.0.0/8".to_owned(),
    }
}

fn address(target: &str) -> Option<Url> {
    Url::parse(target).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// How far into a document its root is looked for, behind a declaration and comments.
const ROOT_WITHIN: usize = 2048;

/// Whether a document is OPML: feeds of others, and no items.
fn is_subscriptions(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(ROOT_WITHIN)]).to_ascii_lowercase();
    start.trim_start_matches('\u{feff}').trim_start().starts_with('<') && start.contains("<opml") && !start.contains("<html")
}

/// What is wrong with a target that is neither a file nor an address we ask.
fn no_address(target: &str) -> Option<String> {
    match target.split_once("://") {
        Some((scheme, _)) => Some(format!("`{scheme}://` is not asked: addresses begin with https:// or http://")),
        None if target.contains('.') && !target.starts_with(['.', '/']) && !target.contains(' ') => {
            Some(format!("there is no such file; if it is an address, write https://{target}"))
        }
        None => Some("there is no such file, and an address begins with https:// or http://".to_owned()),
    }
}

/// How addresses are asked: once each, with robots.txt obeyed and the host's gap kept by whoever asks again.
struct Asking<'a> {
    source: &'a SourceOptions,
    options: &'a CollectOptions,
    outbound: &'a Outbound,
    clock: &'a Clock,
}

impl Asking<'_> {
    /// A source of which nothing is said but what it is and where; its times are in the zone of whoever asks.
    fn plain(&self, kind: SourceKind, url: &Url) -> SourceOptions {
        SourceOptions { timezone: self.source.timezone.clone(), ..SourceOptions::plain("probe", kind, url.clone()) }
    }

    /// The items of a document, and what was wrong with it.
    fn read(&self, source: &SourceOptions, body: &Body) -> Result<(Vec<Found>, Option<String>), FetchFailure> {
        let now = self.clock.now();
        let Extracted { entries, degraded, .. } = poll::read(source, body, self.options.max_items, now)?;
        let found = poll::as_items(source, &source.name, entries, &body.final_url, now);
        Ok((found, degraded.map(|remark| format!("remark: {remark}"))))
    }

    /// Said where a document may have more than is read of it.
    fn limit_remark(&self, found: &[Found]) -> Option<String> {
        let most = self.options.max_items;
        (found.len() >= most).then(|| format!("remark: of a longer document only the {most} newest items are read (`collect.max_items`)"))
    }

    async fn ask(&self, url: &Url) -> Result<Body, FetchFailure> {
        let Asking { source, options, outbound, clock } = self;
        let robots = RobotsCache::default();
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
                broken: true,
            },
            now: clock.now(),
            sending: source.sending(own),
            robots: (!source.ignore_robots).then_some(&robots),
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
    if !path.exists()
        && let Some(why) = no_address(&args.target)
    {
        return Err(FetchFailure::new(FailureKind::NotFound, why));
    }
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
fn plain_source(args: &Args, known: &Known) -> SourceOptions {
    let url = address(&args.target).or_else(|| args.base_url.clone());
    let url = url.unwrap_or_else(|| Url::parse(FILE_BASE).expect("a constant address"));
    SourceOptions { timezone: known.timezone.clone(), ..SourceOptions::plain("probe", SourceKind::Feed, url) }
}

/// The contracted line.
fn line(found: &Found) -> serde_json::Value {
    let Item { id, url, title, text, author, rating, rating_max, published, updated, extra, cut_bytes: _ } = &found.item;
    json!({
        "id": id, "url": url, "title": title, "text": text, "author": author, "rating": rating, "rating_max": rating_max,
        "published": published, "updated": updated, "extra": extra,
    })
}
