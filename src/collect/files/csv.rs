//! CSV as spreadsheets write it: RFC 4180, with commas, semicolons, tabs or bars, and a header row that names the columns.

use std::io::Read;

use super::fields::{Field, Said};
use super::lines::{Line, Lines};
use super::{FileOptions, LINE_BYTES_MAX, too_long};

const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
/// A quote that is still open after so many lines was no quote.
const LINES_MAX: usize = 200;

/// Which column holds what.
pub(super) struct Columns {
    delimiter: char,
    width: usize,
    /// Column by column; none for one that says nothing of an item.
    fields: Vec<Option<Field>>,
    /// Columns that the operator named and that are not there.
    pub(super) remarks: Vec<String>,
}

/// A record's cells, or why it is none.
pub(super) type Cells = Result<Vec<String>, String>;

impl Columns {
    /// Reads the header row.
    pub(super) fn read<R: Read>(lines: &mut Lines<R>, options: &FileOptions) -> Result<Self, String> {
        let header = loop {
            match lines.next().map_err(|error| error.to_string())? {
                Some(line) if line.text.trim().is_empty() => {}
                // Spreadsheets tell each other the delimiter so.
                Some(line) if line.text.to_ascii_lowercase().starts_with("sep=") => {}
                Some(line) => break line.text,
                None => return Err("the file is empty: its first row has to name the columns".to_owned()),
            }
        };
        let count = |delimiter: char| cells(&header, delimiter).map_or(0, |cells| cells.len());
        let delimiter = DELIMITERS.into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(',');
        let names = cells(&header, delimiter).map_err(|why| format!("the header row cannot be read: {why}"))?;
        let mut remarks = Vec::new();
        let fields = assign(&names, options, &mut remarks)?;
        Ok(Self { delimiter, width: names.len(), fields, remarks })
    }

    /// The next record, with the number of its first line.
    pub(super) fn record<R: Read>(&self, lines: &mut Lines<R>) -> std::io::Result<Option<(u64, Cells)>> {
        loop {
            let Some(first) = lines.next()? else { return Ok(None) };
            if first.too_long {
                return Ok(Some((first.number, Err(too_long()))));
            }
            if first.text.trim().is_empty() {
                continue;
            }
            return Ok(Some((first.number, self.whole(first, lines)?)));
        }
    }

    /// A record with the lines that an open quote takes in. A quote that never closes spoils its own line alone.
    fn whole<R: Read>(&self, first: Line, lines: &mut Lines<R>) -> std::io::Result<Cells> {
        let mut text = first.text;
        let mut more = Vec::new();
        loop {
            let why = match cells(&text, self.delimiter) {
                Ok(cells) => return Ok(Ok(cells)),
                Err(why) => why,
            };
            let next = if more.len() < LINES_MAX && text.len() < LINE_BYTES_MAX { lines.next()? } else { None };
            let Some(next) = next else {
                lines.put_back(more);
                return Ok(Err(why));
            };
            text.push('\n');
            text.push_str(&next.text);
            more.push(next);
        }
    }

    pub(super) fn said(&self, cells: Vec<String>) -> Result<Said, String> {
        let filled = cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
        // Cells that stand in the wrong columns would only make faults that are none.
        if filled > self.width {
            return Err(format!("it has {filled} cells where the first row names {}: is a quote or a delimiter missing?", self.width));
        }
        let mut said = Said::default();
        for (field, cell) in self.fields.iter().zip(cells) {
            if let Some(field) = field {
                said.fields.insert(*field, cell);
            }
        }
        Ok(said)
    }
}

fn cells(text: &str, delimiter: char) -> Cells {
    let mut cells = Vec::new();
    let mut letters = text.chars().peekable();
    loop {
        let mut cell = String::new();
        if letters.peek() == Some(&'"') {
            letters.next();
            loop {
                match letters.next() {
                    Some('"') if letters.peek() == Some(&'"') => {
                        letters.next();
                        cell.push('"');
                    }
                    Some('"') => break,
                    Some(letter) => cell.push(letter),
                    None => return Err("a quote opens and never closes".to_owned()),
                }
            }
        }
        // A quote in the middle of a cell is a letter, as spreadsheets have it.
        let mut end = true;
        for letter in letters.by_ref() {
            if letter == delimiter {
                end = false;
                break;
            }
            cell.push(letter);
        }
        cells.push(cell);
        if end {
            return Ok(cells);
        }
    }
}

/// The operator's own names first, then the usual ones. Without the text's own column there is nothing to take; any other is missed, and
/// a column with a usual name may stand in for it.
fn assign(names: &[String], options: &FileOptions, remarks: &mut Vec<String>) -> Result<Vec<Option<Field>>, String> {
    let shown = || names.iter().map(|name| format!("`{}`", name.trim())).collect::<Vec<_>>().join(", ");
    let mut fields: Vec<Option<Field>> = vec![None; names.len()];
    for (field, wanted) in &options.columns {
        let at = names.iter().position(|name| folded(name) == folded(wanted));
        let missing = || format!("there is no column `{wanted}` for `{field}`; there are: {}", shown());
        match at {
            Some(at) => fields[at] = Some(*field),
            None if *field == Field::Text => return Err(missing()),
            None => remarks.push(missing()),
        }
    }
    for field in Field::ALL {
        let taken = fields.contains(&Some(field));
        let named = |known: &&str| names.iter().zip(&fields).position(|(name, field)| field.is_none() && folded(name) == **known);
        if let Some(at) = field.names().iter().find_map(named).filter(|_| !taken) {
            fields[at] = Some(field);
        }
    }
    if [Field::Text, Field::Title].into_iter().any(|field| fields.contains(&Some(field))) {
        return Ok(fields);
    }
    Err(format!("no column is known to hold the text; there are: {}. Name it under `[source.columns]`: `text = \"...\"`", shown()))
}

/// Small letters and digits alone.
fn folded(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
