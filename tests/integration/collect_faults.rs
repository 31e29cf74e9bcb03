//! What servers do wrong, and what a poll makes of it: the kind of each failure, and that it ends in bounds.

mod documents;
mod endpoints;
mod pages;
mod proxies;
mod transport;
mod wire;

use std::time::{Duration, Instant};

use hearken::collect::fetch::FetchFailure;
use hearken::collect::manners::Manners;
use hearken::collect::poll::{Document, Polled, poll};
use hearken::collect::robots::RobotsCache;
use hearken::collect::source::{CollectOptions, SourceKind, SourceOptions};
use hearken::model::{FailureKind, Moment, Secret, SourceState};
use hearken::outbound::{Outbound, OutboundOptions};
use url::Url;

use crate::world::site::{Answer, Site};

const NOW: Moment = Moment::from_secs(1_795_341_600);

/// No poll of these tests may take longer, whatever the site does.
const PATIENCE: Duration = Duration::from_secs(40);

const TIMEOUT: Duration = Duration::from_millis(1500);

fn outbound(allow_loopback: bool) -> Outbound {
    with_timeout(allow_loopback, TIMEOUT)
}

/// Waits for whatever a busy machine needs to send.
fn patient() -> Outbound {
    with_timeout(true, PATIENCE)
}

fn with_timeout(allow_loopback: bool, timeout: Duration) -> Outbound {
    let allow_private = if allow_loopback { vec!["127.0.0.1/32".parse().expect("a network")] } else { Vec::new() };
    let options = OutboundOptions {
        user_agent: "Hearken/test".into(),
        contact: Some("mailto:ops@shop.example".into()),
        allow_private,
        ca_file: None,
        timeout,
    };
    Outbound::new(&options).expect("a client")
}

fn options() -> CollectOptions {
    CollectOptions {
        host_gap: Duration::ZERO,
        max_bytes: 200_000,
        max_decoded_bytes: 1_000_000,
        max_redirects: 5,
        max_items: 500,
        backoff_max: Duration::from_secs(3600),
        down_after: Duration::from_secs(3600),
        concurrency: 4,
        manners: Manners::default(),
    }
}

fn source(url: Url) -> SourceOptions {
    SourceOptions {
        headers: vec![("authorization".into(), Secret::new("Bearer very-secret"))],
        ignore_robots: true,
        ..SourceOptions::plain("shop", SourceKind::Feed, url)
    }
}

fn feed(items: &[&str]) -> String {
    let items: String = items.iter().map(|text| format!("<item><guid>{text}</guid><title>{text}</title></item>")).collect();
    format!("<rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>")
}

async fn poll_source(source: &SourceOptions, state: &SourceState) -> Result<Polled, FetchFailure> {
    let begun = Instant::now();
    let result = poll(&outbound(true), &RobotsCache::default(), source, &options(), state, NOW).await;
    assert!(begun.elapsed() < PATIENCE, "a poll took {:?}", begun.elapsed());
    if let Err(failure) = &result {
        assert!(!failure.to_string().contains("secret"), "a secret in {failure}");
        assert!(!failure.failing(true).next_step().is_empty());
    }
    result
}

/// Serves the answer at `/feed.xml` and polls it.
async fn answered(answer: Answer) -> Result<Polled, FetchFailure> {
    let site = Site::start().await;
    site.serve("/feed.xml", answer);
    poll_source(&source(site.url("/feed.xml?token=secret")), &SourceState::default()).await
}

async fn kind_of(answer: Answer) -> FailureKind {
    answered(answer).await.expect_err("a failure").kind
}

async fn document_of(answer: Answer) -> Document {
    match answered(answer).await {
        Ok(Polled::Items(document)) => *document,
        other => panic!("items expected, not {other:?}"),
    }
}

async fn titles(answer: Answer) -> Vec<String> {
    document_of(answer).await.found.into_iter().filter_map(|found| found.item.title).collect()
}

fn rss(body: impl Into<Vec<u8>>) -> Answer {
    Answer::ok("application/rss+xml", body)
}
