//! There is not enough memory: whoever imports ends without anything half, and with more memory the same
//! import goes on.

use super::damage;
use crate::support::process::{ended, importer};
use crate::support::semester::Semester;
use crate::support::trial::Trial;
use crate::support::{TestDb, faults, on_sqlite};
use std::process::ExitStatus;

/// Between the limits that are told apart, KiB.
const STEP: u64 = 64;
/// More than an import of a small file needs, in steps.
const AMPLE: u64 = 4 * 1024 * 1024 / STEP;
/// The exit status of whoever could not do what it was asked to.
const FAILED: i32 = 2;
/// That of whoever had to be killed because it did not end.
const HANGS: i32 = 128 + 9;
const STATEMENTS: &str = "SELECT COUNT(*) FROM statement";

/// Imports within so many steps of addresses. Where they are taken is not left to chance: each thread
/// would reserve a piece of its own. A panic says no more than its reason, for the standard library waits
/// for itself where there is no memory for a backtrace.
fn imports_within(steps: u64, db: &TestDb, semester: &Semester) -> (ExitStatus, String) {
    let limited = format!("ulimit -c 0; ulimit -v {}; exec \"$@\"", steps * STEP);
    let words = [
        "env",
        "MALLOC_ARENA_MAX=1",
        "RUST_BACKTRACE=0",
        "timeout",
        "-sKILL",
        "300",
        "sh",
        "-c",
        &limited,
        "sh",
    ];
    let (status, told) = ended(importer(&words, db, semester));
    assert_ne!(status.code(), Some(HANGS), "{told}");
    (status, told)
}

/// The least limit by which an import comes to its end, as far as there is one.
async fn least(trial: &Trial) -> u64 {
    let (mut too_little, mut enough) = (0, AMPLE);
    while enough - too_little > 1 {
        let middle = u64::midpoint(too_little, enough);
        let (status, _) = imports_within(middle, &trial.books().await, &trial.semester);
        if status.success() {
            enough = middle;
        } else {
            too_little = middle;
        }
    }
    enough
}

/// How many steps below the least that is enough: near and far, or all near ones.
fn below() -> Vec<u64> {
    if faults::are_long() {
        (1..=128).collect()
    } else {
        (0..10).map(|power| 1 << power).collect()
    }
}

/// F04.
#[test]
fn an_import_that_has_not_enough_memory_is_finished_by_the_next() {
    on_sqlite(async |db| {
        for seed in faults::seeds(&[71]) {
            let trial = Trial::of(Semester::of_weeks(seed), &db).await;
            let enough = least(&trial).await;
            let mut halfway = 0;
            for fewer in below() {
                let kib = (enough - fewer) * STEP;
                let what = format!("{kib} KiB");
                let books = trial.books().await;
                let (status, told) = imports_within(enough - fewer, &books, &trial.semester);
                if status.success() {
                    trial.are_whole(&books, &what).await;
                    continue;
                }
                assert!(
                    status.code() != Some(FAILED) || told.contains("run the same command again"),
                    "{what}: {told}"
                );
                let so_far = damage::number(books.url(), STATEMENTS).await;
                halfway += usize::from(so_far > 0);
                trial.goes_on(&books, &what).await;
            }
            assert!(halfway > 1, "only {halfway} died halfway");
        }
    });
}
