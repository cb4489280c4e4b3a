//! What other systems use the interface for, on the disk before anybody is answered.
//!
//! On a server a use goes into the audit log at once. On an embedded file it is noted in a second file
//! beside it, and moved into the log a little later with all that came meanwhile: a transaction for each
//! use would wait behind an import's, and behind every commit the readers load their pages anew.
//!
//! Whoever moves uses sets the file aside under a name of its own, adds them in one transaction and removes
//! it. The first of them carries that name, so that whoever finds the file of a process that died in
//! between knows whether it had been added.

use super::audit::{AuditUse, NewAudit};
use super::{Db, StoreError, Tx};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The file beside the books in which uses are noted.
#[derive(Debug, Clone)]
pub(super) struct Notes {
    books: PathBuf,
    path: PathBuf,
}

/// Notes that were set aside.
struct Aside {
    path: PathBuf,
    name: String,
    uses: Vec<AuditUse>,
}

impl Db {
    /// Notes uses: they are on the disk when this is done.
    ///
    /// # Errors
    ///
    /// They are not, and whoever used the interface may not be answered.
    pub async fn note_uses(&self, uses: &[AuditUse]) -> Result<(), StoreError> {
        let Some(notes) = self.notes() else {
            let mut tx = self.write().await?;
            tx.add_uses(uses).await?;
            return tx.commit().await;
        };
        let uses = uses.to_vec();
        let append = move |notes: &Notes| notes.append(&lines(&uses)?);
        notes.blocking(append).await
    }

    /// Moves what was noted into the audit log. Safe to run at any time and anywhere.
    pub async fn collect_uses(&self) -> Result<(), StoreError> {
        let Some(notes) = self.notes() else {
            return Ok(());
        };
        for aside in notes.clone().blocking(Notes::set_aside).await? {
            if let Some((first, others)) = aside.uses.split_first() {
                let mut tx = self.write().await?;
                if tx.add_first_use(first, &aside.name).await? {
                    tx.add_uses(others).await?;
                }
                tx.commit().await?;
            }
            let remove = move |_: &Notes| gone_is_fine(std::fs::remove_file(&aside.path));
            notes.clone().blocking(remove).await?;
        }
        Ok(())
    }

    fn notes(&self) -> Option<Notes> {
        match self {
            Db::Sqlite { line, .. } => line.as_ref().map(|line| line.notes().clone()),
            Db::Pg(_) => None,
        }
    }
}

impl Tx {
    /// Adds the first use of those that were set aside under a name; false where it was added before.
    async fn add_first_use(&mut self, first: &AuditUse, name: &str) -> Result<bool, StoreError> {
        let AuditUse(at, who, what, about, detail) = first;
        let new = NewAudit {
            who,
            role: "api",
            what,
            about,
            detail,
            once: Some(name),
        };
        self.add_audit(&new, *at).await
    }
}

impl Notes {
    /// Beside these books.
    pub(super) fn beside(books: &str) -> Notes {
        Notes {
            books: PathBuf::from(books),
            path: PathBuf::from(format!("{books}-uses")),
        }
    }

    /// What the disk is asked for keeps nobody else waiting.
    async fn blocking<T: Send + 'static>(
        self,
        work: impl FnOnce(&Notes) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let path = self.path.display().to_string();
        let done = tokio::task::spawn_blocking(move || work(&self)).await;
        let done = done.unwrap_or_else(|error| Err(io::Error::other(error)));
        done.map_err(|error| StoreError::Notes { path, error })
    }

    fn append(&self, text: &str) -> io::Result<()> {
        let (mut file, length) = self.locked()?;
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_data());
        if written.is_err() {
            // Nobody is answered; what stays of it would say that somebody was.
            let _ = file.set_len(length);
        } else if length == 0 {
            self.folder_synced()?;
        }
        written
    }

    /// The file, locked, and how long it is. Whoever set it aside while this waited left another one.
    fn locked(&self) -> io::Result<(File, u64)> {
        let mode = self.books.metadata()?.mode() & 0o777;
        loop {
            let mut options = File::options();
            let file = options
                .create(true)
                .append(true)
                .mode(mode)
                .open(&self.path);
            let file = file?;
            file.lock()?;
            let ours = file.metadata()?;
            if is_at(&self.path, ours.ino())? {
                return Ok((file, ours.len()));
            }
        }
    }

    /// Sets the notes aside, and tells all that stand there, the oldest first.
    fn set_aside(&self) -> io::Result<Vec<Aside>> {
        if self.path.try_exists()? {
            let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
            let aside = format!(
                "{}-{:020}-{}",
                self.path.display(),
                now.as_nanos(),
                std::process::id()
            );
            let (_locked, _) = self.locked()?;
            std::fs::rename(&self.path, aside)?;
        }
        let mut found: Vec<PathBuf> = Vec::new();
        for file in self.folder().read_dir()? {
            let path = file?.path();
            if self.number_of(&path).is_some() {
                found.push(path);
            }
        }
        found.sort();
        let read = found.into_iter().map(|path| self.read(path));
        read.filter_map(Result::transpose).collect()
    }

    /// None where somebody else has moved it meanwhile.
    fn read(&self, path: PathBuf) -> io::Result<Option<Aside>> {
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text?,
        };
        let lines = text.split(|&byte| byte == b'\n');
        Ok(Some(Aside {
            name: format!("uses {}", self.number_of(&path).unwrap_or_default()),
            // What a machine tore off as it went down was answered to nobody.
            uses: lines
                .filter_map(|line| serde_json::from_slice(line).ok())
                .collect(),
            path,
        }))
    }

    /// What stands behind the name of the notes, where these are some that were set aside.
    fn number_of<'a>(&self, path: &'a Path) -> Option<&'a str> {
        let (name, ours) = (
            path.file_name()?.to_str()?,
            self.path.file_name()?.to_str()?,
        );
        name.strip_prefix(ours)?.strip_prefix('-')
    }

    fn folder(&self) -> &Path {
        let parent = self.path.parent();
        parent
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
    }

    /// A file that is new is not on the disk before its name is.
    fn folder_synced(&self) -> io::Result<()> {
        File::open(self.folder())?.sync_all()
    }
}

fn is_at(path: &Path, inode: u64) -> io::Result<bool> {
    match path.metadata() {
        Ok(there) => Ok(there.ino() == inode),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn gone_is_fine(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// A line each. An empty one stands before it, behind what a machine tore off as it went down.
fn lines(uses: &[AuditUse]) -> io::Result<String> {
    let mut text = String::new();
    for used in uses {
        text.push('\n');
        text.push_str(&serde_json::to_string(used)?);
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate::migrate;
    use tempfile::TempDir;

    async fn books(folder: &TempDir) -> Db {
        let path = folder.path().join("books.db");
        let db = Db::connect(path.to_str().unwrap(), true).await.unwrap();
        migrate(&db).await.unwrap();
        db
    }

    fn used(about: &str) -> AuditUse {
        let text = |text: &str| text.to_owned();
        AuditUse(1, text("app"), text("read-account"), text(about), text(""))
    }

    fn notes(db: &Db) -> Notes {
        db.notes().expect("books in a file")
    }

    async fn logged(db: &Db) -> Vec<String> {
        let mut tx = db.read().await.unwrap();
        let mut rows = tx.audit(i64::MAX, None, 100).await.unwrap();
        rows.reverse();
        rows.into_iter().map(|row| row.about).collect()
    }

    fn beside(folder: &TempDir) -> usize {
        let files = folder.path().read_dir().unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains("-uses")).count()
    }

    #[tokio::test]
    async fn what_was_noted_is_in_the_log_once_it_is_moved_and_no_file_stays() {
        let folder = TempDir::new().unwrap();
        let db = books(&folder).await;
        db.note_uses(&[used("P-1"), used("P-2")]).await.unwrap();
        db.note_uses(&[used("P-3")]).await.unwrap();
        assert_eq!(logged(&db).await, [""; 0]);
        for _ in 0..2 {
            db.collect_uses().await.unwrap();
            assert_eq!(logged(&db).await, ["P-1", "P-2", "P-3"]);
            assert_eq!(beside(&folder), 0);
        }
        db.note_uses(&[used("P-4")]).await.unwrap();
        db.collect_uses().await.unwrap();
        assert_eq!(logged(&db).await, ["P-1", "P-2", "P-3", "P-4"]);
    }

    #[tokio::test]
    async fn whoever_died_before_or_behind_the_log_loses_and_doubles_nothing() {
        let folder = TempDir::new().unwrap();
        let db = books(&folder).await;
        db.note_uses(&[used("P-1"), used("P-2")]).await.unwrap();
        // Died behind setting them aside.
        let [aside] = &notes(&db).set_aside().unwrap()[..] else {
            panic!("one file");
        };
        let text = std::fs::read(&aside.path).unwrap();
        db.note_uses(&[used("P-3")]).await.unwrap();
        db.collect_uses().await.unwrap();
        assert_eq!(logged(&db).await, ["P-1", "P-2", "P-3"]);
        // Died before removing the file.
        std::fs::write(&aside.path, text).unwrap();
        db.collect_uses().await.unwrap();
        assert_eq!(logged(&db).await, ["P-1", "P-2", "P-3"]);
        assert_eq!(beside(&folder), 0);
    }

    #[tokio::test]
    async fn what_was_torn_off_was_answered_to_nobody_and_harms_no_other() {
        let folder = TempDir::new().unwrap();
        let db = books(&folder).await;
        db.note_uses(&[used("P-1")]).await.unwrap();
        let path = notes(&db).path;
        let mut file = File::options().append(true).open(path).unwrap();
        file.write_all(b"\n[1,\"app\",\"read-acc").unwrap();
        db.note_uses(&[used("P-2")]).await.unwrap();
        db.collect_uses().await.unwrap();
        assert_eq!(logged(&db).await, ["P-1", "P-2"]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn those_who_note_and_those_who_move_lose_and_double_nothing() {
        let folder = TempDir::new().unwrap();
        let db = books(&folder).await;
        let mut all = tokio::task::JoinSet::new();
        for who in 0..4 {
            let db = db.clone();
            all.spawn(async move {
                for number in 0..50 {
                    let used = used(&format!("P-{who}-{number:02}"));
                    db.note_uses(&[used]).await.unwrap();
                }
            });
        }
        for _ in 0..2 {
            let db = db.clone();
            all.spawn(async move {
                for _ in 0..20 {
                    db.collect_uses().await.unwrap();
                }
            });
        }
        while let Some(ended) = all.join_next().await {
            ended.unwrap();
        }
        db.collect_uses().await.unwrap();
        let mut tx = db.read().await.unwrap();
        let rows = tx.audit(i64::MAX, None, 1_000).await.unwrap();
        let abouts: std::collections::BTreeSet<_> = rows.iter().map(|row| &row.about).collect();
        assert_eq!((rows.len(), abouts.len()), (200, 200));
    }

    #[tokio::test]
    async fn a_use_that_cannot_be_noted_is_an_error() {
        let folder = TempDir::new().unwrap();
        let db = books(&folder).await;
        std::fs::create_dir(notes(&db).path).unwrap();
        let error = db.note_uses(&[used("P-1")]).await.unwrap_err().to_string();
        assert!(error.contains("books.db-uses"), "{error}");
    }
}
