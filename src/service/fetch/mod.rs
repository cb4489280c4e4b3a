//! Files that lie on other servers are fetched into the inbox.
//!
//! | phase | what happens |
//! |---|---|
//! | look | what lies there is noted; [`choice`] says what becomes of each file |
//! | fetch | its bytes go into a [`part`], which the inbox never takes, from where the last run was cut |
//! | land | it still looks the same on the server: the part gets its name in the inbox |
//! | note | that it was fetched; with `moved_to` it is moved on the server |
//!
//! A copy of the books fetches what it likes and moves nothing: what lies there is for the others.
//!
//! Whoever dies between landing and noting fetches it once more, and the engine knows the same bytes
//! again. One server that does not answer keeps no other from being asked, and one file that cannot be
//! read or moved there no other file.

mod choice;
mod part;

use super::jobs::Report;
use super::worker::Worker;
use crate::config::{Inbox, Sftp};
use crate::engine::source::shown;
use crate::engine::{EngineError, Office, arming};
use crate::sftp::{ABSENT, Found, IS_BUILT_IN, Kind, Line, Secret, Trouble};
use crate::store::Rows;
use crate::store::remote_files::RemoteFileRow;
use choice::Fate;
use part::Part;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// So many files of one name may lie in the folder of what was moved.
const SAME_NAMES_MAX: u32 = 1000;
/// So many files of a server may fail before it is left alone until the next run.
const TROUBLES_MAX: usize = 5;
/// So many of those that are left are named.
const TOLD_MAX: usize = 10;

impl From<Trouble> for EngineError {
    fn from(trouble: Trouble) -> EngineError {
        EngineError::refused(trouble.to_string())
    }
}

/// What came of a run.
#[derive(Debug, Default)]
struct Tally {
    fetched: usize,
    moved: usize,
    waiting: usize,
    /// What lies there and is not fetched: its name, and why.
    odd: Vec<String>,
    /// What did not work, by server.
    troubles: Vec<String>,
}

/// Fetches what is there, server by server.
pub(super) async fn run(worker: &Worker) -> Result<Report, EngineError> {
    let office = &worker.office;
    let service = &office.config.service;
    let Some(inbox) = service.inbox.as_ref().filter(|_| !service.sftp.is_empty()) else {
        return Ok(Report::said("no server is set"));
    };
    if !IS_BUILT_IN {
        return Err(EngineError::refused(ABSENT));
    }
    let mut tx = office.db.read().await?;
    let is_copy = arming::state(&mut tx).await?.why_not().is_some();
    tx.rollback().await?;
    let mut tally = Tally::default();
    for server in &service.sftp {
        let moved_to = server.moved_to.as_deref().filter(|_| !is_copy);
        match one(office, inbox, (server, moved_to), &mut tally).await {
            Ok(()) => {}
            Err(EngineError::Refused(why)) => {
                tally.troubles.push(format!("{}: {why}", server.name));
            }
            Err(failed @ EngineError::Store(_)) => return Err(failed),
        }
    }
    report(&tally)
}

/// Looks once, so that a run a little later knows what stood still. What does not work, that run says.
pub(super) async fn look(worker: &Worker) -> Result<(), EngineError> {
    for server in &worker.office.config.service.sftp {
        let looked = looked(&worker.office, server).await;
        if let Err(failed @ EngineError::Store(_)) = looked {
            return Err(failed);
        }
    }
    Ok(())
}

async fn looked(office: &Office, server: &Sftp) -> Result<(), EngineError> {
    let line = Line::open(server, &Secret::of(server)?).await?;
    let listed = line.list(&server.folder).await;
    line.close().await;
    note(office, server, &listed?).await.map(|_| ())
}

fn report(tally: &Tally) -> Result<Report, EngineError> {
    if !tally.troubles.is_empty() {
        return Err(EngineError::refused(tally.troubles.join("; ")));
    }
    let (fetched, moved, waiting) = (tally.fetched, tally.moved, tally.waiting);
    let mut said =
        format!("{fetched} file(s) fetched, {moved} moved, {waiting} to stand still first");
    let odd = tally.odd.len();
    if odd > 0 {
        let told: Vec<&str> = tally
            .odd
            .iter()
            .take(TOLD_MAX)
            .map(String::as_str)
            .collect();
        said = format!("{said}; {odd} left: {}", told.join(", "));
    }
    let counts = [
        ("fetched", fetched),
        ("moved", moved),
        ("waiting", waiting),
        ("left", odd),
    ];
    Ok(Report::said(said).with(counts).attention_if(odd > 0))
}

async fn one(
    office: &Office,
    inbox: &Inbox,
    (server, moved_to): (&Sftp, Option<&str>),
    tally: &mut Tally,
) -> Result<(), EngineError> {
    let line = Line::open(server, &Secret::of(server)?).await?;
    let fetching = Fetching {
        office,
        inbox,
        server,
        moved_to,
        line: &line,
    };
    let done = fetching.all(tally).await;
    line.close().await;
    done
}

/// Notes what lies on a server; what was known of each file that may be fetched.
async fn note(
    office: &Office,
    server: &Sftp,
    listed: &[Found],
) -> Result<BTreeMap<String, RemoteFileRow>, EngineError> {
    // A server that names a file twice has it once.
    let mut rows = BTreeMap::new();
    for found in listed {
        let size = i64::try_from(found.size).unwrap_or(i64::MAX);
        if choice::is_candidate(found) {
            rows.insert(found.name.clone(), (size, found.modified, ""));
        } else if let Some(why) = choice::oddity(found) {
            let name = shown(Path::new(&found.name));
            rows.entry(name).or_insert((size, found.modified, why));
        }
    }
    let rows = (rows.iter()).map(|(name, (size, modified, why))| (name, size, modified, why));
    let rows = Rows::of(rows)?;
    let mut tx = office.db.write().await?;
    tx.see_remote_files(&server.name, &rows, office.now.millis)
        .await?;
    let known = tx.remote_files(&server.name).await?;
    tx.commit().await?;
    let known = known.into_iter().map(|row| (row.name.clone(), row));
    Ok(known.collect())
}

/// A run at one server.
struct Fetching<'a> {
    office: &'a Office,
    inbox: &'a Inbox,
    server: &'a Sftp,
    /// The folder there for what was fetched, where it may be moved.
    moved_to: Option<&'a str>,
    line: &'a Line,
}

impl Fetching<'_> {
    async fn all(&self, tally: &mut Tally) -> Result<(), EngineError> {
        let mut listed = self.line.list(&self.server.folder).await?;
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        part::clear(self.inbox, &self.server.name, &listed)
            .map_err(|error| self.unusable(&error))?;
        let known = note(self.office, self.server, &listed).await?;
        let now = self.office.now.millis;
        let mut troubles = Vec::new();
        for found in &listed {
            let still = i64::from(self.inbox.still_seconds) * 1000;
            match choice::fate(found, known.get(&found.name), (now, still)) {
                Fate::Nothing => {}
                Fate::Odd(why) => tally.odd.push(format!(
                    "{}/{}: {why}",
                    self.server.name,
                    shown(Path::new(&found.name))
                )),
                Fate::Wait => tally.waiting += 1,
                fate @ (Fate::Take | Fate::Known) => {
                    match self.taken(found, fate, tally).await {
                        Ok(()) => {}
                        Err(failed @ EngineError::Store(_)) => return Err(failed),
                        Err(EngineError::Refused(why)) => {
                            let name = shown(Path::new(&found.name));
                            troubles.push(format!("{}/{name}: {why}", self.server.name));
                            // So often it is the line, or the disk.
                            if TROUBLES_MAX <= troubles.len() {
                                break;
                            }
                        }
                    }
                }
            }
        }
        tally.troubles.extend(troubles);
        Ok(())
    }

    async fn taken(&self, found: &Found, fate: Fate, tally: &mut Tally) -> Result<(), EngineError> {
        // Of what is known, whoever noted it died before it was moved, or could not move it.
        if fate == Fate::Take {
            if !self.take(found).await? {
                tally.waiting += 1;
                return Ok(());
            }
            tally.fetched += 1;
        }
        tally.moved += usize::from(self.put_away(found).await?);
        Ok(())
    }

    /// Fetches a file and lays it into the inbox; false where that has to wait.
    async fn take(&self, found: &Found) -> Result<bool, EngineError> {
        let path = path(&self.server.folder, &found.name);
        let unusable = |error: io::Error| self.unusable(&error);
        let mut part = Part::open(self.inbox, &self.server.name, found).map_err(unusable)?;
        let place = (part.length(), found.size.saturating_sub(part.length()));
        let write = |bytes: &[u8]| {
            let written = part.add(bytes);
            written.map_err(|error| Trouble::new(in_inbox(self.inbox, &error)))
        };
        self.line.read(&path, place, write).await?;
        let after = self.line.look(&path).await?;
        let is_same = after.is_some_and(|after| {
            (after.kind, after.size, after.modified) == (Kind::File, found.size, found.modified)
        });
        if !is_same || part.length() != found.size {
            part.discard().map_err(unusable)?;
            return Ok(false);
        }
        if !part.land(self.inbox, &found.name).map_err(unusable)? {
            return Ok(false);
        }
        // No server holds a file of more bytes than fit: the limit is far below.
        let size = i64::try_from(found.size).unwrap_or(i64::MAX);
        let file = (found.name.as_str(), size, found.modified);
        let mut tx = self.office.db.write().await?;
        tx.remote_file_fetched(&self.server.name, file, self.office.now.millis)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Moves a file that was fetched, where that is wanted; never onto another.
    async fn put_away(&self, found: &Found) -> Result<bool, EngineError> {
        let Some(folder) = self.moved_to else {
            return Ok(false);
        };
        let from = path(&self.server.folder, &found.name);
        for number in 1..=SAME_NAMES_MAX {
            let name = match number {
                1 => found.name.clone(),
                _ => format!("{}.{number}", found.name),
            };
            let to = path(folder, &name);
            if self.line.look(&to).await?.is_none() {
                self.line.rename(&from, &to).await?;
                return Ok(true);
            }
        }
        Err(EngineError::refused(format!(
            "`{from}` was fetched and cannot be moved: {SAME_NAMES_MAX} files of its name lie in `{folder}` on the server"
        )))
    }

    fn unusable(&self, error: &io::Error) -> EngineError {
        EngineError::refused(in_inbox(self.inbox, error))
    }
}

fn in_inbox(inbox: &Inbox, error: &io::Error) -> String {
    let folder = inbox.folder.display();
    format!(
        "the inbox {folder} cannot be written to: {error}. When that is mended, the next run goes on"
    )
}

fn path(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}
