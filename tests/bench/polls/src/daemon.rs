//! The real daemon: its settings, its store, and the rounds it is made to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::feeds::BRAND;
use crate::process;

/// A round that takes longer has gone wrong.
const PATIENCE: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(20);
/// A daemon that used less than this part of a processor for so long does nothing.
const QUIET: Duration = Duration::from_millis(500);
const BUSY: f64 = 0.05;
/// In microseconds since 1970: no round lasts until 2100.
const FAR: i64 = 4_102_444_800_000_000;

/// What a daemon is started with.
pub(crate) struct Plan {
    pub(crate) program: PathBuf,
    pub(crate) feeds: usize,
    /// Loopback addresses over which the feeds are spread.
    pub(crate) hosts: usize,
    pub(crate) port: u16,
    pub(crate) tls: bool,
    /// `sqlite` or the address of a PostgreSQL.
    pub(crate) store: String,
    /// A folder of rules.
    pub(crate) rules: PathBuf,
    pub(crate) interval: &'static str,
    /// Where warnings are posted.
    pub(crate) hook: u16,
    /// Lines under `[http]`.
    pub(crate) http: String,
}

pub(crate) struct Daemon {
    child: Child,
    store: String,
}

impl Daemon {
    /// Starts on a fresh store in the folder and waits until it serves.
    pub(crate) fn start(plan: &Plan, folder: &Path) -> Self {
        let store = if plan.store == "sqlite" { format!("sqlite://{}/hearken.db", folder.display()) } else { plan.store.clone() };
        fs::create_dir_all(folder).expect("the folder is made");
        fs::write(folder.join("hearken.toml"), settings(plan, &store)).expect("the settings are written");
        let log = fs::File::create(folder.join("log")).expect("the log is made");
        let child = Command::new(&plan.program)
            .args(["run", "--config"])
            .arg(folder.join("hearken.toml"))
            .envs(std::env::vars().filter(|(name, _)| name.starts_with("MALLOC_")))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("hearken starts");
        Self { child, store }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn cpu(&self) -> f64 {
        process::cpu(self.pid())
    }

    /// The first number that a question to the store gives, over the store's own command line program; none while it cannot be asked.
    pub(crate) fn ask(&self, sql: &str) -> Option<i64> {
        let out = match self.store.strip_prefix("sqlite://") {
            Some(path) => Command::new("sqlite3").args(["-cmd", ".timeout 15000", path, sql]).output(),
            None => Command::new("psql").args(["-X", "-q", "-A", "-t", "-d", &self.store, "-c", sql]).output(),
        };
        let out = out.expect("the store's program (sqlite3, psql) is installed");
        if !out.status.success() {
            return None;
        }
        String::from_utf8_lossy(&out.stdout).lines().next_back().unwrap_or("0").trim().parse().ok().or(Some(0))
    }

    /// Puts every source off, so that the first round has them all, and waits until what the start brought is done: rules tried on their
    /// examples, and the few sources that were due within its first seconds. Gives how many of these were polled.
    pub(crate) fn put_off(&mut self) -> usize {
        self.ask(&format!("UPDATE sources SET next_due_at = {FAR}")).expect("the store takes it");
        self.wait("the start is over", |daemon| daemon.ask("SELECT count(*) FROM sources WHERE lease_until > 0") == Some(0));
        let mut before = self.cpu();
        loop {
            std::thread::sleep(QUIET);
            let now = self.cpu();
            if now - before < QUIET.as_secs_f64() * BUSY {
                break;
            }
            before = now;
        }
        let polled = self.ask("SELECT count(*) FROM sources WHERE last_polled_at IS NOT NULL").expect("the store answers");
        usize::try_from(polled).expect("a count")
    }

    /// Makes every source due at once; the daemon sees it within its five seconds.
    pub(crate) fn make_due(&self) {
        self.ask("UPDATE sources SET next_due_at = 0").expect("the store takes it");
    }

    /// Waits until no source is due and nothing waits to be acted on.
    pub(crate) fn settled(&mut self, sources: usize) {
        let text = "SELECT count(*) FROM sources WHERE next_due_at = 0 OR lease_until > 0 OR last_polled_at IS NULL";
        let waiting = "SELECT count(*) FROM verdicts WHERE acted_at IS NULL";
        let all = "SELECT count(*) FROM sources";
        let wanted = i64::try_from(sources).ok();
        self.wait("the round ends", |daemon| daemon.ask(all) == wanted && daemon.ask(text) == Some(0) && daemon.ask(waiting) == Some(0));
    }

    /// Waits for a condition.
    pub(crate) fn wait(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !holds(self) {
            assert!(self.child.try_wait().is_ok_and(|ended| ended.is_none()), "hearken ended; see its log");
            assert!(started.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
            std::thread::sleep(LOOK * 5);
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        process::stop(&mut self.child);
    }
}

/// A loopback address of its own for each host.
pub(crate) fn host(number: usize) -> String {
    format!("127.0.{}.{}", number / 250 + 1, number % 250 + 1)
}

fn settings(plan: &Plan, store: &str) -> String {
    let Plan { port, hook, rules, interval, http, .. } = plan;
    let scheme = if plan.tls { "https" } else { "http" };
    let mut text = format!(
        r#"
[company]
name = "Kettlebrook"
[store]
url = "{store}"
[rules]
dir = "{}"
[web]
listen = "127.0.0.1:0"
[log]
level = "warn"
[http]
allow_private = ["127.0.0.0/8"]
{http}
[collect]
host_gap = "0s"
[[brand]]
name = "{BRAND}"
[[channel]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:{hook}/hook"
secret = "whsec_c3RvcmllcyBzaWduIHRoZWlyIGNhbGxzIHdpdGggdGhpcyE="
[[department]]
name = "care"
members = []
channels = ["hook"]
"#,
        rules.display()
    );
    for feed in 0..plan.feeds {
        let host = host(feed % plan.hosts);
        text.push_str(&format!(
            "[[source]]\nname = \"feed {feed}\"\nkind = \"feed\"\nurl = \"{scheme}://{host}:{port}/feed/{feed}\"\ninterval = \"{interval}\"\n"
        ));
    }
    text
}

/// A folder of so many made rules: three words of which one has to stand there, and one guard.
pub(crate) fn made_rules(folder: &Path, count: usize) -> PathBuf {
    let dir = folder.join("rules");
    fs::create_dir_all(&dir).expect("the folder is made");
    let mut text = String::new();
    for rule in 0..count {
        let word = |salt: usize| {
            let letter = |at: usize| {
                char::from_u32(0x4E00 + u32::try_from((rule * 31 + salt * 7_919 + at * 1_013) % 20_000).unwrap_or(0)).unwrap_or('一')
            };
            (0..3).map(letter).collect::<String>()
        };
        let (one, two, guard) = (word(1), word(2), word(3));
        text.push_str(&format!(
            "[[rule]]\nid = \"made.r{rule}\"\ncategory = \"logistics\"\nseverity = \"medium\"\nweight = 2.0\nany = [\"{one}\", \"{two}\", \"late number{rule}\"]\n\
             none = [\"{guard}\"]\nnote = \"Made.\"\nexample = [{{ text = \"the parcel is late number{rule}\", fires = true }}]\n"
        ));
    }
    fs::write(dir.join("made.toml"), text).expect("the rules are written");
    dir
}
