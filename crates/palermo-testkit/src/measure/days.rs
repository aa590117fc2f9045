//! Days, one after the other: how busy each is, and what the account held at its end.
//!
//! Sees: a day by UTC that should be local, a day without payments that is left out or ends the
//! count, the first payment of a day taken for its last, the evaluated day left out, a balance that
//! was not converted.

use super::{Number, local, whole};
use crate::window::Seen;
use crate::world::World;
use palermo_domain::{Date, Decimal};

/// Local days with at least `least` payments; those without local time are left out.
pub fn days(selected: &[Seen<'_>], least: i64) -> Number {
    let all: Vec<Date> = selected.iter().filter_map(|one| Some(local(one)?.date())).collect();
    let mut days = all.clone();
    days.sort_unstable();
    days.dedup();
    let busy = |day: &&Date| {
        let payments = all.iter().filter(|other| other == day).count();
        whole(payments).is_some_and(|payments| payments >= Decimal::from(least))
    };
    whole(days.iter().filter(busy).count())
}

/// What the account held after a payment, in the base currency.
pub fn balance(world: &World, seen: &Seen<'_>) -> Number {
    let balance = seen.own().balance_after?;
    world.converted(balance, seen.payment.currency, seen.payment.event_time)
}

/// UTC days from the first with a known balance to that of `now` which closed with a balance for
/// which `low` holds: that of the last payment until then with a known one.
pub fn balance_days(
    world: &World,
    selected: &[Seen<'_>],
    now: &Seen<'_>,
    low: impl Fn(Decimal) -> bool,
) -> Number {
    let closing = |day: Date| {
        let until = selected.iter().filter(|one| one.payment.event_time.date() <= day);
        let known = until.filter_map(|one| Some((one.key(), one.incoming, balance(world, one)?)));
        Some(known.max_by_key(|(key, incoming, _)| (*key, *incoming))?.2)
    };
    let last = now.payment.event_time.date();
    let first = selected.iter().map(|one| one.payment.event_time.date()).min().unwrap_or(last);
    let days = (first.0..=last.0).filter(|day| closing(Date(*day)).is_some_and(&low));
    whole(days.count())
}
