//! The student system exports fees again and again: lowered, cancelled, revived, left out. Whatever
//! comes first, exports or statements, the accounts end the same.

use super::bank::{self, PAYER, Statement, day, line, october};
use crate::support::books::{assert_same, image};
use crate::support::on_both_engines;
use crate::support::semester::shuffled;
use crate::support::university::file;
use kwestura::engine::{Office, account, fees, settle};
use kwestura::settlement::account::Receivable;

const HEAD: &str =
    "external_id;student_external_id;kind;category;amount;currency;published_on;nominal_due_on\n";

/// What arrives in the office.
#[derive(Debug, Clone)]
enum Arrival {
    /// An export of fees: its instant and its rows.
    Export(&'static str, &'static str),
    /// A statement.
    Statement(Statement),
}

async fn arrives(office: &Office, arrival: &Arrival) -> usize {
    match arrival {
        Arrival::Export(as_of, rows) => {
            let text = format!("{HEAD}{rows}");
            let loaded = fees::import(office, &file("fees.csv", &text, as_of))
                .await
                .unwrap();
            settle::run(office, |_, _| {}).await.unwrap();
            loaded.students
        }
        Arrival::Statement(statement) => {
            bank::import(office, statement).await;
            0
        }
    }
}

/// Ada's tuition is paid, lowered, cancelled and revived; her dormitory fee is announced meanwhile,
/// brought forward, and put off. Bartek's fee is left out of every later file.
fn arrivals() -> Vec<Arrival> {
    let to = |day_of: u32, minor, student| line(day_of, minor, student).from(PAYER);
    vec![
        Arrival::Export(
            "2026-09-10",
            "T-1;ada;tuition;tuition;1950;PLN;2026-09-10;2026-10-15\nT-2;bartek;tuition;tuition;800;PLN;2026-09-10;2026-10-15\n",
        ),
        Arrival::Statement(day(
            1,
            5,
            0,
            vec![to(5, 195_000, "ada"), to(5, 80_000, "bartek")],
        )),
        Arrival::Export(
            "2026-10-06",
            "T-1;ada;tuition;tuition;1450;PLN;2026-09-10;2026-10-15\n",
        ),
        Arrival::Export(
            "2026-10-07 08:00",
            "T-1;ada;tuition;tuition;0;PLN;2026-09-10;2026-10-15\nD-1;ada;dormitory;dormitory;450;PLN;2026-09-28;2026-10-30\n",
        ),
        Arrival::Export(
            "2026-10-07 16:30",
            "D-1;ada;dormitory;dormitory;450;PLN;2026-09-28;2026-10-20\n",
        ),
        Arrival::Statement(day(2, 6, 275_000, vec![to(6, 5_000, "ada")])),
        Arrival::Statement(day(3, 7, 280_000, vec![])),
        Arrival::Export(
            "2026-10-12",
            "T-1;ada;tuition;tuition;1700;PLN;2026-09-10;2026-10-15\n",
        ),
        Arrival::Statement(day(
            4,
            8,
            280_000,
            vec![to(8, 20_000, "ada"), to(8, 20_000, "ada")],
        )),
        Arrival::Export(
            "2026-10-13",
            "D-1;ada;dormitory;dormitory;400;PLN;2026-09-28;2026-11-20\n",
        ),
    ]
}

async fn fee(office: &Office, student: &str, name: &str, on: u32) -> Receivable {
    let accounts = account::of_student(office, student, october(on), i64::MAX)
        .await
        .unwrap();
    let mut fees = accounts[0].receivables.iter();
    fees.find(|fee| fee.external_id == name).unwrap().clone()
}

on_both_engines! {
    async fn exports_and_statements_in_any_order_make_the_same_accounts(db: TestDb) {
        let days: Vec<_> = [5, 6, 7, 12, 13, 31].map(october).to_vec();
        let office = bank::office(db.url(), 31).await;
        bank::students(&office).await;
        for arrival in arrivals() {
            arrives(&office, &arrival).await;
        }
        let expected = image(&office, &days).await;
        let mut orders: Vec<Vec<Arrival>> = (0..6).map(|seed| shuffled(&arrivals(), seed)).collect();
        orders.push(arrivals().into_iter().rev().collect());
        orders.push(shuffled(&[arrivals(), arrivals()].concat(), 7));
        for order in orders {
            let db = db.another();
            let office = bank::office(db.url(), 31).await;
            bank::students(&office).await;
            for arrival in &order {
                arrives(&office, arrival).await;
            }
            assert_same(&expected, &image(&office, &days).await, &format!("{order:#?}"));
            office.db.close().await;
        }
    }

    async fn what_is_exported_again_settles_nobody_again(db: TestDb) {
        let office = bank::office(db.url(), 31).await;
        bank::students(&office).await;
        for arrival in arrivals() {
            arrives(&office, &arrival).await;
        }
        let before = image(&office, &[]).await;
        for arrival in arrivals() {
            assert_eq!(arrives(&office, &arrival).await, 0, "{arrival:?}");
        }
        assert_same(&before, &image(&office, &[]).await, "everything again");
    }

    /// The surplus of a fee that is lowered is money on account, and comes back when it is revived.
    async fn a_fee_that_is_lowered_cancelled_and_revived_takes_what_it_is(db: TestDb) {
        let office = bank::office(db.url(), 31).await;
        bank::students(&office).await;
        let mut arrivals = arrivals();
        // What a fee of the first day, F-ada over 500.00 due on the 12th, takes is beside the point.
        arrivals.insert(0, Arrival::Export("2026-09-02", "F-ada;ada;tuition;tuition;0;PLN;2026-09-01;2026-10-12\n"));
        for arrival in &arrivals {
            arrives(&office, arrival).await;
        }
        let paid = fee(&office, "ada", "T-1", 5).await;
        assert_eq!((paid.amount_minor, paid.settled_on), (195_000, Some(october(5))));
        let lowered = fee(&office, "ada", "T-1", 6).await;
        assert_eq!((lowered.amount_minor, lowered.settled_on), (145_000, Some(october(5))));
        let cancelled = fee(&office, "ada", "T-1", 7).await;
        assert_eq!((cancelled.amount_minor, cancelled.closed_by), (0, Some("correction")));
        let revived = fee(&office, "ada", "T-1", 31).await;
        assert_eq!((revived.amount_minor, revived.open_minor), (170_000, 0));
    }

    /// A file without a fee says nothing about it.
    async fn what_is_missing_from_a_file_stays(db: TestDb) {
        let office = bank::office(db.url(), 31).await;
        bank::students(&office).await;
        for arrival in arrivals() {
            arrives(&office, &arrival).await;
        }
        let kept = fee(&office, "bartek", "T-2", 31).await;
        assert_eq!((kept.amount_minor, kept.settled_on), (80_000, Some(october(5))));
    }
}
