//! A drawn event as the payment that a bank would deliver.
//!
//! Who pays in or draws cash has no account here: of a deposit's debtor and a withdrawal's
//! creditor only the party is known, and it is the conductor. The place belongs to the merchant
//! where there is one, else to the terminal. The ends of a payment say nothing of the parties
//! behind their accounts: that is what party records are for.

use super::TestEvent;
use palermo_domain::{
    Conductor, Device, End, Merchant, Payment, PaymentKind, Place, PlaceText, Redacted, Stay,
    Terminal, Text,
};
use std::borrow::Cow;

impl TestEvent {
    /// The payment.
    pub fn to_payment(&self) -> Payment<'static> {
        let (at_merchant, at_terminal) = self.places();
        let merchant = Merchant {
            id: text(self.merchant.as_ref()),
            mcc: self.mcc.clone().map(Cow::Owned),
            name: None,
            domain: text(self.domain.as_ref()),
            place: at_merchant,
        };
        let terminal =
            Terminal { id: text(self.terminal.as_ref()), kind: None, place: at_terminal };
        let device = Device {
            id: text(self.device.as_ref()),
            ip: None,
            ip_country: self.ip_country.clone().map(Cow::Owned),
        };
        let stay = Stay { check_in: None, nights: self.nights, rooms: None };
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
            fee: None,
            debtor: self.debtor(),
            creditor: self.creditor(),
            ultimate_debtor: None,
            ultimate_creditor: None,
            conductor: (conductor != Conductor::default()).then_some(conductor),
            merchant: (merchant != Merchant::default()).then_some(merchant),
            terminal: (terminal != Terminal::default()).then_some(terminal),
            device: (device != Device::default()).then_some(device),
            card: None,
            crypto: None,
            travel: None,
            cash: None,
            stay: (stay != Stay::default()).then_some(stay),
            service: None,
            check: None,
            purpose: self.purpose.clone().map(Cow::Owned),
            relation: self.relation,
            text: None,
            end_to_end_id: None,
            uetr: None,
            refers_to: text(self.refers_to.as_ref()),
            gross_amount: None,
            counter_amount: None,
            counter_currency: None,
            entity: None,
            batch: None,
            source: None,
        }
    }

    fn conductor(&self) -> Conductor<'static> {
        let counter = match self.kind {
            PaymentKind::CashDeposit => self.from.as_ref(),
            PaymentKind::CashWithdrawal => self.to.as_ref(),
            _ => None,
        };
        let named = self.conductor.as_ref();
        let party = named.and_then(|conductor| conductor.party.as_ref()).or(counter);
        let is_holder = named.and_then(|conductor| conductor.is_holder);
        Conductor { party: text(party), document: None, is_holder }
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
        if card || self.merchant.is_some() || self.mcc.is_some() {
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
