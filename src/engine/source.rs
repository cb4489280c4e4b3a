//! Bytes of a file that can be read again and again, so that none of them need be held.

use crate::statement::archive::{self, Limits, Member, Packing};
use crate::statement::read::ReadError;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
pub enum Source {
    /// In memory.
    Bytes(Arc<[u8]>),
    /// On disk.
    File(PathBuf),
    /// In an archive on disk, which was checked.
    Member(PathBuf, Arc<Member>),
    /// In memory, gzipped, as the database keeps them.
    Kept(Arc<[u8]>),
}

/// A file with the name that people know it by.
#[derive(Debug, Clone)]
pub struct Named {
    /// The name: data to be shown, never a path.
    pub name: String,
    /// Its bytes.
    pub source: Source,
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
            Source::File(path) => Box::new(opened(path)?),
            Source::Member(path, member) => Box::new(member.open(opened(path)?)?),
            Source::Kept(gzipped) => Box::new(GzDecoder::new(Cursor::new(Arc::clone(gzipped)))),
        })
    }
}

impl From<&[u8]> for Source {
    fn from(bytes: &[u8]) -> Self {
        Source::Bytes(bytes.into())
    }
}

/// The files at a path: itself under a name, or what is packed in it. An archive is checked whole.
///
/// # Errors
///
/// It cannot be opened, or is an archive of which nothing may be taken.
pub fn files(path: &Path, name: &str) -> Result<Vec<Named>, ReadError> {
    let mut file = opened(path)?;
    let mut head = Vec::new();
    let read = (&mut file)
        .take(archive::HEAD_BYTES as u64)
        .read_to_end(&mut head);
    read.map_err(|error| cannot(&error))?;
    if archive::packing(&head) == Packing::Plain {
        let source = Source::File(path.to_path_buf());
        let name = name.to_owned();
        return Ok(vec![Named { name, source }]);
    }
    file.rewind().map_err(|error| cannot(&error))?;
    let members = archive::members(file, &Limits::default())?;
    let named = members.into_iter().map(|member| Named {
        name: member.shown_in(name),
        source: Source::Member(path.to_path_buf(), Arc::new(member)),
    });
    Ok(named.collect())
}

/// Opens a regular file; anything else (a pipe, a device) might never end.
fn opened(path: &Path) -> Result<File, ReadError> {
    let kind = std::fs::metadata(path).map_err(|error| cannot(&error))?;
    if !kind.is_file() {
        return Err(ReadError {
            line: 0,
            message: "this is no regular file".to_owned(),
        });
    }
    File::open(path).map_err(|error| cannot(&error))
}

fn cannot(error: &std::io::Error) -> ReadError {
    ReadError {
        line: 0,
        message: format!("the file cannot be opened: {error}"),
    }
}

/// A path as it may be shown: bytes that are no text and signs that steer a terminal are visible.
pub fn shown(path: &Path) -> String {
    archive::escaped(&path.to_string_lossy())
}
