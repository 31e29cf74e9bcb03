//! The unit file, judged by systemd's own tools, and against what the daemon promises.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use crate::world::not_run::not_run;

/// `systemd-analyze security` counts in tenths: 1.5.
const EXPOSURE_MAX: &str = "15";

/// The longest `run.stop_within` that the unit leaves room for.
const STOP_WITHIN_MAX: Duration = Duration::from_secs(60);

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn unit() -> String {
    std::fs::read_to_string(project("systemd/hearken.service")).unwrap()
}

/// The values of a key, in order.
fn values(unit: &str, key: &str) -> Vec<String> {
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::to_owned).collect()
}

/// Runs `systemd-analyze` on the unit as it will be installed, with this build as its program; none where the tool is missing.
fn analyze(verb: &[&str]) -> Option<Output> {
    let folder = tempfile::tempdir().unwrap();
    let installed = folder.path().join("hearken.service");
    std::fs::write(&installed, unit().replace("/usr/local/bin/hearken", env!("CARGO_BIN_EXE_hearken"))).unwrap();
    let output = Command::new("systemd-analyze").args(verb).arg(&installed).output();
    if output.is_err() {
        not_run("systemd-analyze is not installed");
    }
    output.ok()
}

#[test]
fn systemd_finds_nothing_wrong() {
    let Some(output) = analyze(&["verify", "--man=no"]) else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "{}: {said}", output.status);
}

#[test]
fn exposure_is_low() {
    let Some(output) = analyze(&["security", "--no-pager", "--offline=true", &format!("--threshold={EXPOSURE_MAX}")]) else { return };
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{}", said.lines().last().unwrap_or_default());
    assert!(output.status.success() && said.contains("Overall exposure level"), "{said}");
}

#[test]
fn every_line_of_the_service_has_its_reason_above_it() {
    let text = unit();
    let service = text.split("[Service]").nth(1).and_then(|rest| rest.split("[Install]").next()).expect("the unit has its sections");
    let mut explained = false;
    for line in service.lines() {
        match line.split_once('=') {
            _ if line.starts_with('#') => explained = true,
            Some((key, _)) => assert!(explained, "`{key}` has no reason above it"),
            // A blank line ends what a comment speaks for.
            None => explained = false,
        }
    }
    assert!(service.matches("\n# ").count() > 30, "the reasons are gone");
}

#[test]
fn stopping_leaves_room_for_work_under_way() {
    let text = unit();
    let seconds = |key: &str| values(&text, key)[0].trim_end_matches('s').parse::<u64>().unwrap();
    assert!(Duration::from_secs(seconds("TimeoutStopSec")) > STOP_WITHIN_MAX);
    assert!(seconds("WatchdogSec") >= 30, "a slow disk must not look like a hang");
}

#[test]
fn unit_user_and_folders_agree() {
    let text = unit();
    let sysusers = std::fs::read_to_string(project("systemd/hearken.sysusers.conf")).unwrap();
    let tmpfiles = std::fs::read_to_string(project("systemd/hearken.tmpfiles.conf")).unwrap();
    let user = values(&text, "User").remove(0);
    assert!(sysusers.lines().any(|line| line.starts_with(&format!("u {user} "))));
    assert!(sysusers.contains(&format!("/var/lib/{}", values(&text, "StateDirectory")[0])));
    let folder = format!("/etc/{}", values(&text, "ConfigurationDirectory")[0]);
    assert!(tmpfiles.lines().any(|line| line.split_whitespace().nth(1) == Some(&folder)));
    assert!(values(&text, "ExecStart")[0].contains(&format!("--config {folder}/")));
}
