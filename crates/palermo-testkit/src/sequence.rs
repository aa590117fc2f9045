//! Two steps on one subject: the largest number of occurrences that do not overlap, by trying every
//! choice (RULES.md, "Sequence").
//!
//! An occurrence is a first payment and a later one (in the order of event time, then payment id)
//! that are tied and not further apart than `within`. Two do not overlap where one is over before
//! the other begins. Exponential in the number of possible occurrences: for a dozen of them.
//!
//! Sees: a greedy choice that is not optimal, a payment used twice, an edge of `within`, a tie-break
//! at equal times.

use crate::measure::{Number, whole};
use crate::window::Seen;
use palermo_domain::Span;

/// How often the sequence occurs.
pub fn repeats<'p>(
    first: &[Seen<'p>],
    second: &[Seen<'p>],
    within: Span,
    tied: impl Fn(&Seen<'p>, &Seen<'p>) -> bool,
) -> Number {
    let mut found: Vec<(Seen<'p>, Seen<'p>)> = Vec::new();
    for start in first {
        for end in second {
            let apart = end.payment.event_time.0.saturating_sub(start.payment.event_time.0);
            if start.key() < end.key() && apart <= within.as_millis() && tied(start, end) {
                found.push((*start, *end));
            }
        }
    }
    whole(best(&found))
}

fn best(found: &[(Seen<'_>, Seen<'_>)]) -> usize {
    let Some((one, rest)) = found.split_first() else { return 0 };
    let apart =
        |other: &&(Seen<'_>, Seen<'_>)| other.1.key() < one.0.key() || one.1.key() < other.0.key();
    let left: Vec<_> = rest.iter().filter(apart).copied().collect();
    best(rest).max(best(&left).saturating_add(1))
}
