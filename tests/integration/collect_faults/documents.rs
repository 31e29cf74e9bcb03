//! Faults of feeds: bytes, markup, bombs, identities.

use hearken::collect::extract::undated_most;
use hearken::collect::normalise::READ_BYTES_MAX;
use hearken::collect::poll::{Document, Polled, poll};
use hearken::collect::robots::RobotsCache;
use hearken::model::{FailureKind, SourceState};

use super::{NOW, document_of, feed, kind_of, poll_source, rss, source, titles};
use crate::world::site::{Answer, Site};

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
    assert_eq!(kind_of(rss("<a>".repeat(100_000)).gzip()).await, FailureKind::TooBig, "100,000 of them, packed");
    let deep = format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry>{}", "<x>".repeat(50_000));
    assert_eq!(kind_of(rss(deep)).await, FailureKind::TooBig);
    let text = format!("<rss version=\"2.0\"><channel><item><title>{}</title></item></channel></rss>", "長".repeat(60_000));
    assert!(titles(rss(text)).await[0].len() <= 1024, "one text of 180 kB");
    let many: Vec<String> = (0..3_000).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(titles(rss(feed(&many))).await.len(), 2_000, "the limit of items without dates");
}

/// At the limits that hold where the operator says nothing, in a compressed answer.
#[tokio::test]
async fn the_largest_documents_that_are_let_through_end_quickly() {
    let options = hearken::settings::defaults().0;
    let most = options.max_decoded_bytes;
    let wrap = |inner: &str| format!("<rss version=\"2.0\"><channel><title>t</title>{inner}</channel></rss>");
    let text =
        |bytes: usize| wrap(&format!("<item><guid>1</guid><title>big</title><description>{}</description></item>", "長".repeat(bytes / 3)));
    let many: String = (0..50_000).map(|n| format!("<item><guid>{n}</guid><title>item {n}</title></item>")).collect();
    let polled = async |body: String| {
        let site = Site::start().await;
        site.serve("/feed.xml", rss(body).gzip());
        let (source, begun) = (source(site.url("/feed.xml")), std::time::Instant::now());
        let (outbound, robots, fresh) = (super::patient(), RobotsCache::default(), SourceState::default());
        let polled = poll(&outbound, &robots, &source, &options, &fresh, NOW).await;
        assert!(begun.elapsed() < super::PATIENCE, "{:?}", begun.elapsed());
        polled
    };
    let found = |polled| match polled {
        Ok(Polled::Items(document)) => document.found,
        other => panic!("items expected, not {other:?}"),
    };
    let one = found(polled(text(most - 1_000)).await);
    assert!(one.len() == 1 && one[0].item.text.len() <= READ_BYTES_MAX, "one text of {most} bytes");
    assert_eq!(polled(text(100_000_000)).await.expect_err("too much").kind, FailureKind::TooBig);
    assert_eq!(found(polled(wrap(&many)).await).len(), undated_most(options.max_items), "50,000 items");
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
    let big_endian = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    assert_eq!(titles(Answer::ok("text/xml", [vec![0xfe, 0xff], big_endian(&text)].concat())).await, wanted);
    assert_eq!(titles(Answer::ok("text/xml; charset=utf-8", big_endian(&declared))).await, wanted, "without a mark");
    let four = feed(&["𠮷野家的熱湯😡"]);
    for label in ["gb18030", "gbk", "gb2312", "utf-8"] {
        let declared = format!("<?xml version=\"1.0\" encoding=\"{label}\"?>{four}");
        assert_eq!(titles(Answer::ok("text/xml", gb(&declared))).await, ["𠮷野家的熱湯😡"], "four bytes of GB18030 declared {label}");
    }
    let late = format!("<!-- a long comment -->\n\n<?xml version=\"1.0\" encoding=\"koi8-r\"?>{text}");
    assert_eq!(titles(rss(late)).await, wanted, "a late declaration of another charset");
}

#[tokio::test]
async fn control_characters_and_bare_ampersands_are_repaired() {
    let text = "\0<rss version=\"2.0\"><channel><item><title>Q\u{1}&A \u{0}&nbsp;&copy; &#xFFFF;</title></item></channel></rss>\0\0";
    assert_eq!(titles(rss(text)).await.len(), 1);
    // Half of a pair, in UTF-16 and as if it were a character of UTF-8.
    let half =
        feed(&["half X here"]).encode_utf16().flat_map(|unit| if unit == 0x58 { 0xd83d } else { unit }.to_le_bytes()).collect::<Vec<u8>>();
    assert_eq!(titles(Answer::ok("text/xml", [vec![0xff, 0xfe], half].concat())).await, ["half \u{fffd} here"]);
    let half =
        feed(&["half X here"]).into_bytes().into_iter().flat_map(|byte| if byte == b'X' { vec![0xed, 0xa0, 0xbd] } else { vec![byte] });
    assert_eq!(titles(Answer::ok("text/xml; charset=utf-8", half.collect::<Vec<u8>>())).await.len(), 1);
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
    assert_eq!(kind_of(rss("<rss version=\"2.0\"><channel><item><title>a")).await, FailureKind::CutOff);
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
