//! The folders into which others lay files, and whose job it is to take them.

use super::inbox::{self, Claimed, Fate, Looks};
use crate::config::{Inbox, Job};
use crate::engine::{EngineError, Office};
use crate::roster::FileKind;
use chrono::NaiveDate;
use std::io;

/// The jobs that take files, and what the folder of each is called.
pub(super) const FOLDERS: [(Job, &str); 2] = [
    (Job::Import, "the inbox"),
    (Job::Returned, "the folder of mail that came back"),
];

/// The folder of a job, if it has one.
pub(super) fn folder(office: &Office, job: Job) -> Option<Inbox> {
    match job {
        Job::Import => office.config.service.inbox.clone(),
        Job::Returned => {
            let mail = office.config.mail.as_ref()?;
            mail.returned.clone().map(Inbox::of)
        }
        _ => None,
    }
}

/// All of them.
pub(super) fn folders(office: &Office) -> impl Iterator<Item = Inbox> {
    FOLDERS.iter().filter_map(|(job, _)| folder(office, *job))
}

/// What is the matter with the folder of a job, like `cannot be read`.
pub(super) fn trouble(job: Job, folder: &Inbox, what: &str, error: &io::Error) -> EngineError {
    let name = FOLDERS.iter().find(|(known, _)| *known == job);
    let name = name.map_or("the folder", |(_, name)| *name);
    let folder = folder.folder.display();
    EngineError::refused(format!(
        "{name} {folder} {what}: {error}. When that is mended, the next run goes on"
    ))
}

/// Files of a folder that a run has for itself.
pub(super) struct Files {
    job: Job,
    folder: Inbox,
    /// In the order in which they are to be taken.
    pub(super) claimed: Vec<Claimed>,
}

impl Files {
    /// Claims what was seen to stand still; `fence` is the token of the run.
    pub(super) fn claim(
        job: Job,
        folder: Inbox,
        looks: &mut Looks,
        fence: i64,
    ) -> Result<Files, EngineError> {
        let claimed = looks.claim(&folder, fence);
        Ok(Files {
            claimed: claimed.map_err(|error| trouble(job, &folder, UNUSABLE, &error))?,
            job,
            folder,
        })
    }

    /// What a file holds by its name; nothing of ours is a bank's statement.
    pub(super) fn kind(&self, file: &Claimed) -> Option<FileKind> {
        inbox::kind(&self.folder, &file.name)
    }

    /// Notes that a run begins with a file; tells why it must not.
    pub(super) fn begin(&self, file: &Claimed) -> Result<Option<String>, EngineError> {
        if let Some(why) = file.is_deadly() {
            return Ok(Some(why));
        }
        let begun = file.begin();
        begun.map_err(|error| trouble(self.job, &self.folder, UNUSABLE, &error))?;
        Ok(None)
    }

    /// Puts a file away, as what became of it wants.
    pub(super) fn put_away(
        &self,
        file: &Claimed,
        today: NaiveDate,
        fate: Fate<'_>,
    ) -> Result<(), EngineError> {
        inbox::put_away(&self.folder, file, today, fate)
            .map_err(|error| trouble(self.job, &self.folder, UNUSABLE, &error))
    }
}

/// What a run came to with a file. Where it failed, the file is left to the next run; it was not the file's
/// fault.
pub(super) fn ended<T>(file: &Claimed, came_to: Result<T, EngineError>) -> Result<T, EngineError> {
    came_to.inspect_err(|_| {
        // Nothing is said of this beside what went wrong: it costs a count at the worst.
        let _ = file.leave();
    })
}

const UNUSABLE: &str = "cannot be used";
