//! One payment in, what it completes out.

use super::at::At;
use super::counts::Counts;
use super::scatter_gather::ScatterGather;
use super::settings::Settings;
use super::simple::Simple;
use super::temporal::Temporal;
use crate::work::Work;
use palermo_ledger::edges::{Edges, Fan, Keep, Start};
use palermo_ledger::{AccountId, Leg};

/// Payments whose lines are read together: enough for the misses to overlap, few enough to stay in
/// the nearest cache.
const AHEAD: usize = 16;

/// Searches every payment as it comes. See the crate.
#[derive(Debug)]
pub struct Miner {
    settings: Settings,
    edges: Edges,
    scatter_gather: ScatterGather,
    temporal: Temporal,
    simple: Simple,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "times are within edges::TIME_MAX, windows within SPAN_MAX"
)]
impl Miner {
    /// A miner that has seen nothing.
    pub fn new(settings: Settings) -> Self {
        let fan = settings.fan.map_or(0, |window| window - 1);
        Self {
            edges: Edges::new(Keep { span: Some(settings.span()), fan }),
            settings,
            scatter_gather: ScatterGather::default(),
            temporal: Temporal::default(),
            simple: Simple::default(),
        }
    }

    /// Adds a payment and says what it completes. Numbers of accounts are given in order of first
    /// sight, the payer's before the payee's; a payment to oneself completes nothing, is not kept,
    /// and counts as no sight.
    pub fn add(&mut self, payer: AccountId, payee: AccountId, time: i64) -> Counts {
        let mut counts = Counts::default();
        if payer == payee {
            return counts;
        }
        let fans = self.edges.put([Some(payer), Some(payee)], time, [(); 2], |()| true);
        self.degrees(payer, payee, time, fans, &mut counts);
        self.search(payer, payee, time, &mut counts);
        counts
    }

    /// As [`Miner::add`] for several payments in a row, in their order. Their lines are read ahead.
    pub fn add_each(
        &mut self,
        payments: &[(AccountId, AccountId, i64)],
        each: &mut dyn FnMut(usize, &Counts),
    ) {
        let mut at = 0;
        for ahead in payments.chunks(AHEAD) {
            let sum = |sum: u32, &(payer, payee, _): &(AccountId, AccountId, i64)| {
                sum.wrapping_add(self.edges.touch(payer, payee))
            };
            std::hint::black_box(ahead.iter().fold(0, sum));
            for &(payer, payee, time) in ahead {
                let counts = self.add(payer, payee, time);
                each(at, &counts);
                at += 1;
            }
        }
    }

    fn degrees(
        &self,
        payer: AccountId,
        payee: AccountId,
        time: i64,
        [out, into]: [Fan; 2],
        counts: &mut Counts,
    ) {
        let Self { settings, edges, .. } = self;
        // A late payment asks about the past: the running counts are those of the newest.
        let current = edges.newest() == Some(time);
        let past = |account, leg, window| edges.window(account, leg, time - window + 1, time);
        if let Some(window) = settings.fan {
            let fan = |account, leg| size(past(account, leg, window).distinct().count());
            (counts.fan_out, counts.fan_in) = if current {
                (out.distinct, into.distinct)
            } else {
                (fan(payer, Leg::Debtor), fan(payee, Leg::Creditor))
            };
        }
        if let Some(window) = settings.degree {
            let degree = |account, leg| size(past(account, leg, window).entries.len());
            (counts.degree_out, counts.degree_in) = if current && settings.fan == Some(window) {
                (out.degree, into.degree)
            } else {
                (degree(payer, Leg::Debtor), degree(payee, Leg::Creditor))
            };
        }
    }

    fn search(&mut self, payer: AccountId, payee: AccountId, time: i64, counts: &mut Counts) {
        let Self { settings, edges, scatter_gather, temporal, simple } = self;
        let at = |window: i64, to: i64| At { payer, payee, from: time - window, to };
        // How long ago the payee last paid, and the payer was last paid: no path goes on, and none
        // comes back, where that is out of the window. Most payments end here.
        let now = Start::at(time);
        let age = |account, leg| {
            edges.side_entries(account, leg).last().map_or(i64::MAX, |newest| -newest.since(now))
        };
        let (leaves, returns) = (age(payee, Leg::Debtor), age(payer, Leg::Creditor));
        let mut spent = 0_u32;
        if let Some(window) = settings.scatter_gather
            && leaves.min(returns) <= window
        {
            let mut work = Work::new(settings.budget);
            let found = &mut counts.scatter_gather;
            counts.truncated.scatter_gather =
                scatter_gather.search(edges, at(window, time), &mut work, found).is_err();
            spent = spent.saturating_add(work.spent());
        }
        if let Some(window) = settings.temp_cycle
            && leaves.max(returns) <= window
        {
            let mut work = Work::new(settings.budget);
            let found = &mut counts.temp_cycle;
            counts.truncated.temp_cycle =
                temporal.search(edges, at(window, time - 1), &mut work, found).is_err();
            spent = spent.saturating_add(work.spent());
        }
        if let Some(window) = settings.lc_cycle
            && leaves.max(returns) <= window
        {
            let mut work = Work::new(settings.budget);
            let (found, longest) = (&mut counts.lc_cycle, settings.lc_cycle_len);
            counts.truncated.lc_cycle =
                simple.search(edges, at(window, time), longest, &mut work, found).is_err();
            spent = spent.saturating_add(work.spent());
        }
        counts.work = spent;
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.edges.bytes()
    }
}

fn size(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
