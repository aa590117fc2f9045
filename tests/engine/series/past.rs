//! Absence, and an account's own past: what cannot be told from the window alone.
//!
//! Sees: an absence that nobody could know, an earlier window in the wrong place, a later time that
//! was not looked at again.

use super::{HOUR_MS, Over, amount, decimal, transfer};
use crate::measures::{Table, Thresholds, amounts, credit, debit, of_kind};
use crate::rules::*;
use palermo_domain::{Feed, FeedSet, PaymentKind, Span};
use palermo_lang::program::{Compare, Expr, Function, Literal, MeasureId, MeasureKind, Statistic};
use palermo_testkit::measure as naive;
use palermo_testkit::measure::people::{absent, known_before};
use palermo_testkit::measure::series;
use palermo_testkit::three::{both, not};
use palermo_testkit::window::{Seen, select, window};
use palermo_testkit::world::World;

/// Nothing, where that means something.
pub(super) fn absence(table: &mut Table, _: Thresholds, over: &Over) {
    let cash = || {
        let mut cash = FeedSet::default();
        cash.insert(Feed::Cash);
        cash
    };
    let draft = |feeds: FeedSet| {
        let draft = Draft::days(2).aggregate(Function::Absent, None, over.withdrawals);
        Draft { feeds, ..draft }
    };
    let nothing = move |world: &World, all: &[Seen<'_>], now: &Seen<'_>, feeds: FeedSet| {
        let at = now.payment.event_time;
        let selected =
            select(&window(all, at, Span::from_days(2)), of_kind(PaymentKind::CashWithdrawal));
        absent(world, &selected, (all, at.minus(Span::from_days(2))), now, feeds)
    };
    // absent() over withdrawals, feeds: [cash]
    table.past_row("S-ABSENT", draft(cash()), measure(0), move |world, all, now, _| {
        nothing(world, all, now, cash())
    });
    // !absent() over withdrawals, feeds: [cash]
    let holds = Expr::Not(Box::new(measure(0)));
    table.past_row("S-PRESENT", draft(cash()), holds, move |world, all, now, _| {
        not(nothing(world, all, now, cash()))
    });
    // absent() over withdrawals, feeds: [card, cash]
    let both_feeds = move || {
        let mut feeds = cash();
        feeds.insert(Feed::Card);
        feeds
    };
    table.past_row("S-FEEDS", draft(both_feeds()), measure(0), move |world, all, now, _| {
        nothing(world, all, now, both_feeds())
    });
}

/// What a measure was `1..=windows` windows of a day ago.
fn earlier(
    all: &[Seen<'_>],
    now: &Seen<'_>,
    windows: i64,
    value: impl Fn(&[Seen<'_>]) -> naive::Number,
) -> Option<Vec<naive::Number>> {
    let at = now.payment.event_time;
    if !known_before(all, at.minus(Span::from_days(windows + 1))) {
        return None;
    }
    let ago = |k: i64| window(all, at.minus(Span::from_days(k)), Span::from_days(1));
    Some((1..=windows).map(|k| value(&ago(k))).collect())
}

fn own_past(of: u16, reach: Span, statistic: Statistic) -> MeasureKind {
    MeasureKind::Own { of: MeasureId(of), reach, statistic }
}

/// A measure against its own past.
pub(super) fn past(table: &mut Table, t: Thresholds, over: &Over) {
    use Compare::{Ge, Gt};
    use series::Past;
    let transfers = |w: &[Seen<'_>]| naive::count(&select(w, transfer));
    // count() over transfers > own(count, 3d12h, mean): three windows of a day
    let reach = Span::from_millis(84 * HOUR_MS);
    table.past_row(
        "S-OWNMEAN",
        Draft::days(1)
            .aggregate(Function::Count, None, over.transfers)
            .with(over.transfers, own_past(0, reach, Statistic::Mean)),
        cmp(Gt, Expr::ToDecimal(Box::new(measure(0))), measure(1)),
        move |_, all, now, _| {
            let at = now.payment.event_time;
            let count = transfers(&window(all, at, Span::from_days(1)));
            let mean = series::own(count, &earlier(all, now, 3, transfers)?, Past::Mean);
            both(count, mean, |a, b| a > b)
        },
    );
    // own(sum(amount) over debits, 2d, max) >= cents
    table.past_row(
        "S-OWNMAX",
        Draft::days(1)
            .aggregate(Function::Sum, amount(), over.debits)
            .with(over.debits, own_past(0, Span::from_days(2), Statistic::Max)),
        cmp(Ge, measure(1), Expr::Literal(Literal::Money(t.money(), usd()))),
        |world, all, now, t| {
            let sum = |w: &[Seen<'_>]| naive::sum(&amounts(world, &select(w, debit)));
            let largest = series::own(None, &earlier(all, now, 2, sum)?, Past::Max);
            both(largest, Some(t.money()), |a, b| a >= b)
        },
    );
    // own(count() over transfers, 3d, deviation) >= share, and >= the root of two: 1 after 0, 0, 1
    for (id, exact) in [("S-OWNDEVIATION", None), ("S-OWNEXACT", Some(dec("1.414214")))] {
        let limit = move |t: Thresholds| exact.unwrap_or(t.share());
        table.past_row(
            id,
            Draft::days(1)
                .aggregate(Function::Count, None, over.transfers)
                .with(over.transfers, own_past(0, Span::from_days(3), Statistic::Deviation)),
            cmp(Ge, measure(1), decimal(limit(t))),
            move |_, all, now, t| {
                let count = transfers(&window(all, now.payment.event_time, Span::from_days(1)));
                let above = series::own(count, &earlier(all, now, 3, transfers)?, Past::Deviation);
                both(above, Some(limit(t)), |a, b| a >= b)
            },
        );
    }
    // own(avg(amount) over credits, 2d, max) >= cents: unknown over an empty window
    table.past_row(
        "S-OWNUNKNOWN",
        Draft::days(1)
            .aggregate(Function::Avg, amount(), over.credits)
            .with(over.credits, own_past(0, Span::from_days(2), Statistic::Max)),
        cmp(Ge, measure(1), Expr::Literal(Literal::Money(t.money(), usd()))),
        |world, all, now, t| {
            let mean = |w: &[Seen<'_>]| naive::avg(&amounts(world, &select(w, credit)));
            let largest = series::own(None, &earlier(all, now, 2, mean)?, Past::Max);
            both(largest, Some(t.money()), |a, b| a >= b)
        },
    );
}
