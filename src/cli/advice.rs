//! What `hearken check` advises where nothing is wrong: manners towards sites, credentials that end soon, and cases that would wait for long.

use crate::collect::cadence::day_of;
use crate::collect::credential::{Credential, expiring};
use crate::model::Moment;
use crate::outbound::is_inside;
use crate::respond::department::Department;
use crate::respond::notify::WITHOUT_LADDER;
use crate::settings::Settings;

pub(super) fn advice(settings: &Settings, now: Moment) -> Vec<String> {
    contact(settings)
        .into_iter()
        .chain(holidays(settings, now))
        .chain(credentials(settings, now))
        .chain(ladders(settings))
        .chain(behind_ops(settings))
        .chain(ways(settings))
        .chain(unread(settings))
        .collect()
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

/// Whoever cannot climb by a ladder of their own climbs to ops, later than they may like. Every department can be handed a case.
fn ladders(settings: &Settings) -> Option<String> {
    let ops = settings.respond.ops.as_str();
    let without = settings.departments.iter().filter(|department| department.ladder.is_empty() && department.name != ops);
    let names: Vec<&str> = without.map(|department| department.name.as_str()).collect();
    let wait = WITHOUT_LADDER.as_secs() / 60;
    let words = format!(
        "{} without a [[department.ladder]]: {}. A case that is routed or handed to one of them and that nobody answers goes to `respond.ops` \
         ({ops}) after {wait} minutes; write a ladder where somebody should hear of it before.",
        if names.len() == 1 { "a department" } else { "departments" },
        names.join(", "),
    );
    (!names.is_empty()).then_some(words)
}

/// Cases come to ops by "not ours", by routes that name nobody, and as trouble; behind ops stands nobody but their own ladder.
fn behind_ops(settings: &Settings) -> Option<String> {
    let ops = settings.departments.iter().find(|department| department.name == settings.respond.ops)?;
    let words = format!(
        "the department `{}` (`respond.ops`) has no [[department.ladder]]: of a case of theirs that they do not answer nobody else is told, ever. \
         Write a ladder where somebody should hear of it.",
        ops.name
    );
    ops.ladder.is_empty().then_some(words)
}

/// Who has to hear that a channel fails should not hear it over that channel alone.
fn ways(settings: &Settings) -> Option<String> {
    let ops = settings.departments.iter().find(|department| department.name == settings.respond.ops)?;
    let mut ways: Vec<&str> = ops.channels.iter().chain(&ops.fallback).map(String::as_str).collect();
    ways.sort_unstable();
    ways.dedup();
    let [only] = ways[..] else { return None };
    let words = format!(
        "the department `{}` (`respond.ops`) has one way out alone, the channel `{only}`: where it fails, nobody can be told that it does. Give them \
         a second one in `channels` or `fallback`, or an outside watch by `[heartbeat]`.",
        ops.name
    );
    settings.heartbeat.is_none().then_some(words)
}

/// A program that takes a warning is nobody who heard it.
fn unread(settings: &Settings) -> Option<String> {
    let person = |name: &String| settings.channels.iter().any(|channel| channel.name == *name && channel.reaches_people());
    let told = |department: &&Department| department.channels.iter().chain(&department.fallback).any(person);
    let names: Vec<&str> =
        settings.departments.iter().filter(|department| !told(department)).map(|department| department.name.as_str()).collect();
    let words = format!(
        "over webhooks alone are told: {}. Where people read what arrives there, as in a group chat, write `watched = true` at the [[channel]]; \
         else give them a mail channel: what a program took counts as heard by nobody.",
        names.join(", ")
    );
    (!names.is_empty()).then_some(words)
}
