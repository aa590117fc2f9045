//! What an event of a test carries beside its ends and its amount, as parts of the payment.
//!
//! The template has checked every text, so that what does not parse here is what was not said.

use palermo_domain::{
    Card, Cash, CashNotes, Check, Crypto, CryptoCategory, CryptoConfidence, CryptoSide, Date,
    Decimal, End, EndKind, PlaceText, Redacted, Service, ServiceKind, Stay, Text, Travel,
    parse_amount, parse_signed_amount,
};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

/// Drawn values by path.
#[derive(Clone, Copy)]
pub(super) struct Carried<'e>(pub(super) &'e BTreeMap<&'static str, String>);

/// The part, unless it says nothing.
pub(super) fn some<T: Default + PartialEq>(part: T) -> Option<T> {
    (part != T::default()).then_some(part)
}

impl<'e> Carried<'e> {
    fn get(self, path: &str) -> Option<&'e str> {
        self.0.get(path).map(String::as_str)
    }

    pub(super) fn plain(self, path: &str) -> Option<Cow<'static, str>> {
        self.get(path).map(|text| Cow::Owned(text.to_owned()))
    }

    pub(super) fn text(self, path: &str) -> Option<Text<'static>> {
        self.plain(path).map(Redacted::new)
    }

    pub(super) fn parsed<T: FromStr>(self, path: &str) -> Option<T> {
        self.get(path)?.parse().ok()
    }

    pub(super) fn decimal(self, path: &str) -> Option<Decimal> {
        parse_signed_amount(self.get(path)?).ok()
    }

    pub(super) fn word<T>(self, path: &str, parse: fn(&str) -> Option<T>) -> Option<T> {
        parse(self.get(path)?)
    }

    fn day(self, path: &str) -> Option<Date> {
        Date::parse(self.get(path)?).ok()
    }

    /// The parts of a place that are named, over those that follow from elsewhere.
    pub(super) fn place(self, prefix: &str, place: PlaceText<'static>) -> PlaceText<'static> {
        let part = |name: &str| self.plain(&format!("{prefix}{name}"));
        PlaceText {
            country: part("country").or(place.country),
            region: part("region").or(place.region),
            town: part("town").or(place.town),
            locode: part("locode").or(place.locode),
            coordinates: place.coordinates,
        }
    }

    /// What is said of one end (`from_`, `to_`), over what follows from the event.
    pub(super) fn end(self, prefix: &str, end: End<'static>) -> End<'static> {
        let text = |name: &str| self.text(&format!("{prefix}{name}"));
        End {
            party: text("party").or(end.party),
            name: text("name"),
            bank: self.plain(&format!("{prefix}bank")),
            place: self.place(prefix, end.place),
            alias: text("alias"),
            phone: text("phone"),
            email: text("email"),
            address: text("address"),
            ours: self.parsed(&format!("{prefix}ours")),
            balance_after: self.decimal(&format!("{prefix}balance")),
            ..end
        }
    }

    pub(super) fn ultimate(self, prefix: &str) -> Option<Box<End<'static>>> {
        let path = |name: &str| format!("{prefix}.{name}");
        let country = self.plain(&path("country"));
        let end = End {
            account: self.text(&path("account")),
            party: self.text(&path("party")),
            kind: self.word(&path("kind"), EndKind::parse),
            place: PlaceText { country, ..PlaceText::default() },
            ..End::default()
        };
        some(end).map(Box::new)
    }

    pub(super) fn card(self) -> Option<Card<'static>> {
        some(Card {
            token: self.text("card.token"),
            prepaid: self.parsed("card.prepaid"),
            present: self.parsed("card.present"),
            reload: self.parsed("card.reload"),
        })
    }

    pub(super) fn service(self) -> Option<Service<'static>> {
        let kind = self.word("service.kind", ServiceKind::parse);
        some(Service { kind, reference: self.text("service.ref") })
    }

    pub(super) fn check(self) -> Option<Check<'static>> {
        some(Check { payee: self.text("check.payee"), number: self.text("check.number") })
    }

    pub(super) fn stay(self, nights: Option<u16>) -> Option<Stay> {
        some(Stay {
            check_in: self.day("stay.check_in"),
            nights: self.parsed("stay.nights").or(nights),
            rooms: self.parsed("stay.rooms"),
        })
    }

    pub(super) fn travel(self) -> Option<Box<Travel<'static>>> {
        let named = self.get("travel.travelers").into_iter().flat_map(|all| all.split(','));
        let travel = Travel {
            one_way: self.parsed("travel.one_way"),
            passengers: self.parsed("travel.passengers"),
            from: self.text("travel.from"),
            to: self.text("travel.to"),
            to_country: self.plain("travel.to_country"),
            depart: self.day("travel.depart"),
            booking: self.text("travel.booking"),
            travelers: named.map(|one| Redacted::new(Cow::Owned(one.to_owned()))).collect(),
        };
        some(travel).map(Box::new)
    }

    fn notes(self, path: &str) -> Vec<CashNotes> {
        let one = |text: &str| {
            let (value, count) = text.split_once('*')?;
            Some(CashNotes { value: parse_amount(value).ok()?, count: count.parse().ok()? })
        };
        self.get(path).into_iter().flat_map(|all| all.split(',')).filter_map(one).collect()
    }

    pub(super) fn cash(self) -> Option<Box<Cash>> {
        let cash = Cash {
            notes_in: self.notes("cash.notes_in"),
            notes_out: self.notes("cash.notes_out"),
            coins: self.decimal("cash.coins"),
        };
        some(cash).map(Box::new)
    }

    fn side(self, side: &str) -> Option<CryptoSide<'static>> {
        let path = |name: &str| format!("crypto.{side}.{name}");
        some(CryptoSide {
            cluster: self.text(&path("cluster")),
            label: self.text(&path("label")),
            category: self.word(&path("category"), CryptoCategory::parse),
            confidence: self.word(&path("confidence"), CryptoConfidence::parse),
            as_of: None,
            exposure_percent: self.decimal(&path("exposure_percent")),
            hops: self.parsed(&path("hops")),
        })
    }

    pub(super) fn crypto(self) -> Option<Box<Crypto<'static>>> {
        let crypto = Crypto {
            tx_hash: self.text("crypto.tx_hash"),
            chain: self.plain("crypto.chain"),
            debtor: self.side("debtor"),
            creditor: self.side("creditor"),
        };
        some(crypto).map(Box::new)
    }
}
