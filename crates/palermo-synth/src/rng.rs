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

#[expect(
    clippy::arithmetic_side_effects,
    reason = "bytes, shifts below 61 and products of 32-bit numbers in 128 bits"
)]
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

    /// A number below `n` with a few that are chosen most of the time: `r` has a chance in
    /// proportion to `1 / (r + 1)` (Zipf's law), in steps of two. Zero where `n` is zero.
    pub(crate) fn zipf(&mut self, n: u32) -> u32 {
        let octaves = u32::BITS.saturating_sub(n.leading_zeros());
        for _ in 0..4 {
            let octave = self.range(0, octaves.saturating_sub(1));
            let low = 1_u32 << octave.min(31);
            let drawn = self.range(low, low.saturating_mul(2).saturating_sub(1));
            if drawn <= n {
                return drawn.saturating_sub(1);
            }
        }
        0
    }

    /// A number around a median, as skewed as sums of money are: its logarithm to the base two is
    /// nearly normal, with a deviation of `spread` thousandths.
    pub(crate) fn around(&mut self, median: u32, spread: u32) -> u32 {
        let word = self.next();
        // Four uniform bytes have a deviation of 147.8 together.
        let sum = (0..4).map(|k| i64::try_from(word >> (8 * k) & 255).unwrap_or(0)).sum::<i64>();
        let steps = (sum - 510) * i64::from(spread) * 64 / 147_800;
        let whole = u32::try_from(steps.div_euclid(64) + 32).unwrap_or(32).min(60);
        let part = usize::try_from(steps.rem_euclid(64)).unwrap_or(0);
        let factor = u128::from(OCTAVE.get(part).copied().unwrap_or(65_536));
        let value = (u128::from(median) * factor) << whole >> 48;
        u32::try_from(value).unwrap_or(u32::MAX).max(1)
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

/// 2^(i / 64) in 65,536ths.
#[rustfmt::skip]
const OCTAVE: [u32; 64] = [
    65_536, 66_250, 66_971, 67_700, 68_438, 69_183, 69_936, 70_698,
    71_468, 72_246, 73_032, 73_828, 74_632, 75_444, 76_266, 77_096,
    77_936, 78_785, 79_642, 80_510, 81_386, 82_273, 83_169, 84_074,
    84_990, 85_915, 86_851, 87_796, 88_752, 89_719, 90_696, 91_684,
    92_682, 93_691, 94_711, 95_743, 96_785, 97_839, 98_905, 99_982,
    101_070, 102_171, 103_283, 104_408, 105_545, 106_694, 107_856, 109_031,
    110_218, 111_418, 112_631, 113_858, 115_098, 116_351, 117_618, 118_899,
    120_194, 121_502, 122_825, 124_163, 125_515, 126_882, 128_263, 129_660,
];

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

    #[test]
    fn amounts_have_their_median_and_spread_and_ranks_follow_zipf() {
        let mut rng = Rng::of(1, [7, 7, 7]);
        let mut drawn: Vec<u32> = (0..20_001).map(|_| rng.around(2_800, 1_700)).collect();
        drawn.sort_unstable();
        let at = |percent: usize| drawn[drawn.len() * percent / 100];
        assert!((2_700..2_900).contains(&at(50)), "{}", at(50));
        // A deviation of 1.7 octaves: 84 percent lie below 2^1.7 times the median.
        assert!((8_400..9_800).contains(&at(84)), "{}", at(84));
        let mut ranks = [0_u32; 64];
        for _ in 0..20_000 {
            ranks[rng.zipf(64) as usize] += 1;
        }
        assert!(ranks[0] > 2_000 && ranks[0] > ranks[8] * 5 && ranks[63] > 0, "{ranks:?}");
        assert_eq!(rng.zipf(0), 0);
    }
}
