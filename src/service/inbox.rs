//! The inbox: a folder into which others lay files, and what becomes of each.
//!
//! | phase | what happens |
//! |---|---|
//! | look | a file is ripe when two looks that lie apart found the same size and time, and its name is not that of a file that is still being written |
//! | claim | it is renamed into `.work`, under a name of ours; whoever renames it has it |
//! | take | the engine records it: the same file twice changes nothing |
//! | put away | it goes to `archive/DAY`, or to `quarantine` with the reason beside it |
//!
//! Whoever dies behind the claim leaves the file in `.work`; the next run takes it from there, under the
//! name that it had, until too many have died over it. The folder is looked through at every round: a
//! message of the kernel that something changed would come a few seconds earlier, and not at all from a
//! network's file system.

use crate::config::{self, Inbox};
use crate::engine::digest::Digest;
use crate::engine::source::shown;
use crate::roster::FileKind;
use crate::statement::read::ReadError;
use chrono::NaiveDate;
use rustix::fs::{CWD, RenameFlags};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What was claimed, under names of ours.
const WORK: &str = ".work";
/// Before the name of what was claimed: the name that it had, and a sign for each run that began with it.
/// No file is claimed under such a name.
const ABOUT: &str = ".about-";
/// So many runs may die over a file before a person has to look at it.
const DEATHS_MAX: usize = 3;
/// What was taken, by days.
const ARCHIVE: &str = "archive";
/// What a person has to look at.
pub const QUARANTINE: &str = "quarantine";
/// Behind the name of a file that could not be taken at all: why.
pub const REFUSED: &str = ".refused.txt";
/// Behind the name of a file whose statement the database holds back: why.
pub const HELD_BACK: &str = ".held-back.txt";
/// How names end while a file is still being written.
const UNFINISHED: [&str; 8] = [
    ".part",
    ".partial",
    ".filepart",
    ".tmp",
    ".temp",
    ".crdownload",
    ".swp",
    "~",
];
/// Signs of a name that are kept.
const NAME_MAX: usize = 80;

/// What the last looks found.
#[derive(Debug, Clone, Default)]
pub struct Looks {
    seen: BTreeMap<OsString, Seen>,
    ripe: Vec<OsString>,
    odd: BTreeMap<String, &'static str>,
}

/// A file, and since when it looks like this.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    size: u64,
    modified: Option<SystemTime>,
    since: i64,
}

/// A file that is ours alone.
#[derive(Debug)]
pub struct Claimed {
    /// Where it lies.
    pub path: PathBuf,
    /// What people call it, escaped.
    pub name: String,
    /// So many runs began with it and did not come to an end.
    deaths: usize,
}

impl Claimed {
    /// Where it stands what it is called.
    fn about(&self) -> PathBuf {
        about(&self.path)
    }

    /// Notes that a run begins with it.
    ///
    /// # Errors
    ///
    /// The folder cannot be written to.
    pub fn begin(&self) -> io::Result<()> {
        let mut about = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.about())?;
        about.write_all(b"x")
    }

    /// Notes that the run came to an end, and that the next one is to take the file.
    ///
    /// # Errors
    ///
    /// The folder cannot be written to.
    pub fn leave(&self) -> io::Result<()> {
        fs::write(self.about(), format!("{}\n", self.name))
    }

    /// Why it is not to be taken again; none where it may be.
    pub fn is_deadly(&self) -> Option<String> {
        (DEATHS_MAX <= self.deaths).then(|| {
            format!(
                "{} runs died over it. Report it; when that is mended, lay it into the inbox again",
                self.deaths
            )
        })
    }
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate<'a> {
    /// It was taken.
    Taken,
    /// Its statement is held back by the database, for these reasons.
    HeldBack(&'a str),
    /// It could not be taken, for this reason.
    Refused(&'a str),
}

impl Looks {
    /// Looks once, at an instant in milliseconds.
    ///
    /// # Errors
    ///
    /// The folder cannot be read: it is not there, or the disk that it was on is gone.
    pub fn look(&mut self, inbox: &Inbox, now: i64) -> io::Result<()> {
        let still = i64::from(inbox.still_seconds) * 1000;
        let before = std::mem::take(&mut self.seen);
        self.ripe.clear();
        self.odd.clear();
        for entry in fs::read_dir(&inbox.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if is_ours(&name) || is_unfinished(&name) {
                continue;
            }
            // Not followed: a link may lead anywhere.
            let Ok(found) = entry.metadata() else {
                continue;
            };
            if let Some(why) = oddity(&found) {
                self.odd.insert(shown(Path::new(&name)), why);
                continue;
            }
            let mut seen = Seen {
                size: found.len(),
                modified: found.modified().ok(),
                since: now,
            };
            if let Some(earlier) = before.get(&name)
                && (earlier.size, earlier.modified) == (seen.size, seen.modified)
            {
                // A clock that was set back must not make a file wait for ever.
                seen.since = earlier.since.min(now);
            }
            if found.len() > 0 && seen.since + still <= now {
                self.ripe.push(name.clone());
            }
            self.seen.insert(name, seen);
        }
        self.ripe
            .sort_by_key(|name| (order(inbox, name), name.clone()));
        Ok(())
    }

    /// Whether there is a file to be taken.
    pub fn is_ripe(&self) -> bool {
        !self.ripe.is_empty()
    }

    /// What lies there and is no file: its name, and what it is.
    pub fn odd(&self) -> &BTreeMap<String, &'static str> {
        &self.odd
    }

    /// Claims what is ripe, those files before it that somebody died over, in the order in which they
    /// are to be taken. `fence` is the token of the run.
    ///
    /// # Errors
    ///
    /// The folder cannot be written to.
    pub fn claim(&mut self, inbox: &Inbox, fence: i64) -> io::Result<Vec<Claimed>> {
        let work = folder(inbox, WORK)?;
        let mut claimed = left_behind(inbox, &work)?;
        for (place, name) in std::mem::take(&mut self.ripe).into_iter().enumerate() {
            let seen = self.seen.remove(&name);
            let path = work.join(format!("{fence:08}-{place:04}-{}", plain(&name)));
            let file = Claimed {
                path,
                name: shown(Path::new(&name)),
                deaths: 0,
            };
            file.leave()?;
            match fs::rename(inbox.folder.join(&name), &file.path) {
                Ok(()) => {}
                // Another has it, or whoever laid it there took it back.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    unless_gone(fs::remove_file(file.about()))?;
                    continue;
                }
                Err(error) => return Err(error),
            }
            // Between the look and the claim something else may have taken its name.
            let found = fs::symlink_metadata(&file.path)?;
            let is_same = seen.is_some_and(|seen| {
                (seen.size, seen.modified) == (found.len(), found.modified().ok())
            });
            if found.is_file() && is_same {
                claimed.push(file);
            } else {
                give_back(inbox, &file, &name)?;
            }
        }
        claimed.sort_by_key(|claimed| order(inbox, OsStr::new(&claimed.name)));
        Ok(claimed)
    }
}

/// Puts a file away.
///
/// # Errors
///
/// The folder cannot be written to. A file that another has put away meanwhile is none.
pub fn put_away(
    inbox: &Inbox,
    claimed: &Claimed,
    today: NaiveDate,
    fate: Fate<'_>,
) -> io::Result<()> {
    let digest = match File::open(&claimed.path) {
        Ok(file) => Digest::of(file).map_err(|error: ReadError| io::Error::other(error.message))?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let hash = digest.sha256.get(..16).unwrap_or_default();
    let name = format!("{hash}-{}", plain(OsStr::new(&claimed.name)));
    let (folder, beside) = match fate {
        Fate::Taken => (folder(inbox, ARCHIVE)?.join(today.to_string()), None),
        Fate::HeldBack(why) => (folder(inbox, QUARANTINE)?, Some((HELD_BACK, why))),
        Fate::Refused(why) => (folder(inbox, QUARANTINE)?, Some((REFUSED, why))),
    };
    made(&folder)?;
    if let Some((ending, why)) = beside {
        let reason = folder.join(format!("{name}{ending}"));
        fs::write(reason, format!("{}\n{why}\n", claimed.name))?;
    }
    moved(claimed, &folder.join(name))
}

/// A file gets its place, and what stood about it is not needed any more.
fn moved(claimed: &Claimed, to: &Path) -> io::Result<()> {
    unless_gone(fs::rename(&claimed.path, to))?;
    unless_gone(fs::remove_file(claimed.about()))
}

/// What another has taken or removed meanwhile is no error.
fn unless_gone(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Gives a file another name unless something has it.
pub(super) fn renamed(from: &Path, to: &Path) -> io::Result<bool> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::EXIST) => Ok(false),
        // A network's file system that does not know how.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP) => {
            match fs::symlink_metadata(to) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    fs::rename(from, to).map(|()| true)
                }
                found => found.map(|_| false),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// What is no file goes to quarantine as it is, and is not even opened.
fn set_aside(inbox: &Inbox, claimed: &Claimed, why: &str) -> io::Result<()> {
    let quarantine = folder(inbox, QUARANTINE)?;
    let own = claimed.path.file_name().unwrap_or_default();
    let name = format!("odd-{}", plain(own));
    let said = format!("{}\n{why}: it was not opened\n", claimed.name);
    fs::write(quarantine.join(format!("{name}{REFUSED}")), said)?;
    moved(claimed, &quarantine.join(name))
}

/// A file that was written to while it was claimed is laid back under its name, to stand still there. Where
/// another has that name by now, a person has to look.
fn give_back(inbox: &Inbox, claimed: &Claimed, name: &OsStr) -> io::Result<()> {
    if renamed(&claimed.path, &inbox.folder.join(name))? {
        return unless_gone(fs::remove_file(claimed.about()));
    }
    let why = "it changed while it was claimed, and another file has its name";
    set_aside(inbox, claimed, why)
}

/// Files in quarantine that could not be taken at all, by the name of the file.
///
/// # Errors
///
/// The folder cannot be read.
pub fn refused(inbox: &Inbox) -> io::Result<Vec<String>> {
    let folder = inbox.folder.join(QUARANTINE);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = shown(Path::new(&entry?.file_name()));
        names.extend(name.strip_suffix(REFUSED).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// What a file holds by its name; nothing of ours is a bank's statement.
pub fn kind(inbox: &Inbox, name: &str) -> Option<FileKind> {
    let mut names = inbox.names.iter();
    let found = names.find(|(pattern, _)| config::fits(pattern, name));
    found.map(|(_, kind)| *kind)
}

/// The day in a name like `fees-2026-10-12.csv`: when the export was made.
pub fn day_in(name: &str) -> Option<String> {
    let starts = name.char_indices().map(|(at, _)| at);
    let mut days = starts.filter_map(|at| name.get(at..at + 10));
    // What reads `-2026-10-1` as a day before Christ does not find a day in a name.
    days.find(|text| text.starts_with(|sign: char| sign.is_ascii_digit()) && is_day(text))
        .map(str::to_owned)
}

fn is_day(text: &str) -> bool {
    text.parse::<NaiveDate>()
        .is_ok_and(|day| day.to_string() == text)
}

/// Students are known before their numbers, and both before fees; statements come last.
fn order(inbox: &Inbox, name: &OsStr) -> u8 {
    match kind(inbox, &name.to_string_lossy()) {
        Some(FileKind::Students) => 0,
        Some(FileKind::Accounts) => 1,
        Some(FileKind::Fees) => 2,
        None => 3,
    }
}

/// A folder of ours in the inbox. The inbox itself is never made: where it is gone, the disk is.
fn folder(inbox: &Inbox, name: &str) -> io::Result<PathBuf> {
    let folder = inbox.folder.join(name);
    made(&folder)?;
    Ok(folder)
}

fn made(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

pub(super) fn is_ours(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with('.') || name == ARCHIVE || name == QUARANTINE
}

pub(super) fn is_unfinished(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    name.starts_with('~') || UNFINISHED.iter().any(|ending| name.ends_with(ending))
}

/// What is no file that somebody laid there to be taken.
fn oddity(found: &Metadata) -> Option<&'static str> {
    let kind = found.file_type();
    if kind.is_symlink() {
        Some("a symbolic link")
    } else if kind.is_dir() {
        Some("a folder")
    } else if !kind.is_file() {
        Some("no regular file")
    } else if found.len() == 0 {
        Some("empty")
    } else {
        None
    }
}

/// Files that somebody died over, with the names that they were given. What is no file is set aside: nobody
/// claimed it.
fn left_behind(inbox: &Inbox, work: &Path) -> io::Result<Vec<Claimed>> {
    let mut left = Vec::new();
    for entry in fs::read_dir(work)? {
        let entry = entry?;
        let path = entry.path();
        let found = match entry.metadata() {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if let Some(of) = entry.file_name().to_string_lossy().strip_prefix(ABOUT) {
            // Whoever died before the file was claimed left this alone.
            if found.is_file() && fs::symlink_metadata(work.join(of)).is_err() {
                fs::remove_file(&path)?;
            }
            continue;
        }
        let about = fs::read_to_string(about(&path)).unwrap_or_default();
        let (name, deaths) = about.split_once('\n').unwrap_or_default();
        let plain = entry.file_name().to_string_lossy().into_owned();
        let plain = plain.splitn(3, '-').nth(2).unwrap_or(&plain).to_owned();
        let claimed = Claimed {
            path,
            name: Some(name)
                .filter(|name| !name.is_empty())
                .map_or(plain, str::to_owned),
            deaths: deaths.len(),
        };
        match oddity(&found) {
            Some(why) => set_aside(inbox, &claimed, why)?,
            None => left.push(claimed),
        }
    }
    left.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(left)
}

/// Where it stands what a claimed file is called.
fn about(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{ABOUT}{name}"))
}

/// A name without anything that leads elsewhere or means something to a terminal or a shell.
fn plain(name: &OsStr) -> String {
    let name = name.to_string_lossy();
    let plain = name.chars().map(|sign| match sign {
        '-' | '_' | '.' => sign,
        _ if sign.is_ascii_alphanumeric() => sign,
        _ => '_',
    });
    let plain: String = plain.collect();
    let start = plain.len().saturating_sub(NAME_MAX);
    plain.get(start..).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_a_file_is() {
        let names = [
            ("akademiki*", FileKind::Fees),
            ("stud*.csv", FileKind::Students),
            ("accounts*", FileKind::Accounts),
            ("*fees*", FileKind::Fees),
        ];
        let inbox = Inbox {
            folder: PathBuf::new(),
            still_seconds: 1,
            names: names.map(|(name, kind)| (name.to_owned(), kind)).into(),
        };
        for (name, expected) in [
            ("STUDENTS-2026.CSV", Some(FileKind::Students)),
            ("students.xml", None),
            ("accounts", Some(FileKind::Accounts)),
            ("2026-fees-1.csv", Some(FileKind::Fees)),
            ("Akademiki.csv", Some(FileKind::Fees)),
            ("ST261012.sta", None),
        ] {
            assert_eq!(kind(&inbox, name), expected, "{name}");
        }
        assert_eq!(day_in("fees-2026-10-12.csv").as_deref(), Some("2026-10-12"));
        assert_eq!(
            day_in("opłaty_2026-13-12ż2026-01-02").as_deref(),
            Some("2026-01-02")
        );
        assert_eq!(day_in("fees.csv"), None);
    }

    #[test]
    fn a_name_leads_nowhere() {
        for (name, expected) in [
            ("ST261012.sta", "ST261012.sta"),
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("a\nb\u{1b}[31m ż", "a_b__31m__"),
        ] {
            assert_eq!(plain(OsStr::new(name)), expected);
        }
        assert_eq!(plain(OsStr::new(&"x".repeat(300))).len(), NAME_MAX);
    }
}
