//! The raw bytes of files, kept gzipped in the database, so that a backup is one thing and a
//! statement that waits can be read again.

use super::digest::Checked;
use super::reading::Looked;
use super::source::Source;
use super::{EngineError, Office, kill};
use crate::store::{StoreError, Tx};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::sync::Arc;

/// Bytes of a part; a file is kept in parts, so that none has to be in memory whole.
const PART_BYTES: u64 = 512 * 1024;

/// Keeps a file's bytes, unless they are kept already.
///
/// Each part is a transaction, so that nobody waits for a long file. What a crash leaves is no file
/// yet, because no statement rests on it; the parts are the same when it is packed again.
pub async fn keep(office: &Office, name: &str, looked: &Arc<Looked>) -> Result<(), EngineError> {
    let digest = &looked.digest;
    let mut tx = office.db.read().await?;
    let known = tx.has_file(&digest.sha256).await?;
    tx.rollback().await?;
    if known {
        return Ok(());
    }
    let packing = Arc::clone(looked);
    let packed = tokio::task::spawn_blocking(move || pack(&packing)).await;
    let cannot = |error: io::Error| {
        EngineError::refused(format!("{name} cannot be kept: {error}; import it again"))
    };
    let packed = packed.unwrap_or_else(|died| Err(io::Error::other(died)));
    let mut packed = packed.map_err(cannot)?.ok_or_else(|| {
        EngineError::refused(format!(
            "{name} changed while it was read: import it again when it is complete"
        ))
    })?;
    for number in 0.. {
        let mut part = Vec::new();
        let rest = packed.by_ref().take(PART_BYTES);
        if { rest }.read_to_end(&mut part).map_err(cannot)? == 0 {
            break;
        }
        let mut tx = office.db.write().await?;
        tx.put_file(&digest.sha256, name, digest.size_bytes, office.now.millis)
            .await?;
        tx.put_file_part(&digest.sha256, number, &part).await?;
        tx.commit().await?;
    }
    kill::point("record.file-kept");
    Ok(())
}

/// Packs the bytes into a file that has no name; nothing where they are others than were looked
/// through.
fn pack(looked: &Looked) -> io::Result<Option<File>> {
    let mut input = Checked::new(looked.source.open().map_err(io::Error::other)?);
    let mut packer = GzEncoder::new(tempfile::tempfile()?, Compression::fast());
    io::copy(&mut input, &mut packer)?;
    let mut packed = packer.finish()?;
    packed.rewind()?;
    Ok(input.is(&looked.digest).then_some(packed))
}

/// The bytes of a file that was kept.
pub async fn kept(tx: &mut Tx, sha256: &str, name: &str) -> Result<Source, StoreError> {
    let gzipped = tx.file_content(sha256).await?;
    if gzipped.is_empty() {
        return Err(StoreError::Inconsistent {
            table: "file_part",
            what: format!("the bytes of {name} are gone, lost or erased when their time was over"),
        });
    }
    Ok(Source::Kept(gzipped.into()))
}
