//! Hits of the detector against the naive evaluation, one row per measure.
//!
//! Every payment is given to ledger and detector in an arbitrary order of arrival, some are taken
//! out again; then the hit times of every condition on every account are compared with those that a
//! plain list of the payments gives, at every touching event time.
//!
//! Sees: a window that is off by one, an evaluation that was skipped (a late payment changes later
//! windows; a reversal changes them back), a tie at equal times, a wrong middle, edge or rounding, an
//! unknown that became a number, a selection that was decided from the wrong end.

mod compare;

use crate::rules::*;
use palermo_domain::{Decimal, PaymentKind, Span, Status};
use palermo_lang::program::{
    Arithmetic, Compare, Direction, EndField, Expr, Field, Function, Gate, Literal, MeasureKind,
};
use palermo_testkit::measure as naive;
use palermo_testkit::sequence;
use palermo_testkit::three::{Truth, and, both, not};
use palermo_testkit::window::{Seen, account, select};
use palermo_testkit::world::World;
use proptest::prelude::*;

type Naive = Box<dyn for<'p> Fn(&World, &[Seen<'p>], &Seen<'p>, Thresholds) -> Truth>;

/// Thresholds that a case draws, so that both sides of each are met.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    pub few: i64,
    pub cents: i64,
    pub share: i64,
    pub days: i64,
}

impl Thresholds {
    pub fn few(self) -> Expr {
        int(self.few)
    }
    pub fn money(self) -> Decimal {
        Decimal::new(self.cents, 2)
    }
    pub fn share(self) -> Decimal {
        Decimal::new(self.share, 2)
    }
}

fn thresholds() -> impl Strategy<Value = Thresholds> {
    let cents = prop::sample::select(vec![5_000, 10_000, 25_000, 40_000, 80_000, 900_000_i64]);
    let share = prop::sample::select(vec![0_i64, 20, 25, 33, 50, 66, 75, 100]);
    (1..5_i64, cents, share, 1..5_i64).prop_map(|(few, cents, share, days)| Thresholds {
        few,
        cents,
        share,
        days,
    })
}

struct Row {
    id: &'static str,
    naive: Naive,
    /// Whether the naive twin is given all payments until now, not only the window.
    past: bool,
}

pub struct Table {
    pub builder: Builder,
    rows: Vec<Row>,
}

impl Table {
    pub fn row(
        &mut self,
        id: &'static str,
        draft: Draft,
        holds: Expr,
        naive: impl for<'p> Fn(&World, &[Seen<'p>], &Seen<'p>, Thresholds) -> Truth + 'static,
    ) {
        self.builder.indicator(id, 'M', draft, holds);
        self.rows.push(Row { id, naive: Box::new(naive), past: false });
    }

    /// A row that looks at what was before its window.
    pub fn past_row(
        &mut self,
        id: &'static str,
        draft: Draft,
        holds: Expr,
        naive: impl for<'p> Fn(&World, &[Seen<'p>], &Seen<'p>, Thresholds) -> Truth + 'static,
    ) {
        self.row(id, draft, holds, naive);
        self.rows.iter_mut().rev().take(1).for_each(|row| row.past = true);
    }

    /// How far back the naive twin of a row looks.
    fn width(&self, index: usize) -> Span {
        match self.rows[index].past {
            true => Span::from_days(4_000),
            false => self.builder.rules[index].condition.window,
        }
    }

    /// The row alone: nothing else makes the detector look further back or on.
    fn alone(mut self, index: usize) -> Self {
        self.rows = vec![self.rows.remove(index)];
        self.builder.rules = vec![self.builder.rules.remove(index)];
        self
    }
}

pub fn is_booked(seen: &Seen<'_>) -> bool {
    seen.payment.status == Status::Booked
}

pub fn credit(seen: &Seen<'_>) -> Truth {
    let wanted = seen.incoming && seen.payment.kind == PaymentKind::Transfer;
    Some(wanted && is_booked(seen))
}

pub fn debit(seen: &Seen<'_>) -> Truth {
    Some(!seen.incoming && is_booked(seen))
}

pub fn of_kind(kind: PaymentKind) -> impl Fn(&Seen<'_>) -> Truth {
    move |seen| Some(seen.payment.kind == kind && is_booked(seen))
}

fn cash_kind(seen: &Seen<'_>) -> Truth {
    let kind = seen.payment.kind;
    let cash = matches!(kind, PaymentKind::CashDeposit | PaymentKind::CashWithdrawal);
    Some(cash && is_booked(seen))
}

pub fn amounts(world: &World, seen: &[Seen<'_>]) -> Vec<naive::Number> {
    seen.iter().map(|one| world.amount(one.payment)).collect()
}

pub fn originals(seen: &[Seen<'_>]) -> Vec<naive::Number> {
    seen.iter().map(|one| Some(one.payment.amount)).collect()
}

fn table(t: Thresholds) -> Table {
    let mut table = Table { builder: Builder::default(), rows: Vec::new() };
    let b = &mut table.builder;
    let credits = b.select("T.credit", Expr::And(vec![incoming(), kind(PaymentKind::Transfer)]));
    b.gate(credits, Gate { kinds: vec![PaymentKind::Transfer], direction: Some(Direction::In) });
    let debits = b.select("T.debit", outgoing());
    let deposits = b.select("T.deposit", kind(PaymentKind::CashDeposit));
    let withdrawals = b.select("T.withdrawal", kind(PaymentKind::CashWithdrawal));
    let cash = b.select(
        "T.cash",
        Expr::Or(vec![kind(PaymentKind::CashDeposit), kind(PaymentKind::CashWithdrawal)]),
    );
    let transfers = b.select("T.transfer", kind(PaymentKind::Transfer));
    let amount = || Some(field(Field::Amount));
    let original = || Some(field(Field::AmountOriginal));
    use Compare::{Eq, Ge, Gt, Le, Lt, Ne};

    // count() over credit >= few, 2d
    table.row(
        "T-COUNT",
        Draft::days(2).aggregate(Function::Count, None, credits),
        cmp(Ge, measure(0), t.few()),
        |_, w, _, t| both(naive::count(&select(w, credit)), Some(t.few.into()), |a, b| a >= b),
    );
    // count(purpose) over credit >= few: an unknown value is not counted
    table.row(
        "T-KNOWN",
        Draft::days(4).aggregate(Function::Count, Some(field(Field::Purpose)), credits),
        cmp(Ge, measure(0), t.few()),
        |_, w, _, t| {
            let known = select(w, credit).into_iter().filter(|s| s.payment.purpose.is_some());
            both(naive::whole(known.count()), Some(t.few.into()), |a, b| a >= b)
        },
    );
    // sum(amount) over credit >= cents
    table.row(
        "T-SUM",
        Draft::days(3).aggregate(Function::Sum, amount(), credits),
        cmp(Ge, measure(0), Expr::Literal(Literal::Money(t.money(), usd()))),
        |world, w, _, t| {
            let sum = naive::sum(&amounts(world, &select(w, credit)));
            both(sum, Some(t.money()), |a, b| a >= b)
        },
    );
    // !(sum(amount) over credit >= cents): an unknown sum is no hit either
    table.row(
        "T-NOTSUM",
        Draft::days(3).aggregate(Function::Sum, amount(), credits),
        Expr::Not(Box::new(cmp(Ge, measure(0), Expr::Literal(Literal::Money(t.money(), usd()))))),
        |world, w, _, t| {
            let sum = naive::sum(&amounts(world, &select(w, credit)));
            not(both(sum, Some(t.money()), |a, b| a >= b))
        },
    );
    // distinct(other.account) over credit == few
    table.row(
        "T-DISTINCT",
        Draft::days(5).aggregate(
            Function::Distinct,
            Some(field(other(EndField::Account))),
            credits,
        ),
        cmp(Eq, measure(0), t.few()),
        |_, w, _, t| {
            let w = select(w, credit);
            both(
                naive::distinct(w.iter().map(|s| account(s.other()))),
                Some(t.few.into()),
                |a, b| a == b,
            )
        },
    );
    // count() over credit within 1d >= few, in a window of four
    table.row(
        "T-WITHIN",
        Draft::days(4).full(
            Function::Count,
            None,
            Vec::new(),
            credits,
            None,
            Some(Span::from_days(1)),
        ),
        cmp(Ge, measure(0), t.few()),
        |_, w, here, t| {
            let from = here.payment.event_time.minus(Span::from_days(1));
            let recent = |s: &Seen<'_>| s.payment.event_time >= from;
            let count = select(w, credit).into_iter().filter(|s| recent(s)).count();
            both(naive::whole(count), Some(t.few.into()), |a, b| a >= b)
        },
    );
    // distinct(other.account) over transfers of either direction >= few: those who pay and are paid
    table.row(
        "T-EITHER",
        Draft::days(5).aggregate(
            Function::Distinct,
            Some(field(other(EndField::Account))),
            transfers,
        ),
        cmp(Ge, measure(0), t.few()),
        |_, w, _, t| {
            let w = select(w, of_kind(PaymentKind::Transfer));
            both(
                naive::distinct(w.iter().map(|s| account(s.other()))),
                Some(t.few.into()),
                |a, b| a >= b,
            )
        },
    );
    // avg(amount) over transfers <= cents
    table.row(
        "T-MEAN",
        Draft::days(4).aggregate(Function::Avg, amount(), transfers),
        cmp(Le, measure(0), Expr::Literal(Literal::Money(t.money(), usd()))),
        |world, w, _, t| {
            let values = amounts(world, &select(w, of_kind(PaymentKind::Transfer)));
            both(naive::avg(&values), Some(t.money()), |a, b| a <= b)
        },
    );
    // distinct(other.region) over debit != few
    table.row(
        "T-REGIONS",
        Draft::days(5).aggregate(Function::Distinct, Some(field(other(EndField::Region))), debits),
        cmp(Ne, measure(0), t.few()),
        |_, w, _, t| {
            let w = select(w, debit);
            let regions = w.iter().map(|s| s.other().place.region.as_deref());
            both(naive::distinct(regions), Some(t.few.into()), |a, b| a != b)
        },
    );
    // min(amount) over debit < cents and max(amount) over debit > cents
    table.row(
        "T-MINMAX",
        Draft::days(3).aggregate(Function::Min, amount(), debits).aggregate(
            Function::Max,
            amount(),
            debits,
        ),
        Expr::And(vec![
            cmp(Lt, measure(0), money("250.00")),
            cmp(Gt, measure(1), Expr::Literal(Literal::Money(t.money(), usd()))),
        ]),
        |world, w, _, t| {
            let values = amounts(world, &select(w, debit));
            and(
                both(naive::min(&values), Some(dec("250.00")), |a, b| a < b),
                both(naive::max(&values), Some(t.money()), |a, b| a > b),
            )
        },
    );
    // avg(amount_original) over debit <= cents
    table.row(
        "T-AVG",
        Draft::days(4).aggregate(Function::Avg, original(), debits),
        cmp(Le, measure(0), Expr::Literal(Literal::Decimal(t.money()))),
        |_, w, _, t| {
            let mean = naive::avg(&originals(&select(w, debit)));
            both(mean, Some(t.money()), |a, b| a <= b)
        },
    );
    // median(amount) over credit <= cents
    table.row(
        "T-MEDIAN",
        Draft::days(6).aggregate(Function::Median, amount(), credits),
        cmp(Le, measure(0), Expr::Literal(Literal::Money(t.money(), usd()))),
        |world, w, _, t| {
            let middle = naive::median(&amounts(world, &select(w, credit)));
            both(middle, Some(t.money()), |a, b| a <= b)
        },
    );
    // near_share(amount_original, 10000, 0.8) over cash >= share
    table.row(
        "T-NEAR",
        Draft::days(6).full(
            Function::NearShare,
            original(),
            vec![number("10000.00"), number("0.8")],
            cash,
            None,
            None,
        ),
        cmp(Ge, measure(0), Expr::Literal(Literal::Decimal(t.share()))),
        |_, w, _, t| {
            let values = originals(&select(w, cash_kind));
            let near = naive::near_share(&values, dec("10000"), dec("0.8"));
            both(near, Some(t.share()), |a, b| a >= b)
        },
    );
    // places(25) over cash >= few
    table.row(
        "T-PLACES",
        Draft::days(5).full(
            Function::Places,
            Some(field(Field::Place)),
            vec![number("25")],
            cash,
            None,
            None,
        ),
        cmp(Ge, measure(0), t.few()),
        |_, w, _, t| {
            let places = naive::places(&select(w, cash_kind), dec("25"));
            both(places, Some(t.few.into()), |a, b| a >= b)
        },
    );
    // nights() over cash >= few
    table.row(
        "T-NIGHTS",
        Draft::days(6).aggregate(Function::Nights, None, cash),
        cmp(Ge, measure(0), t.few()),
        |_, w, _, t| both(naive::nights(&select(w, cash_kind)), Some(t.few.into()), |a, b| a >= b),
    );
    // overlap(other.account, credit, debit) >= 1
    table.row(
        "T-OVERLAP",
        Draft::days(3).with(
            credits,
            MeasureKind::Overlap { key: field(other(EndField::Account)), a: credits, b: debits },
        ),
        cmp(Ge, measure(0), int(1)),
        |_, w, _, _| {
            let (a, b) = (select(w, credit), select(w, debit));
            let key = |s: &Seen<'_>| account(s.other()).map(str::to_owned);
            let both_ways = naive::overlap(a.iter().map(key), b.iter().map(key));
            both(both_ways, Some(Decimal::ONE), |a, b| a >= b)
        },
    );
    // a deposit, then a withdrawal of at least half of it within a day: few times
    let tie = cmp(
        Ge,
        field(Field::Amount),
        Expr::Arithmetic(
            Arithmetic::Mul,
            Box::new(number("0.5")),
            Box::new(Expr::Step(0, Field::Amount)),
        ),
    );
    let mut sequence_draft = Draft::days(9).with(deposits, MeasureKind::Repeats);
    sequence_draft.sequence = Some(two_steps([deposits, withdrawals], tie, Span::from_days(1)));
    table.row(
        "T-SEQUENCE",
        sequence_draft,
        cmp(Ge, measure(0), int(t.few.min(2))),
        |world, w, _, t| {
            let first = select(w, of_kind(PaymentKind::CashDeposit));
            let second = select(w, of_kind(PaymentKind::CashWithdrawal));
            let tied = |a: &Seen<'_>, b: &Seen<'_>| {
                let (a, b) = (world.amount(a.payment), world.amount(b.payment));
                both(a, b, |a, b| b >= naive::rounded(a * dec("0.5"))) == Some(true)
            };
            let within = Span::from_days(1);
            let times = sequence::repeats(&first, &second, within, tied);
            both(times, Some(t.few.min(2).into()), |a, b| a >= b)
        },
    );
    // a credit, then a debit to the same other end within a day: self-payments and equal times
    let same = cmp(Eq, field(other(EndField::Account)), Expr::Step(0, other(EndField::Account)));
    let mut returned = Draft::days(4).with(credits, MeasureKind::Repeats);
    returned.sequence = Some(two_steps([credits, debits], same, Span::from_days(1)));
    table.row("T-RETURNED", returned, cmp(Ge, measure(0), int(t.few.min(2))), |_, w, _, t| {
        let tied = |a: &Seen<'_>, b: &Seen<'_>| {
            both(account(a.other()), account(b.other()), |a, b| a == b) == Some(true)
        };
        let times =
            sequence::repeats(&select(w, credit), &select(w, debit), Span::from_days(1), tied);
        both(times, Some(t.few.min(2).into()), |a, b| a >= b)
    });
    crate::fields::add(&mut table, t);
    crate::series::add(&mut table, t);
    crate::flows::add(&mut table, t);
    table
}
