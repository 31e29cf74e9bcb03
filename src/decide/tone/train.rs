//! Learning: logistic regression over all heads at once, by AdaGrad in a fixed order, the mean of the last rounds.
//!
//! A head learns from a text only where its label is known. A label has a trust: 1 for one that somebody read, less for one that
//! follows from stars or from the rules. A source of many texts counts with the root of their number, so that it does not drown the others;
//! not so for complaints, which sound alike everywhere.
//!
//! For `complaint` a feature learns in steps as long as it is likely to tell something (`paces`): a rare one, and one that stands far more
//! often on one side, in longer ones, as where a naive Bayes scales the features of a regression (Wang and Manning, "Baselines and Bigrams",
//! 2012). Categories and severities have too few lessons for it: tried on them, it did worse.

mod further;

use std::collections::BTreeMap;

use super::table::{Table, fitting};
use super::{Answers, COMPLAINT, HEADS, LANES, Row, Tone, features};

/// What a lesson says to a head it does not know.
pub const UNKNOWN: f32 = f32::NAN;

/// How to learn; the defaults are what the shipped model was made with.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    pub rounds: usize,
    /// The step of the first round; it falls to a tenth by the last.
    pub step: f32,
    /// How much every weight shrinks in a round.
    pub decay: f32,
    /// Weights below this share of the head's largest one are left out of the file.
    pub least: f32,
    /// Features of fewer texts than this learn nothing.
    pub least_texts: usize,
    /// A source (for a head) with more texts than this counts with the root of their number.
    pub full_texts: f32,
    /// The power by which the rarity of a feature makes its steps longer (`paces`).
    pub rarity: f64,
    /// The power by which its leaning to one side does.
    pub leaning: f64,
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { rounds: 12, step: 0.2, decay: 0.02, least: 0.1, least_texts: 3, full_texts: 3000.0, rarity: 1.0, leaning: 0.5, seed: 1 }
    }
}

/// One text with what is known of it.
#[derive(Clone, Debug)]
struct Lesson {
    /// The hashes of its features; while it is learnt, the numbers of those that learn.
    features: Vec<u32>,
    norm: f32,
    /// 0 to 1, `UNKNOWN` where nobody said.
    targets: Answers,
    trust: Answers,
    source: usize,
}

/// Gathers lessons and learns from them.
#[derive(Debug, Default)]
pub struct School {
    lessons: Vec<Lesson>,
    sources: Vec<String>,
    languages: BTreeMap<String, u32>,
}

impl School {
    /// `parts` are folded; `trust` is 0 or above.
    pub fn add<'a>(&mut self, source: &str, lang: &str, parts: impl Iterator<Item = &'a str>, targets: Answers, trust: Answers) {
        let mut found = Vec::new();
        for part in parts {
            features::each(part, &mut |hash, _| found.push(hash));
        }
        if found.is_empty() || targets.iter().all(|target| target.is_nan()) {
            return;
        }
        if !targets[COMPLAINT].is_nan() {
            *self.languages.entry(super::primary(lang).to_owned()).or_default() += 1;
        }
        let source = self.source(source);
        let norm = super::norm(found.len());
        self.lessons.push(Lesson { features: found, norm, targets, trust, source });
    }

    /// The number of a source.
    fn source(&mut self, name: &str) -> usize {
        let known = self.sources.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.sources.push(name.to_owned());
            self.sources.len() - 1
        })
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.lessons.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lessons.is_empty()
    }

    /// Learns; `progress` hears of every round (from 1), how many there are and the mean loss of the complaint head.
    #[must_use]
    pub fn learn(mut self, categories: &[String], options: &Options, mut progress: impl FnMut(usize, usize, f32)) -> Tone {
        self.weigh_sources(options.full_texts);
        let known = self.number_features(options.least_texts);
        let mut weights = Weights::new(paces(&self.lessons, known.len(), options));
        let mean = self.taught(&mut weights, options, |weights| weights.shrink(options.decay), &mut progress);
        let tone = quantised(&known, &mean, categories, options);
        Tone { lessons: self.languages, ..tone }.rewritten()
    }

    /// All rounds; what the weights came to in the last third of them, on the average. After each round they `shrink`.
    fn taught(
        &self,
        weights: &mut Weights,
        options: &Options,
        shrink: impl Fn(&mut Weights),
        progress: &mut impl FnMut(usize, usize, f32),
    ) -> Weights {
        let mut order: Vec<usize> = (0..self.lessons.len()).collect();
        let mut random = options.seed;
        let kept = (options.rounds / 3).max(1);
        let mut mean = Weights::new(vec![1.0; weights.rows.len()]);
        for round in 1..=options.rounds {
            shuffle(&mut order, &mut random);
            weights.step = options.step * (1.0 - 0.9 * float(round - 1) / float(options.rounds));
            let loss = weights.round(&self.lessons, &order);
            shrink(weights);
            progress(round, options.rounds, loss);
            if round + kept > options.rounds {
                mean.add(weights, 1.0 / float(kept));
            }
        }
        mean
    }

    /// The hashes of the features that enough texts have, in order; the lessons get their numbers instead.
    fn number_features(&mut self, least_texts: usize) -> Vec<u32> {
        let mut all: Vec<u32> = Vec::new();
        for lesson in &self.lessons {
            let mut own = lesson.features.clone();
            own.sort_unstable();
            own.dedup();
            all.extend(own);
        }
        all.sort_unstable();
        let known: Vec<u32> =
            all.chunk_by(|left, right| left == right).filter(|same| same.len() >= least_texts).map(|same| same[0]).collect();
        self.number(&known);
        known
    }

    /// Gives the lessons the numbers of these features, which are in order, in place of the hashes; others are left out.
    fn number(&mut self, known: &[u32]) {
        for lesson in &mut self.lessons {
            let number = |hash: &u32| known.binary_search(hash).ok().and_then(|number| u32::try_from(number).ok());
            lesson.features = lesson.features.iter().filter_map(number).collect();
        }
    }

    /// A source that is large for a head other than `complaint` counts less there.
    fn weigh_sources(&mut self, full: f32) {
        let mut counts = vec![[0.0_f32; LANES]; self.sources.len()];
        for lesson in &self.lessons {
            for lane in (0..LANES).filter(|lane| !lesson.targets[*lane].is_nan()) {
                counts[lesson.source][lane] += 1.0;
            }
        }
        for lesson in &mut self.lessons {
            for (trust, count) in lesson.trust.iter_mut().zip(&counts[lesson.source]).skip(COMPLAINT + 1) {
                *trust *= (full / count.max(full)).sqrt();
            }
        }
    }
}

/// How long the steps of each feature are for the head `complaint`: `rarity^a * |leaning|^b`, of which the root of the mean square over all
/// places of all texts is 1.
///
/// ```text
/// rarity   1 + ln((1 + texts) / (1 + texts that have it))
/// leaning  ln(its share among all features of complaints / its share among those of other texts), one text more on each side
/// ```
fn paces(lessons: &[Lesson], features: usize, options: &Options) -> Vec<f32> {
    let mut stands = vec![Stand { places: 0.0, texts: 1.0, with: 1.0, without: 1.0 }; features];
    for lesson in lessons {
        for number in &lesson.features {
            stands[*number as usize].places += f64::from(lesson.norm * lesson.norm);
        }
        let mut own = lesson.features.clone();
        own.sort_unstable();
        own.dedup();
        let target = lesson.targets[COMPLAINT];
        for number in own.into_iter().map(|number| number as usize) {
            stands[number].texts += 1.0;
            stands[number].with += f64::from(u8::from(target > 0.5));
            stands[number].without += f64::from(u8::from(target <= 0.5));
        }
    }
    let (with, without): (f64, f64) = stands.iter().fold((0.0, 0.0), |sum, stand| (sum.0 + stand.with, sum.1 + stand.without));
    let pace = |stand: &Stand| {
        let rarity = 1.0 + (f64::from(1.0 + float(lessons.len())) / stand.texts).ln();
        let leaning = (stand.with / with / (stand.without / without)).ln().abs();
        rarity.powf(options.rarity) * leaning.powf(options.leaning)
    };
    let paces: Vec<f64> = stands.iter().map(pace).collect();
    let places: f64 = stands.iter().map(|stand| stand.places).sum();
    let squares: f64 = stands.iter().zip(&paces).map(|(stand, pace)| stand.places * pace * pace).sum();
    if squares == 0.0 {
        return vec![1.0; features];
    }
    #[expect(clippy::cast_possible_truncation, reason = "a pace is a small number")]
    paces.iter().map(|pace| (pace / (squares / places).sqrt()) as f32).collect()
}

/// Where a feature stands.
#[derive(Clone, Copy)]
struct Stand {
    /// Its share of all places of each text, added up.
    places: f64,
    texts: f64,
    /// Complaints that have it, and texts that are none.
    with: f64,
    without: f64,
}

/// What is learnt, while it is learnt.
struct Weights {
    step: f32,
    /// How long the steps of each are for `complaint`.
    paces: Vec<f32>,
    rows: Vec<Answers>,
    /// Sums of the squared slopes.
    slopes: Vec<Answers>,
    biases: Answers,
    bias_slopes: Answers,
}

impl Weights {
    fn new(paces: Vec<f32>) -> Self {
        let (rows, slopes) = (vec![[0.0; LANES]; paces.len()], vec![[1e-4; LANES]; paces.len()]);
        Self { step: 0.0, paces, rows, slopes, biases: [0.0; LANES], bias_slopes: [1.0; LANES] }
    }

    /// Every lesson once; the mean loss of the complaint head.
    fn round(&mut self, lessons: &[Lesson], order: &[usize]) -> f32 {
        let (mut loss, mut counted) = (0.0_f32, 0.0_f32);
        for number in order {
            let lesson = &lessons[*number];
            let logits = self.logits(lesson);
            let mut errors = [0.0_f32; LANES];
            for lane in 0..LANES {
                if !lesson.targets[lane].is_nan() {
                    errors[lane] = (super::probability(logits[lane]) - lesson.targets[lane]) * lesson.trust[lane];
                }
            }
            let target = lesson.targets[COMPLAINT];
            if !target.is_nan() {
                let right = if target > 0.5 { logits[COMPLAINT] } else { -logits[COMPLAINT] };
                loss += (-right).exp().ln_1p();
                counted += 1.0;
            }
            self.learn(lesson, &errors);
        }
        loss / counted.max(1.0)
    }

    fn logits(&self, lesson: &Lesson) -> Answers {
        let mut sums = [0.0_f32; LANES];
        for number in &lesson.features {
            let row = &self.rows[*number as usize];
            for lane in 0..LANES {
                sums[lane] += row[lane];
            }
        }
        std::array::from_fn(|lane| sums[lane] * lesson.norm + self.biases[lane])
    }

    fn learn(&mut self, lesson: &Lesson, errors: &Answers) {
        let slopes: Answers = std::array::from_fn(|lane| errors[lane] * lesson.norm);
        let squares: Answers = std::array::from_fn(|lane| slopes[lane] * slopes[lane]);
        for number in &lesson.features {
            let number = *number as usize;
            let (weights, sums) = (&mut self.rows[number], &mut self.slopes[number]);
            let mut steps = [self.step; LANES];
            steps[COMPLAINT] *= self.paces[number];
            for lane in 0..LANES {
                sums[lane] += squares[lane];
                weights[lane] -= steps[lane] * slopes[lane] / sums[lane].sqrt();
            }
        }
        for ((bias, slopes), error) in self.biases.iter_mut().zip(&mut self.bias_slopes).zip(errors) {
            *slopes += error * error;
            *bias -= self.step * error / slopes.sqrt();
        }
    }

    fn add(&mut self, other: &Self, share: f32) {
        for (mine, theirs) in self.rows.iter_mut().flatten().zip(other.rows.iter().flatten()) {
            *mine += theirs * share;
        }
        for (mine, theirs) in self.biases.iter_mut().zip(&other.biases) {
            *mine += theirs * share;
        }
    }

    fn shrink(&mut self, decay: f32) {
        for weight in self.rows.iter_mut().flatten() {
            *weight *= 1.0 - decay;
        }
    }
}

/// Whole numbers from -127 to 127: the largest few weights of a head are cut to what the others reach.
fn quantised(known: &[u32], mean: &Weights, categories: &[String], options: &Options) -> Tone {
    /// One weight in so many is cut.
    const CUT: usize = 2000;
    let mut scales = [0.0_f32; LANES];
    for (lane, scale) in scales.iter_mut().enumerate().take(HEADS) {
        let mut sizes: Vec<f32> = mean.rows.iter().map(|row| row[lane].abs()).filter(|size| *size > 0.0).collect();
        sizes.sort_by(f32::total_cmp);
        let largest = sizes.len().checked_sub(1 + sizes.len() / CUT).map_or(0.0, |at| sizes[at]);
        *scale = largest / f32::from(i8::MAX);
    }
    let least = options.least * f32::from(i8::MAX);
    let rows = known.iter().zip(&mean.rows).map(|(hash, row)| (*hash, quantised_row(row, &scales, least)));
    let mut features: Vec<(u32, Row)> = rows.filter(|(_, row)| row.iter().any(|number| *number != 0)).collect();
    features.sort_by_key(|(hash, row)| (std::cmp::Reverse(row.iter().map(|number| u32::from(number.unsigned_abs())).sum::<u32>()), *hash));
    fitting(&mut features);
    let table = Table::new(features).expect("what does not fit was left out");
    let (categories, lessons) = (categories.to_vec(), BTreeMap::new());
    Tone {
        table,
        scales,
        biases: mean.biases,
        topics: super::topics(&categories),
        categories,
        lessons,
        blends: BTreeMap::new(),
        hash: String::new(),
        file: "".into(),
    }
}

fn quantised_row(row: &Answers, scales: &Answers, least: f32) -> Row {
    std::array::from_fn(|lane| {
        if scales[lane] == 0.0 {
            return 0;
        }
        let size = row[lane] / scales[lane];
        #[expect(clippy::cast_possible_truncation, reason = "it is cut to the range first")]
        let number = size.clamp(-127.0, 127.0).round() as i8;
        if size.abs() < least { 0 } else { number }
    })
}

fn shuffle(order: &mut [usize], random: &mut u64) {
    for last in (1..order.len()).rev() {
        // SplitMix64, by Steele, Lea and Flood (2014).
        *random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        #[expect(clippy::cast_possible_truncation, reason = "the remainder is below a number of lessons")]
        order.swap(last, (mixed % (last as u64 + 1)) as usize);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rounds")]
const fn float(count: usize) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIFT: u32 = 10;

    /// Feature 0 stands in every text, feature 1 in half of the complaints, feature 2 in as many texts of both kinds, the rest in one text each.
    fn lessons(known: bool) -> Vec<Lesson> {
        let lesson = |number: u32| {
            let (complains, even) = (number.is_multiple_of(2), number % 4 < 2);
            let more = [(1, complains && even), (2, even)].into_iter().filter(|(_, has)| *has).map(|(feature, _)| feature);
            let features: Vec<u32> = more.chain([0, 0, SHIFT + number]).collect();
            let mut targets = [UNKNOWN; LANES];
            if known {
                targets[COMPLAINT] = f32::from(u8::from(complains));
            }
            Lesson { norm: super::super::norm(features.len()), features, targets, trust: [1.0; LANES], source: 0 }
        };
        (0..40).map(lesson).collect()
    }

    #[test]
    fn what_is_rare_and_leans_to_one_side_learns_in_longer_steps() {
        let lessons = lessons(true);
        let paces = paces(&lessons, 50, &Options::default());
        let [everywhere, leaning, even, rare] = [paces[0], paces[1], paces[2], paces[SHIFT as usize]];
        assert!(rare > everywhere && leaning > even && leaning > everywhere, "{everywhere} {leaning} {even} {rare}");
        let squares =
            |lesson: &Lesson| -> f32 { lesson.features.iter().map(|number| (paces[*number as usize] * lesson.norm).powi(2)).sum() };
        let mean = lessons.iter().map(squares).sum::<f32>() / float(lessons.len());
        assert!((mean - 1.0).abs() < 1e-4, "on the whole as long as without: {mean}");
    }

    #[test]
    fn where_nobody_said_what_complains_all_steps_are_as_long() {
        assert_eq!(paces(&lessons(false), 50, &Options::default()), [1.0; 50]);
    }

    #[test]
    fn a_large_source_counts_less_for_categories_and_not_for_complaints() {
        let mut school = School { lessons: lessons(true), ..School::default() };
        school.sources.push("shop".to_owned());
        school.lessons.iter_mut().for_each(|lesson| lesson.targets[LANES - 1] = 1.0);
        school.weigh_sources(10.0);
        assert!(school.lessons.iter().all(|lesson| lesson.trust[COMPLAINT] == 1.0 && lesson.trust[LANES - 1] == 0.5));
    }
}
