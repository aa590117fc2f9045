//! One question put to the search of its pattern, and the answer in the words of rules.
//!
//! Evidence is what the search names as witnesses; where it only counts, the subject's own payments
//! that were counted. A payment of others is shown from its debtor's end: nobody is made a payer of
//! the subject by it.

use super::{Found, Match};
use crate::lists::BoundList;
use palermo_domain::EventTime;
use palermo_graph::{
    Answer, Between, Bipartite, BipartiteAsk, ChainAsk, ChainSearch, CycleAsk, CycleSearch, FanAsk,
    FanSearch, GatherScatter, GatherScatterAsk, Hops, Keeps, Mirror, MirrorAsk, ScatterGather,
    ScatterGatherAsk, Sum, View,
};
use palermo_lang::program::{self, GraphValue, Pattern};
use palermo_ledger::{AccountId, Ledger, Leg, RowId, SetId};
use std::collections::BTreeMap;

/// Cycles that are counted, and shown.
const WITNESSES: usize = 8;

/// Scratch of every search.
#[derive(Debug, Default)]
pub(crate) struct Searches {
    fan: FanSearch,
    chain: ChainSearch,
    cycle: CycleSearch,
    scatter_gather: ScatterGather,
    gather_scatter: GatherScatter,
    bipartite: Bipartite,
    mirror: Mirror,
    /// Searches by kind: complete, and cut by the budget.
    counts: SearchCounts,
}

/// Searches by kind: how many were complete, and how many were cut by their budget.
pub type SearchCounts = BTreeMap<&'static str, [u64; 2]>;

/// What is asked, and of whom.
pub(super) struct Question<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) lists: &'a [BoundList],
    pub(super) view: View<'a>,
    /// The subject.
    pub(super) account: AccountId,
    pub(super) chosen: &'a dyn Fn(SetId) -> bool,
}

impl Searches {
    /// Takes in that a search was made.
    pub(crate) fn count(&mut self, kind: &'static str, cut: bool) {
        let [complete, truncated] = self.counts.entry(kind).or_default();
        let count = if cut { truncated } else { complete };
        *count = count.saturating_add(1);
    }

    pub(crate) const fn counts(&self) -> &SearchCounts {
        &self.counts
    }

    pub(super) fn ask(
        &mut self,
        question: &Question<'_>,
        pattern: &Pattern,
        budget: u32,
    ) -> Answer<Found> {
        let view = &question.view;
        match pattern {
            Pattern::FanIn => self.fan(question, Leg::Creditor, budget),
            Pattern::FanOut => self.fan(question, Leg::Debtor, budget),
            Pattern::Chain { hops, keeps } => {
                let ask = ChainAsk { hops: hops.1, keeps: bound(*keeps) };
                let answer = self.chain.search(view, &ask, budget);
                map(answer, |chain| question.chain(hops.0, &chain))
            }
            Pattern::Cycle { hops: (least, most), keeps } => {
                let hops = Hops { least: *least, most: *most };
                let ask = CycleAsk { hops, keeps: keeps.map(bound), witnesses: WITNESSES };
                let answer = self.cycle.search(view, &ask, budget);
                map(answer, |cycles| question.cycles(&cycles))
            }
            Pattern::ScatterGather { keeps } => {
                let ask = ScatterGatherAsk { keeps: keeps.map(bound) };
                let answer = self.scatter_gather.search(view, &ask, budget);
                map(answer, |found| {
                    let sources = found.sizes.bins().iter().map(|size| u64::from(*size)).sum();
                    question.between(sources, found.largest.as_ref())
                })
            }
            Pattern::GatherScatter => self.gather_scatter(question, budget),
            Pattern::Bipartite { sources, sinks } => {
                let ask = BipartiteAsk { sources: *sources, sinks: *sinks };
                let answer = self.bipartite.search(view, &ask, budget);
                map(answer, |core| {
                    let Some(core) = core else { return Found::default() };
                    let found = question.of(core.sources.min(core.sinks).into());
                    let found = found.count(GraphValue::Sources, core.sources.into());
                    let found = found.count(GraphValue::Targets, core.sinks.into());
                    let found = found.money(GraphValue::Amount, core.gross);
                    question.with_own(found.share(core.back, core.gross), &Leg::BOTH)
                })
            }
            Pattern::Mirror { tolerance } => self.mirror(question, *tolerance, budget),
            Pattern::Corridor { list, columns } => {
                super::route::corridor(question, (usize::from(list.0), *columns), budget)
            }
            Pattern::Shared { by } => super::shared::shared(question, *by, budget),
        }
    }

    fn fan(&mut self, question: &Question<'_>, leg: Leg, budget: u32) -> Answer<Found> {
        let ask = FanAsk { leg, enough: u32::MAX, degree_only: false };
        let answer = self.fan.search(&question.view, &ask, budget);
        map(answer, |fan| {
            let found = question.of(fan.fan.into());
            let found = found.count(GraphValue::Accounts, fan.fan.into());
            question.with_own(found.count(GraphValue::Payments, fan.degree.into()), &[leg])
        })
    }

    fn gather_scatter(&mut self, question: &Question<'_>, budget: u32) -> Answer<Found> {
        let ask = GatherScatterAsk {};
        let answer = self.gather_scatter.search(&question.view, &ask, budget);
        map(answer, |split| {
            let Some(split) = split else { return Found::default() };
            let found = question.of(split.size().into());
            let found = found.count(GraphValue::Sources, split.payers.into());
            let found = found.count(GraphValue::Targets, split.payees.into());
            let found = found.money(GraphValue::Amount, split.paid_in);
            question.with_own(found.share(split.paid_out, split.paid_in), &Leg::BOTH)
        })
    }

    fn mirror(&mut self, question: &Question<'_>, tolerance: u32, budget: u32) -> Answer<Found> {
        let ask = MirrorAsk { tolerance, party: &|_| &[] };
        let answer = self.mirror.search(&question.view, &ask, budget);
        map(answer, |mirrors| {
            let Some(newest) = mirrors.newest else { return Found::default() };
            let found = question.of(mirrors.count.into());
            let found = found.count(GraphValue::Found, mirrors.count.into());
            question.with_rows(question.asked_amount(found), &[newest])
        })
    }
}

fn bound(keeps: program::Keeps) -> Keeps {
    Keeps { least: keeps.least, most: keeps.most }
}

pub(super) fn map<T>(answer: Answer<T>, found: impl FnOnce(T) -> Found) -> Answer<Found> {
    Answer { found: found(answer.found), truncated: answer.truncated, work: answer.work }
}

impl Question<'_> {
    pub(super) fn of(&self, size: u64) -> Found {
        Found { size, ..Found::default() }
    }

    fn asked_amount(&self, found: Found) -> Found {
        let mut sum = Sum::default();
        match self.view.at().amount {
            Some(amount) => sum.cents = amount.0.into(),
            None => sum.unknown = 1,
        }
        found.money(GraphValue::Amount, sum)
    }

    fn chain(&self, least: u8, chain: &palermo_graph::Chain) -> Found {
        if chain.hops < least {
            return Found::default();
        }
        let sum = |amount: Option<palermo_domain::Cents>| Sum {
            cents: amount.map_or(0, |amount| amount.0.into()),
            unknown: u32::from(amount.is_none()),
        };
        let (brought, left) = (sum(chain.brought), sum(self.view.at().amount));
        let found = self.of(chain.hops.into()).count(GraphValue::Found, 1);
        let found = found.count(GraphValue::Hops, chain.hops.into());
        let found = found.money(GraphValue::Amount, brought).share(left, brought);
        self.with_rows(found, &chain.before)
    }

    fn cycles(&self, cycles: &palermo_graph::Cycles) -> Found {
        let Some(fewest) = cycles.fewest else { return Found::default() };
        let number = cycles.witnesses.len().max(1) as u64;
        let found = self.of(number).count(GraphValue::Found, number);
        let found = self.asked_amount(found.count(GraphValue::Hops, fewest.into()));
        self.with_rows(found, &cycles.witnesses.concat())
    }

    fn between(&self, sources: u64, largest: Option<&Between>) -> Found {
        let Some(Between { source, middles }) = largest else { return Found::default() };
        let size = middles.len() as u64;
        let found = self.of(size).count(GraphValue::Middles, size);
        let mut found = found.count(GraphValue::Sources, sources);
        let is_middle = |account: AccountId| middles.binary_search(&account).is_ok();
        let scattered = self.view.side(*source, Leg::Debtor).iter();
        let scattered = scattered.filter(|step| is_middle(step.other()));
        let scattered: Vec<RowId> = scattered.map(palermo_graph::Step::row).collect();
        let gathered = self.view.side(self.account, Leg::Creditor).iter();
        let gathered = gathered.filter(|step| is_middle(step.other()));
        let gathered: Vec<RowId> = gathered.map(palermo_graph::Step::row).collect();
        found = self.with_rows(found, &scattered);
        self.with_rows(found, &gathered)
    }

    /// With the subject's own payments of these directions.
    fn with_own(&self, mut found: Found, legs: &[Leg]) -> Found {
        for &leg in legs {
            let steps = self.view.side(self.account, leg).iter();
            found.evidence.extend(steps.map(|step| Match {
                time: EventTime(step.time()),
                row: step.row(),
                leg,
            }));
        }
        found
    }

    /// With these payments and the one that asks.
    pub(super) fn with_rows(&self, mut found: Found, rows: &[RowId]) -> Found {
        for &id in rows.iter().chain([&self.view.at().row]) {
            let Some(row) = self.ledger.row(id) else { continue };
            // Both ends may be the subject's in no edge.
            let into = row.account(Leg::Creditor) == Some(self.account);
            let leg = if into { Leg::Creditor } else { Leg::Debtor };
            found.evidence.push(Match { time: row.time(), row: id, leg });
        }
        found
    }
}
