//! Lists whose items are rows, pairs of rows, tables or words without an element, and lists with others among their items.

use super::{AUTHORS, One, best, ones};
use crate::collect::extract::Raw;
use crate::collect::source::PageSelectors;
use crate::model::Moment;

fn page(before: &str, shape: impl Fn(One) -> String, after: &str) -> (PageSelectors, Vec<Raw>) {
    let list: String = ones().into_iter().map(shape).collect();
    let (learnt, entries) = best(&format!("<!doctype html><title>x</title>{before}{list}{after}"));
    (learnt.selectors, entries)
}

/// Each has its author, its words alone, and its day; nothing else is an item.
fn assert_complete((selectors, entries): &(PageSelectors, Vec<Raw>)) {
    let read: Vec<_> = entries
        .iter()
        .map(|entry| (entry.author.as_deref(), entry.text.as_deref(), entry.published.map(|at| at.rfc3339()[..10].to_owned())))
        .collect();
    let wanted: Vec<_> = ones().iter().map(|one| (Some(one.by), Some(one.said), Some(format!("2026-11-{}", one.day)))).collect();
    assert_eq!(read, wanted, "{selectors:?}");
}

#[test]
fn a_row_with_who_and_what_between_rows_of_headings_and_buttons() {
    let learnt = page(
        "<table class=forumline><tr><td class=catHead colspan=2><a href='?previous'>View previous topic</a></td></tr><tr><th>Author<th>Message</tr>",
        |o| {
            format!(
                "<tr><td class=row{0} valign=top><span class=name><a name={1}></a><b>{2}</b></span><br><span class=postdetails>Joined: 0{0} Mar 200{1}<br>Posts: {1}<br>Location: Town</span></td>\
                 <td class=row{0}><table><tr><td><a href='viewtopic.php?p={1}#{1}'><img alt=Post></a><span class=postdetails>Posted: Fri Nov {3}, 2026 10:0{1} am&nbsp; Post subject: {4}</span></td>\
                 <td><a href='posting.php?mode=quote&amp;p={1}'><img alt='Reply with quote'></a></td></tr><tr><td colspan=2><span class=postbody>{5}</span></td></tr></table></td></tr>\
                 <tr><td class=row{0}><a href='#top'>Back to top</a></td><td class=row{0}><a href='profile.php?mode=viewprofile&amp;u={1}'><img alt='View profile'></a></td></tr>\
                 <tr><td class=spaceRow colspan=2><img alt=''></td></tr>",
                o.n % 2 + 1,
                o.n,
                o.by,
                o.day,
                o.title,
                o.said
            )
        },
        "<tr><td class=catBottom colspan=2>Display posts from previous: <select><option>All</select></td></tr></table>",
    );
    assert_complete(&learnt);
}

#[test]
fn a_table_for_each_post() {
    let learnt = page(
        "<div id=posts>",
        |o| {
            format!(
                "<div align=center><div id=edit{0}00><table class=tborder id=post{0}00><tr><td class=thead><a name=post{0}00><img alt=Old></a> 11-{1}-2026, 10:0{0} AM</td><td class=thead>#<a href='showpost.php?p={0}00' id=postcount{0}00>{0}</a></td></tr>\
                 <tr><td class=alt2><div id=postmenu_{0}00><a class=bigusername href='member.php?u={0}'>{2}</a></div><div class=smallfont>Senior Member</div><div class=smallfont>Join Date: Mar 200{0}<br>Posts: 31{0}</div></td>\
                 <td class=alt1 id=td_post_{0}00><div id=post_message_{0}00>{3}</div></td></tr><tr><td class=alt2><img alt=offline></td><td class=alt1><a href='newreply.php?p={0}00'><img alt=Quote></a></td></tr></table></div></div>",
                o.n, o.day, o.by, o.said
            )
        },
        "</div>",
    );
    assert_complete(&learnt);
    assert!(learnt.1.iter().all(|entry| entry.link.as_deref().is_some_and(|link| link.starts_with("showpost"))), "{:?}", learnt.0);
}

#[test]
fn tables_without_any_class_among_others() {
    let frame = |said: &str| {
        format!("<table border=0><tr><td>{said}</td></tr><tr><td>Home, search, help and the register of users</td></tr></table>")
    };
    let learnt = page(
        &format!("<div id=wrapper><center>{}", frame("[<a href='/'>Home</a>] [<a href='forum_show.pl'>Forum</a>]")),
        |o| {
            format!(
                "<a name=3{0}></a><table border=0><tr><td bgcolor='#d1d2c0'><table><tr><td><a href='#3{0}'><img alt=''></a><b>By</b> <a href='user_info.pl?id=1{0}'>{1}</a> <b>On</b> 2026.11.{2} 13:17</td><td align=right></td></tr></table></td></tr>\
                 <tr bgcolor='#ffffff'><td>{3}</td></tr></table><p>",
                o.n, o.by, o.day, o.said
            )
        },
        &frame("Published by the board"),
    );
    assert_complete(&learnt);
}

#[test]
fn a_row_for_who_and_the_next_one_for_what() {
    let by_link = page(
        "<table><tr bgcolor='#cccccc'><td colspan=2><b>Author</b></td></tr>",
        |o| {
            format!(
                "<tr><td><font size=2><a href='profile.asp?id={}'>{}</a></font></td><td align=right><font size=1>Posted - {} Nov 2026 : 10:00:00</font></td></tr><tr><td colspan=2><font size=2>{}</font></td></tr>",
                o.n, o.by, o.day, o.said
            )
        },
        "<tr><td colspan=2><a href='forum.asp'>Back to the forum</a></td></tr></table>",
    );
    assert_complete(&by_link);
    assert!(by_link.0.text.as_deref().is_some_and(|css| css.starts_with("+ tr")), "{:?}", by_link.0);
    let by_looks = page(
        "<table><tr bgcolor='#cccccc'><td><b>Guestbook</b></td></tr>",
        |o| format!("<tr bgcolor='#eeeeee'><td><b>{}</b> wrote on {} Nov 2026:</td></tr><tr><td>{}</td></tr>", o.by, o.day, o.said),
        "</table>",
    );
    assert_complete(&by_looks);
}

#[test]
fn a_term_for_who_and_a_definition_for_what() {
    let learnt = page(
        "<dl class=guestbook>",
        |o| format!("<dt><span class=author>{}</span> <span class=date>2026-11-{} 10:00</span></dt><dd>{}</dd>", o.by, o.day, o.said),
        "</dl>",
    );
    assert_complete(&learnt);
}

#[test]
fn words_without_an_element_of_their_own() {
    let learnt = page(
        "<div class=comments>",
        |o| format!("<div class=entry><b class=who>{}</b> <i class=when>{} Nov 2026</i><br>{}</div>", o.by, o.day, o.said),
        "</div>",
    );
    assert_complete(&learnt);
    assert_eq!(learnt.0.text, None);
}

#[test]
fn the_cell_with_who_and_the_cell_with_what_are_one_post() {
    let learnt = page(
        "<div class=block-body>",
        |o| {
            format!(
                "<article class='message js-post' id=post-{0}><div class=inner><div class='message-cell message-cell--user'><h4><a class=username href='/members/u.{0}/'>{1}</a></h4><h5 class=userTitle>Well-known member</h5></div>\
                 <div class='message-cell message-cell--main'><header><a href='/threads/x/post-{0}'><time datetime='2026-11-{2}T10:00:00Z'>then</time></a></header><div class=message-body>{3}</div><a href='/posts/{0}/react'>Like</a></div></div></article>",
                o.n, o.by, o.day, o.said
            )
        },
        "</div>",
    );
    assert_complete(&learnt);
    assert!(learnt.0.item.starts_with("article"), "{:?}", learnt.0);
}

#[test]
fn an_advertisement_among_posts_is_none() {
    let learnt = page(
        "<div class=list>",
        |o| {
            let advertisement = if o.n == 2 {
                "<div class=box><p>Sponsored: a new kettle with twenty per cent off the next one you buy.</p><a href='/ad'>More</a></div>"
            } else {
                ""
            };
            format!(
                "{advertisement}<div class=box><div class=meta><span class=author>{}</span> <time datetime='2026-11-{}'>then</time></div><p>{}</p></div>",
                o.by, o.day, o.said
            )
        },
        "</div>",
    );
    assert_complete(&learnt);
}

#[test]
fn a_guest_without_a_name_stays() {
    let (selectors, entries) = page(
        "<div class=list>",
        |o| {
            let author = if o.n == 2 { String::new() } else { format!("<span class=author>{}</span>", o.by) };
            format!("<div class=box><div class=meta>{author} <time datetime='2026-11-{}'>then</time></div><p>{}</p></div>", o.day, o.said)
        },
        "</div>",
    );
    assert_eq!(entries.len(), AUTHORS.len(), "{selectors:?}");
    assert!(entries[2].published.map(Moment::rfc3339).is_some_and(|at| at.starts_with("2026-11-18")), "{selectors:?}");
}

#[test]
fn the_number_of_a_case_is_nobodys_name() {
    let (selectors, entries) = page(
        "<table class=register><thead><tr><th>Case<th>Received<th>Trader<th>Complaint</tr></thead>",
        |o| {
            format!(
                "<tr><td class=f><a href='/c/{0}'>2026/{0}</a></td><td class=f>{1}/11/2026</td><td class=f>{2} Ltd</td><td class='f b'>{3}</td></tr>",
                o.n, o.day, o.by, o.said
            )
        },
        "</table>",
    );
    assert_eq!((selectors.author.as_deref(), entries.len()), (None, 4), "{selectors:?}");
    assert!(entries.iter().zip(ones()).all(|(entry, one)| entry.text.as_deref() == Some(one.said)), "{selectors:?}");
}
