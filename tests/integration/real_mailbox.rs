//! A mailbox at Dovecot as Debian ships it, over TLS: what we ask is what a real server takes, and what it says is what we read.

use hearken::collect::fetch::FetchFailure;
use hearken::collect::mail::{Login, MailOptions, Mark, Own, Round, read_round};
use hearken::collect::source::{SourceKind, SourceOptions};
use hearken::model::{FailureKind, Moment, Secret, SourceState};
use hearken::outbound::{Outbound, OutboundOptions};

use crate::world::mail_server::{MailServer, Mailbox};

const NOW: Moment = Moment::from_secs(1_795_400_000);

struct Reader {
    outbound: Outbound,
    source: SourceOptions,
    options: MailOptions,
    state: SourceState,
    now: Moment,
}

impl Reader {
    fn new(server: &MailServer, mailbox: &Mailbox, mark: Mark) -> Self {
        let options = OutboundOptions {
            user_agent: "hearken/test".into(),
            contact: None,
            allow_private: Vec::new(),
            ca_file: Some(server.ca_file()),
            timeout: std::time::Duration::from_secs(20),
        };
        let (user, password) = server.login();
        let login = Login::Password(Secret::new(password));
        let mail = MailOptions { username: user, login, folder: mailbox.name.clone(), mark, from: Vec::new(), subject: Vec::new() };
        let url = format!("imaps://localhost:{}", mailbox.port).parse().expect("an address");
        let source = SourceOptions::plain("mailbox", SourceKind::Mail(mail.clone()), url);
        Self { outbound: Outbound::new(&options).expect("a client"), source, options: mail, state: SourceState::default(), now: NOW }
    }

    async fn read(&self) -> Result<Round, FetchFailure> {
        let own = Own { domain: "kestrel.test".into(), answer_link: "https://hearken.test/a/".into() };
        read_round(&self.outbound, &self.source, &self.options, &own, &self.state, self.now).await
    }

    /// A round as the daemon makes it: read, kept, marked. Gives the titles.
    async fn round(&mut self) -> Vec<String> {
        let mut round = self.read().await.expect("it is read");
        let found = std::mem::take(&mut round.found);
        self.state.watch.mailbox = Some(round.mailbox.clone());
        self.state.baselined = true;
        self.state.etag = Some(round.finish().await.expect("it is marked"));
        found.into_iter().filter_map(|found| found.item.title).collect()
    }
}

fn mail(number: usize, body: &str) -> String {
    format!(
        "From: 處理中心 <notice@platform.test>\r\nSubject: notice {number}\r\nMessage-ID: <{number}@platform.test>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    )
}

#[tokio::test]
async fn mails_are_read_once_and_only_then_seen() {
    let Some(server) = MailServer::find() else { return };
    let Some(mailbox) = server.mailbox("seen") else { return };
    let mut reader = Reader::new(&server, &mailbox, Mark::Seen);
    mailbox.put(&mail(0, "old"));
    assert!(reader.round().await.is_empty(), "the first round leaves what is there");
    assert!(mailbox.flags().iter().all(|flags| !flags.contains('S')));
    mailbox.put(&mail(1, "紅隼漏水了"));
    mailbox.put(&mail(2, &"x".repeat(700_000)));
    let round = reader.read().await.expect("it is read");
    assert_eq!(
        round.found.iter().map(|found| found.item.title.as_deref().unwrap_or_default()).collect::<Vec<_>>(),
        ["notice 1", "notice 2"]
    );
    assert!(round.bytes < 600_000, "of a large mail only its beginning is read: {}", round.bytes);
    assert!(mailbox.flags().iter().all(|flags| !flags.contains('S')), "reading marks nothing");
    drop(round);
    assert_eq!(reader.round().await, ["notice 1", "notice 2"], "what was not marked comes again");
    assert_eq!(mailbox.flags().iter().filter(|flags| flags.contains('S')).count(), 2);
    assert!(reader.round().await.is_empty());
    // As after a reset: what lay there before the first look, and arrived before it, is no news.
    reader.state.etag = None;
    // The server dates arrivals by the machine's clock, so the round is one of a day that has not come yet.
    reader.now = NOW.plus(std::time::Duration::from_hours(24 * 365 * 50));
    reader.state.watch.mailbox.as_mut().expect("it is begun").began = reader.now;
    assert!(reader.round().await.is_empty(), "all of it arrived before");
}

#[tokio::test]
async fn a_keyword_and_a_mailbox_with_a_chinese_name() {
    let Some(server) = MailServer::find() else { return };
    let Some(mailbox) = server.mailbox("監聽") else { return };
    let mut reader = Reader::new(&server, &mailbox, Mark::Keyword("$Hearken".into()));
    reader.round().await;
    mailbox.put(&mail(1, "one"));
    assert_eq!(reader.round().await, ["notice 1"]);
    assert!(reader.round().await.is_empty());
    assert!(mailbox.flags().iter().all(|flags| !flags.contains('S')), "it is unread to people");
}

#[tokio::test]
async fn a_mailbox_that_is_only_looked_into() {
    let Some(server) = MailServer::find() else { return };
    let Some(mailbox) = server.mailbox("look") else { return };
    let mut reader = Reader::new(&server, &mailbox, Mark::Nothing);
    reader.round().await;
    for number in 1..=250 {
        mailbox.put(&mail(number, "many"));
    }
    let (first, second) = (reader.round().await, reader.round().await);
    assert_eq!((first.len(), second.len()), (200, 50), "in parts, each once");
    assert!(reader.round().await.is_empty());
    reader.options.from = vec!["@elsewhere.test".to_owned()];
    mailbox.put(&mail(300, "not ours"));
    assert!(reader.round().await.is_empty());
    assert!(mailbox.flags().iter().all(|flags| !flags.contains('S')));
}

#[tokio::test]
async fn what_a_real_server_refuses_has_its_kind() {
    let Some(server) = MailServer::find() else { return };
    let Some(mailbox) = server.mailbox("refused") else { return };
    let kind = |reader: Reader| async move { reader.read().await.err().map(|failure| (failure.kind, failure.detail)) };
    let good = || Reader::new(&server, &mailbox, Mark::Seen);
    let mut wrong = good();
    wrong.options.login = Login::Password(Secret::new("wrong"));
    let (auth, detail) = kind(wrong).await.expect("it is refused");
    assert_eq!(auth, FailureKind::Auth, "{detail}");
    assert!(!detail.contains("wrong"), "{detail}");
    let mut nowhere = good();
    nowhere.options.folder = "nowhere".into();
    assert_eq!(kind(nowhere).await.map(|(kind, _)| kind), Some(FailureKind::NotFound));
    let mut stranger = good();
    stranger.outbound = Outbound::new(&OutboundOptions {
        user_agent: "hearken/test".into(),
        contact: None,
        allow_private: Vec::new(),
        ca_file: None,
        timeout: std::time::Duration::from_secs(20),
    })
    .expect("a client");
    assert_eq!(kind(stranger).await.map(|(kind, _)| kind), Some(FailureKind::Tls));
    let mut token = good();
    token.options.login = Login::TokenFile(server.ca_file());
    assert_eq!(kind(token).await.map(|(kind, _)| kind), Some(FailureKind::Auth), "it offers no XOAUTH2");
}
