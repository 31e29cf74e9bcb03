//! Review text is hostile: what is taken out of it before anybody reads it.

/// Stands invisibly where a program would otherwise see an address and make a link of it.
pub(super) const LINK_BREAK: char = '\u{2060}';

/// Whether a character is dropped everywhere: controls (but line feed and tab), and those that turn the direction of
/// text, hide in it or belong to no text at all.
#[must_use]
pub fn is_unwanted(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' => true,
        '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => true,
        '\u{e0000}'..='\u{e0fff}' => true,
        _ => letter.is_control(),
    }
}

/// One line without controls, runs of blanks made one, at most `max_chars` characters; `…` where it was cut.
#[must_use]
pub fn one_line(text: &str, max_chars: usize) -> String {
    let spaced = text.chars().map(|letter| if letter.is_whitespace() || letter.is_control() { ' ' } else { letter });
    let clean: String = spaced.filter(|letter| !is_unwanted(*letter)).collect();
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&line, max_chars)
}

/// At most `max_chars` characters, the last of them `…` where it was cut: before a word or an id of Latin letters and not inside it, unless
/// that would cost more than half.
#[must_use]
pub fn shorten(text: &str, max_chars: usize) -> String {
    if text.chars().count() <= max_chars {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max_chars.saturating_sub(1)).collect();
    let of_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '@');
    if text[short.len()..].starts_with(of_word) {
        let before = short.trim_end_matches(of_word);
        let kept = before.len();
        if before.chars().count() * 2 >= max_chars {
            short.truncate(kept);
        }
    }
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// Text without unwanted characters, in which no program finds an address to link.
#[must_use]
pub fn inert(text: &str) -> String {
    let kept: Vec<char> = text.chars().filter(|letter| !is_unwanted(*letter)).collect();
    let mut inert = String::with_capacity(text.len());
    for (at, letter) in kept.iter().enumerate() {
        inert.push(*letter);
        let before = at.checked_sub(1).and_then(|at| kept.get(at)).copied();
        if breaks_link(before, *letter, kept.get(at + 1).copied()) {
            inert.push(LINK_BREAK);
        }
    }
    inert
}

/// `http:|//`, `www.|shop.|example`, `name@|host`.
#[must_use]
pub const fn breaks_link(before: Option<char>, letter: char, after: Option<char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    match letter {
        ':' => before.is_ascii_alphanumeric() && after == '/',
        '@' => before.is_ascii_graphic() && after.is_ascii_alphanumeric(),
        '.' => !before.is_ascii_whitespace() && before != '.' && after.is_ascii_alphabetic(),
        _ => false,
    }
}

/// The address where it is one a person may follow from a mail: `http` or `https`, with a host, without blanks.
#[must_use]
pub fn web_address(url: &str) -> Option<String> {
    let parsed = url::Url::parse(url).ok()?;
    let web = matches!(parsed.scheme(), "http" | "https") && parsed.has_host();
    web.then(|| parsed.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(one_line("bad\r\nBcc: x@example.com\0\u{202e}\tend", 80), "bad Bcc: x@example.com end");
        assert_eq!(one_line("一二三四五", 4), "一二三…");
        assert_eq!(one_line("a b cd", 3), "a…");
        assert_eq!(one_line("told of H-7K3QF2MA, H-0E9Y0BPW and more", 26), "told of H-7K3QF2MA,…", "half an id is none");
        assert_eq!(one_line("單號 A1234567890B 還沒到", 8), "單號 A123…", "one long word is cut all the same");
    }

    #[test]
    fn links_are_inert_and_stay_readable() {
        let inert = inert("see https://evil.example/x?a=1.5 or www.evil.example, mail a@b.example. 3.5 stars... ok");
        assert_eq!(
            inert.replace(LINK_BREAK, "|"),
            "see https:|//evil.|example/x?a=1.5 or www.|evil.|example, mail a@|b.|example. 3.5 stars... ok"
        );
    }

    #[test]
    fn turning_and_hidden_characters_go() {
        assert_eq!(inert("a\u{202e}b\u{2066}c\u{200b}d\u{feff}e\u{7}f\u{e0041}\n"), "abcdef\n");
        assert_eq!(inert("👨\u{200d}👩"), "👨\u{200d}👩", "joiners make pictures");
    }

    #[test]
    fn only_web_addresses_are_followed() {
        assert_eq!(web_address("https://shop.example/評論"), Some("https://shop.example/%E8%A9%95%E8%AB%96".into()));
        for wrong in ["javascript:alert(1)", "data:text/html,x", "ftp://h/x", "not an address", "//h/x", "mailto:a@b.c"] {
            assert_eq!(web_address(wrong), None, "{wrong}");
        }
    }
}
