//! `kwestura remind`.

use super::common::{json, money, table};
use super::say::say;
use super::{Context, Outcome, attention};
use crate::dunning::run::Brake;
use crate::engine::remind::{self, HeldItem, Mode, Reminding, Told};
use chrono::NaiveDate;
use serde::Serialize;
use std::process::ExitCode;

/// Arguments of `kwestura remind`.
///
/// Decides who is to be written to: notices before a fee is due, reminders behind it. Nobody is
/// reminded whose money may be on its way: each message that is held back is listed with what holds
/// it back, and until when. What is written stands in the outbox; a second run on the same day adds
/// nothing. Exit status 1 where the run waits for a person's word.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura remind --dry-run
  kwestura remind
  kwestura remind --dry-run --as-of 2026-10-15     as it would have been on that day
  kwestura remind --confirm 812          although a brake holds: 812 messages are right
  kwestura remind --dry-run --json")]
pub struct Args {
    /// The day for which it decides; today without it, and another one only to be tried.
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Show who would get what, and write nothing.
    #[arg(long, conflicts_with = "confirm")]
    dry_run: bool,
    /// So many messages are right, although it is more than usual.
    #[arg(long, value_name = "N")]
    confirm: Option<usize>,
    /// One JSON line for each message and for each item that is held back.
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let as_of = args.as_of.unwrap_or(office.now.today);
    let mode = if args.dry_run {
        Mode::DryRun
    } else {
        Mode::Write {
            confirmed: args.confirm,
        }
    };
    let reminding = remind::run(&office, as_of, mode).await?;
    if args.json {
        for told in &reminding.messages {
            say!("{}", json(&Line::Message(told)));
        }
        for held in &reminding.held_back {
            say!("{}", json(&Line::HeldBack(held)));
        }
    } else {
        show(&reminding, args.dry_run);
    }
    let waits = !args.dry_run && !reminding.written;
    Ok(if waits {
        attention()
    } else {
        ExitCode::SUCCESS
    })
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'a> {
    Message(&'a Told),
    HeldBack(&'a HeldItem),
}

fn show(reminding: &Reminding, dry_run: bool) {
    if !reminding.messages.is_empty() {
        let mut rows = table(&["student", "message", "about", "step", "open", "due"]);
        for told in &reminding.messages {
            for (place, item) in told.items.iter().enumerate() {
                let once = |text: &str| {
                    if place == 0 {
                        text.to_owned()
                    } else {
                        String::new()
                    }
                };
                rows.add_row([
                    once(&told.student),
                    once(&format!("{} ({})", told.template, told.language)),
                    item.id.clone(),
                    item.step.clone(),
                    money(item.open_minor, &item.currency),
                    item.due_on.to_string(),
                ]);
            }
        }
        say!("{rows}");
    }
    if !reminding.held_back.is_empty() {
        let mut rows = table(&["held back", "about", "step", "why"]);
        for held in &reminding.held_back {
            rows.add_row([&held.student, &held.id, &held.step, &held.reason]);
        }
        say!("{rows}");
    }
    let count = reminding.messages.len();
    say!(
        "{count} of {} students are written to for {}; {} message(s) held back.",
        reminding.students,
        reminding.as_of,
        reminding.held_back.len()
    );
    match (&reminding.brake, dry_run) {
        (Some(brake), _) if !reminding.written => say!(
            "{}: `kwestura remind --confirm {count}` writes them.",
            why(*brake)
        ),
        (_, true) => say!("Nothing was written."),
        _ => say!("They stand in the outbox; `kwestura outbox list` shows it."),
    }
}

/// Why a run waits, in words.
fn why(brake: Brake) -> String {
    match brake {
        Brake::Share { percent } => {
            format!(
                "That is more than {percent} % of the students, so a person has to say that it is right"
            )
        }
        Brake::Growth { times, last } => format!(
            "That is more than {times} times the {last} of the last run, so a person has to say that it is right"
        ),
    }
}
