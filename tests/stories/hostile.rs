//! Bad input, recorded: what stands, what is held back, and that no file makes money of its own.
//!
//! A story's name begins with the number of the rule, as in `hostile`.

use super::bank::{
    self, BOSS, IBAN, Line, Statement, credits, day, import, import_file, line, october, office,
    owes, students,
};
use crate::support::camt::{self, amount, details, parties};
use crate::support::on_both_engines;
use kwestura::config;
use kwestura::engine::record::{self, Recorded};
use kwestura::engine::review::{self, Wanted};
use kwestura::engine::{Office, coverage, statements, verify};
use kwestura::statement::read::Profile;

/// Another account of the institution.
const OTHER: &str = "PL83999000090000000000001003";

/// An office that has both accounts.
async fn with_two_accounts(url: &str) -> Office {
    let mut office = office(url, 20).await;
    let other = format!(
        "\n[[bank_account]]\niban = \"{OTHER}\"\nname = \"dormitories\"\ncurrency = \"PLN\"\nprofile = \"mbank\"\n"
    );
    office.config = config::parse(&(bank::toml("") + &other), Profile::names())
        .unwrap()
        .into();
    students(&office).await;
    office
}

/// The same statement, of the other account.
fn of_the_other(statement: &Statement) -> Vec<u8> {
    let text = String::from_utf8(statement.file()).unwrap();
    text.replace(IBAN, OTHER).into_bytes()
}

/// What became of the only statement of a file.
async fn recorded(office: &Office, name: &str, bytes: &[u8]) -> Recorded {
    let report = import_file(office, name, bytes).await;
    assert_eq!((&report.error, report.statements.len()), (&None, 1));
    report.statements[0].outcome.clone()
}

/// How many statements of any status are recorded.
async fn how_many(office: &Office) -> usize {
    statements::list(office, &[]).await.unwrap().len()
}

/// The amounts that wait for a person.
async fn in_review(office: &Office) -> Vec<i64> {
    let queue = review::list(office, &Wanted::default()).await.unwrap();
    queue.iter().map(|row| row.amount_minor).collect()
}

async fn through(office: &Office) -> Option<u32> {
    use chrono::Datelike;
    let all = coverage::all(office).await.unwrap();
    let of_fees = all.iter().find(|row| row.iban == IBAN)?;
    of_fees.coverage.through.map(|day| day.day())
}

async fn assert_verified(office: &Office) {
    let report = verify::run(office).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

/// A transfer to a student's number, as one transaction of a batch.
fn part(minor: i64, student: &str) -> String {
    let (_, tail) = bank::STUDENTS
        .iter()
        .find(|(name, _)| *name == student)
        .unwrap();
    let number = kwestura::iban::Nrb::from_bban(&format!("999000097777{tail}")).unwrap();
    amount(minor) + &parties("PLATNIK", &format!("PL{}", bank::PAYER), &number.iban())
}

on_both_engines! {
    /// A statement may close on the day after its entries; the next one attaches to it.
    async fn b10_a_statement_that_closes_on_the_next_day_is_attached(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let first = day(197, 12, 0, vec![line(12, 50_000, "ada")]).through(13);
        let second = day(198, 14, 50_000, vec![line(14, 20_000, "bartek")]);
        for statement in [&second, &first] {
            assert_eq!(import(&office, statement).await, Recorded::Published(1));
        }
        assert_eq!(through(&office).await, Some(14));
        assert_verified(&office).await;
    }

    /// So do all statements of a bank that dates every closing balance on the next day.
    async fn b10_statements_that_all_close_on_the_next_day_follow_each_other(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        for (number, on, opening) in [(198, 13, 10_000), (197, 12, 0), (199, 14, 20_000)] {
            let statement = day(number, on, opening, vec![line(on, 10_000, "ada")]).through(on + 1);
            assert_eq!(import(&office, &statement).await, Recorded::Published(1));
        }
        assert_eq!((credits(&office, "ada").await, through(&office).await), (vec![10_000; 3], Some(15)));
        assert_verified(&office).await;
    }

    /// Where a page is missing nothing is posted; the whole statement then stands.
    async fn b12_a_statement_with_a_missing_page_waits_for_the_whole(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let whole = String::from_utf8(day(197, 12, 0, vec![line(12, 50_000, "ada"), line(12, 20_000, "bartek")]).file()).unwrap();
        let second = whole.rfind(":61:").unwrap();
        let (first, second) = whole.split_at(second);
        let head = first.split(":60F:").next().unwrap().replace(":28C:197", ":28C:197/2");
        let first = first.replace(":28C:197", ":28C:197/1") + ":62M:C261012PLN500,00\r\n-\r\n";
        let second = format!("{head}:60M:C261012PLN500,00\r\n{second}");
        for half in [&first, &second] {
            let outcome = recorded(&office, "half.sta", half.as_bytes()).await;
            assert!(matches!(outcome, Recorded::Quarantined(_) | Recorded::Waiting(_)), "{outcome:?}");
            assert_eq!((owes(&office, "ada").await, through(&office).await), ((50_000, 0), None));
        }
        assert_eq!(recorded(&office, "whole.sta", (first + &second).as_bytes()).await, Recorded::Published(2));
        assert_eq!(credits(&office, "ada").await, [50_000]);
        assert_eq!(credits(&office, "bartek").await, [20_000]);
    }

    /// A day without movements is recorded with its balance and moves the coverage.
    async fn b15_a_day_without_entries_is_covered(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        import(&office, &day(197, 12, 0, vec![line(12, 50_000, "ada")])).await;
        assert_eq!(import(&office, &day(198, 13, 50_000, vec![])).await, Recorded::Published(0));
        assert_eq!(through(&office).await, Some(13));
        assert_eq!(import(&office, &day(199, 14, 50_000, vec![line(14, 100, "ada")])).await, Recorded::Published(1));
        assert_eq!(through(&office).await, Some(14));
    }

    /// A line of nothing is stored and settles nothing.
    async fn b26_a_zero_line_is_stored_and_settles_nothing(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let statement = day(197, 12, 0, vec![line(12, 0, "ada"), line(12, 50_000, "bartek")]);
        assert_eq!(import(&office, &statement).await, Recorded::Published(2));
        assert_eq!(owes(&office, "ada").await, (50_000, 0));
        assert_eq!(owes(&office, "bartek").await, (0, 0));
        assert_verified(&office).await;
    }

    /// A batch is its transactions; a charge beside them is no student's and nothing is missing.
    async fn b31_a_batch_with_a_charge_pays_for_each_and_an_unexplained_one_is_asked_about(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let charge = "<Chrgs><Rcrd><Amt Ccy=\"PLN\">26.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>";
        let charged = charge.to_owned() + &details(&[part(50_000, "ada"), part(20_000, "bartek")]);
        let text = camt::statement(197, "2026-10-12", 0, &[(67_400, &charged)]);
        assert!(matches!(recorded(&office, "a.xml", text.as_bytes()).await, Recorded::Published(_)));
        assert_eq!(credits(&office, "ada").await, [50_000]);
        assert_eq!(credits(&office, "bartek").await, [20_000]);
        let unexplained = details(&[part(50_000, "ada"), part(20_000, "bartek")]);
        let text = camt::statement(198, "2026-10-13", 67_400, &[(69_900, &unexplained)]);
        assert_eq!(recorded(&office, "b.xml", text.as_bytes()).await, Recorded::Published(1));
        assert_eq!(credits(&office, "ada").await, [50_000]);
        assert_eq!(in_review(&office).await, [69_900]);
        assert_verified(&office).await;
    }

    /// A batch without details is one credit, and a person is asked.
    async fn b32_a_batch_without_details_is_one_credit_in_review(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let batch = "<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch></NtryDtls>";
        let text = camt::statement(197, "2026-10-12", 0, &[(70_000, batch)]);
        assert_eq!(recorded(&office, "a.xml", text.as_bytes()).await, Recorded::Published(1));
        assert_eq!(in_review(&office).await, [70_000]);
    }

    /// What is pending today and booked tomorrow is money tomorrow, once.
    async fn b35_what_is_pending_is_no_money_until_it_is_booked(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let inside = details(&[part(50_000, "ada")]);
        let pending = camt::entry(50_000, "2026-10-12", &inside).replace("BOOK", "PDNG");
        let balances = camt::balance("OPBD", 0, "2026-10-12") + &camt::balance("CLBD", 0, "2026-10-12");
        let today = camt::document("camt.053.001.08", 197, &(balances + &pending));
        assert_eq!(recorded(&office, "a.xml", today.as_bytes()).await, Recorded::Published(0));
        assert_eq!(owes(&office, "ada").await, (50_000, 0));
        let tomorrow = camt::statement(198, "2026-10-13", 0, &[(50_000, &inside)]);
        assert_eq!(recorded(&office, "b.xml", tomorrow.as_bytes()).await, Recorded::Published(1));
        assert_eq!(credits(&office, "ada").await, [50_000]);
    }

    /// Reports and notifications are named and not posted, before and after the final statement.
    async fn b36_a_report_beside_the_statement_brings_no_second_money(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let inside = details(&[part(50_000, "ada")]);
        let entry = camt::entry(50_000, "2026-10-12", &inside);
        let report = camt::document("camt.052.001.08", 1, &entry);
        let notice = camt::document("camt.054.001.08", 1, &entry);
        let mt942 = format!(":20:A\r\n:25:{IBAN}\r\n:28C:1\r\n:34F:PLN0,\r\n:61:2610121012C500,00NTRFX\r\n:90D:0PLN0,\r\n:90C:1PLN500,\r\n-\r\n");
        let statement = camt::statement(197, "2026-10-12", 0, &[(50_000, &inside)]);
        for (file, published) in [(&report, false), (&notice, false), (&mt942, false), (&statement, true), (&report, false), (&notice, false)] {
            match recorded(&office, "file", file.as_bytes()).await {
                Recorded::Published(1) => assert!(published),
                Recorded::NotPosted(reason) => {
                    let named = ["camt.052", "camt.054", "MT942"].iter().any(|name| reason.contains(name));
                    assert!(!published && named, "{reason}");
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((credits(&office, "ada").await, how_many(&office).await), (vec![50_000], 1));
    }

    /// A payer whose bank gives no id, or always the same, pays as often as the bank says.
    async fn b38_b39_equal_or_missing_ids_make_no_payment_the_same(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        for (place, id) in ["NOTPROVIDED", "NOTPROVIDED", "ROK-1", "ROK-1", ""].iter().enumerate() {
            let number = u32::try_from(place).unwrap();
            let transaction = format!("<Refs><EndToEndId>{id}</EndToEndId></Refs>{}", part(10_000, "ada"));
            let day = format!("2026-10-{}", 12 + number);
            let text = camt::statement(197 + number, &day, i64::from(number) * 10_000, &[(10_000, &details(&[transaction]))]);
            assert_eq!(recorded(&office, "a.xml", text.as_bytes()).await, Recorded::Published(1));
        }
        assert_eq!(credits(&office, "ada").await, [10_000; 5]);
    }

    /// A bank that begins its numbers and ids anew each year writes new statements.
    async fn b40_an_id_that_comes_back_next_year_is_a_new_statement(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let text = String::from_utf8(day(1, 12, 0, vec![line(12, 50_000, "ada")]).file()).unwrap();
        let before = text.replace("2610121012", "2510131013").replace("C261012", "C251013");
        for file in [&text, &before] {
            assert_eq!(recorded(&office, "a.sta", file.as_bytes()).await, Recorded::Published(1));
        }
        assert_eq!(credits(&office, "ada").await, [50_000; 2]);
    }

    /// Two accounts in one file, one of them without movements, are both recorded.
    async fn b49_both_accounts_of_a_file_are_recorded(db: TestDb) {
        let office = with_two_accounts(db.url()).await;
        let mut file = day(197, 12, 0, vec![line(12, 50_000, "ada")]).file();
        file.extend(of_the_other(&day(57, 12, 900, vec![])));
        let report = import_file(&office, "both.sta", &file).await;
        let outcomes: Vec<&Recorded> = report.statements.iter().map(|row| &row.outcome).collect();
        assert_eq!(outcomes, [&Recorded::Published(1), &Recorded::Published(0)]);
        let covered = coverage::all(&office).await.unwrap();
        assert!(covered.iter().all(|row| row.coverage.through == Some(october(12))), "{covered:?}");
    }

    /// An account that is not ours, or was cut short, is refused by name, and nothing is made.
    async fn b50_a_statement_of_an_unknown_account_makes_nothing(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let text = String::from_utf8(day(197, 12, 0, vec![line(12, 50_000, "ada")]).file()).unwrap();
        for account in [OTHER, "PL4099900009000000000000100", "1001", ""] {
            let file = text.replace(IBAN, account);
            let outcome = recorded(&office, "a.sta", file.as_bytes()).await;
            let Recorded::NotPosted(reason) = outcome else {
                panic!("{account}: {outcome:?}");
            };
            assert!(reason.contains(account), "{reason}");
        }
        assert_eq!((how_many(&office).await, owes(&office, "ada").await), (0, (50_000, 0)));
        assert!(coverage::all(&office).await.unwrap().iter().all(|row| row.iban == IBAN));
    }

    /// A half-written file posts nothing, whichever byte is its last.
    async fn b75_a_file_that_is_cut_off_posts_nothing_else_than_the_whole(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let file = day(197, 12, 0, vec![line(12, 50_000, "ada")]).file();
        let closing = file.windows(5).position(|five| five == b":62F:").unwrap();
        for end in (0..closing).step_by(7).chain(closing..file.len()) {
            let report = record::file(&office, "part.sta", &file[..end]).await.unwrap();
            for row in &report.statements {
                let posted = matches!(row.outcome, Recorded::Published(_));
                assert!(!posted || closing < end, "cut off at {end}: {row:?}");
            }
        }
        import_file(&office, "whole.sta", &file).await;
        assert_eq!((credits(&office, "ada").await, owes(&office, "ada").await), (vec![50_000], (0, 0)));
        assert_verified(&office).await;
    }

    /// A withdrawn statement stays withdrawn, whoever sends its file again.
    async fn what_a_person_took_out_is_not_brought_back_by_its_file(db: TestDb) {
        let office = office(db.url(), 20).await;
        students(&office).await;
        let statement: Statement = day(197, 12, 0, vec![Line::tnr(line(12, 50_000, "ada"), "100.1")]);
        import(&office, &statement).await;
        statements::withdraw(&office, &bank::name(&statement), BOSS).await.unwrap();
        let again = recorded(&office, "again.sta", &statement.file()).await;
        assert_eq!(again, Recorded::AlreadyImported("withdrawn".to_owned()));
        assert_eq!(owes(&office, "ada").await, (50_000, 0));
    }

    /// The bank's number of an operation is its own on each account.
    async fn b63_the_same_reference_on_another_account_is_another_payment(db: TestDb) {
        let office = with_two_accounts(db.url()).await;
        let statement = day(197, 12, 0, vec![line(12, 50_000, "ada").tnr("100.1")]);
        assert_eq!(import(&office, &statement).await, Recorded::Published(1));
        let other = recorded(&office, "other.sta", &of_the_other(&statement)).await;
        assert_eq!(other, Recorded::Published(1));
        assert_eq!(how_many(&office).await, 2);
        assert_verified(&office).await;
    }
}
