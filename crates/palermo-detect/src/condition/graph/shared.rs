//! Shared attribute: which accounts used what a payment of the subject carries (`docs/patterns.md`).
//!
//! The payments of a device, address and so on stand in a block of their own in the ledger, at the end
//! that carries it: so this looks at that block, and at nothing where the payment carries nothing.
//!
//! Promises: the answer depends on the payments in the window and their order, not on that of arrival; the
//! subject is counted among the accounts. Where the payment carries nothing, nothing is known of who shares
//! it. Cut by the budget, those that used it last are counted.
//! Cost: one look at each payment of what is shared in the window.

use super::search::Question;
use super::{Found, Match};
use crate::value::Value;
use palermo_domain::{EventTime, FixedHashSet, Subject};
use palermo_graph::Answer;
use palermo_lang::program::{EndField, Field, GraphValue, Side};
use palermo_ledger::{AccountId, Entry, Leg, RowId};

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
    let unknown = Value::Unknown(Some(field(by)));
    let none = Found::default().with(GraphValue::Accounts, unknown);
    let (mut best, mut left) = (none.with(GraphValue::Payments, unknown), budget);
    let mut truncated = false;
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
    let to = EventTime(at.time);
    let mut accounts: FixedHashSet<AccountId> = FixedHashSet::default();
    let mut payments: FixedHashSet<RowId> = FixedHashSet::default();
    let (mut evidence, mut cut) = (Vec::new(), false);
    for (entry, leg) in newest_first(question, value) {
        let Some(rest) = left.checked_sub(1) else {
            cut = true;
            break;
        };
        *left = rest;
        let is_after = entry.time == to && ledger.compare_ids(entry.row, at.row).is_gt();
        if is_after || !(question.chosen)(entry.selections) {
            continue;
        }
        let account = ledger.row(entry.row).and_then(|row| row.account(leg));
        let Some(account) = account else { continue };
        payments.insert(entry.row);
        accounts.insert(account);
        if account == question.account {
            evidence.push(Match { time: entry.time, row: entry.row, leg });
        }
    }
    let size = accounts.len() as u64;
    let found = question.of(size).count(GraphValue::Accounts, size);
    (Found { evidence, ..found.count(GraphValue::Payments, payments.len() as u64) }, cut)
}

/// The payments that carry a value, of both directions together.
fn newest_first<'q>(
    question: &Question<'q>,
    value: AccountId,
) -> impl Iterator<Item = (Entry, Leg)> + use<'q> {
    let (from, to) = (EventTime(question.view.from()), EventTime(question.view.at().time));
    let side = |leg| question.ledger.window(value, leg, from, to).peekable();
    let (mut out, mut into) = (side(Leg::Debtor), side(Leg::Creditor));
    std::iter::from_fn(move || {
        let is_out = match (out.peek(), into.peek()) {
            (Some(out), Some(into)) => out.time >= into.time,
            (out, _) => out.is_some(),
        };
        let (side, leg) = if is_out { (&mut out, Leg::Debtor) } else { (&mut into, Leg::Creditor) };
        Some((side.next()?, leg))
    })
}

/// The field that says what is shared.
const fn field(by: Subject) -> Field {
    match by {
        Subject::Device => Field::DeviceId,
        Subject::Card => Field::CardToken,
        Subject::Terminal => Field::TerminalId,
        Subject::Conductor => Field::ConductorParty,
        Subject::Address => Field::End(Side::Own, EndField::Address),
        Subject::Phone => Field::End(Side::Own, EndField::Phone),
        Subject::Email => Field::End(Side::Own, EndField::Email),
        Subject::Wallet => Field::End(Side::Own, EndField::Wallet),
        // No attributes ([`palermo_lang::program::Pattern::SHARED`]).
        Subject::Account | Subject::Party | Subject::Merchant | Subject::Pair => {
            Field::End(Side::Own, EndField::Account)
        }
    }
}
