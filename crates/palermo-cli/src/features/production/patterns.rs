//! The columns of each pattern, and what is asked for them.

use crate::args::FeaturesArgs;
use crate::features::compatible::{bins, sizes};
use crate::features::table::{Column, Kind, Table};
use palermo_graph::compatible::Histogram;
use palermo_graph::{
    Bipartite, BipartiteAsk, ByArrival, ChainAsk, ChainSearch, ComponentAsk, ComponentSearch,
    CycleAsk, CycleSearch, Edge, FanAsk, FanSearch, GatherScatter, GatherScatterAsk, Hops, Mirror,
    MirrorAsk, ScatterGather, ScatterGatherAsk, SimpleCycleAsk, SimpleCycleSearch, Statistics,
    StatisticsAsk, StatisticsSearch, Sum, Trace, TraceAsk, View,
};
use palermo_ledger::{Book, Leg};

/// Sizes from here on stand in one column.
const LARGEST_SIZE: u32 = 10;
const _: () = assert!(LARGEST_SIZE as usize == palermo_graph::compatible::LARGEST);

/// Decimal places of amounts, shares and seconds.
const CENTS: Kind = Kind::Decimal(2);
const MICRO: Kind = Kind::Decimal(6);
const MILLI: Kind = Kind::Decimal(3);

/// Something that is asked of every payment, and its columns.
pub(super) trait Pattern {
    /// How far back it looks.
    fn window(&self) -> i64;

    fn columns(&self, columns: &mut Vec<Column>);

    /// Writes its cells for the payment of a view; those of a payment that completes nothing where
    /// there is none. Says whether the budget cut something.
    fn cells(&mut self, view: Option<&View<'_>>, budget: u32, table: &mut Table) -> bool;

    /// The same, for a payment as it settles.
    fn ask(&mut self, book: &Book, edge: Option<Edge>, budget: u32, table: &mut Table) -> bool {
        let view = edge.map(|edge| View::new(book, &ByArrival, edge, self.window()));
        self.cells(view.as_ref(), budget, table)
    }
}

/// Those that are asked for, in the order of their columns. `second` is one second in the unit of
/// the input.
pub(super) fn patterns(arguments: &FeaturesArgs, second: i64) -> Vec<Box<dyn Pattern>> {
    let mut all: Vec<Box<dyn Pattern>> = Vec::new();
    let more = &arguments.more;
    let window = |asked: Option<i64>| asked.map(|seconds| seconds.saturating_mul(second));
    if let Some(window) = window(arguments.fan) {
        all.push(Box::new(Fans { window, degree: false, search: FanSearch::default() }));
    }
    if let Some(window) = window(arguments.degree) {
        all.push(Box::new(Fans { window, degree: true, search: FanSearch::default() }));
    }
    if let Some(window) = window(arguments.scatter_gather) {
        all.push(Box::new(ScatterGathers { window, search: ScatterGather::default() }));
    }
    if let Some(window) = window(arguments.temp_cycle) {
        let hops = Hops { least: 2, most: more.hops };
        let ask = CycleAsk { hops, keeps: None, witnesses: usize::from(more.witnesses) };
        all.push(Box::new(Cycles { window, ask, search: CycleSearch::default() }));
    }
    if let Some(window) = window(arguments.lc_cycle) {
        let most = u8::try_from(arguments.lc_cycle_len.min(10)).unwrap_or(10);
        let hops = Hops { least: 2, most };
        let ask = SimpleCycleAsk { hops, witnesses: usize::from(more.witnesses) };
        all.push(Box::new(SimpleCycles { window, ask, search: SimpleCycleSearch::default() }));
    }
    if let Some(window) = window(more.gather_scatter) {
        all.push(Box::new(GatherScatters { window, search: GatherScatter::default() }));
    }
    if let Some(window) = window(more.chain) {
        let ask = ChainAsk { hops: more.hops, keeps: more.keeps };
        all.push(Box::new(Chains { window, ask, search: ChainSearch::default() }));
    }
    if let Some(window) = window(more.bipartite) {
        let ask = BipartiteAsk { sources: more.payers, sinks: more.payees };
        all.push(Box::new(Bipartites { window, ask, search: Bipartite::default() }));
    }
    if let Some(window) = window(more.mirror) {
        let tolerance = more.tolerance;
        all.push(Box::new(Mirrors { window, tolerance, search: Mirror::default() }));
    }
    if let Some(window) = window(more.component) {
        let ask = ComponentAsk { cap: more.cap };
        all.push(Box::new(Components { window, ask, search: ComponentSearch::default() }));
    }
    if let Some(window) = window(more.pass_through) {
        let ask =
            TraceAsk { within: window, hops: usize::from(more.hops), min_share: 500_000, paths: 0 };
        all.push(Box::new(PassThroughs { window, second, ask, search: Trace::default() }));
    }
    if let Some(window) = window(more.stats) {
        all.push(Box::new(Stats { window, search: StatisticsSearch::default() }));
    }
    all
}

fn column(name: &str, kind: Kind, columns: &mut Vec<Column>) {
    columns.push(Column::new(name, kind));
}

fn whole(number: usize) -> Option<i64> {
    i64::try_from(number).ok()
}

/// A sum over an unknown amount is unknown, as one that does not fit is.
fn money(sum: Sum) -> Option<i64> {
    i64::try_from(sum.cents).ok().filter(|_| sum.unknown == 0)
}

struct Fans {
    window: i64,
    degree: bool,
    search: FanSearch,
}

impl Pattern for Fans {
    fn window(&self) -> i64 {
        self.window
    }

    fn columns(&self, columns: &mut Vec<Column>) {
        let names = if self.degree { ["degree_in", "degree_out"] } else { ["fan_in", "fan_out"] };
        names.iter().for_each(|name| sizes(name, columns));
    }

    fn cells(&mut self, view: Option<&View<'_>>, budget: u32, table: &mut Table) -> bool {
        let mut cut = false;
        for leg in [Leg::Creditor, Leg::Debtor] {
            let fan = view.map(|view| {
                self.search.search(
                    view,
                    &FanAsk { leg, enough: LARGEST_SIZE, degree_only: self.degree },
                    budget,
                )
            });
            cut |= fan.is_some_and(|answer| answer.truncated);
            let fan = fan.map(|answer| answer.found).unwrap_or_default();
            bins(&Histogram::of(if self.degree { fan.degree } else { fan.fan }), table);
        }
        cut
    }
}

struct ScatterGathers {
    window: i64,
    search: ScatterGather,
}

impl Pattern for ScatterGathers {
    fn window(&self) -> i64 {
        self.window
    }

    fn columns(&self, columns: &mut Vec<Column>) {
        sizes("scatter_gather", columns);
    }

    fn cells(&mut self, view: Option<&View<'_>>, budget: u32, table: &mut Table) -> bool {
        let ask = ScatterGatherAsk { keeps: None };
        let answer = view.map(|view| self.search.search(view, &ask, budget));
        let sizes = answer.as_ref().map(|answer| answer.found.sizes).unwrap_or_default();
        bins(&sizes, table);
        answer.is_some_and(|answer| answer.truncated)
    }
}

/// Cycles by their number of hops.
fn by_hops<'a>(witnesses: impl Iterator<Item = &'a Vec<palermo_ledger::RowId>>) -> Histogram {
    let mut sizes = Histogram::default();
    // The payment that completes the cycle is not among them.
    witnesses.for_each(|path| sizes.add(path.len().saturating_add(1)));
    sizes
}

struct Cycles {
    window: i64,
    ask: CycleAsk,
    search: CycleSearch,
}

impl Pattern for Cycles {
    fn window(&self) -> i64 {
        self.window
    }

    fn columns(&self, columns: &mut Vec<Column>) {
        sizes("temp_cycle", columns);
    }

    fn cells(&mut self, view: Option<&View<'_>>, budget: u32, table: &mut Table) -> bool {
        let answer = view.map(|view| self.search.search(view, &self.ask, budget));
        bins(&by_hops(answer.iter().flat_map(|answer| &answer.found.witnesses)), table);
        answer.is_some_and(|answer| answer.truncated)
    }
}

struct SimpleCycles {
    window: i64,
    ask: SimpleCycleAsk,
    search: SimpleCycleSearch,
}

impl Pattern for SimpleCycles {
    fn window(&self) -> i64 {
        self.window
    }

    fn columns(&self, columns: &mut Vec<Column>) {
        sizes("lc_cycle", columns);
    }

    fn cells(&mut self, view: Option<&View<'_>>, budget: u32, table: &mut Table) -> bool {
        let answer = view.map(|view| self.search.search(view, &self.ask, budget));
        bins(&by_hops(answer.iter().flat_map(|answer| &answer.found.witnesses)), table);
        answer.is_some_and(|answer| answer.truncated)
    }
}

struct GatherScatters {
    window: i64,
    search: GatherScatter,
}

impl Pattern for GatherScatters {
    fn window(&self) -> i64 {
        self.window
    }

    fn columns(&self, columns: &mut Vec<Column>) {
        column("gather_scatter_payers", Kind::Whole, columns);
        column("gather_scatter_payees", Kind::Whole, columns);
        column("gather_scatter_in", CENTS, columns);
        column("gather_scatter_out", CENTS, columns);
    }

    fn cells(&mut self, view: Option<&View<'_>>, budget: u32, table: &mut Table) -> bool {
        let answer = view.map(|view| self.search.search(view, &GatherScatterAsk {}, budget));
        let split = answer.and_then(|answer| answer.found).unwrap_or_default();
        table.count(split.payers);
        table.count(split.payees);
        table.number(money(split.paid_in));
        table.number(money(split.paid_out));
        answer.is_some_and(|answer| answer.truncated)
    }
}

struct Chains {
    window: i64,
    ask: ChainAsk,
    search: ChainSearch,
}

impl Pattern for Chains {
    fn window(&self) -> i64 {
        self.window
    }

    fn columns(&self, columns: &mut Vec<Column>) {
        column("chain_hops", Kind::Whole, columns);
        column("chain_share", MICRO, columns);
    }

    fn cells(&mut self, view: Option<&View<'_>>, budget: u32, table: &mut Table) -> bool {
        let answer = view.map(|view| self.search.search(view, &self.ask, budget));
        let chain = answer.as_ref().map(|answer| &answer.found);
        table.number(Some(chain.map_or(0, |chain| i64::from(chain.hops))));
        let amounts =
            view.and_then(|view| view.at().amount).zip(chain.and_then(|chain| chain.brought));
        let share = amounts.and_then(|(last, first)| {
            let micro = i128::from(last.0).checked_mul(1_000_000)?;
            i64::try_from(micro.checked_div(i128::from(first.0))?).ok()
        });
        table.number(share);
        answer.is_some_and(|answer| answer.truncated)
    }
}

struct Bipartites {
    window: i64,
    ask: BipartiteAsk,
    search: Bipartite,
}

impl Pattern for Bipartites {
    fn window(&self) -> i64 {
        self.window
    }

    fn columns(&self, columns: &mut Vec<Column>) {
        column("bipartite_payers", Kind::Whole, columns);
        column("bipartite_payees", Kind::Whole, columns);
        column("bipartite_gross", CENTS, columns);
        column("bipartite_back", CENTS, columns);
    }

    fn cells(&mut self, view: Option<&View<'_>>, budget: u32, table: &mut Table) -> bool {
        let answer = view.map(|view| self.search.search(view, &self.ask, budget));
        let core = answer.and_then(|answer| answer.found).unwrap_or_default();
        table.count(core.sources);
        table.count(core.sinks);
        table.number(money(core.gross));
        table.number(money(core.back));
        answer.is_some_and(|answer| answer.truncated)
    }
}

struct Mirrors {
    window: i64,
    tolerance: u32,
    search: Mirror,
}

impl Pattern for Mirrors {
    fn window(&self) -> i64 {
        self.window
    }

    fn columns(&self, columns: &mut Vec<Column>) {
        column("mirror", Kind::Whole, columns);
    }

    fn cells(&mut self, view: Option<&View<'_>>, budget: u32, table: &mut Table) -> bool {
        // A file of edges says nothing of parties: every account is alone.
        let ask = MirrorAsk { tolerance: self.tolerance, party: &|_| &[] };
        let answer = view.map(|view| self.search.search(view, &ask, budget));
        table.count(answer.map_or(0, |answer| answer.found.count));
        answer.is_some_and(|answer| answer.truncated)
    }
}

struct Components {
    window: i64,
    ask: ComponentAsk,
    search: ComponentSearch,
}

impl Pattern for Components {
    fn window(&self) -> i64 {
        self.window
    }

    fn columns(&self, columns: &mut Vec<Column>) {
        column("component", Kind::Whole, columns);
    }

    fn cells(&mut self, view: Option<&View<'_>>, budget: u32, table: &mut Table) -> bool {
        let answer = view.map(|view| self.search.search(view, &self.ask, budget));
        table.count(answer.map_or(0, |answer| answer.found.accounts));
        answer.is_some_and(|answer| answer.truncated)
    }
}

struct PassThroughs {
    window: i64,
    second: i64,
    ask: TraceAsk,
    search: Trace,
}

impl Pattern for PassThroughs {
    /// Twice the time that money may lie: what came within it may itself have been spent on payments
    /// that lie before it.
    fn window(&self) -> i64 {
        self.window.saturating_mul(2)
    }

    fn columns(&self, columns: &mut Vec<Column>) {
        column("pass_through_share", MICRO, columns);
        column("pass_through_dwell", MILLI, columns);
        column("pass_through_depth", Kind::Whole, columns);
    }

    fn cells(&mut self, view: Option<&View<'_>>, budget: u32, table: &mut Table) -> bool {
        let answer = view
            .filter(|view| view.at().amount.is_some())
            .map(|view| self.search.search(view, &self.ask, budget));
        let traced = answer.as_ref().map(|answer| &answer.found);
        table.number(traced.map(|traced| i64::from(traced.funded.share)));
        let dwell = traced.and_then(|traced| traced.funded.dwell);
        let milli = dwell.and_then(|dwell| dwell.checked_mul(1000)?.checked_div(self.second));
        table.number(milli);
        table.number(traced.and_then(|traced| whole(traced.depth)));
        answer.is_some_and(|answer| answer.truncated)
    }
}

struct Stats {
    window: i64,
    search: StatisticsSearch,
}

impl Pattern for Stats {
    fn window(&self) -> i64 {
        self.window
    }

    fn columns(&self, columns: &mut Vec<Column>) {
        for end in ["debtor_out", "debtor_in", "creditor_out", "creditor_in"] {
            for (name, kind) in [
                ("count", Kind::Whole),
                ("fan", Kind::Whole),
                ("sum", CENTS),
                ("mean", MICRO),
                ("min", CENTS),
                ("max", CENTS),
                ("variance", CENTS),
            ] {
                column(&format!("{end}_{name}"), kind, columns);
            }
        }
    }

    fn cells(&mut self, view: Option<&View<'_>>, budget: u32, table: &mut Table) -> bool {
        let mut cut = false;
        for (of_debtor, leg) in [
            (true, Leg::Debtor),
            (true, Leg::Creditor),
            (false, Leg::Debtor),
            (false, Leg::Creditor),
        ] {
            let answer = view.map(|view| {
                let at = view.at();
                let account = if of_debtor { at.debtor } else { at.creditor };
                self.search.search(view, &StatisticsAsk { account, leg }, budget)
            });
            cut |= answer.is_some_and(|answer| answer.truncated);
            let found: Statistics = answer.map(|answer| answer.found).unwrap_or_default();
            let truncated = answer.is_some_and(|answer| answer.truncated);
            // Of a part, or where an amount is unknown, none of them would be a bound.
            let whole = !truncated && found.known == found.degree;
            let unknown = found.degree.saturating_sub(found.known);
            table.count(found.degree);
            table.count(found.fan);
            table.number(money(Sum { cents: found.sum, unknown }).filter(|_| whole));
            table.number(found.mean().filter(|_| whole));
            table.number(found.smallest.map(|amount| amount.0).filter(|_| whole));
            table.number(found.largest.map(|amount| amount.0).filter(|_| whole));
            table.number(found.variance().filter(|_| whole));
        }
        cut
    }
}
