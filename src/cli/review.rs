//! `kwestura review`: money of which a person has to tell whose it is.

use super::common::table;
use super::decide::{Who, show as show_answer};
use super::say::say;
use super::{Context, Outcome, attention, why};
use crate::engine::decide::{self, Answer, Request, Said, Standing};
use crate::engine::review::{self, At, InReview, Wanted};
use crate::engine::why::Why;
use crate::engine::{EngineError, Office};
use crate::money::{Currency, format_plain};
use clap::{Args as ClapArgs, Subcommand};
use std::process::ExitCode;

/// Arguments of `kwestura review`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura review list --strong                     what some strong evidence speaks for
  kwestura review show 3f09a1c2d4                   everything the bank says, and who may be meant
  kwestura review assign 3f09a1c2d4 102345 --why \"album in the title\"
  kwestura review assign 3f09a1c2d4 102345 --rule --why \"her mother's account\"
  kwestura review split 3f09a1c2d4 P-17=500 P-18=450 --why \"list of the employer\"
  kwestura review ignore 3f09a1c2d4 --why \"card payments of the canteen\"
  kwestura review hand-over 3f09a1c2d4 --why \"which of the two brothers?\"    COS asks, as a case
  kwestura review undo 3f09a1c2d4 --why \"it was the brother\"

A credit keeps its crediting date whenever its student is told. Evidence is strong where a number of
ours stands in the text or the sender has so far paid for one student alone; names and equal amounts
are weak. Nothing is posted before a person says so.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What waits, by crediting date.
    List(List),
    /// Everything about one entry, and who may be meant.
    Show(Show),
    /// A credit is this student's.
    Assign(Assign),
    /// A credit is for several students.
    Split(Split),
    /// A credit is no student's.
    Ignore(Ignore),
    /// Whose a credit is, the student service centre finds out: it gets a case.
    HandOver(HandOver),
    /// Take back what was last decided about an entry.
    Undo(Undo),
}

#[derive(Debug, ClapArgs)]
struct List {
    /// Only what some strong evidence speaks for.
    #[arg(long)]
    strong: bool,
    /// Only this account of the institution.
    #[arg(long, value_name = "IBAN")]
    account: Option<String>,
    /// Only what has all these words, in the payer, an account number, the text or the amount.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Not more than so many.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// One JSON line per entry.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, ClapArgs)]
struct Show {
    /// The entry.
    entry: String,
    /// Answer with one JSON line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, ClapArgs)]
struct Says {
    #[command(flatten)]
    who: Who,
    /// The reason, for those who read it later.
    #[arg(long, value_name = "TEXT")]
    why: String,
}

#[derive(Debug, ClapArgs)]
struct Assign {
    /// The credit.
    credit: String,
    /// The student system's id, or an album.
    student: String,
    /// All other money from the same account is this student's too, past and future, where the
    /// credited account does not tell.
    #[arg(long)]
    rule: bool,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
struct Split {
    /// The credit.
    credit: String,
    /// Students with their amounts, which add up to the credit.
    #[arg(value_name = "STUDENT=AMOUNT", required = true, value_parser = share)]
    parts: Vec<(String, String)>,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
struct Ignore {
    /// The credit.
    credit: String,
    /// No money from the same account is a student's, where the credited account does not tell.
    #[arg(long)]
    rule: bool,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
struct HandOver {
    /// The credit.
    credit: String,
    #[command(flatten)]
    says: Says,
}

#[derive(Debug, ClapArgs)]
struct Undo {
    /// The entry.
    entry: String,
    #[command(flatten)]
    says: Says,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let outcome = match &args.command {
        Command::List(args) => list(&office, args).await,
        Command::Show(args) => show(&office, args).await,
        Command::Assign(args) => {
            let request = Request::Assign {
                credit: args.credit.clone(),
                student: args.student.clone(),
                rule: args.rule,
            };
            decided(&office, &args.credit, request, &args.says).await
        }
        Command::Split(args) => {
            let request = Request::Split {
                credit: args.credit.clone(),
                parts: args.parts.clone(),
            };
            decided(&office, &args.credit, request, &args.says).await
        }
        Command::Ignore(args) => {
            let request = Request::Ignore {
                credit: args.credit.clone(),
                rule: args.rule,
            };
            decided(&office, &args.credit, request, &args.says).await
        }
        Command::HandOver(args) => {
            let credit = args.credit.clone();
            decided(
                &office,
                &args.credit,
                Request::HandOver { credit },
                &args.says,
            )
            .await
        }
        Command::Undo(args) => undo(&office, args).await,
    };
    office.db.close().await;
    outcome
}

fn share(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((student, amount)) if !student.is_empty() && !amount.is_empty() => {
            Ok((student.to_owned(), amount.to_owned()))
        }
        _ => Err("write it as STUDENT=AMOUNT, like P-17=500,00".to_owned()),
    }
}

async fn decided(office: &Office, credit: &str, request: Request, says: &Says) -> Outcome {
    let said = Said {
        by: says.who.by.to_string(),
        why: says.why.clone(),
        on: None,
    };
    let answer = decide::decide(office, &request, &said, says.who.dry_run).await?;
    told(office, credit, &answer, "noted").await
}

async fn undo(office: &Office, args: &Undo) -> Outcome {
    let (by, dry_run) = (&args.says.who.by, args.says.who.dry_run);
    let answer = decide::undo(office, &args.entry, by, &args.says.why, dry_run).await?;
    told(office, &args.entry, &answer, "taken back").await
}

/// The answer, and where the credit's money is now.
async fn told(office: &Office, credit: &str, answer: &Answer, done: &str) -> Outcome {
    let code = show_answer(answer, done);
    if answer.standing != Standing::Preview
        && let Why::Credit(now) = crate::engine::why::why(office, credit, office.now.today).await?
    {
        say!("{}", why::where_it_is(&now));
    }
    Ok(code)
}

async fn list(office: &Office, args: &List) -> Outcome {
    let wanted = Wanted {
        strong: args.strong,
        bank_account: args.account.clone(),
        words: args.search.clone().unwrap_or_default(),
    };
    // Evidence is gathered for what is shown alone.
    let (rows, all) = if let Some(limit) = args.limit {
        let looked = review::look(office, &wanted, At::Behind(""), limit).await?;
        (looked.rows, looked.all)
    } else {
        let rows = review::list(office, &wanted).await?;
        let all = rows.len();
        (rows, all)
    };
    if args.json {
        for row in &rows {
            say!("{}", serde_json::to_string(row).unwrap_or_default());
        }
    } else if all == 0 {
        say!(
            "{}",
            if args.strong || args.account.is_some() || args.search.is_some() {
                "Nothing of this kind is in review; without --strong, --account and --search all of it is shown."
            } else {
                "Nothing is in review. `kwestura import` brings statements."
            }
        );
    } else {
        say!("{}", table_of(&rows));
        say!(
            "{} of {all} shown. Next: kwestura review show ID, kwestura review assign ID STUDENT --why TEXT",
            rows.len()
        );
    }
    Ok(if all == 0 {
        ExitCode::SUCCESS
    } else {
        attention()
    })
}

fn table_of(rows: &[InReview]) -> String {
    let mut shown = table(&["id", "credited", "amount", "payer", "text", "why", "meant"]);
    for row in rows {
        let meant = match (&row.student, row.proposals.first()) {
            (Some(student), _) => student.clone(),
            (None, Some(first)) => format!(
                "{} {} ({})",
                first.student,
                first.name,
                if row.proposals.len() > 1 {
                    format!("{}, {} more", grade(row), row.proposals.len() - 1)
                } else {
                    grade(row).to_owned()
                }
            ),
            (None, None) => String::new(),
        };
        shown.add_row([
            row.id.clone(),
            row.crediting_date.to_string(),
            money(row),
            row.payer_name.clone().unwrap_or_default(),
            row.remittance.clone(),
            row.reason.clone(),
            meant,
        ]);
    }
    shown.to_string()
}

fn grade(row: &InReview) -> &'static str {
    use crate::identify::evidence::Grade;
    match row.proposals.first().map(|first| first.grade) {
        Some(Grade::Strong) => "strong",
        _ => "weak",
    }
}

fn money(row: &InReview) -> String {
    let currency = Currency::parse(&row.currency).unwrap_or(Currency::PLN);
    format!("{} {currency}", format_plain(row.amount_minor, currency))
}

async fn show(office: &Office, args: &Show) -> Result<ExitCode, EngineError> {
    let row = review::show(office, &args.entry).await?;
    if args.json {
        say!("{}", serde_json::to_string(&row).unwrap_or_default());
        return Ok(ExitCode::SUCCESS);
    }
    let day =
        |day: Option<chrono::NaiveDate>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mut facts = table(&[&row.id, &money(&row)]);
    for (name, value) in [
        ("credited", row.crediting_date.to_string()),
        ("ordered", day(row.order_date)),
        ("booked", day(row.booking_date)),
        ("value date", day(row.value_date)),
        ("our account", row.bank_account.clone()),
        ("virtual account", text(&row.virtual_account)),
        ("bank reference", text(&row.bank_reference)),
        ("payer", text(&row.payer_name)),
        ("payer's account", text(&row.payer_account)),
        ("text", row.remittance.clone()),
        ("in review because", row.reason.clone()),
        ("student", text(&row.student)),
    ] {
        facts.add_row([name.to_owned(), value]);
    }
    say!("{facts}");
    if let Some(handed) = &row.handed {
        say!(
            "COS was asked: case {} is {}; `kwestura cases show {}`",
            handed.case,
            handed.state,
            handed.case
        );
    }
    if row.proposals.is_empty() {
        say!("Nothing speaks for a student.");
    } else {
        let mut meant = table(&["meant", "student", "name", "album", "because of"]);
        for proposal in &row.proposals {
            let grade = serde_json::to_value(proposal.grade).unwrap_or_default();
            meant.add_row([
                grade.as_str().unwrap_or_default().to_owned(),
                proposal.student.clone(),
                proposal.name.clone(),
                proposal.album.clone(),
                proposal.evidence.join("; "),
            ]);
        }
        say!("{meant}");
    }
    Ok(ExitCode::SUCCESS)
}
