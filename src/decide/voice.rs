//! The model's part in a verdict: what it says of one text, in the same points as the rules.
//!
//! ```text
//! tone        fluency * (tone_offset - tone_weight * logit of `complaint`), at most MOST_TONE either way: a summand of the sentiment
//!             where no rule sees anything to complain of, DOUBT * (1 - fluency) less of a complaint
//! category    fluency * category_weight * (logit - pivot), from LEAST_POINTS to MOST_POINTS: a summand of the category's score
//! alone       what no rule sees becomes a category from 1 point on; beside a category of the rules `beside` more, where nothing
//!             is complained of `in_praise` more
//! severity    `low` becomes `medium` in a complaint where the logit of `medium` is above `medium_above`, `medium` becomes `low` where it
//!             is below `low_below`, `high` becomes `medium` where the logit of `high` is below `medium_below`; `critical` stays, and so
//!             does everything where the model knows less than half of the language
//! ```
//!
//! Where rules held back all they have against a text, the model reads what is left of it without their clauses; where they took praise
//! for mockery, its praise does not count.
//!
//! `fluency` is from 0 to 1: how much of the text's language the model has learnt. The names in small letters are numbers of the model's file,
//! one set for Chinese and one for the rest (`tone/blend.rs`), found where labels are held back from the model; the others stand below.
//!
//! So a faint rule and a model that agrees make a category, a model that is very sure makes one by itself; what rules of weight 1 say stays.
//! How bad it is the model may say between `low` and `medium`, and it may doubt a `high`; nothing becomes worse than `medium` by its word.

use std::collections::BTreeMap;
use std::fmt;

use super::classify::LEAST_SCORE;
use super::evaluate::Texts;
use super::firing::{Firing, Found};
use super::held::{clause, denial};
use super::outcome::Ground;
use super::parted::Name;
use super::rule::{Asks, Rule, ToneLimit};
use super::script::ends_clause;
use super::subject::Language;
use super::tone::blend::Blend;
use super::tone::{AT_LEAST, CATEGORIES, COMPLAINT, Reading, Strong, Tone, probability};
use crate::model::{CategoryScore, Effect, Part, Reason, Severity, ToneReading};

const MOST_TONE: f64 = 6.0;
/// Of 592 neutral English tweets it calls 198 complaints at 2.9 and 188 at 3.6; of the others it judges 0.878 and 0.876 rightly (tuned half).
const DOUBT: f64 = 3.6;
/// "Not one was broken" is praise in the words of blame.
const DOUBT_OF_DENIALS: f64 = 2.0;
const DOUBT_OF_REQUESTS: f64 = 4.0;
const DOUBT_OF_NEWS: f64 = 4.0;
const DOUBT_OF_NOTES: f64 = 5.0;
/// Of English texts of so few words that no rule blames, it calls as many complaints that are none as are; times how little it knows of the language.
const DOUBT_OF_SHORT: f64 = 2.0;
const LEAST_POINTS: f64 = 0.0;
const MOST_POINTS: f64 = 2.0;
/// Less fluent than this it does not judge how bad something is.
const FLUENT: f64 = 0.5;
/// A category is suggested, to rules that ask for it and to people, from this probability on.
const SUGGESTED: f32 = 0.5;
/// Pieces of text shown of each head.
const MOST_SHOWN: usize = 4;

/// What makes its word doubtful where no rule says the same (`plain.rs`).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Doubts {
    /// Rules held something back.
    pub(super) denied: bool,
    /// It asks for something.
    pub(super) request: bool,
    /// It passes on what stands elsewhere.
    pub(super) news: bool,
    /// A few words, with a rating that is neither good nor bad.
    pub(super) note: bool,
    /// A dozen words: too few for a model that hardly knows the language.
    pub(super) short: bool,
}

impl Doubts {
    fn points(self) -> f64 {
        let each =
            [(self.denied, DOUBT_OF_DENIALS), (self.request, DOUBT_OF_REQUESTS), (self.news, DOUBT_OF_NEWS), (self.note, DOUBT_OF_NOTES)];
        each.iter().filter(|(applies, _)| *applies).map(|(_, points)| points).sum()
    }
}

/// The model and what it says of one text.
pub(super) struct Voice<'a> {
    tone: &'a Tone,
    reading: Reading,
    /// How far its word counts in the text's language.
    fluency: f64,
    blend: Blend,
    /// The text as it was read, where that is not all of it: spaces stand for the names of brands and for what rules held back.
    rest: Option<Vec<(Part, String)>>,
}

/// What it says of a text, and by which head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    head: usize,
    points: f64,
    /// For people: in English, traditional and simplified Chinese.
    notes: [&'static str; 3],
}

/// A severity that the model's word changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Swayed {
    pub from: Severity,
    pub to: Severity,
    /// Whose logit decided: of a severity of at least this.
    pub of: Severity,
    pub logit: f64,
    pub limit: f64,
}

/// What the model says to one thing that a rule asks of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Tone {
        read: f64,
        limit: ToneLimit,
    },
    /// None where it knows no such category.
    Suggests {
        category: String,
        sure: Option<f32>,
    },
}

impl Answer {
    /// Whether it is what the rule asks for.
    #[must_use]
    pub fn holds(&self) -> bool {
        match self {
            Self::Tone { read, limit } => limit.compare.holds(*read, limit.value),
            Self::Suggests { sure, .. } => sure.is_some_and(|sure| sure >= SUGGESTED),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tone { read, limit } => write!(out, "the model reads a tone of {read:.3}, and the rule asks for {limit}"),
            Self::Suggests { category, sure: Some(sure) } => {
                write!(out, "the model gives `{category}` {sure:.3}, and suggests it from {SUGGESTED} on")
            }
            Self::Suggests { category, sure: None } => write!(out, "the model knows no category `{category}`"),
        }
    }
}

impl<'a> Voice<'a> {
    /// None where there is no model, or nothing to read. It does not read the `names` of brands: what is said of them is not in their letters.
    pub(super) fn hear(tone: Option<&'a Tone>, texts: &Texts<'_>, lang: &Language<'_>, names: &[Name]) -> Option<Self> {
        let tone = tone?;
        let rest = (!names.is_empty()).then(|| without(texts, names));
        let reading = match &rest {
            Some(rest) => tone.read(rest.iter().map(|(_, text)| text.as_str())),
            None => tone.read(texts.parts().map(|(_, text)| text)),
        };
        (reading.features() > 0).then_some(Self { tone, reading, fluency: tone.fluency(lang.name()), blend: tone.blend(lang.name()), rest })
    }

    /// What it says of the rest of a text in which the rules held back all they have against it: a clause like "it is no scam" or "if it
    /// breaks" is blame to a model that reads pieces of words, and it is the rules that know better. None where nothing is left.
    pub(super) fn of_the_rest(&self, texts: &Texts<'_>, firings: &[Firing], rules: &[Rule]) -> Option<Self> {
        let all = || texts.parts().map(|(part, text)| (part, text.to_owned())).collect();
        let mut rest: Vec<(Part, String)> = self.rest.clone().unwrap_or_else(all);
        let held = firings.iter().filter(|firing| firing.holds_blame(rules)).flat_map(|firing| {
            let places = firing.held.iter().chain(&firing.guarded);
            places.map(|found| (found, rules[firing.rule].is_of_denials()))
        });
        for (found, alone) in held {
            let (text, start, end) = (texts.folded(found.part), found.start as usize, found.end as usize);
            let clause = if alone { denial(text, start, end) } else { clause(text, start, end) };
            for (_, text) in rest.iter_mut().filter(|(part, _)| *part == found.part) {
                text.replace_range(clause.clone(), &" ".repeat(clause.len()));
            }
        }
        let reading = self.tone.read(rest.iter().map(|(_, text)| text.as_str()));
        (reading.features() > 0).then(|| Self { reading, rest: Some(rest), blend: self.blend.clone(), ..*self })
    }

    /// What it adds to the sum of the sentiment.
    pub(super) fn points(&self) -> f64 {
        ((self.blend.tone_offset - self.blend.tone_weight * f64::from(self.reading.complaint())) * self.fluency)
            .clamp(-MOST_TONE, MOST_TONE)
    }

    /// The same where no rule sees anything to complain of: the less it has learnt of the language, the surer it must be; and the
    /// surer, too, where the text is of a kind that it hears badly.
    pub(super) fn points_alone(&self, doubts: &Doubts) -> f64 {
        let points = self.points();
        let unlearnt = if doubts.short { DOUBT + DOUBT_OF_SHORT } else { DOUBT };
        let doubt = unlearnt * (1.0 - self.fluency) + doubts.points();
        if points < 0.0 { (points + doubt).min(0.0) } else { points }
    }

    /// What it adds to the score of every category it knows.
    pub(super) fn categories(&self) -> impl Iterator<Item = (&'a str, f64)> {
        self.tone.categories().iter().enumerate().map(|(number, name)| (name.as_str(), self.category_points(number)))
    }

    fn category_points(&self, number: usize) -> f64 {
        let beyond = f64::from(self.reading.category(number)) - self.blend.pivots[number];
        (self.blend.category_weight * beyond * self.fluency).clamp(LEAST_POINTS, MOST_POINTS)
    }

    /// The points it needs for a category that no rule sees.
    pub(super) fn points_needed(&self, beside: bool, complaint: bool) -> f64 {
        let more = [(beside, self.blend.beside), (!complaint, self.blend.in_praise)];
        LEAST_SCORE + more.iter().filter(|(applies, _)| *applies).map(|(_, points)| points.max(0.0)).sum::<f64>()
    }

    /// What its word makes of a severity.
    pub(super) fn sways(&self, from: Severity, complaint: bool) -> Option<Swayed> {
        let logit = |of: Severity| f64::from(self.reading.at_least(of));
        let Blend { medium_above, low_below, medium_below, .. } = self.blend;
        let swayed = |to: Severity, of: Severity, limit: f64| Swayed { from, to, of, logit: logit(of), limit };
        let (medium, high) = (logit(Severity::Medium), logit(Severity::High));
        match from {
            _ if self.fluency < FLUENT => None,
            Severity::Low if complaint && medium > medium_above => Some(swayed(Severity::Medium, Severity::Medium, medium_above)),
            Severity::Medium if medium < low_below => Some(swayed(Severity::Low, Severity::Medium, low_below)),
            Severity::High if high < medium_below => Some(swayed(Severity::Medium, Severity::High, medium_below)),
            _ => None,
        }
    }

    /// Whether it says what a rule asks it for.
    pub(super) fn meets(&self, asks: &Asks) -> bool {
        asks.tone.is_none_or(|limit| limit.compare.holds(self.sentiment(), limit.value))
            && asks.suggests.iter().all(|name| self.suggests(name))
    }

    /// What it says to each thing a rule asks of it.
    pub(super) fn answers(&self, asks: &Asks) -> Vec<Answer> {
        let tone = asks.tone.map(|limit| Answer::Tone { read: self.sentiment(), limit });
        let suggests = asks.suggests.iter().map(|name| Answer::Suggests { category: name.clone(), sure: self.sure_of(name) });
        tone.into_iter().chain(suggests).collect()
    }

    /// From -1 (worst) to 1 (best): the model's own word.
    fn sentiment(&self) -> f64 {
        1.0 - 2.0 * f64::from(probability(self.reading.complaint()))
    }

    fn suggests(&self, category: &str) -> bool {
        self.sure_of(category).is_some_and(|sure| sure >= SUGGESTED)
    }

    /// How sure it is of a category; none where it knows no such one.
    fn sure_of(&self, category: &str) -> Option<f32> {
        let number = self.tone.categories().iter().position(|name| name == category)?;
        Some(probability(self.reading.category(number)))
    }

    /// What stands in the verdict beside its reasons.
    pub(super) fn told(&self) -> ToneReading {
        let each = self.tone.categories().iter().enumerate();
        let mut suggested: Vec<CategoryScore> = each
            .map(|(number, name)| (name, probability(self.reading.category(number))))
            .filter(|(_, sure)| *sure >= SUGGESTED)
            .map(|(name, sure)| CategoryScore { category: name.clone(), score: thousandths(sure) })
            .collect();
        suggested.sort_by(|left, right| right.score.total_cmp(&left.score).then_with(|| left.category.cmp(&right.category)));
        ToneReading { complaint: thousandths(probability(self.reading.complaint())), suggested }
    }

    /// `tone.complaint` or `tone.praise`.
    pub(super) fn claim(&self, points: f64) -> (Ground<'a>, Claim) {
        let (rule, notes) = if points < 0.0 { ("tone.complaint", COMPLAINT_NOTES) } else { ("tone.praise", PRAISE_NOTES) };
        claimed(rule, None, Effect::Counts, Claim { head: COMPLAINT, points, notes })
    }

    /// `tone.CATEGORY`, where the model speaks for it.
    pub(super) fn category_claim(&self, category: &str) -> Option<(Ground<'a>, Claim)> {
        let number = self.tone.categories().iter().position(|name| name == category)?;
        let (topic, category) = (&self.tone.topics()[number], &self.tone.categories()[number]);
        let claim = Claim { head: CATEGORIES + number, points: self.category_points(number), notes: CATEGORY_NOTES };
        Some(claimed(topic, Some(category), Effect::Counts, claim))
    }

    /// `tone.worse` or `tone.milder`.
    pub(super) fn severity_claim(&self, swayed: &Swayed) -> (Ground<'a>, Claim) {
        let (rule, effect, notes) = match swayed.to > swayed.from {
            true => ("tone.worse", Effect::Raises, WORSE_NOTES),
            false => ("tone.milder", Effect::Lowers, MILDER_NOTES),
        };
        let head = AT_LEAST + swayed.of as usize - 1;
        claimed(rule, None, effect, Claim { head, points: swayed.logit - swayed.limit, notes })
    }

    /// A claim with the pieces of the text that say so.
    pub(super) fn reason(&self, texts: &Texts<'_>, ground: Ground<'_>, claim: &Claim) -> Reason {
        let Claim { head, points, notes } = *claim;
        // A complaint is below 0 among the sentiments and above 0 among the categories.
        let sign = if (head == COMPLAINT) == (points < 0.0) { 1.0 } else { -1.0 };
        Reason {
            file: self.tone.file.to_string_lossy().into_owned(),
            spans: self.places(texts, head, sign).iter().map(|found| texts.span(found)).collect(),
            note: notes[0].to_owned(),
            notes: BTreeMap::from([("zh-TW".to_owned(), notes[1].to_owned()), ("zh-CN".to_owned(), notes[2].to_owned())]),
            ..ground.reason()
        }
    }

    /// Where the text says it loudest, in the order of the text.
    fn places(&self, texts: &Texts<'_>, head: usize, sign: f32) -> Vec<Found> {
        let mut loudest: Vec<(Part, Strong)> = Vec::new();
        let read: Vec<(Part, &str)> = match &self.rest {
            Some(rest) => rest.iter().map(|(part, text)| (*part, text.as_str())).collect(),
            None => texts.parts().collect(),
        };
        for (part, text) in read {
            let strong = self.tone.strongest(text, head, sign, self.reading.features(), MOST_SHOWN);
            loudest.extend(strong.into_iter().map(|strong| (part, strong)));
        }
        loudest.sort_by(|left, right| right.1.weight.total_cmp(&left.1.weight).then(left.1.place.start.cmp(&right.1.place.start)));
        loudest.truncate(MOST_SHOWN);
        let mut places: Vec<Found> = loudest.into_iter().filter_map(|(part, strong)| found(part, texts.folded(part), &strong)).collect();
        places.sort_by_key(|place| (place.part, place.start));
        places
    }
}

/// The folded parts of a text with spaces for the names.
fn without(texts: &Texts<'_>, names: &[Name]) -> Vec<(Part, String)> {
    let masked = |part: Part, text: &str| {
        let mut text = text.to_owned();
        for name in names.iter().filter(|name| name.part == part) {
            text.replace_range(name.start..name.end, &" ".repeat(name.end - name.start));
        }
        text
    };
    texts.parts().map(|(part, text)| (part, masked(part, text))).collect()
}

fn claimed<'a>(rule: &'a str, category: Option<&'a str>, effect: Effect, claim: Claim) -> (Ground<'a>, Claim) {
    (Ground { rule, category, weight: (claim.points * 1000.0).round() / 1000.0, effect }, claim)
}

/// The place without the signs at its ends; none where nothing else is there but the end of a clause.
fn found(part: Part, text: &str, strong: &Strong) -> Option<Found> {
    let piece = &text[strong.place.clone()];
    let words = piece.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    let start = strong.place.end - words.len();
    let words = words.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    if piece.chars().all(|letter| ends_clause(letter) || letter == '.' || letter == ' ') {
        return None;
    }
    let (start, end) = if words.is_empty() { (strong.place.start, strong.place.end) } else { (start, start + words.len()) };
    let found = Found { part, start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()?, literal: None, held: None };
    (start < end).then_some(found)
}

fn thousandths(probability: f32) -> f64 {
    (f64::from(probability) * 1000.0).round() / 1000.0
}

const COMPLAINT_NOTES: [&str; 3] = ["The wording reads like a complaint.", "整體語氣像是在抱怨", "整体语气像是在抱怨"];
const PRAISE_NOTES: [&str; 3] = ["The wording reads like praise.", "整體語氣像是稱讚", "整体语气像是称赞"];
const WORSE_NOTES: [&str; 3] = ["The wording is harsher than what is named.", "用詞比所指的問題更嚴重", "用词比所指的问题更严重"];
const MILDER_NOTES: [&str; 3] = ["The wording is milder than what is named.", "用詞比所指的問題輕微", "用词比所指的问题轻微"];
const CATEGORY_NOTES: [&str; 3] = ["The wording reads like complaints of this kind.", "用詞與這一類的抱怨相近", "用词与这一类的抱怨相近"];
