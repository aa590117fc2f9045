//! The fields that few payments carry, and what a place, a day or opening hours say of one.
//!
//! Cost: those of module `rare` of the ledger are looked up behind the row; nothing allocates.

use crate::eval::{Env, local_ms, part, site_place};
use crate::value::Value;
use palermo_domain::{
    CryptoCategory, CryptoConfidence, Currency, Decimal, EndKind, EventTime, is_open,
};
use palermo_lang::program::{CryptoField, Field, PlacePart, Pole, Symbol, UltimateField};
use palermo_ledger::{KnownParty, Leg, PlaceId, Rare, Row};

/// A field that is not read in `eval`.
pub(crate) fn read(field: Field, env: Env<'_>, row: Row<'_>, leg: Leg) -> Option<Value> {
    let text = |rare| row.rare_text(rare).map(Value::Text);
    let decimal = |rare| row.rare_decimal(rare).map(Value::Decimal);
    let int = |rare| row.rare_byte(rare).map(|byte| Value::Int(i64::from(byte)));
    let truth = |rare| row.rare_byte(rare).map(|byte| Value::Bool(byte == 1));
    let day = |day| env.ledger.day_text(day).map(Value::Text);
    let site = row.site();
    match field {
        Field::PlacePart(name) => place_part(env, site_place(row).or(row.end(leg).place), name),
        // Only whether there was one is known; what it said is asked in `Node::Matches`.
        Field::Text => row.manner().worded.then_some(Value::Bool(true)),
        Field::LocalDate => day(EventTime(local_ms(row, leg)?).date()),
        Field::MerchantLocode => part(env, site.merchant_place, |p| p.locode),
        Field::TerminalLocode => part(env, site.terminal_place, |p| p.locode),
        Field::CounterAmount => decimal(Rare::CounterAmount),
        Field::CounterCurrency => text(Rare::CounterCurrency),
        Field::DeviceIp => text(Rare::DeviceIp),
        Field::ServiceRef => text(Rare::ServiceRef),
        Field::StayCheckIn => day(row.rare_day(Rare::CheckIn)?),
        Field::TravelOneWay => truth(Rare::OneWay),
        Field::TravelPassengers => int(Rare::Passengers),
        Field::TravelTravelers => int(Rare::Travelers),
        Field::TravelFrom => text(Rare::From),
        Field::TravelTo => text(Rare::To),
        Field::TravelToCountry => text(Rare::ToCountry),
        Field::TravelDepart => day(row.rare_day(Rare::Depart)?),
        Field::TravelBooking => text(Rare::Booking),
        Field::CheckPayee => text(Rare::CheckPayee),
        Field::CheckNumber => text(Rare::CheckNumber),
        Field::CashCoins => decimal(Rare::Coins),
        Field::CashValueIn => decimal(Rare::ValueIn),
        Field::CashValueOut => decimal(Rare::ValueOut),
        Field::CashLargestIn => decimal(Rare::LargestIn),
        Field::CashSmallestOut => decimal(Rare::SmallestOut),
        Field::CryptoChain => text(Rare::Chain),
        Field::CryptoTxHash => text(Rare::TxHash),
        Field::Crypto(pole, name) => side(row, pole, name),
        Field::Ultimate(pole, name) => ultimate(row, pole, name),
        _ => None,
    }
}

fn side(row: Row<'_>, pole: Pole, name: CryptoField) -> Option<Value> {
    use CryptoField as C;
    use Rare as R;
    let of = |debtor, creditor| if pole == Pole::Debtor { debtor } else { creditor };
    let word = |rare| row.rare_byte(rare).map(usize::from);
    match name {
        C::Cluster => row.rare_text(of(R::DebtorCluster, R::CreditorCluster)).map(Value::Text),
        C::Label => row.rare_text(of(R::DebtorLabel, R::CreditorLabel)).map(Value::Text),
        C::Category => {
            let category = word(of(R::DebtorCategory, R::CreditorCategory))?;
            let category = CryptoCategory::ALL.get(category)?;
            Some(Value::Symbol(Symbol::CryptoCategory(*category)))
        }
        C::Confidence => {
            let sure = word(of(R::DebtorConfidence, R::CreditorConfidence))?;
            let sure = CryptoConfidence::ALL.get(sure)?;
            Some(Value::Symbol(Symbol::CryptoConfidence(*sure)))
        }
        C::ExposurePercent => {
            row.rare_decimal(of(R::DebtorExposure, R::CreditorExposure)).map(Value::Decimal)
        }
        C::Hops => {
            let hops = row.rare_byte(of(R::DebtorHops, R::CreditorHops))?;
            Some(Value::Int(i64::from(hops)))
        }
    }
}

fn ultimate(row: Row<'_>, pole: Pole, name: UltimateField) -> Option<Value> {
    use Rare as R;
    use UltimateField as U;
    let of = |debtor, creditor| if pole == Pole::Debtor { debtor } else { creditor };
    let text = |rare| row.rare_text(rare).map(Value::Text);
    match name {
        U::Account => text(of(R::UltimateDebtorAccount, R::UltimateCreditorAccount)),
        U::Party => text(of(R::UltimateDebtorParty, R::UltimateCreditorParty)),
        U::Country => text(of(R::UltimateDebtorCountry, R::UltimateCreditorCountry)),
        U::Kind => {
            let kind = row.rare_byte(of(R::UltimateDebtorKind, R::UltimateCreditorKind))?;
            let kind = EndKind::ALL.get(usize::from(kind))?;
            Some(Value::Symbol(Symbol::EndKind(*kind)))
        }
    }
}

/// A part of a place.
pub(crate) fn place_part(env: Env<'_>, place: Option<PlaceId>, name: PlacePart) -> Option<Value> {
    part(env, place, |parts| match name {
        PlacePart::Country => parts.country,
        PlacePart::Region => parts.region,
        PlacePart::Town => parts.town,
        PlacePart::Locode => parts.locode,
    })
}

/// Money of a party's record, converted like a payment of that time.
pub(crate) fn declared(
    env: Env<'_>,
    (amount, currency): (Decimal, Option<Currency>),
    at: EventTime,
) -> Option<Value> {
    let currency = currency.unwrap_or(env.ledger.rates.base());
    let cents = env.ledger.rates.convert(amount, currency, at)?;
    Some(Value::Money(cents.to_decimal()))
}

/// Whether the party's hours hold the local time of the payment at its end.
pub(crate) fn open_at(row: Row<'_>, leg: Leg, party: &KnownParty) -> Option<Value> {
    if party.hours.is_empty() {
        return None;
    }
    let local = EventTime(local_ms(row, leg)?);
    let minute = u16::try_from(local.millis_of_day().checked_div(60_000)?).ok()?;
    Some(Value::Bool(is_open(&party.hours, local.date(), minute)))
}

#[cfg(test)]
mod tests;
