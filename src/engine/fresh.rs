//! A statement as it was just read, or is read again from the bytes that were kept.

use super::reading::{self, Lines, Looked, Read, Way};
use super::{EngineError, Office, keep};
use crate::statement::read::ReadError;
use crate::store::Tx;
use crate::store::statements::StatementRow;
use std::sync::Arc;

/// A statement that was just read, with the way back to its lines.
#[derive(Debug, Clone)]
pub struct Fresh {
    looked: Arc<Looked>,
    read: Read,
}

impl Fresh {
    /// A statement of a file that was looked through.
    pub(super) fn of(looked: &Arc<Looked>, read: &Read) -> Fresh {
        Fresh {
            looked: Arc::clone(looked),
            read: read.clone(),
        }
    }

    /// What was read.
    pub fn read(&self) -> &Read {
        &self.read
    }

    /// Hexadecimal SHA-256 of its file.
    pub fn sha256(&self) -> &str {
        &self.looked.digest.sha256
    }

    /// Its lines.
    pub async fn lines(&self, office: &Office) -> Result<Lines<'_>, EngineError> {
        self.looked.lines(office, self.read.nth).await
    }
}

/// Reads a statement again from the bytes that were kept, in the way in which it was read when its
/// place was judged.
pub async fn again(office: &Office, tx: &mut Tx, row: &StatementRow) -> Result<Fresh, EngineError> {
    let profile = reading::profile_as_recorded(office, &row.account, &row.profile, &row.encoding);
    by(office, tx, row, Way::By(Box::new(profile))).await
}

/// Reads a statement again from the bytes that were kept.
pub async fn by(
    office: &Office,
    tx: &mut Tx,
    row: &StatementRow,
    way: Way,
) -> Result<Fresh, EngineError> {
    let source = keep::kept(tx, &row.file_sha256, &row.file).await?;
    let looked = reading::look(office, source, way).await;
    nth(row, looked)
}

/// The statement that stands at a row's place in its file.
pub fn nth(
    row: &StatementRow,
    looked: Result<Arc<Looked>, ReadError>,
) -> Result<Fresh, EngineError> {
    let looked = looked.map_err(|error| {
        EngineError::refused(format!("{}:{}: {}", row.file, error.line, error.message))
    })?;
    let nth = usize::try_from(row.place_in_file).unwrap_or(usize::MAX);
    let read = looked.statements.get(nth).cloned().ok_or_else(|| {
        EngineError::refused(format!(
            "{} no longer holds statement {}; its profile may have changed",
            row.file,
            row.place_in_file + 1
        ))
    })?;
    Ok(Fresh { looked, read })
}
