//! `kwestura decide`: what people say about fees, credits and students.

mod answer;
mod args;

pub(super) use answer::show;
pub(super) use args::{Decision, Who, request};

use super::{Context, Outcome};
use crate::engine::decide::{self, Said};
use answer::list;
use args::Command;
use clap::Args as ClapArgs;

/// Arguments of `kwestura decide`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura decide waive F-2026-17 --amount 100 --why \"hardship, letter of 12 October\"
  kwestura decide extend F-2026-17 --to 2026-11-30 --why \"request of 14 October\" --dry-run
  kwestura decide plan F-2026-17 2026-11-15=650 2026-12-15=650 2027-01-15=650 --why agreed
  kwestura decide designate 3f09a1c2d4 F-2026-17 F-2026-18=250 --why \"asked by mail\"
  kwestura decide refund --credit 3f09a1c2d4 --amount 500 --why \"paid twice\"
  kwestura decide list --open                 what waits for a second person
  kwestura decide approve 12 --by eva

Every decision says who (--by) and why (--why), acts from its day (--on, today if not given) and
shows first what it changes; with --dry-run it only shows. A decision from a day that has passed, a
waiver above the limit, a refund to another account than the payer's and another crediting date need
a second person: until `decide approve` they change nothing. Credits are named as `kwestura review`
and `kwestura why` show them.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let outcome = match &args.command {
        Command::Approve(args) => {
            let dry_run = args.who.dry_run;
            let answer = decide::approve(&office, args.decision, &args.who.by, dry_run).await;
            answer.map(|answer| show(&answer, "approved"))
        }
        Command::Revoke(args) => {
            let (by, dry_run) = (&args.who.by, args.who.dry_run);
            let answer = decide::revoke(&office, args.decision, by, &args.why, dry_run).await;
            answer.map(|answer| show(&answer, "taken back"))
        }
        Command::List(args) => list(&office, None, args.open, args.json).await,
        Command::Show(args) => list(&office, Some(args.decision), false, args.json).await,
        Command::Decision(decision) => {
            let (request, says) = request(decision);
            let said = Said {
                by: says.who.by.to_string(),
                why: says.why.clone(),
                on: says.on,
            };
            let answer = decide::decide(&office, &request, &said, says.who.dry_run).await;
            answer.map(|answer| show(&answer, "noted"))
        }
    };
    office.db.close().await;
    outcome
}
