//! A lump sum, and the transactions behind it: one money, whichever statement came first.

use super::bank::{
    BOSS, IBAN, PAYER, STUDENTS, credits, import_file, october, office, owes, students,
};
use super::world::{refusal, said};
use crate::support::books::{assert_same, image};
use crate::support::camt::{amount, details, parties, statement};
use crate::support::on_both_engines;
use kwestura::engine::decide::{self, Request};
use kwestura::engine::record::{FileReport, Recorded};
use kwestura::engine::review::{self, Wanted};
use kwestura::engine::{Office, journal, quarantine, statements};
use kwestura::iban::Nrb;

/// 100 złoty of 12 October as one line, or with transactions: minor units and the student's place.
fn day(parts: &[(i64, usize)]) -> Vec<u8> {
    let transactions = parts.iter().map(|&(minor, student)| {
        let number = format!("999000097777{}", STUDENTS[student].1);
        let number = Nrb::from_bban(&number).unwrap();
        amount(minor) + &parties("PŁATNIK", &format!("PL{PAYER}"), &number.iban())
    });
    let transactions: Vec<String> = transactions.collect();
    let inside = if transactions.is_empty() {
        String::new()
    } else {
        details(&transactions)
    };
    statement(197, "2026-10-12", 0, &[(10_000, &inside)]).into_bytes()
}

const ADA_AND_BARTEK: &[(i64, usize)] = &[(4_000, 0), (6_000, 1)];

async fn arrive(office: &Office, name: &str, bytes: &[u8]) -> Recorded {
    let report: FileReport = import_file(office, name, bytes).await;
    report.statements[0].outcome.clone()
}

/// The name under which the statement of a file is recorded.
async fn named(office: &Office, file: &str) -> String {
    let listed = statements::list(office, &[]).await.unwrap().into_iter();
    let mut of_file = listed.filter(|listed| listed.row.file == file);
    statements::name(&of_file.next().unwrap().row)
}

/// The names of the money in review.
async fn in_review(office: &Office) -> Vec<String> {
    let rows = review::list(office, &Wanted::default()).await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

/// What the general ledger holds of the bank.
async fn at_the_bank(office: &Office) -> i64 {
    let documents = journal::documents(office, None, None).await.unwrap();
    let sides = documents.iter().flat_map(|document| &document.sides);
    let bank = format!("bank:{IBAN}");
    sides
        .filter(|side| side.account == bank)
        .map(|side| side.minor)
        .sum()
}

on_both_engines! {
    /// B33: first as a whole, later split, or the other way round: 100, never 200.
    async fn b33_a_lump_and_its_transactions_are_one_money_in_any_order(db: TestDb) {
        let (whole, split) = (day(&[]), day(ADA_AND_BARTEK));
        let mut images = Vec::new();
        for order in [[&whole, &split], [&split, &whole]] {
            let db = db.another();
            let office = office(db.url(), 20).await;
            students(&office).await;
            for file in order.into_iter().chain(order) {
                import_file(&office, "day.xml", file).await;
            }
            assert_eq!((credits(&office, "ada").await, credits(&office, "bartek").await), (vec![4_000], vec![6_000]));
            assert_eq!((in_review(&office).await, at_the_bank(&office).await), (vec![], 10_000));
            images.push(image(&office, &[october(12), october(20)]).await);
        }
        assert_same(&images[0], &images[1], "details first or last");
    }

    /// The import says what is new.
    async fn details_that_come_late_are_new_and_a_lump_that_comes_late_is_not(db: TestDb) {
        let first = office(db.url(), 20).await;
        students(&first).await;
        assert_eq!(arrive(&first, "whole.xml", &day(&[])).await, Recorded::Published(1));
        assert_eq!(arrive(&first, "split.xml", &day(ADA_AND_BARTEK)).await, Recorded::Published(2));
        let db = db.another();
        let second = office(db.url(), 20).await;
        students(&second).await;
        assert_eq!(arrive(&second, "split.xml", &day(ADA_AND_BARTEK)).await, Recorded::Published(2));
        assert_eq!(arrive(&second, "whole.xml", &day(&[])).await, Recorded::Known);
    }

    /// Without its details the lump is money again; with them back it is not.
    async fn a_lump_whose_details_are_withdrawn_is_money_again(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        arrive(&office, "whole.xml", &day(&[])).await;
        arrive(&office, "split.xml", &day(ADA_AND_BARTEK)).await;
        let split = named(&office, "split.xml").await;
        statements::withdraw(&office, &split, BOSS).await.unwrap();
        assert_eq!((credits(&office, "ada").await, in_review(&office).await.len()), (vec![], 1));
        assert_eq!(at_the_bank(&office).await, 10_000);
        image(&office, &[]).await;
        statements::restore(&office, &split, BOSS).await.unwrap();
        assert_eq!((credits(&office, "ada").await, in_review(&office).await.len()), (vec![4_000], 0));
        assert_eq!(at_the_bank(&office).await, 10_000);
        image(&office, &[]).await;
    }

    /// Details that were withdrawn do not come back beside others, nor against a person's word.
    async fn withdrawn_details_stay_out_where_the_lump_is_told_otherwise(db: TestDb) {
        for told_by_a_person in [false, true] {
            let db = db.another();
            let office = office(db.url(), 20).await;
            students(&office).await;
            arrive(&office, "whole.xml", &day(&[])).await;
            arrive(&office, "split.xml", &day(ADA_AND_BARTEK)).await;
            let split = named(&office, "split.xml").await;
            statements::withdraw(&office, &split, BOSS).await.unwrap();
            if told_by_a_person {
                let credit = in_review(&office).await.remove(0);
                let assign = Request::Assign { credit, student: "celina".to_owned(), rule: false };
                decide::decide(&office, &assign, &said("bursar", None), false).await.unwrap();
            } else {
                let other = arrive(&office, "other.xml", &day(&[(3_000, 0), (7_000, 2)])).await;
                assert_eq!(other, Recorded::Published(2));
            }
            let before = image(&office, &[]).await;
            let told = refusal(statements::restore(&office, &split, BOSS).await);
            assert!(told.contains("other parts") != told_by_a_person, "{told}");
            assert_same(&before, &image(&office, &[]).await, "nothing happened");
        }
    }

    /// A decision that waits for a second person is a word about the lump too, whoever was first.
    async fn a_decision_that_waits_keeps_the_details_out_and_cannot_come_after_them(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        arrive(&office, "whole.xml", &day(&[])).await;
        let credit = in_review(&office).await.remove(0);
        let assign = Request::Assign { credit, student: "celina".to_owned(), rule: false };
        let done = decide::decide(&office, &assign, &said("clerk", Some(12)), false).await.unwrap();
        let outcome = arrive(&office, "split.xml", &day(ADA_AND_BARTEK)).await;
        assert!(matches!(&outcome, Recorded::Waiting(why) if why.contains("a person decided")), "{outcome:?}");
        decide::approve(&office, done.numbers[0], "bursar", false).await.unwrap();
        assert_eq!((credits(&office, "celina").await, credits(&office, "ada").await), (vec![10_000], vec![]));
        image(&office, &[]).await;
    }

    /// Two single transfers and a batch with an equal part are told apart.
    async fn a_part_that_equals_a_transfer_of_the_day_does_not_tear_the_batch(db: TestDb) {
        let parts = details(&[amount(6_000), amount(4_000)]);
        let whole = statement(197, "2026-10-12", 0, &[(10_000, ""), (6_000, "")]);
        let split = statement(197, "2026-10-12", 0, &[(10_000, &parts), (6_000, "")]);
        for (first, second) in [(&whole, &split), (&split, &whole)] {
            let db = db.another();
            let office = office(db.url(), 20).await;
            students(&office).await;
            for file in [first, second] {
                let outcome = arrive(&office, "day.xml", file.as_bytes()).await;
                assert!(!matches!(outcome, Recorded::Waiting(_)), "{outcome:?}");
            }
            assert_eq!((in_review(&office).await.len(), at_the_bank(&office).await), (3, 16_000));
            image(&office, &[]).await;
        }
    }

    /// The same money cannot be told in two ways.
    async fn other_parts_of_a_lump_wait(db: TestDb) {
        for order in [[&[][..], ADA_AND_BARTEK], [ADA_AND_BARTEK, &[]]] {
            let db = db.another();
            let office = office(db.url(), 20).await;
            students(&office).await;
            for parts in order {
                arrive(&office, "day.xml", &day(parts)).await;
            }
            let outcome = arrive(&office, "other.xml", &day(&[(3_000, 0), (7_000, 2)])).await;
            let Recorded::Waiting(why) = outcome else { panic!("{outcome:?}") };
            assert!(why.contains("the same money in other parts"), "{why}");
            assert_eq!(credits(&office, "celina").await, [0; 0]);
            // A part may have parts of its own.
            let finer = arrive(&office, "finer.xml", &day(&[(4_000, 0), (6_000, 1)])).await;
            assert_eq!(finer, Recorded::AlreadyImported("published".to_owned()));
        }
    }

    /// What a person said about the lump holds until the person takes it back.
    async fn a_decision_about_the_lump_holds_against_its_details(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        arrive(&office, "whole.xml", &day(&[])).await;
        let lump = in_review(&office).await.remove(0);
        let assign = Request::Assign { credit: lump.clone(), student: "celina".to_owned(), rule: false };
        let done = decide::decide(&office, &assign, &said("bursar", None), false).await.unwrap();
        let outcome = arrive(&office, "split.xml", &day(ADA_AND_BARTEK)).await;
        let Recorded::Waiting(why) = outcome else { panic!("{outcome:?}") };
        assert!(why.contains("a person decided about the lump"), "{why}");
        assert_eq!(credits(&office, "celina").await, [10_000]);

        decide::revoke(&office, done.numbers[0], "bursar", "here is what it was", false).await.unwrap();
        let split = statements::list(&office, &["waiting"]).await.unwrap().remove(0);
        let again = quarantine::reread(&office, &statements::name(&split.row), None, BOSS).await.unwrap();
        assert_eq!(again.outcome, Recorded::Published(2));
        assert_eq!((credits(&office, "celina").await, owes(&office, "ada").await.1), (vec![], 0));
        assert_eq!(in_review(&office).await, Vec::<String>::new());
        let told = refusal(decide::decide(&office, &assign, &said("bursar", None), false).await);
        assert!(told.contains("tells in parts"), "{told}");
        image(&office, &[]).await;
    }
}
