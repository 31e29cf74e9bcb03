//! What a mail says, wherever it says it: in its markup, in a mail that it carries, in a text that is attached.

use hearken::model::Mention;
use hearken::store::MentionFilter;

use super::mailbox::{notice, world};
use crate::world::daemon::World;
use crate::world::imap::Imap;

/// A mail of these parts.
fn of_parts(number: u32, subtype: &str, parts: &[&str]) -> String {
    let plain = notice(number, "chen@kestrel.test", &format!("mail {number}"), "");
    let head = plain.split("Content-Type:").next().unwrap_or_default();
    let parts: String = parts.iter().map(|part| format!("--b\n{part}\n")).collect();
    format!("{head}MIME-Version: 1.0\nContent-Type: multipart/{subtype}; boundary=b\n\n{parts}--b--\n")
}

async fn heard(world: &World) -> Vec<Mention> {
    let mentions = world.store().mentions(&MentionFilter::default()).await.expect("the store answers");
    mentions.into_iter().map(|(mention, _)| mention).filter(|mention| mention.source == "mailbox").collect()
}

#[tokio::test]
async fn words_that_stand_in_the_markup_alone_are_heard() {
    let imap = Imap::start().await;
    let world = world(&imap, "").await;
    let html = "Content-Type: text/html; charset=utf-8\n\n<html><body><p>紅隼 收到 1 星評論：訂了十天還沒收到貨</p></body></html>";
    imap.arrives(&of_parts(1, "alternative", &["Content-Type: text/plain; charset=utf-8\n\n請用支援 HTML 的程式檢視本信。", html]));
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    assert!(heard(&world).await[0].text.starts_with("紅隼 收到 1 星評論"));
    world.finish().await;
}

#[tokio::test]
async fn a_mail_that_is_attached_is_the_mail_it_is_and_an_attached_text_is_read() {
    let imap = Imap::start().await;
    let world = world(&imap, "").await;
    let guest = notice(7, "guest@mail.test", "我的訂單", "紅隼快煮壺，訂了十天還沒收到貨").replace("Platform", "Guest");
    let inner = format!("Content-Type: message/rfc822\nContent-Disposition: attachment; filename=order.eml\n\n{guest}");
    imap.arrives(&of_parts(2, "mixed", &["Content-Type: text/plain; charset=utf-8\n\n請看附件，謝謝。", &inner]));
    world.poll().await;
    assert_eq!(world.mailed(), ["fang@kestrel.test", "hong@kestrel.test"]);
    let mention = heard(&world).await.remove(0);
    assert_eq!((mention.title.as_deref(), mention.author.as_deref()), (Some("我的訂單"), Some("Guest")));
    // The same mail, sent on by somebody else.
    imap.arrives(&of_parts(3, "mixed", &[&inner]));
    let text = "Content-Type: text/plain; charset=utf-8\nContent-Disposition: attachment; filename=words.txt\n\n紅隼的客服說謊，訂了三週還沒收到貨";
    let pdf = "Content-Type: application/pdf\nContent-Disposition: attachment; filename=bill.pdf\n\n%PDF";
    imap.arrives(&of_parts(4, "mixed", &["Content-Type: text/plain; charset=utf-8\n\n如附件", text, pdf]));
    world.poll().await;
    let texts: Vec<String> = heard(&world).await.into_iter().map(|mention| mention.text).collect();
    assert!(texts.len() == 2 && texts.iter().any(|text| text.starts_with("如附件") && text.contains("三週")), "{texts:?}");
    let shown = world.verb(&["sources", "show", "mailbox"]).await.ended(0).text();
    assert!(shown.contains("neither text nor mail or beyond the bounds: 1"), "{shown}");
    let said = world.verb(&["whynot", "帳單上的數字不對勁"]).await.ended(1).text();
    assert!(said.contains("Not read: 1 attachments or parts of mails of `mailbox`"), "{said}");
    world.finish().await;
}
