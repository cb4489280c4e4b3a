//! What runs by itself: each job at its time, once, whoever dies, sleeps or sets the clock.

use super::world::World;
use crate::support::mail::MailServer;
use crate::support::service::{Hands, clock, millis, open_alerts, worker};
use crate::support::{TestDb, on_both_engines};
use kwestura::config::Job;
use kwestura::engine::{Clock, Office};
use kwestura::service::jobs::Outcome;
use kwestura::service::lease::{Lease, SILENCE};
use kwestura::service::{Ran, Worker};
use kwestura::store::Db;
use kwestura::store::jobs::{JobEnd, JobRow};
use std::process::{Command, Output};
use std::sync::Arc;
use tokio::sync::watch;

/// A worker on Monday the 5th at eight; it never stops.
async fn begin(db: &TestDb) -> (World, Worker, Clock, Hands) {
    let mut world = World::begin(db).await;
    world.office.config.policy.dunning.brake_percent = 100;
    let (clock, hands) = clock("2026-10-05 08:00");
    let (mut worker, _) = worker(&world.office, "first", &clock, &db.folder().join("mails"));
    // The first round notes the jobs, and when each is due.
    assert_eq!(names(&worker.tick().await.unwrap()), Vec::<&str>::new());
    (world, worker, clock, hands)
}

fn names(ran: &[Ran]) -> Vec<&'static str> {
    ran.iter().map(|ran| ran.job).collect()
}

async fn row(worker: &Worker, job: Job) -> JobRow {
    worker.rows().await.unwrap().remove(&job).unwrap()
}

async fn pause(db: &Db, job: Job, paused: bool, next_at: i64) {
    let mut tx = db.write().await.unwrap();
    assert!(
        tx.pause_job(job.name(), paused, Some(next_at))
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
}

/// Whoever says that a run is done.
const DONE: JobEnd<'static> = JobEnd {
    outcome: "done",
    said: "by somebody who had slept",
    counts: "{}",
    next_at: None,
};

on_both_engines! {
    async fn a_job_runs_at_its_time_and_once(db: TestDb) {
        let (_world, mut worker, _clock, hands) = begin(&db).await;
        hands.set("2026-10-05 09:29");
        assert!(!names(&worker.tick().await.unwrap()).contains(&"remind"));
        hands.set("2026-10-05 09:30");
        let ran = worker.tick().await.unwrap();
        assert_eq!(names(&ran), ["fetch", "import", "settle", "remind", "send", "returned", "webhooks", "alerts"]);
        assert!(ran.iter().all(|ran| ran.noted && ran.outcome == Outcome::Done), "{ran:?}");
        assert_eq!(names(&worker.tick().await.unwrap()), Vec::<&str>::new());
        let remind = row(&worker, Job::Remind).await;
        assert_eq!(remind.next_at, Some(millis("2026-10-06 09:30")));
        assert_eq!((remind.outcome.as_str(), remind.failures), ("done", 0));
        assert_eq!(remind.counts, r#"{"held_back":0,"messages":3}"#, "{}", remind.said);
    }

    /// Nobody was there from Monday to Thursday: what was missed is made up once.
    async fn what_was_missed_is_made_up_once(db: TestDb) {
        let (_world, mut worker, _clock, hands) = begin(&db).await;
        hands.set("2026-10-08 14:07");
        let ran = worker.tick().await.unwrap();
        assert_eq!(names(&ran), ["fetch", "import", "settle", "remind", "escalate", "send", "returned", "backup", "verify", "export", "webhooks", "alerts"]);
        assert_eq!(names(&worker.tick().await.unwrap()), Vec::<&str>::new());
        assert_eq!(row(&worker, Job::Verify).await.next_at, Some(millis("2026-10-09 03:00")));
    }

    /// Four workers wake at the same moment (F08).
    async fn of_several_workers_one_runs_a_job(db: TestDb) {
        let (world, _, clock, hands) = begin(&db).await;
        for day in 6..9 {
            hands.set(&format!("2026-10-{day:02} 12:00"));
            let rounds = ["a", "b", "c", "d"].map(|name| {
                let (mut worker, _) = worker(&world.office, name, &clock, &db.folder().join("mails"));
                tokio::spawn(async move { worker.tick().await.unwrap() })
            });
            let mut ran = Vec::new();
            for round in rounds {
                ran.extend(round.await.unwrap());
            }
            assert!(ran.iter().all(|ran| ran.noted), "{ran:?}");
            let mut ran = names(&ran);
            ran.sort_unstable();
            assert_eq!(ran, ["alerts", "backup", "escalate", "export", "fetch", "import", "remind", "returned", "send", "settle", "verify", "webhooks"]);
        }
    }

    /// The one that has a job dies or sleeps; the next waits until it was not heard of for long. When
    /// the first comes back, it writes nothing (F15, F16).
    async fn a_job_whose_holder_is_silent_is_anothers(db: TestDb) {
        let (world, mut second, _clock, hands) = begin(&db).await;
        hands.set("2026-10-06 03:00");
        let now = hands.millis();
        let held = Lease::take(&world.office.db, Job::Verify, "sleeper", now, false).await.unwrap().unwrap();
        assert!(!names(&second.tick().await.unwrap()).contains(&"verify"));
        assert!(second.run(Job::Verify, true).await.unwrap().is_none());
        assert!(held.keep(&world.office.db, now + 60_000).await.unwrap());
        hands.move_by(SILENCE / 1000 + 60);
        assert!(!names(&second.tick().await.unwrap()).contains(&"verify"), "it said that it is alive");
        hands.move_by(1);
        assert!(names(&second.tick().await.unwrap()).contains(&"verify"));

        let told = row(&second, Job::Verify).await;
        assert!(!held.keep(&world.office.db, hands.millis()).await.unwrap());
        assert!(!held.end(&world.office.db, DONE, hands.millis()).await.unwrap());
        held.hand_back(&world.office.db, hands.millis()).await.unwrap();
        let after = row(&second, Job::Verify).await;
        assert_eq!((after.said, after.fence, after.next_at), (told.said, told.fence, told.next_at));
    }

    /// Whoever runs a job dies over it, again and again: that is a failure like any other, and is told.
    async fn a_job_whose_holders_die_is_told(db: TestDb) {
        let (world, mut worker, _clock, hands) = begin(&db).await;
        hands.set("2026-10-06 03:00");
        for deaths in 0..3 {
            let took = Lease::take(&world.office.db, Job::Verify, "mortal", hands.millis(), false).await.unwrap();
            assert!(took.is_some());
            assert_eq!(row(&worker, Job::Verify).await.failures, deaths);
            hands.move_by(SILENCE / 1000 + 1);
        }
        let dead = row(&worker, Job::Verify).await;
        assert_eq!((dead.outcome.as_str(), dead.failing_since), ("failed", Some(millis("2026-10-06 03:00") + SILENCE + 1_000)));
        worker.run(Job::Alerts, true).await.unwrap();
        let open = open_alerts(&world.office).await;
        assert!(open.contains(&("job".to_owned(), "verify".to_owned())), "{open:?}");
        // The next one lives.
        assert!(names(&worker.tick().await.unwrap()).contains(&"verify"));
        let well = row(&worker, Job::Verify).await;
        assert_eq!((well.outcome.as_str(), well.failures, well.failing_since), ("done", 0, None));
    }

    /// A holder died while the clock was a year ahead: it is believed for the usual silence (F17).
    async fn a_holder_of_next_year_is_not_believed_until_then(db: TestDb) {
        let (world, mut worker, _clock, hands) = begin(&db).await;
        hands.set("2027-10-06 03:00");
        Lease::take(&world.office.db, Job::Verify, "ahead", hands.millis(), false).await.unwrap().unwrap();
        hands.set("2026-10-06 03:00");
        assert!(!names(&worker.tick().await.unwrap()).contains(&"verify"));
        hands.move_by(SILENCE / 1000 + 1);
        assert!(names(&worker.tick().await.unwrap()).contains(&"verify"));
    }

    /// The engine refuses to remind while accounts wait to be settled. The job says so, and does what
    /// it is for as soon as they are.
    async fn what_is_refused_is_told_and_tried_again(db: TestDb) {
        let (world, mut worker, _clock, hands) = begin(&db).await;
        let db = &world.office.db;
        for job in [Job::Import, Job::Settle, Job::Escalate] {
            pause(db, job, true, 0).await;
        }
        let mut tx = db.write().await.unwrap();
        let persons = tx.all_persons().await.unwrap();
        tx.mark(persons.iter().map(|row| row.id)).await.unwrap();
        tx.commit().await.unwrap();

        for (time, failures) in [("09:30", 1), ("09:31", 2), ("09:36", 3)] {
            hands.set(&format!("2026-10-05 {time}"));
            let ran = worker.tick().await.unwrap();
            let remind = ran.iter().find(|ran| ran.job == "remind").unwrap();
            assert_eq!(remind.outcome, Outcome::Refused);
            assert!(remind.said.contains("3 account(s) wait to be settled"), "{remind:?}");
            let row = row(&worker, Job::Remind).await;
            assert_eq!((row.failures, row.failing_since), (failures, Some(millis("2026-10-05 09:30"))));
        }
        pause(db, Job::Settle, false, hands.millis()).await;
        hands.set("2026-10-05 09:51");
        let ran = worker.tick().await.unwrap();
        assert_eq!(names(&ran), ["fetch", "settle", "remind", "send", "returned", "webhooks", "alerts"]);
        let row = row(&worker, Job::Remind).await;
        assert_eq!((row.outcome.as_str(), row.failures, row.failing_since), ("done", 0, None));
        assert_eq!(row.next_at, Some(millis("2026-10-06 09:30")));
    }

    async fn a_paused_job_rests_until_it_may_go_on(db: TestDb) {
        let (world, mut worker, _clock, hands) = begin(&db).await;
        pause(&world.office.db, Job::Verify, true, 0).await;
        hands.set("2026-10-07 03:00");
        assert!(!names(&worker.tick().await.unwrap()).contains(&"verify"));
        // A person may all the same.
        let ran = worker.run(Job::Verify, true).await.unwrap().unwrap();
        assert_eq!(ran.outcome, Outcome::Done);
        pause(&world.office.db, Job::Verify, false, millis("2026-10-08 03:00")).await;
        hands.set("2026-10-08 03:00");
        assert!(names(&worker.tick().await.unwrap()).contains(&"verify"));
    }

    /// A person stops a job: its holder learns that when it says that it is alive, and hands it back.
    async fn a_job_that_is_paused_under_way_is_kept_no_more(db: TestDb) {
        let (world, worker, _clock, hands) = begin(&db).await;
        let db = &world.office.db;
        let held = Lease::take(db, Job::Verify, "first", hands.millis(), true).await.unwrap().unwrap();
        assert!(held.goes_on(db).await.unwrap() && held.keep(db, hands.millis()).await.unwrap());
        pause(db, Job::Verify, true, 0).await;
        assert!(!held.goes_on(db).await.unwrap() && !held.keep(db, hands.millis()).await.unwrap());
        held.hand_back(db, hands.millis()).await.unwrap();
        // Whoever wants it all the same has it.
        let wanted = Lease::take(db, Job::Verify, "person", hands.millis(), true).await.unwrap().unwrap();
        assert!(wanted.goes_on(db).await.unwrap() && wanted.keep(db, hands.millis()).await.unwrap());
        assert_eq!(row(&worker, Job::Verify).await.holder.as_deref(), Some("person"));
    }

    /// A run of sending ends behind the message that is under way.
    async fn sending_that_is_paused_under_way_stops_at_the_next_message(db: TestDb) {
        let Some(server) = MailServer::start(db.folder()).map(Arc::new) else { return };
        let (world, mut worker, _clock, hands) = begin(&db).await;
        worker.office.config.mail = Some(server.settings());
        let way = server.clone();
        worker.way = Arc::new(move |_: &Office| Ok(Some(way.post())));
        hands.set("2026-10-05 09:30");
        worker.run(Job::Remind, true).await.unwrap();
        let [ada, bartek, celina] = [1, 2, 3].map(|number| format!("s90000{number}@student.example.edu"));
        server.rules(&[(&ada, "stall")]);
        let mut sender = worker.clone();
        let sending = tokio::spawn(async move { sender.run(Job::Send, true).await.unwrap().unwrap() });
        server.has_arrived(&ada).await;
        pause(&world.office.db, Job::Send, true, 0).await;
        server.rules(&[]);
        let ran = sending.await.unwrap();
        assert_eq!((ran.outcome, ran.noted), (Outcome::Done, true), "{ran:?}");
        assert_eq!(server.recipients(), [ada.as_str()]);
        let ran = worker.run(Job::Send, true).await.unwrap().unwrap();
        assert!(ran.said.starts_with("2 sent"), "a person may all the same: {ran:?}");
        assert_eq!(server.recipients(), [ada, bartek, celina]);
    }

    /// The hour of autumn comes twice, and somebody sets the clock wrong (F17).
    async fn a_clock_that_is_set_back_neither_doubles_nor_loses_a_run(db: TestDb) {
        let (_world, mut worker, _clock, hands) = begin(&db).await;
        hands.set("2026-10-07 03:10");
        assert!(names(&worker.tick().await.unwrap()).contains(&"verify"));
        hands.set("2026-10-07 02:10");
        assert!(!names(&worker.tick().await.unwrap()).contains(&"verify"));
        hands.set("2026-10-07 03:00");
        assert!(!names(&worker.tick().await.unwrap()).contains(&"verify"));
        hands.set("2026-10-08 03:00");
        assert!(names(&worker.tick().await.unwrap()).contains(&"verify"));

        // For a moment it was next year.
        hands.set("2027-10-08 12:00");
        worker.tick().await.unwrap();
        hands.set("2026-10-08 12:00");
        worker.tick().await.unwrap();
        hands.set("2026-10-09 02:59");
        assert!(!names(&worker.tick().await.unwrap()).contains(&"verify"));
        hands.set("2026-10-09 03:00");
        assert!(names(&worker.tick().await.unwrap()).contains(&"verify"));
    }

    async fn a_schedule_that_is_changed_holds_from_now_on(db: TestDb) {
        let (_world, mut worker, _clock, hands) = begin(&db).await;
        let jobs = &mut worker.office.config.service.jobs;
        jobs.insert(Job::Verify, kwestura::config::Schedule::parse("0 12 * * *").unwrap());
        jobs.remove(&Job::Escalate);
        assert_eq!(row(&worker, Job::Verify).await.next_at, Some(millis("2026-10-05 12:00")));
        assert_eq!(row(&worker, Job::Escalate).await.next_at, None);
        hands.set("2026-10-06 11:00");
        let ran = worker.tick().await.unwrap();
        assert!(names(&ran).contains(&"verify") && !names(&ran).contains(&"escalate"), "{ran:?}");
    }

    /// What runs when the service stops is handed back, and is still due.
    async fn what_runs_when_the_service_stops_is_handed_back(db: TestDb) {
        let (_world, mut first, clock, hands) = begin(&db).await;
        let (stop, stopping) = watch::channel(true);
        first.stop = stopping;
        hands.set("2026-10-06 03:00");
        assert!(first.run(Job::Verify, false).await.unwrap().is_none());
        let left = row(&first, Job::Verify).await;
        assert_eq!((left.holder, left.next_at), (None, Some(hands.millis())));
        assert_eq!(names(&first.tick().await.unwrap()), Vec::<&str>::new());
        drop(stop);
        let (mut second, _) = worker(&first.office, "second", &clock, &db.folder().join("mails"));
        assert!(names(&second.tick().await.unwrap()).contains(&"verify"));
    }

    /// A night: the books are written into a file, and what changed is laid for other systems.
    async fn each_night_has_its_backup_and_its_files(db: TestDb) {
        let (_world, mut worker, _clock, hands) = begin(&db).await;
        let folder = db.folder().join("night");
        std::fs::create_dir(&folder).unwrap();
        worker.database = db.url().to_owned();
        worker.office.config.service.backups = Some(folder.clone());
        worker.office.config.service.exports = Some(folder.clone());
        let mut backups = 0;
        for day in [6, 7] {
            for time in ["02:30", "04:00"] {
                hands.set(&format!("2026-10-{day:02} {time}"));
                let ran = worker.tick().await.unwrap();
                let nightly = ran.iter().filter(|ran| matches!(ran.job, "backup" | "export"));
                assert!(nightly.clone().all(|ran| ran.outcome == Outcome::Done), "{ran:?}");
                backups += nightly.filter(|ran| ran.job == "backup").count();
            }
        }
        let lying = std::fs::read_dir(&folder).unwrap();
        let lying: Vec<String> = lying.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        let count = |start: &str, end: &str| {
            let found = lying.iter().filter(|name| name.starts_with(start) && !name.ends_with("sha256"));
            found.filter(|name| name.ends_with(end)).count()
        };
        let ending = if db.url().starts_with("postgres") { "T0230.dump" } else { "T0230.db" };
        assert_eq!((backups, count("kwestura-2026-10-0", ending)), (2, 2), "{lying:?}");
        assert!(count("journal-2026-10", ".csv") == 1, "{lying:?}");
    }

    async fn a_person_lists_runs_pauses_and_resumes(db: TestDb) {
        let run = |arguments: &[&str]| {
            let Output { status, stdout, stderr } = command(&db, arguments).output().unwrap();
            (status.code().unwrap(), String::from_utf8([stdout, stderr].concat()).unwrap())
        };
        assert_eq!(run(&["init"]).0, 0);
        let (status, told) = run(&["jobs", "list"]);
        assert!(status == 0 && told.contains("30 9 * * 1-5"), "{told}");
        let (status, told) = run(&["jobs", "run", "verify", "--json"]);
        assert!(status == 0 && told.contains(r#""outcome":"done""#), "{told}");
        let (_, told) = run(&["jobs", "list"]);
        let verify = told.lines().find(|line| line.contains("nothing disagrees")).unwrap();
        assert!(told.contains("took") && verify.contains(" s "), "{told}");
        let (status, told) = run(&["jobs", "pause", "verify"]);
        assert!(status == 0 && told.contains("runs no more by itself"), "{told}");
        let (_, told) = run(&["jobs", "list", "--json"]);
        let verify = told.lines().find(|line| line.contains(r#""job":"verify""#)).unwrap();
        assert!(verify.contains(r#""paused":true"#) && verify.contains("nothing disagrees"), "{verify}");
        assert_eq!(run(&["jobs", "resume", "verify"]).0, 0);
        let (status, told) = run(&["jobs", "run", "verfy"]);
        assert!(status == 2 && told.contains("they are fetch, import, settle"), "{told}");
    }

    /// An older program does not touch what a newer one made (F19).
    async fn a_newer_schema_is_refused(db: TestDb) {
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                     VALUES (999999, 'of tomorrow', TRUE, 'x', 0)";
        super::damage::run(db.url(), newer).await.unwrap();
        let Output { status, stderr, .. } = command(&db, &["serve"]).output().unwrap();
        let told = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(2), "{told}");
        assert!(told.contains("a newer kwestura made"), "{told}");
    }
}

/// A command in the story's folder, with the machine's clock.
fn command(db: &TestDb, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kwestura"));
    if arguments.contains(&"serve") && !db.folder().join("kwestura.toml").exists() {
        let settings = "[institution]\nname = \"Akademia\"\n";
        std::fs::write(db.folder().join("kwestura.toml"), settings).unwrap();
    }
    command
        .args(["--database", db.url()])
        .args(arguments)
        .current_dir(db.folder())
        .env("USER", "kwestor")
        .env_remove("KWESTURA_CONFIG")
        .env_remove("KWESTURA_NOW");
    command
}
