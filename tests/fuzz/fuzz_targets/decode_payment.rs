//! No bytes panic; what is accepted is JSON to serde_json too, and survives the round trip.
#![no_main]

use libfuzzer_sys::fuzz_target;
use palermo_codec::{Limits, UnknownFields, decode_payment, encode_payment};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let mut unknown = UnknownFields::default();
    let Ok(payment) = decode_payment(bytes, &limits, &mut unknown) else { return };
    assert!(serde_json::from_slice::<serde_json::Value>(bytes).is_ok());
    let mut out = Vec::new();
    encode_payment(&payment, &mut out);
    assert_eq!(decode_payment(&out, &limits, &mut unknown).as_ref(), Ok(&payment));
});
