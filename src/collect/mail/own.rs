//! Mails that are no mentions: our own warnings, answers to them, and what programs answer by themselves. A warning that is taken for news
//! would be warned of, and that warning again. What is merely sent by a program, as the notices of platforms are, is read.

use super::letter::Letter;
use crate::model::{LeftOut, Moment};

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

/// Why a mail is no mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Own,
    Answer,
    Automatic,
}

/// Why this mail is left out; none where it is to be read.
pub(super) fn reason(letter: &Letter, own: Option<&Own>) -> Option<Reason> {
    if let Some(own) = own {
        if letter.id().is_some_and(|id| own.gave(id)) || own.sent_to_list(letter) {
            return Some(Reason::Own);
        }
        let answers = letter.kin.answers_to.split([' ', '\t', '\r', '\n', ',']).any(|id| own.gave(id));
        if answers || letter.kin.carries.iter().any(|id| own.gave(id)) || own.is_quoted_in(letter) {
            return Some(Reason::Answer);
        }
    }
    letter.kin.is_automatic.then_some(Reason::Automatic)
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
        let is_token = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        let shows = |text: &String| {
            let behind = text.match_indices(&self.answer_link).map(|(at, link)| &text[at + link.len()..]);
            behind.into_iter().any(|rest| rest.chars().take_while(is_token).take(TOKEN_CHARS_MIN).count() == TOKEN_CHARS_MIN)
        };
        !self.answer_link.is_empty() && (letter.text.as_ref().is_some_and(shows) || letter.html.as_ref().is_some_and(shows))
    }
}

fn is_made_here(local: &str) -> bool {
    local.starts_with(TRIED) || (local.len() == ID_DIGITS && local.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The counts of one round.
pub(super) fn counted(reasons: &[Reason], now: Moment) -> LeftOut {
    let count = |wanted: Reason| reasons.iter().filter(|reason| **reason == wanted).count() as u64;
    LeftOut {
        own: count(Reason::Own),
        answers: count(Reason::Answer),
        automatic: count(Reason::Automatic),
        last_at: (!reasons.is_empty()).then_some(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    fn own() -> Own {
        Own { domain: "Example.com".into(), answer_link: "https://hearken.example.com/a/".into() }
    }

    fn judged(headers: &str, body: &str) -> Option<Reason> {
        let mail = format!("From: a@b.test\r\nSubject: s\r\n{headers}\r\n{body}\r\n");
        reason(&Letter::read(mail.as_bytes()), Some(&own()))
    }

    #[test]
    fn our_own_are_known_by_id_and_list() {
        assert_eq!(judged(&format!("Message-ID: <{ID}@example.com>\r\n"), "x"), Some(Reason::Own));
        assert_eq!(judged("Message-ID: <test-d_1@example.com>\r\n", "x"), Some(Reason::Own));
        assert_eq!(judged("List-Id: <care.hearken.example.com>\r\n", "x"), Some(Reason::Own));
        let other = format!("List-Id: \"Care\" <care.hearken.other.test>\r\nMessage-ID: <{ID}@other.test>\r\n");
        assert_eq!(judged(&other, "x"), Some(Reason::Own), "another Hearken's");
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
        assert_eq!(judged(&format!("In-Reply-To: <{ID}@example.com>\r\n"), "x"), Some(Reason::Answer));
        assert_eq!(judged(&format!("References: <1@x.test>\r\n\t<{ID}@EXAMPLE.com>\r\n"), "x"), Some(Reason::Answer));
        let report = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n";
        let inside = |kind: &str| {
            format!("--b\r\n\r\nno such user\r\n--b\r\nContent-Type: {kind}\r\n\r\nMessage-ID: <{ID}@example.com>\r\n\r\n--b--")
        };
        assert_eq!(judged(report, &inside("message/rfc822")), Some(Reason::Answer));
        assert_eq!(judged(report, &inside("text/rfc822-headers")), Some(Reason::Answer));
        assert_eq!(judged(report, "--b\r\n\r\nno such user\r\n--b--"), Some(Reason::Automatic));
        assert_eq!(judged("", "> https://hearken.example.com/a/abcdefghij-klmnopqrs_t.uv\r\non it"), Some(Reason::Answer));
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
            assert_eq!(judged(answered, "x"), Some(Reason::Automatic), "{answered}");
        }
        for told in ["Auto-Submitted: auto-generated\r\n", "Auto-Submitted: no\r\n", "Precedence: bulk\r\nX-Autoreply: no\r\n"] {
            assert_eq!(judged(told, "x"), None, "{told}");
        }
        assert_eq!(reason(&Letter::read(b"Auto-Submitted: auto-replied\r\n\r\nx"), None), Some(Reason::Automatic));
    }

    #[test]
    fn a_round_is_counted() {
        let now = Moment::from_secs(1_795_000_000);
        let found = counted(&[Reason::Own, Reason::Answer, Reason::Own], now);
        assert_eq!(found, LeftOut { own: 2, answers: 1, automatic: 0, last_at: Some(now) });
        assert_eq!(counted(&[], now), LeftOut::default());
    }
}
