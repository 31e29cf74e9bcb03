//! Complaints that a flood of old items brings with it and that nobody ever judged before: not told one by one, for most of them are long
//! over, but named to ops with their words, the worst first, so that a person decides.

use super::super::trouble;
use super::aside::cut;
use crate::collect::flood::{Old, was_never_judged};
use crate::collect::source::SourceOptions;
use crate::model::{IncidentKind, Mention, Phrase, Severity, Told, Value, Verdict};
use crate::respond::incident::Subject;
use crate::store::SeenItem;

/// Named in one incident; what is no worse than the last of them is counted.
const LISTED: usize = 20;
/// Characters shown of a complaint's words.
const WORDS_SHOWN: usize = 160;

/// The complaints among old items that are not told, the worst first. `another`: those of a list that came in the place of another count,
/// too, for somebody may have meant it to be the same.
pub(super) fn among<'a>(items: &'a [SeenItem], old: &[Option<Old>], another: bool, least: Severity) -> Vec<&'a (Mention, Verdict)> {
    let of_old = items.iter().zip(old).filter(|(_, old)| old.is_some_and(|old| was_never_judged(old) || (another && old == Old::Baseline)));
    let judged = of_old.filter_map(|(item, _)| item.mention.as_ref());
    let is_held = |(mention, verdict): &&(Mention, Verdict)| {
        mention.baseline && verdict.severity >= least && (verdict.complaint || verdict.severity == Severity::Critical)
    };
    let mut held: Vec<_> = judged.filter(is_held).collect();
    held.sort_by_key(|(mention, verdict)| (std::cmp::Reverse(verdict.severity), std::cmp::Reverse(mention.published)));
    held
}

/// What ops are told of them, after the lines that say how the flood was known. As bad as the worst of them.
pub(super) fn subject(source: &SourceOptions, held: &[&(Mention, Verdict)], mut lines: Vec<Phrase>) -> Subject {
    lines.extend([Phrase::gap(), Phrase::said("held_head")]);
    lines.extend(held.iter().take(LISTED).flat_map(|(mention, verdict)| shown(mention, verdict)));
    if held.len() > LISTED {
        lines.push(Phrase::said("held_more").with("count", (held.len() - LISTED).to_string()));
    }
    lines.extend([Phrase::gap(), Phrase::said("held_help")]);
    let title = Phrase::counted("held_title", held.len()).with("source", &source.name);
    let worst = held.iter().map(|(_, verdict)| verdict.severity).max().unwrap_or(Severity::Low);
    // Each flood has its own, for its complaints are named once. Whoever dies before the items are kept finds the same ones again.
    let key = trouble::held_key(&source.name, held.iter().map(|(mention, _)| mention.id.as_str()));
    Subject::trouble(IncidentKind::Source, key, worst, Told::new(title, lines))
}

fn shown(mention: &Mention, verdict: &Verdict) -> Vec<Phrase> {
    let title = mention.title.as_deref().filter(|title| !title.is_empty() && !mention.text.starts_with(*title));
    let words = title.map_or_else(|| mention.text.clone(), |title| format!("{title} - {}", mention.text));
    let item = Phrase::said("held_item").with("severity", Value::Severity(verdict.severity)).with("words", cut(&words, WORDS_SHOWN));
    let link = mention.url.as_ref().map(|url| Phrase::raw(format!("  {url}")));
    std::iter::once(item).chain(link).collect()
}
