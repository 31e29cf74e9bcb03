//! `kind = "inbound"`: who may push, and how they prove it.

use std::time::Duration;

use url::Url;

use crate::collect::inbound::InboundAuth;
use crate::collect::source::INTERVAL;
use crate::model::Secret;
use crate::problem::Table;
use crate::settings::secrets::Surroundings;
use crate::settings::sections::channel::is_signing_secret;
use crate::settings::sections::web::pair;

/// A secret shorter than this can be guessed.
const SECRET_CHARS_MIN: usize = 16;

/// The three ways, as the operator names them.
const WAYS: [&str; 3] = ["signing_secret", "hub_secret", "token"];

/// A silence is noticed when it is at most this much longer than it may be.
const LOOKS_A_SILENCE: u32 = 4;

const LOOK_EVERY_MIN: Duration = Duration::from_secs(1);

/// `inbound:NAME`: the name stands where others have their address.
pub(super) fn address(name: &str) -> Option<Url> {
    let mut url = Url::parse("inbound:x").ok()?;
    url.set_path(name);
    Some(url)
}

/// What means nothing where we ask nobody.
pub(super) fn refuse_keys_of_polls(table: &mut Table) {
    for key in ["url", "interval", "headers", "ignore_robots"] {
        let _ = table.value(key);
        if table.has(key) {
            table.complain(key, format!("`{key}` is for sources that are asked, and this one pushes"), "Take the line out.");
        }
    }
}

/// How often we look whether it has fallen silent.
pub(super) fn look_every(silent_after: Option<Duration>) -> Duration {
    silent_after.map_or(INTERVAL, |silence| (silence / LOOKS_A_SILENCE).clamp(LOOK_EVERY_MIN, INTERVAL))
}

/// Exactly one of the three ways.
pub(super) fn auth(table: &mut Table, surroundings: &Surroundings) -> Option<InboundAuth> {
    let given: Vec<&str> = WAYS.into_iter().filter(|way| Surroundings::gives_secret(table, way)).collect();
    match given[..] {
        [] => {
            let help = "Add `signing_secret_file = \"path\"` (Standard Webhooks), `hub_secret_file` (X-Hub-Signature-256, as GitHub signs) or `token_file` (bearer).";
            table.absent("signing_secret", "anybody could push to this source", help);
        }
        [_, second, ..] => {
            let help = format!("Keep one of: {}.", given.join(", "));
            Surroundings::complain(table, second, "a sender proves who it is in one way", help);
        }
        [_] => {}
    }
    let signing = pair(table, surroundings, "signing_secret", &is_signing_secret);
    let hub = pair(table, surroundings, "hub_secret", &long_enough);
    let tokens = pair(table, surroundings, "token", &long_enough);
    match given[..] {
        ["signing_secret"] => Some(InboundAuth::Signed(signing)),
        ["hub_secret"] => Some(InboundAuth::Hub(hub)),
        ["token"] => Some(InboundAuth::Bearer(tokens)),
        _ => None,
    }
}

fn long_enough(secret: &Secret) -> Result<(), &'static str> {
    if secret.expose().chars().count() < SECRET_CHARS_MIN {
        return Err("Make one of at least 16 characters, as with `openssl rand -hex 24`.");
    }
    Ok(())
}
