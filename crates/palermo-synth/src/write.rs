//! A draft becomes a payment: ids, ends, merchant, terminal, card, device.
//!
//! Cost: about a microsecond, most of it for ten short strings. What a bank does not know is left
//! out: the acquirer's account of a merchant that banks elsewhere, names of people.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "small products that make ids: numbers below 2^16 times constants below 2^20"
)]

mod coin;

use crate::balance::Left;
use crate::customers;
use crate::draft::{Code, Coin, Draft, Say, What};
use crate::noise::Gaps;
use crate::ordinary;
use crate::people::{Life, People};
use crate::rng::mix;
use crate::town::Town;
use crate::who::{Who, hash_text, id, scrambled};
use coin::{coin_of, crypto};
use palermo_domain::{
    Card, Cash, CashNotes, Channel, Conductor, Currency, Decimal, Device, End, EndKind, EventTime,
    Merchant, Payment, PaymentKind, PlaceText, Rail, Relation, Service, ServiceKind, Status, Stay,
    Terminal, TerminalKind, Text, Travel,
};
use std::borrow::Cow;

const PHONE: u64 = 20;
const EMAIL: u64 = 21;
const DEVICE: u64 = 22;
const CARD: u64 = 23;
const DOCUMENT: u64 = 24;
const METER: u64 = 25;
const HOME: u64 = 26;
const NUMBER: u64 = 27;
const BOOKING: u64 = 28;
const CASE_DEVICE: u64 = 29;
const WALLET: u64 = 33;
const HANDLE: u64 = 34;

/// The handle of the list of those that adverts show, as delivered.
const ADVERTISED: &str = "ADVERT-HANDLE:1";

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
    /// Which optional fields are missing.
    pub(crate) gaps: Option<Gaps>,
    /// Whether the world tells all it knows: fees, texts, phones abroad.
    pub(crate) full: bool,
    /// What the world was drawn from.
    pub(crate) seed: u64,
}

/// A payment that another one refers to, by its number in the stream.
pub(crate) type Refers = Option<u64>;

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

/// What a payer calls a payee, by a number.
fn name_of(number: u64) -> String {
    id("NAME ", mix(number) % 1_000_000_000, 9)
}

/// The name of a firm.
fn firm_name(who: Who) -> String {
    id("FIRM ", mix(who.identity() ^ 0xf1a3) % 1_000_000_000, 9)
}

/// The id by which the bank knows somebody at its counter or machine.
pub(crate) fn conductor_id(who: Who) -> String {
    who.party().unwrap_or_else(|| id("CND-", mix(who.identity()) % 10_000_000_000, 10))
}

/// The acceptor id of a firm.
pub(crate) fn firm_merchant(n: u32) -> String {
    id("MER-", scrambled(u64::from(n), 8), 8)
}

/// A hash that belongs to a case: a phone, an address.
pub(crate) fn case_hash(purpose: u64, key: u32) -> String {
    hash_text(purpose, (6 << 40) | u64::from(key))
}

/// The id of a device of a case.
pub(crate) fn case_device(device: u32) -> String {
    id("D-", mix((7 << 40) + u64::from(device) + CASE_DEVICE) % 1_000_000_000_000, 12)
}

/// What a sort of payment says by itself.
fn manner(what: What) -> (Rail, Option<Channel>, Option<&'static str>) {
    match what {
        What::Payroll => (Rail::Ach, None, Some("SALA")),
        What::Benefit => (Rail::Ach, None, Some("PENS")),
        What::Grant(code) => (Rail::Ach, None, Some(code.as_str())),
        What::Rent => (Rail::Ach, Some(Channel::Online), Some("RENT")),
        What::Utility => (Rail::Ach, None, Some("UBIL")),
        What::Pos { .. } | What::Sale { .. } | What::Lodging { online: false, .. } => {
            (Rail::Card, Some(Channel::Pos), None)
        }
        What::Online { .. }
        | What::Advert { .. }
        | What::Lodging { .. }
        | What::Ticket { .. }
        | What::Topup
        | What::Refund { .. }
        | What::Stake
        | What::Winnings => (Rail::Card, Some(Channel::Ecommerce), None),
        What::Atm { .. } | What::ShopAtm { .. } | What::DepositAtm { .. } => {
            (Rail::Cash, Some(Channel::Atm), None)
        }
        What::Counter { .. }
        | What::DepositCounter { .. }
        | What::DepositCoins { .. }
        | What::Notes { .. } => (Rail::Cash, Some(Channel::Branch), None),
        What::Check => (Rail::Check, Some(Channel::Branch), None),
        What::P2p => (Rail::P2p, Some(Channel::Mobile), None),
        What::MobileMoney => (Rail::MobileMoney, Some(Channel::Mobile), None),
        What::Remittance => (Rail::Remittance, Some(Channel::Agent), Some("FAMI")),
        What::Remit { .. } => (Rail::Remittance, Some(Channel::Mobile), None),
        What::Own => (Rail::Internal, Some(Channel::Mobile), None),
        What::Invoice => (Rail::Ach, Some(Channel::Online), Some("SUPP")),
        What::Transfer(code) => (Rail::Ach, Some(Channel::Online), Some(code.as_str())),
        What::Charter { .. } => (Rail::Wire, Some(Channel::Online), Some(Code::Services.as_str())),
        What::Wire(code) => (Rail::Wire, Some(Channel::Branch), Some(code.as_str())),
        What::Expenses => (Rail::Ach, Some(Channel::Online), Some("BEXP")),
        What::Loan => (Rail::Ach, None, Some(Code::Loan.as_str())),
        What::Repay => (Rail::Ach, Some(Channel::Online), Some(Code::LoanBack.as_str())),
        What::CoinBuy(_) | What::CoinSell(_) => (Rail::Ach, Some(Channel::Mobile), None),
        What::CoinCard(_) => (Rail::Card, Some(Channel::Ecommerce), None),
        What::CoinOut(..) | What::CoinIn(..) | What::CoinAtLabel { .. } | What::Traced { .. } => {
            (Rail::Crypto, Some(Channel::Api), None)
        }
        What::Fee => (Rail::Internal, None, Some("BKFE")),
    }
}

const fn relation(what: What) -> Option<Relation> {
    match what {
        What::Remittance => Some(Relation::Family),
        What::Remit { friend: true } => Some(Relation::Friend),
        What::Remit { friend: false } => Some(Relation::Other),
        _ => None,
    }
}

/// What is moved in which currency: a coin moves as itself.
fn sums(draft: &Draft, currency: Currency) -> (Decimal, Currency, Option<(Decimal, Currency)>) {
    let money = Decimal::new(i64::from(draft.cents), 2);
    match draft.what {
        What::CoinOut(coin, _) | What::CoinIn(coin, _) => {
            let (amount, ticker) = coin_of(coin, draft.cents);
            (amount, ticker.unwrap_or(currency), None)
        }
        What::Traced { .. } | What::CoinAtLabel { .. } => {
            let (amount, ticker) = coin_of(Coin::Btc, draft.cents);
            (amount, ticker.unwrap_or(currency), None)
        }
        What::CoinBuy(coin) | What::CoinCard(coin) | What::CoinSell(coin) => {
            let (amount, ticker) = coin_of(coin, draft.cents);
            (money, currency, ticker.map(|ticker| (amount, ticker)))
        }
        _ => (money, currency, None),
    }
}

impl Writer<'_> {
    /// The payment of a draft, under its number in the stream.
    pub(crate) fn payment(
        &self,
        draft: &Draft,
        number: u64,
        (refers, left): (Refers, Left),
    ) -> Payment<'static> {
        let (rail, channel, purpose) = manner(draft.what);
        let kind = draft.what.kind();
        let cash = kind == PaymentKind::CashDeposit || kind == PaymentKind::CashWithdrawal;
        let deposit = kind == PaymentKind::CashDeposit;
        let (amount, currency, counter) = sums(draft, self.foreign(draft));
        let mut payment = Payment {
            payment_id: text(payment_id(number)),
            event_time: draft.at,
            utc_offset_minutes: Some(draft.offset),
            kind,
            rail,
            channel,
            status: Status::Booked,
            amount,
            currency,
            fee: self.fee(draft),
            debtor: if deposit { self.depositor(draft) } else { self.end(draft, draft.payer) },
            creditor: if cash && !deposit { End::default() } else { self.end(draft, draft.payee) },
            ultimate_debtor: None,
            ultimate_creditor: None,
            conductor: conductor(draft, deposit),
            merchant: self.merchant(draft),
            terminal: self.terminal(draft),
            device: self.device_of(draft),
            card: self.card(draft, rail),
            crypto: crypto(draft),
            travel: travel(draft),
            cash: notes(draft),
            stay: stay(draft),
            service: service(draft),
            check: None,
            purpose: purpose.map(Cow::Borrowed),
            relation: relation(draft.what),
            text: draft.say.as_str().map(Cow::Borrowed).map(Text::new),
            end_to_end_id: None,
            uetr: None,
            refers_to: refers.map(|number| text(payment_id(number))),
            gross_amount: (draft.what == What::Payroll && draft.more > 0)
                .then(|| Decimal::new(i64::from(draft.more), 2)),
            counter_amount: counter.map(|(amount, _)| amount),
            counter_currency: counter.map(|(_, currency)| currency),
            entity: None,
            batch: None,
            source: None,
        };
        payment.debtor.balance_after = left.debtor;
        payment.creditor.balance_after = left.creditor;
        payment.creditor.name = self.payee_name(draft);
        // An invoice is paid by one firm to another, and the order names both.
        if self.full && draft.what == What::Invoice {
            payment.debtor.name = Some(text(firm_name(draft.payer)));
            payment.creditor.name = Some(text(firm_name(draft.payee)));
        }
        if let Some(gaps) = self.gaps {
            gaps.payment(number, &mut payment);
        }
        payment
    }

    /// What the payer calls the payee: in a full society most wages and benefits say it.
    fn payee_name(&self, draft: &Draft) -> Option<Text<'static>> {
        let kind = draft.what.kind();
        if self.full && matches!(kind, PaymentKind::Payroll | PaymentKind::Benefit) {
            return ordinary::name_of_payee(self.seed, draft.payer, draft)
                .map(|name| text(name_of(name)));
        }
        let of_a_case = draft.named > 0 && draft.named >> 31 == 0;
        of_a_case.then(|| text(name_of((9 << 40) + u64::from(draft.named))))
    }

    /// The currency of a payment: that of the world, but for web shops abroad.
    fn foreign(&self, draft: &Draft) -> Currency {
        let abroad = match draft.what {
            What::Online { shop, .. } if self.full && shop > 60 => match shop % 3 {
                0 => Currency::try_new("EUR"),
                1 => Currency::try_new("GBP"),
                _ => Currency::try_new("CAD"),
            },
            _ => None,
        };
        abroad.unwrap_or(self.currency)
    }

    /// What a remittance costs: two dollars and two percent.
    fn fee(&self, draft: &Draft) -> Option<Decimal> {
        let sent = matches!(draft.what, What::Remittance | What::Remit { .. });
        let cents = 199 + i64::from(draft.cents) * 2 / 100;
        (self.full && sent).then(|| Decimal::new(cents, 2))
    }

    fn residence(&self, who: Who) -> PlaceText<'static> {
        let town = match who {
            Who::Nobody | Who::Listed(_) => None,
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
            Who::Company(_) if draft.what.kind() == PaymentKind::Benefit => EndKind::PublicBody,
            Who::Firm(_) | Who::Company(_) | Who::Listed(_) | Who::Nobody => EndKind::Business,
        };
        let ours = match who {
            Who::Person(_) | Who::Second(_) | Who::Firm(_) => Some(true),
            Who::Outside(_) | Who::Company(_) | Who::Listed(_) => Some(false),
            Who::Nobody | Who::Abroad(_) => None,
        };
        if who == Who::Nobody && draft.what.kind() == PaymentKind::CryptoTransfer {
            return End { wallet: Some(text(case_hash(WALLET, draft.more))), ..End::default() };
        }
        let remote = matches!(draft.what, What::MobileMoney | What::Remit { .. });
        let proxy = draft.what == What::P2p || remote;
        // The acquirer of a shop knows a card, not an account.
        let card_only = matches!(draft.what, What::Sale { .. }) && matches!(who, Who::Outside(_));
        let named = matches!(who, Who::Abroad(_)) && self.full;
        End {
            account: if card_only { None } else { who.account().map(text) },
            party: who.party().map(text),
            kind: Some(kind),
            bank: who.bank().map(Cow::Borrowed),
            place: self.residence(who),
            alias: if proxy { self.handle_of(who) } else { None },
            // Who keeps coin for customers knows the address of each.
            wallet: (draft.what.kind() == PaymentKind::CryptoTransfer)
                .then(|| text(hash_text(WALLET, who.identity()))),
            phone: if proxy || named { self.phone_of(who).map(text) } else { None },
            ours,
            ..End::default()
        }
    }

    /// The handle under which somebody is paid: one that adverts show, or any other.
    fn handle_of(&self, who: Who) -> Option<Text<'static>> {
        let profile = match who {
            Who::Person(n) | Who::Second(n) => {
                self.people.person(n).and_then(|person| person.profile.as_deref())
            }
            Who::Firm(n) => self.people.firm(n).and_then(|firm| firm.profile.as_deref()),
            _ => None,
        };
        if let Some(handle) = profile.and_then(|profile| profile.handle) {
            return Some(Text::new(Cow::Borrowed(handle)));
        }
        if !self.full {
            return None;
        }
        match who {
            Who::Person(n) if self.is_drawn(n) && ordinary::is_advertised(self.seed, n) => {
                Some(Text::new(Cow::Borrowed(ADVERTISED)))
            }
            _ => ordinary::handle(self.seed, who)
                .map(|key| text(id("$", mix(key ^ HANDLE) % 10_000_000_000, 10))),
        }
    }

    /// Whether somebody of the table leads a life that is drawn.
    fn is_drawn(&self, n: u32) -> bool {
        let life = self.people.person(n).map(|person| person.life);
        life.is_some_and(|life| !matches!(life, Life::Written | Life::Still))
    }

    /// The device a payment came from, where that is told.
    fn device_of(&self, draft: &Draft) -> Option<Device<'static>> {
        if draft.device > 0 {
            return Some(Device { id: Some(text(case_device(draft.device))), ..Device::default() });
        }
        let at_agent = self.full && draft.what == What::Remittance;
        let app = matches!(
            draft.what,
            What::P2p
                | What::Online { .. }
                | What::Advert { .. }
                | What::MobileMoney
                | What::Remit { .. }
                | What::CoinBuy(_)
                | What::CoinCard(_)
                | What::CoinOut(..)
        );
        if !app && !at_agent {
            return None;
        }
        let shared = match draft.payer {
            Who::Person(n) | Who::Second(n) if self.full && self.is_drawn(n) => {
                ordinary::device(self.seed, n, draft)
            }
            _ => None,
        };
        match shared {
            Some(key) => Some(Device {
                id: Some(text(id("D-", mix(key + DEVICE) % 1_000_000_000_000, 12))),
                ..Device::default()
            }),
            None if at_agent => None,
            None => device(draft.payer),
        }
    }

    /// The phone of an end: one of the case where somebody is written with it.
    fn phone_of(&self, who: Who) -> Option<String> {
        let shared = match who {
            Who::Person(n) | Who::Second(n) => {
                let profile = self.people.person(n).and_then(|person| person.profile.as_deref());
                profile.map_or(0, |profile| profile.phone)
            }
            Who::Abroad(_) => return Some(hash_text(PHONE, who.identity())),
            _ => 0,
        };
        if shared > 0 { Some(case_hash(customers::PHONE, shared)) } else { phone(who) }
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
            What::Online { mcc, shop } | What::Refund { mcc, shop } => (mcc, shop, None),
            What::Sale { mcc } => (mcc, 0, None),
            What::Ticket { mcc, .. } => (mcc, 3, None),
            What::Topup => (4814, u16::try_from(draft.more % 4).unwrap_or(0), None),
            What::Stake | What::Winnings => (7995, 1, None),
            What::Lodging { hotel, .. } => (7011, hotel, None),
            What::Advert { site } => {
                let mcc = if site < 2 { 7311 } else { 7273 };
                (mcc, site, SITES.get(usize::from(site)).copied())
            }
            _ => return None,
        };
        // Shops on the web have no town; rides and hotels do.
        let on_web = matches!(
            draft.what,
            What::Online { .. }
                | What::Refund { .. }
                | What::Ticket { .. }
                | What::Topup
                | What::Stake
                | What::Winnings
        );
        let on_site = !matches!(draft.what, What::Advert { .. }) && (!on_web || mcc == 4121);
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
            What::ShopAtm { machine } => {
                (id("WLA-", town + u64::from(machine), 4), TerminalKind::WhiteLabelAtm)
            }
            What::Counter { branch }
            | What::DepositCounter { branch }
            | What::DepositCoins { branch, .. }
            | What::Notes { branch } => {
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
            What::Sale { mcc } => {
                let key = match draft.payee {
                    Who::Firm(n) => 5_000_000_000 + u64::from(n),
                    _ => town * 10_000 + u64::from(mcc) * 100,
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

    fn card(&self, draft: &Draft, rail: Rail) -> Option<Card<'static>> {
        let cash = matches!(draft.what, What::Atm { .. } | What::ShopAtm { .. });
        if rail != Rail::Card && !cash {
            return None;
        }
        let holder = match draft.what {
            What::Refund { .. } | What::Winnings => draft.payee,
            _ => draft.payer,
        };
        let key = match holder {
            Who::Second(_) => holder.identity() + (1 << 50),
            who => who.identity(),
        };
        let terminal = cash
            || matches!(
                draft.what,
                What::Pos { .. } | What::Sale { .. } | What::Lodging { online: false, .. }
            );
        Some(Card {
            token: Some(text(id("T-", mix(key + CARD) % 1_000_000_000_000, 12))),
            present: Some(terminal),
            ..Card::default()
        })
    }
}

fn travel(draft: &Draft) -> Option<Box<Travel<'static>>> {
    let (people, to, back) = match draft.what {
        What::Ticket { people, to, back, .. } | What::Charter { people, to, back } => {
            (people, to, back)
        }
        _ => return None,
    };
    let booking = mix(draft.payer.identity() ^ u64::try_from(draft.at.0).unwrap_or(0));
    // The payer travels alone; more people are others.
    let key = |k: u8| if people == 1 { draft.payer.identity() } else { booking + u64::from(k) };
    let place = Town::get(to);
    Some(Box::new(Travel {
        one_way: Some(!back),
        passengers: Some(people),
        from: Some(Text::new(Cow::Borrowed(Town::get(draft.town).name()))),
        to: Some(Text::new(Cow::Borrowed(place.name()))),
        to_country: Some(Cow::Borrowed(place.country())),
        depart: Some(EventTime(draft.at.0 + 5 * 86_400_000).date()),
        booking: Some(text(hash_text(BOOKING, booking))),
        travelers: (0..people.min(9)).map(|k| text(hash_text(DOCUMENT, key(k)))).collect(),
    }))
}

fn notes(draft: &Draft) -> Option<Box<Cash>> {
    let of = |value: i64, cents: u32| CashNotes {
        value: Decimal::from(value),
        count: u32::try_from(i64::from(cents) / (value * 100)).unwrap_or(0),
    };
    match draft.what {
        What::DepositCoins { percent, .. } => {
            let coins = u64::from(draft.cents) * u64::from(percent) / 100;
            let coins = u32::try_from(coins).unwrap_or(0);
            Some(Box::new(Cash {
                notes_in: vec![of(5, draft.cents - coins)],
                notes_out: Vec::new(),
                coins: Some(Decimal::new(i64::from(coins), 2)),
            }))
        }
        What::Notes { .. } => Some(Box::new(Cash {
            notes_in: vec![of(10, draft.cents)],
            notes_out: vec![of(100, draft.cents)],
            coins: None,
        })),
        _ => None,
    }
}

/// The id of the payment with a number.
pub(crate) fn payment_id(number: u64) -> String {
    id("p-", number, 12)
}

fn conductor(draft: &Draft, deposit: bool) -> Option<Conductor<'static>> {
    if draft.hand != Who::Nobody {
        return Some(Conductor {
            party: Some(text(conductor_id(draft.hand))),
            document: Some(text(hash_text(DOCUMENT, draft.hand.identity()))),
            is_holder: Some(false),
        });
    }
    if !deposit {
        let counter = matches!(draft.what, What::Counter { .. } | What::Notes { .. });
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
    if draft.what == What::Topup {
        let reference = Some(text(case_hash(NUMBER, draft.more)));
        return Some(Service { kind: Some(ServiceKind::Phone), reference });
    }
    let kind = match draft.what {
        What::Rent => ServiceKind::Rent,
        What::Transfer(Code::Study) | What::Wire(Code::Study) => ServiceKind::Tuition,
        What::Wire(Code::Medical | Code::Hospital)
        | What::Transfer(Code::Medical | Code::Hospital) => ServiceKind::Medical,
        What::Utility => ServiceKind::Utility,
        // Who is tested: the bill of a laboratory or hospital has a patient's number.
        What::Pos { mcc: 8_062 | 8_071, .. } if draft.more > 0 => ServiceKind::Medical,
        // A visa is ordered for somebody.
        _ if draft.say == Say::Visa => ServiceKind::Visa,
        _ => return None,
    };
    let key = draft.payer.identity() ^ mix(draft.payee.identity());
    let reference = match draft.what {
        What::Pos { .. } => case_hash(METER, draft.more),
        _ => hash_text(METER, key),
    };
    Some(Service { kind: Some(kind), reference: Some(text(reference)) })
}
