//! Mistakes about what a rule is about.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "E190",
        &[("rules/flow.yaml", "subject: account", "subject: device")],
        r#"
error[E190]: `AA-01` with `subject: device` in a typology is not supported by this version yet
  --> rules/case.yaml:11:10
   |
11 | require: AA-01 && AA-02
   |          ^^^^^
   = help: leave it out, or wait for the version that reads it: a rule is never half read"#,
    ),
    (
        "E190",
        &[("rules/border.yaml", "subject: account", "subject: pair")],
        r#"
error[E190]: `AA-03` with `subject: pair` in a typology is not supported by this version yet
  --> rules/case.yaml:13:9
   |
13 | boost: [AA-03]
   |         ^^^^^
   = help: leave it out, or wait for the version that reads it: a rule is never half read"#,
    ),
    (
        "E190",
        &[("rules/club.yaml", "subject: account", "subject: party")],
        r#"
error[E190]: `subject: party` of a suppressor is not supported by this version yet
 --> rules/club.yaml:9:10
  |
9 | subject: party
  |          ^^^^^
  = help: leave it out, or wait for the version that reads it: a rule is never half read"#,
    ),
    (
        "E190",
        &[
            ("rules/flow.yaml", "subject: account", "subject: terminal"),
            ("rules/flow.yaml", "over credit\n", "over credit where other.known_for >= 3d\n"),
        ],
        r#"
error[E190]: `AA-01` with `subject: terminal` in a typology is not supported by this version yet
  --> rules/case.yaml:11:10
   |
11 | require: AA-01 && AA-02
   |          ^^^^^
   = help: leave it out, or wait for the version that reads it: a rule is never half read

error[E190]: `other.known_for` of `subject: terminal` is not supported by this version yet
  --> rules/flow.yaml:12:10
   |
12 | subject: terminal
   |          ^^^^^^^^
   = help: leave it out, or wait for the version that reads it: a rule is never half read"#,
    ),
    (
        "E102",
        &[("rules/flow.yaml", "subject: account", "subject: devise")],
        r#"
error[E102]: unknown subject `devise`
  --> rules/flow.yaml:12:10
   |
12 | subject: devise
   |          ^^^^^^
   = help: did you mean `device`?"#,
    ),
];
