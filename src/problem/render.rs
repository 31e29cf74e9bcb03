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
                let end = (*end).clamp(*start, file.text.len());
                let snippet = Snippet::source(&file.text).path(path).annotation(AnnotationKind::Primary.span(*start..end));
                vec![level.primary_title(&problem.message).element(snippet)]
            }
            Place::Named(name) => vec![Group::with_title(level.primary_title(format!("{name}: {}", problem.message)))],
        };
        if let (Some(help), Some(group)) = (&problem.help, report.pop()) {
            report.push(group.element(Level::HELP.message(help)));
        }
        let _ = writeln!(text, "{}\n", renderer.render(&report));
    }
    text
}
