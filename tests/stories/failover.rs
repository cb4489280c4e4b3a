//! The server goes away in the middle of an import: it ends everybody's connection, the wire to it is cut
//! while a commit is on it, or it dies and its standby takes its place.

use super::damage;
use crate::support::books::{assert_same, image, undisturbed};
use crate::support::process::{ended, importer, imports};
use crate::support::semester::Semester;
use crate::support::standby::Pair;
use crate::support::trial::Trial;
use crate::support::wire::{CUTS, Wire};
use crate::support::{TestDb, faults, on_postgres};
use std::process::Child;

const STATEMENTS: &str = "SELECT COUNT(*) FROM statement";
const WHAT_TO_DO: &str = "run the same command again";

/// It does not end well, and says what to do.
fn is_told(importer: Child, words: &str) {
    let (status, told) = ended(importer);
    assert!(!status.success() && told.contains(words), "{told}");
}

/// F10: whether the server made it so or not, nobody heard of it; the same import once more ends where
/// nothing was in the way.
#[test]
fn an_import_whose_commit_is_not_answered_is_finished_by_the_next() {
    on_postgres(async |alone| {
        for seed in faults::seeds(&[42]) {
            let trial = Trial::of(Semester::of_weeks(seed), &alone).await;
            let books = trial.books().await;
            let wire = Wire::to(&books, None).await;
            imports(&wire.db, &trial.semester, "through a wire");
            trial.are_whole(&books, "through a wire").await;
            for cut in CUTS {
                for nth in faults::some_of(wire.commits(), 2, seed) {
                    let what = format!("commit {nth} is {cut:?}");
                    let books = trial.books().await;
                    let wire = Wire::to(&books, Some((nth, cut))).await;
                    is_told(importer(&[], &wire.db, &trial.semester), WHAT_TO_DO);
                    assert!(wire.is_cut(), "{what}");
                    trial.goes_on(&books, &what).await;
                }
            }
        }
    });
}

/// F10: one cut after the other on the same books, each a commit later than the one before.
#[test]
fn an_import_that_is_cut_off_again_and_again_is_finished_in_the_end() {
    on_postgres(async |alone| {
        for seed in faults::seeds(&[43]) {
            let trial = Trial::of(Semester::of_weeks(seed), &alone).await;
            let books = trial.books().await;
            let mut cuts = 0;
            for nth in 1.. {
                let cut = CUTS[usize::try_from(seed + nth).unwrap() % CUTS.len()];
                let wire = Wire::to(&books, Some((nth, cut))).await;
                let (status, told) = ended(importer(&[], &wire.db, &trial.semester));
                if !wire.is_cut() {
                    assert!(status.success(), "{told}");
                    break;
                }
                let is_told = !status.success() && told.contains(WHAT_TO_DO);
                assert!(is_told, "{nth} {cut:?}: {told}");
                cuts += 1;
            }
            assert!(cuts > 4, "only {cuts} cuts");
            trial.are_whole(&books, &format!("{cuts} cuts")).await;
        }
    });
}

/// F11: what was acknowledged is there, what was not is repeated, and nothing is twice.
#[test]
fn a_standby_takes_over_in_the_middle_of_an_import() {
    on_postgres(async |alone| {
        for seed in faults::seeds(&[41]) {
            dies_and_is_replaced(&alone.another(), seed).await;
        }
    });
}

async fn dies_and_is_replaced(alone: &TestDb, seed: u64) {
    let semester = Semester::new(30, seed);
    let expected = undisturbed(alone, &semester).await;
    let whole = damage::number(alone.url(), STATEMENTS).await;

    let Some(pair) = Pair::start() else { return };
    let office = semester.office(&pair.primary.db).await;
    office.db.close().await;
    // Somewhere in the first half.
    let wanted = 1 + i64::try_from(seed).unwrap() % (whole / 2);
    let mut dying = importer(&[], &pair.primary.db, &semester);
    let mut seen = 0;
    while seen < wanted {
        let end = dying.try_wait().unwrap();
        assert!(end.is_none(), "it ended by itself: {end:?}");
        seen = damage::number(pair.primary.db.url(), STATEMENTS).await;
    }
    pair.kill_primary();
    is_told(dying, WHAT_TO_DO);
    is_told(
        importer(&[], &pair.primary.db, &semester),
        "Is the server running",
    );
    is_told(
        importer(&[], &pair.standby.db, &semester),
        "stands by for another",
    );

    pair.promote().await;
    let kept = damage::number(pair.standby.db.url(), STATEMENTS).await;
    assert!(
        seen <= kept && kept < whole,
        "{seen} seen, {kept} kept of {whole}"
    );
    for _ in 0..2 {
        imports(&pair.standby.db, &semester, "the standby");
        let office = semester.empty_office(&pair.standby.db).await;
        assert_same(&expected, &image(&office, &[]).await, "the standby");
        office.db.close().await;
    }
}
