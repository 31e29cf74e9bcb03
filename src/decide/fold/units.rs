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
    // Room for the longest it may become, so that it never has to grow.
    let mut text = String::with_capacity(units.len() * 3);
    let mut rest = units;
    while let Some((&unit, after)) = rest.split_first() {
        if let Some((chunk, after)) = rest.split_first_chunk::<WIDE>().filter(|_| unit < 0x80)
            && chunk.iter().fold(0, |all, unit| all | unit) < 0x80
            && let Ok(ascii) = str::from_utf8(&chunk.map(|unit| unit.to_le_bytes()[0]))
        {
            text.push_str(ascii);
            rest = after;
            continue;
        }
        rest = after;
        match char::from_u32(u32::from(unit)) {
            Some(letter) => text.push(letter),
            None => rest = pair(unit, after, &mut text),
        }
    }
    text
}

/// Writes a character of two units; what follows it.
fn pair<'a>(high: u16, after: &'a [u16], text: &mut String) -> &'a [u16] {
    let (low, after) = after.split_first().map_or((0, after), |(low, after)| (*low, after));
    text.extend(char::decode_utf16([high, low]).next().and_then(Result::ok));
    after
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
