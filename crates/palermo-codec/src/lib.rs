//! Bytes to domain and back, for every format.
//!
//! In: [`decode_payment`], [`decode_party`], [`decode_list_row`] and the keys of tombstones
//! ([`party_tombstone`], [`list_tombstone`]), [`decode_control`]. Out: [`encode_payment`], [`encode_party`],
//! [`encode_list_row`], [`encode_alert`], [`encode_evidence`], [`Progress`] and [`dead_letter`].
//!
//! Promises:
//! * No input panics, recurses without bound or costs more than a small multiple of its length.
//! * A record is accepted whole or refused with one [`Refusal`]: a reason of a closed list and a
//!   path of the schema, never content. Which of several faults is named is a function of the
//!   bytes: size, UTF-8, then structure and syntax in document order, then the schema's name, then
//!   the first wrong field in document order, then missing fields.
//! * What is accepted encodes to bytes that decode to the same value.
//! * Numbers that decide anything are read from their text, never through a float.
//!
//! What this crate does not do: it compares no time with a clock or record timestamp, keeps
//! nothing between records but the names of unknown fields, and knows no topic names.
//!
//! ```
//! use palermo_codec::{Limits, UnknownFields, decode_payment};
//! let mut unknown = UnknownFields::default();
//! let refusal = decode_payment(b"{}", &Limits::default(), &mut unknown).unwrap_err();
//! assert_eq!(refusal.to_string(), "wrong_schema at `schema`");
//! ```

mod alert;
mod control;
mod currency;
mod dead_letter;
mod encode;
mod limits;
mod list;
mod party;
mod payment;
mod progress;
mod read;
mod refusal;
mod rule;
mod unknown;
mod write;

pub use alert::{ENGINE_VERSION, around_engine_version, encode_alert, encode_evidence};
pub use control::{Activation, CONTROL_BYTES_MAX, decode_control};
pub use currency::{currency_codes, minor_units};
pub use dead_letter::{DeadLetter, Origin, TRUNCATED_BYTES, dead_letter, dead_letter_bytes_max};
pub use encode::{encode_list_row, encode_party, encode_payment};
pub use limits::{HEADERS_MAX, Limits, check_record};
pub use list::{decode_list_row, list_tombstone};
pub use party::{decode_party, party_tombstone};
pub use payment::decode_payment;
pub use progress::{
    FateCounts, Gap, Progress, ProgressError, Scheduled, Started, Tick, is_sha256, parse_partition,
};
pub use refusal::{FieldPath, Refusal};
pub use unknown::UnknownFields;

#[cfg(test)]
mod tests;
