//! What labels name, noted while the files pass: which of it is there, and what labelled payments moved.

use crate::labels::Labels;
use palermo_domain::{Cents, Currency, End, EventTime, Party, Payment, to_cents};
use std::collections::{BTreeMap, BTreeSet};

/// A payment that a label names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeenPayment {
    pub(crate) at: EventTime,
    /// In the base currency; none where it was made in another one.
    pub(crate) amount: Option<Cents>,
}

/// Who is labelled is shown by who asks, not by accident.
impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen").field("payments", &self.payments.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("wanted", &self.wanted.len()).finish_non_exhaustive()
    }
}

/// What of the labels was met.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) payments: BTreeMap<String, SeenPayment>,
    /// The accounts of those payments.
    pub(crate) ends: BTreeMap<String, Vec<String>>,
    /// `account/…` and `party/…` that labels name and no record does.
    pub(crate) strangers: BTreeSet<String>,
}

/// Looks out for them.
#[derive(Clone, Default)]
pub(super) struct Watch {
    base: Option<Currency>,
    wanted: BTreeSet<String>,
    seen: BTreeMap<String, SeenPayment>,
    ends: BTreeMap<String, Vec<String>>,
    accounts: BTreeSet<String>,
    parties: BTreeSet<String>,
}

impl Watch {
    pub(super) fn of(labels: &Labels, base: Currency) -> Self {
        let mut watch = Self { base: Some(base), ..Self::default() };
        for label in labels.all() {
            watch.wanted.extend(label.payments.iter().cloned());
            for entity in &label.entities {
                match entity.split_once('/') {
                    Some(("party", key)) => watch.parties.insert(key.to_owned()),
                    Some((_, key)) => watch.accounts.insert(key.to_owned()),
                    None => false,
                };
            }
        }
        watch
    }

    pub(super) fn payment(&mut self, payment: &Payment<'_>) {
        let id: &str = payment.payment_id.expose();
        if self.wanted.contains(id) && !self.seen.contains_key(id) {
            let same = self.base == Some(payment.currency);
            let amount = same.then(|| to_cents(payment.amount)).flatten();
            let seen = SeenPayment { at: payment.event_time, amount };
            self.seen.insert(id.to_owned(), seen);
            let accounts = [&payment.debtor, &payment.creditor].map(|end| end.account.as_ref());
            let accounts = accounts.into_iter().flatten().map(|key| key.expose().to_string());
            self.ends.insert(id.to_owned(), accounts.collect());
        }
        if self.accounts.is_empty() && self.parties.is_empty() {
            return;
        }
        let behind = [payment.ultimate_debtor.as_deref(), payment.ultimate_creditor.as_deref()];
        let ends = [Some(&payment.debtor), Some(&payment.creditor)];
        ends.into_iter().chain(behind).flatten().for_each(|end| self.end(end));
        let conductor = payment.conductor.as_ref().and_then(|conductor| conductor.party.as_ref());
        if let Some(party) = conductor {
            let key: &str = party.expose();
            self.parties.remove(key);
        }
    }

    fn end(&mut self, end: &End<'_>) {
        if let Some(account) = &end.account {
            let key: &str = account.expose();
            self.accounts.remove(key);
        }
        if let Some(party) = &end.party {
            let key: &str = party.expose();
            self.parties.remove(key);
        }
    }

    pub(super) fn party(&mut self, party: &Party) {
        self.parties.remove(party.party.expose());
        for owned in &party.accounts {
            self.accounts.remove(owned.account.expose());
        }
    }

    pub(super) fn seen(self) -> Seen {
        let accounts = self.accounts.iter().map(|key| format!("account/{key}"));
        let parties = self.parties.iter().map(|key| format!("party/{key}"));
        let strangers = accounts.chain(parties).collect();
        Seen { payments: self.seen, ends: self.ends, strangers }
    }
}
