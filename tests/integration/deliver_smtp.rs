//! Mail against a server that misbehaves in every way we know: what we make of it, and what the server saw.

mod trust;

use std::time::Duration;

use hearken::model::{Moment, Outcome, Secret};
use hearken::respond::deliver::smtp::{Mail, Smtp, SmtpOptions, SmtpTls};

use crate::world::smtp::{Act, At, SmtpServer, Smtpd};

const NOW: Moment = Moment::from_secs(1_795_000_000);
/// Long enough for a loaded machine, where the server answers at once.
const PATIENT: Duration = Duration::from_mins(1);
/// For servers that keep silent: the test waits this long.
const HASTY: Duration = Duration::from_millis(400);

fn options(server: &SmtpServer, tls: SmtpTls) -> SmtpOptions {
    SmtpOptions {
        host: "127.0.0.1".into(),
        port: server.port(),
        tls,
        ca_file: Some(server.authority.ca_file()),
        username: None,
        password: None,
        from: "Hearken <alerts@example.test>".into(),
        reply_to: None,
        timeout: PATIENT,
    }
}

fn with_login(server: &SmtpServer, tls: SmtpTls, password: &str) -> SmtpOptions {
    SmtpOptions { username: Some("alerts".into()), password: Some(Secret::new(password)), ..options(server, tls) }
}

fn mail(to: &str) -> Mail {
    Mail {
        message_id: "d_0001.1@hearken.test".into(),
        thread_root: Some("H-ABCD2345@hearken.test".into()),
        to_name: "林怡君".into(),
        to_address: to.into(),
        subject: "[嚴重] 北方茶行：顧客說收到的茶葉發霉，客服又不理人 😡 H-ABCD2345".into(),
        text: "顧客原文：\n.茶葉發霉了，打了三通電話都沒人接。\n".into(),
        html: "<p>茶葉<mark>發霉</mark>了</p>".into(),
        list_id: "incidents.hearken.test".into(),
        date: NOW,
    }
}

/// A relay on this machine, with one rule; the outcome of one mail to shop@ and the server.
async fn plain_with(at: At, act: Act, timeout: Duration) -> (Outcome, SmtpServer) {
    let server = SmtpServer::start(Smtpd::plain()).await;
    server.on(at, act);
    let smtp = smtp(&SmtpOptions { timeout, ..options(&server, SmtpTls::None) });
    let outcome = smtp.send(&mail("shop@example.test"), NOW).await;
    (outcome, server)
}

fn smtp(options: &SmtpOptions) -> Smtp {
    Smtp::new(options).expect("sound options")
}

fn assert_class(outcome: &Outcome, class: &str, words: &str) {
    assert_eq!(outcome.class(), class, "{outcome:?}");
    assert!(outcome.reply().contains(words), "{outcome:?} should say {words:?}");
}

#[tokio::test]
async fn a_mail_arrives_over_starttls_with_auth_as_it_was_written() {
    let server = SmtpServer::start(Smtpd::default()).await;
    let smtp =
        smtp(&SmtpOptions { reply_to: Some("客服 <care@example.test>".into()), ..with_login(&server, SmtpTls::StartTls, "hunter2") });
    let sent = mail("mei@example.test");
    assert_class(&smtp.send(&sent, NOW).await, "delivered", "250 2.0.0 taken");
    let [got] = &server.wait_for_mails(1, PATIENT).await[..] else { panic!("one mail") };
    assert!(got.tls && got.user.as_deref() == Some("alerts"));
    assert_eq!((got.from.as_str(), &got.recipients[..]), ("alerts@example.test", &["mei@example.test".to_owned()][..]));
    assert_eq!(got.header("Subject").as_deref(), Some(sent.subject.as_str()));
    assert_eq!(got.header("Message-ID").as_deref(), Some("<d_0001.1@hearken.test>"));
    assert_eq!(got.header("References").as_deref(), Some("<H-ABCD2345@hearken.test>"));
    assert_eq!(got.header("Reply-To").as_deref(), Some("客服 <care@example.test>"));
    assert_eq!(got.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(got.body("text/plain"), sent.text);
    assert_eq!(got.body("text/html"), sent.html);
    assert!(got.data.is_ascii());
}

#[tokio::test]
async fn a_refused_port_is_tried_again() {
    let mut server = SmtpServer::start(Smtpd::plain()).await;
    server.stop().await;
    let outcome = smtp(&options(&server, SmtpTls::None)).send(&mail("shop@example.test"), NOW).await;
    assert_class(&outcome, "retry", "connect: 127.0.0.1");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_tried_again() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    let options = SmtpOptions { host: "mail.hearken.invalid".into(), ..options(&server, SmtpTls::None) };
    assert_class(&smtp(&options).send(&mail("shop@example.test"), NOW).await, "retry", "connect: mail.hearken.invalid");
}

#[tokio::test]
async fn a_banner_that_never_comes() {
    let (outcome, _server) = plain_with(At::Connect, Act::Silence, HASTY).await;
    assert_class(&outcome, "retry", "greeting: no complete answer within");
}

#[tokio::test]
async fn a_banner_of_421_is_tried_once_more_at_once() {
    let (outcome, server) = plain_with(At::Connect, Act::ReplyThenClose(b"421 4.3.2 busy".to_vec()), PATIENT).await;
    assert_class(&outcome, "retry", "421 4.3.2 busy");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_421_in_the_middle_is_mended_by_a_new_session() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    server.on(At::Rcpt, Act::ReplyThenClose(b"421 4.4.2 closing".to_vec())).times(1);
    let outcome = smtp(&options(&server, SmtpTls::None)).send(&mail("shop@example.test"), NOW).await;
    assert_class(&outcome, "delivered", "250");
    assert_eq!((server.connections(), server.mails().len()), (2, 1));
}

#[tokio::test]
async fn a_banner_that_says_no_is_a_matter_of_settings() {
    let (outcome, _server) = plain_with(At::Connect, Act::reply("554 no service for you"), PATIENT).await;
    assert_class(&outcome, "reconfigure", "554 no service");
}

#[tokio::test]
async fn another_protocol_at_the_port() {
    let (outcome, _server) = plain_with(At::Connect, Act::reply("SSH-2.0-OpenSSH_9.2"), PATIENT).await;
    assert_class(&outcome, "retry", "not an SMTP answer: SSH-2.0");
}

#[tokio::test]
async fn temporary_refusals_of_a_recipient() {
    for code in ["450 4.2.0 greylisted", "451 4.3.0 later", "452 4.2.2 full for now"] {
        let (outcome, server) = plain_with(At::Rcpt, Act::reply(code), PATIENT).await;
        assert_class(&outcome, "retry", code);
        assert!(server.mails().is_empty());
    }
}

#[tokio::test]
async fn one_recipient_of_three_does_not_exist() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    server.on(At::Recipient("gone@example.test"), Act::reply("550 5.1.1 no such user"));
    let smtp = smtp(&options(&server, SmtpTls::None));
    let mut classes = Vec::new();
    for to in ["mei@example.test", "gone@example.test", "ops@example.test"] {
        classes.push(smtp.send(&mail(to), NOW).await.class());
    }
    assert_eq!(classes, ["delivered", "permanent", "delivered"]);
    assert_eq!(server.connections(), 1, "a refused recipient does not cost the session");
    assert!(server.mails().iter().all(|mail| mail.recipients.len() == 1), "one envelope for each");
}

#[tokio::test]
async fn a_hundred_recipients_all_greylisted_and_then_taken() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    server.on(At::Rcpt, Act::reply("451 4.7.1 greylisted, come back"));
    let smtp = smtp(&options(&server, SmtpTls::None));
    for class in ["retry", "delivered"] {
        for number in 0..100 {
            let outcome = smtp.send(&mail(&format!("person{number}@example.test")), NOW).await;
            assert_eq!(outcome.class(), class, "{outcome:?}");
        }
        server.behave();
    }
    assert_eq!(server.mails().len(), 100);
    assert_eq!(server.connections(), 2, "fifty mails to a session");
}

#[tokio::test]
async fn too_large_is_told_at_mail_at_data_and_by_ehlo() {
    for (at, refusal) in [(At::Mail, "552 5.3.4 too big"), (At::Dot, "552 5.3.4 too big"), (At::Dot, "554 5.3.4 larger than we like")] {
        let (outcome, _server) = plain_with(at, Act::reply(refusal), PATIENT).await;
        assert_class(&outcome, "shrink", refusal);
    }
    let server = SmtpServer::start(Smtpd { extensions: vec!["SIZE 500".into()], ..Smtpd::plain() }).await;
    let outcome = smtp(&options(&server, SmtpTls::None)).send(&mail("shop@example.test"), NOW).await;
    assert_class(&outcome, "shrink", "at most 500 bytes");
    assert!(!server.commands().iter().any(|command| command.starts_with("MAIL")));
}

#[tokio::test]
async fn a_full_mailbox_is_not_a_matter_of_size() {
    let (outcome, _server) = plain_with(At::Rcpt, Act::reply("552 5.2.2 mailbox full"), PATIENT).await;
    assert_class(&outcome, "permanent", "552 5.2.2");
}

#[tokio::test]
async fn a_sender_that_is_refused_is_a_matter_of_settings() {
    let (outcome, _server) = plain_with(At::Mail, Act::reply("553 5.7.1 not your address"), PATIENT).await;
    assert_class(&outcome, "reconfigure", "MAIL: 553");
}

#[tokio::test]
async fn content_refused_after_the_dot() {
    for (refusal, class) in [("550 5.7.1 content", "permanent"), ("554 5.7.1 spam", "permanent"), ("451 4.3.0 scanner down", "retry")] {
        let (outcome, server) = plain_with(At::Dot, Act::reply(refusal), PATIENT).await;
        assert_class(&outcome, class, refusal);
        assert!(server.mails().is_empty());
    }
}

#[tokio::test]
async fn no_answer_after_the_dot_is_unknown() {
    for (act, timeout) in [(Act::Silence, HASTY), (Act::Close, PATIENT), (Act::Reset, PATIENT), (Act::reply("what?"), PATIENT)] {
        let (outcome, server) = plain_with(At::Dot, act, timeout).await;
        assert_class(&outcome, "unknown", "end of mail");
        assert_eq!(server.connections(), 1, "never sent twice by itself");
    }
}

#[tokio::test]
async fn a_mail_that_was_taken_without_an_answer_comes_again_under_the_same_id() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    server.on(At::Dot, Act::KeepThenReset).times(1);
    let smtp = smtp(&options(&server, SmtpTls::None));
    assert_class(&smtp.send(&mail("shop@example.test"), NOW).await, "unknown", "end of mail");
    assert_class(&smtp.send(&mail("shop@example.test"), NOW).await, "delivered", "250");
    let ids: Vec<_> = server.mails().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_reset_before_the_dot_is_tried_again() {
    for at in [At::Ehlo, At::Mail, At::Rcpt, At::Data] {
        let (outcome, _server) = plain_with(at, Act::Reset, PATIENT).await;
        assert_eq!(outcome.class(), "retry", "{at:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn silence_at_any_step_before_the_dot_ends() {
    for at in [At::Ehlo, At::Mail, At::Rcpt, At::Data] {
        let (outcome, _server) = plain_with(at, Act::Silence, HASTY).await;
        assert_class(&outcome, "retry", "no complete answer within");
    }
}

#[tokio::test]
async fn an_answer_of_a_byte_a_second_does_not_hold_us() {
    let (outcome, _server) = plain_with(At::Mail, Act::Drip(b"250 2.1.0 sender ok\r\n".to_vec()), HASTY).await;
    assert_class(&outcome, "retry", "MAIL: no complete answer within");
    let (outcome, _server) = plain_with(At::Dot, Act::Drip(b"250 2.0.0 taken\r\n".to_vec()), HASTY).await;
    assert_class(&outcome, "unknown", "end of mail");
}

#[tokio::test]
async fn a_server_that_is_slow_at_every_step_does_not_hold_us() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    for at in [At::Connect, At::Ehlo, At::Mail, At::Rcpt, At::Data, At::Dot] {
        server.on(at, Act::Late(Duration::from_millis(1500)));
    }
    let smtp = smtp(&SmtpOptions { timeout: Duration::from_secs(2), ..options(&server, SmtpTls::None) });
    // Six answers of a second and a half, each in time, are more than four waits of two seconds.
    let sent = tokio::time::timeout(PATIENT, smtp.send(&mail("shop@example.test"), NOW)).await;
    assert!(sent.expect("it ends").reply().contains("the whole session took longer than 8s"));
}

#[tokio::test]
async fn a_task_of_its_own_may_send() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    let smtp = smtp(&options(&server, SmtpTls::None));
    let task = tokio::spawn(async move { smtp.send(&mail("shop@example.test"), NOW).await });
    assert_class(&task.await.expect("no panic"), "delivered", "250");
}

#[tokio::test]
async fn an_answer_without_end_does_not_fill_us() {
    let endless = format!("250-{}", "x".repeat(10_000));
    let (outcome, _server) = plain_with(At::Ehlo, Act::reply(&endless), PATIENT).await;
    assert_class(&outcome, "retry", "not an SMTP answer");
    let many = "250-more\r\n".repeat(200);
    let (outcome, _server) = plain_with(At::Ehlo, Act::reply(&many), PATIENT).await;
    assert_class(&outcome, "retry", "more than 100 lines");
}

#[tokio::test]
async fn an_answer_in_another_charset_keeps_its_meaning() {
    let gbk = b"550 5.1.1 \xd3\xca\xcf\xe4\xb2\xbb\xb4\xe6\xd4\xda\x1b[31m".to_vec();
    let (outcome, _server) = plain_with(At::Rcpt, Act::Reply(gbk), PATIENT).await;
    assert_class(&outcome, "permanent", "550 5.1.1");
    assert!(!outcome.reply().chars().any(char::is_control));
    let (outcome, _server) = plain_with(At::Dot, Act::Reply("250 2.0.0 已收到，謝謝".into()), PATIENT).await;
    assert_class(&outcome, "delivered", "已收到");
}

#[tokio::test]
async fn a_kept_session_carries_the_next_mail_and_a_dead_one_is_replaced() {
    let server = SmtpServer::start(Smtpd::default()).await;
    let smtp = smtp(&with_login(&server, SmtpTls::StartTls, "hunter2"));
    assert_eq!(smtp.send(&mail("a@example.test"), NOW).await.class(), "delivered");
    assert_eq!(smtp.send(&mail("b@example.test"), NOW).await.class(), "delivered");
    assert_eq!(server.connections(), 1);
    // Taken, answered, closed: the next mail meets a dead session, first at MAIL, then (after a rest) at NOOP.
    server.on(At::Dot, Act::UsualThenClose).times(2);
    assert_eq!(smtp.send(&mail("c@example.test"), NOW).await.class(), "delivered");
    assert_eq!(smtp.send(&mail("d@example.test"), NOW).await.class(), "delivered");
    assert_eq!(server.connections(), 2);
    let later = NOW.plus(Duration::from_secs(30));
    assert_eq!(smtp.send(&mail("e@example.test"), later).await.class(), "delivered");
    assert_eq!((server.connections(), server.mails().len()), (3, 5));
}

#[tokio::test]
async fn a_rested_session_is_asked_first_and_an_old_one_is_closed() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    let smtp = smtp(&options(&server, SmtpTls::None));
    for (seconds, connections) in [(0, 1), (10, 1), (200, 2)] {
        let outcome = smtp.send(&mail("a@example.test"), NOW.plus(Duration::from_secs(seconds))).await;
        assert_eq!((outcome.class(), server.connections()), ("delivered", connections), "after {seconds} s");
    }
    let commands = server.commands();
    assert_eq!(commands.iter().filter(|command| *command == "NOOP").count(), 1);
    smtp.close().await;
    assert_eq!(smtp.send(&mail("a@example.test"), NOW.plus(Duration::from_secs(201))).await.class(), "delivered");
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn mails_at_once_share_a_few_sessions() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    let smtp = smtp(&options(&server, SmtpTls::None));
    let hold = server.hold(At::DotOf("first@example.test"));
    let (first, others) = (mail("first@example.test"), mail("other@example.test"));
    let held = smtp.send(&first, NOW);
    let rest = async {
        hold.reached(PATIENT).await;
        for _ in 0..10 {
            assert_eq!(smtp.send(&others, NOW).await.class(), "delivered", "one that hangs does not stop the others");
        }
        hold.release();
    };
    let (outcome, ()) = tokio::join!(held, rest);
    assert_eq!(outcome.class(), "delivered");
    assert_eq!((server.mails().len(), server.connections()), (11, 2));
}

#[tokio::test]
async fn addresses_that_cannot_be_mailed() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    let smtp = smtp(&options(&server, SmtpTls::None));
    assert_class(&smtp.send(&mail("nobody"), NOW).await, "permanent", "is not a mail address");
    assert_class(&smtp.send(&mail("a@b.test>\r\nRCPT TO:<c@d.test"), NOW).await, "permanent", "is not a mail address");
    assert_eq!(server.connections(), 0);
    assert_class(&smtp.send(&mail("怡君@example.test"), NOW).await, "permanent", "SMTPUTF8");
    assert_class(&smtp.send(&mail("mei@例子.測試"), NOW).await, "delivered", "250");
    assert_eq!(server.mails()[0].recipients, ["mei@xn--fsqu00a.xn--g6w251d"]);
}
