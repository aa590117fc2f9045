//! Rules that ask for each other, versions that change their meaning, packs.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "E171",
        &[
            ("rules/flow.yaml", "hit: senders", "hit: self.holds(AA-02) && senders"),
            ("rules/cash.yaml", "\ntext: ", "\nhit: self.holds(AA-01)\ntext: "),
        ],
        "TODO",
    ),
    (
        "E180",
        &[(
            "rules/rules.lock",
            "",
            "AA-01@1.0.0 0000000000000000000000000000000000000000000000000000000000000000\n",
        )],
        "TODO",
    ),
    ("E100", &[("rules/rules.lock", "", "# a comment\nAA-01 abc\n")], "TODO"),
    (
        "E102",
        &[
            ("rules/lists/us.yaml", "", PACK),
            ("rules/ruleset.yaml", "deploy:", "packs: [uk]\ndeploy:"),
        ],
        "TODO",
    ),
    (
        "E108",
        &[("rules/lists/us.yaml", "", PACK), ("rules/lists/us.yaml", "row: CHF", "row: USD")],
        "TODO",
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
