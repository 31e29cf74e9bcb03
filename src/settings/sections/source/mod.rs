//! `[[source]]`: a place that is polled, or that pushes.

mod canary;
mod door;
mod files;
mod inbound;
mod json;
mod mail;
mod rhythm;
mod select;

use std::time::Duration;

use url::Url;

use super::Reading;
use crate::collect::credential::Credential;
use crate::collect::source::{SourceKind, SourceOptions};
use crate::model::Recheck;
use crate::problem::{Data, Table};
use crate::settings::names::Noun;
use crate::settings::presets::apply;
use crate::settings::sections::respond::RECHECK;
use crate::settings::values::{choice, holidays, span_if_there, web_address, words, zone};

/// Everybody there is.
const MOST_READERS: i64 = 10_000_000_000;

#[derive(Clone, Copy)]
enum Kind {
    Feed,
    Page,
    Json,
    Inbound,
    Mail,
    Files,
}

const KINDS: [(&str, Kind); 6] = [
    ("feed", Kind::Feed),
    ("page", Kind::Page),
    ("json", Kind::Json),
    ("files", Kind::Files),
    ("inbound", Kind::Inbound),
    ("mail", Kind::Mail),
];

pub(in crate::settings) fn read(table: Table, reading: &mut Reading<'_>) -> Option<SourceOptions> {
    let mut table = apply(table, reading);
    let name = reading.names.declare(Noun::Source, &mut table);
    let is_folder = files::is_meant(&table);
    if !table.has("kind") {
        table.missing("kind", "kind = \"feed\"`, `kind = \"page\"` or `kind = \"json\"");
    }
    let word = choice(&mut table, "kind", &KINDS);
    let url = if is_folder { files::address(&mut table, reading.surroundings) } else { address(&mut table, word, name.as_deref()) };
    let mut credentials = Vec::new();
    let kind = kind(&mut table, word, reading, &mut credentials);
    let rhythm = rhythm::read(&mut table, url.as_ref(), is_folder);
    let interval = if is_folder && !table.has("interval") { files::LOOK_EVERY } else { rhythm.interval };
    let brand = reading.names.one(Noun::Brand, &mut table, "brand");
    let language = bcp47(&mut table);
    let timezone = zone(&mut table, "timezone").unwrap_or_else(|| reading.company.timezone.clone());
    let door = door::read(&mut table, name.as_deref(), url.as_ref(), reading);
    credentials.extend(door.credentials);
    let ignore_robots = table.flag("ignore_robots").unwrap_or(false);
    let silent_after = silent_after(&mut table, rhythm.longest());
    let holidays = holidays(&mut table).unwrap_or_else(|| reading.company.holidays.clone());
    let interval = if let Some(Kind::Inbound) = word { inbound::look_every(silent_after) } else { interval };
    let canary = canary::canary(&mut table, rhythm.longest());
    let readers = table.integer("readers", 0, MOST_READERS).and_then(|readers| u64::try_from(readers).ok());
    let rating_max = rating_max(&mut table);
    let recheck = recheck(&mut table);
    let websub = websub(&mut table, word, reading.callable);
    table.finish();
    Some(SourceOptions {
        name: name?,
        kind: kind?,
        url: url?,
        interval,
        pace: rhythm.pace.filter(|_| !is_folder && !matches!(word, Some(Kind::Inbound))),
        brand,
        language,
        timezone,
        headers: door.headers,
        credentials,
        proxy: door.proxy,
        ignore_robots,
        silent_after,
        holidays,
        canary,
        readers,
        rating_max,
        recheck,
        websub,
    })
}

/// Where it is asked; what pushes is named instead.
fn address(table: &mut Table, kind: Option<Kind>, name: Option<&str>) -> Option<Url> {
    if let Some(Kind::Inbound) = kind {
        inbound::refuse_keys_of_polls(table);
        return inbound::address(name?);
    }
    if let Some(Kind::Mail) = kind {
        return mail::address(table);
    }
    if !table.has("url") {
        table.missing("url", "url = \"https://...\"");
    }
    web_address(table, "url")
}

fn kind(table: &mut Table, kind: Option<Kind>, reading: &Reading<'_>, credentials: &mut Vec<Credential>) -> Option<SourceKind> {
    let select = table.table("select");
    let json = table.table("json");
    if json.is_some() && !matches!(kind, None | Some(Kind::Json)) {
        table.complain("json", "`[source.json]` is for JSON endpoints", "Take it out, or write `kind = \"json\"`.");
    }
    match (kind?, select) {
        (Kind::Inbound, None) => inbound::auth(table, reading.surroundings).map(SourceKind::Inbound),
        (Kind::Mail, None) => mail::options(table, reading.surroundings).map(SourceKind::Mail),
        (Kind::Inbound | Kind::Mail, Some(_)) => {
            table.complain("select", "this kind of source needs no selectors", "Take `[source.select]` out.");
            None
        }
        (Kind::Files, None) => Some(SourceKind::Files(files::options(table))),
        (Kind::Files, Some(_)) => {
            table.complain(
                "select",
                "files have no selectors",
                "Take `[source.select]` out; `[source.columns]` names the columns of a CSV file.",
            );
            None
        }
        (Kind::Json, Some(_)) => {
            table.complain("select", "selectors are for pages", "Take `[source.select]` out, or write `kind = \"page\"`.");
            None
        }
        (Kind::Json, None) => match json {
            Some(json) => json::options(json, reading, credentials).map(|options| SourceKind::Json(Box::new(options))),
            None => {
                let help = "Add `[source.json]` with `items = \"/pointer/to/the/list\"` and `text = \"/pointer\"`.";
                table.absent("json", "a JSON endpoint needs to know where its list is", help);
                None
            }
        },
        (Kind::Feed, None) => Some(SourceKind::Feed),
        (Kind::Feed, Some(_)) => {
            table.complain("select", "a feed needs no selectors", "Take `[source.select]` out, or write `kind = \"page\"`.");
            None
        }
        (Kind::Page, select) => select::selectors(select).map(SourceKind::Page),
    }
}

fn silent_after(table: &mut Table, interval: Duration) -> Option<Duration> {
    let found = span_if_there(table, "silent_after", Duration::from_secs(1)..=Duration::from_hours(24 * 365))?;
    if found <= interval {
        let help = format!("Write a good deal more than \"{}\".", words(interval));
        table.complain("silent_after", "`silent_after` is no longer than the time between two polls", help);
    }
    Some(found)
}

fn websub(table: &mut Table, kind: Option<Kind>, callable: bool) -> Option<bool> {
    let wanted = table.flag("websub")?;
    if wanted && !matches!(kind, None | Some(Kind::Feed)) {
        table.complain("websub", "hubs push feeds alone", "Take the line out.");
    } else if wanted && !callable {
        let help = "Set `web.public_url` to the https address under which a hub reaches this machine, or take the line out.";
        table.complain("websub", "no hub could call us back", help);
    }
    Some(wanted)
}

/// A span of time, or "never".
fn recheck(table: &mut Table) -> Recheck {
    if table.peek("recheck").is_some_and(|value| matches!(value, Data::Text(word) if word == "never")) {
        let _ = table.value("recheck");
        return Recheck::Never;
    }
    span_if_there(table, "recheck", RECHECK).map_or(Recheck::AsRespond, Recheck::Every)
}

fn rating_max(table: &mut Table) -> Option<f64> {
    let found = table.number("rating_max")?;
    let sound = found.is_finite() && found > 0.0;
    if !sound {
        table.complain("rating_max", "no rating can be that low at best", "Write the best rating the site gives, as 5.");
    }
    sound.then_some(found)
}

/// `en`, `zh-Hant`: the shape alone is checked.
fn bcp47(table: &mut Table) -> Option<String> {
    let text = table.filled_text("language")?;
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let sound = (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if !sound {
        table.complain("language", format!("\"{text}\" is no language"), "Write a tag as \"zh-Hant\", \"zh-Hans\" or \"en\".");
    }
    sound.then_some(text)
}
