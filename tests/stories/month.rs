//! Statements arrive as they please: in any order, twice, late, as days or as weeks. The same files
//! give the same books.

use super::bank;
use crate::support::books::{assert_same, image};
use crate::support::semester::{Semester, import, shuffled};
use crate::support::{TestDb, faults, on_both_engines};
use chrono::NaiveDate;
use kwestura::engine::{Moment, Office, account, coverage};
use kwestura::simulate::{Format, Paying, Plan};
use std::path::PathBuf;

const STUDENTS: u32 = 120;

/// Days on which the accounts are read.
fn days() -> Vec<NaiveDate> {
    let days = ["2026-10-15", "2026-11-30", "2027-01-15", "2027-02-28"];
    days.map(|day| day.parse().unwrap()).to_vec()
}

/// What the files in the order of their names make of the books; nothing about them is wrong.
async fn in_order(db: &TestDb, semester: &Semester) -> String {
    let office = semester.office(db).await;
    let summary = import(&office, &semester.files()).await;
    assert!(!summary.needs_a_person(), "{:?}", summary.notes());
    semester.score(&office).await;
    covers_all(&office, semester).await;
    image(&office, &days()).await
}

/// The bank's balances at the end are those of the books.
async fn covers_all(office: &Office, semester: &Semester) {
    let truth = std::fs::read_to_string(semester.path().join("truth.jsonl")).unwrap();
    for covered in coverage::all(office).await.unwrap() {
        let closing = covered.coverage.closing_minor.unwrap();
        let (iban, through) = (&covered.iban, covered.coverage.through.unwrap());
        let line = format!(
            r#""account","bank_account":"{iban}","closing_date":"{through}","closing_minor":{closing}}}"#
        );
        assert!(truth.contains(&line), "{line}");
    }
}

/// Imports the files one after the other, then compares.
async fn same(db: &TestDb, semester: &Semester, files: &[PathBuf], expected: &str, what: &str) {
    let other = db.another();
    let office = semester.office(&other).await;
    let summary = import(&office, files).await;
    assert!(!summary.needs_a_person(), "{what}: {:?}", summary.notes());
    semester.score(&office).await;
    assert_same(expected, &image(&office, &days()).await, what);
    office.db.close().await;
}

on_both_engines! {
    async fn files_in_any_order_make_the_same_books(db: TestDb) {
        for seed in faults::seeds(&[11, 12]) {
            let semester = Semester::new(STUDENTS, seed);
            let expected = in_order(&db.another(), &semester).await;
            let mut reversed = semester.files();
            reversed.reverse();
            same(&db, &semester, &reversed, &expected, &format!("seed {seed}, reversed")).await;
            let mixed = shuffled(&semester.files(), seed);
            same(&db, &semester, &mixed, &expected, &format!("seed {seed}, shuffled")).await;
        }
    }

    async fn files_that_come_twice_change_nothing(db: TestDb) {
        let semester = Semester::new(STUDENTS, 13);
        let expected = in_order(&db, &semester).await;
        let twice = [semester.files(), semester.files()].concat();
        let twice = shuffled(&twice, 13);
        same(&db, &semester, &twice, &expected, "each twice, shuffled").await;

        let office = semester.empty_office(&db).await;
        let again = import(&office, &semester.files()).await;
        assert_eq!((again.counts.published, again.counts.entries, again.counts.postings), (0, 0, 0));
        assert_same(&expected, &image(&office, &days()).await, "the whole folder again");
    }

    /// What repeats others adds nothing, so the books are those of the days alone.
    async fn days_with_and_without_weeks_and_copies_make_the_same_books(db: TestDb) {
        let semester = Semester::new(STUDENTS, 14);
        let expected = in_order(&db, &semester).await;
        let plain = semester.plain_files();
        assert!(plain.len() < semester.files().len());
        same(&db, &semester, &plain, &expected, "every line once").await;
        let plain = shuffled(&plain, 14);
        same(&db, &semester, &plain, &expected, "every line once, shuffled").await;
    }

    /// The same money told in another format: `in_order` compares it with the truth.
    async fn a_semester_of_monthly_payments_told_in_camt_is_booked_right(db: TestDb) {
        let plan = Plan { paying: Paying::Monthly, zlotys: Format::Camt, ..Plan::of(STUDENTS, 17) };
        let semester = Semester::of(&plan);
        let files = semester.files();
        assert!(files.iter().all(|path| path.extension().is_some_and(|end| end == "xml")));
        let expected = in_order(&db, &semester).await;
        same(&db, &semester, &shuffled(&files, 17), &expected, "shuffled").await;
    }

    async fn one_file_at_a_time_or_all_at_once_is_the_same(db: TestDb) {
        let semester = Semester::new(STUDENTS, 15);
        let expected = in_order(&db, &semester).await;
        let other = db.another();
        let office = semester.office(&other).await;
        for path in shuffled(&semester.files(), 15) {
            import(&office, &[path]).await;
        }
        assert_same(&expected, &image(&office, &days()).await, "one at a time");
    }

    /// Until it comes, the account is complete only through the day before it, and nothing that
    /// others say is lost.
    async fn a_file_that_is_missing_until_the_end_closes_the_gap(db: TestDb) {
        let semester = Semester::new(STUDENTS, 16);
        let expected = in_order(&db, &semester).await;
        for missing in ["PLN-2026-10-20.sta", "PLN-2026-11-03.sta"] {
            let other = db.another();
            let office = semester.office(&other).await;
            let is_missing = |path: &PathBuf| path.ends_with(missing);
            let mut files = semester.plain_files();
            files.retain(|path| !is_missing(path));
            let summary = import(&office, &files).await;
            assert!(!summary.needs_a_person(), "{:?}", summary.notes());
            let covered = coverage::all(&office).await.unwrap();
            let gaps = &covered.iter().find(|row| row.iban == bank::IBAN).unwrap().coverage.gaps;
            assert_eq!(gaps.len(), 1, "{gaps:?}");
            assert!(missing.contains(&gaps[0].after_day.succ_opt().unwrap().to_string()), "{gaps:?}");

            let mut late = semester.files();
            late.retain(is_missing);
            assert_eq!(late.len(), 1);
            import(&office, &late).await;
            semester.score(&office).await;
            assert_same(&expected, &image(&office, &days()).await, missing);
        }
    }

    /// Both bookings count from the first day and say the same, so only their dates tell them apart.
    async fn a_transfer_that_is_cancelled_and_booked_again_reads_the_same_in_any_order(db: TestDb) {
        let cancelled = vec![bank::line(6, 10_000, "ada"), bank::line(6, -10_000, "ada").reversed()];
        let first = bank::day(1, 6, 0, cancelled);
        let second = bank::day(2, 7, 0, vec![bank::line(7, 10_000, "ada")]);
        let mut images = Vec::new();
        for order in [[&first, &second], [&second, &first]] {
            let db = db.another();
            let office = bank::office(db.url(), 13).await;
            bank::students(&office).await;
            for statement in order {
                bank::import(&office, statement).await;
            }
            images.push(image(&office, &[bank::october(13)]).await);
            office.db.close().await;
        }
        assert_same(&images[0], &images[1], "the second booking first");
    }

    /// The statement of the day of crediting comes a week late: until then the fee looks late, and
    /// from then on it never was. What was known before can still be read.
    async fn a_statement_that_comes_late_settles_on_the_day_of_crediting(db: TestDb) {
        let mut office = bank::office(db.url(), 13).await;
        bank::students(&office).await;
        bank::import(&office, &bank::day(1, 9, 0, vec![bank::line(9, 20_000, "ada")])).await;
        let third = bank::day(3, 13, 50_000, vec![bank::line(13, 7_000, "ada")]);
        bank::import(&office, &third).await;
        let before = office.now.millis;
        let (fee, _) = fee_of_ada(&office, 20, i64::MAX).await;
        assert_eq!((fee.open_minor, fee.late_days), (23_000, 8));

        let week = bank::october(20).and_hms_opt(10, 0, 0).unwrap().and_utc();
        office.now = Moment::of(week.timestamp_millis(), office.config.institution.time_zone);
        let late = bank::day(2, 12, 20_000, vec![bank::line(12, 30_000, "ada")]);
        bank::import(&office, &late).await;

        let (fee, on_account) = fee_of_ada(&office, 20, i64::MAX).await;
        assert_eq!((fee.settled_on, fee.late_days), (Some(bank::october(12)), 0));
        assert_eq!((fee.open_minor, on_account), (0, 7_000));
        let (then, _) = fee_of_ada(&office, 20, before).await;
        assert_eq!((then.settled_on, then.open_minor, then.late_days), (None, 23_000, 8));
    }
}

/// The fee of 500.00 that is due on 12 October, and the money on account.
async fn fee_of_ada(
    office: &Office,
    day: u32,
    known_at: i64,
) -> (kwestura::settlement::account::Receivable, i64) {
    let day = bank::october(day);
    let accounts = account::of_student(office, "ada", day, known_at)
        .await
        .unwrap();
    (
        accounts[0].receivables[0].clone(),
        accounts[0].on_account_minor,
    )
}
