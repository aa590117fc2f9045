//! One revision of an alert as a topic holds it.
//!
//! Reading is lenient: a field that is not there is empty. A document that an older or a newer engine
//! wrote is shown as far as it goes.

use serde_json::Value;

/// The topic that a revision stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    Alerts,
    Suppressed,
    Shadow,
}

impl Topic {
    /// By its word in the configuration.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        match key {
            "alerts" => Some(Self::Alerts),
            "suppressed" => Some(Self::Suppressed),
            "shadow" => Some(Self::Shadow),
            _ => None,
        }
    }

    /// For people.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Alerts => "alerts",
            Self::Suppressed => "alerts.suppressed",
            Self::Shadow => "alerts.shadow",
        }
    }
}

/// The type of a page of evidence, which is no alert.
pub(crate) const EVIDENCE: &str = "palermo.alert.evidence.v1";

/// Levels, least first.
pub(crate) const LEVELS: [&str; 5] = ["informational", "low", "medium", "high", "critical"];

/// A revision.
#[derive(Clone)]
pub(crate) struct Revision {
    pub(crate) topic: Topic,
    document: Value,
}

/// Documents name people.
impl std::fmt::Debug for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Revision").field(&self.id()).field(&self.number()).finish()
    }
}

impl Revision {
    /// Reads a record's value; `None` where it is no alert.
    pub(crate) fn read(topic: Topic, value: &[u8]) -> Option<Self> {
        Self::of(topic, serde_json::from_slice(value).ok()?)
    }

    /// The revision that a document is; `None` where it is no alert.
    pub(crate) fn of(topic: Topic, document: Value) -> Option<Self> {
        if document.get("type").and_then(Value::as_str) == Some(EVIDENCE) {
            return None;
        }
        let revision = Self { topic, document };
        (!revision.id().is_empty() && revision.number() > 0).then_some(revision)
    }

    /// The whole document.
    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    /// What stands at a place of `data`, such as `/why/indicators`.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        let data = self.document.get("data").unwrap_or(&Value::Null);
        data.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A text of `data`.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or("")
    }

    pub(crate) fn id(&self) -> &str {
        self.text("/alert_id")
    }

    pub(crate) fn number(&self) -> u64 {
        self.at("/revision").as_u64().unwrap_or(0)
    }

    pub(crate) fn action(&self) -> &str {
        self.text("/action")
    }

    pub(crate) fn group(&self) -> &str {
        self.text("/grouping/group_id")
    }

    pub(crate) fn typology(&self) -> &str {
        self.text("/typology")
    }

    pub(crate) fn level(&self) -> &str {
        self.text("/level")
    }

    /// The place of the level among [`LEVELS`].
    pub(crate) fn rank(&self) -> usize {
        LEVELS.iter().position(|level| *level == self.level()).unwrap_or(0)
    }

    pub(crate) fn score(&self) -> u64 {
        self.at("/score").as_u64().unwrap_or(0)
    }

    pub(crate) fn is_urgent(&self) -> bool {
        self.at("/victim_protection/urgent").as_bool() == Some(true)
    }

    /// Whether it still stands.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.action(), "closed" | "retracted")
    }

    /// `account/…` or `party/…`.
    pub(crate) fn anchor(&self) -> &str {
        self.document.get("subject").and_then(Value::as_str).unwrap_or("")
    }

    /// Event time that decided it.
    pub(crate) fn decided_at(&self) -> &str {
        self.document.get("time").and_then(Value::as_str).unwrap_or("")
    }

    /// First and last day of the episode.
    pub(crate) fn days(&self) -> (&str, &str) {
        (day(self.text("/episode/start")), day(self.text("/episode/last")))
    }
}

/// The day of a time.
pub(crate) fn day(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

/// A time to the second.
pub(crate) fn moment(time: &str) -> String {
    match (time.get(..10), time.get(11..19)) {
        (Some(day), Some(clock)) => format!("{day} {clock}"),
        _ => time.to_owned(),
    }
}

/// The elements of a list.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// The texts of a list.
pub(crate) fn texts(value: &Value) -> impl Iterator<Item = &str> {
    list(value).filter_map(Value::as_str)
}

/// A field, null where it is not there.
pub(crate) fn field<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// A text field, empty where it is not there.
pub(crate) fn string<'v>(value: &'v Value, name: &str) -> &'v str {
    field(value, name).as_str().unwrap_or("")
}

/// A value as it is said: texts without quotes.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "unknown".to_owned(),
        other => other.to_string(),
    }
}

/// `USD 28,475` from `{"value": "28475.00", "ccy": "USD"}`; empty where it is nothing.
pub(crate) fn money(value: &Value) -> String {
    let amount = string(value, "value");
    if amount.is_empty() {
        return String::new();
    }
    format!("{} {}", string(value, "ccy"), grouped(amount))
}

/// `28475.30` as `28,475`: whole units, rounded half up, for people.
pub(crate) fn grouped(amount: &str) -> String {
    let number = amount.parse::<palermo_domain::Decimal>();
    number.map_or_else(|_| amount.to_owned(), palermo_domain::grouped)
}
