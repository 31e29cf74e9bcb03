//! What can be said of something that is not stored as a mention: never fetched, not among what was extracted, or without a brand.

use std::fmt::Write as _;

use super::super::columns::quoted;
use super::super::desk::{Desk, Refused};
use super::{LEAST_CHINESE, LEAST_LETTERS, LOOKED_THROUGH};
use crate::collect::host::host_of;
use crate::collect::normalise::identity::identities;
use crate::decide::fold::fold;
use crate::decide::{Judge, Subject};
use crate::model::{Item, SourceState, WhyLeftOut};

/// Sources that showed an item under this address and kept no more than its fingerprint.
pub(super) async fn sources_that_showed(desk: &Desk, link: &str) -> Result<Vec<String>, Refused> {
    let by_link = Item { url: Some(link.to_owned()), ..Item::default() };
    let by_id = Item { id: Some(link.to_owned()), ..Item::default() };
    let mut names = Vec::new();
    for source in desk.store.sources().await? {
        let both = [&by_link, &by_id].map(|item| identities(&source.id, std::slice::from_ref(item))).concat();
        let known = desk.store.known_items(&source.id, &both).await?;
        if known.values().any(|item| item.mention.is_none()) {
            names.push(source.name);
        }
    }
    Ok(names)
}

/// The stage at which an address ended.
pub(super) async fn link(desk: &Desk, link: &str, passed: &[String]) -> Result<String, Refused> {
    if !passed.is_empty() {
        let names = passed.join(", ");
        return Ok(format!("Seen by {names}, and dropped there: it named no brand. Of such an item only a fingerprint is kept.\n"));
    }
    let mut text = not_stored(desk.store.count_mentions().await?);
    let host = url::Url::parse(link).map(|url| host_of(&url)).unwrap_or_default();
    let sources = desk.store.sources().await?;
    let near: Vec<&SourceState> = sources.iter().filter(|source| !source.removed && host_of_state(source) == host).collect();
    if near.is_empty() {
        let _ = writeln!(text, "Not fetched: no source polls {host}. `hearken probe {link}` shows what one would yield.");
    }
    for source in near {
        let _ = writeln!(text, "{}", of_that_host(desk, source));
    }
    failing(&sources, &mut text);
    Ok(text)
}

/// That no mention has this address, as far as it was looked for.
fn not_stored(stored: i64) -> String {
    let so = "no source has shown it, or it named no brand";
    if stored <= LOOKED_THROUGH {
        return format!("No mention with this address is stored: {so}.\n");
    }
    format!(
        "None of the {stored} stored mentions has this address as it is written here, and none of the newest {LOOKED_THROUGH} has it in another \
         form (another order of its query). Otherwise {so}.\n"
    )
}

fn host_of_state(source: &SourceState) -> String {
    url::Url::parse(&source.url).map(|url| host_of(&url)).unwrap_or_default()
}

/// Not fetched yet, not fetched for a reason, or fetched and not among what was extracted.
fn of_that_host(desk: &Desk, source: &SourceState) -> String {
    let name = &source.name;
    match (source.failing(), source.last_success_at) {
        (Some(failing), _) => {
            let since = desk.time_or_dash(source.failing_since);
            format!("Not fetched: `{name}` polls that host and fails since {since} ({}). {}", failing.kind, failing.next_step())
        }
        (None, None) => format!("Not fetched yet: `{name}` polls that host for the first time at {}.", desk.time(source.next_due_at)),
        (None, Some(at)) => format!(
            "Not extracted, or without a brand: `{name}` polls that host and was read at {}; either it did not show this address, or what it showed names no brand. `hearken probe {} --source {name}` shows what it yields.",
            desk.time(at),
            source.url
        ),
    }
}

/// What the rules of today say of a text that is not stored.
pub(super) async fn text(desk: &Desk, judge: &Judge, what: &str) -> Result<String, Refused> {
    if !super::is_long_enough(&super::letters(what)) {
        return Ok(format!(
            "No mention says just this, and it is too short to be looked for inside others: write {LEAST_CHINESE} Chinese characters or {LEAST_LETTERS} letters.\n"
        ));
    }
    let sources = desk.store.sources().await?;
    let left_out = left_out(desk, &sources, what);
    let mut text = if left_out.is_empty() { not_found(desk.store.count_mentions().await?) } else { left_out };
    unread(&sources, &mut text);
    let verdict = judge.judge(&Subject { text: what, ..Subject::default() });
    let _ = writeln!(text, "As a text of its own, with the rules of today: {}", super::judged(desk, &verdict, ""));
    if verdict.brands.is_empty() {
        excluded(desk, what).iter().for_each(|line| text.push_str(line));
    } else if let Some(held) = super::held_back(&verdict) {
        let _ = writeln!(text, "{held}");
    }
    failing(&sources, &mut text);
    Ok(text)
}

/// Mails of mailboxes with these words that are no mentions: of each source the last ones are remembered.
fn left_out(desk: &Desk, sources: &[SourceState], what: &str) -> String {
    let wanted = super::letters(what);
    let mut text = String::new();
    for source in sources {
        let mails = source.watch.mailbox.iter().flat_map(|mailbox| &mailbox.left_out_last);
        for mail in mails.filter(|mail| super::letters(&mail.words).contains(&wanted)) {
            let why = match mail.why {
                WhyLeftOut::Own => "it is one of Hearken's own warnings",
                WhyLeftOut::Answer => "it answers one of Hearken's warnings or carries one, and says nothing else",
                WhyLeftOut::Automatic => "a program answered by itself, as out of office",
            };
            let from = mail.from.as_deref().unwrap_or("nobody");
            let _ = writeln!(
                text,
                "Left out: `{}` read a mail with these words at {} (from {}), and {why}. What such a mail says is told to nobody.\n  {}",
                source.name,
                desk.time(mail.at),
                quoted(from),
                quoted(&mail.words)
            );
        }
    }
    text
}

/// Mailboxes whose mails hold what nobody reads: the words may stand there.
fn unread(sources: &[SourceState], text: &mut String) {
    for source in sources {
        let unread = source.watch.mailbox.as_ref().map_or(0, |mailbox| mailbox.left_out.unread);
        if unread > 0 {
            let _ = writeln!(
                text,
                "Not read: {unread} attachments or parts of mails of `{}`, which are neither text nor mail or lie beyond the bounds; whether these words stand in one of them is not known.",
                source.name
            );
        }
    }
}

/// That no mention has these words, as far as they were looked for.
fn not_found(stored: i64) -> String {
    if stored <= LOOKED_THROUGH {
        return format!("No such text among the {stored} stored mentions: no source has shown it, or it named no brand. {LONG}\n");
    }
    format!(
        "None of the {stored} stored mentions has these words as they are written here, and none of the newest {LOOKED_THROUGH} has them in another \
         spelling. An older one with other spacing, script or punctuation is not looked for: write its words as they stood, or give its address. \
         Otherwise no source has shown it, or it named no brand. {LONG}\n"
    )
}

/// What is long is not stored as a whole.
const LONG: &str = "Of an item of more than 32 KB its beginning and what stands around the hits is stored; what stands behind its first 256 KB is not read.";

/// Brands whose name stands there inside a phrase that `exclude` names.
fn excluded(desk: &Desk, what: &str) -> Vec<String> {
    let folded = fold(what);
    let stands = |phrase: &&String| folded.text().contains(fold(phrase).text());
    let brands = desk.settings.brands.iter();
    brands
        .filter_map(|brand| {
            let phrase = brand.exclude.iter().find(stands)?;
            Some(format!("The name of {} stands only inside \"{phrase}\", which its `exclude` lists.\n", brand.name))
        })
        .collect()
}

fn failing(sources: &[SourceState], text: &mut String) {
    let failing: Vec<&str> =
        sources.iter().filter(|source| source.failure.is_some() && !source.removed).map(|source| source.name.as_str()).collect();
    if !failing.is_empty() {
        let _ = writeln!(text, "Sources that fail now (see `hearken sources`): {}.", failing.join(", "));
    }
}
