//! Faults of the wire itself: TLS, lengths, chunks, old protocols, streams that end too early, long ways round.

use std::time::Duration;

use hearken::collect::poll::{Polled, poll};
use hearken::collect::robots::RobotsCache;
use hearken::collect::source::SourceOptions;
use hearken::model::{FailureKind, SourceState};
use hearken::outbound::{Outbound, OutboundOptions};

use super::{NOW, TIMEOUT, answered, document_of, feed, kind_of, options, outbound, poll_source, rss, source, titles};
use crate::world::site::{Answer, Site};
use crate::world::tls::{Authority, ServerCertificate};

/// Many items whose compressed form does not shrink to nothing.
fn long_feed() -> String {
    let texts: Vec<String> = (0..400_u64).map(|n| format!("review {n} {:x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
    feed(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn raw(head: &str, body: &str) -> Answer {
    Answer::raw(format!("{head}\r\ncontent-type: application/rss+xml\r\n\r\n{body}"))
}

#[tokio::test]
async fn a_certificate_that_is_not_right_is_a_failure_of_tls() {
    hearken::outbound::install_crypto();
    let authority = Authority::new();
    let options_of = OutboundOptions {
        user_agent: "Hearken/test".into(),
        contact: None,
        allow_private: vec!["127.0.0.0/8".parse().expect("a network")],
        ca_file: Some(authority.ca_file()),
        timeout: TIMEOUT,
    };
    let outbound = Outbound::new(&options_of).expect("a client");
    for (certificate, kind) in [
        (ServerCertificate::Good, None),
        (ServerCertificate::Expired, Some(FailureKind::Tls)),
        (ServerCertificate::WrongName, Some(FailureKind::Tls)),
        (ServerCertificate::SelfSigned, Some(FailureKind::Tls)),
    ] {
        let site = Site::start_tls((*authority.server(certificate)).clone()).await;
        site.serve("/feed.xml", rss(feed(&["a"])));
        let source = source(site.url("/feed.xml"));
        let polled = poll(&outbound, &RobotsCache::default(), &source, &options(), &SourceState::default(), NOW).await;
        assert_eq!(polled.as_ref().err().map(|failure| failure.kind), kind, "{certificate:?}: {polled:?}");
        assert_eq!(
            site.request_count(),
            usize::from(kind.is_none()),
            "{certificate:?}: nothing is sent over a connection that is not trusted"
        );
    }
}

#[tokio::test]
async fn a_stream_that_ends_too_early_keeps_what_was_whole() {
    let whole = document_of(rss(long_feed()).gzip().etag("\"v1\"").header("last-modified", "Sun, 22 Nov 2026 10:10:00 GMT")).await;
    assert_eq!((whole.found.len(), whole.degraded), (400, None));
    let cut = document_of(rss(long_feed()).gzip().cut(1_500).etag("\"v1\"").header("last-modified", "Sun, 22 Nov 2026 10:10:00 GMT")).await;
    assert!((100..400).contains(&cut.found.len()), "{} items", cut.found.len());
    assert!(cut.degraded.is_some_and(|degraded| degraded.contains("cut off")));
    assert_eq!((cut.etag, cut.last_modified), (None, None), "a later 304 must not hide the rest");
    assert!(
        whole.found.iter().take(100).all(|item| cut.found.iter().any(|kept| kept.identity == item.identity)),
        "items are what they were"
    );
    let bare = answered(rss(long_feed()).gzip().cut(1_000_000)).await;
    assert!(bare.is_err(), "nothing whole is no feed: {bare:?}");
}

#[tokio::test]
async fn bombs_of_every_make_stay_within_bounds() {
    // 64 MiB of zeros in 53 bytes.
    let brotli = [
        0xcf, 0xff, 0xff, 0x7f, 0xf8, 0x27, 0x00, 0xe2, 0xb1, 0x40, 0x20, 0xf7, 0xfe, 0x9f, 0xff, 0xff, 0xff, 0xf0, 0x4f, 0x00, 0xc4, 0x61,
        0x01, 0x80, 0xee, 0xfd, 0x3f, 0xff, 0xff, 0xff, 0xe1, 0x9f, 0x00, 0x88, 0xc3, 0x22, 0x00, 0xdd, 0xfb, 0xff, 0xfc, 0xff, 0xfc, 0x73,
        0xf0, 0x11, 0x08, 0x70, 0x50, 0x0b, 0xaf, 0x7f, 0xf0,
    ];
    assert_eq!(kind_of(rss(brotli).header("content-encoding", "br")).await, FailureKind::TooBig);
    // A frame of 512 blocks, each of which says "this byte 131,072 times" (RFC 8878, 3.1.1.2). Never asked for, never opened.
    let blocks = (0..512_u32).flat_map(|n| {
        let head = u32::from(n == 511) | (1 << 1) | (131_072 << 3);
        [head.to_le_bytes()[0], head.to_le_bytes()[1], head.to_le_bytes()[2], b' ']
    });
    let zstd: Vec<u8> = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38].into_iter().chain(blocks).collect();
    assert_eq!(kind_of(rss(zstd).header("content-encoding", "zstd")).await, FailureKind::Encoding);
    assert_eq!(kind_of(rss(vec![b' '; 5_000_000]).gzip().gzip()).await, FailureKind::TooBig, "packed twice");
    assert_eq!(kind_of(rss("x").header("content-encoding", "gzip, gzip, gzip, gzip, br")).await, FailureKind::Encoding, "packed too often");
}

#[tokio::test]
async fn a_length_that_is_wrong_is_noticed_or_does_no_harm() {
    let text = long_feed();
    let short = document_of(rss(text.clone()).announcing(text.len() / 2)).await;
    assert!((100..400).contains(&short.found.len()), "what was announced is read: {} items", short.found.len());
    assert!(short.degraded.is_some());
    assert_eq!(kind_of(rss(text.clone()).announcing(text.len() + 1)).await, FailureKind::CutOff, "one byte is missing");
    assert_eq!(kind_of(raw("HTTP/1.1 200 OK\r\ncontent-length: -5", "x")).await, FailureKind::Connect);
    assert_eq!(kind_of(raw("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 7", "abcdefg")).await, FailureKind::Connect);

    // What is left over after a short length is no answer to the next request on that connection.
    let site = Site::start().await;
    let (outbound, robots) = (outbound(true), RobotsCache::default());
    let feed_source = source(site.url("/feed.xml"));
    for round in 0..3 {
        let answer = if round == 1 { rss(text.clone()).announcing(text.len() / 2) } else { rss(feed(&["a", "b"])) };
        site.serve("/feed.xml", answer);
        let polled = poll(&outbound, &robots, &feed_source, &options(), &SourceState::default(), NOW).await;
        let Ok(Polled::Items(document)) = polled else { panic!("round {round}: {polled:?}") };
        assert_eq!(document.found.len() == 2, round != 1, "round {round}: {} items", document.found.len());
    }
}

#[tokio::test]
async fn chunks_are_read_and_garbage_between_them_ends_the_poll() {
    let text = feed(&["a", "b"]);
    let chunked = |chunks: &str| raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked", chunks);
    let (first, second) = text.split_at(30);
    let good = format!("{:x};name=value\r\n{first}\r\n{:X}\r\n{second}\r\n0\r\ntrailer: x\r\n\r\n", first.len(), second.len());
    assert_eq!(titles(chunked(&good)).await, ["a", "b"]);
    for (garbage, why) in [
        (format!("{:x}\r\n{first}\r\nzz\r\n{second}\r\n0\r\n\r\n", first.len()), "no number"),
        (format!("{:x}\r\n{first}\r\n", first.len()), "no end"),
        (format!("{:x}\r\n{first}XX{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len()), "no line end"),
        ("fffffffffffffffff\r\nx".to_owned(), "a size beyond all numbers"),
        ("7fffffffffffffff\r\nx".to_owned(), "a size that never comes"),
    ] {
        assert_eq!(kind_of(chunked(&garbage)).await, FailureKind::CutOff, "{why}");
    }
}

#[tokio::test]
async fn old_and_bare_answers_are_read() {
    let text = feed(&["a"]);
    assert_eq!(titles(raw("HTTP/1.0 200 OK", &text)).await, ["a"], "the end of the connection is the end of the answer");
    assert_eq!(titles(raw("HTTP/1.1 200 OK\r\nconnection: close", &text)).await, ["a"]);
    assert_eq!(titles(raw("HTTP/1.1 200 ", &text)).await, ["a"], "no reason");
    let many = (0..300).map(|n| format!("x-{n}: y\r\n")).collect::<String>();
    assert_eq!(kind_of(raw(&format!("HTTP/1.1 200 OK\r\n{}", many.trim_end()), &text)).await, FailureKind::Connect, "300 headers");
    assert_eq!(kind_of(Answer::status(204)).await, FailureKind::Empty, "an empty answer is no empty feed");
    assert_eq!(kind_of(rss("")).await, FailureKind::Empty, "the same with 200");
    assert_eq!(
        kind_of(Answer::raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n")).await,
        FailureKind::Server
    );
}

#[tokio::test]
async fn a_way_round_is_followed_to_its_limit_and_no_further() {
    let site = Site::start().await;
    site.serve("/end", rss(feed(&["a"])));
    for hops in [5_usize, 6] {
        for hop in 0..hops {
            let next = if hop + 1 == hops { "/end".to_owned() } else { format!("/{hops}/{}", hop + 1) };
            site.serve(&format!("/{hops}/{hop}"), Answer::redirect(302, &next));
        }
        let polled = poll_source(&source(site.url(&format!("/{hops}/0"))), &SourceState::default()).await;
        assert_eq!(polled.err().map(|failure| failure.kind), (hops > 5).then_some(FailureKind::Redirect), "{hops} hops");
    }
    site.serve("/nowhere", Answer::status(302));
    assert_eq!(
        poll_source(&source(site.url("/nowhere")), &SourceState::default()).await.expect_err("no address").kind,
        FailureKind::Redirect
    );
}

#[tokio::test]
async fn who_answered_is_known_of_a_wait_that_was_asked_for() {
    let (own, other) = (Site::start().await, Site::start().await);
    own.serve("/feed.xml", Answer::redirect(302, other.url("/busy").as_str()));
    for (said, wait) in [("60", Some(60)), ("soon", None), ("-5", None), ("Sun, 22 Nov 2020 10:10:00 GMT", Some(0))] {
        other.serve("/busy", Answer::status(429).header("retry-after", said));
        let failure = poll_source(&source(own.url("/feed.xml")), &SourceState::default()).await.expect_err("429");
        assert_eq!((failure.kind, failure.retry_after), (FailureKind::Throttled, wait.map(Duration::from_secs)), "{said}");
        assert_eq!(failure.asked_by, Some(Box::new(other.url("/busy"))), "it is the other host that asks for patience");
    }
}

#[tokio::test]
async fn robots_txt_is_asked_for_with_its_validators_and_an_old_copy_holds_on() {
    let site = Site::start().await;
    site.serve("/feed.xml", rss(feed(&["a"])));
    site.serve(
        "/robots.txt",
        Answer::ok("text/plain", "User-agent: *\nDisallow: /private\nCrawl-delay: 7")
            .etag("\"r1\"")
            .header("cache-control", "max-age=7200"),
    );
    let (outbound, robots) = (outbound(true), RobotsCache::default());
    let ask = async |path: &str, hours: u64| {
        let source = SourceOptions { ignore_robots: false, ..source(site.url(path)) };
        let now = NOW.plus(Duration::from_secs(hours * 3_600));
        poll(&outbound, &robots, &source, &options(), &SourceState::default(), now).await.err().map(|failure| failure.kind)
    };
    assert_eq!(ask("/feed.xml", 0).await, None);
    assert_eq!(robots.delay(&site.url("/")), Some(Duration::from_secs(7)));
    assert_eq!(ask("/feed.xml", 1).await, None);
    assert_eq!(site.requests("/robots.txt").len(), 1, "it holds as long as it says");
    assert_eq!(ask("/private", 3).await, Some(FailureKind::Robots));
    let again = &site.requests("/robots.txt")[1];
    assert_eq!(again.header("if-none-match"), Some("\"r1\""), "and is asked for with its validator");
    for trouble in [Answer::status(503), Answer::status(500), Answer::status(200).hangup()] {
        site.serve("/robots.txt", trouble);
        let before = site.requests("/robots.txt").len();
        assert_eq!((ask("/feed.xml", 30).await, ask("/private", 30).await), (None, Some(FailureKind::Robots)), "the old copy holds on");
        assert!(site.requests("/robots.txt").len() <= before + 1, "a server in trouble is not asked each time");
    }
    assert_eq!(ask("/private", 24 * 40).await, Some(FailureKind::Connect), "but not for ever");
    site.serve("/robots.txt", Answer::status(404));
    assert_eq!(ask("/private", 24 * 41).await, Some(FailureKind::NotFound), "the file is gone, the page may be asked for");
}

#[tokio::test]
async fn a_robots_txt_that_cannot_be_read_blinds_nobody_who_read_it_once_and_is_asked_again_by_who_did_not() {
    let site = Site::start().await;
    site.serve("/feed.xml", rss(feed(&["a"])));
    let polite = SourceOptions { ignore_robots: false, ..source(site.url("/feed.xml")) };
    let (outbound, first) = (outbound(true), RobotsCache::default());
    let ask = async |robots: &RobotsCache, minutes: u64| {
        let now = NOW.plus(Duration::from_secs(minutes * 60));
        poll(&outbound, robots, &polite, &options(), &SourceState::default(), now).await.err()
    };
    for status in [500, 503, 502] {
        site.serve("/robots.txt", Answer::status(status));
        let failure = ask(&first, 0).await.unwrap_or_else(|| panic!("{status} says nothing"));
        assert_eq!((failure.kind, failure.status), (FailureKind::Server, Some(status)));
        assert!(failure.detail.contains("robots.txt cannot be read") && !failure.detail.contains("forbids"), "{}", failure.detail);
    }
    assert_eq!(
        (site.requests("/robots.txt").len(), site.requests("/feed.xml").len()),
        (3, 0),
        "asked again each time, and nothing else is"
    );
    site.serve("/robots.txt", Answer::status(404));
    assert!(ask(&first, 1).await.is_none(), "as soon as it can be read the source can be");
    let kept = first.unkept(outbound.product());
    assert_eq!((kept.len(), first.unkept(outbound.product()).len()), (1, 0), "there is no file: that is known, and told once");
    site.serve("/robots.txt", Answer::status(500));
    assert!(ask(&first, 60 * 30).await.is_none(), "a day later it still is");
    let restarted = RobotsCache::default();
    restarted.recall(kept.clone(), outbound.product());
    let before = site.requests("/robots.txt").len();
    assert!(ask(&restarted, 2).await.is_none(), "and after a restart");
    assert_eq!(site.requests("/robots.txt").len(), before + 1, "which asks anew");
    let late = RobotsCache::default();
    late.recall(kept, outbound.product());
    assert_eq!(ask(&late, 60 * 24 * 31).await.map(|failure| failure.kind), Some(FailureKind::Server), "not for ever");
}

#[tokio::test]
async fn robots_txt_behind_redirects_and_with_a_name_of_our_own() {
    let site = Site::start().await;
    site.serve("/feed.xml", rss(feed(&["a"])));
    site.serve("/robots.txt", Answer::redirect(301, "/r/1"));
    for hop in 1..5 {
        site.serve(&format!("/r/{hop}"), Answer::redirect(302, &format!("/r/{}", hop + 1)));
    }
    site.serve("/r/5", Answer::ok("text/plain", "User-agent: TeaWatch\nDisallow: /feed"));
    let named = |user_agent: &str| {
        let allow_private = vec!["127.0.0.1/32".parse().expect("a network")];
        let options = OutboundOptions { user_agent: user_agent.into(), contact: None, allow_private, ca_file: None, timeout: TIMEOUT };
        Outbound::new(&options).expect("a client")
    };
    let polite = SourceOptions { ignore_robots: false, ..source(site.url("/feed.xml")) };
    for (user_agent, kind) in [("TeaWatch/2.0", Some(FailureKind::Robots)), ("Hearken/test", None)] {
        let polled = poll(&named(user_agent), &RobotsCache::default(), &polite, &options(), &SourceState::default(), NOW).await;
        assert_eq!(polled.err().map(|failure| failure.kind), kind, "{user_agent}");
    }
}
