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
        Phrase::said("credential").with("file", named(from)),
        Phrase::said("expires").with("at", *expires),
        Phrase::said("used_by").with("names", Value::names(sources.iter().copied())),
        Phrase::gap(),
        Phrase::said("credential_help"),
    ];
    let title = Phrase::said(title).with("day", Value::Day(*expires)).with("file", named(from));
    Subject::trouble(IncidentKind::Source, key, Severity::Medium, Told::new(title, lines))
}

/// Where it comes from, in words of the reader's language.
fn named(from: &str) -> Value {
    let kinds = [
        ("the file ", "credential_file"),
        ("the environment variable ", "credential_variable"),
        ("the systemd credential ", "credential_systemd"),
    ];
    let found = kinds.iter().find_map(|(words, say)| Some((*say, from.strip_prefix(words)?)));
    found.map_or_else(|| Value::from(from), |(say, name)| Value::from(Phrase::said(say).with("name", name)))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::model::Incident;
    use crate::respond::message::{Templates, plain, told_in};
    use crate::respond::samples::incident;

    #[test]
    fn a_credential_expires_on_the_day_of_its_reader_and_in_his_language() {
        // The midnight in Taipei with which 2026-12-05 begins.
        let expires = Moment::from_secs(1_796_400_000);
        let of = |from: &str| subject(&Credential { from: from.to_owned(), expires }, &["forum"], "credential:x", Moment::from_secs(0));
        let taipei = TimeZone::get("Asia/Taipei").expect("a zone");
        let templates = Templates::load(None, &crate::problem::Problems::default());
        let title = |from: &str, language: &str| {
            let told = of(from).told;
            told_in(&templates, language, &taipei, &Incident { told, ..incident() }).title
        };
        assert_eq!(title("the file /etc/token", "zh-TW"), "憑證資料將於 2026-12-05 到期：檔案 /etc/token");
        assert_eq!(title("the environment variable FORUM", "zh-CN"), "凭证将于 2026-12-05 到期：环境变量 FORUM");
        assert_eq!(title("the file /etc/token", "en"), "A credential expires on 2026-12-05: the file /etc/token");
        let (stored, _) = plain(&of("the systemd credential forum").told.expect("told"));
        assert_eq!(stored, "A credential expires on 2026-12-04: the systemd credential forum", "log and store count in UTC");
    }
}
