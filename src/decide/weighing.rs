//! What the firing rules and the model come to: the order stands in `classify.rs`.

use super::classify::{Arithmetic, CLEAR_PRAISE, COMPLAINT_STARS, COMPLAINT_TOTAL, LEAST_SCORE, STRONG_BLAME};
use super::evaluate::{Fate, Firing, Found, Texts};
use super::held::Held;
use super::rule::{Kind, Rule};
use super::sentiment::{Feeling, Share, shares};
use super::voice::{Swayed, Voice};
use crate::model::{CategoryScore, Effect, Reason, Severity, Span, Verdict};

/// Places shown of one rule; a mail marks the first few.
const MOST_SPANS: usize = 8;

pub(super) struct Weighing<'a> {
    pub(super) rules: &'a [Rule],
    pub(super) texts: &'a Texts<'a>,
    pub(super) firings: &'a [Firing],
    /// Of five.
    pub(super) stars: Option<f64>,
    pub(super) voice: Option<&'a Voice<'a>>,
    /// Reasons by their names alone.
    pub(super) brief: bool,
}

impl Weighing<'_> {
    pub(super) fn verdict(&self, mut verdict: Verdict) -> (Verdict, Arithmetic) {
        let scores = self.scores();
        let shares = shares(self.rules, self.firings);
        let feeling = self.feeling(&shares, &scores);
        verdict.sentiment = feeling.value();
        verdict.complaint = is_complaint(feeling.total(), self.stars);
        let (categories, faint) = self.categories(scores, verdict.complaint);
        let worst = self.worst(&categories);
        let milder = if verdict.complaint { worst } else { praised(worst, feeling.total()) };
        let base = match (categories.is_empty(), verdict.complaint) {
            (true, false) => Severity::None,
            (true, true) if feeling.total() <= STRONG_BLAME => Severity::Medium,
            (true, true) => Severity::Low,
            // What the model alone sees is no more than that.
            (false, _) if self.voice.is_some() => milder.max(Severity::Low),
            (false, _) => milder,
        };
        let applies = verdict.complaint || !categories.is_empty();
        let adjusted = if applies { self.adjusted(base) } else { base };
        let swayed = self.voice.filter(|_| applies).and_then(|voice| voice.sways(adjusted, verdict.complaint));
        let heard = swayed.map_or(adjusted, |swayed| swayed.to);
        verdict.severity = if applies { self.worsened(heard) } else { heard };
        verdict.reasons = self.reasons(&shares, &categories, feeling.tone, applies, swayed.as_ref());
        verdict.categories = categories;
        verdict.tone = self.voice.map(Voice::told);
        let before_praise = (milder != worst).then_some(worst);
        (verdict, Arithmetic { feeling, stars: self.stars, faint, base, swayed, before_praise })
    }

    fn counting(&self) -> impl Iterator<Item = (&Firing, &Rule)> {
        let fired = self.firings.iter().filter(|firing| firing.fate == Fate::Fired);
        fired.map(|firing| (firing, &self.rules[firing.rule])).filter(|(_, rule)| !rule.shadow)
    }

    fn feeling(&self, shares: &[Share], scores: &[CategoryScore]) -> Feeling {
        let words: f64 = shares.iter().map(|share| share.weight).sum();
        let weights: f64 = scores.iter().map(|score| score.score).filter(|score| *score >= LEAST_SCORE).sum();
        let denied = self.firings.iter().any(|firing| matches!(firing.fate, Fate::Held(_)));
        let heard = |voice: &Voice<'_>| if weights <= 0.0 && words >= 0.0 { voice.points_alone(denied) } else { voice.points() };
        let points = self.voice.map_or(0.0, heard);
        let mocked = self.firings.iter().flat_map(|firing| &firing.held).any(|found| found.held == Some(Held::Mocked));
        let points = if mocked { points.min(0.0) } else { points };
        Feeling::new(words, self.stars, weights, points)
    }

    /// What the rules say of each category.
    fn scores(&self) -> Vec<CategoryScore> {
        let mut scores: Vec<CategoryScore> = Vec::new();
        for (_, rule) in self.counting() {
            let Some(category) = rule.category() else { continue };
            match scores.iter_mut().find(|score| score.category == category) {
                Some(score) => score.score += rule.weight,
                None => scores.push(CategoryScore { category: category.to_owned(), score: rule.weight }),
            }
        }
        scores
    }

    /// Categories that count, strongest first, and those that do not: the rules' scores with the model's points. For what no rule sees
    /// the model must be surer beside a category of theirs, and where nothing is complained of; there it adds none that a rule held back.
    fn categories(&self, mut scores: Vec<CategoryScore>, complaint: bool) -> (Vec<CategoryScore>, Vec<CategoryScore>) {
        let named = scores.iter().any(|score| score.score >= LEAST_SCORE);
        let needed = self.voice.map_or(LEAST_SCORE, |voice| voice.points_needed(named, complaint));
        for (category, points) in self.voice.into_iter().flat_map(Voice::categories) {
            match scores.iter_mut().find(|score| score.category == category) {
                Some(score) => score.score += points,
                None if points >= needed && (complaint || !self.is_held(category)) => {
                    scores.push(CategoryScore { category: category.to_owned(), score: points });
                }
                None => {}
            }
        }
        scores.sort_by(|left, right| right.score.total_cmp(&left.score).then_with(|| left.category.cmp(&right.category)));
        scores.into_iter().partition(|score| score.score >= LEAST_SCORE)
    }

    /// Whether a rule held words of this category back: "I feared a fake, and it was none" is praise in the words of blame, which the
    /// model takes for blame.
    fn is_held(&self, category: &str) -> bool {
        let held = self.firings.iter().filter(|firing| firing.fate != Fate::Fired);
        held.map(|firing| &self.rules[firing.rule]).any(|rule| rule.category() == Some(category))
    }

    fn worst(&self, categories: &[CategoryScore]) -> Severity {
        let counts = |name: &str| categories.iter().any(|category| category.category == name);
        let severities = self.counting().filter_map(|(_, rule)| match &rule.kind {
            Kind::Category { category, severity } if counts(category) => Some(*severity),
            _ => None,
        });
        severities.max().unwrap_or_default()
    }

    fn adjusted(&self, base: Severity) -> Severity {
        let lowering = self.counting().filter_map(|(_, rule)| if let Kind::Lower(to) = rule.kind { Some(to) } else { None });
        let lowered = if base == Severity::Critical { base } else { lowering.fold(base, Severity::min) };
        let raising = self.counting().filter_map(|(_, rule)| if let Kind::Raise(to) = rule.kind { Some(to) } else { None });
        raising.fold(lowered, Severity::max)
    }

    fn worsened(&self, heard: Severity) -> Severity {
        if self.counting().any(|(_, rule)| rule.kind == Kind::Worsen) { worse(heard) } else { heard }
    }

    /// In the order of the arithmetic: categories, sentiment, lowering, raising; then what was held back or only recorded.
    fn reasons(
        &self,
        shares: &[Share],
        categories: &[CategoryScore],
        tone: f64,
        severity_rules_apply: bool,
        swayed: Option<&Swayed>,
    ) -> Vec<Reason> {
        let mut counted: [Vec<Reason>; 4] = Default::default();
        let mut others = Vec::new();
        for (firing, rule) in self.counting() {
            match rule.kind {
                Kind::Category { .. } => counted[0].push(self.reason(firing, Effect::Counts)),
                Kind::Lower(_) if severity_rules_apply => counted[2].push(self.reason(firing, Effect::Lowers)),
                Kind::Raise(_) | Kind::Worsen if severity_rules_apply => counted[3].push(self.reason(firing, Effect::Raises)),
                _ => {}
            }
        }
        counted[1].extend(shares.iter().map(|share| self.shared(share)));
        if let Some(voice) = self.voice.filter(|_| severity_rules_apply) {
            let texts = (!self.brief).then_some(self.texts);
            counted[0].extend(categories.iter().filter_map(|score| voice.category_reason(texts, &score.category)));
            counted[1].push(voice.reason(texts, tone));
            counted[3].extend(swayed.map(|swayed| voice.severity_reason(texts, swayed)));
        }
        for firing in self.firings {
            let rule = &self.rules[firing.rule];
            let effect = match firing.fate {
                _ if rule.kind == Kind::Sentiment && !rule.shadow => continue,
                Fate::Held(held) => held.effect(),
                Fate::Guarded => Effect::Guarded,
                Fate::Fired if rule.shadow => Effect::Shadow,
                Fate::Fired => continue,
            };
            others.push(self.reason(firing, effect));
        }
        counted.into_iter().flatten().chain(others).collect()
    }

    fn reason(&self, firing: &Firing, effect: Effect) -> Reason {
        self.reason_at(firing.rule, self.rules[firing.rule].weight, effect, firing.decisive())
    }

    /// A sentiment rule counts with what its words came to; all of them negated, it says so.
    fn shared(&self, share: &Share) -> Reason {
        let firing = &self.firings[share.firing];
        let effect = if let Fate::Held(held) = firing.fate { held.effect() } else { Effect::Counts };
        self.reason_at(firing.rule, share.weight, effect, &share.places)
    }

    fn reason_at(&self, rule: usize, weight: f64, effect: Effect, places: &[Found]) -> Reason {
        let rule = &self.rules[rule];
        if self.brief {
            return Reason { effect, ..Reason::named(rule.id.clone(), rule.category(), weight) };
        }
        let mut spans = merged(places.iter().map(|found| self.texts.span(found)).collect());
        spans.truncate(MOST_SPANS);
        Reason {
            rule: rule.id.clone(),
            file: rule.file.to_string_lossy().into_owned(),
            line: rule.line,
            category: rule.category().map(str::to_owned),
            weight,
            effect,
            spans,
            note: rule.note.clone(),
            notes: rule.notes.clone(),
        }
    }
}

const fn worse(severity: Severity) -> Severity {
    match severity {
        Severity::None | Severity::Low => Severity::Medium,
        Severity::Medium | Severity::High => Severity::High,
        Severity::Critical => Severity::Critical,
    }
}

/// A severity in a text that is no complaint, for its praise outweighs.
fn praised(worst: Severity, total: f64) -> Severity {
    match worst {
        Severity::Medium => Severity::Low,
        Severity::High if total >= CLEAR_PRAISE => Severity::Medium,
        other => other,
    }
}

fn is_complaint(total: f64, stars: Option<f64>) -> bool {
    stars.is_some_and(|stars| stars <= COMPLAINT_STARS) || total < COMPLAINT_TOTAL
}

/// In order, those that overlap as one: what a mail marks.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if last.part == span.part && span.start < last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}
