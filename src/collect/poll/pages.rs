//! The pages of a document for people: the first one's entries, and those of the next ones while there are any and the limits allow.

use std::collections::{BTreeSet, HashSet};

use url::Url;

use super::reading::{read, read_decoded};
use super::walk::{Below, Walk};
use super::{Poll, Read, absolute_base};
use crate::collect::decode::Decoded;
use crate::collect::extract::{Context, Extracted, Raw};
use crate::collect::fetch::{Body, FetchFailure, Fetched};
use crate::collect::host;
use crate::collect::normalise::{Found, normalise};
use crate::collect::skip::Skipped;
use crate::collect::source::SourceKind;
use crate::model::{FailureKind, Identity, Phrase};

impl Poll<'_, '_> {
    /// The first page's entries, and those of the next ones while there are any and the limits allow.
    pub(super) async fn read_all(&self, first: &Body, decoded: &Decoded) -> Result<Read, FetchFailure> {
        let read = read_decoded(self.source, first, decoded, self.options.max_items, self.now)?;
        let Extracted { mut entries, emptied, degraded, cut, asks, dated_together, has_more, next } = read;
        let mut degraded = degraded.map(str::to_owned);
        absolute_base(&mut entries, &first.final_url);
        let mut below = if self.pages() > 1 { self.follow(first, &mut entries, next, &mut degraded).await } else { Below::default() };
        // A feed's reader knows which end of it is the new one.
        if self.source.kind != SourceKind::Feed {
            entries.truncate(self.options.max_items);
        }
        let mut found = self.normalised(entries, first);
        let mut seen = HashSet::with_capacity(found.len());
        // What only its words tell apart may have been written twice: see `tasks::intake::reposted`.
        found.retain(|found| !found.says_something() || seen.insert((found.identity, found.item.published)));
        below.unread.extend(self.beyond(&found).await);
        Ok(Read { found, degraded, cut, emptied, dated_together, has_more, asks: Some(asks), skipped: Skipped::default(), below })
    }

    /// What is read only now of a feed that was long before: an earlier release did not read so far, and what stands there was there
    /// before us. Where it was not long before, it grew, and is news.
    async fn beyond(&self, found: &[Found]) -> Vec<Identity> {
        let most = self.options.max_items;
        if found.len() <= most || !self.state.baselined || self.state.watch.read_on {
            return Vec::new();
        }
        let identities: Vec<Identity> = found.iter().map(|found| found.identity).collect();
        let was_long = (self.known)(identities.clone()).await.len().saturating_mul(2) >= most;
        if was_long { identities } else { Vec::new() }
    }

    /// Adds the entries of further pages.
    async fn follow(&self, first: &Body, entries: &mut Vec<Raw>, mut next: Option<Url>, degraded: &mut Option<String>) -> Below {
        let mut asked = HashSet::from([self.source.url.clone(), first.final_url.clone()]);
        let mut walk = Walk::new(self.state, self.pages(), true, self.now);
        let mut seen = BTreeSet::new();
        let mut sight = self.look(entries, first, walk.since(), &mut seen).await;
        while walk.goes_on(&sight, entries.len() >= self.options.max_items) {
            let Some(url) = next.take().filter(|url| self.may_follow(url, &mut asked)) else { break };
            self.pause(&url).await;
            match self.next_page(&url).await {
                // A page that only repeats what is known is the same one under another address.
                Ok(page) if page.entries.iter().all(|entry| entries.iter().any(|known| says_the_same(known, entry))) => break,
                Ok(page) => {
                    next = page.next;
                    sight = self.look(&page.entries, first, walk.since(), &mut seen).await;
                    if walk.keeps(&sight) {
                        entries.extend(page.entries);
                    }
                }
                Err(failure) => {
                    *degraded = Some(walk.fails(failure, false));
                    break;
                }
            }
        }
        walk.ended()
    }

    pub(super) fn normalised(&self, entries: Vec<Raw>, first: &Body) -> Vec<Found> {
        normalise(&self.state.id, entries, self.source.rating_max, &self.context(first))
    }

    pub(super) fn context<'b>(&'b self, body: &'b Body) -> Context<'b> {
        Context { base: &body.final_url, timezone: &self.source.timezone, now: self.now, max_items: self.options.max_items }
    }

    async fn next_page(&self, url: &Url) -> Result<Extracted, FetchFailure> {
        let Fetched::Body(body) = self.ask(url, None).await? else {
            return Err(FetchFailure::new(FailureKind::Server, "304 to a request without conditions").told(Phrase::said("what_304")));
        };
        let mut extracted = read(self.source, &body, self.options.max_items, self.now)?;
        absolute_base(&mut extracted.entries, &body.final_url);
        Ok(extracted)
    }

    /// Between two pages: the operator's gap, or the one that robots.txt asks for.
    pub(super) async fn pause(&self, url: &Url) {
        let asked = self.robots.delay(url).filter(|_| !self.source.ignore_robots);
        tokio::time::sleep(self.options.host_gap.max(asked.unwrap_or_default())).await;
    }

    fn pages(&self) -> usize {
        match &self.source.kind {
            SourceKind::Feed | SourceKind::Json(_) | SourceKind::Files(_) | SourceKind::Inbound(_) | SourceKind::Mail(_) => 1,
            SourceKind::Page(selectors) => selectors.pages.max(1),
        }
    }

    /// Only on the same host, never the same page twice.
    fn may_follow(&self, url: &Url, asked: &mut HashSet<Url>) -> bool {
        host::host_of(url) == host::host_of(&self.source.url) && asked.insert(url.clone())
    }
}

fn says_the_same(one: &Raw, other: &Raw) -> bool {
    (&one.id, &one.text, &one.title, &one.author) == (&other.id, &other.text, &other.title, &other.author)
}
