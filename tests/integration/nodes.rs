//! Two daemons on one PostgreSQL share two hundred sources: nothing is done twice, and the work of one that dies goes on.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use hearken::clock::Clock;
use hearken::model::{DeliveryState, Incident, IncidentState, Moment};
use hearken::store::{DeliveryFilter, IncidentFilter, Store};
use hearken::tasks::daemon::{Daemon, LoopDied, Start, Stopper, read_files};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::world::browser::ask;
use crate::world::postgres::with_database;
use crate::world::process::{Home, LOOK, PATIENCE};
use crate::world::program;
use crate::world::site::{Answer, Site};
use crate::world::smtp::{SmtpServer, Smtpd};

const SOURCES: usize = 200;
/// Hosts on loopback: one host is polled by one daemon at a time.
const HOSTS: usize = 20;
/// Time between two polls of a source; the jitter adds a tenth at most.
const INTERVAL: Duration = Duration::from_secs(5);
const LEASE: Duration = Duration::from_secs(3);
/// Rounds that are counted while both live.
const ROUNDS: u32 = 3;

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
[respond]
# Each mail stands for its case here.
singly = 100000
[run]
node = "{node}"
lease = "3s"
[[brand]]
name = "Kestrel"
[[channel]]
name = "mail"
kind = "smtp"
host = "127.0.0.1"
port = {smtp}
tls = "none"
from = "Hearken <hearken@kestrel.test>"
[[department]]
name = "logistics"
members = [{ name = "Hong", mail = "hong@kestrel.test" }]
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

fn path(source: usize) -> String {
    format!("/feed/{source}.xml")
}

fn feed(items: &[String]) -> Answer {
    let items: String = items
        .iter()
        .map(|text| {
            let id = text.replace(' ', "-");
            format!("<item><guid isPermaLink=\"false\">{id}</guid><link>http://forum.test/{id}</link><title>Kestrel</title><description>{text}</description></item>")
        })
        .collect();
    Answer::ok("application/rss+xml", format!("<rss version=\"2.0\"><channel><title>Forum</title>{items}</channel></rss>"))
}

fn home(node: &str, store: &str, site: &Site, mail: &SmtpServer) -> Home {
    let mut settings = SETTINGS.replace("{node}", node).replace("{smtp}", &mail.port().to_string());
    for source in 0..SOURCES {
        let host = format!("127.0.1.{}:{}", 1 + source % HOSTS, site.address().port());
        settings.push_str(&format!(
            "[[source]]\nname = \"s{source}\"\nkind = \"feed\"\nurl = \"http://{host}{}\"\ninterval = \"{}s\"\nignore_robots = true\n",
            path(source),
            INTERVAL.as_secs()
        ));
    }
    let home = Home::new(&settings, Some(store));
    std::fs::create_dir(home.path("rules")).expect("a folder");
    std::fs::write(home.path("rules/logistics.toml"), RULES).expect("written");
    home
}

/// How often each source was asked.
fn polls(site: &Site) -> Vec<usize> {
    (0..SOURCES).map(|source| site.requests(&path(source)).len()).collect()
}

async fn until<F: Future<Output = bool>>(what: &str, within: Duration, mut is_so: impl FnMut() -> F) -> Duration {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < within, "not within {within:?}: {what}");
        tokio::time::sleep(LOOK).await;
    }
    began.elapsed()
}

/// How many of the warnings arrived, and the most copies of any.
fn copies(mail: &SmtpServer) -> (usize, usize) {
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for mail in mail.mails() {
        *copies.entry(mail.header("Message-ID").expect("every mail has one")).or_default() += 1;
    }
    (copies.len(), copies.values().copied().max().unwrap_or_default())
}

async fn owners(store: &Store) -> BTreeMap<String, usize> {
    let mut owners = BTreeMap::new();
    for delivery in store.deliveries(&DeliveryFilter { limit: 10_000, ..DeliveryFilter::default() }).await.expect("a listing") {
        for attempt in store.attempts(&delivery.id).await.expect("a listing") {
            *owners.entry(attempt.owner.split('-').next().unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    owners
}

// Long because it is one story: both live, one dies, the other goes on.
async fn two_daemons(database: String) {
    let (site, mail) = (Site::start_on("0.0.0.0:0").await, SmtpServer::start(Smtpd::plain()).await);
    (0..SOURCES).for_each(|source| site.serve(&path(source), feed(&[])));
    let homes = ["east", "west"].map(|node| home(node, &database, &site, &mail));
    let (mut east, mut west) = (homes[0].launch().start(), homes[1].launch().start());
    east.ready().await;
    west.ready().await;
    let store = Store::open(&database).await.expect("the store opens");
    until("every source is known", PATIENCE * 3, || async {
        store.sources().await.expect("a listing").iter().all(|source| source.baselined)
    })
    .await;

    // Both live: so many rounds, each source within its bounds.
    let (before, began) = (polls(&site), Instant::now());
    (0..SOURCES).for_each(|source| site.serve(&path(source), feed(&[format!("Order {source} never arrived")])));
    tokio::time::sleep(INTERVAL * ROUNDS).await;
    // On a busy machine a round takes longer than its interval; none may be left out all the same.
    until("every source was asked again", PATIENCE * 6, || async { polls(&site).iter().zip(&before).all(|(now, before)| now > before) })
        .await;
    let rounds = began.elapsed().as_secs_f64() / INTERVAL.as_secs_f64();
    let counts: Vec<usize> = polls(&site).iter().zip(&before).map(|(now, before)| now - before).collect();
    let (least, most) = (counts.iter().min().expect("many"), counts.iter().max().expect("many"));
    let allowed = rounds.ceil() as usize;
    assert!(*most <= allowed, "a source was asked {most} times in {rounds:.1} rounds");
    until("every warning arrived", PATIENCE * 3, || async { copies(&mail).0 == SOURCES }).await;
    assert_eq!(copies(&mail), (SOURCES, 1), "each warning once");
    let owners = owners(&store).await;
    assert_eq!(owners.len(), 2, "both did some of it: {owners:?}");

    // One dies in the middle of the next round.
    (0..SOURCES).for_each(|source| {
        let texts = [format!("Order {source} never arrived"), format!("Order {} never arrived", SOURCES + source)];
        site.serve(&path(source), feed(&texts));
    });
    until("the round is under way", PATIENCE * 3, || async { copies(&mail).0 > SOURCES + SOURCES / 10 }).await;
    east.kill().await;
    let dead = Instant::now();
    let at_death = polls(&site);
    until("every source is asked by the one that is left", PATIENCE * 3, || async {
        polls(&site).iter().zip(&at_death).all(|(now, then)| now > then)
    })
    .await;
    let asked_within = dead.elapsed();
    until("every warning arrived", PATIENCE * 3, || async { copies(&mail).0 == 2 * SOURCES }).await;
    let told_within = dead.elapsed();
    let all_delivered = || async {
        let rows = store.deliveries(&DeliveryFilter { limit: 10_000, ..DeliveryFilter::default() }).await.expect("a listing");
        rows.iter().all(|row| row.state == DeliveryState::Delivered)
    };
    until("the outbox is empty", PATIENCE, all_delivered).await;
    west.stop().await;
    let came = mail.mails().len();
    store.close().await;
    println!(
        "two daemons, {SOURCES} sources on {HOSTS} hosts: {rounds:.1} rounds, each source asked {least} to {most} times, {SOURCES} warnings once each \
         (attempts: {owners:?}); after a kill every source asked within {:.1} s and all told within {:.1} s (lease {} s, interval {} s), {} duplicates",
        asked_within.as_secs_f64(),
        told_within.as_secs_f64(),
        LEASE.as_secs(),
        INTERVAL.as_secs(),
        came - 2 * SOURCES
    );
    assert!(came - 2 * SOURCES <= 4, "at most the sends that were under way when it died are repeated");
}

#[tokio::test(flavor = "multi_thread")]
async fn share_the_sources_and_take_over_from_the_dead() {
    with_database(two_daemons).await;
}

/// What reached one machine alone.
const ONE_RULE_MORE: &str = r#"
[[rule]]
id = "logistics.elephant"
category = "logistics"
severity = "high"
weight = 3.0
any = ["purple elephant"]
note = "What only one of two machines knows."
example = [{ text = "there is a purple elephant", fires = true }]
"#;

/// A daemon in this process, by a clock that the story moves.
async fn daemon(home: &Home, clock: &Clock) -> (SocketAddr, Stopper, JoinHandle<Result<(), LoopDied>>) {
    let start = Start { config: home.path("hearken.toml"), clock: clock.clone() };
    let (live, _) = read_files(&start).unwrap_or_else(|error| panic!("{error:?}"));
    let daemon = Daemon::start(start, live).await.expect("the daemon starts");
    (daemon.address(), daemon.stopper(), tokio::spawn(daemon.run()))
}

async fn cases(store: &Store) -> Vec<Incident> {
    let all = store.incidents(&IncidentFilter { limit: 100, ..IncidentFilter::default() }).await.expect("a listing");
    all.into_iter().filter(|incident| incident.key == "ops:agreement").collect()
}

async fn two_that_disagree(database: String) {
    let (site, mail) = (Site::start_on("0.0.0.0:0").await, SmtpServer::start(Smtpd::plain()).await);
    (0..SOURCES).for_each(|source| site.serve(&path(source), feed(&[])));
    let homes = ["east", "west"].map(|node| home(node, &database, &site, &mail));
    std::fs::write(homes[1].path("rules/more.toml"), ONE_RULE_MORE).expect("written");
    let clock = Clock::settable(Moment::from_secs(1_795_000_000));
    let (address, east_stops, east) = daemon(&homes[0], &clock).await;
    let (_, west_stops, west) = daemon(&homes[1], &clock).await;
    let store = Store::open(&database).await.expect("the store opens");
    let pass = |seconds: u64| clock.advance(Duration::from_secs(seconds));
    until("both have shown themselves", PATIENCE, || async {
        pass(1);
        store.in_force(Moment::default()).await.expect("a listing").len() == 2
    })
    .await;
    assert_eq!(cases(&store).await.len(), 0, "a roll-out takes its time");
    until("ops are told", PATIENCE, || async {
        pass(10);
        !cases(&store).await.is_empty()
    })
    .await;
    let told = cases(&store).await.remove(0);
    assert!(
        told.detail.contains("What differs: rules") && told.detail.contains("east-") && told.detail.contains("west-"),
        "{}",
        told.detail
    );
    let ready = ask(address, "GET", "/readyz", &[], b"").await;
    assert_eq!(ready.json()["agreement"], false, "{}", ready.body);
    let front = ask(address, "GET", "/", &[], b"").await;
    assert!(front.body.contains("different rules"), "{}", front.body);
    let listed = program::run_at(&homes[0].path("hearken.toml"), &["sources"], None).await;
    assert!(listed.ended(0).text().starts_with("Take care: the daemons on this store work by different rules"), "{}", listed.text());
    // The rule reaches the other machine, too.
    std::fs::write(homes[0].path("rules/more.toml"), ONE_RULE_MORE).expect("written");
    until("it ends by itself", PATIENCE, || async {
        pass(5);
        cases(&store).await.iter().all(|case| case.state == IncidentState::Resolved)
    })
    .await;
    for _ in 0..30 {
        pass(20);
        tokio::time::sleep(LOOK).await;
    }
    assert_eq!(cases(&store).await.len(), 1, "and does not come again");
    for (stopper, handle) in [(east_stops, east), (west_stops, west)] {
        stopper.stop();
        handle.await.expect("no panic").expect("no loop died");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn that_judge_by_different_rules_are_told_to_ops_and_it_ends_when_they_agree() {
    with_database(two_that_disagree).await;
}
