//! An expression as a list of steps over characters, for `walk.rs` to go along.
//!
//! Repetitions of one character or class are one step, those of anything else are written out; what holds no bound and may be empty within,
//! or would become too long, has no steps and is left to the automaton (`expression.rs`).

use std::ops::Range;

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

use super::begins::Beginnings;
use super::words::Words;

/// Longer lists are left to the automaton.
const MOST_STEPS: usize = 4_000;

/// One thing to do at a place of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// One of the words of this list stands here, the earlier ones first.
    Words(usize),
    /// One character of this class.
    Letter(usize),
    /// From `least` to `most` of them, as many or as few as will do; where words have to follow, the list of them.
    Run {
        class: usize,
        least: u32,
        most: u32,
        greedy: bool,
        then: Option<usize>,
    },
    /// Go on with the first; where that leads nowhere, with the second.
    Fork(usize, usize),
    Go(usize),
    Look(Look),
    End,
}

/// A set of characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Letters {
    ascii: u128,
    /// Ranges beyond ASCII, in order.
    wide: Vec<(char, char)>,
}

/// The bytes a match may begin with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Leads([u64; 4]);

#[derive(Debug, Default)]
pub(super) struct Steps {
    steps: Vec<Step>,
    lists: Vec<Words>,
    classes: Vec<Letters>,
    leads: Leads,
    /// What every match begins with one of, where that is known.
    opening: Option<Words>,
    /// Every match begins where the text does.
    anchored: bool,
}

impl Letters {
    #[inline]
    pub(super) fn has(&self, letter: char) -> bool {
        let code = u32::from(letter);
        if code < 0x80 {
            return self.ascii >> code & 1 == 1;
        }
        let at = self.wide.partition_point(|(_, last)| *last < letter);
        self.wide.get(at).is_some_and(|(first, _)| *first <= letter)
    }

    fn of(class: &Class) -> Option<Self> {
        let mut letters = Self::default();
        match class {
            Class::Unicode(class) => class.ranges().iter().for_each(|range| letters.add(range.start(), range.end())),
            // Bytes beyond ASCII are no characters.
            Class::Bytes(class) if class.is_ascii() => {
                class.ranges().iter().for_each(|range| letters.add(char::from(range.start()), char::from(range.end())));
            }
            Class::Bytes(_) => return None,
        }
        Some(letters)
    }

    fn add(&mut self, first: char, last: char) {
        const FIRST_WIDE: char = '\u{80}';
        (first..=last.min('\u{7F}')).for_each(|letter| self.ascii |= 1 << u32::from(letter));
        if last >= FIRST_WIDE {
            self.wide.push((first.max(FIRST_WIDE), last));
        }
    }
}

impl Leads {
    const ALL: Self = Self([u64::MAX; 4]);

    #[inline]
    pub(super) const fn has(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 == 1
    }

    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// Those of an expression, and whether it may be empty, so that what follows it may begin a match.
    fn of(hir: &Hir) -> (Self, bool) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => (Self::default(), true),
            HirKind::Literal(literal) => {
                let mut leads = Self::default();
                literal.0.first().into_iter().for_each(|byte| leads.add(*byte));
                (leads, literal.0.is_empty())
            }
            HirKind::Class(class) => (Letters::of(class).map_or(Self::ALL, |letters| Self::of_letters(&letters)), false),
            HirKind::Repetition(repetition) => {
                let (leads, empty) = Self::of(&repetition.sub);
                (leads, empty || repetition.min == 0)
            }
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Concat(parts) => {
                let mut all = Self::default();
                for part in parts {
                    let (leads, empty) = Self::of(part);
                    all = all.and(leads);
                    if !empty {
                        return (all, false);
                    }
                }
                (all, true)
            }
            HirKind::Alternation(parts) => {
                parts.iter().map(Self::of).fold((Self::default(), false), |all, part| (all.0.and(part.0), all.1 || part.1))
            }
        }
    }

    fn of_letters(letters: &Letters) -> Self {
        let mut leads = Self([letters.ascii as u64, (letters.ascii >> 64) as u64, 0, 0]);
        for (first, last) in &letters.wide {
            (lead(*first)..=lead(*last)).for_each(|byte| leads.add(byte));
        }
        leads
    }
}

fn lead(letter: char) -> u8 {
    let mut bytes = [0; 4];
    letter.encode_utf8(&mut bytes);
    bytes[0]
}

impl Steps {
    /// None where the automaton has to do it.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        let anchored = hir.properties().look_set_prefix().contains(Look::Start);
        let mut steps = Self { leads: Leads::of(hir).0, anchored, ..Self::default() };
        steps.add(hir)?;
        steps.push(Step::End)?;
        steps.opening = opening(hir);
        for at in 0..steps.steps.len() {
            let follows = steps.words_at(at + 1);
            if let Step::Run { then, .. } = &mut steps.steps[at] {
                *then = follows;
            }
        }
        Some(steps)
    }

    #[inline]
    pub(super) fn step(&self, at: usize) -> &Step {
        &self.steps[at]
    }

    #[inline]
    pub(super) fn letters(&self, class: usize) -> &Letters {
        &self.classes[class]
    }

    /// Whether a match may begin with what stands here.
    #[inline]
    pub(super) fn may_begin(&self, here: &[u8]) -> bool {
        self.opening.as_ref().is_none_or(|words| words.may_begin(here))
    }

    /// Where in a place of a text matches may begin.
    #[inline]
    pub(super) fn starts(&self, place: Range<usize>) -> Range<usize> {
        if self.anchored { place.start..place.end.min(1) } else { place }
    }

    #[inline]
    pub(super) const fn leads(&self) -> &Leads {
        &self.leads
    }

    #[inline]
    pub(super) fn words(&self, list: usize) -> &Words {
        &self.lists[list]
    }

    /// The list of which a word has to stand there next, where it is known.
    fn words_at(&self, at: usize) -> Option<usize> {
        let next = self.steps.iter().skip(at).find(|step| !matches!(step, Step::Look(_)))?;
        if let Step::Words(list) = next { Some(*list) } else { None }
    }

    fn push(&mut self, step: Step) -> Option<usize> {
        (self.steps.len() < MOST_STEPS).then(|| self.steps.push(step))?;
        Some(self.steps.len() - 1)
    }

    fn add(&mut self, hir: &Hir) -> Option<()> {
        match hir.kind() {
            HirKind::Empty => Some(()),
            HirKind::Literal(literal) => self.literals(std::iter::once(&*literal.0)),
            HirKind::Class(class) => {
                let class = self.class(Letters::of(class)?);
                self.push(Step::Letter(class)).map(|_| ())
            }
            HirKind::Look(look) => is_known(*look).then(|| self.push(Step::Look(*look)))?.map(|_| ()),
            HirKind::Capture(capture) => self.add(&capture.sub),
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.add(part)),
            HirKind::Alternation(parts) => self.alternatives(parts),
            HirKind::Repetition(repetition) => match one_letter(&repetition.sub) {
                Some(letters) => self.run(repetition, letters),
                None => self.repeated(repetition),
            },
        }
    }

    fn class(&mut self, letters: Letters) -> usize {
        self.classes.iter().position(|known| *known == letters).unwrap_or_else(|| {
            self.classes.push(letters);
            self.classes.len() - 1
        })
    }

    fn run(&mut self, repetition: &Repetition, letters: Letters) -> Option<()> {
        let class = self.class(letters);
        let most = repetition.max.unwrap_or(u32::MAX);
        self.push(Step::Run { class, least: repetition.min, most, greedy: repetition.greedy, then: None }).map(|_| ())
    }

    fn literals<'a>(&mut self, literals: impl Iterator<Item = &'a [u8]>) -> Option<()> {
        self.lists.push(Words::of(literals));
        self.push(Step::Words(self.lists.len() - 1)).map(|_| ())
    }

    /// One after the other; words that follow each other are one step.
    fn alternatives(&mut self, parts: &[Hir]) -> Option<()> {
        let branches: Vec<&[Hir]> = parts.chunk_by(|left, right| bytes(left).is_some() && bytes(right).is_some()).collect();
        let mut ends = Vec::new();
        for (number, branch) in branches.iter().enumerate() {
            let fork = if number + 1 < branches.len() { Some(self.push(Step::Fork(0, 0))?) } else { None };
            match branch {
                [part] => self.add(part)?,
                words => self.literals(words.iter().filter_map(bytes))?,
            }
            if let Some(fork) = fork {
                ends.push(self.push(Step::Go(0))?);
                self.steps[fork] = Step::Fork(fork + 1, self.steps.len());
            }
        }
        let behind = self.steps.len();
        ends.into_iter().for_each(|end| self.steps[end] = Step::Go(behind));
        Some(())
    }

    fn repeated(&mut self, repetition: &Repetition) -> Option<()> {
        for _ in 0..repetition.min {
            self.add(&repetition.sub)?;
        }
        let Some(max) = repetition.max else { return self.without_end(repetition) };
        let mut forks = Vec::new();
        for _ in repetition.min..max {
            forks.push(self.push(Step::Fork(0, 0))?);
            self.add(&repetition.sub)?;
        }
        let behind = self.steps.len();
        for fork in forks {
            self.steps[fork] = forked(fork + 1, behind, repetition.greedy);
        }
        Some(())
    }

    /// What is empty within could be gone through for ever.
    fn without_end(&mut self, repetition: &Repetition) -> Option<()> {
        if repetition.sub.properties().minimum_len().unwrap_or(0) == 0 {
            return None;
        }
        let fork = self.push(Step::Fork(0, 0))?;
        self.add(&repetition.sub)?;
        self.push(Step::Go(fork))?;
        self.steps[fork] = forked(fork + 1, self.steps.len(), repetition.greedy);
        Some(())
    }
}

/// What every match begins with, also where its first part need not be there.
fn opening(hir: &Hir) -> Option<Words> {
    let texts = Beginnings::of(hir)?.texts(1)?;
    Some(Words::of(texts.iter().map(str::as_bytes)))
}

/// Of what is nothing but a word.
fn bytes(hir: &Hir) -> Option<&[u8]> {
    if let HirKind::Literal(literal) = hir.kind() { Some(&literal.0) } else { None }
}

const fn forked(into: usize, behind: usize, greedy: bool) -> Step {
    if greedy { Step::Fork(into, behind) } else { Step::Fork(behind, into) }
}

/// Ends of the text and of words as ASCII has them, which are all that rules have a spelling for.
const fn is_known(look: Look) -> bool {
    matches!(look, Look::Start | Look::End | Look::WordAscii)
}

/// What is one character, whichever.
fn one_letter(hir: &Hir) -> Option<Letters> {
    match hir.kind() {
        HirKind::Class(class) => Letters::of(class),
        HirKind::Capture(capture) => one_letter(&capture.sub),
        HirKind::Literal(literal) => {
            let mut letters = std::str::from_utf8(&literal.0).ok()?.chars();
            let (first, None) = (letters.next()?, letters.next()) else { return None };
            let mut letters = Letters::default();
            letters.add(first, first);
            Some(letters)
        }
        _ => None,
    }
}
