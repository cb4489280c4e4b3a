//! What the commands that load a file of rows have in common: their arguments and their answer.

use super::say::say;
use super::{Context, Outcome, read, settle_all};
use crate::engine::numbers::AssignedNumber;
use crate::engine::roster::{Counts, Upload};
use crate::engine::{EngineError, Office};
use crate::roster::parse_date;
use chrono::NaiveDate;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Lines of notes that a person reads before the file itself is the better place to look.
const NOTES_SHOWN: usize = 20;

/// A file of rows, and how it is taken.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// CSV as a spreadsheet saves it (; , or tab; UTF-8 or CP1250), or JSON.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// When the export was made, if its rows have no column `as_of`: 2026-10-15, or
    /// "2026-10-15 08:30".
    #[arg(long, value_name = "WHEN")]
    as_of: Option<String>,
    /// A load at go-live: what was there before Kwestura.
    #[arg(long)]
    opening: bool,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Answer with one JSON object.
    #[arg(long)]
    json: bool,
}

/// The answer as JSON: the file, then what it brought.
#[derive(Serialize)]
struct Answer<'a, T> {
    file: &'a str,
    dry_run: bool,
    #[serde(flatten)]
    loaded: &'a T,
}

impl Args {
    /// Reads the file and hands it to a use case; `tell` says in lines what it brought.
    pub(super) async fn run<T: Serialize>(
        &self,
        context: &Context,
        import: impl AsyncFnOnce(&Office, &Upload<'_>) -> Result<T, EngineError>,
        tell: impl FnOnce(&T),
    ) -> Outcome {
        let office = context.office().await?;
        let bytes = read(&self.file)?;
        let name = name(&self.file);
        let upload = Upload {
            name: &name,
            bytes: &bytes,
            as_of: self.as_of.as_deref(),
            opening: self.opening,
            dry_run: self.dry_run,
        };
        let loaded = import(&office, &upload).await?;
        if !self.dry_run {
            settle_all(&office).await?;
        }
        office.db.close().await;
        if self.json {
            print_json(&Answer {
                file: &name,
                dry_run: self.dry_run,
                loaded: &loaded,
            })?;
        } else {
            tell(&loaded);
            if self.dry_run {
                say!("This was a preview: nothing was written. Leave out --dry-run to do it.");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

/// Reads a day as files write it.
pub(super) fn day(text: &str) -> Result<NaiveDate, String> {
    parse_date(text)
        .ok_or_else(|| format!("`{text}` is not a day; write it like 2026-10-15 or 15.10.2026"))
}

/// One line of JSON.
pub(super) fn print_json(row: &impl Serialize) -> Result<(), EngineError> {
    let line = serde_json::to_string(row)
        .map_err(|error| EngineError::refused(format!("the answer is not JSON: {error}")))?;
    say!("{line}");
    Ok(())
}

/// `12 students read: 3 new, 1 changed, 8 as before`.
pub(super) fn counted(counts: &Counts, what: &str) -> String {
    let Counts {
        rows,
        new,
        changed,
        unchanged,
        older,
    } = counts;
    let older = match older {
        0 => String::new(),
        older => format!(", {older} from before the newest export (kept, the newer holds)"),
    };
    format!("{rows} {what} read: {new} new, {changed} changed, {unchanged} as before{older}.")
}

/// How many numbers were assigned, for each account and category.
pub(super) fn tell_numbers(numbers: &[AssignedNumber]) {
    let mut purposes: Vec<(&str, &str)> = (numbers.iter())
        .map(|number| (number.bank_account.as_str(), number.category.as_str()))
        .collect();
    purposes.sort_unstable();
    purposes.dedup();
    for (bank_account, category) in purposes {
        let count = numbers
            .iter()
            .filter(|number| number.bank_account == bank_account && number.category == category)
            .count();
        let purpose = match category {
            "" => String::new(),
            category => format!(" ({category})"),
        };
        say!("{count} account number(s) assigned for {bank_account}{purpose}.");
    }
}

/// What a person should know or mend.
pub(super) fn tell_notes(notes: &[String]) {
    for note in notes.iter().take(NOTES_SHOWN) {
        say!("Note: {note}.");
    }
    if let Some(more) = notes
        .len()
        .checked_sub(NOTES_SHOWN)
        .filter(|more| *more > 0)
    {
        say!("... and {more} more notes; --json has all.");
    }
}
