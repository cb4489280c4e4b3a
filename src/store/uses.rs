//! What other systems use the interface for, on the disk before anybody is answered.
//!
//! On a server a use goes into the audit log at once. On an embedded file it is noted in a second file
//! beside it, and moved into the log a little later with all that came meanwhile: a transaction for each
//! use would wait behind an import's, and behind every commit the readers load their pages anew.
//!
//! Whoever moves uses sets the file aside under a name of its own, adds them in one transaction and removes
//! it. The first of them carries that name, so that whoever finds the file of a process that died in
//! between knows whether it had been added. In the log they stand where they were added, which may be behind
//! what happened a little later.

use super::audit::{AuditUse, NewAudit};
use super::line::BUSY;
use super::{Db, StoreError, Tx};
use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// The file beside the books in which uses are noted.
#[derive(Debug, Clone)]
pub(super) struct Notes {
    books: PathBuf,
    path: PathBuf,
    /// The file whose name is known to be on the disk, by its inode.
    named: Arc<AtomicU64>,
}

/// Notes that were set aside.
struct Aside {
    path: PathBuf,
    /// What stands behind the name of the notes.
    number: String,
}

/// Nobody notes a use until this is dropped.
#[derive(Debug)]
pub struct Still(#[expect(dead_code, reason = "it is held, not looked at")] Option<File>);

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
        let text = lines(uses);
        notes.blocking(|notes| notes.append(&text?)).await
    }

    /// Moves what was noted into the audit log. Safe to run at any time and anywhere.
    pub async fn collect_uses(&self) -> Result<(), StoreError> {
        let Some(notes) = self.notes() else {
            return Ok(());
        };
        let set_aside = |notes: &Notes| {
            notes.set_aside()?;
            notes.all_aside()
        };
        let found = notes.clone().blocking(set_aside).await?;
        self.add_aside(&notes, found).await
    }

    /// The same, and nobody notes another one until what is returned is dropped: whoever asks waits.
    pub async fn hold_uses(&self) -> Result<Still, StoreError> {
        let Some(notes) = self.notes() else {
            return Ok(Still(None));
        };
        let hold = |notes: &Notes| Ok((notes.held()?, notes.all_aside()?));
        let (held, found) = notes.clone().blocking(hold).await?;
        self.add_aside(&notes, found).await?;
        Ok(Still(Some(held)))
    }

    /// What cannot be added stays, and keeps no other from being added.
    async fn add_aside(&self, notes: &Notes, found: Vec<Aside>) -> Result<(), StoreError> {
        let mut outcome = Ok(());
        for aside in found {
            let added = self.add_one_aside(notes, aside).await;
            outcome = outcome.and(added);
        }
        outcome
    }

    async fn add_one_aside(&self, notes: &Notes, aside: Aside) -> Result<(), StoreError> {
        let Aside { path, number } = aside;
        let file = path.clone();
        let uses = notes.clone().blocking(move |_| read(&file)).await?;
        if let Some((first, others)) = uses.split_first() {
            let mut tx = self.write().await?;
            let name = format!("uses {number}");
            if tx.add_first_use(first, &name).await? {
                tx.add_uses(others).await?;
            }
            tx.commit().await?;
        }
        let remove = move |_: &Notes| gone_is_fine(std::fs::remove_file(path), ());
        notes.clone().blocking(remove).await
    }

    fn notes(&self) -> Option<Notes> {
        match self {
            Db::Sqlite { line, .. } => line.as_ref().map(|line| line.notes().clone()),
            Db::Pg(_) => None,
        }
    }

    /// The files of notes beside books at a path, whoever left them.
    ///
    /// # Errors
    ///
    /// The folder cannot be read.
    pub fn notes_beside(books: &str) -> io::Result<Vec<PathBuf>> {
        let all = Notes::beside(books).all()?;
        Ok(all.into_iter().map(|(path, _)| path).collect())
    }

    /// Lets them follow books that get another name.
    ///
    /// # Errors
    ///
    /// One cannot be renamed; those before it were.
    pub fn rename_notes(books: &str, to: &str) -> io::Result<()> {
        let to = Notes::beside(to);
        for (path, ending) in Notes::beside(books).all()? {
            std::fs::rename(path, to.ending_in(&ending))?;
        }
        Ok(())
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
    /// Beside these books, whichever way led to them.
    pub(super) fn beside(books: &str) -> Notes {
        let books = PathBuf::from(books);
        let books = books.canonicalize().unwrap_or(books);
        let mut path = books.clone().into_os_string();
        path.push("-uses");
        Notes {
            books,
            path: path.into(),
            named: Arc::default(),
        }
    }

    /// What the disk is asked for keeps nobody else waiting, and nobody waits for ever.
    async fn blocking<T: Send + 'static>(
        self,
        work: impl FnOnce(&Notes) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let path = self.path.display().to_string();
        let working = tokio::task::spawn_blocking(move || work(&self));
        let done = match tokio::time::timeout(BUSY, working).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => Err(io::Error::other(error)),
            Err(_) => Err(ErrorKind::TimedOut.into()),
        };
        done.map_err(|error| StoreError::Notes { path, error })
    }

    fn append(&self, text: &str) -> io::Result<()> {
        let (mut file, there) = self.locked(true)?;
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_data())
            .and_then(|()| self.name_synced(there.ino()));
        if written.is_err() {
            // Nobody is answered; what stays of it would say that somebody was.
            let _ = file.set_len(there.len());
        }
        written
    }

    /// A file that is new is not on the disk before its name is.
    fn name_synced(&self, inode: u64) -> io::Result<()> {
        if self.named.load(Ordering::SeqCst) != inode {
            self.folder_synced()?;
            self.named.store(inode, Ordering::SeqCst);
        }
        Ok(())
    }

    /// The file, locked, and what it is. Whoever set it aside while this waited left another one, or none.
    fn locked(&self, create: bool) -> io::Result<(File, std::fs::Metadata)> {
        let mode = self.books.metadata()?.mode() & 0o777;
        loop {
            let mut options = File::options();
            options.create(create).append(true).mode(mode);
            let file = options.open(&self.path)?;
            match file.lock() {
                // A disk without locks: there one process alone may work.
                Err(error) if error.kind() == ErrorKind::Unsupported => {}
                locked => locked?,
            }
            let ours = file.metadata()?;
            if is_at(&self.path, ours.ino())? {
                return Ok((file, ours));
            }
        }
    }

    /// Sets the notes aside, where there are any.
    fn set_aside(&self) -> io::Result<()> {
        match self.locked(false) {
            Ok(locked) => self.renamed(&locked.0),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sets the notes aside, and holds the empty file in their place.
    fn held(&self) -> io::Result<File> {
        loop {
            let (file, there) = self.locked(true)?;
            if there.len() == 0 {
                return Ok(file);
            }
            self.renamed(&file)?;
        }
    }

    /// Gives the file that is locked a name that no other gets, on the disk as well: what is added under it
    /// must not come back under another.
    fn renamed(&self, _locked: &File) -> io::Result<()> {
        // Looked at behind the lock: of one process no two are of the same moment.
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let ending = format!("-{:0DIGITS$}-{}", now.as_nanos(), std::process::id());
        std::fs::rename(&self.path, self.ending_in(&ending))?;
        self.folder_synced()
    }

    /// Their name with something behind it.
    fn ending_in(&self, ending: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(ending);
        path.into()
    }

    /// Those that were set aside and those that were not, each with what stands behind their name.
    fn all(&self) -> io::Result<Vec<(PathBuf, String)>> {
        let aside = gone_is_fine(self.all_aside(), Vec::new())?.into_iter();
        let mut all: Vec<(PathBuf, String)> = aside
            .map(|aside| (aside.path, format!("-{}", aside.number)))
            .collect();
        if self.path.try_exists()? {
            all.push((self.path.clone(), String::new()));
        }
        Ok(all)
    }

    /// All that was set aside, the oldest first.
    fn all_aside(&self) -> io::Result<Vec<Aside>> {
        let mut found: Vec<Aside> = Vec::new();
        for file in self.folder().read_dir()? {
            let file = file?;
            let path = file.path();
            if let Some(number) = self.number_of(&path)
                && file.file_type().is_ok_and(|kind| kind.is_file())
            {
                found.push(Aside { path, number });
            }
        }
        found.sort_by(|a, b| a.number.cmp(&b.number));
        Ok(found)
    }

    /// What stands behind the name of the notes where they were set aside; a copy that somebody made has
    /// another name.
    fn number_of(&self, path: &Path) -> Option<String> {
        let (name, ours) = (
            path.file_name()?.to_str()?,
            self.path.file_name()?.to_str()?,
        );
        let number = name.strip_prefix(ours)?.strip_prefix('-')?;
        let (moment, process) = number.split_once('-')?;
        let is_number =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_ours = moment.len() == DIGITS && is_number(moment) && is_number(process);
        is_ours.then(|| number.to_owned())
    }

    fn folder(&self) -> &Path {
        let parent = self.path.parent();
        parent
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
    }

    fn folder_synced(&self) -> io::Result<()> {
        File::open(self.folder())?.sync_all()
    }
}

/// Digits of the moment at which notes were set aside, nanoseconds since 1970.
const DIGITS: usize = 20;

/// The uses in a file that was set aside; none where somebody else has moved them meanwhile.
fn read(path: &Path) -> io::Result<Vec<AuditUse>> {
    let text = match std::fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    let lines = text.split(|&byte| byte == b'\n');
    let used = lines.map(|line| match serde_json::from_slice(line) {
        Ok(used) => Ok(Some(used)),
        // What a machine tore off as it went down, or left empty, was answered to nobody.
        Err(error) if error.is_eof() || line.contains(&0) => Ok(None),
        Err(error) => {
            let what = format!("{}: {error}; a newer program may read it", path.display());
            Err(io::Error::new(ErrorKind::InvalidData, what))
        }
    });
    used.filter_map(Result::transpose).collect()
}

fn is_at(path: &Path, inode: u64) -> io::Result<bool> {
    let there = path.metadata().map(|there| there.ino() == inode);
    gone_is_fine(there, false)
}

fn gone_is_fine<T>(done: io::Result<T>, gone: T) -> io::Result<T> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(gone),
        done => done,
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
        notes(&db).set_aside().unwrap();
        let [aside] = &notes(&db).all_aside().unwrap()[..] else {
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

    #[tokio::test]
    async fn what_nobody_understands_stays_and_keeps_no_other_from_the_log() {
        let folder = TempDir::new().unwrap();
        let db = books(&folder).await;
        let aside = |moment: &str| folder.path().join(format!("books.db-uses-{moment}-7"));
        let (newer, copied) = (aside("00000000000000000001"), aside("1"));
        let line = serde_json::to_string(&used("P-9")).unwrap();
        std::fs::write(&newer, line.replace(']', ",7]")).unwrap();
        std::fs::write(&copied, line).unwrap();
        std::fs::create_dir(aside("00000000000000000002")).unwrap();
        db.note_uses(&[used("P-1")]).await.unwrap();
        let error = db.collect_uses().await.unwrap_err().to_string();
        assert!(error.contains("00000000000000000001"), "{error}");
        assert_eq!(logged(&db).await, ["P-1"]);
        assert!(newer.exists() && copied.exists());
    }

    #[tokio::test]
    async fn while_they_are_held_whoever_notes_waits() {
        let folder = TempDir::new().unwrap();
        let db = books(&folder).await;
        db.note_uses(&[used("P-1")]).await.unwrap();
        let still = db.hold_uses().await.unwrap();
        assert_eq!(logged(&db).await, ["P-1"]);
        let waits = tokio::spawn({
            let db = db.clone();
            async move { db.note_uses(&[used("P-2")]).await }
        });
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        assert!(!waits.is_finished());
        drop(still);
        waits.await.unwrap().unwrap();
        db.collect_uses().await.unwrap();
        assert_eq!(logged(&db).await, ["P-1", "P-2"]);
        assert_eq!(beside(&folder), 0);
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
