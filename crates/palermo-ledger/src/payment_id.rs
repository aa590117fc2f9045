//! Payment ids in few bytes.
//!
//! Most ids have one of a few forms: a UUID, a long number, a number behind a short prefix. Their
//! digits are kept as binary numbers. A first byte says the form, and the length where that varies,
//! so a packed id says where it ends.
//!
//! Promises: the same text is always packed into the same bytes and unpacked into the same text;
//! upper-case UUIDs and leading zeros come back as they were. Two ids are equal exactly where their
//! packed bytes are. An id of more than 191 bytes is cut (`payment.v1` has none above 64).
//! Cost: 17 bytes for a UUID instead of 37, 7 for twelve digits instead of 13; tens of nanoseconds.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;

/// Up to here the first byte is the length of a text that follows as it is.
const PLAIN_MAX: usize = 191;
/// Plus how many digits, 1 to 38; a number follows.
const DIGITS: u8 = 192;
/// A lower-case UUID: 16 bytes follow.
const UUID: u8 = 231;
/// 32 lower-case hexadecimal digits: 16 bytes follow.
const HEX: u8 = 232;
/// Plus the length of a prefix, 1 to 23: how many digits, the prefix, and a number follow.
const PREFIXED: u8 = 232;
const DIGITS_MAX: usize = 38;
const PREFIX_MAX: usize = 23;
/// The longest text that is made from a packed form.
const MADE_MAX: usize = PREFIX_MAX + DIGITS_MAX;
/// So many digits a machine word holds, and the first number of one more.
const LOW_DIGITS: usize = 19;
const LOW: u128 = 10_000_000_000_000_000_000;
/// The value of a lower-case hexadecimal digit; above 15 where a byte is none.
#[expect(clippy::indexing_slicing, reason = "a constant: the compiler checks the bounds")]
const NIBBLES: [u8; 256] = {
    let mut table = [0xf0; 256];
    let mut value: u8 = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    table
};
/// Where the digits of each byte are.
const IN_HEX: [usize; 16] = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30];
const IN_UUID: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
/// Where a UUID has its dashes.
const DASHES: [usize; 4] = [8, 13, 18, 23];

/// A packed id.
#[derive(Clone, Copy)]
pub(crate) struct Packed {
    bytes: [u8; PLAIN_MAX + 1],
    len: u8,
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "no form is longer than the buffer, and its lengths were counted before"
)]
impl Packed {
    /// Packs a text.
    pub(crate) fn new(text: &str) -> Self {
        let mut cut = text.len().min(PLAIN_MAX);
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        let text = &text.as_bytes()[..cut];
        let mut packed = Self { bytes: [0; PLAIN_MAX + 1], len: 0 };
        if !packed.hexadecimal(text) && !packed.number(text) {
            packed.push(&[text.len() as u8]);
            packed.push(text);
        }
        packed
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    fn push(&mut self, bytes: &[u8]) {
        let from = usize::from(self.len);
        self.bytes[from..from + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len() as u8;
    }

    fn hexadecimal(&mut self, text: &[u8]) -> bool {
        let form = match text.len() {
            36 if DASHES.iter().all(|&at| text[at] == b'-') => UUID,
            32 => HEX,
            _ => return false,
        };
        let (binary, digits) =
            (&mut self.bytes[1..17], if form == UUID { &IN_UUID } else { &IN_HEX });
        let mut wrong = 0;
        for (byte, &at) in binary.iter_mut().zip(digits) {
            let high = NIBBLES[usize::from(text[at])];
            let low = NIBBLES[usize::from(text[at + 1])];
            wrong |= high | low;
            *byte = high << 4 | low & 15;
        }
        if wrong > 15 {
            return false;
        }
        (self.bytes[0], self.len) = (form, 17);
        true
    }

    /// Packs the digits that a text ends with, where that is shorter.
    fn number(&mut self, text: &[u8]) -> bool {
        let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = digits.min(DIGITS_MAX);
        let prefix = text.len() - digits;
        let head = if prefix == 0 { 1 } else { 2 + prefix };
        let width = width(digits);
        if digits == 0 || prefix > PREFIX_MAX || head + width > text.len() {
            return false;
        }
        let (high, low) = text[prefix..].split_at(digits.saturating_sub(LOW_DIGITS));
        let read = |digits: &[u8]| digits.iter().fold(0, |n, byte| n * 10 + u64::from(byte - b'0'));
        let mut value = u128::from(read(low));
        if !high.is_empty() {
            value += u128::from(read(high)) * LOW;
        }
        if prefix == 0 {
            self.push(&[DIGITS + digits as u8]);
        } else {
            self.push(&[PREFIXED + prefix as u8, digits as u8]);
            self.push(&text[..prefix]);
        }
        self.push(&value.to_le_bytes()[..width]);
        true
    }
}

/// Bytes of the largest number of so many digits: `digits * log2(10) / 8`, up.
#[expect(clippy::arithmetic_side_effects, reason = "at most 255 digits")]
const fn width(digits: usize) -> usize {
    (digits * 3322).div_ceil(8000)
}

/// How many bytes the packed id at the beginning of `bytes` takes.
pub(crate) fn length(bytes: &[u8]) -> usize {
    let of = |rest: usize, digits: u8| rest.saturating_add(width(usize::from(digits)));
    match bytes {
        [] => 0,
        &[form @ DIGITS..UUID, ..] => of(1, form.saturating_sub(DIGITS)),
        [UUID | HEX, ..] => 17,
        &[form, digits, ..] if form > PREFIXED => {
            of(2, digits).saturating_add(usize::from(form.saturating_sub(PREFIXED)))
        }
        &[plain, ..] => usize::from(plain).saturating_add(1),
    }
}

/// The id of a payment as text. `Debug` shows nothing.
#[derive(Clone, Copy)]
pub struct PaymentId<'a>(Form<'a>);

#[derive(Clone, Copy)]
enum Form<'a> {
    Plain(&'a [u8]),
    Made([u8; MADE_MAX], u8),
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "what was packed here is complete, and its texts are not longer than the buffer"
)]
impl<'a> PaymentId<'a> {
    /// No id.
    pub(crate) const NONE: Self = Self(Form::Plain(&[]));

    /// Unpacks what [`Packed::new`] made.
    pub(crate) fn unpack(bytes: &'a [u8]) -> Self {
        let Some((&form, rest)) = bytes.split_first() else { return Self::NONE };
        let mut text = [0; MADE_MAX];
        let len = match form {
            ..DIGITS => return Self(Form::Plain(&rest[..usize::from(form)])),
            DIGITS..UUID => {
                let digits = usize::from(form - DIGITS);
                digits_into(&mut text[..digits], rest);
                digits
            }
            UUID => hex_into(&mut text, rest, &DASHES),
            HEX => hex_into(&mut text, rest, &[]),
            _ => {
                let (prefix, digits) = (usize::from(form - PREFIXED), usize::from(rest[0]));
                let len = prefix + digits;
                text[..prefix].copy_from_slice(&rest[1..=prefix]);
                digits_into(&mut text[prefix..len], &rest[1 + prefix..]);
                len
            }
        };
        Self(Form::Made(text, len as u8))
    }
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a digit is below ten; the number has as many bytes as its digits need"
)]
fn digits_into(text: &mut [u8], number: &[u8]) {
    let width = width(text.len());
    let mut bytes = [0; 16];
    bytes[..width].copy_from_slice(&number[..width]);
    let value = u128::from_le_bytes(bytes);
    let (high, low) = text.split_at_mut(text.len().saturating_sub(LOW_DIGITS));
    let (mut left, mut above) = (value, 0);
    if !high.is_empty() {
        (left, above) = (value % LOW, value / LOW);
    }
    for (digits, value) in [(low, left), (high, above)] {
        let mut value = value as u64;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
        }
    }
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "32 digits and four dashes"
)]
fn hex_into(text: &mut [u8; MADE_MAX], binary: &[u8], dashes: &[usize]) -> usize {
    let mut at = 0;
    for byte in &binary[..16] {
        // No dash parts the two digits of a byte.
        if dashes.contains(&at) {
            text[at] = b'-';
            at += 1;
        }
        text[at] = b"0123456789abcdef"[usize::from(byte >> 4)];
        text[at + 1] = b"0123456789abcdef"[usize::from(byte & 15)];
        at += 2;
    }
    at
}

/// Compares two packed ids as their texts compare. Those of one form are not unpacked.
pub(crate) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let number = |a: &[u8], b: &[u8]| a.iter().rev().cmp(b.iter().rev());
    match (a, b) {
        ([UUID, a @ ..], [UUID, b @ ..]) | ([HEX, a @ ..], [HEX, b @ ..]) => a.cmp(b),
        ([..DIGITS, a @ ..], [..DIGITS, b @ ..]) => a.cmp(b),
        ([form @ DIGITS..UUID, a @ ..], [other, b @ ..]) if form == other => number(a, b),
        ([form, digits, a @ ..], [other, others, b @ ..])
            if *form > PREFIXED && (form, digits) == (other, others) =>
        {
            let prefix = usize::from(form.saturating_sub(PREFIXED));
            match (a.split_at_checked(prefix), b.split_at_checked(prefix)) {
                (Some((head, a)), Some((other, b))) => head.cmp(other).then_with(|| number(a, b)),
                _ => Ordering::Equal,
            }
        }
        _ => PaymentId::unpack(a).cmp(&PaymentId::unpack(b)),
    }
}

impl Deref for PaymentId<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        let bytes = match &self.0 {
            Form::Plain(bytes) => bytes,
            Form::Made(text, len) => text.get(..usize::from(*len)).unwrap_or(&[]),
        };
        std::str::from_utf8(bytes).unwrap_or("")
    }
}

impl PartialEq for PaymentId<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for PaymentId<'_> {}

impl PartialOrd for PaymentId<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PaymentId<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl fmt::Debug for PaymentId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentId").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(text: &str) -> Vec<u8> {
        Packed::new(text).bytes().to_vec()
    }

    #[test]
    fn known_forms_are_short_and_come_back() {
        for (text, bytes) in [
            ("", 1),
            ("7", 2),
            ("007", 3),
            ("000000000000", 6),
            ("999999999999", 6),
            ("99999999999999999999999999999999999999", 17),
            ("p-000000000123", 9),
            ("TRX-2025-11-25-000123", 20),
            ("a1", 3),
            ("0a9de2f1-6f2b-4c1e-9d60-0242ac130003", 17),
            ("0A9DE2F1-6F2B-4C1E-9D60-0242AC130003", 37),
            ("0a9de2f16f2b4c1e9d600242ac130003", 17),
            ("0a9de2f16-f2b-4c1e-9d60-0242ac130003", 37),
            ("ünï-0000000001", 13),
        ] {
            let short = packed(text);
            assert_eq!(short.len(), bytes, "{text}");
            assert_eq!(length(&[&short[..], &[9, 9, 9]].concat()), bytes, "{text}");
            assert_eq!(&*PaymentId::unpack(&short), text);
        }
        let long = "ä".repeat(200);
        assert_eq!(&*PaymentId::unpack(&packed(&long)), "ä".repeat(95));
    }

    fn ids() -> impl Strategy<Value = String> {
        prop_oneof![
            "[0-1]{3}",
            "[A-B]{1,2}[0-1]{5}",
            "[A-B]-[0-9]{20,24}",
            "[0-1]{8}-[0-1]{4}-[0-1]{4}-[0-1]{4}-[0-1]{12}",
            "[0-9]{1,64}",
            "[0-9a-f]{32}",
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[0-9A-Fa-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "[A-Za-z0-9._:@#/+-]{1,64}",
            "[A-Z-]{0,30}[0-9]{0,45}",
            "[0-9-]{32,36}",
            "\\PC{0,60}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 20_000,
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_125),
            ..ProptestConfig::default()
        })]

        #[test]
        fn every_id_comes_back(a in ids(), b in ids()) {
            let (short, other) = (packed(&a), packed(&b));
            prop_assert_eq!(&*PaymentId::unpack(&short), a.as_str());
            prop_assert!(short.len() <= a.len().saturating_add(1));
            prop_assert_eq!(length(&[&short[..], &other[..]].concat()), short.len());
            prop_assert_eq!(short == other, a == b);
            let order = PaymentId::unpack(&short).cmp(&PaymentId::unpack(&other));
            prop_assert_eq!(order, a.cmp(&b));
            prop_assert_eq!(compare(&short, &other), a.cmp(&b));
        }
    }
}
