//! The network as a small drawing: who pays the anchor, whom it pays, and what goes on between others.
//!
//! At most twelve nodes around the anchor, and four lines about others. Counts and sums are those of the payments that the alert lists, the newest
//! hundred of its evidence; the drawing says so where there are more.

use crate::alert::document::{Revision, field, grouped, list, string};
use crate::alert::mask::Masks;
use crate::alert::page::{Page, cut};
use palermo_domain::Decimal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Nodes of one side, with the one that stands for the others: 5 and 1, the anchor, 4 and 1.
const PAYERS_MAX: usize = 5;
const ENDS_MAX: usize = 4;
const NAME_MAX: usize = 40;
/// Lines about others, with the one that counts what is left out.
const BEYOND_MAX: usize = 4;

/// What goes over one edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Edge {
    payments: u64,
    /// By currency.
    sums: BTreeMap<String, Decimal>,
}

impl Edge {
    fn add(&mut self, payments: u64, currency: &str, amount: &str) {
        self.payments = self.payments.saturating_add(payments);
        let sum = self.sums.entry(currency.to_owned()).or_default();
        let amount: Decimal = amount.parse().unwrap_or_default();
        *sum = sum.checked_add(amount).unwrap_or(*sum);
    }

    fn join(&mut self, other: &Self) {
        self.payments = self.payments.saturating_add(other.payments);
        for (currency, amount) in &other.sums {
            let sum = self.sums.entry(currency.clone()).or_default();
            *sum = sum.checked_add(*amount).unwrap_or(*sum);
        }
    }

    fn words(&self) -> String {
        let plural = if self.payments == 1 { "" } else { "s" };
        let sums: Vec<String> = self
            .sums
            .iter()
            .filter(|(_, sum)| !sum.is_zero())
            .map(|(currency, sum)| format!("{currency} {}", grouped(&sum.to_string())))
            .collect();
        let comma = if sums.is_empty() { "" } else { ", " };
        format!("{} payment{plural}{comma}{}", self.payments, sums.join(" and "))
    }

    /// For the order of the drawing.
    fn weight(&self) -> (Decimal, u64) {
        (self.sums.values().copied().max().unwrap_or_default(), self.payments)
    }
}

type Side = Vec<(String, Edge)>;

/// What is drawn.
#[derive(Default)]
struct Sides {
    payers: Side,
    ends: Side,
    /// Payments between others, and what two of them share: whole lines, the heaviest first.
    beyond: Vec<String>,
}

/// Draws it.
pub(super) fn draw(alert: &Revision, masks: &Masks, page: &mut Page) {
    let Sides { payers, ends, beyond } = sides(alert, masks);
    if payers.is_empty() && ends.is_empty() && beyond.is_empty() {
        return;
    }
    let (tee, last, down) = if page.unicode() {
        ("\u{251c}\u{2500}", "\u{2514}\u{2500}", "\u{25bc}")
    } else {
        ("|-", "`-", "v")
    };
    let listed = list(alert.at("/evidence/payments")).count() as u64;
    let total = alert.at("/evidence/total").as_u64().unwrap_or(listed);
    let has_edges = list(alert.at("/network/edges")).next().is_some();
    let scope = if total > listed && !has_edges {
        format!(" (of the newest {listed} of {total} payments)")
    } else {
        String::new()
    };
    let (payers, ends) = (folded(payers, PAYERS_MAX), folded(ends, ENDS_MAX));
    let width = payers.iter().chain(&ends).map(|(name, _)| name.chars().count()).max();
    let width = width.unwrap_or(0).min(NAME_MAX);
    let row = |(name, edge): &(String, Edge), unicode: bool| {
        let name = cut(name, width, unicode);
        let room = " ".repeat(width.saturating_sub(name.chars().count()));
        format!("{name}{room}  {}", edge.words())
    };
    let unicode = page.unicode();
    let mut label = "network";
    let mut put = |page: &mut Page, text: String| {
        page.line(format!("  {label:<9} {text}"));
        label = "";
    };
    let mut first = scope;
    for payer in &payers {
        put(page, format!("{}{first}", row(payer, unicode)));
        first = String::new();
    }
    if !payers.is_empty() {
        put(page, format!("    {down}"));
    }
    put(page, format!("[{}]{first}", masks.hide(alert.anchor())));
    for (at, end) in ends.iter().enumerate() {
        let branch = if at.saturating_add(1) == ends.len() { last } else { tee };
        put(page, format!("    {branch}> {}", row(end, unicode)));
    }
    for text in beyond.into_iter().chain(flows(alert, masks)) {
        put(page, text);
    }
}

/// Where the money can have come to rest, whom most of it goes through, and what would stop it.
fn flows(alert: &Revision, masks: &Masks) -> Vec<String> {
    /// Ends that are told.
    const TOLD_MAX: usize = 3;
    let currency = alert.at("/what/amount_in/ccy").as_str().unwrap_or_default();
    let percent = |share: &str| {
        let share: Decimal = share.parse().unwrap_or_default();
        share.checked_mul(100.into()).unwrap_or_default().round().normalize()
    };
    let flow = |flow: &Value| {
        let (amount, share) = (grouped(string(flow, "amount")), percent(string(flow, "share")));
        let to = masks.hide(string(flow, "to"));
        format!("{currency} {amount}, {share}% of what the payers paid in, can have reached {to}")
    };
    let mut all: Vec<String> = list(alert.at("/network/flows")).take(TOLD_MAX).map(flow).collect();
    if let Some(central) = alert.at("/network/central").as_str() {
        all.push(format!("most ways lead through {}", masks.hide(central)));
    }
    let breaks = alert.at("/network/breaks");
    let without = string(breaks, "without");
    if !without.is_empty() {
        let stopped = percent(string(breaks, "stopped"));
        all.push(format!("without {} {stopped}% of it stops", masks.hide(without)));
    }
    all
}

/// The heaviest, and one that stands for the others.
fn folded(mut side: Side, most: usize) -> Side {
    side.sort_by(|(a, x), (b, y)| y.weight().cmp(&x.weight()).then_with(|| a.cmp(b)));
    if side.len() <= most.saturating_add(1) {
        return side;
    }
    let rest = side.split_off(most);
    let mut others = Edge::default();
    rest.iter().for_each(|(_, edge)| others.join(edge));
    side.push((format!("{} others", rest.len()), others));
    side
}

/// Who pays the anchor, whom it pays, and what others have to do with each other. The edges of the document
/// where it has some, else what its payments say.
fn sides(alert: &Revision, masks: &Masks) -> Sides {
    let anchors: Vec<&str> = list(alert.at("/who/subjects")).map(|s| string(s, "key")).collect();
    let (mut payers, mut ends) = (BTreeMap::new(), BTreeMap::new());
    let mut others: BTreeMap<(&str, &str), Edge> = BTreeMap::new();
    let mut shared: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    let currency = string(alert.at("/what/amount_in"), "ccy");
    for edge in list(alert.at("/network/edges")) {
        let (from, to, by) = (string(edge, "from"), string(edge, "to"), string(edge, "by"));
        // An edge that does not say so is made of payments.
        if !matches!(by, "" | "payment") {
            shared.insert((from, to, by));
            continue;
        }
        let side: &mut Edge = match (anchors.contains(&from), anchors.contains(&to)) {
            (_, true) => payers.entry(masks.shown(from).to_owned()).or_default(),
            (true, false) => ends.entry(masks.shown(to).to_owned()).or_default(),
            (false, false) => others.entry((from, to)).or_default(),
        };
        let payments = field(edge, "payments").as_u64().unwrap_or(0);
        side.add(payments, currency, string(edge, "amount"));
    }
    let beyond = beyond(others, &shared, masks);
    // Where all evidence is the anchor's own, a side that has no edges is told by the payments.
    if list(alert.at("/why/link")).next().is_none() {
        told_by_payments(alert, masks, &mut payers, &mut ends);
    }
    Sides { payers: payers.into_iter().collect(), ends: ends.into_iter().collect(), beyond }
}

/// Lines about those who neither pay the anchor nor are paid by it.
fn beyond(
    others: BTreeMap<(&str, &str), Edge>,
    shared: &BTreeSet<(&str, &str, &str)>,
    masks: &Masks,
) -> Vec<String> {
    let mut paid: Vec<_> = others.into_iter().collect();
    paid.sort_by(|(a, x), (b, y)| y.weight().cmp(&x.weight()).then_with(|| a.cmp(b)));
    let paid = paid.into_iter().map(|((from, to), edge)| {
        format!("{} pays {}: {}", masks.shown(from), masks.shown(to), edge.words())
    });
    let share = shared.iter().map(|(from, to, by)| match *by {
        "relation" => format!("{} declares a relation to {}", masks.shown(from), masks.shown(to)),
        "terminal" => format!("{} and {} at one terminal", masks.shown(from), masks.shown(to)),
        by => format!("{} and {} share one {by}", masks.shown(from), masks.shown(to)),
    });
    let mut all: Vec<String> = paid.chain(share).collect();
    if all.len() > BEYOND_MAX {
        let left = all.split_off(BEYOND_MAX.saturating_sub(1)).len();
        all.push(format!("{left} more ties between others"));
    }
    all
}

/// Fills a side that is empty from the payments that the alert lists.
fn told_by_payments(
    alert: &Revision,
    masks: &Masks,
    payers: &mut BTreeMap<String, Edge>,
    ends: &mut BTreeMap<String, Edge>,
) {
    let (no_payers, no_ends) = (payers.is_empty(), ends.is_empty());
    let related = list(alert.at("/who/related"));
    let known: Vec<&str> = related
        .filter(|actor| string(actor, "function") == "payer")
        .map(|actor| string(actor, "key"))
        .collect();
    for payment in list(alert.at("/evidence/payments")) {
        let (kind, other) = (string(payment, "kind"), string(payment, "other"));
        let is_in = known.contains(&other) || matches!(kind, "cash_deposit" | "card_refund");
        let (side, is_empty) =
            if is_in { (&mut *payers, no_payers) } else { (&mut *ends, no_ends) };
        if is_empty {
            let name = node_name(kind, masks.shown(other), is_in);
            let node: &mut Edge = side.entry(name).or_default();
            node.add(1, string(payment, "currency"), string(payment, "amount"));
        }
    }
}

fn node_name(kind: &str, other: &str, is_in: bool) -> String {
    let at = |what: &str| {
        if other.is_empty() { what.to_owned() } else { format!("{what}, {other}") }
    };
    match kind {
        "cash_withdrawal" => at("cash drawn"),
        "cash_deposit" => at("cash paid in"),
        "card_purchase" => at("card purchases"),
        "card_refund" => at("card refunds"),
        _ if !other.is_empty() => other.to_owned(),
        _ if is_in => "unknown payers".to_owned(),
        kind => kind.replace('_', " "),
    }
}
