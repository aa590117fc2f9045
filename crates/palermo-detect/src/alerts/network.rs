//! The network of an alert, understood after it was found: who pays whom in the evidence, how much of
//! what came in can have reached which end, whom most of it goes through, and what would stop it.
//!
//! Nodes are the people of the alert, whoever else is in its evidence, and the places where cash was
//! taken; edges are the payments of the evidence summed by their ends, and the steps of linked paths.
//! Where money goes is a maximum flow from the payers to each of the nodes that pay nobody: an upper bound of
//! what can be theirs, exact where there is one way only (Edmonds and Karp, by petgraph). Payers are who pay
//! and are paid by nobody; an account of the anchor is one only where none of them took anything in: what it had
//! before is not what came in. The central
//! node is the one that most shortest paths lead through (stress centrality, Shimbel 1953), counted as
//! Brandes (2001) does, in whole numbers.
//!
//! Promises: a function of the alert's evidence; nothing of the order in which it came.
//! Cost: [`NODES_MAX`] nodes at most, the largest edges first; a flow for each of [`ENDS_MAX`] ends and
//! [`TRIED_MAX`] nodes.

use super::{Basis, LISTED_MAX, place_text};
use crate::hits::Witness;
use palermo_domain::alert::{Actor, Flow, MoneyIn, Network, NetworkEdge, NetworkNode, Role};
use palermo_domain::{Alert, Cents, Decimal, PaymentKind};
use palermo_ledger::Ledger;
use petgraph::algo::ford_fulkerson;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const NODES_MAX: usize = LISTED_MAX;
/// Nodes tried for what would stop the flow.
const TRIED_MAX: usize = 16;
/// Ends that are told.
const ENDS_MAX: usize = 12;

/// Sums by payer and payee.
type Sums = BTreeMap<(String, String), (u64, i64)>;

/// The network behind an alert whose people are known.
pub(super) fn extracted(
    ledger: &Ledger,
    basis: &Basis,
    alert: &Alert,
    victims: &BTreeSet<&str>,
) -> Network {
    let mut sums = Sums::new();
    for found in &basis.evidence {
        let Some(ends) = ends(ledger, found) else { continue };
        let sum = sums.entry(ends).or_default();
        sum.0 = sum.0.saturating_add(1);
        sum.1 = sum.1.saturating_add(found.cents.map_or(0, |cents| cents.0));
    }
    let mut shared = BTreeSet::new();
    for step in alert.links.iter().flat_map(|link| &link.steps) {
        let ends = (step.from.clone(), step.to.clone());
        match step.amount {
            Some(amount) => {
                sums.entry(ends).or_insert((step.payments, amount.value.0));
            }
            // Two paths may lead over the same tie.
            None => {
                shared.insert((ends, step.by, step.payments));
            }
        }
    }
    let (sums, truncated) = largest(sums);
    let currency = ledger.rates.base();
    let money = |cents| MoneyIn { value: Cents(cents), currency };
    let subjects = alert.subjects.iter().filter(|actor| actor.entity == "account");
    let graph = Graph::new(&sums, &subjects.map(|actor| actor.key.as_str()).collect());
    let (central, breaks) = (graph.central(), graph.breaks(graph.flow_without(None)));
    let flows = graph.to_ends().into_iter().map(|(to, cents)| Flow {
        to,
        amount: money(i64::try_from(cents).unwrap_or(i64::MAX)),
        share: share(cents, graph.came_in),
    });
    let flows = flows.collect();
    let mut edges: Vec<NetworkEdge> = sums
        .into_iter()
        .map(|((from, to), (payments, cents))| NetworkEdge {
            from,
            to,
            by: "payment",
            payments,
            amount: Some(money(cents)),
        })
        .collect();
    edges.extend(shared.into_iter().map(|((from, to), by, payments)| NetworkEdge {
        from,
        to,
        by,
        payments,
        amount: None,
    }));
    let nodes = nodes(alert, &edges, victims);
    Network { nodes, edges, flows, central, breaks, truncated }
}

/// Who pays and who is paid, as nodes; cash has a person or a place at its other end.
fn ends(ledger: &Ledger, found: &Witness) -> Option<(String, String)> {
    let account = |account| ledger.account_text(account).to_owned();
    let debtor = found.debtor.account.map(account).or_else(|| {
        let party = found.debtor.conductor.or(found.debtor.party)?;
        Some(ledger.atoms.text(party).to_owned())
    });
    let creditor = found.creditor.map(account).or_else(|| {
        let place = place_text(ledger, found.place);
        let somewhere = || "an unknown place".to_owned();
        Some(match found.kind {
            PaymentKind::CashWithdrawal => {
                format!("cash in {}", place.unwrap_or_else(somewhere))
            }
            PaymentKind::CardPurchase => format!("shops in {}", place.unwrap_or_else(somewhere)),
            _ => format!("shops in {}", place?),
        })
    });
    debtor.zip(creditor)
}

/// The largest sums over at most so many nodes, and whether any were left out.
fn largest(sums: Sums) -> (Sums, bool) {
    let mut order: Vec<((String, String), (u64, i64))> = sums.into_iter().collect();
    order.sort_by(|a, b| b.1.1.cmp(&a.1.1).then_with(|| a.0.cmp(&b.0)));
    let (mut kept, mut nodes, mut cut) = (Sums::new(), BTreeSet::new(), false);
    for (ends, sum) in order {
        let new = [&ends.0, &ends.1].into_iter().filter(|end| !nodes.contains(*end)).count();
        if nodes.len().saturating_add(new) > NODES_MAX {
            cut = true;
            continue;
        }
        nodes.extend([ends.0.clone(), ends.1.clone()]);
        kept.insert(ends, sum);
    }
    (kept, cut)
}

fn nodes(alert: &Alert, edges: &[NetworkEdge], victims: &BTreeSet<&str>) -> Vec<NetworkNode> {
    let mut all: BTreeMap<String, (Role, &'static str)> = BTreeMap::new();
    for end in edges.iter().flat_map(|edge| [&edge.from, &edge.to]) {
        all.insert(end.clone(), (Role::CounterpartyOnly, "other"));
    }
    // Those whom the alert names have a node, also without an edge.
    let named = alert.subjects.iter().chain(alert.related.iter().take(LISTED_MAX));
    for actor in named.filter(|actor| actor.entity != "party") {
        all.entry(actor.key.clone()).or_insert((Role::CounterpartyOnly, "other"));
    }
    // The first that names a key decides; everybody is there who is related, whom it names or not.
    let people: Vec<&Actor> = alert.subjects.iter().chain(&alert.related).collect();
    for actor in people.into_iter().rev() {
        if let Some(node) = all.get_mut(&actor.key) {
            *node = (actor.role, actor.function);
        }
    }
    for (key, node) in &mut all {
        if node.0 == Role::CounterpartyOnly && victims.contains(key.as_str()) {
            *node = (Role::PotentialVictim, "victim");
        }
    }
    let node = |(id, (role, function))| NetworkNode { id, role, function };
    all.into_iter().map(node).collect()
}

fn share(part: u64, whole: u64) -> Decimal {
    let share = Decimal::from(part).checked_div(Decimal::from(whole)).unwrap_or_default();
    share.round_dp(2).normalize()
}

/// The payments among the nodes, with a source before the payers and a sink behind the ends.
struct Graph {
    graph: DiGraph<String, u64>,
    source: NodeIndex,
    sink: NodeIndex,
    /// What the payers paid.
    came_in: u64,
}

impl Graph {
    fn new(sums: &Sums, own: &BTreeSet<&str>) -> Self {
        let mut graph = DiGraph::new();
        let (source, sink) = (graph.add_node(String::new()), graph.add_node(String::new()));
        let mut at: BTreeMap<&str, NodeIndex> = BTreeMap::new();
        for end in sums.keys().flat_map(|(from, to)| [from, to]) {
            at.entry(end).or_insert_with(|| graph.add_node(end.clone()));
        }
        let (mut paid, mut got) = (BTreeMap::new(), BTreeMap::new());
        for ((from, to), (_, cents)) in sums {
            if let (Some(a), Some(b)) = (at.get(from.as_str()), at.get(to.as_str()))
                && a != b
                && let Ok(cents @ 1..) = u64::try_from(*cents)
            {
                graph.add_edge(*a, *b, cents);
                add(&mut paid, *a, cents);
                add(&mut got, *b, cents);
            }
        }
        let own: Vec<NodeIndex> = own.iter().filter_map(|key| at.get(key).copied()).collect();
        let took_in = own.iter().any(|node| got.contains_key(node));
        let mut came_in = 0_u64;
        for (node, cents) in &paid {
            if got.contains_key(node) || took_in && own.contains(node) {
                continue;
            }
            graph.add_edge(source, *node, *cents);
            came_in = came_in.saturating_add(*cents);
        }
        for (node, cents) in &got {
            if !paid.contains_key(node) {
                graph.add_edge(*node, sink, *cents);
            }
        }
        Self { graph, source, sink, came_in }
    }

    /// What can have reached each end, the largest first: each by itself, as the same money can have gone to
    /// one or to another. Of more ends than [`ENDS_MAX`] those that got most.
    fn to_ends(&self) -> Vec<(String, u64)> {
        let into_sink = self.graph.edges_directed(self.sink, petgraph::Direction::Incoming);
        let mut ends: Vec<(u64, NodeIndex)> =
            into_sink.map(|edge| (*edge.weight(), edge.source())).collect();
        let name = |node: NodeIndex| self.graph.node_weight(node).cloned().unwrap_or_default();
        ends.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| name(a.1).cmp(&name(b.1))));
        let reached = ends.into_iter().take(ENDS_MAX).map(|(_, end)| {
            let (cents, _) = ford_fulkerson(&self.graph, self.source, end);
            (name(end), cents)
        });
        let mut reached: Vec<(String, u64)> = reached.filter(|(_, cents)| *cents > 0).collect();
        reached.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        reached
    }

    /// What reaches the ends in all where one node is taken out.
    fn flow_without(&self, out: Option<NodeIndex>) -> u64 {
        let keep = |edge: petgraph::graph::EdgeReference<'_, u64>| {
            Some(edge.source()) != out && Some(edge.target()) != out
        };
        let mut left = DiGraph::<(), u64>::new();
        (0..self.graph.node_count()).for_each(|_| {
            left.add_node(());
        });
        for edge in self.graph.edge_references().filter(|edge| keep(*edge)) {
            left.add_edge(edge.source(), edge.target(), *edge.weight());
        }
        ford_fulkerson(&left, self.source, self.sink).0
    }

    /// The nodes between payers and ends.
    fn between(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        self.graph.node_indices().filter(|node| {
            let is_end = |to: NodeIndex| [self.source, self.sink].contains(&to);
            !is_end(*node)
                && !self.graph.neighbors_undirected(*node).any(is_end)
                && self.graph.neighbors(*node).next().is_some()
        })
    }

    /// The node without which least reaches an end, with the share of `all` that it stops.
    fn breaks(&self, all: u64) -> Option<(String, Decimal)> {
        let mut busiest: Vec<NodeIndex> = self.between().collect();
        busiest.sort_by_key(|node| {
            (std::cmp::Reverse(self.graph.neighbors_undirected(*node).count()), *node)
        });
        let tried = busiest.into_iter().take(TRIED_MAX).map(|node| {
            let stopped = all.saturating_sub(self.flow_without(Some(node)));
            (stopped, std::cmp::Reverse(node))
        });
        let (stopped, std::cmp::Reverse(node)) = tried.max()?;
        let id = self.graph.node_weight(node)?.clone();
        (stopped > 0).then(|| (id, share(stopped, all)))
    }

    /// The node that most shortest paths lead through, if any does.
    fn central(&self) -> Option<String> {
        let mut score = vec![0_u64; self.graph.node_count()];
        for from in self.graph.node_indices() {
            self.accumulate(from, &mut score);
        }
        let mut best: Option<(u64, NodeIndex)> = None;
        for node in self.graph.node_indices() {
            let own = get(&score, node);
            if own > best.map_or(0, |(known, _)| known) {
                best = Some((own, node));
            }
        }
        self.graph.node_weight(best?.1).cloned()
    }

    /// Adds the shortest paths from one node to those that they lead through.
    fn accumulate(&self, from: NodeIndex, score: &mut [u64]) {
        if [self.source, self.sink].contains(&from) {
            return;
        }
        let count = self.graph.node_count();
        // Shortest ways to a node, and its distance, from 1.
        let (mut ways, mut far) = (vec![0_u64; count], vec![0_usize; count]);
        let (mut order, mut queue) = (Vec::new(), VecDeque::from([from]));
        set(&mut ways, from, 1);
        set(&mut far, from, 1);
        while let Some(node) = queue.pop_front() {
            order.push(node);
            let further = get(&far, node).saturating_add(1);
            for next in self.graph.neighbors(node).filter(|next| *next != self.sink) {
                if get(&far, next) == 0 {
                    set(&mut far, next, further);
                    queue.push_back(next);
                }
                if get(&far, next) == further {
                    let more = get(&ways, next).saturating_add(get(&ways, node));
                    set(&mut ways, next, more);
                }
            }
        }
        // Ways on from a node to those behind it.
        let mut below = vec![0_u64; count];
        for node in order.into_iter().rev() {
            let further = get(&far, node).saturating_add(1);
            let next = self.graph.neighbors(node).filter(|next| get(&far, *next) == further);
            let ways_on = next.map(|next| get(&below, next).saturating_add(1));
            let sum = ways_on.fold(0, u64::saturating_add);
            set(&mut below, node, sum);
            if node != from {
                let through = get(&ways, node).saturating_mul(sum);
                let known = get(score, node);
                set(score, node, known.saturating_add(through));
            }
        }
    }
}

fn get<T: Copy + Default>(all: &[T], node: NodeIndex) -> T {
    all.get(node.index()).copied().unwrap_or_default()
}

fn set<T>(all: &mut [T], node: NodeIndex, value: T) {
    if let Some(slot) = all.get_mut(node.index()) {
        *slot = value;
    }
}

fn add(all: &mut BTreeMap<NodeIndex, u64>, node: NodeIndex, cents: u64) {
    let sum = all.entry(node).or_default();
    *sum = sum.saturating_add(cents);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What came in, and what of it can have reached which end.
    fn check(sums: &[(&str, &str, i64)], own: &[&str], came_in: u64, ends: &[(&str, u64)]) {
        let sums: Sums = sums
            .iter()
            .map(|(from, to, cents)| (((*from).to_owned(), (*to).to_owned()), (1, *cents)))
            .collect();
        let graph = Graph::new(&sums, &own.iter().copied().collect());
        let ends: Vec<(String, u64)> =
            ends.iter().map(|(end, cents)| ((*end).to_owned(), *cents)).collect();
        assert_eq!((graph.came_in, graph.to_ends()), (came_in, ends), "{sums:?} {own:?}");
    }

    #[test]
    fn what_an_account_of_the_anchor_had_before_did_not_come_in() {
        let paid = [("P", "A", 1000), ("A", "Z", 930), ("B", "shop", 50)];
        check(&paid, &["A", "B"], 1000, &[("Z", 930)]);
        // Of a stranger it may be money of the payers.
        check(&paid, &["A"], 1050, &[("Z", 930), ("shop", 50)]);
        // The same money can have gone to one end or to the other.
        let either = [("P", "A", 1000), ("A", "Y", 500), ("A", "Z", 930)];
        check(&either, &["A"], 1000, &[("Z", 930), ("Y", 500)]);
        // An anchor that only pays is where it begins.
        check(&[("A", "Z", 930)], &["A"], 930, &[("Z", 930)]);
    }
}
