//! Who may be a victim is not named.
//!
//! An alert says of every actor whether it is `masked`. The key of a masked one is replaced wherever
//! it stands: in texts, in lists, on paths. The same actor has the same number all over one alert.

use super::document::{Revision, field, list, string};
use crate::out::Out;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The masked keys of an alert, longest first, with the names that stand for them.
#[derive(Clone, Default)]
pub(crate) struct Masks(Vec<(String, String)>);

impl std::fmt::Debug for Masks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Masks").field(&self.0.len()).finish()
    }
}

impl Masks {
    /// Those of one revision.
    pub(crate) fn of(revision: &Revision) -> Self {
        let mut masks = Self::default();
        let is_masked = |one: &&Value| field(one, "masked").as_bool() == Some(true);
        let actors = ["/who/subjects", "/who/related"].into_iter();
        let actors = actors.flat_map(|place| list(revision.at(place))).filter(is_masked);
        masks.add(actors.map(|actor| string(actor, "key")));
        // An alert names so many and no more; they pay and stand in the network all the same.
        let nodes = list(revision.at("/network/nodes"));
        let victims = nodes.filter(|node| string(node, "role") == "potential_victim");
        masks.add(victims.map(|node| string(node, "id")));
        masks.also(list(revision.at("/evidence/payments")));
        masks
    }

    /// Also the other ends of payments that say so.
    pub(crate) fn also<'v>(&mut self, payments: impl Iterator<Item = &'v Value>) {
        let masked = payments.filter(|one| field(one, "masked").as_bool() == Some(true));
        self.add(masked.map(|payment| string(payment, "other")));
    }

    fn add<'v>(&mut self, keys: impl Iterator<Item = &'v str>) {
        let mut known: BTreeSet<String> = self.0.iter().map(|(key, _)| key.clone()).collect();
        for key in keys.filter(|key| !key.is_empty()) {
            if known.insert(key.to_owned()) {
                let number = known.len();
                self.0.push((key.to_owned(), format!("potential victim {number} (masked)")));
            }
        }
        // A key may be the beginning of another one.
        self.0.sort_by_key(|(key, _)| std::cmp::Reverse(key.len()));
    }

    /// Those of a revision, none where they are to be shown.
    pub(crate) fn unless(unmask: bool, revision: &Revision) -> Self {
        if unmask { Self::default() } else { Self::of(revision) }
    }

    /// How many are masked.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Every masked key with the name that stands for it.
    pub(crate) fn names(&self) -> BTreeMap<&str, &str> {
        self.0.iter().map(|(key, name)| (key.as_str(), name.as_str())).collect()
    }

    /// The name that stands for a key, where it is masked.
    pub(crate) fn name(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(masked, _)| masked == key).map(|(_, name)| name.as_str())
    }

    /// The key, or the name that stands for it.
    pub(crate) fn shown<'k>(&'k self, key: &'k str) -> &'k str {
        self.name(key).unwrap_or(key)
    }

    /// A text without masked keys.
    pub(crate) fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (key, name) in &self.0 {
            for entity in ["account/", "party/"] {
                text = replaced(&text, &format!("{entity}{key}"), name);
            }
            text = replaced(&text, key, name);
        }
        text
    }

    /// A document without masked keys.
    pub(crate) fn hide_all(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.hide(text)),
            Value::Array(all) => all.iter().map(|value| self.hide_all(value)).collect(),
            Value::Object(all) => {
                let one =
                    |(name, value): (&String, &Value)| (self.hide(name), self.hide_all(value));
                Value::Object(all.iter().map(one).collect())
            }
            other => other.clone(),
        }
    }
}

/// Replaces a key where it stands as a whole word.
fn replaced(text: &str, key: &str, name: &str) -> String {
    if !text.contains(key) {
        return text.to_owned();
    }
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(key) {
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let last = before.chars().next_back().or_else(|| done.chars().next_back());
        done.push_str(before);
        done.push_str(if inside(last) || inside(after.chars().next()) { key } else { name });
        rest = after;
    }
    done.push_str(rest);
    done
}

/// Says that names of possible victims are about to be shown.
pub(crate) fn announce(out: &mut Out) {
    out.talk(
        "unmasked: what follows names people who may be victims; keep it where only those who must \
         see it do, and do not contact them",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_hidden_as_whole_words_only() {
        let masks = Masks(vec![("S10".into(), "second".into()), ("S1".into(), "first".into())]);
        for (text, hidden) in [
            ("S1 paid S10; account/S1, S100", "first paid second; first, S100"),
            ("XS1 S1x S1", "XS1 S1x first"),
            ("party/S10>S1", "second>first"),
            ("", ""),
        ] {
            assert_eq!(masks.hide(text), hidden);
        }
    }
}
