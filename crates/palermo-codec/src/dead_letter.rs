//! The parts of a dead letter: the record's key and value, unchanged, and headers that say why and
//! whence.
//!
//! A value above the limit and a key above [`TRUNCATED_BYTES`] are kept as their first
//! [`TRUNCATED_BYTES`] with the SHA-256 of the whole, whatever the reason. So a dead letter has a
//! bound that is known before anything is read ([`dead_letter_bytes_max`]): a topic that takes so
//! much takes every dead letter.

use crate::{Limits, Refusal};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// How much is kept of a value or a key that is too long.
pub const TRUNCATED_BYTES: usize = 4096;
/// Room for the headers (a topic's name has at most 249 bytes, a field's path is one of a schema)
/// and for the broker's frame around a record.
const HEADERS_BYTES_MAX: usize = 4096;

/// Bytes that the longest dead letter takes in its topic, with headers and frame.
pub const fn dead_letter_bytes_max(record_bytes: usize) -> usize {
    let kept = if record_bytes < TRUNCATED_BYTES { TRUNCATED_BYTES } else { record_bytes };
    kept.saturating_add(TRUNCATED_BYTES).saturating_add(HEADERS_BYTES_MAX)
}

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

/// Key, value and headers of the record for the dead-letter topic.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The key as it came, or its beginning.
    pub key: Option<Vec<u8>>,
    /// The value as it came, or its beginning; `None` for a tombstone.
    pub value: Option<Vec<u8>>,
    /// In a fixed order: reason, field, topic, partition, offset, truncated, sha256, key-sha256;
    /// `palermo-field` only where a field is named, `palermo-truncated` and `palermo-sha256` only
    /// where the value was cut, `palermo-key-sha256` only where the key was.
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
    (key, value): (Option<&[u8]>, Option<&[u8]>),
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
    let (value, whole) = cut(value, limits.record_bytes);
    if let Some(whole) = whole {
        headers.push(("palermo-truncated", b"true".to_vec()));
        headers.push(("palermo-sha256", whole));
    }
    let (key, whole) = cut(key, TRUNCATED_BYTES);
    headers.extend(whole.map(|whole| ("palermo-key-sha256", whole)));
    DeadLetter { key, value, headers }
}

/// The bytes, or their beginning and the digest of the whole where they are longer than `most`.
fn cut(bytes: Option<&[u8]>, most: usize) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    match bytes {
        Some(whole) if whole.len() > most => {
            let kept = whole.get(..TRUNCATED_BYTES).unwrap_or(whole);
            (Some(kept.to_vec()), Some(hex(&Sha256::digest(whole)).into_bytes()))
        }
        other => (other.map(<[u8]>::to_vec), None),
    }
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
        let letter = dead_letter(origin, (Some(b"its key"), value), refusal, &limits);
        assert_eq!(letter.key.as_deref(), Some(b"its key".as_slice()));
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

    #[test]
    fn a_long_key_is_cut_and_a_dead_letter_has_a_bound() {
        let limits = Limits { record_bytes: 5000, ..Limits::default() };
        let topic = "t".repeat(249);
        let origin = Origin { topic: &topic, partition: i32::MAX, offset: i64::MAX };
        for (key, kept, header) in [
            (0, 0, None),
            (TRUNCATED_BYTES, TRUNCATED_BYTES, None),
            // The digests are those of `head -c N /dev/zero | tr '\0' k | sha256sum`.
            (
                TRUNCATED_BYTES + 1,
                TRUNCATED_BYTES,
                Some("9825635e854072d95a2bb50e492d5d5ae9d4258cc7ad51dd897f9508cff03c87"),
            ),
            (
                1_000_100,
                TRUNCATED_BYTES,
                Some("0035051bb4a5c2e149826fa4d74a2b975c5c2ff42e7317902d099ef5cb6c5914"),
            ),
        ] {
            let (key, value) = (vec![b'k'; key], [b'v'; 5000]);
            let refusal = Refusal::at(DeadLetterReason::MissingField, &["debtor", "account"]);
            let letter = dead_letter(origin, (Some(&key), Some(&value)), refusal, &limits);
            assert_eq!(letter.key.as_deref(), key.get(..kept), "{}", key.len());
            let found = letter.headers.iter().find(|(name, _)| *name == "palermo-key-sha256");
            assert_eq!(found.map(|(_, value)| value.as_slice()), header.map(str::as_bytes));
            let headers = letter.headers.iter().map(|(name, value)| name.len() + value.len() + 16);
            let size = kept + value.len() + headers.sum::<usize>();
            assert!(size <= dead_letter_bytes_max(limits.record_bytes), "{size}");
        }
        let letter = |key| {
            dead_letter(origin, (key, None), Refusal::whole(DeadLetterReason::Empty), &limits)
        };
        assert_eq!(letter(None).key, None);
    }
}
