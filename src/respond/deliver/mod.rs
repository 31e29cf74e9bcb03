//! One file for each way out. Every one answers with an `Outcome`.

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

#[derive(Clone, Debug, PartialEq)]
pub enum ChannelKind {
    Smtp(SmtpOptions),
    Webhook(WebhookOptions),
}
