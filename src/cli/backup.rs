//! `kwestura backup`.

use super::say::say;
use super::{Context, Outcome, attention, verify};
use crate::engine::backup;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura backup`.
///
/// Writes all books, raw statements and messages into one file, while others read and write. The file
/// appears whole, its SHA-256 beside it, and what it holds is recomputed as `kwestura verify` does.
/// On PostgreSQL it is a dump in the custom format of `pg_dump`, which has to be on this machine.
/// kwestura.toml and the passwords are not in it. Exit status 1 where the books disagree with the
/// facts; the file is there all the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura backup /backup/kwestura-$(date +%F).db
  kwestura backup --database postgres://kwestura@db/kwestura /backup/kwestura.dump
  sha256sum --check kwestura-2026-10-12.db.sha256      in the folder of the file")]
pub struct Args {
    /// The file to be written; one that is there is never replaced.
    file: PathBuf,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let made = backup::run(&office, &context.database, &args.file).await?;
    verify::show(&made.report);
    let file = &made.file;
    say!(
        "{} is written: {} bytes, SHA-256 {}.",
        file.path.display(),
        file.bytes,
        file.sha256
    );
    say!("Keep {} with it.", context.config.display());
    Ok(if made.report.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        attention()
    })
}
