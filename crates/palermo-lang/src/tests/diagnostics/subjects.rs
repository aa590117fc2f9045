//! Mistakes about what a rule is about, and about what records of parties say.

use super::Row;

pub(super) const ROWS: &[Row] = &[
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
    (
        "E190",
        &[("rules/flow.yaml", "unrelated(self, other)", "self.event('third_party_id', 90d)")],
        r#"
error[E190]: `self.event` in a selection is not supported by this version yet
  --> rules/flow.yaml:17:50
   |
17 |   credit: direction == in && kind == transfer && self.event('third_party_id', 90d)
   |                                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: leave it out, or wait for the version that reads it: a rule is never half read"#,
    ),
    (
        "E190",
        &[("rules/flow.yaml", "unrelated(self, other)", "other.relations('family') == 0")],
        r#"
error[E190]: `other.relations` in a selection is not supported by this version yet
  --> rules/flow.yaml:17:50
   |
17 |   credit: direction == in && kind == transfer && other.relations('family') == 0
   |                                                  ^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: leave it out, or wait for the version that reads it: a rule is never half read"#,
    ),
    (
        "E102",
        &[(
            "rules/flow.yaml",
            "senders >= $min_senders",
            "senders >= $min_senders && self.event('third_party', 90d)",
        )],
        r#"
error[E102]: unknown event `third_party`
  --> rules/flow.yaml:21:44
   |
21 | hit: senders >= $min_senders && self.event('third_party', 90d)
   |                                            ^^^^^^^^^^^^^
   = help: did you mean `third_party_id`?"#,
    ),
    (
        "E102",
        &[(
            "rules/flow.yaml",
            "senders >= $min_senders",
            "senders >= $min_senders && self.relations('authorised_user') >= 1",
        )],
        r#"
error[E102]: unknown relation `authorised_user`
  --> rules/flow.yaml:21:48
   |
21 | hit: senders >= $min_senders && self.relations('authorised_user') >= 1
   |                                                ^^^^^^^^^^^^^^^^^
   = help: did you mean `authorized_user`?"#,
    ),
    (
        "E103",
        &[(
            "rules/flow.yaml",
            "senders >= $min_senders",
            "senders >= $min_senders && self.event('BH-01', $min_senders)",
        )],
        r#"
error[E103]: expected a length of time, found a whole number
  --> rules/flow.yaml:21:53
   |
21 | hit: senders >= $min_senders && self.event('BH-01', $min_senders)
   |                                                     ^^^^^^^^^^^^
   = help: write `90d`, or a parameter of `type: duration`"#,
    ),
    (
        "E103",
        &[(
            "rules/flow.yaml",
            "senders >= $min_senders",
            "senders >= $min_senders && self.event(BH-01, 90d)",
        )],
        r#"
error[E103]: expected a kind of event in quotes
  --> rules/flow.yaml:21:44
   |
21 | hit: senders >= $min_senders && self.event(BH-01, 90d)
   |                                            ^^^^^
   = help: write `'authorized_user'`, `'BH-01'`"#,
    ),
    (
        "E103",
        &[(
            "rules/flow.yaml",
            "senders >= $min_senders",
            "senders >= $min_senders && self.relations() >= 1",
        )],
        r#"
error[E103]: `self.relations` has another number of arguments
  --> rules/flow.yaml:21:33
   |
21 | hit: senders >= $min_senders && self.relations() >= 1
   |                                 ^^^^^^^^^^^^^^^^
   = help: write `self.event('third_party_id', 90d)`, `self.relations('authorized_user', 90d)`, `self.relations('authorized_user')`"#,
    ),
    (
        "E103",
        &[(
            "rules/flow.yaml",
            "senders >= $min_senders",
            "senders >= $min_senders && other.event('BH-01', 90d)",
        )],
        r#"
error[E103]: `other` is the end of one payment, and many are looked at here
  --> rules/flow.yaml:21:33
   |
21 | hit: senders >= $min_senders && other.event('BH-01', 90d)
   |                                 ^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: count them: `count() over credit where other.event(…)`"#,
    ),
    (
        "E171",
        &[
            (
                "rules/flow.yaml",
                "senders >= $min_senders",
                "senders >= $min_senders && self.holds(AA-02)",
            ),
            ("rules/cash.yaml", "repeats + 0\n", "repeats + 0\nhit: self.holds(AA-01)\n"),
        ],
        r#"
error[E171]: indicators ask for each other in a circle: AA-02 -> AA-01 -> AA-02
 --> rules/cash.yaml:3:5
  |
3 | id: AA-02
  |     ^^^^^
  = help: take one `holds` out, or write what it means as a measure

error[E171]: indicators ask for each other in a circle: AA-01 -> AA-02 -> AA-01
 --> rules/flow.yaml:3:5
  |
3 | id: AA-01
  |     ^^^^^
  = help: take one `holds` out, or write what it means as a measure"#,
    ),
];
