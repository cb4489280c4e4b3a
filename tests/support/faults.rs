//! How far the stories of faults go, and by which seeds.
//!
//! `KWESTURA_FAULTS=long` makes them go on for much longer, with seeds that nobody has tried;
//! `KWESTURA_SEED=17` makes them go with that one alone, as a story asks that failed with it.

use super::semester::shuffled;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};

/// How many seeds that nobody has tried the long variant takes.
const FRESH: u64 = 8;

/// Whether the long variant is wanted.
pub fn are_long() -> bool {
    std::env::var("KWESTURA_FAULTS").is_ok_and(|wanted| wanted == "long")
}

/// The seeds of a story: the usual ones, and fresh ones in the long variant; or the one that is asked
/// for. Each is printed when its turn comes, which is shown where the story fails.
pub fn seeds(usual: &[u64]) -> impl Iterator<Item = u64> {
    let asked = std::env::var("KWESTURA_SEED").ok();
    let seeds = of(asked.as_deref(), usual, are_long(), || {
        // Small enough to be read out over a telephone.
        RandomState::new().hash_one(std::process::id()) % 1_000_000
    });
    let tell = |seed: &u64| eprintln!("KWESTURA_SEED={seed} runs it with this seed alone");
    seeds.into_iter().inspect(tell)
}

/// Which of so many places, counted from 1, something happens at: the first, the last and others that the
/// seed picks; each of them in the long variant.
pub fn some_of(whole: u64, picked: usize, seed: u64) -> BTreeSet<u64> {
    let all: Vec<u64> = (1..=whole).collect();
    if are_long() {
        return all.into_iter().collect();
    }
    let ends = [all.first(), all.last()].into_iter().flatten().copied();
    let between = shuffled(&all, seed).into_iter().take(picked);
    ends.chain(between).collect()
}

fn of(
    asked: Option<&str>,
    usual: &[u64],
    are_long: bool,
    mut fresh: impl FnMut() -> u64,
) -> Vec<u64> {
    if let Some(asked) = asked {
        return vec![asked.parse().expect("KWESTURA_SEED is a number")];
    }
    let fresh = (0..if are_long { FRESH } else { 0 }).map(|_| fresh());
    usual.iter().copied().chain(fresh).collect()
}

#[test]
fn the_seed_that_is_asked_for_is_the_only_one() {
    assert_eq!(of(None, &[1, 2], false, || 7), [1, 2]);
    assert_eq!(of(Some("5"), &[1, 2], true, || 7), [5]);
    assert_eq!(of(None, &[1], true, || 7)[..3], [1, 7, 7]);
}
