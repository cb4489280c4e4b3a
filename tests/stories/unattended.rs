//! Left alone for a month: the bank delivers late, twice and out of order, the mail server fails now
//! and then, workers die in the middle of what they do. Nobody is there but a person who answers what
//! a person has to answer.

use crate::support::mail::folder_settings;
use crate::support::semester::Semester;
use crate::support::service::{Hands, clock};
use crate::support::{TestDb, faults, on_postgres, on_sqlite};
use chrono::{Days, NaiveDate};
use kwestura::cli::score;
use kwestura::config::Inbox;
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::statements::Said;
use kwestura::engine::{Clock, Moment, Office, outbox, verify};
use kwestura::mail::Post;
use kwestura::roster::FileKind;
use kwestura::service::Worker;
use kwestura::service::jobs::Outcome;
use kwestura::simulate::DEAD_ADDRESS;
use kwestura::simulate::arrivals::{Arrivals, exports};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::watch;

const STUDENTS: u32 = 30;
/// By then a statement has come that was missing for weeks.
const LAST_DAY: &str = "2026-11-06";
/// Moments of a day at which the workers wake: files are seen and taken, then the jobs of the morning,
/// and again so that what was refused, handed back or left by the dead is done.
const MOMENTS: [&str; 12] = [
    "03:00", "07:40", "07:41", "07:42", "09:01", "09:31", "09:36", "09:46", "09:51", "10:20",
    "15:00", "15:20",
];
/// A person who answers what a person has to answer.
const PERSON: Said<'static> = Said {
    by: "bursar",
    why: "looked into the mail server's log",
};

/// Whole numbers that a seed always gives in the same order.
struct Dice(u64);

impl Dice {
    /// Below a bound.
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// The university of a simulation, and those who work for it unattended.
struct Month {
    semester: Semester,
    office: Office,
    clock: Clock,
    hands: Hands,
    dice: Dice,
    inbox: PathBuf,
    /// A folder of mails for each run of sending: whatever lies in two was delivered twice.
    mails: PathBuf,
    runs: Arc<AtomicUsize>,
    is_down: Arc<AtomicBool>,
    workers: Vec<Worker>,
    delivered: usize,
    killed: usize,
}

impl Month {
    async fn begin(db: &TestDb, workers: usize, seed: u64) -> Month {
        let semester = Semester::new(STUDENTS, seed);
        let mut office = semester.empty_office(db).await;
        let inbox = db.folder().join("inbox");
        fs::create_dir(&inbox).unwrap();
        let config = &mut office.config;
        config.mail.get_or_insert_with(folder_settings);
        config.service.administrator = Some("admin@example.edu".to_owned());
        config.service.disk_free_mib = 0;
        config.service.inbox = Some(Inbox {
            folder: inbox.clone(),
            still_seconds: 30,
            names: FileKind::ALL
                .map(|kind| (format!("{}*", kind.as_str()), kind))
                .into(),
        });
        let (clock, hands) = clock("2026-09-01 00:00");
        let mut month = Month {
            semester,
            office,
            clock,
            hands,
            dice: Dice(seed),
            inbox,
            mails: db.folder().join("mails"),
            runs: Arc::default(),
            is_down: Arc::default(),
            workers: Vec::new(),
            delivered: 0,
            killed: 0,
        };
        month.workers = (0..workers).map(|_| month.worker()).collect();
        month
    }

    /// Somebody who has just been started.
    fn worker(&self) -> Worker {
        let (mails, runs, is_down) = (self.mails.clone(), self.runs.clone(), self.is_down.clone());
        let way = Arc::new(move |_: &Office| {
            let mut folder = mails.join(runs.fetch_add(1, Ordering::SeqCst).to_string());
            if is_down.load(Ordering::SeqCst) {
                // No folder can be made where a file is.
                folder = Path::new("/dev/null").join(folder.file_name().unwrap());
            }
            let refuses = |address: &lettre::Address| address.user().starts_with(DEAD_ADDRESS);
            Ok(Some(Post::Rehearsal { folder, refuses }))
        });
        let stop = watch::channel(false).1;
        Worker::new(
            "worker",
            self.office.clone(),
            "",
            self.clock.clone(),
            way,
            stop,
        )
    }

    /// All workers wake at once; some die in the middle, and others are started in their place.
    async fn wake(&mut self, may_die: bool) {
        let mut waking = Vec::new();
        for mut worker in std::mem::take(&mut self.workers) {
            let patience = if may_die && self.dice.roll(6) == 0 {
                1 << self.dice.roll(15)
            } else {
                usize::MAX
            };
            waking.push(tokio::spawn(async move {
                tokio::select! {
                    biased;
                    ran = worker.tick() => {
                        let ran = ran.unwrap();
                        let failed = ran.iter().find(|ran| ran.outcome == Outcome::Failed);
                        assert!(failed.is_none(), "{failed:?}");
                        Some(worker)
                    }
                    () = polls(patience) => None,
                }
            }));
        }
        for woken in waking {
            let worker = woken.await.unwrap();
            self.killed += usize::from(worker.is_none());
            let worker = worker.unwrap_or_else(|| self.worker());
            self.workers.push(worker);
        }
    }

    /// Lays a file into the inbox, now and then a second time under another name.
    fn deliver(&mut self, name: &str, bytes: &[u8]) {
        let copies = 1 + usize::from(self.dice.roll(4) == 0);
        for copy in 0..copies {
            let name = if copy == 0 {
                name.to_owned()
            } else {
                format!("again-{name}")
            };
            fs::write(self.inbox.join(name), bytes).unwrap();
            self.delivered += 1;
        }
    }

    /// What arrives behind one day and through another.
    fn arrive(&mut self, behind: Option<NaiveDate>, day: NaiveDate) {
        let read = |name: &str| fs::read_to_string(self.semester.path().join(name)).unwrap();
        let arrivals = Arrivals::parse(&read("arrivals.jsonl")).unwrap();
        let (students, fees) = (exports(&read("students.csv")), exports(&read("fees.csv")));
        for (kind, exports) in [("students", students), ("fees", fees)] {
            for (as_of, text) in exports {
                let on: NaiveDate = as_of.parse().unwrap();
                if behind.is_none_or(|behind| behind < on) && on <= day {
                    // The student system sends each export once.
                    fs::write(self.inbox.join(format!("{kind}-{as_of}.csv")), text).unwrap();
                    self.delivered += 1;
                }
            }
        }
        let files: Vec<String> = (arrivals.statements_between(behind, day))
            .map(|file| file.file.clone())
            .collect();
        for file in files {
            let bytes = fs::read(self.semester.path().join("statements").join(&file)).unwrap();
            self.deliver(&file, &bytes);
        }
    }

    /// A person confirms a run that a brake stopped, and looks after messages of which nobody knows.
    async fn person(&self) {
        let mut office = self.office.clone();
        office.now = Moment::of(self.hands.millis(), office.config.institution.time_zone);
        let today = office.now.today;
        let dry = remind::run(&office, today, Mode::DryRun).await;
        if let Ok(waiting) = dry
            && waiting.brake.is_some()
        {
            let confirmed = Some(waiting.messages.len());
            let _ = remind::run(&office, today, Mode::Write { confirmed }).await;
        }
        let arrived = self.arrived();
        for message in outbox::list(&office, Some("uncertain")).await.unwrap() {
            let id = message.row.id;
            let start = format!("{id}.");
            if arrived.keys().any(|name| name.starts_with(&start)) {
                outbox::confirm(&office, id, PERSON).await.unwrap();
            } else {
                outbox::retry(&office, id, PERSON).await.unwrap();
            }
        }
    }

    /// Mails by their names, with how often each arrived.
    fn arrived(&self) -> BTreeMap<String, usize> {
        let mut arrived = BTreeMap::new();
        let Ok(runs) = fs::read_dir(&self.mails) else {
            return arrived;
        };
        for run in runs {
            for mail in fs::read_dir(run.unwrap().path()).unwrap() {
                let name = mail.unwrap().file_name().to_string_lossy().into_owned();
                *arrived.entry(name).or_default() += 1;
            }
        }
        arrived
    }

    /// A day from night to afternoon.
    async fn day(&mut self, behind: Option<NaiveDate>, day: NaiveDate) {
        for time in MOMENTS {
            self.hands.set(&format!("{day} {time}"));
            if time == "07:40" {
                self.arrive(behind, day);
            }
            // An hour without a mail server, now and then.
            self.is_down.store(self.dice.roll(5) == 0, Ordering::SeqCst);
            self.wake(true).await;
            if time == "09:46" {
                self.person().await;
            }
        }
    }

    /// Everything comes to rest: nobody dies, the mail server is there.
    async fn rest(&mut self, day: NaiveDate) {
        self.is_down.store(false, Ordering::SeqCst);
        for hour in 16..22 {
            self.hands.set(&format!("{day} {hour}:00"));
            self.wake(false).await;
            self.hands.move_by(60);
            self.wake(false).await;
        }
    }
}

/// Ends when it was asked so often.
async fn polls(count: usize) {
    if count == usize::MAX {
        std::future::pending::<()>().await;
    }
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

async fn months(db: TestDb, workers: usize, seed: u64) {
    for seed in faults::seeds(&[seed]) {
        a_month(&db.another(), workers, seed).await;
    }
}

async fn a_month(db: &TestDb, workers: usize, seed: u64) {
    let mut month = Month::begin(db, workers, seed).await;
    let last: NaiveDate = LAST_DAY.parse().unwrap();
    let first: NaiveDate = "2026-09-28".parse().unwrap();
    let mut behind = None;
    let mut day = first;
    while day <= last {
        month.day(behind, day).await;
        behind = Some(day);
        day = day + Days::new(1);
    }
    month.rest(last).await;
    month.person().await;
    month.rest(last + Days::new(1)).await;
    let seen = format!("seed {seed}, {workers} worker(s), {} killed", month.killed);
    assert!(month.killed > 10, "{seen}");

    // Every file is accounted for, and taken.
    let lying = |folder: &str| fs::read_dir(month.inbox.join(folder)).map_or(0, Iterator::count);
    assert_eq!((lying(".work"), lying("quarantine")), (0, 0), "{seen}");
    let left = fs::read_dir(&month.inbox)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_file());
    assert_eq!(left.count(), 0, "{seen}");
    let days = fs::read_dir(month.inbox.join("archive")).unwrap();
    let archived: usize = days
        .map(|day| fs::read_dir(day.unwrap().path()).unwrap().count())
        .sum();
    assert_eq!(archived, month.delivered, "{seen}");

    // The books agree with the facts; nobody was reminded of what had been paid; nothing came twice.
    let report = verify::run(&month.office).await.unwrap();
    assert!(report.findings.is_empty(), "{seen}: {:?}", report.findings);
    let truth = fs::read(month.semester.path().join("truth.jsonl")).unwrap();
    let messages = score::of_messages(&month.office, "truth.jsonl", &truth)
        .await
        .unwrap()
        .unwrap();
    assert!(
        !messages.is_wrong() && messages.reminders > 10,
        "{seen}\n{messages}"
    );
    let arrived = month.arrived();
    let twice: Vec<_> = arrived
        .iter()
        .filter(|(name, count)| **count > 1 && !name.starts_with("alerts"))
        .collect();
    assert!(twice.is_empty(), "{seen}: {twice:?}");

    // Every alert was told, and when it was over, that was told too.
    let mut tx = month.office.db.read().await.unwrap();
    let alerts = tx.all_alerts().await.unwrap();
    tx.rollback().await.unwrap();
    for kind in ["statement_late", "gap"] {
        assert!(
            alerts.iter().any(|row| row.kind == kind),
            "{seen}: {kind} never"
        );
    }
    for row in &alerts {
        assert!(row.raised_told_at.is_some(), "{seen}: {row:?}");
        assert_eq!(
            row.over_at.is_some(),
            row.over_told_at.is_some(),
            "{seen}: {row:?}"
        );
    }

    // The rest of the term comes at once, and the books say what is true.
    let end: NaiveDate = "2027-03-01".parse().unwrap();
    month.hands.set(&format!("{end} 07:40"));
    month.arrive(Some(last), end);
    month.rest(end).await;
    month.office.now = Moment::of(
        month.hands.millis(),
        month.office.config.institution.time_zone,
    );
    month.semester.score(&month.office).await;
    let report = verify::run(&month.office).await.unwrap();
    assert!(report.findings.is_empty(), "{seen}: {:?}", report.findings);
    month.office.db.close().await;
}

#[test]
fn a_month_with_one_worker_on_sqlite() {
    on_sqlite(|db| months(db, 1, 31));
}

#[test]
fn a_month_with_four_workers_on_sqlite() {
    on_sqlite(|db| months(db, 4, 32));
}

#[test]
fn a_month_with_one_worker_on_postgres() {
    on_postgres(|db| months(db, 1, 33));
}

#[test]
fn a_month_with_four_workers_on_postgres() {
    on_postgres(|db| months(db, 4, 34));
}
