//! Versions that change their meaning, and packs.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "E180",
        &[(
            "rules/rules.lock",
            "",
            "AA-01@1.0.0 0000000000000000000000000000000000000000000000000000000000000000\n",
        )],
        r#"
error[E180]: `AA-01` decides otherwise than its version did
 --> rules/flow.yaml:4:10
  |
4 | version: 1.0.0
  |          ^^^^^
  = help: raise 1.0.0: `palermo rules diff` says by which step; then `palermo rules lock`"#,
    ),
    (
        "E100",
        &[("rules/rules.lock", "", "# a comment\nAA-01 abc\n")],
        r#"
error[E100]: line 2 of the lock is not one, or says two things
 --> rules/rules.lock:2:1
  |
2 | AA-01 abc
  | ^^^^^^^^^
  = help: take the file from version control, or delete it and run `palermo rules lock`"#,
    ),
    (
        "E102",
        &[
            ("rules/lists/us.yaml", "", PACK),
            ("rules/ruleset.yaml", "deploy:", "packs: [uk]\ndeploy:"),
        ],
        r#"
error[E102]: unknown pack `uk`
 --> rules/ruleset.yaml:5:9
  |
5 | packs: [uk]
  |         ^^
  = help: did you mean `us`?"#,
    ),
    (
        "E108",
        &[("rules/lists/us.yaml", "", PACK), ("rules/lists/us.yaml", "row: CHF", "row: USD")],
        r#"
error[E108]: row `USD` of 2020-01-01 is in the list already
 --> rules/lists/us.yaml:2:7
  |
2 | pack: us
  |       ^^
  = help: keep it in the list or in one pack"#,
    ),
    (
        "E173",
        &[
            ("rules/lists/us.yaml", "", PACK),
            ("rules/case.yaml", "status: test\n", "status: test\nregions: [US]\n"),
            ("rules/ruleset.yaml", "deploy:", "packs: []\ndeploy:"),
        ],
        r#"
error[E173]: `CC-01@1.0.0` never runs here: its regions are off: `us`
 --> rules/ruleset.yaml:8:12
  |
8 |     live: [CC-01@1.0.0]
  |            ^^^^^^^^^^^
  = help: switch a pack on under `packs`, or take the rule out of this environment"#,
    ),
];

/// Rows of a pack for the list of limits.
const PACK: &str = "\
list: limit
pack: us
title: Limits
version: 1.0.0
source: a law
reviewed: 2026-11-01
rows:
  - {row: CHF, cash: \"100\", valid_from: 2020-01-01}
";
