//! Talks to systemd: readiness, reload, status, and the watchdog's feed (`watchdog` decides when).
//!
//! Protocol: sd_notify(3) and sd_watchdog_enabled(3). Without systemd (`NOTIFY_SOCKET` not set) everything here is silent.

use std::fmt;
use std::time::Duration;

use sd_notify::NotifyState;

/// Fed this many times within the time systemd waits, so that one late turn is no death.
const FEEDS_PER_WATCHDOG: u32 = 3;

/// Longest text in `systemctl status`: one line on a terminal.
const STATUS_CHARS_MAX: usize = 160;

/// How often to call [`feed`]; none where systemd watches nothing.
#[must_use]
pub fn feed_every() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|patience| patience / FEEDS_PER_WATCHDOG)
}

/// The daemon lives, until systemd's patience ends; `status` is what `systemctl status` shows.
pub fn feed(status: impl fmt::Display) {
    tell(&[NotifyState::Watchdog, NotifyState::Status(&one_line(status))]);
}

/// Started, or a reload has ended: `status` is what `systemctl status` shows.
pub fn ready(status: impl fmt::Display) {
    tell(&[NotifyState::Ready, NotifyState::Status(&one_line(status))]);
}

/// A reload begins; [`ready`] ends it, whether the new set was taken or the last good one stays.
pub fn reloading() {
    // systemd 253 and later pair the reload with its signal by this time; earlier ones do not look at it.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// The graceful stop has begun.
pub fn stopping(status: impl fmt::Display) {
    tell(&[NotifyState::Stopping, NotifyState::Status(&one_line(status))]);
}

/// What `systemctl status` shows.
pub fn status(text: impl fmt::Display) {
    tell(&[NotifyState::Status(&one_line(text))]);
}

/// A line break would begin another assignment of the protocol.
fn one_line(text: impl fmt::Display) -> String {
    text.to_string().split_whitespace().collect::<Vec<_>>().join(" ").chars().take(STATUS_CHARS_MAX).collect()
}

/// A message systemd does not get is worth a line in the log and never the daemon's life.
fn tell(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd could not be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_line() {
        assert_eq!(one_line("reload refused:\nREADY=1\n"), "reload refused: READY=1");
        assert_eq!(one_line("讀".repeat(500)).chars().count(), STATUS_CHARS_MAX);
    }
}
