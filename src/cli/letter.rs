//! `kwestura letter`.

use super::common::{By, Words, whole_file};
use super::say::say;
use super::{Context, Outcome};
use crate::engine::{EngineError, Office, letters};
use chrono::NaiveDate;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `kwestura letter`.
///
/// A message as a letter on paper: the formal demand, or a message that no mail server took. Where
/// `demand_by_letter` is set, the term of the demand counts from the day of its delivery.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura letter print 17 --out demand-17.pdf --address 'ul. Polna 3' --address '45-001 Opole'
  kwestura letter delivered 17 --on 2026-11-04 --why 'return receipt'

The file is PDF/A-2b.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write a message as a PDF, with what is open now.
    #[command(mut_arg("by", |arg| arg.help("Who prints it").value_name("BY")))]
    Print {
        /// The number of the message, as `kwestura outbox list` shows it.
        id: i64,
        /// The file; letter-NUMBER.pdf without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// A line of the student's postal address; again for the next.
        #[arg(long = "address", value_name = "LINE")]
        address: Vec<String>,
        #[command(flatten)]
        by: By,
    },
    /// A letter reached the student.
    Delivered {
        /// The number of the message.
        id: i64,
        /// The day, as the receipt says.
        #[arg(long, value_name = "DATE")]
        on: NaiveDate,
        #[command(flatten)]
        words: Words,
    },
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    match &args.command {
        Command::Print {
            id,
            out,
            address,
            by,
        } => {
            let out = out
                .clone()
                .unwrap_or_else(|| PathBuf::from(format!("letter-{id}.pdf")));
            print(&office, *id, &out, address, by).await?;
            say!(
                "{} is written. Once it is delivered: kwestura letter delivered {id} --on DATE --why TEXT",
                out.display()
            );
        }
        Command::Delivered { id, on, words } => {
            letters::delivered(&office, *id, *on, words.said()).await?;
            say!("The letter about message {id} was delivered on {on}.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn print(
    office: &Office,
    id: i64,
    out: &Path,
    address: &[String],
    by: &str,
) -> Result<(), EngineError> {
    let bytes = letters::pdf(office, id, address).await?;
    whole_file(out, &bytes)?;
    letters::printed(office, id, by).await
}
