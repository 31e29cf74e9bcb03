//! What a process and its children have cost, as the kernel counts it.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The kernel's unit of processor time.
const TICKS_A_SECOND: f64 = 100.0;
/// How often the memory of a running process is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Processor seconds of a process, its living descendants, and the ended ones they have waited for.
pub(crate) fn cpu(pid: u32) -> f64 {
    let (own, ended) = times(pid);
    own + ended + children(pid).into_iter().map(cpu).sum::<f64>()
}

/// Processor seconds of the children that this process has waited for.
fn ended_children() -> f64 {
    times(std::process::id()).1
}

fn times(pid: u32) -> (f64, f64) {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    ((ticks(11) + ticks(12)) / TICKS_A_SECOND, (ticks(13) + ticks(14)) / TICKS_A_SECOND)
}

fn children(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
        let list = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(list.split_whitespace().filter_map(|number| number.parse::<u32>().ok()));
    }
    found
}

/// A line of `/proc/PID/status` in megabytes: `VmHWM` is the peak of the resident memory, `VmRSS` the present.
pub(crate) fn megabytes(pid: u32, line: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':')?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    found.unwrap_or(0.0) / 1024.0
}

/// What a program cost that ran to its end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
    pub(crate) peak: f64,
}

/// Runs a program to its end.
///
/// # Panics
/// When it cannot be started or fails.
pub(crate) fn run(command: &mut Command) -> Cost {
    let before = ended_children();
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let mut peak: f64 = 0.0;
    let status = loop {
        peak = peak.max(megabytes(child.id(), "VmHWM"));
        match child.try_wait().expect("it is our child") {
            Some(status) => break status,
            None => std::thread::sleep(LOOK),
        }
    };
    assert!(status.success(), "{command:?} ended with {status}");
    Cost { cpu: ended_children() - before, wall: started.elapsed().as_secs_f64(), peak }
}

/// Ends a child by SIGTERM, as systemd would, and waits for it.
pub(crate) fn stop(child: &mut Child) {
    let _ = Command::new("kill").arg(child.id().to_string()).status();
    let _ = child.wait();
}

/// Whether a program is to be had.
pub(crate) fn is_installed(program: &str) -> bool {
    Command::new("sh").args(["-c", "command -v \"$0\"", program]).stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}
