//! Who belongs together, by comparing every two; and whether nothing happened.
//!
//! Sees: a relation that is looked at from one side only, or on a day on which it is not in force, a
//! chain of three that stays two groups, hashes of different keys that are compared, an absence that
//! was never looked for.

use super::{Number, whole};
use crate::three::Truth;
use crate::window::{Seen, account};
use crate::world::World;
use palermo_domain::{EventTime, FeedSet, Party};
use std::collections::BTreeSet;

/// The ids under which an end is a party: the one the payment names, and the holder's.
fn ids(world: &World, seen: &Seen<'_>) -> BTreeSet<String> {
    let end = seen.other();
    let named = end.party.as_ref().map(|text| text.expose().clone().into_owned());
    let holder = world.party(end).map(|party| party.party.expose().clone());
    named.into_iter().chain(holder).collect()
}

fn declares(world: &World, from: &Seen<'_>, to: &Seen<'_>) -> bool {
    let (day, to) = (from.payment.event_time.date(), ids(world, to));
    world.party(from.other()).is_some_and(|party| {
        party.relations.iter().any(|relation| {
            to.contains(relation.party.expose().as_str())
                && relation.since.is_none_or(|since| since <= day)
                && relation.until.is_none_or(|until| day <= until)
        })
    })
}

fn same_contact(world: &World, a: &Seen<'_>, b: &Seen<'_>) -> bool {
    let (x, y) = (a.other(), b.other());
    let on_payments = [(&x.address, &y.address), (&x.phone, &y.phone), (&x.email, &y.email)];
    if on_payments.iter().any(|(x, y)| x.is_some() && x == y) {
        return true;
    }
    let hashes = |party: &Party| {
        [&party.address, &party.phone, &party.email]
            .map(|hash| hash.as_ref().map(|hash| hash.expose().clone()))
    };
    match (world.party(x), world.party(y)) {
        (Some(x), Some(y)) if x.hash_key_id == y.hash_key_id => {
            hashes(x).iter().zip(hashes(y)).any(|(x, y)| x.is_some() && *x == y)
        }
        _ => false,
    }
}

fn belong(world: &World, a: &Seen<'_>, b: &Seen<'_>) -> bool {
    let (x, y) = (account(a.other()), account(b.other()));
    (x.is_some() && x == y)
        || !ids(world, a).is_disjoint(&ids(world, b))
        || declares(world, a, b)
        || declares(world, b, a)
        || same_contact(world, a, b)
}

/// How many groups the other ends are in; those of which neither account nor party is known are
/// left out.
pub fn groups(world: &World, selected: &[Seen<'_>]) -> Number {
    let known = |one: &&Seen<'_>| account(one.other()).is_some() || !ids(world, one).is_empty();
    let mut left: Vec<&Seen<'_>> = selected.iter().filter(known).collect();
    let mut groups = 0;
    while let Some(first) = left.pop() {
        // The group of one end: all that belong to any of it, until there are no more.
        let mut group = vec![first];
        while let Some(next) =
            left.iter().position(|one| group.iter().any(|member| belong(world, member, one)))
        {
            group.push(left.remove(next));
        }
        groups = usize::saturating_add(groups, 1);
    }
    whole(groups)
}

/// Nothing was selected, although it would have been delivered: unknown where the holder's feeds do
/// not cover `needed`, or where nothing was booked on the account (`all` its payments) before `from`.
pub fn absent(
    world: &World,
    selected: &[Seen<'_>],
    (all, from): (&[Seen<'_>], EventTime),
    now: &Seen<'_>,
    needed: FeedSet,
) -> Truth {
    if !selected.is_empty() {
        return Some(false);
    }
    let delivered = world.holder(now.own()).is_some_and(|party| party.feeds.covers(needed));
    (delivered && known_before(all, from)).then_some(true)
}

/// Whether anything was booked on an account before a time.
pub fn known_before(all: &[Seen<'_>], from: EventTime) -> bool {
    let booked = |one: &&Seen<'_>| one.payment.status == palermo_domain::Status::Booked;
    all.iter().filter(booked).any(|one| one.payment.event_time < from)
}
