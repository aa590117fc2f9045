//! Who is in an alert, and in which role.
//!
//! The anchor and its holders are the subjects. Who pays them in what the indicators selected is
//! related, in the role that the typology gives to payers; who is paid, in the role that an
//! indicator over outgoing payments alone gives to other ends, where that is more than the other end
//! of a payment.
//!
//! Where an indicator asks whether another one holds at the other end (`other.holds(LT-02)`), and that one takes
//! whom it is about for a possible victim, the other end is one here as well.
//!
//! Promises: a possible victim is never a subject, and is masked.

use super::Basis;
use crate::detector::Detector;
use crate::episode::{Anchor, Milestone, Support};
use crate::hits::Payer;
use palermo_domain::Alert;
use palermo_domain::alert::{Actor, Role};
use palermo_lang::program::{AnchorRole, IndicatorId, Side, Typology};
use palermo_ledger::{AccountId, Atom, Ledger, Leg};
use std::collections::BTreeMap;

impl Detector {
    /// Adds subjects, payers and payees: all of them.
    pub(super) fn people(
        &self,
        ledger: &Ledger,
        anchor: Anchor,
        typology: &Typology,
        milestone: &Milestone,
        basis: &Basis,
        alert: &mut Alert,
    ) {
        // What control is seen of others says nothing of who holds the anchor.
        let control = milestone.supports.iter().filter(|support| !support.linked).any(|support| {
            let rule = self.rules.indicators.get(usize::from(support.indicator.0));
            rule.is_some_and(|rule| rule.family.0 == 'C')
        });
        let role = match typology.anchor_role {
            AnchorRole::Fixed(role) => role,
            AnchorRole::SubjectUnlessControl if control => Role::RoleUndetermined,
            AnchorRole::SubjectUnlessControl => Role::Subject,
        };
        let own = Self::accounts_of(ledger, anchor);
        let holders: Vec<Atom> = match anchor {
            Anchor::Account(account) => {
                let held = ledger.parties.holders(account).iter();
                held.filter_map(|owned| Some(ledger.parties.get(owned.party)?.id)).collect()
            }
            Anchor::Party(party) => {
                ledger.parties.get(party).map(|known| known.id).into_iter().collect()
            }
        };
        let mut accounts: Vec<AccountId> = match anchor {
            Anchor::Account(account) => vec![account],
            Anchor::Party(_) => {
                let own = milestone.supports.iter().filter(|support| !support.linked);
                own.map(|support| support.account).collect()
            }
        };
        accounts.sort_by_key(|account| ledger.account_text(*account).to_owned());
        accounts.dedup();
        let actor = |entity, key: &str, function| Actor {
            entity,
            key: key.to_owned(),
            role,
            function,
            masked: role == Role::PotentialVictim,
        };
        for account in accounts {
            alert.subjects.push(actor("account", ledger.account_text(account), "collector"));
        }
        let mut parties: Vec<&str> = holders.iter().map(|id| ledger.atoms.text(*id)).collect();
        parties.sort_unstable();
        for party in parties {
            alert.subjects.push(actor("party", party, "collector"));
        }
        let related = self.others(ledger, typology, basis, (&own, &holders));
        alert.related_count = related.len() as u64;
        for ((entity, key), (rank, function)) in related {
            let role = RANKED.get(rank).copied().unwrap_or(Role::CounterpartyOnly);
            let masked = role == Role::PotentialVictim;
            alert.related.push(Actor { entity, key, role, function, masked });
        }
    }

    /// Whether an indicator reads what its subject pays and nothing else. Where it reads both directions,
    /// the role of its other ends is that of those who pay.
    pub(super) fn pays_only(&self, indicator: IndicatorId) -> bool {
        let bound = self.indicators.get(usize::from(indicator.0));
        bound.is_some_and(|bound| bound.legs == [Leg::Debtor])
    }

    /// The indicators that the rule of a hit asks for at other ends, and that take whom they are about for a
    /// possible victim.
    pub(super) fn asked_of_victims(&self, support: &Support) -> Vec<u16> {
        let rule = self.rules.indicators.get(usize::from(support.indicator.0));
        let asks = rule.into_iter().flat_map(|rule| &rule.condition.asks);
        let asked = asks.filter(|(side, _)| *side == Side::Other).filter_map(|(_, id)| {
            let all = (0_u16..).zip(&self.rules.indicators);
            all.into_iter().find(|(_, rule)| rule.condition.id == *id)
        });
        let victims = asked.filter(|(_, rule)| rule.subject_role == Some(Role::PotentialVictim));
        victims.map(|(index, _)| index).collect()
    }

    /// Whether one of these held on an account inside the window of a hit.
    pub(super) fn held_before(&self, asked: &[u16], support: &Support, other: AccountId) -> bool {
        let rule = self.rules.indicators.get(usize::from(support.indicator.0));
        let Some(window) = rule.map(|rule| rule.condition.window) else { return false };
        let before = support.time.minus(window).just_before();
        let mut logs = asked.iter().filter_map(|&index| self.hits.log(index, other));
        logs.any(|log| log.latest(before, support.time).is_some())
    }

    /// The other ends of the anchor's own evidence, in the most protective role that any of the
    /// payments gives them.
    fn others(
        &self,
        ledger: &Ledger,
        typology: &Typology,
        basis: &Basis,
        (own, holders): (&[AccountId], &[Atom]),
    ) -> BTreeMap<(&'static str, String), (usize, &'static str)> {
        let mut related: BTreeMap<(&'static str, String), (usize, &'static str)> = BTreeMap::new();
        let subjects = own_accounts(basis);
        for (support, told) in basis.facts.iter().filter(|(support, _)| !support.linked) {
            let rule = self.rules.indicators.get(usize::from(support.indicator.0));
            let said = rule.and_then(|rule| rule.other_role);
            let pays_only = self.pays_only(support.indicator);
            let asked = self.asked_of_victims(support);
            // Who pays another account at the same device is no payer of the anchor.
            let mine = told.evidence.iter();
            for found in mine.filter(|found| found.own().is_none_or(|of| subjects.contains(&of))) {
                let held = |other| self.held_before(&asked, support, other);
                let victim = found.other().is_some_and(held).then_some(Role::PotentialVictim);
                let (key, role, function) = if found.leg == Leg::Creditor {
                    let role = victim.or(typology.payers_role).or(said);
                    let role = role.unwrap_or(Role::CounterpartyOnly);
                    (payer(ledger, &found.debtor, own, holders), role, "payer")
                } else {
                    let role = victim.or(said.filter(|_| pays_only));
                    let role = role.unwrap_or(Role::CounterpartyOnly);
                    let paid = found.creditor.filter(|paid| !own.contains(paid));
                    let key = paid.map(|paid| ("account", ledger.account_text(paid).to_owned()));
                    let is_more = matches!(role, Role::PotentialVictim | Role::RoleUndetermined);
                    let is_victim = role == Role::PotentialVictim;
                    (key.filter(|_| is_more), role, if is_victim { "victim" } else { "other" })
                };
                let Some(key) = key else { continue };
                let rank = RANKED.iter().position(|known| *known == role).unwrap_or(0);
                let known = related.entry(key).or_insert((rank, function));
                if rank > known.0 {
                    *known = (rank, function);
                }
            }
        }
        related
    }
}

/// The most protective last.
const RANKED: [Role; 4] =
    [Role::CounterpartyOnly, Role::Subject, Role::RoleUndetermined, Role::PotentialVictim];

/// The accounts on which the finding itself rests, and not what it is linked to.
pub(super) fn own_accounts(basis: &Basis) -> Vec<AccountId> {
    let own = basis.facts.iter().filter(|(support, _)| !support.linked);
    own.map(|(support, _)| support.account).collect()
}

fn payer(
    ledger: &Ledger,
    payer: &Payer,
    own: &[AccountId],
    holders: &[Atom],
) -> Option<(&'static str, String)> {
    if let Some(account) = payer.account {
        let mine = own.contains(&account);
        return (!mine).then(|| ("account", ledger.account_text(account).to_owned()));
    }
    // Cash: who stood there, else whom the record names.
    let party = payer.conductor.or(payer.party)?;
    (!holders.contains(&party)).then(|| ("party", ledger.atoms.text(party).to_owned()))
}
