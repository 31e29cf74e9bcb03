//! `[collect]` again: what holds for domains. `[[collect.budget]]`, `[[collect.retry_after]]`.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::collect::budget::Budget;
use crate::collect::manners::{CREDENTIALS_WARNED, Manners};
use crate::collect::patience::{Scope, ScopeRule};
use crate::problem::Table;
use crate::settings::values::{choice, span, span_if_there};

const DAY: Duration = Duration::from_hours(24);
/// A window shorter than this is a gap, and longer than this nobody's limit.
const PER: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24 * 31);
const REQUESTS_MAX: i64 = 1_000_000;
const SCOPES: [(&str, Scope); 3] = [("address", Scope::Address), ("host", Scope::Host), ("domain", Scope::Domain)];

pub(super) fn read(table: &mut Table) -> Manners {
    let scope = choice(table, "retry_after_scope", &SCOPES);
    let scopes: Vec<ScopeRule> = table
        .tables_written("retry_after", "`[[collect.retry_after]]`, with two brackets, once for each")
        .into_iter()
        .filter_map(scope_rule)
        .collect();
    let budgets: Vec<Budget> =
        table.tables_written("budget", "`[[collect.budget]]`, with two brackets, once for each").into_iter().filter_map(budget).collect();
    twice(table, "retry_after", scopes.iter().map(|rule| rule.domain.as_str()));
    twice(table, "budget", budgets.iter().map(|budget| budget.domain.as_str()));
    let credentials_warned = span(table, "credentials_warn_before", Duration::from_hours(1)..=DAY * 365, CREDENTIALS_WARNED);
    Manners { scope, scopes, budgets, credentials_warned, ..Manners::default() }
}

fn scope_rule(mut table: Table) -> Option<ScopeRule> {
    let domain = domain(&mut table);
    if !table.has("scope") {
        table.missing("scope", "scope = \"address\"`, `\"host\"` or `\"domain\"");
    }
    let scope = choice(&mut table, "scope", &SCOPES);
    table.finish();
    Some(ScopeRule { domain: domain?, scope: scope? })
}

fn budget(mut table: Table) -> Option<Budget> {
    let domain = domain(&mut table);
    if !table.has("requests") {
        table.missing("requests", "requests = 60");
    }
    let requests = table.integer("requests", 1, REQUESTS_MAX).and_then(|requests| u32::try_from(requests).ok());
    if !table.has("per") {
        table.missing("per", "per = \"1m\"");
    }
    let per = span_if_there(&mut table, "per", PER);
    table.finish();
    Some(Budget { domain: domain?, requests: requests?, per: per? })
}

/// A domain alone; what is below it is always meant.
fn domain(table: &mut Table) -> Option<String> {
    let text = table.required_text("domain")?;
    let name = text.trim().to_ascii_lowercase();
    let sound = name
        .split('.')
        .all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    if !sound {
        let help = "Write it as \"example.com\": without https://, path and port; its subdomains are meant as well. Other letters than ASCII as `xn--...`.";
        table.complain("domain", format!("\"{text}\" is no domain"), help);
    }
    sound.then_some(name)
}

fn twice<'a>(table: &Table, key: &str, domains: impl Iterator<Item = &'a str>) {
    let mut seen = Vec::new();
    for domain in domains {
        if seen.contains(&domain) {
            table.complain(key, format!("`{domain}` has two entries in `collect.{key}`"), "Keep one of the two.");
        }
        seen.push(domain);
    }
}
