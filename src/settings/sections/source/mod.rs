//! `[[source]]`: a place that is polled, or that pushes.

mod inbound;
mod json;
mod mail;
mod select;

use std::time::Duration;

use url::Url;

use super::Reading;
use crate::collect::source::{INTERVAL, SourceKind, SourceOptions};
use crate::problem::Table;
use crate::settings::names::Noun;
use crate::settings::presets::apply;
use crate::settings::values::{choice, headers, is_loopback, span_if_there, web_address, words, zone};

/// More often than this is a burden for the site, and most sites' feeds do not change faster.
const INTERVAL_MIN: Duration = Duration::from_mins(1);
/// A source on this machine burdens nobody.
const INTERVAL_LOCAL_MIN: Duration = Duration::from_secs(1);
const INTERVAL_MAX: Duration = Duration::from_hours(24 * 7);
/// Everybody there is.
const MOST_READERS: i64 = 10_000_000_000;

#[derive(Clone, Copy)]
enum Kind {
    Feed,
    Page,
    Json,
    Inbound,
    Mail,
}

const KINDS: [(&str, Kind); 5] =
    [("feed", Kind::Feed), ("page", Kind::Page), ("json", Kind::Json), ("inbound", Kind::Inbound), ("mail", Kind::Mail)];

pub(in crate::settings) fn read(table: Table, reading: &mut Reading<'_>) -> Option<SourceOptions> {
    let mut table = apply(table, reading);
    let name = reading.names.declare(Noun::Source, &mut table);
    if !table.has("kind") {
        table.missing("kind", "kind = \"feed\"`, `kind = \"page\"` or `kind = \"json\"");
    }
    let word = choice(&mut table, "kind", &KINDS);
    let url = address(&mut table, word, name.as_deref());
    let kind = kind(&mut table, word, reading);
    let interval = interval(&mut table, url.as_ref());
    let brand = reading.names.one(Noun::Brand, &mut table, "brand");
    let language = bcp47(&mut table);
    let timezone = zone(&mut table, "timezone").unwrap_or_else(|| reading.company.timezone.clone());
    let headers = headers(&mut table, reading.surroundings);
    let ignore_robots = table.flag("ignore_robots").unwrap_or(false);
    let silent_after = silent_after(&mut table, interval);
    let interval = if let Some(Kind::Inbound) = word { inbound::look_every(silent_after) } else { interval };
    let readers = table.integer("readers", 0, MOST_READERS).and_then(|readers| u64::try_from(readers).ok());
    let rating_max = rating_max(&mut table);
    let websub = websub(&mut table, word, reading.callable);
    table.finish();
    Some(SourceOptions {
        name: name?,
        kind: kind?,
        url: url?,
        interval,
        brand,
        language,
        timezone,
        headers,
        ignore_robots,
        silent_after,
        readers,
        rating_max,
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

fn kind(table: &mut Table, kind: Option<Kind>, reading: &Reading<'_>) -> Option<SourceKind> {
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
        (Kind::Json, Some(_)) => {
            table.complain("select", "selectors are for pages", "Take `[source.select]` out, or write `kind = \"page\"`.");
            None
        }
        (Kind::Json, None) => match json {
            Some(json) => json::options(json, reading).map(|options| SourceKind::Json(Box::new(options))),
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
        (Kind::Page, Some(select)) => select::selectors(select).map(SourceKind::Page),
        (Kind::Page, None) => {
            let help = "Add `[source.select]` with `item = \"CSS selector\"`; `hearken probe URL` proposes one.";
            table.absent("select", "a page needs to know what an item is", help);
            None
        }
    }
}

fn interval(table: &mut Table, url: Option<&Url>) -> Duration {
    let least = if url.is_some_and(is_loopback) { INTERVAL_LOCAL_MIN } else { INTERVAL_MIN };
    let Some(found) = table.duration("interval") else { return INTERVAL };
    if found < least {
        let help = format!("Write at least \"{}\": more often is a burden for the site.", words(least));
        table.complain("interval", format!("\"{}\" is too often", words(found)), help);
    } else if found > INTERVAL_MAX {
        let help = format!("Write at most \"{}\".", words(INTERVAL_MAX));
        table.complain("interval", format!("\"{}\" is too seldom to warn anyone", words(found)), help);
    }
    found
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
