//! The search for occurrences of a sequence, free of payments: spots in order, limits of time, and
//! ties that somebody else decides.
//!
//! Promises: the occurrences of `docs/rules.md`. The ends are gone through in order; at each, the
//! first occurrence (by the payment of its first step, then its second, …) that ends there and
//! begins after the last one counted is counted. Without `distinct` there cannot be more. The answer
//! depends on the spots and ties alone; it is cut where the budget of looks is spent, and what was
//! counted until then stands.
//!
//! Cost: one look for each spot that is tried. What ends an occurrence is put first, and the limits
//! between any two steps are worked out beforehand, so most ends cost a look at each spot that is
//! near enough to be the step before.

use super::shape::{STEPS_MAX, Shape};

/// Looks of one evaluation.
pub(crate) const BUDGET: u32 = 16_384;

/// A payment that a step may be: its time, and its place among all payments of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) time: i64,
    pub(crate) rank: u32,
}

/// Positions of spots, by step.
pub(crate) type Chosen = [Option<usize>; STEPS_MAX];

/// Whether a tie holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tied {
    Yes,
    No,
    Unknown,
}

/// What repeats have in common, by the classes of the spots of one step; a spot without one is not
/// known and no part of any occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Across<'k> {
    /// Nothing.
    Free,
    /// All of them have the same class.
    Same(usize, &'k [Option<u32>]),
    /// No two of them have.
    Distinct(usize, &'k [Option<u32>]),
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Positions of the spots of each occurrence, in order.
    pub(crate) occurrences: Vec<Chosen>,
    /// Places of ends at which nothing was counted, and might have been, had every tie been known.
    pub(crate) doubtful: Vec<u32>,
    /// The budget was spent.
    pub(crate) truncated: bool,
}

/// The budget is spent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent;

/// A spot with which an occurrence may end.
#[derive(Clone, Copy, Debug)]
struct End {
    spot: Spot,
    step: usize,
    at: usize,
}

/// One search.
pub(crate) struct Search<'s> {
    shape: &'s Shape,
    /// By step, in order.
    spots: &'s [Vec<Spot>],
    tied: &'s dyn Fn(usize, &Chosen) -> Tied,
    across: Across<'s>,
    left: u32,
    /// The class that is asked for, or those that are used up.
    classes: Vec<u32>,
    /// A tie was unknown since the present end.
    met_unknown: bool,
}

impl<'s> Search<'s> {
    pub(crate) fn new(
        shape: &'s Shape,
        spots: &'s [Vec<Spot>],
        across: Across<'s>,
        tied: &'s dyn Fn(usize, &Chosen) -> Tied,
        budget: u32,
    ) -> Self {
        Self { shape, spots, tied, across, left: budget, classes: Vec::new(), met_unknown: false }
    }

    /// The occurrences; with `same` those of the class that has the most.
    pub(crate) fn run(mut self) -> Found {
        let ends = self.ends();
        let mut best = Found::default();
        let end = match self.across {
            Across::Same(step, classes) => self.each_class(&ends, step, classes, &mut best),
            Across::Free | Across::Distinct(..) => self.greedy(&ends, &mut best),
        };
        best.truncated = end.is_err();
        best.doubtful.sort_unstable();
        best.doubtful.dedup();
        best
    }

    /// Every spot with which an occurrence may end, in order.
    fn ends(&self) -> Vec<End> {
        let steps = (0..self.shape.steps).filter(|step| self.shape.ends(*step));
        let mut ends: Vec<End> = steps
            .flat_map(|step| {
                let spots = self.spots.get(step).into_iter().flatten().enumerate();
                spots.map(move |(at, spot)| End { spot: *spot, step, at })
            })
            .collect();
        ends.sort_by_key(|end| (end.spot.rank, end.step));
        ends
    }

    /// Those with the most spots first: where there cannot be more, the rest is not looked at.
    fn each_class(
        &mut self,
        ends: &[End],
        step: usize,
        classes: &[Option<u32>],
        best: &mut Found,
    ) -> Result<(), Spent> {
        let spots = self.spots.get(step).map_or(&[][..], Vec::as_slice);
        for (class, members) in by_size(spots, classes) {
            let [Some(first), Some(last)] = [members.first(), members.last()] else { continue };
            if members.len() <= best.occurrences.len() {
                return Ok(());
            }
            self.classes = vec![class];
            let until = last.time.saturating_add(self.shape.reach(step));
            let from = ends.partition_point(|end| end.spot.rank < first.rank);
            let to = ends.partition_point(|end| end.spot.time <= until);
            let mut found = Found::default();
            let end = self.greedy(ends.get(from..to).unwrap_or(&[]), &mut found);
            best.doubtful.append(&mut found.doubtful);
            if found.occurrences.len() > best.occurrences.len() {
                best.occurrences = found.occurrences;
            }
            end?;
        }
        Ok(())
    }

    /// Counts at the earliest end, and goes on behind it.
    fn greedy(&mut self, ends: &[End], found: &mut Found) -> Result<(), Spent> {
        let mut after: Option<u32> = None;
        for same_end in ends.chunk_by(|a, b| a.spot.rank == b.spot.rank) {
            let Some(end) = same_end.first() else { continue };
            self.met_unknown = false;
            let mut first: Option<Chosen> = None;
            for end in same_end {
                let other = self.ending(*end, after)?;
                let earlier = |other: &Chosen| {
                    first.is_none_or(|first| self.ranks(other) < self.ranks(&first))
                };
                first = other.filter(earlier).or(first);
            }
            match first {
                Some(chosen) => {
                    after = Some(end.spot.rank);
                    if let Across::Distinct(step, classes) = self.across {
                        self.classes.extend(class_of(step, classes, &chosen));
                    }
                    found.occurrences.push(chosen);
                }
                None if self.met_unknown => found.doubtful.push(end.spot.rank),
                None => {}
            }
        }
        Ok(())
    }

    fn ranks(&self, chosen: &Chosen) -> [Option<u32>; STEPS_MAX] {
        let mut ranks = [None; STEPS_MAX];
        for (step, rank) in ranks.iter_mut().enumerate() {
            *rank = self.spot(chosen, step).map(|spot| spot.rank);
        }
        ranks
    }

    fn spot(&self, chosen: &Chosen, step: usize) -> Option<Spot> {
        self.spots.get(step)?.get(chosen.get(step).copied().flatten()?).copied()
    }

    /// The first occurrence with this end, all of it after a place.
    fn ending(&mut self, end: End, after: Option<u32>) -> Result<Option<Chosen>, Spent> {
        let mut chosen: Chosen = [None; STEPS_MAX];
        self.spend()?;
        if !self.fits(end.step, end.at, &mut chosen) {
            return Ok(None);
        }
        let found = self.descend(0, (after, end.spot.rank), &mut chosen)?;
        Ok(found.then_some(chosen))
    }

    /// Fills the steps from `step` on; what is chosen stays where it succeeds.
    fn descend(
        &mut self,
        step: usize,
        (after, end): (Option<u32>, u32),
        chosen: &mut Chosen,
    ) -> Result<bool, Spent> {
        if step >= self.shape.steps {
            return Ok(true);
        }
        let next = step.saturating_add(1);
        if chosen.get(step).is_some_and(Option::is_some) {
            return self.descend(next, (after, end), chosen);
        }
        let (from, to) = self.limits(step, chosen);
        let spots = self.spots;
        let spots = spots.get(step).map_or(&[][..], Vec::as_slice);
        let begin = spots.partition_point(|spot| spot.time < from || Some(spot.rank) <= after);
        for (at, spot) in spots.iter().enumerate().skip(begin) {
            if spot.time > to || spot.rank >= end {
                break;
            }
            self.spend()?;
            if self.fits(step, at, chosen) && self.descend(next, (after, end), chosen)? {
                return Ok(true);
            }
            if let Some(slot) = chosen.get_mut(step) {
                *slot = None;
            }
        }
        Ok(false)
    }

    fn spend(&mut self) -> Result<(), Spent> {
        self.left = self.left.checked_sub(1).ok_or(Spent)?;
        Ok(())
    }

    /// The times between which a step can be, given what is chosen.
    fn limits(&self, step: usize, chosen: &Chosen) -> (i64, i64) {
        let (mut from, mut to) = (i64::MIN, i64::MAX);
        for other in 0..self.shape.steps {
            if let Some(spot) = self.spot(chosen, other) {
                from = from.max(spot.time.saturating_sub(self.shape.gap(other, step)));
                to = to.min(spot.time.saturating_add(self.shape.gap(step, other)));
            }
        }
        (from, to)
    }

    /// Whether a spot can be a step beside what is chosen. It is chosen from then on.
    fn fits(&mut self, step: usize, at: usize, chosen: &mut Chosen) -> bool {
        let Some(slot) = chosen.get_mut(step) else { return false };
        *slot = Some(at);
        let fits = self.in_order(step, chosen) && self.in_class(step, chosen);
        let fits = fits && self.are_tied(step, chosen);
        if !fits && let Some(slot) = chosen.get_mut(step) {
            *slot = None;
        }
        fits
    }

    fn in_order(&self, step: usize, chosen: &Chosen) -> bool {
        let Some(spot) = self.spot(chosen, step) else { return false };
        (0..self.shape.steps).filter(|other| *other != step).all(|other| {
            self.spot(chosen, other).is_none_or(|known| {
                known.rank != spot.rank
                    && (!self.shape.precedes(other, step) || known.rank < spot.rank)
                    && (!self.shape.precedes(step, other) || spot.rank < known.rank)
            })
        })
    }

    fn in_class(&self, step: usize, chosen: &Chosen) -> bool {
        match self.across {
            Across::Same(of, classes) if of == step => {
                class_of(of, classes, chosen).is_some_and(|class| self.classes.contains(&class))
            }
            Across::Distinct(of, classes) if of == step => {
                class_of(of, classes, chosen).is_some_and(|class| !self.classes.contains(&class))
            }
            _ => true,
        }
    }

    /// Decides the ties that name this step and otherwise only steps that are chosen.
    fn are_tied(&mut self, step: usize, chosen: &Chosen) -> bool {
        let is_chosen = |step: usize| chosen.get(step).is_some_and(Option::is_some);
        for tie in 0..self.shape.ties() {
            let due = self.shape.names(tie, step)
                && (0..self.shape.steps).all(|at| !self.shape.names(tie, at) || is_chosen(at));
            if !due {
                continue;
            }
            match (self.tied)(tie, chosen) {
                Tied::Yes => {}
                Tied::No => return false,
                Tied::Unknown => {
                    self.met_unknown = true;
                    return false;
                }
            }
        }
        true
    }
}

fn class_of(step: usize, classes: &[Option<u32>], chosen: &Chosen) -> Option<u32> {
    classes.get(chosen.get(step).copied().flatten()?).copied().flatten()
}

/// Spots by class: the class with the most first, of equals the one that comes first.
fn by_size(spots: &[Spot], classes: &[Option<u32>]) -> Vec<(u32, Vec<Spot>)> {
    let mut known: Vec<(u32, Vec<Spot>)> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    for (spot, class) in spots.iter().zip(classes) {
        let Some(class) = class else { continue };
        let next = known.len();
        let place = *places.entry(*class).or_insert(next);
        if place == next {
            known.push((*class, Vec::new()));
        }
        if let Some((_, members)) = known.get_mut(place) {
            members.push(*spot);
        }
    }
    known.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    known
}
