//! Every field of a payment that carries everything, and the same of one that carries nothing.
//!
//! Sees: a field that reads another one, the wrong end, a day or an hour in the wrong place, something
//! known that nobody delivered, a text that is matched when it is gone.

use super::*;
use crate::bind::{Binder, Node};
use crate::eval::{At, NoMeasures, eval};
use crate::lexicon::Words;
use crate::lists::BoundList;
use palermo_domain::{
    Cash, CashNotes, Check, Crypto, CryptoSide, Date, Device, End, EventCode, Feed, FeedSet, Hours,
    IngestTime, Merchant, OwnedAccount, Partition, Party, PartyEvent, PartyKind, PartyRelation,
    Payment, PaymentKind, Place, PlaceText, Product, Rail, Redacted, RelationKind, Service, Span,
    Status, Stay, Text, TopicRole, Travel,
};
use palermo_lang::program::{EndField, Expr, List, ListId, Literal, Row as ListedRow, Side};
use palermo_ledger::{Adder, Ledger, Origin, RowId};
use std::cell::RefCell;

fn text(text: &str) -> Option<Text<'static>> {
    Some(Redacted::new(text.to_owned().into()))
}

fn number(text: &str) -> Decimal {
    palermo_domain::parse_signed_amount(text).unwrap()
}

fn place(town: &str, locode: &str) -> PlaceText<'static> {
    let part = |text: &str| Some(text.to_owned().into());
    PlaceText {
        country: part("US"),
        region: part("US-TX"),
        town: part(town),
        locode: part(locode),
        coordinates: None,
    }
}

fn end(account: &str) -> End<'static> {
    End { account: text(account), ..End::default() }
}

/// Monday 2026-03-02, 03:30 UTC; Sunday evening where it happened.
fn bare() -> Payment<'static> {
    Payment {
        payment_id: Redacted::new("1".into()),
        event_time: EventTime::parse("2026-03-02T03:30:00Z").unwrap(),
        utc_offset_minutes: None,
        kind: PaymentKind::Transfer,
        rail: Rail::Ach,
        channel: None,
        status: Status::Booked,
        amount: number("5"),
        currency: Currency::try_new("USD").unwrap(),
        fee: None,
        debtor: end("A"),
        creditor: end("B"),
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

fn full() -> Payment<'static> {
    let mut payment = bare();
    payment.utc_offset_minutes = Some(-300);
    payment.text = text("Release fee for Ana");
    payment.debtor.name = text("Ana-María LÓPEZ");
    payment.debtor.alias = text("sweet.ana@pay");
    payment.creditor.alias = text("garage");
    payment.debtor.place = place("Dallas", "USDAL");
    let side = |cluster, category, hops| CryptoSide {
        cluster: text(cluster),
        label: text("Label"),
        category: Some(category),
        confidence: Some(CryptoConfidence::Likely),
        as_of: None,
        exposure_percent: Some(number("12.5")),
        hops: Some(hops),
    };
    payment.crypto = Some(Box::new(Crypto {
        tx_hash: text("0xfeed"),
        chain: Some("BTC".into()),
        debtor: Some(side("C1", CryptoCategory::Mixer, 1)),
        creditor: Some(side("C2", CryptoCategory::Csam, 2)),
    }));
    payment.travel = Some(Box::new(Travel {
        one_way: Some(false),
        passengers: Some(4),
        from: text("Dallas"),
        to: text("Laredo"),
        to_country: Some("MX".into()),
        depart: Some(Date::parse("2026-03-05").unwrap()),
        booking: text("b00c"),
        travelers: vec![text("t1").unwrap(), text("t2").unwrap()],
    }));
    let notes = |value, count| CashNotes { value: number(value), count };
    payment.cash = Some(Box::new(Cash {
        notes_in: vec![notes("20", 10), notes("50", 2)],
        notes_out: vec![notes("100", 3)],
        coins: Some(number("0.75")),
    }));
    payment.stay =
        Some(Stay { check_in: Date::parse("2026-03-04").ok(), nights: None, rooms: None });
    payment.service = Some(Service { kind: None, reference: text("5e5e") });
    payment.check = Some(Check { payee: text("P9"), number: text("c0de") });
    payment.device = Some(Device { id: None, ip: text("10.0.0.1"), ip_country: None });
    payment.merchant = Some(Merchant { place: place("Laredo", "USLRD"), ..Merchant::default() });
    payment.counter_amount = Some(number("0.002"));
    payment.counter_currency = Currency::try_new("BTC");
    let ultimate = |account, party, kind| End {
        party: text(party),
        kind: Some(kind),
        place: place("X", "USXXX"),
        ..end(account)
    };
    payment.ultimate_debtor = Some(Box::new(ultimate("UA", "UP", EndKind::Person)));
    payment.ultimate_creditor = Some(Box::new(ultimate("VA", "VP", EndKind::Business)));
    payment
}

/// The holder of account `A`: open on Sundays from 20:00 to 02:00.
fn holder() -> Party {
    let home = Place { town: Some("Waco".to_owned()), ..Place::default() };
    let mut feeds = FeedSet::default();
    feeds.insert(Feed::Card);
    Party {
        party: Redacted::new("F".to_owned()),
        as_of: EventTime(0),
        kind: PartyKind::Business,
        accounts: vec![OwnedAccount {
            account: Redacted::new("A".to_owned()),
            opened: None,
            closed: None,
            product: Some(Product::Savings),
            holder: true,
        }],
        segment: None,
        home: Some(Redacted::new(home)),
        work: None,
        since: Some(Date::parse("2026-02-20").unwrap()),
        age_band: None,
        industry_mcc: None,
        headcount: None,
        monthly_income: None,
        monthly_turnover: Some(Redacted::new(number("4000"))),
        currency: None,
        hours: vec![Hours { days: 0b100_0000, open_minute: 1200, close_minute: 120 }],
        licensed: None,
        phone: Some(Redacted::new("f0".to_owned())),
        email: Some(Redacted::new("f1".to_owned())),
        address: Some(Redacted::new("f2".to_owned())),
        relations: Vec::new(),
        feeds,
        merchants: Vec::new(),
        terminals: Vec::new(),
        activity: None,
        occupation_code: None,
        incorporated: Some(Date::parse("2026-01-31").unwrap()),
        events: Vec::new(),
        hash_key_id: None,
    }
}

struct Bench {
    ledger: Ledger,
    row: RowId,
    lists: Vec<BoundList>,
    adder: RefCell<Adder>,
}

impl Bench {
    fn new(payment: &Payment<'_>, parties: &[Party]) -> Self {
        let mut ledger = Ledger::new(Currency::try_new("USD").unwrap());
        for party in parties {
            ledger.apply_party(party);
        }
        let partition = Partition { role: TopicRole::Payments, index: 0 };
        let origin = Origin { partition, offset: 0, ingest: IngestTime(0) };
        let row = ledger.insert(payment, origin);
        let always = (Date(0), Date(i32::MAX));
        let over = (Date(0), Date(1));
        let term = |key: &str, valid| ListedRow { key: key.to_owned(), cells: Vec::new(), valid };
        let rows = vec![term("release fee", always), term("Ana", over), term("sweet", always)];
        let list = List {
            id: "lex_a".to_owned(),
            version: String::new(),
            sha256: String::new(),
            reviewed: Date(0),
            columns: Vec::new(),
            rows,
        };
        let lists = vec![BoundList::of_file(&list, &mut ledger.atoms)];
        Self { ledger, row, lists, adder: RefCell::default() }
    }

    fn eval(&mut self, expr: &Expr, leg: Leg, words: Option<&Words>) -> Value {
        let node: Node =
            Binder { atoms: &mut self.ledger.atoms, params: &[], indicators: &[] }.expr(expr);
        let Self { ledger, row, lists, adder } = self;
        let searches = &RefCell::default();
        let (hits, during, from, peers) = (None, None, None, None);
        let (text, ends) = (words, None);
        let env = Env { ledger, lists, adder, searches, hits, during, from, peers, text, ends };
        let row = ledger.row(*row).unwrap();
        eval(&node, &At { env, row, leg, step: None }, &mut NoMeasures)
    }

    /// A value as rule writers would put it; `?` where it is unknown for lack of that very field.
    fn shown(&mut self, field: Field, leg: Leg) -> String {
        match self.eval(&Expr::Field(field), leg, None) {
            Value::Unknown(lacking) => {
                assert_eq!(lacking, Some(field));
                "?".to_owned()
            }
            Value::Text(atom) => self.ledger.atoms.text(atom).to_owned(),
            Value::Bool(truth) => truth.to_string(),
            Value::Int(int) => int.to_string(),
            Value::Span(span) => span.to_string(),
            Value::Decimal(number) | Value::Money(number) => number.to_string(),
            Value::Symbol(Symbol::CryptoCategory(word)) => word.as_str().to_owned(),
            Value::Symbol(Symbol::CryptoConfidence(word)) => word.as_str().to_owned(),
            Value::Symbol(Symbol::EndKind(word)) => word.as_str().to_owned(),
            Value::Symbol(Symbol::Product(word)) => word.as_str().to_owned(),
            other => panic!("{other:?}"),
        }
    }
}

const OUT: Leg = Leg::Debtor;
const IN: Leg = Leg::Creditor;

/// Each row is known of the payment that carries everything, and not of the one that carries nothing.
fn check(rows: &[(Field, Leg, &str)]) {
    let (mut full, mut bare) = (Bench::new(&full(), &[holder()]), Bench::new(&bare(), &[]));
    for &(field, leg, expected) in rows {
        assert_eq!(full.shown(field, leg), expected, "{field:?} {leg:?}");
        assert_eq!(bare.shown(field, leg), "?", "{field:?} {leg:?}");
        let present = Expr::Present(field);
        assert_eq!(full.eval(&present, leg, None), Value::Bool(true), "{field:?}");
        assert_eq!(bare.eval(&present, leg, None), Value::Bool(false), "{field:?}");
    }
}

#[test]
fn fields_of_the_payment() {
    use Field as F;
    check(&[
        (F::LocalDate, OUT, "2026-03-01"),
        (F::CounterAmount, OUT, "0.002"),
        (F::CounterCurrency, IN, "BTC"),
        (F::DeviceIp, IN, "10.0.0.1"),
        (F::ServiceRef, OUT, "5e5e"),
        (F::StayCheckIn, OUT, "2026-03-04"),
        (F::TravelOneWay, OUT, "false"),
        (F::TravelPassengers, OUT, "4"),
        (F::TravelTravelers, OUT, "2"),
        (F::TravelFrom, OUT, "Dallas"),
        (F::TravelTo, OUT, "Laredo"),
        (F::TravelToCountry, OUT, "MX"),
        (F::TravelDepart, OUT, "2026-03-05"),
        (F::TravelBooking, OUT, "b00c"),
        (F::CheckPayee, OUT, "P9"),
        (F::CheckNumber, OUT, "c0de"),
        (F::CashCoins, OUT, "0.75"),
        (F::CashValueIn, OUT, "300"),
        (F::CashValueOut, OUT, "300"),
        (F::CashLargestIn, OUT, "50"),
        (F::CashSmallestOut, OUT, "100"),
        (F::CryptoChain, OUT, "BTC"),
        (F::CryptoTxHash, OUT, "0xfeed"),
    ]);
}

#[test]
fn fields_of_sides_places_and_ends() {
    use CryptoField as C;
    use EndField as E;
    use Field as F;
    use PlacePart as P;
    use Pole::{Creditor, Debtor};
    use Side::{Other, Own};
    use UltimateField as U;
    let name_key = palermo_domain::name_key("ana maría lópez").unwrap();
    check(&[
        (F::Crypto(Debtor, C::Cluster), IN, "C1"),
        (F::Crypto(Creditor, C::Cluster), OUT, "C2"),
        (F::Crypto(Debtor, C::Label), OUT, "Label"),
        (F::Crypto(Debtor, C::Category), OUT, "mixer"),
        (F::Crypto(Creditor, C::Category), OUT, "csam"),
        (F::Crypto(Creditor, C::Confidence), OUT, "likely"),
        (F::Crypto(Creditor, C::ExposurePercent), OUT, "12.5"),
        (F::Crypto(Debtor, C::Hops), OUT, "1"),
        (F::Crypto(Creditor, C::Hops), OUT, "2"),
        (F::Ultimate(Debtor, U::Account), OUT, "UA"),
        (F::Ultimate(Creditor, U::Account), OUT, "VA"),
        (F::Ultimate(Debtor, U::Party), IN, "UP"),
        (F::Ultimate(Creditor, U::Kind), OUT, "business"),
        (F::Ultimate(Creditor, U::Country), OUT, "US"),
        (F::PlacePart(P::Town), OUT, "Laredo"),
        (F::PlacePart(P::Country), IN, "US"),
        (F::PlacePart(P::Region), IN, "US-TX"),
        (F::PlacePart(P::Locode), OUT, "USLRD"),
        (F::MerchantLocode, IN, "USLRD"),
        (F::End(Own, E::Locode), OUT, "USDAL"),
        (F::End(Other, E::Locode), IN, "USDAL"),
        (F::End(Own, E::NameKey), OUT, name_key.as_str()),
        (F::End(Own, E::HomePart(P::Town)), OUT, "Waco"),
        (F::End(Other, E::HomePart(P::Town)), IN, "Waco"),
        (F::End(Own, E::MonthlyTurnover), OUT, "4000.00"),
        (F::End(Own, E::Delivers(Feed::Card)), OUT, "true"),
        (F::End(Own, E::Delivers(Feed::Cash)), OUT, "false"),
        (F::End(Own, E::OpenAt), OUT, "true"),
        (F::End(Own, E::Product), OUT, "savings"),
        (F::End(Own, E::CustomerAge), OUT, "14610m"),
        (F::End(Other, E::CompanyAge), IN, "43410m"),
        (F::End(Other, E::Kind), IN, "business"),
        (F::End(Own, E::Phone), OUT, "f0"),
        (F::End(Own, E::Email), OUT, "f1"),
        (F::End(Other, E::Address), IN, "f2"),
    ]);
    let mut full = Bench::new(&full(), &[holder()]);
    for (field, leg) in [
        (F::TerminalLocode, OUT),
        (F::End(Own, E::NameKey), IN),
        (F::End(Own, E::HomePart(P::Country)), OUT),
        (F::End(Own, E::WorkPart(P::Town)), OUT),
        (F::End(Own, E::Delivers(Feed::Card)), IN),
        (F::End(Own, E::OpenAt), IN),
        (F::End(Own, E::Product), IN),
        (F::End(Own, E::Kind), IN),
        (F::End(Own, E::Phone), IN),
    ] {
        assert_eq!(full.shown(field, leg), "?", "{field:?} {leg:?}");
    }
}

#[test]
fn hours_are_those_of_the_local_time() {
    for (time, offset, expected) in [
        ("2026-03-02T03:30:00Z", Some(-300), "true"),
        ("2026-03-02T03:30:00Z", Some(0), "false"),
        ("2026-03-02T03:30:00Z", Some(-120), "true"),
        ("2026-03-02T02:30:00Z", Some(-30), "false"),
        ("2026-03-02T03:30:00Z", None, "?"),
    ] {
        let mut payment = bare();
        payment.event_time = EventTime::parse(time).unwrap();
        payment.utc_offset_minutes = offset;
        let mut bench = Bench::new(&payment, &[holder()]);
        let open = Field::End(Side::Own, EndField::OpenAt);
        assert_eq!(bench.shown(open, OUT), expected, "{time} {offset:?}");
    }
}

#[test]
fn texts_match_while_they_are_there_and_aliases_always() {
    let matches = |field| Expr::Matches(Box::new(Expr::Field(field)), ListId(0));
    let (own, other) =
        (Field::End(Side::Own, EndField::Alias), Field::End(Side::Other, EndField::Alias));
    let unknown = |field| Value::Unknown(Some(field));
    let (mut full, mut bare) = (Bench::new(&full(), &[]), Bench::new(&bare(), &[]));
    for (said, expected) in [
        (Some("Release fee for X"), Value::Bool(true)),
        (Some("for Ana"), Value::Bool(false)),
        (None, unknown(Field::Text)),
    ] {
        let words = said.map(Words::of);
        assert_eq!(full.eval(&matches(Field::Text), OUT, words.as_ref()), expected, "{said:?}");
    }
    assert_eq!(full.eval(&Expr::Present(Field::Text), OUT, None), Value::Bool(true));
    assert_eq!(bare.eval(&Expr::Present(Field::Text), OUT, None), Value::Bool(false));
    assert_eq!(full.eval(&matches(own), OUT, None), Value::Bool(true));
    assert_eq!(full.eval(&matches(other), OUT, None), Value::Bool(false));
    assert_eq!(bare.eval(&matches(own), OUT, None), unknown(own));
}

/// Sees: a word of the payment that the record overrules, a party that only the payment names.
#[test]
fn the_payment_speaks_before_the_record() {
    use EndField as E;
    let mut payment = bare();
    payment.debtor.kind = Some(EndKind::Unknown);
    payment.debtor.phone = text("0a");
    payment.creditor.party = text("F");
    let mut bench = Bench::new(&payment, &[holder()]);
    for (field, leg, expected) in [
        (E::Kind, OUT, "unknown"),
        (E::Phone, OUT, "0a"),
        (E::Email, OUT, "f1"),
        (E::Kind, IN, "business"),
        (E::Address, IN, "f2"),
        // The product is that of an account, and this one is nobody's.
        (E::Product, IN, "?"),
    ] {
        assert_eq!(bench.shown(Field::End(Side::Own, field), leg), expected, "{field:?} {leg:?}");
    }
}

fn days(days: i64) -> Box<Expr> {
    Box::new(Expr::Literal(Literal::Duration(Span::from_days(days))))
}

/// Sees: an event that is still to come, or one of another code or end; "nothing happened" where
/// nobody says what happens.
#[test]
fn events_are_those_before_the_payment() {
    let code = EventCode::ThirdPartyId;
    let unknown = Value::Unknown(Some(Field::End(Side::Own, EndField::Event(code))));
    let time = |at| EventTime::parse(at).unwrap();
    let event = |code, at| PartyEvent { code, at: time(at), by: None, device: None };
    let at = |at| vec![event(code, at)];
    for (events, delivered, within, expected) in [
        (at("2026-02-28T03:30:00Z"), false, 2, Value::Bool(true)),
        (at("2026-02-28T03:29:59Z"), true, 2, Value::Bool(false)),
        (at("2026-02-28T03:29:59Z"), false, 2, unknown),
        (at("2026-03-02T03:30:00Z"), true, 0, Value::Bool(true)),
        (at("2026-03-02T03:30:01Z"), true, 9, Value::Bool(false)),
        (vec![event(EventCode::Bh01, "2026-03-01T00:00:00Z")], true, 9, Value::Bool(false)),
        (Vec::new(), true, 9, Value::Bool(false)),
        (Vec::new(), false, 9, unknown),
    ] {
        let mut party = holder();
        party.events.clone_from(&events);
        if delivered {
            party.feeds.insert(Feed::PartyEvents);
        }
        let mut bench = Bench::new(&bare(), &[party]);
        let own = Expr::Event(Side::Own, code, days(within));
        let other = Expr::Event(Side::Other, code, days(within));
        assert_eq!(bench.eval(&own, OUT, None), expected, "{events:?} {delivered} {within}");
        assert_eq!(bench.eval(&own, IN, None), unknown, "{events:?}");
        let expected = match expected {
            Value::Unknown(_) => {
                Value::Unknown(Some(Field::End(Side::Other, EndField::Event(code))))
            }
            known => known,
        };
        assert_eq!(bench.eval(&other, IN, None), expected, "{events:?} {delivered} {within}");
    }
}

/// Sees: a relation of another kind, one that ended or has not begun, one without a date that counts
/// as new.
#[test]
fn relations_are_those_in_force_on_the_day() {
    use RelationKind::{AuthorizedUser, Family};
    let day = |day: &str| Date::parse(day).unwrap();
    let relation = |kind, since: Option<&str>, until: Option<&str>| PartyRelation {
        party: Redacted::new("X".to_owned()),
        kind,
        since: since.map(day),
        until: until.map(day),
    };
    let mut party = holder();
    party.relations = vec![
        relation(AuthorizedUser, None, None),
        relation(AuthorizedUser, Some("2026-03-02"), Some("2026-03-02")),
        relation(AuthorizedUser, Some("2026-02-20"), None),
        relation(AuthorizedUser, Some("2026-02-20"), Some("2026-03-01")),
        relation(AuthorizedUser, Some("2026-03-03"), None),
        relation(Family, Some("2026-03-01"), None),
    ];
    let mut bench = Bench::new(&bare(), &[party]);
    for (kind, within, expected) in [
        (AuthorizedUser, None, 3),
        (AuthorizedUser, Some(0), 1),
        (AuthorizedUser, Some(9), 1),
        (AuthorizedUser, Some(10), 2),
        (Family, None, 1),
        (RelationKind::Director, Some(90), 0),
    ] {
        let count = Expr::Relations(Side::Own, kind, within.map(days));
        assert_eq!(bench.eval(&count, OUT, None), Value::Int(expected), "{kind:?} {within:?}");
        let unknown = Value::Unknown(Some(Field::End(Side::Own, EndField::Relations(kind))));
        assert_eq!(bench.eval(&count, IN, None), unknown, "{kind:?}");
    }
}
