//! The judge: from a text to its verdict.
//!
//! In this order (`weighing.rs`; what the model adds stands in `voice.rs`, and without a model nothing is added):
//! 1. **category score** = sum of the weights of its rules that fire, with the model's points; a category counts from 1.0 on, and
//!    what the model alone sees only in a complaint;
//! 2. **sentiment** as in `sentiment.rs`: words, stars, the weight of what the rules found, and the model's tone;
//! 3. **complaint**: two stars or fewer, or the sum of the sentiment is below -0.5; or a **deed** beside praise: something `critical`, or
//!    `high` by a rule of weight 4.0 or more, that a rule says by itself (`deed.rs`). Not where a rule of praise of 4.0 or more, whose
//!    words lie over those of the deed, **excuses** it: a figure of speech, a mishap of the author's own;
//! 4. **severity**: the highest of the firing rules of the categories that count; a complaint without a category is `low`, from -2 on `medium`;
//!    where praise outweighs it, `medium` becomes `low` (no complaint) and `high` becomes `medium` (no complaint, and a sum of 0.5 or more):
//!    one thing broken in a warm review is a flaw. A deed stays as bad as it is through all further steps; what is excused is `medium` at
//!    most. A category that the model alone sees is `low`;
//! 5. severity rules, for complaints and categories only: first the lowering ones (lowest wins; not what is `critical`), then the raising
//!    ones (highest wins);
//! 6. the model's word on how bad it is: `low` to `medium`, `medium` to `low`, `high` to `medium`; never worse than `medium`;
//! 7. one step up where any severity rule asks for it, `high` at most: how many hear of it makes no harm, and stands in no text.

mod naming;

use std::cell::Cell;

use super::brand::Brand;
use super::evaluate::{Context, Rooms, Texts, evaluate, evaluate_as_if_heard};
use super::firing::{Fate, Firing, blamed, keep_company};
use super::lacking::{Lack, lacks};
use super::matching::{Entry, Given, Hit, Index, Role, Scratch};
use super::outcome::Outcome;
use super::rule::{Asks, Rule, RuleSet};
use super::sentiment::Feeling;
use super::shares::{Named, Share, Shares};
use super::sides::{Side, Told, settled};
pub use super::subject::{Language, Subject};
use super::tone::Tone;
use super::voice::{Answer, Swayed, Voice};
use super::weighing::Weighing;
use crate::model::{CategoryScore, Severity, Verdict};

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
    /// What the model's word changed in step 6.
    pub swayed: Option<Swayed>,
    /// What the categories came to before praise made it a step milder.
    pub before_praise: Option<Severity>,
    /// Praise is left out of the sum: a short text turned from it to firm blame.
    pub turned: bool,
    /// The rule that makes a complaint of praise: a grave deed stands beside it.
    pub deed: Option<String>,
    /// The rule that takes words of harm for mere words.
    pub excuse: Option<String>,
    /// What is said of each brand, where a text that names several can be parted.
    pub sides: Vec<Side>,
    /// What is said of rivals alone, as it is written: nobody judges it.
    pub passed_over: Vec<String>,
}

/// What became of one rule in one text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trial {
    /// None where a trigger or a condition is missing.
    pub fate: Option<Fate>,
    /// The words that decided it, as they are written; without a fate those that stand there, folded.
    pub words: Vec<String>,
    /// Without a fate: what is missing.
    pub lacks: Vec<Lack>,
    /// It fires if the model gives what the rule asks of it, and only then.
    pub model_decides: bool,
    /// What the model says to each thing the rule asks of it; nothing without a model.
    pub answers: Vec<Answer>,
}

thread_local! {
    /// In a box, for it is larger than what one text leaves in it, and is taken and given back for each.
    static SCRATCH: Cell<Option<Box<Scratch>>> = Cell::default();
}

/// Rules and brands, ready.
#[derive(Debug)]
pub struct Judge {
    rules: RuleSet,
    brands: Vec<Brand>,
    index: Index,
}

impl Judge {
    #[must_use]
    pub fn new(rules: RuleSet, brands: &[Brand]) -> Self {
        let words: Vec<_> = brands.iter().map(Brand::words).collect();
        let index = Index::new(&rules, &words);
        Self { rules, brands: brands.to_vec(), index }
    }

    #[must_use]
    pub const fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The model it hears: for finding out how far to hear it.
    pub const fn tone_mut(&mut self) -> &mut Option<Tone> {
        &mut self.rules.tone
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
        self.whole(subject, false).0
    }

    /// The verdict; none where no brand is named, which costs less than to say so in a verdict.
    #[must_use]
    pub fn judge_mention(&self, subject: &Subject<'_>) -> Option<Verdict> {
        let (texts, mut scratch) = self.scan(subject);
        let named = self.named(subject, &texts, &mut scratch);
        if named.names.is_empty() {
            give_back(texts, scratch);
            return None;
        }
        Some(self.judged(subject, texts, scratch, named, |brands, lang, weighing| self.told(brands, &lang, Some(weighing))).0)
    }

    /// The verdict of a text that need not name a brand.
    #[must_use]
    pub fn judge_unbranded(&self, subject: &Subject<'_>) -> Verdict {
        self.whole(subject, true).0
    }

    /// The verdict as files of texts need it: by names alone.
    #[must_use]
    pub fn brief<'a>(&'a self, subject: &Subject<'a>, unbranded: bool) -> Outcome<'a> {
        self.look(subject, unbranded, |brands, lang, weighing| {
            let outcome = Outcome { brands, lang, ..Outcome::default() };
            match weighing {
                Some(weighing) => weighing.outcome(outcome),
                None => outcome,
            }
        })
    }

    /// The same as a verdict.
    #[must_use]
    pub fn outcome(&self, subject: &Subject<'_>, unbranded: bool) -> Verdict {
        self.brief(subject, unbranded).verdict(&self.rules.hash)
    }

    /// The verdict of a text that need not name a brand, and how its numbers came about.
    #[must_use]
    pub fn account(&self, subject: &Subject<'_>) -> (Verdict, Arithmetic) {
        self.whole(subject, true)
    }

    /// What becomes of one rule, whatever the others say, and why.
    #[must_use]
    pub fn trial(&self, rule: usize, subject: &Subject<'_>) -> Trial {
        let (mut texts, mut scratch) = self.scan(subject);
        texts.settle();
        let lang = &subject.language();
        let voice = Voice::hear(self.rules.tone.as_ref(), &texts, lang, &[]);
        let named: Vec<String> = subject.brand.map(str::to_owned).into_iter().collect();
        // Where nobody says which brand is named, it is one that the rule asks for.
        let brands = if named.is_empty() { &self.rules.rules[rule].scope.brands } else { &named };
        let context = context(subject, lang, brands, voice.as_ref());
        let entries = self.index.entries_of(rule, &texts, &mut scratch);
        let trial = self.tried(rule, &scratch.entries[entries], &scratch.hits, &texts, &context);
        give_back(texts, scratch);
        trial
    }

    /// Rules of which words stand in the text that did not come to fire or be held back, the nearest to it first.
    #[must_use]
    pub fn almost(&self, subject: &Subject<'_>) -> Vec<(&Rule, Trial)> {
        let (mut texts, mut scratch) = self.scan(subject);
        texts.settle();
        let (lang, named) = (&subject.language(), self.named(subject, &texts, &mut scratch));
        let voice = Voice::hear(self.rules.tone.as_ref(), &texts, lang, &named.places);
        let context = context(subject, lang, &named.names, voice.as_ref());
        self.index.all_entries(&mut scratch, &texts);
        let Scratch { hits, entries, looks, .. } = &*scratch;
        let trials = looks
            .iter()
            .map(|(number, mine)| (&self.rules.rules[*number], self.tried(*number, &entries[mine.clone()], hits, &texts, &context)));
        let mut almost: Vec<(&Rule, Trial)> = trials.filter(|(_, trial)| trial.fate.is_none() && !trial.words.is_empty()).collect();
        almost.sort_by_key(|(_, trial)| trial.lacks.len());
        give_back(texts, scratch);
        almost
    }

    fn tried(&self, number: usize, mine: &[Entry], hits: &[Hit], texts: &Texts<'_>, context: &Context<'_>) -> Trial {
        let rule = &self.rules.rules[number];
        let heard = || evaluate_as_if_heard(number, rule, mine, hits, texts, context, &mut Rooms::default());
        let model_decides = !rule.asks.nothing() && heard().is_some_and(|firing| firing.fate == Fate::Fired);
        let answers = context.voice.map_or_else(Vec::new, |voice| voice.answers(&rule.asks));
        if let Some(firing) = evaluate(number, rule, mine, hits, texts, context, &mut Rooms::default()) {
            let mut words: Vec<String> = firing.decisive().iter().map(|found| texts.original(found).to_owned()).collect();
            words.dedup();
            return Trial { fate: Some(firing.fate), words, lacks: Vec::new(), model_decides, answers };
        }
        let standing = mine.iter().filter(|entry| matches!(entry.role, Role::Any | Role::Near(_) | Role::All(_)));
        let mut words: Vec<String> = standing.map(|entry| hits[entry.first as usize]).map(|hit| word(texts, &hit)).collect();
        words.dedup();
        Trial { fate: None, words, lacks: lacks(rule, mine, context), model_decides, answers }
    }

    /// Folds a text and finds what stands in it, in the memory of the look before.
    fn scan<'a>(&self, subject: &Subject<'a>) -> (Texts<'a>, Box<Scratch>) {
        let mut scratch = SCRATCH.take().unwrap_or_default();
        let mut texts = Texts::new(subject.title, subject.text, &mut scratch.spare);
        self.index.scan(&mut texts, &mut scratch);
        (texts, scratch)
    }

    fn whole(&self, subject: &Subject<'_>, unbranded: bool) -> (Verdict, Arithmetic) {
        self.look(subject, unbranded, |brands, lang, weighing| self.told(brands, &lang, weighing))
    }

    fn told<'a>(&'a self, brands: Vec<String>, lang: &Language<'_>, weighing: Option<&Weighing<'a, '_>>) -> (Verdict, Arithmetic) {
        let verdict = Verdict { brands, lang: lang.name().to_owned(), rule_set: self.rules.hash.clone(), ..Verdict::default() };
        match weighing {
            Some(weighing) => weighing.verdict(verdict),
            None => (verdict, Arithmetic::default()),
        }
    }

    /// Looks at a text and tells what it found: the brands, the language and, where the text is to be judged, what there is to weigh.
    fn look<'a, T: Told>(
        &'a self,
        subject: &Subject<'a>,
        unbranded: bool,
        tell: impl Fn(Vec<String>, Language<'a>, Option<&Weighing<'a, '_>>) -> T,
    ) -> T {
        let (texts, mut scratch) = self.scan(subject);
        let named = self.named(subject, &texts, &mut scratch);
        if named.names.is_empty() && !unbranded {
            give_back(texts, scratch);
            return tell(named.names, subject.language(), None);
        }
        self.judged(subject, texts, scratch, named, |brands, lang, weighing| tell(brands, lang, Some(weighing)))
    }

    /// Judges a text whole, without what it says of rivals, and what it says of each brand where it names several.
    fn judged<'a, T: Told>(
        &'a self,
        subject: &Subject<'a>,
        texts: Texts<'_>,
        scratch: Box<Scratch>,
        named: Named,
        tell: impl Fn(Vec<String>, Language<'a>, &Weighing<'a, '_>) -> T,
    ) -> T {
        let lang = subject.language();
        if !named.is_mixed() {
            return self.weigh(subject, &lang, texts, scratch, named, tell);
        }
        let shares = Shares::of(subject, &texts, &named);
        let names = named.names.clone();
        let mut whole = match &shares.rest {
            None => self.weigh(subject, &lang, texts, scratch, named, &tell),
            Some(rest) => {
                give_back(texts, scratch);
                self.judge_share(subject, &lang, rest, names.clone(), &tell)
            }
        };
        let judged = |(owner, share): &(usize, Share)| {
            let brand = names[*owner].clone();
            (brand.clone(), self.judge_share(subject, &lang, share, vec![brand], &tell))
        };
        let parts = shares.of_each.iter().map(judged).collect();
        whole.pass_over(shares.passed_over);
        settled(whole, parts)
    }

    /// Judges what is left of a text as if it were all of it.
    fn judge_share<'a, T: Told>(
        &'a self,
        subject: &Subject<'_>,
        lang: &Language<'a>,
        share: &Share,
        names: Vec<String>,
        tell: impl Fn(Vec<String>, Language<'a>, &Weighing<'a, '_>) -> T,
    ) -> T {
        let subject = Subject { title: share.title.as_deref(), text: &share.text, ..*subject };
        let (texts, mut scratch) = self.scan(&subject);
        let named = Named { names, ..self.named(&subject, &texts, &mut scratch) };
        self.weigh(&subject, lang, texts, scratch, named, tell)
    }

    fn weigh<'a, T: Told>(
        &'a self,
        subject: &Subject<'_>,
        lang: &Language<'a>,
        mut texts: Texts<'_>,
        mut scratch: Box<Scratch>,
        named: Named,
        tell: impl Fn(Vec<String>, Language<'a>, &Weighing<'a, '_>) -> T,
    ) -> T {
        let stars = subject.stars();
        let given = Given::of(stars.is_some(), subject.readers.is_some(), subject.repeated.is_some());
        self.index.entries(&mut scratch, &texts, lang, given);
        if !scratch.looks.is_empty() {
            texts.settle();
        }
        let voice = Voice::hear(self.rules.tone.as_ref(), &texts, lang, &named.places);
        let voice = voice.as_ref();
        let context = Context { brief: T::BY_NAMES, ..context(subject, lang, &named.names, voice) };
        let mut firings = self.firings(&mut scratch, &texts, &context);
        keep_company(&mut firings, &self.rules.rules, stars.is_some_and(|stars| stars <= COMPLAINT_STARS));
        let rest = voice.filter(|_| all_held(&firings, &self.rules.rules)).map(|voice| {
            let rest = voice.of_the_rest(&texts, &firings, &self.rules.rules);
            let meets = |asks: &Asks| asks.nothing() || rest.as_ref().is_some_and(|rest| rest.meets(asks));
            firings.retain(|firing| meets(&self.rules.rules[firing.rule].asks));
            rest
        });
        let voice = rest.as_ref().map_or(voice, Option::as_ref);
        let weighing = Weighing { rules: &self.rules.rules, texts: &texts, firings: &firings, stars, voice };
        let told = tell(named.names, lang.clone(), &weighing);
        scratch.rooms.leave(firings);
        give_back(texts, scratch);
        told
    }

    fn firings(&self, scratch: &mut Scratch, texts: &Texts<'_>, context: &Context<'_>) -> Vec<Firing> {
        let Scratch { hits, entries, looks, rooms, .. } = scratch;
        let mut firings = rooms.firings();
        for (number, mine) in looks.iter() {
            let rule = &self.rules.rules[*number];
            let firing = evaluate(*number, rule, &entries[mine.clone()], hits, texts, context, rooms);
            firings.extend(firing.filter(|firing| firing.fate != Fate::Fired || !rule.is_of_denials()));
        }
        firings
    }
}

/// Whether rules hold something against a text and held all of it back.
fn all_held(firings: &[Firing], rules: &[Rule]) -> bool {
    let held = |firing: &Firing| firing.fate != Fate::Fired && firing.holds_blame(rules);
    firings.iter().any(held) && !blamed(firings, rules)
}

/// Leaves the memory of a look for the next one.
fn give_back(texts: Texts<'_>, mut scratch: Box<Scratch>) {
    texts.give_back(&mut scratch.spare);
    SCRATCH.set(Some(scratch));
}

fn context<'a>(subject: &Subject<'a>, lang: &'a Language<'a>, brands: &'a [String], voice: Option<&'a Voice<'a>>) -> Context<'a> {
    let Subject { source, author, readers, repeated, .. } = *subject;
    Context { stars: subject.stars(), readers, repeated, lang, source, author, brands, brief: false, voice }
}

fn word(texts: &Texts<'_>, hit: &Hit) -> String {
    texts.folded(hit.part)[hit.start as usize..hit.end as usize].to_owned()
}
