//! Corridors by brute force, from what [`seen`](super::seen) gives.

use super::Edge;

/// What a caller knows of places: that of a payment, by its rank, and which place follows which.
#[derive(Clone, Copy)]
pub struct Route<'a> {
    /// Where a payment was made.
    pub place_of: &'a dyn Fn(usize) -> Option<u32>,
    /// Whether the second place comes right after the first on a route.
    pub follows: &'a dyn Fn(u32, u32) -> bool,
}

impl std::fmt::Debug for Route<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Route")
    }
}

impl Route<'_> {
    /// Whether `g` may stand right after `f`.
    pub fn goes_on(&self, f: &Edge, g: &Edge) -> bool {
        let ((Some(a), Some(b)), different) =
            (((self.place_of)(f.rank), (self.place_of)(g.rank)), f.target != g.target)
        else {
            return false;
        };
        f.source == g.source && f.place() < g.place() && different && (self.follows)(a, b)
    }
}

/// The number of payments of the longest corridor that ends at the payment that asks: every sequence
/// is walked. 0 where that payment has no place.
pub fn corridor(seen: &[Edge], route: Route<'_>) -> usize {
    let Some(at) = seen.last() else { return 0 };
    if (route.place_of)(at.rank).is_none() { 0 } else { longest(seen, at, route) }
}

fn longest(seen: &[Edge], last: &Edge, route: Route<'_>) -> usize {
    let before = seen.iter().filter(|f| route.goes_on(f, last));
    before.map(|f| longest(seen, f, route)).max().unwrap_or(0).saturating_add(1)
}
