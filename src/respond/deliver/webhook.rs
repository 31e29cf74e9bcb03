//! Generic webhook, signed as Standard Webhooks has it.

use std::time::Duration;

use url::Url;

use crate::model::Secret;

/// `kind = "webhook"`.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookOptions {
    pub url: Url,
    /// `whsec_` and base64 of 24 to 64 bytes; two at once while a key is changed, the new one first.
    pub secrets: Vec<Secret>,
    pub headers: Vec<(String, Secret)>,
    pub language: String,
    pub timeout: Duration,
}
