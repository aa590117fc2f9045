//! What a record may cost before it is looked at.
//!
//! The limits bound time and memory for any input: bytes first, then depth, fields and array items
//! while parsing goes on, so nothing beyond a limit is read.

use palermo_domain::DeadLetterReason;

/// Bounds of a record, and the identifiers that mean nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest value in bytes (`limits.record_bytes`).
    pub record_bytes: usize,
    /// Deepest nesting of objects and arrays; the record itself is 1. At most 100 is used.
    pub depth: u32,
    /// Most object fields in one record, known and unknown, at every depth together.
    pub fields: u32,
    /// Most array items in one record, at every depth together.
    pub items: u32,
    /// Texts that are no identifiers though they look like one, compared without ASCII case.
    pub placeholders: Vec<String>,
}

impl Limits {
    /// serde_json stops by itself at 128; staying below it keeps the reason `too_deep`.
    const DEPTH_MAX: u32 = 100;

    pub(crate) fn depth(&self) -> u32 {
        self.depth.min(Self::DEPTH_MAX)
    }

    pub(crate) fn placeholder(&self, id: &str) -> bool {
        self.placeholders.iter().any(|placeholder| placeholder.eq_ignore_ascii_case(id))
    }
}

/// 64 KiB; depth 8 (the schemas need 4); 4,096 fields and 4,096 items (a full `party.v1` has about
/// 2,800 and 2,000).
impl Default for Limits {
    fn default() -> Self {
        let placeholders = ["null", "none", "unknown", "0", "n/a", "-"];
        Self {
            record_bytes: 64 * 1024,
            depth: 8,
            fields: 4096,
            items: 4096,
            placeholders: placeholders.map(str::to_owned).to_vec(),
        }
    }
}

/// Most headers of a record.
pub const HEADERS_MAX: usize = 64;

/// Judges a record before its value is decoded: too many headers, too long, then no value (`None`
/// and zero bytes alike). A tombstone of a topic that has them must be recognized by the caller:
/// there, [`DeadLetterReason::Empty`] with a value of `None` is not a fault.
pub fn check_record(
    value: Option<&[u8]>,
    headers: usize,
    limits: &Limits,
) -> Option<DeadLetterReason> {
    if headers > HEADERS_MAX {
        return Some(DeadLetterReason::Headers);
    }
    match value {
        None => Some(DeadLetterReason::Empty),
        Some(bytes) => check_size(bytes, limits),
    }
}

pub(crate) fn check_size(bytes: &[u8], limits: &Limits) -> Option<DeadLetterReason> {
    if bytes.is_empty() {
        Some(DeadLetterReason::Empty)
    } else if bytes.len() > limits.record_bytes {
        Some(DeadLetterReason::TooLarge)
    } else {
        None
    }
}
