//! Every preset, read as an operator writes it: its block, the request it sends, and the items of an answer in the service's form.
//!
//! The answers in `tests/fixtures/presets` are invented; each snapshot shows the request and the items as `probe` prints them.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use hearken::collect::poll::{Polled, poll};
use hearken::collect::robots::RobotsCache;
use hearken::collect::source::{CollectOptions, SourceOptions};
use hearken::model::{Moment, SourceState};
use hearken::outbound::{Outbound, OutboundOptions};
use hearken::problem::render;
use hearken::settings::{load, presets};
use serde_json::{Value, json};

use crate::world::plan::write_secret;
use crate::world::site::{Answer, Site};

/// 2026-11-22, 10:00 UTC.
const NOW: Moment = Moment::from_secs(1_795_341_600);
const SECRET: &str = "hunter2-of-the-presets";

/// A preset, what an operator fills in, and the path under which the service answers.
const PRESETS: [(&str, &str, &str); 30] = [
    ("app-store", "app = 1234567890\ncountry = \"tw\"", "/tw/rss/customerreviews/page=1/id=1234567890/sortBy=mostRecent/json"),
    ("bilibili-comments", "video = \"BV1aa4y1a7aa\"", "/bilibili/video/reply/BV1aa4y1a7aa"),
    ("bilibili-search", "word = \"范例茶\"", "/bilibili/vsearch/%E8%8C%83%E4%BE%8B%E8%8C%B6"),
    ("bing-news", "query = '\"範例茶\"'\nmarket = \"zh-TW\"", "/news/search"),
    ("bluesky", "query = '\"Example Tea\" & more'", "/xrpc/app.bsky.feed.searchPosts"),
    ("discourse", "", "/posts.json"),
    ("gdelt", "query = '\"Example Tea\"'", "/api/v2/doc/doc"),
    ("github-discussions", "query = '\"Example Tea\" sort:created'", "/graphql"),
    ("github-issues", "query = '\"Example Tea\" is:issue'", "/search/issues"),
    ("google-alerts", "", "/alerts/feeds/0123/0456"),
    ("google-news", "query = '\"範例茶\"'\nlanguage = \"zh-TW\"\ncountry = \"TW\"\nedition = \"TW:zh-Hant\"", "/rss/search"),
    ("hackernews", "query = '\"Example Tea\"'", "/api/v1/search_by_date"),
    ("lemmy", "query = \"Example Tea\"", "/api/v3/search"),
    ("mastodon-tag", "tag = \"exampletea\"", "/api/v1/timelines/tag/exampletea"),
    ("ptt", "board = \"Drink\"", "/bbs/Drink/index.html"),
    ("ptt-feed", "board = \"Drink\"", "/atom/Drink.xml"),
    ("reddit", "query = '\"Example Tea\" OR exampletea'", "/search"),
    ("reviews-page", "", "/tea/reviews"),
    ("rsshub", "route = \"/v2ex/topics/latest?limit=5\"", "/v2ex/topics/latest"),
    ("stackexchange", "query = \"Example Tea\"", "/2.3/search/excerpts"),
    ("steam-reviews", "app = \"123450\"", "/appreviews/123450"),
    ("tieba", "forum = \"范例茶\"", "/tieba/forum/%E8%8C%83%E4%BE%8B%E8%8C%B6"),
    ("trustpilot", "company = \"0123456789abcdef01234567\"", "/v1/business-units/0123456789abcdef01234567/reviews"),
    ("weibo-search", "word = \"范例茶\"", "/weibo/keyword/%E8%8C%83%E4%BE%8B%E8%8C%B6"),
    ("weibo-user", "user = 1234567890", "/weibo/user/1234567890"),
    ("wordpress-comments", "", "/wp-json/wp/v2/comments"),
    ("xiaohongshu-user", "user = \"0123456789abcdef01234567\"", "/xiaohongshu/user/0123456789abcdef01234567/notes"),
    ("youtube-channel", "uploads = \"UUaaaaaaaaaaaaaaaaaaaaaa\"", "/youtube/v3/playlistItems"),
    ("youtube-comments", "channel = \"UCaaaaaaaaaaaaaaaaaaaaaa\"", "/youtube/v3/commentThreads"),
    ("zhihu-question", "question = 12345678", "/zhihu/question/12345678/created"),
];

/// Keys beside the preset that some want.
fn beside(name: &str) -> &'static str {
    match name {
        "reddit" | "github-discussions" => "headers = { Authorization = { file = \"secret\" } }\n",
        "trustpilot" => "headers = { apikey = { file = \"secret\" } }\n",
        _ => "",
    }
}

const COMPANY: &str = r#"
[company]
name = "Example"
[http]
allow_private = ["127.0.0.0/8"]
[[brand]]
name = "Example Tea"
[[channel]]
name = "mail"
kind = "smtp"
host = "localhost"
tls = "none"
from = "hearken@example.com"
[[department]]
name = "care"
members = [{ name = "Wang", mail = "wang@example.com" }]
channels = ["mail"]
"#;

/// The sources of a configuration with these blocks; every remark about it is a failure.
fn sources(blocks: &str) -> Vec<SourceOptions> {
    let folder = tempfile::tempdir().expect("a folder");
    write_secret(&folder.path().join("secret"), SECRET);
    std::fs::create_dir(folder.path().join("secrets")).expect("a folder");
    for name in ["reddit", "youtube", "trustpilot", "github", "stackexchange"] {
        write_secret(&folder.path().join("secrets").join(name), SECRET);
    }
    let path = folder.path().join("hearken.toml");
    std::fs::write(&path, format!("{COMPANY}{blocks}")).expect("written");
    match load(&path, [], None) {
        Ok(loaded) => {
            assert!(loaded.warnings.is_empty(), "{}", render(&loaded.warnings, false));
            loaded.settings.sources
        }
        Err(problems) => panic!("{}", render(&problems, false)),
    }
}

fn source(name: &str, with: &str, site: &Site) -> SourceOptions {
    let base = match name {
        "reviews-page" => format!("page = \"{}\"", site.url("/tea/reviews?sort=newest")),
        "google-alerts" => format!("feed = \"{}\"", site.url("/alerts/feeds/0123/0456")),
        _ => format!("base = \"{}\"", site.url("/").as_str().trim_end_matches('/')),
    };
    let secret = if name.starts_with("youtube-") { "[source.json]\nparameters = { key = { file = \"secret\" } }\n" } else { "" };
    let block = format!("[[source]]\nname = \"it\"\npreset = \"{name}\"\n{}[source.with]\n{base}\n{with}\n{secret}", beside(name));
    sources(&block).remove(0)
}

fn outbound() -> Outbound {
    let options = OutboundOptions {
        user_agent: "Hearken/test".into(),
        contact: None,
        allow_private: vec!["127.0.0.1/32".parse().expect("a network")],
        ca_file: None,
        timeout: Duration::from_secs(20),
    };
    Outbound::new(&options).expect("a client")
}

fn options() -> CollectOptions {
    CollectOptions { host_gap: Duration::ZERO, ..hearken::settings::defaults().0 }
}

/// The answer of the fixture, by its ending.
fn answer(name: &str) -> Answer {
    let file = |ending: &str| Path::new("tests/fixtures/presets").join(format!("{name}.{ending}"));
    let kinds = [("json", "application/json"), ("xml", "application/xml; charset=utf-8"), ("html", "text/html; charset=utf-8")];
    let (ending, content_type) = kinds.into_iter().find(|(ending, _)| file(ending).is_file()).expect("a fixture for each preset");
    Answer::ok(content_type, std::fs::read(file(ending)).expect("it can be read"))
}

#[tokio::test]
async fn every_preset_asks_and_reads_as_its_service_answers() {
    for (name, with, path) in PRESETS {
        let site = Site::start().await;
        site.serve(path, answer(name));
        let source = source(name, with, &site);
        let polled = poll(&outbound(), &RobotsCache::default(), &source, &options(), &SourceState::default(), NOW).await;
        let found = match polled {
            Ok(Polled::Items(document)) => document.found,
            other => panic!("{name}: {other:?}"),
        };
        assert!(!found.is_empty(), "{name} yields nothing");
        let request = &site.requests(path)[0];
        assert!(!site.requests("/robots.txt").is_empty(), "{name} did not ask for robots.txt");
        let shown = |header: &str| request.header(header).map(|value| format!("{header}: {value}\n")).unwrap_or_default();
        let mut text = format!("{} {}\n", request.method, request.target);
        for header in ["cookie", "authorization", "apikey", "content-type"] {
            text.push_str(&shown(header));
        }
        text.push_str(&format!("{}\n", String::from_utf8_lossy(&request.body)));
        for found in found {
            let item: Value = json!(found.item);
            text.push_str(&format!("{}\n", serde_json::to_string_pretty(&item).expect("an item is JSON")));
        }
        let text = text.replace(site.url("/").as_str(), "SITE/");
        insta::assert_snapshot!(format!("preset_{}", name.replace('-', "_")), text);
    }
}

#[tokio::test]
async fn reviews_are_followed_over_pages_and_an_average_alone_is_an_item() {
    let site = Site::start().await;
    let review = |text: &str| format!("{{\"@type\": \"Review\", \"reviewBody\": \"{text}\", \"author\": \"{text}\"}}");
    let page = |data: &str, more: &str| {
        let html = format!("<!doctype html><title>t</title><script type=\"application/ld+json\">{data}</script><p>評價</p>{more}");
        Answer::ok("text/html; charset=utf-8", html)
    };
    site.serve("/tea/reviews", page(&review("慢"), "<a rel=\"next\" href=\"/tea/reviews/2\">下一頁</a>"));
    site.serve("/tea/reviews/2", page(&review("漏水"), ""));
    let read = async |with: &str| {
        let source = source("reviews-page", with, &site);
        match poll(&outbound(), &RobotsCache::default(), &source, &options(), &SourceState::default(), NOW).await {
            Ok(Polled::Items(document)) => document.found,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(read("").await.len(), 1);
    let texts: Vec<String> = read("[source.select]\npages = 3").await.into_iter().map(|found| found.item.text).collect();
    assert_eq!(texts, ["慢", "漏水"]);
    let average = r#"{"@type": "Product", "name": "玻璃壺", "aggregateRating": {"@type": "AggregateRating", "ratingValue": "3.5", "bestRating": "5", "reviewCount": 21}}"#;
    site.serve("/tea/reviews", page(average, ""));
    let found = read("").await;
    let item = &found[0].item;
    assert_eq!((found.len(), item.title.as_deref(), item.rating, item.rating_max), (1, Some("玻璃壺"), Some(3.5), Some(5.0)));
    assert_eq!(item.extra["count"], 21);
}

#[tokio::test]
async fn a_site_that_forbids_programs_is_left_alone() {
    let site = Site::start().await;
    site.serve("/robots.txt", Answer::ok("text/plain", "User-agent: *\nDisallow: /"));
    site.serve("/api/v1/search_by_date", answer("hackernews"));
    let source = source("hackernews", "query = \"x\"", &site);
    let polled = poll(&outbound(), &RobotsCache::default(), &source, &options(), &SourceState::default(), NOW).await;
    assert_eq!(polled.expect_err("refused").kind, hearken::model::FailureKind::Robots);
    assert!(site.requests("/api/v1/search_by_date").is_empty());
}

#[test]
fn every_preset_has_a_fixture_an_example_and_a_place_in_the_readme() {
    let (all, problems) = presets::all(Path::new("/nowhere/hearken.toml"));
    assert!(problems.is_empty(), "{}", render(&problems, false));
    let tried: BTreeSet<&str> = PRESETS.iter().map(|(name, ..)| *name).collect();
    let readme = std::fs::read_to_string("config/presets/README.md").expect("the README");
    for preset in &all {
        assert!(tried.contains(preset.name.as_str()), "{} is not tried", preset.name);
        assert!(preset.what.chars().count() <= 60, "{}: a line of the list holds 60 characters", preset.name);
        let source = sources(&preset.example).remove(0);
        let secret_free = !format!("{source:?}").contains(SECRET);
        assert!(secret_free, "{}: a secret is shown", preset.name);
        assert!(readme.contains(preset.example.trim()), "the README lacks the block of {}", preset.name);
        assert!(readme.contains(&preset.terms), "the README lacks the terms of {}", preset.name);
    }
    let shipped = std::fs::read_dir("config/presets").expect("the folder").filter_map(Result::ok);
    let shipped: BTreeSet<String> =
        shipped.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned)).collect();
    assert_eq!(shipped, all.iter().map(|preset| preset.name.clone()).collect(), "a file of config/presets is not in the binary");
}

#[test]
fn an_operators_own_preset_adds_and_overrides() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("presets")).expect("a folder");
    let own = "[preset]\nwhat = \"ours\"\nterms = \"ours\"\n[preset.with.shop]\nwhat = \"The shop.\"\nexample = \"a\"\n\
        [source]\nkind = \"json\"\nurl = \"https://x.example/${shop}\"\n[source.json]\nitems = \"/list\"\ntext = \"/t\"\n";
    for name in ["ours", "hackernews"] {
        std::fs::write(folder.path().join("presets").join(format!("{name}.toml")), own).expect("written");
    }
    let path = folder.path().join("hearken.toml");
    let block = |preset: &str| {
        format!(
            "[[source]]\nname = \"{preset}\"\npreset = \"{preset}\"\ninterval = \"2h\"\n[source.with]\nshop = \"a/b?c 茶\"\n\
             [source.json]\ntitle = \"/name\"\n"
        )
    };
    std::fs::write(&path, format!("{COMPANY}{}{}", block("ours"), block("hackernews"))).expect("written");
    let loaded = load(&path, [], None).unwrap_or_else(|problems| panic!("{}", render(&problems, false)));
    for source in &loaded.settings.sources {
        assert_eq!(source.url.as_str(), "https://x.example/a%2Fb%3Fc%20%E8%8C%B6");
        assert_eq!(source.interval, Duration::from_secs(7200), "the source's keys hold");
        let shape = format!("{:?}", source.kind);
        assert!(shape.contains("/name") && shape.contains("/list") && shape.contains("/t"), "tables are joined key by key: {shape}");
    }
    assert_eq!(loaded.files.len(), 3, "a change in a preset calls for a reload: {:?}", loaded.files);
    let (all, problems) = presets::all(&path);
    assert!(problems.is_empty());
    assert_eq!(all.iter().filter(|preset| preset.file.is_some()).count(), 2);
}
