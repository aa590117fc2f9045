//! The parts of a dead letter: the record's value, unchanged, and headers that say why and whence.
//!
//! A value above the limit is kept as its first [`TRUNCATED_BYTES`] with the SHA-256 of the whole,
//! whatever the reason. The key of the record is the caller's to pass on.

use crate::{Limits, Refusal};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// How much is kept of a value that is too long.
pub const TRUNCATED_BYTES: usize = 4096;

/// Where the record was read.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Name of the topic on the broker.
    pub topic: &'a str,
    /// Partition of it.
    pub partition: i32,
    /// The record's number there.
    pub offset: i64,
}

/// Value and headers of the record for the dead-letter topic.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The value as it came, or its beginning; `None` for a tombstone.
    pub value: Option<Vec<u8>>,
    /// In a fixed order: reason, field, topic, partition, offset, truncated, sha256; `palermo-field`
    /// only where a field is named, the last two only where the value was cut.
    pub headers: Vec<(&'static str, Vec<u8>)>,
}

impl std::fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeadLetter").finish_non_exhaustive()
    }
}

/// Builds the dead letter of a refused record.
pub fn dead_letter(
    origin: Origin<'_>,
    value: Option<&[u8]>,
    refusal: Refusal,
    limits: &Limits,
) -> DeadLetter {
    let mut headers = vec![("palermo-reason", refusal.reason.as_str().as_bytes().to_vec())];
    if let Some(field) = refusal.field {
        headers.push(("palermo-field", field.to_string().into_bytes()));
    }
    headers.push(("palermo-topic", origin.topic.as_bytes().to_vec()));
    headers.push(("palermo-partition", origin.partition.to_string().into_bytes()));
    headers.push(("palermo-offset", origin.offset.to_string().into_bytes()));
    let too_long = value.filter(|value| value.len() > limits.record_bytes);
    if let Some(whole) = too_long {
        headers.push(("palermo-truncated", b"true".to_vec()));
        headers.push(("palermo-sha256", hex(&Sha256::digest(whole)).into_bytes()));
    }
    let kept = if too_long.is_some() { TRUNCATED_BYTES } else { usize::MAX };
    let value = value.map(|value| value.get(..kept).unwrap_or(value).to_vec());
    DeadLetter { value, headers }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A String takes every write.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use palermo_domain::DeadLetterReason;

    fn check(value: Option<&[u8]>, refusal: Refusal, kept: Option<usize>, headers: &str) {
        let limits = Limits { record_bytes: 5000, ..Limits::default() };
        let origin = Origin { topic: "payments", partition: 3, offset: 41 };
        let letter = dead_letter(origin, value, refusal, &limits);
        assert_eq!(letter.value.as_ref().map(Vec::len), kept);
        let shown: Vec<_> = letter
            .headers
            .iter()
            .map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)))
            .collect();
        assert_eq!(shown.join(" "), headers);
    }

    #[test]
    fn a_dead_letter_says_why_and_whence_and_bounds_the_value() {
        check(
            Some(b"{}"),
            Refusal::at(DeadLetterReason::MissingField, &["debtor", "account"]),
            Some(2),
            "palermo-reason=missing_field palermo-field=debtor.account palermo-topic=payments \
             palermo-partition=3 palermo-offset=41",
        );
        check(
            None,
            Refusal::whole(DeadLetterReason::Empty),
            None,
            "palermo-reason=empty palermo-topic=payments palermo-partition=3 palermo-offset=41",
        );
        check(
            Some(&[b'a'; 5000]),
            Refusal::whole(DeadLetterReason::NotJson),
            Some(5000),
            "palermo-reason=not_json palermo-topic=payments palermo-partition=3 palermo-offset=41",
        );
        // The digest is that of `head -c 5001 /dev/zero | tr '\0' a | sha256sum`.
        check(
            Some(&[b'a'; 5001]),
            Refusal::whole(DeadLetterReason::TooLarge),
            Some(TRUNCATED_BYTES),
            "palermo-reason=too_large palermo-topic=payments palermo-partition=3 \
             palermo-offset=41 palermo-truncated=true palermo-sha256=24824dca28074c920a5b88805fd596e6f36362bbc534d87338715c48c2cad85f",
        );
    }
}
