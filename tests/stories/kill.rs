//! The process dies at every named place of an import; whoever starts it again ends with the books
//! of an import that nothing disturbed.

use crate::support::books::{assert_same, image};
use crate::support::semester::{Semester, import, now_millis};
use crate::support::{TestDb, faults, on_both_engines};
use kwestura::engine::kill::PLACES;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

const SIGABRT: i32 = 6;

/// The command line of `kwestura import statements` in a semester's folder.
fn import_command(db: &TestDb, semester: &Semester) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kwestura"));
    command
        .args(["--database", db.url(), "import", "statements", "--json"])
        .current_dir(semester.path())
        .env("KWESTURA_NOW", now_millis().to_string())
        .env_remove("KWESTURA_CONFIG")
        .env_remove("KWESTURA_KILL_AT");
    command
}

/// Imports and dies at a place; tells whether it came there.
fn dies(db: &TestDb, semester: &Semester, at: &str) -> bool {
    let mut command = import_command(db, semester);
    let Output { status, stderr, .. } = command.env("KWESTURA_KILL_AT", at).output().unwrap();
    let died = status.signal() == Some(SIGABRT);
    assert!(
        died || status.success(),
        "{at}: {status}: {}",
        String::from_utf8_lossy(&stderr)
    );
    died
}

fn goes_on(db: &TestDb, semester: &Semester, after: &str) {
    let Output { status, stderr, .. } = import_command(db, semester).output().unwrap();
    assert!(
        status.success(),
        "after {after}: {status}: {}",
        String::from_utf8_lossy(&stderr)
    );
}

/// At which passing of a place the process dies.
fn times() -> u32 {
    if faults::are_long() { 12 } else { 2 }
}

on_both_engines! {
    async fn an_import_that_died_anywhere_is_finished_by_the_next(db: TestDb) {
        for seed in faults::seeds(&[21]) {
            let semester = Semester::of_weeks(seed);
            let alone = db.another();
            let office = semester.office(&alone).await;
            import(&office, &semester.files()).await;
            let days = ["2026-10-15".parse().unwrap()];
            let undisturbed = image(&office, &days).await;
            office.db.close().await;
            for place in PLACES {
                for count in 1..=times() {
                    let at = format!("{place}:{count}");
                    let db = db.another();
                    let office = semester.office(&db).await;
                    let died = dies(&db, &semester, &at);
                    assert!(died || count > 1, "an import never comes to {at}");
                    goes_on(&db, &semester, &at);
                    assert_same(&undisturbed, &image(&office, &days).await, &at);
                    office.db.close().await;
                }
            }
        }
    }

    /// One death after the other on the same books, the later places first, so that each is reached.
    async fn an_import_that_dies_again_and_again_is_finished_in_the_end(db: TestDb) {
        let semester = Semester::of_weeks(21);
        let alone = db.another();
        let office = semester.office(&alone).await;
        import(&office, &semester.files()).await;
        let undisturbed = image(&office, &[]).await;
        office.db.close().await;

        let office = semester.office(&db).await;
        for count in [1, 2, 5] {
            for place in PLACES {
                dies(&db, &semester, &format!("{place}:{count}"));
            }
        }
        goes_on(&db, &semester, "many deaths");
        assert_same(&undisturbed, &image(&office, &[]).await, "many deaths");
    }
}
