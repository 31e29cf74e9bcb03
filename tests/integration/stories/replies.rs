//! What people do with a mail before anything else: they reply to it.

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::review::Review;

/// People answer mails by replying: each mail says what becomes of that, and where to answer.
#[tokio::test]
async fn a_mail_says_what_becomes_of_a_reply() {
    for (line, reply_to, said) in [
        ("", None, "直接回信沒有人看，也不會算作接手"),
        ("reply_to = \"care@kestrel.test\"\n", Some("care@kestrel.test"), "直接回信會寄到 care@kestrel.test，但不會算作接手"),
    ] {
        let mut world = World::start(Plan::with(|plan| plan.mail = line.to_owned())).await;
        world.warned_of(Review::late("ten-days")).await;
        let mail = world.mails_to("hong@kestrel.test").remove(0);
        assert_eq!(mail.header("Reply-To").as_deref(), reply_to);
        for body in ["text/plain", "text/html"] {
            assert!(mail.body(body).contains(said), "{}", mail.body(body));
        }
        let own = crate::world::daemon::link(&mail);
        world.answer(&own, "acknowledge", "阿宏").await;
        world.quiet().await;
        let news = world.mails_to("fang@kestrel.test").pop().expect("news").body("text/plain");
        assert!(news.contains("直接回信"), "{news}");
        world.finish().await;
    }
}
