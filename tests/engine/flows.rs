//! What two selections have to do with each other: money that passes, is funded, lies, comes back,
//! and how far apart payments are made. Rows of the table in `measures`.
//!
//! Sees: a lot that is used twice or too late, a share of the wrong whole, a middle over payments
//! instead of cents, money from one end counted as coming back from another, an unknown amount that
//! became zero, a distance to a place that is not known.

use crate::measures::{Table, Thresholds, credit, debit, is_booked, of_kind};
use crate::rules::*;
use palermo_domain::{PaymentKind, Span};
use palermo_lang::program::{
    Between, BetweenFunction, Compare, Expr, Literal, MeasureKind, SelectionId,
};
use palermo_testkit::measure::{Number, flow};
use palermo_testkit::three::both;
use palermo_testkit::window::{Seen, select};
use palermo_testkit::world::World;

/// Money in or out, cash or not.
fn comes(seen: &Seen<'_>) -> Option<bool> {
    Some(seen.incoming && is_booked(seen))
}

type Share = fn(&World, &[Seen<'_>], &[Seen<'_>], Span) -> Number;

fn between(function: BetweenFunction, a: SelectionId, b: SelectionId) -> Between {
    Between { function, a, b, within: None }
}

pub fn add(table: &mut Table, t: Thresholds) {
    use BetweenFunction as F;
    use Compare::{Ge, Le};
    let b = &mut table.builder;
    let comes_in = b.select("F.in", incoming());
    let goes_out = b.select("F.out", outgoing());
    let credits = b.select("F.credit", Expr::And(vec![incoming(), kind(PaymentKind::Transfer)]));
    let deposits = b.select("F.deposit", kind(PaymentKind::CashDeposit));
    let draws = b.select("F.draw", kind(PaymentKind::CashWithdrawal));
    let draft = |over: SelectionId, between: Between| {
        Draft::days(6).with(over, MeasureKind::Between(between))
    };
    let timed = |between: Between| Between { within: Some(Span::from_days(t.days)), ..between };
    // passed_share(in, out, days) >= share, funded_share(out, in, days) >= share
    let shares: [(&str, F, Share); 2] = [
        ("F-PASSED", F::PassedShare, |world, into, out, d| flow::passed_share(world, into, out, d)),
        ("F-FUNDED", F::FundedShare, |world, into, out, d| flow::funded_share(world, out, into, d)),
    ];
    for (id, function, naive) in shares {
        let (first, second) = match function {
            F::PassedShare => (comes_in, goes_out),
            _ => (goes_out, comes_in),
        };
        table.row(
            id,
            draft(first, timed(between(function, first, second))),
            cmp(Ge, measure(0), Expr::Literal(Literal::Decimal(t.share()))),
            move |world, w, _, t| {
                let (into, out) = (select(w, comes), select(w, debit));
                let share = naive(world, &into, &out, Span::from_days(t.days));
                both(share, Some(t.share()), |a, b| a >= b)
            },
        );
    }
    // dwell_median(in, out) <= days
    table.row(
        "F-DWELL",
        draft(comes_in, between(F::DwellMedian, comes_in, goes_out)),
        cmp(Le, measure(0), Expr::Literal(Literal::Duration(Span::from_days(t.days)))),
        |world, w, _, t| {
            let (into, out) = (select(w, comes), select(w, debit));
            let dwell = flow::dwell_median(world, &into, &out, Span::from_days(6));
            both(dwell, Some(Span::from_days(t.days)), |a, b| a <= b)
        },
    );
    // returned_share(out, credit, days) >= share; of cash out no other end is known
    let part = |t: Thresholds| t.share() / dec("4");
    table.row(
        "F-RETURNED",
        draft(goes_out, timed(between(F::ReturnedShare, goes_out, credits))),
        cmp(Ge, measure(0), Expr::Literal(Literal::Decimal(part(t)))),
        move |world, w, _, t| {
            let (out, back) = (select(w, debit), select(w, credit));
            let share = flow::returned_share(world, &out, &back, Span::from_days(t.days));
            both(share, Some(part(t)), |a, b| a >= b)
        },
    );
    // apart_km(deposits, draws) >= cents / 100
    table.row(
        "F-APART",
        draft(deposits, between(F::ApartKm, deposits, draws)),
        cmp(Ge, measure(0), Expr::Literal(Literal::Decimal(t.money()))),
        |_, w, _, t| {
            let deposits = select(w, of_kind(PaymentKind::CashDeposit));
            let draws = select(w, of_kind(PaymentKind::CashWithdrawal));
            both(flow::apart_km(&deposits, &draws), Some(t.money()), |a, b| a >= b)
        },
    );
}
