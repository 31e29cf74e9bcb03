//! Faults of connections, statuses, redirects, compression and manners.

use std::time::Duration;

use hearken::collect::poll::{Polled, poll};
use hearken::collect::robots::RobotsCache;
use hearken::collect::source::SourceOptions;
use hearken::model::{FailureKind, Moment, SourceState};
use url::Url;

use super::{NOW, answered, document_of, feed, kind_of, options, outbound, poll_source, rss, source, titles};
use crate::world::site::{Answer, Site};

#[tokio::test]
async fn every_refusing_status_has_its_kind() {
    let cases = [
        (400, FailureKind::Blocked),
        (401, FailureKind::Auth),
        (403, FailureKind::Blocked),
        (404, FailureKind::NotFound),
        (407, FailureKind::Auth),
        (410, FailureKind::NotFound),
        (418, FailureKind::Blocked),
        (429, FailureKind::Throttled),
        (451, FailureKind::Blocked),
        (500, FailureKind::Server),
        (502, FailureKind::Server),
        (503, FailureKind::Server),
        (504, FailureKind::Server),
    ];
    for (status, kind) in cases {
        assert_eq!(kind_of(Answer::status(status)).await, kind, "{status}");
    }
}

#[tokio::test]
async fn a_throttling_server_is_obeyed() {
    let failure = answered(Answer::status(429).header("retry-after", "120")).await.expect_err("429");
    assert_eq!((failure.kind, failure.retry_after), (FailureKind::Throttled, Some(Duration::from_secs(120))));
    let date = "Sun, 22 Nov 2026 10:10:00 GMT";
    let failure = answered(Answer::status(503).header("retry-after", date)).await.expect_err("503");
    assert_eq!((failure.kind, failure.retry_after), (FailureKind::Server, Some(Duration::from_secs(600))));
    assert_eq!(kind_of(Answer::status(403).header("retry-after", "9")).await, FailureKind::Throttled);
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_failure_to_connect() {
    assert_eq!(kind_of(Answer::status(200).hangup()).await, FailureKind::Connect);
    assert_eq!(kind_of(rss(feed(&["a"])).reset_after(20)).await, FailureKind::CutOff);
    assert_eq!(kind_of(rss(feed(&["a"])).announcing(90_000)).await, FailureKind::CutOff, "shorter than announced");
    assert_eq!(kind_of(Answer::raw("SSH-2.0-OpenSSH\r\n")).await, FailureKind::Connect, "another protocol");
    let closed = source(Url::parse("http://127.0.0.1:1/").expect("an address"));
    assert_eq!(poll_source(&closed, &SourceState::default()).await.expect_err("a closed port").kind, FailureKind::Connect);
}

/// Some servers announce a wrong length, or lose every long answer at the same place: what they say must be heard all the same.
#[tokio::test]
async fn an_answer_that_breaks_off_is_kept_as_far_as_it_is_whole_where_the_next_would_break_off_too() {
    let text = feed(&["a", "b", "c"]);
    let chunked = format!("{:x}\r\n{text}\r\n7ffff\r\n<item>", text.len());
    let answers = [
        rss(text.clone()).announcing(text.len() + 1).etag("\"v1\""),
        rss(text.clone()).announcing(90_000).etag("\"v1\""),
        Answer::raw(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\netag: \"v1\"\r\n\r\n{chunked}")),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let site = Site::start().await;
        site.serve("/feed.xml", answer);
        let source = source(site.url("/feed.xml"));
        let once = poll_source(&source, &SourceState::default()).await.expect_err("the first one is asked for again");
        assert_eq!(once.kind, FailureKind::CutOff, "{number}");
        let again =
            [SourceState { failures: 1, ..SourceState::default() }, SourceState { last_success_at: Some(NOW), ..SourceState::default() }];
        for state in again {
            let Ok(Polled::Items(document)) = poll_source(&source, &state).await else { panic!("{number}: items expected") };
            assert_eq!((document.found.len(), document.etag), (3, None), "{number}: a later 304 must not hide the rest");
            assert!(document.degraded.is_some_and(|degraded| degraded.contains("cut off")), "{number}");
        }
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_a_failure_of_dns() {
    let nowhere = source(Url::parse("http://no-such-host.invalid/feed").expect("an address"));
    assert_eq!(poll_source(&nowhere, &SourceState::default()).await.expect_err("no such host").kind, FailureKind::Dns);
}

#[tokio::test]
async fn a_slow_server_ends_at_the_timeout() {
    assert_eq!(kind_of(Answer::status(200).silent_for(Duration::from_secs(30))).await, FailureKind::Timeout);
    assert_eq!(kind_of(rss(feed(&["a"])).drip(Duration::from_millis(200))).await, FailureKind::Timeout);
}

#[tokio::test]
async fn an_endless_or_huge_body_is_cut_off() {
    assert_eq!(kind_of(rss(vec![b'x'; 4096]).endless()).await, FailureKind::TooBig);
    assert_eq!(kind_of(rss(vec![b' '; 300_000])).await, FailureKind::TooBig);
    assert_eq!(kind_of(rss("x").announcing(10_000_000_000)).await, FailureKind::TooBig, "told before it is read");
}

#[tokio::test]
async fn compression_is_bounded_and_checked() {
    assert_eq!(titles(rss(feed(&["a", "b"])).gzip()).await, ["a", "b"]);
    assert_eq!(kind_of(rss(vec![0; 50_000_000]).gzip()).await, FailureKind::TooBig, "a bomb of 50 kB");
    assert_eq!(kind_of(rss(feed(&["a", "b"])).gzip().cut(usize::MAX)).await, FailureKind::Empty, "nothing at all");
    assert_eq!(kind_of(rss("x").header("content-encoding", "zstd")).await, FailureKind::Encoding);
    assert_eq!(titles(rss(feed(&["a"])).header("content-encoding", "gzip")).await, ["a"], "the label lies");
}

#[tokio::test]
async fn redirects_are_followed_within_limits() {
    let site = Site::start().await;
    site.serve("/feed.xml", rss(feed(&["a"])));
    for status in [301, 302, 303, 307, 308] {
        site.serve("/moved", Answer::redirect(status, "/feed.xml"));
        let polled = poll_source(&source(site.url("/moved")), &SourceState::default()).await;
        assert!(matches!(polled, Ok(Polled::Items(_))), "{status}: {polled:?}");
    }
    let kind = async |location: &str| {
        site.serve("/moved", Answer::redirect(302, location));
        poll_source(&source(site.url("/moved")), &SourceState::default()).await.expect_err(location).kind
    };
    site.serve("/other", Answer::redirect(302, "/moved"));
    assert_eq!(kind("/other").await, FailureKind::Redirect, "a loop");
    assert!(site.requests("/other").len() <= 5, "a loop is bounded");
    assert_eq!(kind("/moved").await, FailureKind::Redirect, "to itself");
    assert_eq!(kind("file:///etc/passwd").await, FailureKind::Redirect);
    assert_eq!(kind("gopher://127.0.0.1/").await, FailureKind::Redirect);
    assert_eq!(kind("http://").await, FailureKind::Redirect);
}

#[tokio::test]
async fn a_redirect_into_the_private_network_is_refused() {
    let site = Site::start().await;
    let inside = [
        "http://127.0.0.2/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[fc00::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://0.0.0.0/",
        "http://100.64.0.1/",
        "http://2130706434/",
        "http://[64:ff9b::a00:1]/",
    ];
    for address in inside {
        site.serve("/moved", Answer::redirect(302, address));
        let failure = poll_source(&source(site.url("/moved")), &SourceState::default()).await.expect_err(address);
        assert_eq!(failure.kind, FailureKind::PrivateAddress, "{address}");
    }
}

#[tokio::test]
async fn a_private_address_is_refused_unless_it_is_listed() {
    let site = Site::start().await;
    for url in [site.url("/feed.xml"), Url::parse(&format!("http://localhost:{}/", site.address().port())).expect("an address")] {
        let refused = poll(&outbound(false), &RobotsCache::default(), &source(url), &options(), &SourceState::default(), NOW).await;
        assert_eq!(refused.expect_err("private").kind, FailureKind::PrivateAddress);
    }
    assert_eq!(site.request_count(), 0, "nothing was sent");
}

#[tokio::test]
async fn credentials_do_not_travel_to_another_host() {
    let (own, other) = (Site::start().await, Site::start().await);
    own.serve("/feed.xml", Answer::redirect(302, other.url("/feed.xml").as_str()));
    other.serve("/feed.xml", rss(feed(&["a"])));
    poll_source(&source(own.url("/feed.xml")), &SourceState::default()).await.expect("a feed");
    assert_eq!(own.requests("/feed.xml")[0].header("authorization"), Some("Bearer very-secret"));
    let carried = &other.requests("/feed.xml")[0];
    assert_eq!((carried.method.as_str(), carried.header("authorization"), carried.body.len()), ("GET", None, 0));
    assert_eq!(other.requests("/feed.xml")[0].header("user-agent"), Some("Hearken/test (+mailto:ops@shop.example)"));
}

#[tokio::test]
async fn an_unchanged_document_is_not_read_again() {
    let site = Site::start().await;
    site.serve("/feed.xml", rss(feed(&["a"])).etag("\"v1\"").header("cache-control", "max-age=600"));
    let source = source(site.url("/feed.xml"));
    let Ok(Polled::Items(first)) = poll_source(&source, &SourceState::default()).await else { panic!("a feed") };
    let state = SourceState { etag: first.etag, ..SourceState::default() };
    let second = poll_source(&source, &state).await;
    assert_eq!(second, Ok(Polled::Unchanged { max_age: Some(Duration::from_secs(600)) }));
    assert_eq!(site.requests("/feed.xml")[1].header("if-none-match"), Some("\"v1\""));
    let state = SourceState { body_hash: first.body_hash, ..SourceState::default() };
    assert!(matches!(poll_source(&source, &state).await, Ok(Polled::Unchanged { .. })), "the same bytes without a validator");
    let state = SourceState { etag: Some("\"v0\"".into()), ..state };
    for fresh in ["\"v2\"", "W/\"v3\"", "no quotes", ""] {
        site.serve("/feed.xml", rss(feed(&["a"])).etag(fresh));
        let polled = poll_source(&source, &state).await;
        assert!(matches!(polled, Ok(Polled::Unchanged { .. })), "the same bytes under another tag, {fresh:?}: {polled:?}");
    }
}

#[tokio::test]
async fn validators_that_are_nonsense_do_no_harm() {
    let document = document_of(rss(feed(&["a"])).header("etag", &"x".repeat(5_000)).header("last-modified", "yesterday")).await;
    assert_eq!((document.etag, document.last_modified.as_deref()), (None, Some("yesterday")));
    let site = Site::start().await;
    site.serve("/feed.xml", rss(feed(&["a"])));
    let state = SourceState { etag: Some("bad\netag".into()), ..SourceState::default() };
    assert!(matches!(poll_source(&source(site.url("/feed.xml")), &state).await, Ok(Polled::Items(_))));
    assert_eq!(kind_of(Answer::status(304)).await, FailureKind::Server, "304 to a request without conditions");
}

#[tokio::test]
async fn a_robots_txt_that_failed_is_asked_for_with_the_next_poll() {
    let site = Site::start().await;
    site.serve("/feed.xml", rss(feed(&["a"])));
    site.serve_in_turn("/robots.txt", vec![Answer::status(500), Answer::status(404)]);
    let (polite, robots) = (SourceOptions { ignore_robots: false, ..source(site.url("/feed.xml")) }, RobotsCache::default());
    let ask = async || poll(&outbound(true), &robots, &polite, &options(), &SourceState::default(), NOW).await;
    let failure = ask().await.expect_err("a failure");
    assert_eq!(failure.kind, FailureKind::Server);
    assert!(failure.detail.contains("the server answered 500: its robots.txt cannot be read"), "{failure:?}");
    assert_eq!((site.requests("/feed.xml").len(), ask().await.is_ok()), (0, true));
}

#[tokio::test]
async fn robots_txt_is_obeyed() {
    let site = Site::start().await;
    site.serve("/feed.xml", rss(feed(&["a"])));
    let polite = SourceOptions { ignore_robots: false, ..source(site.url("/feed.xml")) };
    let kind = async || poll_source(&polite, &SourceState::default()).await.err().map(|failure| failure.kind);
    assert_eq!(kind().await, None, "no robots.txt allows");
    site.serve("/robots.txt", Answer::ok("text/plain", "User-agent: *\nDisallow: /feed"));
    assert_eq!(kind().await, Some(FailureKind::Robots));
    site.serve("/robots.txt", Answer::ok("text/plain", "User-agent: hearken\nAllow: /\n\nUser-agent: *\nDisallow: /"));
    assert_eq!(kind().await, None, "our own group");
    site.serve("/robots.txt", Answer::status(503));
    assert_eq!(kind().await, Some(FailureKind::Server), "a broken server is one, and says nothing of this address");
    site.serve("/robots.txt", Answer::ok("text/plain", vec![b'#'; 4096]).endless());
    assert_eq!(kind().await, None, "only the beginning of an endless one is read");
    assert_eq!(site.requests("/feed.xml").len(), 3);
    assert!(site.most_connections() <= 4, "one connection for each of the polls");
    assert!(site.requests("/robots.txt").iter().all(|request| request.header("authorization").is_none()));
}

#[tokio::test]
async fn robots_txt_is_obeyed_at_each_step_of_a_redirect() {
    let (site, other) = (Site::start().await, Site::start().await);
    let polite = SourceOptions { ignore_robots: false, ..source(site.url("/feed.xml")) };
    let polled = async || poll_source(&polite, &SourceState::default()).await;
    site.serve("/robots.txt", Answer::ok("text/plain", "User-agent: *\nDisallow: /private"));
    site.serve("/private/feed.xml", rss(feed(&["a"])));
    site.serve("/feed.xml", Answer::status(302).header("location", "/private/feed.xml?token=secret"));
    let failure = polled().await.expect_err("it is forbidden");
    assert_eq!(failure.kind, FailureKind::Robots);
    assert!(failure.detail.ends_with("/private/feed.xml, where the address redirects to"), "{failure}");
    assert_eq!(site.requests("/private/feed.xml").len(), 0, "nothing is asked there");

    site.serve("/feed.xml", Answer::status(301).header("location", other.url("/feed.xml").as_str()));
    other.serve("/robots.txt", Answer::ok("text/plain", "User-agent: *\nDisallow: /"));
    other.serve("/feed.xml", rss(feed(&["a"])));
    assert_eq!(polled().await.expect_err("it is forbidden there").kind, FailureKind::Robots);
    assert_eq!(other.requests("/feed.xml").len(), 0);
    other.serve("/robots.txt", Answer::status(404));
    assert!(polled().await.is_ok(), "what is allowed is followed");
}

#[tokio::test]
async fn robots_txt_is_remembered() {
    let site = Site::start().await;
    site.serve("/feed.xml", rss(feed(&["a"])));
    let polite = SourceOptions { ignore_robots: false, ..source(site.url("/feed.xml")) };
    let robots = RobotsCache::default();
    let ask = async |now: Moment| poll(&outbound(true), &robots, &polite, &options(), &SourceState::default(), now).await.expect("a feed");
    ask(NOW).await;
    ask(NOW.plus(Duration::from_secs(3600))).await;
    assert_eq!(site.requests("/robots.txt").len(), 1);
    ask(NOW.plus(Duration::from_secs(25 * 3600))).await;
    assert_eq!(site.requests("/robots.txt").len(), 2, "a day later it is asked again");
}
