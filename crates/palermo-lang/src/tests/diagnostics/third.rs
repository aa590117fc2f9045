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
];
