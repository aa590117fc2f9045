//! Mistakes and what is said of them: the first half of the codes.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "E100",
        &[("rules/flow.yaml", "hit: senders >= $min_senders", "hit: senders => $min_senders")],
        r#"
error[E100]: `=` is no operator
  --> rules/flow.yaml:21:14
   |
21 | hit: senders => $min_senders
   |              ^
   = help: write `==`"#,
    ),
    (
        "E100",
        &[(
            "rules/flow.yaml",
            "hit: senders >= $min_senders",
            "hit: \"senders >= $min_senders && \"",
        )],
        r#"
error[E100]: expected a value, found the end
  --> rules/flow.yaml:21:34
   |
21 | hit: "senders >= $min_senders && "
   |                                  ^
   = help: an expression is like `kind == transfer && amount >= $min`"#,
    ),
    (
        "E100",
        &[("rules/flow.yaml", "title: Many senders", "title: Many: senders")],
        r#"
error[E100]: mapping values are not allowed in this context
 --> rules/flow.yaml:5:12
  |
5 | title: Many: senders
  |            ^
  = help: quote texts that hold `: `, `#` or begin with a sign"#,
    ),
    (
        "E100",
        &[("rules/flow.yaml", "title: Many senders", "title: &a Many senders")],
        r#"
error[E100]: anchors and aliases are not supported
 --> rules/flow.yaml:5:11
  |
5 | title: &a Many senders
  |           ^^^^^^^^^^^^
  = help: quote texts that hold `: `, `#` or begin with a sign"#,
    ),
    (
        "E100",
        &[("rules/flow.yaml", "people paid {total_in}", "people paid {total_in")],
        r#"
error[E100]: `{` without `}`
  --> rules/flow.yaml:23:30
   |
23 | text: "{senders} people paid {total_in"
   |                              ^^^^^^^^^
   = help: close it with `}`"#,
    ),
    (
        "E100",
        &[(
            "rules/flow.yaml",
            "hit: senders >= $min_senders",
            "hit: ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((senders",
        )],
        r#"
error[E100]: the expression is nested deeper than 64 levels
  --> rules/flow.yaml:21:70
   |
21 | hit: ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((senders
   |                                                                      ^
   = help: split it into several selections or measures"#,
    ),
    (
        "E101",
        &[("rules/flow.yaml", "window: 30d", "windw: 30d")],
        r#"
error[E101]: unknown key `windw`
  --> rules/flow.yaml:13:1
   |
13 | windw: 30d
   | ^^^^^
   = help: did you mean `window`?"#,
    ),
    (
        "E101",
        &[("rules/flow.yaml", "item: flag 1,", "item: flag 1, with a comma,")],
        r#"
error[E101]: `with a comma` stands after a comma
  --> rules/flow.yaml:11:32
   |
11 | cite: [{key: K1, item: flag 1, with a comma, status: found}]
   |                                ^^^^^^^^^^^^
   = help: put the text with the comma in quotes"#,
    ),
    (
        "E101",
        &[("rules/case.yaml", "{medium: 40,", "{medium: 40, med: 1,")],
        r#"
error[E101]: unknown key `med`
  --> rules/case.yaml:15:49
   |
15 | score: {A: 30, B: 15, C: 5, bands: {medium: 40, med: 1, high: 60, critical: 80}}
   |                                                 ^^^
   = help: known: `medium`, `high`, `critical`"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "kind == transfer", "kind == transfr")],
        r#"
error[E102]: unknown kind of payment `transfr`
  --> rules/flow.yaml:17:38
   |
17 |   credit: direction == in && kind == transfr && unrelated(self, other)
   |                                      ^^^^^^^
   = help: did you mean `transfer`?"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "distinct(other.account)", "distinct(other.acount)")],
        r#"
error[E102]: unknown name `other.acount`
  --> rules/flow.yaml:19:21
   |
19 |   senders: distinct(other.acount) over credit
   |                     ^^^^^^^^^^^^
   = help: did you mean `other.account`?"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "over credit\n  total", "over credits\n  total")],
        r#"
error[E102]: unknown selection `credits`
  --> rules/flow.yaml:19:41
   |
19 |   senders: distinct(other.account) over credits
   |                                         ^^^^^^^
   = help: did you mean `credit`?"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "sum(amount)", "summ(amount)")],
        r#"
error[E102]: unknown function `summ`
  --> rules/flow.yaml:20:13
   |
20 |   total_in: summ(amount) over credit
   |             ^^^^^^^^^^^^
   = help: did you mean `sum`?"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "{senders} people", "{sender} people")],
        r#"
error[E102]: unknown name `sender` in a text
  --> rules/flow.yaml:23:8
   |
23 | text: "{sender} people paid {total_in}"
   |        ^^^^^^^^
   = help: did you mean `{senders}`?"#,
    ),
    (
        "E102",
        &[("rules/border.yaml", "list('towns')", "list('town')")],
        r#"
error[E102]: unknown list `town`
  --> rules/border.yaml:18:41
   |
18 | hit: count_seen >= 1 && near(self.home, list('town'), 80) && self.account_age <= 60d
   |                                         ^^^^^^^^^^^^
   = help: did you mean `towns`?"#,
    ),
    (
        "E102",
        &[("rules/border.yaml", "[currency].cash", "[currency].card")],
        r#"
error[E102]: unknown column `card` of list `limit`
  --> rules/border.yaml:15:58
   |
15 |   seen: kind in [transfer, payroll] && amount_original < list('limit')[currency].card
   |                                                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: did you mean `cash`?"#,
    ),
    (
        "E102",
        &[("rules/case.yaml", "AA-01 && AA-02", "AA-01 && AB-02")],
        r#"
error[E102]: unknown indicator `AB-02`
  --> rules/case.yaml:11:19
   |
11 | require: AA-01 && AB-02
   |                   ^^^^^
   = help: did you mean `AA-02`?"#,
    ),
    (
        "E102",
        &[("rules/case.yaml", "{AA-01.senders}", "{AA-01.sender}")],
        r#"
error[E102]: unknown measure `sender` of `AA-01`
  --> rules/case.yaml:18:12
   |
18 | headline: "{AA-01.sender} senders in {episode.days} days"
   |            ^^^^^^^^^^^^^^
   = help: did you mean `senders`?"#,
    ),
    (
        "E102",
        &[("rules/ruleset.yaml", "CC-01@1.0.0", "CC-01@1.1.0")],
        r#"
error[E102]: unknown typology `CC-01@1.1.0`
 --> rules/ruleset.yaml:7:12
  |
7 |     live: [CC-01@1.1.0]
  |            ^^^^^^^^^^^
  = help: did you mean `CC-01@1.0.0`?"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "family: N", "family: X")],
        r#"
error[E102]: unknown family `X`
 --> rules/flow.yaml:7:9
  |
7 | family: X
  |         ^
  = help: known: `M`, `L`, `C`, `N`, `T`, `P`, `G`"#,
    ),
    (
        "E102",
        &[("rules/cash.yaml", "within 24h of wage", "within 24h of wages")],
        r#"
error[E102]: unknown earlier step `wages`
  --> rules/cash.yaml:18:106
   |
18 |   draw: direction == out && kind == cash_withdrawal && amount >= $min_share * wage.amount, within 24h of wages
   |                                                                                                          ^^^^^
   = help: did you mean `wage`?"#,
    ),
    (
        "E103",
        &[(
            "rules/flow.yaml",
            "hit: senders >= $min_senders",
            "hit: total_in >= 12000 && senders >= $min_senders",
        )],
        r#"
error[E103]: compares money with a whole number
  --> rules/flow.yaml:21:6
   |
21 | hit: total_in >= 12000 && senders >= $min_senders
   |      ^^^^^^^^^^^^^^^^^
   = help: declare a parameter with `type: money` and its `ccy`, and compare with that; amounts as delivered are `amount_original`"#,
    ),
    (
        "E103",
        &[(
            "rules/flow.yaml",
            "hit: senders >= $min_senders",
            "hit: \"senders >= $min_senders && kind == transfer\"",
        )],
        r#"
error[E103]: `kind` belongs to one payment, and many are looked at here
  --> rules/flow.yaml:21:34
   |
21 | hit: "senders >= $min_senders && kind == transfer"
   |                                  ^^^^
   = help: say it in a selection, or after `where` in a measure"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "hit: senders >= $min_senders", "hit: 'credit >= $min_senders'")],
        r#"
error[E103]: `credit` is a selection, not a value
  --> rules/flow.yaml:21:7
   |
21 | hit: 'credit >= $min_senders'
   |       ^^^^^^
   = help: measure it: `count() over credit`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "sum(amount)", "sum(other.account)")],
        r#"
error[E103]: cannot be computed over text
  --> rules/flow.yaml:20:17
   |
20 |   total_in: sum(other.account) over credit
   |                 ^^^^^^^^^^^^^
   = help: measure a number, such as `amount`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "&& unrelated", "&& amount && unrelated")],
        r#"
error[E103]: expected a condition, found money
  --> rules/flow.yaml:17:50
   |
17 |   credit: direction == in && kind == transfer && amount && unrelated(self, other)
   |                                                  ^^^^^^
   = help: compare it with something"#,
    ),
    (
        "E103",
        &[("rules/border.yaml", "near(self.home,", "near(self.account,")],
        r#"
error[E103]: expected a place, found text
  --> rules/border.yaml:18:30
   |
18 | hit: count_seen >= 1 && near(self.account, list('towns'), 80) && self.account_age <= 60d
   |                              ^^^^^^^^^^^^
   = help: places are `place`, `self.home`, `self.work`, `terminal.place`, `merchant.place`"#,
    ),
    (
        "E103",
        &[("rules/border.yaml", "list('towns')", "list('limit')")],
        r#"
error[E103]: list `limit` has no places
  --> rules/border.yaml:18:41
   |
18 | hit: count_seen >= 1 && near(self.home, list('limit'), 80) && self.account_age <= 60d
   |                                         ^^^^^^^^^^^^^
   = help: give it the columns `lat` and `lon`"#,
    ),
    (
        "E103",
        &[("rules/border.yaml", "self.account_age <= 60d", "self.account_age <= 60")],
        r#"
error[E103]: compares a length of time with a whole number
  --> rules/border.yaml:18:63
   |
18 | hit: count_seen >= 1 && near(self.home, list('towns'), 80) && self.account_age <= 60
   |                                                               ^^^^^^^^^^^^^^^^^^^^^^
   = help: write a length of time with its unit: `48h`, `30d`"#,
    ),
    (
        "E103",
        &[("rules/club.yaml", "back / members >= 0.8", "back / members >= 0.8 || members")],
        r#"
error[E103]: expected a condition, found a whole number
  --> rules/club.yaml:17:33
   |
17 | holds: back / members >= 0.8 || members
   |                                 ^^^^^^^
   = help: compare it with something"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "unrelated(self, other)", "unrelated(self, self)")],
        r#"
error[E103]: `unrelated` compares the two ends of a payment
  --> rules/flow.yaml:17:50
   |
17 |   credit: direction == in && kind == transfer && unrelated(self, self)
   |                                                  ^^^^^^^^^^^^^^^^^^^^^
   = help: write `unrelated(self, other)`"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "total_in: sum(amount) over credit", "total_in: sum(amount)")],
        r#"
error[E103]: `sum` measures a selection
  --> rules/flow.yaml:20:13
   |
20 |   total_in: sum(amount)
   |             ^^^^^^^^^^^
   = help: add `over` and the name of a selection"#,
    ),
    (
        "E104",
        &[("rules/flow.yaml", "value: 5,", "value: 2,")],
        r#"
error[E104]: parameter `min_senders` value 2 is outside its range [3, 50]
  --> rules/flow.yaml:15:24
   |
15 |   min_senders: {value: 2, type: int, range: [3, 50], step: 1, stricter: up, basis: default, why: a family is smaller}
   |                        ^
   = help: change the value, or widen the range and say why"#,
    ),
    (
        "E104",
        &[("rules/flow.yaml", "range: [3, 50]", "range: [50, 3]")],
        r#"
error[E104]: the range of `min_senders` ends before it begins
  --> rules/flow.yaml:15:45
   |
15 |   min_senders: {value: 5, type: int, range: [50, 3], step: 1, stricter: up, basis: default, why: a family is smaller}
   |                                             ^^^^^^^
   = help: write `range: [low, high]`"#,
    ),
    (
        "E105",
        &[("rules/flow.yaml", "hit: senders >= $min_senders", "hit: senders >= $min_sender")],
        r#"
error[E105]: parameter `$min_sender` is used and not declared
  --> rules/flow.yaml:21:17
   |
21 | hit: senders >= $min_sender
   |                 ^^^^^^^^^^^
   = help: did you mean `$min_senders`?"#,
    ),
    (
        "E105",
        &[("rules/flow.yaml", "hit: senders >= $min_senders", "hit: senders >= 5")],
        r#"
error[E105]: parameter `min_senders` is declared and never used
  --> rules/flow.yaml:15:3
   |
15 |   min_senders: {value: 5, type: int, range: [3, 50], step: 1, stricter: up, basis: default, why: a family is smaller}
   |   ^^^^^^^^^^^
   = help: use `$min_senders`, or remove it"#,
    ),
    (
        "E106",
        &[("rules/flow.yaml", "window: 30d\n", "")],
        r#"
error[E106]: an indicator has no `window`
 --> rules/flow.yaml:1:1
  |
1 | apiVersion: palermo.rules/v1
  | ^^^^^^^^^^
  = help: add `window: …`"#,
    ),
    (
        "E106",
        &[("rules/cash.yaml", "  wage: direction == in && kind == transfer\n", "")],
        r#"
error[E106]: a sequence has two to five steps
  --> rules/cash.yaml:17:3
   |
17 |   draw: direction == out && kind == cash_withdrawal && amount >= $min_share * wage.amount, within 24h of wage
   |   ^^^^
   = help: name each step: `deposit: …`"#,
    ),
    (
        "E107",
        &[("rules/flow.yaml", "window: 30d", "window: 30 days")],
        r#"
error[E107]: expected a length of time, found `30 days`
  --> rules/flow.yaml:13:9
   |
13 | window: 30 days
   |         ^^^^^^^
   = help: write it like `30d`"#,
    ),
    (
        "E107",
        &[("rules/flow.yaml", "crime: [laundering]", "crime: laundering")],
        r#"
error[E107]: expected a list, found `laundering`
 --> rules/flow.yaml:6:8
  |
6 | crime: laundering
  |        ^^^^^^^^^^
  = help: write `[…]` around it"#,
    ),
    (
        "E107",
        &[("rules/flow.yaml", "id: AA-01", "id: aa1")],
        r#"
error[E107]: expected an id, found `aa1`
 --> rules/flow.yaml:3:5
  |
3 | id: aa1
  |     ^^^
  = help: write it like `MS-08`"#,
    ),
];
