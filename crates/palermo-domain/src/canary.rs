//! The reserved range of canaries: payments that nobody made, planted to see whether they are found.
//!
//! An identifier is in the range if it begins with [`CANARY_PREFIX`]; a keyed hash if it is longer than
//! [`CANARY_HASH_PREFIX`] and begins so, which a real one does once in 2^64 (and none that a feed writes for
//! "nothing" does). The payment id says what was planted: `CANARY:<typology>:<rest>`.
//!
//! Promise: a payment or party is wholly inside the range, wholly outside, or refused. So no window, subject or
//! path holds both. What only describes an end or a payment (names, places, categories, texts, domains)
//! is not in question: nothing is looked up or counted across accounts by it.
//!
//! Cost: one look at the first bytes of every identifier; nothing is allocated.

use crate::{Conductor, End, Party, Payment, Text};

/// Identifiers of canaries begin so.
pub const CANARY_PREFIX: &str = "CANARY:";

/// Keyed hashes of canaries begin so, and are longer.
pub const CANARY_HASH_PREFIX: &str = "ca9a47f00dca9a47";

/// Where a payment or party stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Real: nothing in it is reserved.
    Real,
    /// A canary: every identifier in it is reserved.
    Canary,
    /// Both: it would join what was planted to what is real.
    Mixed,
}

/// Whether an identifier is in the reserved range.
pub fn is_canary(id: &str) -> bool {
    id.starts_with(CANARY_PREFIX)
}

/// Whether a keyed hash is in the reserved range.
pub fn is_canary_hash(hash: &str) -> bool {
    hash.len() > CANARY_HASH_PREFIX.len() && hash.starts_with(CANARY_HASH_PREFIX)
}

/// The typology that a canary was planted for, by the id of one of its payments.
pub fn planted(payment_id: &str) -> Option<&str> {
    payment_id.strip_prefix(CANARY_PREFIX)?.split_once(':').map(|(typology, _)| typology)
}

/// How many identifiers are reserved, and how many are not.
#[derive(Default)]
struct Seen {
    real: u32,
    canary: u32,
}

impl Seen {
    fn add(&mut self, is_canary: bool) {
        let count = if is_canary { &mut self.canary } else { &mut self.real };
        *count = count.saturating_add(1);
    }

    fn id(&mut self, text: Option<&Text<'_>>) {
        if let Some(text) = text {
            self.add(is_canary(text.expose()));
        }
    }

    fn hash(&mut self, text: Option<&Text<'_>>) {
        if let Some(text) = text {
            self.add(is_canary_hash(text.expose()));
        }
    }

    fn end(&mut self, end: &End<'_>) {
        for id in [&end.account, &end.party, &end.alias, &end.wallet] {
            self.id(id.as_ref());
        }
        for hash in [&end.phone, &end.email, &end.address] {
            self.hash(hash.as_ref());
        }
    }

    fn conductor(&mut self, conductor: &Conductor<'_>) {
        self.id(conductor.party.as_ref());
        self.hash(conductor.document.as_ref());
    }

    fn range(&self) -> Range {
        match (self.real, self.canary) {
            (_, 0) => Range::Real,
            (0, _) => Range::Canary,
            _ => Range::Mixed,
        }
    }
}

impl Payment<'_> {
    /// Whether it is real, a canary, or both.
    pub fn range(&self) -> Range {
        let mut seen = Seen::default();
        seen.id(Some(&self.payment_id));
        seen.id(self.refers_to.as_ref());
        seen.end(&self.debtor);
        seen.end(&self.creditor);
        for end in [&self.ultimate_debtor, &self.ultimate_creditor].into_iter().flatten() {
            seen.end(end);
        }
        if let Some(conductor) = &self.conductor {
            seen.conductor(conductor);
        }
        seen.id(self.merchant.as_ref().and_then(|merchant| merchant.id.as_ref()));
        seen.id(self.terminal.as_ref().and_then(|terminal| terminal.id.as_ref()));
        seen.id(self.device.as_ref().and_then(|device| device.id.as_ref()));
        seen.id(self.card.as_ref().and_then(|card| card.token.as_ref()));
        seen.range()
    }
}

impl Party {
    /// Whether it is real, a canary, or both.
    pub fn range(&self) -> Range {
        let mut seen = Seen::default();
        let events = self.events.iter().flat_map(|event| [&event.by, &event.device]).flatten();
        let ids = std::iter::once(&self.party)
            .chain(self.accounts.iter().map(|account| &account.account))
            .chain(self.relations.iter().map(|relation| &relation.party))
            .chain(&self.merchants)
            .chain(&self.terminals)
            .chain(events);
        ids.for_each(|id| seen.add(is_canary(id.expose())));
        let hashes = [&self.phone, &self.email, &self.address].into_iter().flatten();
        hashes.for_each(|hash| seen.add(is_canary_hash(hash.expose())));
        seen.range()
    }
}

#[cfg(test)]
mod tests;
