//! Typologies for the tests of findings: low thresholds, so that alerts come and go.
//!
//! Five indicators in three families; one typology per account with a suppressor, one per party, one
//! that ends its episodes quickly.

use crate::rules::*;
use palermo_domain::{PaymentKind, Span};
use palermo_lang::program::*;

pub fn rules() -> RuleSet {
    built(true)
}

/// Without suppressors.
pub fn plain_rules() -> RuleSet {
    built(false)
}

fn built(suppressed: bool) -> RuleSet {
    use Compare::{Ge, Le};
    let mut b = Builder::default();
    let credits = b.select("I-1.credit", Expr::And(vec![incoming(), kind(PaymentKind::Transfer)]));
    let debits = b.select("I-2.debit", outgoing());
    let cash = b.select(
        "I-3.cash",
        Expr::Or(vec![kind(PaymentKind::CashDeposit), kind(PaymentKind::CashWithdrawal)]),
    );
    let wages = b.select(
        "S-1.wage",
        cmp(Compare::Eq, field(Field::Purpose), Expr::Literal(Literal::Text("SALA".into()))),
    );
    let account = || Some(field(other(EndField::Account)));
    let amount = || Some(field(Field::Amount));
    let many = b.indicator(
        "I-1",
        'N',
        Draft::days(3).aggregate(Function::Distinct, account(), credits).aggregate(
            Function::Sum,
            amount(),
            credits,
        ),
        cmp(Ge, measure(0), int(2)),
    );
    // Can stop holding when more comes in: an early finding may have to be taken back.
    let small = b.indicator(
        "I-2",
        'M',
        Draft::days(2).aggregate(Function::Median, amount(), debits),
        cmp(Le, measure(0), money("400.00")),
    );
    let near = b.indicator(
        "I-3",
        'M',
        Draft::days(4).aggregate(Function::Count, None, cash).full(
            Function::NearShare,
            Some(field(Field::AmountOriginal)),
            vec![number("10000.00"), number("0.8")],
            cash,
            None,
            None,
        ),
        Expr::And(vec![cmp(Ge, measure(0), int(2)), cmp(Ge, measure(1), number("0.5"))]),
    );
    let busy = b.indicator(
        "I-4",
        'P',
        Draft::days(1).aggregate(Function::Count, None, debits),
        cmp(Ge, measure(0), int(2)),
    );
    let large = b.indicator(
        "I-5",
        'P',
        Draft::days(2).aggregate(Function::Sum, amount(), credits),
        cmp(Ge, measure(0), money("800.00")),
    );
    let explained = b.suppressor(
        "SUP-1",
        Draft::days(3).aggregate(Function::Count, None, wages),
        cmp(Ge, measure(0), int(2)),
    );
    let var = |id: IndicatorId| Logic::Var(Need::Here(id));
    let both = Logic::And(vec![var(many), Logic::Or(vec![var(small), var(near)])]);
    let required = [many, small, near];
    let quiet = Span::from_days(30);
    let first =
        b.typology("CT-91", Anchor::Account, both.clone(), &required, &[busy, large], quiet);
    if suppressed {
        first.suppress = vec![explained];
    }
    b.typology("CT-92", Anchor::Party, both.clone(), &required, &[busy, large], quiet);
    let short = Span::from_millis(36 * 3_600_000);
    let third = b.typology("CT-93", Anchor::Account, both, &required, &[busy, large], short);
    third.emit.amount_percent = Some(10);
    let fourth = Logic::And(vec![var(small), var(busy)]);
    let fourth = b.typology("CT-94", Anchor::Account, fourth, &[small, busy], &[many, near], short);
    fourth.protective = true;
    fourth.families = Logic::Var(Family('M'));
    fourth.payers_role = None;
    b.build()
}
