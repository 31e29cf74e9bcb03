//! What each character folds to: computed once from Unicode's own data and the simplified forms, then looked up.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::char::{compose, decompose_compatible};

use super::tricks::is_sign;

/// What the fold does with one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Becomes this one character.
    One(char),
    /// Joins the character before it where the two compose (a voiced kana, a Hangul syllable).
    Joins(char),
    /// Becomes several characters, or one that the table cannot hold: `several` tells.
    Several,
    Drop,
    Space,
    NewLine,
}

// The units hold 16-bit characters; the surrogates, which are none, stand for the other actions.
const DROP: u16 = 0xD800;
const SPACE: u16 = 0xD801;
const NEW_LINE: u16 = 0xD802;
const JOINS: u16 = 0xD803;
const SEVERAL: u16 = 0xD804;
/// Stays as it is, but may hide a word: kept out of the fast path.
const MARK: u16 = 0xD805;
/// Becomes the sign of this low byte, which may hide a word.
const FIRST_SIGN: u16 = 0xD900;
/// Becomes several characters, with their number: `…` stands in one Chinese text of four.
const FIRST_EXPANSION: u16 = 0xDA00;
const AFTER_EXPANSIONS: u16 = 0xE000;

/// An entry for every character of the first plane.
pub(super) type Table = [u16; 0x1_0000];

static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| pairs().collect());
static TABLES: LazyLock<(Box<Table>, Vec<Vec<char>>)> = LazyLock::new(|| {
    let mut expansions = Vec::new();
    let letter = |code: usize| u32::try_from(code).ok().and_then(char::from_u32);
    let table = Box::new(std::array::from_fn(|code| letter(code).map_or(DROP, |letter| number(letter, encode(letter), &mut expansions))));
    (table, expansions)
});

/// The code of what becomes several characters, as long as there are numbers.
fn number(letter: char, code: u16, expansions: &mut Vec<Vec<char>>) -> u16 {
    let next = u16::try_from(expansions.len()).ok().and_then(|count| FIRST_EXPANSION.checked_add(count));
    match next.filter(|next| code == SEVERAL && *next < AFTER_EXPANSIONS) {
        Some(next) => {
            expansions.push(several(letter));
            next
        }
        None => code,
    }
}

/// Whether a code of the table is the unit that is written, without another look.
#[inline]
pub(super) const fn is_unit(code: u16) -> bool {
    code & 0xF800 != DROP
}

/// What a character folds to for which the table says `Several`.
pub(super) fn expansion(table: &Table, letter: char) -> Cow<'static, [char]> {
    let code = table.get(letter as usize).copied().unwrap_or(SEVERAL);
    let known = code.checked_sub(FIRST_EXPANSION).and_then(|number| TABLES.1.get(usize::from(number)));
    known.map_or_else(|| Cow::Owned(several(letter)), |known| Cow::Borrowed(known.as_slice()))
}

/// The characters of the data file, two and two.
pub(in crate::decide) fn pairs() -> impl Iterator<Item = (char, char)> {
    include_str!("../data/simplified.txt").lines().filter(|line| !line.starts_with('#')).flat_map(|line| {
        let letters: Vec<char> = line.chars().collect();
        letters.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>()
    })
}

/// The whole table, so that a loop looks it up once.
pub(super) fn table() -> &'static Table {
    &TABLES.0
}

pub(super) fn action(table: &Table, letter: char) -> Action {
    let Some(&code) = table.get(letter as usize) else { return outside(letter) };
    match code {
        DROP => Action::Drop,
        SPACE => Action::Space,
        NEW_LINE => Action::NewLine,
        SEVERAL | FIRST_EXPANSION..AFTER_EXPANSIONS => Action::Several,
        MARK => Action::One(letter),
        FIRST_SIGN..FIRST_EXPANSION => Action::One(char::from(code.to_le_bytes()[0])),
        JOINS => several(letter).first().map_or(Action::Drop, |first| Action::Joins(*first)),
        code => char::from_u32(u32::from(code)).map_or(Action::Drop, Action::One),
    }
}

/// Beyond the table: emoji stay as they are, the rest is rare enough to be computed each time.
fn outside(letter: char) -> Action {
    match letter {
        '\u{1F3FB}'..='\u{1F3FF}' => Action::Drop,
        '\u{1F300}'..='\u{1FAFF}' => Action::One(letter),
        _ => compute(letter),
    }
}

fn encode(letter: char) -> u16 {
    match compute(letter) {
        Action::Drop => DROP,
        Action::Space => SPACE,
        Action::NewLine => NEW_LINE,
        Action::Joins(_) => JOINS,
        Action::Several => SEVERAL,
        Action::One(folded) => u16::try_from(u32::from(folded)).map_or(SEVERAL, |unit| encode_one(letter, folded, unit)),
    }
}

fn encode_one(letter: char, folded: char, unit: u16) -> u16 {
    match (is_sign(unit), u8::try_from(unit)) {
        (true, Ok(low)) => FIRST_SIGN | u16::from(low),
        (true, Err(_)) if folded == letter => MARK,
        (true, Err(_)) => SEVERAL,
        // Growth is rare, and left to the slow path so that everybody may rely on its absence.
        (false, _) if folded.len_utf8() > letter.len_utf8() => SEVERAL,
        (false, _) => unit,
    }
}

fn compute(letter: char) -> Action {
    if is_new_line(letter) {
        return Action::NewLine;
    }
    if letter.is_whitespace() || letter == '\u{2800}' {
        return Action::Space;
    }
    match several(letter).as_slice() {
        [] => Action::Drop,
        [' '] => Action::Space,
        [one] if joins(*one) => Action::Joins(*one),
        [one] => Action::One(*one),
        _ => Action::Several,
    }
}

/// Everything `letter` folds to. Repeated until nothing changes, so that folding twice changes nothing.
pub(super) fn several(letter: char) -> Vec<char> {
    /// The longest chain in Unicode's data and ours has three steps.
    const MOST_STEPS: usize = 4;
    let mut letters = vec![letter];
    if is_whole(letter) {
        return letters;
    }
    for _ in 0..MOST_STEPS {
        let next = step(&letters);
        if next == letters {
            break;
        }
        letters = next;
    }
    letters
}

/// Whether Unicode's data need not be asked: Chinese characters without a simplified form, Hangul syllables, and what has no meaning of
/// its own. They are two thirds of the table, and to ask for all of them takes longer than to read the rules.
fn is_whole(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' | '\u{E000}'..='\u{F8FF}')
        && !SIMPLIFIED.contains_key(&letter)
}

/// Compatibility decomposition, lower case, simplified form, recomposition; without accents and what is invisible.
fn step(letters: &[char]) -> Vec<char> {
    let mut folded: Vec<char> = Vec::new();
    for letter in letters {
        decompose_compatible(*letter, |part| {
            for lower in part.to_lowercase() {
                if is_invisible(lower) {
                    continue;
                }
                push(&mut folded, plain(SIMPLIFIED.get(&lower).copied().unwrap_or(lower)));
            }
        });
    }
    folded
}

fn push(folded: &mut Vec<char>, letter: char) {
    let joined = folded.last().filter(|_| joins(letter)).and_then(|last| compose(*last, letter));
    match (joined, folded.last_mut()) {
        (Some(joined), Some(last)) => *last = joined,
        _ => folded.push(letter),
    }
}

/// One form for signs that people type in several.
const fn plain(letter: char) -> char {
    match letter {
        'ς' => 'σ',
        '‘' | '’' | '‛' | '′' | '´' | 'ʼ' => '\'',
        '“' | '”' | '„' | '‟' | '″' | '「' | '」' | '『' | '』' | '«' | '»' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '─' => '-',
        '〜' | '∼' => '~',
        '・' | '•' | '‧' | '∙' | '⋅' => '·',
        '〈' => '《',
        '〉' => '》',
        '｡' => '。',
        '､' => '、',
        _ => letter,
    }
}

/// Marks of voice in kana, vowels and finals of Hangul.
pub(super) const fn joins(letter: char) -> bool {
    matches!(letter, '\u{3099}' | '\u{309A}' | '\u{1161}'..='\u{1175}' | '\u{11A8}'..='\u{11C2}')
}

const fn is_new_line(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Accents of Latin, Greek and Cyrillic; controls; what has no width; fillers; variation selectors and skin tones.
/// Vowel signs of Indic and Thai scripts are letters and stay.
const fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\0'..='\u{8}' | '\u{E}'..='\u{1F}' | '\u{7F}'..='\u{84}' | '\u{86}'..='\u{9F}' | '\u{AD}'
        | '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{20D0}'..='\u{20FF}' | '\u{302A}'..='\u{302D}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FE20}'..='\u{FE2F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFD}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_folds_to_something_that_stays() {
        for letter in (0..=0x3_FFFF).filter_map(char::from_u32) {
            for part in several(letter) {
                assert_eq!(several(part), [part], "{letter:?} U+{:04X} gives {part:?}", u32::from(letter));
            }
        }
    }

    #[test]
    fn what_is_whole_stays_as_it_is() {
        for letter in (0..=0xFFFF).filter_map(char::from_u32).filter(|letter| is_whole(*letter)) {
            assert_eq!(step(&[letter]), [letter], "U+{:04X}", u32::from(letter));
        }
    }

    #[test]
    fn the_data_file_holds_pairs() {
        let all: Vec<(char, char)> = pairs().collect();
        assert!(all.len() > 4_000);
        assert!(all.contains(&('貨', '货')));
        assert!(all.iter().all(|(from, to)| from != to));
    }
}
