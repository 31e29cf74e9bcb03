//! `probe` proposes a source, and the source yields what was shown.

use std::path::Path;

use serde_json::Value;

use crate::world::program::{self, Said};
use crate::world::site::{Answer, Site};

mod answers;

/// A company that may ask this machine.
const COMPANY: &str = r#"
[company]
name = "Kestrel"
[http]
allow_private = ["127.0.0.0/8"]
[collect]
host_gap = "10ms"
[rules]
dir = "rules"
[[brand]]
name = "Kestrel"
aliases = ["紅隼"]
[[source]]
name = "forum"
kind = "feed"
url = "https://forum.example/feed.xml"
[[channel]]
name = "mail"
kind = "smtp"
host = "127.0.0.1"
port = 25
tls = "none"
from = "Hearken <hearken@kestrel.example>"
[[department]]
name = "care"
members = [{ name = "Mei", mail = "mei@kestrel.example" }]
channels = ["mail"]
"#;

/// Without a rule `check` has something to say.
const RULES: &str = r#"
[[rule]]
id = "logistics.late"
category = "logistics"
severity = "medium"
weight = 2.0
any = ["weeks late"]
note = "For this test."
[[rule.example]]
text = "The kettle came weeks late."
fires = true
"#;

/// A list as a shop without any markup has it: nobody names its stars' scale, and its times have no zone.
fn unmarked() -> String {
    let reviews = [
        ("Broken after two days", "Anna K.", 1, "20.11.2026 09:30", "The kettle stopped working and the shop does not answer my letters."),
        ("Good value", "bob_77", 4, "18.11.2026 21:05", "Mine has been fine for a year now, and water boils in no time at all."),
        ("Three weeks late", "Chen Wei", 2, "11.11.2026 10:00", "Delivery took three weeks. Nobody could say where the parcel was."),
    ];
    let entry = |(n, (title, by, stars, at, said)): (usize, &(&str, &str, u32, &str, &str))| {
        format!(
            "<div class=\"entry\"><h3><a href=\"/r/{n}\">{title}</a></h3><span class=\"stars\" data-grade=\"{stars}\"></span>\
             <p class=\"what\">{said}</p><div class=\"meta\">by {by} | <span class=\"date\">{at}</span></div></div>"
        )
    };
    let entries: String = reviews.iter().enumerate().map(entry).collect();
    format!("<!doctype html><title>Kestrel kettle | Reviews</title><div id=\"opinions\">{entries}</div>")
}

const MARKED_UP: &str = r##"<!doctype html><title>Kettle</title><script type="application/ld+json">
{"@context": "https://schema.org", "@type": "Product", "name": "Kettle", "aggregateRating": {"@type": "AggregateRating", "ratingValue": 3, "reviewCount": 2}, "review": [
  {"@type": "Review", "author": {"@type": "Person", "name": "Ann"}, "datePublished": "2026-11-02", "reviewBody": "Boils fast.
And looks good.", "reviewRating": {"@type": "Rating", "ratingValue": "4,5", "bestRating": "5"}},
  {"@type": "Review", "author": "王", "reviewBody": "用了三天就漏水", "reviewRating": {"ratingValue": 1},},
]}</script><p>Everything on kettles.</p>"##;

fn thread() -> String {
    let said = [
        "The kettle broke after two days and the shop does not answer my letters at all.",
        "Mine has been fine for a year now, and water boils in no time.",
        "Delivery took three weeks. Nobody could say where the parcel was.",
    ];
    let post = |(n, said): (usize, &&str)| {
        format!(
            "<div class=\"post row{}\" id=\"post_{n}7\"><a class=\"username\" href=\"/members/u{n}\">Reader {n}</a> <time datetime=\"2026-11-2{n}T10:00:00Z\">then</time>\
             <div class=\"body\">{said}</div><a href=\"/reply?{n}\">Reply</a></div>",
            n % 2
        )
    };
    let posts: String = said.iter().enumerate().map(post).collect();
    format!(
        "<!doctype html><title>Leaking kettle | Forum</title><a href=\"/login\">Log in</a><div id=\"thread\">{posts}</div><p>Rules of the forum.</p>"
    )
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("rules")).expect("it is made");
    std::fs::write(folder.path().join("hearken.toml"), COMPANY).expect("it is written");
    std::fs::write(folder.path().join("rules/small.toml"), RULES).expect("it is written");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("it is written");
    }
    folder
}

async fn probe(folder: &Path, words: &[&str]) -> Said {
    program::run(&folder.join("hearken.toml"), &[&["probe"], words].concat()).await
}

fn lines(said: &Said) -> Vec<Value> {
    said.text().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// What stands on stderr goes into the configuration as it is, passes `check`, and yields the same items.
async fn used(folder: &Path, target: &str) -> (Vec<Value>, String) {
    let first = probe(folder, &[target, "--base-url", "https://shop.example/p/1"]).await;
    let shown = lines(first.ended(0));
    std::fs::create_dir_all(folder.join("conf.d")).expect("it is made");
    std::fs::write(folder.join("conf.d/new.toml"), first.remarks()).expect("it is written");
    let config = folder.join("hearken.toml");
    program::run(&config, &["check"]).await.ended(0);
    let loaded = hearken::settings::load_here(&config).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let name = loaded.settings.sources[1].name.clone();
    let again = probe(folder, &[target, "--source", &name, "--base-url", "https://shop.example/p/1"]).await;
    assert_eq!(lines(again.ended(0)), shown, "the source yields what was shown");
    (shown, first.remarks())
}

#[tokio::test]
async fn marked_up_reviews_need_no_selector() {
    let folder = folder(&[("page.html", MARKED_UP)]);
    let file = folder.path().join("page.html");
    let (items, remarks) = used(folder.path(), file.to_str().expect("a path")).await;
    let fields: Vec<_> = items.iter().map(|item| (&item["author"], &item["rating"], &item["rating_max"], &item["text"])).collect();
    let wanted = serde_json::json!([["Ann", 4.5, 5.0, "Boils fast.\nAnd looks good."], ["王", 1.0, 5.0, "用了三天就漏水"]]);
    assert_eq!(serde_json::to_value(fields).expect("JSON"), wanted);
    assert_eq!((&items[0]["extra"]["kind"], &items[0]["extra"]["about"]), (&"review".into(), &"Kettle".into()));
    assert!(remarks.contains("kind = \"page\"") && !remarks.contains("[source.select]"), "{remarks}");
}

#[tokio::test]
async fn an_unmarked_list_gives_every_field_and_what_is_needed_to_read_it_so() {
    let folder = folder(&[("list.html", &unmarked())]);
    let config = folder.path().join("hearken.toml");
    std::fs::write(&config, COMPANY.replace("name = \"Kestrel\"\n[http]", "name = \"Kestrel\"\ntimezone = \"Asia/Taipei\"\n[http]"))
        .expect("it is written");
    let file = folder.path().join("list.html");
    let (items, remarks) = used(folder.path(), file.to_str().expect("a path")).await;
    let fields: Vec<_> =
        items.iter().map(|item| ["title", "url", "author", "rating", "rating_max", "published"].map(|key| item[key].clone())).collect();
    let wanted = serde_json::json!([
        ["Broken after two days", "https://shop.example/r/0", "Anna K.", 1.0, 5.0, "2026-11-20T01:30:00Z"],
        ["Good value", "https://shop.example/r/1", "bob_77", 4.0, 5.0, "2026-11-18T13:05:00Z"],
        ["Three weeks late", "https://shop.example/r/2", "Chen Wei", 2.0, 5.0, "2026-11-11T02:00:00Z"],
    ]);
    assert_eq!(serde_json::to_value(fields).expect("JSON"), wanted, "{remarks}");
    assert!(items[1]["text"].as_str().is_some_and(|text| text.starts_with("Mine has been") && text.ends_with("at all.")), "{}", items[1]);
    for said in [
        "Asia/Taipei",
        "\nrating_max = 5\n",
        "\nbrand = \"Kestrel\"\n",
        "author    3 of 3  Anna K.",
        "hearken sources test 'Kestrel kettle | Reviews'",
    ] {
        assert!(remarks.contains(said), "{said} in {remarks}");
    }
    let blocks = remarks.lines().take_while(|line| !line.starts_with('['));
    assert!(blocks.clone().count() > 3 && blocks.clone().all(|line| line.chars().count() <= 64), "{remarks}");
}

#[tokio::test]
async fn without_a_configuration_the_block_names_the_zone_its_times_were_read_in() {
    let folder = folder(&[("list.html", &unmarked())]);
    let said = tokio::process::Command::new(env!("CARGO_BIN_EXE_hearken"))
        .current_dir(folder.path())
        .args(["probe", "list.html"])
        .output()
        .await
        .expect("it runs");
    let remarks = String::from_utf8(said.stderr).expect("UTF-8");
    assert!(remarks.contains("\ntimezone = \"UTC\"\n") && remarks.contains("#brand = "), "{remarks}");
    assert!(remarks.contains("# Write the address here that the file is from (--base-url)."), "{remarks}");
    let block: toml::Table = toml::from_str(&remarks).expect("what is no block is a comment");
    assert_eq!(block["source"][0]["select"]["author"].as_str(), Some("div.meta"));
}

#[tokio::test]
async fn a_list_of_json_gets_a_scale_and_a_long_feed_is_read_whole() {
    let reviews = r#"{"data": [{"id": 1, "body": "It leaks since the second day", "stars": 2}, {"id": 2, "body": "Boils fast, looks good", "stars": 9}]}"#;
    let entries: String = (0..730).map(|n| format!("<item><guid>{n}</guid><title>Entry {n}</title></item>")).collect();
    let feed = format!("<rss version='2.0'><channel>{entries}</channel></rss>");
    let folder = folder(&[("answer.json", reviews), ("long.xml", &feed)]);
    let (items, remarks) = used(folder.path(), folder.path().join("answer.json").to_str().expect("a path")).await;
    assert_eq!((&items[0]["rating_max"], items.len()), (&serde_json::json!(10.0), 2));
    assert!(remarks.contains("rating_max = 10"), "{remarks}");
    let said = probe(folder.path(), &[folder.path().join("long.xml").to_str().expect("a path")]).await;
    assert_eq!(lines(said.ended(0)).len(), 730);
}

#[tokio::test]
async fn the_help_names_the_exit_codes() {
    let folder = folder(&[]);
    let said = probe(folder.path(), &["--help"]).await;
    let help = said.ended(0).text();
    assert!(help.contains("Exit codes:") && ["  0  ", "  1  ", "  2  ", "  3  "].iter().all(|code| help.contains(code)), "{help}");
}

#[tokio::test]
async fn selectors_are_learnt_from_a_thread() {
    let folder = folder(&[("thread.html", &thread())]);
    let file = folder.path().join("thread.html");
    let (items, remarks) = used(folder.path(), file.to_str().expect("a path")).await;
    assert_eq!(items.len(), 3);
    assert_eq!((&items[1]["author"], &items[1]["published"]), (&"Reader 1".into(), &"2026-11-21T10:00:00Z".into()));
    assert!(items[2]["text"].as_str().is_some_and(|text| text.starts_with("Delivery took")), "{}", items[2]);
    assert!(remarks.contains("container = \"#thread\"") && remarks.contains("name = \"Leaking kettle | Forum\""), "{remarks}");
}

#[tokio::test]
async fn a_table_with_a_row_for_who_and_a_row_for_what_yields_what_its_block_says() {
    let rows: String = ["Broken after two days, and nobody answers my letters.", "Fine for a year now.", "Three weeks until it was here."]
        .iter()
        .enumerate()
        .map(|(n, said)| {
            format!(
                "<tr><td><a href='profile.asp?id={n}'>Reader {n}</a></td><td>Posted - 2{n} Nov 2026 : 10:00:00</td></tr><tr><td colspan=2>{said}</td></tr>"
            )
        })
        .collect();
    let folder = folder(&[("board.html", &format!("<title>Old board</title><table><tr><td colspan=2>Author</td></tr>{rows}</table>"))]);
    let file = folder.path().join("board.html");
    let (items, remarks) = used(folder.path(), file.to_str().expect("a path")).await;
    assert!(remarks.contains("text = \"+ tr"), "{remarks}");
    let read: Vec<_> = items.iter().map(|item| (item["author"].as_str(), item["published"].as_str())).collect();
    let wanted = [
        (Some("Reader 0"), Some("2026-11-20T10:00:00Z")),
        (Some("Reader 1"), Some("2026-11-21T10:00:00Z")),
        (Some("Reader 2"), Some("2026-11-22T10:00:00Z")),
    ];
    assert_eq!(read, wanted, "{remarks}");
    assert_eq!(items[1]["text"], "Fine for a year now.");
}

#[tokio::test]
async fn a_feed_is_found_where_the_page_itself_says_nothing() {
    let folder = folder(&[]);
    let site = Site::start().await;
    site.serve(
        "/news",
        Answer::ok(
            "text/html",
            "<title>News</title><link rel=alternate type='application/rss+xml' title=All href='/all.xml'><p>Scripts only.",
        ),
    );
    site.serve(
        "/all.xml",
        Answer::ok("application/rss+xml", "<rss version='2.0'><channel><item><title>One</title><guid>1</guid></item></channel></rss>"),
    );
    let said = probe(folder.path(), &[site.url("/news").as_str()]).await;
    assert_eq!(lines(said.ended(0))[0]["title"], "One");
    assert!(said.remarks().contains(&format!("kind = \"feed\"\nurl = \"{}\"", site.url("/all.xml"))), "{}", said.remarks());
    let said = probe(folder.path(), &[site.url("/all.xml").as_str()]).await;
    assert!(said.ended(0).remarks().contains("This is a feed."), "{}", said.remarks());
}

#[tokio::test]
async fn barriers_and_pages_without_a_list_say_what_they_are() {
    let ordinary = format!(
        "<title>On captchas</title><article>{}</article>",
        "<p>A captcha asks whether you are human, and a <a href=/login>login</a> who.</p>".repeat(9)
    );
    let folder = folder(&[
        ("barrier.html", "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>"),
        ("login.html", "<title>登录</title><form><input type=password></form>"),
        ("gone.html", "<title>404 Not Found</title><h1>Not Found</h1>"),
        ("ordinary.html", &ordinary),
        ("empty.html", " "),
    ]);
    for (file, kind) in [("barrier", "blocked"), ("login", "login_page"), ("gone", "not_found"), ("ordinary", "drift"), ("empty", "empty")]
    {
        let file = folder.path().join(format!("{file}.html"));
        let said = probe(folder.path(), &[file.to_str().expect("a path"), "--content-type", "text/html"]).await;
        assert!(said.ended(1).remarks().starts_with(&format!("# {kind}: ")), "{}", said.remarks());
        assert_eq!(said.text(), "");
    }
}

#[tokio::test]
async fn a_feed_is_one_whatever_its_server_calls_it() {
    let item = "<item><guid>1</guid><title>Late</title><description>The kettle came weeks late.</description></item>";
    let feed = format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>forum</title>{item}</channel></rss>");
    let folder = folder(&[("feed.html", &feed)]);
    let said =
        probe(folder.path(), &[folder.path().join("feed.html").to_str().expect("a path"), "--content-type", "text/html; charset=utf-8"])
            .await;
    assert_eq!(lines(said.ended(0)).len(), 1);
    assert!(said.remarks().contains("kind = \"feed\"") && said.remarks().contains("`text/html`"), "{}", said.remarks());
}

#[tokio::test]
async fn a_private_address_is_refused_with_the_line_that_allows_it() {
    let folder = folder(&[("page.html", MARKED_UP)]);
    let open = COMPANY.replace("allow_private = [\"127.0.0.0/8\"]\n", "");
    std::fs::write(folder.path().join("hearken.toml"), open).expect("it is written");
    let said = probe(folder.path(), &["http://127.0.0.1:9/feed.xml"]).await;
    assert!(said.ended(3).remarks().contains("[http]\nallow_private = [\"127.0.0.0/8\"]"), "{}", said.remarks());
    let said = probe(folder.path(), &["http://10.20.0.7/feed.xml"]).await;
    assert!(said.ended(3).remarks().contains("allow_private = [\"10.20.0.7/32\"]"), "{}", said.remarks());
}
