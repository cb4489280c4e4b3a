//! Students and fees are loaded from exports: whole files, any order, as often as one likes.

use crate::support::on_both_engines;
use crate::support::university::{file, office, settings};
use kwestura::engine::roster::{Counts, Upload};
use kwestura::engine::{EngineError, Office, fees, students};
use kwestura::store::facts::FactRows;

const BY_ALBUM: &str = "client_code = \"7777\"";
const PEOPLE: &str = "external_id;album;given_name;family_name;as_of\n\
                      P-1;102345;Ada;Testowa;2026-09-20\n\
                      P-2;102346;Jan;Próbny;2026-09-20\n";
const FEES: &str =
    "external_id;student_external_id;kind;amount;currency;published_on;nominal_due_on\n";

async fn with_people(db: &crate::support::TestDb) -> Office {
    let office = office(db, &settings(BY_ALBUM), "2026-10-01").await;
    let upload = file("students.csv", PEOPLE, "");
    students::import(&office, &upload).await.unwrap();
    office
}

async fn load_fees(office: &Office, rows: &str, as_of: &str) -> Result<fees::Loaded, EngineError> {
    let text = format!("{FEES}{rows}");
    fees::import(office, &file("fees.csv", &text, as_of)).await
}

/// All that is stored of the students, and how many of them wait to be settled.
pub async fn stored(office: &Office) -> (FactRows, i64) {
    let mut tx = office.db.read().await.unwrap();
    let persons: Vec<i64> = (tx.all_persons().await.unwrap().iter())
        .map(|row| row.id)
        .collect();
    let facts = tx.facts_of(&persons, i64::MAX).await.unwrap();
    (facts, tx.mark_count().await.unwrap())
}

fn counts(rows: usize, new: usize, changed: usize, unchanged: usize, older: usize) -> Counts {
    Counts {
        rows,
        new,
        changed,
        unchanged,
        older,
    }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, EngineError>) -> String {
    result.expect_err("it was not refused").to_string()
}

on_both_engines! {
    /// A page of those who are found, and the next behind its last, without one twice or none.
    async fn students_are_found_page_by_page(db: TestDb) {
        let office = super::bank::university(db.url()).await;
        let found = async |search: &str, after: &str, limit| {
            let found = students::found(&office, search, after, limit).await.unwrap();
            found.into_iter().map(|one| one.external_id).collect::<Vec<_>>()
        };
        let all = found("testow", "", usize::MAX).await;
        assert_eq!(all.len(), 3);
        let mut seen: Vec<String> = Vec::new();
        loop {
            let after = seen.last().cloned().unwrap_or_default();
            let page = found("TESTÓW", &after, 2).await;
            if page.is_empty() {
                break;
            }
            seen.extend(page);
        }
        assert_eq!(seen, all);
        assert_eq!(found("", "", usize::MAX).await, all);
        assert_eq!(found("testowa ad", "", 2).await, ["ada"]);
        for exact in ["900001", " ada "] {
            assert_eq!(found(exact, "", 2).await, ["ada"], "{exact}");
        }
        for nobody in ["estowa", "%", "_", "ada nikt", "90000"] {
            assert_eq!(found(nobody, "", 2).await, [] as [&str; 0], "{nobody}");
        }
    }

    async fn the_same_export_a_second_time_changes_nothing(db: TestDb) {
        let office = office(&db, &settings(BY_ALBUM), "2026-10-01").await;
        let upload = file("students.csv", PEOPLE, "");
        let first = students::import(&office, &upload).await.unwrap();
        assert_eq!((first.counts, first.numbers.len()), (counts(2, 2, 0, 0, 0), 2));
        let second = students::import(&office, &upload).await.unwrap();
        assert_eq!((second.counts, second.numbers.len()), (counts(2, 0, 0, 2, 0), 0));

        let rows = "F-1;P-1;tuition;1 950,00;PLN;2026-09-15;2026-10-15\n\
                    F-2;P-2;tuition;1950;PLN;2026-09-15;2026-10-15\n";
        let first = load_fees(&office, rows, "2026-09-20").await.unwrap();
        assert_eq!((first.counts, first.students), (counts(2, 2, 0, 0, 0), 2));
        let before = stored(&office).await;
        assert_eq!((before.0.versions.len(), before.1), (2, 2));
        let second = load_fees(&office, rows, "2026-09-20").await.unwrap();
        assert_eq!((second.counts, second.students), (counts(2, 0, 0, 2, 0), 0));
        assert_eq!(format!("{:?}", stored(&office).await), format!("{before:?}"));
    }

    async fn two_people_who_load_the_same_file_at_once_load_it_once(db: TestDb) {
        let office = office(&db, &settings(BY_ALBUM), "2026-10-01").await;
        let upload = file("students.csv", PEOPLE, "");
        let (one, other) = tokio::join!(
            students::import(&office, &upload),
            students::import(&office, &upload)
        );
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(one.counts.new + other.counts.new, 2);
        assert_eq!(one.numbers.len() + other.numbers.len(), 2);

        let text = format!("{FEES}F-1;P-1;tuition;10;PLN;2026-09-15;2026-10-15\n");
        let upload = file("fees.csv", &text, "2026-09-20");
        let (one, other) = tokio::join!(fees::import(&office, &upload), fees::import(&office, &upload));
        assert_eq!(one.unwrap().counts.new + other.unwrap().counts.new, 1);
    }

    async fn one_bad_row_keeps_the_whole_file_out_and_every_mistake_is_told(db: TestDb) {
        let office = with_people(&db).await;
        let rows = "F-1;P-1;tuition;1950;PLN;2026-09-15;2026-10-15\n\
                    F-2;P-9;tuition;1950;PLN;2026-09-15;2026-10-15\n\
                    F-3;P-8;tuition;1950;PLN;2026-09-15;2026-10-15\n";
        assert_eq!(
            refusal(load_fees(&office, rows, "2026-09-20").await),
            "fees.csv has 2 mistake(s), nothing was imported:\n  \
             fees.csv:3: student_external_id: there is no student `P-9`; import the students first\n  \
             fees.csv:4: student_external_id: there is no student `P-8`; import the students first"
        );
        assert_eq!(stored(&office).await.0.receivables.len(), 0);

        let bad = "external_id;album;given_name;family_name;as_of\n\
                   P-3;1;Ewa;Nowa;2026-09-20\n;2;Ola;Nowa;2026-09-20\nP-5;3;Iza;;2026-09-20\n";
        let told = refusal(students::import(&office, &file("s.csv", bad, "")).await);
        assert!(told.contains("\n  s.csv:3: external_id: is empty"), "{told}");
        assert!(told.contains("\n  s.csv:4: family_name: is empty"), "{told}");
        assert_eq!(students::list(&office, None).await.unwrap().len(), 2);
    }

    async fn a_preview_tells_what_would_happen_and_writes_nothing(db: TestDb) {
        let office = office(&db, &settings(BY_ALBUM), "2026-10-01").await;
        let preview = Upload { dry_run: true, ..file("students.csv", PEOPLE, "") };
        let told = students::import(&office, &preview).await.unwrap();
        assert_eq!((told.counts.new, told.numbers.len()), (2, 2));
        assert_eq!(students::list(&office, None).await.unwrap(), []);

        let office = with_people(&db).await;
        let text = format!("{FEES}F-1;P-1;tuition;1950;PLN;2026-09-15;2026-10-15\n");
        let preview = Upload { dry_run: true, ..file("fees.csv", &text, "2026-09-20") };
        assert_eq!(fees::import(&office, &preview).await.unwrap().counts.new, 1);
        let (facts, marks) = stored(&office).await;
        assert_eq!((facts.receivables.len(), facts.versions.len(), marks), (0, 0, 0));
    }

    async fn an_older_export_that_comes_late_does_not_override_a_newer_one(db: TestDb) {
        let office = with_people(&db).await;
        let newer = "external_id;album;given_name;family_name;status;as_of\n\
                     P-1;102345;Ada;Nowa;on_leave;2026-09-27\n";
        let older = "external_id;album;given_name;family_name;status;as_of\n\
                     P-1;102345;Ada;Dawna;active;2026-09-10\n";
        let changed = students::import(&office, &file("s.csv", newer, "")).await.unwrap();
        assert_eq!(changed.counts, counts(1, 0, 1, 0, 0));
        let late = students::import(&office, &file("s.csv", older, "")).await.unwrap();
        assert_eq!(late.counts, counts(1, 0, 0, 0, 1));
        let found = students::list(&office, Some("ada")).await.unwrap();
        assert_eq!((found[0].family_name.as_str(), found[0].status.as_str()), ("Nowa", "on_leave"));

        let fee = |amount: &str| format!("F-1;P-1;tuition;{amount};PLN;2026-09-15;2026-10-15\n");
        load_fees(&office, &fee("1900"), "2026-09-27 08:30").await.unwrap();
        let late = load_fees(&office, &fee("1950"), "2026-09-27").await.unwrap();
        assert_eq!(late.counts, counts(1, 0, 0, 0, 1));
        let same = load_fees(&office, &fee("1900"), "2026-09-28").await.unwrap();
        assert_eq!(same.counts, counts(1, 0, 0, 1, 0));
        let cancelled = load_fees(&office, &fee("0"), "2026-09-29").await.unwrap();
        assert_eq!(cancelled.counts, counts(1, 0, 1, 0, 0));
        let amounts: Vec<i64> = (stored(&office).await.0.versions.iter())
            .map(|row| row.amount_minor)
            .collect();
        assert_eq!(amounts, [195_000, 190_000, 190_000, 0]);
    }

    async fn two_exports_of_one_moment_that_differ_are_refused(db: TestDb) {
        let office = with_people(&db).await;
        let other = PEOPLE.replace("Testowa", "Inna");
        let told = refusal(students::import(&office, &file("s.csv", &other, "")).await);
        assert!(told.contains("s.csv:2: external_id: `P-1` is stored as Ada Testowa, album 102345"), "{told}");

        let fee = |amount: &str| format!("F-1;P-1;tuition;{amount};PLN;2026-09-15;2026-10-15\n");
        load_fees(&office, &fee("1950"), "2026-09-20").await.unwrap();
        let told = refusal(load_fees(&office, &fee("1900"), "2026-09-20").await);
        assert!(
            told.contains("fees.csv:2: amount: the export of the same moment (2026-09-20) said 1950.00 PLN of the fee `F-1`"),
            "{told}"
        );
    }

    async fn a_fee_keeps_its_student_kind_category_and_currency(db: TestDb) {
        let office = with_people(&db).await;
        let fee = |words: &str| format!("F-1;{words};2026-09-15;2026-10-15\n");
        load_fees(&office, &fee("P-1;tuition;1950;PLN"), "2026-09-20").await.unwrap();
        for (words, told) in [
            ("P-2;tuition;1950;PLN", "student_external_id: the fee `F-1` was before another student's"),
            ("P-1;dormitory;1950;PLN", "kind: `dormitory`, but the kind of the fee `F-1` was before `tuition`"),
            ("P-1;tuition;1950;EUR", "currency: `EUR`, but the currency of the fee `F-1` was before `PLN`"),
        ] {
            let refused = refusal(load_fees(&office, &fee(words), "2026-09-21").await);
            assert!(refused.contains(told), "{refused}");
        }
    }

    async fn a_student_is_named_by_any_album_unless_two_have_had_it(db: TestDb) {
        let office = with_people(&db).await;
        let passed_on = "external_id;album;given_name;family_name;as_of\n\
                         P-1;200001;Ada;Testowa;2026-09-25\n\
                         P-2;102345;Jan;Próbny;2026-09-25\n";
        students::import(&office, &file("s.csv", passed_on, "")).await.unwrap();
        let fee = |album: &str| format!(
            "external_id;album;kind;amount;currency;nominal_due_on\nF-1;{album};tuition;10;PLN;2026-10-15\n"
        );
        let told = refusal(fees::import(&office, &file("f.csv", &fee("102345"), "2026-09-26")).await);
        assert!(told.contains("f.csv:2: album: the album 102345 is or was that of P-1 and P-2"), "{told}");
        fees::import(&office, &file("f.csv", &fee("102346"), "2026-09-26")).await.unwrap();
        let (facts, _) = stored(&office).await;
        let owner = facts.persons.iter().find(|row| row.id == facts.receivables[0].person_id).unwrap();
        assert_eq!(owner.external_id, "P-2");
    }

    async fn balances_and_money_on_account_are_loaded_at_go_live_and_once(db: TestDb) {
        let office = with_people(&db).await;
        let rows = "F-1;P-1;tuition;450;PLN;2026-03-15;2026-04-15\n\
                    Z-1;P-2;tuition;-120,50;PLN;2026-05-04;2026-05-04\n";
        let text = format!("{FEES}{rows}");
        let refused = refusal(fees::import(&office, &file("b.csv", &text, "2026-09-20")).await);
        assert!(refused.contains("b.csv:3: amount: is negative"), "{refused}");

        let opening = |text| Upload { opening: true, ..file("b.csv", text, "") };
        let loaded = fees::import(&office, &opening(&text)).await.unwrap();
        assert_eq!((loaded.counts.new, loaded.on_account, loaded.students), (2, 1, 2));
        let (facts, marks) = stored(&office).await;
        let credit = &facts.opening[0];
        assert_eq!((credit.amount_minor, credit.credited_on.to_string().as_str()), (12_050, "2026-05-04"));
        assert_eq!((facts.versions[0].opening, marks), (1, 2));

        let again = fees::import(&office, &opening(&text)).await.unwrap();
        assert_eq!((again.counts, again.students), (counts(2, 0, 0, 2, 0), 0));
        let other = text.replace("-120,50", "-130");
        let refused = refusal(fees::import(&office, &opening(&other)).await);
        assert!(refused.contains("b.csv:3: external_id: `Z-1` is stored as 120.50 PLN on account from 2026-05-04"), "{refused}");
    }

    /// The books of September are closed: an export that is made in October about September is
    /// posted in October.
    async fn a_closed_month_takes_no_postings(db: TestDb) {
        let office = with_people(&db).await;
        let mut tx = office.db.write().await.unwrap();
        let last_day = "2026-09-30".parse().unwrap();
        tx.close_month("2026-09", last_day, "kwestor", 1).await.unwrap();
        tx.commit().await.unwrap();
        load_fees(&office, "F-1;P-1;tuition;10;PLN;2026-09-15;2026-10-15\n", "2026-09-20").await.unwrap();
        let mut tx = office.db.read().await.unwrap();
        let posted: Vec<(String,)> = tx
            .fetch("SELECT CAST(posted_on AS TEXT) AS posted_on FROM receivable_version", &[])
            .await
            .unwrap();
        assert_eq!(posted, [("2026-10-01".to_owned(),)]);
    }
}
