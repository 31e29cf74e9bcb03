//! What servers do wrong, and what a poll makes of it: the kind of each failure, and that it ends in bounds.

use std::time::{Duration, Instant};

use hearken::collect::fetch::FetchFailure;
use hearken::collect::poll::{Document, Polled, poll};
use hearken::collect::robots::RobotsCache;
use hearken::collect::source::{CollectOptions, PageSelectors, SourceKind, SourceOptions};
use hearken::model::{FailureKind, Moment, Secret, SourceState};
use hearken::outbound::{Outbound, OutboundOptions};
use jiff::tz::TimeZone;
use url::Url;

use crate::world::site::{Answer, Site};

const NOW: Moment = Moment::from_secs(1_795_341_600);

/// No poll of these tests may take longer, whatever the site does.
const PATIENCE: Duration = Duration::from_secs(4);

const TIMEOUT: Duration = Duration::from_millis(1500);

fn outbound(allow_loopback: bool) -> Outbound {
    let allow_private = if allow_loopback { vec!["127.0.0.1/32".parse().expect("a network")] } else { Vec::new() };
    let options = OutboundOptions {
        user_agent: "Hearken/test".into(),
        contact: Some("mailto:ops@shop.example".into()),
        allow_private,
        ca_file: None,
        timeout: TIMEOUT,
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
    }
}

fn source(url: Url) -> SourceOptions {
    SourceOptions {
        name: "shop".into(),
        kind: SourceKind::Feed,
        url,
        interval: Duration::from_secs(900),
        brand: None,
        language: None,
        timezone: TimeZone::UTC,
        headers: vec![("authorization".into(), Secret::new("Bearer very-secret"))],
        ignore_robots: true,
        silent_after: None,
        rating_max: None,
    }
}

fn page_source(url: Url) -> SourceOptions {
    let selectors = PageSelectors {
        container: Some("#reviews".into()),
        item: ".review".into(),
        next: Some("a.next".into()),
        pages: 4,
        ..PageSelectors::default()
    };
    SourceOptions { kind: SourceKind::Page(selectors), ..source(url) }
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
        assert!(!failure.kind.next_step().is_empty());
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
        Ok(Polled::Items(document)) => document,
        other => panic!("items expected, not {other:?}"),
    }
}

async fn titles(answer: Answer) -> Vec<String> {
    document_of(answer).await.found.into_iter().filter_map(|found| found.item.title).collect()
}

fn rss(body: impl Into<Vec<u8>>) -> Answer {
    Answer::ok("application/rss+xml", body)
}

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
    assert_eq!((failure.kind, failure.retry_after), (FailureKind::Throttled, Some(Duration::from_secs(600))));
    assert_eq!(kind_of(Answer::status(403).header("retry-after", "9")).await, FailureKind::Throttled);
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_failure_to_connect() {
    assert_eq!(kind_of(Answer::status(200).hangup()).await, FailureKind::Connect);
    assert_eq!(kind_of(rss(feed(&["a"])).reset_after(20)).await, FailureKind::Connect);
    assert_eq!(kind_of(rss(feed(&["a"])).announcing(90_000)).await, FailureKind::Connect, "shorter than announced");
    assert_eq!(kind_of(Answer::raw("SSH-2.0-OpenSSH\r\n")).await, FailureKind::Connect, "another protocol");
    let closed = source(Url::parse("http://127.0.0.1:1/").expect("an address"));
    assert_eq!(poll_source(&closed, &SourceState::default()).await.expect_err("a closed port").kind, FailureKind::Connect);
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
    assert_eq!(kind_of(rss(feed(&["a", "b"])).gzip().cut(12)).await, FailureKind::Encoding, "cut off");
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
async fn pages_in_place_of_a_feed_have_their_kind() {
    let html = |body: &str| Answer::ok("text/html", body);
    assert_eq!(kind_of(html("<!doctype html><title>登入</title><form><input type=password></form>")).await, FailureKind::LoginPage);
    assert_eq!(kind_of(html("<html><title>Just a moment...</title></html>")).await, FailureKind::Blocked);
    assert_eq!(kind_of(html("<html><div class=g-recaptcha></div></html>")).await, FailureKind::Blocked);
    assert_eq!(kind_of(html("<html><title>Welcome</title></html>")).await, FailureKind::NotAFeed);
    assert_eq!(kind_of(rss("")).await, FailureKind::Empty);
    assert_eq!(kind_of(Answer::status(204)).await, FailureKind::Empty);
    assert_eq!(kind_of(Answer::ok("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec())).await, FailureKind::NotAFeed);
}

#[tokio::test]
async fn entity_bombs_and_foreign_entities_are_text() {
    let levels: String = (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    let text = format!(
        "<!DOCTYPE rss [<!ENTITY l0 \"lol\">{levels}]><rss version=\"2.0\"><channel><item><title>&l9;</title></item></channel></rss>"
    );
    assert_eq!(titles(rss(text)).await, ["&l9;"]);
    let text = "<!DOCTYPE rss SYSTEM \"http://127.0.0.1:1/x.dtd\" [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\
                <rss version=\"2.0\"><channel><item><title>&x;</title></item></channel></rss>";
    assert_eq!(titles(rss(text)).await, ["&x;"]);
}

#[tokio::test]
async fn deep_and_wide_documents_end_quickly() {
    assert_eq!(kind_of(rss("<a>".repeat(60_000))).await, FailureKind::TooBig);
    let deep = format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry>{}", "<x>".repeat(50_000));
    assert_eq!(kind_of(rss(deep)).await, FailureKind::TooBig);
    let text = format!("<rss version=\"2.0\"><channel><item><title>{}</title></item></channel></rss>", "長".repeat(60_000));
    assert!(titles(rss(text)).await[0].len() <= 1024, "one text of 180 kB");
    let many: Vec<String> = (0..3_000).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(titles(rss(feed(&many))).await.len(), 500, "the limit of items");
}

#[tokio::test]
async fn charsets_are_settled_by_the_bytes() {
    let text = feed(&["物流太慢了", "客服不理人"]);
    let wanted = ["物流太慢了", "客服不理人"];
    let gb = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let declared = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{text}");
    assert_eq!(titles(Answer::ok("text/xml; charset=gbk", text.clone())).await, wanted, "UTF-8 under a wrong label");
    assert_eq!(titles(Answer::ok("text/xml; charset=utf-8", gb(&declared))).await, wanted, "GBK declared as UTF-8");
    assert_eq!(titles(Answer::ok("text/xml; charset=gb18030", gb(&text))).await, wanted);
    assert_eq!(titles(Answer::ok("text/xml", wide(&declared))).await, wanted, "UTF-16 without a mark, declared UTF-8");
    assert_eq!(titles(Answer::ok("text/xml", [vec![0xff, 0xfe], wide(&text)].concat())).await, wanted);
    let late = format!("<!-- a long comment -->\n\n<?xml version=\"1.0\" encoding=\"koi8-r\"?>{text}");
    assert_eq!(titles(rss(late)).await, wanted, "a late declaration of another charset");
}

#[tokio::test]
async fn control_characters_and_bare_ampersands_are_repaired() {
    let text = "\0<rss version=\"2.0\"><channel><item><title>Q\u{1}&A \u{0}&nbsp;&copy; &#xFFFF;</title></item></channel></rss>\0\0";
    assert_eq!(titles(rss(text)).await.len(), 1);
    let json = r#"{"version": "http://jsonfeed.org/version/1", "items": [{"id": 1, "title": "half \ud83d"}]}"#;
    assert_eq!(titles(Answer::ok("application/feed+json", json)).await, ["half \u{fffd}"]);
}

#[tokio::test]
async fn a_cut_off_feed_keeps_its_whole_items() {
    let whole = feed(&["a", "b", "c"]);
    let document = document_of(rss(whole[..whole.len() - 40].to_owned())).await;
    assert_eq!(document.found.len(), 2);
    assert!(document.degraded.is_some(), "and says so");
}

#[tokio::test]
async fn entries_nobody_can_read_are_an_alarm() {
    assert_eq!(kind_of(rss("<rss version=\"2.0\"><channel><item><title>a")).await, FailureKind::Parse);
    let site = Site::start().await;
    site.serve("/feed.xml", rss(feed(&[])));
    let source = source(site.url("/feed.xml"));
    assert!(matches!(poll_source(&source, &SourceState::default()).await, Ok(Polled::Items(_))), "empty from the beginning");
    let known = SourceState { last_item_at: Some(NOW), ..SourceState::default() };
    assert_eq!(poll_source(&source, &known).await.expect_err("nothing left").kind, FailureKind::Empty);
}

#[tokio::test]
async fn items_without_an_id_are_the_same_at_the_next_poll() {
    let text = "<rss version=\"2.0\"><channel><item><title>慢</title><description>等了十天</description></item>\
                <item><title>慢</title><description>又等了十天</description></item></channel></rss>";
    let (first, second) = (document_of(rss(text)).await, document_of(rss(format!("{text}\n"))).await);
    let ids = |document: &Document| document.found.iter().map(|found| found.identity).collect::<Vec<_>>();
    assert_eq!(ids(&first), ids(&second));
    assert_ne!(ids(&first)[0], ids(&first)[1]);
}

#[tokio::test]
async fn shared_ids_lose_nothing_and_edits_are_seen() {
    let item = |guid: &str, text: &str| format!("<item><guid isPermaLink=\"false\">{guid}</guid><title>{text}</title></item>");
    let wrap = |items: String| format!("<rss version=\"2.0\"><channel>{items}</channel></rss>");
    let shared = document_of(rss(wrap(item("1", "a") + &item("1", "b")))).await;
    assert_eq!(shared.found.len(), 2, "one id for two reviews");
    let before = document_of(rss(wrap(item("1", "a") + &item("2", "b")))).await.found;
    let after = document_of(rss(wrap(item("2", "b") + &item("1", "a, edited")))).await.found;
    assert_eq!((before[0].identity, before[1].identity), (after[1].identity, after[0].identity), "order does not matter");
    assert_ne!(before[0].fingerprint, after[1].fingerprint);
    assert_eq!(before[1].fingerprint, after[0].fingerprint);
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
    assert_eq!(kind().await, Some(FailureKind::Robots), "a broken server forbids");
    site.serve("/robots.txt", Answer::ok("text/plain", vec![b'#'; 4096]).endless());
    assert_eq!(kind().await, None, "only the beginning of an endless one is read");
    assert_eq!(site.requests("/feed.xml").len(), 3);
    assert!(site.most_connections() <= 4, "one connection for each of the polls");
    assert!(site.requests("/robots.txt").iter().all(|request| request.header("authorization").is_none()));
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

#[tokio::test]
async fn a_rebuilt_page_is_told_from_an_empty_list() {
    let kind = async |body: &str| {
        let site = Site::start().await;
        site.serve("/p", Answer::ok("text/html", body));
        poll_source(&page_source(site.url("/p")), &SourceState::default()).await.map(|_| ()).map_err(|failure| failure.kind)
    };
    assert_eq!(kind("<div id=reviews></div>").await, Ok(()));
    assert_eq!(kind("<div id=ratings><p class=review>x</p></div>").await, Err(FailureKind::Drift));
    assert_eq!(kind("<title>Sign in</title>").await, Err(FailureKind::LoginPage));
    assert_eq!(kind("<script src='/cdn-cgi/challenge-platform/x'></script>").await, Err(FailureKind::Blocked));
    assert_eq!(kind("").await, Err(FailureKind::Empty));
}

#[tokio::test]
async fn bombs_of_html_end_quickly() {
    let fonts: String = (0..4_000).map(|n| format!("<p><font color={n}>")).collect();
    for bomb in ["<div>".repeat(30_000), fonts, "<table>".repeat(8_000), "<b><p></b>".repeat(10_000), "<a><p>".repeat(20_000)] {
        let site = Site::start().await;
        site.serve("/p", Answer::ok("text/html", bomb.clone()));
        let begun = Instant::now();
        let polled = poll_source(&page_source(site.url("/p")), &SourceState::default()).await;
        assert!(polled.is_err() && begun.elapsed() < Duration::from_secs(2), "{}: {:?}", &bomb[..20], begun.elapsed());
    }
}

#[tokio::test]
async fn further_pages_are_read_once_and_only_on_the_same_host() {
    let page = |review: &str, next: &str| {
        Answer::ok("text/html", format!("<div id=reviews><p class=review>{review}</p></div><a class=next href='{next}'>next</a>"))
    };
    let (site, other) = (Site::start().await, Site::start().await);
    site.serve("/p", page("a", "/p2"));
    site.serve("/p2", page("b", "/p"));
    let Ok(Polled::Items(document)) = poll_source(&page_source(site.url("/p")), &SourceState::default()).await else { panic!("pages") };
    assert_eq!(document.found.len(), 2, "a circle of pages ends");
    assert_eq!(site.request_count(), 2);
    site.serve("/p2", page("b", other.url("/p3").as_str()));
    poll_source(&page_source(site.url("/p")), &SourceState::default()).await.expect("pages");
    assert_eq!(other.request_count(), 0, "another host is not followed");
    site.serve("/p2", Answer::status(500));
    let Ok(Polled::Items(document)) = poll_source(&page_source(site.url("/p")), &SourceState::default()).await else { panic!("pages") };
    assert_eq!(document.found.len(), 1, "what was read is kept");
    assert!(document.degraded.is_some());
}
