//! `hearken classify`: JSON Lines in, JSON Lines out, in the same order.

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::{Serialize, Serializer};

use super::judging::{FINDINGS, judge, rules_dir};
use super::line::{Id, Line};
use crate::decide::brand::Brand;
use crate::decide::{Ground, Judge, Outcome, Score};
use crate::model::{Effect, Severity};

/// A longer line is refused: it would be held in memory several times over.
const MOST_LINE_BYTES: usize = 64 * 1024 * 1024;
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// Judge JSON Lines from stdin: {"id", "text", "title", "rating", "rating_max", "lang", "source", "author", "readers", "repeated"}.
///
/// A line needs a `text`, or a `title` where `text` is missing or null. `rating` goes from 0 to `rating_max`; without `rating_max` it is
/// of 5, of 10 where it is above 5, and of 100 where it is above 10. The `id` comes back as it was written. A line that is not valid is
/// named on stderr with its number, the rest goes on, and the exit code is 1.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Judge texts that name no brand, too
    #[arg(long)]
    pub no_brand: bool,
    /// The main file [default: config/hearken.toml or /etc/hearken/hearken.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Other rules than the configured ones
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
}

#[derive(Serialize)]
struct Judged<'a> {
    id: &'a Id,
    brands: &'a [String],
    complaint: bool,
    sentiment: f64,
    categories: Scores<'a>,
    severity: Severity,
    lang: &'a str,
    rules: Names<'a>,
}

/// Written without being gathered first.
struct Scores<'a>(&'a [Score<'a>]);

struct Names<'a>(&'a [Ground<'a>]);

#[derive(Serialize)]
struct Scored<'a> {
    category: &'a str,
    score: f64,
}

impl Serialize for Scores<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|score| Scored { category: score.category, score: score.score }))
    }
}

impl Serialize for Names<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counts = |ground: &&Ground<'_>| matches!(ground.effect, Effect::Counts | Effect::Raises | Effect::Lowers);
        serializer.collect_seq(self.0.iter().filter(counts).map(|ground| ground.rule))
    }
}

/// `configured` is the rules directory of the configuration, where there is one.
#[must_use]
pub fn run(args: &Args, brands: &[Brand], configured: Option<&Path>) -> ExitCode {
    let judge = match judge(&rules_dir(args.rules.as_deref(), configured), brands, false) {
        Ok(judge) => judge,
        Err(code) => return code,
    };
    if brands.is_empty() && !args.no_brand {
        eprintln!("no brand is configured, so every text is passed over; --no-brand judges them all");
    }
    let output = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match classify(&judge, args.no_brand, io::stdin().lock(), output, io::stderr()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(FINDINGS),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("classify stopped: {error}");
            ExitCode::from(FINDINGS)
        }
    }
}

/// Judges every line; returns how many were not valid.
///
/// # Errors
/// When reading or writing fails.
pub fn classify(judge: &Judge, no_brand: bool, input: impl BufRead, mut output: impl Write, mut errors: impl Write) -> io::Result<usize> {
    let (mut wrong, mut written) = (0, Vec::new());
    for_each_line(input, |number, line| match line.and_then(Line::read) {
        Ok(line) => {
            let subject = line.subject();
            written.clear();
            write(&line.id, &judge.brief(&subject, no_brand), &mut written)?;
            output.write_all(&written)
        }
        Err(message) => {
            wrong += 1;
            writeln!(errors, "line {number}: {message}")
        }
    })?;
    output.flush()?;
    Ok(wrong)
}

fn write(id: &Id, outcome: &Outcome<'_>, output: &mut Vec<u8>) -> io::Result<()> {
    let Outcome { brands, complaint, sentiment, categories, severity, lang, reasons, .. } = outcome;
    let judged = Judged {
        id,
        brands,
        complaint: *complaint,
        sentiment: *sentiment,
        categories: Scores(categories),
        severity: *severity,
        lang: lang.name(),
        rules: Names(reasons),
    };
    serde_json::to_writer(&mut *output, &judged)?;
    output.push(b'\n');
    Ok(())
}

/// Every line that is not blank, with its number from 1; one that is too long is an error of its own and is passed over.
pub(super) fn for_each_line(
    mut input: impl BufRead,
    mut each: impl FnMut(usize, Result<&[u8], String>) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    for number in 1.. {
        buffer.clear();
        let limit = u64::try_from(MOST_LINE_BYTES + 1).unwrap_or(u64::MAX);
        if io::Read::take(&mut input, limit).read_until(b'\n', &mut buffer)? == 0 {
            break;
        }
        if buffer.len() > MOST_LINE_BYTES && !buffer.ends_with(b"\n") {
            input.skip_until(b'\n')?;
            each(number, Err("the line is longer than 64 MiB".to_owned()))?;
            continue;
        }
        let line = if number == 1 { buffer.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&buffer) } else { &buffer };
        match line.trim_ascii() {
            [] => {}
            [b'{', ..] => each(number, Ok(line))?,
            // Read as a line, a list would be taken for the values of the keys, in the order they happen to have here.
            [b'[', ..] => each(number, Err("the line is a list; write an object, as {\"text\": \"...\"}".to_owned()))?,
            _ => each(number, Err("the line is no JSON object; write one, as {\"text\": \"...\"}".to_owned()))?,
        }
    }
    Ok(())
}
