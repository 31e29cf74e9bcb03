//! Texts longer than what is stored of one: the whole of it is judged, and its beginning is kept with what stands around the hits.

use crate::collect::normalise::TEXT_BYTES_MAX;
use crate::model::{Part, Span, Verdict};

/// Kept of the beginning: by it an item is compared with what stood there before.
const HEAD_BYTES: usize = 16 * 1024;
/// Kept before a hit and behind it: whom it is about, and what came of it.
const AROUND_BYTES: usize = 1024;
/// Between two pieces.
const GAP: &str = "\n…\n";

/// What is stored of a text, with the spans of the verdict where their words stand now; those whose words are not kept are taken out.
pub(super) fn stored(text: String, verdict: &mut Verdict) -> String {
    if text.len() <= TEXT_BYTES_MAX {
        return text;
    }
    let pieces = pieces(&text, verdict);
    let mut kept = String::with_capacity(TEXT_BYTES_MAX);
    let mut starts = Vec::with_capacity(pieces.len());
    for (start, end) in &pieces {
        if !kept.is_empty() {
            kept.push_str(GAP);
        }
        starts.push(kept.len());
        kept.push_str(&text[*start..*end]);
    }
    if pieces.last().is_some_and(|(_, end)| *end < text.len()) {
        kept.push_str(GAP.trim_end());
    }
    let moved = |span: &Span| {
        let at = pieces.iter().position(|(start, end)| *start <= span.start && span.end <= *end)?;
        let move_by = |place: usize| place - pieces[at].0 + starts[at];
        Some(Span { start: move_by(span.start), end: move_by(span.end), ..*span })
    };
    for reason in &mut verdict.reasons {
        let spans = std::mem::take(&mut reason.spans);
        reason.spans = spans.iter().filter_map(|span| if span.part == Part::Text { moved(span) } else { Some(*span) }).collect();
    }
    kept
}

/// Bytes of the text that are kept, in order and apart from each other.
fn pieces(text: &str, verdict: &Verdict) -> Vec<(usize, usize)> {
    let mut pieces = vec![(0, text.floor_char_boundary(HEAD_BYTES))];
    let mut room = TEXT_BYTES_MAX - HEAD_BYTES - GAP.len();
    for (start, end) in wanted(text, verdict) {
        let start = text.ceil_char_boundary(start.saturating_sub(AROUND_BYTES));
        let end = text.floor_char_boundary((end + AROUND_BYTES).min(text.len()));
        let needed = end - start + GAP.len();
        if pieces.iter().any(|(from, to)| *from <= start && end <= *to) {
            continue;
        }
        if needed > room {
            break;
        }
        room -= needed;
        pieces.push((start, end));
    }
    pieces.sort_unstable();
    let mut apart: Vec<(usize, usize)> = Vec::with_capacity(pieces.len());
    for (start, end) in pieces {
        match apart.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => apart.push((start, end)),
        }
    }
    apart
}

/// Hits, what speaks for a warning first, and where each brand is named first by its own name.
fn wanted(text: &str, verdict: &Verdict) -> Vec<(usize, usize)> {
    let (loud, quiet): (Vec<_>, Vec<_>) = verdict.reasons.iter().partition(|reason| reason.complains());
    let spans = |reasons: Vec<&crate::model::Reason>| {
        let spans = reasons.into_iter().flat_map(|reason| reason.spans.clone()).filter(|span| span.part == Part::Text);
        spans.map(|span| (span.start, span.end)).collect::<Vec<_>>()
    };
    let brands = verdict.brands.iter().filter_map(|brand| text.find(brand.as_str()).map(|at| (at, at + brand.len())));
    spans(loud).into_iter().chain(brands).chain(spans(quiet)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Reason;

    fn reason(spans: &[(usize, usize)]) -> Reason {
        let spans = spans.iter().map(|(start, end)| Span { part: Part::Text, start: *start, end: *end }).collect();
        Reason { spans, ..Reason::named("quality.nail".into(), Some("product_quality"), 2.0) }
    }

    #[test]
    fn a_hit_far_behind_is_kept_where_its_span_says() {
        let filler = "今天天氣很好，大家都去爬山了。".repeat(4_000);
        let text = format!("{filler}晚上全聯的便當吃到鐵釘，嘴巴流血送急診。{filler}");
        let at = text.find("鐵釘").expect("there");
        let mut verdict = Verdict {
            brands: vec!["全聯".into()],
            reasons: vec![reason(&[(at, at + "鐵釘".len()), (text.len() - 3, text.len())])],
            ..Verdict::default()
        };
        let kept = stored(text.clone(), &mut verdict);
        assert!(kept.len() <= TEXT_BYTES_MAX && kept.starts_with(&text[..HEAD_BYTES / 3 * 3]), "{}", kept.len());
        assert!(kept.contains("晚上全聯的便當吃到鐵釘，嘴巴流血送急診。"), "with what stands around it");
        let words: Vec<&str> = verdict.reasons[0].spans.iter().map(|span| &kept[span.start..span.end]).collect();
        assert_eq!(words, ["鐵釘", "。"]);
    }

    #[test]
    fn more_hits_than_there_is_room_for_leave_the_text_in_its_bounds() {
        let text = "鐵釘，今天天氣很好，大家都去爬山了，店裡沒有人，燈也關了。".repeat(3_000);
        let all: Vec<(usize, usize)> = text.match_indices("鐵釘").map(|(at, word)| (at, at + word.len())).collect();
        let mut verdict = Verdict { reasons: vec![reason(&all)], ..Verdict::default() };
        let kept = stored(text, &mut verdict);
        assert!(kept.len() <= TEXT_BYTES_MAX, "{}", kept.len());
        assert!(verdict.reasons[0].spans.len() > 100 && verdict.reasons[0].spans.iter().all(|span| &kept[span.start..span.end] == "鐵釘"));
        let short = "很短".to_owned();
        assert_eq!(stored(short.clone(), &mut verdict), short);
    }
}
