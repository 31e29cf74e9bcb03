//! What people and machines read: mails, webhook bodies and the pages behind the links.
//!
//! ```text
//! Templates::load(dir, &problems)            once, and at every reload
//! render(&templates, &context) -> Message    subject, text and HTML of one mail
//! webhook_body(&templates, &context, ..)     the JSON of one webhook call
//! render_page(&templates, &page) -> String   what a link opens
//! ```
//!
//! The wording stands in `config/templates/words.LANGUAGE.toml`, the shape in the four templates beside it; an operator
//! overrides either by a file of the same name, a template also for one language alone as `mail.zh-TW.html`.

pub mod clean;
mod excerpt;
mod gathered;
mod mail;
mod news;
mod page;
mod sample;
mod show;
mod templates;
mod told;
mod trouble;
mod webhook;
mod words;

use jiff::tz::TimeZone;

pub use gathered::{PART_BYTES_MAX, PartOf, parts, render_gathered};
pub use mail::{Message, render};
pub use page::{Answer, Asked, CasePage, Front, Page, PageContext, Reopened, render_page};
pub use sample::test_incident;
pub use show::rating;
pub use templates::Templates;
pub use trouble::{InWords, plain, plain_end, told_in};
pub use webhook::{BODY_BYTES_MAX, webhook_body};

pub use crate::model::LANGUAGES;

use super::department::Department;
use crate::model::{DeliveryKind, Incident, Mention, Moment, Recipient, Undelivered, Verdict};

/// What a message is sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    Warning,
    Escalation,
    Status,
    /// `hearken notify test`: marked as such, about `test_incident`.
    Test,
}

impl From<DeliveryKind> for MessageKind {
    fn from(kind: DeliveryKind) -> Self {
        match kind {
            DeliveryKind::Warning => Self::Warning,
            DeliveryKind::Escalation => Self::Escalation,
            DeliveryKind::Status => Self::Status,
        }
    }
}

/// Everything one message is made of.
#[derive(Clone, Copy, Debug)]
pub struct MessageContext<'a> {
    pub kind: MessageKind,
    pub incident: &'a Incident,
    /// The mention that opened the incident, or the edited one; none for trouble of a source or of ours.
    pub mention: Option<&'a Mention>,
    /// Its verdict, for the marks and the reasons.
    pub verdict: Option<&'a Verdict>,
    /// The delivery's `note`: a `Status` or empty.
    pub note: &'a str,
    /// The delivery's step of the ladder; 0 for a first warning.
    pub step: i64,
    /// When the delivery was made, not when it is sent: a repeat is the same mail.
    pub at: Moment,
    /// `zh-TW`, `zh-CN` or `en`.
    pub language: &'a str,
    /// In which times are shown: that of the recipient's department.
    pub timezone: &'a TimeZone,
    /// All departments, for their titles.
    pub departments: &'a [Department],
    /// Who else was told so far and since when, without this recipient.
    pub also_told: &'a [(Recipient, Moment)],
    /// Whom no message about it reached.
    pub undelivered: &'a [Undelivered],
    /// `{public_url}/a/{token}`; none for whom no link is made.
    pub acknowledge_url: Option<&'a str>,
    /// Where an answer to the mail goes; none where nobody reads it.
    pub reply_to: Option<&'a str>,
    /// The company's name, for the last line.
    pub company: &'a str,
}

impl MessageContext<'_> {
    /// All the case is about, the strongest first; what it was routed by where there is no verdict.
    fn categories(&self) -> Vec<String> {
        let judged = self.verdict.map(Verdict::category_names).unwrap_or_default();
        if judged.is_empty() { self.incident.category.iter().cloned().collect() } else { judged }
    }

    /// How people call a department.
    fn department_title<'b>(&'b self, name: &'b str) -> &'b str {
        self.departments.iter().find(|department| department.name == name).map_or(name, |department| &department.title)
    }
}
