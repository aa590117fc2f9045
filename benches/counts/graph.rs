//! The searches of docs/patterns.md, each with the windows that rules would give it, on a steady
//! stream and in a burst, where most of them spend their budget.

use crate::QUESTIONS;
use crate::stream::{DAY, HOUR, asked, asked_where, burst, busy, steady};
use gungraun::{library_benchmark, library_benchmark_group};
use palermo_graph::{
    Bipartite, BipartiteAsk, ByArrival, ChainAsk, ChainSearch, ComponentAsk, ComponentSearch,
    CorridorAsk, CorridorSearch, CycleAsk, CycleSearch, FanAsk, FanSearch, GatherScatter,
    GatherScatterAsk, Hops, Keeps, Mirror, MirrorAsk, PassThrough, PassThroughAsk, ScatterGather,
    ScatterGatherAsk, SharedAsk, SharedSearch, SimpleCycleAsk, SimpleCycleSearch, StatisticsAsk,
    StatisticsSearch, Trace, TraceAsk, Uses, View,
};
use palermo_ledger::{AccountId, Leg, RowId};
use palermo_testkit::graph::Edge as Drawn;

const BUDGET: u32 = 4096;

// Who was paid by whom: both ends.
#[library_benchmark]
#[bench::steady(steady())]
#[bench::burst(burst())]
fn fan(edges: Vec<Drawn>) -> usize {
    let mut search = FanSearch::default();
    asked(&edges, 12 * HOUR, &mut |view| {
        Leg::BOTH.map(|leg| {
            search
                .search(view, &FanAsk { leg, enough: u32::MAX, degree_only: false }, BUDGET)
                .found
                .fan
                > 1
        }) != [false; 2]
    })
}

#[library_benchmark]
#[bench::steady(steady())]
#[bench::busy(busy())]
#[bench::burst(burst())]
fn scatter_gather(edges: Vec<Drawn>) -> usize {
    let (mut search, ask) = (ScatterGather::default(), ScatterGatherAsk { keeps: None });
    asked(&edges, DAY, &mut |view| search.search(view, &ask, BUDGET).found.largest.is_some())
}

#[library_benchmark]
#[bench::steady(steady())]
#[bench::burst(burst())]
fn gather_scatter(edges: Vec<Drawn>) -> usize {
    let (mut search, ask) = (GatherScatter::default(), GatherScatterAsk {});
    asked(&edges, 3 * DAY, &mut |view| search.search(view, &ask, BUDGET).found.is_some())
}

const CYCLE: CycleAsk = CycleAsk { hops: Hops { least: 2, most: 8 }, keeps: None, witnesses: 3 };

fn completes(search: &mut CycleSearch, view: &View<'_>) -> bool {
    search.search(view, &CYCLE, BUDGET).found.fewest.is_some()
}

// Payments that complete no cycle, or one; in the burst as they come.
#[library_benchmark]
#[bench::none(steady(), Some(false))]
#[bench::found(busy(), Some(true))]
#[bench::burst(burst(), None)]
fn cycle(edges: Vec<Drawn>, wanted: Option<bool>) -> usize {
    let (mut other, mut search) = (CycleSearch::default(), CycleSearch::default());
    let mut pleases =
        |view: &View<'_>| wanted.is_none_or(|wanted| completes(&mut other, view) == wanted);
    asked_where(&edges, 20 * QUESTIONS, DAY, &mut pleases, &mut |view| completes(&mut search, view))
}

#[library_benchmark]
#[bench::steady(steady())]
#[bench::busy(busy())]
#[bench::burst(burst())]
fn simple_cycle(edges: Vec<Drawn>) -> usize {
    let mut search = SimpleCycleSearch::default();
    let ask = SimpleCycleAsk { hops: Hops { least: 2, most: 6 }, witnesses: 3 };
    asked(&edges, 6 * HOUR, &mut |view| search.search(view, &ask, BUDGET).found.fewest.is_some())
}

#[library_benchmark]
#[bench::steady(steady())]
#[bench::burst(burst())]
fn chain(edges: Vec<Drawn>) -> usize {
    let mut search = ChainSearch::default();
    let ask = ChainAsk { hops: 8, keeps: Keeps { least: 900_000, most: Keeps::ALL } };
    asked(&edges, DAY, &mut |view| search.search(view, &ask, BUDGET).found.hops > 1)
}

#[library_benchmark]
#[bench::steady(steady())]
#[bench::busy(busy())]
#[bench::burst(burst())]
fn bipartite(edges: Vec<Drawn>) -> usize {
    let (mut search, ask) = (Bipartite::default(), BipartiteAsk { sources: 2, sinks: 2 });
    asked(&edges, 3 * DAY, &mut |view| search.search(view, &ask, BUDGET).found.is_some())
}

// Parties of four accounts each.
#[library_benchmark]
#[bench::steady(steady())]
#[bench::busy(busy())]
#[bench::burst(burst())]
fn mirror(edges: Vec<Drawn>) -> usize {
    let accounts: Vec<AccountId> = (0..10_000).map(AccountId::from_index).collect();
    let party = |account: AccountId| {
        let first = account.index() / 4 * 4;
        accounts.get(first..first + 4).unwrap_or(&[])
    };
    let (mut search, ask) = (Mirror::default(), MirrorAsk { tolerance: 50_000, party: &party });
    asked(&edges, 10 * DAY, &mut |view| search.search(view, &ask, BUDGET).found.count > 0)
}

// Four places in a row.
#[library_benchmark]
#[bench::steady(steady())]
#[bench::burst(burst())]
fn corridor(edges: Vec<Drawn>) -> usize {
    let mut search = CorridorSearch::default();
    let ask = CorridorAsk {
        place_of: &|row| Some(row.0.wrapping_mul(2_654_435_761) >> 30),
        follows: &|before, after| before + 1 == after,
    };
    asked(&edges, 10 * DAY, &mut |view| search.search(view, &ask, BUDGET).found.payments > 1)
}

#[library_benchmark]
#[bench::steady(steady())]
#[bench::burst(burst())]
fn component(edges: Vec<Drawn>) -> usize {
    let (mut search, ask) = (ComponentSearch::default(), ComponentAsk { cap: 100 });
    asked(&edges, 6 * HOUR, &mut |view| search.search(view, &ask, BUDGET).found.accounts > 2)
}

// Five accounts share a device; every payment is a use.
#[library_benchmark]
#[bench::steady(steady(), 2_000)]
#[bench::burst(burst(), 60)]
fn shared(edges: Vec<Drawn>, devices: u32) -> usize {
    let mut uses = Uses::new(None);
    let device = |account: u32| account % devices;
    for (row, edge) in (0..).zip(&edges) {
        let at = palermo_graph::Moment { time: edge.time, row: RowId(row) };
        uses.put(device(edge.source), AccountId::from_index(edge.source), at, &ByArrival);
    }
    let mut search = SharedSearch::default();
    asked(&edges, 10 * DAY, &mut |view| {
        let at = view.at();
        let value = device(u32::try_from(at.debtor.index()).unwrap_or(0));
        let ask = SharedAsk { value, at: at.moment(), window: 10 * DAY, limit: 20, hub: 100 };
        search.search(&uses, &ByArrival, &ask, BUDGET).found.accounts > 1
    })
}

#[library_benchmark]
#[bench::steady(steady())]
#[bench::burst(burst())]
fn pass_through(edges: Vec<Drawn>) -> usize {
    let mut search = PassThrough::default();
    asked(&edges, 3 * DAY, &mut |view| {
        let ask = PassThroughAsk { account: view.at().debtor, within: 3 * DAY };
        search.search(view, &ask, BUDGET).found.passed_on > 0
    })
}

// Three payments back.
#[library_benchmark]
#[bench::steady(steady())]
#[bench::burst(burst())]
fn trace(edges: Vec<Drawn>) -> usize {
    let mut search = Trace::default();
    let ask = TraceAsk { within: 3 * DAY, hops: 4, min_share: 100_000, paths: 10 };
    asked(&edges, 3 * DAY, &mut |view| search.search(view, &ask, BUDGET).found.depth > 1)
}

#[library_benchmark]
#[bench::steady(steady())]
#[bench::burst(burst())]
fn funded(edges: Vec<Drawn>) -> usize {
    let mut search = Trace::default();
    asked(&edges, 3 * DAY, &mut |view| search.funded(view, 3 * DAY, BUDGET).found.share > 0)
}

#[library_benchmark]
#[bench::steady(steady())]
#[bench::burst(burst())]
fn statistics(edges: Vec<Drawn>) -> usize {
    let mut search = StatisticsSearch::default();
    asked(&edges, 10 * DAY, &mut |view| {
        let ask = StatisticsAsk { account: view.at().debtor, leg: Leg::Debtor };
        search.search(view, &ask, BUDGET).found.known > 1
    })
}

library_benchmark_group!(
    name = production,
    benchmarks = [
        fan,
        scatter_gather,
        gather_scatter,
        cycle,
        simple_cycle,
        chain,
        bipartite,
        mirror,
        corridor,
        component,
        shared,
        pass_through,
        trace,
        funded,
        statistics
    ]
);
