//! The real program, run for one verb beside whatever else is going on.

use std::path::Path;
use std::process::Output;

use hearken::clock::Clock;
use hearken::model::Moment;

/// Runs it with these settings, off the test's own threads, which play the world that the program talks to.
pub(crate) async fn run(config: &Path, words: &[&str]) -> Said {
    run_at(config, words, None).await
}

/// The same by another clock, which shows `now` when the program starts. Without crash points in it the program knows no other clock
/// than the machine's.
pub(crate) async fn run_at(config: &Path, words: &[&str], now: Option<Moment>) -> Said {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_hearken"));
    command.args(words).arg("--config").arg(config);
    if let Some(now) = now {
        let offset = (now.0 - Clock::system().now().0).div_euclid(1_000_000);
        command.env("HEARKEN_CLOCK_OFFSET_S", (offset + 1).to_string());
    }
    Said(command.output().await.expect("it runs"))
}

/// What the program said.
pub(crate) struct Said(pub(crate) Output);

impl Said {
    #[track_caller]
    pub(crate) fn ended(&self, code: i32) -> &Self {
        assert_eq!(self.0.status.code(), Some(code), "{}\n{}", self.text(), self.remarks());
        self
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).expect("UTF-8")
    }

    pub(crate) fn remarks(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).expect("UTF-8")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text()).expect("JSON")
    }
}
