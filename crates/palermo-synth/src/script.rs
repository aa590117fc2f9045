//! What the writers of cases share: days, towns, people, and where drafts go.
//!
//! A case is written for a number of days of its own, from 0. In a shorter world the days of CT-01
//! and CT-14 are compressed; in a longer one a case begins on a day that the seed chooses. A script
//! is run twice: once to add its people to the tables, and again, with the tables known, when the
//! stream reaches its first day; so only cases that are under way are in memory, a few hundred
//! drafts each.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days below 2^12, case and cast numbers below 2^17, amounts below 2^32 cents"
)]

use crate::calendar::{Day, days_after, days_before};
use crate::config::{Config, Noise};
use crate::draft::{Draft, Say, What};
use crate::people::{Firm, Life, Local, Pay, People, Person};
use crate::rng::Rng;
use crate::town::{Town, TownId};
use crate::truth::Evasion;
use crate::who::Who;
use palermo_domain::alert::Role;
use palermo_domain::{Date, Product};

const CASE: u64 = 40;
const NOISE: u64 = 41;
const EVADE: u64 = 42;

/// Somebody of a case, before they have ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// An account.
    Account(Who),
    /// A customer.
    Customer(Who),
    /// Somebody whom the bank knows from its counters and machines only.
    Conductor(Who),
}

/// The day `n` days later.
pub(crate) fn later(day: Day, n: u32) -> Day {
    Day::of(days_after(day.date, n))
}

/// The day itself, or the Monday after a Sunday.
pub(crate) fn when_open(day: Day) -> Day {
    if day.is_sunday() { later(day, 1) } else { day }
}

/// Nights from one day to another: one or two, also where a short world puts them together.
pub(crate) fn nights(from: Day, to: Day) -> u32 {
    u32::try_from(to.date.0 - from.date.0).unwrap_or(1).clamp(1, 2)
}

/// What a script says of its case, besides members and payments.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// The node that gathers.
    pub(crate) anchor: Part,
    /// Whose it is.
    pub(crate) holder: Who,
    /// Their accounts.
    pub(crate) accounts: Vec<Who>,
}

/// The tables of people, as a script meets them: to be added to, or already with everybody in.
#[derive(Debug)]
pub(crate) enum Cast<'a> {
    /// The first run: adds.
    New(&'a mut People),
    /// Every other run: numbers of the next person and firm that the first run added.
    Known(&'a People, u32, u32),
}

impl Cast<'_> {
    fn people(&self) -> &People {
        match self {
            Self::New(people) => people,
            Self::Known(people, ..) => people,
        }
    }

    /// Who lives or sits in a town.
    pub(crate) fn local(&self, town: TownId) -> Option<&Local> {
        self.people().local(town)
    }

    /// A person of the table.
    pub(crate) fn person(&self, n: u32) -> Option<&Person> {
        self.people().person(n)
    }

    /// A firm of the table.
    pub(crate) fn firm(&self, n: u32) -> Option<&Firm> {
        self.people().firm(n)
    }

    /// Adds somebody who is written rather than drawn; gives the number.
    pub(crate) fn add_person(&mut self, person: Person) -> u32 {
        match self {
            Self::New(people) => people.add_person(person),
            Self::Known(_, next, _) => {
                *next += 1;
                *next - 1
            }
        }
    }

    /// Adds a firm that is written rather than drawn; gives the number.
    pub(crate) fn add_firm(&mut self, firm: Firm) -> u32 {
        match self {
            Self::New(people) => people.add_firm(firm),
            Self::Known(_, _, next) => {
                *next += 1;
                *next - 1
            }
        }
    }
}

/// What a case is told before it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// Its number, from 1.
    pub(crate) case: u16,
    /// The days it takes.
    pub(crate) span: u16,
    /// Whether it may evade.
    pub(crate) may_evade: bool,
    /// An account of another network that it uses.
    pub(crate) partner: Option<Who>,
}

/// The pen of one case.
#[derive(Debug)]
pub(crate) struct Script<'a> {
    pub(crate) rng: Rng,
    pub(crate) people: Cast<'a>,
    /// Number of the case, from 1.
    case: u16,
    first: Date,
    days: u32,
    span: u32,
    noise: Noise,
    /// Draws what noise changes, so that the case is the same without it.
    chance: Rng,
    pub(crate) evasion: Option<Evasion>,
    pub(crate) partner: Option<Who>,
    /// A collector and the second person who takes half of it.
    twins: Option<(Who, Who)>,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) members: Vec<(Part, Role, &'static str)>,
    pub(crate) steps: Vec<&'static str>,
    step: u8,
    pub(crate) device: u32,
    pub(crate) devices: u32,
    pub(crate) say: Say,
    pub(crate) more: u32,
    pub(crate) tie: u8,
    /// Who stands at the counter in place of the holder, from here on.
    pub(crate) hand: Who,
    /// The name that payers give for the payee, from here on; zero for none.
    pub(crate) named: u32,
    pub(crate) outsiders: u32,
}

fn evasion(config: &Config, order: &Order) -> Option<Evasion> {
    let mut rng = Rng::of(config.seed, [EVADE, u64::from(order.case), 0]);
    if !order.may_evade || !rng.per_mille(config.evading_per_mille) {
        return None;
    }
    rng.pick(&[Evasion::Below, Evasion::Split, Evasion::Slow]).copied()
}

impl<'a> Script<'a> {
    /// The script of a case.
    pub(crate) fn new(config: &Config, people: Cast<'a>, order: &Order) -> Self {
        let mut rng = Rng::of(config.seed, [CASE, u64::from(order.case), 0]);
        let mut chance = Rng::of(config.seed, [NOISE, u64::from(order.case), 0]);
        let evasion = evasion(config, order);
        let slow = evasion == Some(Evasion::Slow);
        let pace = if slow { chance.range(200, 300) } else { 100 };
        let span = u32::from(order.span);
        let days = u32::from(config.days).min(span * pace / 100);
        let slack = u32::from(config.days) - days;
        let first = days_after(config.start, rng.range(0, slack));
        Self {
            rng,
            people,
            case: order.case,
            first,
            days,
            span,
            noise: config.noise,
            chance,
            evasion,
            partner: order.partner,
            twins: None,
            drafts: Vec::new(),
            members: Vec::new(),
            steps: vec![""],
            step: 0,
            device: 0,
            devices: 0,
            say: Say::Nothing,
            more: 0,
            tie: 0,
            hand: Who::Nobody,
            named: 0,
            outsiders: 0,
        }
    }

    /// The number of the case, from 1.
    pub(crate) const fn number(&self) -> u16 {
        self.case
    }

    /// The day of a script day.
    pub(crate) fn day(&self, script_day: u32) -> Day {
        let n = script_day.min(self.span - 1) * self.days / self.span;
        Day::of(days_after(self.first, n))
    }

    /// The day a number of days before the case begins.
    pub(crate) fn before(&self, days: u32) -> Date {
        days_before(self.first, days)
    }

    /// Names the step that the payments from here on belong to.
    pub(crate) fn step(&mut self, name: &'static str) {
        let known = self.steps.iter().position(|step| *step == name);
        let index = known.unwrap_or_else(|| {
            self.steps.push(name);
            self.steps.len() - 1
        });
        self.step = u8::try_from(index).unwrap_or(0);
    }

    /// Writes a payment at a local minute of a day in a town.
    pub(crate) fn put(
        &mut self,
        (day, minute): (Day, u32),
        town: TownId,
        what: What,
        (payer, payee): (Who, Who),
        cents: u32,
    ) {
        let place = Town::get(town);
        let at = day.at(place, minute, self.rng.range(0, 59_999));
        let offset = day.offset(place);
        let (payer, payee) = (self.either(payer, payee), self.either(payee, payer));
        let unseen = self.chance.per_mille(self.noise.unseen_per_mille);
        let draft = Draft::plain(at, what, (payer, payee), cents.max(1), (town, offset));
        self.drafts.push(Draft {
            more: self.more,
            device: self.device,
            case: self.case,
            step: self.step,
            unseen,
            say: self.say,
            tie: self.tie,
            hand: self.hand,
            named: self.named,
            ..draft
        });
    }

    /// A local minute between two, both included.
    pub(crate) fn minute(&mut self, from: u32, to: u32) -> u32 {
        self.rng.range(from, to)
    }

    /// A number of the catalogue as it is in this case: with the noise of amounts, and six tenths of
    /// it where the case stays below thresholds. Round amounts stay round.
    pub(crate) fn noisy(&mut self, cents: u32) -> u32 {
        let stray = u32::from(self.noise.amount_percent) * 10;
        let mut per_mille = 1_000;
        if stray > 0 {
            per_mille = self.chance.range(1_000 - stray, 1_000 + stray);
        }
        if self.evasion == Some(Evasion::Below) {
            per_mille = per_mille * 6 / 10;
        }
        if per_mille == 1_000 {
            return cents;
        }
        let round = |step: &u32| cents.is_multiple_of(*step) && *step * 8 <= cents;
        let step = [10_000, 5_000, 2_000, 1_000, 500, 100].into_iter().find(round).unwrap_or(1);
        let exact = u64::from(cents) * u64::from(per_mille) / 1_000;
        u32::try_from(exact).unwrap_or(u32::MAX) / step * step
    }

    /// From now on half of what a collector does is done by a second person, where the case
    /// spreads over two accounts.
    pub(crate) fn spread(&mut self, collector: Who) {
        if self.evasion != Some(Evasion::Split) || self.twins.is_some() {
            return;
        }
        let town = self.town_of(collector);
        let (opened, income) = (self.before(90), 180_000);
        let twin = Who::Person(self.customer(town, (opened, income), None));
        self.members.push((Part::Customer(twin), Role::RoleUndetermined, "second_collector"));
        self.members.push((Part::Account(twin), Role::RoleUndetermined, "second_collector"));
        self.twins = Some((collector, twin));
    }

    fn either(&mut self, who: Who, other: Who) -> Who {
        match self.twins {
            Some((first, twin)) if who == first && other.identity() != first.identity() => {
                if self.chance.per_mille(500) { twin } else { who }
            }
            _ => who,
        }
    }

    /// A customer who leads a written life in a town.
    pub(crate) fn customer(
        &mut self,
        town: TownId,
        (opened, income): (Date, u32),
        second: Option<(Product, Date)>,
    ) -> u32 {
        let habit = self.rng.range(120, 300);
        self.people.add_person(Person {
            town,
            life: Life::Written,
            pay: Pay::Never,
            employer: Who::Nobody,
            income,
            rent: 0,
            landlord: Who::Nobody,
            second: second.map(|(product, _)| product),
            opened,
            second_opened: second.map_or(opened, |(_, opened)| opened),
            shopping: u16::try_from(habit).unwrap_or(200),
            remits: false,
            club: None,
            profile: None,
        })
    }

    /// Somebody of a town who banks elsewhere and appears in this case only.
    pub(crate) fn outsider(&self, town: TownId, k: u32) -> Who {
        Who::outside(town, 100_000 + u32::from(self.case) * 1_000 + k)
    }

    /// Up to `count` people of a town: one in four a customer of the bank, the others elsewhere.
    pub(crate) fn neighbors(&mut self, town: TownId, count: u32, from: u32) -> Vec<Who> {
        let mut chosen: Vec<Who> = Vec::new();
        for k in 0..count {
            let elsewhere = self.outsider(town, from + k);
            let local = self.people.local(town);
            let met = local.and_then(|local| self.rng.pick(&local.people).copied());
            let here = met.map(Who::Person).filter(|who| !chosen.contains(who));
            let here = here.filter(|_| self.rng.per_mille(250));
            chosen.push(here.unwrap_or(elsewhere));
        }
        chosen
    }

    /// The town where a payer's phone is.
    pub(crate) fn town_of(&self, who: Who) -> TownId {
        match who {
            Who::Person(n) | Who::Second(n) => {
                self.people.person(n).map_or(0, |person| person.town)
            }
            Who::Firm(n) => self.people.firm(n).map_or(0, |firm| firm.town),
            _ => who.outside_town().unwrap_or(0),
        }
    }

    /// One of the border towns where cases are planted.
    pub(crate) fn border_town(&mut self) -> TownId {
        let towns: Vec<_> = Town::all().filter(|&id| Town::get(id).for_border_cases()).collect();
        self.rng.pick(&towns).copied().unwrap_or(0)
    }

    /// Up to `count` towns away from any border, each in another region than `home` and the others.
    pub(crate) fn regions(&mut self, home: TownId, count: usize) -> Vec<TownId> {
        let mut towns: Vec<_> = Town::all().filter(|&id| !Town::get(id).at_border()).collect();
        self.rng.shuffle(&mut towns);
        let mut chosen: Vec<TownId> = Vec::new();
        for id in towns {
            let region = Town::get(id).region();
            let known = |&other: &TownId| Town::get(other).region() == region;
            if chosen.len() < count && !known(&home) && !chosen.iter().any(known) {
                chosen.push(id);
            }
        }
        chosen
    }

    /// A round of `count` towns, each at least `hub_km` from `hub` and `apart_km` from the others,
    /// within a drive where the map allows it.
    pub(crate) fn round(
        &mut self,
        hub: TownId,
        (hub_km, apart_km): (i64, i64),
        count: usize,
    ) -> Vec<TownId> {
        let mut towns: Vec<TownId> = Town::all().collect();
        self.rng.shuffle(&mut towns);
        let mut chosen: Vec<TownId> = Vec::new();
        for reach in [1_000, 1_600, 2_600, 9_000] {
            for &id in &towns {
                let away = Town::get(hub).km_to(Town::get(id));
                let clear = |&other: &TownId| Town::get(other).km_to(Town::get(id)) >= apart_km;
                if chosen.len() < count
                    && (hub_km..=reach).contains(&away)
                    && chosen.iter().all(clear)
                {
                    chosen.push(id);
                }
            }
        }
        chosen
    }
}
