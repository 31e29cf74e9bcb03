//! What the configuration adds to a proposal: the company's zone, and its brands.

use jiff::tz::TimeZone;
use url::Url;

use super::Proposal;
use super::block::Brand;
use crate::collect::normalise::Found;
use crate::decide::rule::RuleSet;
use crate::decide::{Judge, Subject, brand};
use crate::settings::Settings;
use crate::settings::presets::Preset;

/// What a page may be about, as it says itself.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    /// The title of the page.
    pub(super) title: Option<String>,
    /// Its items are reviews of one thing.
    pub(super) is_reviewed: bool,
}

/// What the configuration knows.
pub(super) struct Known {
    pub(super) timezone: TimeZone,
    is_configured: bool,
    judge: Judge,
    brands: Vec<String>,
    presets: Vec<Preset>,
}

/// Scales of sites, the smallest first.
const SCALES: [f64; 3] = [5.0, 10.0, 100.0];

impl Known {
    /// Without a configuration times without a zone are read in Greenwich.
    pub(super) fn of(settings: Option<&Settings>, presets: Vec<Preset>) -> Self {
        let brands: &[brand::Brand] = settings.map_or(&[], |settings| &settings.brands);
        Self {
            timezone: settings.map_or(TimeZone::UTC, |settings| settings.company.timezone.clone()),
            is_configured: settings.is_some(),
            judge: Judge::new(RuleSet::default(), brands),
            brands: brands.iter().map(|brand| brand.name.clone()).collect(),
            presets,
        }
    }

    /// Said where a preset reads addresses like this one.
    pub(super) fn preset(&self, url: &Url) -> Option<String> {
        let preset = self.presets.iter().find(|preset| preset.asks(url))?;
        let name = &preset.name;
        Some(format!("the preset `{name}` reads this as well ({}): `hearken presets {name}` shows its block", preset.what))
    }

    /// Adds what is known, so that the source as proposed yields what is shown.
    pub(super) fn complete(&self, proposal: &mut Proposal, about: &About) {
        let dated = proposal.found.iter().any(|found| found.item.published.is_some() || found.item.updated.is_some());
        let zone = self.timezone.iana_name().unwrap_or("UTC");
        if proposal.block.is_in_utc {
            proposal.block.timezone = Some("UTC".to_owned());
        } else if dated && self.is_configured {
            proposal.remarks.push(format!("times without a zone are read in {zone}, the company's; `timezone` in the block changes it"));
        } else if dated {
            proposal.block.timezone = Some(zone.to_owned());
        }
        if let Some((most, seen)) = scale(&proposal.found) {
            proposal.block.rating_max = Some((most, seen));
            for found in proposal.found.iter_mut().filter(|found| found.item.rating.is_some()) {
                found.item.rating_max = found.item.rating_max.or(Some(most));
            }
        }
        proposal.block.brand = self.brand(&proposal.found, about);
    }

    fn brand(&self, found: &[Found], about: &About) -> Option<Brand> {
        let reviewed = about.is_reviewed || rated(found);
        let said = found.first().and_then(|found| found.item.extra.get("about")).and_then(serde_json::Value::as_str);
        let is_of_all =
            |said: &&str| found.iter().all(|found| found.item.extra.get("about").and_then(serde_json::Value::as_str) == Some(*said));
        let texts: Vec<&str> = said.filter(is_of_all).into_iter().chain(about.title.as_deref()).collect();
        let text = texts.join("\n");
        let named = self.judge.judge(&Subject { text: &text, ..Subject::default() }).brands;
        match (named.as_slice(), self.brands.as_slice()) {
            ([name], _) if reviewed => Some(Brand::Named(name.clone())),
            ([name], _) => Some(Brand::Perhaps(name.clone())),
            ([], [only]) if reviewed => Some(Brand::Perhaps(only.clone())),
            (_, _) if reviewed => Some(Brand::Perhaps("the name of one of your brands".to_owned())),
            _ => None,
        }
    }
}

/// Most items have stars.
fn rated(found: &[Found]) -> bool {
    !found.is_empty() && found.iter().filter(|found| found.item.rating.is_some()).count() * 2 > found.len()
}

/// The best rating a source gives where its items do not say it, and the highest that was seen: what others of its items say, else the
/// smallest scale that all of them are on.
fn scale(found: &[Found]) -> Option<(f64, f64)> {
    let ratings = || found.iter().filter_map(|found| Some((found.item.rating?, found.item.rating_max)));
    if !ratings().any(|(_, most)| most.is_none()) {
        return None;
    }
    let seen = ratings().filter(|(_, most)| most.is_none()).map(|(rating, _)| rating).fold(0.0, f64::max);
    let said: Vec<f64> = ratings().filter_map(|(_, most)| most).collect();
    let agreed = said.first().copied().filter(|first| said.iter().all(|most| most.to_bits() == first.to_bits()));
    match agreed {
        Some(most) => Some((most, seen)).filter(|_| seen <= most),
        None if said.is_empty() => SCALES.into_iter().find(|most| seen <= *most).map(|most| (most, seen)),
        None => None,
    }
}
