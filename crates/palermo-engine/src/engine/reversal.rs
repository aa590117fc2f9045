//! Payment life: a reversal takes a whole payment back, once.
//!
//! A reversal that comes before its payment waits for it, up to the horizon. A second reversal of
//! the same payment is a duplicate; one that reverses a reversal, or that does not repeat the
//! payment's kind, amount, currency and both ends, is dead-lettered (DESIGN §8).

use palermo_codec::Refusal;
use palermo_domain::{DeadLetterReason, End, FixedHashMap, Payment, Status};
use palermo_ledger::{Known, Ledger, Leg, Row, RowId};

/// What a new payment means for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgment {
    /// Nothing: it goes into the windows.
    Ordinary,
    /// This reversal was waiting for it: it goes nowhere.
    AlreadyReversed(RowId),
    /// It takes this payment out.
    Reverses(RowId),
    /// It waits for the payment it reverses.
    Waits,
    /// It reverses what this one reversed already, or one that waits for it.
    Again(Option<RowId>),
}

/// Reversals that wait for their payment, by its id. There may be several that say different
/// things: only the payment will tell which of them is about it.
#[derive(Debug, Default)]
pub(super) struct Reversals {
    waiting: FixedHashMap<String, Vec<RowId>>,
}

impl Reversals {
    /// Those that wait, in order of what they wait for.
    pub(super) fn waiting(&self) -> Vec<(&String, &Vec<RowId>)> {
        let mut waiting: Vec<_> = self.waiting.iter().collect();
        waiting.sort_unstable();
        waiting
    }

    /// Reversals that wait for these payments.
    pub(super) fn waiting_for(waiting: Vec<(String, Vec<RowId>)>) -> Self {
        Self { waiting: waiting.into_iter().collect() }
    }

    pub(super) fn judge(
        &self,
        ledger: &Ledger,
        payment: &Payment<'_>,
    ) -> Result<Judgment, Refusal> {
        let refuse = |reason| Err(Refusal::at(reason, &["refers_to"]));
        let Some(target) =
            payment.refers_to.as_ref().filter(|_| payment.status == Status::Reversed)
        else {
            let waits = self.says_the_same(ledger, payment.payment_id.expose(), payment);
            return Ok(waits.map_or(Judgment::Ordinary, Judgment::AlreadyReversed));
        };
        let target: &str = target.expose();
        if target == payment.payment_id.expose().as_ref() {
            return refuse(DeadLetterReason::ReversalOfReversal);
        }
        let Known::Seen(id) = ledger.find(target) else {
            let waits = self.says_the_same(ledger, target, payment);
            return Ok(waits.map_or(Judgment::Waits, |_| Judgment::Again(None)));
        };
        match ledger.row(id) {
            Some(row) if row.manner().status == Status::Reversed => {
                refuse(DeadLetterReason::ReversalOfReversal)
            }
            Some(row) if !repeats(ledger, payment, row) => {
                refuse(DeadLetterReason::ReversalMismatch)
            }
            Some(row) if row.reversed() => Ok(Judgment::Again(Some(id))),
            _ => Ok(Judgment::Reverses(id)),
        }
    }

    /// Of the reversals that wait for `target` and repeat the payment the one with the earliest time.
    fn says_the_same(&self, ledger: &Ledger, target: &str, payment: &Payment<'_>) -> Option<RowId> {
        let rows = self.waiting.get(target)?.iter().copied();
        let fits = |row: &RowId| ledger.row(*row).is_some_and(|row| repeats(ledger, payment, row));
        rows.filter(fits).min_by_key(|row| ledger.row(*row).map(|row| row.time()))
    }

    pub(super) fn wait(&mut self, reversal: &Payment<'_>, row: RowId) {
        if let Some(target) = &reversal.refers_to {
            self.waiting.entry(target.expose().clone().into_owned()).or_default().push(row);
        }
    }

    /// Forgets reversals whose own row has left the ledger.
    pub(super) fn forget(&mut self, ledger: &Ledger) {
        let stays = |row: Row<'_>| row.manner().status == Status::Reversed;
        self.waiting.retain(|target, rows| {
            // A row number is given again after eviction; its text says whether it is still ours.
            rows.retain(|row| {
                ledger.row(*row).is_some_and(stays)
                    && refers_to(ledger, *row) == Some(target.as_str())
            });
            !rows.is_empty()
        });
    }
}

fn refers_to(ledger: &Ledger, row: RowId) -> Option<&str> {
    let atom = ledger.row(row)?.refers_to()?;
    Some(ledger.atoms.text(atom))
}

fn repeats(ledger: &Ledger, payment: &Payment<'_>, row: Row<'_>) -> bool {
    let same = |end: &End<'_>, leg: Leg| {
        let account = row.account(leg).map(|account| ledger.account_text(account));
        end.account.as_ref().map(|text| text.expose().as_ref()) == account
    };
    payment.kind == row.kind()
        && payment.amount == row.amount_original()
        && payment.currency == row.manner().currency
        && same(&payment.debtor, Leg::Debtor)
        && same(&payment.creditor, Leg::Creditor)
}
