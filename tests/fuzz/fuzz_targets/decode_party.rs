//! No bytes panic; what is accepted survives the round trip.
#![no_main]

use libfuzzer_sys::fuzz_target;
use palermo_codec::{Limits, UnknownFields, decode_party, encode_party};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let mut unknown = UnknownFields::default();
    let Ok(party) = decode_party(bytes, &limits, &mut unknown) else { return };
    let mut out = Vec::new();
    encode_party(&party, &mut out);
    assert_eq!(decode_party(&out, &limits, &mut unknown), Ok(party));
});
