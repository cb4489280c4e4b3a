//! Several processes work on the same books at once, and end where one alone would.

use super::damage;
use crate::support::books::{assert_same, image, undisturbed};
use crate::support::process::{ended, start};
use crate::support::semester::{Semester, shuffled};
use crate::support::{faults, on_both_engines, on_postgres};
use kwestura::engine::settle;
use sqlx::{Connection, PgConnection};
use std::process::Child;

/// Waits for all of them; each must have gone well.
fn all_end_well(processes: Vec<Child>) {
    for process in processes {
        let (status, told) = ended(process);
        assert!(status.success(), "{status}: {told}");
    }
}

on_both_engines! {
    async fn several_import_the_same_folder_at_once(db: TestDb) {
        for seed in faults::seeds(&[31]) {
            let semester = Semester::new(60, seed);
            let expected = undisturbed(&db.another(), &semester).await;
            for (round, count) in [(1, 2), (2, 2), (3, 4)] {
                let db = db.another();
                let office = semester.office(&db).await;
                let importers = (0..count).map(|importer| {
                    // The first as a folder is read, the others as it comes.
                    let files = match importer {
                        0 => semester.files(),
                        _ => shuffled(&semester.files(), seed + round * 10 + importer),
                    };
                    start(&db, &semester, &["import", "--json"], &files)
                });
                all_end_well(importers.collect());
                assert_same(&expected, &image(&office, &[]).await, &format!("round {round}"));
                office.db.close().await;
            }
        }
    }

    /// Money that comes before its student is known finds them, whoever commits first.
    async fn students_and_fees_are_loaded_while_statements_are_imported(db: TestDb) {
        for seed in faults::seeds(&[32]) {
            let semester = Semester::new(60, seed);
            let expected = undisturbed(&db.another(), &semester).await;
            for round in 0..3 {
                let db = db.another();
                let office = semester.empty_office(&db).await;
                let files = shuffled(&semester.files(), seed + round);
                let mut importer = start(&db, &semester, &["import", "--json"], &files);
                all_end_well(vec![start(&db, &semester, &["students", "import", "students.csv"], &[])]);
                let loaders = (0..2).map(|_| start(&db, &semester, &["fees", "import", "fees.csv"], &[]));
                all_end_well(loaders.collect());
                assert!(importer.try_wait().unwrap().is_none_or(|status| status.success()));
                all_end_well(vec![importer]);
                assert_same(&expected, &image(&office, &[]).await, &format!("round {round}"));
                office.db.close().await;
            }
        }
    }
}

/// Whoever is dropped while a transaction begins, as a request is whose browser went away, leaves none
/// behind on a connection that another gets.
#[test]
fn a_beginning_that_nobody_waits_for_leaves_no_transaction_behind() {
    on_postgres(|db| async move {
        let semester = Semester::new(3, 33);
        let office = semester.office(&db).await;
        let mut tx = office.db.read().await.unwrap();
        let person = tx.all_persons().await.unwrap()[0].id;
        tx.rollback().await.unwrap();
        for polls in 0..300 {
            let beginning = async {
                let tx = if polls % 2 == 0 {
                    office.db.read().await
                } else {
                    office.db.write().await
                };
                tx.unwrap().rollback().await.unwrap();
            };
            tokio::select! {
                biased;
                () = beginning => {}
                () = async { for _ in 0..polls { tokio::task::yield_now().await; } } => {}
            }
            let mut tx = office.db.write().await.unwrap();
            tx.mark([person]).await.unwrap();
            tx.commit().await.unwrap();
        }
    });
}

/// Who waits for a lock in this database.
const WAITING: &str = "SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// PostgreSQL ends one of two transactions that wait for each other. Here it can only be the one
/// that settles, because the other has an hour's patience.
#[test]
fn who_settles_and_is_ended_for_the_sake_of_another_tries_again() {
    on_postgres(|db| async move {
        let semester = Semester::new(8, 33);
        let office = semester.office(&db).await;
        let mut tx = office.db.write().await.unwrap();
        let persons: Vec<i64> = (tx.all_persons().await.unwrap().iter())
            .map(|row| row.id)
            .collect();
        tx.mark(persons.clone()).await.unwrap();
        tx.commit().await.unwrap();
        let (first, last) = (persons.iter().min().unwrap(), persons.iter().max().unwrap());

        let mut other = PgConnection::connect(db.url()).await.unwrap();
        let take = |person: &i64| {
            sqlx::AssertSqlSafe(format!(
                "SELECT id FROM person WHERE id = {person} FOR UPDATE"
            ))
        };
        for statement in ["SET deadlock_timeout = '1h'", "BEGIN"] {
            sqlx::raw_sql(statement).execute(&mut other).await.unwrap();
        }
        sqlx::raw_sql(take(last)).execute(&mut other).await.unwrap();
        let settling = settle::run(&office, |_, _| {});
        let crossing = async {
            // Until it waits for the last, it holds the first.
            while damage::run(db.url(), WAITING).await.unwrap() == 0 {
                tokio::task::yield_now().await;
            }
            sqlx::raw_sql(take(first))
                .execute(&mut other)
                .await
                .unwrap();
            sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
        };
        let (settled, ()) = tokio::join!(settling, crossing);
        assert_eq!(settled.unwrap().students, persons.len());
        let mut tx = office.db.read().await.unwrap();
        assert_eq!(tx.mark_count().await.unwrap(), 0);
    });
}
