//! What has come of a file so far, beside the inbox's own files and never taken for one.
//!
//! Its name says of what it is a part: the server, and a digest of name, size and time. So whatever is
//! found under that name is the beginning of that very file, and goes on from there. Bytes are on the disk
//! before the next step of [`STEP`] begins, and what lies in the last step is fetched again: after a power
//! cut a file may be as long as it was and hold nothing at its end.

use crate::config::Inbox;
use crate::engine::secret;
use crate::service::inbox::renamed;
use crate::sftp::{Found, Kind};
use rustix::fs::{Mode, OFlags};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

/// Bytes between two moments at which all is known to be on the disk.
const STEP: u64 = 256 * 1024;

/// A file that is being fetched.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Part {
    /// Opens the part of a file of a server, at the place from which it goes on.
    pub(super) fn open(inbox: &Inbox, server: &str, found: &Found) -> io::Result<Part> {
        let path = inbox.folder.join(name(server, found));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::open(&path, flags, Mode::from_raw_mode(0o640))?);
        let length = kept(file.metadata()?.len().min(found.size));
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        Ok(Part { path, file, length })
    }

    /// Bytes that are there.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds what came.
    pub(super) fn add(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = STEP - self.length % STEP;
            let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
            let (now, later) = bytes.split_at(room);
            self.file.write_all(now)?;
            self.length += now.len() as u64;
            if self.length.is_multiple_of(STEP) {
                self.file.sync_data()?;
            }
            bytes = later;
        }
        Ok(())
    }

    /// It is whole: it gets its name in the inbox, and both are on the disk. False where another file of
    /// that name has not been taken yet.
    pub(super) fn land(self, inbox: &Inbox, name: &str) -> io::Result<bool> {
        self.file.sync_all()?;
        let landed = renamed(&self.path, &inbox.folder.join(name))?;
        File::open(&inbox.folder)?.sync_all()?;
        Ok(landed)
    }

    /// It is of no use.
    pub(super) fn discard(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// Takes away the parts of a server's files that look otherwise by now, or are there no more.
pub(super) fn clear(inbox: &Inbox, server: &str, listed: &[Found]) -> io::Result<()> {
    let files = listed.iter().filter(|found| found.kind == Kind::File);
    let wanted: BTreeSet<String> = files.map(|found| name(server, found)).collect();
    for entry in fs::read_dir(&inbox.folder)? {
        let entry = entry?.file_name().to_string_lossy().into_owned();
        if entry.starts_with(&beginning(server)) && !wanted.contains(&entry) {
            fs::remove_file(inbox.folder.join(entry))?;
        }
    }
    Ok(())
}

/// Hidden, and ending like what is being written: the inbox takes neither.
fn name(server: &str, found: &Found) -> String {
    let Found {
        name,
        size,
        modified,
        ..
    } = found;
    let digest = secret::sha256(&format!("{size} {modified} {name}"));
    format!("{}{digest:.32}.part", beginning(server))
}

/// A server's name has no dot in it.
fn beginning(server: &str) -> String {
    format!(".fetch.{server}.")
}

/// How much of so many bytes is surely on the disk.
fn kept(length: u64) -> u64 {
    length.saturating_sub(1) / STEP * STEP
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn found(size: u64) -> Found {
        Found {
            name: "a.sta".to_owned(),
            kind: Kind::File,
            size,
            modified: 42,
        }
    }

    fn inbox(folder: &TempDir) -> Inbox {
        Inbox {
            folder: folder.path().to_path_buf(),
            still_seconds: 1,
            names: Vec::new(),
        }
    }

    fn names(folder: &TempDir) -> Vec<String> {
        let names = fs::read_dir(folder.path()).unwrap();
        names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn what_is_surely_on_the_disk_is_kept() {
        for (length, expected) in [
            (0, 0),
            (1, 0),
            (STEP, 0),
            (STEP + 1, STEP),
            (2 * STEP, STEP),
            (2 * STEP + 1, 2 * STEP),
        ] {
            assert_eq!(kept(length), expected, "{length}");
        }
    }

    #[test]
    fn a_part_goes_on_where_it_was_cut_and_lands_whole() {
        let folder = TempDir::new().unwrap();
        let inbox = inbox(&folder);
        let step = usize::try_from(STEP).unwrap();
        let signs = (0..=250).cycle();
        let bytes: Vec<u8> = signs.take(3 * step + 5).collect();
        let found = found(bytes.len() as u64);
        let mut part = Part::open(&inbox, "bank", &found).unwrap();
        part.add(&bytes[..2 * step + 77]).unwrap();
        drop(part);
        let mut part = Part::open(&inbox, "bank", &found).unwrap();
        assert_eq!(part.length(), 2 * STEP);
        part.add(&bytes[2 * step..]).unwrap();
        assert!(part.land(&inbox, "a.sta").unwrap());
        assert_eq!(fs::read(folder.path().join("a.sta")).unwrap(), bytes);
        assert_eq!(names(&folder), ["a.sta"]);
    }

    #[test]
    fn nothing_in_the_inbox_is_replaced_and_nothing_is_written_through_a_link() {
        let folder = TempDir::new().unwrap();
        let inbox = inbox(&folder);
        fs::write(folder.path().join("a.sta"), "another's").unwrap();
        let mut part = Part::open(&inbox, "bank", &found(3)).unwrap();
        part.add(b"new").unwrap();
        assert!(!part.land(&inbox, "a.sta").unwrap());
        assert_eq!(fs::read(folder.path().join("a.sta")).unwrap(), b"another's");

        let elsewhere = folder.path().join("elsewhere");
        let part = folder.path().join(name("bank", &found(4)));
        std::os::unix::fs::symlink(&elsewhere, part).unwrap();
        assert!(Part::open(&inbox, "bank", &found(4)).is_err());
        assert!(!elsewhere.exists());
    }

    #[test]
    fn parts_of_what_is_no_more_are_taken_away_and_those_of_others_left() {
        let folder = TempDir::new().unwrap();
        let inbox = inbox(&folder);
        for server in ["bank", "bank-2"] {
            for size in [3, 4] {
                Part::open(&inbox, server, &found(size)).unwrap();
            }
        }
        clear(&inbox, "bank", &[found(4)]).unwrap();
        let mut expected = [("bank", 4), ("bank-2", 3), ("bank-2", 4)]
            .map(|(server, size)| name(server, &found(size)));
        let mut lying = names(&folder);
        lying.sort();
        expected.sort();
        assert_eq!(lying, expected);
    }
}
