//! Pages in the spirit of real ones.

use jiff::tz::TimeZone;
use url::Url;

mod tables;
mod undated;

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

const AUTHORS: [&str; 4] = ["Anna K.", "bob_77", "Chen Wei", "Dora"];
const TITLES: [&str; 4] = ["Broken after two days", "Good value", "Three weeks late", "Loose lid"];
const STARS: [usize; 4] = [1, 5, 2, 4];

/// A list of four, each made of who, what, how many stars and when, in the order of `SAYINGS`.
type Shape = (&'static str, &'static str, &'static str, fn(&One) -> String);

struct One {
    n: usize,
    title: &'static str,
    by: &'static str,
    stars: usize,
    said: &'static str,
    /// 20 to 17 November.
    day: usize,
}

fn ones() -> Vec<One> {
    (0..4).map(|n| One { n, title: TITLES[n], by: AUTHORS[n], stars: STARS[n], said: SAYINGS[n], day: 20 - n }).collect()
}

fn row(filled: &str, empty: &str, stars: usize) -> String {
    filled.repeat(stars) + &empty.repeat(5 - stars)
}

/// As shops, forums and old pages have them; `Review_item__2kD9x` and `css-1qy4d2` are names that tools make.
const SHAPES: &[Shape] = &[
    ("linked headings", "<div class=reviews>", "</div>", |o| {
        format!(
            "<div class=review><h3><a href='/r/{}'>{}</a></h3><b class=stars>{}</b><span class=by>by {}</span> <span class=date>November {}, 2026</span><p>{}</p></div>",
            o.n,
            o.title,
            row("★", "☆", o.stars),
            o.by,
            o.day,
            o.said
        )
    }),
    ("a shop's plugin", "<ol class=commentlist>", "</ol>", |o| {
        format!(
            "<li class='review' id='li-comment-{0}'><div id='comment-{0}' class=comment_container><div class=star-rating role=img aria-label='Rated {1} out of 5'><span style='width:{2}%'>Rated <strong>{1}</strong> out of 5</span></div>\
             <p class=meta><strong class=woo-review__author>{3} </strong> <em class=verified>(verified owner)</em> <time datetime='2026-11-{4}T10:00:00Z'>then</time></p><h4>{5}</h4><div class=description><p>{6}</p></div><a href='#comment-{0}'>#</a></div></li>",
            o.n,
            o.stars,
            o.stars * 20,
            o.by,
            o.day,
            o.title,
            o.said
        )
    }),
    ("a widget with drawn stars", "<div class=spr-reviews>", "</div>", |o| {
        format!(
            "<div class=spr-review id=spr-review-9{0}><span class=spr-starratings>{1}</span><h3 class=spr-title>{2}</h3><span class=spr-byline><strong>{3}</strong> on <strong>Nov {4}, 2026</strong></span>\
             <div class=spr-content><p class=spr-body>{5}</p></div><a href='/r/{0}' class=permalink>#</a><a href='#' class=spr-report>Report</a></div>",
            o.n,
            row("<i class='icon icon-star'></i>", "<i class='icon icon-star-empty'></i>", o.stars),
            o.title,
            o.by,
            o.day,
            o.said
        )
    }),
    ("blocks and elements", "<div class=reviews-list>", "</div>", |o| {
        format!(
            "<article class='review-item review-item--ok'><div class='review-item__stars review-item__stars--{}'></div><a class=review-item__headline href='/r/{}'>{}</a><div class=review-item__copy>{}</div>\
             <div class=review-item__info><span class=review-item__nickname>{}</span><span class=review-item__submitted>2026-11-{}</span></div></article>",
            o.stars, o.n, o.title, o.said, o.by, o.day
        )
    }),
    ("made names that begin with a word", "<div class=List_root__1xPqb>", "</div>", |o| {
        format!(
            "<div class=Review_item__2kD9x><span class=Review_author__3hGf1>{}</span><div class=Rating_stars__1LmNo role=img aria-label='{} out of 5 stars'><svg></svg></div>\
             <time datetime='2026-11-{}T08:00:00Z'>then</time><h4 class=Review_title__7UvWx><a href='/r/{}'>{}</a></h4><p class=Review_body__5StYz>{}</p></div>",
            o.by, o.stars, o.day, o.n, o.title, o.said
        )
    }),
    ("made names alone", "<main class=css-1x9ab2><div class=css-k008qs>", "</div></main>", |o| {
        format!(
            "<div class=css-1qy4d2><div class=css-70qvj9><a class=css-9gk3ab href='/users/{0}'>{1}</a><span class=css-0lm21z>{2} November 2026</span></div><h3 class=css-77abc1><a href='/r/{0}'>{3}</a></h3>\
             <div class=css-5590ab data-rating={4}></div><p class=css-112abc>{5}</p></div>",
            o.n, o.by, o.day, o.title, o.stars, o.said
        )
    }),
    ("stars of one picture in two colours", "<ul class=opinions>", "</ul>", |o| {
        format!(
            "<li><h5>{}</h5><span class=rating>{}</span><p class=what>{}</p><p class=user>{}, {} Nov 2026</p><a href='/r/{}'>Read more</a></li>",
            o.title,
            row("<svg fill='#fb0'></svg>", "<svg fill='#ddd'></svg>", o.stars),
            o.said,
            o.by,
            o.day,
            o.n
        )
    }),
    ("elements of the site's own making", "<main><review-list>", "</review-list></main>", |o| {
        format!(
            "<review-card><review-author>{}</review-author><review-date>{} November 2026</review-date><star-rating value={} max=5></star-rating><review-title><a href='/r/{}'>{}</a></review-title><review-text>{}</review-text></review-card>",
            o.by, o.day, o.stars, o.n, o.title, o.said
        )
    }),
    ("rows of a table", "<table><tr><th>Name<th>Day<th>Stars<th>Title<th>Comment</tr>", "</table>", |o| {
        format!(
            "<tr><td>{}</td><td>2026-11-{}</td><td>{}/5</td><td><a href='/r/{}'>{}</a></td><td>{}</td></tr>",
            o.by, o.day, o.stars, o.n, o.title, o.said
        )
    }),
];

#[test]
fn lists_of_many_makes_give_every_field() {
    let mut wrong = Vec::new();
    for (name, open, close, shape) in SHAPES {
        let list: String = ones().iter().map(shape).collect();
        let menu: String = (0..12).map(|n| format!("<li class=menu-item><a href='/c/{n}'>Category {n} of the shop</a></li>")).collect();
        let (learnt, entries) = best(&format!(
            "<title>x</title><nav><ul>{menu}</ul></nav><h1>Kettle</h1>{open}{list}{close}<footer><p>All rights reserved, and more of the kind.</p></footer>"
        ));
        for (entry, one) in entries.iter().zip(ones()) {
            let link = if *name == "a shop's plugin" { format!("#comment-{}", one.n) } else { format!("/r/{}", one.n) };
            let rating = entry
                .rating
                .as_deref()
                .and_then(crate::collect::normalise::rating::parse)
                .map(|(value, most)| value * 5.0 / most.unwrap_or(5.0));
            let right = [
                entry.title.as_deref() == Some(one.title),
                entry.author.as_deref() == Some(one.by),
                entry.text.as_deref() == Some(one.said),
                entry.link.as_deref() == Some(&link),
                rating == Some(f64::from(u32::try_from(one.stars).expect("five at most"))),
                entry.published.is_some_and(|at| at.rfc3339().starts_with(&format!("2026-11-{}", one.day))),
            ];
            if entries.len() != 4 || right.contains(&false) {
                wrong.push(format!(
                    "{name}: {} items, title author text link rating time {right:?}\n{:?}\n{entry:?}",
                    entries.len(),
                    learnt.selectors
                ));
            }
        }
        if entries.is_empty() {
            wrong.push(format!("{name}: nothing"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn when_people_joined_is_not_when_they_spoke() {
    let post = |n: usize| {
        format!(
            "<div class=post id=p{n}><dl class=postprofile><dt><a href='./memberlist.php?mode=viewprofile&u={n}'>user{n}</a></dt><dd class=profile-joined><b>Joined:</b> Mon Mar 0{}, 201{n} 4:19 pm</dd></dl>\
             <p class=author><a href='./viewtopic.php?p={n}#p{n}'>#{n}</a> by <a href='./memberlist.php?mode=viewprofile&u={n}'>user{n}</a> » 1{n} Nov 2026 10:00</p><a href='./posting.php?mode=quote&p={n}'>Quote</a><div class=content>{}</div></div>",
            4 - n,
            SAYINGS[n]
        )
    };
    let (learnt, entries) = best(&format!("<div id=page-body>{}</div>", (0..4).map(post).collect::<String>()));
    let read: Vec<_> =
        entries.iter().map(|entry| (entry.published.map(Moment::rfc3339), entry.author.clone(), entry.link.clone())).collect();
    let wanted: Vec<_> = (0..4)
        .map(|n| (Some(format!("2026-11-1{n}T10:00:00Z")), Some(format!("user{n}")), Some(format!("./viewtopic.php?p={n}#p{n}"))))
        .collect();
    assert_eq!(read, wanted, "{:?}", learnt.selectors);
}

#[test]
fn headlines_are_a_list_and_a_menu_is_none() {
    let headline = |n: usize| format!("<li><a href='/2026/11/x{n}'>{}: what readers of the Example Post tell</a></li>", TITLES[n]);
    let page = |class: &str| format!("<h1>News</h1><div><ul class={class}>{}</ul></div>", (0..4).map(headline).collect::<String>());
    let (learnt, entries) = best(&page("stories"));
    assert!(learnt.headlines && entries.len() == 4, "{learnt:?}");
    assert_eq!(
        (entries[1].title.as_deref(), entries[1].link.as_deref()),
        (Some("Good value: what readers of the Example Post tell"), Some("/2026/11/x1"))
    );
    let base = Url::parse("https://shop.example/").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 100 };
    assert_eq!(learn(&Html::parse_document(&page("footer-menu")), &context), Vec::new());
}
