//! `kwestura accounts`: account numbers of students.

use super::load::{self, counted, day, print_json, tell_notes, tell_numbers};
use super::say::say;
use super::{Context, Outcome};
use crate::engine::EngineError;
use crate::engine::accounts::{self, Loaded, Number};
use crate::iban::Nrb;
use chrono::NaiveDate;
use comfy_table::{Table, presets};
use std::process::ExitCode;

/// Arguments of `kwestura accounts`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Load the bank's list of numbers, or numbers that were assigned elsewhere.
    ///
    /// A number with a student is assigned to them; one without waits, and students who lack a
    /// number get the next one. With `retired_on` a number is no longer to be used, and is still
    /// recognised on statements. A number is never given to anybody else. The whole file is taken,
    /// or nothing of it.
    #[command(after_help = "\
Columns: iban, and, if you like, student_external_id or album, category, assigned_on, retired_on,
bank_account (its number or name, where the number does not tell). --as-of is the day from which the
numbers are the students', where the rows do not say; without it, today. With --opening nobody gets
a number beyond what the file says.

Examples:
  kwestura accounts import bank-list.csv
  kwestura accounts import old-numbers.csv --opening --dry-run")]
    Import(load::Args),
    /// List the numbers of a student, or of everybody.
    #[command(after_help = "\
Examples:
  kwestura accounts list P-1
  kwestura accounts list 102345 --json")]
    List {
        /// The student system's id, or an album.
        student: Option<String>,
        /// Answer with a JSON object per number.
        #[arg(long)]
        json: bool,
    },
    /// From a day on, a number is no longer to be used; it is still recognised on statements.
    #[command(after_help = "\
Example:
  kwestura accounts retire \"64 9990 0009 7777 0000 0010 2345\" --on 2026-10-01")]
    Retire {
        /// The number, with or without spaces.
        nrb: String,
        /// Since when.
        #[arg(long, value_name = "DATE", value_parser = day)]
        on: NaiveDate,
    },
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    match &args.command {
        Command::Import(args) => args.run(context, accounts::import, tell).await,
        Command::List { student, json } => list(context, student.as_deref(), *json).await,
        Command::Retire { nrb, on } => retire(context, nrb, *on).await,
    }
}

fn tell(loaded: &Loaded) {
    say!("{}", counted(&loaded.counts, "numbers"));
    for (count, what) in [
        (loaded.listed, "wait to be assigned"),
        (loaded.assigned, "are those of the students in the file"),
        (loaded.retired, "are retired"),
    ] {
        if count > 0 {
            say!("{count} of them {what}.");
        }
    }
    tell_numbers(&loaded.numbers);
    tell_notes(&loaded.notes);
}

async fn list(context: &Context, student: Option<&str>, json: bool) -> Outcome {
    let office = context.office().await?;
    let numbers = accounts::list(&office, student).await?;
    office.db.close().await;
    if json {
        numbers.iter().try_for_each(print_json)?;
    } else if numbers.is_empty() {
        say!(
            "There are no numbers; `kwestura students import` makes them where kwestura.toml has a \
             [bank_account.virtual], `kwestura accounts import` loads the bank's list."
        );
    } else {
        say!("{}", table(&numbers));
    }
    Ok(ExitCode::SUCCESS)
}

fn table(numbers: &[Number]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header([
        "Student", "Album", "Number", "Category", "Account", "Since", "Retired",
    ]);
    for row in numbers {
        let retired = row.retired_on.map(|day| day.to_string());
        table.add_row([
            row.student.clone(),
            row.album.clone(),
            grouped(&row.nrb),
            row.category.clone(),
            row.bank_account.clone(),
            row.assigned_on.to_string(),
            retired.unwrap_or_default(),
        ]);
    }
    table
}

/// As it is printed: in fours.
fn grouped(nrb: &str) -> String {
    Nrb::parse(nrb).map_or_else(|_| nrb.to_owned(), |nrb| nrb.to_string())
}

async fn retire(context: &Context, nrb: &str, on: NaiveDate) -> Outcome {
    let office = context.office().await?;
    let number = accounts::retire(&office, nrb, on).await?;
    office.db.close().await;
    let since = number
        .retired_on
        .ok_or_else(|| EngineError::refused(format!("{} is not retired", grouped(&number.nrb))))?;
    say!(
        "{} of {} is retired since {since}; money that still comes to it is recognised.",
        grouped(&number.nrb),
        number.student
    );
    Ok(ExitCode::SUCCESS)
}
