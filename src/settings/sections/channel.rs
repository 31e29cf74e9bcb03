//! `[[channel]]`: a way out.

use std::ops::RangeInclusive;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Reading;
use super::web::pair;
use crate::model::Secret;
use crate::problem::{Problem, Table};
use crate::respond::deliver::smtp::SmtpTls;
use crate::respond::deliver::{Channel, ChannelKind, SmtpOptions, WebhookOptions};
use crate::settings::names::Noun;
use crate::settings::secrets::Surroundings;
use crate::settings::values::{certificates, choice, headers, is_local_host, is_loopback, language, mailbox, span, web_address};

const TIMEOUTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(5);
const SMTP_TIMEOUT: Duration = Duration::from_secs(30);
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(15);
/// Key lengths that the Standard Webhooks specification allows.
const SIGNING_KEY_BYTES: RangeInclusive<usize> = 24..=64;

#[derive(Clone, Copy)]
enum Kind {
    Smtp,
    Webhook,
}

pub(in crate::settings) fn read(mut table: Table, reading: &mut Reading<'_>) -> Option<Channel> {
    let name = reading.names.declare(Noun::Channel, &mut table);
    if !table.has("kind") {
        table.missing("kind", "kind = \"smtp\"` or `kind = \"webhook\"");
    }
    let kind = match choice(&mut table, "kind", &[("smtp", Kind::Smtp), ("webhook", Kind::Webhook)])? {
        Kind::Smtp => smtp(&mut table, reading.surroundings).map(ChannelKind::Smtp),
        Kind::Webhook => webhook(&mut table, reading).map(ChannelKind::Webhook),
    };
    table.finish();
    Some(Channel { name: name?, kind: kind? })
}

fn smtp(table: &mut Table, surroundings: &Surroundings) -> Option<SmtpOptions> {
    let host = table.required_text("host");
    let ways = [("starttls", SmtpTls::StartTls), ("implicit", SmtpTls::Implicit), ("none", SmtpTls::None)];
    let tls = choice(table, "tls", &ways).unwrap_or(SmtpTls::StartTls);
    let standard = match tls {
        SmtpTls::StartTls => 587,
        SmtpTls::Implicit => 465,
        SmtpTls::None => 25,
    };
    let port = table.integer("port", 1, i64::from(u16::MAX)).and_then(|port| u16::try_from(port).ok()).unwrap_or(standard);
    let ca_file = certificates(table, "ca_file", surroundings);
    let username = table.filled_text("username");
    let password = surroundings.secret(table, "password");
    if !table.has("from") {
        table.missing("from", "from = \"Hearken <hearken@example.com>\"");
    }
    let from = mailbox(table, "from");
    let reply_to = mailbox(table, "reply_to");
    let timeout = span(table, "timeout", TIMEOUTS, SMTP_TIMEOUT);
    check_host(table, host.as_deref(), tls);
    check_login(table);
    Some(SmtpOptions { host: host?, port, tls, ca_file, username, password, from: from?, reply_to, timeout })
}

fn check_host(table: &Table, host: Option<&str>, tls: SmtpTls) {
    let Some(host) = host else { return };
    if host.contains([':', '/', '@', ' ']) && host.parse::<std::net::Ipv6Addr>().is_err() {
        table.complain(
            "host",
            format!("\"{host}\" is no host"),
            "Write the name alone, as \"mail.example.com\"; the port goes into `port`.",
        );
    } else if tls == SmtpTls::None && !is_local_host(host) {
        table.complain(
            "tls",
            format!("mail to {host} would go in clear over the network"),
            "Write \"starttls\" or \"implicit\"; \"none\" is for a relay on this machine.",
        );
    }
}

fn check_login(table: &Table) {
    let password = Surroundings::gives_secret(table, "password");
    if table.has("username") && !password {
        table.complain("username", "there is a user name and no password", "Add `password_file = \"path\"`.");
    } else if password && !table.has("username") {
        Surroundings::complain(table, "password", "there is a password and no user name", "Add `username = \"...\"`.");
    }
}

fn webhook(table: &mut Table, reading: &Reading<'_>) -> Option<WebhookOptions> {
    if !table.has("url") {
        table.missing("url", "url = \"https://...\"");
    }
    let url = web_address(table, "url");
    let secrets = pair(table, reading.surroundings, "secret", &is_signing_secret);
    let headers = headers(table, reading.surroundings, &reading.company.timezone);
    if headers.iter().any(|header| header.expires.is_some()) {
        table.complain("headers", "`expires` is watched for sources alone", "Take it out here.");
    }
    let headers = headers.into_iter().map(|header| (header.name, header.value)).collect();
    let language = language(table, "language").unwrap_or_else(|| reading.company.language.clone());
    let watched = table.flag("watched").unwrap_or(false);
    let timeout = span(table, "timeout", TIMEOUTS, WEBHOOK_TIMEOUT);
    if url.as_ref().is_some_and(|url| url.scheme() == "http" && !is_loopback(url)) {
        let help = "Write https:// wherever the receiver offers it.";
        table.problems().add(Problem::warning(table.place_of("url"), "warnings would go in clear over the network", help));
    }
    if !Surroundings::gives_secret(table, "secret") {
        let help = "Add `secret_file = \"path\"`; make one with `echo whsec_$(openssl rand -base64 32)`.";
        table.problems().add(Problem::warning(table.place.clone(), "the receiver cannot tell our messages from forged ones", help));
    }
    Some(WebhookOptions { url: url?, secrets, headers, language, watched, timeout })
}

/// The form that <https://www.standardwebhooks.com> gives a key: `whsec_` and base64 of 24 to 64 bytes.
pub(in crate::settings) fn is_signing_secret(secret: &Secret) -> Result<(), &'static str> {
    let Some(encoded) = secret.expose().strip_prefix("whsec_") else {
        return Err("It begins with `whsec_`; make one with `echo whsec_$(openssl rand -base64 32)`.");
    };
    match STANDARD.decode(encoded) {
        Ok(bytes) if SIGNING_KEY_BYTES.contains(&bytes.len()) => Ok(()),
        Ok(_) => Err("It holds 24 to 64 bytes; make one with `echo whsec_$(openssl rand -base64 32)`."),
        Err(_) => Err("After `whsec_` stands base64; make one with `echo whsec_$(openssl rand -base64 32)`."),
    }
}
