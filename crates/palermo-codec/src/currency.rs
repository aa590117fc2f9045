//! ISO 4217, list one as published for 2026-01-01: codes and minor units.
//!
//! Historic codes are not in it but for those withdrawn in the three years before that day: an event
//! may be 400 days older than its record, statements and corrections name the old code for longer,
//! and a horizon is at most 2,000 days. They are BGN (euro since 2026-01-01), ANG (XCG since
//! 2025-03-31), ZWL (ZWG since 2024) and SLL (SLE alone since the end of 2023). HRK was withdrawn on
//! 2023-01-01 and is just beyond; a code leaves this table when a list is taken in that is published
//! three years after its withdrawal. Codes whose minor unit is "N.A." are left out but for the metals
//! and the special drawing right, which are traded and may have eight decimals here; `XXX` (no
//! currency), `XTS` (tests) and the bond market units are no money of a payment.

use palermo_domain::Currency;

/// How many decimals an amount in this currency may have; `None` where ISO 4217 has no such code.
/// Cost: a binary search in 174 rows.
pub fn minor_units(currency: &Currency) -> Option<u32> {
    let code = currency.as_str();
    let row = TABLE.binary_search_by(|(known, _)| (*known).cmp(code)).ok()?;
    TABLE.get(row).map(|&(_, units)| units)
}

/// Every code that [`minor_units`] knows, sorted.
pub fn currency_codes() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(code, _)| *code)
}

/// Sorted by code.
#[rustfmt::skip]
const TABLE: &[(&str, u32)] = &[
    ("AED", 2), ("AFN", 2), ("ALL", 2), ("AMD", 2), ("ANG", 2), ("AOA", 2), ("ARS", 2), ("AUD", 2),
    ("AWG", 2), ("AZN", 2), ("BAM", 2), ("BBD", 2), ("BDT", 2), ("BGN", 2), ("BHD", 3), ("BIF", 0),
    ("BMD", 2), ("BND", 2), ("BOB", 2), ("BOV", 2), ("BRL", 2), ("BSD", 2), ("BTN", 2), ("BWP", 2),
    ("BYN", 2), ("BZD", 2), ("CAD", 2), ("CDF", 2), ("CHE", 2), ("CHF", 2), ("CHW", 2), ("CLF", 4),
    ("CLP", 0), ("CNY", 2), ("COP", 2), ("COU", 2), ("CRC", 2), ("CUP", 2), ("CVE", 2), ("CZK", 2),
    ("DJF", 0), ("DKK", 2), ("DOP", 2), ("DZD", 2), ("EGP", 2), ("ERN", 2), ("ETB", 2), ("EUR", 2),
    ("FJD", 2), ("FKP", 2), ("GBP", 2), ("GEL", 2), ("GHS", 2), ("GIP", 2), ("GMD", 2), ("GNF", 0),
    ("GTQ", 2), ("GYD", 2), ("HKD", 2), ("HNL", 2), ("HTG", 2), ("HUF", 2), ("IDR", 2), ("ILS", 2),
    ("INR", 2), ("IQD", 3), ("IRR", 2), ("ISK", 0), ("JMD", 2), ("JOD", 3), ("JPY", 0), ("KES", 2),
    ("KGS", 2), ("KHR", 2), ("KMF", 0), ("KPW", 2), ("KRW", 0), ("KWD", 3), ("KYD", 2), ("KZT", 2),
    ("LAK", 2), ("LBP", 2), ("LKR", 2), ("LRD", 2), ("LSL", 2), ("LYD", 3), ("MAD", 2), ("MDL", 2),
    ("MGA", 2), ("MKD", 2), ("MMK", 2), ("MNT", 2), ("MOP", 2), ("MRU", 2), ("MUR", 2), ("MVR", 2),
    ("MWK", 2), ("MXN", 2), ("MXV", 2), ("MYR", 2), ("MZN", 2), ("NAD", 2), ("NGN", 2), ("NIO", 2),
    ("NOK", 2), ("NPR", 2), ("NZD", 2), ("OMR", 3), ("PAB", 2), ("PEN", 2), ("PGK", 2), ("PHP", 2),
    ("PKR", 2), ("PLN", 2), ("PYG", 0), ("QAR", 2), ("RON", 2), ("RSD", 2), ("RUB", 2), ("RWF", 0),
    ("SAR", 2), ("SBD", 2), ("SCR", 2), ("SDG", 2), ("SEK", 2), ("SGD", 2), ("SHP", 2), ("SLE", 2),
    ("SLL", 2), ("SOS", 2), ("SRD", 2), ("SSP", 2), ("STN", 2), ("SVC", 2), ("SYP", 2), ("SZL", 2),
    ("THB", 2), ("TJS", 2), ("TMT", 2), ("TND", 3), ("TOP", 2), ("TRY", 2), ("TTD", 2), ("TWD", 2),
    ("TZS", 2), ("UAH", 2), ("UGX", 0), ("USD", 2), ("USN", 2), ("UYI", 0), ("UYU", 2), ("UYW", 4),
    ("UZS", 2), ("VED", 2), ("VES", 2), ("VND", 0), ("VUV", 0), ("WST", 2), ("XAD", 2), ("XAF", 0),
    ("XAG", 8), ("XAU", 8), ("XCD", 2), ("XCG", 2), ("XDR", 8), ("XOF", 0), ("XPD", 8), ("XPF", 0),
    ("XPT", 8), ("YER", 2), ("ZAR", 2), ("ZMW", 2), ("ZWG", 2), ("ZWL", 2),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_holds_no_code_of_long_ago() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        assert!(TABLE.iter().all(|(code, _)| code.len() == 3));
        let units = |code| Currency::try_new(code).and_then(|code| minor_units(&code));
        for (code, expected) in [
            ("USD", Some(2)),
            ("JPY", Some(0)),
            ("BHD", Some(3)),
            ("CLF", Some(4)),
            ("AED", Some(2)),
            ("ZWG", Some(2)),
            ("XAU", Some(8)),
            ("DEM", None),
            ("HRK", None),
            ("BGN", Some(2)),
            ("ANG", Some(2)),
            ("ZWL", Some(2)),
            ("SLL", Some(2)),
            ("CUC", None),
            ("XXX", None),
            ("XTS", None),
            ("BTC", None),
            ("USDT", None),
        ] {
            assert_eq!(units(code), expected, "{code}");
        }
    }
}
