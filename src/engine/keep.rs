//! The raw bytes of files, kept gzipped in the database, so that a backup is one thing and a
//! statement that waits can be read again.

use super::reading::Looked;
use super::source::Source;
use super::{EngineError, Office, kill};
use crate::store::{StoreError, Tx};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Bytes of a part; a file is kept in parts, so that none has to be in memory whole.
const PART_BYTES: usize = 512 * 1024;

/// Keeps a file's bytes, unless they are kept already.
pub async fn keep(office: &Office, name: &str, looked: &Arc<Looked>) -> Result<(), EngineError> {
    let digest = &looked.digest;
    let mut tx = office.db.write().await?;
    if tx.has_file(&digest.sha256).await? {
        tx.rollback().await?;
        return Ok(());
    }
    tx.put_file(&digest.sha256, name, digest.size_bytes, office.now.millis)
        .await?;
    let (sender, mut parts) = mpsc::channel::<Vec<u8>>(1);
    let source = looked.source.clone();
    let packing = tokio::task::spawn_blocking(move || pack(&source, sender));
    let mut number = 0;
    while let Some(part) = parts.recv().await {
        tx.put_file_part(&digest.sha256, number, &part).await?;
        number += 1;
    }
    let packed = packing
        .await
        .unwrap_or_else(|died| Err(io::Error::other(died)));
    let size = packed.map_err(|error| {
        EngineError::refused(format!("{name} cannot be kept: {error}; import it again"))
    })?;
    if size != digest.size_bytes {
        return Err(EngineError::refused(format!(
            "{name} changed while it was read: import it again when it is complete"
        )));
    }
    tx.commit().await?;
    kill::point("record.file-kept");
    Ok(())
}

/// Packs the bytes into parts; tells how many bytes they were.
fn pack(source: &Source, parts: mpsc::Sender<Vec<u8>>) -> io::Result<u64> {
    let mut input = source.open().map_err(io::Error::other)?;
    let parts = Parts {
        part: Vec::with_capacity(PART_BYTES),
        parts,
    };
    let mut packer = GzEncoder::new(parts, Compression::fast());
    let size = io::copy(&mut input, &mut packer)?;
    packer.finish()?.send()?;
    Ok(size)
}

/// Sends what is written, a part at a time.
struct Parts {
    part: Vec<u8>,
    parts: mpsc::Sender<Vec<u8>>,
}

impl Parts {
    fn send(&mut self) -> io::Result<()> {
        let part = std::mem::replace(&mut self.part, Vec::with_capacity(PART_BYTES));
        let sent = self.parts.blocking_send(part);
        sent.map_err(|_| io::Error::other("nobody writes any more"))
    }
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        if PART_BYTES <= self.part.len() {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The bytes of a file that was kept.
pub async fn kept(tx: &mut Tx, sha256: &str, name: &str) -> Result<Source, StoreError> {
    let gzipped = tx.file_content(sha256).await?;
    if gzipped.is_empty() {
        return Err(StoreError::Inconsistent {
            table: "file_part",
            what: format!("the bytes of {name} are gone"),
        });
    }
    Ok(Source::Kept(gzipped.into()))
}
