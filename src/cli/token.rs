//! `kwestura token`: by which other systems ask the API.

use super::common::{By, json, table};
use super::say::{say, say_beside};
use super::{Context, Outcome};
use crate::engine::Moment;
use crate::engine::token::{self, Scope};
use chrono::{Days, NaiveDate};
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use serde::Serialize;
use std::process::ExitCode;

/// Arguments of `kwestura token`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura token add student-app --scope accounts
  kwestura token add ledger --scope books --until 2027-06-30
  kwestura token list
  kwestura token revoke student-app

A token is shown once, when it is made; what is kept is its hash. Other systems send it as
`Authorization: Bearer kwestura_...`. `accounts` reads students by the student system's ids, `albums`
also by album, `books` reads everybody's fees, credits and settlements; `records` writes students, fees
and statements, `claims` says for students that they paid.")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a token and show it, this once.
    #[command(mut_arg("by", |arg| arg.help("Who makes it")))]
    Add {
        /// What it is called: the system that holds it.
        name: String,
        /// What it may; several times for several.
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<Chosen>,
        /// The last day on which it works; a year from today without it.
        #[arg(long, value_name = "DATE")]
        until: Option<NaiveDate>,
        #[command(flatten)]
        by: By,
    },
    /// Tokens, what they may, until when, and when each was last used.
    List {
        /// One JSON line per token.
        #[arg(long)]
        json: bool,
    },
    /// Take a token back: it works no more.
    Revoke {
        /// What it is called.
        name: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Chosen {
    /// Accounts of students by id.
    Accounts,
    /// Accounts of students by album.
    Albums,
    /// Everybody's fees, credits and settlements.
    Books,
    /// Writes students, fees and statements.
    Records,
    /// Says for students that they paid.
    Claims,
}

impl Chosen {
    fn scope(self) -> Scope {
        match self {
            Chosen::Accounts => Scope::Accounts,
            Chosen::Albums => Scope::Albums,
            Chosen::Books => Scope::Books,
            Chosen::Records => Scope::Records,
            Chosen::Claims => Scope::Claims,
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    scopes: Vec<&'a str>,
    by: &'a str,
    until: NaiveDate,
    last_used_on: Option<NaiveDate>,
    works: bool,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    match &args.what {
        What::Add {
            name,
            scopes,
            until,
            by,
        } => {
            let today = office.now.today;
            let year = today
                .checked_add_days(Days::new(token::DAYS))
                .unwrap_or(today);
            let until = until.unwrap_or(year);
            let scopes: Vec<Scope> = scopes.iter().map(|chosen| chosen.scope()).collect();
            let token = token::add(&office, name, &scopes, until, by).await?;
            say!("{token}");
            say_beside!("{name} works until {until}. This is shown once; it cannot be read again.");
        }
        What::Revoke { name } => {
            token::revoke(&office, name).await?;
            say!("{name} works no more.");
        }
        What::List { json: as_json } => {
            let rows = token::list(&office).await?;
            let zone = office.config.institution.time_zone;
            let mut shown = table(&["token", "may", "by", "until", "last used", "works"]);
            for row in &rows {
                let line = Line {
                    name: &row.name,
                    scopes: row.scopes.split(' ').collect(),
                    by: &row.by_whom,
                    until: row.ends_on,
                    last_used_on: row.used_at.map(|at| Moment::of(at, zone).today),
                    works: row.revoked_at.is_none() && office.now.today <= row.ends_on,
                };
                if *as_json {
                    say!("{}", json(&line));
                }
                let used = line
                    .last_used_on
                    .map_or("-".to_owned(), |day| day.to_string());
                let works = if line.works { "yes" } else { "no" };
                shown.add_row([
                    line.name,
                    &row.scopes,
                    line.by,
                    &line.until.to_string(),
                    &used,
                    works,
                ]);
            }
            if !as_json {
                say!("{shown}");
            }
        }
    }
    office.db.close().await;
    Ok(ExitCode::SUCCESS)
}
