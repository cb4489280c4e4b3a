//! `kwestura refunds`.

use super::common::{By, Words, json, money, table};
use super::say::say;
use super::{Context, Outcome};
use crate::engine::refunds::{self, Format, Refund, State};
use crate::engine::{EngineError, Office};
use chrono::NaiveDate;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura refunds`.
///
/// Refunds are decided with `kwestura decide refund`. Here they become a file that a person gives to the
/// bank and signs there; each is in one file. The debit on the bank's statement confirms it, each by the
/// reference KWREF and its number.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura refunds list
  kwestura refunds pay --format elixir0 --out refunds.txt
  kwestura refunds pay --format pain001 --from PL40999000090000000000001001 --out refunds.xml
  kwestura refunds again 7 --out refunds.xml           the same file once more
  kwestura refunds withdraw 7 --why 'the bank refused the file'")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// All refunds, and how far each has come.
    List {
        /// One JSON line for each refund.
        #[arg(long)]
        json: bool,
    },
    /// Write all that may be paid from one account into a file.
    Pay {
        /// Elixir-0 (PLN, accounts in Poland, Windows-1250) or pain.001.001.09.
        #[arg(long, value_enum)]
        format: Named,
        /// The file; it appears whole, its SHA-256 beside it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The account that pays, where refunds are paid from several.
        #[arg(long, value_name = "IBAN")]
        from: Option<String>,
        /// When the bank shall pay; the next bank day, if not said.
        #[arg(long, value_name = "DATE")]
        on: Option<NaiveDate>,
        #[command(flatten)]
        by: By,
    },
    /// The files that were written.
    Files {
        /// One JSON line for each file.
        #[arg(long)]
        json: bool,
    },
    /// Write a file once more, as it was.
    Again {
        /// Its number.
        number: i64,
        /// Where.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// The bank did not take a file and will not: its refunds may be paid by another.
    Withdraw {
        /// Its number.
        number: i64,
        #[command(flatten)]
        words: Words,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Named {
    Elixir0,
    Pain001,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    match &args.command {
        Command::List { json } => list(&office, *json).await?,
        Command::Files { json } => files(&office, *json).await?,
        Command::Pay {
            format,
            out,
            from,
            on,
            by,
        } => {
            let wanted = refunds::Wanted {
                format: match format {
                    Named::Elixir0 => Format::Elixir0,
                    Named::Pain001 => Format::Pain001,
                },
                from: from.as_deref(),
                on: *on,
                by,
            };
            match refunds::pay(&office, wanted, out).await? {
                None => say!(
                    "No refund may be paid. `kwestura refunds list` shows how far each has come."
                ),
                Some((file, laid)) => say!(
                    "File {}: {} refund(s), {} from {}, to be paid on {}: {}.\nGive it to the bank and sign it there; the statement confirms each.",
                    file.number,
                    file.order_count,
                    money(file.sum_minor, &file.currency),
                    file.account,
                    file.pay_on,
                    laid.path.display()
                ),
            }
        }
        Command::Again { number, out } => {
            let laid = refunds::again(&office, *number, out).await?;
            say!(
                "File {number} is written once more: {}, SHA-256 {}.",
                laid.path.display(),
                laid.sha256
            );
        }
        Command::Withdraw { number, words } => {
            refunds::withdraw(&office, *number, words.said()).await?;
            say!("File {number} is withdrawn; `kwestura refunds pay` takes its refunds again.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct Line<'a> {
    refund: i64,
    student: &'a str,
    amount_minor: i64,
    currency: String,
    account: &'a str,
    state: &'static str,
    file: Option<i64>,
    day: Option<NaiveDate>,
}

impl Line<'_> {
    fn of(refund: &Refund) -> Line<'_> {
        let (state, file, day) = match refund.state {
            State::Waits => ("waits for a second person", None, None),
            State::Decided => ("decided", None, Some(refund.acts_on)),
            State::InFile(number) => ("in a file", Some(number), None),
            State::Paid(day) => ("paid", None, Some(day)),
            State::Returned(day) => ("returned", None, Some(day)),
        };
        Line {
            refund: refund.number,
            student: &refund.student,
            amount_minor: refund.amount_minor,
            currency: refund.currency.to_string(),
            account: &refund.account,
            state,
            file,
            day,
        }
    }
}

async fn list(office: &Office, as_json: bool) -> Result<(), EngineError> {
    let all = refunds::list(office).await?;
    if as_json {
        for one in &all {
            say!("{}", json(&Line::of(one)));
        }
        return Ok(());
    }
    if all.is_empty() {
        say!("No refunds. `kwestura decide refund --help` decides one.");
        return Ok(());
    }
    let mut rows = table(&["refund", "student", "amount", "to account", "state"]);
    for one in &all {
        let line = Line::of(one);
        let state = match (line.file, line.day) {
            (Some(file), _) => format!("in file {file}"),
            (None, Some(day)) if one.state == State::Decided => format!("decided, from {day} on"),
            (None, Some(day)) => format!("{} on {day}", line.state),
            (None, None) => line.state.to_owned(),
        };
        rows.add_row([
            one.number.to_string(),
            one.student.clone(),
            money(one.amount_minor, &line.currency),
            one.account.clone(),
            state,
        ]);
    }
    say!("{rows}");
    Ok(())
}

#[derive(Serialize)]
struct FileLine<'a> {
    file: i64,
    format: &'a str,
    account: &'a str,
    pay_on: NaiveDate,
    refunds: i64,
    sum_minor: i64,
    currency: &'a str,
    by: &'a str,
    withdrawn: Option<&'a str>,
}

async fn files(office: &Office, as_json: bool) -> Result<(), EngineError> {
    let all = refunds::files(office).await?;
    let mut rows = table(&[
        "file",
        "format",
        "from",
        "to be paid on",
        "refunds",
        "sum",
        "by",
        "state",
    ]);
    for file in &all {
        if as_json {
            let line = FileLine {
                file: file.number,
                format: &file.format,
                account: &file.account,
                pay_on: file.pay_on,
                refunds: file.order_count,
                sum_minor: file.sum_minor,
                currency: &file.currency,
                by: &file.by_whom,
                withdrawn: file.withdrawn_why.as_deref(),
            };
            say!("{}", json(&line));
            continue;
        }
        let state = file.withdrawn_why.as_ref();
        rows.add_row([
            file.number.to_string(),
            file.format.clone(),
            file.account.clone(),
            file.pay_on.to_string(),
            file.order_count.to_string(),
            money(file.sum_minor, &file.currency),
            file.by_whom.clone(),
            state.map_or_else(|| "written".to_owned(), |why| format!("withdrawn: {why}")),
        ]);
    }
    if all.is_empty() && !as_json {
        say!("No files. `kwestura refunds pay --help` writes one.");
    } else if !as_json {
        say!("{rows}");
    }
    Ok(())
}
