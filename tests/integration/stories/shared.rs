//! Machines on one PostgreSQL: what one of them does not know it leaves to the others, and a server that is gone is called so, soon.

use std::time::{Duration, Instant};

use hearken::model::{Mention, Verdict};
use hearken::store::MentionFilter;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

use crate::world::daemon::World;
use crate::world::plan::Plan;
use crate::world::postgres::with_database;
use crate::world::review::{Review, rss};
use crate::world::site::Site;

/// Whoever waits for a page gives up after a few seconds.
const SOON: Duration = Duration::from_secs(2);

/// Stands between a daemon and its database, and can be taken away.
struct Way {
    address: String,
    port: u16,
    server: String,
    runs: JoinHandle<()>,
}

impl Way {
    async fn to(database: &str) -> Self {
        let mut address = Url::parse(database).expect("an address");
        let server = format!("{}:{}", address.host_str().expect("a host"), address.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        address.set_host(Some("127.0.0.1")).expect("a host");
        address.set_port(Some(port)).expect("a port");
        let runs = tokio::spawn(Self::forward(listener, server.clone()));
        Self { address: address.to_string(), port, server, runs }
    }

    /// Every connection ends with it.
    async fn forward(listener: TcpListener, server: String) {
        let mut open = tokio::task::JoinSet::new();
        while let Ok((mut from, _)) = listener.accept().await {
            let server = server.clone();
            open.spawn(async move {
                if let Ok(mut to) = TcpStream::connect(&server).await {
                    let _ = copy_bidirectional(&mut from, &mut to).await;
                }
            });
        }
    }

    fn close(&self) {
        self.runs.abort();
    }

    async fn open_again(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.expect("the same port");
        self.runs = tokio::spawn(Self::forward(listener, self.server.clone()));
    }
}

#[tokio::test]
async fn a_database_that_is_gone_is_called_so_within_two_seconds() {
    with_database(|database| async move {
        let mut way = Way::to(&database).await;
        let mut world = World::start(Plan::over(way.address.clone())).await;
        way.close();
        for path in ["/readyz", "/metrics", "/"] {
            let began = Instant::now();
            let reply = world.get(path).await;
            assert!(began.elapsed() < SOON, "{path}: {:?}", began.elapsed());
            if path != "/" {
                assert_eq!(reply.status, 503, "{path}");
                assert!(reply.body.contains("cannot be reached") && reply.body.contains("refused"), "{path}: {}", reply.body);
            }
        }
        way.open_again().await;
        world.until("it is ready again", || async { world.get("/readyz").await.status == 200 }).await;
        world.stop().await;
        world.leave();
    })
    .await;
}

#[tokio::test]
async fn a_source_that_another_machine_alone_knows_is_left_to_it() {
    with_database(|database| async move {
        let old = World::start(Plan::over(database.clone())).await;
        let site = Site::start().await;
        site.serve("/new.xml", rss(&[Review::new("tea", "閒聊", "今天喝了一杯茶。")]));
        let more = format!("\n[[source]]\nname = \"new\"\nkind = \"feed\"\nurl = \"{}\"\ninterval = \"1m\"\n", site.url("/new.xml"));
        let plan = Plan { more, ..Plan::over(database) };
        let mut new = World::prepare(plan).await;
        new.run().await;
        // The old one looks for work again and again while that source is due.
        old.clock.advance(Duration::from_mins(2));
        let asked = || async { old.context().board.snapshot()["poll"].activations };
        let before = asked().await;
        old.until("it looked for work", || async { asked().await > before + 2 }).await;
        let held = || async { old.store().lease_owners().await.expect("the store answers") };
        old.until("it holds nothing that it cannot poll", || async { held().await.is_empty() }).await;
        new.clock.advance(Duration::from_mins(2));
        new.until("the new one polls it", || async { !site.requests("/new.xml").is_empty() }).await;
        for mut world in [old, new] {
            world.stop().await;
            world.leave();
        }
    })
    .await;
}

const ELEPHANT: &str = "紅隼的紫色大象又在店門口擋路了";

fn rules_with_the_elephant(plan: &mut Plan) {
    let rule = "[[rule]]\nid = \"other.elephant\"\ncategory = \"other\"\nseverity = \"high\"\nweight = 2.0\nany = [\"紫色大象\"]\nnote = \"An elephant.\"\nexample = [{ text = \"有一隻紫色大象\", fires = true }]\n";
    plan.rules.push(("elephant.toml".to_owned(), rule.to_owned()));
}

async fn elephants_in(world: &World) -> Vec<(Mention, Verdict)> {
    let filter = MentionFilter { words: Some("紫色大象".to_owned()), ..MentionFilter::default() };
    world.store().mentions(&filter).await.expect("the store answers")
}

/// Which machine polls an item is chance, and for the time of a roll-out so is what it is judged by: not for longer.
#[tokio::test]
async fn what_was_judged_by_other_rules_is_judged_again_once_the_machines_agree() {
    with_database(|database| async move {
        let mut old = World::start(Plan::over(database.clone())).await;
        let mut plan = Plan::over(database);
        rules_with_the_elephant(&mut plan);
        let mut new = World::prepare(plan).await;
        new.run().await;
        new.quiet().await;
        for world in [&old, &new] {
            world.pass(Duration::from_secs(20)).await;
        }
        for review in [Review::new("elephant", "", ELEPHANT), Review::late("ten-days")] {
            old.publish(review);
        }
        old.poll().await;
        let stored = elephants_in(&old).await;
        assert_eq!(stored.len(), 1, "the old rules judged it");
        assert!(!stored[0].1.complaint, "and heard no complaint: {:?}", stored[0].1);
        let told = old.mailed().len() + new.mailed().len();
        old.plan.rules = new.plan.rules.clone();
        old.write();
        old.take_up().await;
        for _ in 0..6 {
            for world in [&old, &new] {
                world.pass(Duration::from_secs(20)).await;
            }
        }
        let stored = elephants_in(&old).await;
        assert!(stored[0].1.complaint, "judged by what is in force: {:?}", stored[0].1);
        let cases = old.incidents().await;
        assert_eq!(cases.iter().filter(|case| case.title.contains("紫色大象")).count(), 1, "told, and once: {cases:?}");
        let late = cases.iter().filter(|case| case.brand.is_some() && !case.title.contains("紫色大象")).count();
        assert_eq!(late, 1, "what was told before is not told again: {cases:?}");
        let elephants = |world: &World| world.mail.mails().iter().filter(|mail| mail.body("text/plain").contains("紫色大象")).count();
        assert_eq!((elephants(&old) + elephants(&new), old.mailed().len() + new.mailed().len() > told), (1, true));
        for mut world in [old, new] {
            world.stop().await;
            world.leave();
        }
    })
    .await;
}

/// Of an outage that ends with the daemon nobody is left to tell: the next one does.
#[tokio::test]
async fn an_outage_that_ends_in_a_restart_is_told_to_ops_afterwards() {
    with_database(|database| async move {
        let mut way = Way::to(&database).await;
        let mut world = World::start(Plan::over(way.address.clone())).await;
        world.pass(Duration::from_mins(1)).await;
        world.declared.errors = EVERY_LOOP.to_vec();
        way.close();
        world.clock.advance(Duration::from_secs(5));
        world.stop().await;
        way.open_again().await;
        world.clock.advance(Duration::from_mins(20));
        world.run().await;
        world.quiet().await;
        let told: Vec<String> = world.mails_to("ops@kestrel.test").into_iter().map(|mail| mail.body("text/plain")).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("Nothing was heard from") && told[0].contains("did not end in order"), "{}", told[0]);
        assert_eq!(world.troubles("ops:store").await.len(), 1);
        // A stop in order is no outage, however long.
        world.stop().await;
        world.clock.advance(Duration::from_hours(5));
        world.run().await;
        world.quiet().await;
        let told =
            world.mails_to("ops@kestrel.test").iter().filter(|mail| mail.body("text/plain").contains("Nothing was heard from")).count();
        assert_eq!(told, 1);
        world.stop().await;
        world.leave();
    })
    .await;
}

const EVERY_LOOP: [&str; 18] = [
    "poll",
    "open_incidents",
    "deliver",
    "escalate",
    "prune",
    "room",
    "reload",
    "recheck",
    "blindness",
    "second_opinion",
    "websub",
    "set_back",
    "credentials",
    "predecessor",
    "agreement",
    "heartbeat",
    "life",
    "watchdog",
];
