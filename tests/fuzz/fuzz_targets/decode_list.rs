//! No bytes panic, neither as a row nor as the key of a tombstone; what is accepted survives the
//! round trip.
#![no_main]

use libfuzzer_sys::fuzz_target;
use palermo_codec::{Limits, UnknownFields, decode_list_row, encode_list_row, list_tombstone};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let mut unknown = UnknownFields::default();
    let _ = list_tombstone(Some(bytes), &limits);
    let Ok(row) = decode_list_row(bytes, &limits, &mut unknown) else { return };
    let mut out = Vec::new();
    encode_list_row(&row, &mut out);
    assert_eq!(decode_list_row(&out, &limits, &mut unknown), Ok(row));
});
