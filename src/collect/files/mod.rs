//! `kind = "files"`: JSON Lines and CSV that other programs drop into a folder. Bytes in, entries out; what a line lacks is said with
//! its number, and the other lines go on.

mod csv;
mod fields;
mod json;
mod lines;

use std::collections::BTreeMap;
use std::io::Read;

use self::csv::Columns;
use self::fields::Said;
use self::lines::{Line, Lines};
use super::extract::{Context, Raw};
use super::guard::guarded;
use super::normalise::time::order::{self, Order};

pub use self::fields::Field;

/// Longer lines are no review.
const LINE_BYTES_MAX: usize = 1024 * 1024;
const OURS_TO_MEND: &str = "hearken itself failed on this record; see its log";
/// Lines named of one file; beyond that the file is of another kind.
pub const REFUSED_NAMED: usize = 1_000;

/// The `[source.columns]` of a source: which column of a CSV file holds which field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileOptions {
    pub columns: BTreeMap<Field, String>,
}

/// How a file is read, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    JsonLines,
    Csv,
}

impl Format {
    /// None for names that nobody drops here on purpose.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let (_, end) = name.rsplit_once('.')?;
        match end.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" | "json" => Some(Self::JsonLines),
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// Whether a name is that of a file still being written, or an editor's: such ones are passed over.
#[must_use]
pub fn is_temporary(name: &str) -> bool {
    const ENDS: [&str; 9] = ["~", ".tmp", ".temp", ".part", ".partial", ".crdownload", ".filepart", ".swp", ".bak"];
    let lower = name.to_ascii_lowercase();
    name.starts_with(['.', '~', '#']) || ENDS.iter().any(|end| lower.ends_with(end))
}

/// What a file is recognised by: its length and its beginning.
#[must_use]
pub fn digest(bytes: u64, head: &[u8]) -> i64 {
    super::hash::stable_i64(&[&bytes.to_le_bytes(), head])
}

/// A line that could not be taken, or not whole, counted from 1 as an editor counts them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Refused {
    pub line: u64,
    pub why: String,
}

/// Some records of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    pub entries: Vec<Raw>,
    pub refused: Vec<Refused>,
    /// Lines that were taken without something.
    pub remarked: Vec<Refused>,
    /// Records read, taken or not.
    pub records: u64,
    /// There is nothing more.
    pub ended: bool,
}

/// A file on its way to entries.
pub struct Records<R> {
    lines: Lines<R>,
    shape: Shape,
    /// What comes first in `04/06/2019`, as soon as some dates of the file have told it.
    order: Option<Order>,
}

enum Shape {
    Json,
    Csv(Columns),
}

impl<R: Read> Records<R> {
    /// `sample` is a part of the file that shows its charset: its beginning, from its first character outside of ASCII on where there is
    /// none in the beginning.
    ///
    /// # Errors
    /// Why the file as a whole cannot be read, for people.
    pub fn open(file: R, sample: &[u8], format: Format, options: &FileOptions) -> Result<Self, String> {
        let mut lines = Lines::over(file, sample)?;
        let shape = match format {
            Format::JsonLines => Shape::Json,
            Format::Csv => Shape::Csv(Columns::read(&mut lines, options)?),
        };
        Ok(Self { lines, shape, order: None })
    }

    /// What is strange about the file as a whole, though it is taken.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        match &self.shape {
            Shape::Json => &[],
            Shape::Csv(columns) => &columns.remarks,
        }
    }

    /// The next records, at most `most`.
    ///
    /// # Errors
    /// The machine's, in reading.
    pub fn batch(&mut self, most: u64, context: &Context<'_>) -> std::io::Result<Batch> {
        let mut records = Vec::new();
        let mut ended = false;
        while !ended && (records.len() as u64) < most {
            match self.next()? {
                Some(record) => records.push(record),
                None => ended = true,
            }
        }
        self.order = self.order.or_else(|| order_of(&records, context));
        let mut batch = Batch { records: records.len() as u64, ended, ..Batch::default() };
        for (line, said) in records {
            match said.and_then(|said| within_guard(|| said.entry(self.order, context))) {
                Ok((raw, remark)) => {
                    batch.entries.push(raw);
                    batch.remarked.extend(remark.map(|why| Refused { line, why }));
                }
                Err(why) => batch.refused.push(Refused { line, why }),
            }
        }
        Ok(batch)
    }

    /// Passes over records that were taken before.
    ///
    /// # Errors
    /// The machine's, in reading.
    pub fn skip(&mut self, records: u64) -> std::io::Result<()> {
        for _ in 0..records {
            let passed = match &self.shape {
                Shape::Json => json_line(&mut self.lines)?.is_some(),
                Shape::Csv(columns) => columns.record(&mut self.lines)?.is_some(),
            };
            if !passed {
                break;
            }
        }
        Ok(())
    }

    fn next(&mut self) -> std::io::Result<Option<(u64, Result<Said, String>)>> {
        Ok(match &self.shape {
            Shape::Json => json_line(&mut self.lines)?.map(|line| {
                let said = if line.too_long { Err(too_long()) } else { within_guard(|| json::said(&line.text)) };
                (line.number, said)
            }),
            Shape::Csv(columns) => {
                columns.record(&mut self.lines)?.map(|(line, cells)| (line, cells.and_then(|cells| within_guard(|| columns.said(cells)))))
            }
        })
    }
}

/// What the dates of some records tell of their order.
fn order_of(records: &[(u64, Result<Said, String>)], context: &Context<'_>) -> Option<Order> {
    let dates = records.iter().filter_map(|(_, said)| said.as_ref().ok()?.fields.get(&Field::Published).map(String::as_str));
    order::order(dates, None, context.timezone, context.now)
}

fn within_guard<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    guarded(read).unwrap_or_else(|| Err(OURS_TO_MEND.to_owned()))
}

/// The next line that is not empty.
fn json_line<R: Read>(lines: &mut Lines<R>) -> std::io::Result<Option<Line>> {
    while let Some(line) = lines.next()? {
        if !line.text.trim().is_empty() || line.too_long {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

fn too_long() -> String {
    format!("the line is longer than {LINE_BYTES_MAX} bytes")
}

#[cfg(test)]
mod tests;
