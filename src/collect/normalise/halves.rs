//! Characters beyond the basic plane that a program wrote as two halves (UTF-16), each in an escape of its own: `&#55357;&#56865;` in
//! markup, or `\ud83d\ude21` that was escaped once more on its way and stands in the words.

use std::borrow::Cow;

use memchr::memmem;

/// The halves put together; half of a pair stays as it is.
pub(super) fn joined(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if memmem::find(bytes, b"&#").is_none() && memmem::find(bytes, b"\\u").is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'&', b'\\', rest.as_bytes()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match pair(from) {
            Some((whole, length)) => {
                out.push(whole);
                rest = &from[length..];
            }
            None => {
                out.push_str(&from[..1]);
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character whose two halves a text begins with, and their length.
fn pair(text: &str) -> Option<(char, usize)> {
    let (high, first) = half(text)?;
    let (low, second) = half(&text[first..])?;
    if !(0xd800..0xdc00).contains(&high) || !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    Some((char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?, first + second))
}

/// `&#55357;`, `&#xD83D;` or `\ud83d`, and its length.
fn half(text: &str) -> Option<(u32, usize)> {
    if let Some(digits) = text.strip_prefix("\\u").and_then(|rest| rest.get(..4)) {
        let sound = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        return sound.then(|| u32::from_str_radix(digits, 16).ok().map(|unit| (unit, 6))).flatten();
    }
    let reference = text.strip_prefix("&#")?;
    // `&#x` and four digits, or five digits.
    let end = reference.bytes().take(6).position(|byte| byte == b';')?;
    let digits = &reference[..end];
    let unit = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse::<u32>(),
    };
    Some((unit.ok()?, "&#".len() + end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_halves_are_one_character() {
        for (text, wanted) in [
            ("&#55357;&#56865; bad &#xD83D;&#xDE21;", "😡 bad 😡"),
            (r"\ud83d\ude21 bad \uD83D\uDE21", "😡 bad 😡"),
            (r"\ud83d bad \ude21", r"\ud83d bad \ude21"),
            ("&#55357; bad &#x1F621;", "&#55357; bad &#x1F621;"),
            (r"C:\users\ud8 & co &#", r"C:\users\ud8 & co &#"),
            ("&#5535", "&#5535"),
            (r"\u差差差差", r"\u差差差差"),
        ] {
            assert_eq!(joined(text), wanted, "{text}");
        }
    }
}
