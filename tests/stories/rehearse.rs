//! A made-up term is played day by day: statements come late, out of order and after weeks, students
//! are silent, wrong or unreachable, and nobody is reminded of what had been paid.

use super::bank;
use crate::support::semester::Semester;
use crate::support::{TestDb, faults, on_both_engines};
use kwestura::cli::rehearse::{Played, play};
use kwestura::cli::score;
use kwestura::engine::Office;
use kwestura::engine::outbox;
use kwestura::simulate::score::messages::MessageScore;

const STUDENTS: u32 = 60;
/// By then the first fees have gone through the whole ladder, and the statement that was missing for
/// weeks has come.
const THROUGH: &str = "2026-11-05";

/// A term, and the office on the day before it begins.
async fn begin(db: &TestDb, seed: u64) -> (Semester, Office) {
    let semester = Semester::new(STUDENTS, seed);
    let office = semester.empty_office(db).await;
    (semester, office)
}

async fn rehearse(office: &mut Office, semester: &Semester, through: &str) -> Played {
    let through = Some(through.parse().unwrap());
    let played = play(office, semester.path(), through, |_, _| {}).await;
    let played = played.unwrap();
    assert_eq!(played.notes, Vec::<String>::new());
    played
}

async fn scored(office: &Office, semester: &Semester) -> MessageScore {
    let truth = std::fs::read(semester.path().join("truth.jsonl")).unwrap();
    let score = score::of_messages(office, "truth.jsonl", &truth).await;
    score.unwrap().unwrap()
}

/// Every message with what became of it.
async fn messages(office: &Office) -> Vec<String> {
    let listed = outbox::list(office, None).await.unwrap();
    let said = listed.iter().map(|one| {
        let items = one
            .items
            .iter()
            .map(|item| format!(" {} {}", item.step, item.item));
        let student = one.row.student.as_deref().unwrap_or_default();
        let sent_on = one
            .row
            .sent_on
            .map(|day| day.to_string())
            .unwrap_or_default();
        let state = &one.row.state;
        format!(
            "{} {student} {state} {sent_on}:{}",
            one.row.as_of,
            items.collect::<String>()
        )
    });
    said.collect()
}

/// Files that lie in the folder of the mails.
fn mails(semester: &Semester) -> usize {
    std::fs::read_dir(semester.path().join("mail"))
        .unwrap()
        .count()
}

on_both_engines! {
    /// An engine without interlocks would have reminded some who had paid; this one nobody, and yet
    /// it reminded. Played again, it writes and sends nothing.
    async fn nobody_is_reminded_of_what_had_been_paid(db: TestDb) {
        for seed in faults::seeds(&[1, 2]) {
            let db = db.another();
            let (semester, mut office) = begin(&db, seed).await;
            let played = rehearse(&mut office, &semester, THROUGH).await;
            assert!(played.days > 30 && played.claims > 5, "{played:?}");
            let score = scored(&office, &semester).await;
            assert!(!score.is_wrong(), "seed {seed}\n{score}");
            assert!(score.reminders > 20, "seed {seed}\n{score}");
            assert!(score.by_import_date > 0 && score.by_order_date > 0, "seed {seed}\n{score}");
            assert_eq!(score.silent_with_a_case, Some(score.silent_past_the_ladder), "seed {seed}\n{score}");

            let told = messages(&office).await;
            let refused = told.iter().filter(|message| message.contains(" refused ")).count();
            let sent = told.iter().filter(|message| message.contains(" sent ")).count();
            assert!(sent > 100 && mails(&semester) == sent, "{sent} of {}", told.len());
            let students = std::fs::read_to_string(semester.path().join("students.csv")).unwrap();
            assert_eq!(refused > 0, students.contains(";dead."), "seed {seed}: {refused}");

            let again = rehearse(&mut office, &semester, THROUGH).await;
            assert_eq!((again.days, again.messages, again.statements), (1, 0, 0));
            assert_eq!(messages(&office).await, told);
            assert_eq!(mails(&semester), sent);
            office.db.close().await;
        }
    }

    /// What is made up never gets among what is true.
    async fn a_rehearsal_needs_a_database_of_its_own(db: TestDb) {
        bank::students(&bank::office(db.url(), 1).await).await;
        let (semester, mut office) = begin(&db, 4).await;
        let refused = play(&mut office, semester.path(), None, |_, _| {}).await.unwrap_err();
        assert!(refused.to_string().contains("a database of its own"), "{refused}");
    }

    /// Stopped and gone on with, it comes to the same.
    async fn a_rehearsal_goes_on_where_it_stopped(db: TestDb) {
        let (semester, mut whole) = begin(&db, 3).await;
        rehearse(&mut whole, &semester, "2026-10-16").await;
        let other = db.another();
        let mut halves = semester.empty_office(&other).await;
        for through in ["2026-10-07", "2026-10-12", "2026-10-16"] {
            rehearse(&mut halves, &semester, through).await;
        }
        assert_eq!(messages(&halves).await, messages(&whole).await);
        assert!(!messages(&whole).await.is_empty());
    }
}
