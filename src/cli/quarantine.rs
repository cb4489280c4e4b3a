//! `kwestura quarantine`.

use super::common::{self, Words, json, outcome};
use super::say::say;
use super::statement::{StatementLine, print_shown};
use super::{Context, Outcome, attention};
use crate::engine::quarantine::{self, Settled};
use crate::engine::record::Recorded;
use crate::engine::statements;
use std::process::ExitCode;

/// Arguments of `kwestura quarantine`.
///
/// A statement is quarantined when it does not add up or cannot be trusted, and waits when something
/// that stands is in its way. Nothing of it is posted until it is settled here, or by itself when the
/// statements that it lacks are imported.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura quarantine list
  kwestura quarantine show 3f9a2b71.1
  kwestura quarantine accept 3f9a2b71.1 --why 'the bank confirms: its own error of 0.01'
  kwestura quarantine supersede 3f9a2b71.1 --why 'corrected by the bank'
  kwestura quarantine reread 3f9a2b71.1 --profile sub-fields --why 'wrong profile'
  kwestura quarantine reject 3f9a2b71.1 --why 'sent by mistake'")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// What is held back, and why.
    List {
        /// One JSON line for each statement.
        #[arg(long)]
        json: bool,
    },
    /// One of them in full.
    Show {
        /// The statement, as the list names it.
        id: String,
    },
    /// Take it as it stands, although it does not add up.
    Accept {
        /// The statement, as the list names it.
        id: String,
        #[command(flatten)]
        words: Words,
    },
    /// Let it take the place of the statement that it contradicts.
    Supersede {
        /// The statement, as the list names it.
        id: String,
        /// The statement whose place it takes, if its reason does not name it; may be given again.
        #[arg(long, value_name = "STATEMENT")]
        old: Vec<String>,
        #[command(flatten)]
        words: Words,
    },
    /// Read it again from its file, with today's configuration.
    Reread {
        /// The statement, as the list names it.
        id: String,
        /// Read it with this bank profile.
        #[arg(long)]
        profile: Option<String>,
        #[command(flatten)]
        words: Words,
    },
    /// Never post it.
    Reject {
        /// The statement, as the list names it.
        id: String,
        #[command(flatten)]
        words: Words,
    },
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let done = match &args.command {
        Command::List { json: as_json } => return list(&office, *as_json).await,
        Command::Show { id } => {
            print_shown(&office, id, false).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Accept { id, words } => quarantine::accept(&office, id, words.said()).await?,
        Command::Supersede { id, old, words } => {
            quarantine::supersede(&office, id, old, words.said()).await?
        }
        Command::Reread { id, profile, words } => {
            quarantine::reread(&office, id, profile.as_deref(), words.said()).await?
        }
        Command::Reject { id, words } => {
            let done = quarantine::reject(&office, id, words.said()).await?;
            say!("{} is rejected and never posted.", done.name);
            return Ok(ExitCode::SUCCESS);
        }
    };
    Ok(tell(&done))
}

fn tell(done: &Settled) -> ExitCode {
    say!("{} {}", done.name, outcome(&done.outcome));
    for (name, other) in &done.others {
        say!("{name} {}", outcome(other));
    }
    if done.settled.postings > 0 {
        say!("{} student(s) settled again.", done.settled.students);
    }
    match done.outcome {
        Recorded::Published(_) | Recorded::Known => ExitCode::SUCCESS,
        _ => attention(),
    }
}

async fn list(office: &crate::engine::Office, as_json: bool) -> Outcome {
    let listed = statements::list(office, &["waiting", "quarantined"]).await?;
    if as_json {
        for row in &listed {
            say!("{}", json(&StatementLine::of(row)));
        }
    } else if listed.is_empty() {
        say!("Nothing is held back.");
    } else {
        let mut table = common::table(&[
            "statement",
            "file",
            "account",
            "number",
            "closing day",
            "status",
        ]);
        for listed in &listed {
            let row = &listed.row;
            table.add_row([
                statements::name(row),
                format!("{}:{}", row.file, row.line),
                row.account.clone(),
                row.sequence.clone().unwrap_or_default(),
                row.last_day.map(|day| day.to_string()).unwrap_or_default(),
                row.status.clone(),
            ]);
        }
        say!("{table}");
        for listed in &listed {
            let other = listed
                .other
                .as_ref()
                .map_or_else(String::new, |other| format!(" [see {other}]"));
            say!(
                "{}: {}{other}",
                statements::name(&listed.row),
                listed.row.reason
            );
        }
        say!("`kwestura quarantine show STATEMENT` shows one in full.");
    }
    Ok(if listed.is_empty() {
        ExitCode::SUCCESS
    } else {
        attention()
    })
}
