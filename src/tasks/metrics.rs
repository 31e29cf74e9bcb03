//! The figures at `/metrics`: counted as they happen; what stands in the store is read at each scrape.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::context::Context;
use super::driver::TaskError;
use super::standing::Standing;
use super::trouble;
use crate::collect::health;
use crate::collect::source::SourceOptions;

/// A poll's source and how it ended: `items`, `unchanged`, or the word of its failure kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PollLabels {
    pub source: String,
    pub outcome: String,
}

/// A push's source and how it ended: `taken`, `replayed`, `unauthorised`, `malformed`, `busy` or `not_kept`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PushLabels {
    pub source: String,
    pub outcome: String,
}

/// What was decided about a mention; a mention with two categories counts once in each.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DecisionLabels {
    pub category: String,
    pub severity: String,
}

/// A rule and what it did to a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct FiringLabels {
    pub rule: String,
    pub effect: String,
}

/// An attempt's channel and the class of its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AttemptLabels {
    pub channel: String,
    pub outcome: String,
}

/// Why a verdict opened an incident, joined one or stayed quiet; how asking for a second opinion ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OpeningLabels {
    pub outcome: String,
}

/// How a reload ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ReloadLabels {
    pub outcome: String,
}

/// The counters; clones count into the same.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    pub polls: Family<PollLabels, Counter>,
    pub pushes: Family<PushLabels, Counter>,
    pub items: Counter,
    pub decisions: Family<DecisionLabels, Counter>,
    pub firings: Family<FiringLabels, Counter>,
    pub openings: Family<OpeningLabels, Counter>,
    pub opinions: Family<OpeningLabels, Counter>,
    pub attempts: Family<AttemptLabels, Counter>,
    pub escalations: Counter,
    pub reloads: Family<ReloadLabels, Counter>,
}

impl Metrics {
    /// Registers every counter.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("hearken_polls", "Polls by source and outcome", self.polls.clone());
        registry.register("hearken_pushes", "Pushes by source and outcome", self.pushes.clone());
        registry.register("hearken_items", "New or edited items seen", self.items.clone());
        registry.register("hearken_decisions", "Mentions judged by category and severity", self.decisions.clone());
        registry.register("hearken_rule_firings", "Mentions in which a rule fired or was held back, by what it did", self.firings.clone());
        registry.register("hearken_openings", "Verdicts acted on, by what came of them", self.openings.clone());
        registry.register("hearken_second_opinions", "Second opinions asked for, by what came of it", self.opinions.clone());
        registry.register("hearken_attempts", "Attempts to deliver by channel and outcome", self.attempts.clone());
        registry.register("hearken_escalations", "Steps of escalation ladders taken", self.escalations.clone());
        registry.register("hearken_reloads", "Reloads of settings and rules by outcome", self.reloads.clone());
    }
}

/// Everything at `/metrics`.
///
/// # Errors
/// When the store does not answer.
pub async fn scrape(context: &Context) -> Result<String, TaskError> {
    let mut registry = Registry::default();
    context.metrics.register(&mut registry);
    registry.register_collector(Box::new(Standing {
        figures: context.store.figures(context.clock.now()).await?,
        tasks: context.board.snapshot().into_iter().collect(),
        rule_set: context.live().judge.rule_set().to_owned(),
        health: health(context).await?,
    }));
    Ok(prometheus_text(&registry)?)
}

/// Sources that are polled, by how they fare (`Health::class`).
///
/// # Errors
/// When the store does not answer.
pub async fn health(context: &Context) -> Result<BTreeMap<&'static str, i64>, TaskError> {
    let (live, now) = (context.live(), context.clock.now());
    let options: BTreeMap<&str, &SourceOptions> = live.settings.sources.iter().map(|source| (source.name.as_str(), source)).collect();
    let mut counts = BTreeMap::new();
    let troubles = context.store.open_troubles().await?;
    for state in context.store.sources().await?.iter().filter(|state| !state.removed) {
        let files_failed = troubles.contains(&trouble::files_key(&state.name));
        *counts.entry(health::health(state, options.get(state.name.as_str()).copied(), files_failed, now).class()).or_default() += 1;
    }
    Ok(counts)
}

/// The registry in Prometheus' text format 0.0.4, which every scraper and `promtool` reads.
///
/// # Errors
/// None in practice: writing into a string cannot fail.
pub fn prometheus_text(registry: &Registry) -> Result<String, std::fmt::Error> {
    let mut open_metrics = String::new();
    text::encode(&mut open_metrics, registry)?;
    to_prometheus(&open_metrics)
}

/// From OpenMetrics to format 0.0.4: there a counter's own name ends in `_total`, and neither units nor `EOF` exist.
fn to_prometheus(open_metrics: &str) -> Result<String, std::fmt::Error> {
    let counters: Vec<&str> = open_metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("EOF" | "UNIT"), ..) => {}
            (Some("#"), Some(word @ ("HELP" | "TYPE")), Some(name), Some(rest)) if counters.contains(&name) => {
                writeln!(text, "# {word} {name}_total {rest}")?;
            }
            _ => writeln!(text, "{line}")?,
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_carry_their_whole_name() {
        let mut registry = Registry::default();
        let metrics = Metrics::default();
        metrics.register(&mut registry);
        metrics.polls.get_or_create(&PollLabels { source: "a \"b\"".to_owned(), outcome: "dns".to_owned() }).inc();
        let text = prometheus_text(&registry).expect("a string takes everything");
        assert!(text.contains("# TYPE hearken_polls_total counter\n"), "{text}");
        assert!(text.contains("hearken_polls_total{source=\"a \\\"b\\\"\",outcome=\"dns\"} 1\n"), "{text}");
        assert!(!text.contains("EOF"), "{text}");
    }
}
