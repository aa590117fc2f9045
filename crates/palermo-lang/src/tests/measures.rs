//! What every function of a measure is made of: its type, its function, its arguments.

use super::folder::folder;
use super::shipped::limits;
use crate::compile;
use crate::program::{
    BetweenFunction, Condition, Expr, Function, Literal, MeasureKind, PeerGroup, PeerStatistic,
    RuleSet, Statistic, Type,
};
use palermo_domain::{Feed, Span};

/// AA-01 with one measure more, `probe`, which the text names.
fn with(measure: &str) -> Condition {
    found(compiled(measure, "").unwrap_or_else(|errors| panic!("{measure}:\n{errors}")))
}

/// The same at the ends of days.
fn daily_with(measure: &str) -> Condition {
    let daily = compiled(measure, "evaluate: day\n");
    found(daily.unwrap_or_else(|errors| panic!("{measure}:\n{errors}")))
}

fn found(rules: RuleSet) -> Condition {
    rules.indicators.into_iter().map(|rule| rule.condition).find(|c| c.id == "AA-01").unwrap()
}

fn compiled(measure: &str, when: &str) -> Result<RuleSet, String> {
    let when = format!("window: 30d\n{when}feeds: [card, cash]\n");
    let lines = format!("  total_in: sum(amount) over credit\n  probe: {measure}\n");
    let edits = [
        ("rules/flow.yaml", "  total_in: sum(amount) over credit\n", lines.as_str()),
        ("rules/flow.yaml", "window: 30d\n", when.as_str()),
        ("rules/flow.yaml", "select:\n", "select:\n  sent: direction == out\n"),
        ("rules/flow.yaml", "people paid", "{probe} paid"),
    ];
    let found = compile(&folder(&edits), "prod", &limits());
    found.map(|compiled| compiled.rules).map_err(|errors| errors.render(false))
}

#[test]
fn functions_over_a_selection_have_their_types() {
    use Function as F;
    use Type::{Decimal, Duration, Int, Money};
    for (call, function, arguments, gives) in [
        ("quantile(amount, 0.9)", F::Quantile, 1, Money),
        ("quantile(amount_original, 0.9)", F::Quantile, 1, Decimal),
        ("quantile(hour, 0.5)", F::Quantile, 1, Decimal),
        ("first(amount)", F::First, 0, Money),
        ("first(hour)", F::First, 0, Int),
        ("last(self.account_age)", F::Last, 0, Duration),
        ("span()", F::Span, 0, Duration),
        ("stddev(amount)", F::Stddev, 0, Money),
        ("stddev(hour)", F::Stddev, 0, Decimal),
        ("mode_share(amount, 3, 0.2)", F::ModeShare, 2, Decimal),
        ("round_share(amount_original, 100)", F::RoundShare, 1, Decimal),
        ("trend(amount)", F::Trend, 0, Decimal),
        ("rank_trend(hour)", F::RankTrend, 0, Decimal),
        ("recurring(6d, 8d)", F::Recurring, 2, Int),
        ("groups(other)", F::Groups, 0, Int),
        ("top_share(other.account, amount)", F::TopShare, 1, Decimal),
        ("days(3)", F::Days, 1, Int),
        ("days(senders)", F::Days, 1, Int),
        ("low_balance_days(total_in)", F::LowBalanceDays, 1, Int),
        ("balance_days()", F::BalanceDays, 0, Int),
        ("absent()", F::Absent, 0, Type::Bool),
    ] {
        let condition =
            with(&format!("{call} over credit where other.account != self.account within 7d"));
        let probe = condition.measures.last().unwrap();
        let MeasureKind::Aggregate(aggregate) = &probe.kind else { panic!("{call}") };
        assert_eq!(
            (aggregate.function, aggregate.arguments.len()),
            (function, arguments),
            "{call}"
        );
        assert_eq!(probe.value_type, gives, "{call}");
        assert_eq!(aggregate.within, Some(Span::from_days(7)), "{call}");
        assert!(aggregate.filter.is_some(), "{call}");
        assert!(probe.cost > 0, "{call}");
    }
}

#[test]
fn lengths_of_time_are_constants() {
    let condition = with("recurring(6d, 8d) over credit");
    let MeasureKind::Aggregate(found) = &condition.measures.last().unwrap().kind else { panic!() };
    let days = |n| Expr::Literal(Literal::Duration(Span::from_days(n)));
    assert_eq!(found.arguments, [days(6), days(8)]);
}

#[test]
fn functions_of_two_selections_have_their_types() {
    use BetweenFunction as F;
    use Type::{Decimal, Duration};
    for (call, function, within, gives) in [
        ("passed_share(credit, sent, 48h)", F::PassedShare, Some(2), Decimal),
        ("funded_share(sent, credit, 30d)", F::FundedShare, Some(30), Decimal),
        ("returned_share(sent, credit, 7d)", F::ReturnedShare, Some(7), Decimal),
        ("dwell_median(credit, sent)", F::DwellMedian, None, Duration),
        ("apart_km(credit, sent)", F::ApartKm, None, Decimal),
    ] {
        let condition = with(call);
        let probe = condition.measures.last().unwrap();
        let MeasureKind::Between(between) = &probe.kind else { panic!("{call}") };
        assert_eq!(between.function, function, "{call}");
        assert_eq!(between.within, within.map(Span::from_days), "{call}");
        assert_eq!(probe.value_type, gives, "{call}");
        let id = |name: &str| condition.selections.iter().find(|(own, _)| own == name).unwrap().1;
        let first = if call.contains("(sent") { ["sent", "credit"] } else { ["credit", "sent"] };
        assert_eq!([between.a, between.b], first.map(id), "{call}");
    }
}

#[test]
fn the_past_has_the_type_of_its_measure_or_is_a_number() {
    for (call, of, statistic, gives) in [
        ("own(senders, 60d, mean)", 0, Statistic::Mean, Type::Decimal),
        ("own(senders, 60d, max)", 0, Statistic::Max, Type::Int),
        ("own(total_in, 60d, mean)", 1, Statistic::Mean, Type::Money),
        ("own(total_in, 60d, max)", 1, Statistic::Max, Type::Money),
        ("own(total_in, 60d, deviation)", 1, Statistic::Deviation, Type::Decimal),
    ] {
        let condition = with(call);
        let probe = condition.measures.last().unwrap();
        let MeasureKind::Own { of: found, reach, statistic: made } = &probe.kind else {
            panic!("{call}")
        };
        assert_eq!((usize::from(found.0), *made, *reach), (of, statistic, Span::from_days(60)));
        assert_eq!(probe.value_type, gives, "{call}");
        let one = condition.measures[of].cost;
        assert!(probe.cost > one, "two windows cost more than one: {} {one}", probe.cost);
    }
}

#[test]
fn peers_have_the_type_of_the_measure_or_are_a_number() {
    use PeerGroup::{Mcc, Occupation, Segment};
    use PeerStatistic::{Deviation, Mean, Median, Percentile};
    for (call, of, (group, statistic), gives) in [
        ("peer(senders, segment, percentile)", 0, (Segment, Percentile), Type::Int),
        ("peer(senders, occupation, median)", 0, (Occupation, Median), Type::Decimal),
        ("peer(senders, mcc, mean)", 0, (Mcc, Mean), Type::Decimal),
        ("peer(total_in, mcc, mean)", 1, (Mcc, Mean), Type::Money),
        ("peer(total_in, mcc, median)", 1, (Mcc, Median), Type::Money),
        ("peer(total_in, segment, deviation)", 1, (Segment, Deviation), Type::Decimal),
        ("peer(total_in, segment, percentile)", 1, (Segment, Percentile), Type::Int),
    ] {
        let condition = daily_with(call);
        let probe = condition.measures.last().unwrap();
        let MeasureKind::Peer { of: found, group: by, statistic: made } = &probe.kind else {
            panic!("{call}")
        };
        assert_eq!((usize::from(found.0), *by, *made), (of, group, statistic), "{call}");
        assert_eq!(probe.value_type, gives, "{call}");
    }
}

#[test]
fn feeds_are_part_of_the_logic() {
    let condition = with("absent() over credit");
    for feed in Feed::ALL {
        let named = matches!(feed, Feed::Card | Feed::Cash);
        assert_eq!(condition.feeds.contains(*feed), named, "{feed:?}");
    }
    let hash = |feeds: &str| {
        let edits = [("rules/flow.yaml", "window: 30d", feeds)];
        let rules = compile(&folder(&edits), "prod", &limits()).map(|compiled| compiled.rules);
        rules.unwrap_or_else(|e| panic!("{}", e.render(false))).indicators[0]
            .condition
            .logic_sha256
            .clone()
    };
    let [none, card, both, turned] = [
        "window: 30d",
        "window: 30d\nfeeds: [card]",
        "window: 30d\nfeeds: [card, cash]",
        "window: 30d\nfeeds: [cash, card]",
    ]
    .map(hash);
    assert_eq!(both, turned);
    assert!(none != card && card != both && none != both);
}
