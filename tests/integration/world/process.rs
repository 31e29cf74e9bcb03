//! The real binary as a child process, on files of its own: started, killed, stopped, started again on the same store.
//!
//! ```ignore
//! let home = Home::new(SETTINGS, &store);                       // writes the settings; `{folder}` and `{store}` are filled in
//! let mut daemon = home.launch().crash_at("deliver.sent").start();
//! daemon.crashed().await;
//! let mut daemon = home.launch().start();
//! daemon.ready().await;
//! daemon.stop().await;                                          // SIGTERM; it must end by itself with 0
//! ```
//!
//! A panic anywhere in its log fails the test.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// The longest wait for what takes a fraction of a second on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at something that cannot tell us.
pub(crate) const LOOK: Duration = Duration::from_millis(20);

/// The API token that every home grants.
const TOKEN: &str = "token-of-the-kill-tests-7f3a";
const ABORTED: i32 = 6;
const KILLED: i32 = 9;

/// Settings, secrets and logs of a daemon.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    starts: AtomicU32,
}

impl Home {
    /// `{folder}` in the settings is this home's folder, `{store}` is the address given, or a SQLite file in the folder.
    pub(crate) fn new(settings: &str, store: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Self { folder, starts: AtomicU32::new(0) };
        let store = store.map_or_else(|| format!("sqlite://{}", home.path("hearken.db").display()), str::to_owned);
        let text = settings.replace("{folder}", &home.folder.path().display().to_string()).replace("{store}", &store);
        fs::write(home.path("hearken.toml"), text).expect("written");
        home.secret("token", TOKEN);
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file that only its owner reads.
    pub(crate) fn secret(&self, name: &str, text: &str) {
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path(name));
        std::io::Write::write_all(&mut file.expect("a file"), text.as_bytes()).expect("written");
    }

    /// What the daemon started last has said.
    pub(crate) fn last_log(&self) -> String {
        read(&self.path(&format!("log.{}", self.starts.load(Ordering::SeqCst) - 1)))
    }

    pub(crate) fn launch(&self) -> Launch {
        let log = self.path(&format!("log.{}", self.starts.fetch_add(1, Ordering::SeqCst)));
        let mut command = Command::new(env!("CARGO_BIN_EXE_hearken"));
        command.arg("run").arg("--config").arg(self.path("hearken.toml"));
        command.env_remove("HEARKEN_CRASH_AT").env_remove("NOTIFY_SOCKET").env_remove("JOURNAL_STREAM").kill_on_drop(true);
        Launch { command, log }
    }
}

/// A daemon about to be started.
pub(crate) struct Launch {
    command: Command,
    log: PathBuf,
}

impl Launch {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// It aborts at this point, `name` or `name:passage`.
    pub(crate) fn crash_at(self, point: &str) -> Self {
        self.env("HEARKEN_CRASH_AT", point)
    }

    /// By a shell that does this first; the program and its words are `"$0" "$@"`.
    pub(crate) fn under(self, script: &str) -> Self {
        let of = self.command.as_std();
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg(of.get_program()).args(of.get_args()).kill_on_drop(true);
        for (name, value) in of.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Self { command, log: self.log }
    }

    pub(crate) fn start(mut self) -> Process {
        let log = fs::File::create(&self.log).expect("a log");
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Process { child: self.command.spawn().expect("the binary starts"), log: self.log, address: None }
    }
}

/// A running daemon; killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    address: Option<SocketAddr>,
}

impl Process {
    /// Waits until `/readyz` says so.
    pub(crate) async fn ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.is_ready().await {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                panic!("it ended with {status} and was never ready\n{}", self.log());
            }
            assert!(Instant::now() < deadline, "it is not ready\n{}", self.log());
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn is_ready(&mut self) -> bool {
        if self.address.is_none() {
            self.address = address_in(&self.log());
        }
        match self.address {
            Some(address) => request(address, "GET /readyz", "").await.is_some_and(|(status, _)| status == 200),
            None => false,
        }
    }

    /// A request with the token of the home; none where the connection ends without an answer.
    pub(crate) async fn request(&self, line: &str, form: &str) -> Option<(u16, String)> {
        request(self.address.expect("it was ready"), line, form).await
    }

    /// SIGKILL.
    pub(crate) async fn kill(&mut self) {
        // It may have ended by itself a moment ago; then `wait` says how.
        let _ = self.child.start_kill();
        let status = self.child.wait().await.expect("a child of ours");
        assert_eq!(status.signal(), Some(KILLED), "it ended before the kill: {status}\n{}", self.log());
        self.look_for_panics();
    }

    /// SIGTERM: finishes what is under way and ends with 0.
    pub(crate) async fn stop(&mut self) {
        self.signal("TERM").await;
        let status = self.ended().await;
        assert!(status.success(), "{status}\n{}", self.log());
    }

    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().await.expect("kill(1)");
        assert!(sent.success());
    }

    /// Waits for the abort at a crash point.
    pub(crate) async fn crashed(&mut self) {
        let status = self.ended().await;
        assert_eq!(status.signal(), Some(ABORTED), "{status}\n{}", self.log());
    }

    /// Waits for the end, whatever it is.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = ended.unwrap_or_else(|_| panic!("it does not end\n{}", self.log())).expect("a child of ours");
        self.look_for_panics();
        status
    }

    pub(crate) fn log(&self) -> String {
        read(&self.log)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    fn look_for_panics(&self) {
        let log = self.log();
        assert!(!log.contains("panicked"), "it panicked\n{log}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.look_for_panics();
        }
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).expect("the log is there")).into_owned()
}

/// From the line of the JSON log that says where it listens.
fn address_in(log: &str) -> Option<SocketAddr> {
    let line = log.lines().find(|line| line.contains("hearken listens"))?;
    let (_, rest) = line.split_once("\"address\":\"")?;
    rest.split('"').next()?.parse().ok()
}

async fn request(address: SocketAddr, line: &str, form: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let head = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.ok()?.ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer))
}
