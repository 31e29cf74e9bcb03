//! How far a session came, what went wrong, and what that means for the mail.

use super::reply::Reply;
use crate::model::Outcome;
use crate::respond::deliver::kept::keep;

/// How far a session has come; what a failure means depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Connect,
    Greeting,
    Hello,
    Tls,
    Auth,
    Mail,
    Recipient,
    Data,
    /// The final dot may have reached the server.
    Dot,
}

impl Stage {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Hello => "EHLO",
            Self::Tls => "TLS",
            Self::Auth => "AUTH",
            Self::Mail => "MAIL",
            Self::Recipient => "RCPT",
            Self::Data => "DATA",
            Self::Dot => "end of mail",
        }
    }
}

/// Why a step did not succeed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The server said no.
    Refused(Reply),
    /// The connection failed, stayed silent or spoke something else.
    Broken(String),
    /// The server cannot be trusted, or offers less than the settings ask for.
    Unfit(String),
    /// Larger than the size the server names in its EHLO.
    TooBig { limit: usize },
    /// The address needs an extension that the server does not have.
    Address,
}

/// What a failure means, by how far the session had come.
pub(super) fn judge(stage: Stage, fault: Fault) -> Outcome {
    match fault {
        Fault::Refused(reply) => judge_refusal(stage, &reply),
        Fault::Broken(reason) if stage == Stage::Dot => {
            Outcome::Unknown { reply: told(stage, &format!("{reason}; the server may have taken the mail all the same")) }
        }
        Fault::Broken(reason) => Outcome::Retry { reply: told(stage, &reason) },
        Fault::Unfit(reason) => Outcome::Reconfigure { reply: told(stage, &reason) },
        Fault::TooBig { limit } => Outcome::Shrink { reply: format!("the server takes at most {limit} bytes") },
        Fault::Address => Outcome::Permanent { reply: "the address is not ASCII and the server has no SMTPUTF8".into() },
    }
}

fn judge_refusal(stage: Stage, refusal: &Reply) -> Outcome {
    let reply = told(stage, &refusal.text());
    if refusal.is_temporary() {
        return Outcome::Retry { reply };
    }
    match (refusal.code, stage) {
        // Authentication wanted or failed, TLS wanted: whatever command the server says it at.
        (530 | 534 | 535 | 538, _) => Outcome::Reconfigure { reply },
        (_, Stage::Mail | Stage::Data | Stage::Dot) if refusal.is_too_big() => Outcome::Shrink { reply },
        (_, Stage::Recipient | Stage::Data | Stage::Dot) => Outcome::Permanent { reply },
        _ => Outcome::Reconfigure { reply },
    }
}

fn told(stage: Stage, reason: &str) -> String {
    keep(&format!("{}: {reason}", stage.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16, text: &str) -> Fault {
        Fault::Refused(Reply { code, lines: vec![text.to_owned()] })
    }

    #[test]
    fn every_stage_and_answer_has_its_class() {
        let cases = [
            (Stage::Connect, Fault::Broken("refused".into()), "retry"),
            (Stage::Greeting, refused(554, "no service"), "reconfigure"),
            (Stage::Greeting, refused(421, "busy"), "retry"),
            (Stage::Hello, refused(502, "what"), "reconfigure"),
            (Stage::Tls, refused(454, "no TLS now"), "retry"),
            (Stage::Tls, refused(500, "what"), "reconfigure"),
            (Stage::Tls, Fault::Unfit("certificate".into()), "reconfigure"),
            (Stage::Tls, Fault::Broken("reset".into()), "retry"),
            (Stage::Auth, refused(535, "bad password"), "reconfigure"),
            (Stage::Auth, refused(454, "later"), "retry"),
            (Stage::Mail, refused(553, "not your address"), "reconfigure"),
            (Stage::Mail, refused(552, "too big"), "shrink"),
            (Stage::Mail, Fault::TooBig { limit: 10 }, "shrink"),
            (Stage::Mail, Fault::Address, "permanent"),
            (Stage::Recipient, refused(550, "nobody"), "permanent"),
            (Stage::Recipient, refused(552, "mailbox full"), "permanent"),
            (Stage::Recipient, refused(530, "authenticate first"), "reconfigure"),
            (Stage::Recipient, refused(450, "greylisted"), "retry"),
            (Stage::Data, refused(554, "no"), "permanent"),
            (Stage::Data, Fault::Broken("reset".into()), "retry"),
            (Stage::Dot, refused(554, "content"), "permanent"),
            (Stage::Dot, refused(554, "5.3.4 too big"), "shrink"),
            (Stage::Dot, refused(552, "5.2.2 mailbox full"), "permanent"),
            (Stage::Dot, refused(451, "later"), "retry"),
            (Stage::Dot, Fault::Broken("silence".into()), "unknown"),
        ];
        for (stage, fault, class) in cases {
            let text = format!("{stage:?} {fault:?}");
            assert_eq!(judge(stage, fault).class(), class, "{text}");
        }
    }
}
