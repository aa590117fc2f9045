//! An alert in words.
//!
//! Reads the published document (`alert.v1`), not the engine's memory: what is shown is what a
//! consumer of the topic gets. People who may be victims are counted and never named.

use palermo_domain::EventTime;
use serde_json::Value;
use std::collections::BTreeMap;

/// Text is broken before this column.
const COLUMNS: usize = 110;
/// Where text goes on in the next line.
const INDENT: &str = "           ";

/// One alert document.
#[derive(Clone)]
pub(crate) struct AlertText(Value);

impl std::fmt::Debug for AlertText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("AlertText").field(&self.id()).finish()
    }
}

/// The last revision of every alert, in order of first appearance; those taken back are left out.
pub(crate) fn latest(values: &[Vec<u8>]) -> Vec<AlertText> {
    let mut order: Vec<String> = Vec::new();
    let mut last: BTreeMap<String, AlertText> = BTreeMap::new();
    for alert in values.iter().filter_map(|value| AlertText::read(value)) {
        let id = alert.id().to_owned();
        let newer = last.get(&id).is_none_or(|known| alert.revision() >= known.revision());
        if !last.contains_key(&id) {
            order.push(id.clone());
        }
        if newer {
            last.insert(id, alert);
        }
    }
    let alerts = order.iter().filter_map(|id| last.remove(id));
    alerts.filter(|alert| alert.action() != "retracted").collect()
}

/// The event time that decided the first revision of every alert, by id.
pub(crate) fn first_told(values: &[Vec<u8>]) -> BTreeMap<String, EventTime> {
    let alerts = values.iter().filter_map(|value| AlertText::read(value));
    let first = alerts.filter(AlertText::created);
    first
        .filter_map(|alert| {
            Some((alert.id().to_owned(), EventTime::parse(alert.text("/time")).ok()?))
        })
        .collect()
}

impl AlertText {
    /// Reads a document.
    pub(crate) fn read(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok().map(Self)
    }

    /// The document.
    pub(crate) fn document(&self) -> &Value {
        &self.0
    }

    fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or("")
    }

    pub(super) fn id(&self) -> &str {
        self.text("/data/alert_id")
    }

    fn revision(&self) -> u64 {
        self.at("/data/revision").as_u64().unwrap_or(0)
    }

    fn action(&self) -> &str {
        self.text("/data/action")
    }

    /// Whether this is the first word about it.
    pub(crate) fn created(&self) -> bool {
        self.action() == "created" && self.revision() == 1
    }

    /// The typology's id.
    pub(crate) fn typology(&self) -> &str {
        self.text("/data/typology")
    }

    /// `account/…` or `party/…`.
    pub(crate) fn anchor(&self) -> &str {
        self.text("/subject")
    }

    /// The suppressors that held it back.
    pub(crate) fn suppressed_by(&self) -> Vec<&str> {
        texts(self.at("/data/suppressed_by")).collect()
    }

    /// One line.
    pub(crate) fn short(&self) -> String {
        format!(
            "  {} {} {}  {}",
            self.text("/data/level").to_uppercase(),
            self.at("/data/score"),
            self.typology(),
            self.text("/data/headline")
        )
    }

    /// Everything an investigator wants first.
    pub(crate) fn lines(&self, color: bool) -> Vec<String> {
        let level = self.text("/data/level").to_uppercase();
        let head = format!("{level} {}", self.at("/data/score"));
        let head = if color { format!("\u{1b}[1;31m{head}\u{1b}[0m") } else { head };
        let mut lines = vec![
            format!("{head}  {}", self.text("/data/headline")),
            format!(
                "  {} {}, {} revision {}",
                self.typology(),
                self.text("/data/title"),
                self.id(),
                self.revision()
            ),
        ];
        let mut say = |label: &str, text: &str| lines.extend(wrapped(label, text));
        say("anchor", self.anchor());
        say("who", &self.who());
        for indicator in list(self.at("/data/why/indicators")) {
            let (points, text) = indicator_words(indicator);
            say(&points, &text);
        }
        let families: Vec<&str> = texts(self.at("/data/why/families")).collect();
        say("families", &families.join(" "));
        for suppressor in list(self.at("/data/why/suppressors")) {
            let word = if field(suppressor, "applied").as_bool() == Some(true) {
                "applies"
            } else {
                "does not apply"
            };
            let (id, because) = (string(suppressor, "id"), string(suppressor, "because"));
            say("tested", &format!("{id} {word}: {because}"));
        }
        for step in texts(self.at("/data/workflow/steps")) {
            say("next", step);
        }
        if self.masked() > 0 {
            say("care", "the masked may be victims: do not contact them, do not tip off");
        }
        lines
    }

    /// Subjects by name, everybody else by number and role.
    fn who(&self) -> String {
        let subject = |actor: &Value| {
            let (entity, key) = (string(actor, "entity"), string(actor, "key"));
            format!("{entity} {key} ({})", string(actor, "function"))
        };
        let mut who: Vec<String> = list(self.at("/data/who/subjects")).map(subject).collect();
        let mut others: BTreeMap<(String, String, bool), u64> = BTreeMap::new();
        for actor in list(self.at("/data/who/related")) {
            let masked = field(actor, "masked").as_bool() == Some(true);
            let role = string(actor, "role").replace('_', " ");
            let count = others.entry((string(actor, "function"), role, masked)).or_default();
            *count = count.saturating_add(1);
        }
        let listed: u64 = others.values().fold(0, |sum, n| sum.saturating_add(*n));
        for ((function, role, masked), count) in others {
            let mask = if masked { ", masked" } else { "" };
            who.push(format!("{count} x {function} ({role}{mask})"));
        }
        let all = self.at("/data/who/related_count").as_u64().unwrap_or(listed);
        if let Some(more) = all.checked_sub(listed).filter(|more| *more > 0) {
            who.push(format!("{more} more"));
        }
        who.join("; ")
    }

    fn masked(&self) -> usize {
        let related = list(self.at("/data/who/related"));
        related.filter(|actor| field(actor, "masked").as_bool() == Some(true)).count()
    }
}

/// Points, and id, text and source.
fn indicator_words(indicator: &Value) -> (String, String) {
    let cite = field(indicator, "cite");
    let text = format!(
        "{} {} [{}, {}]",
        string(indicator, "id"),
        string(indicator, "text"),
        string(cite, "source"),
        string(cite, "doc")
    );
    (format!("+{}", field(indicator, "points").as_u64().unwrap_or(0)), text)
}

/// A label and a text, broken between words where it is long.
fn wrapped(label: &str, text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = format!("  {label:<9}");
    for word in text.split(' ') {
        let length = line.chars().count().saturating_add(word.chars().count());
        if length >= COLUMNS && line.len() > INDENT.len() {
            lines.push(std::mem::replace(&mut line, INDENT.to_owned()));
        }
        line.push(' ');
        line.push_str(word);
    }
    lines.push(line);
    lines
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    list(value).filter_map(Value::as_str)
}

fn field<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

fn string(value: &Value, name: &str) -> String {
    field(value, name).as_str().unwrap_or("").to_owned()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    /// A document with what the demo reads of it.
    pub(crate) fn alert(id: &str, revision: u64, action: &str, anchor: &str) -> Value {
        json!({
            "subject": anchor,
            "data": {
                "alert_id": id, "revision": revision, "action": action, "typology": "CT-14",
                "title": "Border funnel", "headline": "30 senders, USD 28,475 in 28 days",
                "level": "high", "score": 75,
                "who": {
                    "subjects": [
                        {"entity": "account", "key": "B:F", "role": "subject", "function": "collector"}
                    ],
                    "related": [
                        {"entity": "account", "key": "CANARY-1", "role": "potential_victim",
                         "function": "payer", "masked": true},
                        {"entity": "account", "key": "CANARY-2", "role": "potential_victim",
                         "function": "payer", "masked": true}
                    ],
                    "related_count": 30
                },
                "why": {
                    "indicators": [
                        {"id": "MS-08", "points": 30, "text": "30 people sent 85 payments",
                         "cite": {"source": "FinCEN", "doc": "trend analysis, 2026"}}
                    ],
                    "families": ["M", "N"],
                    "suppressors": [
                        {"id": "SUP-ROSCA", "applied": false, "because": "0 of 30 were paid back"}
                    ]
                },
                "workflow": {"steps": ["who else did the senders pay"]}
            }
        })
    }

    fn bytes(value: &Value) -> Vec<u8> {
        value.to_string().into_bytes()
    }

    #[test]
    fn an_alert_reads_as_words_and_names_no_masked_person() {
        let text = AlertText::read(&bytes(&alert("alr_1", 2, "updated", "account/B:F"))).unwrap();
        let lines = text.lines(false);
        assert_eq!(
            lines,
            [
                "HIGH 75  30 senders, USD 28,475 in 28 days",
                "  CT-14 Border funnel, alr_1 revision 2",
                "  anchor    account/B:F",
                "  who       account B:F (collector); 2 x payer (potential victim, masked); 28 more",
                "  +30       MS-08 30 people sent 85 payments [FinCEN, trend analysis, 2026]",
                "  families  M N",
                "  tested    SUP-ROSCA does not apply: 0 of 30 were paid back",
                "  next      who else did the senders pay",
                "  care      the masked may be victims: do not contact them, do not tip off",
            ]
        );
        assert!(!lines.concat().contains("CANARY"));
        assert_eq!(text.short(), "  HIGH 75 CT-14  30 senders, USD 28,475 in 28 days");
    }

    #[test]
    fn long_texts_are_broken_between_words() {
        let lines = wrapped("who", &"seventeen letters ".repeat(10));
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.chars().count() <= COLUMNS), "{lines:?}");
        assert!(
            lines[0].starts_with("  who       seventeen") && lines[1].starts_with("            ")
        );
        assert_eq!(wrapped("who", &"x".repeat(200)).len(), 1);
    }

    #[test]
    fn the_last_revision_counts_and_a_retraction_removes() {
        let values = [
            bytes(&alert("alr_2", 1, "created", "a")),
            bytes(&alert("alr_1", 1, "created", "b")),
            bytes(&alert("alr_1", 3, "updated", "b")),
            bytes(&alert("alr_1", 2, "updated", "b")),
            bytes(&alert("alr_3", 1, "created", "c")),
            bytes(&alert("alr_3", 2, "retracted", "c")),
            b"not json".to_vec(),
        ];
        let shown: Vec<(String, u64)> =
            latest(&values).iter().map(|a| (a.id().to_owned(), a.revision())).collect();
        assert_eq!(shown, [("alr_2".to_owned(), 1), ("alr_1".to_owned(), 3)]);
    }
}
