//! `hearken sources held NAME`: complaints that nobody was warned of, because their source's first poll, or a flood of old items, took them
//! as known.

use std::time::Duration;

use serde_json::json;

use super::named;
use crate::cli::columns::{Columns, quoted};
use crate::cli::desk::{Desk, Refused, counted, say, say_json};
use crate::cli::exit;
use crate::model::{Mention, Verdict};

/// Shown at most, of those that were seen last.
const SHOWN: i64 = 1_000;

pub(super) async fn held(desk: &Desk, name: &str, since: Duration, json: bool) -> Result<u8, Refused> {
    let sources = desk.store.sources().await?;
    let source = named(&sources, name)?;
    let mut held = desk.store.held(&source.id, desk.now.minus(since), SHOWN).await?;
    held.sort_by_key(|(mention, verdict)| std::cmp::Reverse((verdict.severity, mention.published.unwrap_or(mention.seen_at))));
    if json {
        let shown = held.iter().map(|(mention, verdict)| json!({ "mention": mention, "verdict": verdict }));
        say_json(&json!({ "held": shown.collect::<Vec<_>>() }));
    } else {
        say(&text(desk, name, &held));
    }
    Ok(exit::FINE)
}

fn text(desk: &Desk, name: &str, held: &[(Mention, Verdict)]) -> String {
    if held.is_empty() {
        return format!("Of {name} no complaint was held back in that time.\n");
    }
    let mut columns = Columns::new(["severity", "dated", "seen", "words", "link"]);
    for (mention, verdict) in held {
        let words = mention.title.as_deref().filter(|title| !title.is_empty()).unwrap_or(&mention.text);
        columns.row([
            verdict.severity.to_string(),
            desk.time_or_dash(mention.published),
            desk.time(mention.seen_at),
            quoted(words),
            mention.url.clone().unwrap_or_else(|| mention.id.clone()),
        ]);
    }
    format!(
        "{}{} nobody was warned of, times of {}; `hearken whynot LINK` shows the words of one and why\n",
        columns.text(),
        counted(held.len(), "complaint"),
        desk.zone()
    )
}
