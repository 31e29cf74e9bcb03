//! Mail over Postfix and Dovecot as Debian ships them: what arrives in the mailbox is what we meant.

use std::time::Duration;

use hearken::model::{Moment, Secret};
use hearken::respond::deliver::smtp::{Mail, Smtp, SmtpOptions, SmtpTls};
use mailparse::MailHeaderMap as _;

use crate::world::mail_server::MailServer;

const NOW: Moment = Moment::from_secs(1_795_000_000);
const PATIENT: Duration = Duration::from_mins(1);

fn mail(message_id: &str, to: &str) -> Mail {
    Mail {
        message_id: message_id.into(),
        thread_root: Some("H-REAL2345@hearken.test".into()),
        to_name: "林怡君".into(),
        to_address: to.into(),
        subject: "[嚴重] 北方茶行 · 產品品質：茶葉發霉、客服不理人，顧客說要告到消保會並且發到網路上讓大家都知道 😡👨‍👩‍👧 H-REAL2345".into(),
        text: "怡君您好：\n\n顧客原文如下。\n.這一行以點開頭\n..這一行以兩點開頭\n「茶葉發霉了，打了三通電話都沒人接。」\n".into(),
        html: format!("<p>Bonjour, le th\u{e9} est moisi. {}</p>\n<p><mark>發霉</mark></p>\n", "x".repeat(1500)),
        list_id: "incidents.hearken.test".into(),
        date: NOW,
    }
}

fn smtp(options: &SmtpOptions) -> Smtp {
    Smtp::new(options).expect("sound options")
}

/// Ids are unique to a run, since the mailbox outlives a test.
fn unique(name: &str) -> String {
    format!("{name}.{}@hearken.test", std::process::id())
}

async fn arrives(tls: SmtpTls, name: &str) {
    let Some(server) = MailServer::find() else { return };
    let sent = mail(&unique(name), "mei@example.test");
    let outcome = smtp(&server.options(tls)).send(&sent, NOW).await;
    assert_eq!(outcome.class(), "delivered", "{outcome:?}");
    assert!(outcome.reply().contains("queued as"), "{outcome:?}");
    let raw = server.wait_for_mail(&sent.message_id, PATIENT).await;
    let parsed = mailparse::parse_mail(&raw).expect("a mail");
    let header = |name: &str| parsed.headers.get_first_value(name).unwrap_or_default();
    assert_eq!(header("Subject"), sent.subject);
    assert_eq!(header("From"), "Hearken 監聽 <alerts@example.test>");
    assert_eq!(header("To"), "林怡君 <mei@example.test>");
    assert_eq!(header("Reply-To"), "客服中心 <care@example.test>");
    assert_eq!(header("Message-ID"), format!("<{}>", sent.message_id));
    assert_eq!((header("In-Reply-To"), header("References")), ("<H-REAL2345@hearken.test>".into(), "<H-REAL2345@hearken.test>".into()));
    assert_eq!(header("Date"), "Wed, 18 Nov 2026 11:06:40 +0000");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("X-Auto-Response-Suppress"), "All");
    assert_eq!(header("List-Id"), "<incidents.hearken.test>");
    assert_eq!(header("Return-Path"), "<alerts@example.test>");
    assert!(header("Received").contains("ESMTPSA"), "over TLS and authenticated: {}", header("Received"));
    let [text, html] = &parsed.subparts[..] else { panic!("two parts") };
    assert_eq!((text.ctype.mimetype.as_str(), html.ctype.mimetype.as_str()), ("text/plain", "text/html"));
    assert_eq!(text.get_body().expect("text").replace("\r\n", "\n"), sent.text);
    assert_eq!(html.get_body().expect("html").replace("\r\n", "\n"), sent.html);
}

#[tokio::test]
async fn a_mail_arrives_over_starttls() {
    arrives(SmtpTls::StartTls, "starttls").await;
}

#[tokio::test]
async fn a_mail_arrives_over_implicit_tls() {
    arrives(SmtpTls::Implicit, "implicit").await;
}

#[tokio::test]
async fn many_mails_go_over_one_session_and_each_arrives_once() {
    let Some(server) = MailServer::find() else { return };
    let smtp = smtp(&server.options(SmtpTls::StartTls));
    for number in 0..20 {
        let outcome = smtp.send(&mail(&unique(&format!("many{number}")), "shop@example.test"), NOW).await;
        assert_eq!(outcome.class(), "delivered", "{outcome:?}");
    }
    smtp.close().await;
    for number in 0..20 {
        let id = unique(&format!("many{number}"));
        server.wait_for_mail(&id, PATIENT).await;
        let copies = server.mails().iter().filter(|mail| String::from_utf8_lossy(mail).contains(&id)).count();
        assert_eq!(copies, 1);
    }
}

#[tokio::test]
async fn what_a_real_server_refuses_has_its_class() {
    let Some(server) = MailServer::find() else { return };
    let good = server.options(SmtpTls::StartTls);
    let small = mail(&unique("refused"), "mei@example.test");
    let wrong_password = SmtpOptions { password: Some(Secret::new("wrong")), ..good.clone() };
    let no_login = SmtpOptions { username: None, password: None, ..good.clone() };
    let in_the_clear = SmtpOptions { tls: SmtpTls::None, username: None, password: None, ..good.clone() };
    let stranger = SmtpOptions { ca_file: None, ..good.clone() };
    let wrong_port = SmtpOptions { tls: SmtpTls::Implicit, ..good.clone() };
    let elsewhere = mail(&unique("elsewhere"), "someone@elsewhere.test");
    let large = Mail { text: "重".repeat(200_000), ..small.clone() };
    let cases = [
        (&wrong_password, &small, "reconfigure", "AUTH: 535"),
        (&no_login, &small, "permanent", "RCPT: 554"),
        (&in_the_clear, &small, "reconfigure", "MAIL: 530"),
        (&stranger, &small, "reconfigure", "UnknownIssuer"),
        (&wrong_port, &small, "reconfigure", "not TLS"),
        (&good, &elsewhere, "permanent", "RCPT: 554"),
        (&good, &large, "shrink", "at most 200000 bytes"),
    ];
    for (options, mail, class, words) in cases {
        let outcome = smtp(options).send(mail, NOW).await;
        assert_eq!(outcome.class(), class, "{outcome:?}");
        assert!(outcome.reply().contains(words), "{outcome:?} should say {words:?}");
    }
}

#[tokio::test]
async fn a_check_shows_what_the_server_says() {
    let Some(server) = MailServer::find() else { return };
    let check = Smtp::check(&server.options(SmtpTls::StartTls), NOW).await.expect("sound options");
    assert_eq!(check.failure, None);
    assert_eq!(check.tls.as_deref(), Some("TLSv1_3"));
    let (step, answer) = check.answers.last().expect("answers");
    assert_eq!((*step, answer.contains("2.7.0 Authentication successful")), ("AUTH", true), "{answer}");
}
