//! What a mail server answers: bytes off the wire to a code and a text that is safe to keep (RFC 5321 §4.2).

use crate::respond::deliver::kept::keep;

/// Longest line taken; RFC 5321 allows 512 bytes, real servers say more.
pub(super) const LINE_BYTES: usize = 4096;
/// Most lines of one reply: an EHLO answer has a dozen.
pub(super) const LINES: usize = 100;

/// One complete answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

/// One line of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) code: u16,
    pub(super) last: bool,
    pub(super) text: String,
}

impl Line {
    /// Reads `250-text` or `250 text`; none where it is not a reply. Text in any charset survives: bytes that are not
    /// UTF-8 become replacement characters, since servers in Chinese answer in GBK and Big5 without saying so.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.strip_suffix(b"\n")?;
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let (digits, rest) = bytes.split_at_checked(3)?;
        if !(b'2'..=b'5').contains(&digits[0]) || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
        let (last, text) = match rest.split_first() {
            None => (true, rest),
            Some((b' ', text)) => (true, text),
            Some((b'-', text)) => (false, text),
            Some(_) => return None,
        };
        Some(Self { code, last, text: String::from_utf8_lossy(text).into_owned() })
    }
}

impl Reply {
    pub(super) const fn is_positive(&self) -> bool {
        self.code < 400
    }

    /// Temporary by its first digit.
    pub(super) const fn is_temporary(&self) -> bool {
        self.code >= 400 && self.code < 500
    }

    /// The enhanced code (RFC 3463) that begins the text, as `5.2.2`.
    pub(super) fn enhanced(&self) -> Option<&str> {
        let word = self.lines.first()?.split_whitespace().next()?;
        let digits = word.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        (digits && word.matches('.').count() == 2).then_some(word)
    }

    /// The size of the message is what the server objects to: 552 where it is not a full mailbox (RFC 5321 §4.2.3),
    /// or an enhanced code that says so whatever the number before it.
    pub(super) fn is_too_big(&self) -> bool {
        match self.enhanced() {
            Some("5.3.4" | "5.2.3") => true,
            Some("5.2.2") => false,
            _ => self.code == 552,
        }
    }

    /// `550 5.1.1 no such user`, ready for the ledger.
    pub(super) fn text(&self) -> String {
        keep(&format!("{} {}", self.code, self.lines.join(" / ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, text: &str) -> Reply {
        Reply { code, lines: vec![text.to_owned()] }
    }

    #[test]
    fn a_line_is_a_code_a_sign_and_a_text() {
        assert_eq!(Line::parse(b"250-SIZE 42\r\n"), Some(Line { code: 250, last: false, text: "SIZE 42".into() }));
        assert_eq!(Line::parse(b"354\n"), Some(Line { code: 354, last: true, text: String::new() }));
        for wrong in
            [&b"hello\r\n"[..], b"25\r\n", b"199 x\r\n", b"600 x\r\n", b"250x\r\n", b"250 no end", b"\r\n", "２50 wide\r\n".as_bytes()]
        {
            assert_eq!(Line::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn bytes_of_another_charset_do_not_hide_the_code() {
        let line = Line::parse(b"550 \xd3\xca\xcf\xe4\xb2\xbb\xb4\xe6\xd4\xda\r\n").expect("a reply in GBK is a reply");
        assert_eq!(line.code, 550);
        assert!(line.text.contains('\u{fffd}'));
    }

    #[test]
    fn size_is_told_from_a_full_mailbox() {
        assert!(reply(552, "message exceeds fixed limit").is_too_big());
        assert!(reply(554, "5.3.4 too big for us").is_too_big());
        assert!(!reply(552, "5.2.2 mailbox full").is_too_big());
        assert!(!reply(550, "5.1.1 no such user").is_too_big());
    }
}
