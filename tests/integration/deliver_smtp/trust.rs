//! TLS and AUTH: whom we hand a password and a mail to, and whom not.

use std::path::PathBuf;

use hearken::respond::deliver::smtp::{Smtp, SmtpOptions, SmtpSetUpError, SmtpTls};

use super::{NOW, assert_class, mail, options, smtp, with_login};
use crate::world::smtp::{Act, At, ServerTls, SmtpServer, Smtpd};
use crate::world::tls::{ServerCertificate, not_a_certificate};

#[tokio::test]
async fn implicit_tls_and_auth_login() {
    let server = SmtpServer::start(Smtpd { tls: ServerTls::Implicit, mechanisms: "LOGIN", ..Smtpd::default() }).await;
    let smtp = smtp(&with_login(&server, SmtpTls::Implicit, "hunter2"));
    assert_class(&smtp.send(&mail("mei@example.test"), NOW).await, "delivered", "250");
    assert_eq!(server.mails()[0].user.as_deref(), Some("alerts"));
}

#[tokio::test]
async fn starttls_is_never_done_without() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    let smtp = smtp(&options(&server, SmtpTls::StartTls));
    assert_class(&smtp.send(&mail("shop@example.test"), NOW).await, "reconfigure", "does not offer STARTTLS");
    assert!(server.commands().iter().all(|command| command.starts_with("EHLO")), "nothing else was said in the clear");
}

#[tokio::test]
async fn starttls_refused() {
    for (answer, class) in [("454 4.7.0 no TLS now", "retry"), ("502 5.5.1 what", "reconfigure")] {
        let server = SmtpServer::start(Smtpd::default()).await;
        server.on(At::StartTls, Act::ReplyThenClose(answer.into()));
        let outcome = smtp(&with_login(&server, SmtpTls::StartTls, "hunter2")).send(&mail("shop@example.test"), NOW).await;
        assert_class(&outcome, class, answer);
        assert!(!server.commands().iter().any(|command| command.starts_with("AUTH") || command.starts_with("MAIL")));
    }
}

#[tokio::test]
async fn noise_in_place_of_a_handshake() {
    let server = SmtpServer::start(Smtpd::default()).await;
    server.on(At::StartTls, Act::UsualThenNoise);
    let outcome = smtp(&options(&server, SmtpTls::StartTls)).send(&mail("shop@example.test"), NOW).await;
    assert_class(&outcome, "reconfigure", "not TLS");
    let (plain, _server) = {
        let server = SmtpServer::start(Smtpd::plain()).await;
        (smtp(&options(&server, SmtpTls::Implicit)).send(&mail("shop@example.test"), NOW).await, server)
    };
    assert_class(&plain, "reconfigure", "wrong port");
}

#[tokio::test]
async fn words_slipped_in_before_the_handshake_are_not_believed() {
    let server = SmtpServer::start(Smtpd::default()).await;
    server.on(At::StartTls, Act::reply("220 go on\r\n250-evil.test\r\n250 AUTH PLAIN"));
    let outcome = smtp(&with_login(&server, SmtpTls::StartTls, "hunter2")).send(&mail("shop@example.test"), NOW).await;
    assert_eq!(outcome.class(), "reconfigure", "{outcome:?}");
    assert!(!server.commands().iter().any(|command| command.starts_with("AUTH")), "{:?}", server.commands());
}

#[tokio::test]
async fn certificates_that_prove_nothing() {
    let cases = [
        (ServerCertificate::Expired, "xpired"),
        (ServerCertificate::WrongName, "not valid for name"),
        (ServerCertificate::SelfSigned, "TLS: "),
    ];
    for (certificate, words) in cases {
        for tls in [ServerTls::StartTls, ServerTls::Implicit] {
            let server = SmtpServer::start(Smtpd { certificate, tls, ..Smtpd::default() }).await;
            let ours = if tls == ServerTls::Implicit { SmtpTls::Implicit } else { SmtpTls::StartTls };
            let outcome = smtp(&with_login(&server, ours, "hunter2")).send(&mail("shop@example.test"), NOW).await;
            assert_class(&outcome, "reconfigure", words);
            assert!(!server.commands().iter().any(|command| command.starts_with("AUTH")), "no password for a stranger");
        }
    }
}

#[tokio::test]
async fn an_authority_we_were_not_told_of() {
    let server = SmtpServer::start(Smtpd::default()).await;
    let options = SmtpOptions { ca_file: None, ..options(&server, SmtpTls::StartTls) };
    assert_class(&smtp(&options).send(&mail("shop@example.test"), NOW).await, "reconfigure", "UnknownIssuer");
}

#[tokio::test]
async fn a_wrong_password_is_a_matter_of_settings_and_stays_secret() {
    let server = SmtpServer::start(Smtpd::default()).await;
    server.on(At::Auth, Act::reply("535 5.7.8 no: correct-horse AGFsZXJ0cwBjb3JyZWN0LWhvcnNl"));
    let outcome = smtp(&with_login(&server, SmtpTls::StartTls, "correct-horse")).send(&mail("shop@example.test"), NOW).await;
    assert_class(&outcome, "reconfigure", "535 5.7.8 no: [secret] [secret]");
    assert!(!format!("{outcome:?}").contains("correct-horse"));
}

#[tokio::test]
async fn authentication_that_fails_for_now() {
    let server = SmtpServer::start(Smtpd::default()).await;
    server.on(At::Auth, Act::reply("454 4.7.0 temporary failure"));
    let outcome = smtp(&with_login(&server, SmtpTls::StartTls, "hunter2")).send(&mail("shop@example.test"), NOW).await;
    assert_class(&outcome, "retry", "AUTH: 454");
}

#[tokio::test]
async fn authentication_that_is_not_offered_or_wanted_and_not_given() {
    let server = SmtpServer::start(Smtpd { login: None, ..Smtpd::default() }).await;
    let outcome = smtp(&with_login(&server, SmtpTls::StartTls, "hunter2")).send(&mail("shop@example.test"), NOW).await;
    assert_class(&outcome, "reconfigure", "neither AUTH PLAIN nor AUTH LOGIN");
    let server = SmtpServer::start(Smtpd::default()).await;
    let outcome = smtp(&options(&server, SmtpTls::StartTls)).send(&mail("shop@example.test"), NOW).await;
    assert_class(&outcome, "reconfigure", "530 5.7.0 authenticate first");
}

#[tokio::test]
async fn a_relay_on_this_machine_may_see_a_password_in_the_clear() {
    let server = SmtpServer::start(Smtpd { tls: ServerTls::None, ..Smtpd::default() }).await;
    let outcome = smtp(&with_login(&server, SmtpTls::None, "hunter2")).send(&mail("shop@example.test"), NOW).await;
    assert_class(&outcome, "delivered", "250");
}

#[tokio::test]
async fn a_check_reports_what_the_server_says_and_sends_nothing() {
    let server = SmtpServer::start(Smtpd::default()).await;
    let good = Smtp::check(&with_login(&server, SmtpTls::StartTls, "hunter2"), NOW).await.expect("sound options");
    assert_eq!(good.failure, None);
    assert_eq!(good.tls.as_deref(), Some("TLSv1_3"));
    let steps: Vec<_> = good.answers.iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, ["greeting", "EHLO", "TLS", "EHLO", "AUTH"]);
    let bad = Smtp::check(&with_login(&server, SmtpTls::StartTls, "wrong"), NOW).await.expect("sound options");
    let (step, outcome) = bad.failure.expect("it fails");
    assert_eq!((step, outcome.class()), ("AUTH", "reconfigure"));
    assert!(!server.commands().iter().any(|command| command.starts_with("MAIL")));
}

#[tokio::test]
async fn options_that_cannot_work_are_named() {
    let server = SmtpServer::start(Smtpd::plain()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let with_ca = |ca_file: PathBuf| Smtp::new(&SmtpOptions { ca_file: Some(ca_file), ..options(&server, SmtpTls::StartTls) }).err();
    assert!(matches!(with_ca(not_a_certificate(folder.path())), Some(SmtpSetUpError::CaFile { .. })));
    assert!(matches!(with_ca(folder.path().join("missing.pem")), Some(SmtpSetUpError::CaFile { .. })));
    let from = Smtp::new(&SmtpOptions { from: "Hearken".into(), ..options(&server, SmtpTls::StartTls) }).err();
    assert!(matches!(from, Some(SmtpSetUpError::Address { key: "from", .. })));
}
