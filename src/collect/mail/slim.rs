//! A large mail without the bytes of what nobody reads: some programs put the text behind the pictures, megabytes into the mail. It is
//! fetched a stretch at a time, and of a part that is no text its headers alone are kept.

use super::parts::{HEAD_BYTES_MAX, Kind, PARTS_MAX, head, kind};

/// A line that is longer is taken in pieces: what decides, boundaries and headers, is far shorter (RFC 5322, 2.1.1: 998).
const LINE_BYTES_MAX: usize = 64 * 1024;

/// Where in a mail a line stands.
#[derive(Debug)]
enum Place {
    /// Among headers: those before it in the same head.
    Head(Vec<u8>),
    /// In what somebody reads.
    Text,
    /// In what nobody does.
    Unread,
}

/// A mail as far as it was fetched.
#[derive(Debug)]
pub(super) struct Slim {
    kept: Vec<u8>,
    most: usize,
    boundaries: Vec<Vec<u8>>,
    place: Place,
    /// The beginning of a line whose end did not come yet.
    line: Vec<u8>,
    is_cut: bool,
}

impl Slim {
    /// Keeps so many bytes.
    pub(super) const fn new(most: usize) -> Self {
        Self { kept: Vec::new(), most, boundaries: Vec::new(), place: Place::Head(Vec::new()), line: Vec::new(), is_cut: false }
    }

    /// The next bytes of the mail.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() >= LINE_BYTES_MAX {
                self.take_line();
            }
        }
    }

    /// No more is kept of it.
    pub(super) const fn is_full(&self) -> bool {
        self.is_cut
    }

    /// What is kept, and whether something that somebody would read is missing.
    pub(super) fn finish(mut self) -> (Vec<u8>, bool) {
        self.take_line();
        (self.kept, self.is_cut)
    }

    fn take_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let begins = self.boundaries.iter().find(|boundary| line.starts_with(boundary));
        if let Some(boundary) = begins {
            let ends = line[boundary.len()..].starts_with(b"--");
            self.place = if ends { Place::Text } else { Place::Head(Vec::new()) };
            return self.keep(&line);
        }
        match &mut self.place {
            Place::Unread => return,
            Place::Text => {}
            Place::Head(before) => {
                before.extend_from_slice(&line);
                let ends = line.trim_ascii().is_empty();
                if ends || before.len() >= HEAD_BYTES_MAX {
                    let before = std::mem::take(before);
                    self.place = self.behind(&before);
                }
            }
        }
        self.keep(&line);
    }

    /// What follows a head.
    fn behind(&mut self, headers: &[u8]) -> Place {
        let Some((headers, _)) = head(headers) else { return Place::Text };
        match kind(&headers, false) {
            Kind::Parts { boundary, .. } => {
                if boundary.len() > 2 && self.boundaries.len() < PARTS_MAX {
                    self.boundaries.push(boundary.into_bytes());
                }
                Place::Text
            }
            Kind::Mail => Place::Head(Vec::new()),
            Kind::Unread | Kind::Nothing => Place::Unread,
            Kind::Headers | Kind::Plain | Kind::Html | Kind::AttachedPlain | Kind::AttachedHtml => Place::Text,
        }
    }

    fn keep(&mut self, line: &[u8]) {
        let room = self.most - self.kept.len();
        self.is_cut |= line.len() > room;
        self.kept.extend_from_slice(&line[..line.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: a@b.test\r\nSubject: s\r\nContent-Type: multipart/mixed; boundary=\"out\"\r\n\r\n--out\r\n\
        Content-Type: image/jpeg; name=a.jpg\r\nContent-Disposition: attachment\r\n\r\nAAAA\r\n--no boundary\r\nBBBB\r\n--out\r\n\
        Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\nContent-Type: text/plain\r\n\r\nthe text\r\n--in--\r\n--out\r\n\
        Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: image/png\r\n\r\nCCCC\r\n--out--\r\n";

    fn slim(mail: &str, stretch: usize, most: usize) -> (String, bool) {
        let mut slim = Slim::new(most);
        mail.as_bytes().chunks(stretch).for_each(|bytes| slim.take(bytes));
        let (kept, is_cut) = slim.finish();
        (String::from_utf8(kept).expect("it was text"), is_cut)
    }

    #[test]
    fn of_a_part_that_nobody_reads_its_headers_are_kept() {
        let (kept, is_cut) = slim(MAIL, usize::MAX, usize::MAX);
        assert!(!is_cut);
        assert!(kept.contains("a.jpg") && kept.contains("the text") && kept.contains("Subject: inner"), "{kept}");
        assert!(!kept.contains("AAAA") && !kept.contains("BBBB") && !kept.contains("CCCC"), "{kept}");
        assert_eq!(kept.len(), MAIL.len() - "AAAA\r\n--no boundary\r\nBBBB\r\nCCCC\r\n".len());
    }

    #[test]
    fn it_is_the_same_however_it_comes() {
        for stretch in 1..40 {
            assert_eq!(slim(MAIL, stretch, usize::MAX), slim(MAIL, usize::MAX, usize::MAX), "{stretch}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_said_to_be() {
        assert_eq!(slim("Subject: s\n\nlong text", 7, 15), ("Subject: s\n\nlon".to_owned(), true));
        let endless = "x".repeat(3 * LINE_BYTES_MAX);
        assert_eq!(slim(&endless, 1_000, usize::MAX), (endless.clone(), false), "no line ends");
    }
}
