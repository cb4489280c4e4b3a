//! Left alone for a month: the bank delivers late, twice and out of order, the mail server fails now
//! and then, whoever works dies in the middle of what they do. Nobody is there but a person who answers
//! what a person has to answer.
//!
//! The same month is told twice: by workers in this process, which die at any step of theirs and see every
//! moment, and by processes of the service that are killed, with a mail server, and see what they see.

mod processes;
mod workers;

use crate::support::dice::Dice;
use crate::support::semester::Semester;
use crate::support::service::{Hands, names};
use crate::support::{TestDb, faults, on_postgres, on_sqlite};
use chrono::{Days, NaiveDate};
use kwestura::cli::score;
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::statements::Said;
use kwestura::engine::{Moment, Office, outbox, verify};
use kwestura::simulate::arrivals::{Arrivals, exports};
use processes::Processes;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use workers::Workers;

const STUDENTS: u32 = 30;
/// By then a statement has come that was missing for weeks.
const LAST_DAY: &str = "2026-11-06";
/// A person who answers what a person has to answer.
const PERSON: Said<'static> = Said {
    by: "bursar",
    why: "looked into the mail server's log",
};

/// Those who work while nobody looks, and the mail server that they have.
trait Staff {
    /// Moments of a day at which they wake: files are seen and taken, then the jobs of the morning, and
    /// again so that what was refused, handed back or left by the dead is done.
    const MOMENTS: &[&str];

    /// How the mail server is until it is asked again.
    fn mail_server(&mut self, is_well: bool, dice: &mut Dice);

    /// All wake at a time; some die in the middle, and others are started in their place. It is known how
    /// many died.
    async fn wake(&mut self, now: &Hands, dice: &mut Dice, may_die: bool) -> usize;

    /// Mails by their names, with how often each arrived. A name begins with the message's id.
    fn arrived(&self) -> BTreeMap<String, usize>;
}

/// The university of a simulation, and those who work for it unattended.
struct Month<S> {
    semester: Semester,
    office: Office,
    hands: Hands,
    dice: Dice,
    inbox: PathBuf,
    staff: S,
    delivered: usize,
    killed: usize,
}

impl<S: Staff> Month<S> {
    /// Nothing has arrived, and nobody died.
    fn begin(
        (semester, office): (Semester, Office),
        hands: Hands,
        dice: Dice,
        inbox: PathBuf,
        staff: S,
    ) -> Self {
        Month {
            semester,
            office,
            hands,
            dice,
            inbox,
            staff,
            delivered: 0,
            killed: 0,
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
        let arrived = self.staff.arrived();
        for message in outbox::list(&office, Some("uncertain")).await.unwrap() {
            let id = message.row.id;
            let start = format!("{id}.");
            if arrived.keys().any(|name| name.starts_with(&start)) {
                let _ = outbox::confirm(&office, id, PERSON).await;
            } else {
                let _ = outbox::retry(&office, id, PERSON).await;
            }
        }
    }

    /// Everybody wakes.
    async fn wake(&mut self, may_die: bool) {
        self.killed += (self.staff)
            .wake(&self.hands, &mut self.dice, may_die)
            .await;
    }

    /// A day from night to afternoon.
    async fn day(&mut self, behind: Option<NaiveDate>, day: NaiveDate) {
        for time in S::MOMENTS {
            self.hands.set(&format!("{day} {time}"));
            if *time == "07:40" {
                self.arrive(behind, day);
            }
            // An hour without a mail server, now and then.
            let is_well = self.dice.roll(5) != 0;
            self.staff.mail_server(is_well, &mut self.dice);
            self.wake(true).await;
            if *time == "09:46" {
                self.person().await;
            }
        }
    }

    /// Everything comes to rest: nobody dies, the mail server is there.
    async fn rest(&mut self, day: NaiveDate) {
        self.staff.mail_server(true, &mut self.dice);
        for hour in 16..22 {
            self.hands.set(&format!("{day} {hour}:00"));
            self.wake(false).await;
            self.hands.move_by(60);
            self.wake(false).await;
        }
    }

    /// From the end of September on, until a statement has come that was missing for weeks; then the rest
    /// of the term comes at once.
    async fn pass(mut self, seen: &str) {
        let last: NaiveDate = LAST_DAY.parse().unwrap();
        let mut behind = None;
        let mut day: NaiveDate = "2026-09-28".parse().unwrap();
        while day <= last {
            self.day(behind, day).await;
            behind = Some(day);
            day = day + Days::new(1);
        }
        self.rest(last).await;
        self.person().await;
        self.rest(last + Days::new(1)).await;
        let seen = format!("{seen}, {} killed", self.killed);
        assert!(self.killed > 10, "{seen}");
        self.files_are_accounted_for(&seen);
        self.messages_are_right(&seen).await;
        self.alerts_were_told(&seen).await;

        let end: NaiveDate = "2027-03-01".parse().unwrap();
        self.hands.set(&format!("{end} 07:40"));
        self.arrive(Some(last), end);
        self.rest(end).await;
        let zone = self.office.config.institution.time_zone;
        self.office.now = Moment::of(self.hands.millis(), zone);
        self.semester.score(&self.office).await;
        let report = verify::run(&self.office).await.unwrap();
        assert!(report.findings.is_empty(), "{seen}: {:?}", report.findings);
        self.office.db.close().await;
    }

    /// Every file was taken, and none was refused.
    fn files_are_accounted_for(&self, seen: &str) {
        let lying = |folder: &str| names(&self.inbox.join(folder)).len();
        assert_eq!((lying(".work"), lying("quarantine")), (0, 0), "{seen}");
        let left = fs::read_dir(&self.inbox).unwrap();
        let left = left.filter(|entry| entry.as_ref().unwrap().path().is_file());
        assert_eq!(left.count(), 0, "{seen}");
        let archive = self.inbox.join("archive");
        let days = names(&archive).into_iter();
        let archived: usize = days.map(|day| names(&archive.join(day)).len()).sum();
        assert_eq!(archived, self.delivered, "{seen}");
    }

    /// The books agree with the facts; nobody was reminded of what had been paid; nothing came twice.
    async fn messages_are_right(&self, seen: &str) {
        let report = verify::run(&self.office).await.unwrap();
        assert!(report.findings.is_empty(), "{seen}: {:?}", report.findings);
        let truth = fs::read(self.semester.path().join("truth.jsonl")).unwrap();
        let messages = score::of_messages(&self.office, "truth.jsonl", &truth);
        let messages = messages.await.unwrap().unwrap();
        assert!(
            !messages.is_wrong() && messages.reminders > 10,
            "{seen}\n{messages}{:?}",
            messages.false_ones
        );
        let mut twice = self.staff.arrived();
        twice.retain(|name, count| *count > 1 && !name.starts_with("alerts"));
        assert!(twice.is_empty(), "{seen}: {twice:?}");
    }

    /// Every alert was told, and when it was over, that was told too.
    async fn alerts_were_told(&self, seen: &str) {
        let mut tx = self.office.db.read().await.unwrap();
        let alerts = tx.all_alerts().await.unwrap();
        tx.rollback().await.unwrap();
        for kind in ["statement_late", "gap"] {
            assert!(
                alerts.iter().any(|row| row.kind == kind),
                "{seen}: {kind} never"
            );
        }
        for row in &alerts {
            let (over, told) = (row.over_at, row.over_told_at);
            assert!(row.raised_told_at.is_some(), "{seen}: {row:?}");
            assert_eq!(over.is_some(), told.is_some(), "{seen}: {row:?}");
        }
    }
}

/// A month with so many who work.
async fn months<S: Staff>(
    db: TestDb,
    workers: usize,
    seed: u64,
    begin: impl AsyncFn(&TestDb, usize, Dice) -> Option<Month<S>>,
) {
    for seed in faults::seeds(&[seed]) {
        if let Some(month) = begin(&db.another(), workers, Dice(seed)).await {
            month.pass(&format!("seed {seed}, {workers} at work")).await;
        }
    }
}

#[test]
fn a_month_with_one_worker_on_sqlite() {
    on_sqlite(|db| months(db, 1, 31, Workers::month));
}

#[test]
fn a_month_with_four_workers_on_sqlite() {
    on_sqlite(|db| months(db, 4, 32, Workers::month));
}

#[test]
fn a_month_with_one_worker_on_postgres() {
    on_postgres(|db| months(db, 1, 33, Workers::month));
}

#[test]
fn a_month_with_four_workers_on_postgres() {
    on_postgres(|db| months(db, 4, 34, Workers::month));
}

#[test]
fn a_month_with_four_processes_on_sqlite() {
    on_sqlite(|db| months(db, 4, 35, Processes::month));
}

#[test]
fn a_month_with_four_processes_on_postgres() {
    on_postgres(|db| months(db, 4, 36, Processes::month));
}
