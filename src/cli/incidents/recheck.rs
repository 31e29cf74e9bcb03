//! `hearken incidents recheck`: the pages of a case, looked at now.

use serde_json::json;

use super::show::standing;
use crate::cli::columns::quoted;
use crate::cli::desk::{Desk, Refused, say, say_json};
use crate::cli::exit;
use crate::clock::Clock;
use crate::collect::host::Hosts;
use crate::collect::robots::RobotsCache;
use crate::outbound::Outbound;
use crate::respond::recheck::PageState;
use crate::tasks::context::randomness;
use crate::tasks::recheck::{LEASE, Looked, Outcome, Watch, is_page, look};

/// Pages of one case; a burst that joined more is watched by the daemon.
const PAGES_MAX: i64 = 50;

pub(super) async fn recheck(desk: &Desk, id: &str, json: bool) -> Result<u8, Refused> {
    if desk.store.incident(id).await?.is_none() {
        return Err(Refused::not_found(format!("there is no incident {id}")));
    }
    let pages: Vec<String> = desk.settings.sources.iter().filter(|source| is_page(source)).map(|source| source.name.clone()).collect();
    if desk.store.ask_recheck(id, &pages, desk.now).await? == 0 {
        return Err(Refused::not_found(format!("no mention of {id} has an address to look at")));
    }
    let failed = |error: &dyn std::fmt::Display| Refused { code: exit::STORAGE, words: error.to_string() };
    let letters: String = randomness().map_err(|error| failed(&error))?.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let outbound = Outbound::new(&desk.settings.http).map_err(|error| Refused::usage(format!("[http]: {error}")))?;
    let (robots, hosts, clock, owner) = (RobotsCache::default(), Hosts::default(), Clock::system(), format!("command-line-{letters}"));
    let watch = Watch {
        store: &desk.store,
        settings: &desk.settings,
        outbound: &outbound,
        robots: &robots,
        hosts: &hosts,
        clock: &clock,
        owner: &owner,
        waits: None,
        judges: None,
    };
    let (mut looked, mut later) = (Vec::new(), Vec::new());
    for page in desk.store.claim_rechecks(&owner, Some(id), desk.now, LEASE, PAGES_MAX).await? {
        match look(watch, &page).await.map_err(|error| failed(&error))? {
            Outcome::Looked(one) => looked.push(one),
            Outcome::Later { url, until } => later.push((url, until)),
            Outcome::Ended => {}
        }
    }
    if json {
        let pages = looked.iter().map(|one| json!({ "url": one.url, "known": one.known, "findings": one.findings, "hidden": one.hidden, "to_be_judged": one.to_be_judged }));
        let later = later.iter().map(|(url, until)| json!({ "url": url, "until": until.rfc3339() }));
        say_json(&json!({ "pages": pages.collect::<Vec<_>>(), "later": later.collect::<Vec<_>>() }));
    } else if looked.is_empty() && later.is_empty() {
        say("A running daemon is looking at it this moment: see `hearken incidents show`.\n");
    } else {
        looked.iter().for_each(|one| say(&told(one)));
        for (url, until) in &later {
            let until = desk.time(*until);
            say(&format!("{}\n  its site asked for patience or its budget is spent; a running daemon looks at {until}\n", quoted(url)));
        }
    }
    let seen = later.is_empty() && looked.iter().all(|one| one.hidden.is_none() && one.known.state != Some(PageState::CannotSee));
    Ok(if seen { exit::FINE } else { exit::FINDINGS })
}

fn told(one: &Looked) -> String {
    let news = match one.findings.len() {
        0 => "nothing new".to_owned(),
        _ => {
            format!("new in the history: {}", one.findings.iter().map(|finding| finding.event().to_string()).collect::<Vec<_>>().join(", "))
        }
    };
    let hidden = one.hidden.as_deref().map(|why| format!("could not be looked at: {}; as it was known: ", quoted(why))).unwrap_or_default();
    let judged = if one.to_be_judged { "\n  its words are others now: a running daemon judges them within a minute" } else { "" };
    format!("{}\n  {hidden}{}; {news}{judged}\n", quoted(&one.url), standing(&one.known))
}
