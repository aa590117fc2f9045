//! The search against one that goes through every choice of payments, over small random windows.

use super::search::{Across, BUDGET, Chosen, Found, Search, Spot, Tied};
use super::shape::{STEPS_MAX, Shape};
use palermo_domain::Span;
use palermo_lang::program::{SelectionId, Step, When};
use std::cell::Cell;

/// Numbers by hash: the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        usize::try_from(mixed(self.0) >> 33).unwrap_or(0).checked_rem(most).unwrap_or(0)
    }

    fn number(&mut self, most: usize) -> u32 {
        u32::try_from(self.below(most)).unwrap_or(0)
    }
}

fn mixed(number: u64) -> u64 {
    let a = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let b = (a ^ (a >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    b ^ (b >> 31)
}

/// A window and a sequence.
struct Case {
    steps: Vec<Step>,
    /// By step.
    spots: Vec<Vec<Spot>>,
    /// The steps that each tie names.
    ties: Vec<Vec<usize>>,
    classes: Vec<Option<u32>>,
    key: usize,
    seed: u64,
}

fn case(seed: u64) -> Case {
    let mut draw = Draw(seed);
    let count = draw.below(3).saturating_add(2);
    let steps: Vec<Step> = (0..count)
        .map(|at| {
            let span = Span::from_millis(draw.number(8).into());
            let of = draw.below(at.max(1));
            let when = match (at, draw.below(4)) {
                (0, _) | (_, 0) => When::After,
                (_, 1) => When::Around { of, span },
                _ => When::Within { of, span },
            };
            Step { name: format!("s{at}"), selection: SelectionId(0), ties: Vec::new(), when }
        })
        .collect();
    let payments = draw.below(6).saturating_add(4);
    let mut times: Vec<i64> = (0..payments).map(|_| draw.number(14).into()).collect();
    times.sort_unstable();
    let mut spots = vec![Vec::new(); count];
    for (rank, time) in (0..).zip(times) {
        for of_step in &mut spots {
            if draw.below(2) == 0 {
                of_step.push(Spot { time, rank });
            }
        }
    }
    let mut ties = Vec::new();
    for own in 1..count {
        if draw.below(2) == 0 {
            ties.push(vec![draw.below(own), own]);
        }
    }
    let key = draw.below(count);
    let classes = spots[key].iter().map(|_| Some(draw.number(3)).filter(|_| draw.below(8) > 0));
    let classes = classes.collect();
    Case { steps, spots, ties, classes, key, seed }
}

impl Case {
    fn tied(&self, tie: usize, chosen: &Chosen) -> Tied {
        let named = &self.ties[tie];
        let ranks = named.iter().map(|step| self.spots[*step][chosen[*step].unwrap()].rank);
        let hash = ranks.fold(self.seed ^ tie as u64, |hash, rank| mixed(hash ^ u64::from(rank)));
        [Tied::Yes, Tied::Yes, Tied::No, Tied::Unknown][(hash % 4) as usize]
    }

    fn search(&self, across: Across<'_>, budget: u32) -> Found {
        let shape = Shape::new(&self.steps, self.ties.iter().cloned());
        let tied = |tie: usize, chosen: &Chosen| self.tied(tie, chosen);
        Search::new(&shape, &self.spots, across, &tied, budget).run()
    }

    /// Every occurrence, as the places of its payments, in order of these.
    fn all(&self) -> Vec<(Vec<u32>, Chosen)> {
        let mut chosen = vec![[None; STEPS_MAX]];
        for (step, spots) in self.spots.iter().enumerate() {
            let with = |before: &Chosen| {
                let before = *before;
                (0..spots.len()).map(move |at| {
                    let mut chosen = before;
                    chosen[step] = Some(at);
                    chosen
                })
            };
            chosen = chosen.iter().flat_map(with).collect();
        }
        let mut all: Vec<(Vec<u32>, Chosen)> = chosen
            .into_iter()
            .filter(|chosen| self.occurs(chosen))
            .map(|chosen| (self.places(&chosen), chosen))
            .collect();
        all.sort();
        all
    }

    fn at(&self, chosen: &Chosen, step: usize) -> Spot {
        self.spots[step][chosen[step].unwrap()]
    }

    fn places(&self, chosen: &Chosen) -> Vec<u32> {
        (0..self.steps.len()).map(|step| self.at(chosen, step).rank).collect()
    }

    /// `docs/rules.md`, word for word.
    fn occurs(&self, chosen: &Chosen) -> bool {
        let mut places = self.places(chosen);
        places.sort_unstable();
        places.dedup();
        let around = |step: &Step| matches!(step.when, When::Around { .. });
        let stands = |at: usize| {
            let own = self.at(chosen, at);
            let in_order = || {
                let mut earlier = (0..at).filter(|step| !around(&self.steps[*step]));
                earlier.all(|step| self.at(chosen, step).rank < own.rank)
            };
            match self.steps[at].when {
                When::After => in_order(),
                When::Within { of, span } => {
                    let of = self.at(chosen, of);
                    in_order()
                        && of.rank < own.rank
                        && own.time.saturating_sub(of.time) <= span.as_millis()
                }
                When::Around { of, span } => {
                    self.at(chosen, of).time.saturating_sub(own.time).abs() <= span.as_millis()
                }
            }
        };
        places.len() == self.steps.len()
            && (0..self.steps.len()).all(stands)
            && (0..self.ties.len()).all(|tie| self.tied(tie, chosen) == Tied::Yes)
    }

    fn class(&self, chosen: &Chosen) -> Option<u32> {
        self.classes[chosen[self.key].unwrap()]
    }
}

/// The ends in order, the first occurrence at each.
fn greedy(all: &[(Vec<u32>, Chosen)], fits: impl Fn(&Chosen, &[Chosen]) -> bool) -> Vec<Chosen> {
    let (mut taken, mut after) = (Vec::new(), None);
    for end in 0..16 {
        let found = all.iter().find(|(places, chosen)| {
            places.iter().max() == Some(&end)
                && places.iter().all(|place| Some(*place) > after)
                && fits(chosen, &taken)
        });
        if let Some((_, chosen)) = found {
            taken.push(*chosen);
            after = Some(end);
        }
    }
    taken
}

/// The most occurrences of which no two overlap, by trying each as the last.
fn most(all: &[(Vec<u32>, Chosen)], before: u32) -> usize {
    let last = |places: &[u32]| places.iter().max().copied().unwrap_or(0);
    let with = |(places, _): &(Vec<u32>, Chosen)| {
        (last(places) < before)
            .then(|| most(all, places.iter().min().copied().unwrap_or(0)).saturating_add(1))
    };
    all.iter().filter_map(with).max().unwrap_or(0)
}

#[test]
fn occurrences_are_those_of_the_definition() {
    let (mut found_some, mut doubtful, mut of_three) = (0, 0, 0);
    for seed in 0..6_000 {
        let case = case(mixed(seed));
        let all = case.all();
        let free = case.search(Across::Free, BUDGET);
        assert_eq!(free.occurrences, greedy(&all, |_, _| true), "free, {seed}");
        assert_eq!(free.occurrences.len(), most(&all, u32::MAX), "the most, {seed}");
        let differ = case.search(Across::Distinct(case.key, &case.classes), BUDGET);
        let other = |chosen: &Chosen, taken: &[Chosen]| {
            let class = case.class(chosen);
            class.is_some() && taken.iter().all(|taken| case.class(taken) != class)
        };
        assert_eq!(differ.occurrences, greedy(&all, other), "distinct, {seed}");
        let share = case.search(Across::Same(case.key, &case.classes), BUDGET);
        let of_class = |class| greedy(&all, |chosen, _| case.class(chosen) == Some(class));
        let classes: Vec<Vec<Chosen>> = (0..3).map(of_class).collect();
        let largest = classes.iter().map(Vec::len).max().unwrap_or(0);
        assert_eq!(share.occurrences.len(), largest, "same, {seed}");
        assert!(largest == 0 || classes.contains(&share.occurrences), "same, {seed}");
        found_some += usize::from(!free.occurrences.is_empty());
        doubtful += usize::from(!free.doubtful.is_empty());
        of_three += usize::from(free.occurrences.len() >= 3);
    }
    assert!(
        found_some > 1_000 && doubtful > 500 && of_three > 50,
        "{found_some} {doubtful} {of_three}"
    );
}

#[test]
fn a_cut_search_counts_a_part() {
    let mut cut = 0;
    for seed in 0..400 {
        let case = case(mixed(seed));
        let whole = case.search(Across::Free, BUDGET);
        for budget in 0..40 {
            let part = case.search(Across::Free, budget);
            assert!(whole.occurrences.starts_with(&part.occurrences), "{seed} {budget}");
            assert!(part.truncated || part == whole, "{seed} {budget}");
            cut += usize::from(part.truncated);
        }
    }
    assert!(cut > 1_000, "{cut}");
}

#[test]
fn every_look_is_counted() {
    // Nothing is tied: four steps, a hundred payments for each, and no end.
    let spots: Vec<Spot> = (0..100).map(|rank| Spot { time: i64::from(rank), rank }).collect();
    let steps: Vec<Step> = (0..4)
        .map(|at| Step {
            name: format!("s{at}"),
            selection: SelectionId(0),
            ties: Vec::new(),
            when: When::After,
        })
        .collect();
    let asked = Cell::new(0);
    let tied = |_: usize, _: &Chosen| {
        asked.set(asked.get() + 1);
        Tied::No
    };
    let shape = Shape::new(&steps, std::iter::once(vec![2, 3]));
    let spots = vec![spots; 4];
    let found = Search::new(&shape, &spots, Across::Free, &tied, BUDGET).run();
    assert!(found.truncated && asked.get() <= BUDGET, "{} ties", asked.get());
}
