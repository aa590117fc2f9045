//! The place of an alert in the queue: which modifiers apply, and what they say.
//!
//! Nothing here makes an alert or changes what it says: a modifier is read once the alert is there,
//! at its deciding time, for the holder of the anchor. What is unknown changes nothing.

use super::{literal_text, plain, self_text};
use crate::bind::{Binder, Node};
use crate::detector::{Detector, newest_at};
use crate::episode::{Anchor, Milestone};
use crate::eval::{At, Env, NoMeasures, is_true};
use crate::lists::Found;
use crate::near;
use palermo_domain::alert::{ModifierEvidence, Queue};
use palermo_domain::{Alert, Date, EventTime};
use palermo_lang::program::{Modifier, Piece, RowPart, RuleSet};
use palermo_ledger::{AccountId, Atoms, Ledger, Leg, RowId};

/// A bound modifier.
#[derive(Clone, Debug)]
pub(crate) struct BoundModifier {
    when: Node,
    near: Option<Node>,
}

impl BoundModifier {
    /// Those of a rule set, in its order.
    pub(crate) fn all(rules: &RuleSet, atoms: &mut Atoms) -> Vec<Self> {
        let bind = |rule: &Modifier| {
            let mut binder = Binder { atoms, params: &rule.params, indicators: &[] };
            let near = rule.near.as_ref().map(|near| binder.expr(near));
            Self { when: binder.expr(&rule.when), near }
        };
        rules.modifiers.iter().map(bind).collect()
    }
}

impl Detector {
    /// Says which modifiers apply to an alert, and the lists that they read.
    pub(super) fn queue(
        &self,
        ledger: &Ledger,
        anchor: Anchor,
        milestone: &Milestone,
        alert: &mut Alert,
    ) {
        let mut queue = Queue::default();
        for (rule, bound) in self.rules.modifiers.iter().zip(&self.modifiers) {
            if !rule.applies_to.contains(&alert.typology) {
                continue;
            }
            let Some((row, leg)) = holder(ledger, anchor, milestone.time) else { continue };
            let Some(row) = ledger.row(row) else { continue };
            let time = milestone.time;
            let env = Env { from: Some(time), during: Some((time, time)), ..self.env(ledger) };
            let at = At { env, row, leg, step: None };
            if !is_true(&bound.when, &at, &mut NoMeasures) {
                continue;
            }
            let found = bound.near.as_ref().and_then(|near| near::found(&at, near));
            queue.priority = queue.priority.saturating_add(rule.percent);
            queue.modifiers.push(ModifierEvidence {
                id: rule.id.clone(),
                version: rule.version.clone(),
                percent: rule.percent,
                text: self.text(ledger, rule, row.account(leg), found),
            });
            let lists = rule.lists.iter().filter_map(|id| self.lists.get(usize::from(id.0)));
            alert.lists.extend(lists.map(|list| (list.id.clone(), list.sha256.clone())));
        }
        alert.lists.sort();
        alert.lists.dedup();
        alert.queue = queue;
    }

    fn text(
        &self,
        ledger: &Ledger,
        rule: &Modifier,
        account: Option<AccountId>,
        found: Option<(usize, Found)>,
    ) -> String {
        let mut text = String::new();
        for piece in &rule.text.0 {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Param(id) => {
                    let param = rule.params.get(usize::from(id.0));
                    text.push_str(&param.map_or_else(String::new, |p| literal_text(&p.value)));
                }
                Piece::SelfText(part) => text.push_str(&self_text(ledger, account, *part)),
                Piece::Row(part) => text.push_str(&self.row_text(ledger, found, *part)),
                Piece::Measure(_) | Piece::Of(..) | Piece::EpisodeDays => {}
            }
        }
        text
    }

    fn row_text(&self, ledger: &Ledger, found: Option<(usize, Found)>, part: RowPart) -> String {
        // With `||` a modifier may apply although nothing is near.
        let Some((list, found)) = found else { return "something unknown".to_owned() };
        let day = |day: Date| match day {
            Date(i32::MAX) => "an open end".to_owned(),
            day => day.to_string(),
        };
        match part {
            RowPart::Key => ledger.atoms.text(found.key).to_owned(),
            RowPart::From => day(found.from),
            RowPart::To => day(found.to),
            RowPart::Km => found.km.normalize().to_string(),
            RowPart::Cell(column) => {
                let cell = self.lists.get(list).and_then(|list| list.cell_of(found, column));
                match cell {
                    Some(Node::Const(value)) => plain(ledger, *value),
                    _ => "something unknown".to_owned(),
                }
            }
        }
    }
}

/// A payment through which the holder of an anchor is read, by the deciding time: the newest of the
/// account, or, of a party, of the first account by key that is first of all the party's own.
fn holder(ledger: &Ledger, anchor: Anchor, time: EventTime) -> Option<(RowId, Leg)> {
    let newest = |account| newest_at(ledger, account, EventTime::MIN, time);
    match anchor {
        Anchor::Account(account) => newest(account),
        Anchor::Party(party) => {
            let known = ledger.parties.get(party)?;
            let is_own = |account: &AccountId| {
                ledger.parties.holder(*account).is_some_and(|holder| holder.id == known.id)
            };
            let mut own: Vec<AccountId> = known.accounts.iter().copied().filter(is_own).collect();
            own.sort_by(|a, b| ledger.account_text(*a).cmp(ledger.account_text(*b)));
            own.into_iter().find_map(newest)
        }
    }
}
