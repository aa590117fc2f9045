//! Quantiles, spreads, price points, trends, cadence, groups, days, balances; in `past` absence and
//! an account's own past. Rows of the table in `measures`.
//!
//! Sees: a rank that is off by one, a sample where a population is meant, a price point that takes
//! too much or too little, an order that is not that of event time and payment id, a day that was
//! not looked at.

mod past;

use crate::measures::{Table, Thresholds, amounts, debit, is_booked, of_kind, originals};
use crate::rules::*;
use palermo_domain::{Decimal, PaymentKind, Span};
use palermo_lang::program::{Compare, EndField, Expr, Field, Function, Literal, SelectionId};
use palermo_testkit::measure as naive;
use palermo_testkit::measure::days::{balance_days, days};
use palermo_testkit::measure::people::groups;
use palermo_testkit::measure::series;
use palermo_testkit::three::{Truth, both, not};
use palermo_testkit::window::{Seen, account, select, window};

const HOUR_MS: i64 = 3_600_000;

fn decimal(number: Decimal) -> Expr {
    Expr::Literal(Literal::Decimal(number))
}

fn span(span: Span) -> Expr {
    Expr::Literal(Literal::Duration(span))
}

fn amount() -> Option<Expr> {
    Some(field(Field::Amount))
}

fn transfer(seen: &Seen<'_>) -> Truth {
    of_kind(PaymentKind::Transfer)(seen)
}

fn booked_one(seen: &Seen<'_>) -> Truth {
    Some(is_booked(seen))
}

/// The selections of these rows.
struct Over {
    credits: SelectionId,
    debits: SelectionId,
    transfers: SelectionId,
    withdrawals: SelectionId,
    all: SelectionId,
}

pub fn add(table: &mut Table, t: Thresholds) {
    let b = &mut table.builder;
    let credits = b.select("S.credit", Expr::And(vec![incoming(), kind(PaymentKind::Transfer)]));
    let debits = b.select("S.debit", outgoing());
    let transfers = b.select("S.transfer", kind(PaymentKind::Transfer));
    let withdrawals = b.select("S.withdrawal", kind(PaymentKind::CashWithdrawal));
    let all = b.select("S.all", Expr::Present(Field::EventTime));
    let over = Over { credits, debits, transfers, withdrawals, all };
    order(table, t, &over);
    spread(table, t, &over);
    trends(table, t, &over);
    people(table, t, &over);
    balances(table, t, &over);
    past::absence(table, t, &over);
    past::past(table, t, &over);
}

/// Quantiles, the first, the last, the time between them.
fn order(table: &mut Table, t: Thresholds, over: &Over) {
    use Compare::{Ge, Le};
    let usd = || Expr::Literal(Literal::Money(t.money(), usd()));
    // quantile(amount, share) over transfers <= cents
    table.row(
        "S-QUANTILE",
        Draft::days(5).full(
            Function::Quantile,
            amount(),
            vec![decimal(t.share())],
            over.transfers,
            None,
            None,
        ),
        cmp(Le, measure(0), usd()),
        |world, w, _, t| {
            let values = amounts(world, &select(w, transfer));
            both(series::quantile(&values, t.share()), Some(t.money()), |a, b| a <= b)
        },
    );
    // first(amount) over transfers >= cents
    table.row(
        "S-FIRST",
        Draft::days(4).aggregate(Function::First, amount(), over.transfers),
        cmp(Ge, measure(0), usd()),
        |world, w, _, t| {
            let w = select(w, transfer);
            let first = series::earliest(&w).and_then(|one| world.amount(one.payment));
            both(first, Some(t.money()), |a, b| a >= b)
        },
    );
    // last(self.balance_after) over all <= cents: a payment to oneself has two of them
    table.row(
        "S-LAST",
        Draft::days(4).aggregate(
            Function::Last,
            Some(field(own(EndField::BalanceAfter))),
            over.all,
        ),
        cmp(Le, measure(0), decimal(t.money())),
        |_, w, _, t| {
            let w = select(w, booked_one);
            let last = series::latest(&w).and_then(|one| one.own().balance_after);
            both(last, Some(t.money()), |a, b| a <= b)
        },
    );
    // span() over transfers >= days
    table.row(
        "S-SPAN",
        Draft::days(6).aggregate(Function::Span, None, over.transfers),
        cmp(Ge, measure(0), span(Span::from_days(t.days))),
        |_, w, _, t| {
            let apart = series::span(&select(w, transfer));
            both(apart, Some(Span::from_days(t.days)), |a, b| a >= b)
        },
    );
    // recurring(6h, days) over transfers >= few
    let six_hours = Span::from_millis(6 * HOUR_MS);
    table.row(
        "S-RECURRING",
        Draft::days(7).full(
            Function::Recurring,
            None,
            vec![span(six_hours), span(Span::from_days(t.days))],
            over.transfers,
            None,
            None,
        ),
        cmp(Ge, measure(0), t.few()),
        move |_, w, _, t| {
            let run = series::recurring(&select(w, transfer), six_hours, Span::from_days(t.days));
            both(run, Some(t.few.into()), |a, b| a >= b)
        },
    );
    // recurring(0h, 6h) over all == few: equal times follow each other
    table.row(
        "S-BURST",
        Draft::days(3).full(
            Function::Recurring,
            None,
            vec![span(Span::ZERO), span(six_hours)],
            over.all,
            None,
            None,
        ),
        cmp(Compare::Eq, measure(0), t.few()),
        move |_, w, _, t| {
            let run = series::recurring(&select(w, booked_one), Span::ZERO, six_hours);
            both(run, Some(t.few.into()), |a, b| a == b)
        },
    );
}

/// Spreads and price points.
fn spread(table: &mut Table, t: Thresholds, over: &Over) {
    use Compare::{Ge, Le, Lt};
    let original = || Some(field(Field::AmountOriginal));
    // stddev(amount) over transfers <= cents
    table.row(
        "S-STDDEV",
        Draft::days(4).aggregate(Function::Stddev, amount(), over.transfers),
        cmp(Le, measure(0), Expr::Literal(Literal::Money(t.money(), usd()))),
        |world, w, _, t| {
            let values = amounts(world, &select(w, transfer));
            both(series::stddev(&values), Some(t.money()), |a, b| a <= b)
        },
    );
    // stddev(amount_original) over transfers < 375: the spread of 50.00 and 800.00
    table.row(
        "S-SPREAD",
        Draft::days(4).aggregate(Function::Stddev, original(), over.transfers),
        cmp(Lt, measure(0), number("375")),
        |_, w, _, _| {
            let values = originals(&select(w, transfer));
            both(series::stddev(&values), Some(dec("375")), |a, b| a < b)
        },
    );
    // mode_share(amount, few, share) over all < 0.75
    table.row(
        "S-MODE",
        Draft::days(5).full(
            Function::ModeShare,
            amount(),
            vec![decimal(t.few.into()), decimal(t.share())],
            over.all,
            None,
            None,
        ),
        cmp(Lt, measure(0), number("0.75")),
        |world, w, _, t| {
            let values = amounts(world, &select(w, booked_one));
            let share = series::mode_share(&values, t.few, t.share());
            both(share, Some(dec("0.75")), |a, b| a < b)
        },
    );
    // mode_share(amount_original, 2, 0.75) over all where 50 <= amount_original <= 800, < 1: price
    // points that overlap, so that it matters which of two as frequent ones comes first
    let bound = |op, limit: &str| cmp(op, field(Field::AmountOriginal), number(limit));
    table.row(
        "S-MODETIE",
        Draft::days(4).full(
            Function::ModeShare,
            original(),
            vec![number("2"), number("0.75")],
            over.all,
            Some(Expr::And(vec![bound(Ge, "50"), bound(Le, "800")])),
            None,
        ),
        cmp(Lt, measure(0), number("1")),
        |_, w, _, _| {
            let mut values = originals(&select(w, booked_one));
            values.retain(|value| *value >= Some(dec("50")) && *value <= Some(dec("800")));
            both(series::mode_share(&values, 2, dec("0.75")), Some(dec("1")), |a, b| a < b)
        },
    );
    // mode_share(self.balance_after, 1, 0.25) over all >= share: also overdrawn
    table.row(
        "S-MODEDEBT",
        Draft::days(5).full(
            Function::ModeShare,
            Some(field(own(EndField::BalanceAfter))),
            vec![number("1"), number("0.25")],
            over.all,
            None,
            None,
        ),
        cmp(Ge, measure(0), decimal(t.share())),
        |_, w, _, t| {
            let w = select(w, booked_one);
            let values: Vec<_> = w.iter().map(|one| one.own().balance_after).collect();
            let share = series::mode_share(&values, 1, dec("0.25"));
            both(share, Some(t.share()), |a, b| a >= b)
        },
    );
    // round_share(amount, 100) over all >= share
    table.row(
        "S-ROUND",
        Draft::days(5).full(
            Function::RoundShare,
            amount(),
            vec![number("100")],
            over.all,
            None,
            None,
        ),
        cmp(Ge, measure(0), decimal(t.share())),
        |world, w, _, t| {
            let values = amounts(world, &select(w, booked_one));
            both(series::round_share(&values, dec("100")), Some(t.share()), |a, b| a >= b)
        },
    );
    // top_share(other.account, amount) over debits >= share
    table.row(
        "S-TOP",
        Draft::days(5).full(
            Function::TopShare,
            amount(),
            vec![field(other(EndField::Account))],
            over.debits,
            None,
            None,
        ),
        cmp(Ge, measure(0), decimal(t.share())),
        |world, w, _, t| {
            let w = select(w, debit);
            let keyed: Vec<_> =
                w.iter().map(|one| (account(one.other()), world.amount(one.payment))).collect();
            both(series::top_share(&keyed), Some(t.share()), |a, b| a >= b)
        },
    );
}

/// How values move with their order.
fn trends(table: &mut Table, t: Thresholds, over: &Over) {
    use Compare::{Ge, Lt};
    let rows = [
        ("S-TREND", Function::Trend, true),
        ("S-FALL", Function::Trend, false),
        ("S-RANK", Function::RankTrend, true),
        ("S-RANKFALL", Function::RankTrend, false),
    ];
    for (id, function, rising) in rows {
        let holds = match rising {
            true => cmp(Ge, measure(0), decimal(t.share())),
            false => cmp(Lt, measure(0), decimal(-t.share())),
        };
        let draft = Draft::days(5).aggregate(function, amount(), over.transfers);
        table.row(id, draft, holds, move |world, w, _, t| {
            let values = amounts(world, &select(w, transfer));
            let moved = match function {
                Function::Trend => series::trend(&values),
                _ => series::rank_trend(&values),
            };
            both(moved, Some(t.share()), |a, b| if rising { a >= b } else { a < -b })
        });
    }
}

/// Groups of other ends.
fn people(table: &mut Table, t: Thresholds, over: &Over) {
    use Compare::{Eq, Lt};
    // groups(other) over all == few
    table.row(
        "S-GROUPS",
        Draft::days(5).aggregate(Function::Groups, None, over.all),
        cmp(Eq, measure(0), t.few()),
        |world, w, _, t| {
            let found = groups(world, &select(w, booked_one));
            both(found, Some(t.few.into()), |a, b| a == b)
        },
    );
    // groups(other) < distinct(other.account), over transfers: somebody is related
    table.row(
        "S-RELATED",
        Draft::days(6).aggregate(Function::Groups, None, over.transfers).aggregate(
            Function::Distinct,
            Some(field(other(EndField::Account))),
            over.transfers,
        ),
        cmp(Lt, measure(0), measure(1)),
        |world, w, _, _| {
            let w = select(w, transfer);
            let accounts = naive::distinct(w.iter().map(|one| account(one.other())));
            both(groups(world, &w), accounts, |a, b| a < b)
        },
    );
}

/// Busy days and what they close with.
fn balances(table: &mut Table, t: Thresholds, over: &Over) {
    use Compare::{Eq, Ge};
    // days(few, at most 3) over all >= 2
    let least = |t: Thresholds| t.few.min(3);
    table.row(
        "S-DAYS",
        Draft::days(6).full(
            Function::Days,
            None,
            vec![decimal(least(t).into())],
            over.all,
            None,
            None,
        ),
        cmp(Ge, measure(0), int(2)),
        move |_, w, _, t| {
            let busy = days(&select(w, booked_one), least(t));
            both(busy, Some(Decimal::TWO), |a, b| a >= b)
        },
    );
    // low_balance_days($cents) over all >= days
    table.row(
        "S-LOWBALANCE",
        Draft::days(5).full(
            Function::LowBalanceDays,
            Some(field(own(EndField::BalanceAfter))),
            vec![Expr::Literal(Literal::Money(t.money(), usd()))],
            over.all,
            None,
            None,
        ),
        cmp(Ge, measure(0), int(t.days)),
        |world, w, now, t| {
            let low = balance_days(world, &select(w, booked_one), now, |left| left < t.money());
            both(low, Some(t.days.into()), |a, b| a >= b)
        },
    );
    // balance_days() over all within 3d == days
    table.row(
        "S-BALANCE",
        Draft::days(5).full(
            Function::BalanceDays,
            None,
            Vec::new(),
            over.all,
            None,
            Some(Span::from_days(3)),
        ),
        cmp(Eq, measure(0), int(t.days)),
        |world, w, now, t| {
            let recent = window(w, now.payment.event_time, Span::from_days(3));
            let seen = balance_days(world, &select(&recent, booked_one), now, |_| true);
            both(seen, Some(t.days.into()), |a, b| a == b)
        },
    );
    // first(self.balance_after) over all, to see one that is not known
    table.row(
        "S-UNKNOWN",
        Draft::days(2).aggregate(
            Function::First,
            Some(field(own(EndField::BalanceAfter))),
            over.all,
        ),
        Expr::Not(Box::new(cmp(Ge, measure(0), decimal(t.money())))),
        |_, w, _, t| {
            let w = select(w, booked_one);
            let first = series::earliest(&w).and_then(|one| one.own().balance_after);
            not(both(first, Some(t.money()), |a, b| a >= b))
        },
    );
}
