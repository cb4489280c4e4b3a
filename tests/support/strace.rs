//! System calls that fail, or in which the process dies, by `strace` (Debian: package `strace`).

use super::process::{ended, importer};
use super::semester::Semester;
use super::{TestDb, skipped};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The calls by which a database in a file changes it.
pub const CALLS: [&str; 5] = ["pwrite64", "fdatasync", "fsync", "ftruncate", "unlink"];

/// Follows threads, and is silent.
const STRACE: [&str; 3] = ["strace", "-f", "-qq"];

/// What happens in a call. `strace` counts each kind of call by itself, and those of each thread; of the
/// program one thread alone writes to the file, as long as its log is too short to be folded beside the writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `kill -9`, and the call does not take place.
    Dies,
    /// The disk refuses it.
    FailsOnce,
    /// The disk refuses it, and all of its kind behind it.
    FailsFromThenOn,
    /// There is no room for it.
    HasNoRoom,
}

impl Fault {
    /// Starts something with the fault in the so manieth call of a kind, through the words that are handed
    /// to it.
    pub fn in_call<T>(self, call: &str, nth: u64, starts: impl FnOnce(&[&str]) -> T) -> T {
        let traced = format!("trace={call}");
        let injected = match self {
            Fault::Dies => format!("inject={call}:signal=KILL:when={nth}"),
            Fault::FailsOnce => format!("inject={call}:error=EIO:when={nth}"),
            Fault::FailsFromThenOn => format!("inject={call}:error=EIO:when={nth}+"),
            Fault::HasNoRoom => format!("inject={call}:error=ENOSPC:when={nth}"),
        };
        let words = ["-o/dev/null", "-e", &traced, "-e", &injected];
        starts(&[&STRACE[..], &words].concat())
    }
}

/// Whether it is there and may trace; counts the story as skipped where not.
pub fn is_there() -> bool {
    static IS_THERE: OnceLock<bool> = OnceLock::new();
    let is_there = *IS_THERE.get_or_init(|| {
        let tried = Fault::FailsOnce.in_call("unlink", 1, |through| {
            let mut command = Command::new(through[0]);
            command.args(&through[1..]).arg("true");
            command.stderr(Stdio::null()).status()
        });
        tried.is_ok_and(|status| status.success())
    });
    if !is_there {
        skipped::STRACE.count();
    }
    is_there
}

/// A process that is traced, until this is dropped.
pub struct Attached(Child);

/// From now on a process, and each that it starts, finds no room for a kind of calls on some files behind so
/// many of them; none where strangers may not be traced, and that is counted.
pub fn without_room(process: u32, calls: &str, behind: u64, files: &[PathBuf]) -> Option<Attached> {
    let mut command = Command::new(STRACE[0]);
    command.args(&STRACE[1..]).arg("-o/dev/null");
    command.args(["-e", &format!("trace={calls}")]);
    let when = behind + 1;
    command.args(["-e", &format!("inject={calls}:error=ENOSPC:when={when}+")]);
    for file in files {
        command.arg("-P").arg(file);
    }
    command.args(["-p", &process.to_string()]);
    let mut attached = Attached(command.stderr(Stdio::null()).spawn().unwrap());
    while !is_traced(process) {
        if attached.0.try_wait().unwrap().is_some() {
            skipped::STRACE.count();
            return None;
        }
        std::thread::yield_now();
    }
    Some(attached)
}

fn is_traced(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    !status.contains("TracerPid:\t0\n")
}

impl Drop for Attached {
    fn drop(&mut self) {
        // Its own way to let go of what it traces.
        let _ = Command::new("kill")
            .args(["-INT", &self.0.id().to_string()])
            .status();
        let _ = self.0.wait();
    }
}

/// Imports undisturbed; how many calls of each kind the thread made that made most of them.
pub fn calls(db: &TestDb, semester: &Semester) -> Vec<(&'static str, u64)> {
    let log = db.folder().join("calls");
    let (out, traced) = (format!("-o{}", log.display()), CALLS.join(","));
    let through = [&STRACE[..], &["-e", &traced, &out]].concat();
    let (status, told) = ended(importer(&through, db, semester));
    assert!(status.success(), "{status}: {told}");
    let log = std::fs::read_to_string(log).unwrap();
    let made = |call: &str| {
        let mut by_thread: BTreeMap<&str, u64> = BTreeMap::new();
        for line in log.lines() {
            let (thread, rest) = line.split_once(' ').unwrap();
            if rest.trim_start().split('(').next() == Some(call) {
                *by_thread.entry(thread).or_default() += 1;
            }
        }
        by_thread.into_values().max().unwrap_or_default()
    };
    CALLS.map(|call| (call, made(call))).to_vec()
}
