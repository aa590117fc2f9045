//! Which subjects a payment carries, and at which end (RULES, "Context of an expression").
//!
//! Cost: a look at the fields of the kinds that are asked for.

use super::{Key, Kinds};
use crate::intern::Atom;
use crate::party::Parties;
use crate::row::{AccountId, Leg, Row};
use crate::shared::Contact;
use palermo_domain::{PaymentKind, Subject};

/// The key of a subject that is one text.
pub(super) fn text(kind: Subject, atom: Atom) -> Key {
    Key { kind, first: atom.index(), second: 0 }
}

/// The key of two accounts, in the order in which money goes.
pub(super) fn pair(from: AccountId, to: AccountId) -> Key {
    let number = |account: AccountId| u32::try_from(account.index()).unwrap_or(u32::MAX);
    Key { kind: Subject::Pair, first: number(from), second: number(to) }
}

/// Calls `each` with every subject of the wanted kinds and the end that carries it; with none twice
/// at the same end.
pub(super) fn each(row: Row<'_>, parties: &Parties, wanted: Kinds, each: &mut dyn FnMut(Key, Leg)) {
    let mut one = |kind, atom: Option<Atom>, leg: End| {
        if let Some(atom) = atom {
            each(text(kind, atom), leg(row));
        }
    };
    for (kind, find, leg) in SINGLE {
        if wanted.has(*kind) {
            one(*kind, find(row), *leg);
        }
    }
    for (kind, find) in CONTACTS {
        for leg in Leg::BOTH {
            if let Some(atom) = find(row.contact(leg)).filter(|_| wanted.has(*kind)) {
                each(text(*kind, atom), leg);
            }
        }
    }
    if wanted.has(Subject::Party) {
        Leg::BOTH.into_iter().for_each(|leg| of_parties(row, parties, leg, each));
    }
    if wanted.has(Subject::Pair)
        && let [Some(from), Some(to)] = Leg::BOTH.map(|leg| row.account(leg))
    {
        each(pair(from, to), Leg::Debtor);
    }
}

/// The party that the end names, else every present holder of its account.
fn of_parties(row: Row<'_>, parties: &Parties, leg: Leg, each: &mut dyn FnMut(Key, Leg)) {
    if let Some(party) = row.end(leg).party {
        each(text(Subject::Party, party), leg);
        return;
    }
    let Some(account) = row.account(leg) else { return };
    for owned in parties.holders(account) {
        if let Some(party) = parties.get(owned.party) {
            each(text(Subject::Party, party.id), leg);
        }
    }
}

/// Where its text stands in a payment, or in what an end says of itself.
type OfRow = fn(Row<'_>) -> Option<Atom>;
type OfContact = fn(&Contact) -> Option<Atom>;
/// The end that carries it.
type End = fn(Row<'_>) -> Leg;

/// Subjects of the payment as a whole, and the end that is their own.
const SINGLE: &[(Subject, OfRow, End)] = &[
    (Subject::Merchant, |row| row.site().merchant_id, acceptor),
    (Subject::Terminal, |row| row.site().terminal_id, with_account),
    (Subject::Device, |row| row.device_id(), orders),
    (Subject::Card, |row| row.card_token(), holds_card),
    (Subject::Conductor, |row| row.conductor_party(), with_account),
];

/// Subjects of an end.
const CONTACTS: &[(Subject, OfContact)] = &[
    (Subject::Address, |contact| contact.address),
    (Subject::Phone, |contact| contact.phone),
    (Subject::Email, |contact| contact.email),
    (Subject::Wallet, |contact| contact.wallet),
];

/// The shop: it is paid, and pays what comes back.
fn acceptor(row: Row<'_>) -> Leg {
    match row.kind() {
        PaymentKind::CardRefund | PaymentKind::GamingPayout => Leg::Debtor,
        _ => Leg::Creditor,
    }
}

/// Who gave the order: who pays, but who collects a direct debit.
fn orders(row: Row<'_>) -> Leg {
    if row.kind() == PaymentKind::DirectDebit { Leg::Creditor } else { Leg::Debtor }
}

/// The end that is an account: who pays, but where only the other one is.
fn with_account(row: Row<'_>) -> Leg {
    match Leg::BOTH.map(|leg| row.account(leg)) {
        [None, Some(_)] => Leg::Creditor,
        _ => Leg::Debtor,
    }
}

/// Whose card it is: who pays with it, or who gets money back or in by it.
fn holds_card(row: Row<'_>) -> Leg {
    match row.kind() {
        PaymentKind::CashDeposit => Leg::Creditor,
        _ => acceptor(row).opposite(),
    }
}
