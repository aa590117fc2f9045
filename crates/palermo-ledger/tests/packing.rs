//! Rows against the payments that they were made of.
//!
//! Sees: a field that is lost, rounded, cut or swapped by packing, at the edges of what numbers can
//! be as well; an id that comes back as another text; a row that shows something of a payment that
//! was forgotten and whose number it was given; memory per payment above what is promised.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "small numbers and known texts that the tests make themselves"
)]

use palermo_domain::{
    Cash, CashNotes, Channel, Check, Crypto, CryptoCategory, CryptoConfidence, CryptoSide,
    Currency, Date, Decimal, End, EndKind, EventTime, IngestTime, MicroDegrees, Partition, Payment,
    PaymentKind, PlaceText, Rail, Relation, ServiceKind, Status, TerminalKind, Text, TopicRole,
    Travel,
};
use palermo_ledger::{Atom, Known, Ledger, Leg, Origin, PlaceId, Rare, Row, RowId};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use std::borrow::Cow;

const DAY_MS: i64 = 86_400_000;

fn cases(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(20_261_125),
        failure_persistence: None,
        ..Config::default()
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-c]", 1 => "[A-Za-z0-9-]{1,40}", 1 => "\\PC{1,20}"]
}

fn text() -> impl Strategy<Value = Text<'static>> {
    word().prop_map(|word| Text::new(Cow::Owned(word)))
}

fn plain() -> impl Strategy<Value = Cow<'static, str>> {
    word().prop_map(Cow::Owned)
}

fn maybe<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>>
where
    S::Value: Clone,
{
    prop::option::of(strategy)
}

fn any_of<T: Clone + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

/// Every decimal that there is, the common ones and those near the edges of five and eight bytes.
fn amount() -> impl Strategy<Value = Decimal> {
    let number = prop_oneof![
        4 => (0_i128..1_000_000).boxed(),
        1 => (0_i128..200_000_000_000_000).boxed(),
        1 => prop::sample::select(vec![
            0_i128, 1, (1 << 24) - 1, 1 << 24, (1 << 40) - 1, 1 << 40, (1 << 64) - 1, 1 << 64,
            i128::from(i64::MAX), i128::from(i64::MAX) + 1, (1 << 96) - 1,
        ]).boxed(),
        1 => (0_i128..1 << 96).boxed(),
    ];
    let scale = prop_oneof![4 => Just(2_u32), 1 => 0..4_u32, 1 => 0..29_u32];
    (number, scale, prop::bool::weighted(0.1)).prop_map(|(number, scale, negative)| {
        let mut raw = Decimal::try_from_i128_with_scale(number, scale).unwrap().serialize();
        // The sign bit also of zero.
        raw[3] |= u8::from(negative) << 7;
        Decimal::deserialize(raw)
    })
}

fn place() -> impl Strategy<Value = PlaceText<'static>> {
    let degrees = any::<(i32, i32)>().prop_map(|(a, b)| (MicroDegrees(a), MicroDegrees(b)));
    (maybe(plain()), maybe(plain()), maybe(plain()), maybe(plain()), maybe(degrees)).prop_map(
        |(country, region, town, locode, coordinates)| PlaceText {
            country,
            region,
            town,
            locode,
            coordinates,
        },
    )
}

fn end() -> impl Strategy<Value = End<'static>> {
    let who = (maybe(text()), maybe(text()), maybe(any_of(EndKind::ALL)), maybe(plain()), place());
    let contact = (maybe(text()), maybe(text()), maybe(text()), maybe(text()), maybe(text()));
    (who, contact, any::<Option<bool>>(), maybe(amount()), maybe(text())).prop_map(
        |((account, party, kind, bank, place), contact, ours, balance_after, name)| {
            let (alias, phone, email, address, wallet) = contact;
            End {
                account,
                party,
                name,
                kind,
                bank,
                place,
                alias,
                phone,
                email,
                address,
                wallet,
                ours,
                balance_after,
            }
        },
    )
}

prop_compose! {
    fn site()(
        id in maybe(text()), mcc in maybe(plain()), domain in maybe(text()), shop in place(),
        machine in maybe(text()), kind in maybe(any_of(TerminalKind::ALL)), at in place(),
    ) -> (palermo_domain::Merchant<'static>, palermo_domain::Terminal<'static>) {
        (
            palermo_domain::Merchant { id, mcc, name: None, domain, place: shop },
            palermo_domain::Terminal { id: machine, kind, place: at },
        )
    }
}

prop_compose! {
    fn parts()(
        device in maybe((maybe(text()), maybe(text()), maybe(plain()))),
        card in maybe((maybe(text()), any::<[Option<bool>; 3]>())),
        conductor in maybe((maybe(text()), maybe(text()), any::<Option<bool>>())),
        service in maybe((maybe(any_of(ServiceKind::ALL)), maybe(text()))),
        stay in maybe((maybe(day()), any::<(Option<u16>, Option<u8>)>())),
        sites in site(), which in any::<[bool; 2]>(),
    ) -> Payment<'static> {
        let mut payment = bare("", EventTime(0));
        payment.device = device.map(|(id, ip, ip_country)| palermo_domain::Device { id, ip, ip_country });
        payment.card = card.map(|(token, [prepaid, present, reload])| {
            palermo_domain::Card { token, prepaid, present, reload }
        });
        payment.conductor = conductor.map(|(party, document, is_holder)| {
            palermo_domain::Conductor { party, document, is_holder }
        });
        payment.service = service.map(|(kind, reference)| palermo_domain::Service { kind, reference });
        payment.stay = stay.map(|(check_in, (nights, rooms))| {
            palermo_domain::Stay { check_in, nights, rooms }
        });
        payment.merchant = which[0].then_some(sites.0);
        payment.terminal = which[1].then_some(sites.1);
        payment
    }
}

fn day() -> impl Strategy<Value = Date> {
    prop_oneof![3 => 20_000..20_400_i32, 1 => any::<i32>()].prop_map(Date)
}

fn notes() -> impl Strategy<Value = Vec<CashNotes>> {
    let note = (amount(), prop_oneof![3 => 0..9_u32, 1 => any::<u32>()]);
    let note = note.prop_map(|(value, count)| CashNotes { value, count });
    prop::collection::vec(note, 0..4)
}

prop_compose! {
    fn analytics()(
        cluster in maybe(text()), label in maybe(text()),
        category in maybe(any_of(CryptoCategory::ALL)),
        confidence in maybe(any_of(CryptoConfidence::ALL)),
        exposure_percent in maybe(amount()), hops in any::<Option<u8>>(),
    ) -> CryptoSide<'static> {
        CryptoSide { cluster, label, category, confidence, as_of: None, exposure_percent, hops }
    }
}

prop_compose! {
    fn journey()(
        one_way in any::<Option<bool>>(), passengers in any::<Option<u8>>(),
        from in maybe(text()), to in maybe(text()), to_country in maybe(plain()),
        depart in maybe(day()), booking in maybe(text()),
        travelers in prop::collection::vec(text(), 0..4),
    ) -> Travel<'static> {
        Travel { one_way, passengers, from, to, to_country, depart, booking, travelers }
    }
}

prop_compose! {
    /// What hardly any payment carries: of each three in four have nothing.
    fn rare()(
        travel in prop::option::weighted(0.25, journey().boxed()),
        cash in prop::option::weighted(0.25, (notes(), notes(), maybe(amount()))),
        check in prop::option::weighted(0.25, (maybe(text()), maybe(text()))),
        crypto in prop::option::weighted(0.25, (maybe(text()), maybe(plain()), maybe(analytics().boxed()), maybe(analytics().boxed()))),
        ends in (prop::option::weighted(0.25, end().boxed()), prop::option::weighted(0.25, end().boxed())),
        counter in (prop::option::weighted(0.25, amount()), prop::option::weighted(0.25, "[A-Z]{3}")),
        words in prop::option::weighted(0.25, text()),
        rest in parts().boxed(),
    ) -> Payment<'static> {
        Payment {
            travel: travel.map(Box::new),
            cash: cash.map(|(notes_in, notes_out, coins)| {
                Box::new(Cash { notes_in, notes_out, coins })
            }),
            check: check.map(|(payee, number)| Check { payee, number }),
            crypto: crypto.map(|(tx_hash, chain, debtor, creditor)| {
                Box::new(Crypto { tx_hash, chain, debtor, creditor })
            }),
            ultimate_debtor: ends.0.map(Box::new),
            ultimate_creditor: ends.1.map(Box::new),
            counter_amount: counter.0,
            counter_currency: counter.1.map(|code| Currency::try_new(&code).unwrap()),
            text: words,
            ..rest
        }
    }
}

prop_compose! {
    fn payment(time: BoxedStrategy<EventTime>)(
        id in prop_oneof!["[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[0-9]{1,64}", "[A-Z-]{0,20}[0-9]{0,20}", "\\PC{0,64}"],
        event_time in time,
        sort in (any_of(PaymentKind::ALL), any_of(Rail::ALL), maybe(any_of(Channel::ALL)), any_of(Status::ALL)),
        utc_offset_minutes in any::<Option<i16>>(),
        amounts in (amount(), maybe(amount()), maybe(amount())),
        code in prop_oneof![3 => Just("USD".to_owned()), 1 => "[A-Z0-9]{3,8}"],
        ends in (end().boxed(), end().boxed()),
        extra in (maybe(plain()), maybe(any_of(Relation::ALL)), maybe(text())),
        rest in rare().boxed(),
    ) -> Payment<'static> {
        Payment {
            payment_id: Text::new(id.into()),
            event_time,
            utc_offset_minutes,
            kind: sort.0,
            rail: sort.1,
            channel: sort.2,
            status: sort.3,
            amount: amounts.0,
            fee: amounts.1,
            gross_amount: amounts.2,
            currency: Currency::try_new(&code).unwrap(),
            debtor: ends.0,
            creditor: ends.1,
            purpose: extra.0,
            relation: extra.1,
            refers_to: extra.2,
            ..rest
        }
    }
}

fn bare(id: &str, event_time: EventTime) -> Payment<'static> {
    Payment {
        payment_id: Text::new(Cow::Owned(id.to_owned())),
        event_time,
        utc_offset_minutes: None,
        kind: PaymentKind::Transfer,
        rail: Rail::Ach,
        channel: None,
        status: Status::Booked,
        amount: Decimal::new(100, 2),
        currency: Currency::try_new("USD").unwrap(),
        fee: None,
        debtor: End::default(),
        creditor: End::default(),
        ultimate_debtor: None,
        ultimate_creditor: None,
        conductor: None,
        merchant: None,
        terminal: None,
        device: None,
        card: None,
        crypto: None,
        travel: None,
        cash: None,
        stay: None,
        service: None,
        check: None,
        purpose: None,
        relation: None,
        text: None,
        end_to_end_id: None,
        uetr: None,
        refers_to: None,
        gross_amount: None,
        counter_amount: None,
        counter_currency: None,
        entity: None,
        batch: None,
        source: None,
    }
}

/// Any time at all, and times of two days with the edges between them.
fn any_time() -> BoxedStrategy<EventTime> {
    let edges = [i64::MIN, i64::MIN + 1, -1, 0, DAY_MS - 1, DAY_MS, i64::MAX - 1, i64::MAX];
    prop_oneof![0..2 * DAY_MS, any::<i64>(), prop::sample::select(edges.to_vec())]
        .prop_map(EventTime)
        .boxed()
}

/// Any record that there is; the common ones, and those near the edges of what is packed.
fn origins() -> impl Strategy<Value = (i64, Origin)> {
    let (far, near) = (i64::from(i32::MIN), 1_i64 << 48);
    let ingest = prop_oneof![
        3 => (0..100_000_i64).boxed(),
        1 => prop::sample::select(vec![far, far + 1, far - 1, -far, -far - 1, i64::MIN]).boxed(),
        1 => any::<i64>().boxed(),
    ];
    let index = prop_oneof![
        3 => (0..64_i32).boxed(),
        1 => prop::sample::select(vec![-1, 65_534, 65_535, 65_536, i32::MIN, i32::MAX]).boxed(),
        1 => any::<i32>().boxed(),
    ];
    let offset = prop_oneof![
        3 => (0..1_i64 << 40).boxed(),
        1 => prop::sample::select(vec![-1, near - 1, near, i64::MIN, i64::MAX]).boxed(),
        1 => any::<i64>().boxed(),
    ];
    let role = any_of(&TopicRole::ALL);
    (ingest, index, offset, role).prop_map(|(ingest, index, offset, role)| {
        let partition = Partition { role, index };
        (ingest, Origin { partition, offset, ingest: IngestTime(0) })
    })
}

/// A payment and the record it came in.
type Given = (Payment<'static>, Origin);

fn given(time: fn() -> BoxedStrategy<EventTime>) -> impl Strategy<Value = Given> {
    (payment(time()), origins()).prop_map(|(payment, (ahead, mut origin))| {
        origin.ingest = IngestTime(payment.event_time.0.wrapping_add(ahead));
        (payment, origin)
    })
}

/// Compares every field of a row with its payment.
fn same(ledger: &Ledger, row: Row<'_>, (payment, origin): &Given) -> Result<(), TestCaseError> {
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
fn same_rare(ledger: &Ledger, row: Row<'_>, payment: &Payment<'_>) -> Result<(), TestCaseError> {
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
fn same_sides(ledger: &Ledger, row: Row<'_>, payment: &Payment<'_>) -> Result<(), TestCaseError> {
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

/// Sums of notes, and that another reader than the right one gives nothing.
#[test]
fn notes_are_added_up() {
    let note = |value: i64, count| CashNotes { value: Decimal::from(value), count };
    let mut payment = bare("1", EventTime(0));
    let notes_in = vec![note(500, 0), note(100, 2), note(5, 3)];
    payment.cash = Some(Box::new(Cash { notes_in, notes_out: vec![note(50, 4)], coins: None }));
    let mut ledger = ledger();
    let partition = Partition { role: TopicRole::Payments, index: 0 };
    let id = ledger.insert(&payment, Origin { partition, offset: 0, ingest: IngestTime(0) });
    let row = ledger.row(id).unwrap();
    for (part, expected) in [
        (Rare::ValueIn, Some(215)),
        (Rare::LargestIn, Some(100)),
        (Rare::ValueOut, Some(200)),
        (Rare::SmallestOut, Some(50)),
        (Rare::Coins, None),
        (Rare::Chain, None),
    ] {
        assert_eq!(row.rare_decimal(part), expected.map(Decimal::from), "{part:?}");
        assert_eq!((row.rare_text(part), row.rare_byte(part)), (None, None), "{part:?}");
    }
}

/// The same for merchant, terminal, device, card, conductor, service and stay.
fn same_things(ledger: &Ledger, row: Row<'_>, payment: &Payment<'_>) -> Result<(), TestCaseError> {
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

fn ledger() -> Ledger {
    Ledger::new(Currency::try_new("USD").unwrap())
}

/// Times of one day.
fn one_day() -> BoxedStrategy<EventTime> {
    (0..DAY_MS).prop_map(EventTime).boxed()
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_row_is_its_payment(all in prop::collection::vec(given(any_time), 1..60)) {
        let mut ledger = ledger();
        let mut rows = Vec::new();
        for (payment, origin) in &all {
            // The newest of several with the same id is found or not; the engine gives none twice.
            let new = ledger.find(payment.payment_id.expose()) == Known::New;
            let id = ledger.insert(payment, *origin);
            if new {
                prop_assert_eq!(ledger.find(payment.payment_id.expose()), Known::Seen(id));
            }
            rows.push(id);
        }
        for (id, given) in rows.iter().zip(&all) {
            let row = ledger.row(*id);
            prop_assert!(row.is_some());
            same(&ledger, row.unwrap(), given)?;
            let Known::Seen(found) = ledger.find(given.0.payment_id.expose()) else {
                return Err(TestCaseError::fail("its id is not known"));
            };
            prop_assert_eq!(&*ledger.payment_id(found), given.0.payment_id.expose().as_ref());
        }
        rows.sort_unstable();
        prop_assert_eq!(ledger.row_ids(), rows);
    }

    #[test]
    fn a_number_given_again_shows_only_the_new_payment(
        old in prop::collection::vec(given(one_day), 1..40),
        new in prop::collection::vec(given(one_day), 1..40),
        taken_back in any::<u64>(),
    ) {
        let mut ledger = ledger();
        let mut before = Vec::new();
        for (at, (payment, origin)) in old.iter().enumerate() {
            let id = ledger.insert(payment, *origin);
            if taken_back >> at & 1 == 1 {
                ledger.unlink(id);
                prop_assert!(ledger.row(id).is_some_and(|row| row.reversed()));
            }
            before.push(id);
        }
        prop_assert_eq!(ledger.evict(EventTime(DAY_MS)), old.len() as u64);
        for (id, (payment, _)) in before.iter().zip(&old) {
            prop_assert!(ledger.row(*id).is_none());
            prop_assert_eq!(&*ledger.payment_id(*id), "");
            prop_assert_eq!(ledger.find(payment.payment_id.expose()), Known::New);
        }
        let mut after = Vec::new();
        for (payment, origin) in &new {
            let mut later = payment.clone();
            later.event_time = EventTime(payment.event_time.0 + DAY_MS);
            after.push((ledger.insert(&later, *origin), (later, *origin)));
        }
        prop_assert_eq!(after[0].0, before[0], "numbers are given again");
        for (id, given) in &after {
            same(&ledger, ledger.row(*id).unwrap(), given)?;
        }
        let shown: Vec<RowId> = after.iter().map(|(id, _)| *id).collect();
        for id in before.iter().filter(|id| !shown.contains(id)) {
            prop_assert!(ledger.row(*id).is_none());
        }
    }
}

/// Typical payments: few accounts, one merchant each, UUIDs.
#[test]
fn a_typical_payment_takes_less_than_ninety_bytes() {
    let mut ledger = ledger();
    let (payments, days) = (60_000_i64, 30);
    for n in 0..payments {
        let id = format!("{:08x}-0000-4000-8000-{:012x}", n * 2_654_435_761 % (1 << 32), n);
        let mut payment = bare(&id, EventTime(n * days * DAY_MS / payments));
        for (end, who) in [(&mut payment.debtor, n % 997), (&mut payment.creditor, n % 499)] {
            end.account = Some(Text::new(format!("ACC{who}").into()));
            end.party = Some(Text::new(format!("CUS{who}").into()));
            end.ours = Some(true);
        }
        let origin = Origin {
            partition: Partition { role: TopicRole::Payments, index: 3 },
            offset: n,
            ingest: IngestTime(payment.event_time.0 + 700),
        };
        ledger.insert(&payment, origin);
    }
    let rows = ledger.bytes().rows as i64;
    assert!(rows < 90 * payments, "{} bytes a payment", rows / payments);
    let texts = ledger.bytes().texts as i64;
    assert!((20_000..400_000).contains(&texts), "{texts}");
    let full = ledger.bytes();
    ledger.evict(EventTime(days * DAY_MS));
    assert!(ledger.bytes().rows < full.rows / 4, "pages go back");
    assert_eq!(ledger.bytes().texts, full.texts, "what rows share is not forgotten");
    assert_eq!(ledger.row_ids(), []);
}

/// Days that come and go in the same numbers take no more and more.
#[test]
fn forgetting_gives_everything_back_but_what_rows_share() {
    let mut ledger = ledger();
    let mut held = Vec::new();
    for day in 0..60_i64 {
        for n in 0..3_000 {
            let time = EventTime(day * DAY_MS + n);
            let payment = bare(&format!("{day}-{n}"), time);
            let origin = Origin {
                partition: Partition { role: TopicRole::Payments, index: 0 },
                offset: day * 3_000 + n,
                ingest: IngestTime(time.0),
            };
            ledger.insert(&payment, origin);
        }
        ledger.evict(EventTime((day - 1) * DAY_MS));
        held.push(ledger.bytes().rows);
    }
    assert!(held[59] < held[9] * 11 / 10, "{} then, {} now", held[9], held[59]);
    assert_eq!(ledger.payments(), 6_000);
}

/// Puts two texts, or two words, into a payment.
type Say = fn(&mut Payment<'static>, [Text<'static>; 2], [Cow<'static, str>; 2]);

#[test]
fn what_rows_share_is_counted() {
    let word = |n: usize| Text::new(Cow::Owned(format!("W{n}")));
    let name = |n: usize| Cow::Owned(format!("W{n}"));
    let kinds: [(usize, Say); 4] = [
        (20, |payment, [party, _], [_, bank]| {
            payment.debtor.party = Some(party);
            payment.debtor.bank = Some(bank);
        }),
        // With the end that names it.
        (40, |payment, [phone, email], _| {
            payment.creditor.phone = Some(phone);
            payment.creditor.email = Some(email);
        }),
        (28, |payment, [id, machine], _| {
            payment.merchant = Some(palermo_domain::Merchant {
                id: Some(id),
                ..palermo_domain::Merchant::default()
            });
            let terminal = palermo_domain::Terminal::default();
            payment.terminal = Some(palermo_domain::Terminal { id: Some(machine), ..terminal });
        }),
        (24, |payment, _, [purpose, code]| {
            payment.purpose = Some(purpose);
            payment.utc_offset_minutes = code[1..].parse().ok();
        }),
    ];
    for (size, say) in kinds {
        let mut ledger = ledger();
        let mut give = |a: usize, b: usize| {
            let mut payment = bare(&format!("{a}-{b}"), EventTime(0));
            say(&mut payment, [word(a), word(b)], [name(a), name(b)]);
            let partition = Partition { role: TopicRole::Payments, index: 0 };
            ledger.insert(&payment, Origin { partition, offset: 0, ingest: IngestTime(0) });
            ledger.bytes().texts
        };
        let few = (0..60).map(|n| give(n, n)).last().unwrap();
        let many = (0..3_600).map(|n| give(n / 60, n % 60)).last().unwrap();
        assert!(many - few > 3_000 * size, "{} for 3,540 records of {size}", many - few);
    }
}
