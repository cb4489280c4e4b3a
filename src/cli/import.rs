//! `kwestura import`: statement files in, fees settled.

use super::common::table;
use super::progress::Progress;
use super::say::say;
use super::{Context, Outcome, attention};
use crate::engine::import::{self, Import};
use crate::engine::source::shown;
use crate::engine::{EngineError, Office};
use crate::money::{Currency, format_plain};
use clap::Args as ClapArgs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `kwestura import`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura import statements/                 every file in the folder, in any order
  kwestura import october.zip                 every file in the archive, or none
  kwestura import ST261012.sta --json         the summary as one JSON object

The same file again changes nothing. A statement that does not add up, or that contradicts one
that stands, is held back: see `kwestura quarantine list`. Exit status 1: something was held back
or could not be read.")]
pub struct Args {
    /// Statement files, plain or packed (ZIP, gzip), or folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print the summary as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let summary = import_paths(&office, &args.paths).await?;
    if args.json {
        say!("{}", summary.to_json());
    } else {
        print_summary(&summary);
    }
    office.db.close().await;
    Ok(if summary.needs_a_person() {
        attention()
    } else {
        ExitCode::SUCCESS
    })
}

/// Imports files and folders, with progress on the error stream.
pub async fn import_paths(office: &Office, paths: &[PathBuf]) -> Result<Import, EngineError> {
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    for path in paths {
        collect(path, &mut files, &mut skipped)?;
    }
    if files.is_empty() && skipped.is_empty() {
        return Err(EngineError::refused(
            "there is no file in the folder that was named",
        ));
    }
    let mut import = Import::begin(office).await?;
    for note in skipped {
        import.skipped(note);
    }
    let progress = Progress::new("statement files", files.len());
    for (done, path) in files.iter().enumerate() {
        import.path(office, path).await?;
        progress.at(done + 1);
    }
    progress.end();
    let progress = Progress::new("students settled", 0);
    import
        .settle(office, |done, of| progress.of(done, of))
        .await?;
    progress.end();
    Ok(import)
}

/// A file itself, or the files of a folder and its folders by name. Hidden ones are left out, and so
/// is what is no file, which might lead anywhere or never end: that is told.
pub(super) fn collect(
    path: &Path,
    files: &mut Vec<PathBuf>,
    skipped: &mut Vec<String>,
) -> Result<(), EngineError> {
    let failed = |error: std::io::Error| {
        EngineError::refused(format!("cannot read {}: {error}", shown(path)))
    };
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let mut inside = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_file() || kind.is_dir() {
            inside.push(entry.path());
        } else {
            let what = if kind.is_symlink() {
                "a symbolic link"
            } else {
                "no regular file"
            };
            skipped.push(format!("{}: {what}, skipped", shown(&entry.path())));
        }
    }
    inside.sort();
    skipped.sort();
    for path in inside {
        collect(&path, files, skipped)?;
    }
    Ok(())
}

/// The table at the end.
pub fn print_summary(import: &Import) {
    for note in import.notes() {
        say!("{note}");
    }
    let counts = &import.counts;
    let rows = [
        ("statement files", counts.files),
        ("statements", counts.statements),
        ("  new", counts.published),
        ("  already known", counts.known),
        ("  quarantined or waiting", counts.held_back),
        ("  not posted", counts.not_posted),
        ("files that could not be read", counts.unreadable),
        ("entries, new", counts.entries),
        ("credits, new", counts.credits),
        ("  identified", counts.identified),
        ("  in review", counts.review),
        ("  no student's", counts.not_student),
        ("students settled", counts.students),
    ];
    let mut brought = table(&["", "this import"]);
    for (name, count) in rows
        .into_iter()
        .filter(|(name, count)| *count > 0 || !name.starts_with("  "))
    {
        brought.add_row([name.to_owned(), count.to_string()]);
    }
    say!("{brought}");
    let mut rows = table(&[
        "currency",
        "came in",
        "went out",
        "settles fees",
        "on account",
        "in review",
    ]);
    for (currency, money) in &import.money {
        let code = Currency::parse(currency).unwrap_or(Currency::PLN);
        let plain = |minor: i64| format_plain(minor, code);
        rows.add_row([
            currency.clone(),
            plain(money.in_minor),
            plain(money.out_minor),
            plain(money.settled_minor),
            plain(money.on_account_minor),
            plain(money.review_minor),
        ]);
    }
    if !import.money.is_empty() {
        say!("{rows}");
    }
    for line in import.coverage_lines() {
        say!("{line}");
    }
    for line in import::next_steps(import) {
        say!("{line}");
    }
}
