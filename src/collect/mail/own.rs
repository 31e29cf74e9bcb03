//! Mails that are no mentions: our own warnings, answers to them, and what programs answer by themselves. A warning that is taken for news
//! would be warned of, and that warning again. What is merely sent by a program, as the notices of platforms are, is read; so are the words
//! that a colleague writes above a warning which he sends on.

use super::letter::Letter;
use super::quoted;
use crate::model::{LeftOut, LeftOutMail, Moment, WhyLeftOut as Why};

/// Hex digits before the `@` of our Message-IDs; nobody else's are both so long and so plain.
const ID_DIGITS: usize = 40;

/// What stands before the `@` where a channel was only tried.
const TRIED: &str = "test-";

/// In a `List-Id`, between the department and the domain.
const LIST_LABEL: &str = "hearken";

/// Characters of a link behind its beginning: what is shorter is no link of ours.
const TOKEN_CHARS_MIN: usize = 20;

/// By what our own mails are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Behind the `@` of our Message-IDs.
    pub domain: String,
    /// What the links begin with by which people answer a warning, `https://host/a/`.
    pub answer_link: String,
}

/// What of a mail is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Whole,
    /// What its sender says above one of our warnings; empty where that is nothing, and other mails are attached.
    OwnWords(String),
    /// Nothing.
    LeftOut(Why),
}

pub(super) fn reading(letter: &Letter, own: Option<&Own>) -> Reading {
    if let Some(own) = own {
        if letter.id().is_some_and(|id| own.gave(id)) || own.sent_to_list(letter) {
            return Reading::LeftOut(Why::Own);
        }
        if letter.kin.answers_to.split([' ', '\t', '\r', '\n', ',']).any(|id| own.gave(id)) {
            return Reading::LeftOut(Why::Answer);
        }
        let carries = letter.kin.carries.iter().any(|id| own.gave(id));
        if carries || own.is_quoted_in(letter) {
            let others = || letter.attached.iter().any(|inner| !matches!(reading(inner, Some(own)), Reading::LeftOut(_)));
            let said = if letter.kin.is_automatic { None } else { own_words(letter, carries).or_else(|| others().then(String::new)) };
            return said.map_or(Reading::LeftOut(Why::Answer), Reading::OwnWords);
        }
    }
    if letter.kin.is_automatic { Reading::LeftOut(Why::Automatic) } else { Reading::Whole }
}

/// What its sender says himself. Where a warning is attached whole, that is all of the text.
fn own_words(letter: &Letter, carries: bool) -> Option<String> {
    let (text, html) = (letter.plain(), letter.html());
    let (text, html) = (text.as_deref(), html.as_deref());
    let above = quoted::above(text, html);
    let whole = || text.map(str::trim).filter(|text| carries && letter.kin.says_before_carried && !text.is_empty()).map(str::to_owned);
    above.or_else(whole)
}

/// What is attached to a mail, without our own warnings and the answers to them.
pub(super) fn without_ours(mut letter: Letter, own: Option<&Own>) -> Letter {
    let inner = std::mem::take(&mut letter.attached).into_iter();
    let kept = inner.filter_map(|inner| match reading(&inner, own) {
        Reading::Whole => Some(without_ours(inner, own)),
        Reading::OwnWords(words) => Some(without_ours(inner, own).with_own_words(words)),
        Reading::LeftOut(_) => None,
    });
    letter.attached = kept.collect();
    letter.texts.retain(|text| own.is_none_or(|own| !own.is_shown_in(text)));
    letter
}

/// Of what a mail says as many characters are kept: it is written with every round.
const WORDS_KEPT: usize = 300;
/// Mails that were left out and are remembered of one mailbox: of a week or so.
const MAILS_KEPT: usize = 20;

/// What is remembered of a mail that was left out.
pub(super) fn noted(letter: &Letter, why: Why, now: Moment) -> LeftOutMail {
    let words = letter.words().split_whitespace().collect::<Vec<_>>().join(" ").chars().take(WORDS_KEPT).collect();
    LeftOutMail { why, words, from: letter.sender().map(str::to_owned), at: now }
}

/// The last ones, the newest first, with those of one round.
pub(super) fn remembered(known: Vec<LeftOutMail>, more: &[LeftOutMail]) -> Vec<LeftOutMail> {
    more.iter().rev().cloned().chain(known).take(MAILS_KEPT).collect()
}

impl Own {
    /// Whether this Message-ID, with or without its brackets, is one of ours.
    fn gave(&self, id: &str) -> bool {
        let id = id.trim().trim_matches(['<', '>']);
        id.rsplit_once('@').is_some_and(|(local, domain)| domain.eq_ignore_ascii_case(&self.domain) && is_made_here(local))
    }

    /// Whether it went out under a list of ours, or of another Hearken, as one that is tried beside this one.
    fn sent_to_list(&self, letter: &Letter) -> bool {
        let list = letter.kin.list.as_deref().unwrap_or_default();
        let list = list.rsplit_once('<').map_or(list, |(_, list)| list).trim_end_matches('>');
        let mut labels = list.splitn(3, '.').skip(1);
        let (Some(LIST_LABEL), Some(domain)) = (labels.next(), labels.next()) else { return false };
        let other = Self { domain: domain.to_owned(), ..self.clone() };
        domain.eq_ignore_ascii_case(&self.domain) || letter.id().is_some_and(|id| other.gave(id))
    }

    /// Whether it shows a link by which a warning is answered, as the quoted text of an answer does where a program drops its headers.
    fn is_quoted_in(&self, letter: &Letter) -> bool {
        [letter.plain(), letter.html()].into_iter().flatten().any(|text| self.is_shown_in(&text))
    }

    fn is_shown_in(&self, text: &str) -> bool {
        let is_token = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        let is_whole = |rest: &str| rest.chars().take_while(is_token).take(TOKEN_CHARS_MIN).count() == TOKEN_CHARS_MIN;
        let mut links = text.match_indices(&self.answer_link);
        !self.answer_link.is_empty() && links.any(|(at, link)| is_whole(&text[at + link.len()..]))
    }
}

fn is_made_here(local: &str) -> bool {
    local.starts_with(TRIED) || (local.len() == ID_DIGITS && local.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The counts of one round.
pub(super) fn counted(left: &[LeftOutMail], now: Moment) -> LeftOut {
    let count = |wanted: Why| left.iter().filter(|mail| mail.why == wanted).count() as u64;
    LeftOut {
        own: count(Why::Own),
        answers: count(Why::Answer),
        automatic: count(Why::Automatic),
        unread: 0,
        last_at: (!left.is_empty()).then_some(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    fn own() -> Own {
        Own { domain: "Example.com".into(), answer_link: "https://hearken.example.com/a/".into() }
    }

    fn read(headers: &str, body: &str) -> Reading {
        let mail = format!("From: a@b.test\r\nSubject: s\r\n{headers}\r\n{body}\r\n");
        reading(&Letter::read(mail.as_bytes()), Some(&own()))
    }

    fn judged(headers: &str, body: &str) -> Option<Why> {
        match read(headers, body) {
            Reading::LeftOut(why) => Some(why),
            Reading::Whole | Reading::OwnWords(_) => None,
        }
    }

    #[test]
    fn of_a_warning_that_is_sent_on_what_stands_above_it_is_read() {
        let link = "https://hearken.example.com/a/abcdefghij-klmnopqrs_t.uv";
        let said = "The lid of another customer is cracked, too.";
        let sent_on = format!("{said}\r\n\r\n-----Original Message-----\r\nKestrel leaks\r\n{link}");
        assert_eq!(read("", &sent_on), Reading::OwnWords(said.to_owned()));
        assert_eq!(judged(&format!("In-Reply-To: <{ID}@example.com>\r\n"), &sent_on), Some(Why::Answer));
        assert_eq!(judged("Auto-Submitted: auto-replied\r\n", &sent_on), Some(Why::Answer));
        assert_eq!(judged("", &format!("FYI\r\n> {link}")), Some(Why::Answer), "nothing is said");
        let attached = "Content-Type: multipart/mixed; boundary=b\r\n";
        let inside = |first: &str| {
            format!(
                "--b\r\n\r\n{first}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{ID}@example.com>\r\n\r\nKestrel leaks\r\n--b--"
            )
        };
        assert_eq!(read(attached, &inside(said)), Reading::OwnWords(said.to_owned()));
        let inside = inside("").replace("--b--", "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: lid\r\n\r\ncracked\r\n--b--");
        assert_eq!(read(attached, &inside), Reading::OwnWords(String::new()), "a customer's mail beside it");
        let letter = without_ours(Letter::read(format!("{attached}\r\n{inside}").as_bytes()), Some(&own()));
        assert_eq!(letter.attached.iter().map(|inner| inner.words()).collect::<Vec<_>>(), ["lid\ncracked\r\n"]);
    }

    #[test]
    fn what_was_left_out_is_remembered_for_a_while() {
        let letter =
            Letter::read(format!("From: Mei <mei@b.test>\r\nSubject: Re: s\r\n\r\nI  take\r\nit {}", "x".repeat(1_000)).as_bytes());
        let mail = noted(&letter, Why::Answer, Moment::from_secs(1));
        assert!(mail.words.starts_with("Re: s I take it") && mail.words.len() == WORDS_KEPT && mail.from.as_deref() == Some("mei@b.test"));
        let newer = LeftOutMail { at: Moment::from_secs(2), ..mail.clone() };
        let kept = remembered(vec![mail.clone(); MAILS_KEPT], &[mail, newer.clone()]);
        assert_eq!((kept.len(), &kept[0]), (MAILS_KEPT, &newer));
    }

    #[test]
    fn our_own_are_known_by_id_and_list() {
        assert_eq!(judged(&format!("Message-ID: <{ID}@example.com>\r\n"), "x"), Some(Why::Own));
        assert_eq!(judged("Message-ID: <test-d_1@example.com>\r\n", "x"), Some(Why::Own));
        assert_eq!(judged("List-Id: <care.hearken.example.com>\r\n", "x"), Some(Why::Own));
        let other = format!("List-Id: \"Care\" <care.hearken.other.test>\r\nMessage-ID: <{ID}@other.test>\r\n");
        assert_eq!(judged(&other, "x"), Some(Why::Own), "another Hearken's");
        for read in [
            format!("Message-ID: <{ID}@elsewhere.test>\r\n"),
            "Message-ID: <short@example.com>\r\nList-Id: <hearken.example.com>\r\nAuto-Submitted: auto-generated\r\n".to_owned(),
            "List-Id: <care.hearken.other.test>\r\nMessage-ID: <1@other.test>\r\n".to_owned(),
        ] {
            assert_eq!(judged(&read, "x"), None, "{read}");
        }
    }

    #[test]
    fn answers_are_known_by_what_they_refer_to_carry_or_quote() {
        assert_eq!(judged(&format!("In-Reply-To: <{ID}@example.com>\r\n"), "x"), Some(Why::Answer));
        assert_eq!(judged(&format!("References: <1@x.test>\r\n\t<{ID}@EXAMPLE.com>\r\n"), "x"), Some(Why::Answer));
        let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n";
        let inside = |kind: &str| {
            format!("--b\r\n\r\nno such user\r\n--b\r\nContent-Type: {kind}\r\n\r\nMessage-ID: <{ID}@example.com>\r\n\r\n--b--")
        };
        assert_eq!(judged(report, &inside("message/rfc822")), Some(Why::Answer));
        assert_eq!(judged(report, &inside("text/rfc822-headers")), Some(Why::Answer));
        assert_eq!(judged(report, "--b\r\n\r\nno such user\r\n--b--"), Some(Why::Automatic));
        assert_eq!(judged("", "> https://hearken.example.com/a/abcdefghij-klmnopqrs_t.uv\r\non it"), Some(Why::Answer));
        assert_eq!(judged("", "see https://hearken.example.com/a/about"), None);
        assert_eq!(judged("In-Reply-To: <1@shop.test>\r\n", "x"), None, "an answer to somebody else is read");
    }

    #[test]
    fn a_program_that_answers_says_nothing_and_one_that_tells_is_read() {
        for answered in [
            "Auto-Submitted: auto-replied (vacation)\r\n",
            "auto-submitted: Auto-Replied; owner-email=\"a@b.test\"\r\n",
            "X-Autoreply: yes\r\n",
            "Precedence: auto_reply\r\n",
        ] {
            assert_eq!(judged(answered, "x"), Some(Why::Automatic), "{answered}");
        }
        for told in ["Auto-Submitted: auto-generated\r\n", "Auto-Submitted: no\r\n", "Precedence: bulk\r\nX-Autoreply: no\r\n"] {
            assert_eq!(judged(told, "x"), None, "{told}");
        }
        assert_eq!(reading(&Letter::read(b"Auto-Submitted: auto-replied\r\n\r\nx"), None), Reading::LeftOut(Why::Automatic));
    }

    #[test]
    fn a_round_is_counted() {
        let now = Moment::from_secs(1_795_000_000);
        let left = |why: Why| LeftOutMail { why, words: String::new(), from: None, at: now };
        let found = counted(&[left(Why::Own), left(Why::Answer), left(Why::Own)], now);
        assert_eq!(found, LeftOut { own: 2, answers: 1, automatic: 0, unread: 0, last_at: Some(now) });
        assert_eq!(counted(&[], now), LeftOut::default());
    }
}
