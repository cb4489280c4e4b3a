//! What other systems use the interface for, noted for the audit log many uses at a time.
//!
//! Whoever asked is answered when the use is on the disk: a use is never lost, nor an answer given that
//! the log is not going to know of. Uses that come together are written together, so that the disk is
//! waited for once.

use crate::store::audit::AuditUse;
use crate::store::{Db, StoreError};
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// A use, and who waits for it to be noted.
type Waiting = (AuditUse, oneshot::Sender<Result<(), String>>);

/// The uses that wait for one another.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    waiting: Arc<Mutex<Vec<Waiting>>>,
    /// Held by whoever writes.
    pen: Arc<tokio::sync::Mutex<()>>,
}

/// A use on its way to the disk.
#[derive(Debug)]
pub struct Noting(oneshot::Receiver<Result<(), String>>);

impl Noting {
    /// Waits until it is on the disk.
    ///
    /// # Errors
    ///
    /// It is not there: whoever asked may not be answered.
    pub async fn done(self) -> Result<(), StoreError> {
        let told = self.0.await;
        let told = told.unwrap_or_else(|_| Err("nobody notes uses any more".to_owned()));
        told.map_err(StoreError::Together)
    }
}

impl Uses {
    /// Begins to note a use.
    ///
    /// A task of its own goes on though the caller went away: others may wait for it.
    pub fn note(&self, db: &Db, used: AuditUse) -> Noting {
        let (tell, told) = oneshot::channel();
        if let Ok(mut waiting) = self.waiting.lock() {
            waiting.push((used, tell));
        }
        tokio::spawn(self.clone().written(db.clone()));
        Noting(told)
    }

    /// Writes all that waits, unless somebody else did while this waited for the pen.
    async fn written(self, db: Db) {
        let _pen = self.pen.lock().await;
        let together = match self.waiting.lock() {
            Ok(mut waiting) => std::mem::take(&mut *waiting),
            Err(_) => Vec::new(),
        };
        if together.is_empty() {
            return;
        }
        let (uses, tell): (Vec<AuditUse>, Vec<_>) = together.into_iter().unzip();
        let written = db.note_uses(&uses).await;
        let written = written.map_err(|error| error.to_string());
        for tell in tell {
            // Whoever went away does not listen.
            let _ = tell.send(written.clone());
        }
    }
}
