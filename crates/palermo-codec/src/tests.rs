//! Tests of the whole crate, one file per question.
//!
//! * `refusals`: is every fault named with its reason and field, and its look-alike accepted? Sees
//!   a missing, weakened or misplaced check; one row per fault.
//! * `bounds`: do depth, fields, items and duplicates agree with a naive walk over
//!   `serde_json::Value`? Sees a value kind that escapes the bounds.
//! * `round_trip`: do random values and mutated bytes decode, encode and decode to the same value,
//!   without a panic? Sees a field that is lost, swapped or written in another form.
//! * `schemas`: do the encoders keep the published schemas, and does the decoder agree with a
//!   schema validator? Sees a drift between code and contract.
//! * `alerts`: the bytes of a full alert, compared with a golden file.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::too_many_lines,
    reason = "small numbers, where an overflow is a failed test; tables of rows"
)]

mod alerts;
mod bounds;
mod generate;
mod refusals;
mod round_trip;
mod schemas;

use crate::{Limits, Refusal, UnknownFields, decode_list_row, decode_party, decode_payment};
use palermo_domain::{ListRow, Party, Payment};

/// A typical payment, compact.
pub(crate) const PAYMENT: &str = include_str!("tests/payment.json");
/// A party that uses every field.
pub(crate) const PARTY: &str = include_str!("tests/party.json");
/// A row that uses every field.
pub(crate) const LIST_ROW: &str = include_str!("tests/list_row.json");

fn payment(bytes: &[u8]) -> Result<Payment<'_>, Refusal> {
    decode_payment(bytes, &Limits::default(), &mut UnknownFields::default())
}

fn party(bytes: &[u8]) -> Result<Party, Refusal> {
    decode_party(bytes, &Limits::default(), &mut UnknownFields::default())
}

fn list_row(bytes: &[u8]) -> Result<ListRow, Refusal> {
    decode_list_row(bytes, &Limits::default(), &mut UnknownFields::default())
}
