//! The pages of a JSON endpoint: read while there are new items, the limits allow, and none comes a second time.

use std::collections::{BTreeSet, HashSet};

use super::reading::{decoded, within_guard};
use super::walk::{Below, Walk};
use super::{Poll, Read, absolute_base};
use crate::collect::extract::endpoint::paging::{self, Ask, By, Paging, Turned};
use crate::collect::extract::endpoint::{self, JsonOptions, Page};
use crate::collect::extract::{Context, Raw};
use crate::collect::fetch::{Body, FetchFailure, Fetched};
use crate::collect::host;
use crate::collect::source::SourceOptions;
use crate::model::{FailureKind, Phrase};

/// Reads the text of one answer; whoever calls guards. What the service says of itself is shown without our secrets, which some repeat in
/// their errors.
pub(super) fn read(source: &SourceOptions, options: &JsonOptions, text: &str, context: &Context<'_>) -> Result<Page, FetchFailure> {
    endpoint::read(text, options, context).map_err(|failure| {
        let given = source.headers.iter().chain(&options.parameters).chain(&options.body_secrets);
        let secrets = given.map(|(_, secret)| secret.expose()).filter(|secret| !secret.is_empty());
        FetchFailure { detail: secrets.fold(failure.detail, |detail, secret| detail.replace(secret, "***")), told: None, ..failure }
    })
}

impl Poll<'_, '_> {
    /// The entries of the first page and those of the next ones.
    pub(super) async fn read_endpoint(&self, options: &JsonOptions, (first, text): (&Body, &str)) -> Result<Read, FetchFailure> {
        let mut page = self.page(options, first, text)?;
        let mut degraded = page.extracted.degraded.map(str::to_owned);
        let mut entries = std::mem::take(&mut page.extracted.entries);
        let below = match options.paging.as_ref().filter(|paging| paging.pages > 1) {
            Some(paging) => self.turn(options, paging, first, page, (&mut entries, &mut degraded)).await,
            None => Below::default(),
        };
        entries.truncate(self.options.max_items);
        Ok(Read { found: self.normalised(entries, first), degraded, below, ..Read::default() })
    }

    /// Adds the entries of further pages.
    async fn turn(
        &self,
        options: &JsonOptions,
        paging: &Paging,
        first: &Body,
        page: Page,
        (entries, degraded): (&mut Vec<Raw>, &mut Option<String>),
    ) -> Below {
        let mut asked = Ask { url: self.source.url.clone(), body: options.body.as_ref().map(|body| body.text.clone()) };
        let mut asks = HashSet::from([asked.clone()]);
        let mut walk = Walk::new(self.state, paging.pages, false, self.now);
        let mut seen = BTreeSet::new();
        let mut sight = self.look(entries, first, walk.since(), &mut seen).await;
        let mut latest = (page, first.clone());
        // Beyond a page without anything new everything is known; and a service that ignores its paging sends the first page for ever.
        while walk.goes_on(&sight, entries.len() >= self.options.max_items) {
            let Some(ask) = self.following(paging, &asked, &latest, &mut asks) else { break };
            self.pause(&ask.url).await;
            match self.next_of_endpoint(options, &ask).await {
                Ok((mut page, body)) => {
                    let shown = std::mem::take(&mut page.extracted.entries);
                    sight = self.look(&shown, first, walk.since(), &mut seen).await;
                    if walk.keeps(&sight) {
                        entries.extend(shown);
                    }
                    latest = (page, body);
                }
                Err(failure) => {
                    let counted = paging.more.is_none() && matches!(paging.by, By::Page { .. } | By::Offset { .. });
                    *degraded = Some(walk.fails(failure, counted));
                    break;
                }
            }
            asked = ask;
        }
        walk.ended()
    }

    fn page(&self, options: &JsonOptions, body: &Body, text: &str) -> Result<Page, FetchFailure> {
        let mut page = within_guard(|| read(self.source, options, text, &self.context(body)))?;
        absolute_base(&mut page.extracted.entries, &body.final_url);
        Ok(page)
    }

    async fn next_of_endpoint(&self, options: &JsonOptions, ask: &Ask) -> Result<(Page, Body), FetchFailure> {
        let Fetched::Body(body) = self.ask_with(&ask.url, None, ask.body.as_deref()).await? else {
            return Err(FetchFailure::new(FailureKind::Server, "304 to a request without conditions").told(Phrase::said("what_304")));
        };
        let page = self.page(options, &body, &decoded(&body)?.text)?;
        Ok((page, body))
    }

    /// Only on the same host, never the same request twice.
    fn following(&self, paging: &Paging, asked: &Ask, latest: &(Page, Body), asks: &mut HashSet<Ask>) -> Option<Ask> {
        let (page, body) = latest;
        let turned = Turned { document: &page.document, entries: page.entries, link: body.next.as_ref(), base: &body.final_url };
        let ask = paging::next(paging, asked, turned)?;
        let own = host::host_of(&ask.url) == host::host_of(&self.source.url);
        (own && asks.insert(ask.clone())).then_some(ask)
    }
}
