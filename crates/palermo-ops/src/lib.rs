//! What an operator looks at: metrics, health and logs. The only crate that names Prometheus.
//!
//! Principal types: [`Metrics`] (counters copied from the engine, never computed here), [`Health`]
//! (the four questions of `/readyz`) and [`LogFormat`]. The list of metrics is data, [`METRICS`],
//! from which `docs/metrics.md` is generated.
//!
//! Promise: no label can hold an account, a name or a payment id. A label is made by [`Label`],
//! whose variants are closed lists and checked rule ids.
//!
//! What this crate does not do: it opens no socket (console) and reads no clock (runtime).

#[cfg(test)]
mod alarms;
mod catalog;
#[cfg(test)]
mod dashboards;
mod document;
mod health;
mod label;
mod logs;
mod metrics;
mod totals;

pub use catalog::{METRICS, Metric, MetricDef, MetricKind, Unit};
pub use document::metrics_markdown;
pub use health::{Health, Phase, Readiness};
pub use label::Label;
pub use logs::{LogFormat, LogsError, init_logs};
pub use metrics::{Facts, Metrics, MetricsError, Sample};
