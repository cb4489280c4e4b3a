//! Files that somebody hands in on a page: kept until they have seen what would happen, for a day at
//! most, and imported on their word.
//!
//! What is handed in belongs to whoever handed it in. Importing the same twice changes nothing, so
//! neither does a second click.

use super::import::Import;
use super::roster::Counts;
use super::{EngineError, Office, accounts, fees, roster, secret, settle, students};
use crate::roster::FileKind;
use crate::statement::archive::escaped;
use crate::store::StoreError;
use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use tempfile::NamedTempFile;

/// So many bytes are taken on a page; longer files go to the inbox or the command line.
pub const BYTES_MAX: usize = 32 << 20;
/// What nobody said a word about is forgotten after a day.
const KEPT_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What is handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Statements of a bank.
    Statements,
    /// Students.
    Students,
    /// Fees.
    Fees,
    /// Account numbers.
    Accounts,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] = [Kind::Statements, Kind::Students, Kind::Fees, Kind::Accounts];

    /// As it is stored, and stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Statements => "statements",
            Kind::Students => "students",
            Kind::Fees => "fees",
            Kind::Accounts => "accounts",
        }
    }

    /// By its name.
    pub fn of(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A file as it was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// Its name: data to be shown, never a path.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What somebody handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// What it is.
    pub kind: Kind,
    /// When the export was made, where somebody said so.
    pub as_of: Option<String>,
    /// The files; none once they are imported.
    pub files: Vec<Handed>,
    /// What came of it.
    pub result: Option<String>,
}

/// Keeps files, and names them by a token.
///
/// # Errors
///
/// Refused where there is no file, or nothing in it.
pub async fn keep(
    office: &Office,
    by: &str,
    (kind, as_of): (Kind, Option<&str>),
    files: &[Handed],
) -> Result<String, EngineError> {
    if files.is_empty() || files.iter().any(|file| file.bytes.is_empty()) {
        return Err(EngineError::refused("choose a file with something in it"));
    }
    let mut packed = Vec::new();
    for file in files {
        packed.push((
            escaped(&file.name),
            gzip(&file.bytes).map_err(|error| cannot(&error))?,
        ));
    }
    let token = secret::token()?;
    let now = office.now.millis;
    let mut tx = office.db.write().await?;
    tx.drop_uploads(now - KEPT_MILLIS).await?;
    tx.add_upload(&token, (kind.name(), as_of), by, now).await?;
    for (place, (name, gzipped)) in (0..).zip(&packed) {
        tx.add_upload_file(&token, place, name, gzipped).await?;
    }
    tx.commit().await?;
    Ok(token)
}

/// What this person handed in under a token; nothing where it is somebody else's, or forgotten.
pub async fn find(office: &Office, by: &str, token: &str) -> Result<Option<Upload>, EngineError> {
    let mut tx = office.db.read().await?;
    let found = tx.upload(token, by).await?;
    let rows = tx.upload_files(token).await?;
    tx.rollback().await?;
    let Some((kind, as_of, result)) = found else {
        return Ok(None);
    };
    let mut files = Vec::new();
    for (name, gzipped) in rows {
        let bytes = gunzip(&gzipped).map_err(|error| cannot(&error))?;
        files.push(Handed { name, bytes });
    }
    Ok(Kind::of(&kind).map(|kind| Upload {
        kind,
        as_of,
        files,
        result,
    }))
}

/// Notes what came of it.
pub async fn done(office: &Office, token: &str, result: &str) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    tx.end_upload(token, result).await?;
    tx.commit().await?;
    Ok(())
}

/// Imports statements that were handed in, and settles what they bring.
pub async fn import(office: &Office, files: &[Handed]) -> Result<Import, EngineError> {
    let mut import = Import::begin(office).await?;
    for file in files {
        let on_disk = laid(file)?;
        import.named(office, on_disk.path(), &file.name).await?;
    }
    import.settle(office, |_, _| {}).await?;
    Ok(import)
}

/// What rows of the student system came to, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// How many brought what.
    pub counts: Counts,
    /// What a person should know or mend.
    pub notes: Vec<String>,
}

impl Rows {
    /// Reads what [`rows`] came to.
    ///
    /// # Errors
    ///
    /// It is none; only a damaged database says so.
    pub fn of_json(json: &str) -> Result<Rows, StoreError> {
        serde_json::from_str(json).map_err(|error| StoreError::Inconsistent {
            table: "upload",
            what: format!("the result of a load: {error}"),
        })
    }

    /// One JSON object.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Loads students, fees or account numbers that were handed in, and settles what they change; or only
/// looks.
///
/// # Errors
///
/// Every mistake of the file; then nothing was written. Refused for statements.
pub async fn rows(office: &Office, handed: &Upload, dry_run: bool) -> Result<Rows, EngineError> {
    let Some(file) = handed.files.first() else {
        return Err(EngineError::refused("choose a file with something in it"));
    };
    let upload = roster::Upload {
        name: &file.name,
        bytes: &file.bytes,
        as_of: handed.as_of.as_deref(),
        opening: false,
        dry_run,
    };
    let kind = match handed.kind {
        Kind::Students => FileKind::Students,
        Kind::Fees => FileKind::Fees,
        Kind::Accounts => FileKind::Accounts,
        Kind::Statements => return Err(EngineError::refused("these are statements of a bank")),
    };
    let rows = load(office, kind, &upload).await?;
    if !dry_run {
        settle::run(office, |_, _| {}).await?;
    }
    Ok(rows)
}

/// Loads rows of the student system, by what they are; nothing is settled.
///
/// # Errors
///
/// Every mistake of the file; then nothing was written.
pub async fn load(
    office: &Office,
    kind: FileKind,
    upload: &roster::Upload<'_>,
) -> Result<Rows, EngineError> {
    let (counts, notes) = match kind {
        FileKind::Students => {
            let loaded = students::import(office, upload).await?;
            (loaded.counts, loaded.notes)
        }
        FileKind::Fees => {
            let loaded = fees::import(office, upload).await?;
            (loaded.counts, loaded.notes)
        }
        FileKind::Accounts => {
            let loaded = accounts::import(office, upload).await?;
            (loaded.counts, loaded.notes)
        }
    };
    Ok(Rows { counts, notes })
}

/// The bytes in a file that vanishes with what is returned: archives are read from disk.
pub(super) fn laid(file: &Handed) -> Result<NamedTempFile, EngineError> {
    let written = || -> io::Result<NamedTempFile> {
        let mut on_disk = NamedTempFile::new()?;
        on_disk.write_all(&file.bytes)?;
        on_disk.flush()?;
        Ok(on_disk)
    };
    written().map_err(|error| cannot(&error))
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    GzEncoder::new(bytes, Compression::fast()).read_to_end(&mut packed)?;
    Ok(packed)
}

/// What we packed ourselves, so never longer than what was taken.
fn gunzip(gzipped: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(gzipped).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn cannot(error: &io::Error) -> EngineError {
    EngineError::refused(format!(
        "the file cannot be kept: {error}; hand it in again"
    ))
}
