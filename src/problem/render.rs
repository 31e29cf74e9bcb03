//! Problems as text: the line itself, a mark under the place, and the remedy.

use std::fmt::Write as _;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Place, Problem};

/// Every problem after the other; `styled` for a terminal.
#[must_use]
pub fn render(problems: &[Problem], styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for problem in problems {
        let level = if problem.warning { Level::WARNING } else { Level::ERROR };
        let mut report = match &problem.place {
            Place::File { file, start, end } => {
                let path = file.path.display().to_string();
                let end = first_line_end(&file.text, *start, *end);
                let (from, line) = line_around(&file.text, *start, end);
                let number = problem.place.line_column().map_or(1, |(line, _)| line);
                let mark = AnnotationKind::Primary.span(*start - from..end - from);
                let snippet = Snippet::source(line).line_start(number).path(path).annotation(mark);
                vec![level.primary_title(&problem.message).element(snippet)]
            }
            Place::Named(name) => vec![Group::with_title(level.primary_title(format!("{name}: {}", problem.message)))],
        };
        if let Some(help) = &problem.help
            && let Some(group) = report.pop()
        {
            report.push(group.element(Level::HELP.message(help)));
        }
        let _ = writeln!(text, "{}\n", renderer.render(&report));
    }
    text
}

/// The line with the mark, and where it begins: given the whole file, the renderer would part it into lines once for each problem.
fn line_around(text: &str, start: usize, end: usize) -> (usize, &str) {
    let from = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let to = text.get(end..).and_then(|after| after.find('\n')).map_or(text.len(), |at| end + at + 1);
    (from, text.get(from..to).unwrap_or_default())
}

/// Where the mark ends: a value of many lines is marked in its first one, so that a report stays short.
fn first_line_end(text: &str, start: usize, end: usize) -> usize {
    let end = end.clamp(start, text.len().max(start));
    let marked = text.get(start..end).unwrap_or_default();
    let line = marked.find('\n').map_or(marked, |at| &marked[..at]);
    start + line.trim_end_matches('\r').len()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::problem::SourceFile;

    fn shown(text: &str, marked: &str) -> String {
        let start = text.find(marked).expect("it is there");
        let file = Arc::new(SourceFile { path: "a.toml".into(), text: text.to_owned() });
        let place = Place::File { file, start, end: start + marked.len() };
        render(&[Problem::error(place, "wrong", "Do it right.")], false)
    }

    #[test]
    fn a_value_of_many_lines_shows_its_first() {
        let text = shown("a = [\r\n  1,\r\n  2,\r\n]\r\nb = 1\r\n", "[\r\n  1,\r\n  2,\r\n]");
        assert!(text.contains("1 | a = [\n  |     ^\n"), "{text}");
    }

    #[test]
    fn marks_stand_under_wide_characters() {
        let text = shown("name = \"客服部\", 7\n", "7");
        assert!(text.contains("\n  |                  ^\n"), "{text}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let long = format!("a = [{}7, \"x\"]\n", "\"範例茶\", ".repeat(300));
        let text = shown(&long, "7");
        assert!(text.lines().all(|line| line.chars().count() < 160), "{text}");
        assert!(text.contains("7, \"x\"]"), "{text}");
    }

    #[test]
    fn a_place_without_a_line_is_named() {
        let problem = Problem::warning(Place::Named("environment HEARKEN__X".into()), "odd", "Unset it.");
        assert_eq!(render(&[problem], false).trim_end(), "warning: environment HEARKEN__X: odd\n |\n = help: Unset it.");
    }
}
