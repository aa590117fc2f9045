//! Where records come from and go to, without any word of Kafka.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The part an input topic plays. The order of the variants is the order in which records with
/// equal timestamps are applied (DESIGN §8): control, then lists, parties, payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TopicRole {
    /// Rule activations, suppressions, operators' decisions.
    Control,
    /// Rows of reference lists.
    Lists,
    /// What the bank knows of its customers.
    Parties,
    /// The payments.
    Payments,
}

impl TopicRole {
    /// Every role, in order.
    pub const ALL: [Self; 4] = [Self::Control, Self::Lists, Self::Parties, Self::Payments];

    /// The configuration key and metric label of the role.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Lists => "lists",
            Self::Parties => "parties",
            Self::Payments => "payments",
        }
    }

    /// The role named by a configuration key or progress record.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

impl fmt::Display for TopicRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One partition of one input topic. Its order is the tie-break of the order of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Partition {
    /// Which topic.
    pub role: TopicRole,
    /// Which partition of it.
    pub index: i32,
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.role, self.index)
    }
}

/// The next offset to read. An *offset* is a record's own number.
pub type Position = i64;

/// The part an output topic plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputTopic {
    /// Live alerts.
    Alerts,
    /// Findings of rules in shadow.
    Shadow,
    /// Findings that a suppressor explains, or that rest on a list match alone.
    Suppressed,
    /// Pages of evidence that is too much for an alert.
    Evidence,
    /// Records that could not be read, unchanged.
    DeadLetter,
    /// The progress of the task.
    Progress,
}

impl OutputTopic {
    /// Every output topic, in order.
    pub const ALL: [Self; 6] = [
        Self::Alerts,
        Self::Shadow,
        Self::Suppressed,
        Self::Evidence,
        Self::DeadLetter,
        Self::Progress,
    ];

    /// The configuration key and metric label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Shadow => "shadow",
            Self::Suppressed => "suppressed",
            Self::Evidence => "evidence",
            Self::DeadLetter => "dead_letter",
            Self::Progress => "progress",
        }
    }
}
