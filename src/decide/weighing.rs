//! What the firing rules and the model come to: the order stands in `classify.rs`.

use super::classify::{Arithmetic, CLEAR_PRAISE, COMPLAINT_STARS, COMPLAINT_TOTAL, LEAST_SCORE, STRONG_BLAME};
use super::deed::Deed;
use super::evaluate::Texts;
use super::firing::{Fate, Firing, Found, blamed};
use super::held::Held;
use super::outcome::{Ground, Outcome, Score};
use super::parted::contrasts;
use super::plain;
use super::rule::{Kind, Rule};
use super::sentiment::{Feeling, Share, shares};
use super::voice::{Claim, Doubts, Swayed, Voice};
use crate::model::{Effect, Part, Reason, Severity, Span, Verdict};

/// From so many stars on a text is praise.
const GOOD_STARS: f64 = 4.0;
/// Rules that come to so much together blame firmly. Behind a contrast: of 7,900 kind reviews of the tuned half 7 turn at 4, 11 at 3, 70 at 2.
pub(super) const FIRM_BLAME: f64 = 4.0;
/// Chinese characters, or words of other scripts, of a text that one contrast turns: a longer one has many.
const MOST_TURNED: usize = 60;
/// Places shown of one rule; a mail marks the first few.
const MOST_SPANS: usize = 8;

/// The names it speaks in are those of the rules and of the model, the places those of one text.
pub(super) struct Weighing<'r, 't> {
    pub(super) rules: &'r [Rule],
    pub(super) texts: &'t Texts<'t>,
    pub(super) firings: &'t [Firing],
    /// Of five.
    pub(super) stars: Option<f64>,
    pub(super) voice: Option<&'t Voice<'r>>,
}

/// What it came to.
struct Weighed<'r> {
    feeling: Feeling,
    complaint: bool,
    categories: Vec<Score<'r>>,
    /// Categories below the score that counts.
    faint: Vec<Score<'r>>,
    base: Severity,
    swayed: Option<Swayed>,
    before_praise: Option<Severity>,
    severity: Severity,
    /// Whether severity rules and the model are asked at all.
    applies: bool,
    /// Whether it turns from praise to firm blame.
    turned: bool,
    /// A grave deed beside praise, which makes it a complaint.
    deed: Option<Deed<'r>>,
    /// The rule that takes its words of harm for mere words.
    excuse: Option<&'r str>,
}

/// What a part of the arithmetic rests on, for those who want to see it.
enum Proof<'r, 't> {
    Rule(&'r Rule, &'t [Found]),
    Model(Claim),
}

impl<'r> Weighing<'r, '_> {
    /// The verdict with every reason, its places and its note.
    pub(super) fn verdict(&self, verdict: Verdict) -> (Verdict, Arithmetic) {
        let shares = shares(self.rules, self.firings, true);
        let weighed = self.weigh(&shares);
        let mut reasons = Vec::new();
        self.grounds(&weighed, &shares, |ground, proof| reasons.push(self.reason(ground, &proof)));
        let Weighed { feeling, complaint, base, swayed, before_praise, severity, turned, deed, excuse, .. } = weighed;
        let (deed, excuse) = (deed.map(|deed| deed.rule.to_owned()), excuse.map(str::to_owned));
        let faint = weighed.faint.iter().map(Score::owned).collect();
        let categories = weighed.categories.iter().map(Score::owned).collect();
        let tone = self.voice.map(Voice::told);
        let verdict = Verdict { complaint, sentiment: feeling.value(), categories, severity, reasons, tone, ..verdict };
        let stars = self.stars;
        (verdict, Arithmetic { feeling, stars, faint, base, swayed, before_praise, turned, deed, excuse, ..Arithmetic::default() })
    }

    /// The same by names alone.
    pub(super) fn outcome(&self, outcome: Outcome<'r>) -> Outcome<'r> {
        let shares = shares(self.rules, self.firings, false);
        let weighed = self.weigh(&shares);
        let mut reasons = Vec::with_capacity(self.firings.len() + 1);
        self.grounds(&weighed, &shares, |ground, _| reasons.push(ground));
        let Weighed { feeling, complaint, categories, severity, .. } = weighed;
        Outcome { complaint, sentiment: feeling.value(), categories, severity, reasons, ..outcome }
    }

    fn weigh(&self, shares: &[Share]) -> Weighed<'r> {
        let scores = self.scores();
        let turned = self.is_turned();
        let feeling = self.feeling(shares, &scores, turned);
        let blames = is_complaint(feeling.total(), self.stars);
        let deed = if blames { None } else { self.deed(&scores) };
        let excuse = if blames || deed.is_some() { None } else { self.excuse() };
        let complaint = blames || deed.is_some();
        let (categories, faint) = self.categories(scores, complaint);
        let worst = self.worst(&categories);
        let least = deed.map_or(Severity::None, |deed| deed.severity);
        let milder = if blames { worst } else { praised(worst, feeling.total()).max(least) };
        let milder = if excuse.is_some() { milder.min(Severity::Medium) } else { milder };
        // A few words and stars in the middle: what the model alone hears in them is at most a trifle.
        let only_noted = self.is_only_noted();
        let base = match (categories.is_empty(), complaint) {
            (true, false) => Severity::None,
            (true, true) if feeling.total() <= STRONG_BLAME && !only_noted => Severity::Medium,
            (true, true) => Severity::Low,
            // What the model alone sees is no more than that.
            (false, _) if self.voice.is_some() => milder.max(Severity::Low),
            (false, _) => milder,
        };
        let applies = complaint || !categories.is_empty();
        let adjusted = if applies { self.adjusted(base) } else { base };
        let swayed = self.voice.filter(|_| applies).and_then(|voice| voice.sways(adjusted, complaint));
        // To the model mockery is praise.
        let swayed = swayed.filter(|swayed| if swayed.to > swayed.from { !only_noted } else { !self.is_mockery() });
        // It takes nothing back of what a rule is firm about.
        let swayed = swayed.filter(|swayed| swayed.to > swayed.from || swayed.to >= self.firm_severity());
        let heard = swayed.map_or(adjusted, |swayed| swayed.to);
        let severity = if applies { self.worsened(heard) } else { heard };
        // No praise and no word on severity lessens a deed; mere words are not raised above what they are.
        let severity = if excuse.is_some() { severity.min(Severity::Medium) } else { severity.max(least) };
        let before_praise = (milder != worst).then_some(worst);
        Weighed { feeling, complaint, categories, faint, base, swayed, before_praise, severity, applies, turned, deed, excuse }
    }

    pub(super) fn counting(&self) -> impl Iterator<Item = (&Firing, &'r Rule)> {
        let fired = self.firings.iter().filter(|firing| firing.fate == Fate::Fired);
        fired.map(|firing| (firing, &self.rules[firing.rule])).filter(|(_, rule)| !rule.shadow)
    }

    fn feeling(&self, shares: &[Share], scores: &[Score<'r>], turned: bool) -> Feeling {
        let words: f64 = shares.iter().map(|share| share.weight).sum();
        let weights: f64 = scores.iter().map(|score| score.score).filter(|score| *score >= LEAST_SCORE).sum();
        // In a short note with stars in the middle, rules that ask the model are its voice and no other.
        let noted = self.is_only_noted();
        let weights = if noted { 0.0 } else { weights };
        let alone = noted || (weights <= 0.0 && words >= 0.0);
        let heard = |voice: &Voice<'_>| if alone { voice.points_alone(&self.doubts()) } else { voice.points() };
        let points = self.voice.map_or(0.0, heard);
        // Against rules that blame firmly, in a text without a word of praise, the model's praise alone does not stand.
        let outweighed =
            self.is_mockery() || (words <= 0.0 && self.firm_blame(|_| true).map(|(_, weight)| weight).sum::<f64>() >= FIRM_BLAME);
        let points = if outweighed { points.min(0.0) } else { points };
        // What is praised before a contrast does not outvote what is firmly blamed behind it.
        let (words, points) = if turned { (words.min(0.0), points.min(0.0)) } else { (words, points) };
        Feeling::new(words, self.stars, weights, points)
    }

    /// Whether a short text turns to firm blame: `好喝, 可是多收錢還罵人`, by rules that need no model.
    fn is_turned(&self) -> bool {
        // Few texts have a rule that blames firmly: words are counted and contrasts looked for in those alone.
        if self.firm_blame(|_| true).next().is_none() {
            return false;
        }
        self.texts.parts().any(|(part, text)| {
            let turn = plain::is_within(text, MOST_TURNED).then(|| contrasts(text).min()).flatten();
            turn.is_some_and(|turn| self.is_firm_behind(part, turn))
        })
    }

    fn is_firm_behind(&self, part: Part, turn: usize) -> bool {
        let behind = |found: &Found| found.part == part && found.start as usize > turn;
        let severities = self.firm_blame(|firing| firing.live.iter().any(behind));
        let (worst, sum) = severities.fold((Severity::None, 0.0), |(worst, sum), (severity, weight)| (worst.max(severity), sum + weight));
        worst >= Severity::High || sum >= FIRM_BLAME
    }

    /// The worst that a rule says which alone blames firmly. What severity rules raise is not held to: there the model is right more often
    /// than they are (kappa 0.829 with its word, 0.826 without, of 2,198 texts nothing was tuned on).
    fn firm_severity(&self) -> Severity {
        let said = self.counting().filter_map(|(_, rule)| match rule.kind {
            Kind::Category { severity, .. } if rule.weight >= FIRM_BLAME => Some(severity),
            _ => None,
        });
        said.max().unwrap_or_default()
    }

    /// Severities and weights of what blames by rules that need no model.
    fn firm_blame<'s>(&'s self, counts: impl Fn(&Firing) -> bool + 's) -> impl Iterator<Item = (Severity, f64)> + 's {
        let blame = self.counting().filter(move |(firing, rule)| rule.asks.nothing() && counts(firing));
        blame.filter_map(|(_, rule)| match rule.kind {
            Kind::Category { severity, .. } if severity >= Severity::Medium && rule.weight >= LEAST_SCORE => Some((severity, rule.weight)),
            _ => None,
        })
    }

    /// Why the model's word is doubted where it is the only one against the text.
    fn doubts(&self) -> Doubts {
        let any = |is: fn(&str) -> bool| self.texts.parts().any(|(_, text)| is(text));
        Doubts {
            denied: self.firings.iter().any(|firing| matches!(firing.fate, Fate::Held(_))),
            request: any(plain::is_request),
            news: any(plain::is_news),
            note: self.is_middling_note(),
            short: self.texts.parts().all(|(_, text)| plain::is_within(text, plain::FEW_WORDS)),
        }
    }

    /// A few words with stars that say neither good nor bad.
    fn is_middling_note(&self) -> bool {
        let middling = self.stars.is_some_and(|stars| stars > COMPLAINT_STARS && stars < GOOD_STARS);
        middling && self.texts.parts().all(|(_, text)| plain::is_note(text))
    }

    /// The same, where no rule blames it by itself.
    fn is_only_noted(&self) -> bool {
        self.is_middling_note() && !blamed(self.firings, self.rules)
    }

    /// Whether praise in it was taken for none.
    fn is_mockery(&self) -> bool {
        self.firings.iter().flat_map(|firing| &firing.held).any(|found| found.held == Some(Held::Mocked))
    }

    /// What the rules say of each category.
    fn scores(&self) -> Vec<Score<'r>> {
        let mut scores: Vec<Score<'r>> = Vec::new();
        for (_, rule) in self.counting() {
            let Some(category) = rule.category() else { continue };
            match scores.iter_mut().find(|score| score.category == category) {
                Some(score) => score.score += rule.weight,
                None => scores.push(Score { category, score: rule.weight }),
            }
        }
        scores
    }

    /// Categories that count, strongest first, and those that do not: the rules' scores with the model's points. For what no rule sees
    /// the model must be surer beside a category of theirs, and where nothing is complained of; there it adds none that a rule held back.
    fn categories(&self, mut scores: Vec<Score<'r>>, complaint: bool) -> (Vec<Score<'r>>, Vec<Score<'r>>) {
        let named = scores.iter().any(|score| score.score >= LEAST_SCORE);
        let needed = self.voice.map_or(LEAST_SCORE, |voice| voice.points_needed(named, complaint));
        for (category, points) in self.voice.into_iter().flat_map(Voice::categories) {
            match scores.iter_mut().find(|score| score.category == category) {
                Some(score) => score.score += points,
                None if points >= needed && (complaint || !self.is_held(category)) => {
                    scores.push(Score { category, score: points });
                }
                None => {}
            }
        }
        scores.sort_by(|left, right| right.score.total_cmp(&left.score).then_with(|| left.category.cmp(right.category)));
        let faint = scores.split_off(scores.partition_point(|score| score.score >= LEAST_SCORE));
        (scores, faint)
    }

    /// Whether a rule held words of this category back: "I feared a fake, and it was none" is praise in the words of blame, which the
    /// model takes for blame.
    fn is_held(&self, category: &str) -> bool {
        let held = self.firings.iter().filter(|firing| firing.fate != Fate::Fired);
        held.map(|firing| &self.rules[firing.rule]).any(|rule| rule.category() == Some(category))
    }

    fn worst(&self, categories: &[Score<'r>]) -> Severity {
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

    /// Calls `each` in the order of the arithmetic: categories, sentiment, lowering, raising; then what was held back or only recorded.
    fn grounds<'s>(&'s self, weighed: &Weighed<'r>, shares: &'s [Share], mut each: impl FnMut(Ground<'r>, Proof<'r, 's>)) {
        self.fired(|kind| matches!(kind, Kind::Category { .. }), Effect::Counts, &mut each);
        let voice = self.voice.filter(|_| weighed.applies);
        let claims = weighed.categories.iter().filter_map(|score| voice?.category_claim(score.category));
        claims.for_each(|(ground, claim)| each(ground, Proof::Model(claim)));
        for share in shares {
            let firing = &self.firings[share.firing];
            let rule = &self.rules[firing.rule];
            // It counts with what its words came to; all of them negated, it says so.
            let effect = if let Fate::Held(held) = firing.fate { held.effect() } else { Effect::Counts };
            each(ground(rule, share.weight, effect), Proof::Rule(rule, &share.places));
        }
        if let Some((ground, claim)) = voice.map(|voice| voice.claim(weighed.feeling.tone)) {
            each(ground, Proof::Model(claim));
        }
        if weighed.applies {
            self.fired(|kind| matches!(kind, Kind::Lower(_)), Effect::Lowers, &mut each);
            self.fired(|kind| matches!(kind, Kind::Raise(_) | Kind::Worsen), Effect::Raises, &mut each);
        }
        if let Some((ground, claim)) = voice.zip(weighed.swayed.as_ref()).map(|(voice, swayed)| voice.severity_claim(swayed)) {
            each(ground, Proof::Model(claim));
        }
        self.others(each);
    }

    /// The rules of some kinds that count.
    fn fired<'s>(&'s self, wanted: fn(&Kind) -> bool, effect: Effect, each: &mut impl FnMut(Ground<'r>, Proof<'r, 's>)) {
        for (firing, rule) in self.counting().filter(|(_, rule)| wanted(&rule.kind)) {
            each(ground(rule, rule.weight, effect), Proof::Rule(rule, firing.decisive()));
        }
    }

    /// What was held back or only recorded.
    fn others<'s>(&'s self, mut each: impl FnMut(Ground<'r>, Proof<'r, 's>)) {
        for firing in self.firings {
            let rule = &self.rules[firing.rule];
            let effect = match firing.fate {
                _ if rule.kind == Kind::Sentiment && !rule.shadow => continue,
                Fate::Held(held) => held.effect(),
                Fate::Guarded => Effect::Guarded,
                Fate::Fired if rule.shadow => Effect::Shadow,
                Fate::Fired => continue,
            };
            each(ground(rule, rule.weight, effect), Proof::Rule(rule, firing.decisive()));
        }
    }

    fn reason(&self, ground: Ground<'r>, proof: &Proof<'r, '_>) -> Reason {
        match (proof, self.voice) {
            (Proof::Rule(rule, places), _) => {
                let mut spans = merged(places.iter().map(|found| self.texts.span(found)).collect());
                spans.truncate(MOST_SPANS);
                Reason {
                    file: rule.file.to_string_lossy().into_owned(),
                    line: rule.line,
                    severity: rule.severity(),
                    spans,
                    note: rule.note.clone(),
                    notes: rule.notes.clone(),
                    ..ground.reason()
                }
            }
            (Proof::Model(claim), Some(voice)) => voice.reason(self.texts, ground, claim),
            (Proof::Model(_), None) => ground.reason(),
        }
    }
}

fn ground(rule: &Rule, weight: f64, effect: Effect) -> Ground<'_> {
    Ground { rule: &rule.id, category: rule.category(), weight, effect }
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
