//! `kwestura period`.

use super::common::By;
use super::say::say;
use super::{Context, Outcome, attention, common};
use crate::engine::period::{self, Closed};
use std::process::ExitCode;

/// Arguments of `kwestura period`.
///
/// What becomes known of a closed month later is posted on the first open day.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura period close 2026-10
  kwestura period list")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Close a month, and with it all before.
    #[command(mut_arg("by", |arg| arg.help("Who closes it")))]
    Close {
        /// The month, as 2026-10.
        month: String,
        /// Although statements are missing.
        #[arg(long)]
        despite_gaps: bool,
        #[command(flatten)]
        by: By,
    },
    /// The closed months.
    List,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    match &args.command {
        Command::Close {
            month,
            despite_gaps,
            by,
        } => match period::close(&office, month, by, *despite_gaps).await? {
            Closed::Before => say!("{month} was closed already; nothing changes."),
            Closed::Now(missing) => {
                say!("{month} is closed.");
                for words in &missing {
                    say!("Closed although {words}.");
                }
                if !missing.is_empty() {
                    return Ok(attention());
                }
            }
        },
        Command::List => {
            let months = period::list(&office).await?;
            if months.is_empty() {
                say!("No month is closed. `kwestura period close MONTH` closes one.");
            } else {
                let mut table = common::table(&["month", "through", "by"]);
                for row in months {
                    table.add_row([row.month, row.last_day.to_string(), row.by_whom]);
                }
                say!("{table}");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
