//! Conditions on fields rather than on measures: three values, `where`, `within`, arithmetic over
//! measures, the customer. Rows of the table in `measures`, apart so that each file can be read.
//!
//! Sees: an unknown taken for false under a negation, a status that a selection did not name, a
//! shorter window measured from the wrong end, a share over nothing, a fact about the wrong end's
//! holder, a local hour that nobody delivered.

use crate::measures::{Table, Thresholds, amounts, credit, is_booked, of_kind};
use crate::rules::*;
use palermo_domain::{PaymentKind, Rail, Span};
use palermo_lang::program::{
    Arithmetic, Compare, EndField, Expr, Field, Function, Literal, MeasureKind,
};
use palermo_testkit::measure as naive;
use palermo_testkit::three::{and, both, not, or};
use palermo_testkit::window::{Seen, account, select};
use palermo_testkit::world::World;

/// Conditions on fields: three values, `where`, `within`, arithmetic over measures, the customer.
pub fn add(table: &mut Table, t: Thresholds) {
    use Compare::{Eq, Ge, Gt, Le};
    let b = &mut table.builder;
    let salary = || cmp(Eq, field(Field::Purpose), Expr::Literal(Literal::Text("SALA".into())));
    let dear = || cmp(Ge, field(Field::Amount), money("400.00"));
    let either = b.select("U.either", Expr::Or(vec![salary(), dear()]));
    let neither = b.select(
        "U.neither",
        Expr::And(vec![Expr::Not(Box::new(salary())), Expr::Not(Box::new(dear()))]),
    );
    let any = b.select_any_status("U.any", Expr::Present(Field::EventTime));
    let credits = b.select("U.credit", Expr::And(vec![incoming(), kind(PaymentKind::Transfer)]));
    let cash = b.select("U.cash", kind(PaymentKind::CashWithdrawal));
    let strangers = b.select("U.strangers", Expr::And(vec![incoming(), p2p(), Expr::Unrelated]));
    let night = b.select("U.night", cmp(Ge, field(Field::Hour), int(18)));
    let at_home = b.select("U.home", near_home("50"));
    let few = |n: naive::Number, t: Thresholds| both(n, Some(t.few.into()), |a, b| a >= b);
    let salary_of = |s: &Seen<'_>| s.payment.purpose.as_ref().map(|purpose| purpose == "SALA");
    let dear_of = |world: &World, s: &Seen<'_>| {
        both(world.amount(s.payment), Some(dec("400")), |a, b| a >= b)
    };
    let counted = |selection| Draft::days(3).aggregate(Function::Count, None, selection);
    let enough = || cmp(Ge, measure(0), t.few());

    table.row("T-OR", counted(either), enough(), move |world, w, _, t| {
        let chosen = select(w, |s| and(or(salary_of(s), dear_of(world, s)), Some(is_booked(s))));
        few(naive::count(&chosen), t)
    });
    table.row("T-NEITHER", counted(neither), enough(), move |world, w, _, t| {
        let chosen =
            select(w, |s| and(and(not(salary_of(s)), not(dear_of(world, s))), Some(is_booked(s))));
        few(naive::count(&chosen), t)
    });
    // selections see booked payments unless they name the status
    table.row("T-STATUS", counted(any), enough(), move |_, w, _, t| few(naive::count(w), t));
    // count() over credit where amount >= 400 within days
    table.row(
        "T-WHERE",
        Draft::days(5).full(
            Function::Count,
            None,
            Vec::new(),
            credits,
            Some(dear()),
            Some(Span::from_days(t.days)),
        ),
        enough(),
        move |world, w, now, t| {
            let from = now.payment.event_time.minus(Span::from_days(t.days));
            let chosen = select(w, |s| {
                let inside = Some(s.payment.event_time >= from);
                and(and(credit(s), dear_of(world, s)), inside)
            });
            few(naive::count(&chosen), t)
        },
    );
    // cash / total_in >= share: unknown over nothing
    table.row(
        "T-SHARE",
        Draft::days(4)
            .aggregate(Function::Sum, Some(field(Field::Amount)), credits)
            .aggregate(Function::Sum, Some(field(Field::Amount)), cash)
            .with(
                cash,
                MeasureKind::Derived(Expr::Arithmetic(
                    Arithmetic::Div,
                    Box::new(measure(1)),
                    Box::new(measure(0)),
                )),
            ),
        cmp(Ge, measure(2), Expr::Literal(Literal::Decimal(t.share()))),
        |world, w, _, t| {
            let into = naive::sum(&amounts(world, &select(w, credit)));
            let out = naive::sum(&amounts(world, &select(w, of_kind(PaymentKind::CashWithdrawal))));
            let share = into.zip(out).and_then(|(into, out)| naive::ratio(out, into));
            both(share, Some(t.share()), |a, b| a >= b)
        },
    );
    // over nothing a sum of counts is 0, not unknown
    table.row(
        "T-NOTHING",
        Draft::days(2)
            .aggregate(Function::Count, None, credits)
            .aggregate(Function::Count, None, cash)
            .with(
                cash,
                MeasureKind::Derived(Expr::Arithmetic(
                    Arithmetic::Add,
                    Box::new(measure(0)),
                    Box::new(measure(1)),
                )),
            ),
        cmp(Eq, measure(2), int(0)),
        |_, w, _, _| {
            let cash = select(w, of_kind(PaymentKind::CashWithdrawal));
            Some(select(w, credit).is_empty() && cash.is_empty())
        },
    );
    table.row("T-STRANGERS", counted(strangers), enough(), move |world, w, _, t| {
        let chosen = select(w, |s| {
            let wanted = s.incoming && s.payment.rail == Rail::P2p && world.unrelated(s);
            Some(wanted && is_booked(s))
        });
        few(naive::count(&chosen), t)
    });
    table.row("T-HOUR", counted(night), enough(), move |_, w, _, t| {
        let chosen = select(w, |s| {
            let hour = naive::local(s).map(|time| time.0.rem_euclid(86_400_000) / 3_600_000);
            and(both(hour, Some(18), |a, b| a >= b), Some(is_booked(s)))
        });
        few(naive::count(&chosen), t)
    });
    table.row("T-HOME", counted(at_home), enough(), move |world, w, _, t| {
        let chosen = select(w, |s| {
            let here = naive::place(s).and_then(|place| place.coordinates);
            let km = naive::kilometers(here, world.home(s));
            and(both(km, Some(dec("50")), |a, b| a <= b), Some(is_booked(s)))
        });
        few(naive::count(&chosen), t)
    });
    // count() over credit > 0 and (self.account_age <= 60d or other.account == 'BANK:E'), seen from
    // the last payment at that time
    let young = cmp(
        Le,
        field(own(EndField::AccountAge)),
        Expr::Literal(Literal::Duration(Span::from_days(60))),
    );
    let from_e =
        cmp(Eq, field(other(EndField::Account)), Expr::Literal(Literal::Text("BANK:E".into())));
    table.row(
        "T-AGE",
        Draft::days(2).aggregate(Function::Count, None, credits),
        Expr::And(vec![cmp(Gt, measure(0), int(0)), Expr::Or(vec![young, from_e])]),
        |world, w, now, _| {
            let any = Some(!select(w, credit).is_empty());
            let young = world.account_age(now).map(|age| age <= Span::from_days(60));
            let from_e = account(now.other()).map(|account| account == "BANK:E");
            and(any, or(young, from_e))
        },
    );
}
