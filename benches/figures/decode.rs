//! Bytes to a payment, nothing else.

use palermo_benches::{TYPICAL, figure, median_of, now};
use palermo_codec::{Limits, UnknownFields, decode_payment};
use std::hint::black_box;

const PAYMENTS: u32 = 500_000;

pub(crate) fn figures(runs: usize) {
    let limits = Limits::default();
    let mut unknown = UnknownFields::default();
    let mut run = || {
        let begun = now();
        for _ in 0..PAYMENTS {
            let payment = decode_payment(black_box(TYPICAL), &limits, &mut unknown);
            black_box(payment.is_ok());
        }
        begun.elapsed().as_nanos() as f64 / f64::from(PAYMENTS)
    };
    // The first run warms caches and clocks.
    run();
    let ns = median_of("decode", runs, run);
    figure("decode_payment_441_bytes", format!("{ns:.0}"), "ns");
}
