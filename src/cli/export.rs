//! `kwestura export`.

use super::say::{say, say_beside};
use super::{Context, Outcome};
use crate::engine::{export, whole};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// What changed in the settlement of fees since a cursor.
    ///
    /// Each line tells how a fee stands from then on, future due dates included. Ask the next time with
    /// the cursor that is told at the end: each change comes once, however often you ask and whoever
    /// asks beside you.
    #[command(after_help = "Examples:
  kwestura export settlements                                    everything
  kwestura export settlements --since 120-9b1deb4d --out new.csv
  kwestura export settlements --since 120-9b1deb4d --format json

To the terminal the cursor is told on the error stream, so that the answer is rows alone.")]
    Settlements {
        /// The cursor of the last time.
        #[arg(long, value_name = "CURSOR", default_value = export::BEGINNING)]
        since: String,
        /// CSV with amounts as 12.50, or one JSON object a line with amounts in grosze or cents.
        #[arg(long, value_enum, default_value = "csv")]
        format: Format,
        /// Into this file, which appears whole, its SHA-256 beside it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// What changed since the last time, into a folder, and the journals of two months.
    ///
    /// Writes settlements-000017.csv with the changes that are in no file of the folder before, and
    /// journal-2026-10.csv of this month and of the last one anew. A run that was interrupted is made up by the
    /// next, with the same files.
    #[command(after_help = "Example, each night:
  kwestura export nightly /exchange/out")]
    Nightly {
        /// The folder.
        folder: PathBuf,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Csv,
    Json,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    match &args.command {
        Command::Settlements { since, format, out } => {
            let told = export::settlements(&office, since).await?;
            let text = match format {
                Format::Csv => export::as_csv(&told.changes)?,
                Format::Json => export::as_json(&told.changes),
            };
            if let Some(path) = out {
                whole::write(path, text.as_bytes())?;
                let (count, path) = (told.changes.len(), path.display());
                say!(
                    "{count} change(s) written to {path}. The next time: --since {}",
                    told.cursor
                );
            } else {
                text.lines().for_each(|line| say!("{line}"));
                say_beside!("The next time: --since {}", told.cursor);
            }
        }
        Command::Nightly { folder } => {
            for file in export::nightly(&office, folder).await? {
                say!("{} {} bytes", file.path.display(), file.bytes);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
