//! The log: text, JSON or journald's fields, to stderr, with a dam against floods.

mod flood;

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::clock::Clock;
use crate::settings::{LogFormat, LogOptions};

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("`{level}` is not a log level or filter: {reason}; write `info`, or `info,hearken::collect=debug`")]
    Level { level: String, reason: String },
    #[error("the log is already set up")]
    Twice,
}

/// Where the lines go, once the format and the surroundings are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text { colours: bool },
    Json,
    Journal,
}

/// Sets up the log of this process; the first call counts.
///
/// # Errors
/// A level that cannot be read, or a second call.
pub fn start(options: &LogOptions, clock: Clock) -> Result<(), LogError> {
    let filter = filter(&options.level)?;
    let surroundings = Surroundings::here();
    let registry = tracing_subscriber::registry().with(filter).with(flood::Dam::new(clock));
    registry.with(lines(form(options.format, &surroundings))).try_init().map_err(|_| LogError::Twice)
}

fn filter(level: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::builder().parse(level).map_err(|error| LogError::Level { level: level.to_owned(), reason: error.to_string() })
}

/// What `auto` depends on.
struct Surroundings {
    /// stderr is the journal's own stream.
    journal: bool,
    /// stderr is a person's terminal.
    terminal: bool,
    /// See no-color.org.
    no_color: bool,
}

impl Surroundings {
    fn here() -> Self {
        let stream = std::env::var("JOURNAL_STREAM").ok();
        let journal = stream.is_some_and(|stream| stderr_identity().is_some_and(|stderr| stream == stderr));
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { journal, terminal: io::stderr().is_terminal(), no_color }
    }
}

/// `device:inode`, as systemd.exec(5) writes it in `JOURNAL_STREAM`.
fn stderr_identity() -> Option<String> {
    let owned = io::stderr().as_fd().try_clone_to_owned().ok()?;
    let metadata = std::fs::File::from(owned).metadata().ok()?;
    Some(format!("{}:{}", metadata.dev(), metadata.ino()))
}

fn form(format: LogFormat, surroundings: &Surroundings) -> Form {
    match format {
        LogFormat::Json => Form::Json,
        LogFormat::Auto if surroundings.journal => Form::Journal,
        LogFormat::Auto | LogFormat::Text => Form::Text { colours: surroundings.terminal && !surroundings.no_color },
    }
}

type Lines = Box<dyn Layer<Inner> + Send + Sync>;
type Inner = tracing_subscriber::layer::Layered<flood::Dam, tracing_subscriber::layer::Layered<EnvFilter, Registry>>;

fn lines(form: Form) -> Lines {
    let text = |colours| fmt::layer().with_writer(io::stderr).with_ansi(colours).boxed();
    match form {
        Form::Text { colours } => text(colours),
        Form::Json => fmt::layer().json().flatten_event(true).with_writer(io::stderr).boxed(),
        Form::Journal => match tracing_journald::layer() {
            Ok(journal) => journal.with_syslog_identifier("hearken".to_owned()).boxed(),
            // The journal's socket is hidden from us, but its stream still takes text.
            Err(_) => text(false),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_follows_the_surroundings() {
        let here = |journal, terminal, no_color| Surroundings { journal, terminal, no_color };
        assert_eq!(form(LogFormat::Auto, &here(true, false, false)), Form::Journal);
        assert_eq!(form(LogFormat::Text, &here(true, false, false)), Form::Text { colours: false });
        assert_eq!(form(LogFormat::Auto, &here(false, true, false)), Form::Text { colours: true });
        assert_eq!(form(LogFormat::Auto, &here(false, true, true)), Form::Text { colours: false });
        assert_eq!(form(LogFormat::Json, &here(true, true, false)), Form::Json);
    }

    #[test]
    fn a_level_that_cannot_be_read_says_what_can() {
        assert!(filter("info,hearken::collect=debug").is_ok());
        let message = filter("hearken=loud").expect_err("`loud` is no level").to_string();
        assert!(message.contains("`hearken=loud` is not a log level") && message.contains("write `info`"), "{message}");
    }

    #[test]
    fn stderr_has_an_identity() {
        let identity = stderr_identity().expect("stderr is open in a test");
        assert!(identity.split_once(':').is_some_and(|(device, inode)| device.parse::<u64>().is_ok() && inode.parse::<u64>().is_ok()));
    }
}
