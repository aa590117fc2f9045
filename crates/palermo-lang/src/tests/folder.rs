//! A small folder with one rule of every kind, which rows of tests change in one place.

use crate::Sources;
use std::collections::BTreeMap;

/// The folder, with every `(file, from, to)` replaced; a text that is not there fails the test,
/// an empty `from` is put before the whole file.
pub(super) fn folder(edits: &[(&str, &str, &str)]) -> Sources {
    let base = [
        ("rules/flow.yaml", FLOW),
        ("rules/cash.yaml", CASH),
        ("rules/border.yaml", BORDER),
        ("rules/club.yaml", CLUB),
        ("rules/case.yaml", CASE),
        ("rules/lists/towns.yaml", TOWNS),
        ("rules/lists/limit.yaml", LIMIT),
        ("rules/ruleset.yaml", RULESET),
    ];
    let mut files: BTreeMap<String, String> =
        base.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
    for (path, from, to) in edits {
        let text = files.entry((*path).to_owned()).or_default();
        assert!(text.contains(from), "`{from}` is not in {path}");
        *text = text.replacen(from, to, 1);
    }
    Sources::new(files)
}

const FLOW: &str = "\
apiVersion: palermo.rules/v1
kind: Indicator
id: AA-01
version: 1.0.0
title: Many senders
crime: [laundering]
family: N
tier: A
status: test
description: Many people pay one account.
cite: [{key: K1, item: flag 1, status: found}]
subject: account
window: 30d
parameters:
  min_senders: {value: 5, type: int, range: [3, 50], step: 1, stricter: up, basis: default, why: a family is smaller}
select:
  credit: direction == in && kind == transfer && unrelated(self, other)
measure:
  senders: distinct(other.account) over credit
  total_in: sum(amount) over credit
hit: senders >= $min_senders
role: {subject: role_undetermined, other: counterparty_only}
text: \"{senders} people paid {total_in}\"
";

const CASH: &str = "\
apiVersion: palermo.rules/v1
kind: Indicator
id: AA-02
version: 1.0.0
title: Cash out soon after
crime: [laundering]
family: M
tier: B
status: test
description: Money comes in and leaves as cash.
cite: [{key: K1, item: flag 2, status: found}]
subject: account
window: 14d
parameters:
  min_share: {value: 0.5, type: ratio, range: [0.1, 0.9], step: 0.05, stricter: up, basis: default, why: most of it}
sequence:
  wage: direction == in && kind == transfer
  draw: direction == out && kind == cash_withdrawal && amount >= $min_share * wage.amount, within 24h of wage
  repeats: 2
measure:
  nothing: repeats + 0
text: \"{repeats} times\"
";

const BORDER: &str = "\
apiVersion: palermo.rules/v1
kind: Indicator
id: AA-03
version: 1.0.0
title: Lives near a border
crime: [laundering]
family: P
tier: C
status: test
description: New account near a border.
cite: [{key: K1, item: flag 3, status: found}]
subject: account
window: 30d
select:
  seen: kind in [transfer, payroll] && amount_original < list('limit')[currency].cash
measure:
  count_seen: count() over seen
hit: count_seen >= 1 && near(self.home, list('towns'), 80) && self.account_age <= 60d
text: \"{count_seen} payments near {self.home.town}\"
";

const CLUB: &str = "\
apiVersion: palermo.rules/v1
kind: Suppressor
id: SUP-CLUB
version: 1.0.0
title: Savings club
status: test
description: The pot goes round.
cite: [{key: K1, item: table, status: default}]
subject: account
window: 90d
select:
  paid_in: direction == in && kind == transfer
  paid_out: direction == out && kind == transfer
measure:
  members: distinct(other.account) over paid_in
  back: overlap(other.account, paid_in, paid_out)
holds: back / members >= 0.8
text: \"{back} of {members} were paid back\"
text_not: \"only {back} of {members} were paid back\"
";

const CASE: &str = "\
apiVersion: palermo.rules/v1
kind: Typology
id: CC-01
version: 1.0.0
title: A case
crime: [laundering]
status: test
description: All of it.
anchor: account
window: 60d
require: AA-01 && AA-02
families: M && N && P
boost: [AA-03]
suppress: [SUP-CLUB]
score: {A: 30, B: 15, C: 5, bands: {medium: 40, high: 60, critical: 80}}
roles: {anchor: subject_unless(control), payers: potential_victim}
emit: {update_when: [new_indicator, amount +25%], rearm: 30d quiet}
headline: \"{AA-01.senders} senders in {episode.days} days\"
";

const TOWNS: &str = "\
list: towns
title: Border towns
version: 1.0.0
columns: {lat: decimal, lon: decimal}
source: public geography
reviewed: 2026-11-20
rows:
  - {row: US-TX/Laredo, lat: \"27.5306\", lon: \"-99.4803\", valid_from: 2020-01-01}
";

const LIMIT: &str = "\
list: limit
title: Reporting limits
version: 1.0.0
columns: {cash: decimal}
source: law
reviewed: 2026-11-20
rows:
  - {row: USD, cash: \"10000\", valid_from: 2020-01-01}
";

const RULESET: &str = "\
apiVersion: palermo.rules/v1
kind: RuleSet
name: small
version: 2026.1.0
deploy:
  prod:
    live: [CC-01@1.0.0]
suppressions: []
";
