//! Cold, unchanged and changed rounds of everybody, with the site's counters and the stored entries asserted.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::Asked;
use crate::daemon::{Daemon, Plan, host};
use crate::feeds::Feeds;
use crate::peers::{Peer, peers, postgres};
use crate::process::{Cost, megabytes, stop};
use crate::site::Site;

/// New entries of every feed in a changed round.
const NEW: usize = 5;

/// Ours, seen as one more reader.
struct Hearken {
    daemon: Daemon,
    feeds: usize,
}

impl Peer for Hearken {
    fn name(&self) -> &'static str {
        "hearken"
    }

    fn round(&mut self) -> Cost {
        let (before, started) = (self.daemon.cpu(), Instant::now());
        self.daemon.make_due();
        self.daemon.settled(self.feeds);
        Cost { cpu: self.daemon.cpu() - before, wall: started.elapsed().as_secs_f64(), peak: megabytes(self.daemon.pid(), "VmHWM") }
    }

    fn stored(&self) -> Option<i64> {
        self.daemon.ask("SELECT count(*) FROM items")
    }
}

/// What each reader's rounds of one kind cost.
struct Table {
    names: Vec<&'static str>,
    rows: Vec<(String, Vec<Cost>)>,
}

pub(crate) fn run(asked: &Asked, runtime: &Runtime) {
    let folder = tempfile::tempdir().expect("a folder");
    std::process::Command::new("chmod").arg("755").arg(folder.path()).status().expect("it is ours");
    let (feeds, entries, hosts) = (asked.number("--feeds", 1_000), asked.number("--entries", 50), asked.number("--hosts", 1));
    let site = Site::new(Feeds::new(entries, asked.number("--naming", 32)));
    let port = runtime.block_on(site.listen(None));
    let urls: Vec<String> = (0..feeds).map(|feed| format!("http://{}:{port}/feed/{feed}", host(feed % hosts))).collect();
    let wanted = asked.text("--peers", "newsboat,rss2email,miniflux");
    let names: Vec<&str> = wanted.split(',').filter(|name| !name.is_empty()).collect();
    let mut database = None;
    let store = match asked.text("--store", "sqlite").as_str() {
        "postgres" => {
            let dir = folder.path().join("postgres");
            std::fs::create_dir_all(&dir).expect("it is made");
            let (child, url) = postgres(&dir);
            database = Some(child);
            url.replace("?sslmode=disable", "")
        }
        other => other.to_owned(),
    };
    let plan = Plan {
        program: asked.program(),
        feeds,
        hosts,
        port,
        tls: false,
        store,
        rules: asked.rules(folder.path()),
        interval: "1h",
        hook: port,
        http: String::new(),
    };
    println!(
        "{feeds} feeds of {entries} entries on {hosts} hosts, {} of 100 naming the brand, rules {}",
        site_naming(asked),
        plan.rules.display()
    );
    let (daemon, early) = first_of_ours(&plan, folder.path(), feeds);
    println!("at the start: {:.1} MB resident", megabytes(daemon.pid(), "VmRSS"));
    let mut everyone: Vec<Box<dyn Peer>> = vec![Box::new(Hearken { daemon, feeds })];
    everyone.extend(peers(&names, &urls, folder.path()));
    let mut table = Table { names: everyone.iter().map(|peer| peer.name()).collect(), rows: Vec::new() };
    let (warm, changed) = (asked.number("--warm", 5), asked.number("--changed", 3));
    table.round("cold", &mut everyone, &site, (feeds, feeds - early, early), feeds * entries);
    for _ in 0..warm {
        table.round("unchanged", &mut everyone, &site, (feeds, 0, feeds), feeds * entries);
    }
    for round in 1..=changed {
        site.add(NEW);
        table.round("5 new each", &mut everyone, &site, (feeds, feeds, 0), feeds * (entries + NEW * round));
    }
    table.print();
    drop(everyone);
    if let Some(mut child) = database {
        stop(&mut child);
    }
}

fn site_naming(asked: &Asked) -> usize {
    asked.number("--naming", 32)
}

/// A daemon that has started and waits, with how many of its sources it has polled: they are first due at moments spread over a quarter of
/// an hour, and all that were not yet are put off until the first round.
fn first_of_ours(plan: &Plan, folder: &std::path::Path, feeds: usize) -> (Daemon, usize) {
    let mut daemon = Daemon::start(plan, &folder.join("hearken"));
    let wanted = i64::try_from(feeds).ok();
    daemon.wait("the sources are known", |daemon| daemon.ask("SELECT count(*) FROM sources") == wanted);
    let early = daemon.put_off();
    (daemon, early)
}

impl Table {
    /// One round of each reader; `(polls, whole, not_modified)` is what the site must have answered to us, to the number.
    fn round(&mut self, kind: &str, everyone: &mut [Box<dyn Peer>], site: &Arc<Site>, answers: (usize, usize, usize), entries: usize) {
        let mut costs = Vec::new();
        let wanted = (answers.0 as u64, answers.1 as u64, answers.2 as u64);
        for peer in everyone.iter_mut() {
            let counters = &site.counters;
            let before = (counters.whole.load(Ordering::SeqCst), counters.not_modified.load(Ordering::SeqCst));
            let cost = peer.round();
            let whole = counters.whole.load(Ordering::SeqCst) - before.0;
            let not_modified = counters.not_modified.load(Ordering::SeqCst) - before.1;
            let stored = peer.stored().unwrap_or(-1);
            println!(
                "{kind:>10} {:<22} {:8.3} CPU s {:8.2} s {:7.1} MB   {whole} whole, {not_modified} not modified, {stored} entries kept",
                peer.name(),
                cost.cpu,
                cost.wall,
                cost.peak
            );
            if peer.name() == "hearken" {
                // Those that were polled before the first round are there as they were.
                assert_eq!((whole + not_modified, whole, not_modified), wanted, "the site's counters");
                assert_eq!(stored, i64::try_from(entries).expect("a number"), "everything is kept");
            }
            costs.push(cost);
        }
        self.rows.push((kind.to_owned(), costs));
    }

    fn print(&self) {
        println!("\nmedian CPU seconds of a round, and how many times ours:");
        for kind in ["cold", "unchanged", "5 new each"] {
            let of = |at: usize| median(self.rows.iter().filter(|(name, _)| name == kind).map(|(_, costs)| costs[at].cpu).collect());
            let ratio = |at: usize| {
                median(
                    self.rows.iter().filter(|(name, _)| name == kind).map(|(_, costs)| costs[at].cpu / costs[0].cpu.max(0.005)).collect(),
                )
            };
            print!("{kind:>10}");
            for (at, name) in self.names.iter().enumerate() {
                print!("   {name} {:.3}", of(at));
                if at > 0 {
                    print!(" ({:.1}x)", ratio(at));
                }
            }
            println!();
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Many sources and nothing to do: memory and processor time of the waiting daemon.
pub(crate) fn idle(asked: &Asked, runtime: &Runtime) {
    let folder = tempfile::tempdir().expect("a folder");
    let feeds = asked.number("--feeds", 10_000);
    let site = Site::new(Feeds::new(asked.number("--entries", 50), 32));
    let port = runtime.block_on(site.listen(None));
    let plan = Plan {
        program: asked.program(),
        feeds,
        hosts: asked.number("--hosts", 1),
        port,
        tls: false,
        store: asked.text("--store", "sqlite"),
        rules: asked.rules(folder.path()),
        interval: "24h",
        hook: port,
        http: String::new(),
    };
    let (mut daemon, early) = first_of_ours(&plan, folder.path(), feeds);
    println!("{feeds} sources, {early} polled: {:.1} MB resident", megabytes(daemon.pid(), "VmRSS"));
    if asked.text("--polled", "yes") == "yes" {
        daemon.make_due();
        daemon.settled(feeds);
    }
    let before = daemon.cpu();
    std::thread::sleep(Duration::from_secs(30));
    println!(
        "idle: {:.1} MB resident, peak {:.1} MB, {:.2} % of a core",
        megabytes(daemon.pid(), "VmRSS"),
        megabytes(daemon.pid(), "VmHWM"),
        (daemon.cpu() - before) / 30.0 * 100.0
    );
}
