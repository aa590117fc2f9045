//! Ordinary life: what people and firms pay on one day.
//!
//! A day of a person is a pure function of (seed, person, day), so days can be generated alone and
//! nothing has to be remembered. Rates are assumptions: ten or so card purchases a month, cash from
//! a machine every three weeks, one or two payments by phone, wages weekly to monthly, bills on
//! fixed days, a trip now and then. Cost: about 0.15 us a person and day, drafts included.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "amounts below 2^31 cents and minutes below 2^12, by the literal ranges drawn here"
)]

use crate::calendar::Day;
use crate::draft::{Draft, Say, What};
use crate::ordinary::{self, Way};
use crate::people::{Firm, Life, Pay, People, Person};
use crate::rng::{Rng, mix};
use crate::town::{Town, TownId};
use crate::who::Who;
use palermo_domain::Product;

const LIFE: u64 = 10;
const TRADE: u64 = 11;
const TRIP: u64 = 12;
const HABIT: u64 = 13;
const SHOPFRONT: u64 = 14;
const ADVERTISER: u64 = 15;

/// Writes one day of a world.
#[derive(Debug)]
pub(crate) struct Today<'a> {
    pub(crate) seed: u64,
    pub(crate) people: &'a People,
    pub(crate) day: Day,
    /// Whether everybody lives in a full society.
    pub(crate) full: bool,
    pub(crate) out: &'a mut Vec<Draft>,
}

impl Today<'_> {
    /// Everybody's day.
    pub(crate) fn everybody(&mut self) {
        let people = self.people;
        for (n, firm) in (0..).zip(&people.firms) {
            self.firm(n, firm);
        }
        for (n, person) in (0..).zip(&people.persons) {
            if self.full {
                self.resident(n, person);
            } else {
                self.person(n, person);
            }
        }
    }

    pub(crate) fn push(
        &mut self,
        rng: &mut Rng,
        minute: u32,
        town: TownId,
        draft: (What, Who, Who, u32),
    ) {
        let (what, payer, payee, cents) = draft;
        if self.full && !(self.has_opened(payer) && self.has_opened(payee)) {
            return;
        }
        let place = Town::get(town);
        let at = self.day.at(place, minute, rng.range(0, 59_999));
        let offset = self.day.offset(place);
        self.out.push(Draft::plain(at, what, (payer, payee), cents, (town, offset)));
    }

    fn person(&mut self, n: u32, person: &Person) {
        if person.life == Life::Still || Town::is_abroad(person.town) {
            return;
        }
        let mut rng = Rng::of(self.seed, [LIFE, u64::from(n), self.date_number()]);
        let rng = &mut rng;
        self.wages(rng, n, person);
        self.bills(rng, n, person);
        let town = self.whereabouts(rng, n, person);
        self.shopping(rng, n, person, town);
        self.cash(rng, n, person, town);
        if person.life != Life::Written {
            self.phone_payments(rng, n, person);
            self.club(rng, n, person);
        }
        if person.remits && rng.per_mille(65) {
            let cents = rng.skewed(4, 40) * 1_000;
            let minute = rng.range(600, 1_230);
            let relative = Who::Abroad(n);
            self.push(rng, minute, town, (What::Remittance, Who::Person(n), relative, cents));
        }
    }

    pub(crate) fn date_number(&self) -> u64 {
        u64::try_from(self.day.date.0).unwrap_or(0)
    }

    pub(crate) fn wages(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        let friday = self.day.weekday == 4;
        let odd_week = u64::from(self.day.week % 2);
        let (due, share) = match person.pay {
            Pay::Never => (false, 1),
            Pay::Weekly => (friday, 4),
            Pay::Biweekly => (friday && person.employer.identity() % 2 == odd_week, 2),
            Pay::Monthly(of_month) if self.full => (self.day.is_due(of_month), 1),
            Pay::Monthly(of_month) => (self.day.of_month == of_month, 1),
        };
        if !due {
            return;
        }
        let what = if person.life == Life::Retired { What::Benefit } else { What::Payroll };
        // Hours vary by a few percent for those paid by the week.
        let spread = if share == 4 { rng.range(95, 105) } else { 100 };
        let cents = person.income / share / 100 * spread;
        let minute = rng.range(300, 540);
        let into = if self.full { ordinary::wage_account(self.seed, n) } else { n };
        let before = self.out.len();
        self.push(rng, minute, person.town, (what, person.employer, Who::Person(into), cents));
        if let Some(wage) = self.out.get_mut(before..).and_then(<[Draft]>::first_mut) {
            wage.named = if into == n { 0 } else { ordinary::named(n) };
            // One employer in three tells what a wage was before taxes.
            let employer = person.employer.identity();
            if self.full && ordinary::is(self.seed, employer, Way::TellsGross, 3) {
                wage.more = cents / 100 * (118 + n % 20);
            }
        }
        let saves = person.second == Some(Product::Savings) && person.life != Life::Written;
        if saves && rng.per_mille(700) {
            let saved = (cents / 1_000).max(1) * 100;
            let who = (What::Own, Who::Person(n), Who::Second(n), saved);
            self.push(rng, minute + 180, person.town, who);
        }
    }

    pub(crate) fn bills(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        let habit = mix(self.seed ^ mix(HABIT + u64::from(n)));
        let today = u64::from(self.day.of_month);
        if person.rent > 0 && today == 1 + habit % 5 {
            let minute = rng.range(420, 1_200);
            let who = (What::Rent, Who::Person(n), person.landlord, person.rent);
            self.push(rng, minute, person.town, who);
        }
        let saves = person.second == Some(Product::Savings) && person.life != Life::Written;
        if saves && rng.per_mille(12) {
            // Savings are there to be used.
            let minute = rng.range(480, 1_300);
            let cents = rng.skewed(5, 120) * 1_000;
            self.push(rng, minute, person.town, (What::Own, Who::Second(n), Who::Person(n), cents));
        }
        for (k, days) in [(0, 28), (1, 24)] {
            if today == 1 + (habit >> (8 + 8 * k)) % days {
                let provider = Who::company(person.town, 30 + k);
                let cents = rng.skewed(3_500, 16_000);
                let who = (What::Utility, Who::Person(n), provider, cents);
                let minute = rng.range(240, 330);
                self.push(rng, minute, person.town, who);
            }
        }
        if today == 28 && habit >> 60 < 2 {
            let bank = Who::company(0, 2);
            self.push(rng, 180, person.town, (What::Fee, Who::Person(n), bank, 1_200));
        }
    }

    /// The town a person is in today; pays for the stay where a trip begins.
    pub(crate) fn whereabouts(&mut self, rng: &mut Rng, n: u32, person: &Person) -> TownId {
        let per_mille = match person.life {
            Life::Written | Life::Still | Life::Minor => return person.town,
            Life::Traveler => 140,
            Life::Worker | Life::Retired => 7,
            _ => 2,
        };
        for ago in 0..4_u64 {
            let departure = self.date_number().saturating_sub(ago);
            let mut trip = Rng::of(self.seed, [TRIP, u64::from(n), departure]);
            if !trip.per_mille(per_mille) {
                continue;
            }
            let nights = trip.range(1, 4);
            let town = Town::draw(&mut trip);
            if town == person.town || u64::from(nights) <= ago {
                continue;
            }
            if ago == 0 {
                let cents = nights * rng.skewed(7_000, 24_000);
                let hotel = u16::try_from(rng.range(0, 11)).unwrap_or(0);
                let nights = u8::try_from(nights).unwrap_or(1);
                let what = What::Lodging { hotel, nights, online: rng.per_mille(500) };
                let minute = rng.range(840, 1_380);
                self.push(rng, minute, town, (what, Who::Person(n), Who::Nobody, cents));
            }
            return town;
        }
        person.town
    }

    fn shopping(&mut self, rng: &mut Rng, n: u32, person: &Person, town: TownId) {
        let mut budget = u32::from(person.shopping);
        if self.day.weekday >= 4 {
            budget += budget / 4;
        }
        // One in three hundred advertises for a living or a hobby, lawfully.
        let advertises = mix(self.seed ^ mix(ADVERTISER + u64::from(n))).is_multiple_of(300);
        if advertises && person.life != Life::Written && rng.per_mille(700) {
            let cents = rng.range(1, 4) * 600;
            self.advert(rng, n, person.town, cents);
        }
        while budget > 0 {
            let chance = budget.min(450);
            budget -= chance;
            if rng.range(0, 999) < chance {
                self.purchase(rng, n, town, person.town);
            }
        }
    }

    fn purchase(&mut self, rng: &mut Rng, n: u32, town: TownId, home: TownId) {
        let (mcc, low, high) = match rng.below(100) {
            0..26 => (5411, 600, 16_000),
            26..40 => (5812, 1_200, 9_000),
            40..54 => (5814, 500, 2_800),
            54..65 => (5541, 1_500, 7_500),
            65..70 => (5912, 500, 6_000),
            70..74 => (5651, 1_500, 14_000),
            74..76 => (5732, 2_000, 60_000),
            76..80 => (5200, 1_000, 18_000),
            80..83 => (5813, 800, 6_000),
            _ => return self.web_purchase(rng, n, home),
        };
        let cents = rng.skewed(low, high);
        let shop = u16::try_from(rng.skewed(0, 39)).unwrap_or(0);
        let evening = mcc == 5812 || mcc == 5813;
        let minute = if evening { rng.range(1_020, 1_430) } else { rng.range(440, 1_320) };
        let payee = self.shopfront(rng, town, mcc);
        self.push(rng, minute, town, (What::Pos { mcc, shop }, Who::Person(n), payee, cents));
    }

    /// A local firm of the category that banks here, where there is one, in two cases of five.
    pub(crate) fn shopfront(&self, rng: &mut Rng, town: TownId, mcc: u16) -> Who {
        if !rng.per_mille(400) {
            return Who::Nobody;
        }
        let Some(local) = self.people.local(town) else { return Who::Nobody };
        let tried = rng.pick(&local.firms).copied();
        let fits = |n: &u32| self.people.firm(*n).is_some_and(|firm| firm.mcc == mcc);
        let next = || local.firms.iter().copied().find(fits);
        tried.filter(fits).or_else(next).map_or(Who::Nobody, Who::Firm)
    }

    fn web_purchase(&mut self, rng: &mut Rng, n: u32, home: TownId) {
        let (mcc, low, high) = match rng.below(100) {
            0..55 => (5999, 900, 15_000),
            55..75 => (4899, 700, 2_400),
            75..88 => (4121, 800, 4_500),
            88..98 => (4814, 1_000, 6_000),
            // Somebody sells a sofa.
            _ => {
                let cents = rng.skewed(1, 8) * 500;
                return self.advert(rng, n, home, cents);
            }
        };
        let shop = u16::try_from(rng.skewed(0, 19)).unwrap_or(0);
        let cents = rng.skewed(low, high);
        let minute = rng.range(400, 1_430);
        let who = (What::Online { mcc, shop }, Who::Person(n), Who::Nobody, cents);
        self.push(rng, minute, home, who);
    }

    pub(crate) fn advert(&mut self, rng: &mut Rng, n: u32, home: TownId, cents: u32) {
        let site = u16::try_from(rng.skewed(0, 3)).unwrap_or(0);
        let minute = rng.range(480, 1_380);
        self.push(rng, minute, home, (What::Advert { site }, Who::Person(n), Who::Nobody, cents));
    }

    fn cash(&mut self, rng: &mut Rng, n: u32, person: &Person, town: TownId) {
        let machine = u8::try_from(rng.range(0, 5)).unwrap_or(0);
        if rng.per_mille(48) {
            let cents = rng.skewed(1, 20) * 2_000;
            let late = rng.per_mille(40);
            let minute = if late { rng.range(1_320, 1_430) } else { rng.range(480, 1_310) };
            let who = (What::Atm { machine }, Who::Person(n), Who::Nobody, cents);
            self.push(rng, minute, town, who);
        }
        if rng.per_mille(4) {
            self.counter_withdrawal(rng, n, person);
        }
        let (chance, low, high) = match person.life {
            // Tips, paid in on the way home.
            Life::NightWorker => (160, 2, 14),
            Life::Trader => (120, 3, 30),
            Life::Written => (0, 1, 1),
            _ => (4, 2, 60),
        };
        if rng.per_mille(chance) {
            let cents = rng.skewed(low, high) * 2_000;
            let night = person.life == Life::NightWorker && rng.per_mille(800);
            let minute = if night { rng.range(1_380, 1_590) } else { rng.range(540, 1_140) };
            let own = Who::Person(n);
            // A parent or partner pays in for one in eight, sometimes from another town.
            let helper = (!night && rng.per_mille(125)).then(|| self.friend(rng, n, person));
            let town = match helper {
                Some(helper) if rng.per_mille(300) => helper.outside_town().unwrap_or(town),
                _ => person.town,
            };
            let what = What::DepositAtm { machine };
            self.push(rng, minute, town, (what, helper.unwrap_or(own), own, cents));
        }
    }

    /// Mostly hundreds; now and then a used car.
    pub(crate) fn counter_withdrawal(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        if self.day.is_sunday() {
            return;
        }
        let car = rng.per_mille(20) && person.income > 250_000;
        let (low, high) = if car { (60, 99) } else { (2, 30) };
        let cents = rng.skewed(low, high) * 10_000;
        let branch = u8::try_from(rng.range(0, 2)).unwrap_or(0);
        let minute = rng.range(550, 1_010);
        let who = (What::Counter { branch }, Who::Person(n), Who::Nobody, cents);
        let before = self.out.len();
        self.push(rng, minute, person.town, who);
        let hand = self.helper(rng, n, person);
        if let Some(drawn) = self.out.get_mut(before..).and_then(<[Draft]>::first_mut) {
            drawn.hand = hand;
        }
    }

    fn phone_payments(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        if rng.per_mille(52) {
            let local = self.people.local(person.town);
            let trader = local.and_then(|local| rng.pick(&local.traders).copied());
            let to_trader = trader.filter(|&t| t != n && rng.per_mille(200));
            let (payee, cents) = match to_trader {
                Some(trader) => (Who::Person(trader), rng.skewed(5, 120) * 100),
                None if rng.per_mille(60) => {
                    (self.friend(rng, n, person), rng.skewed(200, 900) * 100)
                }
                None => (self.friend(rng, n, person), rng.skewed(5, 200) * 100),
            };
            let minute = rng.range(440, 1_430);
            self.push(rng, minute, person.town, (What::P2p, Who::Person(n), payee, cents));
        }
        if person.life == Life::Trader && rng.per_mille(280) {
            let cents = rng.skewed(100, 900) * 100;
            let supplier = Who::company(person.town, 60 + rng.range(0, 7));
            let minute = rng.range(300, 700);
            self.push(rng, minute, person.town, (What::Invoice, Who::Person(n), supplier, cents));
        }
    }

    /// One of a person's four friends: half of them in town, a quarter anywhere, a quarter at
    /// another bank.
    fn friend(&self, rng: &mut Rng, n: u32, person: &Person) -> Who {
        let k = rng.range(0, 3);
        let mut tie = Rng::of(self.seed, [HABIT, u64::from(n), u64::from(k)]);
        let outside = Who::outside(person.town, tie.range(0, 39_999));
        if k == 0 {
            return outside;
        }
        let town = if k == 1 { Town::draw(&mut tie) } else { person.town };
        let met = self.people.local(town).and_then(|local| tie.pick(&local.people));
        met.copied().filter(|&friend| friend != n).map_or(outside, Who::Person)
    }

    /// A savings club: everybody pays in on Saturdays, on Sundays one takes the pot.
    pub(crate) fn club(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        let club = person.club.and_then(|c| self.people.clubs.get(usize::try_from(c).ok()?));
        let Some((club, &keeper)) = club.and_then(|club| Some((club, club.members.first()?)))
        else {
            return;
        };
        if self.day.weekday == 5 && keeper != n {
            let minute = rng.range(480, 1_200);
            let who = (What::P2p, Who::Person(n), Who::Person(keeper), club.contribution);
            self.push(rng, minute, person.town, who);
        }
        let members = u32::try_from(club.members.len()).unwrap_or(1).max(1);
        let turn = club.members.get(usize::try_from(self.day.week % members).unwrap_or(0));
        if let Some(&turn) = turn
            && self.day.is_sunday()
            && keeper == n
            && turn != n
        {
            let pot = club.contribution * (members - 1);
            let minute = rng.range(600, 900);
            let who = (What::P2p, Who::Person(n), Who::Person(turn), pot);
            self.push(rng, minute, person.town, who);
        }
    }

    fn firm(&mut self, n: u32, firm: &Firm) {
        if firm.still {
            return;
        }
        if self.full {
            if firm.headcount < 20 && ordinary::is(self.seed, u64::from(n), Way::Holding, 12) {
                return self.holding(n, firm);
            }
            self.business(n, firm);
        }
        let mut rng = Rng::of(self.seed, [TRADE, u64::from(n), self.date_number()]);
        let rng = &mut rng;
        let own = Who::Firm(n);
        let open = !self.day.is_sunday();
        if open && rng.per_mille(260) {
            let cents = rng.skewed(150, 6_000) * 100 + rng.range(0, 99);
            let minute = rng.range(540, 1_020);
            let here = self.people.local(firm.town).and_then(|local| rng.pick(&local.firms));
            let here = here.copied().filter(|&f| f != n && rng.per_mille(250));
            let elsewhere = Who::company(Town::draw(rng), 60 + rng.range(0, 29));
            let payee = here.map_or(elsewhere, Who::Firm);
            let before = self.out.len();
            self.push(rng, minute, firm.town, (What::Invoice, own, payee, cents));
            if self.full
                && let Some(invoice) = self.out.get_mut(before..).and_then(<[Draft]>::first_mut)
            {
                invoice.say = match cents % 40 {
                    0..12 => Say::Invoice,
                    12 => Say::Consult,
                    13..16 if matches!(firm.mcc, 1520 | 4214 | 7011 | 5812) => Say::Labor,
                    _ => Say::Nothing,
                };
            }
        }
        // Takings, to the counter in the afternoon; a busy shop comes near the reporting limit.
        if firm.cash && open && self.day.weekday.is_multiple_of(2) {
            let size = u32::from(firm.headcount).min(60);
            let cents = (rng.range(300, 700) + size * rng.range(40, 140)) * 100;
            let minute = rng.range(840, 1_020);
            let branch = u8::try_from(mix(SHOPFRONT + u64::from(n)) % 3).unwrap_or(0);
            let what = What::DepositCounter { branch };
            let before = self.out.len();
            self.push(rng, minute, firm.town, (what, own, own, cents));
            if self.full
                && cents.is_multiple_of(200)
                && let Some(takings) = self.out.get_mut(before..).and_then(<[Draft]>::first_mut)
            {
                // Somebody of the staff brings them, as often as the owner does.
                takings.hand = Who::outside(firm.town, 700_000 + n * 2 + cents / 200 % 2);
            }
        }
        // Builders pay day laborers in cash.
        if firm.mcc == 1520 && self.day.weekday == 4 {
            let cents = rng.skewed(8, 60) * 10_000;
            let minute = rng.range(560, 900);
            let what = What::Counter { branch: 0 };
            self.push(rng, minute, firm.town, (what, own, Who::Nobody, cents));
        }
        if self.day.of_month == 1 {
            let cents = 150_000 + u32::from(firm.headcount) * 4_000;
            let agency = Who::company(firm.town, 10 + n % 10);
            self.push(rng, 600, firm.town, (What::Rent, own, agency, cents));
        }
    }
}
