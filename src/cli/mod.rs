//! The command line: one file per command.
//!
//! Each command's file holds its arguments (with the help that teaches), calls the engine and
//! writes the answer. Exit status: 0 done; 1 done, and something needs a person or was wrong;
//! 2 refused or failed.

pub mod account;
pub mod accounts;
pub mod backup;
pub mod cases;
pub mod check;
pub mod common;
pub mod coverage;
pub mod database;
pub mod decide;
pub mod demo;
pub mod escalate;
pub mod export;
pub mod fees;
pub mod import;
pub mod init;
pub mod jobs;
pub mod journal;
pub mod key;
pub mod letter;
mod load;
pub mod login;
pub mod mail;
pub mod outbox;
pub mod period;
pub mod policy;
pub mod progress;
pub mod quarantine;
pub mod refunds;
pub mod rehearse;
pub mod remind;
pub mod restore;
mod retention;
pub mod review;
pub mod said;
pub mod say;
pub mod score;
mod secrets;
pub mod send;
pub mod serve;
pub mod simulate;
pub mod staff;
pub mod statement;
pub mod status;
pub mod students;
pub mod token;
pub mod verify;
pub mod webhook;
pub mod why;

use crate::config::{self, Config};
use crate::engine::{Clock, EngineError, Moment, Office, arming, copy, init as first_day, settle};
use crate::statement::read::Profile;
use crate::store::{Db, migrate};
use clap::{Parser, Subcommand};
use say::say_beside;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The database where none is named.
pub const DATABASE: &str = "kwestura.db";

/// Kwestura, the receivables engine of a bursar's office: statements in, fees settled by the day
/// the money was credited.
#[derive(Debug, Parser)]
#[command(name = "kwestura", version, max_term_width = 100)]
pub struct Cli {
    /// The database: a file, or a postgres:// URL.
    #[arg(
        long,
        global = true,
        env = "KWESTURA_DATABASE",
        default_value = DATABASE,
        hide_env_values = true
    )]
    pub database: String,
    /// The configuration.
    #[arg(
        long,
        global = true,
        env = "KWESTURA_CONFIG",
        default_value = "kwestura.toml"
    )]
    pub config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented kwestura.toml and make the database.
    Init(init::Args),
    /// Load students from the student system.
    Students(students::Args),
    /// Load fees from the student system.
    Fees(fees::Args),
    /// Load account numbers from the bank's list, or assign what is missing.
    Accounts(accounts::Args),
    /// Import bank statements and settle what they bring.
    Import(import::Args),
    /// Look into statement files, list what is recorded, withdraw.
    Statement(statement::Args),
    /// Statements that a person has to look at.
    Quarantine(quarantine::Args),
    /// Through which day the statements are complete.
    Coverage(coverage::Args),
    /// Credits whose student a person has to tell.
    Review(review::Args),
    /// Waive, extend, agree on instalments, refund, merge ...; each with who and why.
    Decide(decide::Args),
    /// Refunds that were decided: a payment file for the bank, and what became of each.
    Refunds(refunds::Args),
    /// What a student owes, what came in, what settled what.
    Account(account::Args),
    /// Explain an allocation: rule, policy version, candidates, dates.
    Why(why::Args),
    /// Decide who is to be written to, and who is not yet.
    Remind(remind::Args),
    /// Send what stands in the outbox.
    Send(send::Args),
    /// The messages that were decided, and what became of them.
    Outbox(outbox::Args),
    /// Whether mail may leave, and the mail server.
    Mail(mail::Args),
    /// Print a message as a letter, and note its delivery.
    Letter(letter::Args),
    /// Open a case for what needs a person, and close those whose cause is gone.
    Escalate(escalate::Args),
    /// What needs a person: list, take, answer.
    Cases(cases::Args),
    /// A student says that a fee was paid.
    Claim(said::ClaimArgs),
    /// A student says that a fee is wrong.
    Dispute(said::DisputeArgs),
    /// A student asks for more time, or for instalments.
    Defer(said::DeferArgs),
    /// Which student a login is: list, link, unlink.
    Login(login::Args),
    /// Tokens by which other systems ask.
    Token(token::Args),
    /// Other systems that are told what changed.
    Webhook(webhook::Args),
    /// The rules in force, and from when a change holds.
    Policy(policy::Args),
    /// Close a month of the books.
    Period(period::Args),
    /// Export the journal for the general ledger.
    Journal(journal::Args),
    /// What changed in the settlement of fees, for other systems.
    Export(export::Args),
    /// Do all of it without being asked, and serve the pages of the office.
    Serve(serve::Args),
    /// The keys of the secrets in the database: list, rotate.
    Key(key::Args),
    /// What runs by itself: list, run now, pause, resume.
    Jobs(jobs::Args),
    /// How it stands: what is late or waits, at a glance.
    Status(status::Args),
    /// Look for mistakes in the settings.
    Config(check::Args),
    /// Recompute everything from the facts and name what disagrees.
    Verify(verify::Args),
    /// Who works here and may sign in to the pages.
    Staff(staff::Args),
    /// How long what is kept stays: show, erase what is due, hold, and all that is kept of a student.
    Retention(retention::Args),
    /// Write the books into a file, while others work.
    Backup(backup::Args),
    /// Put the books of a backup where there are none.
    Restore(restore::Args),
    /// Move the books to another database.
    Database(database::Args),
    /// Make up a university with a semester of statements and the truth beside it.
    Simulate(simulate::Args),
    /// Play a simulated semester day by day: import, remind, send; and score the messages.
    Rehearse(rehearse::Args),
    /// Compare what was booked and sent with the truth of a simulation.
    Score(score::Args),
    /// A whole semester in a folder of its own, in under a minute.
    Demo(demo::Args),
}

/// What a command came to.
pub type Outcome = Result<ExitCode, EngineError>;

/// Something was wrong, or needs a person.
pub fn attention() -> ExitCode {
    ExitCode::from(1)
}

/// Runs a command. One that ends has an instant, read here once; one that runs on asks the clock.
pub async fn run(cli: Cli, clock: Clock) -> ExitCode {
    let context = Context {
        database: secrets::database(cli.database),
        config: cli.config,
        now_millis: clock.millis(),
        clock,
    };
    let outcome = match &cli.command {
        Command::Init(args) => init::run(&context, args).await,
        Command::Students(args) => students::run(&context, args).await,
        Command::Fees(args) => fees::run(&context, args).await,
        Command::Accounts(args) => accounts::run(&context, args).await,
        Command::Import(args) => import::run(&context, args).await,
        Command::Statement(args) => statement::run(&context, args).await,
        Command::Quarantine(args) => quarantine::run(&context, args).await,
        Command::Coverage(args) => coverage::run(&context, args).await,
        Command::Review(args) => review::run(&context, args).await,
        Command::Decide(args) => decide::run(&context, args).await,
        Command::Refunds(args) => refunds::run(&context, args).await,
        Command::Account(args) => account::run(&context, args).await,
        Command::Why(args) => why::run(&context, args).await,
        Command::Remind(args) => remind::run(&context, args).await,
        Command::Send(args) => send::run(&context, args).await,
        Command::Outbox(args) => outbox::run(&context, args).await,
        Command::Mail(args) => mail::run(&context, args).await,
        Command::Letter(args) => letter::run(&context, args).await,
        Command::Escalate(args) => escalate::run(&context, args).await,
        Command::Cases(args) => cases::run(&context, args).await,
        Command::Claim(args) => said::claim(&context, args).await,
        Command::Dispute(args) => said::dispute(&context, args).await,
        Command::Defer(args) => said::defer(&context, args).await,
        Command::Login(args) => login::run(&context, args).await,
        Command::Token(args) => token::run(&context, args).await,
        Command::Webhook(args) => webhook::run(&context, args).await,
        Command::Policy(args) => policy::run(&context, args).await,
        Command::Period(args) => period::run(&context, args).await,
        Command::Journal(args) => journal::run(&context, args).await,
        Command::Export(args) => export::run(&context, args).await,
        Command::Serve(args) => serve::run(&context, args).await,
        Command::Key(args) => key::run(&context, args).await,
        Command::Jobs(args) => jobs::run(&context, args).await,
        Command::Status(args) => status::run(&context, args).await,
        Command::Config(args) => check::run(&context, args).await,
        Command::Verify(args) => verify::run(&context, args).await,
        Command::Staff(args) => staff::run(&context, args).await,
        Command::Retention(args) => retention::run(&context, args).await,
        Command::Backup(args) => backup::run(&context, args).await,
        Command::Restore(args) => restore::run(&context, args).await,
        Command::Database(args) => database::run(&context, args).await,
        Command::Simulate(args) => simulate::run(&context, args).await,
        Command::Rehearse(args) => rehearse::run(&context, args).await,
        Command::Score(args) => score::run(&context, args).await,
        Command::Demo(args) => Box::pin(demo::run(&context, args)).await,
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            say_beside!("kwestura: {error}");
            ExitCode::from(2)
        }
    }
}

/// Where a command finds its institution.
#[derive(Debug, Clone)]
pub struct Context {
    /// `--database`.
    pub database: String,
    /// `--config`.
    pub config: PathBuf,
    /// The instant at which the command began.
    pub now_millis: i64,
    /// For a command that runs on.
    pub clock: Clock,
}

impl Context {
    /// Reads `kwestura.toml`; every mistake is told, with line and key.
    pub fn config(&self) -> Result<Config, EngineError> {
        let path = self.config.display();
        let text = read(&self.config).map_err(|error| match error {
            EngineError::Refused(words) => {
                EngineError::refused(format!("{words}. `kwestura init` writes one"))
            }
            failed @ EngineError::Store(_) => failed,
        })?;
        let text = String::from_utf8(text)
            .map_err(|_| EngineError::refused(format!("{path} is not UTF-8; save it as UTF-8")))?;
        config::parse(&text, Profile::names()).map_err(|mistakes| {
            let lines: Vec<String> = (mistakes.iter())
                .map(|mistake| {
                    format!(
                        "  {path}:{}: {}: {}",
                        mistake.line, mistake.key, mistake.message
                    )
                })
                .collect();
            EngineError::refused(format!(
                "{path} has {} mistake(s):\n{}",
                lines.len(),
                lines.join("\n")
            ))
        })
    }

    /// Opens the institution: configuration, database, schema.
    pub async fn office(&self) -> Result<Office, EngineError> {
        self.open(false).await
    }

    /// Opens a made-up institution in its folder, as `kwestura init` would: the database is made where
    /// there is none.
    pub async fn made_up(&self, folder: &Path, database: String) -> Result<Office, EngineError> {
        let here = Context {
            database,
            config: folder.join("kwestura.toml"),
            now_millis: self.now_millis,
            clock: self.clock.clone(),
        };
        secrets::first_key(&here.config)?;
        here.open(true).await
    }

    async fn open(&self, create: bool) -> Result<Office, EngineError> {
        let mut config = self.config()?;
        config.keys = secrets::keys(&self.config)?;
        let db = Db::connect(&self.database, create).await?;
        migrate::migrate(&db).await?;
        copy::refuse_unfinished(&db).await?;
        let now = Moment::of(self.now_millis, config.institution.time_zone);
        let office = Office {
            db,
            config: config.into(),
            now,
        };
        // Without a first version an edit of the file would change what was decided before it.
        first_day::first_policy(&office).await?;
        arming::at_home(&office).await?;
        Ok(office)
    }
}

/// Settles the students whose facts changed, with progress on the error stream.
pub async fn settle_all(office: &Office) -> Result<settle::Settled, EngineError> {
    let progress = progress::Progress::new("students settled", 0);
    let settled = settle::run(office, |done, of| progress.of(done, of)).await?;
    progress.end();
    Ok(settled)
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Vec<u8>, EngineError> {
    std::fs::read(path)
        .map_err(|error| EngineError::refused(format!("cannot read {}: {error}", path.display())))
}
