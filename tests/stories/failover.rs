//! The server dies in the middle of an import, and its standby takes its place.

use super::damage;
use super::race::start;
use crate::support::books::{assert_same, image};
use crate::support::semester::{Semester, import};
use crate::support::standby::Pair;
use crate::support::{TestDb, faults, on_postgres};
use std::process::{Child, Output};

const STATEMENTS: &str = "SELECT COUNT(*) FROM statement";

fn importer(db: &TestDb, semester: &Semester) -> Child {
    start(db, semester, &["import", "statements"], &[])
}

/// Whether it ended well, and what it said.
fn ended(importer: Child) -> (bool, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = importer.wait_with_output().unwrap();
    let told = [stdout, stderr].concat();
    (status.success(), String::from_utf8(told).unwrap())
}

/// It does not end well, and says what to do.
fn is_told(importer: Child, words: &str) {
    let (is_well, told) = ended(importer);
    assert!(!is_well && told.contains(words), "{told}");
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
    let office = semester.office(alone).await;
    import(&office, &semester.files()).await;
    let expected = image(&office, &[]).await;
    let whole = damage::number(alone.url(), STATEMENTS).await;

    let Some(pair) = Pair::start() else { return };
    let office = semester.office(&pair.primary).await;
    office.db.close().await;
    // Somewhere in the first half.
    let wanted = 1 + i64::try_from(seed).unwrap() % (whole / 2);
    let mut dying = importer(&pair.primary, &semester);
    let mut seen = 0;
    while seen < wanted {
        let end = dying.try_wait().unwrap();
        assert!(end.is_none(), "it ended by itself: {end:?}");
        seen = damage::number(pair.primary.url(), STATEMENTS).await;
    }
    pair.kill_primary();
    is_told(dying, "run the same command again");
    is_told(importer(&pair.primary, &semester), "Is the server running");
    is_told(importer(&pair.standby, &semester), "stands by for another");

    pair.promote().await;
    let kept = damage::number(pair.standby.url(), STATEMENTS).await;
    assert!(
        seen <= kept && kept < whole,
        "{seen} seen, {kept} kept of {whole}"
    );
    for _ in 0..2 {
        let (is_well, told) = ended(importer(&pair.standby, &semester));
        assert!(is_well, "{told}");
        let office = semester.empty_office(&pair.standby).await;
        assert_same(&expected, &image(&office, &[]).await, "the standby");
        office.db.close().await;
    }
}
