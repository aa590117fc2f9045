//! Chance without chance: splitmix64 streams keyed by what they are for.
//!
//! Every decision of the world draws from a stream named by (seed, purpose, who, when), so a day
//! or a person can be generated alone, in any order, and always the same. splitmix64 (Steele, Lea
//! and Flood 2014; constants of the public-domain reference code) passes `BigCrush` and is not
//! secret: never use it for keys. Cost: about 1 ns a draw.

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

/// The finalizer of splitmix64: a bijection that spreads every bit.
pub(crate) const fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Rng {
    /// The stream of a key: a purpose and two numbers.
    pub(crate) const fn of(seed: u64, key: [u64; 3]) -> Self {
        let [purpose, a, b] = key;
        let x = mix(seed.wrapping_add(STEP) ^ mix(purpose.wrapping_mul(STEP)));
        let x = mix(x.wrapping_add(a).wrapping_add(STEP));
        Self(mix(x.wrapping_add(b).wrapping_add(STEP)))
    }

    /// The next 64 bits.
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number below `n`; zero where `n` is zero. The bias is under `n / 2^64`.
    pub(crate) const fn below(&mut self, n: u64) -> u64 {
        ((self.next() as u128).wrapping_mul(n as u128) >> 64) as u64
    }

    /// A number from `low` to `high`, both included; `low` where they are out of order.
    pub(crate) fn range(&mut self, low: u32, high: u32) -> u32 {
        let width = u64::from(high.saturating_sub(low)).saturating_add(1);
        low.saturating_add(u32::try_from(self.below(width)).unwrap_or(0))
    }

    /// Like `range`, with small values more likely: the smaller of two draws, so that the mean is
    /// a third of the way up.
    pub(crate) fn skewed(&mut self, low: u32, high: u32) -> u32 {
        self.range(low, high).min(self.range(low, high))
    }

    /// True in `n` of a thousand cases.
    pub(crate) fn per_mille(&mut self, n: u16) -> bool {
        self.below(1000) < u64::from(n)
    }

    /// One of the items; `None` where there are none.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let n = self.below(u64::try_from(items.len()).unwrap_or(0));
        items.get(usize::try_from(n).unwrap_or(0))
    }

    /// Puts the items into an order of its own (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let bound = u64::try_from(last).unwrap_or(0).saturating_add(1);
            items.swap(last, usize::try_from(self.below(bound)).unwrap_or(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_sequence_of_splitmix64() {
        // First outputs for state 1234567 of the reference implementation.
        let mut rng = Rng(1_234_567);
        let seen: Vec<u64> = (0..3).map(|_| rng.next()).collect();
        assert_eq!(
            seen,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn ranges_are_closed_and_shuffles_keep_everything() {
        let mut rng = Rng::of(1, [2, 3, 4]);
        let drawn: Vec<u32> = (0..1000).map(|_| rng.range(5, 9)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&5), Some(&9)));
        assert_eq!(rng.below(0), 0);
        let mut items: Vec<u32> = (0..50).collect();
        rng.shuffle(&mut items);
        assert!(!items.is_sorted());
        items.sort_unstable();
        assert!(items.into_iter().eq(0..50));
    }
}
