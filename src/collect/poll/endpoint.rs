//! The pages of a JSON endpoint: read while there are new items, the limits allow, and none comes a second time.

use std::collections::HashSet;

use super::reading::{decoded, within_guard};
use super::{Poll, absolute_base};
use crate::collect::extract::endpoint::paging::{self, Ask, Paging, Turned};
use crate::collect::extract::endpoint::{self, JsonOptions, Page};
use crate::collect::extract::{Context, Raw};
use crate::collect::fetch::{Body, FetchFailure, Fetched};
use crate::collect::host;
use crate::collect::normalise::{Found, normalise};
use crate::collect::source::SourceOptions;
use crate::model::{FailureKind, Identity, Phrase};

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
    pub(super) async fn read_endpoint(
        &self,
        options: &JsonOptions,
        (first, text): (&Body, &str),
    ) -> Result<(Vec<Found>, Option<String>), FetchFailure> {
        let mut page = self.page(options, first, text)?;
        let mut degraded = page.extracted.degraded.map(str::to_owned);
        let mut entries = std::mem::take(&mut page.extracted.entries);
        let Some(paging) = options.paging.as_ref().filter(|paging| paging.pages > 1) else {
            return Ok((self.normalised(entries, first), degraded));
        };
        let mut asked = Ask { url: self.source.url.clone(), body: options.body.as_ref().map(|body| body.text.clone()) };
        let mut seen = Seen { asks: HashSet::from([asked.clone()]), items: HashSet::new() };
        let mut latest = (page, first.clone());
        let mut last_entries = entries.clone();
        for _ in 1..paging.pages {
            let Some(ask) = self.following(paging, &asked, &latest, &mut seen, entries.len()) else { break };
            if !self.brings_news(&last_entries, first, &mut seen).await {
                break;
            }
            self.pause(&ask.url).await;
            match self.next_of_endpoint(options, &ask).await {
                Ok((mut page, body)) => {
                    last_entries = std::mem::take(&mut page.extracted.entries);
                    entries.extend(last_entries.iter().cloned());
                    latest = (page, body);
                }
                Err(failure) => {
                    degraded = Some(format!("a further page could not be read ({failure})"));
                    break;
                }
            }
            asked = ask;
        }
        entries.truncate(self.options.max_items);
        Ok((self.normalised(entries, first), degraded))
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

    /// Only on the same host, never the same request twice, never past the limit of items.
    fn following(&self, paging: &Paging, asked: &Ask, latest: &(Page, Body), seen: &mut Seen, items: usize) -> Option<Ask> {
        let (page, body) = latest;
        let turned = Turned { document: &page.document, entries: page.entries, link: body.next.as_ref(), base: &body.final_url };
        let ask = paging::next(paging, asked, turned)?;
        let own = host::host_of(&ask.url) == host::host_of(&self.source.url);
        (own && items < self.options.max_items && seen.asks.insert(ask.clone())).then_some(ask)
    }

    /// Whether a page has items that neither an earlier page of this poll nor any earlier poll has shown: beyond one that has not,
    /// everything is known. A service that ignores its paging sends the first page for ever.
    async fn brings_news(&self, entries: &[Raw], first: &Body, seen: &mut Seen) -> bool {
        let items: Vec<Identity> = self.normalised(entries.to_vec(), first).into_iter().map(|found| found.identity).collect();
        let fresh: Vec<Identity> = items.into_iter().filter(|identity| seen.items.insert(*identity)).collect();
        let count = fresh.len();
        count > 0 && (self.known)(fresh).await < count
    }

    fn normalised(&self, entries: Vec<Raw>, first: &Body) -> Vec<Found> {
        normalise(self.memory, entries, self.source.rating_max, &self.context(first))
    }
}

/// What this poll has asked for and been shown.
struct Seen {
    asks: HashSet<Ask>,
    items: HashSet<Identity>,
}
