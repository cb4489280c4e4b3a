//! A statement of many lines that shares days with others: recorded in chunks as any other, and all that
//! others hold of it stays one money.

use super::bank::{self, BOSS, PAYER, STUDENTS, Statement, line, october, owes, students};
use super::recording::{dies, ends_well, importer, statuses};
use super::world::{refusal, said};
use crate::support::books::{assert_same, image};
use crate::support::camt;
use crate::support::{TestDb, on_both_engines};
use kwestura::engine::decide::{self, Request};
use kwestura::engine::record::Recorded;
use kwestura::engine::review::{self, Wanted};
use kwestura::engine::{Office, statements, verify};
use kwestura::iban::Nrb;

/// Lines of a day: a dozen chunks of a debug build.
const LINES: i64 = 48;
/// What each of three students has paid with them.
const PAID: i64 = LINES / 3 * 100;

/// Ada, Bartek and Celina pay 1.00 in turn, all day.
fn lines(day: u32) -> Vec<bank::Line> {
    let students = STUDENTS.iter().cycle().zip(0..LINES);
    students
        .map(|((name, _), _)| line(day, 100, name))
        .collect()
}

/// The days from the 6th through the 8th in one.
fn three_days() -> Statement {
    let all = [6, 7, 8].into_iter().flat_map(lines).collect();
    bank::day(3, 6, 0, all).through(8)
}

async fn begin(db: &TestDb) -> Office {
    let office = bank::office(db.url(), 9).await;
    students(&office).await;
    std::fs::write(db.folder().join("kwestura.toml"), bank::toml("")).unwrap();
    office
}

fn file(db: &TestDb, name: &str, bytes: &[u8]) {
    std::fs::write(db.folder().join(name), bytes).unwrap();
}

/// 100 złoty of 12 October as one line, or in twenty transactions; and eight lines of nobody's.
fn batch(is_split: bool) -> Vec<u8> {
    let transactions = (0..20).map(|place: usize| {
        let number = format!("999000097777{}", STUDENTS[place % 3].1);
        let number = Nrb::from_bban(&number).unwrap();
        camt::amount(500) + &camt::parties("PŁATNIK", &format!("PL{PAYER}"), &number.iban())
    });
    let transactions: Vec<String> = transactions.collect();
    let inside = if is_split {
        camt::details(&transactions)
    } else {
        String::new()
    };
    let nobodys = (0..8).map(|place| (100 + place, ""));
    let entries: Vec<(i64, &str)> = [(10_000, inside.as_str())]
        .into_iter()
        .chain(nobodys)
        .collect();
    camt::statement(197, "2026-10-12", 0, &entries).into_bytes()
}

/// What the day of the batch leads to.
const BATCH_DAY: i64 = 10_000 + 8 * 100 + 28;

/// The money in review by amount, largest first.
async fn in_review(office: &Office) -> Vec<(i64, String)> {
    let rows = review::list(office, &Wanted::default()).await.unwrap();
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(|row| (row.amount_minor, row.id))
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.0));
    rows
}

async fn is_clean(office: &Office) {
    let report = verify::run(office).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

on_both_engines! {
    /// Wherever it dies, the days of others count once and its own days not before it is whole.
    async fn nobody_sees_the_new_days_of_a_statement_that_repeats_others(db: TestDb) {
        let mut images = Vec::new();
        for place in [None, Some("record.begun"), Some("record.chunk-committed:3"), Some("record.chunk-committed:30"), Some("record.before-publish")] {
            let db = db.another();
            let office = begin(&db).await;
            bank::import(&office, &bank::day(1, 6, 0, lines(6))).await;
            bank::import(&office, &bank::day(2, 7, 3 * PAID, lines(7))).await;
            file(&db, "week.sta", &three_days().file());
            if let Some(place) = place {
                dies(importer(&db, db.folder(), &["week.sta"], Some(place)));
                assert_eq!(statuses(&office).await, ["published", "published", "recording"], "{place}");
                assert_eq!(owes(&office, "ada").await, (50_000 - 2 * PAID, 0), "{place}");
            }
            for _ in 0..2 {
                ends_well(importer(&db, db.folder(), &["week.sta"], None));
                assert_eq!(statuses(&office).await, ["published"; 3]);
                assert_eq!(owes(&office, "ada").await, (50_000 - 3 * PAID, 0));
            }
            images.push(image(&office, &[october(8), october(9)]).await);
            assert_same(&images[0], images.last().unwrap(), "killed or not");
            office.db.close().await;
        }
    }

    /// One that brings nothing new is known, whoever came first.
    async fn a_copy_of_many_lines_is_known(db: TestDb) {
        let office = begin(&db).await;
        let week = three_days();
        assert_eq!(bank::import(&office, &week).await, Recorded::Published(144));
        let days = [bank::day(1, 6, 0, lines(6)), bank::day(2, 7, 3 * PAID, lines(7))];
        for statement in days.iter().chain([&week.clone().named("COPY")]) {
            assert_eq!(bank::import(&office, statement).await, Recorded::Known);
            assert_eq!(owes(&office, "ada").await, (50_000 - 3 * PAID, 0));
        }
        // The copy alone holds the last day then.
        statements::withdraw(&office, &bank::name(&week), BOSS).await.unwrap();
        assert_eq!(owes(&office, "ada").await, (50_000 - 3 * PAID, 0));
        is_clean(&office).await;
    }

    /// What was withdrawn is the same money when another statement brings it again, and is new.
    async fn many_lines_that_were_withdrawn_come_back_with_another_statement(db: TestDb) {
        let office = begin(&db).await;
        let week = three_days();
        bank::import(&office, &week).await;
        statements::withdraw(&office, &bank::name(&week), BOSS).await.unwrap();
        assert_eq!(owes(&office, "ada").await, (50_000, 0));
        let again = week.clone().named("AGAIN");
        assert_eq!(bank::import(&office, &again).await, Recorded::Published(144));
        statements::restore(&office, &bank::name(&week), BOSS).await.unwrap();
        assert_eq!(owes(&office, "ada").await, (50_000 - 3 * PAID, 0));
        is_clean(&office).await;
    }

    /// A statement that says more of lines than was known finds their students.
    async fn many_lines_that_say_more_are_concluded_again(db: TestDb) {
        let office = begin(&db).await;
        let unknown = (0..LINES).map(|place| line(6, 100 + place, "nobody").title("?"));
        bank::import(&office, &bank::day(1, 6, 0, unknown.collect())).await;
        assert_eq!(in_review(&office).await.len(), 48);
        let told = (0..LINES).map(|place| line(6, 100 + place, "ada"));
        let told = bank::day(1, 6, 0, told.collect()).named("TOLD");
        assert_eq!(bank::import(&office, &told).await, Recorded::Known);
        assert_eq!(in_review(&office).await, []);
        let paid: i64 = (100..100 + LINES).sum();
        assert_eq!(owes(&office, "ada").await, (50_000 - paid, 0));
        is_clean(&office).await;
    }

    /// A lump and its many transactions are one money in either order.
    async fn a_lump_of_many_transactions_is_one_money(db: TestDb) {
        let mut images = Vec::new();
        for order in [[false, true], [true, false]] {
            let db = db.another();
            let office = begin(&db).await;
            for is_split in order {
                bank::import_file(&office, "day.xml", &batch(is_split)).await;
            }
            assert_eq!(in_review(&office).await.len(), 8);
            assert_eq!(owes(&office, "ada").await, (50_000 - 7 * 500, 0));
            images.push(image(&office, &[]).await);
        }
        assert_same(&images[0], &images[1], "details first or last");
    }

    /// A decision about the lump that comes while its transactions are being recorded holds: they wait
    /// with the lines that are written, and stand with them when the decision is revoked.
    async fn a_decision_about_a_lump_holds_against_what_is_being_recorded(db: TestDb) {
        let office = begin(&db).await;
        bank::import_file(&office, "whole.xml", &batch(false)).await;
        file(&db, "split.xml", &batch(true));
        dies(importer(&db, db.folder(), &["split.xml"], Some("record.chunk-committed:1")));
        let (_, credit) = in_review(&office).await.remove(0);
        let assign = Request::Assign { credit, student: "celina".to_owned(), rule: false };
        let done = decide::decide(&office, &assign, &said("bursar", None), false).await.unwrap();

        let next = camt::statement(198, "2026-10-13", BATCH_DAY, &[(300, "")]);
        for _ in 0..2 {
            let report = bank::import_file(&office, "next.xml", next.as_bytes()).await;
            assert!(!matches!(report.statements[0].outcome, Recorded::Waiting(_)), "{report:?}");
            let waiting = statements::list(&office, &["waiting"]).await.unwrap();
            assert!(waiting[0].row.reason.contains("a person decided about the lump"), "{waiting:?}");
            assert_eq!(statuses(&office).await, ["waiting", "published", "published"]);
            assert_eq!((owes(&office, "celina").await, owes(&office, "ada").await), ((40_000, 0), (50_000, 0)));
            is_clean(&office).await;
        }
        let split = statements::list(&office, &["waiting"]).await.unwrap().remove(0);
        let told = refusal(statements::restore(&office, &statements::name(&split.row), BOSS).await);
        assert!(told.contains("was not withdrawn"), "{told}");

        decide::revoke(&office, done.numbers[0], "bursar", "here is what it was", false).await.unwrap();
        let last = camt::statement(199, "2026-10-14", BATCH_DAY + 300, &[(200, "")]);
        bank::import_file(&office, "last.xml", last.as_bytes()).await;
        assert_eq!(statuses(&office).await, ["known", "published", "published", "published"]);
        assert_eq!(owes(&office, "ada").await, (50_000 - 7 * 500, 0));
        is_clean(&office).await;
    }
}
