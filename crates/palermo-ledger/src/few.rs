//! What few payments carry, behind the id of the payment: a mask of what is there, then only that.
//!
//! Here stands as well what does not fit the fixed part of a row (module `pack`): so nothing is
//! lossy, and only payments at the edge of what numbers can be pay for it.
//!
//! Cost: one byte for the mask where it is one of the first seven, 4 for a text, 4 to 13 for a
//! decimal; reading one walks over those before it.
//!
//! What hardly any payment carries (journeys, crypto analytics, notes, ultimate ends) lies in one more
//! of the same kind inside this one, [`Few::Rare`]: see module `rare`.

use palermo_domain::Decimal;
use std::marker::PhantomData;

/// A part of a payment that may be there, by its bit in a mask.
pub(crate) trait Part: Copy + PartialEq + 'static {
    /// Every one, in the order of the bits.
    const ALL: &'static [Self];
    /// Its bit.
    fn bit(self) -> u64;
    /// How many bytes it takes, the first of which is given.
    fn size(self, first: u8) -> usize;
}

/// What may be there, the most frequent first. The discriminant is the bit of the mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Few {
    CardToken,
    Marks,
    Conductor,
    Device,
    /// The amount as sent, where it does not follow from the base amount.
    Original,
    DebtorBalance,
    CreditorBalance,
    Fee,
    GrossAmount,
    Service,
    Nights,
    Rooms,
    RefersTo,
    Document,
    IpCountry,
    /// All of what is in module `rare`, behind its length.
    Rare,
    /// The base amount, where five bytes do not hold it.
    Amount,
    /// The record's timestamp, where it is weeks from the event.
    Ingest,
    /// Partition and offset, where two and six bytes do not hold them.
    Origin,
}

impl Part for Few {
    const ALL: &'static [Self] = &[
        Self::CardToken,
        Self::Marks,
        Self::Conductor,
        Self::Device,
        Self::Original,
        Self::DebtorBalance,
        Self::CreditorBalance,
        Self::Fee,
        Self::GrossAmount,
        Self::Service,
        Self::Nights,
        Self::Rooms,
        Self::RefersTo,
        Self::Document,
        Self::IpCountry,
        Self::Rare,
        Self::Amount,
        Self::Ingest,
        Self::Origin,
    ];

    fn bit(self) -> u64 {
        1 << self as u32
    }

    fn size(self, first: u8) -> usize {
        match self {
            Self::Marks | Self::Service | Self::Rooms => 1,
            Self::Nights => 2,
            Self::CardToken
            | Self::Conductor
            | Self::Device
            | Self::RefersTo
            | Self::Document
            | Self::IpCountry => 4,
            Self::Amount | Self::Ingest => 8,
            Self::Origin => 12,
            Self::Rare => usize::from(first).saturating_add(1),
            Self::Original
            | Self::DebtorBalance
            | Self::CreditorBalance
            | Self::Fee
            | Self::GrossAmount => decimal_size(first),
        }
    }
}

/// Gathers what a payment carries.
#[derive(Debug)]
pub(crate) struct Gathered<P = Few> {
    mask: u64,
    bytes: Vec<u8>,
    parts: PhantomData<P>,
}

impl<P> Default for Gathered<P> {
    fn default() -> Self {
        Self { mask: 0, bytes: Vec::new(), parts: PhantomData }
    }
}

impl<P: Part> Gathered<P> {
    pub(crate) fn clear(&mut self) {
        self.mask = 0;
        self.bytes.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.mask == 0
    }

    /// Adds one; they are added in order.
    pub(crate) fn put(&mut self, few: P, bytes: &[u8]) {
        debug_assert!(self.mask < few.bit(), "they stand in the order of their bits");
        self.mask |= few.bit();
        self.bytes.extend_from_slice(bytes);
    }

    /// Adds a decimal in 4 to 13 bytes.
    #[expect(clippy::indexing_slicing, reason = "a decimal has 16 bytes, its number the last 12")]
    pub(crate) fn put_decimal(&mut self, few: P, value: Decimal) {
        let raw = value.serialize();
        let number = &raw[4..];
        let fits = |width: usize| number[width..].iter().all(|byte| *byte == 0);
        let (code, width) = (0_u8..).zip(WIDTHS).find(|(_, width)| fits(*width)).unwrap_or((3, 12));
        let (scale, sign) = (raw[2], raw[3] >> 7);
        self.put(few, &[scale | sign << 5 | code << 6]);
        self.bytes.extend_from_slice(&number[..width]);
    }

    /// Appends mask and all.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut mask = self.mask;
        while mask >= 128 {
            out.extend_from_slice(&[128 | mask.to_le_bytes()[0]]);
            mask >>= 7;
        }
        out.extend_from_slice(&[mask.to_le_bytes()[0]]);
        out.extend_from_slice(&self.bytes);
    }
}

/// Bytes of the number of a decimal, by the two highest bits of its first byte.
const WIDTHS: [usize; 4] = [3, 5, 8, 12];

#[expect(clippy::indexing_slicing, reason = "two bits")]
pub(crate) fn decimal_size(first: u8) -> usize {
    WIDTHS[usize::from(first >> 6)].saturating_add(1)
}

/// The bits of what [`Gathered::write`] wrote.
pub(crate) fn mask(bytes: &[u8]) -> u64 {
    let mut mask = 0;
    for (byte, shift) in bytes.iter().zip([0, 7, 14, 21, 28, 35, 42, 49, 56]) {
        mask |= u64::from(byte & 127) << shift;
        if *byte < 128 {
            break;
        }
    }
    mask
}

/// One of what [`Gathered::write`] wrote.
#[inline]
pub(crate) fn find<P: Part>(mut bytes: &[u8], few: P) -> Option<&[u8]> {
    let mut mask = 0;
    for shift in [0, 7, 14, 21, 28, 35, 42, 49, 56] {
        let (&first, rest) = bytes.split_first()?;
        bytes = rest;
        mask |= u64::from(first & 127) << shift;
        if first < 128 {
            break;
        }
    }
    if mask & few.bit() == 0 {
        return None;
    }
    for &before in P::ALL {
        let size = before.size(*bytes.first()?);
        if before == few {
            return bytes.get(..size);
        }
        if mask & before.bit() != 0 {
            bytes = bytes.get(size..)?;
        }
    }
    None
}

/// What [`Gathered::put_decimal`] wrote.
#[expect(clippy::indexing_slicing, reason = "`find` gives as many bytes as the first one says")]
pub(crate) fn decimal(bytes: &[u8]) -> Decimal {
    let mut raw = [0; 16];
    let first = bytes[0];
    (raw[2], raw[3]) = (first & 31, (first & 32) << 2);
    let number = &bytes[1..];
    raw[4..][..number.len()].copy_from_slice(number);
    Decimal::deserialize(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_the_order() {
        assert!(Few::ALL.is_sorted());
        for (bit, few) in Few::ALL.iter().enumerate() {
            assert_eq!(*few as usize, bit);
        }
    }

    #[test]
    fn decimals_come_back_bit_by_bit() {
        let minus_zero = Decimal::deserialize([0, 0, 3, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for (value, bytes) in [
            (Decimal::ZERO, 4),
            (minus_zero, 4),
            (Decimal::new(-16_777_215, 28), 4),
            (Decimal::new(16_777_216, 2), 6),
            (Decimal::new(i64::MIN, 0), 9),
            (Decimal::MAX, 13),
            (Decimal::MIN, 13),
        ] {
            let mut all = Gathered::default();
            all.put(Few::CardToken, &[1, 2, 3, 4]);
            all.put_decimal(Few::Fee, value);
            let mut out = Vec::new();
            all.write(&mut out);
            assert_eq!(out.len(), 2 + 4 + bytes, "{value}");
            let found = find(&out, Few::Fee).unwrap();
            assert_eq!(decimal(found).serialize(), value.serialize());
            assert_eq!(find(&out, Few::CardToken), Some(&[1, 2, 3, 4][..]));
            assert_eq!(find(&out, Few::Marks), None);
            assert_eq!(find(&out, Few::Origin), None);
        }
    }
}
