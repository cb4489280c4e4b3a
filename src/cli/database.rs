//! `kwestura database`.

use super::common::table;
use super::progress::Progress;
use super::say::say;
use super::{Context, Outcome};
use crate::engine::copy;
use crate::store::Address;
use std::process::ExitCode;

/// Arguments of `kwestura database`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Copy all books from SQLite to PostgreSQL, or back.
    ///
    /// TO is a file that is not there, or an empty database (`createdb NAME`). Meanwhile others read
    /// FROM and nobody writes to it. Whatever ends it, the same command goes on where it was; until it
    /// is done, no other command works with TO. In the end every table is compared, row by row. FROM
    /// is left as it was, and no mail leaves TO until `kwestura mail arm`.
    #[command(after_help = "Examples:
  kwestura database copy kwestura.db postgres://kwestura@db/kwestura
  kwestura database copy postgres://kwestura@db/kwestura kwestura.db")]
    Copy {
        /// Where the books are.
        from: String,
        /// Where they shall be.
        to: String,
    },
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let Command::Copy { from, to } = &args.command;
    let progress = Progress::new("tables", 0);
    let told = |done, of| progress.of(done, of);
    let copied = copy::run(from, to, context.now_millis, told).await;
    progress.end();
    let copied = copied?;
    let mut rows = table(&["table", "rows, equal on both sides"]);
    for one in copied.iter().filter(|one| one.rows > 0) {
        rows.add_row([one.table.clone(), one.rows.to_string()]);
    }
    let to = Address::of(to);
    say!("{rows}\n{} tables are compared and equal.", copied.len());
    say!(
        "\nNext:
  stop what still works with {from}: what it writes from now on is not in the copy
  set KWESTURA_DATABASE={to}, or --database, wherever kwestura is started; kwestura.toml stays as it is
  kwestura --database {to} verify
  kwestura --database {to} mail arm --why TEXT",
        from = Address::of(from).plain(),
        to = to.plain()
    );
    Ok(ExitCode::SUCCESS)
}
