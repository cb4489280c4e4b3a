//! `kwestura mail`.

use super::common::{Words, json};
use super::import::collect;
use super::say::say;
use super::send::smtp;
use super::{Context, Outcome, attention};
use crate::engine::returned::Reader;
use crate::engine::source::shown;
use crate::engine::{EngineError, Office, arming, trial};
use crate::mail::{Handed, Post};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura mail`.
///
/// Books that were restored from a backup or copied from elsewhere are unarmed: no mail leaves them
/// until somebody says so, because what was sent since then stands in them as waiting.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura mail status
  kwestura mail test ada@example.edu
  kwestura mail returned returned/ mailbox.mbox
  kwestura mail arm --why 'restored after the fire; the outbox is looked through'
  kwestura mail disarm --why 'a copy to try things out'")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Whether mail may leave; exit status 1 where it may not.
    Status {
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Send a test to one address, through the mail server of `[mail]`.
    Test {
        /// The address.
        address: String,
    },
    /// Read what came back: reports of mail servers that a message was not delivered.
    ///
    /// A message that was given up is refused, as if the server had said so at once, and
    /// `kwestura escalate` opens a case of the address. What is only late changes nothing, nor does a
    /// report that was read before. A message is found by its id in what the report gives back: where it
    /// gives back nothing, it is shown. Exit status 1: something could not be read, or is about no
    /// message of ours.
    Returned {
        /// Mails (.eml), mailbox exports (mbox), or folders of them.
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Let mail leave these books from now on.
    Arm(#[command(flatten)] Words),
    /// Let no mail leave these books from now on.
    Disarm(#[command(flatten)] Words),
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    match &args.command {
        Command::Status { json } => return status(&office, *json).await,
        Command::Test { address } => return test(&office, address).await,
        Command::Returned { paths, json } => return returned(&office, paths, *json).await,
        Command::Arm(words) => {
            arming::say(&office, true, words.said()).await?;
            say!("Armed: `kwestura send` hands messages to the mail server.");
        }
        Command::Disarm(words) => {
            arming::say(&office, false, words.said()).await?;
            say!("Unarmed: no mail leaves until `kwestura mail arm`.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn test(office: &Office, address: &str) -> Outcome {
    let mut post = Post::Smtp(Box::new(smtp(&office.config)?));
    let handed = trial::test(office, &mut post, address).await;
    post.close().await;
    match handed? {
        Handed::Taken(answer) => say!("The mail server took it for {address}: {answer}"),
        Handed::Later(why)
        | Handed::Refused(why)
        | Handed::Unreachable(why)
        | Handed::Uncertain(why) => {
            return Err(EngineError::refused(format!(
                "the test did not leave: {why}"
            )));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn returned(office: &Office, paths: &[PathBuf], as_json: bool) -> Outcome {
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    for path in paths {
        collect(path, &mut files, &mut skipped)?;
    }
    let mut reader = Reader::new(office);
    for why in skipped {
        reader.came_to.unreadable(why);
    }
    for file in &files {
        reader.file(file, &shown(file)).await?;
    }
    let came_to = reader.came_to;
    if as_json {
        say!("{}", json(&came_to));
    } else {
        for what in &came_to.told {
            say!("{what}");
        }
        say!("{}.", came_to.in_words());
    }
    Ok(if came_to.told.is_empty() {
        ExitCode::SUCCESS
    } else {
        attention()
    })
}

#[derive(Serialize)]
struct Status<'a> {
    armed: bool,
    trial_address: Option<&'a str>,
    why_not: Option<&'a str>,
}

async fn status(office: &Office, as_json: bool) -> Outcome {
    let why_not = why_not(office).await?;
    if as_json {
        let armed = why_not.is_none();
        let why_not = why_not.as_deref();
        let trial_address = trial::address(office);
        say!(
            "{}",
            json(&Status {
                armed,
                trial_address,
                why_not
            })
        );
    } else {
        if let Some(address) = trial::address(office) {
            say!("This is a trial: all messages go to {address} alone.");
        }
        match &why_not {
            None => say!("Armed: mail may leave."),
            Some(why) => say!("No mail leaves: {why}."),
        }
    }
    Ok(match why_not {
        None => ExitCode::SUCCESS,
        Some(_) => attention(),
    })
}

/// Why no mail may leave, if none may.
pub async fn why_not(office: &Office) -> Result<Option<String>, EngineError> {
    let mut tx = office.db.read().await?;
    let state = arming::state(&mut tx).await?;
    tx.rollback().await?;
    Ok(state.why_not())
}
