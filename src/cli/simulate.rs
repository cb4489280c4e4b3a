//! `kwestura simulate`: a made-up university with the truth beside it.

use super::progress::Progress;
use super::say::say;
use super::{Context, Outcome};
use crate::engine::EngineError;
use crate::simulate::{Format, Paying, Plan, simulate_with};
use clap::Args as ClapArgs;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura simulate`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Example:
  kwestura simulate --students 5000 --seed 1 --out world
  cd world
  kwestura init && kwestura students import students.csv && kwestura fees import fees.csv
  kwestura import statements && kwestura score truth.jsonl

200 000 students with --monthly are a million credits; students are drawn one by one and never
held together.

arrivals.jsonl tells on which day each statement arrives; `kwestura rehearse` plays them so.")]
pub struct Args {
    /// How many students.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    students: u32,
    /// The same seed makes the same university.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Everybody pays month by month, nearly everybody with a room: five credits a student, not three.
    #[arg(long)]
    monthly: bool,
    /// The bank writes the account in złotys as camt.053, not as MT940.
    #[arg(long)]
    camt: bool,
    /// A folder that does not exist yet, or is empty.
    #[arg(long)]
    out: PathBuf,
}

/// Runs it.
#[expect(clippy::unused_async, reason = "every command is awaited")]
pub async fn run(_context: &Context, args: &Args) -> Outcome {
    let progress = Progress::new("students", args.students as usize);
    let mut plan = Plan::of(args.students, args.seed);
    if args.monthly {
        plan.paying = Paying::Monthly;
    }
    if args.camt {
        plan.zlotys = Format::Camt;
    }
    let summary =
        simulate_with(&plan, &args.out, |done| progress.at(done as usize)).map_err(|error| {
            EngineError::refused(format!("cannot write to {}: {error}", args.out.display()))
        })?;
    progress.end();
    say!(
        "{}: {} students, {} fees, {} credits in {} statements ({} files, some sent twice or overlapping), {} reversals, {} claims",
        args.out.display(),
        summary.students,
        summary.fees,
        summary.credits,
        summary.statements,
        summary.files(),
        summary.reversals,
        summary.claims
    );
    Ok(ExitCode::SUCCESS)
}
