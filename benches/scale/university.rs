//! A made-up university: its files in a folder, and the office that works on them.

use super::Result;
use super::cost;
use super::engine::Engine;
use super::office::office;
use anyhow::Context;
use chrono::NaiveDate;
use kwestura::engine::Office;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Credits of a student who pays month by month.
const CREDITS_EACH: u32 = 5;

/// A made-up university in a folder.
pub struct University {
    pub folder: PathBuf,
    pub students: u32,
}

impl University {
    /// Makes up one with about so many credits.
    pub fn new(folder: &Path, credits: u32) -> Result<University> {
        let university = University {
            folder: folder.to_owned(),
            students: credits.div_ceil(CREDITS_EACH),
        };
        std::fs::create_dir_all(folder)?;
        let students = university.students.to_string();
        let words = [
            "simulate",
            "--monthly",
            "--students",
            &students,
            "--out",
            ".",
        ];
        cost::of_command(university.kwestura(&words), None, || Ok(()))?;
        Ok(university)
    }

    /// A command in the folder, without a database.
    pub fn kwestura(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kwestura"));
        command
            .args(words)
            .current_dir(&self.folder)
            .env_remove("KWESTURA_DATABASE")
            .stdout(Stdio::null());
        command
    }

    /// Its office, at noon of the day behind the semester.
    pub async fn office(&self, engine: &Engine, database: &str) -> Result<Office> {
        office(&self.folder, &engine.url(self, database), behind()).await
    }

    /// The ids of some students from all over the list.
    pub fn some_students(&self) -> Result<Vec<String>> {
        let list = std::fs::read_to_string(self.folder.join("students.csv"))?;
        let ids = list
            .lines()
            .skip(1)
            .filter_map(|row| row.split([';', ',']).next());
        let ids: Vec<&str> = ids.collect();
        let step = (ids.len() / 97).max(1);
        Ok(ids.into_iter().step_by(step).map(str::to_owned).collect())
    }

    /// A statement of each account on which nothing happened in all of the semester.
    pub fn nobody_paid(&self, office: &Office) -> Result<PathBuf> {
        let folder = self.folder.join("nobody-paid");
        std::fs::create_dir_all(&folder)?;
        for account in &office.config.bank_accounts {
            let (iban, currency) = (&account.iban, account.currency);
            let statement = format!(
                ":20:NOTHING\r\n:25:{iban}\r\n:28C:1\r\n:60F:C260901{currency}0,00\r\n:62F:C270228{currency}0,00\r\n-\r\n"
            );
            std::fs::write(folder.join(format!("{iban}.sta")), statement)?;
        }
        Ok(folder)
    }
}

/// The day behind the semester.
pub fn behind() -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 3, 1).unwrap_or_default()
}

/// A file that a command reads from.
pub fn script(text: &str) -> Result<std::fs::File> {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile()?;
    file.write_all(text.as_bytes())?;
    file.rewind().context("a script")?;
    Ok(file)
}
