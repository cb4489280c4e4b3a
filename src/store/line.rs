//! Who writes to an embedded file, one after the other, and who folds its log meanwhile.

use super::StoreError;
use super::uses::Notes;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{SqlitePool, query_as};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long a writer waits for another before it gives up.
pub(super) const BUSY: Duration = Duration::from_mins(1);

/// Pages of the log that are not in the file yet, behind which it is folded into it: 64 MiB. With the
/// thousand that SQLite takes by itself an import writes the same pages of its indexes anew behind nearly
/// each of its transactions.
const FOLDED_AT: u32 = 16_384;
/// Bytes of a page.
const PAGE: u64 = 4_096;
/// With so few left, 4 MiB, the writers are held up for the rest.
const REST: u32 = 1_024;

/// Busy, pages in the log, pages of them that are in the file; does nothing.
const LENGTH: &str = "PRAGMA wal_checkpoint(NOOP)";
/// The same, and writes those that no reader needs as they were into the file. Nobody is kept waiting.
const FOLD: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// Where the writers of a file stand: two empty files beside it, that are locked.
///
/// Why: SQLite lets writers look again and again whether the file is free, up to a tenth of a second
/// apart, so that somebody who writes one transaction after the other, as an import does, hardly ever
/// lets them in. Here whoever is next holds the head of the queue until whoever writes has ended, and
/// learns of that at once. It is for the sake of order alone: without the locks, where a disk knows none
/// or nobody moved on for a minute, nothing goes wrong.
#[derive(Debug, Clone)]
pub struct Line {
    /// Locked by whoever is next.
    queue: PathBuf,
    /// Locked by whoever writes.
    turn: PathBuf,
    /// The log, which never gets shorter as a file.
    log: PathBuf,
    /// What is noted beside the file.
    notes: Notes,
    /// The connection that folds it.
    connection: SqlitePool,
    /// Locked by whoever folds, as one of a process is enough.
    folding: Arc<Mutex<()>>,
    /// [`FOLDED_AT`], but in tests.
    folded_at: u32,
}

/// It is somebody's turn to write, until this is dropped.
#[derive(Debug)]
pub struct Turn {
    lock: Option<File>,
    line: Line,
}

impl Line {
    /// The line of the file that is opened so.
    pub(super) fn of(url: &str, options: SqliteConnectOptions) -> Line {
        Line {
            queue: PathBuf::from(format!("{url}-queue")),
            turn: PathBuf::from(format!("{url}-turn")),
            log: PathBuf::from(format!("{url}-wal")),
            notes: Notes::beside(url),
            connection: SqlitePoolOptions::new()
                .max_connections(1)
                .connect_lazy_with(options),
            folding: Arc::default(),
            folded_at: FOLDED_AT,
        }
    }

    /// Stands in the line.
    pub(super) async fn turn(&self) -> Turn {
        let next = locked(&self.queue).await;
        let lock = locked(&self.turn).await;
        drop(next);
        Turn {
            lock,
            line: self.clone(),
        }
    }

    /// What is noted beside the file, by who stands in no line.
    pub(super) fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Nobody of this process folds any more.
    pub(super) async fn close(&self) {
        self.connection.close().await;
    }
}

impl Turn {
    /// Ends it behind something written.
    pub(super) fn written(self) {
        let Turn { lock, line } = self;
        drop(lock);
        if !line.log_may_be_long() {
            return;
        }
        // Whoever folds already sees what came meanwhile.
        if let Ok(folding) = line.folding.clone().try_lock_owned() {
            tokio::spawn(async move {
                // What fails here fails again where a writer folds, and is said there.
                let _ = line.fold_long_log().await;
                drop(folding);
            });
        }
    }
}

/// SQLite folds its log into the file by whoever commits when it has grown long, which holds up everybody
/// who waits. Here it is done beside the writers.
impl Line {
    /// Without asking the database, as most processes end long before.
    fn log_may_be_long(&self) -> bool {
        let long = u64::from(self.folded_at) * PAGE;
        self.log.metadata().is_ok_and(|log| long <= log.len())
    }

    /// Folds the log if it is long: as long as that makes it shorter though others add to it, and the rest
    /// in a turn of one's own, since the next to write begins the log anew only where nothing is left.
    async fn fold_long_log(&self) -> Result<(), StoreError> {
        let mut left = self.left_behind(LENGTH).await?;
        if left < self.folded_at {
            return Ok(());
        }
        loop {
            self.left_behind(FOLD).await?;
            let now = self.left_behind(LENGTH).await?;
            if now < REST || left <= now {
                break;
            }
            left = now;
        }
        let turn = self.turn().await;
        self.left_behind(FOLD).await?;
        drop(turn);
        Ok(())
    }

    /// Pages of the log that are not in the file behind a statement.
    async fn left_behind(&self, sql: &'static str) -> Result<u32, StoreError> {
        let (_, pages, folded): (i64, i64, i64) = query_as(sql).fetch_one(&self.connection).await?;
        Ok(u32::try_from(pages - folded).unwrap_or_default())
    }
}

/// A file that is locked until it is dropped.
async fn locked(path: &Path) -> Option<File> {
    let mut options = File::options();
    let file = options.create(true).append(true).open(path).ok()?;
    if file.try_lock().is_ok() {
        return Some(file);
    }
    let waiting = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
    tokio::time::timeout(BUSY, waiting).await.ok()?.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Arg, Db};
    use tempfile::TempDir;

    async fn write(db: &Db, text: &str) {
        let mut tx = db.write().await.unwrap();
        tx.execute("INSERT INTO page (text) VALUES ($1)", &[Arg::Text(text)])
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_long_log_is_folded_by_nobody_who_writes_and_begins_anew() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("books.db");
        let mut db = Db::connect(path.to_str().unwrap(), true).await.unwrap();
        let Db::Sqlite {
            line: Some(line), ..
        } = &mut db
        else {
            panic!("no file");
        };
        line.folded_at = 20;
        let line = line.clone();
        let mut tx = db.write().await.unwrap();
        tx.execute("CREATE TABLE page (text TEXT)", &[])
            .await
            .unwrap();
        tx.commit().await.unwrap();

        let page = "x".repeat(4_000);
        for _ in 0..2 {
            write(&db, &page).await;
        }
        drop(line.folding.lock().await);
        let left = line.left_behind(LENGTH).await.unwrap();
        assert!((1..20).contains(&left), "folded before it was long: {left}");

        for _ in 0..100 {
            write(&db, &page).await;
        }
        drop(line.folding.lock().await);
        write(&db, &page).await;
        drop(line.folding.lock().await);
        let left = line.left_behind(LENGTH).await.unwrap();
        assert!(left < 20, "left long: {left}");
        if left == 0 {
            write(&db, &page).await;
        }
        let (_, pages, _): (i64, i64, i64) =
            query_as(LENGTH).fetch_one(&line.connection).await.unwrap();
        assert!(pages < 100, "never begun anew: {pages}");
        db.close().await;
    }
}
