//! A row compared with the payment that it was made of, field by field.

use crate::given::Given;
use palermo_domain::{Date, Decimal, Payment, PlaceText, Text};
use palermo_ledger::{Atom, Ledger, Leg, PlaceId, Rare, Row};
use proptest::prelude::*;
use std::borrow::Cow;

/// Compares every field of a row with its payment.
pub(crate) fn same(
    ledger: &Ledger,
    row: Row<'_>,
    (payment, origin): &Given,
) -> Result<(), TestCaseError> {
    let words = |atom: Option<Atom>| atom.map(|atom| ledger.atoms.text(atom).to_owned());
    let of = |text: &Option<Text<'_>>| text.as_ref().map(|text| text.expose().to_string());
    let plainly = |text: &Option<Cow<'_, str>>| text.as_deref().map(str::to_owned);
    let at = |place: Option<PlaceId>| place.and_then(|id| ledger.places.get(id)).cloned();
    let there = |place: &PlaceText<'_>| (!place.absent()).then(|| place.to_place());
    let bits = |amount: Option<Decimal>| amount.map(|amount| amount.serialize());

    prop_assert_eq!(row.time(), payment.event_time);
    prop_assert_eq!(&*row.payment_id(), payment.payment_id.expose().as_ref());
    prop_assert_eq!(row.content(), payment.content_hash());
    prop_assert_eq!(row.origin(), *origin);
    prop_assert!(!row.reversed());
    let base = payment.currency == ledger.rates.base();
    let cents = if base { palermo_domain::to_cents(payment.amount) } else { None };
    prop_assert_eq!(row.amount(), cents);
    prop_assert_eq!(row.amount_original().serialize(), payment.amount.serialize());
    prop_assert_eq!(bits(row.fee()), bits(payment.fee));
    prop_assert_eq!(bits(row.gross_amount()), bits(payment.gross_amount));
    let manner = row.manner();
    prop_assert_eq!((manner.kind, manner.rail), (payment.kind, payment.rail));
    prop_assert_eq!((manner.channel, manner.status), (payment.channel, payment.status));
    prop_assert_eq!(manner.relation, payment.relation);
    prop_assert_eq!(words(manner.purpose), plainly(&payment.purpose));
    prop_assert_eq!(manner.currency, payment.currency);
    prop_assert_eq!(words(manner.currency_text), Some(payment.currency.to_string()));
    prop_assert_eq!(manner.utc_offset_minutes, payment.utc_offset_minutes);
    prop_assert_eq!(words(row.refers_to()), of(&payment.refers_to));
    for (leg, end) in [(Leg::Debtor, &payment.debtor), (Leg::Creditor, &payment.creditor)] {
        let account = row.account(leg).map(|account| ledger.account_text(account).to_owned());
        prop_assert_eq!(account, of(&end.account));
        let known = row.end(leg);
        prop_assert_eq!(words(known.party), of(&end.party));
        prop_assert_eq!((known.kind, known.ours), (end.kind, end.ours));
        prop_assert_eq!(words(known.bank), plainly(&end.bank));
        prop_assert_eq!(at(known.place), there(&end.place));
        let contact = row.contact(leg);
        let reached =
            [contact.alias, contact.phone, contact.email, contact.address, contact.wallet];
        let said = [&end.alias, &end.phone, &end.email, &end.address, &end.wallet];
        prop_assert_eq!(reached.map(words), said.map(of));
        let key = end.name.as_ref().and_then(|name| palermo_domain::name_key(name.expose()));
        prop_assert_eq!(words(contact.name_key), key);
        prop_assert_eq!(bits(row.balance_after(leg)), bits(end.balance_after));
    }
    same_things(ledger, row, payment)?;
    same_rare(ledger, row, payment)
}

/// The same for what hardly any payment carries.
pub(crate) fn same_rare(
    ledger: &Ledger,
    row: Row<'_>,
    payment: &Payment<'_>,
) -> Result<(), TestCaseError> {
    let text = |part| row.rare_text(part).map(|atom| ledger.atoms.text(atom).to_owned());
    let of = |text: Option<&Text<'_>>| text.map(|text| text.expose().to_string());
    let plainly = |text: Option<&Cow<'_, str>>| text.map(|text| text.to_string());
    let bits = |amount: Option<Decimal>| amount.map(|amount| amount.serialize());
    let byte = |part| row.rare_byte(part);

    prop_assert_eq!(row.manner().worded, payment.text.is_some());
    let device = payment.device.as_ref();
    prop_assert_eq!(text(Rare::DeviceIp), of(device.and_then(|d| d.ip.as_ref())));
    let service = payment.service.as_ref();
    prop_assert_eq!(text(Rare::ServiceRef), of(service.and_then(|s| s.reference.as_ref())));
    prop_assert_eq!(bits(row.rare_decimal(Rare::CounterAmount)), bits(payment.counter_amount));
    let currency = payment.counter_currency.map(|currency| currency.to_string());
    prop_assert_eq!(text(Rare::CounterCurrency), currency);
    let check = payment.check.as_ref();
    prop_assert_eq!(text(Rare::CheckPayee), of(check.and_then(|c| c.payee.as_ref())));
    prop_assert_eq!(text(Rare::CheckNumber), of(check.and_then(|c| c.number.as_ref())));
    let cash = payment.cash.as_deref();
    prop_assert_eq!(bits(row.rare_decimal(Rare::Coins)), bits(cash.and_then(|c| c.coins)));
    let largest = cash.and_then(|cash| {
        cash.notes_in.iter().filter(|notes| notes.count > 0).map(|notes| notes.value).max()
    });
    prop_assert_eq!(row.rare_decimal(Rare::LargestIn), largest);
    let check_in = payment.stay.and_then(|stay| stay.check_in);
    prop_assert_eq!(row.rare_day(Rare::CheckIn), check_in);
    let day = |day: Option<Date>| {
        day.and_then(|day| ledger.day_text(day)).map(|atom| ledger.atoms.text(atom).to_owned())
    };
    prop_assert_eq!(day(check_in), check_in.map(|day| day.to_string()));
    let travel = payment.travel.as_deref();
    prop_assert_eq!(byte(Rare::OneWay), travel.and_then(|t| t.one_way).map(u8::from));
    prop_assert_eq!(byte(Rare::Passengers), travel.and_then(|t| t.passengers));
    let named = travel.map_or(0, |travel| travel.travelers.len());
    prop_assert_eq!(byte(Rare::Travelers).map_or(0, usize::from), named);
    prop_assert_eq!(text(Rare::From), of(travel.and_then(|t| t.from.as_ref())));
    prop_assert_eq!(text(Rare::To), of(travel.and_then(|t| t.to.as_ref())));
    prop_assert_eq!(text(Rare::ToCountry), plainly(travel.and_then(|t| t.to_country.as_ref())));
    prop_assert_eq!(row.rare_day(Rare::Depart), travel.and_then(|t| t.depart));
    prop_assert_eq!(text(Rare::Booking), of(travel.and_then(|t| t.booking.as_ref())));
    same_sides(ledger, row, payment)
}

/// The same for crypto analytics and ultimate ends.
pub(crate) fn same_sides(
    ledger: &Ledger,
    row: Row<'_>,
    payment: &Payment<'_>,
) -> Result<(), TestCaseError> {
    use Rare as R;
    let text = |part| row.rare_text(part).map(|atom| ledger.atoms.text(atom).to_owned());
    let of = |text: Option<&Text<'_>>| text.map(|text| text.expose().to_string());
    let plainly = |text: Option<&Cow<'_, str>>| text.map(|text| text.to_string());
    let bits = |amount: Option<Decimal>| amount.map(|amount| amount.serialize());

    let crypto = payment.crypto.as_deref();
    prop_assert_eq!(text(R::Chain), plainly(crypto.and_then(|c| c.chain.as_ref())));
    prop_assert_eq!(text(R::TxHash), of(crypto.and_then(|c| c.tx_hash.as_ref())));
    let parts = [
        (R::DebtorCluster, R::DebtorLabel, R::DebtorCategory, R::DebtorExposure, R::DebtorHops),
        (
            R::CreditorCluster,
            R::CreditorLabel,
            R::CreditorCategory,
            R::CreditorExposure,
            R::CreditorHops,
        ),
    ];
    let sides = [crypto.and_then(|c| c.debtor.as_ref()), crypto.and_then(|c| c.creditor.as_ref())];
    for ((cluster, label, category, exposure, hops), side) in parts.into_iter().zip(sides) {
        prop_assert_eq!(text(cluster), of(side.and_then(|s| s.cluster.as_ref())));
        prop_assert_eq!(text(label), of(side.and_then(|s| s.label.as_ref())));
        let word = side.and_then(|s| s.category).map(|category| category as u8);
        prop_assert_eq!(row.rare_byte(category), word);
        let percent = side.and_then(|s| s.exposure_percent);
        prop_assert_eq!(bits(row.rare_decimal(exposure)), bits(percent));
        prop_assert_eq!(row.rare_byte(hops), side.and_then(|s| s.hops));
    }
    let sure = [R::DebtorConfidence, R::CreditorConfidence].map(|part| row.rare_byte(part));
    let said = sides.map(|side| side.and_then(|s| s.confidence).map(|sure| sure as u8));
    prop_assert_eq!(sure, said);
    let parts = [
        (R::UltimateDebtorAccount, R::UltimateDebtorParty, R::UltimateDebtorKind),
        (R::UltimateCreditorAccount, R::UltimateCreditorParty, R::UltimateCreditorKind),
    ];
    let ends = [payment.ultimate_debtor.as_deref(), payment.ultimate_creditor.as_deref()];
    for ((account, party, kind), end) in parts.into_iter().zip(ends) {
        prop_assert_eq!(text(account), of(end.and_then(|e| e.account.as_ref())));
        prop_assert_eq!(text(party), of(end.and_then(|e| e.party.as_ref())));
        prop_assert_eq!(row.rare_byte(kind), end.and_then(|e| e.kind).map(|kind| kind as u8));
    }
    let country = plainly(ends[1].and_then(|e| e.place.country.as_ref()));
    prop_assert_eq!(text(R::UltimateCreditorCountry), country);
    Ok(())
}

/// The same for merchant, terminal, device, card, conductor, service and stay.
pub(crate) fn same_things(
    ledger: &Ledger,
    row: Row<'_>,
    payment: &Payment<'_>,
) -> Result<(), TestCaseError> {
    let words = |atom: Option<Atom>| atom.map(|atom| ledger.atoms.text(atom).to_owned());
    let of = |text: Option<&Text<'_>>| text.map(|text| text.expose().to_string());
    let plainly = |text: Option<&Cow<'_, str>>| text.map(|text| text.to_string());
    let at = |place: Option<PlaceId>| place.and_then(|id| ledger.places.get(id)).cloned();
    let there = |place: &PlaceText<'_>| (!place.absent()).then(|| place.to_place());

    let (merchant, terminal) = (payment.merchant.as_ref(), payment.terminal.as_ref());
    let site = row.site();
    prop_assert_eq!(words(site.merchant_id), of(merchant.and_then(|m| m.id.as_ref())));
    prop_assert_eq!(words(site.merchant_mcc), plainly(merchant.and_then(|m| m.mcc.as_ref())));
    prop_assert_eq!(words(site.merchant_domain), of(merchant.and_then(|m| m.domain.as_ref())));
    prop_assert_eq!(at(site.merchant_place), merchant.and_then(|m| there(&m.place)));
    prop_assert_eq!(words(site.terminal_id), of(terminal.and_then(|t| t.id.as_ref())));
    prop_assert_eq!(site.terminal_kind, terminal.and_then(|t| t.kind));
    prop_assert_eq!(at(site.terminal_place), terminal.and_then(|t| there(&t.place)));
    let (device, card) = (payment.device.as_ref(), payment.card.as_ref());
    prop_assert_eq!(words(row.device_id()), of(device.and_then(|d| d.id.as_ref())));
    let country = device.and_then(|d| d.ip_country.as_ref());
    prop_assert_eq!(words(row.device_ip_country()), plainly(country));
    prop_assert_eq!(words(row.card_token()), of(card.and_then(|c| c.token.as_ref())));
    prop_assert_eq!(row.card_prepaid(), card.and_then(|c| c.prepaid));
    prop_assert_eq!(row.card_present(), card.and_then(|c| c.present));
    prop_assert_eq!(row.card_reload(), card.and_then(|c| c.reload));
    let conductor = payment.conductor.as_ref();
    prop_assert_eq!(words(row.conductor_party()), of(conductor.and_then(|c| c.party.as_ref())));
    let document = conductor.and_then(|c| c.document.as_ref());
    prop_assert_eq!(words(row.conductor_document()), of(document));
    prop_assert_eq!(row.conductor_is_holder(), conductor.and_then(|c| c.is_holder));
    prop_assert_eq!(row.service_kind(), payment.service.as_ref().and_then(|s| s.kind));
    prop_assert_eq!(row.stay_nights(), payment.stay.and_then(|s| s.nights));
    prop_assert_eq!(row.stay_rooms(), payment.stay.and_then(|s| s.rooms));
    Ok(())
}
