//! `kwestura rehearse`: a simulated semester, played day by day.
//!
//! In: a folder that `simulate` made. Out: a database of its own, the mails of the semester in a
//! folder, and what was sent against the truth. It never asks a mail server.

mod play;

pub use play::{Played, play};

use super::common::table;
use super::progress::Progress;
use super::say::say;
use super::{Context, DATABASE, Outcome, attention, score};
use crate::engine::{EngineError, Office, outbox};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `kwestura rehearse`.
///
/// Plays the semester of a folder that `kwestura simulate` made: on the morning of every business
/// day the statements that have arrived are imported, reminders are decided and sent into the folder
/// `mail`, with the clock of the simulation. Then the messages are compared with the truth. A second
/// run goes on where the first one stopped, and adds nothing where it was done. Exit status 1 where
/// somebody was reminded of what had been paid.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura simulate --students 1000 --seed 1 --out world
  kwestura rehearse world
  kwestura rehearse world --through 2026-11-30      and no further, for now

The books are kept in rehearsal.db in the folder, or where --database says.")]
pub struct Args {
    /// The folder that `kwestura simulate` made.
    folder: PathBuf,
    /// The last day to be played; until the last statement has arrived without it.
    #[arg(long, value_name = "DATE")]
    through: Option<NaiveDate>,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let mut office = open(context, &args.folder).await?;
    let progress = Progress::new("days", 0);
    let played = play(&mut office, &args.folder, args.through, |done, of| {
        progress.of(done, of);
    });
    let played = played.await?;
    progress.end();
    show(&office, &played).await?;
    let truth = super::read(&args.folder.join("truth.jsonl"))?;
    let score = score::of_messages(&office, "truth.jsonl", &truth).await?;
    office.db.close().await;
    let Some(score) = score else {
        return Err(EngineError::refused("no day was played"));
    };
    say!("{score}");
    Ok(if score.is_wrong() {
        attention()
    } else {
        ExitCode::SUCCESS
    })
}

/// Opens the institution of the folder.
async fn open(context: &Context, folder: &Path) -> Result<Office, EngineError> {
    let database = if context.database == DATABASE {
        folder.join("rehearsal.db").to_string_lossy().into_owned()
    } else {
        context.database.clone()
    };
    context.made_up(folder, database).await
}

/// States of a message as columns.
const STATES: [&str; 4] = ["sent", "refused", "withdrawn", "other"];

/// The table at the end: the days of this run, and all messages.
async fn show(office: &Office, played: &Played) -> Result<(), EngineError> {
    for note in &played.notes {
        say!("{note}");
    }
    let mut rows = table(&["", "this run"]);
    for (name, count) in [
        ("days", played.days),
        ("statement files", played.files),
        ("statements, new", played.statements),
        ("credits, new", played.credits),
        ("claims", played.claims),
        ("cases", played.cases),
        ("runs that a person let go on", played.confirmed),
    ] {
        rows.add_row([name.to_owned(), count.to_string()]);
    }
    say!("{rows}");
    let mut messages: BTreeMap<String, [usize; STATES.len()]> = BTreeMap::new();
    for message in outbox::list(office, None).await? {
        let place = STATES.iter().position(|state| *state == message.row.state);
        let counts = messages.entry(message.row.template).or_default();
        if let Some(count) = counts.get_mut(place.unwrap_or(STATES.len() - 1)) {
            *count += 1;
        }
    }
    let mut rows = table(&["message", "sent", "refused", "withdrawn", "in the outbox"]);
    for (template, counts) in messages {
        let counts = counts.map(|count| count.to_string());
        rows.add_row([vec![template], counts.to_vec()].concat());
    }
    say!("{rows}");
    let mut rows = table(&["held back by, this run", "items and days"]);
    for (interlock, count) in &played.held_back {
        rows.add_row([(*interlock).to_owned(), count.to_string()]);
    }
    say!("{rows}");
    Ok(())
}
