//! One mail, taken apart within bounds: who, what about, what it says. Parts are found here and not by the library, which goes as deep
//! as a mail is nested; it decodes each part by itself.

use mailparse::{MailHeader, MailHeaderMap as _, ParsedContentType, parse_content_type, parse_headers, parse_mail};

use super::start::Before;
use crate::collect::decode::decode;
use crate::collect::extract::{Context, Raw};
use crate::collect::normalise::text::from_markup;
use crate::collect::normalise::time;
use crate::model::Moment;

/// Levels of parts in parts; a forwarded newsletter with an attachment has four.
const DEPTH_MAX: usize = 8;

/// Parts of a mail, all levels together.
const PARTS_MAX: usize = 100;

/// Headers of a mail or part are read from this much of it.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Of a subject, an address and an id, where a mail is named.
const NAME_CHARS_MAX: usize = 200;

const ALERTS_SENDER: &str = "googlealerts-noreply@google.com";

/// What a mail says. Attachments are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Letter {
    id: Option<String>,
    from_name: Option<String>,
    /// In lower case.
    from_address: Option<String>,
    subject: Option<String>,
    date: Option<String>,
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    pub(super) kin: Kin,
}

/// Of which other mails it is born.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kin {
    /// `List-Id` (RFC 2919), as it stands there.
    pub(super) list: Option<String>,
    /// `In-Reply-To` and `References`.
    pub(super) answers_to: String,
    /// The ids of mails it carries inside.
    pub(super) carries: Vec<String>,
    /// It says something of its own before the first of them.
    pub(super) says_before_carried: bool,
    /// A program's answer to a mail (RFC 3834), or its report on one (RFC 3462).
    pub(super) is_automatic: bool,
}

impl Letter {
    /// Never fails: what cannot be taken apart is left out.
    pub(super) fn read(mail: &[u8]) -> Self {
        let mut letter = Self::default();
        if let Some((headers, _)) = head(mail) {
            let header = |name: &str| headers.get_first_value(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
            letter.id = header("Message-ID");
            letter.subject = header("Subject");
            letter.date = header("Date");
            if let Some(from) = header("From") {
                let (name, address) = sender(&from);
                (letter.from_name, letter.from_address) = (name, Some(address));
            }
            letter.kin = Kin::read(&headers);
        }
        if head(mail).is_none() {
            // Without one sound header it is still something that somebody wrote.
            letter.text = Some(decode(mail, None).text);
            return letter;
        }
        let mut parts = 0;
        letter.take_part(mail, 0, &mut parts);
        letter
    }

    fn take_part(&mut self, part: &[u8], depth: usize, parts: &mut usize) {
        *parts += 1;
        if depth > DEPTH_MAX || *parts > PARTS_MAX {
            return;
        }
        let Some((headers, body)) = head(part) else { return };
        let kind = headers.get_first_value("Content-Type").map_or_else(ParsedContentType::default, |value| parse_content_type(&value));
        let disposition = headers.get_first_value("Content-Disposition").unwrap_or_default();
        let mimetype = kind.mimetype.to_ascii_lowercase();
        if mimetype.starts_with("multipart/") {
            let boundary = kind.params.get("boundary").map(|boundary| format!("--{boundary}")).unwrap_or_default();
            for inner in split(body, boundary.as_bytes()) {
                self.take_part(inner, depth + 1, parts);
            }
        } else if mimetype == "message/rfc822" {
            self.carry(body);
            self.take_part(body, depth + 1, parts);
        } else if mimetype == "text/rfc822-headers" {
            self.carry(body);
        } else if !disposition.trim().to_ascii_lowercase().starts_with("attachment") {
            match mimetype.as_str() {
                "text/html" if self.html.is_none() => self.html = content(part, &headers),
                "text/plain" if self.text.is_none() => self.text = content(part, &headers),
                _ => {}
            }
        }
    }

    /// A mail, or its headers alone, inside of this one.
    fn carry(&mut self, inner: &[u8]) {
        if self.kin.carries.is_empty() {
            self.kin.says_before_carried = self.text.is_some() || self.html.is_some();
        }
        self.kin.carries.extend(head(inner).and_then(|(headers, _)| headers.get_first_value("Message-ID")));
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// In lower case.
    pub(super) fn sender(&self) -> Option<&str> {
        self.from_address.as_deref()
    }

    /// Its subject and what it says, as far as that is plain.
    pub(super) fn words(&self) -> String {
        let said = self.text.clone().or_else(|| self.html.as_deref().map(from_markup)).unwrap_or_default();
        format!("{}\n{said}", self.subject.as_deref().unwrap_or_default())
    }

    /// The same mail with these words alone: what it quotes, and a subject that is that of a quoted mail, is somebody else's.
    pub(super) fn with_own_words(&self, words: String) -> Self {
        Self { subject: None, text: Some(words), html: None, ..self.clone() }
    }

    /// Whether it is from one of these senders, and its subject holds one of these phrases.
    pub(super) fn fits(&self, from: &[String], subject: &[String]) -> bool {
        let address = self.from_address.as_deref().unwrap_or_default();
        let sent_by = |wanted: &String| {
            let wanted = wanted.to_ascii_lowercase();
            if wanted.starts_with('@') { address.ends_with(&wanted) } else { address == wanted }
        };
        let title = self.subject.as_deref().unwrap_or_default().to_lowercase();
        (from.is_empty() || from.iter().any(sent_by))
            && (subject.is_empty() || subject.iter().any(|phrase| title.contains(&phrase.to_lowercase())))
    }

    /// By what people find it again; none where it says nothing of itself.
    pub(super) fn named(&self) -> Option<String> {
        let cut = |text: &str| text.chars().filter(|letter| !letter.is_control()).take(NAME_CHARS_MAX).collect::<String>();
        let subject = self.subject.as_deref().map(|subject| format!("\"{}\"", cut(subject)));
        let from = self.from_address.as_deref().map(|from| format!("from {}", cut(from)));
        let id = self.id.as_deref().map(|id| format!("Message-ID {}", cut(id)));
        let parts: Vec<String> = [subject, from, id].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Whether its links are results: of a Google Alert, also one that somebody forwarded.
    pub(super) fn is_alert(&self) -> bool {
        let marked = |html: &String| html.contains("google.") && (html.contains("ct=ga") || html.contains("ct&#61;ga"));
        self.from_address.as_deref() == Some(ALERTS_SENDER) || self.html.as_ref().is_some_and(marked)
    }

    /// When it was sent, else when it arrived.
    pub(super) fn sent(&self, received: Option<&str>, context: &Context<'_>) -> Option<Moment> {
        self.dated(context).or_else(|| arrived(received, context))
    }

    /// As its sender dates it.
    fn dated(&self, context: &Context<'_>) -> Option<Moment> {
        self.date.as_deref().and_then(|date| time::parse(&without_comment(date), context.timezone, context.now))
    }

    /// Whether it lay in the mailbox before we listened to it.
    pub(super) fn lay_there(&self, before: Before, received: Option<&str>, context: &Context<'_>) -> bool {
        arrived(received, context).is_some_and(|at| at < before.arrived) || self.dated(context).is_some_and(|at| at < before.dated)
    }

    /// The mail as one item. Its text is preferred to its HTML, which repeats it between addresses and pixels.
    pub(super) fn entry(&self, published: Option<Moment>) -> Raw {
        let plain = self.text.as_deref().filter(|text| !text.trim().is_empty());
        Raw {
            id: self.id.clone(),
            title: self.subject.as_deref().map(as_markup),
            text: plain.map(as_markup).or_else(|| self.html.clone()),
            author: self.from_name.as_deref().or(self.from_address.as_deref()).map(as_markup),
            published,
            ..Raw::default()
        }
    }
}

impl Kin {
    fn read(headers: &[MailHeader<'_>]) -> Self {
        let header = |name: &str| headers.get_first_value(name).map(|value| value.trim().to_ascii_lowercase());
        let word = |name: &str| header(name).map(|value| value.split([';', ' ', '(']).next().unwrap_or_default().to_owned());
        let is = |name: &str, wanted: &str| word(name).is_some_and(|word| word == wanted);
        // Older programs have headers of their own for it.
        let says_so = ["X-Autoreply", "X-Autorespond"].iter().any(|name| word(name).is_some_and(|word| word != "no"));
        let kind = headers.get_first_value("Content-Type").map_or_else(ParsedContentType::default, |value| parse_content_type(&value));
        let about = kind.params.get("report-type").map(|kind| kind.to_ascii_lowercase()).unwrap_or_default();
        let is_report = kind.mimetype.eq_ignore_ascii_case("multipart/report")
            && matches!(about.as_str(), "delivery-status" | "disposition-notification");
        Self {
            list: header("List-Id"),
            answers_to: ["In-Reply-To", "References"].into_iter().filter_map(header).collect::<Vec<_>>().join(" "),
            carries: Vec::new(),
            says_before_carried: false,
            is_automatic: is("Auto-Submitted", "auto-replied") || is("Precedence", "auto_reply") || says_so || is_report,
        }
    }
}

/// `17-Jul-2026 02:44:25 -0700` is an RFC 2822 date but for its hyphens.
fn arrived(received: Option<&str>, context: &Context<'_>) -> Option<Moment> {
    received.and_then(|text| time::parse(&text.trim().replacen('-', " ", 2), context.timezone, context.now))
}

/// The headers of a mail or part, and what follows them.
fn head(part: &[u8]) -> Option<(Vec<MailHeader<'_>>, &[u8])> {
    let (headers, end) = parse_headers(&part[..part.len().min(HEAD_BYTES_MAX)]).ok()?;
    Some((headers, &part[end..]))
}

/// The text of a part that is no multipart: its transfer encoding undone, its charset settled as every document's is.
fn content(part: &[u8], headers: &[MailHeader<'_>]) -> Option<String> {
    let bytes = parse_mail(part).ok()?.get_body_raw().ok()?;
    let content_type = headers.get_first_value("Content-Type");
    Some(decode(&bytes, content_type.as_deref()).text)
}

/// The parts between lines that begin with the boundary; the last one may lack its end.
fn split<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    if boundary.len() < 3 {
        return parts;
    }
    let (mut begun, mut at) = (None, 0);
    while at < body.len() && parts.len() < PARTS_MAX {
        let end = body[at..].iter().position(|byte| *byte == b'\n').map_or(body.len(), |found| at + found + 1);
        if body[at..end].starts_with(boundary) {
            if let Some(begin) = begun {
                parts.push(&body[begin..at]);
            }
            if body[at + boundary.len()..end].starts_with(b"--") {
                return parts;
            }
            begun = Some(end);
        }
        at = end;
    }
    parts.extend(begun.filter(|begin| *begin < body.len()).map(|begin| &body[begin..]));
    parts
}

/// `"Name" <address>`: the name where there is one, and the address in lower case.
fn sender(from: &str) -> (Option<String>, String) {
    match from.rsplit_once('<') {
        Some((name, address)) => {
            let name = name.trim().trim_matches('"').trim();
            let address = address.split('>').next().unwrap_or_default().trim().to_ascii_lowercase();
            ((!name.is_empty()).then(|| name.to_owned()), address)
        }
        None => (None, from.trim().to_ascii_lowercase()),
    }
}

/// `.. +0800 (CST)`.
fn without_comment(date: &str) -> String {
    date.split('(').next().unwrap_or_default().trim().to_owned()
}

/// Plain text as markup, since everything after this expects markup.
fn as_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace("\r\n", "\n").replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTICE: &str = "From: =?UTF-8?B?6JmV55CG5Lit5b+D?= <Notice@Platform.Example>\r\nSubject: =?UTF-8?B?5paw6KmV6KuW?=\r\nMessage-ID: <1@platform.example>\r\n\
        Date: Sun, 22 Nov 2026 18:00:00 +0800 (CST)\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"b1\"\r\n\r\npreamble\r\n--b1\r\n\
        Content-Type: text/plain; charset=gbk\r\nContent-Transfer-Encoding: base64\r\n\r\nuMO438nMxrfLrtfTwqnLrqOho6E=\r\n--b1\r\nContent-Type: text/html; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=E6=BC=8F=E6=B0=B4</p>\r\n--b1--\r\nepilogue";

    #[test]
    fn a_notice_is_read_whole() {
        let letter = Letter::read(NOTICE.as_bytes());
        assert_eq!((letter.from_name.as_deref(), letter.from_address.as_deref()), (Some("處理中心"), Some("notice@platform.example")));
        assert_eq!((letter.subject.as_deref(), letter.id.as_deref()), (Some("新評論"), Some("<1@platform.example>")));
        assert!(letter.text.as_deref().is_some_and(|text| text.contains("漏水")), "{:?}", letter.text);
        assert_eq!(letter.html.as_deref().map(str::trim), Some("<p>漏水</p>"));
        assert!(!letter.is_alert());
    }

    #[test]
    fn senders_and_subjects() {
        let letter = Letter::read(NOTICE.as_bytes());
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert!(letter.fits(&[], &[]));
        assert!(letter.fits(&list(&["other@x", "NOTICE@platform.example"]), &[]) && letter.fits(&list(&["@platform.example"]), &[]));
        assert!(!letter.fits(&list(&["@example"]), &[]) && !letter.fits(&list(&["notice@platform"]), &[]));
        assert!(letter.fits(&[], &list(&["x", "評論"])) && !letter.fits(&list(&["@platform.example"]), &list(&["alert"])));
        let spoofed = Letter::read(b"From: \"notice@platform.example\" <evil@x.example>\r\n\r\n");
        assert!(!spoofed.fits(&list(&["@platform.example"]), &[]), "the name is no address");
    }

    #[test]
    fn bombs_are_bounded() {
        let mut nested = String::new();
        for level in 0..20_000 {
            nested.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"));
        }
        nested.push_str("Content-Type: text/plain\n\nx");
        assert_eq!(Letter::read(nested.as_bytes()).text, None);
        let many = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\nContent-Type: text/plain; x\n\na\n".repeat(50_000));
        assert_eq!(Letter::read(many.as_bytes()).text.as_deref().map(str::trim), Some("a"));
        let messages = "Content-Type: message/rfc822\n\n".repeat(20_000);
        assert_eq!(Letter::read(messages.as_bytes()), Letter::default());
        let long = format!("Subject: {}\n\nbody", "a".repeat(1_000_000));
        let _ = Letter::read(long.as_bytes());
    }

    #[test]
    fn damage_is_no_end() {
        let cases: [&[u8]; 8] = [
            b"",
            b"\r\n",
            b"no header at all",
            b"Content-Type: multipart/mixed\r\n\r\n--\r\n",
            b"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\nx",
            b"Content-Type: text/plain; charset=nonsense\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%",
            b"Subject: =?utf-8?B?%%?=\r\n =?x?Q?=ZZ?=\r\n\r\n",
            b"Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain\r\n\r\n=ZZ=",
        ];
        for case in cases {
            let _ = Letter::read(case);
        }
        assert_eq!(Letter::read(b" folded: first\r\n\r\nkettle").text.as_deref(), Some(" folded: first\r\n\r\nkettle"));
        let cut = Letter::read(&NOTICE.as_bytes()[..NOTICE.len() - 40]);
        assert!(cut.html.is_some(), "a mail that was cut off is read as far as it goes");
        let mislabelled = [b"Content-Type: text/plain; charset=us-ascii\r\n\r\n".as_slice(), "漏水了".as_bytes()].concat();
        assert_eq!(Letter::read(&mislabelled).text.as_deref(), Some("漏水了"), "the bytes tell");
    }

    #[test]
    fn an_attachment_is_no_text_and_a_forwarded_mail_is() {
        let mail = "Subject: fwd\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n\
            log\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: text/plain\r\n\r\ninner text\r\n--b--\r\n";
        let letter = Letter::read(mail.as_bytes());
        assert_eq!((letter.subject.as_deref(), letter.text.as_deref().map(str::trim)), (Some("fwd"), Some("inner text")));
    }
}
