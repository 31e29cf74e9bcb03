//! One file for each way out. Every one answers with an `Outcome`.

mod inside;
mod kept;
pub mod smtp;
pub mod webhook;

pub use smtp::SmtpOptions;
pub use webhook::WebhookOptions;

/// One `[[channel]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Unique: what departments name.
    pub name: String,
    pub kind: ChannelKind,
}

impl Channel {
    /// Whether a person reads what it takes: mail, and a webhook of which the settings say so. A program that has a message is nobody who heard.
    #[must_use]
    pub const fn reaches_people(&self) -> bool {
        match &self.kind {
            ChannelKind::Smtp(_) => true,
            ChannelKind::Webhook(webhook) => webhook.watched,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum ChannelKind {
    Smtp(SmtpOptions),
    Webhook(WebhookOptions),
}
