//! The figures for people.

use std::fmt::Write as _;

use super::figures::{Counts, Figures};
use crate::model::Severity;

pub(super) fn render(figures: &Figures) -> String {
    let mut text = format!("{} texts", figures.texts);
    if figures.invalid > 0 {
        let _ = write!(text, ", {} lines not valid", figures.invalid);
    }
    let _ = writeln!(text, "\n\n{:<20}{:>10}{:>10}{:>10}{:>8}{:>8}{:>8}", "", "precision", "recall", "F1", "found", "extra", "missed");
    if figures.complaint.total() > 0 {
        row(&mut text, "complaint", figures.complaint);
        let _ = writeln!(text, "  of {} texts {} judged rightly", figures.complaint.total(), percent(figures.complaint.accuracy()));
        if figures.languages.len() > 1 {
            for (lang, counts) in &figures.languages {
                let _ = writeln!(
                    text,
                    "  {lang:<8} of {:>6} texts {} judged rightly, F1 {}",
                    counts.total(),
                    percent(counts.accuracy()),
                    percent(counts.f1())
                );
            }
        }
    }
    let (neutral, called) = figures.neutral;
    if neutral > 0 {
        let _ = writeln!(text, "  beside them {neutral} neutral texts, of which {called} were called complaints");
    }
    if !figures.categories.is_empty() {
        for (name, counts) in &figures.categories {
            row(&mut text, name, *counts);
        }
        row(&mut text, "all (micro)", figures.micro());
        let _ = writeln!(text, "{:<20}{:>30}", "mean (macro)", percent(figures.macro_f1()));
    }
    severity(&mut text, figures);
    text
}

fn row(text: &mut String, name: &str, counts: Counts) {
    let (precision, recall, f1) = (percent(counts.precision()), percent(counts.recall()), percent(counts.f1()));
    let _ = writeln!(text, "{name:<20}{precision:>10}{recall:>10}{f1:>10}{:>8}{:>8}{:>8}", counts.found, counts.extra, counts.missed);
}

fn severity(text: &mut String, figures: &Figures) {
    let confusion = &figures.severity;
    if confusion.total() == 0 {
        return;
    }
    let kappa = confusion.kappa().map_or_else(|| "-".to_owned(), |kappa| format!("{kappa:.3}"));
    let (exact, near) = (percent(confusion.within(0)), percent(confusion.within(1)));
    let _ = writeln!(text, "\nseverity of {} texts: exact {exact}, within one {near}, quadratic kappa {kappa}", confusion.total());
    for (name, level) in [("high or worse", Severity::High), ("critical", Severity::Critical)] {
        row(text, name, confusion.at_least(level));
    }
    let _ = write!(text, "{:<20}", "label \\ found");
    for level in Severity::ALL {
        let _ = write!(text, "{level:>10}");
    }
    text.push('\n');
    for (label, counts) in Severity::ALL.iter().zip(&confusion.0) {
        let _ = write!(text, "{label:<20}");
        for count in counts {
            let _ = write!(text, "{count:>10}");
        }
        text.push('\n');
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}
