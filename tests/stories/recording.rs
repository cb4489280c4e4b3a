//! A statement of many lines: it is recorded in chunks, and whatever happens beside or between them,
//! nobody sees it before it is whole.

use super::bank::{self, Statement, line, october, owes};
use super::world::{World, assign, refusal, waive};
use crate::support::books::{assert_same, image};
use crate::support::mail::folder_settings;
use crate::support::semester::{Semester, import, now_millis};
use crate::support::{TestDb, on_both_engines, on_sqlite};
use kwestura::engine::outbox::InWords;
use kwestura::engine::reading::CHUNK;
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::review::{self, At, Wanted};
use kwestura::engine::{
    Office, backup, copy, escalate, outbox, period, quarantine, send, statements, today, verify,
};
use kwestura::mail::Post;
use kwestura::store::Db;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

const SIGABRT: i32 = 6;
/// Lines of the statement: more than ten chunks of a debug build.
const LINES: i64 = 201;

/// `kwestura import` in a folder, to die at a place if one is named.
pub fn importer(db: &TestDb, folder: &Path, files: &[&str], kill_at: Option<&str>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kwestura"));
    command
        .args(["--database", db.url(), "import", "--json"])
        .args(files)
        .current_dir(folder)
        .env("KWESTURA_NOW", now_millis().to_string())
        .env_remove("KWESTURA_CONFIG")
        .env_remove("KWESTURA_KILL_AT")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(place) = kill_at {
        command.env("KWESTURA_KILL_AT", place);
    }
    command.spawn().unwrap()
}

/// It died as it was told to.
pub fn dies(mut importer: Child) {
    let status = importer.wait().unwrap();
    assert_eq!(status.signal(), Some(SIGABRT), "{status}");
}

/// It came to its end.
pub fn ends_well(mut importer: Child) {
    let status = importer.wait().unwrap();
    assert!(status.success(), "{status}");
}

/// Ada, Bartek and Celina pay 1.00 in turn.
fn many(number: u32, day: u32, opening_minor: i64) -> Statement {
    let students = bank::STUDENTS.iter().cycle();
    let lines = students
        .zip(0..LINES)
        .map(|((name, _), _)| line(day, 100, name));
    bank::day(number, day, opening_minor, lines.collect())
}

/// What each of three has paid then.
const PAID: i64 = LINES / 3 * 100;

/// An office with a statement of two credits, one of them nobody's, and a folder in which the next one
/// lies as `many.sta`.
async fn begin(db: &TestDb) -> World {
    let mut world = World::begin(db).await;
    let first = vec![line(5, 10_000, "ada"), line(5, 7_000, "nobody").title("?")];
    world.bank(5, first).await;
    world.today(7);
    std::fs::write(db.folder().join("kwestura.toml"), bank::toml("")).unwrap();
    std::fs::write(db.folder().join("many.sta"), many(2, 6, 17_000).file()).unwrap();
    world
}

/// What became of all statements, in the order of their days.
pub async fn statuses(office: &Office) -> Vec<String> {
    let listed = statements::list(office, &[]).await.unwrap();
    listed.into_iter().map(|listed| listed.row.status).collect()
}

on_both_engines! {
    async fn nobody_sees_a_statement_of_which_lines_are_missing(db: TestDb) {
        let world = begin(&db).await;
        let office = &world.office;
        dies(importer(&db, db.folder(), &["many.sta"], Some("record.chunk-committed:3")));
        assert_eq!(statuses(office).await, ["published", "recording"]);
        for (student, open) in [("ada", 40_000), ("bartek", 50_000), ("celina", 50_000)] {
            assert_eq!(owes(office, student).await, (open, 0), "{student}");
        }

        // A clerk goes on as if it were not there.
        let credit = world.only_in_queue().await;
        world.fact(assign(&credit, "bartek", false)).await;
        world.fact(waive("F-celina", Some("100.00"))).await;
        assert_eq!(owes(office, "bartek").await, (43_000, 0));
        assert_eq!(owes(office, "celina").await, (40_000, 0));

        // What it may change waits for it, and says so.
        let first = statements::list(office, &["published"]).await.unwrap().remove(0).row;
        let first = statements::name(&first);
        let told = [
            refusal(remind::run(office, october(7), Mode::DryRun).await),
            refusal(escalate::run(office, october(7), true).await),
            refusal(period::close(office, "2026-09", "ada", true).await),
            refusal(statements::withdraw(office, &first, bank::BOSS).await),
        ];
        for words in told {
            assert!(words.contains("is being recorded"), "{words}");
        }
        let report = verify::run(office).await.unwrap();
        let tables: Vec<&str> = report.findings.iter().map(|found| found.table).collect();
        assert_eq!(tables, ["recording"]);

        // Whoever imports anything goes on with it.
        let next = bank::day(3, 7, 17_000 + 3 * PAID, vec![line(7, 1_000, "celina")]);
        std::fs::write(db.folder().join("next.sta"), next.file()).unwrap();
        ends_well(importer(&db, db.folder(), &["next.sta"], None));
        assert_eq!(statuses(office).await, ["published", "published", "published"]);
        let open = [40_000 - PAID, 43_000 - PAID, 40_000 - PAID - 1_000];
        for ((student, _), open) in bank::STUDENTS.iter().zip(open) {
            assert_eq!(owes(office, student).await, (open, 0), "{student}");
        }
        remind::run(office, october(7), Mode::DryRun).await.unwrap();
        assert!(verify::run(office).await.unwrap().findings.is_empty());
        ends_well(importer(&db, db.folder(), &["many.sta", "next.sta"], None));
        assert_eq!(owes(office, "ada").await, (open[0], 0));
    }

    /// Nor does anything of it wait for a person, be it listed, counted or looked at.
    async fn nothing_waits_of_a_statement_of_which_lines_are_missing(db: TestDb) {
        let world = begin(&db).await;
        let lines = (0..LINES).map(|place| line(6, 100 + place, "nobody").title("?"));
        let unknown = bank::day(2, 6, 17_000, lines.collect());
        std::fs::write(db.folder().join("unknown.sta"), unknown.file()).unwrap();
        let known = world.only_in_queue().await;
        dies(importer(&db, db.folder(), &["unknown.sta"], Some("record.chunk-committed:3")));
        assert_eq!(world.only_in_queue().await, known);
        let every = Wanted::default();
        let seen = review::look(&world.office, &every, At::On(&known), 1).await.unwrap();
        assert_eq!((seen.all, seen.place, seen.next), (1, 1, None));
        assert_eq!(today::look(&world.office).await.unwrap().in_review, 1);

        for _ in 0..2 {
            ends_well(importer(&db, db.folder(), &["unknown.sta"], None));
            let all = usize::try_from(LINES).unwrap() + 1;
            let queue = world.queue().await;
            assert_eq!((queue.len(), &queue[0].id), (all, &known));
            let last = review::look(&world.office, &every, At::On(&queue[all - 1].id), 1).await.unwrap();
            assert_eq!((last.all, last.place, last.next), (all, all, None));
            assert_eq!(last.previous.as_ref(), Some(&queue[all - 2].id));
            assert_eq!(today::look(&world.office).await.unwrap().in_review, all);
            assert!(verify::run(&world.office).await.unwrap().findings.is_empty());
        }
    }

    /// A clerk decides and looks up without end while another process imports.
    async fn decisions_and_lookups_go_on_beside_an_import(db: TestDb) {
        let mut world = World::begin(&db).await;
        let unknown = (0..30).map(|place| line(5, 1_000 + place, "nobody").title("?"));
        let unknown: Vec<_> = unknown.collect();
        let opening = bank::day(1, 5, 0, unknown.clone()).sum();
        world.bank(5, unknown).await;
        world.today(7);
        std::fs::write(db.folder().join("kwestura.toml"), bank::toml("")).unwrap();
        std::fs::write(db.folder().join("many.sta"), many(2, 6, opening).file()).unwrap();

        let mut queue = world.queue().await.into_iter();
        let mut import = importer(&db, db.folder(), &["many.sta"], None);
        loop {
            let over = import.try_wait().unwrap();
            if let Some(credit) = queue.next() {
                world.fact(assign(&credit.id, "bartek", false)).await;
            }
            let ada = owes(&world.office, "ada").await;
            assert!([50_000, 50_000 - PAID].contains(&ada.0), "{ada:?}");
            if let Some(status) = over {
                assert!(status.success(), "{status}");
                break;
            }
        }
        assert_eq!(owes(&world.office, "ada").await, (50_000 - PAID, 0));
        let assigned = opening - queue.map(|row| row.amount_minor).sum::<i64>();
        assert_eq!(owes(&world.office, "bartek").await, (50_000 - PAID - assigned, 0));
        assert!(verify::run(&world.office).await.unwrap().findings.is_empty());
    }

    async fn a_recording_can_be_given_up(db: TestDb) {
        let world = begin(&db).await;
        let office = &world.office;
        dies(importer(&db, db.folder(), &["many.sta"], Some("record.chunk-committed:2")));
        let name = bank::name(&many(2, 6, 17_000));
        quarantine::reject(office, &name, bank::BOSS).await.unwrap();
        let told = refusal(quarantine::reject(office, &name, bank::BOSS).await);
        assert!(told.contains("is rejected"), "{told}");
        assert_eq!(statuses(office).await, ["published", "rejected"]);
        assert_eq!(owes(office, "ada").await, (40_000, 0));
        assert!(verify::run(office).await.unwrap().findings.is_empty());
        remind::run(office, october(7), Mode::DryRun).await.unwrap();
        ends_well(importer(&db, db.folder(), &["many.sta"], None));
        assert_eq!(statuses(office).await, ["published", "rejected"]);
        assert_eq!(world.account("bartek").await.open_minor, 50_000);
    }

    /// Mail that asks for money stays as long as lines are missing that may say that it was paid; then it
    /// says what they say.
    async fn mail_waits_for_the_rest_of_a_statement(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.office.config.policy.dunning.brake_percent = 100;
        world.office.config.mail = Some(folder_settings());
        world.today(5);
        let office = &world.office;
        remind::run(office, october(5), Mode::Write { confirmed: None }).await.unwrap();
        let mut lines = vec![line(5, 100, "celina"); 3 * CHUNK];
        lines.push(line(5, 50_000, "bartek"));
        std::fs::write(db.folder().join("kwestura.toml"), bank::toml("")).unwrap();
        std::fs::write(db.folder().join("day.sta"), bank::day(1, 5, 0, lines).file()).unwrap();
        dies(importer(&db, db.folder(), &["day.sta"], Some("record.chunk-committed:1")));

        let mut post = Post::Folder(db.folder().join("mails"));
        let now = office.now;
        for _ in 0..2 {
            let held = send::run(office, &mut post, || now, |_, _| {}).await.unwrap();
            assert_eq!((held.waiting, held.sent, held.failed), (3, 0, 0), "{held:?}");
        }
        let due = outbox::list(office, Some("due")).await.unwrap();
        assert!(due.len() == 3 && due.iter().all(|message| message.row.attempts == 0), "{due:?}");
        let words = outbox::in_words(office, &due[0]).await.unwrap();
        assert!(matches!(&words, InWords::Not(why) if why.contains("is being recorded")), "{words:?}");

        ends_well(importer(&db, db.folder(), &["day.sta"], None));
        let sent = send::run(office, &mut post, || now, |_, _| {}).await.unwrap();
        assert_eq!((sent.waiting, sent.sent, sent.withdrawn), (0, 2, 1), "{sent:?}");
    }

    /// Books that are backed up or moved in the middle of a recording take the half with them, and it is
    /// gone on with there as here.
    async fn a_half_that_is_taken_elsewhere_is_gone_on_with_there(db: TestDb) {
        let world = begin(&db).await;
        let office = &world.office;
        dies(importer(&db, db.folder(), &["many.sta"], Some("record.chunk-committed:5")));
        let file = db.folder().join("half");
        let made = backup::run(office, db.url(), &file).await.unwrap();
        let tables: Vec<&str> = made.report.findings.iter().map(|found| found.table).collect();
        assert_eq!(tables, ["recording"]);
        let mut elsewhere = vec![db.vacant()];
        backup::restore(&file, elsewhere[0].url(), false, office.now).await.unwrap();
        if let Some(moved) = db.vacant_on_the_other_engine() {
            copy::run(db.url(), moved.url(), 0, |_, _| {}).await.unwrap();
            elsewhere.push(moved);
        }
        ends_well(importer(&db, db.folder(), &["many.sta"], None));
        assert_eq!(statuses(office).await, ["published", "published"]);
        let here = image(office, &[]).await;
        for place in elsewhere {
            let there = Office { db: Db::connect(place.url(), false).await.unwrap(), ..office.clone() };
            assert_eq!(statuses(&there).await, ["published", "recording"]);
            ends_well(importer(&place, db.folder(), &["many.sta"], None));
            assert_same(&here, &image(&there, &[]).await, place.url());
            there.db.close().await;
        }
    }

    /// Students and fees that are loaded between two chunks find the lines that are written already.
    async fn money_that_was_half_recorded_finds_students_who_come_later(db: TestDb) {
        let semester = Semester::new(60, 34);
        let alone = db.another();
        let office = semester.office(&alone).await;
        import(&office, &semester.files()).await;
        let expected = image(&office, &[]).await;
        office.db.close().await;
        for count in ["1", "7", "20"] {
            let db = db.another();
            let empty = semester.empty_office(&db).await;
            empty.db.close().await;
            let place = format!("record.chunk-committed:{count}");
            dies(importer(&db, semester.path(), &["statements"], Some(&place)));
            let office = semester.office(&db).await;
            // Several go on with it at once.
            let importers: Vec<Child> = (0..3)
                .map(|_| importer(&db, semester.path(), &["statements"], None))
                .collect();
            importers.into_iter().for_each(ends_well);
            assert_same(&expected, &image(&office, &[]).await, &place);
            office.db.close().await;
        }
    }
}

/// Whoever writes one transaction after the other stands in the queue again for each.
#[test]
fn writers_of_a_file_take_turns() {
    on_sqlite(|db| async move {
        let [importer, clerk] = [
            Db::connect(db.url(), false).await.unwrap(),
            Db::connect(db.url(), false).await.unwrap(),
        ];
        let let_in = AtomicBool::new(false);
        let first = importer.write().await.unwrap();
        let next = async {
            let tx = clerk.write().await.unwrap();
            let_in.store(true, Ordering::SeqCst);
            tx.commit().await.unwrap();
        };
        let second = async {
            // Until the clerk stands at the head of the queue.
            let queue = File::open(format!("{}-queue", db.url())).unwrap();
            while queue.try_lock().is_ok() {
                queue.unlock().unwrap();
                tokio::task::yield_now().await;
            }
            drop(queue);
            first.commit().await.unwrap();
            importer.write().await.unwrap().commit().await.unwrap();
            assert!(let_in.load(Ordering::SeqCst), "the clerk was not let in");
        };
        tokio::join!(next, second);
        for db in [importer, clerk] {
            db.close().await;
        }
    });
}
