//! Files that appear whole: written under a temporary name, on the disk before they are renamed, and
//! with their SHA-256 beside them. Whoever picks them up never sees half of one.

use super::EngineError;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

/// A file that is there, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Where.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// The hash of its bytes.
    pub sha256: String,
}

/// A file that is being written. One that is dropped before it is finished leaves nothing behind.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    draft: PathBuf,
}

impl Draft {
    /// Begins a file; an empty one under another name is there, for its owner's eyes alone.
    ///
    /// # Errors
    ///
    /// Refused where the folder is missing or may not be written to.
    pub fn of(path: &Path) -> Result<Draft, EngineError> {
        let draft = beside(path, &format!(".part-{}", std::process::id()));
        let opened = private().create(true).truncate(true).open(&draft);
        opened.map_err(|error| cannot_write(path, &error))?;
        Ok(Draft {
            path: path.to_owned(),
            draft,
        })
    }

    /// Where to write meanwhile.
    pub fn draft(&self) -> &Path {
        &self.draft
    }

    /// The file is there under its name, its hash beside it.
    pub fn finish(self) -> Result<Whole, EngineError> {
        let (sha256, bytes) = self.settle(|| hash(&self.draft))?;
        let name = self.path.file_name().unwrap_or_default();
        let line = format!("{sha256}  {}\n", name.display());
        self.settle(|| appear(&beside(&self.path, ".sha256"), line.as_bytes()))?;
        self.rename()?;
        Ok(Whole {
            path: self.path.clone(),
            bytes,
            sha256,
        })
    }

    /// The file is there under its name, and nothing beside it.
    pub fn finish_alone(self) -> Result<(), EngineError> {
        self.rename()
    }

    fn rename(&self) -> Result<(), EngineError> {
        self.settle(|| {
            File::open(&self.draft)?.sync_all()?;
            fs::rename(&self.draft, &self.path)?;
            sync_folder(&self.path)
        })
    }

    fn settle<T>(&self, done: impl FnOnce() -> io::Result<T>) -> Result<T, EngineError> {
        done().map_err(|error| cannot_write(&self.path, &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After the rename there is none; where it cannot be removed, it is seen by its name.
        let _ = fs::remove_file(&self.draft);
    }
}

/// Writes a file, with its hash beside it. One of that name is replaced.
pub fn write(path: &Path, bytes: &[u8]) -> Result<Whole, EngineError> {
    let draft = Draft::of(path)?;
    fs::write(draft.draft(), bytes).map_err(|error| cannot_write(path, &error))?;
    draft.finish()
}

/// Refuses a file whose bytes are not those of the hash beside it. Tells whether there was one.
pub fn check(path: &Path) -> Result<bool, EngineError> {
    let refused = |words: String| EngineError::refused(words);
    let beside = beside(path, ".sha256");
    let Ok(line) = fs::read_to_string(&beside) else {
        return Ok(false);
    };
    let (found, _) =
        hash(path).map_err(|error| refused(format!("cannot read {}: {error}", path.display())))?;
    let wanted = line.split_whitespace().next().unwrap_or_default();
    if wanted.eq_ignore_ascii_case(&found) {
        return Ok(true);
    }
    Err(refused(format!(
        "{} is damaged: its SHA-256 is {found}, and {} says {wanted}. Take another copy of it",
        path.display(),
        beside.display()
    )))
}

/// `name.csv.sha256` of `name.csv`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Money, names and account numbers are nobody else's business on this machine.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn appear(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = beside(path, &format!(".part-{}", std::process::id()));
    let mut file = private().create(true).truncate(true).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(draft, path)
}

fn hash(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((format!("{:x}", hasher.finalize()), bytes));
        }
        hasher.update(piece.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
}

/// A rename is on the disk when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn cannot_write(path: &Path, error: &io::Error) -> EngineError {
    EngineError::refused(format!("cannot write {}: {error}", path.display()))
}
