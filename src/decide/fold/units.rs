//! UTF-16 code units: what the fold writes and the matcher reads. Nearly every character is one of them, at one width.

/// Bytes these units take in UTF-8. Half of a surrogate pair counts two of its four.
#[must_use]
pub(in crate::decide) fn utf8_len(units: &[u16]) -> usize {
    let extra = |unit: u16| u32::from(unit >= 0x80) + u32::from(unit >= 0x800) - u32::from(is_surrogate(unit));
    units.len() + units.iter().map(|unit| extra(*unit)).sum::<u32>() as usize
}

#[inline]
pub(in crate::decide) const fn is_surrogate(unit: u16) -> bool {
    unit & 0xF800 == 0xD800
}

/// The character that ends these units.
pub(super) fn last_char(units: &[u16]) -> Option<char> {
    let start = match units {
        [.., high, low] if is_surrogate(*high) && is_surrogate(*low) => units.len() - 2,
        _ => units.len().checked_sub(1)?,
    };
    char::decode_utf16(units[start..].iter().copied()).next()?.ok()
}

/// The same text in UTF-8.
pub(super) fn to_text(units: &[u16]) -> String {
    const WIDE: usize = 16;
    // Room for the longest it may become, so that each character is written without asking for more.
    let mut bytes = vec![0; units.len() * 3];
    let (mut rest, mut at) = (units, 0);
    while let Some((&unit, after)) = rest.split_first() {
        if unit >= 0x80 {
            (rest, at) = if is_surrogate(unit) { pair(unit, after, &mut bytes, at) } else { (after, at + one(unit, &mut bytes[at..])) };
            continue;
        }
        match rest.split_first_chunk::<WIDE>() {
            Some((chunk, after)) if chunk.iter().fold(0, |all, unit| all | unit) < 0x80 => {
                bytes[at..at + WIDE].copy_from_slice(&chunk.map(|unit| unit.to_le_bytes()[0]));
                (rest, at) = (after, at + WIDE);
            }
            _ => {
                bytes[at] = unit.to_le_bytes()[0];
                (rest, at) = (after, at + 1);
            }
        }
    }
    bytes.truncate(at);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Writes a character of one unit beyond ASCII; its bytes.
#[inline]
fn one(unit: u16, bytes: &mut [u8]) -> usize {
    let tail = |shift: u32| (unit >> shift & 0x3F | 0x80).to_le_bytes()[0];
    match bytes.first_chunk_mut() {
        Some(place) if unit >= 0x800 => {
            *place = [(unit >> 12 | 0xE0).to_le_bytes()[0], tail(6), tail(0)];
            3
        }
        Some([first, second, _]) => {
            (*first, *second) = ((unit >> 6 | 0xC0).to_le_bytes()[0], tail(0));
            2
        }
        None => 0,
    }
}

/// Writes a character of two units; what follows it, in the units and in the bytes.
fn pair<'a>(high: u16, after: &'a [u16], bytes: &mut [u8], at: usize) -> (&'a [u16], usize) {
    let (low, after) = after.split_first().map_or((0, after), |(low, after)| (*low, after));
    let letter = char::decode_utf16([high, low]).next().and_then(Result::ok);
    (after, at + letter.map_or(0, |letter| letter.encode_utf8(&mut bytes[at..]).len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_the_text_and_know_its_length() {
        for text in ["", "plain ascii of more than sixteen letters", "服务差é👎🏽a", "👎", "é", "a\u{7ff}\u{800}\u{ffff}b\u{10ffff}"]
        {
            let units: Vec<u16> = text.encode_utf16().collect();
            assert_eq!(to_text(&units), text);
            assert_eq!(utf8_len(&units), text.len());
            assert_eq!(last_char(&units), text.chars().next_back());
        }
    }
}
