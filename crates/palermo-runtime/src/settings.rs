//! From the configuration to the settings of the parts below.

use crate::config::{Config, Security};
use crate::run::RunError;
use palermo_codec::{ENGINE_VERSION, Limits, dead_letter_bytes_max};
use palermo_engine::{EngineConfig, TaskConfig};
use palermo_kafka::KafkaConfig;
use palermo_kafka::admin::TopicNeeds;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

impl Config {
    /// What decides results, beside the rules.
    pub fn engine(&self) -> EngineConfig {
        let record_bytes = usize::try_from(self.record_bytes).unwrap_or(usize::MAX);
        EngineConfig {
            task: self.task.clone(),
            base_currency: self.base_currency,
            horizon: self.horizon,
            evidence_horizon: self.evidence_horizon,
            lateness: self.lateness,
            idle_after: self.idle_after,
            limits: Limits { record_bytes, ..Limits::default() },
            memory_max_bytes: self.memory_max_bytes,
            version: ENGINE_VERSION.to_owned(),
            topic_names: self.inputs.clone(),
        }
    }

    /// How the task commits and waits.
    pub fn task(&self) -> TaskConfig {
        TaskConfig {
            commit_every_ms: millis(self.commit_every),
            snapshot_every_ms: millis(self.snapshot_every),
            snapshot_records_max: u64::from(self.snapshot_records),
            commit_records_max: usize::try_from(self.commit_records_max).unwrap_or(usize::MAX),
            hold_ms: millis(self.merge_hold),
            ..TaskConfig::new(self.engine())
        }
    }

    /// What the topics must keep.
    pub fn topic_needs(&self) -> TopicNeeds {
        let letter =
            dead_letter_bytes_max(usize::try_from(self.record_bytes).unwrap_or(usize::MAX));
        TopicNeeds {
            horizon_ms: self.horizon.as_millis(),
            lateness_ms: self.lateness.as_millis(),
            dead_letter_bytes: u64::try_from(letter).unwrap_or(u64::MAX),
        }
    }

    /// How the broker is reached. Reads the password file.
    ///
    /// # Errors
    /// A password file that cannot be read.
    pub fn kafka(&self) -> Result<KafkaConfig, RunError> {
        let kafka = &self.kafka;
        let mut to = KafkaConfig::new(&kafka.bootstrap, &kafka.group, &self.task);
        to.inputs = self.inputs.clone();
        to.outputs = self.outputs.clone();
        to.tuning.fetch_max_bytes = kafka.fetch_max_bytes;
        to.tuning.partition_fetch_bytes = kafka.partition_fetch_max_bytes;
        to.tuning.queued_kbytes = (kafka.queued_max_bytes / 1024).max(1);
        to.tuning.transaction_timeout_ms = millis32(kafka.transaction_timeout);
        to.tuning.session_timeout_ms = millis32(kafka.session_timeout);
        to.security = self.security()?;
        Ok(to)
    }

    fn security(&self) -> Result<BTreeMap<String, String>, RunError> {
        let kafka = &self.kafka;
        let mut keys = BTreeMap::new();
        let mut set = |key: &str, value: String| keys.insert(key.to_owned(), value);
        let protocol = match kafka.security {
            Security::Plaintext => return Ok(keys),
            Security::Tls => "ssl",
            Security::SaslTls => "sasl_ssl",
        };
        set("security.protocol", protocol.to_owned());
        for (key, name, path) in [
            ("ssl.ca.location", "kafka.tls_ca_file", &kafka.tls_ca_file),
            ("ssl.certificate.location", "kafka.tls_certificate_file", &kafka.tls_certificate_file),
            ("ssl.key.location", "kafka.tls_key_file", &kafka.tls_key_file),
        ] {
            if let Some(path) = path {
                readable(name, path)?;
                set(key, path.display().to_string());
            }
        }
        if let (Security::SaslTls, Some(user), Some(file)) =
            (kafka.security, &kafka.sasl_username, &kafka.sasl_password_file)
        {
            set("sasl.mechanism", kafka.sasl_mechanism.clone());
            set("sasl.username", user.clone());
            set("sasl.password", secret(file)?);
        }
        Ok(keys)
    }
}

fn unreadable(key: &'static str, path: &Path, source: std::io::Error) -> RunError {
    RunError::Secret { key, path: path.to_path_buf(), source }
}

/// The client names neither the file nor the key when it cannot open one.
fn readable(key: &'static str, path: &Path) -> Result<(), RunError> {
    std::fs::read(path).map(drop).map_err(|source| unreadable(key, path, source))
}

/// The first line of a file. An empty one is none: a file that is still to be filled.
fn secret(path: &Path) -> Result<String, RunError> {
    let wrap = |source| unreadable("kafka.sasl_password_file", path, source);
    let text = std::fs::read_to_string(path).map_err(wrap)?;
    let line = text.lines().next().unwrap_or("");
    if line.is_empty() {
        let empty = std::io::Error::new(std::io::ErrorKind::InvalidData, "its first line is empty");
        return Err(wrap(empty));
    }
    Ok(line.to_owned())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn millis32(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConfigOverrides;

    #[test]
    fn the_settings_arrive() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "geheim\n").unwrap();
        let text = format!(
            "task: t\nkafka:\n  security: sasl_tls\n  sasl_username: u\n  sasl_password_file: {}\n  \
             bootstrap: kafka.bank:9093\n  queued_max_bytes: 2MiB\n\
             limits: {{record_bytes: 2KiB}}\ncommit: {{every: 20ms, records_max: 7}}\n\
             time: {{merge_hold: 9ms}}\n",
            file.path().display()
        );
        let config = Config::parse(&text, "f", &ConfigOverrides::default()).unwrap();
        let kafka = config.kafka().unwrap();
        kafka.check().unwrap();
        assert_eq!(kafka.task, "t");
        assert_eq!(kafka.tuning.queued_kbytes, 2048);
        assert_eq!(kafka.security["sasl.password"], "geheim");
        assert_eq!(kafka.security["security.protocol"], "sasl_ssl");
        assert!(!format!("{config:?} {kafka:?}").contains("geheim"));
        let task = config.task();
        assert_eq!((task.commit_every_ms, task.commit_records_max, task.hold_ms), (20, 7, 9));
        assert_eq!(task.engine.limits.record_bytes, 2048);
        std::fs::write(file.path(), "\nlater\n").unwrap();
        assert_eq!(config.kafka().unwrap_err().code(), "secret_unreadable");
        std::fs::remove_file(file.path()).unwrap();
        let error = config.kafka().unwrap_err();
        assert_eq!(error.code(), "secret_unreadable");
        assert!(error.to_string().contains("kafka.sasl_password_file"), "{error}");
    }
}
