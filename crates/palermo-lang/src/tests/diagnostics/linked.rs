//! Mistakes about evidence on linked accounts.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "E145",
        &[
            ("rules/case.yaml", "AA-01 && AA-02", "AA-01 && linked(AA-02, 2)"),
            ("rules/case.yaml", "boost: [AA-03]", "boost: [AA-03]"),
        ],
        r#"
error[E145]: `linked` without `link`
  --> rules/case.yaml:11:19
   |
11 | require: AA-01 && linked(AA-02, 2)
   |                   ^^^^^^^^^^^^^^^^
   = help: add `link: {by: [payment, device, address, phone], hops: 3}`

error[E142]: `require` and `boost` cannot reach these families
  --> rules/case.yaml:12:11
   |
12 | families: M && N && P
   |           ^^^^^^^^^^^
   = help: they reach `N`, `P`; add an indicator of a missing one"#,
    ),
    (
        "E145",
        &[
            ("rules/case.yaml", "AA-01 && AA-02", "AA-01 && linked(AA-02, 4)"),
            ("rules/case.yaml", "boost: [AA-03]", "boost: [AA-03]\nlink: {by: [payment], hops: 3}"),
        ],
        r#"
error[E145]: `linked` goes 1 to 3 hops far
  --> rules/case.yaml:11:33
   |
11 | require: AA-01 && linked(AA-02, 4)
   |                                 ^
   = help: write a number of hops: `linked(MS-17, 2)`"#,
    ),
    (
        "E145",
        &[
            ("rules/case.yaml", "AA-01 && AA-02", "AA-01 && linked(AA-02, 3)"),
            ("rules/case.yaml", "boost: [AA-03]", "boost: [AA-03]\nlink: {by: [payment], hops: 2}"),
        ],
        r#"
error[E145]: further than the 2 hops of `link`
  --> rules/case.yaml:11:19
   |
11 | require: AA-01 && linked(AA-02, 3)
   |                   ^^^^^^^^^^^^^^^^
   = help: raise `hops` of `link`, or come nearer

error[E142]: `require` and `boost` cannot reach these families
  --> rules/case.yaml:12:11
   |
12 | families: M && N && P
   |           ^^^^^^^^^^^
   = help: they reach `N`, `P`; add an indicator of a missing one"#,
    ),
    (
        "E145",
        &[
            ("rules/case.yaml", "AA-01 && AA-02", "AA-01 && linked(any(crime == piracy), 2)"),
            ("rules/case.yaml", "boost: [AA-03]", "boost: [AA-03]\nlink: {by: [payment], hops: 2}"),
        ],
        r#"
error[E145]: no indicator is such a one
  --> rules/case.yaml:11:26
   |
11 | require: AA-01 && linked(any(crime == piracy), 2)
   |                          ^^^^^^^^^^^^^^^^^^^^
   = help: loosen the condition, or name the ids

error[E142]: `require` and `boost` cannot reach these families
  --> rules/case.yaml:12:11
   |
12 | families: M && N && P
   |           ^^^^^^^^^^^
   = help: they reach `N`, `P`; add an indicator of a missing one"#,
    ),
    (
        "E103",
        &[
            ("rules/case.yaml", "AA-01 && AA-02", "AA-01 && linked(AA-02)"),
            ("rules/case.yaml", "boost: [AA-03]", "boost: [AA-03]\nlink: {by: [payment], hops: 2}"),
        ],
        r#"
error[E103]: `linked` takes two arguments
  --> rules/case.yaml:11:19
   |
11 | require: AA-01 && linked(AA-02)
   |                   ^^^^^^^^^^^^^
   = help: write `linked(MS-17 || MS-19, 2)`: what, and within how many hops"#,
    ),
    (
        "E103",
        &[
            ("rules/case.yaml", "AA-01 && AA-02", "AA-01 && linked(any(subject == device), 2)"),
            ("rules/case.yaml", "boost: [AA-03]", "boost: [AA-03]\nlink: {by: [payment], hops: 2}"),
        ],
        r#"
error[E103]: `any` tests the heads of indicators
  --> rules/case.yaml:11:30
   |
11 | require: AA-01 && linked(any(subject == device), 2)
   |                              ^^^^^^^^^^^^^^^^^
   = help: compare `tier`, `crime` or `family` with a word by `==` or `!=`"#,
    ),
    (
        "E102",
        &[
            ("rules/case.yaml", "AA-01 && AA-02", "AA-01 && linked(AA-02 || ZZ-09, 2)"),
            (
                "rules/case.yaml",
                "boost: [AA-03]",
                "boost: [AA-03]\nlink: {by: [payment, devise], hops: 2}",
            ),
        ],
        r#"
error[E102]: unknown indicator or typology `ZZ-09`
  --> rules/case.yaml:11:35
   |
11 | require: AA-01 && linked(AA-02 || ZZ-09, 2)
   |                                   ^^^^^
   = help: known: `AA-01`, `AA-02`, `AA-03`, `CC-01`

error[E102]: unknown kind of link `devise`
  --> rules/case.yaml:14:22
   |
14 | link: {by: [payment, devise], hops: 2}
   |                      ^^^^^^
   = help: did you mean `device`?"#,
    ),
    (
        "E172",
        &[
            ("rules/case.yaml", "AA-01 && AA-02", "AA-01 && linked(CC-01, 2)"),
            ("rules/case.yaml", "boost: [AA-03]", "boost: [AA-03]\nlink: {by: [payment], hops: 2}"),
        ],
        r#"
error[E172]: typologies rest on each other in a circle: CC-01 -> CC-01
 --> rules/case.yaml:3:5
  |
3 | id: CC-01
  |     ^^^^^
  = help: name indicators in one of the `linked(…)` instead

error[E142]: `require` and `boost` cannot reach these families
  --> rules/case.yaml:12:11
   |
12 | families: M && N && P
   |           ^^^^^^^^^^^
   = help: they reach `N`, `P`; add an indicator of a missing one"#,
    ),
    (
        "E141",
        &[
            ("rules/case.yaml", "AA-01 && AA-02", "linked(AA-02, 2)"),
            ("rules/case.yaml", "boost: [AA-03]", "boost: [AA-03]\nlink: {by: [payment], hops: 2}"),
        ],
        r#"
error[E141]: `linked(…)` alone satisfies `require`
  --> rules/case.yaml:11:10
   |
11 | require: linked(AA-02, 2)
   |          ^^^^^^^^^^^^^^^^
   = help: no single red flag is proof: require at least two indicators, `A && B`

error[E142]: `require` and `boost` cannot reach these families
  --> rules/case.yaml:12:11
   |
12 | families: M && N && P
   |           ^^^^^^^^^^^
   = help: they reach `N`, `P`; add an indicator of a missing one

error[E102]: unknown name `AA-01.senders` in a text
  --> rules/case.yaml:19:12
   |
19 | headline: "{AA-01.senders} senders in {episode.days} days"
   |            ^^^^^^^^^^^^^^^
   = help: known: `AA-03.count_seen`, `AA-02.repeats`, `AA-02.nothing`, `self.home.town`, `self.home.region`, `self.work.town`, `self.account_age`, `episode.days`"#,
    ),
];
