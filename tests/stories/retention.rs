//! What was kept long enough goes, and the books can still be verified (S20).

use super::bank::{line, october};
use super::damage;
use super::world::{World, refusal};
use crate::support::service::{self, millis};
use crate::support::{TestDb, on_both_engines};
use kwestura::config::Job;
use kwestura::engine::decide::Request;
use kwestura::engine::desk::{self, Wanted};
use kwestura::engine::hear::{self, Attachment, Saying};
use kwestura::engine::retention::{self, Class};
use kwestura::engine::statements::Said;
use kwestura::engine::{Moment, audit, lookup, refunds, settle, verify};
use kwestura::service::jobs::Outcome;
use kwestura::store::kept::{OF_NOBODY, OF_STUDENTS};
use serde_json::Value;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use std::collections::BTreeSet;

/// It stands in a title, in a name, in a confirmation, and in a student's words.
const CANARY: &str = "KANAREKXQ";
/// Where it is.
const PLACES: &[&str] = &[
    "SELECT COUNT(*) FROM entry_text WHERE remittance LIKE '%KANAREKXQ%'",
    "SELECT COUNT(*) FROM entry_token WHERE token LIKE '%KANAREKXQ%'",
    "SELECT COUNT(*) FROM attachment WHERE name LIKE '%KANAREKXQ%'",
    "SELECT COUNT(*) FROM decision WHERE why LIKE '%KANAREKXQ%'",
    "SELECT COUNT(*) FROM case_event WHERE detail LIKE '%KANAREKXQ%'",
    "SELECT COUNT(*) FROM audit_event WHERE detail LIKE '%KANAREKXQ%'",
];

/// How often the canary is where it can be.
async fn canaries(world: &World) -> i64 {
    let mut found = 0;
    let mut tx = world.office.db.read().await.unwrap();
    for place in PLACES {
        let (count,): (i64,) = tx.one(place, &[]).await.unwrap();
        found += count;
    }
    tx.rollback().await.unwrap();
    found
}

fn is(world: &mut World, text: &str) {
    let zone = world.office.config.institution.time_zone;
    world.office.now = Moment::of(millis(text), zone);
}

/// How much was erased of each class.
async fn erased(world: &World, dry_run: bool) -> Vec<(&'static str, usize)> {
    let ran = retention::run(&world.office, "ola", dry_run).await.unwrap();
    let ran = ran.into_iter().filter(|one| one.count > 0);
    ran.map(|one| (one.class.name(), one.count)).collect()
}

async fn is_clean(world: &World) {
    let report = verify::run(&world.office).await.unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    audit::seal(&world.office).await.unwrap();
    let chain = audit::check(&world.office).await.unwrap();
    assert_eq!((chain.broken_at, chain.sealed), (None, chain.events));
}

/// Ada claims, with a confirmation, and pays: 80.00 for a fee that she names and 520.00 for what is left.
/// Bartek pays; Celina pays a part.
async fn begin(db: &TestDb) -> World {
    let mut world = World::begin(db).await;
    world.today(2);
    world.fee("F-17", "ada", "100,00", "2026-10-20").await;
    let ada = lookup::by_external(&world.office, "ada")
        .await
        .unwrap()
        .person;
    let confirmation = Attachment {
        name: format!("{CANARY}.pdf"),
        content: b"%PDF-1.4 a confirmation".to_vec(),
    };
    let saying = Saying::Paid {
        on: october(1),
        amount: None,
        confirmation: Some(confirmation),
    };
    let heard = hear::hear(&world.office, ada, "F-ada", &saying, CANARY).await;
    heard.unwrap().unwrap();
    // What COS writes to a student goes with the words on the case.
    let bartek = lookup::by_external(&world.office, "bartek").await.unwrap();
    let heard = hear::hear(
        &world.office,
        bartek.person,
        "F-bartek",
        &Saying::Wrong,
        "no",
    );
    heard.await.unwrap().unwrap();
    let case = desk::list(&world.office, &Wanted::default()).await.unwrap()[0].id;
    let said = Said {
        by: "eva",
        why: "it is right",
    };
    desk::resolve(&world.office, case, (desk::NONE, CANARY), said)
        .await
        .unwrap();
    let lines = vec![
        line(5, 8_000, "ada").title(&format!("{CANARY}77 F-17")),
        line(5, 52_000, "ada").title(&format!("DLA {CANARY}77")),
        line(5, 50_000, "bartek"),
    ];
    world.bank(5, lines).await;
    world.bank(6, vec![line(6, 20_000, "celina")]).await;
    kwestura::engine::escalate::run(&world.office, october(6), false)
        .await
        .unwrap();
    audit::by_name(&world.office, "ola", "looked", CANARY)
        .await
        .unwrap();
    audit::seal(&world.office).await.unwrap();
    let trace = "INSERT INTO link_request (address_sha256, network, at) VALUES ('a', 'n', 0);
        INSERT INTO payment_file (number, format, account, currency, pay_on, order_count, sum_minor, content,
            by_whom, recorded_at) VALUES (1, 'elixir0', 'x', 'PLN', '2026-10-06', 1, 1, '110,', 'ada', 0)";
    let trace = if db.is_server() {
        trace.to_owned()
    } else {
        trace.replace("'110,'", "X'3131302C'")
    };
    damage::run(db.url(), &trace).await.unwrap();
    world
}

on_both_engines! {
    /// S20: retention, and erasure that respects the duty to keep books.
    async fn s20_what_was_kept_long_enough_goes_and_the_books_verify(db: TestDb) {
        let mut world = begin(&db).await;
        let owes = [world.owes("ada").await, world.owes("bartek").await, world.owes("celina").await];
        assert_eq!(owes, [(0, 0), (0, 0), (30_000, 0)]);
        assert!(canaries(&world).await >= 6);
        // Its time is not over: five years behind the year. Traces of a sign-in stay no longer than a year.
        is(&mut world, "2031-12-31 12:00");
        assert_eq!(erased(&world, true).await, [("sign_in", 1)]);

        is(&mut world, "2033-01-02 12:00");
        let due = erased(&world, true).await;
        let classes: Vec<&str> = due.iter().map(|(class, _)| *class).collect();
        assert_eq!(classes, ["statements", "payment_files", "confirmations", "messages", "sign_in", "audit"]);
        // The file of Celina, who owes, stays.
        assert_eq!(due[0], ("statements", 1));
        assert!(canaries(&world).await >= 6);
        assert_eq!(erased(&world, false).await, due);
        assert_eq!(canaries(&world).await, 0);
        assert_eq!(erased(&world, false).await, []);
        is_clean(&world).await;
        let now = [world.owes("ada").await, world.owes("bartek").await, world.owes("celina").await];
        assert_eq!(now, owes);
        // What the payer meant the money for is left, and nothing else of the title.
        let credits = world.credits("ada").await;
        let mut titles = Vec::new();
        for credit in &credits {
            titles.push(world.why_credit(credit).await.remittance);
        }
        titles.sort();
        assert_eq!(titles, ["", "F-17"]);
        assert!(refusal(refunds::content(&world.office, 1).await).contains("was erased"));

        // Whoever changes what is left is found out.
        damage::flip(db.url(), "UPDATE entry_text SET remittance = 'F-18' WHERE remittance = 'F-17'").await;
        let report = verify::run(&world.office).await.unwrap();
        assert!(report.findings.iter().any(|found| found.table == "file"), "{:?}", report.findings);
        damage::flip(db.url(), "UPDATE entry_text SET remittance = 'F-17' WHERE remittance = 'F-18'").await;
        is_clean(&world).await;
    }

    /// What is gone is in no row of any table, and not in what SQLite keeps of the file either.
    async fn what_is_erased_is_nowhere(db: TestDb) {
        let mut world = begin(&db).await;
        // While it waits for a person it is found by its words, and keeps them.
        world.bank(7, vec![line(7, 700, "").title(CANARY)]).await;
        let found = "SELECT COUNT(*) FROM waiting_entry WHERE words LIKE '%kanarekxq%'";
        assert_eq!(damage::number(db.url(), found).await, 1);
        let credit = world.queue().await[0].id.clone();
        world.fact(Request::Ignore { credit, rule: false }).await;
        is(&mut world, "2033-01-02 12:00");
        assert!(!erased(&world, false).await.is_empty());
        settle::run(&world.office, |_, _| {}).await.unwrap();
        is_clean(&world).await;
        if db.is_server() {
            for table in world.office.db.catalogue().await.unwrap() {
                let name = &table.name;
                let ask = format!("SELECT COUNT(*) FROM \"{name}\" x WHERE to_jsonb(x)::text ILIKE '%{CANARY}%'");
                let mut connection = PgConnection::connect(db.url()).await.unwrap();
                let ask = sqlx::query_scalar::<_, i64>(AssertSqlSafe(ask));
                assert_eq!(ask.fetch_one(&mut connection).await.unwrap(), 0, "it is in {name}");
            }
        } else {
            world.office.db.close().await;
            let bytes = std::fs::read(db.url()).unwrap();
            let found = bytes.windows(CANARY.len()).any(|bytes| bytes.eq_ignore_ascii_case(CANARY.as_bytes()));
            assert!(!found, "it can still be read in the file");
        }
    }

    async fn names_go_when_nothing_is_owed_and_nobody_holds_the_student(db: TestDb) {
        let mut world = begin(&db).await;
        is(&mut world, "2037-01-02 12:00");
        let bartek = retention::hold(&world.office, Some("bartek"), "ola", "court file 12").await.unwrap();
        assert!(refusal(retention::hold(&world.office, None, "ola", " ").await).contains("--why"));
        let ran = erased(&world, false).await;
        assert!(ran.contains(&("students", 1)), "{ran:?}");
        // Bartek's line is in the file of the fifth.
        assert!(!ran.iter().any(|(class, _)| *class == "statements"), "{ran:?}");
        let names = async |world: &World| {
            let mut names = Vec::new();
            for student in ["ada", "bartek", "celina"] {
                let all = retention::export(&world.office, student, "ola").await.unwrap();
                names.push(all["kept"]["student_name"][0]["given_name"].as_str().unwrap().to_owned());
            }
            names
        };
        assert_eq!(names(&world).await, ["", "bartek", "celina"]);
        is_clean(&world).await;

        let everybody = retention::hold(&world.office, None, "ola", "audit").await.unwrap();
        retention::release(&world.office, bartek, "ola").await.unwrap();
        assert!(refusal(retention::release(&world.office, bartek, "ola").await).contains("no hold"));
        assert_eq!(erased(&world, false).await, []);
        retention::release(&world.office, everybody, "ola").await.unwrap();
        let ran = erased(&world, false).await;
        assert!(ran.contains(&("students", 1)) && ran.contains(&("statements", 1)), "{ran:?}");
        assert_eq!(names(&world).await, ["", "", "celina"]);
        is_clean(&world).await;
    }

    async fn all_that_is_kept_of_a_student_can_be_handed_over_and_nothing_of_others(db: TestDb) {
        let world = begin(&db).await;
        let all = retention::export(&world.office, "ada", "ola").await.unwrap();
        let text = all.to_string();
        for theirs in [CANARY, "F-ada", "F-17", "000000100001"] {
            assert!(text.contains(theirs), "{theirs} is not in {text}");
        }
        for others in ["F-bartek", "F-celina", "000000100002"] {
            assert!(!text.contains(others), "{others} is in it");
        }
        let rows = |table: &str| all["kept"][table].as_array().map(Vec::len).unwrap_or_default();
        assert_eq!((rows("entry"), rows("entry_text"), rows("attachment"), rows("receivable")), (2, 2, 1, 2));
        let bytes = all["kept"]["attachment"][0]["content"].as_str().unwrap();
        assert!(bytes.starts_with("\\x255044462d"), "{bytes}");
        assert!(matches!(all["kept"]["allocation"][0]["amount_minor"], Value::Number(_)));
        assert!(refusal(retention::export(&world.office, "nobody", "ola").await).contains("nobody"));
    }

    /// A new table speaks of students or does not: whoever adds one says so.
    async fn every_table_is_known_to_speak_of_students_or_not(db: TestDb) {
        let world = World::begin(&db).await;
        let there = if db.is_server() {
            let tables = world.office.db.catalogue().await.unwrap();
            tables.into_iter().map(|table| table.name).collect()
        } else {
            world.office.db.table_names().await.unwrap()
        };
        let listed: Vec<&str> = OF_STUDENTS.iter().map(|(table, _)| *table).chain(OF_NOBODY.iter().copied()).collect();
        let listed_once: BTreeSet<String> = listed.iter().map(|table| (*table).to_owned()).collect();
        assert_eq!(listed.len(), listed_once.len());
        assert_eq!(listed_once, there);
    }

    async fn the_service_erases_by_itself(db: TestDb) {
        let world = begin(&db).await;
        let (clock, _hands) = service::clock("2033-02-01 04:30");
        let (mut worker, _stop) = service::worker(&world.office, "w", &clock, &db.folder().join("mails"));
        worker.rows().await.unwrap();
        let ran = worker.run(Job::Retention, true).await.unwrap().unwrap();
        assert_eq!(ran.outcome, Outcome::Done);
        assert_eq!(canaries(&world).await, 0);
        assert!(Class::ALL.iter().all(|class| !class.source().is_empty()));
    }
}
