//! Windows by filtering a list (RULES.md, "Windows"): `[t - w, t]`, both ends included.
//!
//! Sees: an entry lost, doubled, in the wrong order or on the wrong side of an edge, however the
//! product stores its entries.

use crate::Owned;
use crate::three::Truth;
use palermo_domain::{End, EventTime, Span};

/// A payment seen from one of its ends.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'p> {
    /// The payment.
    pub payment: &'p Owned,
    /// Whether money comes in: the subject is the creditor.
    pub incoming: bool,
}

impl<'p> Seen<'p> {
    /// The subject's end.
    pub fn own(&self) -> &'p End<'static> {
        if self.incoming { &self.payment.creditor } else { &self.payment.debtor }
    }

    /// The other end.
    pub fn other(&self) -> &'p End<'static> {
        if self.incoming { &self.payment.debtor } else { &self.payment.creditor }
    }

    /// The payment id.
    pub fn id(&self) -> &'p str {
        self.payment.payment_id.expose()
    }

    /// What orders payments: event time, then payment id.
    pub fn key(&self) -> (EventTime, &'p str) {
        (self.payment.event_time, self.id())
    }
}

/// The account of an end, where it is known.
pub fn account<'p>(end: &'p End<'_>) -> Option<&'p str> {
    end.account.as_ref().map(|text| text.expose().as_ref())
}

/// Every payment that touches the account, from each end at which it does, oldest first. A payment
/// from an account to itself is seen twice, outgoing first.
pub fn touching<'p>(payments: &'p [Owned], subject: &str) -> Vec<Seen<'p>> {
    let mut seen = Vec::new();
    for payment in payments {
        for incoming in [false, true] {
            let one = Seen { payment, incoming };
            if account(one.own()) == Some(subject) {
                seen.push(one);
            }
        }
    }
    seen.sort_by(|a, b| (a.key(), a.incoming).cmp(&(b.key(), b.incoming)));
    seen
}

/// Those of the window that ends at `at`.
pub fn window<'p>(seen: &[Seen<'p>], at: EventTime, width: Span) -> Vec<Seen<'p>> {
    let from = at.0.saturating_sub(width.as_millis());
    let inside = |one: &&Seen<'p>| (from..=at.0).contains(&one.payment.event_time.0);
    seen.iter().filter(inside).copied().collect()
}

/// Those for which a condition is *true*; unknown ones are left out.
pub fn select<'p>(seen: &[Seen<'p>], condition: impl Fn(&Seen<'p>) -> Truth) -> Vec<Seen<'p>> {
    seen.iter().filter(|one| condition(one) == Some(true)).copied().collect()
}

/// The event times at which anything touches the account: where a condition is evaluated.
pub fn times(seen: &[Seen<'_>]) -> Vec<EventTime> {
    let mut times: Vec<EventTime> = seen.iter().map(|one| one.payment.event_time).collect();
    times.dedup();
    times
}

/// The event times at which `hit` is true. It is given the window and the payment it is seen from:
/// the last one at that time.
pub fn hits<'p>(
    payments: &'p [Owned],
    subject: &str,
    width: Span,
    hit: impl Fn(&[Seen<'p>], &Seen<'p>) -> Truth,
) -> Vec<EventTime> {
    let seen = touching(payments, subject);
    times(&seen)
        .into_iter()
        .filter(|&at| {
            let inside = window(&seen, at, width);
            inside.last().is_some_and(|last| hit(&inside, last) == Some(true))
        })
        .collect()
}
