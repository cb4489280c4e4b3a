//! The program, run by a bench in the folder of a made-up university.

use anyhow::{Result, ensure};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What an embedded database is called where nobody names another.
pub const FILE: &str = "kwestura.db";

/// The program in a folder, on a database.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    pub folder: &'a Path,
    pub database: &'a str,
}

impl<'a> Program<'a> {
    /// On a file in the folder.
    pub fn on_file(folder: &'a Path) -> Self {
        Program {
            folder,
            database: FILE,
        }
    }

    /// What the shell has set is not heard.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kwestura"));
        command
            .args(words)
            .current_dir(self.folder)
            .env("KWESTURA_DATABASE", self.database);
        command
    }

    /// Runs it and returns what it says.
    pub fn run(&self, words: &[&str]) -> Result<String> {
        let output = self.command(words).output()?;
        // 1 says that something waits for a person.
        let worked = matches!(output.status.code(), Some(0 | 1));
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(worked, "kwestura {}: {errors}", words.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Has it make the books of the university from its files.
    pub fn books(&self) -> Result<()> {
        for words in [
            &["init"][..],
            &["students", "import", "students.csv"],
            &["fees", "import", "fees.csv"],
            &["import", "statements"],
        ] {
            self.run(words)?;
        }
        Ok(())
    }

    /// Begins to import the statements that were laid aside in `later`.
    pub fn import_later(&self) -> Result<Child> {
        let mut import = self.command(&["import", "later"]);
        Ok(import.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
    }
}
