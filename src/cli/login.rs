//! `kwestura login`: which student a login is.

use super::common::{Words, json, table};
use super::say::say;
use super::{Context, Outcome};
use crate::engine::{Moment, login};
use clap::{Args as ClapArgs, Subcommand};
use serde::Serialize;
use std::process::ExitCode;

/// Arguments of `kwestura login`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura login list
  kwestura login link cas:jkowalski P-17 --why 'showed the student card'
  kwestura login unlink cas:jkowalski --why 'given to somebody else'

A login is bound to a student when it first signs in, and stays so. Where nobody here knows it, or
where it comes for somebody else, the student service centre gets a case and links it; the student
is told by mail.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Logins with their students, and those that are nobody's.
    List {
        /// One JSON line per login.
        #[arg(long)]
        json: bool,
    },
    /// Link a login to a student.
    Link {
        /// As `login list` shows it: cas:jkowalski.
        login: String,
        /// The student system's id, or an album.
        student: String,
        #[command(flatten)]
        words: Words,
    },
    /// Take a login away from its student.
    Unlink {
        /// As `login list` shows it: cas:jkowalski.
        login: String,
        #[command(flatten)]
        words: Words,
    },
}

#[derive(Serialize)]
struct Line {
    login: String,
    student: Option<String>,
    since: chrono::NaiveDate,
    note: String,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    match &args.what {
        What::Link {
            login,
            student,
            words,
        } => {
            login::link(&office, login, student, words.said()).await?;
            say!("{login} is {student} from now on; the mail that says so is in the outbox.");
        }
        What::Unlink { login, words } => {
            login::unlink(&office, login, words.said()).await?;
            say!("{login} is nobody's from now on.");
        }
        What::List { json: as_json } => {
            let zone = office.config.institution.time_zone;
            let (known, strays) = login::list(&office).await?;
            let known = known.into_iter().map(|row| Line {
                login: format!("{}:{}", row.provider, row.login),
                student: Some(row.student),
                since: Moment::of(row.recorded_at, zone).today,
                note: row.by_whom,
            });
            let strays = strays.into_iter().map(|row| Line {
                login: format!("{}:{}", row.provider, row.login),
                student: None,
                since: Moment::of(row.first_seen_at, zone).today,
                note: match (row.claimed.as_str(), row.asked_at) {
                    ("", None) => "unknown here".to_owned(),
                    ("", Some(_)) => format!("asks: {}", row.words),
                    (other, _) => format!("comes for {other} now"),
                },
            });
            let mut shown = table(&["login", "student", "since", "note"]);
            for line in known.chain(strays) {
                if *as_json {
                    say!("{}", json(&line));
                }
                let student = line.student.unwrap_or_else(|| "-".to_owned());
                shown.add_row([line.login, student, line.since.to_string(), line.note]);
            }
            if !as_json {
                say!("{shown}");
            }
        }
    }
    office.db.close().await;
    Ok(ExitCode::SUCCESS)
}
