//! Shared attribute: which accounts used what a payment of the subject carries (`docs/patterns.md`).
//!
//! The payments of a device, address and so on stand in a block of their own in the ledger, at the end
//! that carries it: so this looks at that block, and at nothing where the payment carries nothing.
//!
//! Promises: the answer depends on the payments in the window and their order, not on that of arrival; the
//! subject is counted among the accounts. Cut by the budget, those that used it last are counted.
//! Cost: one look at each payment of what is shared in the window.

use super::search::Question;
use super::{Found, Match};
use palermo_domain::{EventTime, FixedHashSet, Subject};
use palermo_graph::Answer;
use palermo_lang::program::GraphValue;
use palermo_ledger::{AccountId, Leg};

pub(super) fn shared(question: &Question<'_>, by: Subject, budget: u32) -> Answer<Found> {
    let (ledger, asks) = (question.ledger, question.view.at().row);
    let own = |leg| ledger.row(asks).and_then(|row| row.account(leg)) == Some(question.account);
    let carried = ledger.carried(asks);
    let mut values: Vec<AccountId> = carried
        .iter()
        .filter(|carried| carried.kind == by && own(carried.leg))
        .map(|carried| carried.id)
        .collect();
    values.dedup();
    let (mut best, mut left, mut truncated) = (Found::default(), budget, false);
    for value in values {
        let (found, cut) = users(question, value, &mut left);
        truncated |= cut;
        if found.size > best.size {
            best = found;
        }
    }
    Answer { found: best, truncated, work: budget.saturating_sub(left) }
}

/// The accounts whose selected payments carry a value; whether the budget was spent before all were seen.
fn users(question: &Question<'_>, value: AccountId, left: &mut u32) -> (Found, bool) {
    let (ledger, at) = (question.ledger, question.view.at());
    let (from, to) = (EventTime(question.view.from()), EventTime(at.time));
    let mut accounts: FixedHashSet<AccountId> = FixedHashSet::default();
    let (mut payments, mut evidence, mut cut) = (0_u64, Vec::new(), false);
    for leg in Leg::BOTH {
        for entry in ledger.window(value, leg, from, to) {
            let Some(rest) = left.checked_sub(1) else {
                cut = true;
                break;
            };
            *left = rest;
            let is_after = entry.time == to && ledger.compare_ids(entry.row, at.row).is_gt();
            if is_after || !(question.chosen)(entry.selections) {
                continue;
            }
            let Some(account) = ledger.row(entry.row).and_then(|row| row.account(leg)) else {
                continue;
            };
            payments = payments.saturating_add(1);
            accounts.insert(account);
            if account == question.account {
                evidence.push(Match { time: entry.time, row: entry.row, leg });
            }
        }
    }
    let size = accounts.len() as u64;
    let found = question.of(size).count(GraphValue::Accounts, size);
    (Found { evidence, ..found.count(GraphValue::Payments, payments) }, cut)
}
