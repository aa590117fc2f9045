//! What is in some files of payments, and what is missing.
//!
//! Counts which fields are there, by kind of payment, without looking at what they say; which accounts of
//! the bank have a party; and, from the same pass of the engine over the rows, which rules lacked
//! which field, and which of them never held. Cost: each row is read once more as a tree.

use crate::input::Facts;
use crate::labels::Labels;
use crate::play::OfRules;
use crate::share::Share;
use palermo_domain::TopicRole;
use palermo_lang::program::RuleSet;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Paths that are counted; a schema has fewer.
const PATHS_MAX: usize = 1_000;

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Payments by kind, rail, channel and status.
    pub words: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// In how many payments a field is there, by its path.
    pub fields: BTreeMap<String, u64>,
    /// In how many versions of parties a field is there.
    pub party_fields: BTreeMap<String, u64>,
    /// Payments.
    pub payments: u64,
    /// Versions of parties.
    pub parties: u64,
    /// Accounts of ends that say `ours`.
    own: BTreeSet<String>,
    /// Accounts that parties hold.
    held: BTreeSet<String>,
}

/// Words that are counted.
const WORDS: [&str; 4] = ["kind", "rail", "channel", "status"];

impl Profile {
    /// Takes in a document.
    pub(crate) fn see(&mut self, role: TopicRole, document: &[u8]) {
        // It was decoded before: it is JSON.
        let Ok(value) = serde_json::from_slice::<Value>(document) else { return };
        match role {
            TopicRole::Payments => self.payment(&value),
            TopicRole::Parties => self.party(&value),
            TopicRole::Lists | TopicRole::Control => {}
        }
    }

    fn payment(&mut self, value: &Value) {
        self.payments = self.payments.saturating_add(1);
        for word in WORDS {
            let said = value.get(word).and_then(Value::as_str).unwrap_or("-");
            add(self.words.entry(word).or_default().entry(said.to_owned()).or_default());
        }
        walk(value, "", &mut self.fields);
        for end in ["debtor", "creditor"] {
            let Some(end) = value.get(end) else { continue };
            if end.get("ours").and_then(Value::as_bool) == Some(true) {
                self.own.extend(end.get("account").and_then(Value::as_str).map(str::to_owned));
            }
        }
    }

    fn party(&mut self, value: &Value) {
        self.parties = self.parties.saturating_add(1);
        walk(value, "", &mut self.party_fields);
        let accounts = value.get("accounts").and_then(Value::as_array);
        for account in accounts.into_iter().flatten() {
            self.held.extend(account.get("account").and_then(Value::as_str).map(str::to_owned));
        }
    }

    /// Accounts of the bank that a party holds, of those that payments name.
    pub fn known_accounts(&self) -> Share {
        Share::of(&self.own, |account| self.held.contains(*account))
    }
}

/// Counts every path once.
fn walk(value: &Value, path: &str, fields: &mut BTreeMap<String, u64>) {
    let Value::Object(object) = value else { return };
    for (name, inner) in object {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        walk(inner, &path, fields);
        if !inner.is_null() && (fields.len() < PATHS_MAX || fields.contains_key(&path)) {
            add(fields.entry(path).or_default());
        }
    }
}

fn add(to: &mut u64) {
    *to = to.saturating_add(1);
}

/// What an indicator is worth by itself, on accounts: it is evidence and makes no alert alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alone {
    /// The indicator.
    pub rule: String,
    /// Labelled accounts, of those on which it held.
    pub precision: Share,
    /// Accounts on which it held, of the labelled ones.
    pub recall: Share,
}

impl Alone {
    /// Twice the product of precision and recall by their sum, in millionths: 2 right / (held + labelled).
    pub fn f1_micro(&self) -> Option<u64> {
        let both = self.precision.whole.saturating_add(self.recall.whole);
        Share { part: self.precision.part.saturating_mul(2), whole: both }.micro()
    }
}

/// On which accounts indicators held that held on any, against those that are labelled true or have a part
/// in a payment that is; the best first. Nothing where nothing is labelled.
pub fn alone(of: &OfRules, facts: &Facts, labels: &Labels) -> Vec<Alone> {
    let mut labelled: BTreeSet<&str> = BTreeSet::new();
    for label in labels.all().iter().filter(|label| label.is_true()) {
        labelled.extend(label.entities.iter().filter_map(|key| key.strip_prefix("account/")));
        let payments = label.payments.iter().filter_map(|id| facts.seen.ends.get(id));
        labelled.extend(payments.flatten().map(String::as_str));
    }
    if labelled.is_empty() {
        return Vec::new();
    }
    let each = of.held_on.iter().map(|(rule, accounts)| {
        let right = accounts.iter().filter(|account| labelled.contains(account.as_str())).count();
        let (part, whole) = (right as u64, labelled.len() as u64);
        let precision = Share { part, whole: accounts.len() as u64 };
        Alone { rule: rule.clone(), precision, recall: Share { part, whole } }
    });
    let mut all: Vec<Alone> = each.collect();
    all.sort_by(|a, b| (b.f1_micro(), &a.rule).cmp(&(a.f1_micro(), &b.rule)));
    all
}

/// How a rule stood for want of fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The rule.
    pub rule: String,
    /// How often it was evaluated.
    pub evaluations: u64,
    /// Whether it held at any time.
    pub held: bool,
    /// The fields that were missing, the most first: how many payments a selection could not decide for
    /// lack of it, and how many evaluations might have held.
    pub fields: Vec<(String, u64)>,
}

/// Indicators that lacked something: those that never held first, then by how often.
pub fn undecided(rules: &RuleSet, of: &OfRules) -> Vec<Undecided> {
    let mut fields: BTreeMap<&str, Vec<(String, u64)>> = BTreeMap::new();
    for ((rule, field), count) in &of.counters.field_missing {
        fields.entry(rule).or_default().push((field.clone(), *count));
    }
    let mut all: Vec<Undecided> = rules
        .indicators
        .iter()
        .filter_map(|rule| {
            let id = rule.condition.id.as_str();
            let mut fields = fields.get(id)?.clone();
            fields.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
            let evaluations = of.counters.evaluations.get(id).copied().unwrap_or(0);
            let held = of.counters.last_hit.keys().any(|(rule, _)| rule == id);
            Some(Undecided { rule: id.to_owned(), evaluations, held, fields })
        })
        .collect();
    let most = |one: &Undecided| one.fields.first().map_or(0, |(_, count)| *count);
    all.sort_by(|a, b| (a.held, most(b), &a.rule).cmp(&(b.held, most(a), &b.rule)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_indicator_alone_is_counted_on_accounts() {
        let text = r#"{"level":"account","key":"A","verdict":"true"}
            {"level":"payment","key":"p1","verdict":"true"}
            {"level":"account","key":"D","verdict":"false"}"#;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        std::fs::write(&path, text).unwrap();
        let labels = Labels::read(&path).unwrap();
        let mut facts = Facts::default();
        facts.seen.ends.insert("p1".to_owned(), vec!["B".to_owned(), "C".to_owned()]);
        let set = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
        let held_on = BTreeMap::from([
            ("ML-01".to_owned(), set(&["A", "B", "D", "E"])),
            ("ML-02".to_owned(), set(&["A", "B", "C"])),
            ("ML-03".to_owned(), set(&["E"])),
        ]);
        let of = OfRules {
            told: Vec::new(),
            reasons: BTreeMap::new(),
            counters: palermo_engine::Counters::default(),
            chain: String::new(),
            silences: BTreeMap::new(),
            held_on,
        };
        let all = alone(&of, &facts, &labels);
        let told: Vec<(&str, u64, u64, u64, Option<u64>)> = all
            .iter()
            .map(|one| {
                let Alone { precision, recall, .. } = one;
                (one.rule.as_str(), precision.part, precision.whole, recall.whole, one.f1_micro())
            })
            .collect();
        assert_eq!(
            told,
            [
                ("ML-02", 3, 3, 3, Some(1_000_000)),
                ("ML-01", 2, 4, 3, Some(571_428)),
                ("ML-03", 0, 1, 3, Some(0)),
            ]
        );
        assert_eq!(alone(&of, &facts, &Labels::default()), []);
    }

    #[test]
    fn fields_and_known_accounts_are_counted() {
        let mut profile = Profile::default();
        for (account, ours) in [("A", true), ("B", true), ("C", false)] {
            profile.payment(&json!({"kind": "transfer", "rail": "p2p", "text": null,
                "debtor": {"account": account, "ours": ours}, "creditor": {"account": "D"}}));
        }
        profile.party(&json!({"party": "P", "accounts": [{"account": "A"}, {"account": "C"}]}));
        assert_eq!(profile.known_accounts(), Share { part: 1, whole: 2 });
        assert_eq!(profile.fields["debtor.account"], 3);
        assert_eq!(profile.fields["debtor.ours"], 3);
        assert!(!profile.fields.contains_key("text"));
        assert_eq!(profile.words["kind"]["transfer"], 3);
        assert_eq!(profile.words["channel"]["-"], 3);
        assert_eq!((profile.payments, profile.parties), (3, 1));
    }
}
