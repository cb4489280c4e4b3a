//! A small random number generator, so that a seed gives the same world on every machine and
//! with every version of every library.

/// splitmix64 (Steele, Lea, Flood 2014).
pub(super) struct Rng(u64);

impl Rng {
    /// A stream of its own for each `stream`, so that one student's luck does not depend on
    /// another's.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = Rng(seed);
        let start = rng.next() ^ stream.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        Rng(start)
    }

    /// The next 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// `0 ≤ n < limit`. The bias of a remainder of 2^64 is of no matter here.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// `low ≤ n ≤ high`.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).unwrap_or(1);
        low + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// True `percent` times in a hundred.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub(super) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let at = self.below(u64::try_from(from.len()).unwrap_or(1));
        usize::try_from(at)
            .ok()
            .and_then(|at| from.get(at))
            .copied()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        // The first outputs for the state 1234567, as published with the algorithm.
        let mut rng = Rng(1_234_567);
        assert_eq!(rng.next(), 6_457_827_717_110_365_317);
        assert_eq!(rng.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn streams_of_one_seed_differ_and_repeat() {
        assert_ne!(Rng::new(1, 1).next(), Rng::new(1, 2).next());
        assert_ne!(Rng::new(1, 1).next(), Rng::new(2, 1).next());
        assert_eq!(Rng::new(1, 1).next(), Rng::new(1, 1).next());
    }

    #[test]
    fn a_range_contains_both_its_ends() {
        let mut rng = Rng::new(3, 0);
        let drawn: std::collections::BTreeSet<i64> = (0..200).map(|_| rng.between(-2, 2)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [-2, -1, 0, 1, 2]);
    }
}
