//! What each job does: it calls a use case of the engine, and says what came of it.

use super::alerts::{self, local};
use super::fetch;
use super::folders::ended;
use super::inbox::{self, Claimed, Fate};
use super::lease::Lease;
use super::webhooks;
use super::worker::Worker;
use crate::config::Job;
use crate::dunning::run::Brake;
use crate::engine::import::{Import, Took};
use crate::engine::remind::{self, Mode};
use crate::engine::returned::Reader;
use crate::engine::roster::Upload;
use crate::engine::{
    EngineError, Office, backup, escalate, export, identify, retention, send, settle, upload,
    verify,
};
use crate::roster::FileKind;
use crate::store::Db;
use serde::Serialize;
use std::collections::BTreeMap;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did what it is for.
    Done,
    /// It did, and something needs a person.
    Attention,
    /// It may not, for a reason that will pass or that a person has to take away. It is tried again.
    Refused,
    /// The database failed. It is tried again.
    Failed,
}

impl Outcome {
    /// As the database keeps it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Attention => "attention",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
        }
    }
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// In words.
    pub said: String,
    /// In numbers.
    pub counts: BTreeMap<&'static str, usize>,
    /// Trying again soon would do harm.
    pub rests: bool,
}

impl Report {
    /// Done, in words.
    pub(super) fn said(words: impl Into<String>) -> Report {
        Report {
            outcome: Outcome::Done,
            said: words.into(),
            counts: BTreeMap::new(),
            rests: false,
        }
    }

    pub(super) fn with<const N: usize>(mut self, counts: [(&'static str, usize); N]) -> Report {
        self.counts = counts.into_iter().collect();
        self
    }

    pub(super) fn attention_if(mut self, needed: bool) -> Report {
        if needed {
            self.outcome = Outcome::Attention;
        }
        self
    }
}

/// Runs a job.
///
/// # Errors
///
/// Where the engine refuses, and where the database fails.
pub(super) async fn run(lease: &Lease, worker: &mut Worker) -> Result<Report, EngineError> {
    match lease.job {
        Job::Fetch => fetch::run(worker).await,
        Job::Import => import(worker, lease.fence).await,
        Job::Settle => settle(worker).await,
        Job::Remind => remind(worker).await,
        Job::Escalate => escalate(worker).await,
        Job::Send => send(lease, worker).await,
        Job::Returned => returned(worker, lease.fence).await,
        Job::Backup => backup(worker).await,
        Job::Verify => verify(worker).await,
        Job::Export => export(worker).await,
        Job::Webhooks => webhooks::run(worker).await,
        Job::Retention => retention(worker).await,
        Job::Alerts => alerts::run(worker).await,
    }
}

/// Takes what lies in the inbox, file by file: each is recorded and put away before the next, so that
/// whoever dies leaves one of them at most to be taken again.
async fn import(worker: &mut Worker, fence: i64) -> Result<Report, EngineError> {
    let Some(arrived) = worker.claim(Job::Import, fence)? else {
        return settle(worker).await;
    };
    let office = &worker.office;
    let mut import = Import::begin(office).await?;
    let (files, mut refused) = (arrived.claimed.len(), 0);
    for file in &arrived.claimed {
        let took = match (arrived.begin(file)?, arrived.kind(file)) {
            (Some(deadly), _) => Took::Unreadable(deadly),
            (None, None) => {
                let took = import.named(office, &file.path, &file.name).await;
                ended(file, took)?
            }
            (None, Some(kind)) => ended(file, roster(office, kind, file).await)?,
        };
        let fate = match &took {
            Took::All => Fate::Taken,
            Took::HeldBack(why) => Fate::HeldBack(why),
            Took::Unreadable(why) => Fate::Refused(why),
        };
        refused += usize::from(fate != Fate::Taken);
        arrived.put_away(file, office.now.today, fate)?;
    }
    import.settle(office, |_, _| {}).await?;
    let said = format!(
        "{files} file(s), {} new statement(s), {} new credit(s), {} student(s) settled; {refused} file(s) in quarantine",
        import.counts.published, import.counts.credits, import.counts.students
    );
    let counts = [
        ("files", files),
        ("refused", refused),
        ("statements", import.counts.published),
        ("credits", import.counts.credits),
        ("students", import.counts.students),
    ];
    Ok(Report::said(said).with(counts).attention_if(refused > 0))
}

/// Loads a file of the student system, whole or not at all. Where its rows do not say when the export
/// was made, its name does.
async fn roster(office: &Office, kind: FileKind, file: &Claimed) -> Result<Took, EngineError> {
    let bytes = match std::fs::read(&file.path) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Took::Unreadable(error.to_string())),
    };
    let as_of = inbox::day_in(&file.name);
    let upload = Upload {
        name: &file.name,
        bytes: &bytes,
        as_of: as_of.as_deref(),
        opening: false,
        dry_run: false,
    };
    match upload::load(office, kind, &upload).await {
        Ok(_) => Ok(Took::All),
        Err(EngineError::Refused(why)) => Ok(Took::Unreadable(why)),
        Err(failed @ EngineError::Store(_)) => Err(failed),
    }
}

async fn settle(worker: &Worker) -> Result<Report, EngineError> {
    identify::fold_words(&worker.office).await?;
    let settled = settle::run(&worker.office, |_, _| {}).await?;
    let said = format!("{} student(s) settled", settled.students);
    let counts = [
        ("students", settled.students),
        ("postings", settled.postings),
    ];
    Ok(Report::said(said).with(counts))
}

async fn remind(worker: &Worker) -> Result<Report, EngineError> {
    let office = &worker.office;
    let today = office.now.today;
    if let Some(live) = office
        .config
        .institution
        .go_live_on
        .filter(|live| today < *live)
    {
        return Ok(Report::said(format!("nothing is sent before {live}")));
    }
    let reminding = remind::run(office, today, Mode::Write { confirmed: None }).await?;
    let (messages, held_back) = (reminding.messages.len(), reminding.held_back.len());
    let said = match reminding.brake.filter(|_| !reminding.written) {
        None => format!("{messages} message(s) written, {held_back} held back"),
        Some(brake) => {
            let much = match brake {
                Brake::Share { percent } => format!("more than {percent} % of the students"),
                Brake::Growth { times, last } => format!("more than {times} times the last {last}"),
            };
            format!(
                "{messages} message(s) would be written, {much}: `kwestura remind --dry-run` shows them, `kwestura remind --confirm {messages}` writes them"
            )
        }
    };
    let counts = [("messages", messages), ("held_back", held_back)];
    let waits = !reminding.written;
    Ok(Report::said(said).with(counts).attention_if(waits))
}

async fn escalate(worker: &Worker) -> Result<Report, EngineError> {
    let office = &worker.office;
    let escalation = escalate::run(office, office.now.today, false).await?;
    let (opened, gone, told) = (
        escalation.opened.len(),
        escalation.gone.len(),
        escalation.told.len(),
    );
    let said = format!("{opened} case(s) opened, {gone} closed, {told} desk(s) told");
    let counts = [("opened", opened), ("gone", gone), ("told", told)];
    Ok(Report::said(said).with(counts))
}

async fn send(lease: &Lease, worker: &Worker) -> Result<Report, EngineError> {
    let office = &worker.office;
    let Some(mut post) = (worker.way)(office)? else {
        return Ok(Report::said("no mail server is set"));
    };
    let (clock, zone) = (worker.clock.clone(), office.config.institution.time_zone);
    let (lease, db, stop) = (*lease, office.db.clone(), worker.stop.clone());
    let goes_on = move || {
        let (db, is_asked_to_stop) = (db.clone(), *stop.borrow());
        async move { Ok(!is_asked_to_stop && lease.goes_on(&db).await?) }
    };
    let now = || clock.now(zone);
    let before = worker.rows().await?.remove(&Job::Send);
    let is_wary = before.is_some_and(|row| row.failures > 0);
    let sending = send::while_going_on(office, &mut post, now, |_, _| {}, (goes_on, is_wary)).await;
    post.close().await;
    let sending = sending?;
    let counted = format!(
        "{} sent, {} put off, {} refused, {} uncertain",
        sending.sent, sending.failed, sending.refused, sending.uncertain
    );
    let (said, outcome) = match sending.stopped {
        Some(why) => (format!("{why}; {counted}"), Outcome::Refused),
        None => (counted, Outcome::Done),
    };
    let counts = [
        ("sent", sending.sent),
        ("failed", sending.failed),
        ("refused", sending.refused),
        ("uncertain", sending.uncertain),
        ("withdrawn", sending.withdrawn),
        ("waiting", sending.waiting),
    ];
    let report = Report::said(said).with(counts);
    Ok(Report {
        outcome,
        rests: sending.rests,
        ..report
    })
}

/// Reads what came back, file by file. One with something for a person to look at goes to quarantine.
async fn returned(worker: &mut Worker, fence: i64) -> Result<Report, EngineError> {
    let Some(arrived) = worker.claim(Job::Returned, fence)? else {
        return Ok(Report::said("no folder is set"));
    };
    let office = &worker.office;
    let (mut reader, mut refused) = (Reader::new(office), 0);
    for file in &arrived.claimed {
        let why = if let Some(deadly) = arrived.begin(file)? {
            deadly
        } else {
            ended(file, reader.file(&file.path, &file.name).await)?;
            std::mem::take(&mut reader.came_to.told).join("\n")
        };
        let fate = if why.is_empty() {
            Fate::Taken
        } else {
            refused += 1;
            Fate::Refused(&why)
        };
        arrived.put_away(file, office.now.today, fate)?;
    }
    let came_to = reader.came_to;
    let counts = [
        ("mails", came_to.mails),
        ("refused", came_to.refused.len()),
        ("known", came_to.known),
        ("late", came_to.delayed),
        ("unknown", came_to.unknown),
        ("others", came_to.others),
    ];
    let said = format!("{}; {refused} file(s) in quarantine", came_to.in_words());
    Ok(Report::said(said).with(counts).attention_if(refused > 0))
}

/// Writes the books into a file of this minute; older ones are left to whoever keeps the disk.
async fn backup(worker: &Worker) -> Result<Report, EngineError> {
    let office = &worker.office;
    let Some(folder) = &office.config.service.backups else {
        return Ok(Report::said("no folder is set"));
    };
    let zone = office.config.institution.time_zone;
    let minute = local(office.now.millis, zone)
        .replace(' ', "T")
        .replace(':', "");
    let ending = match office.db {
        Db::Sqlite { .. } => "db",
        Db::Pg(_) => "dump",
    };
    let file = folder.join(format!("kwestura-{minute}.{ending}"));
    let made = backup::run(office, &worker.database, &file).await?;
    let findings = made.report.findings.len();
    let said = format!(
        "{} is written, {findings} row(s) disagree, SHA-256 {}",
        made.file.path.display(),
        made.file.sha256
    );
    let counts = [("findings", findings)];
    Ok(Report::said(said).with(counts).attention_if(findings > 0))
}

async fn export(worker: &Worker) -> Result<Report, EngineError> {
    let office = &worker.office;
    let Some(folder) = &office.config.service.exports else {
        return Ok(Report::said("no folder is set"));
    };
    let files = export::nightly(office, folder).await?.len();
    let said = format!("{files} file(s) written");
    Ok(Report::said(said).with([("files", files)]))
}

async fn verify(worker: &Worker) -> Result<Report, EngineError> {
    let report = verify::run(&worker.office).await?;
    let (findings, students) = (report.findings.len(), report.looked.students);
    let said = match findings {
        0 => format!("{students} student(s), nothing disagrees"),
        _ => format!("{findings} row(s) disagree: `kwestura verify` names them"),
    };
    let counts = [("findings", findings), ("students", students)];
    Ok(Report::said(said).with(counts).attention_if(findings > 0))
}

async fn retention(worker: &Worker) -> Result<Report, EngineError> {
    let erased = retention::run(&worker.office, "the job retention", false).await?;
    let counts = erased.iter().map(|one| (one.class.name(), one.count));
    let words: Vec<String> = (erased.iter().filter(|one| one.count > 0))
        .map(|one| format!("{} {}", one.count, one.class.name()))
        .collect();
    let mut report = match words.as_slice() {
        [] => Report::said("nothing has been kept long enough"),
        words => Report::said(format!("erased: {}", words.join(", "))),
    };
    report.counts = counts.collect();
    Ok(report)
}
