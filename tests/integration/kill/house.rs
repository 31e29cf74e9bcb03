//! The company of the kill tests: one forum that complains, one department with a mail box and a webhook, a ladder.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use hearken::model::{Delivery, DeliveryState};
use hearken::store::{DeliveryFilter, Store};
use tokio::time::Instant;

use crate::world::process::{Home, LOOK, PATIENCE, Process};
use crate::world::receiver::Receiver;
use crate::world::site::{Answer, Site};
use crate::world::smtp::{SmtpServer, Smtpd};

/// Who is warned, and who hears next.
pub(super) const CLERK: &str = "hong@kestrel.test";
pub(super) const LEAD: &str = "lead@kestrel.test";

/// Complaints that the forum shows at the same time; older ones have left its front page.
const SHOWN: usize = 400;

const SETTINGS: &str = r#"
[company]
name = "Kestrel Kettles"
timezone = "Asia/Taipei"
language = "en"
[store]
url = "{store}"
[rules]
dir = "{folder}/rules"
[web]
listen = "127.0.0.1:0"
[[web.token]]
name = "tests"
token_file = "{folder}/token"
[log]
format = "json"
[http]
allow_private = ["127.0.0.0/8"]
[collect]
host_gap = "0s"
max_items = 10000
[respond]
ops = "ops"
singly = 100000
[run]
lease = "1s"
[[brand]]
name = "Kestrel"
[[source]]
name = "forum"
kind = "feed"
url = "{forum}"
interval = "1s"
ignore_robots = true
[[channel]]
name = "mail"
kind = "smtp"
host = "127.0.0.1"
port = {smtp}
tls = "none"
from = "Hearken <hearken@kestrel.test>"
[[channel]]
name = "desk"
kind = "webhook"
url = "{hook}"
secret_file = "{folder}/hook.secret"
[[department]]
name = "logistics"
members = [{ name = "Hong", mail = "hong@kestrel.test" }]
channels = ["mail", "desk"]
[[department.ladder]]
name = "lead"
after = "{climb}"
members = [{ name = "Lead", mail = "lead@kestrel.test" }]
channels = ["mail"]
[[department]]
name = "ops"
members = [{ name = "Ops", mail = "ops@kestrel.test" }]
channels = ["mail"]
[[route]]
department = "logistics"
"#;

const RULES: &str = r#"
[[rule]]
id = "logistics.lost"
category = "logistics"
severity = "medium"
weight = 3.0
any = ["never arrived"]
note = "Parcels that do not come."
example = [{ text = "my order never arrived", fires = true }]
"#;

/// Everything around the daemon, and its files.
pub(super) struct House {
    pub(super) site: Site,
    pub(super) mail: SmtpServer,
    pub(super) hook: Receiver,
    pub(super) home: Home,
    store: String,
    published: Mutex<usize>,
}

/// What the outbox says, against what came out of it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Warnings that had to arrive: each complaint by mail and by webhook.
    pub(super) expected: usize,
    pub(super) delivered: usize,
    pub(super) duplicates: usize,
    /// Attempts that a kill cut short.
    pub(super) cut: usize,
}

impl House {
    /// `climb` is how long an incident waits for an answer.
    pub(super) async fn build(store: Option<&str>, climb: &str) -> Self {
        let (site, mail, hook) = (Site::start().await, SmtpServer::start(Smtpd::plain()).await, Receiver::start().await);
        let settings = SETTINGS
            .replace("{forum}", site.url("/forum.xml").as_str())
            .replace("{smtp}", &mail.port().to_string())
            .replace("{hook}", hook.url().as_str())
            .replace("{climb}", climb);
        let home = Home::new(&settings, store);
        std::fs::create_dir(home.path("rules")).expect("a folder");
        std::fs::write(home.path("rules/logistics.toml"), RULES).expect("written");
        home.secret("hook.secret", "whsec_a2lsbCB0ZXN0cyBvZiBoZWFya2VuLCBubyBzZWNyZXQ=");
        let store = store.map_or_else(|| format!("sqlite://{}", home.path("hearken.db").display()), str::to_owned);
        let house = Self { site, mail, hook, home, store, published: Mutex::new(0) };
        house.publish(0);
        house
    }

    /// The same, and the forum is known: whatever it shows next is news.
    pub(super) async fn known(store: Option<&str>, climb: &str) -> Self {
        let house = Self::build(store, climb).await;
        let mut daemon = house.home.launch().start();
        daemon.ready().await;
        let reading = house.open().await;
        until("the forum is known", || async { reading.source("forum").await.expect("read").is_some_and(|source| source.baselined) }).await;
        reading.close().await;
        daemon.kill().await;
        house
    }

    pub(super) async fn open(&self) -> Store {
        Store::open(&self.store).await.expect("the store opens")
    }

    pub(super) async fn started(&self) -> Process {
        let mut daemon = self.home.launch().start();
        daemon.ready().await;
        daemon
    }

    /// So many new complaints.
    pub(super) fn publish(&self, more: usize) {
        let mut published = self.published.lock().expect("a number");
        *published += more;
        let first = published.saturating_sub(SHOWN) + 1;
        let items: String = (first..=*published).rev().map(item).collect();
        let feed = format!("<rss version=\"2.0\"><channel><title>Kettle forum</title>{items}</channel></rss>");
        self.site.serve("/forum.xml", Answer::ok("application/rss+xml", feed));
    }

    fn numbers(&self) -> BTreeSet<usize> {
        (1..=*self.published.lock().expect("a number")).collect()
    }

    /// Complaints whose warning arrived by mail, and by webhook.
    fn arrived(&self) -> (BTreeSet<usize>, BTreeSet<usize>) {
        let mails = self.mail.mails();
        let by_mail = mails.iter().filter(|mail| mail.recipients == [CLERK]).filter_map(|mail| number(&mail.body("text/plain")));
        let by_hook: BTreeSet<usize> =
            self.hook.requests().iter().filter_map(|request| number(&String::from_utf8_lossy(&request.body))).collect();
        (by_mail.collect(), by_hook)
    }

    /// V1: every complaint is told by mail and by webhook, and nothing is left to do.
    pub(super) async fn all_told(&self) {
        let wanted = self.numbers();
        let deadline = Instant::now() + PATIENCE;
        while self.arrived() != (wanted.clone(), wanted.clone()) {
            if Instant::now() > deadline {
                let came = self.arrived();
                panic!("of {} complaints arrived, by mail and by call: {came:?}\n{}", wanted.len(), self.home.last_log());
            }
            tokio::time::sleep(LOOK).await;
        }
        self.nothing_left().await;
    }

    /// The outbox is empty: what arrived is also written down.
    pub(super) async fn nothing_left(&self) {
        let store = self.open().await;
        until("the outbox is empty", || async { deliveries(&store).await.iter().all(|row| row.state == DeliveryState::Delivered) }).await;
        store.close().await;
    }

    /// How often each message came, by the name it carries: the Message-ID, or the webhook-id.
    pub(super) fn copies(&self) -> BTreeMap<String, usize> {
        let mut copies = BTreeMap::new();
        for mail in self.mail.mails() {
            let id = mail.header("Message-ID").expect("every mail has one");
            *copies.entry(id.trim_matches(['<', '>']).to_owned()).or_default() += 1;
        }
        for request in self.hook.requests() {
            *copies.entry(request.header("webhook-id").expect("every call has one").to_owned()).or_default() += 1;
        }
        copies
    }

    /// V1 and V2: everything in the outbox came out, under its own name; each at most once more for each attempt cut short.
    pub(super) async fn tally(&self) -> Tally {
        let store = self.open().await;
        let rows = deliveries(&store).await;
        store.close().await;
        let mut copies = self.copies();
        let (by_mail, by_hook) = self.arrived();
        let mut tally = Tally { expected: 2 * self.numbers().len(), delivered: by_mail.len() + by_hook.len(), ..Tally::default() };
        let mut told = BTreeSet::new();
        for row in rows {
            let name = if row.channel == "mail" { &row.message_id } else { &row.id };
            let came = copies.remove(name).unwrap_or_default();
            assert_eq!(row.state, DeliveryState::Delivered, "{row:?}");
            let attempts = usize::try_from(row.attempts).expect("a count");
            assert!((1..=attempts).contains(&came), "{came} copies of {row:?}");
            let telling = (row.incident, row.generation, row.kind, row.step, row.recipient);
            assert!(told.insert(telling.clone()), "two rows tell the same: {telling:?}");
            tally.duplicates += came - 1;
            tally.cut += attempts - 1;
        }
        assert!(copies.is_empty(), "messages that no row knows: {copies:?}");
        assert_eq!(tally.delivered, tally.expected);
        tally
    }
}

pub(super) async fn deliveries(store: &Store) -> Vec<Delivery> {
    store.deliveries(&DeliveryFilter { limit: i64::from(i32::MAX), ..DeliveryFilter::default() }).await.expect("a listing")
}

/// Looks until it is so.
pub(super) async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    until_within(what, PATIENCE, &mut is_so).await;
}

pub(super) async fn until_within<F: Future<Output = bool>>(what: &str, within: Duration, mut is_so: impl FnMut() -> F) {
    let deadline = Instant::now() + within;
    while !is_so().await {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// A short text: long ones that differ in a number alone would rightly be joined.
fn item(number: usize) -> String {
    format!(
        "<item><guid isPermaLink=\"false\">c{number}</guid><link>http://forum.test/{number}</link>\
         <title>Kestrel</title><description>Order {number} never arrived</description></item>"
    )
}

/// The hit stands in brackets in a mail.
fn number(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once("Order ")?;
    rest.split(' ').next()?.parse().ok()
}
