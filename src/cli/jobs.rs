//! `kwestura jobs`: what runs by itself.

use super::common::{json, table};
use super::say::say;
use super::{Context, Outcome, attention, serve};
use crate::config::Job;
use crate::engine::{EngineError, Office};
use crate::service::jobs::Outcome as Ended;
use crate::service::lease;
use crate::store::jobs::JobRow;
use chrono::DateTime;
use serde::Serialize;
use std::process::ExitCode;
use tokio::sync::watch;

/// Arguments of `kwestura jobs`.
///
/// `kwestura serve` runs them at the times that `[jobs]` in kwestura.toml names. A job that was refused
/// or failed is tried again before its next time; a time that was missed is made up once.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// All jobs: how the last run ended, and when the next is.
    List {
        /// One JSON object for each job.
        #[arg(long)]
        json: bool,
    },
    /// Run a job now, here, whether or not it is due. Exit status 1: it needs a person.
    #[command(after_help = "Example:
  kwestura jobs run import")]
    Run {
        /// fetch, import, settle, remind, escalate, send, returned, backup, verify, export, webhooks,
        /// retention or alerts.
        job: String,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Let a job run no more by itself; a run that is under way stops.
    ///
    /// Sending stops before its next message, any other job within a minute: what it had not committed has
    /// not happened, and is done once the job goes on.
    Pause {
        /// Its name.
        job: String,
    },
    /// Let a paused job go on, from its next time.
    Resume {
        /// Its name.
        job: String,
    },
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let db = office.db.clone();
    let outcome = match &args.command {
        Command::List { json } => list(context, office, *json).await,
        Command::Run { job, json } => run_now(context, office, lease::named(job)?, *json).await,
        Command::Pause { job } => pause(context, office, lease::named(job)?, true).await,
        Command::Resume { job } => pause(context, office, lease::named(job)?, false).await,
    };
    db.close().await;
    outcome
}

/// A job, as it is printed; the order of the fields is that of the output.
#[derive(Serialize)]
struct Line<'a> {
    job: &'a str,
    schedule: &'a str,
    paused: bool,
    /// Milliseconds since 1970, as all instants here.
    next_at: Option<i64>,
    running_by: Option<&'a str>,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    /// How long the last run took; none while one is under way.
    took_ms: Option<i64>,
    outcome: &'a str,
    said: &'a str,
    counts: serde_json::Value,
    failures: i64,
}

async fn list(context: &Context, office: Office, as_json: bool) -> Outcome {
    let zone = office.config.institution.time_zone;
    let worker = serve::worker(context, office, 0, watch::channel(false).1);
    let rows = worker.rows().await?;
    let mut rows_shown = table(&[
        "job",
        "schedule",
        "last run",
        "took",
        "outcome",
        "what came of it",
        "next",
    ]);
    let at = |millis: Option<i64>| {
        let instant = millis.and_then(DateTime::from_timestamp_millis);
        instant.map_or_else(
            || "–".to_owned(),
            |instant| instant.with_timezone(&zone).format("%F %R").to_string(),
        )
    };
    for row in Job::ALL.iter().filter_map(|job| rows.get(job)) {
        let running_by = row.holder.as_deref();
        if as_json {
            let line = Line {
                job: &row.name,
                schedule: &row.schedule,
                paused: row.is_paused == 1,
                next_at: row.next_at,
                running_by,
                started_at: row.started_at,
                ended_at: row.ended_at,
                took_ms: took(row),
                outcome: &row.outcome,
                said: &row.said,
                counts: serde_json::from_str(&row.counts).unwrap_or_default(),
                failures: row.failures,
            };
            say!("{}", json(&line));
            continue;
        }
        rows_shown.add_row([
            row.name.clone(),
            row.schedule.clone(),
            at(row.ended_at),
            took(row).map_or_else(|| "–".to_owned(), seconds),
            row.outcome.clone(),
            row.said.clone(),
            next(row, at(row.next_at)),
        ]);
    }
    if !as_json {
        say!("{rows_shown}");
    }
    Ok(ExitCode::SUCCESS)
}

/// How long the last run took. While one is under way, or was handed back, its begin belongs to no end.
fn took(row: &JobRow) -> Option<i64> {
    let took = row.ended_at?.checked_sub(row.started_at?)?;
    (row.holder.is_none() && 0 <= took).then_some(took)
}

/// Milliseconds as seconds with a tenth, longer ones as minutes.
fn seconds(millis: i64) -> String {
    match millis / 1000 {
        whole @ ..60 => format!("{whole}.{} s", millis % 1000 / 100),
        whole => format!("{} min {} s", whole / 60, whole % 60),
    }
}

fn next(row: &JobRow, at: String) -> String {
    match (&row.holder, row.is_paused) {
        (Some(holder), _) => format!("running: {holder}"),
        (None, 1) => "paused".to_owned(),
        (None, _) => at,
    }
}

async fn run_now(context: &Context, office: Office, job: Job, as_json: bool) -> Outcome {
    let mut worker = serve::worker(context, office, 0, watch::channel(false).1);
    let rows = worker.rows().await?;
    worker.wait_for_files(job).await?;
    let Some(ran) = worker.run(job, true).await? else {
        let holder = rows.get(&job).and_then(|row| row.holder.clone());
        let why = match holder {
            Some(holder) => format!("is run by {holder} at this moment"),
            None => "was not run to its end: it was paused, or another took it".to_owned(),
        };
        return Err(EngineError::refused(format!(
            "{} {why}; `kwestura jobs list` shows how it stands",
            job.name()
        )));
    };
    if as_json {
        say!("{}", json(&ran));
    } else {
        say!("{}: {}", ran.outcome.name(), ran.said);
    }
    Ok(match ran.outcome {
        Ended::Done => ExitCode::SUCCESS,
        Ended::Attention => attention(),
        Ended::Refused | Ended::Failed => ExitCode::from(2),
    })
}

async fn pause(context: &Context, office: Office, job: Job, paused: bool) -> Outcome {
    let zone = office.config.institution.time_zone;
    let schedule = office.config.service.jobs.get(&job).cloned();
    let db = office.db.clone();
    let worker = serve::worker(context, office, 0, watch::channel(false).1);
    worker.rows().await?;
    let next = schedule.and_then(|schedule| schedule.next(context.now_millis, zone));
    let mut tx = db.write().await?;
    tx.pause_job(job.name(), paused, next).await?;
    tx.commit().await?;
    say!(
        "{} {}",
        job.name(),
        if paused {
            "runs no more by itself; `kwestura jobs resume` lets it go on."
        } else {
            "goes on at its next time."
        }
    );
    Ok(ExitCode::SUCCESS)
}
