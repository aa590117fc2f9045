//! What is left on the accounts of the bank after each payment, as its core system would report it.
//!
//! A bank knows this of every booking, so a full society tells it for everybody and not for cases
//! alone. What people live from and what they spend is drawn apart here, so an account that would
//! fall below zero stays at zero: nobody has an overdraft. Coin is no balance of money and is left
//! out. Memory: one entry for each account that has moved.
#![expect(clippy::arithmetic_side_effects, reason = "cents below 2^32 added to at most 2^40 times")]

use crate::draft::Draft;
use crate::people::{Life, People};
use crate::rng::mix;
use crate::who::Who;
use palermo_domain::{Decimal, PaymentKind};
use std::collections::BTreeMap;

/// What is left at the two ends of a payment; none where the account is elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Left {
    pub(crate) debtor: Option<Decimal>,
    pub(crate) creditor: Option<Decimal>,
}

/// The balances of a world as its payments go by.
#[derive(Debug)]
pub(crate) struct Balances<'w> {
    people: &'w People,
    cents: BTreeMap<Who, i64>,
}

impl<'w> Balances<'w> {
    /// Nothing has moved yet.
    pub(crate) const fn new(people: &'w People) -> Self {
        Self { people, cents: BTreeMap::new() }
    }

    /// Books a payment.
    pub(crate) fn book(&mut self, draft: &Draft) -> Left {
        let cents = i64::from(draft.cents);
        match draft.what.kind() {
            PaymentKind::CryptoTransfer | PaymentKind::CashExchange => Left::default(),
            // Whoever brings cash has it in the hand.
            PaymentKind::CashDeposit => {
                Left { debtor: None, creditor: self.moved(draft.payee, cents) }
            }
            _ => Left {
                debtor: self.moved(draft.payer, -cents),
                creditor: self.moved(draft.payee, cents),
            },
        }
    }

    fn moved(&mut self, who: Who, cents: i64) -> Option<Decimal> {
        if !matches!(who, Who::Person(_) | Who::Second(_) | Who::Firm(_)) {
            return None;
        }
        let people = self.people;
        let left = self.cents.entry(who).or_insert_with(|| opening(people, who));
        *left = (*left + cents).max(0);
        Some(Decimal::new(*left, 2))
    }
}

/// What was there before the first payment: a few dollars where an account is used for nothing but
/// a case, a third to twice of a month's income of people, some weeks of costs of firms. An
/// assumption.
fn opening(people: &People, who: Who) -> i64 {
    let chance = i64::try_from(mix(who.identity() ^ 0xba1a) % 1_000).unwrap_or(0);
    match who {
        Who::Person(n) | Who::Second(n) => match people.person(n) {
            Some(person) if person.life == Life::Still => chance * 4,
            Some(person) => i64::from(person.income) * (chance + 200) / 600,
            None => 0,
        },
        Who::Firm(n) => match people.firm(n) {
            Some(firm) if firm.still => chance * 300,
            Some(firm) => i64::from(firm.headcount) * (chance + 200) * 400,
            None => 0,
        },
        _ => 0,
    }
}
