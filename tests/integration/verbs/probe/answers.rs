//! What users pointed `probe` at: answers of services, feeds that a page only links, averages beside reviews, a configuration just begun.

use super::{COMPANY, MARKED_UP, folder, lines, probe, unmarked, used};
use crate::world::site::{Answer, Site};

/// As WordPress, a shop and a service behind a guard answer: a list as a whole, or under a name that JSON Feed has as well.
const COMMENTS: &str = r#"[
 {"id": 77, "post": 5, "author": 0, "author_name": "Ann", "date": "2026-11-20T17:30:00", "date_gmt": "2026-11-20T09:30:00",
  "content": {"rendered": "<p>The kettle came weeks late.</p>\n"}, "link": "https://blog.example/p/#comment-77", "meta": []},
 {"id": 76, "post": 5, "author": 3, "author_name": "王", "date": "2026-11-19T17:30:00", "date_gmt": "2026-11-19T09:30:00",
  "content": {"rendered": "<p>用了三天就漏水</p>\n"}, "link": "https://blog.example/p/#comment-76", "meta": []}]"#;
const REVIEWS: &str = r#"{"total": 2, "items": [
 {"id": 1, "title": "Bad", "body": "It stopped after two days and nobody answers.", "user": {"login": "ann"}, "created_at": "2026-11-20T09:30:00Z",
  "html_url": "https://shop.example/1", "rating": 1},
 {"id": 2, "title": "Good", "body": "Still fine after a whole year of use.", "user": {"login": "bo"}, "created_at": "2026-11-19T09:30:00Z",
  "html_url": "https://shop.example/2", "rating": 5}]}"#;

#[tokio::test]
async fn a_list_of_json_that_is_no_feed_is_read_as_json_with_every_field() {
    let guarded = format!(")]}}'\n{REVIEWS}");
    let folder = folder(&[("comments.json", COMMENTS), ("reviews.json", REVIEWS), ("guarded.json", &guarded)]);
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    let (items, remarks) = used(folder.path(), &path("comments.json")).await;
    assert!(remarks.contains("kind = \"json\"") && remarks.contains("text = \"/content/rendered\""), "{remarks}");
    let first = &items[0];
    assert_eq!((&first["id"], &first["author"], &first["text"]), (&"77".into(), &"Ann".into(), &"The kettle came weeks late.".into()));
    assert_eq!(first["published"], "2026-11-20T09:30:00Z", "the time that says its zone");
    assert_eq!(first["url"], "https://blog.example/p/#comment-77");
    for name in ["reviews.json", "guarded.json"] {
        let (items, remarks) = used(folder.path(), &path(name)).await;
        assert!(remarks.contains("items = \"/items\"") && remarks.contains("text = \"/body\""), "{name}: {remarks}");
        let first = &items[0];
        assert_eq!((&first["title"], &first["author"], &first["rating"]), (&"Bad".into(), &"ann".into(), &1.0.into()), "{name}");
        assert_eq!((&first["url"], &first["published"]), (&"https://shop.example/1".into(), &"2026-11-20T09:30:00Z".into()), "{name}");
    }
}

#[tokio::test]
async fn a_service_that_a_preset_knows_is_said_to_be_known() {
    let folder = folder(&[("comments.json", COMMENTS)]);
    let file = folder.path().join("comments.json");
    let there = "https://blog.example/wp-json/wp/v2/comments?per_page=50";
    let said = probe(folder.path(), &[file.to_str().expect("a path"), "--base-url", there]).await;
    assert!(said.ended(0).remarks().replace("\n# ", " ").contains("preset `wordpress-comments`"), "{}", said.remarks());
    let said = probe(folder.path(), &[file.to_str().expect("a path"), "--base-url", "https://blog.example/comments"]).await;
    assert!(!said.ended(0).remarks().contains("preset"), "{}", said.remarks());
}

#[tokio::test]
async fn a_feed_source_that_gets_json_of_another_kind_says_what_to_write() {
    let folder = folder(&[("comments.json", COMMENTS), ("reviews.json", REVIEWS), ("page.html", MARKED_UP)]);
    let source = "[[source]]\nname = \"blog\"\nkind = \"feed\"\nurl = \"https://blog.example/c\"\n\
                  [[source]]\nname = \"shop\"\nkind = \"page\"\nurl = \"https://blog.example/c\"\n";
    std::fs::create_dir_all(folder.path().join("conf.d")).expect("it is made");
    std::fs::write(folder.path().join("conf.d/new.toml"), source).expect("it is written");
    for (name, file) in [("blog", "comments.json"), ("blog", "reviews.json"), ("shop", "comments.json")] {
        let said = probe(folder.path(), &[folder.path().join(file).to_str().expect("a path"), "--source", name]).await;
        let remarks = said.ended(1).remarks().replace("\n# ", " ");
        assert!(remarks.starts_with("# not_a_feed: ") && remarks.contains("`kind = \"json\"`"), "{name}, {file}: {remarks}");
    }
}

#[tokio::test]
async fn who_has_only_begun_a_configuration_may_probe_with_it() {
    let source = "[[source]]\nname = \"forum\"\nkind = \"feed\"\nurl = \"https://forum.example/feed.xml\"\n";
    let begun = COMPANY.replace(source, "") + "[[route]]\ndepartment = \"care\"\nsources = [\"forum\"]\n";
    assert_ne!(begun.len(), COMPANY.len());
    let site = Site::start().await;
    site.serve("/c", Answer::ok("application/json", COMMENTS));
    for text in [begun.as_str(), "[http]\nallow_private = [\"127.0.0.0/8\"]\n"] {
        let folder = folder(&[("hearken.toml", text)]);
        let said = probe(folder.path(), &[site.url("/c").as_str()]).await;
        assert_eq!(lines(said.ended(0)).len(), 2, "{text}");
        assert!(!said.remarks().contains("mistakes"), "{}", said.remarks());
    }
    let folder = folder(&[("hearken.toml", &begun.replace("allow_private = [\"127.0.0.0/8\"]", "allow_privat = []"))]);
    assert!(probe(folder.path(), &[site.url("/c").as_str()]).await.ended(2).remarks().contains("allow_privat"));
}

#[tokio::test]
async fn a_feed_that_a_page_only_shows_is_found_where_it_is_one() {
    let folder = folder(&[]);
    let entry = "<item><title>One</title><guid>1</guid></item>";
    let feed = format!("<rss version='2.0'><channel>{entry}</channel></rss>");
    let labels =
        ["<a href='/x'>RSS</a>", "<a href=/x><img alt='Atom feed'></a>", "<a href='/x'>訂閱</a>", "<a class=feed-icon href='/x'></a>"];
    for label in labels.iter().chain(&["<a href='/x?type=rss'>News for you</a>"]) {
        let site = Site::start().await;
        site.serve(
            "/news",
            Answer::ok("text/html", format!("<title>News</title><p>Scripts only. <a href='/about-feeds'>About feeds</a> {label}")),
        );
        site.serve("/about-feeds", Answer::ok("text/html", "<title>What a feed is</title><p>It is this."));
        site.serve("/x", Answer::ok("text/xml", feed.clone()));
        let said = probe(folder.path(), &[site.url("/news").as_str()]).await;
        assert_eq!(lines(said.ended(0))[0]["title"], "One", "{label}: {}", said.remarks());
        assert!(said.remarks().contains("kind = \"feed\"") && !said.remarks().contains("about-feeds"), "{label}: {}", said.remarks());
    }
}

#[tokio::test]
async fn an_average_that_is_marked_up_hides_no_reviews() {
    let average = "<script type=\"application/ld+json\">{\"@type\": \"Product\", \"name\": \"Kettle\", \"aggregateRating\": {\"ratingValue\": 2.3, \"reviewCount\": 3}}</script>";
    let texts = [
        "It stopped after two days, and nobody answers my letters.",
        "Fine for a year now, and it boils fast.",
        "Three weeks until it was here.",
    ];
    let bare: String = texts.iter().map(|said| format!("<div class=\"css-1x2y3z\"><p>{said}</p></div>")).collect();
    let folder = folder(&[
        ("dated.html", &format!("{average}{}", unmarked())),
        ("bare.html", &format!("<title>Kettle</title>{average}<h2>Customer reviews</h2><div id=list>{bare}</div>")),
    ]);
    for name in ["dated.html", "bare.html"] {
        let file = folder.path().join(name);
        let (items, remarks) = used(folder.path(), file.to_str().expect("a path")).await;
        assert_eq!(items.len(), 3, "{name}: {remarks}");
        assert!(items.iter().all(|item| item["text"].as_str().is_some_and(|text| text.len() > 20)), "{name}: {items:?}");
        assert!(remarks.replace("\n# ", " ").contains("an average of 2.3"), "{name}: {remarks}");
    }
}
