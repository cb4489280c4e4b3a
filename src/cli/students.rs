//! `kwestura students`: loads them, and lists them.

use super::load::{self, counted, print_json, tell_notes, tell_numbers};
use super::say::say;
use super::{Context, Outcome};
use crate::engine::students::{self, Loaded, Student};
use comfy_table::{Table, presets};
use std::process::ExitCode;

/// Arguments of `kwestura students`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Load an export of the student system; students who lack an account number get one.
    ///
    /// The whole file is taken, or nothing of it: every mistake is shown with its line. The same
    /// file again changes nothing, and an export that comes late never overrides a newer one.
    /// Whoever is missing from a file stays as they were.
    #[command(after_help = "\
Columns: external_id, album, given_name, family_name, and, if you like, population (student,
doctoral), email, language (pl, en), status (active, on_leave, struck_off, graduated, deceased),
valid_from, as_of. `external_id` is the person in the student system and never changes; the album
may. Columns with other names are set in kwestura.toml.

Examples:
  kwestura students import students.csv --as-of 2026-10-01 --dry-run
  kwestura students import students.csv --as-of 2026-10-01")]
    Import(load::Args),
    /// List students as the newest export has them.
    #[command(after_help = "\
Examples:
  kwestura students list
  kwestura students list --search \"Nowak Anna\"
  kwestura students list --search 102345 --json")]
    List {
        /// An id, an album (an old one too), or the beginnings of names.
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// Answer with a JSON object per student.
        #[arg(long)]
        json: bool,
    },
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    match &args.command {
        Command::Import(args) => args.run(context, students::import, tell).await,
        Command::List { search, json } => list(context, search.as_deref(), *json).await,
    }
}

fn tell(loaded: &Loaded) {
    say!("{}", counted(&loaded.counts, "students"));
    tell_numbers(&loaded.numbers);
    tell_notes(&loaded.notes);
}

async fn list(context: &Context, search: Option<&str>, json: bool) -> Outcome {
    let office = context.office().await?;
    let students = students::list(&office, search).await?;
    office.db.close().await;
    if json {
        students.iter().try_for_each(print_json)?;
    } else if !students.is_empty() {
        say!("{}", table(&students));
    } else if search.is_some() {
        say!("Nobody is found so; ids and albums must be whole, names may be cut.");
    } else {
        say!("There are no students yet; `kwestura students import FILE` loads them.");
    }
    Ok(ExitCode::SUCCESS)
}

fn table(students: &[Student]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header(["Id", "Album", "Name", "Status", "Since", "E-mail"]);
    for row in students {
        table.add_row([
            row.external_id.clone(),
            row.album.clone(),
            format!("{} {}", row.given_name, row.family_name),
            row.status.clone(),
            row.valid_from.to_string(),
            row.email.clone(),
        ]);
    }
    table
}
