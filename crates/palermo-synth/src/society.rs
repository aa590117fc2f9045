//! A full society: what people and firms pay on one day, beyond a small bank's month.
//!
//! Levels are set so that the statistics come near published ones (docs/synth.md names the sources
//! and which of them were read); what no source gives is an assumption. As in `life`, a day of a
//! person is a pure function of (seed, person, day). Cost: about 0.3 us a person and day.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "amounts below 2^31 cents and minutes below 2^12, by the literal ranges drawn here"
)]

use crate::calendar::Day;
use crate::draft::{Code, Coin, Say, What};
use crate::life::Today;
use crate::ordinary::{Way, is};
use crate::people::{Firm, Life, Person};
use crate::rng::{Rng, mix};
use crate::town::{Town, TownId, abroad};
use crate::who::Who;

const RESIDENT: u64 = 50;
const TIE: u64 = 51;
const BUSINESS: u64 = 52;
const TRAIT: u64 = 53;

/// Weights of the hours of the day, from midnight. Shops: a peak from noon to one, a second one
/// after work, nearly nothing from three to four (Paymark 2017, read; its weights are not given).
type Clock = [u16; 24];
const SHOPS: Clock =
    [4, 2, 1, 1, 2, 6, 16, 34, 48, 56, 66, 78, 92, 84, 76, 76, 80, 82, 70, 52, 36, 20, 12, 6];
const DINNER: Clock =
    [14, 8, 4, 1, 1, 1, 2, 4, 8, 8, 12, 44, 86, 70, 30, 18, 28, 80, 150, 170, 120, 76, 44, 21];
const WEB: Clock =
    [16, 8, 4, 3, 3, 6, 14, 26, 42, 52, 58, 58, 60, 56, 54, 52, 54, 56, 60, 72, 86, 82, 52, 26];
const PHONES: Clock =
    [14, 8, 5, 3, 3, 6, 14, 28, 40, 48, 54, 58, 64, 60, 58, 58, 62, 70, 78, 80, 74, 58, 38, 19];
const CASH: Clock =
    [4, 3, 2, 2, 3, 7, 18, 36, 56, 74, 88, 94, 94, 84, 76, 78, 80, 78, 56, 30, 18, 10, 6, 3];

/// Shops by chance of a visit: category, weight, median in cents, spread, when.
const VISITS: [(u16, u16, u32, u32, &Clock); 14] = [
    (5411, 240, 4_600, 1_500, &SHOPS),
    (5812, 130, 3_000, 1_200, &DINNER),
    (5814, 170, 1_250, 900, &SHOPS),
    (5541, 100, 4_200, 800, &SHOPS),
    (5912, 55, 2_200, 1_400, &SHOPS),
    (5651, 40, 5_400, 1_400, &SHOPS),
    (5732, 15, 8_500, 2_000, &SHOPS),
    (5200, 45, 5_200, 1_800, &SHOPS),
    (5813, 35, 2_800, 1_200, &DINNER),
    (5499, 65, 1_250, 1_000, &SHOPS),
    (7230, 15, 4_200, 900, &SHOPS),
    (8011, 15, 7_500, 1_600, &SHOPS),
    (4111, 50, 450, 900, &SHOPS),
    (7298, 5, 8_500, 700, &SHOPS),
];

/// Shops on the web: category, weight, median in cents, spread.
const WEB_VISITS: [(u16, u16, u32, u32); 8] = [
    (5999, 420, 3_600, 1_800),
    (4899, 130, 1_300, 600),
    (5816, 80, 900, 1_200),
    (4121, 120, 1_700, 900),
    (5812, 110, 3_000, 900),
    (5732, 50, 7_500, 2_000),
    (5968, 70, 1_000, 700),
    (4722, 20, 24_000, 1_600),
];

/// Corridors from the United States: where to, weight, median in dollars. Shares are those of the
/// World Bank's bilateral matrix for 2021, recalled and rounded; Mexico's mean of 316 to 343 dollars
/// is Banxico's (2018 and 2019, read).
const CORRIDORS: [(TownId, u16, u32); 12] = [
    (abroad::JUAREZ, 190, 310),
    (abroad::NUEVO_LAREDO, 130, 310),
    (abroad::GUATEMALA, 110, 300),
    (abroad::TEGUCIGALPA, 75, 250),
    (abroad::MANAGUA, 30, 200),
    (abroad::BOGOTA, 60, 220),
    (abroad::MUMBAI, 130, 420),
    (abroad::MANILA, 110, 280),
    (abroad::DHAKA, 35, 240),
    (abroad::KATHMANDU, 30, 240),
    (abroad::LAGOS, 60, 220),
    (abroad::ISTANBUL, 40, 260),
];

fn weighted<T: Copy>(rng: &mut Rng, rows: &[T], weight: impl Fn(&T) -> u16) -> Option<T> {
    let total: u64 = rows.iter().map(|row| u64::from(weight(row))).sum();
    let mut left = rng.below(total);
    for row in rows {
        let own = u64::from(weight(row));
        if left < own {
            return Some(*row);
        }
        left -= own;
    }
    None
}

fn minute(rng: &mut Rng, clock: &Clock) -> u32 {
    let total: u64 = clock.iter().map(|&weight| u64::from(weight)).sum();
    let mut left = rng.below(total);
    for (hour, &weight) in (0..).zip(clock) {
        if left < u64::from(weight) {
            return hour * 60 + rng.range(0, 59);
        }
        left -= u64::from(weight);
    }
    720
}

/// How much is bought on a day, in percent: Saturdays most, December more, January less, more after
/// payday.
fn appetite(day: &Day) -> u32 {
    let week = [88, 89, 93, 98, 115, 128, 96].get(usize::from(day.weekday)).copied().unwrap_or(100);
    let season = match day.month() {
        12 => 122,
        11 => 106,
        1 | 2 => 92,
        _ => 100,
    };
    let payday = if matches!(day.of_month, 1..=3 | 15..=16 | 28..=31) { 108 } else { 98 };
    week * season * payday / 10_000
}

/// Something that is true of one in `n` people or firms for good.
fn has(seed: u64, who: u64, what: u64, n: u64) -> bool {
    mix(mix(seed ^ TRAIT ^ who) ^ what).is_multiple_of(n)
}

impl Today<'_> {
    /// A person's day in a full society.
    pub(crate) fn resident(&mut self, n: u32, person: &Person) {
        let unopened = !self.has_opened(Who::Person(n));
        if person.life == Life::Still || Town::is_abroad(person.town) || unopened {
            return;
        }
        if person.life == Life::Dormant {
            return self.besides(n, person);
        }
        let mut rng = Rng::of(self.seed, [RESIDENT, u64::from(n), self.date_number()]);
        let rng = &mut rng;
        let written = person.life == Life::Written;
        if person.life != Life::Seasonal || self.in_season(n) {
            self.wages(rng, n, person);
        }
        if person.life != Life::Minor {
            self.bills(rng, n, person);
        }
        let town = self.whereabouts(rng, n, person);
        self.visits(rng, n, person, town);
        self.cash_of(rng, n, person, town);
        if !written {
            self.phones(rng, n, person);
            self.club(rng, n, person);
            self.living(rng, n, person);
            self.habits(rng, n, person);
            self.besides(n, person);
        }
        if person.remits {
            self.remittance(rng, n, person);
        }
    }

    fn say(&mut self, rng: &mut Rng, at: (u32, TownId), draft: (What, Who, Who, u32), say: Say) {
        self.push(rng, at.0, at.1, draft);
        if let Some(last) = self.out.last_mut() {
            last.say = say;
        }
    }

    /// A fair, a match or a festival: from Thursday to Sunday of one week a year, in every town.
    fn is_event(&self, town: TownId) -> bool {
        let week = mix(self.seed ^ mix(u64::from(town))) % 52;
        u64::from(self.day.week) % 52 == week && self.day.weekday > 2
    }

    fn in_season(&self, n: u32) -> bool {
        let first = mix(self.seed ^ u64::from(n)) % 12;
        (u64::from(self.day.month()) + 11 - first) % 12 < 5
    }

    fn visits(&mut self, rng: &mut Rng, n: u32, person: &Person, town: TownId) {
        // From 0.25 to 1.1 purchases a day: on average 16 a month by this bank's cards.
        let habit = u32::from(person.shopping) * 5 / 3;
        let poor = matches!(person.life, Life::Minor | Life::Newcomer);
        let mut budget = habit * appetite(&self.day) / if poor { 250 } else { 100 };
        while budget > 0 {
            let chance = budget.min(600);
            budget -= chance;
            if rng.range(0, 999) < chance {
                self.visit(rng, n, person, town);
            }
        }
    }

    fn visit(&mut self, rng: &mut Rng, n: u32, person: &Person, town: TownId) {
        // One purchase in five is remote (DCPC 2022, read).
        if rng.per_mille(200) {
            return self.web_visit(rng, n, person);
        }
        let Some((mcc, _, median, spread, clock)) = weighted(rng, &VISITS, |row| row.1) else {
            return;
        };
        let cents = rng.around(median, spread).clamp(100, 600_000);
        let shop = u16::try_from(rng.zipf(100)).unwrap_or(0);
        let at = minute(rng, clock);
        let payee = self.popular(rng, town, mcc);
        self.push(rng, at, town, (What::Pos { mcc, shop }, Who::Person(n), payee, cents));
    }

    /// A local firm of the category that banks here, in one case of three, mostly the same few.
    fn popular(&self, rng: &mut Rng, town: TownId, mcc: u16) -> Who {
        let local = self.people.local(town).filter(|local| !local.firms.is_empty());
        let Some(local) = local.filter(|_| rng.per_mille(340)) else { return Who::Nobody };
        let count = u32::try_from(local.firms.len()).unwrap_or(1);
        for _ in 0..8 {
            let rank = usize::try_from(rng.zipf(count)).unwrap_or(0);
            let firm = local.firms.get(rank).copied().unwrap_or(0);
            if self.people.firm(firm).is_some_and(|known| known.mcc == mcc) {
                return Who::Firm(firm);
            }
        }
        Who::Nobody
    }

    fn web_visit(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        let home = person.town;
        if rng.per_mille(8) {
            let cents = rng.skewed(1, 8) * 500;
            return self.advert(rng, n, home, cents);
        }
        let Some((mcc, _, median, spread)) = weighted(rng, &WEB_VISITS, |row| row.1) else {
            return;
        };
        let cents = rng.around(median, spread).clamp(99, 800_000);
        let shop = u16::try_from(rng.zipf(100)).unwrap_or(0);
        let at = minute(rng, &WEB);
        let own = Who::Person(n);
        self.push(rng, at, home, (What::Online { mcc, shop }, own, Who::Nobody, cents));
        if mcc == 5999 && shop <= 60 && rng.per_mille(60) {
            let back = (What::Refund { mcc, shop }, Who::Nobody, own, cents);
            self.push(rng, (at + 15).min(1_439), home, back);
        }
    }

    fn cash_of(&mut self, rng: &mut Rng, n: u32, person: &Person, town: TownId) {
        let own = Who::Person(n);
        if rng.per_mille(52) && person.life != Life::Minor {
            // Three sizes: pocket money, the usual, the limit; a mean near 190.
            let cents = match rng.below(20) {
                0..7 => rng.range(1, 3) * 2_000,
                7..16 => rng.range(4, 10) * 2_000,
                _ => rng.range(15, 40) * 2_000,
            };
            let at = minute(rng, &CASH);
            let machine = u8::try_from(rng.zipf(8)).unwrap_or(0);
            let what =
                if rng.per_mille(180) { What::ShopAtm { machine } } else { What::Atm { machine } };
            self.push(rng, at, town, (what, own, Who::Nobody, cents));
        }
        if rng.per_mille(4) {
            self.counter_withdrawal(rng, n, person);
        }
        let (chance, low, high) = match person.life {
            Life::NightWorker => (150, 2, 14),
            Life::Trader => (120, 3, 30),
            Life::Gig => (60, 2, 12),
            Life::Written => (0, 1, 1),
            _ => (7, 2, 60),
        };
        if rng.per_mille(chance) {
            let cents = rng.skewed(low, high) * 2_000;
            let night = person.life == Life::NightWorker && rng.per_mille(700);
            let at = if night { rng.range(1_380, 1_590) } else { minute(rng, &CASH) };
            let machine = u8::try_from(rng.zipf(6)).unwrap_or(0);
            let helper = !night && rng.per_mille(110);
            let by = if helper { self.tie(rng, n, person) } else { own };
            let what = What::DepositAtm { machine };
            self.push(rng, at, person.town, (what, by, own, cents));
        }
    }

    /// One of a person's ties: three to ninety of them, the first ones met most, and among them the
    /// people whom everybody in town knows.
    fn tie(&self, rng: &mut Rng, n: u32, person: &Person) -> Who {
        let mut habit = Rng::of(self.seed, [TIE, u64::from(n), 0]);
        let count = 3 + habit.zipf(90);
        let rank = rng.zipf(count);
        let mut tie = Rng::of(self.seed, [TIE, u64::from(n), u64::from(rank) + 1]);
        let outside = Who::outside(person.town, tie.range(0, 39_999));
        if tie.per_mille(450) {
            return outside;
        }
        let town = if tie.per_mille(200) { Town::draw(&mut tie) } else { person.town };
        let Some(local) = self.people.local(town) else { return outside };
        let people = u32::try_from(local.people.len()).unwrap_or(0);
        let place = if tie.per_mille(350) { tie.zipf(people) } else { tie.range(0, people) };
        let met = usize::try_from(place).ok().and_then(|place| local.people.get(place)).copied();
        met.filter(|&other| other != n).map_or(outside, Who::Person)
    }

    fn phones(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        // Most pay now and then, a few every day.
        let mut habit = Rng::of(self.seed, [TIE, 78, u64::from(n)]);
        let chance = u16::try_from(habit.around(45, 1_300).min(900)).unwrap_or(45);
        let times = if rng.per_mille(chance) { 1 + rng.zipf(4) } else { 0 };
        let first = minute(rng, &PHONES);
        for k in 0..times {
            let payee = self.tie(rng, n, person);
            let cents = (rng.around(3_800, 1_700) / 500).max(1) * 500;
            let say = match rng.below(280) {
                0..20 => Say::Rent,
                20..40 => Say::Dinner,
                40..60 => Say::Thanks,
                60..80 => Say::Gift,
                80..100 => Say::Tickets,
                100..120 => Say::Birthday,
                120..140 => Say::Groceries,
                140..160 => Say::Share,
                160..164 => Say::Debt,
                164..167 => Say::LoanRate,
                167..171 => Say::School,
                171..174 => Say::Medicine,
                174..177 => Say::Help,
                177..180 => Say::Lesson,
                180..183 => Say::Club,
                183 => Say::Wellness,
                184 => Say::PersonalCare,
                185..187 => Say::Tip,
                187..189 => Say::Allowance,
                189 => Say::Training,
                190 => Say::Visa,
                _ => Say::Nothing,
            };
            let at = (first + k * rng.range(1, 40)).min(1_439);
            let who = (What::P2p, Who::Person(n), payee, cents.min(250_000));
            self.say(rng, (at, person.town), who, say);
        }
        let local = self.people.local(person.town);
        let trader = local.and_then(|local| rng.pick(&local.traders).copied());
        if let Some(trader) = trader.filter(|&t| t != n)
            && rng.per_mille(10)
        {
            let cents = rng.around(2_200, 1_300);
            let at = minute(rng, &SHOPS);
            self.push(
                rng,
                at,
                person.town,
                (What::P2p, Who::Person(n), Who::Person(trader), cents),
            );
        }
    }

    /// What somebody lives on, by the way they live.
    fn living(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        let (own, town) = (Who::Person(n), person.town);
        match person.life {
            Life::Gig => self.gig(rng, own, person),
            Life::Seller => self.seller(rng, own, person),
            Life::Newcomer if self.day.is_due(5) => {
                let cents = rng.range(420, 780) * 100;
                let grant = What::Grant(Code::Benefit);
                self.push(rng, 330, town, (grant, Who::company(town, 1), own, cents));
            }
            Life::Seasonal
                if !self.in_season(n) && self.day.weekday == 1 && self.day.is_business() =>
            {
                let cents = person.income / 4 / 100 * 45;
                let grant = What::Grant(Code::Benefit);
                self.push(rng, 330, town, (grant, Who::company(town, 1), own, cents));
            }
            Life::Student => {
                let parent = Who::outside(
                    Town::draw(&mut Rng::of(self.seed, [TIE, 9, u64::from(n)])),
                    n % 40_000,
                );
                if self.day.of_month == 2 {
                    let cents = rng.range(8, 30) * 2_500;
                    let who = (What::P2p, parent, own, cents);
                    let at = minute(rng, &PHONES);
                    self.say(rng, (at, town), who, Say::Allowance);
                }
                if self.day.is_due(20) && matches!(self.day.month(), 1 | 8) {
                    let cents = rng.range(14, 60) * 10_000;
                    let who = (What::Transfer(Code::Study), own, Who::company(town, 5), cents);
                    self.say(rng, (640, town), who, Say::Tuition);
                }
            }
            Life::Minor if self.day.weekday == 5 => {
                let parent = self.tie(rng, n, person);
                let cents = rng.range(2, 8) * 500;
                let at = minute(rng, &PHONES);
                self.push(rng, at, town, (What::P2p, parent, own, cents));
            }
            Life::Trader if rng.per_mille(280) => {
                let cents = rng.skewed(100, 900) * 100;
                let supplier = Who::company(town, 60 + rng.range(0, 7));
                self.push(rng, 480, town, (What::Invoice, own, supplier, cents));
            }
            _ => {}
        }
    }

    /// Payouts of platforms, tips, fuel and tolls.
    fn gig(&mut self, rng: &mut Rng, own: Who, person: &Person) {
        let platform = Who::company(18, 20 + u32::from(person.shopping) % 5);
        if self.day.weekday == 1 && self.day.is_business() {
            let cents = person.income / 4 / 100 * rng.range(70, 130);
            let who = (What::Transfer(Code::Services), platform, own, cents);
            self.push(rng, 360, person.town, who);
        }
        if rng.per_mille(120) {
            let cents = rng.around(4_500, 800);
            let at = minute(rng, &PHONES);
            self.push(rng, at, person.town, (What::Transfer(Code::Services), platform, own, cents));
        }
        if rng.per_mille(400) {
            let cents = rng.around(2_800, 700);
            let shop = u16::try_from(rng.zipf(100)).unwrap_or(0);
            let at = minute(rng, &DINNER);
            self.push(
                rng,
                at,
                person.town,
                (What::Pos { mcc: 5541, shop }, own, Who::Nobody, cents),
            );
        }
    }

    /// A marketplace pays out, buyers pay by phone, parcels cost postage.
    fn seller(&mut self, rng: &mut Rng, own: Who, person: &Person) {
        let market = Who::company(35, 30 + u32::from(person.shopping) % 3);
        if self.day.weekday == 2 && self.day.is_business() {
            let cents = person.income / 5 / 100 * rng.range(50, 150);
            self.push(rng, 400, person.town, (What::Transfer(Code::Goods), market, own, cents));
        }
        for _ in 0..rng.zipf(3) {
            let town = Town::draw(rng);
            let buyer = Who::outside(town, rng.range(0, 39_999));
            let cents = rng.around(3_500, 1_500);
            let at = minute(rng, &PHONES);
            self.say(rng, (at, town), (What::P2p, buyer, own, cents), Say::Order);
        }
        if rng.per_mille(350) {
            let cents = rng.around(1_400, 900);
            let shop = u16::try_from(rng.zipf(20)).unwrap_or(0);
            let at = minute(rng, &SHOPS);
            self.push(
                rng,
                at,
                person.town,
                (What::Pos { mcc: 9402, shop }, own, Who::Nobody, cents),
            );
        }
    }

    /// What some do now and then: donate, repay, top up, travel, buy coin, play, pay in checks.
    fn habits(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        let (own, town, who) = (Who::Person(n), person.town, u64::from(n));
        let adult = person.life != Life::Minor;
        let due = 1 + u8::try_from(mix(who ^ self.seed) % 27).unwrap_or(0);
        if adult && self.day.is_due(due) {
            if has(self.seed, who, 1, 4) {
                let cents = person.income / 100 * rng.range(6, 14);
                self.push(rng, 600, town, (What::Repay, own, Who::company(27, 50 + n % 9), cents));
            }
            if has(self.seed, who, 2, 7) {
                let charity = Who::company(27, 200 + rng.zipf(40));
                let cents = rng.range(2, 20) * 500;
                let who = (What::Transfer(Code::Charity), own, charity, cents);
                self.say(rng, (620, town), who, Say::Donation);
            }
        }
        if has(self.seed, who, 3, 12) && rng.per_mille(110) {
            let cents = rng.range(2, 8) * 500;
            let at = minute(rng, &WEB);
            self.push(rng, at, town, (What::Topup, own, Who::Nobody, cents));
            if let Some(last) = self.out.last_mut() {
                last.more = n.wrapping_mul(8).wrapping_add(u32::from(rng.per_mille(200)));
            }
        }
        // One in ten owns coin (DCPC 2022, read); few of them trade every week.
        if adult && has(self.seed, who, 4, 10) && rng.per_mille(28) {
            let cents = rng.around(9_000, 1_800).max(1_000);
            let at = minute(rng, &WEB);
            let exchange = Who::company(27, 7);
            let draft = if rng.per_mille(750) {
                (What::CoinBuy(Coin::Btc), own, exchange, cents)
            } else {
                (What::CoinSell(Coin::Btc), exchange, own, cents)
            };
            self.push(rng, at, town, draft);
        }
        if adult && has(self.seed, who, 5, 25) && rng.per_mille(110) {
            let cents = rng.range(2, 20) * 500;
            let at = minute(rng, &DINNER);
            let house = Who::company(20, 70);
            self.push(rng, at, town, (What::Stake, own, house, cents));
            if rng.per_mille(330) {
                let won = cents * rng.range(50, 260) / 100;
                self.push(rng, (at + 90).min(1_439), town, (What::Winnings, house, own, won));
            }
        }
        self.journeys(rng, n, person);
        if adult && rng.per_mille(3) && self.day.is_business() {
            let cents = rng.around(38_000, 1_800);
            let from = Who::company(town, 400 + rng.range(0, 60));
            self.push(rng, rng_office(n), town, (What::Check, from, own, cents));
        }
    }

    fn journeys(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        let (own, town) = (Who::Person(n), person.town);
        if rng.per_mille(6) {
            let far = rng.per_mille(350);
            let mcc = if far { 4511 } else { 4112 };
            let people = 1 + u8::try_from(rng.zipf(4)).unwrap_or(0);
            let abroad = far && rng.per_mille(250);
            let pick = weighted(rng, &CORRIDORS, |row| row.1).map_or(town, |row| row.0);
            let to = if abroad { pick } else { Town::draw(rng) };
            let fare = if far { rng.around(24_000, 900) } else { rng.around(3_200, 1_000) };
            let back = rng.per_mille(700);
            let what = What::Ticket { mcc, people, to, back };
            let at = minute(rng, &WEB);
            self.push(rng, at, town, (what, own, Who::Nobody, fare * u32::from(people)));
        }
    }

    /// Home, to one receiver or two, around payday; from phone to phone where that is usual.
    fn remittance(&mut self, rng: &mut Rng, n: u32, person: &Person) {
        let mut habit = Rng::of(self.seed, [TIE, 77, u64::from(n)]);
        let Some((place, _, dollars)) = weighted(&mut habit, &CORRIDORS, |row| row.1) else {
            return;
        };
        let every = habit.range(2, 5);
        let friday = self.day.weekday == 4 || self.day.weekday == 5;
        let week = (self.day.week + n).is_multiple_of(every);
        if !(friday && week && rng.per_mille(500)) {
            return;
        }
        let second = rng.per_mille(180);
        let family = Who::outside(place, 60_000 + (n % 900_000) * 2 + u32::from(second));
        let usual = habit.around(dollars * 100, 700);
        let cents = (usual / 100 * rng.range(85, 115) / 500).max(2) * 500;
        let at = minute(rng, &PHONES);
        let mobile = matches!(place, abroad::LAGOS | abroad::DHAKA | abroad::MANILA);
        let what = if mobile && n.is_multiple_of(2) { What::MobileMoney } else { What::Remittance };
        if is(self.seed, u64::from(n), Way::MoneyService, 3) {
            // The service is paid from the account; what it sends on is not seen here.
            let service = Who::Listed(7 + u8::try_from(n % 4).unwrap_or(0));
            return self.push(rng, at, person.town, (What::P2p, Who::Person(n), service, cents));
        }
        self.push(rng, at, person.town, (what, Who::Person(n), family, cents));
    }

    /// A firm's day beyond its invoices: cards of other banks, wages to other banks, taxes.
    pub(crate) fn business(&mut self, n: u32, firm: &Firm) {
        let mut rng = Rng::of(self.seed, [BUSINESS, u64::from(n), self.date_number()]);
        let rng = &mut rng;
        let own = Who::Firm(n);
        let late = matches!(firm.mcc, 5812 | 5813);
        let retail = (5000..6000).contains(&firm.mcc) || firm.mcc == 7230;
        if retail && (late || !self.day.is_sunday()) {
            let usual = u32::from(firm.headcount).min(40) / 8 + 1;
            let guests = if late && self.is_event(firm.town) { usual * 3 } else { usual };
            for _ in 0..guests {
                let guest = Who::outside(firm.town, rng.range(0, 39_999));
                let cents = rng.around(2_600, 1_400).max(150);
                let at = minute(rng, if late { &DINNER } else { &SHOPS });
                let at = if late && at < 240 { at + 1_440 } else { at.max(420) };
                self.push(rng, at, firm.town, (What::Sale { mcc: firm.mcc }, guest, own, cents));
            }
        }
        let payday = self.day.weekday == 4 && u64::from(self.day.week % 2) == own.identity() % 2;
        if payday {
            // One firm in seven pays through a bureau.
            let payer = if has(self.seed, u64::from(n), 6, 7) { Who::company(24, 3) } else { own };
            let mut all = 0;
            for k in 0..(u32::from(firm.headcount) / 2).clamp(1, 12) {
                let worker = Who::outside(firm.town, 40_000 + (n % 60_000) * 16 + k);
                let mut habit =
                    Rng::of(self.seed, [BUSINESS, u64::from(n), 1_000_000 + u64::from(k)]);
                let cents = habit.around(150_000, 600) / 100 * 100;
                all += cents;
                let before = self.out.len();
                self.push(rng, 330, firm.town, (What::Payroll, payer, worker, cents));
                if is(self.seed, payer.identity(), Way::TellsGross, 3)
                    && let Some(wage) = self.out.get_mut(before..).and_then(<[_]>::first_mut)
                {
                    wage.more = cents / 100 * (118 + k);
                }
            }
            if payer != own {
                self.push(rng, 300, firm.town, (What::Payroll, own, payer, all));
            }
        }
        if self.day.is_due(15) {
            let cents = u32::from(firm.headcount) * rng.range(500, 900) * 100;
            let office = Who::company(firm.town, 2);
            self.say(
                rng,
                (620, firm.town),
                (What::Transfer(Code::Tax), own, office, cents),
                Say::Nothing,
            );
        }
    }
}

/// When somebody goes to the counter.
fn rng_office(n: u32) -> u32 {
    560 + n % 440
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sound() {
        for clock in [SHOPS, DINNER, WEB, PHONES, CASH] {
            assert!(clock.iter().all(|&weight| weight > 0));
        }
        assert!(CORRIDORS.iter().all(|row| Town::is_abroad(row.0)));
    }
}
