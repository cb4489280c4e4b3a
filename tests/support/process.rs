//! `kwestura` as a process of its own, as an administrator starts it in the folder of a semester.

use super::TestDb;
use super::semester::{Semester, now_millis};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

/// Starts a command.
pub fn start(db: &TestDb, semester: &Semester, arguments: &[&str], files: &[PathBuf]) -> Child {
    started(command(&[], db, semester).args(arguments).args(files))
}

/// Starts the import of all statements, through another program where its words are given.
pub fn importer(through: &[&str], db: &TestDb, semester: &Semester) -> Child {
    started(command(through, db, semester).args(["import", "statements"]))
}

/// How it ended, and what it said.
pub fn ended(process: Child) -> (ExitStatus, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = process.wait_with_output().unwrap();
    let told = [stdout, stderr].concat();
    (status, String::from_utf8_lossy(&told).into_owned())
}

/// The import went well.
pub fn imports(db: &TestDb, semester: &Semester, what: &str) {
    let (status, told) = ended(importer(&[], db, semester));
    assert!(status.success(), "{what}: {status}: {told}");
}

/// A command in the folder of a semester, its arguments still to come.
pub fn command(through: &[&str], db: &TestDb, semester: &Semester) -> Command {
    let words = [through, &[env!("CARGO_BIN_EXE_kwestura")]].concat();
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .args(["--database", db.url()])
        .current_dir(semester.path())
        .env("KWESTURA_NOW", now_millis().to_string())
        .env_remove("KWESTURA_CONFIG")
        .env_remove("KWESTURA_KILL_AT");
    command
}

/// Starts it, its words kept for its end.
pub fn started(command: &mut Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}
