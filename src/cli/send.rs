//! `kwestura send`.

use super::common::json;
use super::progress::Progress;
use super::say::say;
use super::{Context, Outcome, attention, secrets};
use crate::config::Config;
use crate::engine::send::{self, Sending};
use crate::engine::{EngineError, Moment, Office, trial};
use crate::mail::{Post, Smtp};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Arguments of `kwestura send`.
///
/// Sends what stands in the outbox, through the mail server of `[mail]` in kwestura.toml. Each
/// message is read again before it leaves: whoever has paid meanwhile gets none. Several may run at
/// once, on several machines, and each message leaves once. What the server puts off is tried again
/// by a later run; what may have arrived, because the line broke behind it, is `uncertain` and waits
/// for a person. Exit status 1 where something needs a person.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura send
  kwestura send --folder outbox       to try it out: a file for each message, and no server

The password of the mail server comes from KWESTURA_SMTP_PASSWORD, from the systemd credential
`smtp-password`, or from password_file.")]
pub struct Args {
    /// Lay each message into this folder as an .eml file; it counts as sent.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// One JSON object instead of words.
    #[arg(long)]
    json: bool,
    /// How long the mail server may keep silent.
    #[arg(long, value_name = "SECONDS", hide = true)]
    patience: Option<u64>,
}

/// The password of the mail server: in the environment, and as a systemd credential.
const PASSWORD: (&str, &str) = ("KWESTURA_SMTP_PASSWORD", "smtp-password");

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let mut post = post(&office, args)?;
    let clock = clock(&office);
    let progress = Progress::new("messages", 0);
    let sending = send::run(&office, &mut post, clock, |done, of| progress.of(done, of)).await;
    progress.end();
    post.close().await;
    let sending = sending?;
    if args.json {
        say!("{}", json(&sending));
    } else {
        show(&sending);
        if let Some(address) = trial::address(&office) {
            say!("This is a trial: all of it went to {address} alone.");
        }
    }
    if let Some(why) = &sending.stopped {
        return Err(EngineError::refused(format!(
            "{why}. What was not sent stays in the outbox; run `kwestura send` again when the server is back"
        )));
    }
    let needs_a_person = sending.refused + sending.uncertain > 0;
    Ok(if needs_a_person {
        attention()
    } else {
        ExitCode::SUCCESS
    })
}

fn post(office: &Office, args: &Args) -> Result<Post, EngineError> {
    if let Some(folder) = &args.folder {
        return Ok(Post::Folder(folder.clone()));
    }
    let smtp = smtp(&office.config)?;
    Ok(Post::Smtp(Box::new(match args.patience {
        Some(seconds) => smtp.impatient(Duration::from_secs(seconds)),
        None => smtp,
    })))
}

/// The mail server of `[mail]`.
pub(super) fn smtp(config: &Config) -> Result<Smtp, EngineError> {
    smtp_if_set(config)?.ok_or_else(|| {
        EngineError::refused(
            "no mail server is set: write [mail] into kwestura.toml, or try it out with --folder DIR",
        )
    })
}

/// The same, where one is set.
pub(super) fn smtp_if_set(config: &Config) -> Result<Option<Smtp>, EngineError> {
    let Some(mail) = &config.mail else {
        return Ok(None);
    };
    let (variable, credential) = PASSWORD;
    let password = std::env::var(variable).ok();
    let password = password.or_else(|| secrets::credential(credential));
    let smtp = Smtp::new(&mail.server, password);
    smtp.map(Some)
        .map_err(|error| EngineError::refused(error.to_string()))
}

/// The time as it goes on from the instant at which the command began.
fn clock(office: &Office) -> impl Fn() -> Moment + use<> {
    let (began, start) = (Instant::now(), office.now.millis);
    let zone = office.config.institution.time_zone;
    move || {
        let since = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        Moment::of(start.saturating_add(since), zone)
    }
}

fn show(sending: &Sending) {
    let Sending {
        sent,
        failed,
        refused,
        uncertain,
        withdrawn,
        waiting,
        ..
    } = sending;
    say!("{sent} message(s) sent.");
    if *withdrawn > 0 {
        say!(
            "{withdrawn} taken back, because they were no longer right; the next `kwestura remind` decides anew."
        );
    }
    if *waiting > 0 {
        say!("{waiting} held back by something new; they stay in the outbox.");
    }
    if *failed > 0 {
        say!("{failed} put off by the server; a later `kwestura send` tries them again.");
    }
    if *refused > 0 {
        say!(
            "{refused} refused: the address has to be corrected (`kwestura outbox list --state refused`)."
        );
    }
    if *uncertain > 0 {
        say!(
            "{uncertain} may have arrived; look and then `kwestura outbox confirm` or `retry` them (`kwestura outbox list --state uncertain`)."
        );
    }
}
