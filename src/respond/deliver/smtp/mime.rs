//! A mail as bytes: headers that nobody can inject into, both bodies, encodings that keep every character whole.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, SinglePart};

use crate::model::Moment;

/// A mail to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Without brackets; the same at every attempt, so that a mail that arrives twice collapses into one.
    pub message_id: String,
    /// The incident's first `Message-ID`, without brackets: what mail programs gather a thread by.
    pub thread_root: Option<String>,
    pub to_name: String,
    pub to_address: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// `List-Id` without brackets (RFC 2919), as `incidents.hearken.example.org`: what people filter by.
    pub list_id: String,
    pub date: Moment,
}

/// What goes over the wire.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

/// An address that no mail can go to, with the reason.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{text:?} is not a mail address: {reason}")]
pub struct BadAddress {
    pub text: String,
    pub reason: String,
}

/// Bytes in one encoded word: 42 give 68 characters, which fit behind `Subject: ` in a line of 78 (RFC 2047 §2 allows 75).
const WORD_BYTES: usize = 42;
/// A header line longer than this is folded (RFC 5322 §2.1.1 wants 78).
const LINE_CHARS: usize = 76;
/// Beyond this share of bytes outside ASCII quoted-printable, which triples them, is longer than base64.
const BASE64_FROM_ONE_IN: usize = 6;
/// The last second that a `Date` header can name: 9999-12-31T23:59:59Z.
const LAST_DATE_SECS: i64 = 253_402_300_799;

/// Reads `Name <address>` or an address.
///
/// # Errors
/// When there is no address in it.
pub fn parse_mailbox(text: &str) -> Result<Mailbox, BadAddress> {
    let text = one_line(text);
    let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (name.trim().trim_matches('"'), address),
        None => ("", text.as_str()),
    };
    mailbox(name, address)
}

/// An international domain is written in its ASCII form, which every server takes.
fn mailbox(name: &str, address: &str) -> Result<Mailbox, BadAddress> {
    let bad = |reason: &str| BadAddress { text: address.to_owned(), reason: reason.to_owned() };
    let name = one_line(name);
    let (local, domain) = address.trim().rsplit_once('@').ok_or_else(|| bad("there is no @ in it"))?;
    let domain =
        if domain.is_ascii() { domain.to_owned() } else { url::Host::parse(domain).map_err(|error| bad(&error.to_string()))?.to_string() };
    let address = Address::new(local, domain).map_err(|error| bad(&error.to_string()))?;
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address))
}

/// Builds the whole mail.
pub(super) fn letter(from: &Mailbox, reply_to: Option<&Mailbox>, mail: &Mail) -> Result<Letter, BadAddress> {
    let to = mailbox(&mail.to_name, &mail.to_address)?;
    let mut builder = Message::builder()
        .raw_header(raw("Message-ID", bracketed(&mail.message_id)))
        .date(date(mail.date))
        .from(from.clone())
        .to(to.clone())
        .raw_header(subject(&mail.subject))
        .raw_header(raw("Auto-Submitted", "auto-generated".to_owned()))
        .raw_header(raw("X-Auto-Response-Suppress", "All".to_owned()))
        .raw_header(raw("List-Id", bracketed(&mail.list_id)));
    if let Some(root) = &mail.thread_root {
        builder = builder.raw_header(raw("In-Reply-To", bracketed(root))).raw_header(raw("References", bracketed(root)));
    }
    if let Some(reply_to) = reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    let bodies =
        MultiPart::alternative().singlepart(part(ContentType::TEXT_PLAIN, &mail.text)).singlepart(part(ContentType::TEXT_HTML, &mail.html));
    let message = builder.multipart(bodies).expect("From and To are set just above");
    Ok(Letter { from: from.email.clone(), to: to.email, bytes: message.formatted() })
}

fn date(moment: Moment) -> SystemTime {
    let secs = moment.as_secs().clamp(0, LAST_DATE_SECS);
    SystemTime::UNIX_EPOCH + Duration::from_secs(secs.unsigned_abs())
}

/// A header that is ready for the wire: `value` must be printable ASCII without line ends, which `bracketed` sees to.
fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

/// `<id>` of printable ASCII without spaces and brackets.
fn bracketed(id: &str) -> String {
    let id: String = id.chars().filter(|character| character.is_ascii_graphic() && !matches!(character, '<' | '>')).collect();
    format!("<{id}>")
}

/// One line: control characters and line separators become spaces, so that nothing begins a header of its own.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|character| if is_break(character) { ' ' } else { character }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_break(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// The subject is encoded here and not by the library: a review's title may hold a word that looks encoded
/// (`=?utf-8?b?...?=`) or one longer than a line, and both must come out as they were written.
fn subject(text: &str) -> HeaderValue {
    let text = one_line(text);
    let name = HeaderName::new_from_ascii_str("Subject");
    let encoded = if is_plain(&text) { fold(text.split(' ')) } else { fold(encoded_words(&text).iter().map(String::as_str)) };
    HeaderValue::dangerous_new_pre_encoded(name, text, encoded)
}

fn is_plain(text: &str) -> bool {
    text.is_ascii() && !text.contains("=?") && text.split(' ').all(|word| word.len() < LINE_CHARS - "Subject: ".len())
}

/// RFC 2047 words of at most 75 characters, each of whole characters (a decoder that works word by word needs that).
fn encoded_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.floor_char_boundary(WORD_BYTES));
        words.push(format!("=?utf-8?b?{}?=", STANDARD.encode(word)));
        rest = after;
    }
    words
}

/// Joins words by spaces, by a folded line where the next one would not fit. A space between two encoded words is
/// no part of the text (RFC 2047 §6.2).
fn fold<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut folded = String::new();
    let mut column = "Subject: ".len();
    for word in words {
        if !folded.is_empty() {
            let fits = column + 1 + word.len() <= LINE_CHARS;
            folded.push_str(if fits { " " } else { "\r\n " });
            column = if fits { column + 1 } else { 1 };
        }
        folded.push_str(word);
        column += word.len();
    }
    folded
}

/// Never 7bit or 8bit: an encoded body has no bare CR or LF that a server could take for the end of the mail.
fn part(content_type: ContentType, text: &str) -> SinglePart {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
    let encoding = encoding(&text);
    let body = Body::new_with_encoding(text, encoding).expect("both encodings take any text");
    SinglePart::builder().content_type(content_type).body(body)
}

fn encoding(text: &str) -> ContentTransferEncoding {
    let beyond_ascii = text.bytes().filter(|byte| !byte.is_ascii()).count();
    if beyond_ascii * BASE64_FROM_ONE_IN > text.len() { ContentTransferEncoding::Base64 } else { ContentTransferEncoding::QuotedPrintable }
}

#[cfg(test)]
mod tests {
    use mailparse::MailHeaderMap as _;

    use super::*;

    fn mail(subject: &str) -> Mail {
        Mail {
            message_id: "d_abc.1@hearken.example".into(),
            thread_root: Some("H-1234@hearken.example".into()),
            to_name: "林怡君".into(),
            to_address: "mei@example.test".into(),
            subject: subject.into(),
            text: "顧客說：「等了十天還沒收到貨。」\n\n.一行以點開頭\n".into(),
            html: "<p>caf\u{e9} &amp; cr\u{e8}me</p>\n.<b>dot</b>\r\rend".into(),
            list_id: "incidents.hearken.example".into(),
            date: Moment::from_secs(1_795_000_000),
        }
    }

    fn built(mail: &Mail) -> Vec<u8> {
        let from = parse_mailbox("Hearken 監聽 <alerts@example.test>").expect("a mailbox");
        letter(&from, None, mail).expect("it builds").bytes
    }

    /// The raw header line, unfolded lines joined by CRLF as sent.
    fn raw_subject(bytes: &[u8]) -> String {
        let text = String::from_utf8(bytes.to_vec()).expect("a mail is ASCII");
        let start = text.find("Subject: ").expect("a subject");
        let end = text[start..].match_indices("\r\n").find(|(at, _)| !text[start + at + 2..].starts_with(' ')).expect("an end").0;
        text[start..start + end].to_owned()
    }

    #[test]
    fn headers_and_bodies_come_back_as_given() {
        let sent = mail("[重大] 詐騙 · Hearken H-1234");
        let bytes = built(&sent);
        assert!(bytes.is_ascii());
        let parsed = mailparse::parse_mail(&bytes).expect("it parses");
        let header = |name: &str| parsed.headers.get_first_value(name).unwrap_or_default();
        assert_eq!(header("Subject"), sent.subject);
        assert_eq!(header("Message-ID"), "<d_abc.1@hearken.example>");
        assert_eq!(header("In-Reply-To"), "<H-1234@hearken.example>");
        assert_eq!(header("References"), "<H-1234@hearken.example>");
        assert_eq!(header("Auto-Submitted"), "auto-generated");
        assert_eq!(header("X-Auto-Response-Suppress"), "All");
        assert_eq!(header("List-Id"), "<incidents.hearken.example>");
        assert_eq!(header("Date"), "Wed, 18 Nov 2026 11:06:40 +0000");
        assert_eq!(header("From"), "Hearken 監聽 <alerts@example.test>");
        assert_eq!(header("To"), "林怡君 <mei@example.test>");
        assert_eq!(parsed.ctype.mimetype, "multipart/alternative");
        let [text, html] = &parsed.subparts[..] else { panic!("two parts") };
        assert_eq!((text.ctype.mimetype.as_str(), html.ctype.mimetype.as_str()), ("text/plain", "text/html"));
        assert_eq!(text.headers.get_first_value("Content-Transfer-Encoding").as_deref(), Some("base64"));
        assert_eq!(html.headers.get_first_value("Content-Transfer-Encoding").as_deref(), Some("quoted-printable"));
        assert_eq!(text.get_body().expect("text").replace("\r\n", "\n"), sent.text);
        assert_eq!(html.get_body().expect("html").replace("\r\n", "\n"), sent.html.replace('\r', "\n"));
    }

    #[test]
    fn every_encoded_word_is_short_and_holds_whole_characters() {
        let long = "【高】顧客投訴👨‍👩‍👧‍👦：等了十天還沒收到貨，客服態度惡劣 café 😡".repeat(8);
        let bytes = built(&mail(&long));
        let line = raw_subject(&bytes);
        for word in line["Subject: ".len()..].split_whitespace() {
            assert!(word.len() <= 75, "{word}");
            let inner = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?=")).expect("an encoded word");
            String::from_utf8(STANDARD.decode(inner).expect("base64")).expect("whole characters");
        }
        assert!(line.split("\r\n").all(|line| line.len() <= 78));
        assert_eq!(mailparse::parse_mail(&bytes).expect("it parses").headers.get_first_value("Subject"), Some(long));
    }

    #[test]
    fn a_subject_that_looks_encoded_or_is_one_long_word_stays_as_written() {
        for subject in ["=?utf-8?b?ZXZpbA==?= hello", &"x".repeat(1500), "word ".repeat(100).trim()] {
            let bytes = built(&mail(subject));
            assert!(raw_subject(&bytes).split("\r\n").all(|line| line.len() <= 78), "lines stay short");
            assert_eq!(mailparse::parse_mail(&bytes).expect("it parses").headers.get_first_value("Subject").as_deref(), Some(subject));
        }
    }

    #[test]
    fn nothing_injects_a_header() {
        let mut evil = mail("hello\r\nBcc: everyone@example.test\r\n\r\nbody\u{2028}x");
        evil.to_name = "Mei\r\nX-Evil: 1".into();
        evil.message_id = "a\r\nX-Evil: 2@b".into();
        evil.list_id = "list\nX-Evil: 3".into();
        evil.thread_root = Some("root>\r\nX-Evil: 4".into());
        let bytes = built(&evil);
        let parsed = mailparse::parse_mail(&bytes).expect("it parses");
        assert!(parsed.headers.get_first_value("Bcc").is_none() && parsed.headers.get_first_value("X-Evil").is_none());
        assert_eq!(parsed.headers.get_first_value("Subject").as_deref(), Some("hello Bcc: everyone@example.test body x"));
        let mut to = mail("hello");
        to.to_address = "mei@example.test>\r\nRCPT TO:<x@y.z".into();
        assert!(letter(&parse_mailbox("a@b.test").expect("a mailbox"), None, &to).is_err());
    }

    #[test]
    fn addresses_are_read_and_refused() {
        let from = parse_mailbox("\"Hearken, Inc.\" <alerts@例子.測試>").expect("an international domain");
        assert_eq!(from.name.as_deref(), Some("Hearken, Inc."));
        assert_eq!(from.email.to_string(), "alerts@xn--fsqu00a.xn--g6w251d");
        for wrong in ["", "nobody", "a b@c.d", "a@", "@b", "a@b\r\nc"] {
            assert!(parse_mailbox(wrong).is_err(), "{wrong:?}");
        }
    }
}
