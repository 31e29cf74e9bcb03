//! Other feed readers over the same feeds: newsboat, rss2email, and Miniflux with its PostgreSQL.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::{Cost, cpu, is_installed, megabytes, run, stop};

/// A reader that is driven from outside: one call, one round over all feeds.
pub(crate) trait Peer {
    fn name(&self) -> &'static str;
    fn round(&mut self) -> Cost;
    /// Entries it has kept.
    fn stored(&self) -> Option<i64>;
}

/// Those of the names that are installed; the others are said to be missing.
pub(crate) fn peers(names: &[&str], urls: &[String], folder: &Path) -> Vec<Box<dyn Peer>> {
    let mut found: Vec<Box<dyn Peer>> = Vec::new();
    for name in names {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).expect("the folder is made");
        match *name {
            "newsboat" if is_installed("newsboat") => found.push(Box::new(Newsboat::new(urls, folder))),
            "rss2email" if is_installed("r2e") => found.push(Box::new(Rss2Email::new(urls, folder))),
            "miniflux" if is_installed(&miniflux()) => found.push(Box::new(Miniflux::new(urls, folder))),
            _ => println!("not run: {name} is not installed here"),
        }
    }
    found
}

fn count(database: &Path, sql: &str) -> Option<i64> {
    let out = Command::new("sqlite3").arg(database).arg(sql).output().ok()?;
    String::from_utf8_lossy(&out.stdout).trim().parse().ok()
}

struct Newsboat(PathBuf);

impl Newsboat {
    fn new(urls: &[String], folder: PathBuf) -> Self {
        fs::write(folder.join("urls"), urls.join("\n")).expect("it is written");
        fs::write(folder.join("config"), "reload-threads 4\nmax-items 0\n").expect("it is written");
        Self(folder)
    }
}

impl Peer for Newsboat {
    fn name(&self) -> &'static str {
        "newsboat"
    }

    fn round(&mut self) -> Cost {
        let path = |name: &str| self.0.join(name);
        run(Command::new("newsboat")
            .arg("-u")
            .arg(path("urls"))
            .arg("-c")
            .arg(path("cache.db"))
            .arg("-C")
            .arg(path("config"))
            .args(["-x", "reload"]))
    }

    fn stored(&self) -> Option<i64> {
        count(&self.0.join("cache.db"), "SELECT count(*) FROM rss_item")
    }
}

struct Rss2Email(PathBuf);

impl Rss2Email {
    fn new(urls: &[String], folder: PathBuf) -> Self {
        let mut text = "[DEFAULT]\nfrom = a@site.test\nto = b@site.test\nemail-protocol = maildir\nmaildir-path = ".to_owned();
        text.push_str(&format!("{}\nmaildir-mailbox = mail\n", folder.display()));
        for (number, url) in urls.iter().enumerate() {
            text.push_str(&format!("[feed.f{number}]\nurl = {url}\n"));
        }
        for inside in ["cur", "new", "tmp"] {
            fs::create_dir_all(folder.join("mail").join(inside)).expect("it is made");
        }
        fs::write(folder.join("config"), text).expect("it is written");
        Self(folder)
    }
}

impl Peer for Rss2Email {
    fn name(&self) -> &'static str {
        "rss2email"
    }

    fn round(&mut self) -> Cost {
        let path = |name: &str| self.0.join(name);
        run(Command::new("r2e").arg("-c").arg(path("config")).arg("-d").arg(path("data.json")).args(["run", "--no-send"]))
    }

    /// It says of each feed which entries it has seen, in one file.
    fn stored(&self) -> Option<i64> {
        let text = fs::read_to_string(self.0.join("data.json")).ok()?;
        i64::try_from(text.matches("site-").count()).ok()
    }
}

/// `MINIFLUX` names the program where it is not on the PATH.
fn miniflux() -> String {
    std::env::var("MINIFLUX").unwrap_or_else(|_| "miniflux".to_owned())
}

/// Refreshes by its own command `-refresh-feeds`; the server's and the database's time count both.
struct Miniflux {
    database: String,
    postmaster: Child,
    folder: PathBuf,
    feeds: usize,
}

impl Miniflux {
    fn new(urls: &[String], folder: PathBuf) -> Self {
        let (postmaster, database) = postgres(&folder);
        let made = Self { database, postmaster, folder, feeds: urls.len() };
        let mut command = made.command(&["-migrate"]);
        assert!(command.status().is_ok_and(|status| status.success()), "Miniflux makes its tables");
        made.sql("INSERT INTO users (username, password) VALUES ('bench', 'x')");
        made.sql("INSERT INTO categories (user_id, title) SELECT id, 'all' FROM users");
        for part in urls.chunks(500) {
            let rows: Vec<String> = part.iter().map(|url| format!("('{url}')")).collect();
            made.sql(&format!(
                "INSERT INTO feeds (user_id, category_id, title, feed_url, site_url) SELECT c.user_id, c.id, u, u, u FROM categories c, (VALUES {}) AS v(u)",
                rows.join(", ")
            ));
        }
        made
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(miniflux());
        let feeds = self.feeds.to_string();
        let settings = [
            ("DATABASE_URL", self.database.as_str()),
            ("FETCHER_ALLOW_PRIVATE_NETWORKS", "1"),
            ("BATCH_SIZE", &feeds),
            ("LOG_LEVEL", "error"),
        ];
        command.args(arguments).envs(settings).stdout(Stdio::null()).stderr(fs::File::create(self.folder.join("log")).expect("a log"));
        command
    }

    fn sql(&self, sql: &str) -> String {
        let out = Command::new("psql").args(["-X", "-q", "-A", "-t", "-d", &self.database, "-c", sql]).output().expect("psql is installed");
        assert!(out.status.success(), "{sql}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }
}

impl Peer for Miniflux {
    fn name(&self) -> &'static str {
        "Miniflux + PostgreSQL"
    }

    fn round(&mut self) -> Cost {
        self.sql("UPDATE feeds SET next_check_at = now() - interval '1 hour', checked_at = now() - interval '1 day'");
        let before = cpu(self.postmaster.id());
        let mut command = self.command(&["-refresh-feeds"]);
        let cost = run(&mut command);
        // A backend's time is counted when its end has been seen.
        std::thread::sleep(Duration::from_millis(300));
        Cost { cpu: cost.cpu + cpu(self.postmaster.id()) - before, peak: cost.peak + megabytes(self.postmaster.id(), "VmHWM"), ..cost }
    }

    fn stored(&self) -> Option<i64> {
        self.sql("SELECT count(*) FROM entries").parse().ok()
    }
}

impl Drop for Miniflux {
    fn drop(&mut self) {
        stop(&mut self.postmaster);
    }
}

/// A PostgreSQL of its own with the defaults it is shipped with, durable as an operator's would be.
pub(crate) fn postgres(folder: &Path) -> (Child, String) {
    let mut homes: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin")).collect();
    homes.sort();
    let bin = homes.pop().expect("PostgreSQL is installed");
    let data = folder.join("data");
    fs::create_dir_all(&data).expect("it is made");
    let owner = |program: PathBuf| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "env", "HOME=/"]).arg(program);
        command
    };
    assert!(Command::new("chown").arg("postgres:").arg(folder).arg(&data).status().is_ok_and(|status| status.success()));
    let made = owner(bin.join("initdb"))
        .arg("-D")
        .arg(&data)
        .args(["-U", "bench", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"])
        .stdout(Stdio::null())
        .status();
    assert!(made.is_ok_and(|status| status.success()), "initdb");
    let port = 20_000 + std::process::id() % 900;
    let mut command = owner(bin.join("postgres"));
    command.arg("-D").arg(&data).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c"]);
    command.arg(format!("unix_socket_directories={}", folder.display()));
    let postmaster = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("PostgreSQL starts");
    let url = format!("postgres://bench@127.0.0.1:{port}/postgres?sslmode=disable");
    let started = Instant::now();
    while !Command::new("psql")
        .args(["-X", "-q", "-d", &url, "-c", "SELECT 1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
    {
        assert!(started.elapsed() < Duration::from_secs(30), "PostgreSQL does not answer");
        std::thread::sleep(Duration::from_millis(100));
    }
    (postmaster, url)
}
