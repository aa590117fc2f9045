//! The steps of a sequence as limits between any two of them. Worked out once, when rules are bound.

use palermo_lang::program::{Step, When};

/// Steps of a sequence at most.
pub(crate) const STEPS_MAX: usize = 5;

/// No limit; half of what a time can be, so that sums of two stay in range.
const FAR: i64 = i64::MAX / 4;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) steps: usize,
    /// `gap[a][b]`: a is at most so many milliseconds after b.
    gap: [[i64; STEPS_MAX]; STEPS_MAX],
    /// `precedes[a][b]`: a comes before b.
    precedes: [[bool; STEPS_MAX]; STEPS_MAX],
    /// By tie: the steps that it names.
    names: Vec<[bool; STEPS_MAX]>,
}

impl Shape {
    /// The shape of some steps, and the steps that each tie names.
    pub(crate) fn new(steps: &[Step], ties: impl Iterator<Item = Vec<usize>>) -> Self {
        let count = steps.len().min(STEPS_MAX);
        let mut shape = Self {
            steps: count,
            gap: [[FAR; STEPS_MAX]; STEPS_MAX],
            precedes: [[false; STEPS_MAX]; STEPS_MAX],
            names: ties.map(|named| std::array::from_fn(|step| named.contains(&step))).collect(),
        };
        let mut ordered: Vec<usize> = Vec::new();
        for (at, step) in steps.iter().enumerate().take(count) {
            shape.limit(at, at, 0);
            if let When::Around { of, span } = step.when {
                shape.limit(at, of, span.as_millis());
                shape.limit(of, at, span.as_millis());
                continue;
            }
            for &before in &ordered {
                shape.put_before(before, at);
            }
            if let When::Within { of, span } = step.when {
                shape.put_before(of, at);
                shape.limit(at, of, span.as_millis());
            }
            ordered.push(at);
        }
        shape.close();
        shape
    }

    fn put_before(&mut self, a: usize, b: usize) {
        if let Some(precedes) = self.precedes.get_mut(a).and_then(|row| row.get_mut(b)) {
            *precedes = true;
        }
        self.limit(a, b, 0);
    }

    fn limit(&mut self, a: usize, b: usize, most: i64) {
        if let Some(gap) = self.gap.get_mut(a).and_then(|row| row.get_mut(b)) {
            *gap = (*gap).min(most);
        }
    }

    /// What follows from two limits together.
    fn close(&mut self) {
        for middle in 0..self.steps {
            for a in 0..self.steps {
                for b in 0..self.steps {
                    let through = self.gap(a, middle).saturating_add(self.gap(middle, b)).min(FAR);
                    self.limit(a, b, through);
                    if self.precedes(a, middle) && self.precedes(middle, b) {
                        self.put_before(a, b);
                    }
                }
            }
        }
    }

    /// At most so long is one step after another.
    pub(crate) fn gap(&self, a: usize, b: usize) -> i64 {
        self.gap.get(a).and_then(|row| row.get(b)).copied().unwrap_or(FAR)
    }

    /// Whether one step comes before another.
    pub(crate) fn precedes(&self, a: usize, b: usize) -> bool {
        self.precedes.get(a).and_then(|row| row.get(b)).copied().unwrap_or(false)
    }

    /// Whether an occurrence may end with a step.
    pub(crate) fn ends(&self, step: usize) -> bool {
        !(0..self.steps).any(|other| self.precedes(step, other))
    }

    /// An occurrence ends at most so long after this step of it.
    pub(crate) fn reach(&self, step: usize) -> i64 {
        (0..self.steps).map(|end| self.gap(end, step)).max().unwrap_or(0)
    }

    /// How many ties there are.
    pub(crate) fn ties(&self) -> usize {
        self.names.len()
    }

    /// Whether a tie names a step.
    pub(crate) fn names(&self, tie: usize, step: usize) -> bool {
        self.names.get(tie).and_then(|steps| steps.get(step)).copied().unwrap_or(false)
    }
}
