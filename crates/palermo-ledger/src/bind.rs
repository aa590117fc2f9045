//! From a decoded payment to what the ledger keeps of it.

use crate::few::{Few, Gathered};
use crate::intern::Atom;
use crate::ledger::Ledger;
use crate::pack::{self, Fixed, Parts};
use crate::row::{Mark, Origin};
use crate::shared::{Contact, EndRow, Manner, Site};
use palermo_domain::{End, Payment, PlaceText, Text, canary};

impl Ledger {
    pub(crate) fn atom(&mut self, text: Option<&Text<'_>>) -> Option<Atom> {
        text.map(|text| self.atoms.intern(text.expose()))
    }

    pub(crate) fn plain(&mut self, text: Option<&str>) -> Option<Atom> {
        text.map(|text| self.atoms.intern(text))
    }

    fn name_key(&mut self, name: Option<&Text<'_>>) -> Option<Atom> {
        let key = palermo_domain::name_key(name?.expose())?;
        Some(self.atoms.intern(&key))
    }

    fn place(&mut self, place: Option<&PlaceText<'_>>) -> Option<crate::intern::PlaceId> {
        place.and_then(|place| self.places.intern(place, &mut self.atoms))
    }

    /// Packs a payment; what few payments carry is gathered in `few`.
    pub(crate) fn bind(
        &mut self,
        payment: &Payment<'_>,
        origin: Origin,
        few: &mut Gathered,
    ) -> Fixed {
        let amount = self.rates.convert(payment.amount, payment.currency, payment.event_time);
        // What is said of missing rates is said of real payments.
        if amount.is_none() && !canary::is_canary(payment.payment_id.expose()) {
            self.count_unconverted(payment.currency);
        }
        few.clear();
        self.gather_card(payment, few);
        let same = pack::gather_original(amount, payment.amount, few);
        self.gather(payment, few);
        self.gather_rare(payment, few);
        self.note_days(payment);
        let parts = Parts {
            time: payment.event_time,
            content: payment.content_hash(),
            amount,
            origin,
            accounts: [&payment.debtor, &payment.creditor].map(|end| {
                let account = end.account.as_ref().map(|text| self.account(text.expose()));
                account.map_or(0, |account| account.0.get())
            }),
            ends: [self.end(&payment.debtor), self.end(&payment.creditor)],
            site: self.site(payment),
            manner: self.manner(payment, origin),
        };
        pack::pack(&parts, same, few)
    }

    fn end(&mut self, end: &End<'_>) -> u32 {
        let contact = Contact {
            alias: self.atom(end.alias.as_ref()),
            phone: self.atom(end.phone.as_ref()),
            email: self.atom(end.email.as_ref()),
            address: self.atom(end.address.as_ref()),
            wallet: self.atom(end.wallet.as_ref()),
            name_key: self.name_key(end.name.as_ref()),
        };
        let end = EndRow {
            party: self.atom(end.party.as_ref()),
            kind: end.kind,
            bank: self.plain(end.bank.as_deref()),
            place: self.place(Some(&end.place)),
            ours: end.ours,
            contact: self.shared.contacts.intern(contact),
        };
        self.shared.ends.intern(end)
    }

    fn site(&mut self, payment: &Payment<'_>) -> u32 {
        let (merchant, terminal) = (payment.merchant.as_ref(), payment.terminal.as_ref());
        if merchant.is_none() && terminal.is_none() {
            return 0;
        }
        let site = Site {
            merchant_id: self.atom(merchant.and_then(|merchant| merchant.id.as_ref())),
            merchant_mcc: self.plain(merchant.and_then(|merchant| merchant.mcc.as_deref())),
            merchant_domain: self.atom(merchant.and_then(|merchant| merchant.domain.as_ref())),
            merchant_place: self.place(merchant.map(|merchant| &merchant.place)),
            terminal_id: self.atom(terminal.and_then(|terminal| terminal.id.as_ref())),
            terminal_kind: terminal.and_then(|terminal| terminal.kind),
            terminal_place: self.place(terminal.map(|terminal| &terminal.place)),
        };
        self.shared.sites.intern(site)
    }

    fn manner(&mut self, payment: &Payment<'_>, origin: Origin) -> u32 {
        let manner = Manner {
            kind: payment.kind,
            rail: payment.rail,
            channel: payment.channel,
            status: payment.status,
            relation: payment.relation,
            purpose: self.plain(payment.purpose.as_deref()),
            currency: payment.currency,
            currency_text: self.plain(Some(payment.currency.as_str())),
            utc_offset_minutes: payment.utc_offset_minutes,
            worded: payment.text.is_some(),
            scale: pack::scale_of(payment.amount),
            role: origin.partition.role,
        };
        self.shared.manners.intern(manner)
    }

    fn text(&mut self, few: &mut Gathered, which: Few, text: Option<&Text<'_>>) {
        if let Some(atom) = self.atom(text) {
            few.put(which, &atom.number().get().to_le_bytes());
        }
    }

    /// What comes before [`Few::Original`].
    fn gather_card(&mut self, payment: &Payment<'_>, few: &mut Gathered) {
        let (card, conductor) = (payment.card.as_ref(), payment.conductor.as_ref());
        let device = payment.device.as_ref();
        self.text(few, Few::CardToken, card.and_then(|card| card.token.as_ref()));
        let marks = Mark::Prepaid.bits(card.and_then(|card| card.prepaid))
            | Mark::Present.bits(card.and_then(|card| card.present))
            | Mark::Reload.bits(card.and_then(|card| card.reload))
            | Mark::Holder.bits(conductor.and_then(|conductor| conductor.is_holder));
        if marks != 0 {
            few.put(Few::Marks, &[marks]);
        }
        self.text(few, Few::Conductor, conductor.and_then(|conductor| conductor.party.as_ref()));
        self.text(few, Few::Device, device.and_then(|device| device.id.as_ref()));
    }

    /// What comes after it.
    fn gather(&mut self, payment: &Payment<'_>, few: &mut Gathered) {
        for (which, amount) in [
            (Few::DebtorBalance, payment.debtor.balance_after),
            (Few::CreditorBalance, payment.creditor.balance_after),
            (Few::Fee, payment.fee),
            (Few::GrossAmount, payment.gross_amount),
        ] {
            if let Some(amount) = amount {
                few.put_decimal(which, amount);
            }
        }
        if let Some(kind) = payment.service.as_ref().and_then(|service| service.kind) {
            few.put(Few::Service, &[kind as u8]);
        }
        if let Some(nights) = payment.stay.and_then(|stay| stay.nights) {
            few.put(Few::Nights, &nights.to_le_bytes());
        }
        if let Some(rooms) = payment.stay.and_then(|stay| stay.rooms) {
            few.put(Few::Rooms, &[rooms]);
        }
        self.text(few, Few::RefersTo, payment.refers_to.as_ref());
        let document = payment.conductor.as_ref().and_then(|conductor| conductor.document.as_ref());
        self.text(few, Few::Document, document);
        let country = payment.device.as_ref().and_then(|device| device.ip_country.as_deref());
        if let Some(atom) = self.plain(country) {
            few.put(Few::IpCountry, &atom.number().get().to_le_bytes());
        }
    }
}
