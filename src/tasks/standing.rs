//! The figures that stand in the store, read at each scrape of `/metrics`.

use std::collections::BTreeMap;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use super::status::TaskStatus;
use crate::store::Figures;

/// One scrape's figures.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) figures: Figures,
    pub(super) tasks: Vec<(&'static str, TaskStatus)>,
    pub(super) rule_set: String,
    /// Sources by how they fare: `fine`, `cannot_see`, `no_news`, ...
    pub(super) health: BTreeMap<&'static str, i64>,
}

impl Collector for Standing {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        self.outbox(&mut encoder)?;
        self.incidents(&mut encoder)?;
        self.sources(&mut encoder)?;
        self.tasks(&mut encoder)?;
        self.acknowledgements(&mut encoder)
    }
}

impl Standing {
    fn outbox(&self, encoder: &mut DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let mut outbox = encoder.encode_descriptor("hearken_outbox_deliveries", "Deliveries by state", None, MetricType::Gauge)?;
        for (state, rows) in &self.figures.outbox {
            let labels = [("state", state.as_str())];
            ConstGauge::new(*rows).encode(outbox.encode_family(&labels)?)?;
        }
        let age = encoder.encode_descriptor("hearken_outbox_oldest_seconds", "Age of the longest due delivery", None, MetricType::Gauge)?;
        ConstGauge::new(self.figures.oldest_due_age.as_secs_f64()).encode(age)?;
        let waiting = encoder.encode_descriptor("hearken_verdicts_waiting", "Verdicts nobody has acted on yet", None, MetricType::Gauge)?;
        ConstGauge::new(self.figures.waiting_verdicts).encode(waiting)
    }

    fn incidents(&self, encoder: &mut DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let mut incidents = encoder.encode_descriptor("hearken_incidents", "Incidents by state and severity", None, MetricType::Gauge)?;
        for ((state, severity), rows) in &self.figures.incidents {
            let labels = [("state", state.as_str()), ("severity", severity.as_str())];
            ConstGauge::new(*rows).encode(incidents.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn sources(&self, encoder: &mut DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let sources = encoder.encode_descriptor("hearken_sources", "Sources that are polled", None, MetricType::Gauge)?;
        ConstGauge::new(self.figures.sources).encode(sources)?;
        let mut failing =
            encoder.encode_descriptor("hearken_sources_failing", "Sources that fail now, by kind", None, MetricType::Gauge)?;
        for (kind, rows) in &self.figures.failing {
            let labels = [("kind", kind.as_str())];
            ConstGauge::new(*rows).encode(failing.encode_family(&labels)?)?;
        }
        let mut health = encoder.encode_descriptor("hearken_sources_health", "Sources by how they fare", None, MetricType::Gauge)?;
        for (class, sources) in &self.health {
            ConstGauge::new(*sources).encode(health.encode_family(&[("health", *class)])?)?;
        }
        let mut rules = encoder.encode_descriptor("hearken_rule_set_info", "The rules in force, by their hash", None, MetricType::Gauge)?;
        let labels = [("hash", self.rule_set.as_str())];
        ConstGauge::new(1_i64).encode(rules.encode_family(&labels)?)
    }

    fn tasks(&self, encoder: &mut DescriptorEncoder) -> Result<(), std::fmt::Error> {
        type Read = fn(&TaskStatus) -> u64;
        let figures: [(&str, &str, Read); 4] = [
            ("hearken_task_activations", "Activations of each task since the start", |task| task.activations),
            ("hearken_task_errors", "Activations that ended in an error", |task| task.errors),
            ("hearken_task_panics", "Activations that ended in a panic", |task| task.panics),
            ("hearken_task_handled", "Rows handled by each task", |task| task.handled),
        ];
        for (name, help, read) in figures {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (task, status) in &self.tasks {
                let labels = [("task", *task)];
                prometheus_client::metrics::counter::ConstCounter::new(read(status)).encode(family.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }

    /// From the rows, so that an answer counts whichever node or command took it.
    fn acknowledgements(&self, encoder: &mut DescriptorEncoder) -> Result<(), std::fmt::Error> {
        let times = &self.figures.acknowledgements;
        let help = "Time from opening to acknowledgement, of the last thirty days";
        let mut histogram = encoder.encode_descriptor("hearken_acknowledgement_seconds", help, None, MetricType::Histogram)?;
        let mut below = 0;
        let mut buckets = Vec::new();
        for (bound_s, cumulative) in &times.buckets {
            #[expect(clippy::cast_precision_loss, reason = "a bound is at most three days in seconds")]
            buckets.push((*bound_s as f64, u64::try_from(cumulative - below).unwrap_or(0)));
            below = *cumulative;
        }
        buckets.push((f64::INFINITY, u64::try_from(times.count - below).unwrap_or(0)));
        let count = u64::try_from(times.count).unwrap_or(0);
        histogram.encode_histogram::<[(&str, &str); 0]>(times.sum_s, count, &buckets, None)
    }
}
