//! A verdict for people: every reason with its rule, its place, the words it saw, and the arithmetic.

use std::fmt::Write as _;

use super::classify::{Arithmetic, COMPLAINT_STARS, COMPLAINT_TOTAL, Judge, LEAST_SCORE, Subject};
use super::sentiment::MOST_CATEGORIES;
use super::sides::Side;
use super::voice::Swayed;
use crate::model::{CategoryScore, Effect, Part, Reason, Severity, Span, Verdict};

/// Rules that nearly fired are a hint, not a listing.
const MOST_ALMOST: usize = 10;
/// Characters of a text shown; whoever explains a book sees its beginning.
const MOST_SHOWN: usize = 2_000;

/// The verdict of a text, brand or not, as lines of text.
#[must_use]
pub fn explain(judge: &Judge, subject: &Subject<'_>) -> String {
    let (verdict, arithmetic) = judge.account(subject);
    let mut text = marked(subject, &verdict.reasons);
    text.push_str(&summary(&verdict, &arithmetic));
    text.push_str(&sides(&arithmetic));
    for reason in &verdict.reasons {
        text.push('\n');
        text.push_str(&reason_lines(reason, subject));
    }
    let almost = judge.almost(subject);
    if !almost.is_empty() {
        text.push_str("\nalmost: some of their words stand there\n");
        for (rule, trial) in almost.iter().take(MOST_ALMOST) {
            let lacks: Vec<String> = trial.lacks.iter().map(ToString::to_string).collect();
            let (id, file, line) = (&rule.id, rule.file.display(), rule.line);
            let _ = writeln!(text, "  {id}: {}  ({file}:{line})\n      {}", trial.words.join(", "), lacks.join("; "));
        }
        let rest = almost.len().saturating_sub(MOST_ALMOST);
        if rest > 0 {
            let _ = writeln!(text, "  and {rest} more");
        }
    }
    text
}

/// Title and text with `[[...]]` around every place that some rule saw.
fn marked(subject: &Subject<'_>, reasons: &[Reason]) -> String {
    // The model's loudest pieces are hints, a rule's places are what it fired for.
    let rules = reasons.iter().filter(|reason| reason.line > 0);
    let spans: Vec<Span> = rules.flat_map(|reason| reason.spans.iter().copied()).collect();
    let title = subject.title.map(|title| format!("{:<11}{}\n", "title", with_marks(title, Part::Title, &spans)));
    format!("{}{:<11}{}\n", title.unwrap_or_default(), "text", with_marks(subject.text, Part::Text, &spans))
}

fn with_marks(text: &str, part: Part, spans: &[Span]) -> String {
    let mut marks: Vec<(usize, usize)> = spans.iter().filter(|span| span.part == part).map(|span| (span.start, span.end)).collect();
    marks.sort_unstable();
    marks.dedup_by(|next, before| {
        let overlaps = next.0 < before.1;
        before.1 = if overlaps { before.1.max(next.1) } else { before.1 };
        overlaps
    });
    let (mut out, mut at) = (String::new(), 0);
    for (start, end) in marks {
        let (Some(before), Some(inside)) = (text.get(at..start), text.get(start..end)) else { continue };
        out.push_str(before);
        out.push_str(&format!("[[{inside}]]"));
        at = end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    let shown: String = out.chars().take(MOST_SHOWN).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if shown.len() < out.len() { format!("{shown}...") } else { shown }
}

fn summary(verdict: &Verdict, arithmetic: &Arithmetic) -> String {
    let Arithmetic { feeling, stars, faint, base, swayed, before_praise, .. } = arithmetic;
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<11}{value}");
    };
    let brands = if verdict.brands.is_empty() {
        "none is named: outside `explain` this text would be dropped".to_owned()
    } else {
        verdict.brands.join(", ")
    };
    line("brands", brands);
    line("language", verdict.lang.clone());
    line("categories", scores(&verdict.categories));
    if !faint.is_empty() {
        line("", format!("too faint (below {LEAST_SCORE}): {}", scores(faint)));
    }
    let tone = if verdict.tone.is_some() { format!(", tone {:+.1}", feeling.tone) } else { String::new() };
    let most = if feeling.categories >= MOST_CATEGORIES { format!(" ({MOST_CATEGORIES} at most)") } else { String::new() };
    let sum = format!(
        "words {:+.1}, stars {:+.1}, categories {:+.1}{most}{tone}: {:+.1}",
        feeling.words,
        feeling.stars,
        -feeling.categories,
        feeling.total()
    );
    line("sentiment", format!("{} = total / (1 + |total|); {sum}", verdict.sentiment));
    if let Some(stars) = stars {
        line("stars", format!("{stars} of 5"));
    }
    line("complaint", complaint(verdict, arithmetic));
    line("severity", severity(verdict.severity, *base, *before_praise, swayed.as_ref()));
    line("rules", verdict.rule_set.clone());
    text
}

/// What is said of whom, where the text names several.
fn sides(arithmetic: &Arithmetic) -> String {
    let mut text = String::new();
    let whole = arithmetic.feeling.total() < COMPLAINT_TOTAL || arithmetic.stars.is_some_and(|stars| stars <= COMPLAINT_STARS);
    for Side { brand, gist, feeling, spared } in &arithmetic.sides {
        let complaint = if gist.complaint { "a complaint" } else { "no complaint" };
        let sum = feeling.map(|feeling| format!(", sum {:+.1}", feeling.total())).unwrap_or_default();
        let then = match *spared {
            true => "; it is praised while others are blamed, so nobody is told on its account",
            false if gist.blames() && !whole => "; so the text is a complaint, though its whole sum is not",
            false => "",
        };
        let _ = writeln!(text, "{:<11}{brand}: what is said of it is {complaint}, {}{sum}{then}", "of", gist.severity);
    }
    if arithmetic.turned {
        text.push_str("turned     praise before the contrast does not count against the firm blame behind it\n");
    }
    if !arithmetic.passed_over.is_empty() {
        let said = arithmetic.passed_over.join(" ");
        let _ = writeln!(text, "{:<11}of rivals alone, and not judged: \"{said}\"", "passed");
    }
    text
}

fn complaint(verdict: &Verdict, arithmetic: &Arithmetic) -> String {
    let said = if verdict.complaint { "yes" } else { "no" };
    match (&arithmetic.deed, &arithmetic.excuse) {
        (Some(rule), _) => format!("{said}; not for its tone: {rule} tells of a grave deed beside the praise"),
        (_, Some(rule)) if arithmetic.before_praise > Some(arithmetic.base) => {
            format!("{said}; {rule} takes its grave words for mere words")
        }
        _ => said.to_owned(),
    }
}

fn severity(last: Severity, base: Severity, before_praise: Option<Severity>, swayed: Option<&Swayed>) -> String {
    let mut text = last.to_string();
    if let Some(before) = before_praise {
        let _ = write!(text, "; praise outweighs it, so `{before}` became `{base}`");
    }
    if let Some(Swayed { from, to, of, logit, limit }) = swayed {
        let side = if to > from { "above" } else { "below" };
        let _ = write!(text, "; the model made `{from}` `{to}`: its logit of `{of}` or worse, {logit:.2}, is {side} {limit:.2}");
    }
    if last != base && swayed.is_none_or(|swayed| swayed.from != base || swayed.to != last) {
        let _ = write!(text, "; {base} before the severity rules");
    }
    text
}

fn scores(categories: &[CategoryScore]) -> String {
    if categories.is_empty() {
        return "none".to_owned();
    }
    let each: Vec<String> = categories.iter().map(|category| format!("{} {:.1}", category.category, category.score)).collect();
    each.join(", ")
}

fn reason_lines(reason: &Reason, subject: &Subject<'_>) -> String {
    let mut text = format!("{:<9}{}", reason.effect.as_str(), reason.rule);
    if reason.weight != 0.0 {
        let _ = write!(text, " {:+.1}", reason.weight);
    }
    if let Some(category) = &reason.category {
        let _ = write!(text, " {category}");
    }
    if let Some(severity) = reason.severity.filter(|_| matches!(reason.effect, Effect::Counts | Effect::Raises | Effect::Lowers)) {
        let _ = write!(text, "{} {severity}", if reason.effect == Effect::Counts { "," } else { " to" });
    }
    // The model has no lines: what it saw are features of the text.
    let by_model = reason.line == 0;
    let _ = if by_model { writeln!(text, "  (the model, {})", reason.file) } else { writeln!(text, "  ({}:{})", reason.file, reason.line) };
    let feature = if by_model { "feature of " } else { "" };
    for span in &reason.spans {
        let _ = writeln!(text, "         {feature}{}: {}", place(*span, subject), quote(*span, subject));
    }
    if !reason.note.is_empty() {
        let _ = writeln!(text, "         {}", reason.note);
    }
    text
}

/// Where a span stands, in characters counted from 1, as people count them.
fn place(span: Span, subject: &Subject<'_>) -> String {
    let characters = |end: usize| part_of(span, subject).get(..end).map_or(0, |before| before.chars().count());
    let (first, last) = (characters(span.start) + 1, characters(span.end));
    match span.part {
        part if first >= last => format!("{part}, character {first}"),
        part => format!("{part}, characters {first} to {last}"),
    }
}

fn part_of<'a>(span: Span, subject: &Subject<'a>) -> &'a str {
    match span.part {
        Part::Title => subject.title.unwrap_or_default(),
        Part::Text => subject.text,
    }
}

fn quote(span: Span, subject: &Subject<'_>) -> String {
    format!(
        "\"{}\"",
        part_of(span, subject).get(span.start..span.end).unwrap_or_default().escape_debug().collect::<String>().replace("\\'", "'")
    )
}
