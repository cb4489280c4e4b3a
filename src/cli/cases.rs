//! `kwestura cases`.

use super::common::{By, Words, json, table, whole_file};
use super::decide::{Decision, request, show as show_decision};
use super::say::say;
use super::{Context, Outcome};
use crate::cases::{Kind, Queue};
use crate::engine::decide::{self, Request, Standing};
use crate::engine::desk::{self, Wanted};
use crate::engine::statements::Said;
use crate::engine::{EngineError, Office};
use crate::store::cases::CaseRow;
use crate::text::Language;
use crate::web::cos::dossier;
use chrono::{DateTime, NaiveDate};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura cases`.
///
/// What needs a person: each case has a desk (the student service centre `cos`, or the `bursar`), a
/// deadline, an owner once somebody takes it, and what is known. `kwestura escalate` opens them, and
/// closes those whose cause is gone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura cases list --queue cos
  kwestura cases list --kind deferral --kind instalments
  kwestura cases show 17
  kwestura cases assign 17 eva --why 'her faculty'
  kwestura cases wait 17 --until 2026-11-16 --why 'asked for the bank confirmation'
  kwestura cases dossier 17 --out 17.pdf
  kwestura cases note 17 --why 'called, will pay on Friday'
  kwestura cases reply 17 --text 'Please send us the confirmation of your bank.'
  kwestura cases resolve 17 none --why 'dossier handed to the dean'
  kwestura cases resolve 17 extend F-2026-17 --to 2026-11-30 --why 'request of 14 October' \
      --reply 'You have time until the end of November.'
  kwestura cases resolve 18 assign 3f09a1c2d4 900001 --why 'the father called'

A case is resolved with what was decided, which is done with it: everything that `kwestura decide`
and `kwestura review assign` can; or with `none`, which lets messages go on that waited for it.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The cases, the most urgent first.
    List {
        /// Of this desk: cos or bursar.
        #[arg(long, value_parser = queue)]
        queue: Option<Queue>,
        /// Of this owner.
        #[arg(long)]
        owner: Option<String>,
        /// About this student.
        #[arg(long)]
        student: Option<String>,
        /// Of this kind, such as dispute, deferral or letter; several times for several.
        #[arg(long, value_parser = kind)]
        kind: Vec<Kind>,
        /// Those that ended, too.
        #[arg(long)]
        all: bool,
        /// One JSON line for each case.
        #[arg(long)]
        json: bool,
    },
    /// One case, with all that happened to it.
    Show {
        /// Its number.
        id: i64,
    },
    /// Write a word on a case.
    Note {
        /// Its number.
        id: i64,
        #[command(flatten)]
        words: Words,
    },
    /// Write to the student who asked: what they read beside what they reported.
    Reply {
        /// Its number.
        id: i64,
        /// What the student reads, up to 1000 signs. Notes and reasons they do not see.
        #[arg(long, value_name = "TEXT")]
        text: String,
        #[command(flatten)]
        by: By,
    },
    /// Somebody works on it from now on.
    Assign {
        /// Its number.
        id: i64,
        /// Who.
        owner: String,
        #[command(flatten)]
        words: Words,
    },
    /// It waits for the student, and comes back by itself at the head of the queue.
    Wait {
        /// Its number.
        id: i64,
        /// The day on which it comes back.
        #[arg(long, value_name = "DATE")]
        until: NaiveDate,
        #[command(flatten)]
        words: Words,
    },
    /// It waits no longer.
    Resume {
        /// Its number.
        id: i64,
        #[command(flatten)]
        words: Words,
    },
    /// All that is known of it, as PDF/A: evidence, account, messages and what happened.
    Dossier {
        /// Its number.
        id: i64,
        /// The file; case-NUMBER.pdf without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// In English; Polish without it.
        #[arg(long)]
        english: bool,
    },
    /// A person has answered it, with a decision or with none.
    Resolve {
        /// Its number.
        id: i64,
        /// What the student who asked reads of it, up to 1000 signs; why it is so they do not see.
        #[arg(long, value_name = "TEXT", global = true, default_value = "")]
        reply: String,
        #[command(subcommand)]
        outcome: Outcomes,
    },
}

/// What a case is answered with.
#[derive(Debug, clap::Subcommand)]
enum Outcomes {
    /// Nothing is decided: what waited for this case goes on.
    None {
        #[command(flatten)]
        words: Words,
    },
    /// A credit is a student's.
    Assign {
        /// The credit.
        credit: String,
        /// The student system's id, or an album.
        student: String,
        #[command(flatten)]
        words: Words,
    },
    #[command(flatten)]
    Decision(Decision),
}

fn queue(text: &str) -> Result<Queue, String> {
    Queue::of(text).ok_or_else(|| "it is cos or bursar".to_owned())
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::of(text).ok_or_else(|| {
        let names: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
        format!("it is one of {}", names.join(", "))
    })
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    match &args.command {
        Command::List {
            queue,
            owner,
            student,
            kind,
            all,
            json,
        } => {
            let wanted = Wanted {
                queue: *queue,
                owner: owner.clone(),
                student: student.clone(),
                kinds: kind.clone(),
                all: *all,
            };
            list(&office, &wanted, *json).await?;
        }
        Command::Show { id } => show(&office, *id).await?,
        Command::Note { id, words } => {
            desk::note(&office, *id, words.said()).await?;
            say!("Noted on case {id}.");
        }
        Command::Reply { id, text, by } => {
            desk::reply(&office, *id, Said { by, why: text }).await?;
            say!("The student reads it beside what they reported.");
        }
        Command::Assign { id, owner, words } => {
            desk::assign(&office, *id, owner, words.said()).await?;
            say!("Case {id} is {owner}'s.");
        }
        Command::Wait { id, until, words } => {
            desk::wait(&office, *id, *until, words.said()).await?;
            say!("Case {id} waits for the student until {until}.");
        }
        Command::Resume { id, words } => {
            desk::resume(&office, *id, words.said()).await?;
            say!("Case {id} waits no longer.");
        }
        Command::Dossier { id, out, english } => {
            let language = if *english { Language::En } else { Language::Pl };
            let out = (out.clone()).unwrap_or_else(|| PathBuf::from(format!("case-{id}.pdf")));
            let bytes = dossier::write(&office, *id, language).await?;
            whole_file(&out, &bytes)?;
            say!("{} is written.", out.display());
        }
        Command::Resolve { id, reply, outcome } => {
            return resolve(&office, *id, outcome, reply).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn resolve(office: &Office, id: i64, outcome: &Outcomes, reply: &str) -> Outcome {
    let (request, said, dry_run) = match outcome {
        Outcomes::None { words } => {
            desk::resolve(office, id, (desk::NONE, reply), words.said()).await?;
            say!("Case {id} is closed.");
            return Ok(ExitCode::SUCCESS);
        }
        Outcomes::Assign {
            credit,
            student,
            words,
        } => {
            let request = Request::Assign {
                credit: credit.clone(),
                student: student.clone(),
                rule: false,
            };
            (request, decided(&words.by, &words.why, None), false)
        }
        Outcomes::Decision(decision) => {
            let (request, says) = request(decision);
            (
                request,
                decided(&says.who.by, &says.why, says.on),
                says.who.dry_run,
            )
        }
    };
    let answer = desk::answer(office, id, (&request, reply), &said, dry_run).await?;
    let code = show_decision(&answer, "noted");
    match answer.standing {
        Standing::Fact | Standing::Already => say!("Case {id} is resolved."),
        Standing::Waits(_) => say!("Case {id} stays open until that is approved."),
        Standing::Preview => {}
    }
    Ok(code)
}

fn decided(by: &str, why: &str, on: Option<NaiveDate>) -> decide::Said {
    decide::Said {
        by: by.to_owned(),
        why: why.to_owned(),
        on,
    }
}

async fn list(office: &Office, wanted: &Wanted, as_json: bool) -> Result<(), EngineError> {
    let cases = desk::list(office, wanted).await?;
    if as_json {
        for case in &cases {
            say!("{}", json(&Line::of(case)));
        }
        return Ok(());
    }
    if cases.is_empty() {
        say!("No case is open here. `kwestura escalate` looks for new ones.");
        return Ok(());
    }
    let mut rows = table(&[
        "case", "desk", "about", "subject", "until", "owner", "state", "known",
    ]);
    let today = office.now.today;
    for case in &cases {
        let late = if case.is_late(today) { " (over)" } else { "" };
        rows.add_row([
            case.id.to_string(),
            case.queue.clone(),
            case.kind.clone(),
            case.subject.clone(),
            format!("{}{late}", case.deadline),
            case.owner.clone(),
            match case.waits_until {
                Some(until) => format!("{} until {until}", case.state),
                None => case.state.clone(),
            },
            desk::evidence(case).join("\n"),
        ]);
    }
    say!("{rows}");
    Ok(())
}

async fn show(office: &Office, id: i64) -> Result<(), EngineError> {
    let (case, events) = desk::show(office, id).await?;
    let owner = match case.owner.as_str() {
        "" => "nobody works on it yet".to_owned(),
        owner => format!("{owner} works on it"),
    };
    say!(
        "Case {} on the desk {}: {} of {}, {}",
        case.id,
        case.queue,
        case.kind,
        case.subject,
        case.state
    );
    if let Some(student) = &case.student {
        say!("  student {student}; `kwestura account {student}`");
    }
    say!(
        "  since {}, until {}; {owner}",
        case.opened_on,
        case.deadline
    );
    for line in desk::evidence(&case) {
        say!("  {line}");
    }
    if !case.outcome.is_empty() {
        say!("  outcome: {}", case.outcome);
    }
    let zone = office.config.institution.time_zone;
    for event in events {
        let instant = DateTime::from_timestamp_millis(event.recorded_at).unwrap_or_default();
        let when = instant.with_timezone(&zone).format("%Y-%m-%d %H:%M");
        say!(
            "  {when} {} by {}: {}",
            event.what,
            event.by_whom,
            event.detail
        );
    }
    Ok(())
}

/// A case as a JSON line.
#[derive(Serialize)]
struct Line<'a> {
    case: i64,
    queue: &'a str,
    kind: &'a str,
    subject: &'a str,
    student: Option<&'a str>,
    state: &'a str,
    owner: &'a str,
    opened_on: NaiveDate,
    deadline: NaiveDate,
    waits_until: Option<NaiveDate>,
    closed_on: Option<NaiveDate>,
    outcome: &'a str,
    evidence: Vec<String>,
}

impl Line<'_> {
    fn of(case: &CaseRow) -> Line<'_> {
        Line {
            case: case.id,
            queue: &case.queue,
            kind: &case.kind,
            subject: &case.subject,
            student: case.student.as_deref(),
            state: &case.state,
            owner: &case.owner,
            opened_on: case.opened_on,
            deadline: case.deadline,
            waits_until: case.waits_until,
            closed_on: case.closed_on,
            outcome: &case.outcome,
            evidence: desk::evidence(case),
        }
    }
}
