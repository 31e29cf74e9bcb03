//! A stream of complaints while the daemon is killed again and again at moments drawn by chance.
//!
//! `HEARKEN_KILL_MINUTES` makes it long, `HEARKEN_KILL_SEED` makes it another one.

use std::time::Duration;

use tokio::time::Instant;

use super::house::House;
use crate::world::postgres::with_database;
use crate::world::smtp::{Act, At};

/// Without `HEARKEN_KILL_MINUTES`: so many kills, or so long.
const KILLS: usize = 40;
const SPAN: Duration = Duration::from_secs(40);
/// PostgreSQL, which shares the pipeline, is killed less often.
const KILLS_POSTGRES: usize = 12;
/// A daemon lives this long, in milliseconds.
const LIFE_MS: std::ops::Range<u64> = 50..500;
/// One in so many lives longer, so that work is under way when it dies: an unoptimised build does little in half a second, and
/// what its predecessor had leased comes back after a second only.
const LONG_ONE_IN: usize = 4;
const LONG_LIFE_MS: std::ops::Range<u64> = 1_200..2_200;
/// Between two complaints.
const PACE: Duration = Duration::from_millis(150);
/// A mail server takes this long to answer a mail it has kept, as real ones do: kills fall into sends.
const MAIL_ANSWER: Duration = Duration::from_millis(25);

/// SplitMix64, by Sebastiano Vigna: the same seed gives the same moments.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        Self(std::env::var("HEARKEN_KILL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_122))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn life(&mut self, number: usize) -> Duration {
        let range = if number % LONG_ONE_IN == LONG_ONE_IN - 1 { LONG_LIFE_MS } else { LIFE_MS };
        Duration::from_millis(range.start + self.next() % (range.end - range.start))
    }
}

/// How long to go on.
#[derive(Clone, Copy)]
struct Limit {
    kills: usize,
    span: Duration,
}

impl Limit {
    fn of(kills: usize) -> Self {
        let minutes = std::env::var("HEARKEN_KILL_MINUTES").ok().and_then(|minutes| minutes.parse().ok());
        minutes.map_or(Self { kills, span: SPAN }, |minutes: u64| Self { kills: usize::MAX, span: Duration::from_secs(60 * minutes) })
    }
}

/// Every other life is counted from the start of the process, the others from the moment it is ready.
async fn kill_again_and_again(house: &House, limit: Limit) -> usize {
    let mut chance = Chance::new();
    let began = Instant::now();
    let mut kills = 0;
    while kills < limit.kills && began.elapsed() < limit.span {
        let life = chance.life(kills);
        let mut daemon = house.home.launch().start();
        if kills % 2 == 1 {
            daemon.ready().await;
        }
        tokio::time::sleep(life).await;
        daemon.kill().await;
        kills += 1;
    }
    kills
}

async fn complain(house: &House) {
    loop {
        house.publish(1);
        tokio::time::sleep(PACE).await;
    }
}

async fn run(engine: &str, store: Option<&str>, limit: Limit) {
    let house = House::known(store, "1h").await;
    house.mail.on(At::Dot, Act::Late(MAIL_ANSWER));
    let kills = tokio::select! {
        kills = kill_again_and_again(&house, limit) => kills,
        () = complain(&house) => unreachable!("people never cease to complain"),
    };
    let before = house.copies().len();
    let mut daemon = house.started().await;
    house.all_told().await;
    daemon.stop().await;
    let tally = house.tally().await;
    assert!(tally.duplicates <= tally.cut, "{tally:?}");
    println!(
        "{engine}: {kills} kills, {} warnings expected, {} delivered ({before} of them between the kills), {} duplicates, {} sends cut short by a kill",
        tally.expected, tally.delivered, tally.duplicates, tally.cut
    );
}

#[tokio::test]
async fn on_sqlite() {
    run("SQLite", None, Limit::of(KILLS)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres() {
    with_database(|url| async move { run("PostgreSQL", Some(&url), Limit::of(KILLS_POSTGRES)).await }).await;
}
