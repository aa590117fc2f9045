//! The shipped rules, as `palermo run` would load them for a world in US dollars.

use palermo_engine::{Bundle, TaskConfig};
use palermo_kafka::KafkaConfig;
use palermo_runtime::{Config, ConfigOverrides, prepare};
use std::path::Path;
use tempfile::TempDir;

/// Configuration and compiled rules.
#[derive(Debug)]
pub struct Shipped {
    config: Config,
    /// The compiled rules.
    pub bundle: Bundle,
    _state: TempDir,
}

impl Shipped {
    /// Reads and compiles `rules/`.
    pub fn load() -> Self {
        let state = tempfile::tempdir().expect("a temporary folder");
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
        let text = format!(
            "base_currency: USD\nrules:\n  path: {}\nstate:\n  dir: {}\n",
            rules.display(),
            state.path().display()
        );
        let config =
            Config::parse(&text, "bench", &ConfigOverrides::default()).expect("it is right");
        let bundle = prepare(&config).expect("the shipped rules compile");
        Self { config, bundle, _state: state }
    }

    /// The settings of a task.
    pub fn task(&self, kafka: &KafkaConfig) -> TaskConfig {
        let mut task = self.config.task();
        task.engine.task.clone_from(&kafka.task);
        task.engine.topic_names.clone_from(&kafka.inputs);
        task.start = Some(palermo_engine::StartAt::Earliest);
        task
    }
}
