//! What does not happen as it should: the administrator hears of it once, and once more when it is
//! over.

use super::bank::{self, line};
use super::damage;
use super::world::World;
use crate::support::mail::{folder_settings, laid};
use crate::support::service::{Hands, clock, millis, worker};
use crate::support::{TestDb, on_both_engines};
use kwestura::config::{Inbox, Job};
use kwestura::engine::arming;
use kwestura::engine::decide::Request;
use kwestura::engine::statements::Said;
use kwestura::service::Worker;
use kwestura::text::Language;
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;

/// An office at eight on Monday the 5th, with an administrator.
struct Watched {
    world: World,
    worker: Worker,
    hands: Hands,
    mails: PathBuf,
}

impl Watched {
    async fn begin(db: &TestDb) -> Watched {
        let mut world = World::begin(db).await;
        let mut mail = folder_settings();
        mail.offices.language = Language::En;
        let config = &mut world.office.config;
        config.mail = Some(mail);
        config.policy.dunning.brake_percent = 100;
        config.service.administrator = Some("admin@example.edu".to_owned());
        let (clock, hands) = clock("2026-10-05 08:00");
        let mails = db.folder().join("mails");
        let (mut worker, _) = worker(&world.office, "worker", &clock, &mails);
        worker.tick().await.unwrap();
        Watched {
            world,
            worker,
            hands,
            mails,
        }
    }

    /// It is this time, and everything that is due runs.
    async fn at(&mut self, time: &str) {
        self.hands.set(time);
        self.worker.tick().await.unwrap();
    }

    /// The bank's statement of a day.
    async fn statement(&mut self, number: u32, day: u32, opening_minor: i64) {
        let statement = bank::day(number, day, opening_minor, vec![line(day, 100, "ada")]);
        bank::import(&self.world.office, &statement).await;
    }

    /// Kinds of alerts that are open.
    async fn open(&self) -> Vec<String> {
        let mut tx = self.world.office.db.read().await.unwrap();
        let open = tx.open_alerts().await.unwrap().into_iter();
        open.map(|row| row.kind).collect()
    }

    /// What is said of the open alert of a kind.
    async fn said(&self, kind: &str) -> Option<String> {
        let mut tx = self.world.office.db.read().await.unwrap();
        let mut open = tx.open_alerts().await.unwrap().into_iter();
        open.find(|row| row.kind == kind).map(|row| row.said)
    }

    /// A person stops the job that sends, or lets it go on.
    async fn pause_sending(&self, paused: bool) {
        let mut tx = self.world.office.db.write().await.unwrap();
        let next = Some(self.hands.millis());
        assert!(tx.pause_job(Job::Send.name(), paused, next).await.unwrap());
        tx.commit().await.unwrap();
    }

    /// Subjects of what the administrator got, in the order of their numbers.
    fn told(&self) -> Vec<String> {
        if !self.mails.is_dir() {
            return Vec::new();
        }
        let mails = laid(&self.mails).into_iter();
        let mut mails: Vec<(String, String)> = mails
            .filter(|mail| mail.header("To") == "admin@example.edu")
            .map(|mail| {
                (
                    mail.header("Message-ID").to_owned(),
                    mail.header("Subject").to_owned(),
                )
            })
            .collect();
        mails.sort();
        mails.into_iter().map(|(_, subject)| subject).collect()
    }
}

on_both_engines! {
    /// The statement of Friday should be there on Monday at nine.
    async fn a_late_statement_is_told_once_and_once_more_when_it_has_come(db: TestDb) {
        let mut watched = Watched::begin(&db).await;
        watched.statement(1, 1, 0).await;
        watched.at("2026-10-02 09:01").await;
        watched.at("2026-10-02 09:02").await;
        assert_eq!(watched.open().await, Vec::<String>::new(), "Thursday's is there on Friday");
        watched.at("2026-10-05 08:59").await;
        assert_eq!(watched.open().await, Vec::<String>::new(), "it is not nine");
        for time in ["09:00", "09:01", "09:02", "11:00"] {
            watched.at(&format!("2026-10-05 {time}")).await;
            assert_eq!(watched.open().await, ["statement_late"], "{time}");
        }
        assert_eq!(watched.told().len(), 1, "{:?}", watched.told());
        watched.statement(2, 2, 100).await;
        for time in ["11:01", "11:02"] {
            watched.at(&format!("2026-10-05 {time}")).await;
            assert_eq!(watched.open().await, Vec::<String>::new());
        }
        let told = watched.told();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told.iter().all(|subject| !subject.contains("0000")), "no number in full: {told:?}");

        // Nothing is expected on a Saturday, nor on the holiday of 11 November.
        watched.at("2026-10-10 12:00").await;
        assert_eq!(watched.open().await, ["statement_late"], "that of Thursday");
    }

    /// How far the statements reach is told as it is, and nobody is written to for that alone.
    async fn statements_that_come_and_are_not_enough_are_said_and_not_mailed(db: TestDb) {
        let mut watched = Watched::begin(&db).await;
        for (hour, coming, reach) in [
            (10, None, "no statement has come yet"),
            (11, Some((1, 1, 0)), "the statements reach only 2026-10-01"),
            (12, Some((2, 2, 100)), "the statements reach only 2026-10-02"),
        ] {
            if let Some((number, day, opening_minor)) = coming {
                watched.statement(number, day, opening_minor).await;
            }
            for minute in 0..2 {
                watched.at(&format!("2026-10-09 {hour}:0{minute}")).await;
                let mut tx = watched.world.office.db.read().await.unwrap();
                let open = tx.open_alerts().await.unwrap();
                tx.rollback().await.unwrap();
                assert_eq!(open.len(), 1, "{open:?}");
                assert!(open[0].said.starts_with(reach), "{reach}: {}", open[0].said);
            }
        }
        assert_eq!(watched.told().len(), 1, "{:?}", watched.told());
    }

    async fn a_gap_is_over_when_the_missing_statement_comes(db: TestDb) {
        let mut watched = Watched::begin(&db).await;
        watched.statement(1, 1, 0).await;
        watched.statement(3, 5, 200).await;
        watched.at("2026-10-05 08:30").await;
        assert_eq!(watched.open().await, ["gap"]);
        watched.statement(2, 2, 100).await;
        watched.at("2026-10-05 08:31").await;
        assert_eq!(watched.open().await, Vec::<String>::new());
        assert_eq!(watched.told().len(), 2, "{:?}", watched.told());
    }

    /// The mail server is down for two hours: that is told when it is back, once; the reminders leave,
    /// once each (F05).
    async fn mail_that_does_not_leave_is_told_when_it_can_be(db: TestDb) {
        let mut watched = Watched::begin(&db).await;
        watched.statement(1, 1, 0).await;
        watched.statement(2, 2, 100).await;
        // Where the folder should be is a file.
        fs::write(&watched.mails, "").unwrap();
        watched.at("2026-10-05 09:30").await;
        for minutes in 1..120 {
            let time = format!("2026-10-05 {}:{:02}", 9 + (30 + minutes) / 60, (30 + minutes) % 60);
            watched.at(&time).await;
            let open = watched.open().await;
            assert_eq!(open.contains(&"job".to_owned()), minutes >= 1, "{time} {open:?}");
            assert_eq!(open.contains(&"outbox".to_owned()), minutes >= 61, "{time} {open:?}");
        }
        fs::remove_file(&watched.mails).unwrap();
        watched.at("2026-10-05 12:45").await;
        watched.at("2026-10-05 12:46").await;
        assert_eq!(watched.open().await, Vec::<String>::new());
        let mut tx = watched.world.office.db.read().await.unwrap();
        let alerts = tx.all_alerts().await.unwrap();
        assert!(alerts.iter().all(|row| row.over_told_at.is_some()), "{alerts:?}");
        assert_eq!(alerts.len(), 2, "{alerts:?}");
        let counts = tx.message_counts().await.unwrap();
        assert_eq!(counts, [("sent".to_owned(), 3)]);
        // Three reminders, and what the administrator is told: that it was, and is over.
        assert_eq!(watched.told().len(), 1, "{:?}", watched.told());
        assert_eq!(laid(&watched.mails).len(), 4);
    }

    /// Nobody runs the job, so nothing fails; the mail stands still all the same. Who disarms it wants that.
    async fn mail_that_nobody_sends_is_told_until_it_leaves(db: TestDb) {
        let mut watched = Watched::begin(&db).await;
        watched.statement(1, 1, 0).await;
        watched.statement(2, 2, 100).await;
        watched.pause_sending(true).await;
        watched.at("2026-10-05 09:30").await;
        watched.at("2026-10-05 10:30").await;
        assert_eq!(watched.open().await, Vec::<String>::new(), "a run should have been at 9:31");
        watched.at("2026-10-05 10:31").await;
        let said = watched.said("outbox").await.unwrap();
        assert_eq!(said, "3 message(s) wait, and none has left since 2026-10-05 09:30: the job `send` is paused");
        let why = Said { by: "bursar", why: "a copy to try things on" };
        arming::say(&watched.world.office, false, why).await.unwrap();
        watched.at("2026-10-05 10:32").await;
        assert_eq!(watched.open().await, Vec::<String>::new());
        arming::say(&watched.world.office, true, why).await.unwrap();
        watched.at("2026-10-05 10:33").await;
        assert_eq!(watched.open().await, ["outbox"]);
        watched.pause_sending(false).await;
        watched.at("2026-10-05 10:40").await;
        assert_eq!(watched.open().await, Vec::<String>::new(), "they have left");
    }

    /// A message that has to wait, and one that its server alone puts off, are no standstill; one that is put
    /// off while nothing else leaves is.
    async fn what_waits_for_a_reason_of_its_own_is_no_standstill(db: TestDb) {
        let mut watched = Watched::begin(&db).await;
        watched.statement(1, 1, 0).await;
        watched.statement(2, 2, 100).await;
        watched.pause_sending(true).await;
        watched.at("2026-10-05 09:30").await;
        watched.world.fact(Request::Hold { student: "ada".to_owned(), until: bank::october(8) }).await;
        watched.pause_sending(false).await;
        for time in ["09:40", "10:42", "11:44"] {
            watched.at(&format!("2026-10-05 {time}")).await;
            assert_eq!(watched.open().await, Vec::<String>::new(), "{time}");
        }
        for (since, is_told) in [("09:39", false), ("09:41", true)] {
            let (since, next) = (millis(&format!("2026-10-05 {since}")), millis("2026-10-05 15:00"));
            let put_off = format!(
                "UPDATE message SET state = 'failed', attempts = 3, failed_since = {since}, next_attempt_at = {next}
                  WHERE state IN ('due', 'failed')"
            );
            assert_eq!(damage::run(db.url(), &put_off).await.unwrap(), 1);
            watched.worker.run(Job::Alerts, true).await.unwrap();
            assert_eq!(watched.said("outbox").await.is_some(), is_told, "{since}");
        }
    }

    /// All folders that are written to, and each disk once.
    async fn a_disk_is_looked_at_wherever_something_is_written(db: TestDb) {
        let mut watched = Watched::begin(&db).await;
        watched.statement(1, 1, 0).await;
        watched.statement(2, 2, 100).await;
        let folder = |name: &str| {
            let folder = db.folder().join(name);
            fs::create_dir(&folder).unwrap();
            folder
        };
        let office = &mut watched.worker.office;
        office.config.service.inbox = Some(Inbox::of(folder("inbox")));
        office.config.service.backups = Some(folder("backups"));
        office.config.service.exports = Some(folder("exports"));
        office.config.mail.as_mut().unwrap().returned = Some(folder("returned"));
        let office = office.clone();
        let (other, _) = worker(&office, "worker", &watched.worker.clock, &watched.mails);
        let names = other.disks.iter().map(|disk| disk.file_name().unwrap().to_str().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["inbox", "returned", "backups", "exports"]);
        // Memory is another disk, on machines that have it.
        let memory = PathBuf::from("/dev/shm");
        let many = 1 + usize::from(memory.is_dir());
        watched.worker.disks = other.disks;
        watched.worker.disks.push(memory);
        watched.worker.office.config.service.disk_free_mib = u64::MAX >> 21;
        watched.at("2026-10-05 08:30").await;
        assert_eq!(watched.open().await, vec!["disk"; many]);
    }

    async fn a_disk_without_room_and_a_brake_are_told(db: TestDb) {
        let mut watched = Watched::begin(&db).await;
        watched.statement(1, 1, 0).await;
        watched.statement(2, 2, 100).await;
        watched.worker.disks = vec![db.folder().to_path_buf()];
        watched.worker.office.config.service.disk_free_mib = u64::MAX >> 21;
        watched.worker.office.config.policy.dunning.brake_percent = 10;
        watched.at("2026-10-05 09:30").await;
        let mut open = watched.open().await;
        open.sort();
        assert_eq!(open, ["disk", "word"]);
        watched.worker.office.config.service.disk_free_mib = 0;
        watched.worker.office.config.policy.dunning.brake_percent = 100;
        watched.worker.run(Job::Remind, true).await.unwrap();
        watched.at("2026-10-05 09:31").await;
        assert_eq!(watched.open().await, Vec::<String>::new());
    }

    /// Two machines see two disks: what one of them found, the other does not end, until that one has not
    /// been heard of for a day.
    async fn what_a_machine_found_is_its_own_to_end(db: TestDb) {
        let mut watched = Watched::begin(&db).await;
        watched.statement(1, 1, 0).await;
        watched.statement(2, 2, 100).await;
        let mut other = watched.worker.clone();
        (watched.worker.name, other.name) = ("one/1/1".to_owned(), "two/1/1".to_owned());
        watched.worker.disks = vec![db.folder().to_path_buf()];
        watched.worker.office.config.service.disk_free_mib = u64::MAX >> 21;
        let full = ["disk".to_owned()];
        watched.at("2026-10-05 08:30").await;
        assert_eq!(watched.open().await, full);
        for time in ["2026-10-05 08:31", "2026-10-06 08:00"] {
            watched.hands.set(time);
            other.run(Job::Alerts, true).await.unwrap();
            assert!(watched.open().await.contains(&full[0]), "{time}");
        }
        assert!(watched.told().iter().any(|subject| subject.contains("disk")), "{:?}", watched.told());
        watched.worker.run(Job::Alerts, true).await.unwrap();
        // It is found on both, and ended by each for itself.
        other.disks = watched.worker.disks.clone();
        other.office.config.service.disk_free_mib = u64::MAX >> 21;
        other.run(Job::Alerts, true).await.unwrap();
        let disks = async |watched: &Watched| watched.open().await.iter().filter(|kind| *kind == "disk").count();
        assert_eq!(disks(&watched).await, 2);
        other.office.config.service.disk_free_mib = 0;
        other.run(Job::Alerts, true).await.unwrap();
        assert_eq!(disks(&watched).await, 1);
        // The machine is gone.
        watched.hands.set("2026-10-07 08:01");
        other.run(Job::Alerts, true).await.unwrap();
        assert_eq!(disks(&watched).await, 0);
    }

    /// The same list, for other programs; and what is measured, without a number in full.
    async fn health_tells_the_same(db: TestDb) {
        let mut watched = Watched::begin(&db).await;
        watched.statement(1, 1, 0).await;
        watched.at("2026-10-05 09:00").await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = tokio::sync::watch::channel(false);
        let mut worker = watched.worker.clone();
        worker.stop = stopping;
        let serving = tokio::spawn(kwestura::service::health::serve(listener, worker));
        let ask = |path: &'static str| {
            tokio::task::spawn_blocking(move || {
                let mut line = std::net::TcpStream::connect(address).unwrap();
                write!(line, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
                let mut answer = String::new();
                line.read_to_string(&mut answer).unwrap();
                answer
            })
        };
        assert!(ask("/healthz").await.unwrap().starts_with("HTTP/1.1 200"));
        let ready = ask("/readyz").await.unwrap();
        assert!(ready.starts_with("HTTP/1.1 200") && ready.contains(r#""kind":"statement_late""#), "{ready}");
        let metrics = ask("/metrics").await.unwrap();
        for line in [
            "# TYPE kwestura_job_failures gauge",
            "kwestura_job_failures{job=\"send\"} 0",
            "kwestura_alerts{kind=\"statement_late\"} 1",
            "kwestura_coverage_through_timestamp_seconds{account=\"fees …1001\"} 1790812800",
            "kwestura_settle_marks 0",
        ] {
            assert!(metrics.contains(line), "{line}\n{metrics}");
        }
        assert!(!metrics.contains(bank::IBAN) && !ready.contains(bank::IBAN));
        stop.send(true).unwrap();
        serving.await.unwrap().unwrap();
    }
}
