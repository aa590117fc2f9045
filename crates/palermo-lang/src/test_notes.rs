//! What the tests beside a rule say of it, for a reader: which cases must be found, which must stay
//! quiet and why, and what is known to go wrong.
//!
//! Read from files that compile; what cannot be read is left out. Cost: one pass over the text of a
//! test file for each of its tests, to find the comments.

use crate::library::{Library, Tree, Written};

/// What a test is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Something must be found.
    Positive,
    /// Nothing must be found.
    Quiet,
    /// Parameters are moved until they bind.
    Boundary,
    /// A field is not delivered.
    Missing,
    /// It should be found and is not.
    KnownGap,
    /// It is found and should not be.
    KnownFalsePositive,
}

impl Purpose {
    /// For a reader.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Positive => "must be found",
            Self::Quiet => "must stay quiet",
            Self::Boundary => "moves the thresholds",
            Self::Missing => "a field is not delivered",
            Self::KnownGap => "known gap",
            Self::KnownFalsePositive => "known false positive",
        }
    }
}

/// One test.
#[derive(Clone, Debug)]
pub(crate) struct TestNote {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The lawful explanation that it stands for, empty where it is none.
    pub lookalike: String,
    /// The field that is not delivered, empty where all are.
    pub missing: String,
    /// What its author remarked.
    pub comment: String,
}

/// The tests beside a rule, in the order of the file.
pub(crate) fn notes(library: &Library, rule: &Written) -> Vec<TestNote> {
    let Some(file) = library.tests_of(rule) else { return Vec::new() };
    let tests = file.tree.get("tests").map_or(&[][..], Tree::items);
    tests.iter().map(|test| note(test, &file.text)).collect()
}

fn note(test: &Tree, text: &str) -> TestNote {
    let name = test.at("name");
    let purpose = match test {
        _ if test.at("known_gap") == "true" => Purpose::KnownGap,
        _ if test.at("known_false_positive") == "true" => Purpose::KnownFalsePositive,
        _ if test.get("boundary").is_some() => Purpose::Boundary,
        _ if test.get("missing").is_some() => Purpose::Missing,
        _ if finds(test) => Purpose::Positive,
        _ => Purpose::Quiet,
    };
    TestNote {
        name: name.to_owned(),
        purpose,
        lookalike: test.at("lookalike").to_owned(),
        missing: test.at("missing").to_owned(),
        comment: comment(text, name),
    }
}

/// Whether a hit, a held explanation or an alert is expected.
fn finds(test: &Tree) -> bool {
    let Some(expect) = test.get("expect") else { return false };
    ["hits", "holds", "alerts"]
        .iter()
        .any(|key| expect.get(key).is_some_and(|found| !found.items().is_empty()))
}

/// The comments between the name of a test and that of the next one.
fn comment(text: &str, name: &str) -> String {
    let named = |line: &str| line.trim_start().strip_prefix("- name:").map(str::to_owned);
    let is_it = |line: &&str| {
        let rest = named(line).unwrap_or_default();
        without_comment(&rest).trim().trim_matches(['"', '\'']) == name
    };
    let mut lines = text.lines().skip_while(|line| !is_it(line));
    let first = lines.next().into_iter();
    let rest = lines.take_while(|line| named(line).is_none());
    let remarks = first.chain(rest).filter_map(|line| {
        let at = without_comment(line).len();
        let remark = line.get(at..)?.trim_start_matches('#').trim();
        (!remark.is_empty()).then_some(remark)
    });
    remarks.collect::<Vec<_>>().join(" ")
}

/// A line up to the `#` that begins a comment: one outside of quotes, first or behind a blank.
fn without_comment(line: &str) -> &str {
    let (mut quote, mut before) = (None, ' ');
    for (at, letter) in line.char_indices() {
        match (quote, letter) {
            (None, '#') if before == ' ' => return line.get(..at).unwrap_or(line),
            // An apostrophe inside of a word begins no quote.
            (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
        before = letter;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::comment;

    #[test]
    fn comments_belong_to_the_test_that_they_stand_in() {
        let text = "tests:\n  - name: one # first\n    # said\n    x: \"a # b\"  # last\n  \
                    - name: two\n    y: it's # here\n";
        assert_eq!(comment(text, "one"), "first said last");
        assert_eq!(comment(text, "two"), "here");
        assert_eq!(comment(text, "three"), "");
    }
}
