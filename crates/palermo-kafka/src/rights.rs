//! The rights that a task needs of the brokers: the least that are enough, as data.
//!
//! The documentation shows them as commands, `palermo doctor` tries what can be tried without a trace,
//! and a test against a real broker grants exactly these, and takes each away in turn.

use crate::config::KafkaConfig;
use palermo_domain::{OutputTopic, TopicRole};
use std::fmt;

/// What a right is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// A topic.
    Topic,
    /// The consumer group.
    Group,
    /// The transactional id, which is the name of the task.
    TransactionalId,
}

impl Resource {
    /// The option of Kafka's own tool.
    const fn option(self) -> &'static str {
        match self {
            Self::Topic => "--topic",
            Self::Group => "--group",
            Self::TransactionalId => "--transactional-id",
        }
    }
}

/// What is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reading, and with it seeing that it is there.
    Read,
    /// Writing, and with it seeing that it is there.
    Write,
    /// Looking at settings.
    DescribeConfigs,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// What it is over.
    pub resource: Resource,
    /// Its literal name.
    pub name: String,
    /// What is allowed.
    pub operation: Operation,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on `{}`", self.operation, self.name)
    }
}

/// What a task may do with a group of resources of one kind.
struct Block<'a> {
    resource: Resource,
    operations: &'static [Operation],
    names: Vec<&'a str>,
}

fn blocks(config: &KafkaConfig) -> [Block<'_>; 5] {
    use Operation::{DescribeConfigs, Read, Write};
    let outputs = config.outputs.iter().filter(|(output, _)| **output != OutputTopic::Progress);
    let block = |resource, operations, names| Block { resource, operations, names };
    [
        // Reading, committing how far, and the check of settings at every start.
        block(
            Resource::Topic,
            &[Read, DescribeConfigs],
            TopicRole::ALL
                .iter()
                .map(|role| config.input(*role))
                .filter(|n| !n.is_empty())
                .collect(),
        ),
        // Publishing.
        block(
            Resource::Topic,
            &[Write, DescribeConfigs],
            outputs.map(|(_, topic)| topic.as_str()).collect(),
        ),
        // Committing, and finding back after a restart.
        block(
            Resource::Topic,
            &[Read, Write, DescribeConfigs],
            vec![config.output(OutputTopic::Progress)],
        ),
        // Joining, and committing positions.
        block(Resource::Group, &[Read], vec![&config.group]),
        // Fencing an earlier engine, and committing.
        block(Resource::TransactionalId, &[Write], vec![&config.task]),
    ]
}

/// Every right that the task of this configuration needs, in a fixed order.
pub fn rights(config: &KafkaConfig) -> Vec<Right> {
    let mut all = Vec::new();
    for block in blocks(config) {
        for name in block.names {
            for operation in block.operations {
                let (resource, operation) = (block.resource, *operation);
                all.push(Right { resource, name: name.to_owned(), operation });
            }
        }
    }
    all
}

/// The commands of Kafka's own tool that grant them to a principal such as `User:palermo`.
pub fn commands(
    config: &KafkaConfig,
    bootstrap: &str,
    admin_file: &str,
    principal: &str,
) -> Vec<String> {
    let of = |block: Block<'_>| {
        let mut line = format!(
            "kafka-acls.sh --bootstrap-server {bootstrap} --command-config {admin_file} --add \
             --allow-principal {principal}"
        );
        for operation in block.operations {
            line.push_str(&format!(" --operation {operation}"));
        }
        for name in block.names {
            line.push_str(&format!(" {} {name}", block.resource.option()));
        }
        line
    };
    blocks(config).into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_commands_grant_them() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/deployment.md");
        let page = std::fs::read_to_string(page).unwrap_or_default();
        let config = KafkaConfig::new("kafka.example:9093", "palermo", "palermo-0");
        for command in commands(&config, &config.bootstrap, "admin.properties", "User:palermo") {
            assert!(
                page.contains(&format!("\n{command}\n")),
                "docs/deployment.md lacks\n{command}"
            );
        }
        // Those of the engine; `palermo canary` has a user of its own.
        let of_engine =
            |line: &&str| line.starts_with("kafka-acls.sh ") && line.contains(" User:palermo ");
        let lines = page.lines().filter(of_engine).count();
        assert_eq!(lines, blocks(&config).len(), "docs/deployment.md grants something else too");
    }

    #[test]
    fn nothing_is_granted_that_could_change_a_topic() {
        let all = rights(&KafkaConfig::new("127.0.0.1:1", "g", "t"));
        assert_eq!(all.len(), 4 * 2 + 5 * 2 + 3 + 1 + 1);
        let topics = all.iter().filter(|right| right.resource == Resource::Topic);
        assert_eq!(topics.count(), 21);
    }
}
