//! What ordinary people have in common with those of a case: homes, names, handles, devices, people
//! who may act for them, coin, platforms, accounts that hardly move.
//!
//! A field that only planted people fill in would be an answer sheet, and so would an account that
//! is opened while the world runs. Everything here is of a full society. The shares are assumptions,
//! no source gives them; docs/synth.md lists them. As in `life`, a day is a pure function of (seed,
//! person, day). Cost: about 40 ns a person and day.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "amounts below 2^31 cents, minutes below 2^12 and numbers of people below 2^25"
)]

use crate::calendar::days_after;
use crate::config::Config;
use crate::draft::{Code, Coin, Draft, What};
use crate::life::Today;
use crate::people::{Firm, Life, Person};
use crate::rng::{Rng, mix};
use crate::town::{Town, TownId};
use crate::who::Who;
use palermo_domain::{CryptoCategory, Date, EventCode, Product, RelationKind};

const TRAIT: u64 = 60;
const HOME: u64 = 61;
const DAILY: u64 = 62;
const RECORD: u64 = 63;
const DEVICE: u64 = 64;

/// Something that holds for good of one person, pair or firm in so many.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// A couple with one account for both wages.
    Joint = 1,
    /// A couple with one telephone for payments.
    OnePhone,
    /// Pays at the computer of a library or shop as often as not.
    Public,
    /// Somebody with a mandate goes to the counter.
    Helped,
    /// Publishes, and is paid by processors of adult sites.
    Creator,
    /// Subscribes to such a site.
    Subscriber,
    /// Works alone and lawfully in the sex trade, with adverts of the own.
    Independent,
    /// Sends money home by way of a money service.
    MoneyService,
    /// Buys coin by paying an exchange from the account.
    Exchange,
    /// A firm that holds shares or a house, and has no trade.
    Holding,
    /// A firm that tells its bank the gross of wages.
    TellsGross,
    /// An employer that tells no names.
    Nameless,
    /// An employer that writes names in its own way.
    OwnSpelling,
}

/// Whether it holds of one in `n`.
pub(crate) fn is(seed: u64, who: u64, way: Way, n: u64) -> bool {
    mix(mix(seed ^ mix(TRAIT)) ^ mix(who ^ ((way as u64) << 48))).is_multiple_of(n)
}

/// With whom somebody lives, as far as they bank here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// With nobody of this bank.
    Own,
    /// A couple; the number of the first.
    Couple(u32),
    /// Parents and two grown or half-grown children, with one tablet.
    Family(u32),
    /// Four people who share a flat and nothing else.
    Flat(u32),
}

impl Home {
    /// The home of a person of the table: a quarter of people in couples, one in sixteen in families,
    /// as many in shared flats.
    pub(crate) fn of(seed: u64, n: u32) -> Self {
        match mix(mix(seed ^ mix(HOME)) ^ u64::from(n / 4)) % 16 {
            0 => Self::Family(n & !3),
            1 => Self::Flat(n & !3),
            2..=5 => Self::Couple(n & !1),
            _ => Self::Own,
        }
    }

    /// The first of those who live there; the person where nobody else does.
    pub(crate) const fn first(self, n: u32) -> u32 {
        match self {
            Self::Own => n,
            Self::Couple(first) | Self::Family(first) | Self::Flat(first) => first,
        }
    }
}

/// The account for the wages of somebody: the common one of a couple that has one.
pub(crate) fn wage_account(seed: u64, n: u32) -> u32 {
    match Home::of(seed, n) {
        Home::Couple(first) if is(seed, u64::from(first), Way::Joint, 3) => first,
        _ => n,
    }
}

/// The name in a payment that is for somebody else than the holder of the account.
pub(crate) const fn named(n: u32) -> u32 {
    1 << 31 | n
}

/// The number of the name by which a payer of wages or benefits calls a payee; none from one payer in
/// eight. One in six writes names in an own way.
pub(crate) fn name_of_payee(seed: u64, payer: Who, draft: &Draft) -> Option<u64> {
    if is(seed, payer.identity(), Way::Nameless, 8) {
        return None;
    }
    let spelling = u64::from(is(seed, payer.identity(), Way::OwnSpelling, 6)) << 60;
    let whose = match draft.named {
        0 => draft.payee.identity(),
        n if n >> 31 == 1 => Who::Person(n & !(1 << 31)).identity(),
        n => return Some((9 << 40) + u64::from(n)),
    };
    Some(whose ^ spelling)
}

/// The number of the handle at which somebody is paid from phone to phone: six in eleven people and
/// three in eleven firms have one, couples with one telephone have one together.
pub(crate) fn handle(seed: u64, who: Who) -> Option<u64> {
    let whose = match who {
        Who::Person(n) | Who::Second(n) => match Home::of(seed, n) {
            Home::Couple(first) if is(seed, u64::from(first), Way::OnePhone, 3) => first,
            _ => n,
        },
        Who::Firm(_) | Who::Outside(_) => {
            let share = if matches!(who, Who::Firm(_)) { 3 } else { 6 };
            let drawn = mix(mix(seed) ^ mix(who.identity())) % 11;
            return (drawn < share).then(|| who.identity());
        }
        _ => return None,
    };
    let identity = Who::Person(whose).identity();
    (mix(mix(seed) ^ mix(identity)) % 11 < 6).then_some(identity)
}

/// Whether somebody of the table stands in adverts: four in five of those who work alone.
pub(crate) fn is_advertised(seed: u64, n: u32) -> bool {
    is_independent(seed, n) && !mix(seed ^ u64::from(n)).is_multiple_of(5)
}

fn is_independent(seed: u64, n: u32) -> bool {
    is(seed, u64::from(n), Way::Independent, 300)
}

/// The device of a payment of somebody of the table where it is not the own: a number of a tablet, of
/// one telephone for two, of a computer in a library or shop, of an agent who sends money.
pub(crate) fn device(seed: u64, n: u32, draft: &Draft) -> Option<u64> {
    let chance = mix(mix(u64::from(n)) ^ u64::try_from(draft.at.0).unwrap_or(0)) % 100;
    let public = |kind: u64| Some(mix((DEVICE << 50) + (kind << 32) + u64::from(draft.town)));
    if draft.what == What::Remittance {
        // Two agents in a town, and one customer in two goes there.
        return n.is_multiple_of(2).then(|| public(2 + u64::from(n / 2 % 2))).flatten();
    }
    if is(seed, u64::from(n), Way::Public, 40) && chance < 50 {
        return public(1);
    }
    match Home::of(seed, n) {
        Home::Family(first) if chance < 40 => {
            Some(mix((DEVICE << 50) + (9 << 32) + u64::from(first)))
        }
        Home::Couple(first) if is(seed, u64::from(first), Way::OnePhone, 3) => {
            Some(Who::Person(first).identity())
        }
        _ => None,
    }
}

/// Who may use an account besides its holder, and since when: the other one of a couple, parents who
/// add children, a grown child or a carer of somebody old; some together, as a family does when it
/// moves its accounts.
pub(crate) fn relations(
    config: &Config,
    n: u32,
    person: &Person,
) -> Vec<(Who, RelationKind, Date)> {
    let seed = config.seed;
    let mut rng = Rng::of(seed, [RECORD, u64::from(n), 1]);
    let span =
        u32::try_from(config.start.0 - person.opened.0).unwrap_or(0) + u32::from(config.days);
    let day = days_after(person.opened, rng.range(0, span));
    let mut all = Vec::new();
    match Home::of(seed, n) {
        Home::Couple(first) => {
            let other = Who::Person(n ^ 1);
            if is(seed, u64::from(first), Way::Joint, 3) {
                all.push((other, RelationKind::JointHolder, person.opened));
            } else if rng.per_mille(300) {
                all.push((other, RelationKind::AuthorizedUser, day));
            }
        }
        Home::Family(first) if n == first => {
            for k in 1..4 {
                if rng.per_mille(550) {
                    let later = days_after(day, rng.range(0, 30));
                    all.push((Who::Person(first + k), RelationKind::AuthorizedUser, later));
                }
            }
        }
        _ => {}
    }
    let (chance, kind) = match person.life {
        Life::Retired if rng.per_mille(500) => (160, RelationKind::PowerOfAttorney),
        Life::Retired => (160, RelationKind::AuthorizedUser),
        _ => (25, RelationKind::AuthorizedUser),
    };
    if rng.per_mille(chance) {
        let helpers = 1 + rng.zipf(4);
        for k in 0..helpers {
            let later = days_after(day, rng.range(0, 120));
            all.push((Who::Person(n + 5 + k), kind, later));
        }
    }
    all
}

/// What staff saw of somebody who has an interpreter, a carer, a spouse who does the papers: one person
/// in fifty, old people and newcomers more often.
pub(crate) fn observed(config: &Config, n: u32, person: &Person) -> Vec<(EventCode, Date)> {
    let mut rng = Rng::of(config.seed, [RECORD, u64::from(n), 2]);
    let chance = match person.life {
        Life::Retired => 40,
        Life::Newcomer => 120,
        _ => 8,
    };
    if !rng.per_mille(chance) {
        return Vec::new();
    }
    let day = days_after(config.start, rng.range(0, u32::from(config.days)));
    let code = match rng.below(20) {
        0..6 => EventCode::Bh01,
        6..12 => EventCode::Bh02,
        12..15 => EventCode::Bh03,
        15..17 => EventCode::Bh04,
        17..19 => EventCode::OpenedUnderEscort,
        _ => EventCode::Bh05,
    };
    let mut all = vec![(code, day)];
    if rng.per_mille(250) {
        all.push((EventCode::Bh02, days_after(day, rng.range(0, 60))));
    }
    all
}

/// Prices of somebody who works alone.
const PRICES: u32 = 3;

impl Today<'_> {
    /// What happens besides, on one day of one person who is drawn.
    pub(crate) fn besides(&mut self, n: u32, person: &Person) {
        let mut rng = Rng::of(self.seed, [DAILY, u64::from(n), self.date_number()]);
        let rng = &mut rng;
        let (own, town, who) = (Who::Person(n), person.town, u64::from(n));
        if matches!(person.life, Life::Minor | Life::Dormant) {
            if person.life == Life::Dormant {
                self.hardly(rng, n, person);
            }
            return;
        }
        if is(self.seed, who, Way::Creator, 200) && self.day.weekday == 3 && rng.per_mille(850) {
            let cents = rng.around(14_000, 1_200);
            let processor = Who::Listed(u8::try_from(n % 3).unwrap_or(0));
            let payout = What::Transfer(Code::Services);
            self.push(rng, 400, town, (payout, processor, own, cents));
        }
        if is(self.seed, who, Way::Subscriber, 14) && rng.per_mille(45) {
            let cents = rng.range(2, 9) * 499;
            let site = Who::Listed(u8::try_from(rng.range(0, 2)).unwrap_or(0));
            let at = rng.range(1_100, 1_439);
            self.push(rng, at, town, (What::Online { mcc: 5967, shop: 4 }, own, site, cents));
        }
        if is_independent(self.seed, n) {
            self.alone(rng, n, person);
        }
        self.coin(rng, n, person);
        if rng.per_mille(4) {
            // Stalls and small shops take payments from phone to phone.
            let local = self.people.local(town).and_then(|local| rng.pick(&local.firms)).copied();
            if let Some(firm) = local {
                let cents = rng.around(2_400, 1_100);
                let at = rng.range(540, 1_260);
                self.push(rng, at, town, (What::P2p, own, Who::Firm(firm), cents));
            }
        }
    }

    /// Somebody who works alone in the sex trade, lawfully: adverts, clients at a few prices, some who
    /// pay in cash that is paid in by day, now and then a stay in another town.
    fn alone(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        let (own, town) = (Who::Person(n), person.town);
        if rng.per_mille(250) {
            let cents = rng.range(1, 4) * 1_200;
            let site = u16::try_from(rng.range(1, 3)).unwrap_or(1);
            let at = rng.range(540, 1_200);
            self.push(rng, at, town, (What::Advert { site }, own, Who::Nobody, cents));
        }
        let base = 12_000 + n % 5 * 2_000;
        for _ in 0..rng.zipf(4) {
            let client = Who::outside(town, rng.range(0, 39_999));
            let cents = base + rng.range(0, PRICES - 1) * 8_000;
            let at = rng.range(840, 1_430);
            self.push(rng, at, town, (What::P2p, client, own, cents));
        }
        if self.day.weekday == 0 && rng.per_mille(700) {
            let cents = rng.range(6, 45) * 2_000;
            let at = rng.range(600, 1_000);
            self.push(rng, at, town, (What::DepositAtm { machine: 1 }, own, own, cents));
        }
        if n.is_multiple_of(3) && rng.per_mille(30) {
            let there = Town::draw(rng);
            let cents = rng.skewed(14_000, 30_000);
            let what = What::Lodging { hotel: 3, nights: 2, online: true };
            self.push(rng, 700, there, (what, own, Who::Nobody, cents));
        }
    }

    /// Coin for those who keep some: to and from wallets, sometimes of a casino or a mixer.
    fn coin(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        let (own, town) = (Who::Person(n), person.town);
        if is(self.seed, u64::from(n), Way::Exchange, 16) && rng.per_mille(35) {
            let cents = (rng.around(12_000, 1_700) / 1_000).max(1) * 1_000;
            let exchange = Who::Listed(3 + u8::try_from(n % 4).unwrap_or(0));
            let at = rng.range(480, 1_400);
            let what = if n.is_multiple_of(2) { What::P2p } else { What::Transfer(Code::Other) };
            let ends = if rng.per_mille(700) { (own, exchange) } else { (exchange, own) };
            self.push(rng, at, town, (what, ends.0, ends.1, cents));
        }
        if person.second != Some(Product::Crypto) || !rng.per_mille(60) {
            return;
        }
        let category = match rng.below(200) {
            0..110 => CryptoCategory::Other,
            110..160 => CryptoCategory::Exchange,
            160..180 => CryptoCategory::Gambling,
            180..190 => CryptoCategory::Bridge,
            190..197 => CryptoCategory::Otc,
            _ => CryptoCategory::Mixer,
        };
        let cents = rng.around(11_000, 1_600).max(500);
        let (coin, at) =
            (if n.is_multiple_of(2) { Coin::Btc } else { Coin::Usdt }, rng.range(400, 1_430));
        let wallet = Who::Second(n);
        let draft = match rng.below(3) {
            0 => (What::CoinBuy(coin), own, Who::company(27, 7), cents),
            1 => (What::CoinOut(coin, category), wallet, Who::Nobody, cents),
            _ => (What::CoinIn(coin, category), Who::Nobody, wallet, cents),
        };
        self.push(rng, at, town, draft);
        if let Some(last) = self.out.last_mut()
            && last.what.kind() == palermo_domain::PaymentKind::CryptoTransfer
        {
            // A few wallets of the own, and services that many use.
            last.more = if rng.per_mille(500) {
                1 << 30 | (n * 4 + rng.range(0, 2))
            } else {
                rng.zipf(300)
            };
        }
    }

    /// An account that is kept and hardly used: the holder banks elsewhere. Money is parked, comes and
    /// goes on, or a card is used on a journey.
    fn hardly(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        if !rng.per_mille(24) {
            return;
        }
        let (own, town) = (Who::Person(n), person.town);
        let elsewhere = Who::outside(town, 3_000_000 + n);
        let cents = (rng.around(45_000, 1_500) / 5_000).max(1) * 5_000;
        let at = rng.range(480, 1_300);
        match rng.below(8) {
            0..3 => {
                self.push(rng, at, town, (What::P2p, elsewhere, own, cents));
                if rng.per_mille(400) {
                    let friend = Who::outside(town, rng.range(0, 39_999));
                    self.push(rng, at + 120, town, (What::P2p, own, friend, cents));
                }
            }
            3..5 => self.push(rng, at, town, (What::P2p, own, elsewhere, cents)),
            5 => {
                let what = What::Atm { machine: 2 };
                self.push(rng, at, town, (what, own, Who::Nobody, rng_notes(n)));
            }
            _ => {
                let cents = rng.around(3_000, 1_300);
                let what = What::Online { mcc: 5999, shop: 8 };
                self.push(rng, at, town, (what, own, Who::Nobody, cents));
            }
        }
    }

    /// A firm without a trade: rent or a fee comes in, a share of it goes to the owner.
    pub(crate) fn holding(&mut self, n: u32, firm: &Firm) {
        let mut rng = Rng::of(self.seed, [DAILY, 1 << 40 | u64::from(n), self.date_number()]);
        let rng = &mut rng;
        let own = Who::Firm(n);
        if self.day.is_due(8) {
            let cents = rng.range(20, 90) * 10_000;
            let from = Who::company(firm.town, 500 + n % 400);
            let what = if n.is_multiple_of(2) { What::Rent } else { What::Transfer(Code::Group) };
            self.push(rng, 600, firm.town, (what, from, own, cents));
        }
        if self.day.is_due(11) {
            let cents = rng.range(15, 80) * 10_000;
            let owner = Who::outside(firm.town, 800_000 + n);
            self.push(rng, 640, firm.town, (What::Transfer(Code::Dividend), own, owner, cents));
        }
    }

    /// Who goes to the counter for somebody: a relative, for a few somebody of a care service. Nobody
    /// where the holder goes.
    pub(crate) fn helper(&self, rng: &mut Rng, n: u32, person: &Person) -> Who {
        let many = if person.life == Life::Retired { 5 } else { 60 };
        if !self.full || !is(self.seed, u64::from(n), Way::Helped, many) || !rng.per_mille(600) {
            return Who::Nobody;
        }
        match Home::of(self.seed, n) {
            Home::Couple(_) => Who::Person(n ^ 1),
            _ if n.is_multiple_of(4) => Who::outside(person.town, 650_000),
            _ => Who::outside(person.town, 660_000 + n),
        }
    }

    /// Whether somebody or some firm has the account already.
    pub(crate) fn has_opened(&self, who: Who) -> bool {
        let opened = match who {
            Who::Person(n) => self.people.person(n).map(|person| person.opened),
            Who::Second(n) => self.people.person(n).map(|person| person.second_opened),
            Who::Firm(n) => self.people.firm(n).map(|firm| firm.opened),
            _ => None,
        };
        opened.is_none_or(|opened| opened <= self.day.date)
    }
}

/// Notes for a journey.
const fn rng_notes(n: u32) -> u32 {
    (1 + n % 9) * 2_000
}

/// When an account is opened: of people and firms one in fourteen while the world runs.
pub(crate) fn opening(config: &Config, rng: &mut Rng, before: Date) -> Date {
    if rng.per_mille(70) {
        return days_after(config.start, rng.range(1, u32::from(config.days)));
    }
    before
}

/// The town of somebody's home, where others live there too.
pub(crate) fn town_of_home(draw: impl Fn(u32) -> TownId, seed: u64, n: u32) -> TownId {
    draw(Home::of(seed, n).first(n))
}
