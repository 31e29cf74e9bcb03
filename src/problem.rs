//! What is wrong in an operator's file: place, text, and what would be right. Never guessed at, always all at once.

mod data;
mod duration;
mod nearest;
mod problems;
mod reader;
mod render;

use std::path::PathBuf;
use std::sync::Arc;

pub use data::{Data, Entry, Parsed, Value};
pub use duration::{duration_words, parse_duration};
pub use nearest::{nearest, synonym};
pub use problems::Problems;
pub use reader::Table;
pub use render::render;

/// A file as it was read, kept so that a problem can show its line.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    pub path: PathBuf,
    pub text: String,
}

/// Where a value stands: a byte range of a file, or a place without one (an environment variable).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    File {
        file: Arc<SourceFile>,
        start: usize,
        end: usize,
    },
    /// `environment HEARKEN__WEB__LISTEN`, or the path of a file that could not be read.
    Named(String),
}

/// One mistake. `message` says what is wrong, `help` what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    pub message: String,
    pub help: Option<String>,
    /// A warning does not keep Hearken from starting.
    pub warning: bool,
    /// Which of the common mistakes it is: words in other languages are made of it. `message` and `help` say the same in English.
    pub mistake: Option<Box<Mistake>>,
}

/// The mistakes that most are, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    UnknownKey {
        key: String,
        meant: Option<String>,
        known: Vec<String>,
    },
    MissingKey {
        key: String,
        line: String,
    },
    /// `found` as `Data::kind` says it.
    WrongType {
        key: String,
        found: &'static str,
    },
    NoFile {
        path: String,
        why: String,
    },
    SetTwice,
    NamedTwice {
        noun: String,
        name: String,
        first: String,
    },
    /// Something is named that is defined nowhere; `noun` as the configuration calls its kind.
    UnknownName {
        noun: String,
        name: String,
        meant: Option<String>,
    },
    NotToml {
        why: String,
    },
}

impl Problem {
    #[must_use]
    pub fn error(place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { place, message: message.into(), help: Some(help.into()), warning: false, mistake: None }
    }

    #[must_use]
    pub fn warning(place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { warning: true, ..Self::error(place, message, help) }
    }

    /// The same, known as a common mistake.
    #[must_use]
    pub fn being(self, mistake: Mistake) -> Self {
        Self { mistake: Some(Box::new(mistake)), ..self }
    }
}

impl Place {
    /// Tells places apart.
    fn key(&self) -> String {
        match self {
            Self::File { file, start, .. } => format!("{}:{start}", file.path.display()),
            Self::Named(name) => name.clone(),
        }
    }

    /// Line and column, both from 1, the column in characters; none for a place without a file.
    #[must_use]
    pub fn line_column(&self) -> Option<(usize, usize)> {
        let Self::File { file, start, .. } = self else { return None };
        let before = &file.text.as_bytes()[..(*start).min(file.text.len())];
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        // In pieces whose count fits a byte, which the compiler counts sixteen at a time: every rule of a large file asks for its line.
        let breaks = |piece: &[u8]| usize::from(piece.iter().fold(0_u8, |count, byte| count + u8::from(*byte == b'\n')));
        let line = before.chunks(usize::from(u8::MAX)).map(breaks).sum::<usize>() + 1;
        let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
        Some((line, column))
    }
}
