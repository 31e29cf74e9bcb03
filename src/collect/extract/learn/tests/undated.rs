//! Reviews that tell no time: made names, or none at all.

use super::*;

/// Title, author, whether stars; what each shape has.
type Shape = (&'static str, &'static str, &'static str, [bool; 3], fn(&One) -> String);

const TITLED: [bool; 3] = [true, true, true];

const SHAPES: &[Shape] = &[
    ("made names", "<div class=css-9k2l1m>", "</div>", TITLED, |o| {
        format!(
            "<div class=css-1x2y3z><div class=css-77ab1c role=img aria-label='{} out of 5'></div><h4 class=css-8u7y6t>{}</h4><span class=css-5r4e3w>{}</span><p class=css-2q1w2e>{}</p></div>",
            o.stars, o.title, o.by, o.said
        )
    }),
    ("no names at all", "<h2>Reviews</h2><div>", "</div>", TITLED, |o| {
        format!("<div><h4>{}</h4><div>{}</div><p>{}</p><div>{}</div></div>", o.title, row("★", "☆", o.stars), o.said, o.by)
    }),
    ("words under a heading that says whose they are", "<h2>Customer reviews</h2><div class=sc-bdVaJa>", "</div>", [false; 3], |o| {
        format!("<div class=css-1x2y3z><p>{}</p></div>", o.said)
    }),
    ("paragraphs under a heading in Chinese", "<h3>顧客評價</h3><section>", "</section>", [false, true, false], |o| {
        format!("<div><b>{}</b><p>{}</p></div>", o.by, o.said)
    }),
    ("quotations", "<h2>What our customers say</h2><div>", "</div>", [false, true, false], |o| {
        format!("<div class=css-ab12cd><blockquote class=css-ef34gh>{}</blockquote><cite class=css-ij56kl>{}</cite></div>", o.said, o.by)
    }),
];

#[test]
fn undated_reviews_are_learnt() {
    let mut wrong = Vec::new();
    for (name, open, close, [titled, told, rated], shape) in SHAPES {
        let list: String = ones().iter().map(shape).collect();
        let menu: String = (0..12).map(|n| format!("<li><a href='/c/{n}'>Category {n} of the shop</a></li>")).collect();
        let about = "<p>This kettle boils a litre and a half of water within three minutes, and turns itself off when it is done.</p>";
        let (learnt, entries) = best(&format!(
            "<title>x</title><ul>{menu}</ul><h1>Kettle</h1><div>{about}{about}</div>{open}{list}{close}<div><p>All rights reserved, and more of the kind.</p></div>"
        ));
        let sure = learnt.told_by_someone || learnt.named || learnt.likely_said;
        for (entry, one) in entries.iter().zip(ones()) {
            let right = [
                entry.title.as_deref() == Some(one.title).filter(|_| *titled),
                entry.author.as_deref() == Some(one.by).filter(|_| *told),
                entry.text.as_deref() == Some(one.said),
                entry.rating.is_some() == *rated,
                entries.len() == 4 && sure,
            ];
            if right.contains(&false) {
                wrong.push(format!("{name}: {} items, title author text rating list {right:?}\n{learnt:?}\n{entry:?}", entries.len()));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_heading_beside_the_time_is_no_author() {
    let shapes: [fn(&One) -> String; 3] = [
        |o| {
            format!(
                "<div class=css-1x2y3z><h3>{}</h3><span>{}</span><time datetime='2026-11-{}'>then</time><p>{}</p></div>",
                o.title, o.by, o.day, o.said
            )
        },
        |o| {
            format!(
                "<div class=css-1x2y3z><div><h4>{}</h4><time datetime='2026-11-{}'>then</time></div><p>{}</p></div>",
                o.title, o.day, o.said
            )
        },
        |o| {
            format!(
                "<div class=css-1x2y3z><div><strong>{}</strong><time datetime='2026-11-{}'>then</time></div><p>{}</p><div><i>{}</i></div></div>",
                o.title, o.day, o.said, o.by
            )
        },
    ];
    for (at, shape) in shapes.iter().enumerate() {
        let (learnt, entries) = best(&format!("<div id=list>{}</div>", ones().iter().map(shape).collect::<String>()));
        let read: Vec<_> = entries.iter().map(|entry| (entry.title.as_deref(), entry.author.as_deref())).collect();
        let wanted: Vec<_> = ones().iter().map(|o| (Some(o.title), Some(o.by).filter(|_| at != 1))).collect();
        assert_eq!(read, wanted, "{at}: {:?}", learnt.selectors);
    }
    let named = |o: &One| {
        format!("<div class=css-1x2y3z><div><h4>{}</h4><time datetime='2026-11-{}'>then</time></div><p>{}</p></div>", o.by, o.day, o.said)
    };
    let (learnt, entries) = best(&format!("<div id=list>{}</div>", ones().iter().map(named).collect::<String>()));
    assert_eq!(entries[0].author.as_deref(), Some("Anna K."), "{:?}", learnt.selectors);
}

#[test]
fn paragraphs_of_an_article_are_still_no_reviews() {
    let parts: String =
        SAYINGS.iter().map(|said| format!("<div class=css-1x2y3z><h4>{}</h4><p>{said} {said}</p></div>", &said[..12])).collect();
    let base = Url::parse("https://shop.example/").expect("an address");
    let context = Context { base: &base, timezone: &TimeZone::UTC, now: Moment::from_secs(1_800_000_000), max_items: 100 };
    let lists = learn(&Html::parse_document(&format!("<h1>On kettles</h1><h2>How to make tea</h2><div>{parts}</div>")), &context);
    assert!(lists.iter().all(|list| !list.likely_said && !list.told_by_someone), "{lists:?}");
}
