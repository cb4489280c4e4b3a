//! `kwestura journal`.

use super::say::say;
use super::{Context, Outcome};
use crate::engine::journal::{self, lines};
use crate::engine::whole;
use chrono::NaiveDate;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura journal`.
///
/// Every document balances. Documents of a closed month never change, but for waivers, write-offs and
/// interest, which are stated as they are known on the day of the export.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura journal export --from 2026-10-01 --to 2026-10-31 --out october.csv
  kwestura journal export --json")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write the documents for the general ledger as CSV.
    Export {
        /// From this accounting day.
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
        /// Through this accounting day.
        #[arg(long, value_name = "DATE")]
        to: Option<NaiveDate>,
        /// Into this file, which appears whole, instead of the terminal.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// One JSON line for each side instead of CSV.
        #[arg(long)]
        json: bool,
    },
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let Command::Export {
        from,
        to,
        out,
        json,
    } = &args.command;
    let documents = journal::documents(&context.office().await?, *from, *to).await?;
    let text = if *json {
        lines::as_json(&documents)
    } else {
        lines::as_csv(&documents)?
    };
    let Some(path) = out else {
        text.lines().for_each(|line| say!("{line}"));
        return Ok(ExitCode::SUCCESS);
    };
    whole::write(path, text.as_bytes())?;
    say!(
        "{} document(s) written to {}.",
        documents.len(),
        path.display()
    );
    Ok(ExitCode::SUCCESS)
}
