//! `kwestura outbox`.

use super::common::{Words, json, money, table};
use super::say::say;
use super::{Context, Outcome, mail};
use crate::engine::outbox::{self, InWords, Listed};
use crate::engine::{EngineError, Moment, Office, trial};
use crate::store::messages::MessageRow;
use chrono::{DateTime, NaiveDate};
use serde::Serialize;
use std::process::ExitCode;

/// Arguments of `kwestura outbox`.
///
/// The messages that `kwestura remind` decided, and what became of each: `due` waits to be sent;
/// `uncertain` may have arrived, because the line broke behind it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura outbox list
  kwestura outbox list --state due --json
  kwestura outbox show 17             with the words that it would have now
  kwestura outbox retry 17 --why 'address corrected'
  kwestura outbox retry --refused-since 2026-11-27 --why 'the mail server is mended'
  kwestura outbox confirm 18 --why 'ada has it'
  kwestura outbox withdraw 17 --why 'paid at the desk'")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The messages, oldest first.
    List {
        /// Only those in this state.
        #[arg(long)]
        state: Option<String>,
        /// One JSON line for each message.
        #[arg(long)]
        json: bool,
    },
    /// One message, with all that happened to it.
    Show {
        /// Its number.
        id: i64,
    },
    /// Let messages be tried again that failed, were refused, or are uncertain.
    Retry {
        /// Their numbers.
        #[arg(required_unless_present = "refused_since")]
        ids: Vec<i64>,
        /// All that were refused on this day or later.
        #[arg(long, conflicts_with = "ids", value_name = "DAY")]
        refused_since: Option<NaiveDate>,
        #[command(flatten)]
        words: Words,
    },
    /// An uncertain message arrived.
    Confirm {
        /// Its number.
        id: i64,
        #[command(flatten)]
        words: Words,
    },
    /// Take a message out that was not sent; a later run decides anew.
    Withdraw {
        /// Its number.
        id: i64,
        #[command(flatten)]
        words: Words,
    },
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    match &args.command {
        Command::List { state, json } => list(&office, state.as_deref(), *json).await?,
        Command::Show { id } => show(&office, *id).await?,
        Command::Retry {
            ids,
            refused_since,
            words,
        } => {
            let ids = match refused_since {
                Some(day) => refused(&office, *day).await?,
                None => ids.clone(),
            };
            for id in &ids {
                outbox::retry(&office, *id, words.said()).await?;
            }
            match ids.as_slice() {
                [] => say!("No message was refused since then."),
                [id] => say!("Message {id} is due; `kwestura send` tries it again."),
                ids => say!(
                    "{} messages are due; `kwestura send` tries them again.",
                    ids.len()
                ),
            }
        }
        Command::Confirm { id, words } => {
            outbox::confirm(&office, *id, words.said()).await?;
            say!("Message {id} was sent.");
        }
        Command::Withdraw { id, words } => {
            outbox::withdraw(&office, *id, words.said()).await?;
            say!("Message {id} is withdrawn; the next run may decide about its items anew.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Messages that were refused on a day or later, oldest first.
async fn refused(office: &Office, since: NaiveDate) -> Result<Vec<i64>, EngineError> {
    let zone = office.config.institution.time_zone;
    let listed = outbox::list(office, Some("refused")).await?.into_iter();
    let ids = listed.map(|one| one.row);
    let ids = ids.filter(|row| since <= Moment::of(row.changed_at, zone).today);
    Ok(ids.map(|row| row.id).collect())
}

async fn list(office: &Office, state: Option<&str>, as_json: bool) -> Result<(), EngineError> {
    let listed = outbox::list(office, state).await?;
    if as_json {
        for one in &listed {
            say!("{}", json(&Line::of(one)));
        }
    } else if listed.is_empty() {
        say!("No such messages. `kwestura remind` decides who is to be written to.");
    } else {
        let mut rows = table(&["message", "student", "which", "for", "about", "state"]);
        for Listed { row, items } in &listed {
            let about: Vec<String> = (items.iter())
                .map(|item| format!("{} {}", item.item, money(item.open_minor, &item.currency)))
                .collect();
            rows.add_row([
                row.id.to_string(),
                to(row).to_owned(),
                format!("{} ({})", row.template, row.language),
                row.as_of.to_string(),
                about.join("\n"),
                row.state.clone(),
            ]);
        }
        say!("{rows}");
        if let Some(address) = trial::address(office) {
            say!("This is a trial: all messages go to {address} alone.");
        }
        if let Some(why) = mail::why_not(office).await? {
            say!("No mail leaves this database, {why}. `kwestura mail --help`");
        }
    }
    Ok(())
}

async fn show(office: &Office, id: i64) -> Result<(), EngineError> {
    let shown = outbox::show(office, id).await?;
    let Listed { row, items } = &shown.listed;
    say!(
        "Message {} to {}: {} ({}), decided for {}, {}",
        row.id,
        to(row),
        row.template,
        row.language,
        row.as_of,
        row.state
    );
    for item in items {
        say!(
            "  {} {}: {} open, due on {}",
            item.step,
            item.item,
            money(item.open_minor, &item.currency),
            item.due_on
        );
    }
    for event in &shown.events {
        let instant = DateTime::from_timestamp_millis(event.recorded_at).unwrap_or_default();
        let zone = office.config.institution.time_zone;
        let when = instant.with_timezone(&zone).format("%Y-%m-%d %H:%M");
        let why = match event.detail.as_str() {
            "" => String::new(),
            why => format!(": {why}"),
        };
        say!("  {when} {} by {}{why}", event.state, event.by_whom);
    }
    if let Some(said) = &shown.said {
        let (to, subject, text) = (&said.address, &said.subject, &said.text);
        say!("\nWhat it said:\nTo: {to}\nSubject: {subject}\n\n{text}");
    }
    if !matches!(row.state.as_str(), "due" | "failed" | "refused") {
        return Ok(());
    }
    match outbox::in_words(office, &shown.listed).await? {
        InWords::Spoken { to, subject, text } => {
            say!("\nWhat it would say now:\nTo: {to}\nSubject: {subject}\n\n{text}");
        }
        InWords::Not(why) => say!("\nAs things are it would not be sent: {why}"),
    }
    Ok(())
}

/// The student, or the desk of the office.
fn to(row: &MessageRow) -> &str {
    let student = row.student.as_deref();
    student.or(row.queue.as_deref()).unwrap_or_default()
}

/// A message as a JSON line.
#[derive(Serialize)]
struct Line<'a> {
    message: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    student: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<&'a str>,
    template: &'a str,
    language: &'a str,
    as_of: NaiveDate,
    state: &'a str,
    asks_for_the_number: bool,
    items: Vec<ItemLine<'a>>,
}

#[derive(Serialize)]
struct ItemLine<'a> {
    id: &'a str,
    step: &'a str,
    round: i64,
    open_minor: i64,
    currency: &'a str,
    due_on: NaiveDate,
}

impl Line<'_> {
    fn of(listed: &Listed) -> Line<'_> {
        let Listed { row, items } = listed;
        Line {
            message: row.id,
            student: row.student.as_deref(),
            queue: row.queue.as_deref(),
            template: &row.template,
            language: &row.language,
            as_of: row.as_of,
            state: &row.state,
            asks_for_the_number: row.asks_for_the_number == 1,
            items: (items.iter())
                .map(|item| ItemLine {
                    id: &item.item,
                    step: &item.step,
                    round: item.round,
                    open_minor: item.open_minor,
                    currency: &item.currency,
                    due_on: item.due_on,
                })
                .collect(),
        }
    }
}
