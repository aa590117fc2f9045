//! Payments of every shape: what is common often, what is rare or at the edge of numbers sometimes.

use palermo_domain::{
    Cash, CashNotes, Channel, Check, Crypto, CryptoCategory, CryptoConfidence, CryptoSide,
    Currency, Date, Decimal, End, EndKind, EventTime, IngestTime, MicroDegrees, Partition, Payment,
    PaymentKind, PlaceText, Rail, Relation, ServiceKind, Status, TerminalKind, Text, TopicRole,
    Travel,
};
use palermo_ledger::Origin;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use std::borrow::Cow;

pub(crate) const DAY_MS: i64 = 86_400_000;

pub(crate) fn cases(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(20_261_125),
        failure_persistence: None,
        ..Config::default()
    }
}

pub(crate) fn word() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-c]", 1 => "[A-Za-z0-9-]{1,40}", 1 => "\\PC{1,20}"]
}

pub(crate) fn text() -> impl Strategy<Value = Text<'static>> {
    word().prop_map(|word| Text::new(Cow::Owned(word)))
}

pub(crate) fn plain() -> impl Strategy<Value = Cow<'static, str>> {
    word().prop_map(Cow::Owned)
}

pub(crate) fn maybe<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>>
where
    S::Value: Clone,
{
    prop::option::of(strategy)
}

pub(crate) fn any_of<T: Clone + std::fmt::Debug + 'static>(
    all: &'static [T],
) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

/// Every decimal that there is, the common ones and those near the edges of five and eight bytes.
pub(crate) fn amount() -> impl Strategy<Value = Decimal> {
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

pub(crate) fn place() -> impl Strategy<Value = PlaceText<'static>> {
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

pub(crate) fn end() -> impl Strategy<Value = End<'static>> {
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

pub(crate) fn day() -> impl Strategy<Value = Date> {
    prop_oneof![3 => 20_000..20_400_i32, 1 => any::<i32>()].prop_map(Date)
}

pub(crate) fn notes() -> impl Strategy<Value = Vec<CashNotes>> {
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

pub(crate) fn bare(id: &str, event_time: EventTime) -> Payment<'static> {
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
pub(crate) fn any_time() -> BoxedStrategy<EventTime> {
    let edges = [i64::MIN, i64::MIN + 1, -1, 0, DAY_MS - 1, DAY_MS, i64::MAX - 1, i64::MAX];
    prop_oneof![0..2 * DAY_MS, any::<i64>(), prop::sample::select(edges.to_vec())]
        .prop_map(EventTime)
        .boxed()
}

/// Any record that there is; the common ones, and those near the edges of what is packed.
pub(crate) fn origins() -> impl Strategy<Value = (i64, Origin)> {
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
pub(crate) type Given = (Payment<'static>, Origin);

pub(crate) fn given(time: fn() -> BoxedStrategy<EventTime>) -> impl Strategy<Value = Given> {
    (payment(time()), origins()).prop_map(|(payment, (ahead, mut origin))| {
        origin.ingest = IngestTime(payment.event_time.0.wrapping_add(ahead));
        (payment, origin)
    })
}
