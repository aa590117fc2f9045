//! A world put together, and its payments as a stream.
//!
//! Promises: payments come in event-time order; the same configuration gives the same bytes,
//! however the stream is consumed; ids are sequential in the order of the stream. Memory: the
//! tables of people and two days of drafts (56 bytes each), whatever the number of days.

use crate::calendar::{Day, FIRST_UTC_MS, days_after};
use crate::config::{Config, ConfigError};
use crate::customers;
use crate::draft::Draft;
use crate::life::Today;
use crate::people::People;
use crate::script::{Part, Plot, Script};
use crate::truth::{Case, Member, Node};
use crate::who::Who;
use crate::write::{Writer, conductor_id, payment_id};
use crate::{ct01, ct14, lookalike};
use palermo_domain::{EventTime, Party, Payment};

/// A seeded world. Making one draws its people and writes its cases: about 0.3 us an account.
#[derive(Clone, Debug)]
pub struct World {
    config: Config,
    people: People,
    plots: Vec<Plot>,
    /// Payments of the cases, in event-time order.
    written: Vec<Draft>,
}

type WriteCase = fn(&mut Script<'_>, u16) -> Plot;

impl World {
    /// Makes the world of a configuration.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        config.check()?;
        let mut people = People::draw(config);
        let mut plots = Vec::new();
        let mut written = Vec::new();
        let (planted, quiet) = (config.planted, config.lookalikes);
        let cases: [(u16, WriteCase); 6] = [
            (planted.ct01, ct01::write),
            (planted.ct14, ct14::write),
            (quiet.savings_clubs, lookalike::savings_club),
            (quiet.hotel_workers, lookalike::hotel_worker),
            (quiet.border_traders, lookalike::border_trader),
            (quiet.sales_reps, lookalike::sales_rep),
        ];
        for (count, write) in cases {
            for n in 1..=count {
                let number = u16::try_from(plots.len()).unwrap_or(u16::MAX).saturating_add(1);
                let mut script = Script::new(config, &mut people, number);
                plots.push(write(&mut script, n));
                written.append(&mut script.drafts);
            }
        }
        written.sort_by_key(|draft| draft.at);
        Ok(Self { config: config.clone(), people, plots, written })
    }

    /// What it was made from.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The customers, one record each, people first. Their `as_of` is before the first payment;
    /// where an account is opened later, it is the day of opening.
    pub fn parties(&self) -> impl Iterator<Item = Party> + '_ {
        let people = (0..).zip(&self.people.persons);
        let firms = (0..).zip(&self.people.firms);
        people
            .map(|(n, person)| customers::person(&self.config, n, person))
            .chain(firms.map(|(n, firm)| customers::firm(&self.config, n, firm)))
    }

    /// The payments, in event-time order, from the first. About a microsecond each.
    pub fn payments(&self) -> Payments<'_> {
        let writer = Writer { people: &self.people, currency: self.config.currency };
        Payments { drafts: Drafts::new(self), writer }
    }

    /// The answer sheet: planted networks first, then look-alikes. Runs through the whole world
    /// without writing it, at about a quarter of the cost of [`World::payments`].
    pub fn truth(&self) -> Vec<Case> {
        let mut cases: Vec<Case> = self.plots.iter().map(case).collect();
        let mut drafts = Drafts::new(self);
        while let Some((number, draft)) = drafts.next() {
            let index = usize::from(draft.case).checked_sub(1);
            let Some(case) = index.and_then(|index| cases.get_mut(index)) else { continue };
            if case.payments.is_empty() {
                case.first = draft.at;
            }
            case.last = draft.at;
            case.payments.push(payment_id(number));
        }
        cases
    }
}

fn case(plot: &Plot) -> Case {
    let account = |who: Who| who.account().unwrap_or_default();
    let node = |part: Part| match part {
        Part::Account(who) => Node::Account(account(who)),
        Part::Customer(who) => Node::Party(who.party().unwrap_or_default()),
        Part::Conductor(who) => Node::Party(conductor_id(who)),
    };
    Case {
        id: plot.id.clone(),
        kind: plot.kind,
        typology: plot.typology,
        anchor: node(plot.anchor),
        holder: plot.holder.party().unwrap_or_default(),
        accounts: plot.accounts.iter().map(|&who| account(who)).collect(),
        members: plot
            .members
            .iter()
            .map(|&(part, role, function)| Member { node: node(part), role, function })
            .collect(),
        first: EventTime::MAX,
        last: EventTime::MIN,
        payments: Vec::new(),
    }
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
    written_at: usize,
    number: u64,
}

impl<'w> Drafts<'w> {
    fn new(world: &'w World) -> Self {
        let (ready, later) = (Vec::new(), Vec::new());
        Self { world, day: 0, ready, at: 0, later, written_at: 0, number: 0 }
    }

    fn next(&mut self) -> Option<(u64, Draft)> {
        loop {
            if let Some(&draft) = self.ready.get(self.at) {
                self.at = self.at.saturating_add(1);
                let number = self.number;
                self.number = number.saturating_add(1);
                return Some((number, draft));
            }
            if !self.write_day() {
                return None;
            }
        }
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
            Today { seed, people, day: Day::of(date), out: &mut self.ready }.everybody();
            EventTime(days_after(date, 1).midnight().0.saturating_add(FIRST_UTC_MS))
        } else {
            EventTime::MAX
        };
        self.day = self.day.saturating_add(1);
        let written = self.world.written.get(self.written_at..).unwrap_or(&[]);
        let due = written.partition_point(|draft| draft.at < horizon);
        self.written_at = self.written_at.saturating_add(due);
        self.ready.extend(written.iter().take(due));
        self.ready.sort_by_key(|draft| draft.at);
        let known = self.ready.partition_point(|draft| draft.at < horizon);
        self.later.extend(self.ready.drain(known..));
        true
    }
}

/// The payments of a world in event-time order.
#[derive(Debug)]
pub struct Payments<'w> {
    drafts: Drafts<'w>,
    writer: Writer<'w>,
}

impl Iterator for Payments<'_> {
    type Item = Payment<'static>;

    fn next(&mut self) -> Option<Self::Item> {
        let (number, draft) = self.drafts.next()?;
        Some(self.writer.payment(&draft, number))
    }
}
