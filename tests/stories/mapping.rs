//! Other systems call their columns what they like, and save them as a spreadsheet does.

use crate::support::service::{clock, worker};
use crate::support::university::{file, office, settings};
use crate::support::{TestDb, on_both_engines};
use encoding_rs::WINDOWS_1250;
use kwestura::config::Job;
use kwestura::engine::roster::Upload;
use kwestura::engine::{Office, account, fees, settle, students};
use std::fs;
use std::path::Path;

/// The deans' system has names of its own, the dormitories' other ones, and no column for the kind.
const NAMES: &str = r#"
[inbox]
folder = "inbox"
students = "osoby*"
fees = "oplaty*"

[columns.students]
external_id = "OS_ID"
album = "NR_ALBUMU"
given_name = "IMIĘ"
family_name = "NAZWISKO"

[columns.fees]
external_id = "ID"
student_external_id = "OS_ID"
kind = "RODZAJ"
amount = "KWOTA"
currency = "WALUTA"
published_on = "OGŁOSZONO"
nominal_due_on = "TERMIN"

[[file]]
name = "akademiki*"
kind = "fees"
[file.columns]
external_id = "Numer naliczenia"
album = "Nr albumu"
amount = "Należność"
published_on = "Data"
nominal_due_on = "Płatne do"
[file.values]
kind = "dormitory"
currency = "PLN"
"#;

const PEOPLE: &str = "OS_ID;NR_ALBUMU;IMIĘ;NAZWISKO\r\nP-1;102345;Ada;Żółć-Testowa\r\n";
const DEANS: &str = "ID;OS_ID;RODZAJ;KWOTA;WALUTA;OGŁOSZONO;TERMIN\r\n\
                     F-1;P-1;tuition;1 950,50;PLN;15.09.2026;15.10.2026\r\n";
const DORMITORY: &str = "Numer naliczenia;Nr albumu;Należność;Data;Płatne do;Pokój\r\n\
                         D-1;102345;\"480,00\";01.09.2026;10.10.2026;12a\r\n";
const MISTAKEN: &str = "Numer naliczenia;Nr albumu;Należność;Data;Płatne do\r\n\
                        D-2;102345;480,000;01.09.2026;10.10.2026\r\n\
                        D-3;999999;480,00;01.09.2026;31.02.2026\r\n";

async fn university(db: &TestDb) -> Office {
    let text = settings("client_code = \"7777\"");
    let mut office = office(db, &format!("{text}{NAMES}"), "2026-10-01").await;
    let inbox = office.config.service.inbox.as_mut().unwrap();
    inbox.folder = db.folder().join("inbox");
    fs::create_dir(&inbox.folder).unwrap();
    office
}

/// As Excel saves it in Poland.
fn cp1250(text: &str) -> Vec<u8> {
    WINDOWS_1250.encode(text).0.into_owned()
}

/// What a student owes, by the names of the fees.
async fn fees_of(office: &Office) -> Vec<(String, String, i64)> {
    settle::run(office, |_, _| {}).await.unwrap();
    let today = office.now.today;
    let accounts = account::of_student(office, "P-1", today, i64::MAX);
    let accounts = accounts.await.unwrap();
    let fees = accounts.into_iter().flat_map(|account| account.receivables);
    let mut found: Vec<_> = fees
        .map(|fee| (fee.external_id, fee.kind, fee.amount_minor))
        .collect();
    found.sort();
    found
}

fn expected() -> Vec<(String, String, i64)> {
    vec![
        ("D-1".to_owned(), "dormitory".to_owned(), 48_000),
        ("F-1".to_owned(), "tuition".to_owned(), 195_050),
    ]
}

on_both_engines! {
    /// Files of two systems lie in the inbox; each is read by its name, whole or not at all.
    async fn files_of_several_systems_are_read_by_their_names(db: TestDb) {
        let office = university(&db).await;
        let inbox = db.folder().join("inbox");
        for (name, bytes) in [
            ("osoby-2026-09-20.csv", cp1250(PEOPLE)),
            ("OPLATY-2026-09-20.csv", ["\u{feff}", DEANS].concat().into_bytes()),
            ("akademiki-2026-09-21.csv", cp1250(DORMITORY)),
            ("akademiki-2026-09-22.csv", cp1250(MISTAKEN)),
        ] {
            fs::write(inbox.join(name), bytes).unwrap();
        }
        let (clock, hands) = clock("2026-10-01 12:00");
        let (mut worker, _stop) = worker(&office, "worker", &clock, &db.folder().join("mails"));
        for _ in 0..3 {
            worker.tick().await.unwrap();
            hands.move_by(10);
        }
        assert_eq!(fees_of(&office).await, expected());
        let why = refusal(&inbox.join("quarantine"));
        for expected in [
            "akademiki-2026-09-22.csv:2: Należność: ",
            "akademiki-2026-09-22.csv:3: Płatne do: `31.02.2026` is not a day",
        ] {
            assert!(why.contains(expected), "{why}");
        }
        let again = worker.run(Job::Import, true).await.unwrap().unwrap();
        assert!(again.said.starts_with("0 file(s)"), "{}", again.said);
        assert_eq!(fees_of(&office).await, expected());
    }

    /// The same by hand: the name of the file decides, wherever it lies; a mistake that only the books
    /// know is told under the file's own name of the column, too.
    async fn a_file_handed_in_is_read_by_its_name(db: TestDb) {
        let office = university(&db).await;
        let at = |name: &'static str, text: &'static str| file(name, text, "2026-09-20");
        students::import(&office, &at("exports/osoby.csv", PEOPLE)).await.unwrap();
        for _ in 0..2 {
            fees::import(&office, &at("exports/oplaty.csv", DEANS)).await.unwrap();
            fees::import(&office, &at("exports/Akademiki.csv", DORMITORY)).await.unwrap();
        }
        assert_eq!(fees_of(&office).await, expected());

        let stranger = DORMITORY.replace("102345", "999999");
        let upload = Upload { bytes: stranger.as_bytes(), ..at("akademiki.csv", "") };
        let why = fees::import(&office, &upload).await.unwrap_err().to_string();
        assert!(why.contains("akademiki.csv:2: Nr albumu: no student has"), "{why}");
        let why = fees::import(&office, &at("dormitory.csv", DORMITORY)).await.unwrap_err();
        let why = why.to_string();
        assert!(why.contains("dormitory.csv:1: KWOTA: the column is missing (it is read as `amount`)"), "{why}");
        assert_eq!(fees_of(&office).await, expected());
    }
}

/// The reason beside the one file that lies in quarantine.
fn refusal(quarantine: &Path) -> String {
    let entries = fs::read_dir(quarantine).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let reasons: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .collect();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    fs::read_to_string(&reasons[0]).unwrap()
}
