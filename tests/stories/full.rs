//! The disk takes no more: nothing is half, and with more room the same import goes on.

use crate::support::books::{assert_same, image};
use crate::support::semester::{Semester, import, now_millis};
use crate::support::{TestDb, faults, on_sqlite};
use kwestura::engine::verify;
use std::process::{Command, Output};

/// What a file may grow to, at first and then more each time. KiB.
const STEP: usize = 128;

/// Imports where no file may grow beyond so many KiB, and whoever writes on is refused as by a full
/// disk; whether it came to its end, and what it said.
fn imports_within(db: &TestDb, semester: &Semester, kib: usize) -> (bool, String) {
    // `ulimit` counts in halves of a KiB; what is ignored here is ignored behind `exec` too.
    let limited = format!(
        "trap '' XFSZ; ulimit -f {}; exec \"$0\" --database \"$1\" import statements",
        2 * kib
    );
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new("sh")
        .args(["-c", &limited, env!("CARGO_BIN_EXE_kwestura"), db.url()])
        .current_dir(semester.path())
        .env("KWESTURA_NOW", now_millis().to_string())
        .env_remove("KWESTURA_CONFIG")
        .env_remove("KWESTURA_KILL_AT")
        .output()
        .unwrap();
    let told = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.success(), told)
}

/// F03, as far as a limit of the file shows it; no flush fails here. The books have more room each time,
/// and are those of a disk that has enough.
#[test]
fn an_import_onto_a_full_disk_goes_on_when_there_is_room() {
    on_sqlite(async |db| {
        for seed in faults::seeds(&[51]) {
            let semester = Semester::new(30, seed);
            let alone = db.another();
            let office = semester.office(&alone).await;
            import(&office, &semester.files()).await;
            let expected = image(&office, &[]).await;
            office.db.close().await;

            let tight = db.another();
            let office = semester.office(&tight).await;
            office.db.close().await;
            let mut refused = 0;
            loop {
                let (is_well, told) = imports_within(&tight, &semester, STEP * (refused + 1));
                if is_well {
                    break;
                }
                refused += 1;
                assert!(told.contains("make room"), "{told}");
                let office = semester.empty_office(&tight).await;
                let report = verify::run(&office).await.unwrap();
                let waits = [
                    "recording",
                    "settle_mark",
                    "allocation",
                    "receivable_position",
                ];
                let half = report
                    .findings
                    .iter()
                    .find(|one| !waits.contains(&one.table));
                assert_eq!(half, None, "{refused} refused");
                office.db.close().await;
            }
            assert!(refused > 2, "only {refused} refused");
            let office = semester.empty_office(&tight).await;
            assert_same(
                &expected,
                &image(&office, &[]).await,
                &format!("{refused} refused"),
            );
            office.db.close().await;
        }
    });
}
