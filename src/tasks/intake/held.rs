//! Complaints that a flood of old items brings with it and that nobody ever judged before: not told one by one, for most of them are long
//! over, but named to ops with their words, the worst first, so that a person decides.

use super::super::trouble;
use super::aside::cut;
use crate::collect::flood::{First, Old, was_never_judged};
use crate::collect::source::SourceOptions;
use crate::model::{IncidentKind, Mention, Phrase, Severity, Told, Value, Verdict};
use crate::respond::incident::Subject;
use crate::store::SeenItem;

/// Named in one incident; of what is neither critical nor high the rest is counted,
const LISTED: usize = 20;
/// and of what is: a mail of more lines is read by nobody.
const GRAVE_LISTED: usize = 200;
/// Characters shown of a complaint's words.
const WORDS_SHOWN: usize = 160;

/// The complaints among old items that are not told, the worst first; with those of a first poll that may have been missed.
pub(super) fn among<'a>(items: &'a [SeenItem], old: &[Option<Old>], first: Option<First>, least: Severity) -> Vec<&'a (Mention, Verdict)> {
    let is_named = |old: Old, (mention, verdict): &(Mention, Verdict)| {
        let missed = || first.is_some_and(|first| first.may_hide(verdict.severity, mention.published));
        was_never_judged(old) || (old == Old::Baseline && missed())
    };
    let judged = items.iter().zip(old).filter_map(|(item, old)| Some((item.mention.as_ref()?, (*old)?)));
    let judged = judged.filter(|(judged, old)| is_named(*old, judged)).map(|(judged, _)| judged);
    let is_held = |(mention, verdict): &&(Mention, Verdict)| {
        mention.baseline && verdict.severity >= least && (verdict.complaint || verdict.severity == Severity::Critical)
    };
    let mut held: Vec<_> = judged.filter(is_held).collect();
    held.sort_by_key(|(mention, verdict)| (std::cmp::Reverse(verdict.severity), std::cmp::Reverse(mention.published)));
    held
}

/// What ops are told of them, after the lines that say how the flood was known. As bad as the worst of them.
pub(super) fn subject(source: &SourceOptions, held: &[&(Mention, Verdict)], mut lines: Vec<Phrase>) -> Subject {
    let of = |wanted: Severity| held.iter().filter(|(_, verdict)| verdict.severity == wanted).count();
    let (critical, high) = (of(Severity::Critical), of(Severity::High));
    let listed = (critical + high).min(GRAVE_LISTED).max(LISTED.min(held.len()));
    let counts = Phrase::said("held_counts").with("critical", critical.to_string()).with("high", high.to_string());
    lines.push(counts.with("others", (held.len() - critical - high).to_string()));
    lines.extend([Phrase::gap(), Phrase::said("held_head")]);
    lines.extend(held.iter().take(listed).flat_map(|(mention, verdict)| shown(mention, verdict)));
    if held.len() > listed {
        lines.push(Phrase::said("held_more").with("count", (held.len() - listed).to_string()));
    }
    lines.extend([Phrase::gap(), Phrase::said("held_help").with("source", &source.name)]);
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
