//! Account numbers: assigned once, retired, never given to anybody else, always recognised.

use crate::support::on_both_engines;
use crate::support::university::{file, office, settings};
use kwestura::engine::accounts::{self, Number};
use kwestura::engine::roster::Upload;
use kwestura::engine::{EngineError, Office, students};
use kwestura::iban::Nrb;

const BY_ALBUM: &str = "client_code = \"7777\"";
const RUNNING: &str = "client_code = \"7777\"\npayer = \"running\"\ncategory_digits = 2\n\
                       [bank_account.virtual.categories]\ntuition = \"01\"\ndormitory = \"03\"";
const LIST: &str = "mode = \"list\"\nclient_code = \"5555\"";

/// A students file; a row is `id album status`.
async fn load(office: &Office, rows: &[&str], as_of: &str) -> students::Loaded {
    let lines = rows.iter().map(|row| {
        let mut words = row.split(' ');
        let mut word = || words.next().unwrap_or_default();
        let (id, album, status) = (word(), word(), word());
        format!("\n{id};{album};Ada;Testowa;{status}")
    });
    let text =
        "external_id;album;given_name;family_name;status".to_owned() + &lines.collect::<String>();
    students::import(office, &file("students.csv", &text, as_of))
        .await
        .unwrap()
}

async fn numbers(office: &Office) -> Vec<Number> {
    accounts::list(office, None).await.unwrap()
}

async fn whose(office: &Office) -> Vec<String> {
    let numbers = numbers(office).await.into_iter();
    numbers
        .map(|row| {
            format!("{} {} {}", row.student, &row.nrb[10..], row.category)
                .trim_end()
                .to_owned()
        })
        .collect()
}

/// A number of the institution's bank.
fn nrb(account: &str) -> String {
    Nrb::from_bban(&format!("99900009{account}"))
        .unwrap()
        .as_str()
        .to_owned()
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, EngineError>) -> String {
    result.expect_err("it was not refused").to_string()
}

on_both_engines! {
    async fn a_number_stays_when_the_album_changes_and_is_not_passed_on(db: TestDb) {
        let office = office(&db, &settings(BY_ALBUM), "2026-10-01").await;
        let first = load(&office, &["P-1 102345", "P-2 102346"], "2026-09-20").await;
        assert_eq!((first.numbers.len(), first.notes.len()), (2, 0));
        assert_eq!(numbers(&office).await[0].assigned_on, day("2026-09-20"));

        let second = load(&office, &["P-1 200001", "P-3 102345"], "2026-09-25").await;
        assert_eq!(second.numbers, []);
        assert_eq!(
            second.notes,
            [format!(
                "P-3 has no number for Opłaty: the one that its album makes, {}, is that of P-1; assign one with `kwestura accounts import`",
                Nrb::parse(&nrb("7777000000102345")).unwrap()
            )]
        );
        assert_eq!(whose(&office).await, ["P-1 7777000000102345", "P-2 7777000000102346"]);

        // The office assigns one, and is told no more.
        let own = format!("iban;student_external_id\n{};P-3\n", nrb("7777900000102345"));
        accounts::import(&office, &file("own.csv", &own, "")).await.unwrap();
        let third = load(&office, &["P-3 102345"], "2026-09-26").await;
        assert_eq!((third.numbers.len(), third.notes.len()), (0, 0));
    }

    async fn an_album_of_two_students_makes_a_number_for_neither(db: TestDb) {
        let office = office(&db, &settings(BY_ALBUM), "2026-10-01").await;
        let loaded = load(&office, &["P-1 102345", "P-2 102345", "P-3 X7", "P-4"], "2026-09-20").await;
        assert_eq!(loaded.numbers, []);
        let reasons: Vec<&str> = (loaded.notes.iter())
            .map(|note| note.split(": ").nth(1).unwrap().split(';').next().unwrap())
            .collect();
        assert_eq!(
            reasons,
            [
                "the album 102345 is also that of P-2",
                "the album 102345 is also that of P-1",
                "`X7` cannot be put into an account number",
                "there is no album to make it from",
            ]
        );
    }

    async fn running_numbers_are_the_same_in_every_category_and_never_come_back(db: TestDb) {
        let office = office(&db, &settings(RUNNING), "2026-10-01").await;
        load(&office, &["P-2 102346", "P-1 102345"], "2026-09-20").await;
        let expected = [
            "P-1 7777010000000001 tuition", "P-1 7777030000000001 dormitory",
            "P-2 7777010000000002 tuition", "P-2 7777030000000002 dormitory",
        ];
        let sorted = |mut rows: Vec<String>| { rows.sort(); rows };
        assert_eq!(sorted(whose(&office).await), expected);

        let retired = accounts::retire(&office, &nrb("7777010000000002"), day("2026-10-01")).await.unwrap();
        assert_eq!((retired.student.as_str(), retired.retired_on), ("P-2", Some(day("2026-10-01"))));
        let next = load(&office, &["P-2 102346", "P-3 102347"], "2026-10-02").await;
        let given: Vec<String> = (next.numbers.iter())
            .map(|row| format!("{} {} {}", row.student, &row.nrb[10..], row.category))
            .collect();
        assert_eq!(
            sorted(given),
            ["P-2 7777010000000004 tuition", "P-3 7777010000000003 tuition", "P-3 7777030000000003 dormitory"]
        );
    }

    async fn a_retired_number_is_still_its_students_and_graduates_get_no_other(db: TestDb) {
        let office = office(&db, &settings(RUNNING), "2026-10-01").await;
        load(&office, &["P-1 102345"], "2026-09-20").await;
        let number = nrb("7777010000000001");
        let early = refusal(accounts::retire(&office, &number, day("2026-09-01")).await);
        assert!(early.contains("was assigned later, on 2026-09-20"), "{early}");
        accounts::retire(&office, &number, day("2026-10-01")).await.unwrap();
        accounts::retire(&office, &number, day("2026-10-01")).await.unwrap();
        let other = refusal(accounts::retire(&office, &number, day("2026-10-02")).await);
        assert!(other.contains("is retired since 2026-10-01, and that never changes"), "{other}");

        let mut tx = office.db.read().await.unwrap();
        let found = tx.numbers(std::slice::from_ref(&number)).await.unwrap();
        let by_tail = tx.numbers_by_tail(&[number[14..].to_owned()]).await.unwrap();
        assert_eq!((found.len(), &by_tail), (1, &found));
        tx.rollback().await.unwrap();

        let graduated = load(&office, &["P-1 102345 graduated"], "2026-10-02").await;
        assert_eq!(graduated.numbers, []);
        let given_on = format!("iban;album;category\n{number};102345;tuition\n");
        accounts::import(&office, &file("a.csv", &given_on, "")).await.unwrap();
        load(&office, &["P-2 102346"], "2026-10-03").await;
        let given_on = given_on.replace("102345;", "102346;");
        let told = refusal(accounts::import(&office, &file("a.csv", &given_on, "")).await);
        assert!(told.contains("a.csv:2: album: the number is another student's since 2026-09-20"), "{told}");
    }

    async fn the_banks_list_is_used_up_in_order_and_its_end_is_told(db: TestDb) {
        let office = office(&db, &settings(LIST), "2026-10-01").await;
        let none = load(&office, &["P-1 1", "P-2 2", "P-3 3"], "2026-09-20").await;
        assert_eq!(
            none.notes,
            ["3 student(s) have no number for Opłaty: the bank's list has none left; load more with `kwestura accounts import`"]
        );
        let (first, second) = (nrb("5555000000000017"), nrb("5555000000000009"));
        let list = format!("iban\n{first}\n{second}\n");
        let preview = Upload { dry_run: true, ..file("list.csv", &list, "") };
        assert_eq!(accounts::import(&office, &preview).await.unwrap().numbers.len(), 2);
        assert_eq!(numbers(&office).await, []);
        let loaded = accounts::import(&office, &file("list.csv", &list, "")).await.unwrap();
        assert_eq!((loaded.listed, loaded.numbers.len(), loaded.notes.len()), (2, 2, 1));
        let mut order = [first.clone(), second.clone()];
        order.sort();
        let given: Vec<(&str, &str)> = (loaded.numbers.iter())
            .map(|row| (row.student.as_str(), row.nrb.as_str()))
            .collect();
        assert_eq!(given, [("P-1", order[0].as_str()), ("P-2", order[1].as_str())]);

        let again = accounts::import(&office, &file("list.csv", &list, "")).await.unwrap();
        assert_eq!((again.counts.unchanged, again.listed, again.numbers.len()), (2, 0, 0));
    }

    async fn numbers_from_before_are_loaded_with_those_retired_long_ago(db: TestDb) {
        let office = office(&db, &settings(BY_ALBUM), "2026-10-01").await;
        let student = "external_id;album;given_name;family_name\nP-1;102345;Ada;Testowa\n";
        let people = Upload { dry_run: false, ..file("s.csv", student, "2026-09-20") };
        students::import(&office, &people).await.unwrap();
        let old = nrb("7777800000000001");
        let rows = format!("iban;album;retired_on\n{old};102345;2024-02-01\n");
        let upload = Upload { opening: true, ..file("old.csv", &rows, "") };
        let loaded = accounts::import(&office, &upload).await.unwrap();
        assert_eq!((loaded.assigned, loaded.retired, loaded.numbers.len()), (1, 1, 0));
        let again = accounts::import(&office, &upload).await.unwrap();
        assert_eq!((again.counts.unchanged, again.assigned, again.retired), (1, 0, 0));

        let rows = format!("iban;album;retired_on\n{old};102345;2024-03-01\n{};;\n{};999;\n", nrb("7777800000000002"), nrb("7777800000000003"));
        let told = refusal(accounts::import(&office, &file("old.csv", &rows, "")).await);
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(
            lines[1..],
            [
                "  old.csv:2: retired_on: the number is retired since 2024-02-01, and that never changes",
                "  old.csv:3: iban: names no student, and the numbers of Opłaty do not come from the bank's list (`mode` in kwestura.toml)",
                "  old.csv:4: album: no student has or had the album 999; import the students first",
            ]
        );
    }

    async fn the_digits_of_a_number_tell_its_category(db: TestDb) {
        let office = office(&db, &settings(RUNNING), "2026-10-01").await;
        load(&office, &["P-1 1"], "2026-09-20").await;
        let row = |digits: &str, category: &str| {
            format!("iban;album;category\n{};1;{category}\n", nrb(&format!("7777{digits}0000000500")))
        };
        let import = async |text: String| accounts::import(&office, &file("a.csv", &text, "")).await;
        import(row("03", "")).await.unwrap();
        let told = refusal(import(row("01", "dormitory")).await);
        assert!(told.contains("category: `dormitory`, but its digits are those of `tuition`"), "{told}");
        let told = refusal(import(row("07", "")).await);
        assert!(told.contains("category: `` is none of: dormitory, tuition"), "{told}");
        assert!(whose(&office).await.contains(&"P-1 7777030000000500 dormitory".to_owned()));
        // The next running number comes after those that were loaded.
        let next = load(&office, &["P-2 2"], "2026-09-21").await;
        assert!(next.numbers.iter().all(|row| row.nrb.ends_with("501")), "{next:?}");
    }
}
