//! A worker: rounds, one behind the other.
//!
//! [`Worker::tick`] is a round, and all there is to test: it asks the clock, runs what is due, and
//! ends. [`work`] is the loop around it.

use super::fetch;
use super::folders::{FOLDERS, Files, folder, folders, trouble};
use super::inbox::Looks;
use super::jobs::{self, Outcome, Report};
use super::lease::{self, Lease, Went};
use super::said::for_the_log;
use super::watch::Watch;
use crate::config::Job;
use crate::engine::{Clock, EngineError, Moment, Office};
use crate::mail::Post;
use crate::store::StoreError;
use crate::store::jobs::{JobEnd, JobRow};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{interval_at, sleep};

/// How long a worker rests between two rounds.
const REST: Duration = Duration::from_secs(5);
/// The same where something lands all the time.
const REST_MIN: Duration = Duration::from_millis(500);
/// How often a worker says that it is alive; far below [`lease::SILENCE`].
const SIGN_OF_LIFE: Duration = Duration::from_secs(45);

/// Makes the way on which messages leave; none where no mail server is set.
pub type Way = Arc<dyn Fn(&Office) -> Result<Option<Post>, EngineError> + Send + Sync>;

/// Somebody who runs jobs.
#[derive(Clone)]
pub struct Worker {
    /// How others call it: the machine, the process, and which of its workers.
    pub name: String,
    /// The institution; its instant is the clock's whenever a job begins.
    pub office: Office,
    /// Where its database is, as it was given at the start.
    pub database: String,
    /// The time.
    pub clock: Clock,
    /// How messages leave.
    pub way: Way,
    /// Becomes true when the worker has to stop.
    pub stop: watch::Receiver<bool>,
    /// Folders on whose disks there has to be room.
    pub disks: Vec<PathBuf>,
    /// What it has seen in the folders into which others lay files, by the job that takes them.
    looks: BTreeMap<Job, Looks>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Worker({})", self.name)
    }
}

/// A job that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ran {
    /// Which.
    pub job: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What came of it, in words.
    pub said: String,
    /// False where the job was another's by the time it ended; then nothing was noted.
    pub noted: bool,
}

impl Worker {
    /// Somebody who runs jobs of an institution.
    pub fn new(
        name: impl Into<String>,
        office: Office,
        database: &str,
        clock: Clock,
        way: Way,
        stop: watch::Receiver<bool>,
    ) -> Worker {
        Worker {
            name: name.into(),
            disks: written_to(&office),
            looks: BTreeMap::new(),
            database: database.to_owned(),
            office,
            clock,
            way,
            stop,
        }
    }

    /// The machine on which it works.
    pub(super) fn machine(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// A round: runs what is due, each job unless another runs it, and tells what was run.
    ///
    /// # Errors
    ///
    /// Where the database fails; the next round goes on.
    pub async fn tick(&mut self) -> Result<Vec<Ran>, EngineError> {
        let rows = self.rows().await?;
        self.look();
        let mut ran = Vec::new();
        for job in Job::ALL {
            if *self.stop.borrow() {
                break;
            }
            // Asked without a lock first: most of the time nothing is due.
            let now = self.clock.millis();
            let is_ripe = self.looks.get(&job).is_some_and(Looks::is_ripe);
            // Whoever could not take what lies there waits as long as others that fail.
            let hurries = is_ripe && rows.get(&job).is_some_and(|row| row.failures == 0);
            let is_due = |row: &JobRow| {
                row.is_paused == 0
                    && (hurries || row.next_at.is_some_and(|next| next <= now))
                    && (row.holder.is_none() || row.held_until < now)
            };
            if rows.get(&job).is_some_and(is_due) {
                ran.extend(self.run(job, hurries).await?);
            }
        }
        Ok(ran)
    }

    /// Waits until it is known which files of a job stand still; for a person who wants them now.
    pub async fn wait_for_files(&mut self, job: Job) -> Result<(), EngineError> {
        if job == Job::Fetch {
            return self.wait_for_servers().await;
        }
        let Some(inbox) = folder(&self.office, job) else {
            return Ok(());
        };
        let looks = self.looks.entry(job).or_default();
        let (now, still) = (self.clock.millis(), i64::from(inbox.still_seconds) * 1000);
        for at in [now.saturating_sub(still), now] {
            if at == now {
                sleep(Duration::from_secs(inbox.still_seconds.into())).await;
            }
            looks
                .look(&inbox, at)
                .map_err(|error| trouble(job, &inbox, "cannot be read", &error))?;
        }
        Ok(())
    }

    async fn wait_for_servers(&self) -> Result<(), EngineError> {
        let service = &self.office.config.service;
        if let Some(inbox) = service.inbox.as_ref().filter(|_| !service.sftp.is_empty()) {
            fetch::look(self).await?;
            sleep(Duration::from_secs(inbox.still_seconds.into())).await;
        }
        Ok(())
    }

    /// Looks into the folders. Where one cannot be read, that is an alert, and the rest goes on.
    pub fn look(&mut self) {
        let now = self.clock.millis();
        for (job, name) in FOLDERS {
            let Some(folder) = folder(&self.office, job) else {
                continue;
            };
            if let Err(error) = self.looks.entry(job).or_default().look(&folder, now) {
                self.looks.remove(&job);
                let why = error.to_string();
                tracing::warn!(worker = self.name, why, "{name} cannot be read");
            }
        }
    }

    /// Claims what is ripe in the folder of a job; none where it has no folder. `fence` is the token of
    /// the run.
    pub(super) fn claim(&mut self, job: Job, fence: i64) -> Result<Option<Files>, EngineError> {
        let looks = self.looks.entry(job).or_default();
        folder(&self.office, job)
            .map(|folder| Files::claim(job, folder, looks, fence))
            .transpose()
    }

    /// The jobs as they stand.
    pub async fn rows(&self) -> Result<BTreeMap<Job, JobRow>, StoreError> {
        let schedules = &self.office.config.service.jobs;
        let zone = self.office.config.institution.time_zone;
        lease::enrolled(&self.office.db, schedules, (self.clock.millis(), zone)).await
    }

    /// Runs a job unless another runs it; tells how it ended, or nothing where it was not run to its
    /// end.
    pub async fn run(&mut self, job: Job, forced: bool) -> Result<Option<Ran>, EngineError> {
        let zone = self.office.config.institution.time_zone;
        let db = self.office.db.clone();
        let began = self.clock.millis();
        let Some(lease) = Lease::take(&db, job, &self.name, began, forced).await? else {
            return Ok(None);
        };
        self.office.now = Moment::of(began, zone);
        let Some(result) = self.alive(&lease).await else {
            lease.hand_back(&db, self.clock.millis()).await?;
            tracing::info!(
                job = job.name(),
                "handed back: the service stops, or the job was paused or is another's"
            );
            return Ok(None);
        };
        let (outcome, report) = match result {
            Ok(report) => (report.outcome, report),
            Err(error) => {
                let outcome = match error {
                    EngineError::Refused(_) => Outcome::Refused,
                    EngineError::Store(_) => Outcome::Failed,
                };
                (outcome, Report::said(error.to_string()))
            }
        };
        let row = self.rows().await?.remove(&job);
        let now = self.clock.millis();
        let failures = row.map_or(0, |row| row.failures);
        let schedule = self.office.config.service.jobs.get(&job);
        let went = match outcome {
            Outcome::Done | Outcome::Attention => Went::Well,
            Outcome::Refused | Outcome::Failed if report.rests => Went::Harmfully,
            Outcome::Refused | Outcome::Failed => Went::Badly,
        };
        let counts = serde_json::to_string(&report.counts).unwrap_or_default();
        let end = JobEnd {
            outcome: outcome.name(),
            said: &report.said,
            counts: &counts,
            next_at: lease::next_time(schedule, (now, zone), (went, failures)),
        };
        let noted = lease.end(&db, end, now).await?;
        let took_ms = now - began;
        let (job, outcome_name) = (job.name(), outcome.name());
        match outcome {
            // Nothing came of it, as most of the time.
            Outcome::Done if report.counts.values().all(|count| *count == 0) => {
                tracing::debug!(job, outcome = outcome_name, took_ms, noted, "ran");
            }
            Outcome::Done => {
                tracing::info!(job, outcome = outcome_name, took_ms, counts, noted, "ran");
            }
            Outcome::Attention => {
                tracing::warn!(job, outcome = outcome_name, took_ms, counts, noted, "ran");
            }
            Outcome::Refused | Outcome::Failed => {
                let why = for_the_log(&report.said);
                tracing::warn!(
                    job,
                    outcome = outcome_name,
                    took_ms,
                    noted,
                    why,
                    "did not run"
                );
            }
        }
        Ok(Some(Ran {
            job,
            outcome,
            said: report.said,
            noted,
        }))
    }

    /// Does the job's work, saying meanwhile that the worker is alive. Nothing where it has to stop, as
    /// the service does, a person stopped the job, or it is another's: what was not committed has not
    /// happened. Messages are no exception: sending ends by itself behind the one that is under way.
    async fn alive(&mut self, lease: &Lease) -> Option<Result<Report, EngineError>> {
        let (db, clock) = (self.office.db.clone(), self.clock.clone());
        let is_sending = lease.job == Job::Send;
        let signs = async {
            let mut beat = interval_at(tokio::time::Instant::now() + SIGN_OF_LIFE, SIGN_OF_LIFE);
            loop {
                beat.tick().await;
                match lease.keep(&db, clock.millis()).await {
                    Ok(goes_on) if goes_on || is_sending => {}
                    Ok(_) => break,
                    Err(error) => {
                        let why = for_the_log(&error.to_string());
                        tracing::warn!(job = lease.job.name(), why, "cannot say that it is alive");
                    }
                }
            }
        };
        let stopping = stopped(self.stop.clone());
        tokio::select! {
            result = Box::pin(jobs::run(lease, self)) => Some(result),
            () = stopping, if !is_sending => None,
            () = signs => None,
        }
    }
}

/// Folders that are written to: the archive and the quarantine of an inbox lie in it.
fn written_to(office: &Office) -> Vec<PathBuf> {
    let service = &office.config.service;
    let given = [&service.backups, &service.exports];
    let given = given.into_iter().flatten().cloned();
    folders(office)
        .map(|inbox| inbox.folder)
        .chain(given)
        .collect()
}

/// Until somebody says stop.
async fn stopped(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // Whoever could say it is gone.
        std::future::pending::<()>().await;
    }
}

/// Rounds until the worker has to stop. Where the database fails it rests a little longer each time; else
/// what lands in a folder ends its rest.
pub async fn work(mut worker: Worker) {
    let mut rest = REST;
    let mut watch = Watch::begin();
    while !*worker.stop.borrow() {
        match worker.tick().await {
            Ok(_) => rest = REST,
            Err(error) => {
                rest = (rest * 2).min(Duration::from_mins(1));
                let why = for_the_log(&error.to_string());
                tracing::error!(worker = worker.name, why, "a round failed");
            }
        }
        for folder in folders(&worker.office) {
            watch.watch(&folder.folder);
        }
        tokio::select! {
            () = sleep(rest) => {}
            () = watch.landed(), if rest == REST => sleep(REST_MIN).await,
            () = stopped(worker.stop.clone()) => {}
        }
    }
}
