//! Pages in the spirit of real ones.

use jiff::tz::TimeZone;
use url::Url;

use super::*;
use crate::collect::extract::page::{Picks, read};
use crate::model::Moment;

fn best(document: &str) -> (Learnt, Vec<crate::collect::extract::Raw>) {
    let base = Url::parse("https://shop.example/t/1").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 100 };
    let learnt = learn(&Html::parse_document(document), &context).into_iter().next().expect("a list");
    let picks = Picks::parse(&learnt.selectors).expect("selectors that parse");
    let entries = read(document, &picks, &context).expect("a page").entries;
    (learnt, entries)
}

const SAYINGS: [&str; 4] = [
    "The kettle stopped working after two days and the shop does not answer my letters.",
    "Mine has been fine for a year now, and the water boils in no time at all.",
    "Delivery took three weeks. Nobody could tell me where the parcel was.",
    "Would buy again, although the lid is a little loose and the handle gets hot.",
];

fn forum() -> String {
    let post = |(n, said): (usize, &&str)| {
        format!(
            "<div class='post p{n}' id='post_{n}00'><div class=head><a class=username href='/members/u{n}'>user{n}</a> <time datetime='2026-11-2{n}T10:00:00Z'>{n} hours ago</time>\
             <a class=permalink href='#post-{n}'>#{n}</a></div><div class=body>{said}</div><div class=foot><a href='/reply?{n}'>Reply</a> <a href='/report?{n}'>Report</a></div></div>"
        )
    };
    let posts: String = SAYINGS.iter().enumerate().map(post).collect();
    let menu: String = (0..20).map(|n| format!("<li class=menu-item><a href='/c/{n}'>Category number {n}</a></li>")).collect();
    format!(
        "<title>Thread</title><ul>{menu}</ul><h1>Kettle</h1><div id=thread>{posts}</div><div class=sidebar><p>About this forum and its rules, which are many.</p></div>"
    )
}

#[test]
fn a_forum_thread() {
    let (learnt, entries) = best(&forum());
    assert_eq!((learnt.count, learnt.selectors.item.as_str(), learnt.told_by_someone), (4, "div.post", true));
    assert_eq!(learnt.selectors.container.as_deref(), Some("#thread"));
    assert_eq!(entries[2].text.as_deref(), Some(SAYINGS[2]));
    assert_eq!(entries[2].author.as_deref(), Some("user2"));
    assert_eq!(entries[2].published.map(Moment::rfc3339).as_deref(), Some("2026-11-22T10:00:00Z"));
    assert_eq!(entries[2].link.as_deref(), Some("#post-2"));
}

#[test]
fn chinese_reviews_with_drawn_stars() {
    let review = |n: usize, stars: usize, said: &str| {
        format!(
            "<li class=comment-item data-cid={n}><span class=comment-info><a href='/people/u{n}/'>用户{n}</a><span class='allstar{stars}0 rating' title='x'></span><span class=comment-time>2026-11-2{n}</span></span><p class=comment-content>{said}</p></li>"
        )
    };
    let list = review(1, 1, "等了十天还没收到货，客服也不理人")
        + &review(2, 5, "很好用，烧水快，家里人都喜欢")
        + &review(3, 2, "盖子松，用了两周就坏了");
    let (learnt, entries) = best(&format!("<div id=comments><ul>{list}</ul></div>"));
    assert_eq!(learnt.count, 3);
    assert_eq!(entries[0].text.as_deref(), Some("等了十天还没收到货，客服也不理人"));
    assert_eq!((entries[0].author.as_deref(), entries[0].published.is_some()), (Some("用户1"), true));
}

#[test]
fn replies_inside_replies_are_items_of_their_own() {
    let reply = |n: usize, inner: &str| {
        format!(
            "<li class=comment id=comment-{n}><div class=comment-body><cite class=fn>Ann {n}</cite><a class=when href='#comment-{n}'>November 2{n}, 2026 at 10:00 am</a><p class=said>{}</p><a class=reply href='#'>Reply</a></div>{inner}</li>",
            SAYINGS[n]
        )
    };
    let nested = reply(1, &format!("<ul class=children>{}</ul>", reply(2, "")));
    let (learnt, entries) = best(&format!("<div id=comments><ol class=comment-list>{}{nested}{}</ol></div>", reply(0, ""), reply(3, "")));
    assert_eq!((learnt.count, learnt.selectors.item.as_str()), (4, "li.comment"));
    assert!(entries.iter().zip(SAYINGS).all(|(entry, said)| entry.text.as_deref() == Some(said)), "{entries:#?}");
}

#[test]
fn nothing_is_learnt_from_nothing() {
    let base = Url::parse("https://shop.example/").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 100 };
    for document in ["", "<p>one", "<div></div>"] {
        assert_eq!(learn(&Html::parse_document(document), &context), Vec::new(), "{document}");
    }
}
