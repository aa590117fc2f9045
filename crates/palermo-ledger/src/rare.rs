//! What hardly any payment carries: journeys, crypto analytics, notes and coins, checks, ultimate ends,
//! the other leg of an exchange.
//!
//! It stands behind the row it belongs to and is forgotten with it; texts are numbers, days are days.
//! Promises: nothing is lossy but what rules do not read (who the travelers are, each kind of note).
//! Cost: none where there is nothing of it, not even a bit; else 2 to 7 bytes and what is there, in
//! 1 (yes or no, small numbers, words of a vocabulary), 4 (texts, days) or 4 to 13 bytes (decimals).

use crate::few::{self, Few, Gathered, Part, decimal_size, find};
use crate::intern::Atom;
use crate::ledger::Ledger;
use crate::row::{Leg, Row};
use palermo_domain::{
    Cash, CashNotes, CryptoSide, Date, Decimal, End, EventTime, Payment, Text, Travel,
};
use std::num::NonZeroU32;

/// How a part is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Byte,
    Text,
    Day,
    Decimal,
}

macro_rules! rare {
    ($($name:ident: $shape:ident, $doc:literal;)*) => {
        /// A part of a payment that is rarely there. What is a text is read by [`Row::rare_text`], a day
        /// by [`Row::rare_day`], a decimal by [`Row::rare_decimal`], anything else by
        /// [`Row::rare_byte`]; any other reader gives `None`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rare {
            $(#[doc = $doc] $name,)*
        }

        impl Rare {
            fn shape(self) -> Shape {
                match self { $(Self::$name => Shape::$shape,)* }
            }
        }

        impl Part for Rare {
            const ALL: &'static [Self] = &[$(Self::$name,)*];

            fn bit(self) -> u64 {
                1 << self as u32
            }

            fn size(self, first: u8) -> usize {
                match self.shape() {
                    Shape::Byte => 1,
                    Shape::Text | Shape::Day => 4,
                    Shape::Decimal => decimal_size(first),
                }
            }
        }
    };
}

rare! {
    DeviceIp: Text, "Address of the device.";
    ServiceRef: Text, "What the service is for: a number, a meter, a lease.";
    CounterAmount: Decimal, "What the creditor's end received.";
    CounterCurrency: Text, "Its currency.";
    CheckPayee: Text, "Payee of a check.";
    CheckNumber: Text, "Its number.";
    Coins: Decimal, "Coins.";
    ValueIn: Decimal, "Sum of the notes handed in.";
    ValueOut: Decimal, "Sum of the notes given out.";
    LargestIn: Decimal, "Largest note handed in.";
    SmallestOut: Decimal, "Smallest note given out.";
    CheckIn: Day, "First night of a stay.";
    OneWay: Byte, "Whether a journey is one way.";
    Passengers: Byte, "How many travel.";
    Travelers: Byte, "How many of them are named.";
    From: Text, "From where.";
    To: Text, "To where.";
    ToCountry: Text, "To which country.";
    Depart: Day, "When.";
    Booking: Text, "Booking.";
    Chain: Text, "Chain of a crypto payment.";
    TxHash: Text, "Its transaction.";
    DebtorCluster: Text, "Cluster of the payer's wallet.";
    DebtorLabel: Text, "Its label.";
    DebtorCategory: Byte, "Its category.";
    DebtorConfidence: Byte, "How sure that is.";
    DebtorExposure: Decimal, "Its exposure in percent.";
    DebtorHops: Byte, "Hops to the exposure.";
    CreditorCluster: Text, "Cluster of the receiver's wallet.";
    CreditorLabel: Text, "Its label.";
    CreditorCategory: Byte, "Its category.";
    CreditorConfidence: Byte, "How sure that is.";
    CreditorExposure: Decimal, "Its exposure in percent.";
    CreditorHops: Byte, "Hops to the exposure.";
    UltimateDebtorAccount: Text, "On whose behalf it is paid: the account.";
    UltimateDebtorParty: Text, "The party.";
    UltimateDebtorKind: Byte, "Its kind.";
    UltimateDebtorCountry: Text, "Its country.";
    UltimateCreditorAccount: Text, "For whose benefit it is paid: the account.";
    UltimateCreditorParty: Text, "The party.";
    UltimateCreditorKind: Byte, "Its kind.";
    UltimateCreditorCountry: Text, "Its country.";
}

/// The parts of one side of a crypto payment.
const fn side(leg: Leg) -> [Rare; 6] {
    use Rare as R;
    match leg {
        Leg::Debtor => [
            R::DebtorCluster,
            R::DebtorLabel,
            R::DebtorCategory,
            R::DebtorConfidence,
            R::DebtorExposure,
            R::DebtorHops,
        ],
        Leg::Creditor => [
            R::CreditorCluster,
            R::CreditorLabel,
            R::CreditorCategory,
            R::CreditorConfidence,
            R::CreditorExposure,
            R::CreditorHops,
        ],
    }
}

/// The parts of an ultimate end.
const fn ultimate(leg: Leg) -> [Rare; 4] {
    use Rare as R;
    match leg {
        Leg::Debtor => [
            R::UltimateDebtorAccount,
            R::UltimateDebtorParty,
            R::UltimateDebtorKind,
            R::UltimateDebtorCountry,
        ],
        Leg::Creditor => [
            R::UltimateCreditorAccount,
            R::UltimateCreditorParty,
            R::UltimateCreditorKind,
            R::UltimateCreditorCountry,
        ],
    }
}

impl<'a> Row<'a> {
    fn rare(&self, part: Rare, shape: Shape) -> Option<&'a [u8]> {
        let all = self.slot.few(Few::Rare)?;
        if part.shape() == shape { find(all.get(1..)?, part) } else { None }
    }

    /// A text.
    pub fn rare_text(&self, part: Rare) -> Option<Atom> {
        let number = self.rare(part, Shape::Text)?.first_chunk()?;
        NonZeroU32::new(u32::from_le_bytes(*number)).map(Atom::new)
    }

    /// A day.
    pub fn rare_day(&self, part: Rare) -> Option<Date> {
        let day = self.rare(part, Shape::Day)?.first_chunk()?;
        Some(Date(i32::from_le_bytes(*day)))
    }

    /// A decimal.
    pub fn rare_decimal(&self, part: Rare) -> Option<Decimal> {
        self.rare(part, Shape::Decimal).map(few::decimal)
    }

    /// A small number, 0 or 1 for no or yes, or the place of a word in its vocabulary.
    pub fn rare_byte(&self, part: Rare) -> Option<u8> {
        self.rare(part, Shape::Byte)?.first().copied()
    }
}

/// Gathers what is there, in the order of the parts.
struct Gather<'l> {
    ledger: &'l mut Ledger,
    all: Gathered<Rare>,
}

impl Gather<'_> {
    fn atom(&mut self, part: Rare, atom: Option<Atom>) {
        if let Some(atom) = atom {
            self.all.put(part, &atom.number().get().to_le_bytes());
        }
    }

    fn text(&mut self, part: Rare, text: Option<&Text<'_>>) {
        let atom = self.ledger.atom(text);
        self.atom(part, atom);
    }

    fn plain(&mut self, part: Rare, text: Option<&str>) {
        let atom = self.ledger.plain(text);
        self.atom(part, atom);
    }

    fn byte(&mut self, part: Rare, byte: Option<u8>) {
        if let Some(byte) = byte {
            self.all.put(part, &[byte]);
        }
    }

    fn day(&mut self, part: Rare, day: Option<Date>) {
        if let Some(day) = day {
            self.all.put(part, &day.0.to_le_bytes());
        }
    }

    fn decimal(&mut self, part: Rare, value: Option<Decimal>) {
        if let Some(value) = value {
            self.all.put_decimal(part, value);
        }
    }

    fn payment(&mut self, payment: &Payment<'_>) {
        let ip = payment.device.as_ref().and_then(|device| device.ip.as_ref());
        self.text(Rare::DeviceIp, ip);
        let service = payment.service.as_ref();
        self.text(Rare::ServiceRef, service.and_then(|service| service.reference.as_ref()));
        self.decimal(Rare::CounterAmount, payment.counter_amount);
        let currency = payment.counter_currency.as_ref();
        self.plain(Rare::CounterCurrency, currency.map(|currency| currency.as_str()));
        if let Some(check) = &payment.check {
            self.text(Rare::CheckPayee, check.payee.as_ref());
            self.text(Rare::CheckNumber, check.number.as_ref());
        }
        if let Some(cash) = &payment.cash {
            self.cash(cash);
        }
        self.day(Rare::CheckIn, payment.stay.and_then(|stay| stay.check_in));
        if let Some(travel) = &payment.travel {
            self.travel(travel);
        }
        if let Some(crypto) = &payment.crypto {
            self.plain(Rare::Chain, crypto.chain.as_deref());
            self.text(Rare::TxHash, crypto.tx_hash.as_ref());
            for (leg, found) in [(Leg::Debtor, &crypto.debtor), (Leg::Creditor, &crypto.creditor)] {
                if let Some(found) = found {
                    self.side(side(leg), found);
                }
            }
        }
        let ends = [&payment.ultimate_debtor, &payment.ultimate_creditor];
        for (leg, end) in Leg::BOTH.into_iter().zip(ends) {
            if let Some(end) = end {
                self.ultimate(ultimate(leg), end);
            }
        }
    }

    fn cash(&mut self, cash: &Cash) {
        self.decimal(Rare::Coins, cash.coins);
        self.decimal(Rare::ValueIn, sum(&cash.notes_in));
        self.decimal(Rare::ValueOut, sum(&cash.notes_out));
        let there = |notes: &&CashNotes| notes.count > 0;
        let largest = cash.notes_in.iter().filter(there).map(|notes| notes.value).max();
        let smallest = cash.notes_out.iter().filter(there).map(|notes| notes.value).min();
        self.decimal(Rare::LargestIn, largest);
        self.decimal(Rare::SmallestOut, smallest);
    }

    fn travel(&mut self, travel: &Travel<'_>) {
        self.byte(Rare::OneWay, travel.one_way.map(u8::from));
        self.byte(Rare::Passengers, travel.passengers);
        let named = u8::try_from(travel.travelers.len()).unwrap_or(u8::MAX);
        self.byte(Rare::Travelers, (named > 0).then_some(named));
        self.text(Rare::From, travel.from.as_ref());
        self.text(Rare::To, travel.to.as_ref());
        self.plain(Rare::ToCountry, travel.to_country.as_deref());
        self.day(Rare::Depart, travel.depart);
        self.text(Rare::Booking, travel.booking.as_ref());
    }

    fn side(&mut self, parts: [Rare; 6], found: &CryptoSide<'_>) {
        let [cluster, label, category, confidence, exposure, hops] = parts;
        self.text(cluster, found.cluster.as_ref());
        self.text(label, found.label.as_ref());
        self.byte(category, found.category.map(|category| category as u8));
        self.byte(confidence, found.confidence.map(|confidence| confidence as u8));
        self.decimal(exposure, found.exposure_percent);
        self.byte(hops, found.hops);
    }

    fn ultimate(&mut self, parts: [Rare; 4], end: &End<'_>) {
        let [account, party, kind, country] = parts;
        self.text(account, end.account.as_ref());
        self.text(party, end.party.as_ref());
        self.byte(kind, end.kind.map(|kind| kind as u8));
        self.plain(country, end.place.country.as_deref());
    }
}

/// What notes are worth together; `None` where none are named.
fn sum(notes: &[CashNotes]) -> Option<Decimal> {
    let worth = |notes: &CashNotes| notes.value.checked_mul(Decimal::from(notes.count));
    let all = notes.iter().try_fold(Decimal::ZERO, |all, one| all.checked_add(worth(one)?));
    all.filter(|_| !notes.is_empty())
}

impl Ledger {
    /// What comes after all others of [`Few`] that a payment says itself.
    pub(crate) fn gather_rare(&mut self, payment: &Payment<'_>, few: &mut Gathered) {
        let mut gather = Gather { ledger: self, all: Gathered::default() };
        gather.payment(payment);
        if gather.all.is_empty() {
            return;
        }
        // The length first; all parts together take less than 255 bytes.
        let mut bytes = vec![0];
        gather.all.write(&mut bytes);
        let length = u8::try_from(bytes.len().saturating_sub(1));
        debug_assert!(length.is_ok(), "every part at its longest fits");
        if let (Some(first), Ok(length)) = (bytes.first_mut(), length) {
            *first = length;
            few.put(Few::Rare, &bytes);
        }
    }

    /// Remembers as texts the days that [`Ledger::day_text`] will be asked for.
    pub(crate) fn note_days(&mut self, payment: &Payment<'_>) {
        let local = payment.utc_offset_minutes.map(|offset| local(payment.event_time, offset));
        let check_in = payment.stay.and_then(|stay| stay.check_in);
        let depart = payment.travel.as_ref().and_then(|travel| travel.depart);
        for day in [local.map(EventTime::date), check_in, depart].into_iter().flatten() {
            if !self.days.contains_key(&day.0) {
                let text = self.atoms.intern(&day.to_string());
                self.days.insert(day.0, text);
            }
        }
    }

    /// A day as a text like `2026-03-02`, if a payment named it or happened on it where it did.
    pub fn day_text(&self, day: Date) -> Option<Atom> {
        self.days.get(&day.0).copied()
    }
}

/// The local time, as if it were UTC.
pub(crate) fn local(time: EventTime, offset_minutes: i16) -> EventTime {
    EventTime(time.0.saturating_add(i64::from(offset_minutes).saturating_mul(60_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of everything at its longest, with the mask.
    #[test]
    fn everything_at_once_fits_behind_one_byte_of_length() {
        assert!(Rare::ALL.is_sorted());
        let longest: usize = Rare::ALL.iter().map(|part| part.size(0xff)).sum();
        let mask = Rare::ALL.len().div_ceil(7);
        assert!(Rare::ALL.len() < 63 && longest + mask <= 255, "{longest}");
    }
}
