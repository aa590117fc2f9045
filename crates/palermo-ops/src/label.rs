//! Label values: the only door through which text reaches a metric.
//!
//! Promise: a value is a member of a closed list, a small number, or an identifier from a rule
//! file that is short and plain. Text of a record cannot pass: there is no variant for it.

use palermo_domain::{DeadLetterReason, Fate, OutputTopic, TopicRole};
use std::borrow::Cow;

/// Longest identifier of a rule file that is shown.
const ID_BYTES_MAX: usize = 64;

/// A label value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label<'a> {
    /// An input topic.
    Topic(TopicRole),
    /// An output topic.
    Sink(OutputTopic),
    /// A partition number.
    Partition(i32),
    /// A fate.
    Fate(Fate),
    /// A reason of the closed list.
    Reason(DeadLetterReason),
    /// A word of the program's source.
    Word(&'static str),
    /// An identifier of a rule set: a rule, suppressor, field or rule set name, a version, a hash.
    Id(&'a str),
}

impl Label<'_> {
    /// The text. An identifier that is not short and plain is shown as `other`.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Topic(role) => Cow::Borrowed(role.as_str()),
            Self::Sink(topic) => Cow::Borrowed(topic.as_str()),
            Self::Partition(index) => Cow::Owned(index.to_string()),
            Self::Fate(fate) => Cow::Borrowed(fate.as_str()),
            Self::Reason(reason) => Cow::Borrowed(reason.as_str()),
            Self::Word(word) => Cow::Borrowed(word),
            Self::Id(id) if plain(id) => Cow::Borrowed(id),
            Self::Id(_) => Cow::Borrowed("other"),
        }
    }
}

fn plain(id: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'+');
    (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_identifiers_pass() {
        for (id, shown) in [
            ("CT-14", "CT-14"),
            ("debtor.phone", "debtor.phone"),
            ("2026.11.1", "2026.11.1"),
            ("", "other"),
            ("Maria Rossi", "other"),
            ("a@b.example", "other"),
            ("BANK:0001", "other"),
            ("x\n", "other"),
            (&"a".repeat(65), "other"),
        ] {
            assert_eq!(Label::Id(id).text(), shown, "{id:?}");
        }
        assert_eq!(Label::Partition(3).text(), "3");
        assert_eq!(Label::Topic(TopicRole::Payments).text(), "payments");
    }
}
