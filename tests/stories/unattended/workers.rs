//! Workers in this process, with mail that is laid into folders.

use super::{Month, STUDENTS, Staff};
use crate::support::TestDb;
use crate::support::dice::Dice;
use crate::support::mail::folder_settings;
use crate::support::semester::Semester;
use crate::support::service::{Hands, clock};
use kwestura::config::Inbox;
use kwestura::engine::{Clock, Office};
use kwestura::mail::Post;
use kwestura::roster::FileKind;
use kwestura::service::Worker;
use kwestura::service::jobs::Outcome;
use kwestura::simulate::DEAD_ADDRESS;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::watch;

/// Workers, each of which may die whenever it waits for something.
pub struct Workers {
    office: Office,
    clock: Clock,
    /// A folder of mails for each run of sending: whatever lies in two was delivered twice.
    mails: PathBuf,
    runs: Arc<AtomicUsize>,
    is_down: Arc<AtomicBool>,
    at_work: Vec<Worker>,
}

impl Workers {
    /// A month with so many of them.
    pub async fn month(db: &TestDb, count: usize, dice: Dice) -> Option<Month<Workers>> {
        let semester = Semester::new(STUDENTS, dice.0);
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
        let mut staff = Workers {
            office: office.clone(),
            clock,
            mails: db.folder().join("mails"),
            runs: Arc::default(),
            is_down: Arc::default(),
            at_work: Vec::new(),
        };
        staff.at_work = (0..count).map(|_| staff.worker()).collect();
        Some(Month::begin((semester, office), hands, dice, inbox, staff))
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
        let (office, clock) = (self.office.clone(), self.clock.clone());
        Worker::new("worker", office, "", clock, way, stop)
    }
}

impl Staff for Workers {
    const MOMENTS: &[&str] = &[
        "03:00", "07:40", "07:41", "07:42", "09:01", "09:31", "09:36", "09:46", "09:51", "10:20",
        "15:00", "15:20",
    ];

    fn mail_server(&mut self, is_well: bool, _: &mut Dice) {
        self.is_down.store(!is_well, Ordering::SeqCst);
    }

    async fn wake(&mut self, _: &Hands, dice: &mut Dice, may_die: bool) -> usize {
        let mut waking = Vec::new();
        for mut worker in std::mem::take(&mut self.at_work) {
            let patience = if may_die && dice.roll(6) == 0 {
                1 << dice.roll(15)
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
        let mut killed = 0;
        for woken in waking {
            let worker = woken.await.unwrap();
            killed += usize::from(worker.is_none());
            let worker = worker.unwrap_or_else(|| self.worker());
            self.at_work.push(worker);
        }
        killed
    }

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
