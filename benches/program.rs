//! The program, run by a bench in the folder of a made-up university.

use anyhow::{Result, ensure};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What the shell has set is not heard.
fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kwestura"));
    command
        .args(words)
        .current_dir(folder)
        .env_remove("KWESTURA_DATABASE");
    command
}

/// Runs the program and returns what it says.
pub fn kwestura(folder: &Path, words: &[&str]) -> Result<String> {
    let output = command(folder, words).output()?;
    // 1 says that something waits for a person.
    let worked = matches!(output.status.code(), Some(0 | 1));
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(worked, "kwestura {}: {errors}", words.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}

/// Has the program make the books of a university from its files.
pub fn books(folder: &Path) -> Result<()> {
    for words in [
        &["init"][..],
        &["students", "import", "students.csv"],
        &["fees", "import", "fees.csv"],
        &["import", "statements"],
    ] {
        kwestura(folder, words)?;
    }
    Ok(())
}

/// Begins to import the statements that were laid aside in `later`.
pub fn import_later(folder: &Path) -> Result<Child> {
    let mut import = command(folder, &["import", "later"]);
    Ok(import.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}
