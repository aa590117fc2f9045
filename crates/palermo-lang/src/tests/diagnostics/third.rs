//! Sequences and graph patterns.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "E107",
        &[(
            "rules/cash.yaml",
            "  repeats: 2",
            "  a: hour < 1\n  b: hour < 2\n  c: hour < 3\n  d: hour < 4\n  repeats: 2",
        )],
        r#"
error[E107]: a sequence has two to five steps
  --> rules/cash.yaml:17:3
   |
17 |   wage: direction == in && kind == transfer
   |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: leave out what says the least"#,
    ),
    (
        "E107",
        &[("rules/cash.yaml", "  repeats: 2", "  same: [wage.amount]\n  repeats: 2")],
        r#"
error[E107]: a list names a field of each of two or more steps
  --> rules/cash.yaml:19:9
   |
19 |   same: [wage.amount]
   |         ^^^^^^^^^^^^^
   = help: write `[a.other.account, b.other.account]`; one path without brackets speaks of all repeats"#,
    ),
    (
        "E107",
        &[(
            "rules/cash.yaml",
            "  repeats: 2",
            "  same: wage.amount\n  distinct: draw.amount\n  repeats: 2",
        )],
        r#"
error[E107]: repeats either share a value or differ in one
  --> rules/cash.yaml:20:13
   |
20 |   distinct: draw.amount
   |             ^^^^^^^^^^^
   = help: keep `same` or `distinct`"#,
    ),
    (
        "E102",
        &[("rules/cash.yaml", "  repeats: 2", "  same: drew.other.account\n  repeats: 2")],
        r#"
error[E102]: unknown step `drew`
  --> rules/cash.yaml:19:9
   |
19 |   same: drew.other.account
   |         ^^^^^^^^^^^^^^^^^^
   = help: did you mean `draw`?"#,
    ),
    (
        "E103",
        &[("rules/cash.yaml", "  repeats: 2", "  distinct: draw.place\n  repeats: 2")],
        r#"
error[E103]: cannot tell repeats apart by a place
  --> rules/cash.yaml:19:13
   |
19 |   distinct: draw.place
   |             ^^^^^^^^^^
   = help: name a text, a word or a number, such as `other.account`"#,
    ),
    (
        "E103",
        &[(
            "rules/cash.yaml",
            "  repeats: 2",
            "  same: [wage.amount, draw.amount_original]\n  repeats: 2",
        )],
        r#"
error[E103]: compares money with a decimal number
  --> rules/cash.yaml:19:9
   |
19 |   same: [wage.amount, draw.amount_original]
   |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: both sides must be of one type: there is no conversion"#,
    ),
    (
        "E103",
        &[("rules/cash.yaml", "within 24h of wage", "around 24 of wage")],
        r#"
error[E103]: expected a length of time after `around`
  --> rules/cash.yaml:18:99
   |
18 |   draw: direction == out && kind == cash_withdrawal && amount >= $min_share * wage.amount, around 24 of wage
   |                                                                                                   ^^
   = help: write `around 48h of …`"#,
    ),
    (
        "E100",
        &[("rules/cash.yaml", "within 24h of wage", "after 24h of wage")],
        r#"
error[E100]: expected `within` or `around`
  --> rules/cash.yaml:18:92
   |
18 |   draw: direction == out && kind == cash_withdrawal && amount >= $min_share * wage.amount, after 24h of wage
   |                                                                                            ^^^^^
   = help: an expression is like `kind == transfer && amount >= $min`"#,
    ),
    (
        "E112",
        &[("rules/cash.yaml", "within 24h of wage", "around 15d of wage")],
        r#"
error[E112]: `around 15d` is longer than the window 14d
  --> rules/cash.yaml:18:9
   |
18 |   draw: direction == out && kind == cash_withdrawal && amount >= $min_share * wage.amount, around 15d of wage
   |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: shorten it, or lengthen `window`"#,
    ),
    (
        "E106",
        &[("rules/flow.yaml", "hit: senders", "graph: {shared: {within: 2d}}\nhit: senders")],
        r#"
error[E106]: `shared` has no `by`
  --> rules/flow.yaml:21:18
   |
21 | graph: {shared: {within: 2d}}
   |                  ^^^^^^
   = help: add `by: …`"#,
    ),
    (
        "E114",
        &[(
            "rules/flow.yaml",
            "hit: senders",
            "graph: {cycle: {edges: credit, hops: 3..6}}\nhit: senders",
        )],
        r#"
error[E114]: `credit` does not say the same of both ends of a payment
  --> rules/flow.yaml:21:24
   |
21 | graph: {cycle: {edges: credit, hops: 3..6}}
   |                        ^^^^^^
   = help: name a selection without `direction`, `self`, `other`, `place` and local time: what both ends know of a payment, such as its kind, rail and amount"#,
    ),
    (
        "E107",
        &[(
            "rules/flow.yaml",
            "hit: senders",
            "graph: {cycle: {hops: 3..6}, fan_in: {}}\nhit: senders",
        )],
        r#"
error[E107]: `graph` has one pattern
  --> rules/flow.yaml:21:9
   |
21 | graph: {cycle: {hops: 3..6}, fan_in: {}}
   |         ^^^^^
   = help: write `graph: {cycle: {hops: 3..6}}`"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "hit: senders", "graph: {circle: {hops: 3..6}}\nhit: senders")],
        r#"
error[E102]: unknown pattern `circle`
  --> rules/flow.yaml:21:9
   |
21 | graph: {circle: {hops: 3..6}}
   |         ^^^^^^
   = help: did you mean `cycle`?"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "hit: senders", "graph: {fan_in: {edges: credits}}\nhit: senders")],
        r#"
error[E102]: unknown selection `credits`
  --> rules/flow.yaml:21:25
   |
21 | graph: {fan_in: {edges: credits}}
   |                         ^^^^^^^
   = help: did you mean `credit`?"#,
    ),
    (
        "E101",
        &[("rules/flow.yaml", "hit: senders", "graph: {fan_in: {hops: 3}}\nhit: senders")],
        r#"
error[E101]: unknown key `hops`
  --> rules/flow.yaml:21:18
   |
21 | graph: {fan_in: {hops: 3}}
   |                  ^^^^
   = help: known: `edges`, `within`"#,
    ),
    (
        "E106",
        &[("rules/flow.yaml", "hit: senders", "graph: {cycle: {within: 5d}}\nhit: senders")],
        r#"
error[E106]: `cycle` has no `hops`
  --> rules/flow.yaml:21:17
   |
21 | graph: {cycle: {within: 5d}}
   |                 ^^^^^^
   = help: add `hops: …`"#,
    ),
    (
        "E106",
        &[("rules/flow.yaml", "hit: senders", "graph: {chain: {hops: 3}}\nhit: senders")],
        r#"
error[E106]: `chain` has no `keeps`
  --> rules/flow.yaml:21:17
   |
21 | graph: {chain: {hops: 3}}
   |                 ^^^^
   = help: add `keeps: …`"#,
    ),
    (
        "E107",
        &[("rules/flow.yaml", "hit: senders", "graph: {cycle: {hops: 6..3}}\nhit: senders")],
        r#"
error[E107]: `hops` are whole numbers from 2 to 8
  --> rules/flow.yaml:21:23
   |
21 | graph: {cycle: {hops: 6..3}}
   |                       ^^^^
   = help: write `hops: 3..6`"#,
    ),
    (
        "E107",
        &[("rules/flow.yaml", "hit: senders", "graph: {cycle: {hops: 2..12}}\nhit: senders")],
        r#"
error[E107]: `hops` are whole numbers from 2 to 8
  --> rules/flow.yaml:21:23
   |
21 | graph: {cycle: {hops: 2..12}}
   |                       ^^^^^
   = help: write `hops: 3..6`"#,
    ),
    (
        "E107",
        &[(
            "rules/flow.yaml",
            "hit: senders",
            "graph: {cycle: {hops: 2..4, keeps: 12}}\nhit: senders",
        )],
        r#"
error[E107]: expected a share
  --> rules/flow.yaml:21:36
   |
21 | graph: {cycle: {hops: 2..4, keeps: 12}}
   |                                    ^^
   = help: write it like `0.7`"#,
    ),
    (
        "E107",
        &[("rules/flow.yaml", "hit: senders", "graph: {mirror: {tolerance: 5d}}\nhit: senders")],
        r#"
error[E107]: expected a share
  --> rules/flow.yaml:21:29
   |
21 | graph: {mirror: {tolerance: 5d}}
   |                             ^^
   = help: write it like `0.7`"#,
    ),
    (
        "E107",
        &[(
            "rules/flow.yaml",
            "hit: senders",
            "graph: {bipartite: {sources: 1, sinks: 2}}\nhit: senders",
        )],
        r#"
error[E107]: expected a whole number from 2
  --> rules/flow.yaml:21:30
   |
21 | graph: {bipartite: {sources: 1, sinks: 2}}
   |                              ^
   = help: write `sources: 3`"#,
    ),
    (
        "E105",
        &[("rules/flow.yaml", "hit: senders", "graph: {cycle: {hops: 2..$far}}\nhit: senders")],
        r#"
error[E105]: parameter `$far` is used and not declared
  --> rules/flow.yaml:21:23
   |
21 | graph: {cycle: {hops: 2..$far}}
   |                       ^^^^^^^
   = help: declare `far` under `parameters`"#,
    ),
    (
        "E112",
        &[(
            "rules/flow.yaml",
            "hit: senders",
            "graph: {cycle: {hops: 2..4, within: 31d}}\nhit: senders",
        )],
        r#"
error[E112]: `within: 31d` is longer than the window 30d
  --> rules/flow.yaml:21:37
   |
21 | graph: {cycle: {hops: 2..4, within: 31d}}
   |                                     ^^^
   = help: shorten it, or lengthen `window`"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "hit: senders", "graph: {shared: {by: fone}}\nhit: senders")],
        r#"
error[E102]: unknown attribute `fone`
  --> rules/flow.yaml:21:22
   |
21 | graph: {shared: {by: fone}}
   |                      ^^^^
   = help: did you mean `phone`?"#,
    ),
    (
        "E190",
        &[("rules/flow.yaml", "hit: senders", "graph: {shared: {by: merchant}}\nhit: senders")],
        r#"
error[E190]: `shared` by merchant is not supported by this version yet
  --> rules/flow.yaml:21:22
   |
21 | graph: {shared: {by: merchant}}
   |                      ^^^^^^^^
   = help: leave it out, or wait for the version that reads it: a rule is never half read"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "hit: senders", "graph: {corridor: {}}\nhit: senders")],
        r#"
error[E102]: unknown list `corridor`
  --> rules/flow.yaml:21:19
   |
21 | graph: {corridor: {}}
   |                   ^^
   = help: known: `limit`, `towns`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "hit: senders", "graph: {corridor: {list: towns}}\nhit: senders")],
        r#"
error[E103]: list `towns` has no routes
  --> rules/flow.yaml:21:26
   |
21 | graph: {corridor: {list: towns}}
   |                          ^^^^^
   = help: a list of routes has the columns `route: text` and `stage: int`"#,
    ),
    (
        "E102",
        &[(
            "rules/flow.yaml",
            "hit: senders",
            "graph: {cycle: {hops: 2..4}}\nhit: cycle.hop >= 3 && senders",
        )],
        r#"
error[E102]: unknown name `cycle.hop`
  --> rules/flow.yaml:22:6
   |
22 | hit: cycle.hop >= 3 && senders >= $min_senders
   |      ^^^^^^^^^
   = help: did you mean `cycle.hops`?"#,
    ),
    (
        "E103",
        &[(
            "rules/flow.yaml",
            "hit: senders",
            "graph: {cycle: {hops: 2..4}}\nhit: cycle.amount >= 3 && senders",
        )],
        r#"
error[E103]: compares money with a whole number
  --> rules/flow.yaml:22:6
   |
22 | hit: cycle.amount >= 3 && senders >= $min_senders
   |      ^^^^^^^^^^^^^^^^^
   = help: declare a parameter with `type: money` and its `ccy`, and compare with that; amounts as delivered are `amount_original`"#,
    ),
    (
        "E106",
        &[(
            "rules/flow.yaml",
            "hit: senders >= $min_senders",
            "graph: {cycle: {hops: 2..$min_senders}}",
        )],
        r#"
error[E106]: an indicator has no `hit`
 --> rules/flow.yaml:1:1
  |
1 | apiVersion: palermo.rules/v1
  | ^^^^^^^^^^
  = help: add `hit: …`"#,
    ),
];
