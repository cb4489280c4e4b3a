//! What other systems use the interface for, noted in the audit log many uses at a time.
//!
//! Whoever asked is answered when the use is in the log: a use is never lost, nor an answer given that
//! the log does not know of. Uses that come together share a transaction, so that the disk is waited for
//! once. Nothing runs between requests, and a service that ends leaves nothing behind.

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

/// A use on its way into the log.
#[derive(Debug)]
pub struct Noting(oneshot::Receiver<Result<(), String>>);

impl Noting {
    /// Waits until it is in the log.
    ///
    /// # Errors
    ///
    /// The database failed, and the use is not in the log: whoever asked may not be answered.
    pub async fn done(self) -> Result<(), StoreError> {
        let told = self.0.await;
        let told = told.unwrap_or_else(|_| Err("nobody notes uses any more".to_owned()));
        told.map_err(|why| StoreError::Engine(sqlx::Error::Io(std::io::Error::other(why))))
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
        let written = write(&db, &uses).await.map_err(|error| error.to_string());
        for tell in tell {
            // Whoever went away does not listen.
            let _ = tell.send(written.clone());
        }
    }
}

async fn write(db: &Db, uses: &[AuditUse]) -> Result<(), StoreError> {
    let mut tx = db.write().await?;
    tx.add_uses(uses).await?;
    tx.commit().await
}
