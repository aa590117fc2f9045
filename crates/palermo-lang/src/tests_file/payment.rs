//! A drawn event as the payment that a bank would deliver.
//!
//! Who pays in or draws cash has no account here: of a deposit's debtor and a withdrawal's
//! creditor only the party is known, and it is the conductor. The place belongs to the merchant
//! where there is one, else to the terminal. The ends of a payment say nothing of the parties
//! behind their accounts: that is what party records are for.

use super::TestEvent;
use super::carried::{Carried, some};
use palermo_domain::{
    Conductor, Currency, Device, End, Merchant, Payment, PaymentKind, Place, PlaceText, Redacted,
    Terminal, TerminalKind, Text,
};
use std::borrow::Cow;

impl TestEvent {
    /// The payment.
    pub fn to_payment(&self) -> Payment<'static> {
        let carried = Carried(&self.extra);
        let conductor = self.conductor();
        Payment {
            payment_id: Redacted::new(Cow::Owned(self.id.clone())),
            event_time: self.time,
            utc_offset_minutes: self.utc_offset_minutes,
            kind: self.kind,
            rail: self.rail,
            channel: self.channel,
            status: self.status,
            amount: self.amount,
            currency: self.currency,
            fee: carried.decimal("fee"),
            debtor: carried.end("from_", self.debtor()),
            creditor: carried.end("to_", self.creditor()),
            ultimate_debtor: carried.ultimate("ultimate_debtor"),
            ultimate_creditor: carried.ultimate("ultimate_creditor"),
            conductor: some(conductor),
            merchant: some(self.merchant(carried)),
            terminal: some(self.terminal(carried)),
            device: some(self.device(carried)),
            card: carried.card(),
            crypto: carried.crypto(),
            travel: carried.travel(),
            cash: carried.cash(),
            stay: carried.stay(self.nights),
            service: carried.service(),
            check: carried.check(),
            purpose: self.purpose.clone().map(Cow::Owned),
            relation: self.relation,
            text: carried.text("text"),
            end_to_end_id: None,
            uetr: None,
            refers_to: text(self.refers_to.as_ref()),
            gross_amount: carried.decimal("gross_amount"),
            counter_amount: carried.decimal("counter_amount"),
            counter_currency: carried.word("counter_currency", Currency::try_new),
            entity: None,
            batch: None,
            source: None,
        }
    }

    fn merchant(&self, carried: Carried<'_>) -> Merchant<'static> {
        Merchant {
            id: text(self.merchant.as_ref()),
            mcc: carried.plain("merchant.mcc").or(self.mcc.clone().map(Cow::Owned)),
            name: carried.text("merchant.name"),
            domain: carried.text("merchant.domain").or(text(self.domain.as_ref())),
            place: carried.place("merchant.", self.places().0),
        }
    }

    fn terminal(&self, carried: Carried<'_>) -> Terminal<'static> {
        Terminal {
            id: text(self.terminal.as_ref()),
            kind: carried.word("terminal.kind", TerminalKind::parse),
            place: carried.place("terminal.", self.places().1),
        }
    }

    fn device(&self, carried: Carried<'_>) -> Device<'static> {
        let country = carried.plain("device.ip_country");
        Device {
            id: text(self.device.as_ref()),
            ip: carried.text("device.ip"),
            ip_country: country.or(self.ip_country.clone().map(Cow::Owned)),
        }
    }

    fn conductor(&self) -> Conductor<'static> {
        let counter = match self.kind {
            PaymentKind::CashDeposit => self.from.as_ref(),
            PaymentKind::CashWithdrawal => self.to.as_ref(),
            _ => None,
        };
        let carried = Carried(&self.extra);
        let named = self.conductor.as_ref();
        let party = named.and_then(|conductor| conductor.party.as_ref()).or(counter);
        let is_holder = named.and_then(|conductor| conductor.is_holder);
        Conductor {
            party: text(party),
            document: carried.text("conductor_document"),
            is_holder: carried.parsed("conductor_is_holder").or(is_holder),
        }
    }

    /// Who stands at the counter, where the end has no account.
    fn at_counter(&self, named: Option<&String>) -> Option<Text<'static>> {
        let conductor = self.conductor.as_ref().and_then(|conductor| conductor.party.as_ref());
        text(named.or(conductor))
    }

    fn debtor(&self) -> End<'static> {
        let cash = self.kind == PaymentKind::CashDeposit;
        let from = self.from.as_ref();
        End {
            account: if cash { None } else { text(from) },
            party: if cash { self.at_counter(from) } else { None },
            kind: self.from_kind,
            place: region(self.from_region.as_ref()),
            wallet: text(self.from_wallet.as_ref()),
            ..End::default()
        }
    }

    fn creditor(&self) -> End<'static> {
        let cash = self.kind == PaymentKind::CashWithdrawal;
        let to = self.to.as_ref();
        End {
            account: if cash { None } else { text(to) },
            party: if cash { self.at_counter(to) } else { None },
            kind: self.to_kind,
            place: region(self.to_region.as_ref()),
            wallet: text(self.to_wallet.as_ref()),
            ..End::default()
        }
    }

    /// The place of the merchant and of the terminal.
    fn places(&self) -> (PlaceText<'static>, PlaceText<'static>) {
        let place = self.place.as_ref().map_or_else(PlaceText::default, place_text);
        let card = matches!(
            self.kind,
            PaymentKind::CardPurchase | PaymentKind::CardRefund | PaymentKind::CardAuthorization
        );
        if card
            || self.merchant.is_some()
            || self.mcc.is_some()
            || self.extra.contains_key("merchant.mcc")
        {
            (place, PlaceText::default())
        } else {
            (PlaceText::default(), place)
        }
    }
}

fn text(text: Option<&String>) -> Option<Text<'static>> {
    text.map(|text| Redacted::new(Cow::Owned(text.clone())))
}

/// A region and the country it begins with.
fn region(region: Option<&String>) -> PlaceText<'static> {
    let Some(region) = region else { return PlaceText::default() };
    let country = region.split('-').next().unwrap_or("").to_owned();
    PlaceText {
        country: Some(Cow::Owned(country)),
        region: region.contains('-').then(|| Cow::Owned(region.clone())),
        ..PlaceText::default()
    }
}

fn place_text(place: &Place) -> PlaceText<'static> {
    let owned = |part: &Option<String>| part.clone().map(Cow::Owned);
    PlaceText {
        country: owned(&place.country),
        region: owned(&place.region),
        town: owned(&place.town),
        locode: owned(&place.locode),
        coordinates: place.coordinates,
    }
}
