//! The judge: from a text to its verdict.
//!
//! In this order:
//! 1. **category score** = sum of the weights of its rules that fire; a category counts from 1.0 on;
//! 2. **sentiment** as in `sentiment.rs`;
//! 3. **complaint**: two stars or fewer, or the sum of the sentiment is below -0.5;
//! 4. **severity**: the highest of the firing rules of the categories that count; a complaint without a category is `low`, from -2 on `medium`;
//!    where praise outweighs it, `medium` becomes `low` (no complaint) and `high` becomes `medium` (no complaint, and a sum of 0.5 or more):
//!    one thing broken in a warm review is a flaw. `critical` stays: harm stays harm in a friendly text;
//! 5. severity rules, for complaints and categories only: first the lowering ones (lowest wins; not what is `critical`), then the raising
//!    ones (highest wins), then one step up where any asks for it, `high` at most: how many hear of it makes no harm.

use std::cell::Cell;
use std::ops::Range;

use super::brand::Brand;
use super::evaluate::{Context, Fate, Firing, Found, Texts, evaluate, unguarded};
use super::lang;
use super::matching::{Hit, Index, Role, Scratch};
use super::rule::{Kind, Rule, RuleSet};
use super::sentiment::{Feeling, Share, shares};
use super::voice::Voice;
use crate::model::{CategoryScore, Effect, Reason, Severity, Span, Verdict};
use crate::problem::Problem;

/// A category counts from this score on; lighter rules need company.
pub const LEAST_SCORE: f64 = 1.0;
/// Below this sum a text is a complaint. On ten sets of labelled reviews every limit from -1 to 0.3 did as well within a point.
pub const COMPLAINT_TOTAL: f64 = -0.5;
/// From this sum on praise clearly outweighs: the complaint's limit, mirrored.
pub const CLEAR_PRAISE: f64 = 0.5;
/// Stars that are a complaint whatever the text says.
pub const COMPLAINT_STARS: f64 = 2.0;
/// A complaint without a category is medium from here on down.
pub const STRONG_BLAME: f64 = -2.0;
/// Places shown of one rule; a mail marks the first few.
const MOST_SPANS: usize = 8;

/// What is judged; everything borrowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    pub title: Option<&'a str>,
    pub text: &'a str,
    /// As the source counts, up to `rating_max` (5, 10 or 100 where that is unknown).
    pub rating: Option<f64>,
    pub rating_max: Option<f64>,
    /// As the source states it; breaks ties of the detection.
    pub lang: Option<&'a str>,
    pub source: Option<&'a str>,
    pub author: Option<&'a str>,
    /// How many read the source in a month.
    pub readers: Option<u64>,
    /// Complaints of the same author there, in the month before.
    pub repeated: Option<u64>,
    /// The brand a source is about, whatever its texts say.
    pub brand: Option<&'a str>,
}

/// How the numbers came about, beside the verdict's reasons.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arithmetic {
    pub feeling: Feeling,
    /// Of five.
    pub stars: Option<f64>,
    /// Categories below the score that counts.
    pub faint: Vec<CategoryScore>,
    /// After step 4, before severity rules.
    pub base: Severity,
    /// What the categories came to before praise made it a step milder.
    pub before_praise: Option<Severity>,
}

thread_local! {
    static SCRATCH: Cell<Scratch> = Cell::default();
}

/// Rules and brands, ready.
#[derive(Debug)]
pub struct Judge {
    rules: RuleSet,
    brands: Vec<Brand>,
    index: Index,
}

impl Judge {
    /// # Errors
    /// The words of all rules together are too many for one automaton.
    pub fn new(rules: RuleSet, brands: &[Brand]) -> Result<Self, Problem> {
        let words: Vec<_> = brands.iter().map(Brand::words).collect();
        let index = Index::new(&rules, &words);
        Ok(Self { rules, brands: brands.to_vec(), index })
    }

    #[must_use]
    pub const fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Whether some rule asks how often an author complained before.
    #[must_use]
    pub fn asks_for_repetition(&self) -> bool {
        self.rules.rules.iter().any(|rule| rule.repeated.is_some())
    }

    /// The hash of the rules it judges by.
    #[must_use]
    pub fn rule_set(&self) -> &str {
        &self.rules.hash
    }

    #[must_use]
    pub fn brands(&self) -> &[Brand] {
        &self.brands
    }

    /// The verdict; with no brand in it, it holds the language and nothing else.
    #[must_use]
    pub fn judge(&self, subject: &Subject<'_>) -> Verdict {
        self.look(subject, false).0
    }

    /// The verdict of a text that need not name a brand.
    #[must_use]
    pub fn judge_unbranded(&self, subject: &Subject<'_>) -> Verdict {
        self.look(subject, true).0
    }

    /// The verdict of a text that need not name a brand, and how its numbers came about.
    #[must_use]
    pub fn account(&self, subject: &Subject<'_>) -> (Verdict, Arithmetic) {
        self.look(subject, true)
    }

    /// What becomes of one rule, whatever the others say; none where its words are not there or a condition does not hold.
    #[must_use]
    pub fn fate(&self, rule: usize, subject: &Subject<'_>) -> Option<Fate> {
        let (texts, mut scratch) = self.scan(subject);
        let (lang, voice) = (language(subject), Voice::hear(self.rules.tone.as_ref(), &texts));
        let context = context(subject, &lang, &self.rules.rules[rule].scope.brands, voice.as_ref());
        let entries = self.index.entries_of(rule, &mut scratch);
        let firing = evaluate(rule, &self.rules.rules[rule], &scratch.entries[entries], &scratch.hits, &texts, &context);
        give_back(texts, scratch);
        firing.map(|firing| firing.fate)
    }

    /// Rules of which words stand in the text that did not come to fire or be held back, with those words as they are folded.
    #[must_use]
    pub fn almost(&self, subject: &Subject<'_>) -> Vec<(String, Vec<String>)> {
        let (texts, mut scratch) = self.scan(subject);
        let (lang, brands) = (language(subject), self.named(subject, &mut scratch));
        let voice = Voice::hear(self.rules.tone.as_ref(), &texts);
        let context = context(subject, &lang, &brands, voice.as_ref());
        self.index.entries(&mut scratch, true);
        let Scratch { hits, entries, looks, .. } = &scratch;
        let mut almost = Vec::new();
        for (number, mine) in looks {
            let (rule, mine) = (&self.rules.rules[*number], &entries[mine.clone()]);
            let words = mine.iter().filter(|entry| matches!(entry.role, Role::Any | Role::Near(_) | Role::All(_)));
            let mut words: Vec<String> = words.map(|entry| hits[entry.first as usize]).map(|hit| word(&texts, &hit)).collect();
            words.dedup();
            if !words.is_empty() && evaluate(*number, rule, mine, hits, &texts, &context).is_none() {
                almost.push((rule.id.clone(), words));
            }
        }
        give_back(texts, scratch);
        almost
    }

    /// Folds a text and finds what stands in it, in the memory of the look before.
    fn scan<'a>(&self, subject: &Subject<'a>) -> (Texts<'a>, Scratch) {
        let mut scratch = SCRATCH.take();
        let texts = Texts::new(subject.title, subject.text, &mut scratch.spare);
        self.index.scan(texts.padded(), &mut scratch);
        (texts, scratch)
    }

    fn look(&self, subject: &Subject<'_>, unbranded: bool) -> (Verdict, Arithmetic) {
        let (texts, mut scratch) = self.scan(subject);
        let brands = self.named(subject, &mut scratch);
        let lang = language(subject);
        let verdict = Verdict { brands, lang, rule_set: self.rules.hash.clone(), ..Verdict::default() };
        if verdict.brands.is_empty() && !unbranded {
            give_back(texts, scratch);
            return (verdict, Arithmetic::default());
        }
        let voice = Voice::hear(self.rules.tone.as_ref(), &texts);
        let voice = voice.as_ref();
        let context = context(subject, &verdict.lang, &verdict.brands, voice);
        let firings = self.firings(&mut scratch, &texts, &context);
        let stars = context.stars;
        let judged = Weighing { rules: &self.rules.rules, texts: &texts, firings: &firings, stars, voice }.verdict(verdict);
        give_back(texts, scratch);
        judged
    }

    /// Brands in the order of the configuration, the source's own first.
    fn named(&self, subject: &Subject<'_>, scratch: &mut Scratch) -> Vec<String> {
        let mut names: Vec<String> = subject.brand.map(str::to_owned).into_iter().collect();
        for (number, brand) in self.brands.iter().enumerate() {
            let mine = self.index.entries_of_brand(number, scratch);
            if unguarded(&scratch.entries[mine], &scratch.hits, Role::Brand) && !names.contains(&brand.name) {
                names.push(brand.name.clone());
            }
        }
        names
    }

    fn firings(&self, scratch: &mut Scratch, texts: &Texts<'_>, context: &Context<'_>) -> Vec<Firing> {
        self.index.entries(scratch, false);
        let Scratch { hits, entries, looks, .. } = scratch;
        let firing =
            |(rule, mine): &(usize, Range<usize>)| evaluate(*rule, &self.rules.rules[*rule], &entries[mine.clone()], hits, texts, context);
        looks.iter().filter_map(firing).collect()
    }
}

/// Leaves the memory of a look for the next one.
fn give_back(texts: Texts<'_>, mut scratch: Scratch) {
    texts.give_back(&mut scratch.spare);
    SCRATCH.set(scratch);
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

fn context<'a>(subject: &Subject<'a>, lang: &'a str, brands: &'a [String], voice: Option<&'a Voice>) -> Context<'a> {
    let Subject { source, readers, repeated, .. } = *subject;
    Context { stars: stars(subject), readers, repeated, lang, source, brands, voice }
}

fn word(texts: &Texts<'_>, hit: &Hit) -> String {
    texts.folded(hit.part)[hit.start as usize..hit.end as usize].to_owned()
}

fn language(subject: &Subject<'_>) -> String {
    match (subject.text.trim(), subject.title) {
        ("", Some(title)) => lang::detect(title, subject.lang),
        _ => lang::detect(subject.text, subject.lang),
    }
}

/// The rating on a scale that ends at five; none where it is missing or makes no sense.
fn stars(subject: &Subject<'_>) -> Option<f64> {
    let rating = subject.rating.filter(|rating| rating.is_finite() && *rating >= 0.0)?;
    let most = subject.rating_max.filter(|most| most.is_finite() && *most > 0.0).unwrap_or(match rating {
        ..=5.0 => 5.0,
        ..=10.0 => 10.0,
        _ => 100.0,
    });
    Some((rating / most * 5.0).min(5.0))
}

struct Weighing<'a> {
    rules: &'a [Rule],
    texts: &'a Texts<'a>,
    firings: &'a [Firing],
    stars: Option<f64>,
    voice: Option<&'a Voice<'a>>,
}

impl Weighing<'_> {
    fn verdict(&self, mut verdict: Verdict) -> (Verdict, Arithmetic) {
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
            (false, complaint) => milder.max(self.suggested(&categories, complaint)),
        };
        let applies = verdict.complaint || !categories.is_empty();
        verdict.severity = if applies { self.adjusted(base) } else { base };
        verdict.reasons = self.reasons(&shares, &categories, applies);
        verdict.categories = categories;
        verdict.tone = self.voice.map(Voice::told);
        let before_praise = (milder != worst).then_some(worst);
        (verdict, Arithmetic { feeling, stars: self.stars, faint, base, before_praise })
    }

    fn counting(&self) -> impl Iterator<Item = (&Firing, &Rule)> {
        let fired = self.firings.iter().filter(|firing| firing.fate == Fate::Fired);
        fired.map(|firing| (firing, &self.rules[firing.rule])).filter(|(_, rule)| !rule.shadow)
    }

    fn feeling(&self, shares: &[Share], scores: &[CategoryScore]) -> Feeling {
        let words = shares.iter().map(|share| share.weight).sum();
        let weights = scores.iter().map(|score| score.score).filter(|score| *score >= LEAST_SCORE);
        Feeling::new(words, self.stars, weights.sum(), self.voice.map_or(0.0, Voice::points))
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

    /// Categories that count, strongest first, and those that do not: the rules' scores with the model's points. What no rule sees
    /// is a category of complaints alone.
    fn categories(&self, mut scores: Vec<CategoryScore>, complaint: bool) -> (Vec<CategoryScore>, Vec<CategoryScore>) {
        for (category, points) in self.voice.into_iter().flat_map(Voice::categories) {
            match scores.iter_mut().find(|score| score.category == category) {
                Some(score) => score.score += points,
                None if complaint && points >= LEAST_SCORE => scores.push(CategoryScore { category: category.to_owned(), score: points }),
                None => {}
            }
        }
        scores.sort_by(|left, right| right.score.total_cmp(&left.score).then_with(|| left.category.cmp(&right.category)));
        scores.into_iter().partition(|score| score.score >= LEAST_SCORE)
    }

    fn worst(&self, categories: &[CategoryScore]) -> Severity {
        let counts = |name: &str| categories.iter().any(|category| category.category == name);
        let severities = self.counting().filter_map(|(_, rule)| match &rule.kind {
            Kind::Category { category, severity } if counts(category) => Some(*severity),
            _ => None,
        });
        severities.max().unwrap_or_default()
    }

    /// The severity of what the model alone says: never above medium.
    fn suggested(&self, categories: &[CategoryScore], complaint: bool) -> Severity {
        match self.voice {
            Some(voice) if !categories.is_empty() && complaint && voice.at_least(Severity::Medium) > 0.0 => Severity::Medium,
            Some(_) if !categories.is_empty() => Severity::Low,
            _ => Severity::None,
        }
    }

    fn adjusted(&self, base: Severity) -> Severity {
        let lowering = self.counting().filter_map(|(_, rule)| if let Kind::Lower(to) = rule.kind { Some(to) } else { None });
        let lowered = if base == Severity::Critical { base } else { lowering.fold(base, Severity::min) };
        let raising = self.counting().filter_map(|(_, rule)| if let Kind::Raise(to) = rule.kind { Some(to) } else { None });
        let raised = raising.fold(lowered, Severity::max);
        if self.counting().any(|(_, rule)| rule.kind == Kind::Worsen) { worse(raised) } else { raised }
    }

    /// In the order of the arithmetic: categories, sentiment, lowering, raising; then what was held back or only recorded.
    fn reasons(&self, shares: &[Share], categories: &[CategoryScore], severity_rules_apply: bool) -> Vec<Reason> {
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
            counted[0].extend(categories.iter().filter_map(|score| voice.category_reason(self.texts, &score.category)));
            counted[1].push(voice.reason(self.texts));
        }
        for firing in self.firings {
            let rule = &self.rules[firing.rule];
            let effect = match firing.fate {
                _ if rule.kind == Kind::Sentiment && !rule.shadow => continue,
                Fate::Negated => Effect::Negated,
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
        let effect = if firing.fate == Fate::Negated { Effect::Negated } else { Effect::Counts };
        self.reason_at(firing.rule, share.weight, effect, &share.places)
    }

    fn reason_at(&self, rule: usize, weight: f64, effect: Effect, places: &[Found]) -> Reason {
        let rule = &self.rules[rule];
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
