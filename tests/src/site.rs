//! Everything around one engine under test: its topics, group, task, configuration and folders,
//! and what it has published.

use crate::broker::{Broker, folder, free_port};
use crate::oracle::{Ends, Input};
use crate::{clock, wait_until};
use palermo_codec::Progress;
use palermo_domain::{OutputTopic, Partition, TopicRole};
use palermo_kafka::KafkaConfig;
use palermo_kafka::admin::{self, TopicPlan};
use palermo_kafka::tools::{self, Isolation, ReadRecord, Scope, Tail};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Topics and settings of one engine.
#[derive(Debug)]
pub struct Site {
    kafka: KafkaConfig,
    settings: BTreeMap<String, String>,
    folder: TempDir,
    http_port: u16,
    /// Where the engine finds the broker, if not where the tests do.
    through: Option<String>,
    /// Topics to delete at the end: those on a cluster that stays.
    leaves: Vec<String>,
}

/// What was published, as a `read_committed` reader sees it.
pub type Outputs = BTreeMap<OutputTopic, Vec<ReadRecord>>;

impl Site {
    /// A site with topics of its own; they do not exist yet.
    pub fn new(broker: &Broker, name: &str) -> Self {
        let prefix = format!("t{}-{name}", std::process::id());
        let mut kafka = KafkaConfig::new(broker.bootstrap(), &prefix, &prefix);
        kafka.inputs.values_mut().for_each(|topic| *topic = format!("{prefix}.{topic}"));
        kafka.outputs.values_mut().for_each(|topic| *topic = format!("{prefix}.{topic}"));
        let all = kafka.inputs.values().chain(kafka.outputs.values()).cloned().collect();
        let leaves = if broker.is_own() { Vec::new() } else { all };
        let (folder, _) = folder("palermo-site-");
        let (settings, through) = (BTreeMap::new(), None);
        let mut site = Self { kafka, settings, folder, http_port: free_port(), through, leaves };
        let rules = crate::root().join("rules").display().to_string();
        let state = site.folder.path().join("state").display().to_string();
        for (key, value) in [
            ("rules.path", rules.as_str()),
            // What is tested here is the engine around the rules: two typologies are enough.
            ("rules.environment", "pilot"),
            ("rules.unsigned", "accept"),
            ("state.dir", &state),
            // The currency of the synthetic world.
            ("base_currency", "USD"),
            ("http.listen", &format!("127.0.0.1:{}", site.http_port)),
        ] {
            site.settings.insert(key.to_owned(), value.to_owned());
        }
        site
    }

    /// Reads the inputs of another site, under its task (alerts name the task; two runs that are to
    /// be compared must have the same), with a group and outputs of its own. Not at the same time.
    #[must_use]
    pub fn reading(mut self, other: &Self) -> Self {
        self.kafka.inputs.clone_from(&other.kafka.inputs);
        self.kafka.task.clone_from(&other.kafka.task);
        self
    }

    /// Reads the inputs of another site under a task, with a group and outputs of its own: also at the
    /// same time. What names the task differs.
    #[must_use]
    pub fn reading_apart(mut self, other: &Self) -> Self {
        self.kafka.inputs.clone_from(&other.kafka.inputs);
        self
    }

    /// Another engine with the identity and topics of this one: same task, same group, its own
    /// folder and port.
    pub fn twin(&self) -> Self {
        let (folder, _) = folder("palermo-site-");
        let http_port = free_port();
        let mut settings = self.settings.clone();
        settings.insert("http.listen".to_owned(), format!("127.0.0.1:{http_port}"));
        let (kafka, through, leaves) = (self.kafka.clone(), self.through.clone(), Vec::new());
        Self { kafka, settings, folder, http_port, through, leaves }
    }

    /// Uses another broker.
    #[must_use]
    pub fn at(mut self, bootstrap: &str) -> Self {
        bootstrap.clone_into(&mut self.kafka.bootstrap);
        self
    }

    /// The engine finds the broker here; whoever looks at what it does goes straight.
    #[must_use]
    pub fn through(mut self, bootstrap: &str) -> Self {
        self.through = Some(bootstrap.to_owned());
        self
    }

    /// Sets a configuration key.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// The connection, identity and topics.
    pub const fn kafka(&self) -> &KafkaConfig {
        &self.kafka
    }

    /// Its own folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where HTTP listens.
    pub const fn http_port(&self) -> u16 {
        self.http_port
    }

    /// Name of an input topic.
    pub fn input(&self, role: TopicRole) -> &str {
        &self.kafka.inputs[&role]
    }

    /// Name of an output topic.
    pub fn output(&self, topic: OutputTopic) -> &str {
        &self.kafka.outputs[&topic]
    }

    /// Makes the topics that do not exist; four partitions of payments, two of each output, so that
    /// keys matter.
    pub fn create_topics(&self) {
        let plan = TopicPlan { output_partitions: 2, replication: 1, ..TopicPlan::default() };
        admin::create_topics(&self.kafka, &plan).expect("topics are made");
    }

    /// Writes `palermo.yaml` anew and says where.
    pub fn config_file(&self) -> PathBuf {
        let mut keys = self.settings.clone();
        let mut put = |key: String, value: &str| drop(keys.insert(key, value.to_owned()));
        put("task".to_owned(), &self.kafka.task);
        let bootstrap = self.through.as_ref().unwrap_or(&self.kafka.bootstrap);
        put("kafka.bootstrap".to_owned(), bootstrap);
        put("kafka.group".to_owned(), &self.kafka.group);
        for (role, topic) in &self.kafka.inputs {
            put(format!("topics.{}", role.as_str()), topic);
        }
        for (output, topic) in &self.kafka.outputs {
            put(format!("topics.{}", output.as_str()), topic);
        }
        let mut text = String::new();
        let mut block = "";
        for (key, value) in keys.iter().filter(|(key, _)| !key.contains('.')) {
            let _ = writeln!(text, "{key}: {value}");
        }
        for (key, value) in &keys {
            let Some((head, rest)) = key.split_once('.') else { continue };
            if head != block {
                let _ = writeln!(text, "{head}:");
                block = head;
            }
            let _ = writeln!(text, "  {rest}: {value}");
        }
        let path = self.folder().join("palermo.yaml");
        let beside = self.folder().join("palermo.yaml.new");
        fs::write(&beside, text).expect("the configuration is written");
        // An engine that just starts reads the one before or this one, and never half of it.
        fs::rename(&beside, &path).expect("the configuration is in its place");
        path
    }

    /// A topic, to its present end.
    pub fn read(&self, topic: &str, isolation: Isolation) -> Vec<ReadRecord> {
        let mut found = None;
        // Where the broker has just come back, a partition may have no leader yet.
        wait_until("the topic can be read", Duration::from_secs(30), || {
            found = tools::read_all(&self.kafka, clock(), topic, isolation).ok();
            found.is_some()
        });
        found.unwrap_or_default()
    }

    /// Every output but progress.
    pub fn outputs(&self) -> Outputs {
        let published = self.kafka.outputs.iter().filter(|(t, _)| **t != OutputTopic::Progress);
        published.map(|(topic, name)| (*topic, self.read(name, Isolation::Committed))).collect()
    }

    /// Every progress record.
    pub fn progress(&self) -> Vec<Progress> {
        let topic = self.output(OutputTopic::Progress);
        let records = self.read(topic, Isolation::Committed);
        records.iter().map(decode).collect()
    }

    /// Follows the progress topic.
    pub fn follow(&self) -> Follow {
        let topic = self.output(OutputTopic::Progress);
        let mut found = None;
        // A topic that was just made may have no leader yet.
        wait_until("the progress topic can be followed", Duration::from_secs(30), || {
            let (isolation, scope) = (Isolation::Committed, Scope::FromStart);
            found = Tail::open(&self.kafka, clock(), topic, isolation, scope).ok();
            found.is_some()
        });
        Follow { tail: found.expect("it was found"), last: None }
    }

    /// The input partitions, read apart from the engine.
    pub fn inputs(&self) -> BTreeMap<Partition, Input> {
        let mut inputs: BTreeMap<Partition, Input> = BTreeMap::new();
        for (role, topic) in &self.kafka.inputs {
            let extents = tools::extents(&self.kafka, topic, Isolation::Committed);
            for (index, extent) in (0..).zip(extents.expect("the extent of an input")) {
                let partition = Partition { role: *role, index };
                inputs.entry(partition).or_default().end = extent.end;
            }
            for record in self.read(topic, Isolation::Committed) {
                let partition = Partition { role: *role, index: record.partition };
                inputs.entry(partition).or_default().visible.insert(record.offset);
            }
        }
        inputs
    }

    /// The role of each input topic, by its name.
    pub fn roles(&self) -> BTreeMap<String, TopicRole> {
        self.kafka.inputs.iter().map(|(role, name)| (name.clone(), *role)).collect()
    }

    /// Where both kinds of reader stop, for every output partition.
    pub fn ends(&self) -> Vec<Ends> {
        let mut ends = Vec::new();
        for topic in self.kafka.outputs.values() {
            let extents = |isolation| {
                tools::extents(&self.kafka, topic, isolation).expect("the extent of an output")
            };
            // The committed end first: what is written in between may look open, never closed.
            let stable = extents(Isolation::Committed);
            let all = extents(Isolation::Uncommitted);
            for (index, (stable, all)) in (0..).zip(stable.iter().zip(&all)) {
                let index: i32 = index;
                ends.push(Ends {
                    partition: format!("{topic}/{index}"),
                    last_stable_offset: stable.end,
                    log_end_offset: all.end,
                });
            }
        }
        ends
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let names: Vec<&str> = self.leaves.iter().map(String::as_str).collect();
        if !names.is_empty() {
            let _ = admin::delete_topics(&self.kafka, &names);
        }
    }
}

fn decode(record: &ReadRecord) -> Progress {
    Progress::decode(record.value.as_deref().unwrap_or_default()).expect("a progress record")
}

/// The progress topic as it grows.
#[derive(Debug)]
pub struct Follow {
    tail: Tail,
    last: Option<Progress>,
}

impl Follow {
    /// Reads what is new.
    pub fn refresh(&mut self) {
        let mut newest = None;
        let got = self.tail.poll(Duration::from_millis(20), &mut |record| newest = Some(record));
        got.expect("the progress topic can be read");
        if let Some(record) = newest {
            self.last = Some(decode(&record));
        }
    }

    /// The newest record.
    pub const fn last(&self) -> Option<&Progress> {
        self.last.as_ref()
    }

    /// Offsets of payments that are committed, over all partitions.
    pub fn payments(&self) -> i64 {
        let positions = self.last.as_ref().map(|progress| &progress.positions);
        positions.map_or(0, |positions| {
            let payments = positions.iter().filter(|(p, _)| p.role == TopicRole::Payments);
            payments.map(|(_, position)| *position).sum()
        })
    }
}
