//! An insert fails, whichever it is: what it belongs to leaves no trace, and the same once more ends
//! where nothing was in the way.

use super::bank::{self, Statement, line, october};
use super::damage;
use super::roster::stored;
use super::world::{OTHER_PAYER, World, assign, refund, said, waive};
use crate::support::books::{assert_same, image, nothing_is_half};
use crate::support::mail::folder_settings;
use crate::support::university::file;
use crate::support::{TestDb, faults, on_both_engines};
use kwestura::engine::decide::{self, Request};
use kwestura::engine::outbox::{self, Listed};
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::roster::Upload;
use kwestura::engine::statements::Said;
use kwestura::engine::{EngineError, Moment, Office, fees, record, send, settle, students};
use kwestura::mail::Post;
use std::collections::BTreeSet;
use std::path::Path;

/// What the bank sends: a day, the week around it with lines that nobody knew, a mistake, and money
/// that goes back.
fn sent_by_the_bank() -> Vec<Statement> {
    let first = vec![
        line(5, 50_000, "ada").tnr("1.1").title("CZESNE 900001"),
        line(5, 7_000, "nobody").title("?"),
    ];
    let more = (0..8).map(|place| line(6, 1_000 + place, "celina"));
    let back = line(7, -50_000, "ada").reversed().tnr("1.1");
    let wrong = bank::day(4, 8, 0, vec![line(8, 3_000, "bartek")]).closing(1);
    let week = first.iter().cloned().chain(more).collect();
    let second = bank::day(9, 5, 0, week).through(6);
    let third = bank::day(10, 7, second.sum(), vec![back]);
    vec![bank::day(1, 5, 0, first), second, third, wrong]
}

async fn imports(office: &Office) -> Result<(), EngineError> {
    for statement in sent_by_the_bank() {
        record::file(office, "bank.sta", &statement.file()).await?;
    }
    settle::run(office, |_, _| {}).await?;
    Ok(())
}

/// A transfer that stands for itself, one whose text asks for a person, and one that is too much.
async fn before_people_decide(db: &TestDb) -> World {
    let mut world = World::begin(db).await;
    let lines = vec![
        line(5, 60_000, "ada"),
        line(5, 7_000, "nobody").title("?"),
        line(5, 8_000, "nobody").title("??").from(OTHER_PAYER),
    ];
    world.bank(5, lines).await;
    world
}

async fn people_decide(
    world: &World,
    mut queue: Vec<String>,
    ada: &str,
) -> Result<(), EngineError> {
    let (credit, other) = (queue.pop().unwrap(), queue.pop().unwrap());
    let requests = [
        assign(&credit, "bartek", true),
        Request::Split {
            credit: other,
            parts: vec![
                ("bartek".to_owned(), "30.00".to_owned()),
                ("celina".to_owned(), "50.00".to_owned()),
            ],
        },
        waive("F-celina", Some("100.00")),
        Request::Extend {
            fee: "F-bartek".to_owned(),
            to: october(30),
            forgive_interest: false,
        },
        // To somebody else's account: it waits for a second person.
        refund(ada, "50.00", Some(OTHER_PAYER)),
    ];
    for request in requests {
        decide::decide(&world.office, &request, &said("ada", None), false).await?;
    }
    Ok(())
}

const MORE_PEOPLE: &str = "external_id;album;given_name;family_name;as_of\n\
                           ada;900001;Ada;Inna;2026-10-06\n\
                           doris;900009;Doris;Nowa;2026-10-06\n\
                           emil;900010;Emil;Nowy;2026-10-06\n";
const MORE_FEES: &str = "external_id;student_external_id;kind;category;title_pl;title_en;amount;currency;\
                         published_on;nominal_due_on\n\
                         F-ada;ada;tuition;tuition;Czesne;Tuition;400;PLN;2026-09-01;2026-10-12\n\
                         F-doris;doris;tuition;tuition;Czesne;Tuition;50;PLN;2026-10-06;2026-10-20\n\
                         O-emil;emil;tuition;tuition;;;-30;PLN;2026-10-06;2026-10-06\n";

/// The student system sends students and fees, some of whom are known.
async fn loads(office: &Office) -> Result<(), EngineError> {
    whole_or_nothing(office, async {
        let people = file("students.csv", MORE_PEOPLE, "");
        students::import(office, &people).await.map(|_| ())
    })
    .await?;
    whole_or_nothing(office, async {
        let fees = file("fees.csv", MORE_FEES, "2026-10-06");
        let opening = true;
        fees::import(office, &Upload { opening, ..fees })
            .await
            .map(|_| ())
    })
    .await?;
    settle::run(office, |_, _| {}).await?;
    Ok(())
}

/// A file that is refused has changed nothing.
async fn whole_or_nothing(
    office: &Office,
    load: impl Future<Output = Result<(), EngineError>>,
) -> Result<(), EngineError> {
    let all = async || format!("{:?}", stored(office).await);
    let before = all().await;
    let loaded = load.await;
    if loaded.is_err() {
        assert_eq!(all().await, before);
    }
    loaded
}

async fn reminds(office: &Office) -> Result<(), EngineError> {
    let mode = Mode::Write { confirmed: None };
    remind::run(office, office.now.today, mode)
        .await
        .map(|_| ())
}

/// The outbox without row ids.
async fn messages(office: &Office) -> Vec<String> {
    let listed = outbox::list(office, None).await.unwrap();
    let mut lines: Vec<String> = listed
        .into_iter()
        .map(|Listed { row, items }| {
            let items = items.iter().map(|item| {
                let (id, step, open) = (&item.item, &item.step, item.open_minor);
                format!("{id} {step} {} {open}", item.round)
            });
            let items: Vec<String> = items.collect();
            let (student, template) = (row.student.unwrap_or_default(), row.template);
            format!(
                "message {student} {template} {} {} {items:?}",
                row.as_of, row.state
            )
        })
        .collect();
    lines.sort();
    lines
}

async fn shown(office: &Office) -> String {
    let decisions = decide::list(office, None, false).await.unwrap().len();
    let messages = messages(office).await.join("\n");
    format!(
        "{}\n{messages}\n{decisions} decision(s)",
        image(office, &[]).await
    )
}

/// Nothing is half, and no message is about nothing.
async fn left_no_trace(office: &Office, what: &str) {
    nothing_is_half(office, what).await;
    for message in messages(office).await {
        assert!(
            message.contains("F-"),
            "{what}: it is about nothing: {message}"
        );
    }
}

/// Which insert into a table fails: the first and the last; each of them in the long variant.
fn chosen(rows: i64) -> BTreeSet<i64> {
    if faults::are_long() {
        return (0..rows).collect();
    }
    BTreeSet::from([0, rows - 1])
}

/// Does something undisturbed, then once for each insert that may fail, and again without the failure.
async fn whichever_insert_fails<Job>(
    db: &TestDb,
    expected_tables: &[&str],
    prepare: impl AsyncFn(&TestDb) -> (World, Job),
    does: impl AsyncFn(&World, &Job) -> Result<(), EngineError>,
) {
    let (world, job) = prepare(db).await;
    damage::watch_inserts(db.url()).await;
    does(&world, &job).await.unwrap();
    let expected = shown(&world.office).await;
    let written = damage::inserted(db.url()).await;
    let names: Vec<&str> = written.iter().map(|(name, _)| name.as_str()).collect();
    for table in expected_tables {
        assert!(names.contains(table), "{table} is not in {names:?}");
    }
    for (table, rows) in &written {
        for passing in chosen(*rows) {
            let what = format!("{table} refuses row {} of {rows}", passing + 1);
            let db = db.another();
            let (world, job) = prepare(&db).await;
            damage::watch_inserts(db.url()).await;
            damage::refuse_behind(db.url(), table, Some(passing)).await;
            let failed = does(&world, &job).await;
            assert!(failed.is_err(), "{what}");
            left_no_trace(&world.office, &what).await;
            damage::refuse_behind(db.url(), table, None).await;
            does(&world, &job).await.unwrap();
            assert_same(&expected, &shown(&world.office).await, &what);
            world.office.db.close().await;
        }
    }
}

on_both_engines! {
    /// F24, of an import: files, statements, lines, the recording of a long one, what is concluded.
    async fn an_import_of_which_an_insert_fails_is_finished_by_the_next(db: TestDb) {
        let tables = ["allocation", "entry", "file", "identification", "recording", "settle_mark", "statement"];
        let prepare = async |db: &TestDb| {
            let mut world = World::begin(db).await;
            world.today(9);
            (world, ())
        };
        whichever_insert_fails(&db, &tables, prepare, async |world, ()| imports(&world.office).await).await;
    }

    /// F24, of decisions, and of the settling behind each.
    async fn a_decision_of_which_an_insert_fails_can_be_said_again(db: TestDb) {
        let tables = ["allocation", "decision", "decision_part", "identification", "settle_mark"];
        let prepare = async |db: &TestDb| {
            let world = before_people_decide(db).await;
            let queue = world.queue().await.into_iter().map(|row| row.id).collect();
            let ada = world.credits("ada").await.remove(0);
            (world, (queue, ada))
        };
        let does = async |world: &World, (queue, ada): &(Vec<String>, String)| {
            people_decide(world, queue.clone(), ada).await
        };
        whichever_insert_fails(&db, &tables, prepare, does).await;
    }

    /// F24, of files of the student system: students with account numbers, fees, money on account.
    async fn a_file_of_which_an_insert_fails_is_loaded_by_the_next(db: TestDb) {
        let tables = [
            "opening_credit", "person", "receivable", "receivable_text", "receivable_version", "settle_mark",
            "student_name", "student_version", "virtual_account",
        ];
        let prepare = async |db: &TestDb| {
            let mut world = World::begin(db).await;
            // From one who is not known yet.
            world.bank(5, vec![line(5, 7_000, "nobody").title("CZESNE 900009")]).await;
            world.today(6);
            (world, ())
        };
        whichever_insert_fails(&db, &tables, prepare, async |world, ()| loads(&world.office).await).await;
    }

    /// F24, of a run of reminders: who is written to, about what, and who is held back.
    async fn reminders_of_which_an_insert_fails_are_written_by_the_next_run(db: TestDb) {
        let tables = ["held_back", "message", "message_item"];
        let prepare = async |db: &TestDb| {
            let mut world = World::begin(db).await;
            world.office.config.policy.dunning.brake_percent = 100;
            world.bank(2, vec![line(2, 20_000, "ada")]).await;
            world.today(5);
            let hold = Request::Hold { student: "celina".to_owned(), until: october(20) };
            world.fact(hold).await;
            (world, ())
        };
        whichever_insert_fails(&db, &tables, prepare, async |world, ()| reminds(&world.office).await).await;
    }

    /// F24, of sending: what has left the house is not sent again, whatever could not be noted.
    async fn mail_of_which_nothing_could_be_noted_is_not_sent_twice(db: TestDb) {
        let prepared = async |db: &TestDb| {
            let mut world = World::begin(db).await;
            world.office.config.policy.dunning.brake_percent = 100;
            world.office.config.mail = Some(folder_settings());
            world.today(5);
            reminds(&world.office).await.unwrap();
            damage::watch_inserts(db.url()).await;
            world
        };
        let world = prepared(&db).await;
        sends(&world.office, db.folder()).await.unwrap();
        assert_eq!(mails(db.folder()), 3);
        let written = damage::inserted(db.url()).await;
        assert!(written.iter().any(|(name, _)| name == "message_event"), "{written:?}");
        for (table, rows) in &written {
            for passing in chosen(*rows) {
                let what = format!("{table} refuses row {} of {rows}", passing + 1);
                let db = db.another();
                let mut world = prepared(&db).await;
                damage::refuse_behind(db.url(), table, Some(passing)).await;
                assert!(sends(&world.office, db.folder()).await.is_err(), "{what}");
                damage::refuse_behind(db.url(), table, None).await;
                sends(&world.office, db.folder()).await.unwrap();
                assert_eq!(mails(db.folder()), 3, "{what}");
                // Of the one that nobody could note, nobody knows; a person has to tell. What it says is noted
                // before it leaves.
                let has_left = table != "message_text";
                let zone = world.office.config.institution.time_zone;
                world.office.now = Moment::of(world.office.now.millis + 3_600_000, zone);
                sends(&world.office, db.folder()).await.unwrap();
                let uncertain = outbox::list(&world.office, Some("uncertain")).await.unwrap();
                assert_eq!(uncertain.len(), usize::from(has_left), "{what}");
                let said = Said { by: "ada", why: "it lies in the folder" };
                for one in uncertain {
                    outbox::confirm(&world.office, one.row.id, said).await.unwrap();
                }
                assert_eq!(outbox::list(&world.office, Some("sent")).await.unwrap().len(), 3, "{what}");
                assert_eq!(mails(db.folder()), 3, "{what}");
                world.office.db.close().await;
            }
        }
    }
}

async fn sends(office: &Office, folder: &Path) -> Result<(), EngineError> {
    let now = office.now;
    let mut post = Post::Folder(folder.join("mails"));
    send::run(office, &mut post, || now, |_, _| {})
        .await
        .map(|_| ())
}

/// How many mails have left.
fn mails(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("mails")).unwrap().count()
}
