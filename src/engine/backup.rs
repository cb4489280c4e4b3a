//! Backups: the books as one file, and the books from one.
//!
//! | engine | backup | restore |
//! |---|---|---|
//! | SQLite | `VACUUM INTO`, beside those who read and write | the file, into its place |
//! | PostgreSQL | `pg_dump`, its custom format | `pg_restore` into an empty database |
//!
//! A backup is read as a whole before it counts: `verify` recomputes it. What is restored sends no
//! mail until somebody arms it (see [`arming`]). Nothing of a backup that did not come
//! to its end is left under its name.

mod server;

use super::verify::{self, Report};
use super::whole::{self, Draft, Whole};
use super::{EngineError, Moment, Office, arming, statements::Said};
use crate::store::{Db, migrate};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// A backup that was made.
#[derive(Debug)]
pub struct Backup {
    /// The file.
    pub file: Whole,
    /// What `verify` says: of the copy, or of the server's books while they were written out.
    pub report: Report,
}

/// Books that were restored.
#[derive(Debug)]
pub struct Restored {
    /// The file that stood in their place before, where there was one.
    pub before: Option<PathBuf>,
    /// Whether a hash beside the backup was compared with it.
    pub was_checked: bool,
}

/// Writes the books into a file, online: others read and write meanwhile. `database` is where they
/// are, as it was given at the start.
///
/// # Errors
///
/// Refused where the file is there already, cannot be written, or `pg_dump` is missing.
pub async fn run(office: &Office, database: &str, file: &Path) -> Result<Backup, EngineError> {
    if file.exists() {
        return Err(EngineError::refused(format!(
            "{} is there already; a backup never takes the place of another",
            file.display()
        )));
    }
    let draft = Draft::of(file)?;
    let report = match &office.db {
        Db::Sqlite { .. } => copy(office, draft.draft()).await?,
        Db::Pg(_) => {
            server::dump(database, draft.draft(), file).await?;
            verify::run(office).await?
        }
    };
    Ok(Backup {
        file: draft.finish()?,
        report,
    })
}

/// Writes a file's books into another one, unarms that, and recomputes it.
async fn copy(office: &Office, path: &Path) -> Result<Report, EngineError> {
    let name = text(path)?;
    office.db.collect_uses().await?;
    office.db.copy_into(name).await?;
    let copy = Office {
        db: Db::connect(name, false).await?.unshared(),
        ..office.clone()
    };
    unarm(&copy, "it is a backup").await?;
    let report = verify::run(&copy).await;
    copy.db.close().await;
    report
}

/// Puts the books of a backup where there are none. A file that is there is kept under another name
/// where `replace` says so. The books are brought up to the schema of this program; `verify` is the
/// next thing to do.
///
/// # Errors
///
/// Refused where the backup is damaged, of the other engine or of a newer program, and where books are
/// in its place already.
pub async fn restore(
    file: &Path,
    database: &str,
    replace: bool,
    now: Moment,
) -> Result<Restored, EngineError> {
    let kind = kind(file)?;
    let was_checked = whole::check(file)?;
    let is_server = database.starts_with("postgres://") || database.starts_with("postgresql://");
    let before = match (kind, is_server) {
        (Kind::Sqlite, false) => put(file, Path::new(database), replace, now).await?,
        (Kind::Postgres, true) => {
            server::restore(file, database).await?;
            let db = Db::connect(database, false).await?;
            ready(&db, file, now).await?;
            None
        }
        (Kind::Sqlite, true) => return Err(other_engine(file, "a file of SQLite")),
        (Kind::Postgres, false) => return Err(other_engine(file, "a dump of PostgreSQL")),
    };
    Ok(Restored {
        before,
        was_checked,
    })
}

/// Which engine wrote a backup.
enum Kind {
    Sqlite,
    Postgres,
}

fn kind(file: &Path) -> Result<Kind, EngineError> {
    let mut begins = [0; 16];
    let read = File::open(file).and_then(|mut file| file.read(&mut begins));
    read.map_err(|error| EngineError::refused(format!("cannot read {}: {error}", file.display())))?;
    if begins.starts_with(b"SQLite format 3\0") {
        Ok(Kind::Sqlite)
    } else if begins.starts_with(b"PGDMP") {
        Ok(Kind::Postgres)
    } else {
        Err(EngineError::refused(format!(
            "{} is no backup: neither a database file nor a dump of pg_dump's custom format",
            file.display()
        )))
    }
}

fn other_engine(file: &Path, what: &str) -> EngineError {
    EngineError::refused(format!(
        "{} is {what}, and --database is the other engine. Restore it where it belongs, then \
         `kwestura database copy FROM TO`",
        file.display()
    ))
}

/// Lays a backup into its place.
async fn put(
    file: &Path,
    place: &Path,
    replace: bool,
    now: Moment,
) -> Result<Option<PathBuf>, EngineError> {
    let is_taken = place.exists();
    if is_taken && !replace {
        return Err(EngineError::refused(format!(
            "{} is there already. Stop whoever works with it; --replace keeps it under another name",
            place.display()
        )));
    }
    if !is_taken {
        no_log_of_others(place)?;
    }
    let draft = Draft::of(place)?;
    fs::copy(file, draft.draft()).map_err(|error| {
        EngineError::refused(format!("cannot copy {}: {error}", file.display()))
    })?;
    let made_ready = match Db::connect(text(draft.draft())?, false).await {
        Ok(db) => {
            let db = db.unshared();
            let made_ready = ready(&db, file, now).await;
            db.close().await;
            made_ready
        }
        Err(error) => Err(EngineError::refused(format!(
            "{} is damaged or cut short: {error}",
            file.display()
        ))),
    };
    if made_ready.is_err() {
        // Beside a file that it cannot read SQLite leaves its own.
        for ending in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{ending}", draft.draft().display()));
        }
    }
    made_ready?;
    let before = if is_taken {
        Some(set_aside(place, now).await?)
    } else {
        None
    };
    draft.finish_alone()?;
    Ok(before)
}

/// A log beside a file belongs to that file; SQLite would play the log of other books into these.
fn no_log_of_others(place: &Path) -> Result<(), EngineError> {
    let logs = ["-wal", "-journal"].map(|ending| format!("{}{ending}", place.display()));
    let logs = logs
        .into_iter()
        .map(PathBuf::from)
        .filter(|log| log.exists());
    let notes = Db::notes_beside(text(place)?).map_err(|error| {
        EngineError::refused(format!("cannot look beside {}: {error}", place.display()))
    })?;
    match logs.chain(notes).next() {
        Some(log) => Err(EngineError::refused(format!(
            "{} is the log of books that stood in this place; move it away first",
            log.display()
        ))),
        None => Ok(()),
    }
}

/// Brings books up to date and unarms them.
async fn ready(db: &Db, file: &Path, now: Moment) -> Result<(), EngineError> {
    migrate::migrate(db).await?;
    let why = format!("restored from {}", file.display());
    let mut tx = db.write().await?;
    tx.arm_mail(false, "restore", &why, now.millis).await?;
    tx.commit().await?;
    Ok(())
}

async fn unarm(office: &Office, why: &str) -> Result<(), EngineError> {
    let said = Said { by: "backup", why };
    arming::say(office, false, said).await
}

/// Gives the file that is in the place another name, if nobody works with it.
async fn set_aside(place: &Path, now: Moment) -> Result<PathBuf, EngineError> {
    let name = text(place)?;
    Db::fold_alone(name).await.map_err(|error| {
        EngineError::refused(format!(
            "somebody works with {name}: stop the service and all commands first ({error})"
        ))
    })?;
    let before = format!("{name}.before-{}", now.millis);
    let cannot = |what: &str, error: std::io::Error| {
        EngineError::refused(format!("cannot rename {what}: {error}"))
    };
    // What these books had not in their log yet is theirs, and not of those that come.
    Db::rename_notes(name, &before)
        .map_err(|error| cannot(&format!("the notes beside {name}"), error))?;
    fs::rename(place, &before).map_err(|error| cannot(name, error))?;
    Ok(before.into())
}

fn text(path: &Path) -> Result<&str, EngineError> {
    path.to_str().ok_or_else(|| {
        EngineError::refused(format!("{} is a name that is no UTF-8", path.display()))
    })
}
