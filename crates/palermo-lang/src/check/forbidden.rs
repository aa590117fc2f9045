//! Attributes that no rule may use, wherever they are written: keys, expressions, texts, lists.
//!
//! The schemas have no field for them; this keeps them out of lists, names and texts as well. It
//! reads words, not meaning: a reviewer is still needed for proxies. The topic itself (`sex
//! trafficking`, `sex work`) is not an attribute of a person and is let through, and so are the
//! citations, which quote titles.

use crate::read::Cx;
use crate::yaml::{Node, Value};
use std::ops::Range;

/// Words that name a forbidden attribute by themselves.
const WORDS: [&str; 14] = [
    "nationality",
    "nationalities",
    "citizenship",
    "ethnicity",
    "ethnicities",
    "ethnic",
    "religion",
    "religions",
    "religious",
    "gender",
    "birthplace",
    "birthplaces",
    "language",
    "languages",
];
/// Words that name one together.
const PHRASES: [&[&str]; 7] = [
    &["immigration", "status"],
    &["place", "of", "birth"],
    &["country", "of", "birth"],
    &["birth", "place"],
    &["origin", "of", "a", "name"],
    &["name", "origin"],
    &["mother", "tongue"],
];
/// What may follow `sex` as the name of the topic.
const TOPIC: [&str; 9] = [
    "trafficking",
    "trafficker",
    "traffickers",
    "work",
    "worker",
    "workers",
    "industry",
    "trade",
    "buyers",
];

/// The first forbidden attribute named in a text, and where.
pub(crate) fn in_words(text: &str) -> Option<(String, Range<usize>)> {
    let words = words(text);
    for (at, (word, range)) in words.iter().enumerate() {
        let rest = words.get(at..).unwrap_or(&[]);
        let next = rest.get(1).map(|(word, _)| word.as_str());
        if WORDS.contains(&word.as_str())
            || word == "sex" && !next.is_some_and(|next| TOPIC.contains(&next))
        {
            return Some((word.clone(), range.clone()));
        }
        for phrase in PHRASES {
            let found = rest.get(..phrase.len());
            if let Some(found) = found
                && found.iter().map(|(word, _)| word.as_str()).eq(phrase.iter().copied())
            {
                let end = found.last().map_or(range.end, |(_, last)| last.end);
                return Some((phrase.join(" "), range.start..end));
            }
        }
    }
    None
}

/// Words in lower case; `_`, digits and signs separate.
fn words(text: &str) -> Vec<(String, Range<usize>)> {
    let mut all: Vec<(String, Range<usize>)> = Vec::new();
    let mut open = false;
    for (at, c) in text.char_indices() {
        if c.is_alphabetic() {
            let end = at.saturating_add(c.len_utf8());
            match all.last_mut().filter(|_| open) {
                Some((word, range)) => {
                    word.extend(c.to_lowercase());
                    range.end = end;
                }
                None => all.push((c.to_lowercase().collect(), at..end)),
            }
        }
        open = c.is_alphabetic();
    }
    all
}

/// Reports every forbidden attribute of a file.
pub(crate) fn scan(cx: &mut Cx, node: &Node) {
    match &node.value {
        Value::Scalar(text, _) => {
            if let Some((word, range)) = in_words(text) {
                report(cx, &word, &node.locate(cx.text(), &range));
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| scan(cx, item)),
        Value::Map(entries) => {
            for (key, value) in entries {
                if let Some((word, _)) = in_words(&key.text) {
                    report(cx, &word, &key.range);
                }
                if key.text != "cite" {
                    scan(cx, value);
                }
            }
        }
    }
}

fn report(cx: &mut Cx, word: &str, range: &Range<usize>) {
    let help = "no rule, list or text may use nationality, ethnicity, religion, sex, immigration \
                status, birthplace, language or the origin of a name: describe the money instead";
    cx.error("E140", range, format!("names the forbidden attribute `{word}`"), help);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_and_the_topic_is_not() {
        for (text, expected) in [
            ("self.nationality == 'X'", Some("nationality")),
            ("customer.immigration_status", Some("immigration status")),
            ("Sex of the holder", Some("sex")),
            ("place of birth", Some("place of birth")),
            ("sex_trafficking", None),
            ("Sex work is lawful here", None),
            ("SUP-SEXWORK, Sussex, essex", None),
            ("immigration and its status quo", None),
        ] {
            let found = in_words(text).map(|(word, _)| word);
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
