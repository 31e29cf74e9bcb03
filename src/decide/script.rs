//! Which script a character belongs to, as far as matching needs it.

/// Chinese characters, with the iteration mark and zero.
#[must_use]
pub const fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}' | '々' | '〇')
}

/// Hiragana and katakana.
#[must_use]
pub const fn is_kana(letter: char) -> bool {
    matches!(letter, '\u{3041}'..='\u{3096}' | '\u{309D}'..='\u{309F}' | '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}')
}

/// Hangul syllables and jamo.
#[must_use]
pub const fn is_hangul(letter: char) -> bool {
    matches!(letter, '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7FF}')
}

/// A letter or digit of a script that puts spaces between its words: such words match whole.
#[must_use]
pub fn is_word_letter(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric();
    }
    !is_han(letter) && !is_kana(letter) && !is_hangul(letter) && !is_unspaced(letter) && letter.is_alphanumeric()
}

/// Thai, Lao, Myanmar, Khmer, Bopomofo: no spaces between words, or none that can be relied on.
const fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3105}'..='\u{312F}' | '\u{31A0}'..='\u{31BF}')
}

/// Ends a sentence, in folded text.
#[must_use]
pub const fn ends_sentence(letter: char) -> bool {
    matches!(letter, '。' | '!' | '?' | '\n')
}

/// Ends a clause, in folded text.
#[must_use]
pub const fn ends_clause(letter: char) -> bool {
    ends_sentence(letter) || matches!(letter, ',' | ';' | '、' | ':' | '~' | '(' | ')')
}

/// Whether a word is nothing but signs of writing, in folded text and out of it; faces (`:(`), symbols (`$$$`) and pictures say something.
#[must_use]
pub fn is_only_signs(word: &str) -> bool {
    const SIGNS: &str = ".,;:!?。、，；：！？．…‥·・~～-–—―_'\"‘’“”`´()[]{}<>「」『』《》〈〉【】〔〕（）［］｛｝«»¡¿/\\|*#@&%+=";
    // What faces are made of.
    const OF_FACES: &str = ":;=()[]<>{}|";
    let mut letters = word.chars();
    let first = letters.next();
    // Nearly every word begins with a letter.
    if first.is_some_and(|first| first.is_ascii_alphanumeric() || is_han(first)) {
        return false;
    }
    word.chars().all(|letter| SIGNS.contains(letter) || letter.is_whitespace())
        && (letters.all(|letter| Some(letter) == first) || !word.chars().any(|letter| OF_FACES.contains(letter)))
}
