//! What a folded text is made of, to the model: characters, words, signs, and where each ends.

use crate::decide::script::{is_han, is_word_letter};

/// A word with so many digits is the number of an order, a card or a telephone, which says nothing of the tone.
const DIGITS_OF_A_NUMBER: usize = 4;

/// The character of the main block of Chinese ones that these bytes of a text begin with: of most texts nearly every one.
#[inline]
pub(super) fn chinese(bytes: &[u8]) -> Option<char> {
    let [first @ 0xE4..=0xE9, second, third] = *bytes.first_chunk()? else { return None };
    let code = u32::from(first & 0x0F) << 12 | u32::from(second & 0x3F) << 6 | u32::from(third & 0x3F);
    char::from_u32(code).filter(|letter| ('\u{4E00}'..='\u{9FFF}').contains(letter))
}

pub(super) enum Kind {
    Space,
    Character,
    Word,
    Sign,
}

/// The common scripts first: to ask Unicode's tables costs more than all the rest.
#[inline]
pub(super) fn kind(letter: char) -> Kind {
    match letter {
        ' ' => Kind::Space,
        _ if letter.is_ascii_alphanumeric() => Kind::Word,
        _ if letter.is_ascii() => Kind::Sign,
        _ if is_han(letter) => Kind::Character,
        '\u{3000}'..='\u{3020}' => Kind::Sign,
        _ if is_word_letter(letter) => Kind::Word,
        _ if letter.is_alphanumeric() => Kind::Character,
        _ => Kind::Sign,
    }
}

/// The bytes of the word a text begins with; an apostrophe between letters belongs to it.
pub(super) fn word_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut length = 0;
    loop {
        length += bytes[length..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let Some(byte) = bytes.get(length) else { break };
        let inside = *byte == b'\'' && length > 0 && bytes.get(length + 1).is_some_and(u8::is_ascii_alphabetic);
        if inside {
            length += 1;
        } else if byte.is_ascii() {
            break;
        } else {
            match text[length..].chars().next().filter(|letter| !is_han(*letter) && is_word_letter(*letter)) {
                Some(letter) => length += letter.len_utf8(),
                None => break,
            }
        }
    }
    length
}

pub(super) fn is_number(word: &[u8]) -> bool {
    word.len() >= DIGITS_OF_A_NUMBER && word.iter().filter(|byte| byte.is_ascii_digit()).count() >= DIGITS_OF_A_NUMBER
}
