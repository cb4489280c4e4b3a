//! `kwestura account`: what is owed, what came in, what settled what.

use super::common::table;
use super::say::say;
use super::{Context, Outcome};
use crate::engine::account;
use crate::money::{Currency, format_plain};
use crate::settlement::account::Account;
use chrono::{DateTime, NaiveDate};
use clap::Args as ClapArgs;
use std::process::ExitCode;

/// Arguments of `kwestura account`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  kwestura account 102345                     by album, as of today
  kwestura account P-17 --as-of 2026-10-12    by the student system's id, as of a day
  kwestura account --all --json               one JSON line per student and currency

What becomes visible or is credited after --as-of is not listed. --known-at shows what was known
at an instant; together they answer what the office had told the student on a day.")]
pub struct Args {
    /// The student system's id, or an album.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    student: Option<String>,
    /// Every student.
    #[arg(long)]
    all: bool,
    /// Read as of this day; today if not given.
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// Only what was known at this instant (2026-10-12T15:00:00+02:00).
    #[arg(long, value_name = "INSTANT")]
    known_at: Option<DateTime<chrono::FixedOffset>>,
    /// One JSON line per student and currency.
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let office = context.office().await?;
    let as_of = args.as_of.unwrap_or(office.now.today);
    let known_at = args
        .known_at
        .map_or(i64::MAX, |instant| instant.timestamp_millis());
    let mut count = 0;
    let mut show = |account: &Account| {
        count += 1;
        if args.json {
            say!("{}", serde_json::to_string(account).unwrap_or_default());
        } else {
            say!("{}", human(account, as_of));
        }
    };
    match &args.student {
        Some(student) => {
            let accounts = account::of_student(&office, student, as_of, known_at).await?;
            accounts.iter().for_each(&mut show);
        }
        None => account::all(&office, as_of, known_at, &mut show).await?,
    }
    if count == 0 && !args.json {
        say!("Nothing is owed and nothing came in as of {as_of}.");
    }
    office.db.close().await;
    Ok(ExitCode::SUCCESS)
}

/// An account for people.
pub fn human(account: &Account, as_of: NaiveDate) -> String {
    let currency = Currency::parse(&account.currency).unwrap_or(Currency::PLN);
    let money = |minor: i64| format_plain(minor, currency);
    let day = |day: Option<NaiveDate>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
    let mut fees = table(&[
        "fee",
        "kind",
        "amount",
        "open",
        "due",
        "settled",
        "late",
        "interest",
        "settled by",
    ]);
    for row in &account.receivables {
        let parts: Vec<String> = (row.allocations.iter())
            .map(|part| {
                let reference = part.bank_reference.as_deref().unwrap_or("-");
                format!(
                    "{} from {reference}, counts {}, {}",
                    money(part.amount_minor),
                    part.counts_from,
                    part.rule
                )
            })
            .collect();
        let closed = row
            .closed_by
            .map(|how| format!("closed by {how}"))
            .into_iter();
        fees.add_row([
            row.external_id.clone(),
            row.kind.clone(),
            money(row.amount_minor),
            money(row.open_minor),
            row.due_on.to_string(),
            day(row.settled_on),
            if row.late_days > 0 {
                format!("{} d", row.late_days)
            } else {
                String::new()
            },
            if row.interest_minor > 0 {
                money(row.interest_minor)
            } else {
                String::new()
            },
            parts
                .into_iter()
                .chain(closed)
                .collect::<Vec<String>>()
                .join("\n"),
        ]);
    }
    let mut credits = table(&[
        "transfer",
        "amount",
        "ordered",
        "booked",
        "value",
        "credited",
        "settles",
        "on account",
        "reversed",
    ]);
    for row in &account.credits {
        credits.add_row([
            row.bank_reference.clone().unwrap_or_else(|| "-".to_owned()),
            money(row.amount_minor),
            day(row.order_date),
            day(row.booking_date),
            day(row.value_date),
            format!("{} ({})", row.crediting_date, row.crediting_date_source),
            money(row.allocated_minor),
            money(row.on_account_minor),
            if row.reversed_minor > 0 {
                money(row.reversed_minor)
            } else {
                String::new()
            },
        ]);
    }
    format!(
        "{} (album {}), {} as of {as_of}: open {}, on account {}\n{fees}\n{credits}",
        account.student,
        account.album,
        account.currency,
        money(account.open_minor),
        money(account.on_account_minor)
    )
}
