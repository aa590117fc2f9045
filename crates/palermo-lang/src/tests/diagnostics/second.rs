//! Mistakes and what is said of them: the second half of the codes.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "E107",
        &[("rules/flow.yaml", "  senders: distinct", "  Senders: distinct")],
        r#"
error[E107]: `Senders` cannot be a name
  --> rules/flow.yaml:19:3
   |
19 |   Senders: distinct(other.account) over credit
   |   ^^^^^^^
   = help: use lower-case letters, digits and `_`: `min_senders`

error[E102]: unknown name `senders`
  --> rules/flow.yaml:21:6
   |
21 | hit: senders >= $min_senders
   |      ^^^^^^^
   = help: did you mean `Senders`?

error[E102]: unknown name `senders` in a text
  --> rules/flow.yaml:23:8
   |
23 | text: "{senders} people paid {total_in}"
   |        ^^^^^^^^^
   = help: did you mean `{Senders}`?"#,
    ),
    (
        "E108",
        &[("rules/flow.yaml", "window: 30d", "window: 30d\nwindow: 14d")],
        r#"
error[E108]: key `window` is written twice
  --> rules/flow.yaml:14:1
   |
14 | window: 14d
   | ^^^^^^
   = help: keep one of the two"#,
    ),
    (
        "E108",
        &[(
            "rules/lists/limit.yaml",
            "rows:\n",
            "rows:\n  - {row: USD, cash: \"1\", valid_from: 2020-01-01}\n",
        )],
        r#"
error[E108]: row `USD` of 2020-01-01 is written twice
 --> rules/lists/limit.yaml:9:11
  |
9 |   - {row: USD, cash: "10000", valid_from: 2020-01-01}
  |           ^^^
  = help: keep one of the two, or let the later version begin on its own day"#,
    ),
    (
        "E108",
        &[("rules/case.yaml", "boost: [AA-03]", "boost: [AA-03, AA-03]")],
        r#"
error[E108]: `AA-03` is written twice under `boost`
  --> rules/case.yaml:13:16
   |
13 | boost: [AA-03, AA-03]
   |                ^^^^^
   = help: keep one of the two"#,
    ),
    (
        "E108",
        &[("rules/case.yaml", "boost: [AA-03]", "boost: [AA-03, AA-02]")],
        r#"
error[E108]: `AA-02` stands in `require` and in `boost`
  --> rules/case.yaml:13:16
   |
13 | boost: [AA-03, AA-02]
   |                ^^^^^
   = help: what is required adds its points already: take it out of `boost`"#,
    ),
    (
        "E104",
        &[(
            "rules/lists/limit.yaml",
            "valid_from: 2020-01-01}",
            "valid_from: 2020-01-01, valid_to: 2019-12-31}",
        )],
        r#"
error[E104]: a row that ends before it begins
 --> rules/lists/limit.yaml:8:65
  |
8 |   - {row: USD, cash: "10000", valid_from: 2020-01-01, valid_to: 2019-12-31}
  |                                                                 ^^^^^^^^^^
  = help: write the last day on which it is in force, or leave it out"#,
    ),
    (
        "E102",
        &[(
            "rules/flow.yaml",
            "basis: default, why: a family",
            "basis: published, cite: K2, why: a family",
        )],
        r#"
error[E102]: unknown source of this rule `K2`
  --> rules/flow.yaml:15:101
   |
15 |   min_senders: {value: 5, type: int, range: [3, 50], step: 1, stricter: up, basis: published, cite: K2, why: a family is smaller}
   |                                                                                                     ^^
   = help: did you mean `K1`?"#,
    ),
    (
        "E152",
        &[(
            "rules/ruleset.yaml",
            "suppressions: []",
            "suppressions: [{typology: CC-01, when: \"self.party == 'P1'\", reason: payroll bureau, owner: team, approved_by: lead, expires: 2026-12-31}]",
        )],
        r#"
error[E152]: `CC-01` is about accounts: this exception never applies
 --> rules/ruleset.yaml:8:40
  |
8 | suppressions: [{typology: CC-01, when: "self.party == 'P1'", reason: payroll bureau, owner: team, approved_by: lead, expires: 2026-12-31}]
  |                                        ^^^^^^^^^^^^^^^^^^^^
  = help: write `self.account == '…'` with an account of `P1`"#,
    ),
    (
        "E152",
        &[
            ("rules/case.yaml", "anchor: account", "anchor: party"),
            (
                "rules/ruleset.yaml",
                "suppressions: []",
                "suppressions: [{typology: CC-01, when: \"self.account == 'A1'\", reason: payroll bureau, owner: team, approved_by: lead, expires: 2026-12-31}]",
            ),
        ],
        r#"
error[E152]: `CC-01` is about parties: this exception never applies
 --> rules/ruleset.yaml:8:40
  |
8 | suppressions: [{typology: CC-01, when: "self.account == 'A1'", reason: payroll bureau, owner: team, approved_by: lead, expires: 2026-12-31}]
  |                                        ^^^^^^^^^^^^^^^^^^^^^^
  = help: write `self.party == '…'` with the holder of `A1`"#,
    ),
    (
        "E109",
        &[(
            "rules/flow.yaml",
            ", range: [3, 50], step: 1, stricter: up, basis: default, why: a family is smaller",
            "",
        )],
        r#"
error[E109]: parameter `min_senders` has no `basis`
  --> rules/flow.yaml:15:3
   |
15 |   min_senders: {value: 5, type: int}
   |   ^^^^^^^^^^^
   = help: add `basis: published` or `basis: default`

error[E109]: parameter `min_senders` has no `range`
  --> rules/flow.yaml:15:3
   |
15 |   min_senders: {value: 5, type: int}
   |   ^^^^^^^^^^^
   = help: add `range: [low, high]`

error[E109]: parameter `min_senders` has no `stricter`
  --> rules/flow.yaml:15:3
   |
15 |   min_senders: {value: 5, type: int}
   |   ^^^^^^^^^^^
   = help: add `stricter: up` or `stricter: down`

error[E109]: parameter `min_senders` has no `why`
  --> rules/flow.yaml:15:3
   |
15 |   min_senders: {value: 5, type: int}
   |   ^^^^^^^^^^^
   = help: add `why: the reason for this value`"#,
    ),
    (
        "E109",
        &[("rules/flow.yaml", "basis: default", "basis: published")],
        r#"
error[E109]: parameter `min_senders` has no `cite`
  --> rules/flow.yaml:15:3
   |
15 |   min_senders: {value: 5, type: int, range: [3, 50], step: 1, stricter: up, basis: published, why: a family is smaller}
   |   ^^^^^^^^^^^
   = help: add `cite: KEY` of the source, or `basis: default`"#,
    ),
    (
        "E112",
        &[("rules/flow.yaml", "window: 30d", "window: 91d")],
        r#"
error[E112]: window 91d is beyond `state.horizon` (90d)
  --> rules/flow.yaml:13:9
   |
13 | window: 91d
   |         ^^^
   = help: shorten the window, or keep more with `state.horizon`"#,
    ),
    (
        "E112",
        &[("rules/case.yaml", "window: 60d", "window: 401d")],
        r#"
error[E112]: window 401d is beyond `state.evidence_horizon` (400d)
  --> rules/case.yaml:10:9
   |
10 | window: 401d
   |         ^^^^
   = help: shorten the window, or keep more with `state.evidence_horizon`"#,
    ),
    (
        "E112",
        &[("rules/flow.yaml", "sum(amount) over credit", "sum(amount) over credit within 31d")],
        r#"
error[E112]: `within 31d` is longer than the window 30d
  --> rules/flow.yaml:20:44
   |
20 |   total_in: sum(amount) over credit within 31d
   |                                            ^^^
   = help: shorten it, or lengthen `window`"#,
    ),
    (
        "E120",
        &[("rules/flow.yaml", "cite: [{key: K1, item: flag 1, status: found}]", "cite: []")],
        r#"
error[E120]: no source is cited
  --> rules/flow.yaml:11:7
   |
11 | cite: []
   |       ^^
   = help: add `cite: [{key: FTA26, item: what the source says, status: found}]`"#,
    ),
    (
        "E120",
        &[("rules/club.yaml", "cite: [{key: K1, item: table, status: default}]\n", "")],
        r#"
error[E120]: no source is cited
 --> rules/club.yaml:1:1
  |
1 | apiVersion: palermo.rules/v1
  | ^^^^^^^^^^
  = help: add `cite: [{key: FTA26, item: what the source says, status: found}]`"#,
    ),
    (
        "E140",
        &[("rules/flow.yaml", "kind == transfer", "self.nationality == 'XY'")],
        r#"
error[E140]: names the forbidden attribute `nationality`
  --> rules/flow.yaml:17:35
   |
17 |   credit: direction == in && self.nationality == 'XY' && unrelated(self, other)
   |                                   ^^^^^^^^^^^
   = help: no rule, list or text may use nationality, ethnicity, religion, sex, immigration status, birthplace, language or the origin of a name: describe the money instead"#,
    ),
    (
        "E140",
        &[("rules/flow.yaml", "people paid", "people of one religion paid")],
        r#"
error[E140]: names the forbidden attribute `religion`
  --> rules/flow.yaml:23:32
   |
23 | text: "{senders} people of one religion paid {total_in}"
   |                                ^^^^^^^^
   = help: no rule, list or text may use nationality, ethnicity, religion, sex, immigration status, birthplace, language or the origin of a name: describe the money instead"#,
    ),
    (
        "E140",
        &[(
            "rules/lists/limit.yaml",
            "columns: {cash: decimal}",
            "columns: {cash: decimal, birthplace: text}",
        )],
        r#"
error[E140]: names the forbidden attribute `birthplace`
 --> rules/lists/limit.yaml:4:26
  |
4 | columns: {cash: decimal, birthplace: text}
  |                          ^^^^^^^^^^
  = help: no rule, list or text may use nationality, ethnicity, religion, sex, immigration status, birthplace, language or the origin of a name: describe the money instead"#,
    ),
    (
        "E141",
        &[("rules/case.yaml", "AA-01 && AA-02", "AA-01 || AA-02")],
        r#"
error[E141]: `AA-01` alone satisfies `require`
  --> rules/case.yaml:11:10
   |
11 | require: AA-01 || AA-02
   |          ^^^^^^^^^^^^^^
   = help: no single red flag is proof: require at least two indicators, `A && B`"#,
    ),
    (
        "E100",
        &[("rules/case.yaml", "AA-01 && AA-02", "!AA-01")],
        r#"
error[E100]: tags are not supported
  --> rules/case.yaml:11:10
   |
11 | require: !AA-01
   |          ^^^^^^
   = help: quote texts that hold `: `, `#` or begin with a sign"#,
    ),
    (
        "E141",
        &[("rules/case.yaml", "AA-01 && AA-02", "'!AA-01'")],
        r#"
error[E141]: `require` holds without any indicator
  --> rules/case.yaml:11:10
   |
11 | require: '!AA-01'
   |          ^^^^^^^^
   = help: no single red flag is proof: require at least two indicators, `A && B`

error[E142]: `require` and `boost` cannot reach these families
  --> rules/case.yaml:12:11
   |
12 | families: M && N && P
   |           ^^^^^^^^^^^
   = help: they reach `N`, `P`; add an indicator of a missing one"#,
    ),
    (
        "E142",
        &[("rules/case.yaml", "M && N && P", "M && N && C")],
        r#"
error[E142]: `require` and `boost` cannot reach these families
  --> rules/case.yaml:12:11
   |
12 | families: M && N && C
   |           ^^^^^^^^^^^
   = help: they reach `M`, `N`, `P`; add an indicator of a missing one"#,
    ),
    (
        "E142",
        &[("rules/case.yaml", "M && N && P", "M && N")],
        r#"
error[E142]: `families` is satisfied by fewer than three families
  --> rules/case.yaml:12:11
   |
12 | families: M && N
   |           ^^^^^^
   = help: name at least three, like `M && N && (L || P)`"#,
    ),
    (
        "E144",
        &[("rules/case.yaml", "anchor: subject_unless(control)", "anchor: potential_victim")],
        r#"
error[E144]: a potential victim cannot be the subject of a report
  --> rules/case.yaml:16:17
   |
16 | roles: {anchor: potential_victim, payers: potential_victim}
   |                 ^^^^^^^^^^^^^^^^
   = help: anchor on who gathers the money, or write `role_undetermined`"#,
    ),
    (
        "E150",
        &[(
            "rules/ruleset.yaml",
            "suppressions: []",
            "suppressions: [{typology: CC-01, when: \"self.account == 'A1'\", approved_by: mlro}]",
        )],
        r#"
error[E150]: a suppression without `expires`
 --> rules/ruleset.yaml:8:17
  |
8 | suppressions: [{typology: CC-01, when: "self.account == 'A1'", approved_by: mlro}]
  |                 ^^^^^^^^
  = help: every exception has a reason, an owner and an end

error[E150]: a suppression without `owner`
 --> rules/ruleset.yaml:8:17
  |
8 | suppressions: [{typology: CC-01, when: "self.account == 'A1'", approved_by: mlro}]
  |                 ^^^^^^^^
  = help: every exception has a reason, an owner and an end

error[E150]: a suppression without `reason`
 --> rules/ruleset.yaml:8:17
  |
8 | suppressions: [{typology: CC-01, when: "self.account == 'A1'", approved_by: mlro}]
  |                 ^^^^^^^^
  = help: every exception has a reason, an owner and an end"#,
    ),
    (
        "E151",
        &[(
            "rules/ruleset.yaml",
            "suppressions: []",
            "suppressions: [{typology: CC-01, when: \"self.account == 'A1'\", reason: payroll bureau, owner: team, approved_by: team, expires: 2026-12-31}]",
        )],
        r#"
error[E151]: a suppression needs an approver other than its owner
 --> rules/ruleset.yaml:8:114
  |
8 | suppressions: [{typology: CC-01, when: "self.account == 'A1'", reason: payroll bureau, owner: team, approved_by: team, expires: 2026-12-31}]
  |                                                                                                                  ^^^^
  = help: name somebody else under `approved_by`"#,
    ),
    (
        "E170",
        &[("rules/flow.yaml", "total_in: sum", "amount: sum")],
        r#"
error[E170]: `amount` is the name of something else
  --> rules/flow.yaml:20:3
   |
20 |   amount: sum(amount) over credit
   |   ^^^^^^
   = help: choose another name for the measure

error[E102]: unknown name `total_in` in a text
  --> rules/flow.yaml:23:30
   |
23 | text: "{senders} people paid {total_in}"
   |                              ^^^^^^^^^^
   = help: known: `senders`, `$min_senders`, `self.home.town`, `self.home.region`, `self.work.town`, `self.account_age`, `episode.days`"#,
    ),
    (
        "E190",
        &[("rules/flow.yaml", "unrelated(self, other)", "self.idle_before >= 180d")],
        r#"
error[E190]: `self.idle_before` in a selection is not supported by this version yet
  --> rules/flow.yaml:17:50
   |
17 |   credit: direction == in && kind == transfer && self.idle_before >= 180d
   |                                                  ^^^^^^^^^^^^^^^^
   = help: leave it out, or wait for the version that reads it: a rule is never half read"#,
    ),
    (
        "E190",
        &[("rules/flow.yaml", "unrelated(self, other)", "self.holds(AA-02)")],
        r#"
error[E190]: `self.holds` in a selection is not supported by this version yet
  --> rules/flow.yaml:17:50
   |
17 |   credit: direction == in && kind == transfer && self.holds(AA-02)
   |                                                  ^^^^^^^^^^^^^^^^^
   = help: leave it out, or wait for the version that reads it: a rule is never half read"#,
    ),
    (
        "E103",
        &[("rules/flow.yaml", "unrelated(self, other)", "self.hours == 'always'")],
        r#"
error[E103]: `self.hours` are the lines of a timetable, not a value
  --> rules/flow.yaml:17:50
   |
17 |   credit: direction == in && kind == transfer && self.hours == 'always'
   |                                                  ^^^^^^^^^^
   = help: ask whether it was open: `self.open_at`"#,
    ),
    (
        "E170",
        &[
            ("rules/border.yaml", "id: AA-03", "id: AA-02"),
            ("rules/case.yaml", "boost: [AA-03]\n", "protective: true\n"),
            ("rules/case.yaml", "M && N && P", "N && P"),
        ],
        r#"
error[E170]: id `AA-02` is already used by rules/border.yaml
 --> rules/cash.yaml:3:5
  |
3 | id: AA-02
  |     ^^^^^
  = help: choose another id"#,
    ),
    (
        "E170",
        &[
            ("rules/lists/towns.yaml", "list: towns", "list: limit"),
            ("rules/border.yaml", " && near(self.home, list('towns'), 80)", ""),
        ],
        r#"
error[E170]: list `limit` is written in another file too
 --> rules/lists/towns.yaml:1:7
  |
1 | list: limit
  |       ^^^^^
  = help: keep one of the two"#,
    ),
    (
        "E170",
        &[
            ("rules/lists/towns.yaml", "list: towns", "list: control_totals"),
            ("rules/border.yaml", " && near(self.home, list('towns'), 80)", ""),
        ],
        r#"
error[E170]: `control_totals` is the list of what batches and days hold
 --> rules/lists/towns.yaml:1:7
  |
1 | list: control_totals
  |       ^^^^^^^^^^^^^^
  = help: choose another id; no rule reads that list"#,
    ),
    (
        "E143",
        &[
            ("rules/border.yaml", "family: P", "family: G"),
            ("rules/case.yaml", "require: AA-01 && AA-02", "require: AA-01 && AA-02 && AA-03"),
            ("rules/case.yaml", "boost: [AA-03]\n", ""),
            ("rules/case.yaml", "families: M && N && P", "protective: true\nfamilies: M && N"),
        ],
        r#"
error[E143]: `AA-03` is geography alone, and stands in `require`
  --> rules/case.yaml:11:28
   |
11 | require: AA-01 && AA-02 && AA-03
   |                            ^^^^^
   = help: a place is never a reason: require an indicator that also measures money, and put this one into `boost`"#,
    ),
];
