//! A system call on the file of the books fails, or the process dies in it, whichever it is: nothing is
//! half, nothing is said to be imported that is not, and the same import once more ends where nothing was
//! in the way.

use crate::support::process::{ended, importer};
use crate::support::semester::Semester;
use crate::support::strace::{self, Fault};
use crate::support::trial::Trial;
use crate::support::{faults, on_sqlite};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

const SIGKILL: i32 = 9;

/// Two days of a few students, one of them perhaps twice.
fn semester(seed: u64) -> Semester {
    let semester = Semester::new(8, seed);
    semester.leave(|name| name.contains("2026-10-01") || name.contains("2026-10-02"));
    semester
}

/// Imports with a fault, and then without; whether the fault was felt.
async fn is_felt(trial: &Trial, fault: Fault, call: &str, nth: u64) -> bool {
    let what = format!("{fault:?} in {call} {nth}");
    let books = trial.books().await;
    let (status, told) = fault.in_call(call, nth, |through| {
        ended(importer(through, &books, &trial.semester))
    });
    if status.success() {
        trial.are_whole(&books, &what).await;
        return false;
    }
    assert!(
        is_owned_up_to(fault, status, &told),
        "{what}: {status}: {told}"
    );
    trial.goes_on(&books, &what).await;
    true
}

/// Whoever is killed says nothing more; whoever is refused says what to do.
fn is_owned_up_to(fault: Fault, status: ExitStatus, told: &str) -> bool {
    match fault {
        Fault::Dies => status.signal() == Some(SIGKILL),
        Fault::FailsOnce | Fault::FailsFromThenOn | Fault::HasNoRoom => {
            status.code() == Some(2) && told.contains("run the same command again")
        }
    }
}

/// Tries a fault at some calls of each kind, and at each of them in the long variant.
fn whichever_call_it_is(fault: Fault, usual: u64) {
    if !strace::is_there() {
        return;
    }
    on_sqlite(async |db| {
        for seed in faults::seeds(&[usual]) {
            let trial = Trial::of(semester(seed), &db).await;
            let mut felt = 0;
            for (call, whole) in strace::calls(&trial.books().await, &trial.semester) {
                for nth in faults::some_of(whole, 5, seed) {
                    felt += usize::from(is_felt(&trial, fault, call, nth).await);
                }
            }
            assert!(felt > 5, "only {felt} were felt");
        }
    });
}

/// F01.
#[test]
fn an_import_that_is_killed_in_any_call_is_finished_by_the_next() {
    whichever_call_it_is(Fault::Dies, 61);
}

/// F02, once.
#[test]
fn an_import_of_which_any_call_fails_is_finished_by_the_next() {
    whichever_call_it_is(Fault::FailsOnce, 62);
}

/// F02, for ever.
#[test]
fn an_import_onto_a_disk_that_fails_is_finished_by_the_next() {
    whichever_call_it_is(Fault::FailsFromThenOn, 63);
}

/// F03, of the file of the books.
#[test]
fn an_import_for_which_there_is_no_room_is_finished_by_the_next() {
    whichever_call_it_is(Fault::HasNoRoom, 64);
}
