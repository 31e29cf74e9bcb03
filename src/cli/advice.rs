//! What `hearken check` advises where nothing is wrong: manners towards sites, and credentials that end soon.

use crate::collect::cadence::day_of;
use crate::collect::credential::{Credential, expiring};
use crate::model::Moment;
use crate::outbound::is_inside;
use crate::settings::Settings;

pub(super) fn advice(settings: &Settings, now: Moment) -> Vec<String> {
    contact(settings).into_iter().chain(holidays(settings, now)).chain(credentials(settings, now)).collect()
}

/// A site's owner who is bothered by us should be able to say so before blocking us.
fn contact(settings: &Settings) -> Option<String> {
    let abroad = settings.sources.iter().any(|source| !is_inside(&source.url));
    let words = "write `contact = \"https://... or a mail address\"` under `[http]`: a site's owner who is bothered can then ask you, and need not block Hearken.";
    (abroad && settings.http.contact.is_none()).then(|| words.to_owned())
}

/// A list that was good last year.
fn holidays(settings: &Settings, now: Moment) -> Option<String> {
    let today = day_of(now, &settings.company.timezone);
    let over = settings.company.holidays.are_over(today);
    over.then(|| "all days of single years in `[company] holidays` are over: add those of this year and the next.".to_owned())
}

fn credentials(settings: &Settings, now: Moment) -> Vec<String> {
    let all: Vec<_> = settings.sources.iter().map(|source| (source.name.as_str(), source.credentials.as_slice())).collect();
    let found = expiring(&all, settings.collect.manners.credentials_warned, now);
    let words = |(credential, sources): (Credential, Vec<&str>)| {
        let verb = if credential.expires <= now { "has expired on" } else { "expires on" };
        format!("{} {verb} {}; it is used by: {}.", credential.from, credential.expires.rfc3339(), sources.join(", "))
    };
    found.into_iter().map(words).collect()
}
