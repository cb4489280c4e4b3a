//! `kwestura retention`: how long what is kept stays, and all that is kept of a student.

use super::common::{By, Words, json, table, whole_file};
use super::say::{say, say_beside};
use super::{Context, Outcome};
use crate::engine::Office;
use crate::engine::retention::{self, Erased};
use clap::{Args as ClapArgs, Subcommand};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura retention`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura retention show                                  each class, its time, what is due
  kwestura retention run --dry-run                         what would be erased today
  kwestura retention run
  kwestura retention hold P-17 --why \"court file 12/2031\"
  kwestura retention release 3
  kwestura retention export P-17 --out P-17.json           all that is kept of a student

Erased are names, addresses, titles, files and words. Days, amounts, account numbers of payers, ids and
decisions with their reasons stay: the books rest on them. A tombstone proves what is left, so `verify`
and the audit log's chain stay clean. Nothing goes that is open, waits for a person or is held. In a
database on a server the room is overwritten when it is vacuumed; backups keep what they hold: delete
them in their time. `[retention]` in kwestura.toml sets the years.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Each class with its time and where that comes from, what is due, and the holds.
    Show {
        /// One JSON line per class.
        #[arg(long)]
        json: bool,
    },
    /// Erase what was kept long enough.
    Run {
        /// Only count it.
        #[arg(long)]
        dry_run: bool,
        /// One JSON line per class.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        by: By,
    },
    /// Erase nothing of a student, or of everybody, until it is released.
    Hold {
        /// The student.
        #[arg(required_unless_present = "everybody")]
        student: Option<String>,
        /// Everybody.
        #[arg(long, conflicts_with = "student")]
        everybody: bool,
        #[command(flatten)]
        words: Words,
    },
    /// End a hold.
    Release {
        /// Its number.
        hold: i64,
        #[command(flatten)]
        by: By,
    },
    /// All that is kept of a student, as JSON: look through it before you hand it over, a title may name
    /// somebody else.
    #[command(mut_arg("by", |arg| arg.help("Who asks")))]
    Export {
        /// The student.
        student: String,
        /// Into a file.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        by: By,
    },
}

#[derive(Serialize)]
struct Line {
    class: &'static str,
    years: i32,
    kept_from: String,
    count: usize,
    source: &'static str,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    match &args.what {
        What::Show { json } => {
            let due = retention::run(&office, "", true).await?;
            show(&office, &due, "due", *json);
            for hold in retention::holds(&office).await? {
                let whom = hold.student.as_deref().unwrap_or("everybody");
                say_beside!(
                    "Hold {}: {whom}, by {}: {}",
                    hold.id,
                    hold.by_whom,
                    hold.why
                );
            }
        }
        What::Run { dry_run, json, by } => {
            let erased = retention::run(&office, by, *dry_run).await?;
            show(
                &office,
                &erased,
                if *dry_run { "due" } else { "erased" },
                *json,
            );
        }
        What::Hold { student, words, .. } => {
            let student = student.as_deref();
            let id = retention::hold(&office, student, &words.by, &words.why).await?;
            say!("Hold {id}: nothing is erased until `kwestura retention release {id}`.");
        }
        What::Release { hold, by } => {
            retention::release(&office, *hold, by).await?;
            say!("Hold {hold} is released.");
        }
        What::Export { student, out, by } => {
            let all = retention::export(&office, student, by).await?;
            let text = format!("{all:#}\n");
            match out {
                Some(out) => {
                    whole_file(out, text.as_bytes())?;
                    say!("{} holds all that is kept of {student}.", out.display());
                }
                None => say!("{}", text.trim_end()),
            }
        }
    }
    office.db.close().await;
    Ok(ExitCode::SUCCESS)
}

fn show(office: &Office, erased: &[Erased], count: &str, as_json: bool) {
    let mut shown = table(&["class", "what", "years", "kept from", count, "source"]);
    for one in erased {
        let line = Line {
            class: one.class.name(),
            years: one.class.years(&office.config.retention),
            kept_from: one.kept_from.to_string(),
            count: one.count,
            source: one.class.source(),
        };
        if as_json {
            say!("{}", json(&line));
        }
        shown.add_row([
            line.class,
            one.class.what(),
            &line.years.to_string(),
            &line.kept_from,
            &line.count.to_string(),
            line.source,
        ]);
    }
    if !as_json {
        say!("{shown}");
    }
}
