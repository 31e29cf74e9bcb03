//! A webhook receiver that misbehaves in every way we know: what we make of it, and what it saw.

use std::time::Duration;

use hearken::model::{Moment, Outcome, Secret};
use hearken::outbound::{Outbound, OutboundOptions};
use hearken::respond::deliver::webhook::{Webhook, WebhookOptions};
use hearken::respond::signature::{sign, verify_signature};
use url::Url;

use crate::world::receiver::{Answer, Receiver};
use crate::world::tls::ServerCertificate;

const NOW: Moment = Moment::from_secs(1_795_000_000);
const PATIENT: Duration = Duration::from_mins(1);
const HASTY: Duration = Duration::from_millis(400);
const ID: &str = "d_0001";
const BODY: &[u8] = "{\"type\":\"warning\",\"data\":{\"title\":\"茶葉發霉\"}}".as_bytes();
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn outbound(receiver: &Receiver) -> Outbound {
    out(&["127.0.0.0/8"], Some(receiver))
}

fn out(allow_private: &[&str], trusted: Option<&Receiver>) -> Outbound {
    let options = OutboundOptions {
        user_agent: "hearken/test".into(),
        contact: None,
        allow_private: allow_private.iter().map(|network| network.parse().expect("a network")).collect(),
        ca_file: trusted.map(|receiver| receiver.authority.ca_file()),
        timeout: PATIENT,
    };
    Outbound::new(&options).expect("a way out")
}

fn options(url: Url) -> WebhookOptions {
    WebhookOptions { url, secrets: vec![Secret::new(SECRET)], headers: Vec::new(), language: "en".into(), watched: false, timeout: PATIENT }
}

fn webhook(receiver: &Receiver, timeout: Duration) -> Webhook {
    Webhook::new(&WebhookOptions { timeout, ..options(receiver.url()) }, &outbound(receiver)).expect("sound options")
}

async fn answered(answer: Answer, timeout: Duration) -> (Outcome, Receiver) {
    let receiver = Receiver::start().await;
    receiver.answer_always(answer);
    let outcome = webhook(&receiver, timeout).send(ID, NOW, BODY).await;
    (outcome, receiver)
}

fn assert_class(outcome: &Outcome, class: &str, words: &str) {
    assert_eq!(outcome.class(), class, "{outcome:?}");
    assert!(outcome.reply().contains(words), "{outcome:?} should say {words:?}");
}

#[tokio::test]
async fn a_signed_request_arrives_and_either_secret_proves_it() {
    let receiver = Receiver::start().await;
    let options = WebhookOptions {
        secrets: vec![Secret::new(NEXT_SECRET), Secret::new(SECRET)],
        headers: vec![
            ("X-Team".into(), Secret::new("客服".to_owned().escape_unicode().to_string())),
            ("webhook-id".into(), Secret::new("forged")),
        ],
        ..options(receiver.url())
    };
    let webhook = Webhook::new(&options, &outbound(&receiver)).expect("sound options");
    assert_class(&webhook.send(ID, NOW, BODY).await, "delivered", "200 OK: ok");
    let [request] = &receiver.requests()[..] else { panic!("one request") };
    assert_eq!((request.method.as_str(), request.path.as_str(), &request.body[..]), ("POST", "/hooks/warnings", BODY));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("webhook-id"), Some(ID), "a header of the operator's cannot replace ours");
    assert_eq!(request.header("webhook-timestamp"), Some("1795000000"));
    assert_eq!(request.header("x-team"), Some("\\u{5ba2}\\u{670d}"));
    let signatures = request.header("webhook-signature").expect("signed");
    assert_eq!(signatures.split(' ').count(), 2);
    for secret in [SECRET, NEXT_SECRET] {
        assert_eq!(verify_signature(&[Secret::new(secret)], ID, "1795000000", signatures, BODY, NOW), Ok(()));
    }
}

#[test]
fn the_signature_is_the_published_one() {
    let signature = sign(&[Secret::new(SECRET)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b"{\"test\": 2432232314}");
    assert_eq!(signature.as_deref(), Ok("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
}

#[tokio::test]
async fn the_id_stays_and_the_time_stamp_is_of_the_attempt() {
    let receiver = Receiver::start().await;
    receiver.answer_once(Answer::status(500));
    let webhook = webhook(&receiver, PATIENT);
    assert_class(&webhook.send(ID, NOW, BODY).await, "retry", "500");
    assert_class(&webhook.send(ID, NOW.plus(Duration::from_secs(30)), BODY).await, "delivered", "200");
    let requests = receiver.requests();
    let seen: Vec<_> = requests.iter().map(|request| (request.header("webhook-id"), request.header("webhook-timestamp"))).collect();
    assert_eq!(seen, [(Some(ID), Some("1795000000")), (Some(ID), Some("1795000030"))]);
    assert_eq!(receiver.connections(), 1, "the connection is used again");
}

#[tokio::test]
async fn every_status_has_its_class() {
    let cases = [
        (200, "delivered"),
        (202, "delivered"),
        (204, "delivered"),
        (304, "reconfigure"),
        (401, "reconfigure"),
        (403, "reconfigure"),
        (407, "reconfigure"),
        (400, "permanent"),
        (404, "permanent"),
        (410, "permanent"),
        (422, "permanent"),
        (418, "permanent"),
        (413, "shrink"),
        (408, "retry"),
        (429, "retry"),
        (500, "retry"),
        (502, "retry"),
        (503, "retry"),
        (504, "retry"),
    ];
    for (status, class) in cases {
        let (outcome, receiver) = answered(Answer::status(status), PATIENT).await;
        assert_class(&outcome, class, &status.to_string());
        assert_eq!(receiver.requests().len(), 1, "{status}: one request to an attempt");
    }
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_called_that() {
    let (outcome, _receiver) = answered(Answer::status(410).body("channel was archived"), PATIENT).await;
    assert_class(&outcome, "permanent", "the receiver is gone for good; channel was archived");
}

#[tokio::test]
async fn redirects_are_not_followed_and_named_by_host() {
    let trap = Receiver::start().await;
    let inside = trap.url().to_string();
    let targets = [
        (inside.as_str(), "127.0.0.1"),
        ("https://elsewhere.test/new?token=secret", "elsewhere.test"),
        ("http://10.0.0.1/", "10.0.0.1"),
        ("http://169.254.169.254/latest", "169.254.169.254"),
        ("http://[::1]/", "[::1]"),
        ("http://[fc00::1]/", "[fc00::1]"),
        ("http://[::ffff:10.0.0.1]/", "[::ffff:a00:1]"),
        ("http://0.0.0.0/", "0.0.0.0"),
        ("http://100.64.0.1/", "100.64.0.1"),
        ("/loop", "127.0.0.1"),
        ("file:///etc/passwd", "file:"),
        ("gopher://127.0.0.1:25/x", "127.0.0.1"),
    ];
    for (status, (target, host)) in [301, 302, 303, 307, 308].into_iter().cycle().zip(targets) {
        let (outcome, receiver) = answered(Answer::status(status).header("Location", target), PATIENT).await;
        assert_class(&outcome, "reconfigure", &format!("redirects to {host};"));
        assert!(!outcome.reply().contains("token"), "the rest of an address may be a secret");
        assert_eq!(receiver.requests().len(), 1);
    }
    assert_eq!(trap.connections(), 0);
}

#[tokio::test]
async fn retry_after_is_obeyed_in_both_forms() {
    for status in [429, 503] {
        for (value, seconds) in [("120", 120), ("Wed, 18 Nov 2026 11:08:40 GMT", 120), ("99999999", 6 * 3600)] {
            let (outcome, _receiver) = answered(Answer::status(status).header("Retry-After", value), PATIENT).await;
            let Outcome::RetryAt { at, .. } = outcome else { panic!("{status} {value}: {outcome:?}") };
            assert_eq!(at.since(NOW), Duration::from_secs(seconds), "{status} {value}");
        }
        let (outcome, _receiver) = answered(Answer::status(status).header("Retry-After", "in a while"), PATIENT).await;
        assert_class(&outcome, "retry", &status.to_string());
    }
}

#[tokio::test]
async fn private_addresses_are_refused_unless_allowed() {
    let receiver = Receiver::start().await;
    let port = receiver.address.port();
    let hosts = [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "[::1]",
        "[fc00::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "100.64.0.1",
        "localhost",
    ];
    for host in hosts {
        let url = Url::parse(&format!("http://{host}:{port}/")).expect("an address");
        let outcome = Webhook::new(&options(url), &out(&[], None)).expect("sound options").send(ID, NOW, BODY).await;
        assert_class(&outcome, "reconfigure", "is a private address");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn other_schemes_are_refused() {
    for url in ["file:///etc/passwd", "gopher://127.0.0.1:25/x", "ftp://127.0.0.1/x"] {
        let url = Url::parse(url).expect("an address");
        let outcome = Webhook::new(&options(url), &out(&[], None)).expect("sound options").send(ID, NOW, BODY).await;
        assert_class(&outcome, "reconfigure", "only http and https");
    }
}

#[tokio::test]
async fn what_fails_before_the_request_goes_out_is_tried_again() {
    let mut receiver = Receiver::start().await;
    receiver.stop().await;
    let outcome = webhook(&receiver, PATIENT).send(ID, NOW, BODY).await;
    assert_class(&outcome, "retry", "refused");
    let url = Url::parse("http://hooks.hearken.invalid/").expect("an address");
    let unknown = Webhook::new(&options(url), &outbound(&receiver)).expect("sound options").send(ID, NOW, BODY).await;
    assert_eq!(unknown.class(), "retry", "{unknown:?}");
}

#[tokio::test]
async fn a_handshake_that_never_comes_is_tried_again() {
    // Takes connections into its backlog and never says a word.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = Url::parse(&format!("https://{}/", silent.local_addr().expect("an address"))).expect("an address");
    let options = WebhookOptions { timeout: HASTY, ..options(url) };
    let outcome = Webhook::new(&options, &out(&["127.0.0.0/8"], None)).expect("sound options").send(ID, NOW, BODY).await;
    assert_eq!(outcome.class(), "retry", "{outcome:?}");
}

#[tokio::test]
async fn no_answer_after_the_request_went_out_is_unknown() {
    let answers = [
        (Answer::Silence, HASTY),
        (Answer::SlowHeaders, HASTY),
        (Answer::Close, PATIENT),
        (Answer::Reset, PATIENT),
        (Answer::ResetInside, PATIENT),
        (Answer::Raw(b"SSH-2.0-x\r\n".to_vec()), PATIENT),
    ];
    for (answer, timeout) in answers {
        let text = format!("{answer:?}");
        let (outcome, receiver) = answered(answer, timeout).await;
        assert_eq!(outcome.class(), "unknown", "{text}: {outcome:?}");
        assert_eq!(receiver.requests().len(), 1, "{text}: never sent twice by itself");
    }
}

#[tokio::test]
async fn the_status_decides_whatever_the_body_does() {
    for (status, class) in [(200, "delivered"), (404, "permanent")] {
        for answer in [Answer::SlowBody(status), Answer::EndlessBody(status)] {
            let (outcome, _receiver) = answered(answer, PATIENT).await;
            assert_class(&outcome, class, "xx");
            assert!(outcome.reply().len() < 1500, "little of it is kept");
        }
        let cut = format!("HTTP/1.1 {status} told\r\nContent-Length: 1000\r\n\r\nhalf");
        let (outcome, _receiver) = answered(Answer::Raw(cut.into_bytes()), PATIENT).await;
        assert_class(&outcome, class, "half");
    }
}

#[tokio::test]
async fn a_gzip_bomb_stays_in_its_bytes() {
    use std::io::Write as _;
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..20 {
        bomb.write_all(&[0; 1_000_000]).expect("it shrinks");
    }
    let answer = Answer::status(200).header("Content-Encoding", "gzip").body(bomb.finish().expect("a bomb"));
    let (outcome, _receiver) = answered(answer, PATIENT).await;
    assert_class(&outcome, "delivered", "200");
    assert!(outcome.reply().len() < 1500 && !outcome.reply().chars().any(char::is_control));
}

#[tokio::test]
async fn a_connection_closed_while_it_rested_is_replaced() {
    let receiver = Receiver::start().await;
    receiver.answer_once(Answer::ReplyThenClose);
    let webhook = webhook(&receiver, PATIENT);
    assert_class(&webhook.send(ID, NOW, BODY).await, "delivered", "ok");
    // Whether the end was noticed before or after the next request went out, the receiver counts one request each.
    let second = webhook.send("d_0002", NOW, BODY).await;
    assert!(matches!(second.class(), "delivered" | "unknown"), "{second:?}");
    assert_class(&webhook.send("d_0002", NOW, BODY).await, "delivered", "ok");
    let ids: Vec<_> = receiver.requests().iter().map(|request| request.header("webhook-id").map(str::to_owned)).collect();
    assert!(ids.len() <= 3 && receiver.connections() >= 2, "{ids:?}");
}

#[tokio::test]
async fn tls_is_checked_like_a_stranger() {
    let good = Receiver::start_tls(ServerCertificate::Good).await;
    assert_class(&webhook(&good, PATIENT).send(ID, NOW, BODY).await, "delivered", "ok");
    for certificate in [ServerCertificate::Expired, ServerCertificate::WrongName, ServerCertificate::SelfSigned] {
        let receiver = Receiver::start_tls(certificate).await;
        let outcome = webhook(&receiver, PATIENT).send(ID, NOW, BODY).await;
        assert_eq!(outcome.class(), "reconfigure", "{certificate:?}: {outcome:?}");
        assert!(receiver.requests().is_empty());
    }
    let plain = Receiver::start().await;
    let mut url = plain.url();
    url.set_scheme("https").expect("https");
    let outcome = Webhook::new(&options(url), &outbound(&plain)).expect("sound options").send(ID, NOW, BODY).await;
    assert_eq!(outcome.class(), "reconfigure", "plain HTTP where TLS was asked for: {outcome:?}");
}

#[tokio::test]
async fn an_answer_that_echoes_our_secrets_is_kept_without_them() {
    let receiver = Receiver::start().await;
    receiver.answer_always(Answer::status(403).body(format!("bad Bearer-123456 or {SECRET}\u{1b}[31m")));
    let options = WebhookOptions { headers: vec![("Authorization".into(), Secret::new("Bearer-123456"))], ..options(receiver.url()) };
    let webhook = Webhook::new(&options, &outbound(&receiver)).expect("sound options");
    let outcome = webhook.send(ID, NOW, BODY).await;
    assert_class(&outcome, "reconfigure", "bad [secret] or [secret] [31m");
    assert_eq!(receiver.requests()[0].header("authorization"), Some("Bearer-123456"));
    assert!(!format!("{webhook:?}").contains("123456"), "nor shown by accident");
}

#[tokio::test]
async fn one_receiver_that_hangs_does_not_stop_another() {
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    let hold = slow.hold();
    let (to_slow, to_quick) = (webhook(&slow, PATIENT), webhook(&quick, PATIENT));
    let others = async {
        slow.wait_for_requests(1, PATIENT).await;
        hold.reached(PATIENT).await;
        for _ in 0..5 {
            assert_class(&to_quick.send(ID, NOW, BODY).await, "delivered", "ok");
        }
        hold.release();
    };
    let held = tokio::spawn(async move { to_slow.send(ID, NOW, BODY).await });
    others.await;
    assert_class(&held.await.expect("no panic"), "delivered", "ok");
}

#[tokio::test]
async fn options_that_cannot_work_are_named() {
    let receiver = Receiver::start().await;
    let wrong = |options: &WebhookOptions| Webhook::new(options, &outbound(&receiver)).expect_err("refused").to_string();
    let short = WebhookOptions { secrets: vec![Secret::new("whsec_AAAA")], ..options(receiver.url()) };
    assert!(wrong(&short).contains("24 to 64 bytes"));
    for (name, value) in [("X Bad", "x"), ("X-Bad", "line\r\nX-Evil: 1")] {
        let headers = WebhookOptions { headers: vec![(name.into(), Secret::new(value))], ..options(receiver.url()) };
        assert!(wrong(&headers).contains(name) && !wrong(&headers).contains("Evil"));
    }
}
