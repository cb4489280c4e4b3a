//! `[service]`, `[inbox]` and `[jobs]`: what `kwestura serve` does by itself, and who hears when
//! something does not happen.

use super::files::Files;
use super::mail::mailbox;
use super::reader::{Reader, Section};
use super::schedule::Schedule;
use super::sftp::{self, Sftp};
use crate::roster::FileKind;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What runs by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Who hears by mail of what does not happen.
    pub administrator: Option<String>,
    /// Where health and metrics are told; an address of this machine alone.
    pub health: Option<SocketAddr>,
    /// Less room than this on the disk of the database or of a folder that is written to is an alert. MiB.
    pub disk_free_mib: u64,
    /// Where backups of the books are laid.
    pub backups: Option<PathBuf>,
    /// Where each night what changed and the journals are laid.
    pub exports: Option<PathBuf>,
    /// Where files arrive.
    pub inbox: Option<Inbox>,
    /// From where they are fetched.
    pub sftp: Vec<Sftp>,
    /// When each job runs; one without a schedule runs when a person says so.
    pub jobs: BTreeMap<Job, Schedule>,
}

/// A folder in which files arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// The folder.
    pub folder: PathBuf,
    /// A file is taken when its size and its time have stood still for so long. Seconds.
    pub still_seconds: u32,
    /// Names of files with students, account numbers and fees, the first that fits; all others are
    /// statements. `*` stands for any signs.
    pub names: Vec<(String, FileKind)>,
}

impl Inbox {
    /// A folder in which other things than statements and files of the student system arrive.
    pub fn of(folder: PathBuf) -> Inbox {
        Inbox {
            folder,
            still_seconds: STILL_SECONDS,
            names: Vec::new(),
        }
    }
}

/// Something that runs by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// Files that lie on other servers are fetched into the inbox.
    Fetch,
    /// Files that lie in the inbox are taken, and what they bring is settled.
    Import,
    /// Accounts that wait to be settled are settled.
    Settle,
    /// Messages are decided.
    Remind,
    /// Cases are opened and closed, and the desks are told.
    Escalate,
    /// Messages are sent.
    Send,
    /// Reports that a message was not delivered are read.
    Returned,
    /// The books are written into a file.
    Backup,
    /// Everything is computed again.
    Verify,
    /// What changed is laid where other systems take it.
    Export,
    /// Other systems are told what changed.
    Webhooks,
    /// What has been kept long enough is erased.
    Retention,
    /// What does not happen is noticed, and the administrator is told.
    Alerts,
}

impl Job {
    /// All, in the order in which they run where several are due.
    pub const ALL: [Job; 13] = [
        Job::Fetch,
        Job::Import,
        Job::Settle,
        Job::Remind,
        Job::Escalate,
        Job::Send,
        Job::Returned,
        Job::Backup,
        Job::Verify,
        Job::Export,
        Job::Webhooks,
        Job::Retention,
        Job::Alerts,
    ];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Job::Fetch => "fetch",
            Job::Import => "import",
            Job::Settle => "settle",
            Job::Remind => "remind",
            Job::Escalate => "escalate",
            Job::Send => "send",
            Job::Returned => "returned",
            Job::Backup => "backup",
            Job::Verify => "verify",
            Job::Export => "export",
            Job::Webhooks => "webhooks",
            Job::Retention => "retention",
            Job::Alerts => "alerts",
        }
    }

    /// The job of a name.
    pub fn parse(name: &str) -> Option<Job> {
        Job::ALL.into_iter().find(|job| job.name() == name)
    }

    /// When it runs unless told otherwise; [`NEVER`] where somebody has to say so.
    fn usual(self) -> &'static str {
        match self {
            // Files that stand still are taken at once; this is for what a crash left behind. Other servers
            // are asked no more often than that.
            Job::Import | Job::Returned | Job::Fetch => "*/15 * * * *",
            Job::Settle => "*/5 * * * *",
            Job::Remind => "30 9 * * 1-5",
            Job::Escalate => "45 9 * * 1-5",
            Job::Send | Job::Webhooks | Job::Alerts => "* * * * *",
            Job::Backup => "30 2 * * *",
            Job::Verify => "0 3 * * *",
            Job::Export => "0 4 * * *",
            // What is erased is gone: somebody says first that it shall be.
            Job::Retention => NEVER,
        }
    }
}

/// The room that is too little where nothing is said. MiB.
const DISK_FREE_MIB: u64 = 1024;
/// How long a file has to stand still where nothing is said. Seconds.
const STILL_SECONDS: u32 = 10;
/// No schedule.
const NEVER: &str = "never";

pub(super) fn service(root: &mut Section<'_>, files: &Files, reader: &mut Reader<'_>) -> Service {
    let mut service = Service {
        administrator: None,
        health: None,
        disk_free_mib: DISK_FREE_MIB,
        backups: None,
        exports: None,
        inbox: inbox(root, files, reader),
        sftp: sftp::servers(root, reader),
        jobs: jobs(root, reader),
    };
    if let Some(mut section) = root.section("service", reader) {
        service.administrator = mailbox(&mut section, "administrator", reader);
        service.health = health(&mut section, reader);
        service.disk_free_mib = section
            .integer("disk_free_mib", 0..1 << 40, reader)
            .unwrap_or(DISK_FREE_MIB);
        service.backups = section.string("backups", reader).map(PathBuf::from);
        service.exports = section.string("exports", reader).map(PathBuf::from);
        section.finish(reader);
    }
    if !service.sftp.is_empty() && service.inbox.is_none() {
        let message = "what is fetched is laid into the inbox: write [inbox]";
        root.mistake("sftp", message, reader);
    }
    service
}

fn health(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<SocketAddr> {
    let text = section.string("health", reader)?;
    let address = text.parse::<SocketAddr>().ok();
    let own = address.filter(|address| address.ip().is_loopback());
    if own.is_none() {
        let message =
            format!("`{text}` is no address of this machine alone; write it like 127.0.0.1:9464");
        section.mistake("health", message, reader);
    }
    own
}

fn inbox(root: &mut Section<'_>, files: &Files, reader: &mut Reader<'_>) -> Option<Inbox> {
    let mut section = root.section("inbox", reader)?;
    let folder = section.required("folder", reader);
    let still_seconds = section
        .integer("still_seconds", 1..3601, reader)
        .unwrap_or(STILL_SECONDS);
    let mut names: Vec<_> = (files.named.iter())
        .map(|file| (file.name.clone(), file.kind))
        .collect();
    for kind in [FileKind::Students, FileKind::Accounts, FileKind::Fees] {
        let written = section.string(kind.as_str(), reader);
        let pattern = written.unwrap_or_else(|| format!("{}*", kind.as_str()));
        names.push((pattern, kind));
    }
    section.finish(reader);
    Some(Inbox {
        folder: PathBuf::from(folder?),
        still_seconds,
        names,
    })
}

fn jobs(root: &mut Section<'_>, reader: &mut Reader<'_>) -> BTreeMap<Job, Schedule> {
    let usual = |job: Job| Some((job, Schedule::parse(job.usual())?));
    let mut jobs: BTreeMap<Job, Schedule> = Job::ALL.into_iter().filter_map(usual).collect();
    let Some(mut section) = root.section("jobs", reader) else {
        return jobs;
    };
    for job in Job::ALL {
        let Some(text) = section.string(job.name(), reader) else {
            continue;
        };
        jobs.remove(&job);
        match Schedule::parse(&text) {
            Some(schedule) => {
                jobs.insert(job, schedule);
            }
            None if text == NEVER => {}
            None => {
                let message = format!(
                    "`{text}` is no schedule; write minute, hour, day, month and weekday like \"30 9 * * 1-5\", or \"never\""
                );
                section.mistake(job.name(), message, reader);
            }
        }
    }
    section.finish(reader);
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_has_a_name_and_a_usual_time() {
        for job in Job::ALL {
            assert_eq!(Job::parse(job.name()), Some(job));
            let is_never = job == Job::Retention;
            assert_eq!(
                Schedule::parse(job.usual()).is_none(),
                is_never,
                "{}",
                job.name()
            );
            let line = format!("\n#{} = \"{}\"\n", job.name(), job.usual());
            assert!(crate::config::template().contains(&line), "{line}");
        }
        assert_eq!(Job::parse("backup of everything"), None);
    }
}
