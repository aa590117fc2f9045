//! The nearest place of a list, among those in force on some days.

use super::{BoundList, Coordinates};
use crate::bind::Node;
use palermo_domain::{Date, Decimal, distance};
use palermo_ledger::{Atom, Atoms};

/// A row that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) key: Atom,
    /// Its first day, which tells its versions apart.
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) km: Decimal,
}

impl BoundList {
    /// The nearest place within so many kilometers that is in force on one of the days; of equally
    /// near ones the first by key, then by first day.
    pub(crate) fn nearest(
        &self,
        here: Coordinates,
        limit: Decimal,
        days: (Date, Date),
        atoms: &Atoms,
    ) -> Option<Found> {
        let near = self.spots.iter().filter_map(|(&(key, from), &place)| {
            let km = Decimal::new(distance(here, place).0, 1);
            let to = (km <= limit).then(|| self.in_force(key, from, days)).flatten()?;
            Some(Found { key, from, to, km })
        });
        near.min_by(|a, b| {
            let order = |found: &Found| (found.km, atoms.text(found.key), found.from);
            order(a).cmp(&order(b))
        })
    }

    /// The last day of a version of a row, where it is the one in force on one of the days.
    fn in_force(&self, key: Atom, from: Date, (first, last): (Date, Date)) -> Option<Date> {
        let versions = self.rows.get(&key)?;
        let own = versions.iter().find(|version| version.from == from)?;
        // It comes into force on its first day, or on the day after one that lay over it.
        let begins = versions.iter().map(|other| Date(other.to.0.saturating_add(1)));
        let mut days = begins.chain([first.max(from)]);
        let counts = |day: Date| {
            (first..=last).contains(&day)
                && self.version(key, day).is_some_and(|version| version.from == from)
        };
        days.any(counts).then_some(own.to)
    }

    /// A cell of a row that was found.
    pub(crate) fn cell_of(&self, found: Found, column: u16) -> Option<&Node> {
        let versions = self.rows.get(&found.key)?;
        let own = versions.iter().find(|version| version.from == found.from)?;
        own.cells.get(usize::from(column))?.as_ref()
    }
}
