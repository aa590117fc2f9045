//! What a bank does not know: optional fields that are missing, each by itself.
//!
//! Whether a field is missing is a function of (seed, number in the stream, field), so it does not
//! depend on how the stream is consumed. What makes a payment valid stays: its id, time, kind, rail,
//! amount, currency and accounts. Cost: about 3 ns a field.

use crate::rng::mix;
use palermo_domain::{
    Card, Conductor, Device, End, Merchant, Party, Payment, PlaceText, Terminal, Travel,
};

/// Which fields are missing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gaps {
    seed: u64,
    per_mille: u16,
}

/// The fields of one record, asked in order.
struct Fields {
    state: u64,
    per_mille: u64,
}

impl Fields {
    const fn missing(&mut self) -> bool {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state) % 1_000 < self.per_mille
    }

    fn thin<T>(&mut self, field: &mut Option<T>) {
        if field.is_some() && self.missing() {
            *field = None;
        }
    }

    fn place(&mut self, place: &mut PlaceText<'_>) {
        self.thin(&mut place.country);
        self.thin(&mut place.region);
        self.thin(&mut place.town);
        self.thin(&mut place.locode);
        self.thin(&mut place.coordinates);
    }

    fn end(&mut self, end: &mut End<'_>) {
        self.thin(&mut end.party);
        self.thin(&mut end.name);
        self.thin(&mut end.kind);
        self.thin(&mut end.bank);
        self.thin(&mut end.phone);
        self.thin(&mut end.alias);
        self.thin(&mut end.wallet);
        self.thin(&mut end.ours);
        self.place(&mut end.place);
        self.thin(&mut end.balance_after);
    }

    fn merchant(&mut self, merchant: &mut Merchant<'_>) {
        self.thin(&mut merchant.id);
        self.thin(&mut merchant.mcc);
        self.thin(&mut merchant.domain);
        self.place(&mut merchant.place);
    }

    fn terminal(&mut self, terminal: &mut Terminal<'_>) {
        self.thin(&mut terminal.id);
        self.thin(&mut terminal.kind);
        self.place(&mut terminal.place);
    }

    fn conductor(&mut self, conductor: &mut Conductor<'_>) {
        self.thin(&mut conductor.party);
        self.thin(&mut conductor.document);
        self.thin(&mut conductor.is_holder);
    }

    fn card(&mut self, card: &mut Card<'_>) {
        self.thin(&mut card.token);
        self.thin(&mut card.present);
    }

    fn device(&mut self, device: &mut Device<'_>) {
        self.thin(&mut device.id);
    }

    fn travel(&mut self, travel: &mut Travel<'_>) {
        self.thin(&mut travel.one_way);
        self.thin(&mut travel.passengers);
        self.thin(&mut travel.from);
        self.thin(&mut travel.to);
        self.thin(&mut travel.to_country);
        self.thin(&mut travel.depart);
        self.thin(&mut travel.booking);
        travel.travelers.retain(|_| !self.missing());
    }
}

impl Gaps {
    /// The gaps of a world; `None` where nothing is missing.
    pub(crate) fn of(seed: u64, per_mille: u16) -> Option<Self> {
        (per_mille > 0).then_some(Self { seed, per_mille })
    }

    const fn fields(self, purpose: u64, key: u64) -> Fields {
        let state = mix(self.seed ^ mix(purpose)).wrapping_add(mix(key));
        Fields { state, per_mille: self.per_mille as u64 }
    }

    /// Takes fields out of the payment with a number.
    pub(crate) fn payment(self, number: u64, payment: &mut Payment<'_>) {
        let mut fields = self.fields(1, number);
        let f = &mut fields;
        f.thin(&mut payment.utc_offset_minutes);
        f.thin(&mut payment.channel);
        f.thin(&mut payment.fee);
        f.thin(&mut payment.purpose);
        f.thin(&mut payment.relation);
        f.thin(&mut payment.text);
        f.thin(&mut payment.gross_amount);
        f.thin(&mut payment.refers_to);
        f.thin(&mut payment.cash);
        f.thin(&mut payment.stay);
        f.end(&mut payment.debtor);
        f.end(&mut payment.creditor);
        if let Some(merchant) = &mut payment.merchant {
            f.merchant(merchant);
        }
        if let Some(terminal) = &mut payment.terminal {
            f.terminal(terminal);
        }
        if let Some(conductor) = &mut payment.conductor {
            f.conductor(conductor);
        }
        if let Some(card) = &mut payment.card {
            f.card(card);
        }
        if let Some(device) = &mut payment.device {
            f.device(device);
        }
        if let Some(travel) = &mut payment.travel {
            f.travel(travel);
        }
        if let Some(service) = &mut payment.service {
            f.thin(&mut service.kind);
            f.thin(&mut service.reference);
        }
        if let Some(crypto) = &mut payment.crypto {
            f.thin(&mut crypto.debtor);
            f.thin(&mut crypto.creditor);
        }
        empty(payment);
    }

    /// Takes fields out of the record of the customer with a number.
    pub(crate) fn party(self, number: u64, mut party: Party) -> Party {
        let mut fields = self.fields(2, number);
        let f = &mut fields;
        f.thin(&mut party.segment);
        f.thin(&mut party.home);
        f.thin(&mut party.work);
        f.thin(&mut party.since);
        f.thin(&mut party.age_band);
        f.thin(&mut party.industry_mcc);
        f.thin(&mut party.headcount);
        f.thin(&mut party.monthly_income);
        f.thin(&mut party.monthly_turnover);
        f.thin(&mut party.licensed);
        f.thin(&mut party.phone);
        f.thin(&mut party.email);
        f.thin(&mut party.address);
        f.thin(&mut party.activity);
        f.thin(&mut party.occupation_code);
        f.thin(&mut party.incorporated);
        party.hours.retain(|_| !f.missing());
        party.relations.retain(|_| !f.missing());
        party.events.retain(|_| !f.missing());
        party.merchants.retain(|_| !f.missing());
        for account in &mut party.accounts {
            f.thin(&mut account.opened);
            f.thin(&mut account.product);
        }
        party
    }
}

/// A part of which nothing is left is not sent.
fn empty(payment: &mut Payment<'_>) {
    payment.merchant.take_if(|part| *part == Merchant::default());
    payment.terminal.take_if(|part| *part == Terminal::default());
    payment.conductor.take_if(|part| *part == Conductor::default());
    payment.card.take_if(|part| *part == Card::default());
    payment.device.take_if(|part| *part == Device::default());
    payment.travel.take_if(|part| **part == Travel::default());
    payment.service.take_if(|part| part.kind.is_none() && part.reference.is_none());
}
