//! `kwestura coverage`.

use super::common::{self, Words, json, money};
use super::say::say;
use super::{Context, Outcome, attention};
use crate::engine::coverage::{self, Covered};
use crate::statement::chain::Gap;
use chrono::NaiveDate;
use serde::Serialize;
use std::process::ExitCode;

/// Arguments of `kwestura coverage`.
///
/// A day is covered when the bank's statements through it join: every closing balance is the next
/// opening balance, and no number or bank day is missing. Exit status 1 where a gap is open.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura coverage
  kwestura coverage --json
  kwestura coverage anchor PL61109010140000071219812874 2026-10-01 12000.00 --why 'books handed over'
  kwestura coverage accept-gap 2874 --after 2026-10-12 --before 2026-10-14 --why 'lost by the bank'")]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// One JSON line for each account.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Tell what stood on an account before the first statement that counts.
    Anchor {
        /// The account, or the last digits of it.
        account: String,
        /// The first day that counts.
        date: NaiveDate,
        /// The balance before its first line.
        #[arg(allow_hyphen_values = true)]
        amount: String,
        #[command(flatten)]
        words: Words,
    },
    /// Accept that statements are missing, with the difference that is shown.
    AcceptGap {
        /// The account, or the last digits of it.
        account: String,
        /// The last day before the gap.
        #[arg(long, value_name = "DATE")]
        after: NaiveDate,
        /// The first day after it.
        #[arg(long, value_name = "DATE")]
        before: NaiveDate,
        #[command(flatten)]
        words: Words,
    },
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let covered = match &args.command {
        None => coverage::all(&office).await?,
        Some(Command::Anchor {
            account,
            date,
            amount,
            words,
        }) => {
            let said = words.said();
            vec![
                coverage::anchor(&office, account, *date, amount, said)
                    .await?
                    .0,
            ]
        }
        Some(Command::AcceptGap {
            account,
            after,
            before,
            words,
        }) => {
            let gap = (*after, *before);
            vec![
                coverage::accept_gap(&office, account, gap, words.said())
                    .await?
                    .0,
            ]
        }
    };
    if args.json {
        for row in &covered {
            say!("{}", json(&Line::of(row)));
        }
    } else {
        show(&covered);
    }
    let open = |row: &Covered| row.coverage.gaps.iter().any(|gap| !gap.accepted);
    Ok(if covered.iter().any(open) {
        attention()
    } else {
        ExitCode::SUCCESS
    })
}

fn show(covered: &[Covered]) {
    if covered.is_empty() {
        say!("No statements yet. `kwestura import PATH` takes them in.");
        return;
    }
    let mut table = common::table(&[
        "account",
        "from",
        "complete through",
        "balance then",
        "open gaps",
    ]);
    for row in covered {
        let day =
            |day: Option<NaiveDate>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let gaps = row.coverage.gaps.iter().filter(|gap| !gap.accepted).count();
        table.add_row([
            row.iban.clone(),
            day(row.coverage.from),
            day(row.coverage.through),
            (row.coverage.closing_minor).map_or_else(
                || "-".to_owned(),
                |minor| money(minor, row.currency.as_str()),
            ),
            gaps.to_string(),
        ]);
    }
    say!("{table}");
    for row in covered {
        for gap in row.coverage.gaps.iter().filter(|gap| !gap.accepted) {
            say!("{}", in_words(row, gap));
        }
    }
}

/// A gap, and what to do about it.
fn in_words(row: &Covered, gap: &Gap) -> String {
    let amount = |minor| money(minor, row.currency.as_str());
    let missing = gap
        .missing_numbers
        .as_ref()
        .map_or_else(String::new, |numbers| {
            match (numbers.start(), numbers.end()) {
                (first, last) if first == last => format!(", number {first} is missing"),
                (first, last) => format!(", numbers {first} to {last} are missing"),
            }
        });
    format!(
        "{}: a gap between {} ({}) and {} ({}){missing}. Ask the bank for the statements in between.",
        row.iban,
        gap.after_day,
        amount(gap.closing_minor),
        gap.before_day,
        amount(gap.opening_minor)
    )
}

/// The keys stand in the order in which they are written.
#[derive(Serialize)]
struct Line<'a> {
    bank_account: &'a str,
    currency: &'a str,
    from: Option<NaiveDate>,
    through: Option<NaiveDate>,
    closing_minor: Option<i64>,
    gaps: Vec<GapLine>,
}

#[derive(Serialize)]
struct GapLine {
    after_day: NaiveDate,
    closing_minor: i64,
    before_day: NaiveDate,
    opening_minor: i64,
    difference_minor: i128,
    missing_numbers: Option<[i64; 2]>,
    accepted: bool,
}

impl<'a> Line<'a> {
    fn of(row: &'a Covered) -> Self {
        let gaps = row.coverage.gaps.iter().map(|gap| GapLine {
            after_day: gap.after_day,
            closing_minor: gap.closing_minor,
            before_day: gap.before_day,
            opening_minor: gap.opening_minor,
            difference_minor: gap.difference_minor(),
            missing_numbers: gap
                .missing_numbers
                .as_ref()
                .map(|numbers| [*numbers.start(), *numbers.end()]),
            accepted: gap.accepted,
        });
        Line {
            bank_account: &row.iban,
            currency: row.currency.as_str(),
            from: row.coverage.from,
            through: row.coverage.through,
            closing_minor: row.coverage.closing_minor,
            gaps: gaps.collect(),
        }
    }
}
