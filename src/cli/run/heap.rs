//! How the allocator is told to hold little memory. glibc hears it from its environment alone, before any line of ours runs: so a daemon
//! that was started without begins once more, as the same process with the same words.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// One heap, for a dozen that are mostly idle hold more than the work needs. And large blocks in places of their own, which are given back
/// when a reload has replaced what they held: left to itself, glibc takes a size that was freed once for one to keep.
const WANTED: [(&str, &str); 2] = [("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "1048576")];
/// The same and more, in one variable: whoever sets it has thought about it.
const TUNED: &str = "GLIBC_TUNABLES";

/// Sees to it that the allocator was told. Where that cannot be done nothing is lost but memory.
pub(in crate::cli) fn settle() {
    let missing = missing(|name| env::var_os(name).is_some());
    if missing.is_empty() || !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    let (mut again, mut words) = (Command::new(program), env::args_os());
    if let Some(name) = words.next() {
        again.arg0(name);
    }
    // It comes back with an error or not at all; there is no log yet to say so in.
    drop(again.args(words).envs(missing).exec());
}

/// What nobody has set yet.
fn missing(is_set: impl Fn(&str) -> bool) -> Vec<(&'static str, &'static str)> {
    if is_set(TUNED) { Vec::new() } else { WANTED.into_iter().filter(|(name, _)| !is_set(name)).collect() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_an_operator_sets_is_left_alone() {
        assert_eq!(missing(|_| false), WANTED);
        assert_eq!(missing(|name| name == "MALLOC_ARENA_MAX"), WANTED[1..]);
        assert!(missing(|name| WANTED.iter().any(|(wanted, _)| name == *wanted)).is_empty(), "the second start goes on");
        assert!(missing(|name| name == TUNED).is_empty());
    }

    #[test]
    fn the_service_need_not_begin_twice() {
        let unit = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/hearken.service")).expect("the unit");
        for (name, value) in WANTED {
            assert!(unit.lines().any(|line| line == format!("Environment={name}={value}")), "{name}");
        }
    }
}
