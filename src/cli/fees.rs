//! `kwestura fees`: loads them.

use super::load::{self, counted, tell_notes};
use super::say::say;
use super::{Context, Outcome};
use crate::engine::fees::{self, Loaded};

/// Arguments of `kwestura fees`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Load an export of the student system: what students owe, and by when.
    ///
    /// The whole file is taken, or nothing of it: every mistake is shown with its line. The same
    /// file again changes nothing. A fee in a later export with another amount or due date is
    /// changed by it, with amount 0 it is cancelled; an export that comes late never overrides a
    /// newer one. What is missing from a file stays as it was.
    #[command(after_help = "\
Columns: external_id, student_external_id or album, kind, amount, currency, nominal_due_on, and, if
you like, category, title_pl, title_en, published_on, as_of. `external_id` is the fee in the student
system and never changes. A fee counts from the later of `published_on` and the first export that
has it, so say truly when the export was made. With --opening the export's day does not count, and a
negative amount is money on account, there since `published_on`.

Examples:
  kwestura fees import fees.csv --as-of 2026-10-01 --dry-run
  kwestura fees import fees.csv --as-of \"2026-10-15 08:30\"
  kwestura fees import balances.csv --opening")]
    Import(load::Args),
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    match &args.command {
        Command::Import(args) => args.run(context, fees::import, tell).await,
    }
}

fn tell(loaded: &Loaded) {
    say!("{}", counted(&loaded.counts, "fees"));
    if loaded.on_account > 0 {
        say!("{} of them are money on account.", loaded.on_account);
    }
    if loaded.students > 0 {
        say!("{} student(s) are to be settled again.", loaded.students);
    }
    tell_notes(&loaded.notes);
}
