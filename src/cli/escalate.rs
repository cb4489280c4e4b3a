//! `kwestura escalate`.

use super::common::{json, table};
use super::say::say;
use super::{Context, Outcome};
use crate::engine::escalate;
use chrono::NaiveDate;
use std::process::ExitCode;

/// Arguments of `kwestura escalate`.
///
/// Brings the cases up to date: what holds a message back until a person decides, demands whose term
/// is over, mail that does not arrive, money in doubt, what students said. A case whose cause is gone
/// closes itself; one that a person closed is not opened again for the same facts. Each desk gets one
/// list of its open cases on a working day, and urgent ones at once; `kwestura send` delivers it. Run
/// it each day behind `kwestura remind`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura escalate
  kwestura escalate --dry-run
  kwestura escalate --dry-run --as-of 2026-11-15   as it would have been on that day")]
pub struct Args {
    /// The day for which it looks; today without it, and another one only to be tried.
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Show what would be opened and closed, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// One JSON object instead of words.
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let as_of = args.as_of.unwrap_or(office.now.today);
    let escalation = escalate::run(&office, as_of, args.dry_run).await?;
    if args.json {
        say!("{}", json(&escalation));
        return Ok(ExitCode::SUCCESS);
    }
    if !escalation.opened.is_empty() {
        let mut rows = table(&["desk", "about", "subject", "until", "why"]);
        for case in &escalation.opened {
            let why: Vec<&str> = case.evidence.iter().map(String::as_str).collect();
            rows.add_row([
                case.queue.to_owned(),
                case.kind.to_owned(),
                case.subject.clone(),
                case.deadline.to_string(),
                why.join("\n"),
            ]);
        }
        say!("{rows}");
    }
    say!(
        "{} case(s) opened, {} with new facts, {} closed because the cause is gone.",
        escalation.opened.len(),
        escalation.refreshed,
        escalation.gone.len()
    );
    for queue in &escalation.told {
        say!("A message to the desk `{queue}` stands in the outbox.");
    }
    if args.dry_run {
        say!("Nothing was written.");
    } else {
        say!("`kwestura cases list` shows what is open.");
    }
    Ok(ExitCode::SUCCESS)
}
