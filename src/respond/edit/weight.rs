//! Whether what an author added to a grave post weighs anything: a corrected letter and thanks for reading wake nobody, a death does, whether
//! or not a rule knows of it.

use std::ops::Range;

use super::{Wording, Words, letters, sentences};
use crate::model::{Mention, Part, Verdict};

/// The model's own words are found in whatever is said.
const BY_MODEL: &str = "tone.";
/// A shorter sentence is in many others by chance.
const KNOWN_LETTERS: usize = 4;

/// Words after which somebody who knows the case reads what else is said: of death and harm, of the law and the press, of what is lost.
const GRAVE: [&str; 120] = [
    "died",
    "dead",
    "death",
    "dying",
    "killed",
    "passed away",
    "funeral",
    "coma",
    "hospital",
    "ambulance",
    "surgery",
    "surgeon",
    "emergency",
    "intensive care",
    "icu",
    "doctor",
    "clinic",
    "stitches",
    "scar",
    "blind",
    "paraly",
    "amputat",
    "miscarr",
    "injur",
    "hurt",
    "wound",
    "bleed",
    "blood",
    "burn",
    "fire",
    "explo",
    "shock",
    "poison",
    "vomit",
    "sick",
    "ill ",
    "allerg",
    "infect",
    "broke",
    "unconscious",
    "faint",
    "suicid",
    "police",
    "lawyer",
    "attorney",
    "solicitor",
    "court",
    "sue",
    "suing",
    "lawsuit",
    "legal",
    "regulator",
    "ombudsman",
    "authorit",
    "press",
    "newspaper",
    "news",
    "journalist",
    "reporter",
    "bbc",
    "cnn",
    "tv",
    "television",
    "media",
    "petition",
    "stolen",
    "fraud",
    "scam",
    "threat",
    "assault",
    "harass",
    "racis",
    "abuse",
    "whole house",
    "lost everything",
    "destroyed",
    "evacuat",
    "flood",
    "gestorben",
    "verstorben",
    "krankenhaus",
    "polizei",
    "anwalt",
    "死",
    "過世",
    "过世",
    "去世",
    "身亡",
    "離世",
    "离世",
    "走了",
    "昏迷",
    "急救",
    "送醫",
    "送医",
    "醫院",
    "医院",
    "住院",
    "手術",
    "手术",
    "流產",
    "流产",
    "骨折",
    "流血",
    "失明",
    "中毒",
    "火",
    "警",
    "律師",
    "律师",
    "告",
    "法院",
    "記者",
    "记者",
    "媒體",
    "媒体",
    "新聞",
    "新闻",
    "電視",
    "电视",
];

/// Whether anything that was in nothing told weighs: rules find words in it, where what was told still stands, or it has grave words that
/// were not told.
pub(super) fn weighs(told: &[Wording], words: &Words, keeps_all: bool, mention: &Mention, verdict: &Verdict) -> bool {
    let title = mention.title.as_deref().unwrap_or_default();
    let parts = [(Part::Title, title), (Part::Text, mention.text.as_str())];
    let known: Vec<String> = told.iter().filter_map(|wording| wording.text.as_deref()).flat_map(sentences).map(letters).collect();
    let said: Vec<String> = told.iter().filter_map(|wording| wording.text.as_deref()).map(str::to_lowercase).collect();
    let fresh = parts.into_iter().flat_map(|(part, text)| fresh(text, words, &known).into_iter().map(move |range| (part, text, range)));
    fresh.into_iter().any(|(part, text, range)| {
        let grave = || {
            let now = text.get(range.clone()).unwrap_or_default().to_lowercase();
            GRAVE.iter().any(|word| has(&now, word) && !said.iter().any(|said| has(said, word)))
        };
        (keeps_all && is_found(verdict, part, &range)) || grave()
    })
}

/// Whether a rule that complains has a hit there.
fn is_found(verdict: &Verdict, part: Part, range: &Range<usize>) -> bool {
    let reasons = verdict.reasons.iter().filter(|reason| reason.complains() && !reason.rule.starts_with(BY_MODEL));
    reasons.flat_map(|reason| &reason.spans).any(|span| span.part == part && span.start < range.end && span.end > range.start)
}

/// Whether a text, in lower case, has a word; one of Latin letters begins where a word does.
fn has(text: &str, word: &str) -> bool {
    let begins = |at: usize| !word.is_ascii() || !text[..at].ends_with(|before: char| before.is_alphanumeric());
    text.match_indices(word).any(|(at, _)| begins(at))
}

/// What of a text was in nothing told: whole sentences, and of those that hold one that was told the rest.
fn fresh(text: &str, words: &Words, known: &[String]) -> Vec<Range<usize>> {
    let mut fresh = Vec::new();
    for sentence in sentences(text).filter(|sentence| words.lack(sentence)) {
        let from = sentence.as_ptr().addr() - text.as_ptr().addr();
        let now: Vec<(usize, char)> = sentence
            .char_indices()
            .filter(|(_, letter)| letter.is_alphanumeric())
            .flat_map(|(at, letter)| letter.to_lowercase().map(move |letter| (at, letter)))
            .collect();
        let joined: Vec<char> = now.iter().map(|(_, letter)| *letter).collect();
        let mut told = vec![false; joined.len()];
        for known in known.iter().map(|known| known.chars().collect::<Vec<char>>()).filter(|known| known.len() >= KNOWN_LETTERS) {
            if let Some(at) = joined.windows(known.len()).position(|window| window == known) {
                told[at..at + known.len()].fill(true);
            }
        }
        // Runs of letters that are new, each to the beginning of the next letter that is not.
        let mut begin = None;
        for (place, (at, _)) in now.iter().enumerate() {
            match (begin, told[place]) {
                (None, false) => begin = Some(*at),
                (Some(first), true) => {
                    fresh.push(from + first..from + at);
                    begin = None;
                }
                _ => {}
            }
        }
        fresh.extend(begin.map(|first| from + first..from + sentence.len()));
    }
    fresh
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::{mention, verdict};
    use super::*;
    use crate::model::{Effect, Reason, Severity, Span};

    fn weigh(before: &str, now: &str, found: &[&str], keeps_all: bool) -> bool {
        let told = [Wording { title: None, text: Some(before.to_owned()), verdict: verdict(Severity::Critical, &[]) }];
        let spans = found.iter().flat_map(|word| {
            now.match_indices(*word).map(|(start, _)| Span { part: Part::Text, start, end: start + word.len() }).collect::<Vec<_>>()
        });
        let reason = Reason { effect: Effect::Raises, spans: spans.collect(), ..Reason::named("severity.harm".into(), None, 2.0) };
        let judged = Verdict { reasons: vec![reason], ..verdict(Severity::Critical, &[]) };
        weighs(&told, &Words::of(&told), keeps_all, &mention(now), &judged)
    }

    #[test]
    fn what_is_added_weighs_by_what_rules_find_in_it_or_by_grave_words() {
        let before = "Lumora heater burned my hand badly";
        for light in
            [" Edit: fixed typos.", " Thanks for reading!", " edit: formatting", " Bought it at the Leeds store.", " I studied it."]
        {
            assert!(!weigh(before, &format!("{before}.{light}"), &["burned"], true), "{light}");
        }
        assert!(weigh(before, &format!("{before}. Nobody answers me."), &["burned", "Nobody answers"], true));
        for grave in
            ["My baby died.", "the BBC is coming tomorrow", "我媽今天過世了", "Twelve of us are in hospital.", "The whole house is gone."]
        {
            assert!(weigh(before, &format!("{before}. {grave}"), &[], true), "{grave}");
        }
    }

    #[test]
    fn within_a_sentence_only_what_is_new_weighs() {
        let before = "Lumora kettle exploded and burned me";
        assert!(weigh(before, "Lumora kettle exploded and burned me and burned down the whole house", &["exploded", "burned"], true));
        assert!(!weigh(before, "Lumora kettle exploded and burned me, as I said", &["exploded", "burned me"], true));
        assert!(weigh("露茉拉熱水壺爆炸燙傷我", "露茉拉熱水壺爆炸燙傷我，我媽今天過世了", &["爆炸"], true));
        assert!(!weigh(before, "The Lumora kettle burned me and exploded", &["exploded", "burned me"], false), "the same in other words");
        assert!(weigh(before, "The Lumora kettle burned me and my baby died", &["burned me"], false));
    }
}
