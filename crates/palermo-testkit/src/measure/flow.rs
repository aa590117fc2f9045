//! Money that comes and goes, from the side of the lots: each lot, the oldest first, goes to the
//! first payments out that come after it, are not too late for it, and still want something. (The
//! product goes the other way about, from payment out to lots.)
//!
//! A payment from an account to itself leaves and comes in at once: it never pays for itself.
//!
//! Sees: a lot that is used twice, an expired lot that is used, the newest lot taken first, an edge
//! of the time on the wrong side, a middle over payments instead of cents, money from one end that is
//! counted as coming back from another.

#![expect(clippy::arithmetic_side_effects, reason = "i128 holds what a scene adds up to")]

use super::exact::{cents, fraction};
use super::{Number, kilometers, place};
use crate::window::{Seen, account, select};
use crate::world::World;
use palermo_domain::Span;

/// Cents that lay so many milliseconds.
type Parts = Vec<(i64, i128)>;

fn sum(world: &World, payments: &[Seen<'_>]) -> Option<i128> {
    payments.iter().map(|one| cents(world.amount(one.payment)?)).sum()
}

/// What of `into` leaves by `out`; unknown over an unknown amount.
fn parts(world: &World, into: &[Seen<'_>], out: &[Seen<'_>], within: Span) -> Option<Parts> {
    let in_order = |payments: &[Seen<'_>]| -> Option<Vec<_>> {
        let mut all = Vec::new();
        for one in payments {
            all.push((
                one.payment.event_time,
                one.id().to_owned(),
                cents(world.amount(one.payment)?)?,
            ));
        }
        all.sort();
        Some(all)
    };
    let (lots, mut wants) = (in_order(into)?, in_order(out)?);
    let mut parts = Vec::new();
    for (time, id, mut left) in lots {
        for (later, later_id, wanted) in &mut wants {
            let after = (time, &id) < (*later, &*later_id);
            if after && later.since(time) <= within && left > 0 && *wanted > 0 {
                let part = left.min(*wanted);
                left -= part;
                *wanted -= part;
                parts.push((later.since(time).as_millis(), part));
            }
        }
    }
    Some(parts)
}

fn moved(parts: &Parts) -> i128 {
    parts.iter().map(|(_, cents)| cents).sum()
}

/// The share of the money of `into` that leaves by `out` at most `within` later.
pub fn passed_share(world: &World, into: &[Seen<'_>], out: &[Seen<'_>], within: Span) -> Number {
    fraction(moved(&parts(world, into, out, within)?), sum(world, into)?)
}

/// The share of the money of `out` that came by `into` at most `within` before.
pub fn funded_share(world: &World, out: &[Seen<'_>], into: &[Seen<'_>], within: Span) -> Number {
    fraction(moved(&parts(world, into, out, within)?), sum(world, out)?)
}

/// How long the cents lay that left: the shortest time that at least half of them do not exceed.
pub fn dwell_median(
    world: &World,
    into: &[Seen<'_>],
    out: &[Seen<'_>],
    within: Span,
) -> Option<Span> {
    let parts = parts(world, into, out, within)?;
    let up_to = |limit: i64| -> i128 {
        parts.iter().filter(|(ms, _)| *ms <= limit).map(|(_, cents)| cents).sum()
    };
    let half = |ms: &i64| up_to(*ms) * 2 >= moved(&parts);
    parts.iter().map(|(ms, _)| *ms).filter(half).min().map(Span::from_millis)
}

/// The share of the money of `out` that comes back by `back` from the same other account at most
/// `within` later; unknown over an unknown amount, of a payment back only where its other account
/// is known.
pub fn returned_share(world: &World, out: &[Seen<'_>], back: &[Seen<'_>], within: Span) -> Number {
    let mut others: Vec<&str> =
        out.iter().chain(back).filter_map(|one| account(one.other())).collect();
    others.sort_unstable();
    others.dedup();
    let mut returned = 0;
    for other in others {
        let [sent, came] = [out, back].map(|payments| {
            let of = |one: &Seen<'_>| Some(account(one.other()) == Some(other));
            select(payments, of)
        });
        returned += moved(&parts(world, &sent, &came, within)?);
    }
    fraction(returned, sum(world, out)?)
}

/// The greatest distance between a place of one and a place of the other; unknown without a pair.
pub fn apart_km(a: &[Seen<'_>], b: &[Seen<'_>]) -> Number {
    let at = |one: &Seen<'_>| place(one).and_then(|place| place.coordinates);
    a.iter().flat_map(|a| b.iter().map(move |b| kilometers(at(a), at(b)))).flatten().max()
}
