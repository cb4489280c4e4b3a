//! `kwestura restore`.

use super::say::say;
use super::{Context, Outcome, attention, verify};
use crate::engine::{Moment, backup, verify as recompute};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura restore`.
///
/// Puts the books of a backup into --database, brings them up to the schema of this program, and
/// recomputes them as `kwestura verify` does. What was imported since the backup is imported again:
/// what the books know already changes nothing. No mail leaves them until `kwestura mail arm`,
/// because what was sent since the backup stands in them as waiting.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura restore /backup/kwestura-2026-10-12.db
  kwestura restore /backup/kwestura-2026-10-12.db --replace    what was there is kept beside
  createdb kwestura_restored
  kwestura restore /backup/kwestura.dump --database postgres://kwestura@db/kwestura_restored")]
pub struct Args {
    /// The backup.
    file: PathBuf,
    /// Take the place of the file that is there; it is kept under another name.
    #[arg(long)]
    replace: bool,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    // The books are judged by the bank accounts in it, so it has to be there before they are.
    let zone = context.config()?.institution.time_zone;
    let now = Moment::of(context.now_millis, zone);
    let restored = backup::restore(&args.file, &context.database, args.replace, now).await?;
    if let Some(before) = &restored.before {
        say!("What was there is kept as {}.", before.display());
    }
    if !restored.was_checked {
        say!("No SHA-256 lay beside the backup, so its bytes were compared with none.");
    }
    let report = recompute::run(&context.office().await?).await?;
    verify::show(&report);
    say!("The books of {} are restored.", args.file.display());
    say!(
        "\nNo mail leaves them yet. Next:
  kwestura import FOLDER             what came since the backup; what is known changes nothing
  kwestura outbox list --state due   what would be sent, perhaps a second time
  kwestura mail arm --why TEXT       when that is as it should be"
    );
    Ok(if report.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        attention()
    })
}
