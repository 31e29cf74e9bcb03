//! One mail, taken apart within bounds: who, what about, what it says.

use mailparse::{MailHeader, MailHeaderMap as _, ParsedContentType, parse_content_type};

use super::parts::{Kind, PARTS_MAX, content, head, kind, raw, split};
use super::said::{Piece, letters};
use super::start::Before;
use crate::collect::decode::decode;
use crate::collect::extract::{Context, Raw};
use crate::collect::normalise::text::from_markup;
use crate::collect::normalise::time;
use crate::model::Moment;

/// Levels of parts in parts; a forwarded newsletter with an attachment has four.
const DEPTH_MAX: usize = 8;

/// Mails that are carried inside of one, all levels together: who sends a customer's mails on sends a handful.
const MAILS_INSIDE_MAX: usize = 20;

/// Attached texts that are read of a mail, all levels together.
const TEXTS_MAX: usize = 10;

/// So much is read of one of them: an item holds half of that.
const ATTACHED_BYTES_MAX: usize = 64 * 1024;

/// Of a subject, an address and an id, where a mail is named.
const NAME_CHARS_MAX: usize = 200;

const ALERTS_SENDER: &str = "googlealerts-noreply@google.com";

/// What a mail says, with the texts and the mails that are attached to it. Other attachments are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Letter {
    id: Option<String>,
    from_name: Option<String>,
    /// In lower case.
    from_address: Option<String>,
    subject: Option<String>,
    date: Option<String>,
    /// Piece by piece: some programs write a part before a picture and one behind it.
    said: Vec<Piece>,
    /// Attached texts.
    pub(super) texts: Vec<String>,
    /// Mails that it carries, as somebody does who sends them on.
    pub(super) attached: Vec<Self>,
    /// Attachments, and parts beyond our bounds, that nobody reads.
    pub(super) unread: u64,
    pub(super) kin: Kin,
}

/// What has been read of a mail, all levels together.
#[derive(Debug, Default)]
struct Spent {
    parts: usize,
    mails: usize,
    texts: usize,
}

/// Where a part stands.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    depth: usize,
    /// Inside of alternatives: all of them say one thing.
    alternative: bool,
    /// In a digest a part is a mail where it does not say what it is (RFC 2046, 5.1.5).
    digest: bool,
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
        Self::read_within(mail, 0, &mut Spent::default())
    }

    fn read_within(mail: &[u8], depth: usize, spent: &mut Spent) -> Self {
        let mut letter = Self::default();
        let Some((headers, _)) = head(mail) else {
            // Without one sound header it is still something that somebody wrote.
            letter.said.push(Piece::of_plain(decode(mail, None).text));
            return letter;
        };
        let header = |name: &str| headers.get_first_value(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        letter.id = header("Message-ID");
        letter.subject = header("Subject");
        letter.date = header("Date");
        if let Some(from) = header("From") {
            let (name, address) = sender(&from);
            (letter.from_name, letter.from_address) = (name, Some(address));
        }
        letter.kin = Kin::read(&headers);
        letter.take_part(mail, Place { depth, ..Place::default() }, spent);
        letter
    }

    /// Somebody wrote it, though no line that should divide it ever comes.
    fn take_undivided(&mut self, body: &[u8], place: Place) {
        let text = decode(body, None).text;
        let piece = self.piece(place);
        let said = if text.trim_start().starts_with('<') { &mut piece.html } else { &mut piece.plain };
        add(said, Some(text).filter(|text| !text.trim().is_empty()));
    }

    fn take_part(&mut self, part: &[u8], place: Place, spent: &mut Spent) {
        spent.parts += 1;
        if place.depth > DEPTH_MAX || spent.parts > PARTS_MAX {
            self.unread += 1;
            return;
        }
        let Some((headers, body)) = head(part) else { return };
        match kind(&headers, place.digest) {
            Kind::Parts { boundary, alternative, digest } => {
                if alternative && !place.alternative {
                    self.said.push(Piece::default());
                }
                let inside = Place { depth: place.depth + 1, alternative: alternative || place.alternative, digest };
                let parts = split(body, boundary.as_bytes());
                if parts.is_empty() {
                    self.take_undivided(body, place);
                }
                for inner in parts {
                    self.take_part(inner, inside, spent);
                }
            }
            Kind::Mail => self.take_mail(part, &headers, body, (place, spent)),
            Kind::Headers => self.carry(head(body).and_then(|(headers, _)| headers.get_first_value("Message-ID"))),
            Kind::Plain => {
                let text = content(part, &headers);
                add(&mut self.piece(place).plain, text);
            }
            Kind::Html => {
                let text = content(part, &headers);
                add(&mut self.piece(place).html, text);
            }
            Kind::AttachedPlain => self.attach(content(part, &headers), spent),
            Kind::AttachedHtml => self.attach(content(part, &headers).map(|html| from_markup(&html)), spent),
            Kind::Unread => self.unread += 1,
            Kind::Nothing => {}
        }
    }

    /// The one of the alternatives, else a new one.
    fn piece(&mut self, place: Place) -> &mut Piece {
        if !place.alternative || self.said.is_empty() {
            self.said.push(Piece::default());
        }
        let last = self.said.len() - 1;
        &mut self.said[last]
    }

    fn attach(&mut self, text: Option<String>, spent: &mut Spent) {
        let Some(mut text) = text.filter(|text| !text.trim().is_empty()) else { return };
        spent.texts += 1;
        if spent.texts > TEXTS_MAX {
            self.unread += 1;
            return;
        }
        if text.len() > ATTACHED_BYTES_MAX {
            text.truncate(text.floor_char_boundary(ATTACHED_BYTES_MAX));
            self.unread += 1;
        }
        self.texts.push(text);
    }

    /// A mail inside of this one.
    fn take_mail(&mut self, part: &[u8], headers: &[MailHeader<'_>], body: &[u8], (place, spent): (Place, &mut Spent)) {
        // RFC 2046 wants it as it is; some programs encode it all the same, and those that call it a file always do.
        let encoding = headers.get_first_value("Content-Transfer-Encoding").unwrap_or_default().trim().to_ascii_lowercase();
        let undone = if matches!(encoding.as_str(), "base64" | "quoted-printable") { raw(part) } else { None };
        let mail = undone.as_deref().unwrap_or(body);
        spent.mails += 1;
        if spent.mails > MAILS_INSIDE_MAX || place.depth >= DEPTH_MAX {
            self.unread += 1;
            self.carry(head(mail).and_then(|(headers, _)| headers.get_first_value("Message-ID")));
            return;
        }
        let mut inner = Self::read_within(mail, place.depth + 1, spent);
        self.carry(inner.id.clone());
        self.kin.carries.extend(inner.kin.carries.iter().cloned());
        self.unread += std::mem::take(&mut inner.unread);
        self.attached.push(inner);
    }

    /// The id of a mail that is inside of this one.
    fn carry(&mut self, id: Option<String>) {
        if self.kin.carries.is_empty() {
            self.kin.says_before_carried = self.says_something();
        }
        self.kin.carries.extend(id);
    }

    /// Words of its own besides its subject.
    pub(super) fn says_something(&self) -> bool {
        self.said.iter().any(Piece::says_something) || !self.texts.is_empty()
    }

    /// What it says in plain text.
    pub(super) fn plain(&self) -> Option<String> {
        joined(self.said.iter().filter_map(|piece| piece.plain.as_deref()))
    }

    /// What it says in markup.
    pub(super) fn html(&self) -> Option<String> {
        joined(self.said.iter().filter_map(|piece| piece.html.as_deref()))
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
        let said = self.said.iter().map(Piece::words).collect::<Vec<_>>().join("\n");
        format!("{}\n{said}", self.subject.as_deref().unwrap_or_default())
    }

    /// The same mail with these words alone: what it quotes, and a subject that is that of a quoted mail, is somebody else's.
    pub(super) fn with_own_words(&self, words: String) -> Self {
        let said = if words.is_empty() { Vec::new() } else { vec![Piece::of_plain(words)] };
        Self { subject: None, said, ..self.clone() }
    }

    /// Whether it is merely the cover of these mails: without words, and with a subject that is theirs.
    pub(super) fn covers(&self, inner: &[Self]) -> bool {
        let plain = |subject: &Option<String>| letters(subject.as_deref().unwrap_or_default()).into_iter().collect::<String>();
        let own = plain(&self.subject);
        let is_theirs = |inner: &Self| Some(plain(&inner.subject)).is_some_and(|theirs| !theirs.is_empty() && own.ends_with(&theirs));
        !inner.is_empty() && !self.says_something() && (own.is_empty() || inner.iter().any(is_theirs))
    }

    /// Neither a subject nor a word.
    pub(super) fn is_blank(&self) -> bool {
        self.subject.is_none() && !self.says_something()
    }

    /// Under this id, where another mail has its own.
    pub(super) fn under(&self, id: Option<String>) -> Self {
        Self { id, ..self.clone() }
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
        let marked = |html: &str| html.contains("google.") && (html.contains("ct=ga") || html.contains("ct&#61;ga"));
        self.from_address.as_deref() == Some(ALERTS_SENDER) || self.html().as_deref().is_some_and(marked)
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

    /// The mail as one item, with the texts that are attached to it at its end.
    pub(super) fn entry(&self, published: Option<Moment>) -> Raw {
        Raw {
            id: self.id.clone(),
            title: self.subject.as_deref().map(as_markup),
            text: self.text(),
            author: self.from_name.as_deref().or(self.from_address.as_deref()).map(as_markup),
            published,
            ..Raw::default()
        }
    }
}

impl Letter {
    /// As markup, which everything after this expects. Where there is one piece of markup alone it stays as it is; beside others it would
    /// swallow them where it is not closed.
    fn text(&self) -> Option<String> {
        let pieces: Vec<&Piece> = self.said.iter().filter(|piece| piece.says_something()).collect();
        if let ([Piece { plain: None, html: Some(html) }], true) = (pieces.as_slice(), self.texts.is_empty()) {
            return Some(html.clone());
        }
        let words: Vec<String> = pieces.into_iter().map(Piece::words).chain(self.texts.iter().cloned()).collect();
        (!words.is_empty()).then(|| as_markup(&words.join("\n")))
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

fn add(to: &mut Option<String>, more: Option<String>) {
    match (to.as_mut(), more) {
        (Some(text), Some(more)) => {
            text.push('\n');
            text.push_str(&more);
        }
        (None, more) => *to = more,
        (Some(_), None) => {}
    }
}

fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> Option<String> {
    let texts: Vec<&str> = texts.collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
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
        assert!(letter.plain().as_deref().is_some_and(|text| text.contains("漏水")), "{:?}", letter.plain());
        assert_eq!(letter.html().as_deref().map(str::trim), Some("<p>漏水</p>"));
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
        assert_eq!(Letter::read(nested.as_bytes()).plain(), None);
        let many = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\nContent-Type: text/plain; x\n\na\n".repeat(50_000));
        let many = Letter::read(many.as_bytes());
        assert!(many.plain().is_some_and(|text| text.matches('a').count() < PARTS_MAX) && many.unread > 0);
        let messages = "Content-Type: message/rfc822\n\n".repeat(20_000);
        let (mut letter, mut depth) = (Letter::read(messages.as_bytes()), 0);
        assert_eq!(letter.unread, 1, "what lies deeper is counted");
        while let Some(inner) = letter.attached.pop() {
            (letter, depth) = (inner, depth + 1);
        }
        assert_eq!(depth, DEPTH_MAX);
        let one = "--b\nContent-Type: message/rfc822\n\nSubject: s\n\nx\n";
        let beside = Letter::read(format!("Content-Type: multipart/mixed; boundary=b\n\n{}", one.repeat(40)).as_bytes());
        assert_eq!((beside.attached.len(), beside.unread), (MAILS_INSIDE_MAX, 20));
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
        assert_eq!(Letter::read(b" folded: first\r\n\r\nkettle").plain().as_deref(), Some(" folded: first\r\n\r\nkettle"));
        let cut = Letter::read(&NOTICE.as_bytes()[..NOTICE.len() - 40]);
        assert!(cut.html().is_some(), "a mail that was cut off is read as far as it goes");
        let mislabelled = [b"Content-Type: text/plain; charset=us-ascii\r\n\r\n".as_slice(), "漏水了".as_bytes()].concat();
        assert_eq!(Letter::read(&mislabelled).plain().as_deref(), Some("漏水了"), "the bytes tell");
    }

    #[test]
    fn base64_that_is_not_sound_is_read_as_far_as_it_is() {
        let of = |body: &str| {
            let head = "Subject: s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
            Letter::read(format!("{head}{body}").as_bytes()).plain().unwrap_or_default()
        };
        let signs = "57SF6Zq85rC05aO654iG54K477yM5a2p5a2Q54eS5YK3IQ==";
        assert_eq!(of(signs), "紅隼水壺爆炸，孩子燒傷!");
        for body in [&signs[..signs.len() - 1], &signs[..signs.len() - 6], &format!("{signs}\r\n\r\n____\r\na mailing list")] {
            assert!(of(body).starts_with("紅隼水壺爆炸，孩子燒"), "{body}: {}", of(body));
        }
        assert_eq!(of("My Kestrel kettle exploded").trim(), "My Kestrel kettle exploded");
    }

    fn mixed(parts: &[&str]) -> Letter {
        let parts: String = parts.iter().map(|part| format!("--b\r\n{part}\r\n")).collect();
        let head = "From: mei@kestrel.test\r\nSubject: Fwd: inner\r\nMessage-ID: <1@kestrel.test>\r\n";
        Letter::read(format!("{head}Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n").as_bytes())
    }

    fn shown(letter: &Letter) -> String {
        from_markup(&letter.entry(None).text.unwrap_or_default())
    }

    #[test]
    fn alternatives_are_one_piece_and_parts_beside_each_other_are_several() {
        let alternative = "Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\nThis mail is in HTML.\r\n\
            --a\r\nContent-Type: text/html\r\n\r\n<p>the lid cracked</p>\r\n--a--";
        assert_eq!(shown(&mixed(&[alternative])), "the lid cracked\nThis mail is in HTML.");
        let picture = "Content-Type: image/png\r\nContent-Disposition: inline\r\n\r\nx";
        let around = mixed(&["Content-Type: text/plain\r\n\r\nbefore the picture", picture, "Content-Type: text/plain\r\n\r\nbehind it"]);
        assert_eq!((shown(&around).as_str(), around.unread), ("before the picture\nbehind it", 0));
        let unclosed = mixed(&["Content-Type: text/html\r\n\r\n<p>one<style>", "Content-Type: text/html\r\n\r\n<p>two"]);
        assert_eq!(shown(&unclosed).split_whitespace().collect::<Vec<_>>(), ["one", "two"], "none swallows the next");
    }

    #[test]
    fn attached_texts_are_read_and_other_files_counted() {
        let attached = |kind: &str, name: &str, body: &str| {
            format!("Content-Type: {kind}\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{body}")
        };
        let (note, file) = (attached("text/plain", "a.txt", "in the note"), attached("application/octet-stream", "b.TXT", "in the file"));
        let (page, pdf) = (attached("text/html", "c.html", "<b>in the page</b>"), attached("application/pdf", "d.pdf", "x"));
        let letter = mixed(&["Content-Type: text/plain\r\n\r\nsee below", &note, &file, &page, &pdf]);
        let words: Vec<String> = shown(&letter).lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        assert_eq!((words, letter.unread), (["see below", "in the note", "in the file", "in the page"].map(str::to_owned).to_vec(), 1));
        let long = attached("text/plain", "a.txt", &"a".repeat(ATTACHED_BYTES_MAX + 1));
        let letter = mixed(&[long.as_str(); TEXTS_MAX + 2]);
        assert_eq!((letter.texts.len(), letter.texts[0].len(), letter.unread), (TEXTS_MAX, ATTACHED_BYTES_MAX, TEXTS_MAX as u64 + 2));
    }

    #[test]
    fn a_mail_inside_is_a_mail_however_it_is_written() {
        let inner = "Subject: inner\r\nFrom: Guest <guest@x.test>\r\nMessage-ID: <2@x.test>\r\nContent-Type: text/plain\r\n\r\ninner text";
        // The same in base64, as a program's file and as what RFC 2046 forbids.
        let base64 = "U3ViamVjdDogaW5uZXINCkZyb206IEd1ZXN0IDxndWVzdEB4LnRlc3Q+DQpNZXNzYWdlLUlEOiA8MkB4LnRlc3Q+DQpDb250ZW50LVR5cGU6IHRleHQvcGxhaW4NCg0KaW5uZXIgdGV4dA==";
        let digest = format!("Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\n{inner}\r\n--d--");
        for part in [
            format!("Content-Type: message/rfc822\r\nContent-Disposition: attachment; filename=inner.eml\r\n\r\n{inner}"),
            format!("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64}"),
            format!("Content-Type: application/octet-stream; name=\"inner.EML\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64}"),
            digest,
        ] {
            let letter = mixed(&[&part]);
            let [mail] = letter.attached.as_slice() else { panic!("{part}: {letter:?}") };
            assert_eq!(
                (mail.subject.as_deref(), mail.from_name.as_deref(), shown(mail).as_str()),
                (Some("inner"), Some("Guest"), "inner text")
            );
            assert!(letter.covers(&letter.attached) && letter.kin.carries == ["<2@x.test>"], "{part}");
        }
        let with_words = mixed(&["Content-Type: text/plain\r\n\r\nplease look", &format!("Content-Type: message/rfc822\r\n\r\n{inner}")]);
        assert!(!with_words.covers(&with_words.attached) && with_words.kin.says_before_carried);
        assert_eq!(shown(&with_words).trim(), "please look");
    }
}
