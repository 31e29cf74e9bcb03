//! Finds many words at once in a folded text.
//!
//! An automaton looks up one state for each byte and waits for it before the next: with ten thousand words its table no longer fits the
//! caches. Here a word is known by how it begins. The first pass hashes sixteen places at once and asks small bitmaps, which stay in the
//! nearest cache, where a word may begin (`sieve.rs`); the second asks there how long the beginnings of such words are, the third whether
//! there is one of that length; only what passes all is looked up and compared. No pass branches on what it finds. The time hardly grows
//! with the number of words.
//! The tests hold it to the results of the `aho-corasick` crate.

use super::head::{CUTS, Head, INSIDE, SIZES, kind, size};
use super::sieve::{Lengths, Sieve, gram};
use crate::decide::fold::{PADDING, is_surrogate, utf8_len};
use crate::decide::script::is_word_letter;

/// Bits of the filter for each word: about one place in sixteen that begins no word is looked at in vain.
const BITS_A_WORD: usize = 16;
const LEAST_BITS: usize = 1 << 12;
/// Beyond this the filter would leave the processor's nearer caches, which costs more than looking in vain.
const MOST_BITS: usize = 1 << 19;
/// A word in a folded text, in bytes of its UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// The number given with the word.
    pub word: u32,
    pub start: u32,
    pub end: u32,
}

/// Memory of a search, used again for the next.
#[derive(Debug, Default)]
pub struct Candidates {
    /// Where a word may begin.
    places: Vec<u32>,
    possible: Vec<Possible>,
    beginnings: Vec<Beginning>,
}

/// A place and, as bits, which of the `SIZES` the words have that begin as it does.
#[derive(Clone, Copy, Debug, Default)]
struct Possible {
    at: u32,
    sizes: u8,
}

/// A place and what stands there that begins a word.
#[derive(Clone, Copy, Debug, Default)]
struct Beginning {
    head: Head,
    at: u32,
    /// What its first slot holds: a word, counted from one, and whether it has this head.
    first: u32,
    is_its_own: bool,
}

/// A list of words, ready to be found.
#[derive(Debug, Default)]
pub struct Finder {
    sieve: Sieve,
    lengths: Lengths,
    /// The same of the words that may begin within another: most are whole, and in a text of Latin letters most places are within a word.
    inner: Lengths,
    filter: Filter,
    /// By the hash of a head: its first word, counted from one. So a hit touches little memory, and ten thousand words stay near.
    slots: Vec<u32>,
    /// In the order of their heads.
    words: Vec<Word>,
    /// The units of all words.
    pool: Vec<u16>,
}

/// The bits of the hashes of all heads.
#[derive(Debug)]
struct Filter {
    bits: Vec<u64>,
    shift: u32,
}

#[derive(Clone, Debug)]
struct Word {
    head: Head,
    number: u32,
    /// Where its units stand in the pool.
    start: u32,
    length: Length,
    bytes: u32,
}

/// The units of a word, shifted by two; below them whether a word letter stands at its start and at its end, so that none may stand
/// beyond it.
#[derive(Clone, Copy, Debug)]
struct Length(u32);

impl Length {
    fn new(units: usize, whole_start: bool, whole_end: bool) -> Self {
        Self(narrow(units) << 2 | u32::from(whole_start) << 1 | u32::from(whole_end))
    }

    const fn units(self) -> usize {
        (self.0 >> 2) as usize
    }

    const fn whole_start(self) -> bool {
        self.0 & 2 != 0
    }

    const fn whole_end(self) -> bool {
        self.0 & 1 != 0
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self { bits: vec![0; 2], shift: 63 }
    }
}

impl Filter {
    fn of(words: &[Word]) -> Self {
        let size = (words.len() * BITS_A_WORD).next_power_of_two().clamp(LEAST_BITS, MOST_BITS);
        let mut filter = Self { bits: vec![0; size / 64], shift: 64 - size.ilog2() };
        for word in words {
            let place = word.head.spread(filter.shift);
            filter.bits[place / 64] |= 1 << (place % 64);
        }
        filter
    }

    /// The lowest bit says whether the head may be one of them.
    #[inline]
    fn ask(&self, head: Head) -> u64 {
        let place = head.spread(self.shift);
        self.bits[place / 64] >> (place % 64)
    }
}

impl Finder {
    /// Of folded words, each with the number it is to be known by, which several may share; the flag says that it begins and ends
    /// where its letters do, as `late` is not in `related`.
    #[must_use]
    pub fn new<'a>(list: impl IntoIterator<Item = (&'a str, bool, u32)>) -> Self {
        let (mut finder, list) = (Self::default(), list.into_iter());
        finder.words.reserve_exact(list.size_hint().0);
        for (text, whole, number) in list {
            finder.add(number, text, whole);
        }
        sort(&mut finder.words);
        finder.filter = Filter::of(&finder.words);
        let lengths = |word| (finder.units(word), kind(word.length.units()));
        let inner = Lengths::of(finder.words.iter().filter(|word| !word.length.whole_start()).map(lengths));
        let all = Lengths::of(finder.words.iter().map(lengths));
        (finder.inner, finder.lengths) = (inner, all);
        let groups = finder.words.chunk_by(|left, right| left.head == right.head);
        finder.slots = vec![0; (groups.count() * 2).next_power_of_two()];
        let mut first = 1;
        for group in finder.words.chunk_by(|left, right| left.head == right.head) {
            let free = probe(finder.slots.len(), group[0].head).find(|place| finder.slots[*place] == 0).unwrap_or_default();
            finder.slots[free] = first;
            first += narrow(group.len());
        }
        finder.sieve = Sieve::of(finder.words.iter().map(|word| finder.units(word)));
        finder
    }

    fn add(&mut self, number: u32, text: &str, whole: bool) {
        let start = self.pool.len();
        self.pool.extend(text.encode_utf16());
        let ends = |letter: Option<char>| whole && letter.is_some_and(is_word_letter);
        let units = &self.pool[start..];
        if !units.is_empty() {
            let head = Head::of(units);
            let length = Length::new(units.len(), ends(text.chars().next()), ends(text.chars().next_back()));
            self.words.push(Word { head, number, start: narrow(start), length, bytes: narrow(text.len()) });
        }
    }

    fn units(&self, word: &Word) -> &[u16] {
        let start = word.start as usize;
        &self.pool[start..start + word.length.units()]
    }

    /// Every word in the units of a folded text and the `PADDING` zeros behind them, in the order of their beginnings.
    pub fn find(&self, padded: &[u16], candidates: &mut Candidates, mut each: impl FnMut(Match)) {
        let length = padded.len().saturating_sub(PADDING);
        let Candidates { places, possible, beginnings } = candidates;
        let count = self.sieve.places(padded, length, places);
        let count = self.possible(padded, length, &places[..count], possible);
        let count = self.beginnings(padded, &possible[..count], beginnings);
        let count = self.looked_up(&mut beginnings[..count]);
        let (mut unit, mut byte) = (0, 0);
        for beginning in &beginnings[..count] {
            let at = beginning.at as usize;
            for word in self.beginning_with(beginning) {
                if !self.stands(word, padded, length, at) {
                    continue;
                }
                if unit < at {
                    byte += utf8_len(&padded[unit..at]);
                    unit = at;
                }
                let start = narrow(byte);
                each(Match { word: word.number, start, end: start + word.bytes });
            }
        }
    }

    /// The places with words of a length that finds room there; how many.
    fn possible(&self, padded: &[u16], length: usize, places: &[u32], possible: &mut Vec<Possible>) -> usize {
        if possible.len() < places.len() {
            possible.resize(places.len(), Possible::default());
        }
        let mut count = 0;
        for place in places {
            let at = *place as usize;
            let room = (length - at).min(INSIDE.len() - 1);
            let lengths = if goes_on_in_ascii(padded, at) { &self.inner } else { &self.lengths };
            let sizes = lengths.ask(gram(&padded[at..])) & INSIDE[room];
            possible[count] = Possible { at: *place, sizes };
            count += usize::from(sizes != 0);
        }
        count
    }

    /// What the filter leaves of them, by size; how many.
    fn beginnings(&self, padded: &[u16], possible: &[Possible], beginnings: &mut Vec<Beginning>) -> usize {
        if beginnings.len() < possible.len() * SIZES.len() {
            beginnings.resize(possible.len() * SIZES.len(), Beginning::default());
        }
        let mut count = 0;
        for Possible { at, mut sizes } in possible.iter().copied() {
            let here = Head::at(&padded[at as usize..]);
            // Nearly always one: a branch that is foreseen.
            while sizes != 0 {
                let head = here.cut(CUTS[sizes.trailing_zeros() as usize]);
                sizes &= sizes - 1;
                beginnings[count] = Beginning { head, at, ..Beginning::default() };
                count += usize::from(self.filter.ask(head) & 1 == 1);
            }
        }
        count
    }

    /// Those of which the first slot holds a word; how many. Slots and words lie further off than all that was read before: here many
    /// of them are asked for before the first one answers.
    fn looked_up(&self, beginnings: &mut [Beginning]) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        for beginning in beginnings.iter_mut() {
            beginning.first = self.slots.get(home(beginning.head) & mask).copied().unwrap_or_default();
        }
        let mut count = 0;
        for at in 0..beginnings.len() {
            let beginning = beginnings[at];
            let Some(word) = self.words.get((beginning.first as usize).saturating_sub(1)) else { return 0 };
            beginnings[count] = Beginning { is_its_own: word.head == beginning.head, ..beginning };
            count += usize::from(beginning.first != 0);
        }
        count
    }

    /// The words with the head of a beginning.
    #[inline]
    fn beginning_with(&self, beginning: &Beginning) -> impl Iterator<Item = &Word> {
        let head = beginning.head;
        let first = if beginning.is_its_own { beginning.first as usize - 1 } else { self.further(head) };
        self.words[first..].iter().take_while(move |word| word.head == head)
    }

    /// The first word with a head that is not in its first slot.
    fn further(&self, head: Head) -> usize {
        let mut firsts = probe(self.slots.len(), head).map_while(|place| (self.slots[place] as usize).checked_sub(1));
        firsts.find(|first| self.words[*first].head == head).unwrap_or(self.words.len())
    }

    /// Whether the word, whose beginning is there, is there as a whole.
    #[inline]
    fn stands(&self, word: &Word, padded: &[u16], length: usize, at: usize) -> bool {
        let end = at + word.length.units();
        end <= length
            && self.goes_on(word, &padded[at..])
            && !(word.length.whole_start() && ends_in_word(&padded[..at]))
            && !(word.length.whole_end() && begins_in_word(&padded[end..length]))
    }

    /// Whether what follows the head is there too.
    #[inline]
    fn goes_on(&self, word: &Word, units: &[u16]) -> bool {
        let length = word.length.units();
        let known = size(length);
        length == known || units[known..length] == self.units(word)[known..]
    }
}

/// In the order of their heads: the lower and the upper half at once, where there are many. Loading is when most memory is in use, so
/// nothing is merged.
fn sort(words: &mut [Word]) {
    const MANY: usize = 10_000;
    let order = |word: &Word| (word.head, word.number, word.start);
    if words.len() < MANY {
        return words.sort_unstable_by_key(order);
    }
    let (lower, _, upper) = words.select_nth_unstable_by_key(words.len() / 2, order);
    std::thread::scope(|scope| {
        scope.spawn(|| lower.sort_unstable_by_key(order));
        upper.sort_unstable_by_key(order);
    });
}

/// Places of a head in the slots, one after the other, round and round.
fn probe(slots: usize, head: Head) -> impl Iterator<Item = usize> {
    let mask = slots.wrapping_sub(1);
    let first = home(head);
    (0..slots).map(move |step| (first + step) & mask)
}

/// Its first place, of as many bits as any number of slots has.
#[inline]
const fn home(head: Head) -> usize {
    head.spread(20)
}

fn narrow(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// Whether a letter or digit of ASCII stands right before this place, so that no whole word begins here.
#[inline]
fn goes_on_in_ascii(units: &[u16], at: usize) -> bool {
    let before = at.checked_sub(1).map_or(0, |before| units[before]);
    u8::try_from(before).is_ok_and(|before| before.is_ascii_alphanumeric())
}

fn ends_in_word(units: &[u16]) -> bool {
    match units {
        [] => false,
        [.., high, low] if is_surrogate(*low) => is_word(&[*high, *low]),
        [.., unit] => is_word(&[*unit]),
    }
}

fn begins_in_word(units: &[u16]) -> bool {
    match units {
        [] => false,
        [high, low, ..] if is_surrogate(*high) => is_word(&[*high, *low]),
        [unit, ..] => is_word(&[*unit]),
    }
}

fn is_word(units: &[u16]) -> bool {
    match units {
        [unit @ ..0x80] => unit.to_le_bytes()[0].is_ascii_alphanumeric(),
        units => char::decode_utf16(units.iter().copied()).flatten().any(is_word_letter),
    }
}

#[cfg(test)]
mod tests {
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    use super::*;
    use crate::decide::fold::fold;

    fn found(words: &[&str], whole: bool, text: &str) -> Vec<(u32, usize, usize)> {
        let finder = Finder::new((0..).zip(words).map(|(number, word)| (*word, whole, number)));
        let folded = fold(text);
        let mut found = Vec::new();
        finder.find(folded.padded(), &mut Candidates::default(), |hit| found.push((hit.word, hit.start as usize, hit.end as usize)));
        found.sort_unstable();
        found
    }

    /// The same from the automaton, with the rule for whole words applied to each match.
    fn reference(words: &[&str], whole: bool, text: &str) -> Vec<(u32, usize, usize)> {
        let folded = fold(text);
        let text = folded.text();
        let automaton = AhoCorasick::new(words).expect("few words");
        let ends = |letter: Option<char>| whole && letter.is_some_and(is_word_letter);
        let hits = automaton.find_overlapping_iter(text).filter(|hit| hit.start() < hit.end());
        let stands = hits.filter(|hit| {
            let word = words[hit.pattern().as_usize()];
            let goes_on_before = ends(word.chars().next()) && ends(text[..hit.start()].chars().next_back());
            let goes_on_after = ends(word.chars().next_back()) && ends(text[hit.end()..].chars().next());
            !goes_on_before && !goes_on_after
        });
        let mut found: Vec<_> = stands.map(|hit| (hit.pattern().as_u32(), hit.start(), hit.end())).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn words_are_found_where_they_stand() {
        let words = ["差", "退款", "不退款", "late", "late delivery", "late deliveries", "late d", "é", "👎", "𠀀𠀁"];
        let text = "不退款,late delivery,差,late d,late deliveries";
        assert_eq!(found(&words, true, text), reference(&words, true, text));
        assert_eq!(found(&words, true, "related late").len(), 1);
        assert_eq!(found(&words, false, "related late").len(), 2);
        assert_eq!(found(&words, true, "👎𠀀𠀁").len(), 2);
        assert_eq!(found(&[], true, "x"), []);
        assert_eq!(found(&["a"], true, ""), []);
    }

    #[test]
    fn many_words_are_found_as_few_are() {
        let words: Vec<String> = (0..30_000_u32).map(|number| format!("w{}x", number.wrapping_mul(2_654_435_761) % 1_000_003)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let text = words.iter().step_by(997).copied().collect::<Vec<_>>().join(" ");
        assert_eq!(found(&words, true, &text), reference(&words, true, &text));
        assert!(found(&words, true, &text).len() >= 31);
    }

    fn pieces(most: usize) -> impl Strategy<Value = String> {
        let parts = ["a", "b", "ab", " ", ".", "差", "退", "款", "款退", "é", "👎", "𠀀", "ж", "1", "\n", "が"];
        let part =
            prop_oneof![6 => proptest::sample::select(parts.to_vec()).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
        proptest::collection::vec(part, 1..most).prop_map(|parts| fold(&parts.concat()).text().to_owned())
    }

    proptest! {
        #[test]
        fn it_finds_long_words_as_the_automaton_does(words in proptest::collection::vec("[ab差]{1,12}", 0..60), text in "[ab差]{0,80}", whole in any::<bool>()) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            prop_assert_eq!(found(&words, whole, &text), reference(&words, whole, &text));
        }

        #[test]
        fn it_finds_what_the_automaton_finds(words in proptest::collection::vec(pieces(6), 0..40), text in pieces(60), whole in any::<bool>()) {
            let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
            prop_assert_eq!(found(&words, whole, &text), reference(&words, whole, &text));
        }
    }
}
