//! A machine with a real systemd, booted by `tests/systemd/boot`, and hands to work on it.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const BOOT: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Gone, with everything on it, when dropped.
pub(crate) struct Machine {
    nspawn: Child,
    /// The machine's systemd, as a process of ours.
    init: u32,
    folder: tempfile::TempDir,
}

impl Machine {
    /// Boots; or says why that cannot be done here.
    pub(crate) fn boot(daemon: &Path) -> Result<Self, String> {
        possible_here()?;
        let folder = tempfile::tempdir().expect("a folder");
        let console = File::create(folder.path().join("console")).expect("a file");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/systemd/boot");
        let name = format!("hearken-test-{}", std::process::id());
        let nspawn = Command::new(script)
            .arg(daemon)
            .arg(name)
            .stdin(Stdio::null())
            .stdout(console.try_clone().expect("a second handle"))
            .stderr(console)
            .spawn()
            .expect("tests/systemd/boot can be run");
        let mut machine = Self { nspawn, init: 0, folder };
        machine.wait_for_boot();
        Ok(machine)
    }

    fn wait_for_boot(&mut self) {
        let begin = Instant::now();
        while begin.elapsed() < BOOT {
            if let Some(status) = self.nspawn.try_wait().expect("a child of ours") {
                panic!("the machine ended while booting ({status}):\n{}", self.console());
            }
            if let Some(init) = first_process(self.nspawn.id()) {
                self.init = init;
                if self.said(&["systemctl", "is-system-running"]) == "running" {
                    return;
                }
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        panic!("the machine did not boot within {BOOT:?}:\n{}", self.console());
    }

    /// What it printed while booting.
    pub(crate) fn console(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("console")).unwrap_or_default()
    }

    /// Runs a command on it.
    pub(crate) fn run(&self, command: &[&str]) -> Output {
        self.enter(command).output().expect("nsenter can be run")
    }

    /// What a command printed, trimmed.
    pub(crate) fn said(&self, command: &[&str]) -> String {
        String::from_utf8_lossy(&self.run(command).stdout).trim().to_owned()
    }

    /// Writes a file that root owns, with the mode and group that the words of `install` give.
    pub(crate) fn install(&self, path: &str, options: &[&str], content: &str) {
        let command = [&["install", "-D"], options, &["/dev/stdin", path]].concat();
        let mut child = self.enter(&command).stdin(Stdio::piped()).spawn().expect("nsenter can be run");
        child.stdin.take().expect("a pipe").write_all(content.as_bytes()).expect("install reads it");
        assert!(child.wait().expect("a child of ours").success(), "{path} could not be written");
    }

    /// A property of the service, as `systemctl show` gives it.
    pub(crate) fn property(&self, name: &str) -> String {
        self.said(&["systemctl", "show", "hearken.service", "--value", "-p", name])
    }

    /// Everything the service and systemd said about it, for a failed assertion.
    pub(crate) fn journal(&self) -> String {
        self.said(&["journalctl", "--no-pager", "-u", "hearken.service", "-n", "60"])
    }

    /// Waits for a property to be as it should.
    #[track_caller]
    pub(crate) fn wait_for(&self, name: &str, within: Duration, right: impl Fn(&str) -> bool) -> String {
        let begin = Instant::now();
        loop {
            let found = self.property(name);
            if right(&found) {
                return found;
            }
            assert!(begin.elapsed() < within, "after {within:?} {name} is still `{found}`:\n{}", self.journal());
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    fn enter(&self, command: &[&str]) -> Command {
        let mut nsenter = Command::new("nsenter");
        nsenter.args(["--target", &self.init.to_string(), "--mount", "--pid", "--ipc", "--uts", "--"]).args(command);
        nsenter
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // The machine dies with its first process, a child of the supervisor, which would leave it behind; its mounts die with
        // their namespace.
        let _ = Command::new("pkill").args(["-KILL", "-P", &self.nspawn.id().to_string()]).status();
        let _ = self.nspawn.kill();
        let _ = self.nspawn.wait();
    }
}

/// Whether this machine lets us boot another.
fn possible_here() -> Result<(), String> {
    let works = |program: &str, arguments: &[&str]| {
        let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let needs = [
        ("systemd-container is not installed", works("systemd-nspawn", &["--version"])),
        ("this user is not root", works("sh", &["-c", "[ $(id -u) = 0 ]"])),
        ("mount namespaces are not allowed here", works("unshare", &["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])),
    ];
    needs.iter().find(|(_, met)| !met).map_or(Ok(()), |(why, _)| Err((*why).to_owned()))
}

/// The child of nspawn that is process 1 of its own namespace.
fn first_process(nspawn: u32) -> Option<u32> {
    let path = PathBuf::from(format!("/proc/{nspawn}/task/{nspawn}/children"));
    let children = std::fs::read_to_string(path).ok()?;
    let is_first = |child: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{child}/status")).unwrap_or_default();
        let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or_default();
        numbers.split_whitespace().count() > 1 && numbers.split_whitespace().last() == Some("1")
    };
    children.split_whitespace().filter_map(|child| child.parse().ok()).find(is_first)
}
