//! What no section can see alone: things that are missing, never used or never reached.

use std::time::Duration;

use url::Url;

use super::merge::spot;
use super::names::{Names, Noun};
use super::values::{is_local_host, is_loopback};
use crate::collect::source::{SourceKind, SourceOptions};
use crate::outbound::OutboundOptions;
use crate::problem::{Place, Problem, Problems, Table, duration_words};
use crate::respond::deliver::{Channel, ChannelKind};
use crate::respond::department::{Department, Tell};
use crate::respond::route::Route;

/// What there must be at least one of.
pub(super) fn presence(root: &mut Table, names: &Names) {
    let wanted = [
        (Noun::Brand, "name = \"your brand\"", "nothing is listened for"),
        (Noun::Source, "name = \"...\"`, `kind = \"feed\"` and `url = \"https://...\"", "there is nowhere to listen"),
        (Noun::Channel, "name = \"...\"` and `kind = \"smtp\"", "there is no way out"),
        (Noun::Department, "name = \"...\"", "nobody would be told"),
    ];
    for (noun, line, why) in wanted {
        let word = noun.word();
        if names.all(noun).next().is_none() && !root.has(word) {
            root.absent(word, format!("{why}: there is no `[[{word}]]`"), format!("Add `[[{word}]]` with `{line}`."));
        }
    }
}

/// What departments, channels and routes say of each other. Warnings only where there is no error that may explain them.
pub(super) fn together(departments: &[Department], channels: &[Channel], routes: &[(Place, Route)], names: &Names, problems: &Problems) {
    reachable(departments, channels, names, problems);
    if problems.any_error() {
        return;
    }
    swallowed(routes, problems);
    unused(Noun::Channel, names, problems);
    unused(Noun::Department, names, problems);
}

/// Routes that an earlier one leaves nothing to. A route with `also` takes nothing from another, and is left nothing less.
fn swallowed(routes: &[(Place, Route)], problems: &Problems) {
    for (at, (place, route)) in routes.iter().enumerate() {
        let earlier = routes[..at].iter().find(|(_, earlier)| !route.also && !earlier.also && takes_all(earlier, route));
        if let Some((first, _)) = earlier {
            problems.add(Problem::warning(
                place.clone(),
                "this route can never match",
                format!("The one at {} takes everything before it: put the narrower route first, or write `also = true`.", spot(first)),
            ));
        }
    }
}

/// Whether whatever the later route matches, the earlier one matches too.
fn takes_all(earlier: &Route, later: &Route) -> bool {
    let covers =
        |wide: &[String], narrow: &[String]| wide.is_empty() || (!narrow.is_empty() && narrow.iter().all(|one| wide.contains(one)));
    earlier.severity <= later.severity
        && covers(&earlier.brands, &later.brands)
        && covers(&earlier.categories, &later.categories)
        && covers(&earlier.sources, &later.sources)
}

/// A step that comes before a gathered mail does tells its people together with those before them.
pub(super) fn hurried(departments: &[Department], gather_every: Duration, names: &Names, problems: &Problems) {
    if problems.any_error() {
        return;
    }
    for department in departments {
        let Some(place) = place_of(names, Noun::Department, &department.name) else { continue };
        for rung in department.ladder.iter().filter(|rung| rung.after <= gather_every) {
            let (after, wait) = (duration_words(rung.after), duration_words(gather_every));
            let message = format!(
                "the step `{}` of `{}` (`after = \"{after}\"`) comes no later than a gathered mail (`respond.gather_every`, {wait}): in a storm its people hear \
                 together with those before them",
                rung.name, department.name
            );
            let help = format!("Make `after` longer than {wait}, or write a shorter `gather_every` under `[respond]`.");
            problems.add(Problem::warning(place.clone(), message, help));
        }
    }
}

/// People without a mail channel, mail channels without people, and what nobody names.
fn reachable(departments: &[Department], channels: &[Channel], names: &Names, problems: &Problems) {
    let known = |name: &String| channels.iter().find(|channel| channel.name == *name);
    let sends_mail = |list: &[String]| list.iter().filter_map(known).any(|channel| matches!(channel.kind, ChannelKind::Smtp(_)));
    for department in departments.iter().filter(|department| !department.channels.is_empty()) {
        let Some(place) = place_of(names, Noun::Department, &department.name) else { continue };
        let mailed = sends_mail(&department.channels);
        if department.members.is_empty() && (mailed || sends_mail(&department.fallback)) {
            let help = "Add `members = [{ name = \"...\", mail = \"name@example.com\" }]`.";
            problems.add(Problem::error(place.clone(), format!("`{}` has a mail channel and no members", department.name), help));
        } else if !department.members.is_empty() && !mailed && !problems.any_error() {
            let help = "Add a channel of kind \"smtp\" to its `channels`.";
            problems.add(Problem::warning(place.clone(), format!("the members of `{}` are never mailed", department.name), help));
        }
        for rung in &department.ladder {
            let Tell::Members { members, channels } = &rung.tell else { continue };
            let mailed = sends_mail(if channels.is_empty() { &department.channels } else { channels });
            if !members.is_empty() && !mailed {
                let message = format!("the step `{}` of `{}` names people and no channel mails them", rung.name, department.name);
                problems.add(Problem::error(place.clone(), message, "Add `channels = [\"a channel of kind smtp\"]` to the step."));
            } else if members.is_empty() && channels.iter().any(|name| sends_mail(std::slice::from_ref(name))) {
                let message = format!("the step `{}` of `{}` has a mail channel and no members", rung.name, department.name);
                problems.add(Problem::error(place.clone(), message, "Add `members` to the step."));
            }
        }
    }
}

/// A channel or a department that nothing leads to; a single department is ops, and thereby used.
fn unused(noun: Noun, names: &Names, problems: &Problems) {
    if noun == Noun::Department && names.all(noun).count() == 1 {
        return;
    }
    for (name, place) in names.all(noun).filter(|(name, _)| !names.is_meant(noun, name)) {
        let help = match noun {
            Noun::Channel => "Name it in a department's `channels` or `fallback`, or take it out.",
            _ => "Name it in a `[[route]]`, a ladder or `respond.ops`, or take it out.",
        };
        problems.add(Problem::warning(place.clone(), format!("nothing leads to the {} `{name}`", noun.word()), help));
    }
}

/// Mails go out to other machines, and their links lead to this one alone.
pub(super) fn links(channels: &[Channel], public_url: Option<&Url>, names: &Names, problems: &Problems) {
    if problems.any_error() || !public_url.is_some_and(is_loopback) {
        return;
    }
    let is_far = |channel: &&Channel| matches!(&channel.kind, ChannelKind::Smtp(options) if !is_local_host(&options.host));
    let place = channels.iter().find(is_far).and_then(|channel| place_of(names, Noun::Channel, &channel.name));
    if let (Some(place), Some(url)) = (place, public_url) {
        let what = format!("the links in its mails lead to {url}, which nobody reaches from another machine");
        let help = "Set `public_url` in [web] to the address under which people reach Hearken, as a proxy with a certificate gives it.";
        problems.add(Problem::warning(place.clone(), what, help));
    }
}

/// Sources at private addresses that nothing lists: every poll of them would be refused.
pub(super) fn barred(sources: &[SourceOptions], http: &OutboundOptions, names: &Names, problems: &Problems) {
    let is_asked = |source: &&SourceOptions| {
        source.proxy.is_none() && matches!(source.kind, SourceKind::Feed | SourceKind::Page(_) | SourceKind::Json(_))
    };
    for source in sources.iter().filter(is_asked) {
        let Some((address, place)) = http.barred(&source.url).zip(place_of(names, Noun::Source, &source.name)) else { continue };
        let what = format!("`{}` asks {address}, a private address that is not listed: each poll would be refused", source.name);
        let help = format!("Write `allow_private = [\"{address}\"]` under `[http]`, or add it to the list there.");
        problems.add(Problem::warning(place.clone(), what, help));
    }
}

fn place_of<'a>(names: &'a Names, noun: Noun, name: &str) -> Option<&'a Place> {
    names.all(noun).find(|(known, _)| *known == name).map(|(_, place)| place)
}
