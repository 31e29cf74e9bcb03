//! Machines on one PostgreSQL: what one of them does not know it leaves to the others, and a server that is gone is called so, soon.

use std::time::{Duration, Instant};

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
