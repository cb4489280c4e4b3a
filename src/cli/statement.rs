//! `kwestura statement`.

use super::common::{self, Words, json, money, outcome};
use super::say::say;
use super::{Context, Outcome, attention};
use crate::engine::source::{self, Named, Source};
use crate::engine::statements::{self, Listed, Said, Shown, ShownLine};
use crate::engine::{EngineError, Office};
use crate::statement::entry::{Outline, StatementKind};
use crate::statement::inspect::{inspect_error_json, inspect_json};
use crate::statement::read::declared::Declared;
use crate::statement::read::report::Layout;
use crate::statement::read::{self, Profile, ReadError, Reading, Survey};
use chrono::NaiveDate;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura statement`.
///
/// A statement is named by the first signs of its file's SHA-256 and its place in the file, as
/// 3f9a2b71.1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura statement inspect october.sta
  kwestura statement inspect --json *.sta *.xml
  kwestura statement list --status withdrawn
  kwestura statement show 3f9a2b71.1
  kwestura statement withdraw 3f9a2b71.1 --why 'of another institution'
  kwestura statement restore 3f9a2b71.1 --why 'it was ours after all'")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Read files and show what they say; no database and no configuration is needed.
    Inspect {
        /// The files, plain or packed (ZIP, gzip).
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// One JSON line for each statement.
        #[arg(long)]
        json: bool,
        /// Read them with this bank profile instead of the one they look like.
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
    },
    /// What is recorded.
    List {
        /// One JSON line for each statement.
        #[arg(long)]
        json: bool,
        /// Only those that are published, known, waiting, quarantined, superseded, withdrawn or
        /// rejected.
        #[arg(long, value_parser = STATUSES)]
        status: Option<String>,
    },
    /// One statement with its lines.
    Show {
        /// The statement, as the list names it.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Take a statement out that was imported by mistake.
    Withdraw {
        /// The statement, as the list names it.
        id: String,
        #[command(flatten)]
        words: Words,
    },
    /// Take a withdrawn statement back in.
    Restore {
        /// The statement, as the list names it.
        id: String,
        #[command(flatten)]
        words: Words,
    },
}

const STATUSES: [&str; 8] = [
    "published",
    "known",
    "waiting",
    "recording",
    "quarantined",
    "superseded",
    "withdrawn",
    "rejected",
];

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    match &args.command {
        Command::Inspect {
            files,
            json,
            profile,
        } => inspect(context, files, *json, profile.as_deref()),
        Command::List { json, status } => {
            list(&context.office().await?, *json, status.as_deref()).await
        }
        Command::Show { id, json } => {
            print_shown(&context.office().await?, id, *json).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Withdraw { id, words } => change(context, id, words.said(), true).await,
        Command::Restore { id, words } => change(context, id, words.said(), false).await,
    }
}

async fn change(context: &Context, id: &str, said: Said<'_>, out: bool) -> Outcome {
    let office = context.office().await?;
    let (done, words) = if out {
        (
            statements::withdraw(&office, id, said).await?,
            "withdrawn; void",
        )
    } else {
        (
            statements::restore(&office, id, said).await?,
            "back; standing again",
        )
    };
    say!("{} is {words}: {} line(s).", done.name, done.entries);
    for (name, other) in &done.others {
        say!("{name} {}", outcome(other));
    }
    say!("{} student(s) settled again.", done.settled.students);
    Ok(ExitCode::SUCCESS)
}

/// Which profile reads a file that is shown.
enum How {
    AsItLooks,
    Dialect(Profile),
    Report(String, Box<Layout>),
}

impl How {
    /// By name: built in, or declared in kwestura.toml where there is one.
    fn named(context: &Context, name: &str) -> Result<How, EngineError> {
        let declared = if context.config.exists() {
            context.config()?.profiles
        } else {
            Vec::new()
        };
        if let Some(profile) = Declared::dialect(&declared, name) {
            return Ok(How::Dialect(profile));
        }
        if let Some(layout) = Declared::report(&declared, name) {
            return Ok(How::Report(name.to_owned(), Box::new(layout)));
        }
        let own = declared.iter().map(|profile| profile.name.as_str());
        let built_in = Profile::names().iter().chain(Layout::names()).copied();
        let known: Vec<&str> = built_in.chain(own).collect();
        Err(EngineError::refused(format!(
            "there is no profile `{name}`; known are {}; [[profile]] in {} declares others",
            known.join(", "),
            context.config.display()
        )))
    }
}

fn inspect(context: &Context, files: &[PathBuf], as_json: bool, profile: Option<&str>) -> Outcome {
    let how = match profile {
        Some(name) => How::named(context, name)?,
        None => How::AsItLooks,
    };
    let mut wrong = false;
    let mut show = |file: &str, reading: Result<Reading, ReadError>| {
        wrong |= reading.is_err();
        match (reading, as_json) {
            (Ok(reading), true) => {
                for line in inspect_json(file, &reading) {
                    say!("{line}");
                }
            }
            (Ok(reading), false) => show_reading(file, &reading),
            (Err(error), true) => say!("{}", inspect_error_json(file, &error)),
            (Err(ReadError { line: 0, message }), false) => say!("{file}: {message}"),
            (Err(error), false) => say!("{file}: {error}"),
        }
    };
    for path in files {
        match source::files(path, &source::shown(path)) {
            Ok(files) => {
                for Named { name, source } in files {
                    show(&name, read_whole(&source, &how));
                }
            }
            Err(error) => show(&source::shown(path), Err(error)),
        }
    }
    Ok(if wrong {
        attention()
    } else {
        ExitCode::SUCCESS
    })
}

fn read_whole(source: &Source, how: &How) -> Result<Reading, ReadError> {
    let survey = Survey::of(source.open()?)?;
    let input = source.open()?;
    match how {
        How::Report(name, layout) => read::report(input, &survey, (name, layout)),
        How::Dialect(profile) => read::whole(input, &survey, Some(profile)),
        // A report is shown by the layout that fits it.
        How::AsItLooks => match report_it_looks_like(&survey) {
            Some((name, layout)) => read::report(input, &survey, (&name, &layout)),
            None => read::whole(input, &survey, None),
        },
    }
}

fn report_it_looks_like(survey: &Survey) -> Option<(String, Layout)> {
    let name = survey.report(&[])?;
    let layout = Layout::by_name(&name)?;
    Some((name, layout))
}

fn show_reading(file: &str, reading: &Reading) {
    say!(
        "{file}: {}, profile {}, {}",
        reading.format,
        reading.profile,
        reading.encoding
    );
    for statement in &reading.statements {
        say!("\n{}", head(&statement.outline));
        let mut table = common::table(&[
            "line",
            "booked",
            "value",
            "ordered",
            "amount",
            "account",
            "from / to",
            "text",
        ]);
        for entry in &statement.entries {
            let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
            table.add_row([
                entry.line.to_string(),
                day(entry.booking_date),
                day(entry.value_date),
                day(entry.order_date),
                money(entry.amount_minor, &statement.outline.currency),
                entry
                    .virtual_account
                    .as_deref()
                    .unwrap_or_default()
                    .to_owned(),
                entry
                    .counterparty_name
                    .as_deref()
                    .unwrap_or_default()
                    .to_owned(),
                entry.remittance.to_string(),
            ]);
        }
        say!("{table}");
        for fault in &statement.outline.faults {
            say!(
                "  line {}: {} (it would be quarantined)",
                fault.line,
                fault.message
            );
        }
        for warning in &statement.outline.warnings {
            say!("  line {}: {}", warning.line, warning.message);
        }
    }
}

fn head(statement: &Outline) -> String {
    let amount = |minor: Option<i64>| {
        minor.map_or_else(|| "?".to_owned(), |minor| money(minor, &statement.currency))
    };
    let day = |day: Option<NaiveDate>| day.map_or_else(|| "?".to_owned(), |day| day.to_string());
    if statement.opening_minor.is_none() && statement.kind == StatementKind::Details {
        let sum = i64::try_from(statement.booked_minor).ok();
        return format!(
            "{}{} payments, {}; no balances, so it is never posted by itself",
            match statement.account.as_str() {
                "" => String::new(),
                account => format!("{account} "),
            },
            statement.entry_count,
            amount(sum)
        );
    }
    let adds_up = match statement.difference_minor() {
        Some(0) => "it adds up".to_owned(),
        Some(difference) => match i64::try_from(difference) {
            Ok(minor) => format!(
                "it does NOT add up: {} too much",
                money(minor, &statement.currency)
            ),
            Err(_) => "it does NOT add up".to_owned(),
        },
        None => "a balance is missing".to_owned(),
    };
    format!(
        "{} number {}: {} ({}) to {} ({}), {} entries, {adds_up}",
        statement.account,
        statement.sequence.as_deref().unwrap_or("-"),
        day(statement.opening_date),
        amount(statement.opening_minor),
        day(statement.closing_date),
        amount(statement.closing_minor),
        statement.entry_count
    )
}

async fn list(office: &Office, as_json: bool, status: Option<&str>) -> Outcome {
    let listed = statements::list(office, status.as_slice()).await?;
    if as_json {
        for row in &listed {
            say!("{}", json(&StatementLine::of(row)));
        }
    } else if listed.is_empty() {
        say!("No such statements. `kwestura import PATH` takes statements in.");
    } else {
        let mut table = common::table(&[
            "statement",
            "account",
            "number",
            "closing day",
            "opening",
            "closing",
            "lines",
            "status",
            "file",
        ]);
        for Listed { row, .. } in &listed {
            let amount = |minor: Option<i64>| {
                minor
                    .map(|minor| money(minor, &row.currency))
                    .unwrap_or_default()
            };
            table.add_row([
                statements::name(row),
                row.account.clone(),
                row.sequence.clone().unwrap_or_default(),
                row.last_day.map(|day| day.to_string()).unwrap_or_default(),
                amount(row.opening_minor),
                amount(row.closing_minor),
                row.entry_count.to_string(),
                row.status.clone(),
                row.file.clone(),
            ]);
        }
        say!("{table}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints one statement with its lines.
pub async fn print_shown(office: &Office, id: &str, as_json: bool) -> Result<(), EngineError> {
    let shown = statements::show(office, id).await?;
    if as_json {
        say!("{}", json(&ShownStatement::of(&shown)));
        return Ok(());
    }
    let row = &shown.listed.row;
    say!(
        "{} of {} ({}, line {})",
        statements::name(row),
        row.account,
        row.file,
        row.line
    );
    say!(
        "  read as {} with profile {}, {}",
        row.format,
        row.profile,
        row.encoding
    );
    let other = shown
        .listed
        .other
        .as_ref()
        .map_or_else(String::new, |other| format!(" [see {other}]"));
    say!(
        "  {}{}{other}",
        row.status,
        if row.reason.is_empty() {
            String::new()
        } else {
            format!(": {}", row.reason)
        }
    );
    for (decision, other) in &shown.decisions {
        let other = other
            .as_ref()
            .map_or_else(String::new, |other| format!(" {other}"));
        say!(
            "  {}{other} by {}: {}",
            decision.kind,
            decision.by_whom,
            decision.why
        );
    }
    if shown.lines.is_empty() {
        say!(
            "  Its {} line(s) are not posted; `kwestura statement inspect` shows them in the file.",
            row.entry_count
        );
        return Ok(());
    }
    let mut table = common::table(&["line", "day", "amount", "whose", "new", "text"]);
    for line in &shown.lines {
        table.add_row([
            line.entry.line.to_string(),
            line.entry.day.to_string(),
            money(line.entry.amount_minor, &line.entry.currency),
            whose(&shown, line),
            if line.seen_before { "known" } else { "new" }.to_owned(),
            line.entry.remittance.clone(),
        ]);
    }
    say!("{table}");
    Ok(())
}

/// Whose a line is, in a word or a student's id for each part.
fn whose(shown: &Shown, line: &ShownLine) -> String {
    let words = line.identified.iter().map(|row| match row.person_id {
        Some(person) => shown.students.get(&person).cloned().unwrap_or_default(),
        None => row.outcome.replace('_', " "),
    });
    words.collect::<Vec<String>>().join(", ")
}

/// A recorded statement as a JSON line; the keys stand in the order in which they are written.
#[derive(Serialize)]
pub struct StatementLine<'a> {
    statement: String,
    file: &'a str,
    line: i64,
    bank_account: &'a str,
    currency: &'a str,
    sequence: Option<&'a str>,
    reference: Option<&'a str>,
    first_day: Option<NaiveDate>,
    last_day: Option<NaiveDate>,
    opening_minor: Option<i64>,
    closing_minor: Option<i64>,
    entries: i64,
    status: &'a str,
    reason: &'a str,
    other: Option<&'a str>,
}

impl<'a> StatementLine<'a> {
    /// Of a row.
    pub fn of(listed: &'a Listed) -> Self {
        let row = &listed.row;
        StatementLine {
            statement: statements::name(row),
            file: &row.file,
            line: row.line,
            bank_account: &row.account,
            currency: &row.currency,
            sequence: row.sequence.as_deref(),
            reference: row.reference.as_deref(),
            first_day: row.first_day,
            last_day: row.last_day,
            opening_minor: row.opening_minor,
            closing_minor: row.closing_minor,
            entries: row.entry_count,
            status: &row.status,
            reason: &row.reason,
            other: listed.other.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct ShownStatement<'a> {
    #[serde(flatten)]
    statement: StatementLine<'a>,
    decisions: Vec<DecisionLine<'a>>,
    lines: Vec<EntryLine<'a>>,
}

#[derive(Serialize)]
struct DecisionLine<'a> {
    kind: &'a str,
    other: Option<&'a str>,
    by: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct EntryLine<'a> {
    line: i64,
    day: NaiveDate,
    amount_minor: i64,
    reversal: bool,
    bank_reference: Option<&'a str>,
    new: bool,
    whose: String,
    remittance: &'a str,
}

impl<'a> ShownStatement<'a> {
    fn of(shown: &'a Shown) -> Self {
        let decisions = shown.decisions.iter().map(|(row, other)| DecisionLine {
            kind: &row.kind,
            other: other.as_deref(),
            by: &row.by_whom,
            why: &row.why,
        });
        let lines = shown.lines.iter().map(|line| EntryLine {
            line: line.entry.line,
            day: line.entry.day,
            amount_minor: line.entry.amount_minor,
            reversal: line.entry.reversal == 1,
            bank_reference: line.entry.bank_reference.as_deref(),
            new: !line.seen_before,
            whose: whose(shown, line),
            remittance: &line.entry.remittance,
        });
        ShownStatement {
            statement: StatementLine::of(&shown.listed),
            decisions: decisions.collect(),
            lines: lines.collect(),
        }
    }
}
