//! What is said on stderr besides the items: comments a configuration file may hold, in lines that a narrow terminal shows.

use std::io::Write;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::line;
use crate::cli::exit;
use crate::collect::normalise::{Found, READ_BYTES_MAX};
use crate::model::Item;

/// Columns of a line. A telephone held sideways shows as many, and a sentence of more is hard to read anywhere.
const WIDTH: usize = 64;

/// Writes a text as comments, broken between words.
pub(super) fn comment(out: &mut dyn Write, text: &str) -> std::io::Result<()> {
    let (mut line, mut width) = (String::new(), 0);
    for word in text.split_whitespace() {
        if width > 0 && width + 1 + word.width() > WIDTH - 2 {
            writeln!(out, "# {line}")?;
            (line, width) = (String::new(), 0);
        }
        if width > 0 {
            line.push(' ');
        }
        line.push_str(word);
        width = line.width();
    }
    writeln!(out, "# {line}")
}

/// The items on `out`, how many they are on `remarks`. A list that is empty and whole is no finding: nobody has written yet.
pub(super) fn items(found: &[Found], is_whole: bool, out: &mut dyn Write, remarks: &mut dyn Write) -> std::io::Result<u8> {
    for found in found {
        writeln!(out, "{}", line(found))?;
    }
    writeln!(remarks, "# {} {}", found.len(), if found.len() == 1 { "item" } else { "items" })?;
    let cut: Vec<&Found> = found.iter().filter(|found| found.item.cut_bytes > 0).collect();
    if let Some(longest) = cut.iter().map(|found| found.item.cut_bytes).max() {
        let (first, behind) = (READ_BYTES_MAX / 1024, longest.div_ceil(1024));
        let text = format!("{} of them longer than {first} KB: what stands behind is not read, of the longest {behind} KB", cut.len());
        comment(remarks, &text)?;
    }
    Ok(if found.is_empty() && !is_whole { exit::FINDINGS } else { exit::FINE })
}

/// Which fields were found, in how many of the items, and what the first of them is; last, which ones no item has.
pub(super) fn fields(found: &[Found], remarks: &mut dyn Write) -> std::io::Result<()> {
    let mut missing = Vec::new();
    for (name, read) in FIELDS {
        let values: Vec<String> = found.iter().filter_map(|found| read(&found.item)).collect();
        let Some(first) = values.first() else {
            missing.push(name);
            continue;
        };
        let head = format!("#   {name:<7} {:>3} of {}  ", values.len(), found.len());
        writeln!(remarks, "{head}{}", cut(first, WIDTH.saturating_sub(head.width())))?;
    }
    if !missing.is_empty() && !found.is_empty() {
        writeln!(remarks, "#   in none: {}", missing.join(", "))?;
    }
    Ok(())
}

type Read = fn(&Item) -> Option<String>;

/// As the block names them.
const FIELDS: [(&str, Read); 6] = [
    ("title", |item| item.title.clone()),
    ("text", |item| Some(item.text.clone()).filter(|text| !text.is_empty())),
    ("author", |item| item.author.clone()),
    ("rating", |item| {
        let most = item.rating_max.map(|most| format!(" of {most}")).unwrap_or_default();
        item.rating.map(|rating| format!("{rating}{most}"))
    }),
    ("time", |item| item.published.or(item.updated).map(|at| at.rfc3339())),
    ("link", |item| item.url.clone()),
];

/// One line of at most so many columns; what a stranger wrote moves no cursor.
fn cut(text: &str, columns: usize) -> String {
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    if line.width() <= columns {
        return line;
    }
    let mut width = 1;
    let kept: String = line
        .chars()
        .take_while(|c| {
            width += c.width().unwrap_or(0);
            width <= columns
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// What to do with the block.
pub(super) fn next_steps(name: &str, remarks: &mut dyn Write) -> std::io::Result<()> {
    let name = if name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/')) {
        name.to_owned()
    } else {
        // A shell takes what stands between these as it is.
        format!("'{}'", name.replace('\'', "'\\''"))
    };
    writeln!(remarks, "# Next: put this block into config/hearken.toml, then")?;
    writeln!(remarks, "#   hearken check")?;
    writeln!(remarks, "#   hearken sources test {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(act: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> String {
        let mut out = Vec::new();
        act(&mut out).expect("it is written");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn comments_are_broken_between_words_and_addresses_are_not() {
        let text = format!("the page names a feed, and its address is https://shop.example/{} which is long", "a".repeat(80));
        let lines = written(|out| comment(out, &text));
        assert!(lines.lines().all(|line| line.starts_with("# ") && (line.width() <= WIDTH || line.contains("https://"))), "{lines}");
        assert_eq!(lines.lines().count(), 3, "{lines}");
        assert!(written(|out| comment(out, &"等了十天還沒到 ".repeat(20))).lines().all(|line| line.width() <= WIDTH));
    }

    #[test]
    fn values_are_cut_by_what_a_terminal_shows() {
        assert_eq!(cut("等了十天還沒到", 9), "等了十天…");
        assert_eq!(cut("one\ntwo", 20), "one two");
        assert_eq!(written(|out| next_steps("it's", out)).lines().last(), Some("#   hearken sources test 'it'\\''s'"));
    }
}
