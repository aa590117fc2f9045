//! What became of a record. Every record that is delivered meets exactly one fate (DESIGN §3.4).

use serde::{Deserialize, Serialize};
use std::fmt;

/// The one fate of a delivered record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Applied, not behind the watermark.
    Processed,
    /// A payment behind the watermark that was applied inside the horizon.
    Late,
    /// The same payment once more; not applied again.
    Duplicate,
    /// Not readable, not plausible or in conflict; published to the dead-letter topic.
    DeadLetter,
}

impl Fate {
    /// Every fate, in order.
    pub const ALL: [Self; 4] = [Self::Processed, Self::Late, Self::Duplicate, Self::DeadLetter];

    /// The name in metrics and progress records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processed => "processed",
            Self::Late => "late",
            Self::Duplicate => "duplicate",
            Self::DeadLetter => "dead_letter",
        }
    }
}

/// What was done with a payment that came behind the watermark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// Inside the horizon: spliced in, and what it changes was evaluated again.
    Applied,
    /// Beyond the horizon: dead-lettered.
    DeadLettered,
}

macro_rules! reasons {
    ($($variant:ident = $text:literal : $help:literal,)*) => {
        /// Why a record went to the dead-letter topic: a closed list. The text is the value of the
        /// header `palermo-reason` and has a page under `docs/errors/`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum DeadLetterReason { $(#[doc = $help] $variant,)* }

        impl DeadLetterReason {
            /// Every reason, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The text of the header `palermo-reason` and of the metric label.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What it means and what to do, in one sentence.
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }
        }
    };
}

reasons! {
    Empty = "empty": "the record has no value; a payment cannot be deleted by a tombstone, send a reversal instead",
    TooLarge = "too_large": "the record is longer than limits.record_bytes; its first 4 KiB and its SHA-256 are kept",
    TooDeep = "too_deep": "objects or arrays are nested more deeply than any known schema",
    TooManyFields = "too_many_fields": "the record has more fields or array items than any known schema",
    Headers = "headers": "the record has more than 64 headers",
    NotUtf8 = "not_utf8": "the value is not UTF-8",
    NotJson = "not_json": "the value is not one JSON object",
    WrongSchema = "wrong_schema": "the field `schema` is missing or names another schema than the topic carries",
    DuplicateField = "duplicate_field": "a field occurs twice, so that two readers could see two records",
    MissingField = "missing_field": "a field that the schema requires is missing",
    FieldType = "field_type": "a known field has another JSON type than the schema says",
    FieldLength = "field_length": "a text is empty or longer than the schema allows",
    FieldValue = "field_value": "a known field has a value outside the schema's list or range",
    Identifier = "identifier": "an identifier has characters outside the schema's set, or is a placeholder",
    Amount = "amount": "an amount is not a plain decimal text, is out of range, or has too many decimals",
    Currency = "currency": "the currency is not an ISO 4217 code (or asset ticker on the crypto rail)",
    Time = "time": "a time or date is not valid RFC 3339",
    TimeRange = "time_range": "the event time is more than 400 days before or 5 minutes after the record's own timestamp",
    BeyondHorizon = "beyond_horizon": "the payment is older than the payments that are kept (state.horizon)",
    Conflict = "conflict": "another payment with the same payment_id and other content was applied before",
    ReversalOfReversal = "reversal_of_reversal": "the reversal refers to a reversal",
    ReversalMismatch = "reversal_mismatch": "the reversal does not repeat kind, amount, currency and both ends of the payment that it refers to",
    CanaryMixed = "canary_mixed": "the record joins identifiers of the range that is reserved for canaries (`CANARY:`) to others",
}

impl DeadLetterReason {
    /// The reason of a header text, for tools that read the dead-letter topic.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == text)
    }
}

impl fmt::Display for DeadLetterReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
