//! Tells ops of credentials before they expire: one incident for each cause, ended when it is renewed.

use std::sync::Arc;

use super::context::Context;
use super::driver::{Activation, Ended};
use super::trouble;
use crate::collect::credential::{Credential, expiring};
use crate::model::{IncidentKind, Moment, Over, Phrase, Severity, Told, Value};
use crate::respond::incident::Subject;

pub(super) async fn act(context: Arc<Context>) -> Ended {
    let live = context.live();
    let now = context.clock.now();
    let all: Vec<(&str, &[Credential])> =
        live.settings.sources.iter().map(|source| (source.name.as_str(), source.credentials.as_slice())).collect();
    let found = expiring(&all, live.settings.collect.manners.credentials_warned, now);
    let keys: Vec<String> = found.iter().map(|(credential, _)| trouble::credential_key(&credential.from)).collect();
    for ((credential, sources), key) in found.iter().zip(&keys) {
        trouble::raise(&context, subject(credential, sources, key, now)).await?;
    }
    for key in context.store.open_keys_beginning(trouble::CREDENTIAL).await?.iter().filter(|key| !keys.contains(key)) {
        trouble::clear(&context, key, Over::Credential).await?;
    }
    Ok(Activation { handled: 0, next_at: None })
}

fn subject(credential: &Credential, sources: &[&str], key: &str, now: Moment) -> Subject {
    let Credential { from, expires } = credential;
    let title = if *expires <= now { "expired_title" } else { "expires_title" };
    let lines = vec![
        Phrase::said("credential").with("file", from),
        Phrase::said("expires").with("at", *expires),
        Phrase::said("used_by").with("names", Value::names(sources.iter().copied())),
        Phrase::gap(),
        Phrase::said("credential_help"),
    ];
    let title = Phrase::said(title).with("day", Value::Day(*expires)).with("file", from);
    Subject::trouble(IncidentKind::Source, key, Severity::Medium, Told::new(title, lines))
}
