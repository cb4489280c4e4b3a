//! The disk takes no more: nothing is half, and with more room the same import goes on.

use super::inbox::{picking_up, week};
use crate::support::books::{assert_same, image, nothing_is_half, undisturbed};
use crate::support::process::{ended, importer, imports, started};
use crate::support::semester::Semester;
use crate::support::server::{Server, WRITES_WHEN_ASKED};
use crate::support::strace::{self, Fault};
use crate::support::trial::Trial;
use crate::support::{TestDb, faults, on_both_engines, on_postgres, on_sqlite};

/// What a file may grow to, at first and then more each time. KiB.
const STEP: usize = 128;

/// Imports where no file may grow beyond so many KiB, and whoever writes on is refused as by a full
/// disk; whether it came to its end, and what it said.
fn imports_within(db: &TestDb, semester: &Semester, kib: usize) -> (bool, String) {
    // `ulimit` counts in halves of a KiB; what is ignored here is ignored behind `exec` too.
    let limited = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", 2 * kib);
    let (status, told) = ended(importer(&["sh", "-c", &limited, "sh"], db, semester));
    (status.success(), told)
}

/// F03, as far as a limit of the file shows it; no flush fails here. The books have more room each time,
/// and are those of a disk that has enough.
#[test]
fn an_import_onto_a_full_disk_goes_on_when_there_is_room() {
    on_sqlite(async |db| {
        for seed in faults::seeds(&[51]) {
            let semester = Semester::new(30, seed);
            let expected = undisturbed(&db.another(), &semester).await;
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
                nothing_is_half(&office, &format!("{refused} refused")).await;
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

/// How often each connection of a server may let a file grow: at once none, and somewhere in an import.
const GROWN: [u64; 3] = [0, 2, 8];

/// F03, of a server: its tables and indexes can grow no more. The books are whole each time, and with room
/// they become those of a disk that has enough.
#[test]
fn an_import_goes_on_when_the_servers_disk_has_room_again() {
    on_postgres(async |alone| {
        for seed in faults::seeds(&[54]) {
            let semester = Semester::new(30, seed);
            let expected = undisturbed(&alone, &semester).await;
            let Some(server) = Server::start(WRITES_WHEN_ASKED) else {
                return;
            };
            let office = semester.office(&server.db).await;
            for grown in GROWN {
                let what = format!("full behind {grown}");
                let Some(full) = server.without_room_behind(grown) else {
                    return;
                };
                let (status, told) = ended(importer(&[], &server.db, &semester));
                drop(full);
                let is_told = !status.success() && told.contains("make room");
                assert!(is_told, "{what}: {status}: {told}");
                nothing_is_half(&office, &what).await;
            }
            imports(&server.db, &semester, "with room");
            assert_same(&expected, &image(&office, &[]).await, "with room");
            office.db.close().await;
        }
    });
}

/// F03, of the log: what is said of an import cannot be written, and it goes on all the same.
#[test]
fn an_import_goes_on_whose_words_find_no_room() {
    on_sqlite(async |db| {
        let trial = Trial::of(Semester::new(20, 53), &db).await;
        // So many that it says how far it is.
        assert!(trial.semester.files().len() >= 100);
        let books = trial.books().await;
        let unheard = ["sh", "-c", "exec \"$@\" 2>/dev/full", "sh"];
        let (status, told) = ended(importer(&unheard, &books, &trial.semester));
        assert!(status.success(), "{status}: {told}");
        trial.are_whole(&books, "nobody hears").await;
    });
}

/// How often a run makes a folder of the inbox until the first file is archived, and how often it moves
/// a file: each is claimed and archived.
const MOVES: [(&str, u64); 2] = [("mkdir", 3), ("rename", 10)];

on_both_engines! {
    /// F03, of the inbox: its folders take no more, whichever file it comes to; the run says so, and the
    /// next goes on with the files that are left.
    async fn files_for_whose_archive_there_is_no_room_wait_for_the_next_run(db: TestDb) {
        if !strace::is_there() {
            return;
        }
        let (semester, office) = week(&db).await;
        let (status, told) = ended(started(&mut picking_up(&[], &db, &semester, 0)));
        assert!(status.success(), "{told}");
        let expected = image(&office, &[]).await;
        office.db.close().await;
        for (call, whole) in MOVES {
            for nth in faults::some_of(whole, 1, 52) {
                let what = format!("no room in {call} {nth}");
                let db = db.another();
                let (semester, office) = week(&db).await;
                let (status, told) = Fault::HasNoRoom.in_call(call, nth, |through| {
                    ended(started(&mut picking_up(through, &db, &semester, 0)))
                });
                assert!(status.code() == Some(2) && told.contains("the next run goes on"), "{what}: {told}");
                nothing_is_half(&office, &what).await;
                let (status, told) = ended(started(&mut picking_up(&[], &db, &semester, 60)));
                assert!(status.success(), "{what}: {told}");
                assert_same(&expected, &image(&office, &[]).await, &what);
                let archive = semester.path().join("inbox/archive");
                let day = std::fs::read_dir(archive).unwrap().next().unwrap().unwrap();
                assert_eq!(std::fs::read_dir(day.path()).unwrap().count(), 5, "{what}");
                office.db.close().await;
            }
        }
    }
}
