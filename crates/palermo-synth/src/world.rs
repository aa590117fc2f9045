//! A world put together, and its payments as a stream.
//!
//! Promises: payments come in event-time order; the same configuration gives the same bytes,
//! however the stream is consumed; ids are sequential in the order of the stream. Memory: the
//! tables of people, two days of drafts, and the drafts of the cases that are under way (72 bytes
//! each), whatever the number of days.

use crate::balance::{Balances, Left};
use crate::calendar::{Day, FIRST_UTC_MS, days_after};
use crate::config::{Config, ConfigError, Society};
use crate::customers;
use crate::draft::Draft;
use crate::life::Today;
use crate::noise::Gaps;
use crate::people::People;
use crate::plot::{self, Plot};
use crate::script::Part;
use crate::truth::{Case, Leg, Member, Node};
use crate::who::Who;
use crate::write::{Refers, Writer, conductor_id, payment_id};
use palermo_domain::{EventTime, Party, Payment};
use std::collections::BTreeMap;

/// A seeded world. Making one draws its people and writes its cases: about 0.3 us an account.
#[derive(Clone, Debug)]
pub struct World {
    config: Config,
    people: People,
    plots: Vec<Plot>,
    /// The plots by their first payment.
    order: Vec<usize>,
}

impl World {
    /// Makes the world of a configuration.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        config.check()?;
        let mut people = People::draw(config);
        let plots = plot::plots(config, &mut people);
        let mut order: Vec<usize> = (0..plots.len()).collect();
        order.sort_by_key(|&index| plots.get(index).map(|plot| plot.first));
        Ok(Self { config: config.clone(), people, plots, order })
    }

    /// What it was made from.
    pub fn config(&self) -> &Config {
        &self.config
    }

    fn gaps(&self) -> Option<Gaps> {
        Gaps::of(self.config.seed, self.config.noise.missing_per_mille)
    }

    /// The customers, one record each, people first. Their `as_of` is before the first payment;
    /// where an account is opened later, it is the day of opening.
    pub fn parties(&self) -> impl Iterator<Item = Party> + '_ {
        let people = (0..).zip(&self.people.persons);
        let firms = (0..).zip(&self.people.firms);
        let gaps = self.gaps();
        let all = people
            .map(|(n, person)| customers::person(&self.config, n, person))
            .chain(firms.map(|(n, firm)| customers::firm(&self.config, n, firm)));
        (0..).zip(all).map(move |(number, party)| match gaps {
            Some(gaps) => gaps.party(number, party),
            None => party,
        })
    }

    /// The payments, in event-time order, from the first. About a microsecond each.
    pub fn payments(&self) -> Payments<'_> {
        let writer = Writer {
            people: &self.people,
            currency: self.config.currency,
            gaps: self.gaps(),
            full: self.config.society == Society::Full,
            seed: self.config.seed,
        };
        let balances = writer.full.then(|| Balances::new(&self.people));
        Payments { drafts: Drafts::new(self), writer, balances }
    }

    /// How many people have an account, those of cases too.
    pub(crate) fn people(&self) -> u64 {
        u64::try_from(self.people.persons.len()).unwrap_or(0)
    }

    /// What ordinary people and firms do, unwritten.
    pub(crate) fn ordinary(&self) -> impl Iterator<Item = Draft> + '_ {
        let mut drafts = Drafts::new(self);
        let all = std::iter::from_fn(move || drafts.next());
        all.map(|drawn| drawn.draft).filter(|draft| draft.case == 0)
    }

    /// The answer sheet: planted networks first, then look-alikes. Runs through the whole world
    /// without writing it, at about a quarter of the cost of [`World::payments`].
    pub fn truth(&self) -> Vec<Case> {
        let mut cases: Vec<Case> = self.plots.iter().map(|plot| self.case(plot)).collect();
        let mut drafts = Drafts::new(self);
        while let Some(drawn) = drafts.next_of_any() {
            let draft = drawn.draft;
            let Some(index) = usize::from(draft.case).checked_sub(1) else { continue };
            let (Some(case), Some(plot)) = (cases.get_mut(index), self.plots.get(index)) else {
                continue;
            };
            let payment = (!draft.unseen).then(|| payment_id(drawn.number));
            if let Some(id) = &payment {
                case.first = case.first.min(draft.at);
                case.last = draft.at;
                case.payments.push(id.clone());
            }
            let step = plot.steps.get(usize::from(draft.step)).copied().unwrap_or("");
            case.legs.push(Leg { payment, at: draft.at, step, cents: draft.cents });
        }
        for (case, plot) in cases.iter_mut().zip(&self.plots) {
            // A small case of which nothing is seen still has a time.
            if let (true, Some(first), Some(last)) =
                (case.payments.is_empty(), case.legs.first(), case.legs.last())
            {
                (case.first, case.last) = (first.at, last.at);
            }
            case.complete = plot.complete(case.legs.iter().map(|leg| (leg.step, leg.at)));
            let seen = case.legs.iter().filter(|leg| leg.payment.is_some());
            case.decidable = plot.complete(seen.map(|leg| (leg.step, leg.at)));
        }
        cases
    }

    fn case(&self, plot: &Plot) -> Case {
        let account = |who: Who| who.account().unwrap_or_default();
        let node = |part: Part| match part {
            Part::Account(who) => Node::Account(account(who)),
            Part::Customer(who) => Node::Party(who.party().unwrap_or_default()),
            Part::Conductor(who) => Node::Party(conductor_id(who)),
        };
        let name = |&index: &usize| self.plots.get(index).map(|plot| plot.id.clone());
        Case {
            id: plot.id.clone(),
            kind: plot.kind,
            typology: plot.typology,
            anchor: node(plot.scene.anchor),
            holder: plot.scene.holder.party().unwrap_or_default(),
            accounts: plot.scene.accounts.iter().map(|&who| account(who)).collect(),
            members: plot
                .members
                .iter()
                .map(|&(part, role, function)| Member { node: node(part), role, function })
                .collect(),
            first: EventTime::MAX,
            last: EventTime::MIN,
            payments: Vec::new(),
            legs: Vec::new(),
            complete: None,
            decidable: None,
            evading: plot.evasion,
            shares: plot.shares.iter().filter_map(name).collect(),
        }
    }
}

/// A draft of a world, numbered.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    number: u64,
    draft: Draft,
    refers: Refers,
}

/// The drafts of a world in order, numbered.
#[derive(Debug)]
struct Drafts<'w> {
    world: &'w World,
    /// Next local day to be written.
    day: u16,
    /// Drafts in order; those before `at` are gone.
    ready: Vec<Draft>,
    at: usize,
    /// Drafts at or after the moment up to which everything is known.
    later: Vec<Draft>,
    /// What is left of the cases that are under way, in order.
    written: Vec<Draft>,
    /// How many of the plots have begun.
    begun: usize,
    number: u64,
    /// Numbers of payments that a later one refers to, by case and tie.
    tied: BTreeMap<(u16, u8), u64>,
}

impl<'w> Drafts<'w> {
    fn new(world: &'w World) -> Self {
        Self {
            world,
            day: 0,
            ready: Vec::new(),
            at: 0,
            later: Vec::new(),
            written: Vec::new(),
            begun: 0,
            number: 0,
            tied: BTreeMap::new(),
        }
    }

    /// The next draft that the bank sees.
    fn next(&mut self) -> Option<Drawn> {
        loop {
            let drawn = self.next_of_any()?;
            if !drawn.draft.unseen {
                return Some(drawn);
            }
        }
    }

    /// The next draft, seen or not; one that is not seen takes no number.
    fn next_of_any(&mut self) -> Option<Drawn> {
        loop {
            if let Some(&draft) = self.ready.get(self.at) {
                self.at = self.at.saturating_add(1);
                let number = self.number;
                if draft.unseen {
                    return Some(Drawn { number, draft, refers: None });
                }
                self.number = number.saturating_add(1);
                let refers = self.refers(&draft, number);
                return Some(Drawn { number, draft, refers });
            }
            if !self.write_day() {
                return None;
            }
        }
    }

    fn refers(&mut self, draft: &Draft, number: u64) -> Refers {
        if draft.tie == 0 {
            return None;
        }
        let key = (draft.case, draft.tie);
        let earlier = self.tied.remove(&key);
        if earlier.is_none() {
            self.tied.insert(key, number);
        }
        earlier
    }

    /// Writes one more local day; emits what no later day can precede. False at the end.
    fn write_day(&mut self) -> bool {
        let config = &self.world.config;
        if self.day > config.days {
            return false;
        }
        self.ready.clear();
        self.at = 0;
        self.ready.append(&mut self.later);
        let horizon = if self.day < config.days {
            let date = days_after(config.start, u32::from(self.day));
            let (people, seed) = (&self.world.people, config.seed);
            let full = config.society == Society::Full;
            Today { seed, people, day: Day::of(date), full, out: &mut self.ready }.everybody();
            EventTime(days_after(date, 1).midnight().0.saturating_add(FIRST_UTC_MS))
        } else {
            EventTime::MAX
        };
        self.day = self.day.saturating_add(1);
        self.begin_cases(horizon);
        let due = self.written.partition_point(|draft| draft.at < horizon);
        self.ready.extend(self.written.drain(..due));
        self.ready.sort_by_key(|draft| draft.at);
        let known = self.ready.partition_point(|draft| draft.at < horizon);
        self.later.extend(self.ready.drain(known..));
        true
    }

    /// Writes the cases whose first payment comes before a moment.
    fn begin_cases(&mut self, horizon: EventTime) {
        let (world, before) = (self.world, self.begun);
        while let Some(plot) = world.order.get(self.begun).and_then(|&index| world.plots.get(index))
            && (plot.first < horizon || horizon == EventTime::MAX)
        {
            self.written.extend(plot.drafts(&world.config, &world.people));
            self.begun = self.begun.saturating_add(1);
        }
        if self.begun > before {
            self.written.sort_by_key(|draft| draft.at);
        }
    }
}

/// The payments of a world in event-time order.
#[derive(Debug)]
pub struct Payments<'w> {
    drafts: Drafts<'w>,
    writer: Writer<'w>,
    /// In a full society.
    balances: Option<Balances<'w>>,
}

impl Iterator for Payments<'_> {
    type Item = Payment<'static>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            // What is not seen as a payment still moves what is left.
            let drawn = self.drafts.next_of_any()?;
            let book = |balances: &mut Balances<'_>| balances.book(&drawn.draft);
            let left = self.balances.as_mut().map_or_else(Left::default, book);
            if !drawn.draft.unseen {
                return Some(self.writer.payment(&drawn.draft, drawn.number, (drawn.refers, left)));
            }
        }
    }
}
