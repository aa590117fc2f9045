//! What the writers of cases share: days, towns, people, and where drafts go.
//!
//! A case is written for 31 days, `0` to `30`. In a shorter world the days are compressed, in a
//! longer one the case begins on a day that the seed chooses. Memory: a few hundred drafts a case.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days below 2^11, case and cast numbers below 2^17"
)]

use crate::calendar::{Day, days_after, days_before};
use crate::config::{CASE_DAYS, Config};
use crate::draft::{Draft, What};
use crate::people::{Life, Pay, People, Person};
use crate::rng::Rng;
use crate::town::{Town, TownId};
use crate::truth::CaseKind;
use crate::who::Who;
use palermo_domain::alert::Role;
use palermo_domain::{Date, Product};

const CASE: u64 = 40;

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

/// A case as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Plot {
    pub(crate) id: String,
    pub(crate) kind: CaseKind,
    pub(crate) typology: &'static str,
    pub(crate) anchor: Part,
    pub(crate) holder: Who,
    pub(crate) accounts: Vec<Who>,
    pub(crate) members: Vec<(Part, Role, &'static str)>,
}

/// The pen of one case.
#[derive(Debug)]
pub(crate) struct Script<'a> {
    pub(crate) rng: Rng,
    pub(crate) people: &'a mut People,
    /// Number of the case, from 1.
    case: u16,
    first: Date,
    days: u32,
    pub(crate) drafts: Vec<Draft>,
}

impl<'a> Script<'a> {
    /// The script of a case.
    pub(crate) fn new(config: &Config, people: &'a mut People, case: u16) -> Self {
        let mut rng = Rng::of(config.seed, [CASE, u64::from(case), 0]);
        let slack = config.days.saturating_sub(CASE_DAYS);
        let first = days_after(config.start, rng.range(0, u32::from(slack)));
        let days = u32::from(config.days.min(CASE_DAYS));
        Self { rng, people, case, first, days, drafts: Vec::new() }
    }

    /// The day of a script day.
    pub(crate) fn day(&self, script_day: u32) -> Day {
        let n = script_day.min(30) * self.days / u32::from(CASE_DAYS);
        Day::of(days_after(self.first, n))
    }

    /// The day a number of days before the case begins.
    pub(crate) fn before(&self, days: u32) -> Date {
        days_before(self.first, days)
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
        let case = self.case;
        self.drafts.push(Draft { at, what, payer, payee, cents, town, offset, case });
    }

    /// A local minute between two, both included.
    pub(crate) fn minute(&mut self, from: u32, to: u32) -> u32 {
        self.rng.range(from, to)
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
