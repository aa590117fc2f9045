//! Evidence that is too much for an alert: pages beside it.
//!
//! An alert lists the newest payments; the others stand on pages, each a record of its own in the same
//! commit, and each payment with the indicators that rest on it. Bound: [`PAGES_MAX`] pages of
//! [`PAGE`] payments, fewer where [`PAGE_BYTES`] are reached; how many are on none is told. Cost: a copy
//! of each payment, and only where an alert rests on more than it lists.

use super::{Basis, LISTED_MAX, place_text};
use crate::detector::Detector;
use crate::hits::Witness;
use palermo_domain::alert::{EvidencePayment, PagedPayment, Pages, Role};
use palermo_domain::{Alert, Partition};
use palermo_ledger::{AccountId, Ledger, Leg};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Payments of a page.
const PAGE: usize = 1000;
/// Bytes of a page, where ids are long: what escapes can double stays below the usual bound on a
/// record (1 MiB).
const PAGE_BYTES: usize = 400 << 10;
/// Of a payment, beside its texts.
const FIXED_BYTES: usize = 160;
/// Of the name of an indicator.
const NAME_BYTES: usize = 10;
/// Pages beside the alert.
const PAGES_MAX: usize = 20;

/// The payments of an alert: the newest, which it lists itself, where the others are, and they, on pages.
pub(super) fn listed(
    ledger: &Ledger,
    basis: &Basis,
    alert: &Alert,
    victims: &BTreeSet<&str>,
) -> (Vec<EvidencePayment>, Pages, Vec<Vec<PagedPayment>>) {
    let told = |found: &Witness| told(ledger, found, victims);
    let own = basis.evidence.len().saturating_sub(LISTED_MAX);
    let (older, newest) = basis.evidence.split_at_checked(own).unwrap_or_default();
    let by_payment = if older.is_empty() { BTreeMap::new() } else { indicators(basis) };
    let paged = older.iter().rev().map(|found| PagedPayment {
        payment: told(found),
        indicators: by_payment.get(&found.payment()).cloned().unwrap_or_default(),
    });
    let more = pages(paged);
    let on_pages = more.iter().map(Vec::len).fold(0, usize::saturating_add);
    let names: Vec<&str> = alert.indicators.iter().map(|one| one.id.as_str()).collect();
    let where_they_are = Pages {
        count: u32::try_from(more.len().saturating_add(1)).unwrap_or(u32::MAX),
        revision: 0,
        unlisted: older.len().saturating_sub(on_pages) as u64,
        digest: digest(&more, &names),
    };
    (newest.iter().map(told).collect(), where_they_are, more)
}

impl Detector {
    /// The accounts of possible victims: those that are related to the alert, and the other ends of
    /// linked evidence whose indicator says so, or asks for one that does.
    pub(super) fn victims<'a>(
        &self,
        ledger: &'a Ledger,
        basis: &Basis,
        alert: &'a Alert,
    ) -> BTreeSet<&'a str> {
        let people = alert.subjects.iter().chain(&alert.related);
        let masked = people.filter(|actor| actor.masked);
        let mut all: BTreeSet<&str> = masked.map(|actor| actor.key.as_str()).collect();
        for (support, facts) in basis.facts.iter().filter(|(support, _)| support.linked) {
            let rule = self.rules.indicators.get(usize::from(support.indicator.0));
            let every = rule.is_some_and(|rule| rule.other_role == Some(Role::PotentialVictim));
            let asked = self.asked_of_victims(support);
            if !every && asked.is_empty() {
                continue;
            }
            let either = self.pays_only(support.indicator);
            let meant = |found: &Witness| every && (either || found.leg == Leg::Creditor);
            let is_victim = |found: &Witness, other: AccountId| {
                meant(found) || self.held_before(&asked, support, other)
            };
            let others = facts
                .evidence
                .iter()
                .filter_map(|found| found.other().filter(|other| is_victim(found, *other)));
            all.extend(others.map(|account| ledger.account_text(account)));
        }
        alert.subjects.iter().for_each(|actor| {
            if !actor.masked {
                all.remove(actor.key.as_str());
            }
        });
        all
    }
}

/// Payments, the newest first, on pages, each in order of time; as many as there is room for.
fn pages(newest_first: impl Iterator<Item = PagedPayment>) -> Vec<Vec<PagedPayment>> {
    let mut all: Vec<Vec<PagedPayment>> = Vec::new();
    let mut room = 0_usize;
    for paged in newest_first {
        let texts = paged.payment.id.len().saturating_add(paged.payment.other.len());
        let names = paged.indicators.len().saturating_mul(NAME_BYTES);
        let bytes = FIXED_BYTES.saturating_add(texts).saturating_add(names);
        let is_full = all.last().is_none_or(|page| page.len() >= PAGE || bytes > room);
        if is_full && all.len() >= PAGES_MAX {
            break;
        }
        if is_full {
            all.push(Vec::new());
            room = PAGE_BYTES;
        }
        if let Some(page) = all.last_mut() {
            page.push(paged);
        }
        room = room.saturating_sub(bytes);
    }
    all.iter_mut().for_each(|page| page.reverse());
    all
}

/// Which indicators of the alert rest on each payment.
fn indicators(basis: &Basis) -> BTreeMap<(Partition, i64), Vec<u16>> {
    let mut all: BTreeMap<(Partition, i64), Vec<u16>> = BTreeMap::new();
    for (at, (_, facts)) in (0_u16..).zip(&basis.facts) {
        for found in &facts.evidence {
            let on = all.entry(found.payment()).or_default();
            if on.last() != Some(&at) {
                on.push(at);
            }
        }
    }
    all
}

fn told(ledger: &Ledger, found: &Witness, victims: &BTreeSet<&str>) -> EvidencePayment {
    let other = found.other().map(|account| ledger.account_text(account));
    let masked = other.is_some_and(|other| victims.contains(other));
    let other = other.map(str::to_owned).or_else(|| place_text(ledger, found.place));
    EvidencePayment {
        id: found.id.to_string(),
        time: found.time,
        kind: found.kind,
        amount: found.amount,
        currency: found.currency,
        other: other.unwrap_or_default(),
        masked,
    }
}

/// Of what can differ between two revisions: which payments there are, which of their other ends are
/// masked, and which indicators rest on them. The rest of a payment goes with its id.
fn digest(pages: &[Vec<PagedPayment>], names: &[&str]) -> u64 {
    if pages.is_empty() {
        return 0;
    }
    let mut hash = Sha256::new();
    for paged in pages.iter().flatten() {
        hash.update((paged.payment.id.len() as u64).to_le_bytes());
        hash.update(paged.payment.id.as_bytes());
        hash.update([u8::from(paged.payment.masked)]);
        for name in paged.indicators.iter().filter_map(|at| names.get(usize::from(*at))) {
            hash.update(name.as_bytes());
            hash.update([0]);
        }
    }
    let hash: [u8; 32] = hash.finalize().into();
    hash.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use palermo_domain::{Currency, Decimal, EventTime, PaymentKind};

    fn paged(at: i64, bytes: usize) -> PagedPayment {
        let payment = EvidencePayment {
            id: "x".repeat(bytes),
            time: EventTime(at),
            kind: PaymentKind::Transfer,
            amount: Decimal::ONE,
            currency: Currency::try_new("USD").expect("a currency"),
            other: String::new(),
            masked: false,
        };
        PagedPayment { payment, indicators: Vec::new() }
    }

    /// How many payments are on which page, where each has an id of so many bytes.
    #[test]
    fn pages_are_bounded_by_number_and_by_bytes() {
        let most = PAGE_BYTES / (FIXED_BYTES + 4096);
        for (payments, bytes, expected) in [
            (0, 8, vec![]),
            (1000, 8, vec![1000]),
            (1001, 8, vec![1000, 1]),
            (25_000, 8, vec![1000; PAGES_MAX]),
            (2 * most + 1, 4096, vec![most, most, 1]),
            (1, PAGE_BYTES * 2, vec![1]),
        ] {
            let newest_first = (0..payments as i64).rev().map(|at| paged(at, bytes));
            let found = pages(newest_first);
            let lengths: Vec<usize> = found.iter().map(Vec::len).collect();
            assert_eq!(lengths, expected, "{payments} of {bytes}");
            let times = found.iter().rev().flatten().map(|paged| paged.payment.time.0);
            let first = payments as i64 - expected.iter().sum::<usize>() as i64;
            assert!(times.eq(first..payments as i64), "{payments} of {bytes}");
        }
    }
}
