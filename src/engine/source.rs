//! Bytes of a file that can be read again and again, so that none of them need be held.

use crate::statement::read::ReadError;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
pub enum Source {
    /// In memory.
    Bytes(Arc<[u8]>),
    /// On disk.
    File(PathBuf),
    /// In memory, gzipped, as the database keeps them.
    Kept(Arc<[u8]>),
}

impl Source {
    /// The bytes from the start.
    ///
    /// # Errors
    ///
    /// The file cannot be opened; the words say why.
    pub fn open(&self) -> Result<Box<dyn Read + Send>, ReadError> {
        Ok(match self {
            Source::Bytes(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
            Source::File(path) => Box::new(File::open(path).map_err(|error| ReadError {
                line: 0,
                message: format!("the file cannot be opened: {error}"),
            })?),
            Source::Kept(gzipped) => Box::new(GzDecoder::new(Cursor::new(Arc::clone(gzipped)))),
        })
    }
}

impl From<&[u8]> for Source {
    fn from(bytes: &[u8]) -> Self {
        Source::Bytes(bytes.into())
    }
}
