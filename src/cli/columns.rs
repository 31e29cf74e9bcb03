//! Columns of a listing, aligned by what a terminal shows: a Chinese character is two wide. Nothing in a cell can move
//! the cursor: texts of strangers stand there.

use unicode_width::UnicodeWidthStr as _;

use crate::respond::message::clean::one_line;

/// Characters of one cell; the full texts are in `--json` and in `show`.
const CELL_CHARS: usize = 60;
/// Between two columns.
const GAP: usize = 2;

/// Rows under a head; the last column is as long as it likes.
pub(super) struct Columns(Vec<Vec<String>>);

impl Columns {
    pub(super) fn new<const N: usize>(head: [&str; N]) -> Self {
        Self(vec![head.map(str::to_uppercase).to_vec()])
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(cells.into_iter().map(|cell| one_line(&cell, CELL_CHARS)).collect());
    }

    /// The lines, each with its end.
    pub(super) fn text(&self) -> String {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> =
            (0..columns).map(|at| self.0.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max().unwrap_or(0)).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width + GAP - cell.width())));
            format!("{}\n", cells.collect::<String>().trim_end())
        };
        self.0.iter().map(line).collect()
    }
}

/// One line of a case: its name in a column of its own.
pub(super) fn fact(name: &str, value: &str) -> String {
    const NAME_CHARS: usize = 13;
    let gap = if name.len() < NAME_CHARS { "" } else { " " };
    format!("{name:<NAME_CHARS$}{gap}{value}\n")
}

/// A stranger's text on one line, shortened.
pub(super) fn quoted(text: &str) -> String {
    const QUOTE_CHARS: usize = 240;
    one_line(text, QUOTE_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_in_chinese_too() {
        let mut columns = Columns::new(["id", "who", "title"]);
        columns.row(["1".into(), "客服部".into(), "物流".into()]);
        columns.row(["22".into(), "Care".into(), "\u{1b}[31mred\nline".into()]);
        assert_eq!(columns.text(), "ID  WHO     TITLE\n1   客服部  物流\n22  Care    [31mred line\n");
    }
}
