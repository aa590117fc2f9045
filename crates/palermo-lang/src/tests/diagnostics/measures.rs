//! Mistakes in the functions of measures, and what is said of them.

use super::Row;

/// Evaluated at ends of days too.
const DAILY: (&str, &str, &str) =
    ("rules/flow.yaml", "window: 30d\n", "window: 30d\nevaluate: day\n");

pub(super) const ROWS: &[Row] = &[
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "quantile(amount) over credit")],
        r#"
error[E103]: `quantile` has other arguments
  --> rules/flow.yaml:20:13
   |
20 |   total_in: quantile(amount) over credit
   |             ^^^^^^^^^^^^^^^^
   = help: write `quantile(amount, 0.9) over credit`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "mode_share(amount, 3) over credit")],
        r#"
error[E103]: `mode_share` has other arguments
  --> rules/flow.yaml:20:13
   |
20 |   total_in: mode_share(amount, 3) over credit
   |             ^^^^^^^^^^^^^^^^^^^^^
   = help: write `mode_share(amount, 3, 0.2) over credit`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "span(amount) over credit")],
        r#"
error[E103]: `span` has other arguments
  --> rules/flow.yaml:20:13
   |
20 |   total_in: span(amount) over credit
   |             ^^^^^^^^^^^^
   = help: write `span() over credit`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "groups(other.account) over credit")],
        r#"
error[E103]: `groups` has other arguments
  --> rules/flow.yaml:20:13
   |
20 |   total_in: groups(other.account) over credit
   |             ^^^^^^^^^^^^^^^^^^^^^
   = help: write `groups(other) over credit`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "recurring(6, 8) over credit")],
        r#"
error[E103]: expected a length of time, found a whole number
  --> rules/flow.yaml:20:23
   |
20 |   total_in: recurring(6, 8) over credit
   |                       ^
   = help: write `recurring(6d, 8d)`

error[E103]: expected a length of time, found a whole number
  --> rules/flow.yaml:20:26
   |
20 |   total_in: recurring(6, 8) over credit
   |                          ^
   = help: write `recurring(6d, 8d)`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "stddev(other.account) over credit")],
        r#"
error[E103]: cannot be computed over text
  --> rules/flow.yaml:20:20
   |
20 |   total_in: stddev(other.account) over credit
   |                    ^^^^^^^^^^^^^
   = help: measure a number, such as `amount`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "trend(kind) over credit")],
        r#"
error[E103]: cannot be computed over a kind of payment
  --> rules/flow.yaml:20:19
   |
20 |   total_in: trend(kind) over credit
   |                   ^^^^
   = help: measure a number, such as `amount`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "absent() over credit")],
        r#"
error[E103]: `absent()` needs `feeds`
  --> rules/flow.yaml:20:13
   |
20 |   total_in: absent() over credit
   |             ^^^^^^^^
   = help: name what the bank must deliver: `feeds: [card]`; where it does not, absence means nothing"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "low_balance_days(100) over credit")],
        r#"
error[E103]: a balance is money, found a whole number
  --> rules/flow.yaml:20:30
   |
20 |   total_in: low_balance_days(100) over credit
   |                              ^^^
   = help: compare it with a parameter of type `money`, or with a measure of money"#,
    ),
    (
        "E103",
        &[(
            "rules/flow.yaml",
            "sum(amount) over credit",
            "top_share(amount, other.account) over credit",
        )],
        r#"
error[E103]: cannot be computed over text
  --> rules/flow.yaml:20:31
   |
20 |   total_in: top_share(amount, other.account) over credit
   |                               ^^^^^^^^^^^^^
   = help: measure a number, such as `amount`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "quantile(amount, 0.9)")],
        r#"
error[E103]: `quantile` measures a selection
  --> rules/flow.yaml:20:13
   |
20 |   total_in: quantile(amount, 0.9)
   |             ^^^^^^^^^^^^^^^^^^^^^
   = help: add `over` and the name of a selection"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "passed_share(credit, credit)")],
        r#"
error[E103]: `passed_share` has other arguments
  --> rules/flow.yaml:20:13
   |
20 |   total_in: passed_share(credit, credit)
   |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: write `passed_share(paid_in, paid_out, 48h)`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "dwell_median(credit, credit, 48h)")],
        r#"
error[E103]: `dwell_median` has other arguments
  --> rules/flow.yaml:20:13
   |
20 |   total_in: dwell_median(credit, credit, 48h)
   |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: write `dwell_median(paid_in, paid_out)`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "apart_km(credit)")],
        r#"
error[E103]: `apart_km` has other arguments
  --> rules/flow.yaml:20:13
   |
20 |   total_in: apart_km(credit)
   |             ^^^^^^^^^^^^^^^^
   = help: write `apart_km(paid_in, paid_out)`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "passed_share(1, credit, 48h)")],
        r#"
error[E103]: expected the name of a selection
  --> rules/flow.yaml:20:26
   |
20 |   total_in: passed_share(1, credit, 48h)
   |                          ^
   = help: name a selection"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "passed_share(credit, credit, 48)")],
        r#"
error[E103]: expected a length of time, found a whole number
  --> rules/flow.yaml:20:42
   |
20 |   total_in: passed_share(credit, credit, 48)
   |                                          ^^
   = help: write `within 7d`"#,
    ),
    (
        "E112",
        &[("rules/flow.yaml", "sum(amount) over credit", "passed_share(credit, credit, 31d)")],
        r#"
error[E112]: `within 31d` is longer than the window 30d
  --> rules/flow.yaml:20:42
   |
20 |   total_in: passed_share(credit, credit, 31d)
   |                                          ^^^
   = help: shorten it, or lengthen `window`"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "sum(amount) over credit", "funded_share(credit, debit, 48h)")],
        r#"
error[E102]: unknown selection `debit`
  --> rules/flow.yaml:20:34
   |
20 |   total_in: funded_share(credit, debit, 48h)
   |                                  ^^^^^
   = help: known: `credit`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "own(senders, 60d)")],
        r#"
error[E103]: `own` has other arguments
  --> rules/flow.yaml:20:13
   |
20 |   total_in: own(senders, 60d)
   |             ^^^^^^^^^^^^^^^^^
   = help: write `own(total, 90d, max)`"#,
    ),
    (
        "E100",
        &[("rules/flow.yaml", "sum(amount) over credit", "own(count() over credit, 60d, mean)")],
        r#"
error[E100]: expected `,` or `)`
  --> rules/flow.yaml:20:25
   |
20 |   total_in: own(count() over credit, 60d, mean)
   |                         ^^^^
   = help: an expression is like `kind == transfer && amount >= $min`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "own(senders + 1, 60d, mean)")],
        r#"
error[E103]: expected the name of a measure
  --> rules/flow.yaml:20:17
   |
20 |   total_in: own(senders + 1, 60d, mean)
   |                 ^^^^^^^^^^^
   = help: name a measure above"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "sum(amount) over credit", "own(sender, 60d, mean)")],
        r#"
error[E102]: unknown measure `sender`
  --> rules/flow.yaml:20:17
   |
20 |   total_in: own(sender, 60d, mean)
   |                 ^^^^^^
   = help: did you mean `senders`?"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "sum(amount) over credit", "own(senders, 60d, median)")],
        r#"
error[E102]: unknown statistic `median`
  --> rules/flow.yaml:20:31
   |
20 |   total_in: own(senders, 60d, median)
   |                               ^^^^^^
   = help: did you mean `mean`?"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "own(senders, 29d, mean)")],
        r#"
error[E103]: `29d` is shorter than one window, 30d
  --> rules/flow.yaml:20:26
   |
20 |   total_in: own(senders, 29d, mean)
   |                          ^^^
   = help: reach back at least one window"#,
    ),
    (
        "E112",
        &[("rules/flow.yaml", "sum(amount) over credit", "own(senders, 61d, mean)")],
        r#"
error[E112]: 61d before a window of 30d is beyond `state.horizon` (90d)
  --> rules/flow.yaml:20:26
   |
20 |   total_in: own(senders, 61d, mean)
   |                          ^^^
   = help: reach back less, or keep more with `state.horizon`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount) over credit", "peer(senders, segment, mean)")],
        r#"
error[E103]: what peers have is known when a day has ended
  --> rules/flow.yaml:20:13
   |
20 |   total_in: peer(senders, segment, mean)
   |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: add `evaluate: day` to the rule"#,
    ),
    (
        "E102",
        &[DAILY, ("rules/flow.yaml", "sum(amount) over credit", "peer(senders, trade, mean)")],
        r#"
error[E102]: unknown group of peers `trade`
  --> rules/flow.yaml:21:27
   |
21 |   total_in: peer(senders, trade, mean)
   |                           ^^^^^
   = help: known: `segment`, `occupation`, `mcc`"#,
    ),
    (
        "E102",
        &[DAILY, ("rules/flow.yaml", "sum(amount) over credit", "peer(senders, mcc, meen)")],
        r#"
error[E102]: unknown statistic `meen`
  --> rules/flow.yaml:21:32
   |
21 |   total_in: peer(senders, mcc, meen)
   |                                ^^^^
   = help: did you mean `mean`?"#,
    ),
    (
        "E103",
        &[DAILY, ("rules/flow.yaml", "sum(amount) over credit", "peer(senders, mcc)")],
        r#"
error[E103]: `peer` has other arguments
  --> rules/flow.yaml:21:13
   |
21 |   total_in: peer(senders, mcc)
   |             ^^^^^^^^^^^^^^^^^^
   = help: write `peer(total, segment, percentile)`"#,
    ),
    (
        "E103",
        &[
            DAILY,
            (
                "rules/flow.yaml",
                "  total_in: sum(amount) over credit",
                "  usual: peer(senders, mcc, mean)\n  total_in: peer(usual, segment, mean)",
            ),
        ],
        r#"
error[E103]: a measure that is compared already cannot be compared once more
  --> rules/flow.yaml:22:13
   |
22 |   total_in: peer(usual, segment, mean)
   |             ^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: name the measure that it is made of"#,
    ),
    (
        "E103",
        &[
            DAILY,
            (
                "rules/flow.yaml",
                "  total_in: sum(amount) over credit",
                "  lasts: span() over credit\n  total_in: peer(lasts, segment, mean)",
            ),
        ],
        r#"
error[E103]: cannot be compared with peers: a length of time
  --> rules/flow.yaml:22:18
   |
22 |   total_in: peer(lasts, segment, mean)
   |                  ^^^^^
   = help: compare a number or money"#,
    ),
    (
        "E190",
        &[
            DAILY,
            ("rules/flow.yaml", "subject: account", "subject: device"),
            ("rules/flow.yaml", "sum(amount) over credit", "peer(senders, mcc, mean)"),
        ],
        r#"
error[E190]: `peer(…)` of `subject: device` is not supported by this version yet
  --> rules/flow.yaml:12:10
   |
12 | subject: device
   |          ^^^^^^
   = help: leave it out, or wait for the version that reads it: a rule is never half read"#,
    ),
    (
        "E190",
        &[
            ("rules/club.yaml", "back / members", "back"),
            ("rules/club.yaml", "holds: back >=", "holds: usual >="),
            ("rules/club.yaml", "paid_out)\n", "paid_out)\n  usual: peer(back, mcc, mean)\n"),
        ],
        r#"
error[E190]: `peer(…)` of a suppressor is not supported by this version yet
  --> rules/club.yaml:17:10
   |
17 |   usual: peer(back, mcc, mean)
   |          ^^^^^^^^^^^^^^^^^^^^^
   = help: leave it out, or wait for the version that reads it: a rule is never half read"#,
    ),
    (
        "E103",
        &[(
            "rules/flow.yaml",
            "  total_in: sum(amount) over credit",
            "  lasts: span() over credit\n  total_in: own(lasts, 60d, mean)",
        )],
        r#"
error[E103]: cannot be compared with its past: a length of time
  --> rules/flow.yaml:21:17
   |
21 |   total_in: own(lasts, 60d, mean)
   |                 ^^^^^
   = help: compare a number or money"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "window: 30d", "window: 30d\nfeeds: [cards]")],
        r#"
error[E102]: unknown feed `cards`
  --> rules/flow.yaml:14:9
   |
14 | feeds: [cards]
   |         ^^^^^
   = help: did you mean `card`?"#,
    ),
    (
        "E103",
        &[(
            "rules/flow.yaml",
            "  total_in: sum(amount) over credit",
            "  usual: own(senders, 30d, mean)\n  twice: usual * 2\n  total_in: own(twice, 30d, max)",
        )],
        r#"
error[E103]: a measure that is compared already cannot be compared once more
  --> rules/flow.yaml:22:13
   |
22 |   total_in: own(twice, 30d, max)
   |             ^^^^^^^^^^^^^^^^^^^^
   = help: name the measure that it is made of"#,
    ),
];
