//! A draft becomes a payment: ids, ends, merchant, terminal, card, device.
//!
//! Cost: about a microsecond, most of it for ten short strings. What a bank does not know is left
//! out: balances, the acquirer's account of a merchant that banks elsewhere, names of people.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "small products that make ids: numbers below 2^16 times constants below 2^20"
)]

use crate::draft::{Draft, What};
use crate::people::People;
use crate::rng::mix;
use crate::town::Town;
use crate::who::{Who, hash_text, id, scrambled};
use palermo_domain::{
    Card, Channel, Conductor, Currency, Decimal, Device, End, EndKind, EventTime, Merchant,
    Payment, PaymentKind, PlaceText, Rail, Relation, Service, ServiceKind, Status, Stay, Terminal,
    TerminalKind, Text,
};
use std::borrow::Cow;

const PHONE: u64 = 20;
const EMAIL: u64 = 21;
const DEVICE: u64 = 22;
const CARD: u64 = 23;
const DOCUMENT: u64 = 24;
const METER: u64 = 25;
const HOME: u64 = 26;

/// Countries that remittances go to.
const ABROAD: [&str; 10] = ["MX", "GT", "HN", "SV", "CO", "PH", "IN", "NG", "VN", "DO"];

/// Advert sites; the first is a general one, where people sell furniture.
const SITES: [&str; 4] =
    ["classifieds.example", "market-ads.example", "nightlist.example", "cityguide-ads.example"];

/// Whatever writes payments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writer<'w> {
    pub(crate) people: &'w People,
    pub(crate) currency: Currency,
}

fn text(value: String) -> Text<'static> {
    Text::new(Cow::Owned(value))
}

/// The hash of somebody's phone, which half of people have given.
pub(crate) fn phone(who: Who) -> Option<String> {
    let person = matches!(who, Who::Person(_) | Who::Second(_) | Who::Outside(_));
    (person && mix(who.identity()).is_multiple_of(2)).then(|| hash_text(PHONE, who.identity()))
}

/// The hash of somebody's email, which a third of people have given.
pub(crate) fn email(who: Who) -> Option<String> {
    let person = matches!(who, Who::Person(_) | Who::Second(_));
    (person && mix(who.identity() + 1).is_multiple_of(3)).then(|| hash_text(EMAIL, who.identity()))
}

/// The hash of a home address.
pub(crate) fn address(who: Who) -> String {
    hash_text(HOME, who.identity())
}

/// The id by which the bank knows somebody at its counter or machine.
pub(crate) fn conductor_id(who: Who) -> String {
    who.party().unwrap_or_else(|| id("CND-", mix(who.identity()) % 10_000_000_000, 10))
}

/// The acceptor id of a firm.
pub(crate) fn firm_merchant(n: u32) -> String {
    id("MER-", scrambled(u64::from(n), 8), 8)
}

/// What a sort of payment says by itself.
fn manner(what: What) -> (Rail, Option<Channel>, Option<&'static str>) {
    match what {
        What::Payroll => (Rail::Ach, None, Some("SALA")),
        What::Benefit => (Rail::Ach, None, Some("PENS")),
        What::Rent => (Rail::Ach, Some(Channel::Online), Some("RENT")),
        What::Utility => (Rail::Ach, None, Some("UBIL")),
        What::Pos { .. } | What::Lodging { online: false, .. } => {
            (Rail::Card, Some(Channel::Pos), None)
        }
        What::Online { .. } | What::Advert { .. } | What::Lodging { .. } => {
            (Rail::Card, Some(Channel::Ecommerce), None)
        }
        What::Atm { .. } | What::DepositAtm { .. } => (Rail::Cash, Some(Channel::Atm), None),
        What::Counter { .. } | What::DepositCounter { .. } => {
            (Rail::Cash, Some(Channel::Branch), None)
        }
        What::P2p => (Rail::P2p, Some(Channel::Mobile), None),
        What::Remittance => (Rail::Remittance, Some(Channel::Agent), Some("FAMI")),
        What::Own => (Rail::Internal, Some(Channel::Mobile), None),
        What::Invoice => (Rail::Ach, Some(Channel::Online), Some("SUPP")),
        What::Expenses => (Rail::Ach, Some(Channel::Online), Some("BEXP")),
        What::Fee => (Rail::Internal, None, Some("BKFE")),
    }
}

impl Writer<'_> {
    /// The payment of a draft, under its number in the stream.
    pub(crate) fn payment(&self, draft: &Draft, number: u64) -> Payment<'static> {
        let (rail, channel, purpose) = manner(draft.what);
        let kind = draft.what.kind();
        let cash = kind == PaymentKind::CashDeposit || kind == PaymentKind::CashWithdrawal;
        let deposit = kind == PaymentKind::CashDeposit;
        let app = matches!(draft.what, What::P2p | What::Online { .. } | What::Advert { .. });
        let card = rail == Rail::Card || matches!(draft.what, What::Atm { .. });
        Payment {
            payment_id: text(payment_id(number)),
            event_time: draft.at,
            utc_offset_minutes: Some(draft.offset),
            kind,
            rail,
            channel,
            status: Status::Booked,
            amount: Decimal::new(i64::from(draft.cents), 2),
            currency: self.currency,
            fee: None,
            debtor: if deposit { self.depositor(draft) } else { self.end(draft, draft.payer) },
            creditor: if cash && !deposit { End::default() } else { self.end(draft, draft.payee) },
            ultimate_debtor: None,
            ultimate_creditor: None,
            conductor: conductor(draft, deposit),
            merchant: self.merchant(draft),
            terminal: self.terminal(draft),
            device: app.then(|| device(draft.payer)).flatten(),
            card: card.then(|| self.card(draft)),
            crypto: None,
            travel: None,
            cash: None,
            stay: stay(draft),
            service: service(draft),
            check: None,
            purpose: purpose.map(Cow::Borrowed),
            relation: (draft.what == What::Remittance).then_some(Relation::Family),
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

    fn residence(&self, who: Who) -> PlaceText<'static> {
        let town = match who {
            Who::Nobody => None,
            Who::Person(n) | Who::Second(n) => self.people.person(n).map(|person| person.town),
            Who::Firm(n) => self.people.firm(n).map(|firm| firm.town),
            Who::Outside(_) | Who::Company(_) => who.outside_town(),
            Who::Abroad(n) => {
                let country = mix(u64::from(n)) % 10;
                let country = usize::try_from(country).ok().and_then(|k| ABROAD.get(k));
                return PlaceText {
                    country: country.copied().map(Cow::Borrowed),
                    ..PlaceText::default()
                };
            }
        };
        town.map_or_else(PlaceText::default, |town| Town::get(town).residence())
    }

    fn end(&self, draft: &Draft, who: Who) -> End<'static> {
        let kind = match who {
            Who::Person(_) | Who::Second(_) | Who::Outside(_) | Who::Abroad(_) => EndKind::Person,
            Who::Company(_) if draft.what == What::Benefit => EndKind::PublicBody,
            Who::Firm(_) | Who::Company(_) | Who::Nobody => EndKind::Business,
        };
        let ours = match who {
            Who::Person(_) | Who::Second(_) | Who::Firm(_) => Some(true),
            Who::Outside(_) | Who::Company(_) => Some(false),
            Who::Nobody | Who::Abroad(_) => None,
        };
        let proxy = draft.what == What::P2p;
        End {
            account: who.account().map(text),
            party: who.party().map(text),
            kind: Some(kind),
            bank: who.bank().map(Cow::Borrowed),
            place: self.residence(who),
            phone: if proxy { phone(who).map(text) } else { None },
            ours,
            ..End::default()
        }
    }

    /// The debtor of a cash deposit: who stood there, without an account.
    fn depositor(&self, draft: &Draft) -> End<'static> {
        End {
            party: Some(text(conductor_id(draft.payer))),
            place: self.residence(draft.payer),
            ..End::default()
        }
    }

    fn merchant(&self, draft: &Draft) -> Option<Merchant<'static>> {
        let town = u64::from(draft.town);
        let (mcc, shop, domain) = match draft.what {
            What::Pos { mcc, shop } => (mcc, shop, None),
            What::Online { mcc, shop } => (mcc, shop, None),
            What::Lodging { hotel, .. } => (7011, hotel, None),
            What::Advert { site } => {
                let mcc = if site < 2 { 7311 } else { 7273 };
                (mcc, site, SITES.get(usize::from(site)).copied())
            }
            _ => return None,
        };
        // Shops on the web have no town; rides and hotels do.
        let on_site = !matches!(draft.what, What::Advert { .. })
            && (!matches!(draft.what, What::Online { .. }) || mcc == 4121);
        let key =
            u64::from(mcc) * 100 + u64::from(shop) + if on_site { town * 1_000_000 } else { 0 };
        let place = if on_site {
            Town::get(draft.town).place()
        } else {
            PlaceText { country: Some(Cow::Borrowed("US")), ..PlaceText::default() }
        };
        Some(Merchant {
            id: Some(text(match draft.payee {
                Who::Firm(n) => firm_merchant(n),
                _ => id("ACQ-", key, 8),
            })),
            mcc: Some(Cow::Owned(id("", u64::from(mcc), 4))),
            name: None,
            domain: domain.map(Cow::Borrowed).map(Text::new),
            place,
        })
    }

    fn terminal(&self, draft: &Draft) -> Option<Terminal<'static>> {
        let town = u64::from(draft.town) * 100;
        let (name, kind) = match draft.what {
            What::Atm { machine } | What::DepositAtm { machine } => {
                (id("ATM-", town + u64::from(machine), 4), TerminalKind::BankAtm)
            }
            What::Counter { branch } | What::DepositCounter { branch } => {
                (id("BR-", town + u64::from(branch), 4), TerminalKind::Branch)
            }
            What::Pos { mcc, shop } => {
                let shop = u64::from(mcc) * 100 + u64::from(shop);
                let key = match draft.payee {
                    Who::Firm(n) => 5_000_000_000 + u64::from(n),
                    _ => town * 10_000 + shop,
                };
                (id("POS-", key, 10), TerminalKind::Pos)
            }
            What::Lodging { hotel, online: false, .. } => {
                let key = (town + 70) * 10_000 + 1_100 + u64::from(hotel);
                (id("POS-", key, 10), TerminalKind::Pos)
            }
            _ => return None,
        };
        let place = Town::get(draft.town).place();
        Some(Terminal { id: Some(text(name)), kind: Some(kind), place })
    }

    fn card(&self, draft: &Draft) -> Card<'static> {
        let key = match draft.payer {
            Who::Second(_) => draft.payer.identity() + (1 << 50),
            who => who.identity(),
        };
        let terminal = matches!(
            draft.what,
            What::Pos { .. } | What::Atm { .. } | What::Lodging { online: false, .. }
        );
        Card {
            token: Some(text(id("T-", mix(key + CARD) % 1_000_000_000_000, 12))),
            present: Some(terminal),
            ..Card::default()
        }
    }
}

/// The id of the payment with a number.
pub(crate) fn payment_id(number: u64) -> String {
    id("p-", number, 12)
}

fn conductor(draft: &Draft, deposit: bool) -> Option<Conductor<'static>> {
    if !deposit {
        let counter = matches!(draft.what, What::Counter { .. });
        return counter.then(|| Conductor {
            party: draft.payer.party().map(text),
            document: None,
            is_holder: Some(true),
        });
    }
    let holder = draft.payer.identity() == draft.payee.identity();
    Some(Conductor {
        party: Some(text(conductor_id(draft.payer))),
        document: (!holder).then(|| text(hash_text(DOCUMENT, draft.payer.identity()))),
        is_holder: Some(holder),
    })
}

/// The payer's phone, which three in four apps tell.
fn device(who: Who) -> Option<Device<'static>> {
    let key = mix(who.identity() + DEVICE);
    (!key.is_multiple_of(4) && matches!(who, Who::Person(_) | Who::Second(_))).then(|| Device {
        id: Some(text(id("D-", key % 1_000_000_000_000, 12))),
        ..Device::default()
    })
}

fn stay(draft: &Draft) -> Option<Stay> {
    let What::Lodging { nights, .. } = draft.what else { return None };
    // The booking is made on the day of arrival, in local time.
    let local = draft.at.0 + i64::from(draft.offset) * 60_000;
    let check_in = EventTime(local).date();
    Some(Stay { check_in: Some(check_in), nights: Some(u16::from(nights)), rooms: Some(1) })
}

fn service(draft: &Draft) -> Option<Service<'static>> {
    let kind = match draft.what {
        What::Rent => ServiceKind::Rent,
        What::Utility => ServiceKind::Utility,
        _ => return None,
    };
    let key = draft.payer.identity() ^ mix(draft.payee.identity());
    Some(Service { kind: Some(kind), reference: Some(text(hash_text(METER, key))) })
}
