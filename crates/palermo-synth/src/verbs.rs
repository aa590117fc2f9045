//! The verbs of a script: who is cast, and what they do with money.
//!
//! Days are script days, hours are pairs of local minutes, amounts are drawn in dollars of the
//! catalogue and come back in cents with the noise in them. Money that is passed on is counted by
//! the script from what came in.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "minutes, counts below 1,000 and amounts below 2^31 cents, by the scripts' literals"
)]

use crate::calendar::Day;
use crate::draft::{Say, What};
use crate::people::{Firm, Life, Pay, Person, Profile};
use crate::script::{Part, Scene, Script, later, when_open};
use crate::town::{Town, TownId};
use crate::truth::Evasion;
use crate::who::Who;
use palermo_domain::alert::Role;
use palermo_domain::{Activity, AgeBand, EventCode, Product, RelationKind};

/// A pair of local minutes.
pub(crate) type Hours = (u32, u32);
/// When people are up.
pub(crate) const DAY: Hours = (480, 1_260);
/// When counters are open.
pub(crate) const OFFICE: Hours = (550, 1_010);
/// After work.
pub(crate) const EVENING: Hours = (1_080, 1_430);
/// From 22:00 to 05:30.
pub(crate) const NIGHT: Hours = (1_325, 1_770);
/// At any time.
pub(crate) const ANY: Hours = (0, 1_439);
/// When wages are booked.
pub(crate) const MORNING: Hours = (300, 480);

/// Somebody to be cast.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// Account opened so many days before the case.
    opened: u32,
    /// Monthly income in dollars.
    income: u32,
    life: Life,
    second: Option<Product>,
    profile: Profile,
}

impl Spec {
    /// Somebody who shops and has bills like anybody.
    pub(crate) fn of(opened: u32, income: u32) -> Self {
        let profile = Profile::default();
        Self { opened, income, life: Life::Written, second: None, profile }
    }

    /// Nothing but what is written happens on the account.
    pub(crate) fn still(mut self) -> Self {
        self.life = Life::Still;
        self
    }

    /// With another account.
    pub(crate) fn second(mut self, product: Product) -> Self {
        self.second = Some(product);
        self
    }

    /// Of an age.
    pub(crate) fn age(mut self, age: AgeBand) -> Self {
        self.profile.age = Some(age);
        self
    }

    /// What they do, and as what (ISCO-08; empty where not told).
    pub(crate) fn does(mut self, activity: Activity, occupation: &'static str) -> Self {
        self.profile.activity = Some(activity);
        self.profile.occupation = (!occupation.is_empty()).then_some(occupation);
        self
    }

    /// A phone and an address that others of the case have too; zero for the own.
    pub(crate) fn shares(mut self, phone: u32, address: u32) -> Self {
        (self.profile.phone, self.profile.address) = (phone, address);
        self
    }

    /// A declared relation.
    pub(crate) fn related(mut self, who: Who, kind: RelationKind) -> Self {
        self.profile.relations.push((who, kind));
        self
    }

    /// May use accounts of others.
    pub(crate) fn mandates(mut self, accounts: &[Who]) -> Self {
        self.profile.mandates.extend_from_slice(accounts);
        self
    }

    /// What the first account is.
    pub(crate) fn product(mut self, product: Product) -> Self {
        self.profile.product = Some(product);
        self
    }

    /// What the bank declared besides.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Profile)) -> Self {
        change(&mut self.profile);
        self
    }
}

impl Script<'_> {
    /// Adds a customer and says what they are in the case; gives their account.
    pub(crate) fn cast(
        &mut self,
        town: TownId,
        spec: Spec,
        role: Role,
        function: &'static str,
    ) -> Who {
        let who = self.extra(town, spec);
        self.members.push((Part::Customer(who), role, function));
        self.members.push((Part::Account(who), role, function));
        who
    }

    fn extra(&mut self, town: TownId, spec: Spec) -> Who {
        let opened = self.before(spec.opened);
        let habit = self.rng.range(120, 420);
        Who::Person(self.people.add_person(Person {
            town,
            life: spec.life,
            pay: Pay::Never,
            employer: Who::Nobody,
            income: spec.income * 100,
            rent: 0,
            landlord: Who::Nobody,
            second: spec.second,
            opened,
            second_opened: opened,
            shopping: u16::try_from(habit).unwrap_or(200),
            remits: false,
            club: None,
            profile: Some(Box::new(spec.profile)),
        }))
    }

    /// Adds several customers of one kind.
    pub(crate) fn cast_many(
        &mut self,
        town: TownId,
        spec: &Spec,
        count: u32,
        (role, function): (Role, &'static str),
    ) -> Vec<Who> {
        (0..count).map(|_| self.cast(town, spec.clone(), role, function)).collect()
    }

    /// Adds a firm for which nothing is drawn; gives its account.
    pub(crate) fn found(
        &mut self,
        town: TownId,
        (mcc, headcount, opened): (u16, u16, u32),
        profile: Profile,
        (role, function): (Role, &'static str),
    ) -> Who {
        let opened = self.before(opened);
        let still = true;
        let profile = Some(Box::new(profile));
        let firm = Firm { town, mcc, cash: false, headcount, opened, still, profile };
        let who = Who::Firm(self.people.add_firm(firm));
        self.members.push((Part::Customer(who), role, function));
        self.members.push((Part::Account(who), role, function));
        who
    }

    /// Somebody who banks elsewhere.
    pub(crate) fn outside(&mut self, town: TownId, role: Role, function: &'static str) -> Who {
        self.outsiders += 1;
        let who = self.outsider(town, self.outsiders % 1_000);
        self.members.push((Part::Account(who), role, function));
        who
    }

    /// Somebody who pays cash in for others and is known from there only.
    pub(crate) fn depositor(&mut self, town: TownId, role: Role, function: &'static str) -> Who {
        self.outsiders = self.outsiders % 900 + 1;
        let who = self.outsider(town, self.outsiders);
        self.members.push((Part::Conductor(who), role, function));
        who
    }

    /// People of a town: one in four a customer of the bank.
    pub(crate) fn public(
        &mut self,
        town: TownId,
        count: u32,
        (role, function): (Role, &'static str),
    ) -> Vec<Who> {
        let from = self.outsiders;
        self.outsiders += count;
        let people = self.neighbors(town, count, from);
        self.members.extend(people.iter().map(|&who| (Part::Account(who), role, function)));
        people
    }

    /// Where the money of a network goes in the end: an account of another network, where it shares
    /// one, else somebody of its own.
    pub(crate) fn ally(&mut self, town: TownId, function: &'static str) -> Who {
        let who = match self.partner {
            Some(who) => who,
            None => {
                let (opened, income) = (self.rng.range(200, 2_000), self.rng.range(2_000, 4_000));
                return self.cast(town, Spec::of(opened, income), Role::Subject, function);
            }
        };
        self.members.push((Part::Account(who), Role::Subject, function));
        who
    }

    /// A device of the case; what is paid from here on can be said to come from it.
    pub(crate) fn device(&mut self) -> u32 {
        self.devices += 1;
        self.key(self.devices)
    }

    /// A number of the case for shared phones, addresses and clusters.
    pub(crate) fn key(&self, k: u32) -> u32 {
        u32::from(self.number()) * 256 + k % 256
    }

    /// A town of residents.
    pub(crate) fn town(&mut self) -> TownId {
        Town::draw(&mut self.rng)
    }

    /// Dollars of the catalogue, in steps; the noisy cents of this case.
    pub(crate) fn usd(&mut self, low: u32, high: u32, step: u32) -> u32 {
        let step = step.max(1);
        let dollars = self.rng.range(low / step, high / step) * step;
        self.noisy(dollars * 100)
    }

    /// A number of people or payments; six tenths of it where the case stays below thresholds.
    pub(crate) fn count(&mut self, low: u32, high: u32) -> u32 {
        let n = self.rng.range(low, high);
        if self.evasion == Some(Evasion::Below) { (n * 6).div_ceil(10).max(1) } else { n }
    }

    /// A share of an amount, in percent, in whole dollars.
    pub(crate) fn part(&mut self, cents: u32, low: u32, high: u32) -> u32 {
        let percent = u64::from(self.rng.range(low, high));
        u32::try_from(u64::from(cents) * percent / 100).unwrap_or(u32::MAX) / 100 * 100
    }

    /// Which of the ties that a typology may show this network shows, each by itself: none in about
    /// one network of seven, several in about half.
    pub(crate) fn ties<const N: usize>(&mut self) -> [bool; N] {
        let chance = match N {
            0..=2 => 620,
            3 => 470,
            _ => 380,
        };
        [(); N].map(|()| self.rng.per_mille(chance))
    }

    /// One of several people.
    pub(crate) fn one(&mut self, people: &[Who]) -> Who {
        self.rng.pick(people).copied().unwrap_or(Who::Nobody)
    }

    /// The first Friday at or after a script day.
    pub(crate) fn friday(&self, script_day: u32) -> Day {
        let day = self.day(script_day);
        later(day, (11 - u32::from(day.weekday)) % 7)
    }

    /// A script day between two.
    pub(crate) fn day_in(&mut self, low: u32, high: u32) -> Day {
        let day = self.rng.range(low, high);
        self.day(day)
    }

    fn at(&mut self, day: Day, hours: Hours) -> (Day, u32) {
        (day, self.minute(hours.0, hours.1))
    }

    /// A payment from where the payer lives.
    pub(crate) fn pay(&mut self, day: Day, hours: Hours, what: What, ends: (Who, Who), cents: u32) {
        let town = self.town_of(ends.0);
        let at = self.at(day, hours);
        self.put(at, town, what, ends, cents);
    }

    /// The same, with a text.
    pub(crate) fn pay_for(
        &mut self,
        (day, hours): (Day, Hours),
        say: Say,
        what: What,
        ends: (Who, Who),
        cents: u32,
    ) {
        self.say = say;
        self.pay(day, hours, what, ends, cents);
        self.say = Say::Nothing;
    }

    /// From a device of the case.
    pub(crate) fn pay_on(
        &mut self,
        (day, hours): (Day, Hours),
        device: u32,
        what: What,
        ends: (Who, Who),
        cents: u32,
    ) {
        self.device = device;
        self.pay(day, hours, what, ends, cents);
        self.device = 0;
    }

    /// At a counter, by somebody else than the holder: with a mandate, or with the holder beside them.
    pub(crate) fn by_hand(&mut self, hand: Who, write: impl FnOnce(&mut Self)) {
        self.hand = hand;
        write(self);
        self.hand = Who::Nobody;
    }

    /// Cash in: a machine takes small sums at all hours, a counter the others when it is open.
    pub(crate) fn deposit(
        &mut self,
        (day, hours): (Day, Hours),
        town: TownId,
        (by, into): (Who, Who),
        cents: u32,
    ) {
        let office = hours.0 >= OFFICE.0 && hours.1 <= OFFICE.1;
        let (day, what) = if cents > 300_000 || office {
            (when_open(day), What::DepositCounter { branch: self.index(2) })
        } else {
            (day, What::DepositAtm { machine: self.index(5) })
        };
        let hours = if cents > 300_000 { OFFICE } else { hours };
        let at = self.at(day, hours);
        self.put(at, town, what, (by, into), cents);
    }

    /// Cash out: from a machine below 1,000, else at a counter.
    pub(crate) fn withdraw(
        &mut self,
        (day, hours): (Day, Hours),
        town: TownId,
        from: Who,
        cents: u32,
    ) {
        let (day, hours, what) = if cents > 100_000 {
            (when_open(day), OFFICE, What::Counter { branch: self.index(2) })
        } else {
            (day, hours, What::Atm { machine: self.index(5) })
        };
        let at = self.at(day, hours);
        self.put(at, town, what, (from, Who::Nobody), cents);
    }

    fn index(&mut self, most: u32) -> u8 {
        u8::try_from(self.rng.range(0, most)).unwrap_or(0)
    }

    /// By card at a shop of a town.
    pub(crate) fn shop(
        &mut self,
        (day, hours): (Day, Hours),
        (town, mcc): (TownId, u16),
        from: Who,
        cents: u32,
    ) {
        let shop = u16::try_from(self.rng.range(0, 20)).unwrap_or(0);
        let at = self.at(day, hours);
        self.put(at, town, What::Pos { mcc, shop }, (from, Who::Nobody), cents);
    }

    /// By card on the web.
    pub(crate) fn web(&mut self, (day, hours): (Day, Hours), mcc: u16, from: Who, cents: u32) {
        let shop = u16::try_from(self.rng.range(0, 9)).unwrap_or(0);
        self.pay(day, hours, What::Online { mcc, shop }, (from, Who::Nobody), cents);
    }

    /// A stay of some nights.
    pub(crate) fn stay(&mut self, day: Day, town: TownId, nights: u32, from: Who) {
        let cents = self.usd(65, 140, 1) * nights;
        let hotel = u16::try_from(self.rng.range(0, 11)).unwrap_or(0);
        let nights = u8::try_from(nights).unwrap_or(1);
        let at = self.at(day, DAY);
        let what = What::Lodging { hotel, nights, online: self.rng.per_mille(600) };
        self.put(at, town, what, (from, Who::Nobody), cents);
    }

    /// Adverts at prices in multiples of 12.
    pub(crate) fn advert(&mut self, day: Day, from: Who) {
        let site = u16::try_from(self.rng.range(1, 3)).unwrap_or(1);
        let cents = self.usd(12, 48, 12);
        self.pay(day, DAY, What::Advert { site }, (from, Who::Nobody), cents);
    }

    /// Credit for the `number`-th prepaid phone of the case.
    pub(crate) fn topup(&mut self, day: Day, from: Who, number: u32) {
        let cents = self.usd(10, 40, 5);
        self.more = self.key(number);
        self.pay(day, DAY, What::Topup, (from, Who::Nobody), cents);
        self.more = 0;
    }

    /// Tickets for some people.
    pub(crate) fn tickets(
        &mut self,
        day: Day,
        from: Who,
        (mcc, people, to): (u16, u32, TownId),
        (back, cents): (bool, u32),
    ) {
        let people = u8::try_from(people).unwrap_or(1);
        let what = What::Ticket { mcc, people, to, back };
        self.pay(day, DAY, what, (from, Who::Nobody), cents);
    }

    /// Wages, net and gross.
    pub(crate) fn wage(&mut self, day: Day, ends: (Who, Who), net: u32, gross: u32) {
        self.more = gross;
        self.pay(day, MORNING, What::Payroll, ends, net);
        self.more = 0;
    }

    /// Coin to or from a cluster of wallets.
    pub(crate) fn coin(
        &mut self,
        (day, hours): (Day, Hours),
        what: What,
        (who, cluster): (Who, u32),
        cents: u32,
    ) {
        self.more = cluster;
        let out = matches!(what, What::CoinOut(..));
        let ends = if out { (who, Who::Nobody) } else { (Who::Nobody, who) };
        let town = self.town_of(who);
        let at = self.at(day, hours);
        self.put(at, town, what, ends, cents);
        self.more = 0;
    }

    /// A firm of a town that banks elsewhere, by a number of this case.
    pub(crate) fn company(&self, town: TownId, k: u32) -> Who {
        Who::company(town, 1_000 + u32::from(self.number()) * 100 + k % 100)
    }

    /// The scene around an account and its holder.
    pub(crate) fn at_account(&self, who: Who) -> Scene {
        let own = self.accounts_of(who);
        Scene { anchor: Part::Account(who), holder: who, accounts: own }
    }

    fn accounts_of(&self, who: Who) -> Vec<Who> {
        let second = match who {
            Who::Person(n) => self.people.person(n).and_then(|p| p.second).map(|_| Who::Second(n)),
            _ => None,
        };
        [who].into_iter().chain(second).collect()
    }
}

/// The other account of somebody.
pub(crate) fn other(who: Who) -> Who {
    match who {
        Who::Person(n) => Who::Second(n),
        who => who,
    }
}

/// Opened under escort, by somebody who came along.
pub(crate) fn escorted(
    script: &Script<'_>,
    days: u32,
    device: u32,
) -> (EventCode, palermo_domain::Date, u32) {
    (EventCode::OpenedUnderEscort, script.before(days), device)
}
