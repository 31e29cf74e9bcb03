//! Lists of feeds: out and in again is the same, and what is written can be used.

use std::path::Path;

use crate::world::program;

/// A company without sources.
const COMPANY: &str = r#"
[company]
name = "Kestrel"
timezone = "Europe/Berlin"
[rules]
dir = "rules"
[[brand]]
name = "Kestrel"
aliases = ["紅隼"]
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
[respond]
ops = "care"
"#;

/// Sources in every form the settings know; `{url}` keeps the two companies apart.
const SOURCES: &str = r##"
[[source]]
name = "論壇 & <friends>"
kind = "feed"
url = "https://forum.example/feed?tag=a&b=\"c\""
interval = "20m"
brand = "Kestrel"
language = "zh-Hant"
timezone = "Asia/Taipei"
silent_after = "3d"
readers = 120000
[[source]]
name = "shop"
kind = "page"
url = "https://shop.example/reviews"
rating_max = 10.0
ignore_robots = true
[source.headers]
Authorization = { file = "secret" }
[source.select]
container = "#reviews"
item = "li.review"
title = "h2"
text = ".body > p"
rating = ".stars@data-value"
link = "h2 a@href"
next = "a[rel=next]"
pages = 4
[[source]]
name = "odd"
kind = "page"
url = "https://odd.example/"
[source.select]
item = "p:not(.ad) + div"
[[source]]
name = "endpoint"
kind = "json"
url = "https://api.example/reviews"
canary = "tea"
[source.json]
items = ["/data/list", "/data/pinned"]
id = "/id"
title = "/title"
text = { join = ["/pros", "/cons"] }
rating = "/stars"
time = "/at"
replies = "/answers"
body = { query = "tea", page = { number = 1 } }
[source.json.paging]
by = "page"
parameter = "/page/number"
pages = 3
[source.json.ratings]
good = 5
bad = 1
[source.json.extra]
order = "/order"
[source.json.expect]
"/status" = "ok"
"##;

fn folder(sources: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("rules")).expect("it is made");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "Bearer hunter2").expect("it is written");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).expect("it is ours");
    std::fs::write(folder.path().join("hearken.toml"), format!("{COMPANY}{sources}")).expect("it is written");
    folder
}

fn sources(config: &Path) -> Vec<hearken::collect::source::SourceOptions> {
    hearken::settings::load_here(config).unwrap_or_else(|problems| panic!("{problems:#?}")).settings.sources
}

#[tokio::test]
async fn out_and_in_again_is_the_same_but_for_credentials() {
    let from = folder(SOURCES);
    let list = program::run(&from.path().join("hearken.toml"), &["opml", "export"]).await;
    let text = list.ended(0).text();
    assert!(!text.contains("hunter2") && !text.contains("Authorization") && !text.contains("secret"), "{text}");
    assert!(list.remarks().contains("`shop`: credentials stay here (headers)"), "{}", list.remarks());
    assert!(text.contains("frss:xPathItem=\"//*[@id='reviews']//li[contains("), "{text}");
    assert!(text.contains("type=\"hearken:page\""), "what XPath cannot say is marked: {text}");
    let to = folder("");
    let (config, file) = (to.path().join("hearken.toml"), to.path().join("list.opml"));
    std::fs::write(&file, &text).expect("it is written");
    let said = program::run(&config, &["opml", "import", file.to_str().expect("a path"), "--write", "taken"]).await;
    assert!(said.ended(0).remarks().contains("4 sources of 4 outlines; 0 known already"), "{}", said.remarks());
    assert!(said.remarks().contains("the settings cannot be used yet"), "a first import makes them whole");
    let (mut before, after) = (sources(&from.path().join("hearken.toml")), sources(&config));
    before.iter_mut().for_each(|source| source.headers.clear());
    assert_eq!(before, after);
    let again = program::run(&config, &["opml", "import", file.to_str().expect("a path")]).await;
    assert!(again.ended(0).remarks().contains("0 sources of 4 outlines; 4 known already"), "{}", again.remarks());
    let other = program::run(&config, &["opml", "import", file.to_str().expect("a path"), "--write", "taken"]).await;
    assert!(other.ended(2).remarks().contains("taken.toml"), "a file that is there is not written over");
}

#[tokio::test]
async fn a_source_of_a_preset_is_a_feed_to_other_readers_and_itself_on_the_way_back() {
    let from = folder(
        "[[source]]\nname = \"board\"\npreset = \"ptt-feed\"\ninterval = \"2h\"\n[source.with]\nboard = \"Drink\"\n\
         [[source]]\nname = \"reviews\"\npreset = \"reviews-page\"\n[source.with]\npage = \"https://shop.example/r?a=1&b=2\"\n",
    );
    let list = program::run(&from.path().join("hearken.toml"), &["opml", "export"]).await;
    let text = list.ended(0).text();
    assert!(text.contains("type=\"rss\" xmlUrl=\"https://www.ptt.cc/atom/Drink.xml\""), "{text}");
    assert!(list.remarks().contains("`reviews` (page) means something to Hearken alone"), "{}", list.remarks());
    let to = folder("");
    let (config, file) = (to.path().join("hearken.toml"), to.path().join("list.opml"));
    std::fs::write(&file, &text).expect("it is written");
    program::run(&config, &["opml", "import", file.to_str().expect("a path"), "--write", "taken"]).await.ended(0);
    assert_eq!(sources(&from.path().join("hearken.toml")), sources(&config));
}

#[tokio::test]
async fn what_was_imported_passes_check() {
    let to = folder("");
    let (config, file) = (to.path().join("hearken.toml"), to.path().join("list.opml"));
    let list = "<opml version=\"2.0\" xmlns:frss=\"https://freshrss.org/opml\"><body><outline text=\"News &quot;&#9;\\ 新聞\">\
        <outline text=\"同名\" xmlUrl=\"https://a.example/1\"/><outline text=\"同名\" xmlUrl=\"https://a.example/2\" frss:ttl=\"5\"/>\
        <outline text=\"page\" type=\"HTML+XPath\" xmlUrl=\"https://a.example/p\" frss:xPathItem=\"//table/tr\" frss:xPathItemTitle=\"./td[2]/a\"/>\
        <outline text=\"json\" type=\"JSON+DotNotation\" xmlUrl=\"https://a.example/j\" frss:jsonItem=\"data.items\" frss:jsonItemTitle=\"meta.title\" frss:jsonItemUri=\"links[1]\"/>\
        <outline text=\"no\" type=\"HTML+XPath\" xmlUrl=\"https://a.example/n\" frss:xPathItem=\"//a[contains(., 'x')]\"/>\
        </outline></body></opml>";
    std::fs::write(&file, list).expect("it is written");
    let said = program::run(&config, &["opml", "import", file.to_str().expect("a path"), "--write", "taken.toml"]).await;
    let remarks = said.ended(1).remarks();
    assert!(remarks.contains("list.opml:1:") && remarks.contains("CSS cannot ask for text"), "{remarks}");
    let found = sources(&config);
    assert_eq!(found.iter().map(|source| source.name.as_str()).collect::<Vec<_>>(), ["同名", "同名 (2)", "page", "json"]);
    std::fs::write(&file, "<opml>\n<body>\n<outline").expect("it is written");
    let said = program::run(&config, &["opml", "import", file.to_str().expect("a path")]).await;
    assert!(said.ended(1).remarks().contains("list.opml:3:"), "{}", said.remarks());
    assert_eq!(said.text(), "");
}
