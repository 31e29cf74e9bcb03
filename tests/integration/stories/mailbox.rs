//! A mailbox as a source: what arrives is told, nothing but the chosen flag is changed, and nothing that breaks on the way loses a mail.

use std::time::Duration;

use hearken::model::{FailureKind, SourceState};
use hearken::store::MentionFilter;

use crate::world::daemon::World;
use crate::world::imap::{Fault, Imap, PASSWORD, USER};
use crate::world::plan::{Plan, write_secret};

async fn source(world: &World) -> SourceState {
    world.store().source("mailbox").await.expect("the store answers").expect("it is there")
}

/// A daemon over this mailbox, whose first round is over.
pub(super) async fn world(imap: &Imap, lines: &str) -> World {
    world_with(imap, lines, PASSWORD).await
}

async fn world_with(imap: &Imap, lines: &str, password: &str) -> World {
    let plan = Plan::with(|plan| {
        plan.more = format!(
            "[[source]]\nname = \"mailbox\"\nkind = \"mail\"\nurl = \"{}\"\nusername = \"{USER}\"\npassword_file = \"{{folder}}/imap\"\ninterval = \"1m\"\n{lines}\n",
            imap.url()
        );
    });
    let mut world = World::prepare(plan).await;
    write_secret(&world.folder().join("imap"), password);
    world.run().await;
    world.poll().await;
    world
}

pub(super) fn notice(number: u32, from: &str, subject: &str, text: &str) -> String {
    format!(
        "From: Platform <{from}>\nTo: {USER}\nSubject: {subject}\nMessage-ID: <{number}@platform.test>\nDate: Sun, 22 Nov 2026 18:00:00 +0800\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    )
}

fn late(number: u32) -> String {
    notice(number, "notice@platform.test", &format!("order {number}"), &format!("紅隼快煮壺，訂單 {number}，訂了十天還沒收到貨"))
}

#[tokio::test]
async fn a_mail_is_told_once_and_marked_after_it_is_kept() {
    let imap = Imap::start().await;
    let old = imap.arrives(&late(1));
    let world = world(&imap, "").await;
    assert_eq!((world.mailed(), imap.flags(old)), (Vec::new(), Vec::new()), "what was there before is left as it is");
    let new = imap.arrives(&late(2));
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    assert_eq!(imap.flags(new), ["\\Seen"]);
    assert!(imap.flags(old).is_empty());
    assert!(imap.commands("UID FETCH").iter().all(|command| command.contains("BODY.PEEK[")), "reading marks nothing by itself");
    for _ in 0..3 {
        world.poll().await;
    }
    assert_eq!(world.mailed().len(), 2);
    let (mention, _) = world
        .store()
        .mentions(&MentionFilter::default())
        .await
        .expect("the store answers")
        .into_iter()
        .find(|(mention, _)| mention.source == "mailbox")
        .expect("it is kept");
    assert_eq!((mention.title.as_deref(), mention.author.as_deref()), (Some("order 2"), Some("Platform")));
    assert!(mention.published.is_some());
    world.finish().await;
}

#[tokio::test]
async fn a_mail_that_a_person_opened_first_is_read_all_the_same() {
    let imap = Imap::start().await;
    let world = world(&imap, "").await;
    imap.opens(imap.arrives(&late(1)));
    let unread = imap.arrives(&late(2));
    world.poll().await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 2, "who else reads the mailbox decides nothing");
    assert_eq!(imap.flags(unread), ["\\Seen"]);
    imap.closes(unread);
    world.poll().await;
    world.poll().await;
    assert!(imap.flags(unread).is_empty(), "a person keeps it for later, and nobody marks it again");
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn what_lay_there_before_the_first_look_stays_old_when_the_mailbox_is_numbered_anew() {
    let imap = Imap::start().await;
    // Two days, and one hour, before the first look.
    imap.arrives_at("18-Nov-2026 09:00:00 +0800", &late(1).replace("22 Nov", "18 Nov"));
    imap.arrives_at("20-Nov-2026 09:00:00 +0800", &late(2).replace("22 Nov 2026 18", "20 Nov 2026 09"));
    let mut world = world(&imap, "").await;
    imap.arrives(&late(3));
    world.poll().await;
    imap.renumber();
    imap.arrives(&late(4));
    world.poll().await;
    world.poll().await;
    let told = |world: &World| world.mails_to("hong@kestrel.test").len();
    assert_eq!(told(&world), 2, "the one that was read, once, and the one that came meanwhile");
    assert!(world.log.text().contains("lay there before"), "{}", world.log.text());
    world.pass(Duration::from_hours(48)).await;
    imap.is_copied_at("24-Nov-2026 09:00:00 +0800");
    imap.arrives_at("24-Nov-2026 09:05:00 +0800", &late(5).replace("22 Nov", "24 Nov"));
    world.restart().await;
    world.poll().await;
    assert_eq!(told(&world), 3, "a copy is no arrival: the mails' own dates tell");
    assert!(world.verb(&["sources", "reset", "mailbox"]).await.ended(0).text().contains("is due now"));
    world.poll().await;
    assert_eq!(told(&world), 3, "nor does a reset make news of it");
    world.finish().await;
}

#[tokio::test]
async fn our_own_mails_and_answers_to_them_are_left_out_and_counted() {
    let imap = Imap::start().await;
    let world = world(&imap, "").await;
    imap.arrives(&late(1));
    world.poll().await;
    let warning = world.mails_to("hong@kestrel.test").remove(0);
    let (id, subject) = (warning.header("Message-ID").expect("an id"), warning.header("Subject").expect("a subject"));
    let before = (world.incidents().await.len(), world.mailed().len());
    let words = "紅隼快煮壺，訂了十天還沒收到貨";
    let own = imap.arrives(&String::from_utf8_lossy(&warning.data).replace("\r\n", "\n"));
    let answer = notice(21, "hong@kestrel.test", &format!("Re: {subject}"), &format!("收到，我來處理\n> {words}"));
    let answer = imap.arrives(&answer.replace("Date:", &format!("In-Reply-To: {id}\nDate:")));
    let body = warning.body("text/plain");
    let link = body.split_whitespace().find(|word| word.contains("/a/")).expect("a link to answer by");
    let quoted = notice(22, "hong@kestrel.test", "Fw", &format!("> {words}\n> {link}"));
    imap.arrives(&quoted);
    let away = notice(23, "chen@kestrel.test", "Automatic reply", &format!("休假中\n> {words}"));
    imap.arrives(&away.replace("Date:", "Auto-Submitted: auto-replied\nDate:"));
    world.poll().await;
    assert_eq!((world.incidents().await.len(), world.mailed().len()), before, "{}", world.log.text());
    assert!(imap.flags(own).is_empty() && imap.flags(answer).is_empty(), "people have not opened them");
    let shown = world.verb(&["sources", "show", "mailbox"]).await.ended(0).text();
    assert!(shown.contains("1 of our own, 2 answers to them, 1 automatic answer"), "{shown}");
    for (words, why) in [("收到，我來處理", "answers one of Hearken's warnings"), ("休假中", "a program answered by itself")] {
        let said = world.verb(&["whynot", words]).await.ended(1).text();
        assert!(said.contains("Left out: `mailbox`") && said.contains(why) && !said.contains("no source has shown it"), "{said}");
    }
    // A colleague sends the warning on, with a complaint of his own above it.
    let above = "另一位客人也說紅隼快煮壺壞了，杯蓋裂開。";
    imap.arrives(&notice(
        25,
        "chen@kestrel.test",
        &format!("Fwd: {subject}"),
        &format!("{above}\n\n---------- Forwarded message ---------\nFrom: Hearken\n{words}\n{link}"),
    ));
    world.poll().await;
    let mentions = world.store().mentions(&MentionFilter::default()).await.expect("the store answers");
    let heard =
        mentions.iter().find(|(mention, _)| mention.text.contains("另一位客人")).map(|(mention, _)| mention).expect("his words are read");
    assert_eq!((heard.text.as_str(), heard.title.as_deref()), (above, None), "and the quoted warning is not");
    let before = (world.incidents().await.len(), world.mailed().len());
    imap.arrives(&late(24).replace("Date:", "Auto-Submitted: auto-generated\nDate:"));
    world.poll().await;
    assert!(world.mailed().len() > before.1, "a platform's notice is sent by a program, and is read");
    world.finish().await;
}

#[tokio::test]
async fn what_could_not_be_marked_is_known_and_marked_later() {
    let imap = Imap::start().await;
    let world = world(&imap, "").await;
    imap.fault(Some(Fault::NoStore));
    let new = imap.arrives(&late(1));
    world.poll().await;
    world.poll().await;
    assert_eq!((world.mailed().len(), imap.flags(new).len()), (2, 0));
    imap.fault(None);
    world.poll().await;
    assert_eq!((world.mailed().len(), imap.flags(new)), (2, vec!["\\Seen".to_owned()]));
    world.finish().await;
}

#[tokio::test]
async fn a_google_alert_is_one_item_for_each_result() {
    let imap = Imap::start().await;
    let world = world(&imap, "from = [\"googlealerts-noreply@google.com\"]").await;
    let result = |page: &str, title: &str| {
        format!(
            "<p><a href=\"https://www.google.com/url?rct=j&amp;url={page}&amp;ct=ga\">{title}</a> <span>The Kestrel kettle never arrived, says a customer.</span></p>"
        )
    };
    let alert = |number: u32, results: &str| {
        format!(
            "From: Google Alerts <googlealerts-noreply@google.com>\nSubject: =?UTF-8?B?R29vZ2xlIOW/q+iokSAtIOe0hembvA==?=\nMessage-ID: <{number}@google.test>\nContent-Type: text/html; charset=utf-8\n\n<html><body><p>Daily update</p>{results}</body></html>\n"
        )
    };
    let first = result("https://a.test/1", "Kestrel kettle lost");
    let other = imap.arrives(&late(9));
    let mail = imap.arrives(&alert(1, &format!("{first}{}", result("https://b.test/2?utm_source=x", "Kestrel parcels astray"))));
    imap.arrives(&alert(2, &first));
    world.poll().await;
    let all = world.store().mentions(&MentionFilter::default()).await.expect("the store answers");
    let mut pages: Vec<&str> =
        all.iter().filter(|(mention, _)| mention.source == "mailbox").filter_map(|(mention, _)| mention.url.as_deref()).collect();
    pages.sort_unstable();
    assert_eq!(pages, ["https://a.test/1", "https://b.test/2?utm_source=x"], "one item for each page, under its own address");
    assert_eq!((imap.flags(mail), imap.flags(other)), (vec!["\\Seen".to_owned()], vec![]), "another's mail is not touched");
    assert!(world.mailed().contains(&"hong@kestrel.test".to_owned()));
    world.finish().await;
}

#[tokio::test]
async fn a_mailbox_for_reading_alone_is_never_changed() {
    let imap = Imap::start().await;
    let mut world = world(&imap, "mark = \"none\"").await;
    let new = imap.arrives(&late(1));
    world.poll().await;
    assert_eq!((world.mailed().len(), imap.flags(new).len()), (2, 0));
    world.restart().await;
    let fetched = imap.commands("UID FETCH").len();
    world.poll().await;
    assert_eq!(imap.commands("UID FETCH").len(), fetched, "the last number is remembered");
    imap.renumber();
    imap.arrives(&late(2));
    world.poll().await;
    assert_eq!(world.mailed().len(), 4, "a mailbox numbered anew is read anew, and the old mail is known");
    assert!(imap.commands("SELECT").is_empty() && imap.commands("UID STORE").is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_keyword_marks_without_making_read() {
    let imap = Imap::start().await;
    let world = world(&imap, "mark = \"$Hearken\"\nsubject = [\"ORDER\"]").await;
    let new = imap.arrives(&late(1));
    let other = imap.arrives(&notice(2, "notice@platform.test", "newsletter", "紅隼還沒收到"));
    world.poll().await;
    assert_eq!((imap.flags(new), imap.flags(other)), (vec!["$Hearken".to_owned()], vec![]));
    let heads = imap.commands("UID FETCH").len();
    world.poll().await;
    world.poll().await;
    assert!(imap.commands("UID FETCH").len() <= heads + 1, "what is not ours is not looked at for ever");
    world.finish().await;
}

#[tokio::test]
async fn a_session_that_breaks_loses_nothing() {
    let imap = Imap::start().await;
    let world = world(&imap, "").await;
    imap.arrives(&late(1));
    imap.arrives(&late(2));
    for (fault, kind) in [(Fault::Bye, FailureKind::Server), (Fault::Silent, FailureKind::Timeout), (Fault::ReadOnly, FailureKind::Auth)] {
        imap.fault(Some(fault));
        world.poll().await;
        assert_eq!(source(&world).await.failure, Some(kind), "{fault:?}");
        assert!(world.mails_to("hong@kestrel.test").is_empty());
    }
    imap.fault(None);
    world.poll().await;
    assert_eq!(source(&world).await.failure, None);
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 2, "both, once");
    world.pass(Duration::from_mins(3)).await;
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn a_wrong_password_is_told_and_never_shown() {
    let imap = Imap::start().await;
    let world = world_with(&imap, "", "wrong-password-of-the-stories").await;
    for _ in 0..3 {
        world.poll().await;
    }
    let state = source(&world).await;
    assert_eq!(state.failure, Some(FailureKind::Auth));
    assert_eq!(world.mailed(), ["ops@kestrel.test"]);
    let shown = format!("{state:?}{}{}", world.mail.mails()[0].body("text/plain"), world.log.text());
    assert!(!shown.contains("wrong-password"), "{shown}");
    world.finish().await;
}

#[tokio::test]
async fn a_mailbox_can_be_tried_without_changing_it() {
    let imap = Imap::start().await;
    let world = world(&imap, "").await;
    let new = imap.arrives(&late(1));
    let tested = world.verb(&["sources", "test", "mailbox"]).await;
    assert!(tested.ended(0).text().contains("1 source tested, 0 failed"), "{}", tested.text());
    assert!(imap.flags(new).is_empty());
    std::fs::write(world.folder().join("one.eml"), late(7)).expect("it is written");
    let file = world.folder().join("one.eml").display().to_string();
    let probed = world.verb(&["probe", &file, "--source", "mailbox"]).await;
    assert_eq!(probed.ended(0).json()["title"], "order 7");
    world.finish().await;
}

/// What ops were told of mails that cannot be read.
fn told_of_mails(world: &World) -> Vec<String> {
    let mails = world.mails_to("ops@kestrel.test");
    // What follows on an incident, its end for one, is a reply to it.
    let first = mails.iter().filter(|mail| !mail.header("Subject").unwrap_or_default().starts_with("Re:"));
    let about = first.map(|mail| format!("{} {}", mail.header("Subject").unwrap_or_default(), mail.body("text/plain")));
    about.filter(|text| text.contains("cannot be read")).collect()
}

#[tokio::test]
async fn a_mail_that_breaks_every_session_holds_up_nobody_and_is_told_by_name() {
    let imap = Imap::start().await;
    let mut world = world(&imap, "").await;
    let poison = imap.arrives(&late(1));
    imap.fault(Some(Fault::CutIn(poison)));
    let behind = imap.arrives(&late(2));
    world.poll().await;
    assert_eq!((world.mails_to("hong@kestrel.test").len(), imap.flags(behind)), (1, vec!["\\Seen".to_owned()]), "at once");
    assert_eq!((source(&world).await.failure, told_of_mails(&world).len()), (None, 0), "a server may have a bad minute");
    world.poll().await;
    world.restart().await;
    world.poll().await;
    let told = told_of_mails(&world);
    assert!(told.len() == 1 && told[0].contains("order 1") && told[0].contains("<1@platform.test>"), "{told:?}");
    let tries = imap.commands(&format!("UID FETCH {poison} (UID INTERNALDATE")).len();
    world.pass(Duration::from_mins(30)).await;
    assert_eq!(imap.commands(&format!("UID FETCH {poison} (UID INTERNALDATE")).len(), tries, "no more than once an hour");
    imap.arrives(&late(3));
    world.pass(Duration::from_mins(40)).await;
    assert_eq!(imap.commands(&format!("UID FETCH {poison} (UID INTERNALDATE")).len(), tries + 1);
    assert_eq!((told_of_mails(&world).len(), world.mails_to("hong@kestrel.test").len()), (1, 2), "told once, and the others go on");
    imap.fault(None);
    world.pass(Duration::from_mins(70)).await;
    world.pass(Duration::from_mins(2)).await;
    assert_eq!((world.mails_to("hong@kestrel.test").len(), imap.flags(poison)), (3, vec!["\\Seen".to_owned()]), "it was never lost");
    assert!(world.troubles("mails:").await.iter().all(|incident| incident.resolved_at.is_some()));
    world.finish().await;
}

#[tokio::test]
async fn a_mail_whose_headers_cannot_be_had_is_told_by_its_number_until_it_is_deleted() {
    let imap = Imap::start().await;
    let world = world(&imap, "mark = \"none\"\nfrom = [\"@platform.test\"]").await;
    let poison = imap.arrives(&late(1));
    imap.fault(Some(Fault::CutAt(poison)));
    imap.arrives(&late(2));
    for _ in 0..3 {
        world.poll().await;
    }
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1, "the other one");
    let told = told_of_mails(&world);
    assert!(told.len() == 1 && told[0].contains(&format!("(UID) {poison}")), "{told:?}");
    let other = imap.arrives(&late(3));
    imap.fault(Some(Fault::CutIn(other)));
    for _ in 0..3 {
        world.poll().await;
    }
    assert_eq!(told_of_mails(&world).len(), 2, "one more is told, too");
    imap.fault(None);
    imap.deletes(poison);
    imap.deletes(other);
    world.pass(Duration::from_mins(70)).await;
    world.pass(Duration::from_mins(2)).await;
    assert!(world.troubles("mails:").await.iter().all(|incident| incident.resolved_at.is_some()));
    assert_eq!(world.mails_to("hong@kestrel.test").len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_token_opens_a_mailbox_and_may_be_renewed_while_we_run() {
    let imap = Imap::start().await;
    imap.takes_token("first-token-of-the-stories");
    let plan = Plan::with(|plan| {
        plan.more = format!(
            "[[source]]\nname = \"mailbox\"\nkind = \"mail\"\nurl = \"{}\"\nusername = \"{USER}\"\noauth_token_file = \"{{folder}}/token\"\ninterval = \"1m\"\n",
            imap.url()
        );
    });
    let mut world = World::prepare(plan).await;
    let file = world.folder().join("token");
    write_secret(&file, "first-token-of-the-stories");
    world.run().await;
    world.poll().await;
    imap.arrives(&late(1));
    world.poll().await;
    assert_eq!((source(&world).await.failure, world.mails_to("hong@kestrel.test").len()), (None, 1));
    imap.takes_token("second-token-of-the-stories");
    imap.arrives(&late(2));
    world.poll().await;
    let state = source(&world).await;
    assert_eq!(state.failure, Some(FailureKind::Auth));
    let shown = format!("{state:?}{}", world.log.text());
    assert!(!shown.contains("first-token") && !shown.contains(&base64_of("first-token-of-the-stories")), "{shown}");
    write_secret(&file, "second-token-of-the-stories\n");
    world.poll().await;
    assert_eq!((source(&world).await.failure, world.mails_to("hong@kestrel.test").len()), (None, 2));
    world.finish().await;
}

/// As the token goes over the wire; its beginning depends on the user's name alone.
fn base64_of(token: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("user={USER}\x01auth=Bearer {token}\x01\x01"))
}
