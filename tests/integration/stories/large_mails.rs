//! Mails that are larger than what they say.

use hearken::store::MentionFilter;

use super::mailbox::world;
use crate::world::imap::{Imap, USER};

/// A telephone puts the photographs first: what they show is said behind megabytes of them.
#[tokio::test]
async fn what_stands_behind_large_pictures_and_what_is_never_divided_is_told() {
    let imap = Imap::start().await;
    let world = world(&imap, "").await;
    let head = |number: u32, boundary: &str| {
        format!(
            "From: Chen <chen{number}@mail.test>\nTo: {USER}\nSubject: photo {number}\nMessage-ID: <{number}@mail.test>\nDate: Sun, 22 Nov 2026 18:00:00 +0800\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"{boundary}\"\n\n"
        )
    };
    let picture = "QUJD".repeat(19).to_owned() + "\n";
    let pictures = picture.repeat(3 * 1024 * 1024 / picture.len());
    let large = imap.arrives(&format!(
        "{}--x\nContent-Type: image/jpeg; name=a.jpg\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment\n\n{pictures}\n--x\nContent-Type: text/plain; charset=utf-8\n\n紅隼快煮壺訂了十天還沒收到貨，客服都不理人\n--x--\n",
        head(1, "x")
    ));
    let undivided = imap.arrives(&format!("{}紅隼快煮壺用兩天就壞掉，不給退貨\n", head(2, "never")));
    world.poll().await;
    let mentions = world.store().mentions(&MentionFilter::default()).await.expect("the store answers");
    let mut said: Vec<&str> =
        mentions.iter().filter(|(mention, _)| mention.source == "mailbox").map(|(mention, _)| mention.text.as_str()).collect();
    said.sort_unstable();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("用兩天就壞掉") && said[1].contains("還沒收到貨"), "{said:?}");
    assert_eq!((imap.flags(large), imap.flags(undivided)), (vec!["\\Seen".to_owned()], vec!["\\Seen".to_owned()]));
    world.finish().await;
}
