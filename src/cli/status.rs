//! `kwestura status`: how it stands, at a glance.

use super::common::{json, table};
use super::say::say;
use super::{Context, Outcome, attention, serve};
use crate::engine::{arming, coverage, trial};
use crate::service::alerts::{local, shown};
use crate::service::health::{self, Open};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeMap;
use std::process::ExitCode;
use tokio::sync::watch;

/// Arguments of `kwestura status`.
///
/// What the job `alerts` has noticed, how far the statements reach, what waits. Exit status 1 where
/// something does not happen as it should.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

/// As it is printed; the order of the fields is that of the output.
#[derive(Serialize)]
struct Status {
    alerts: Vec<Open>,
    coverage: BTreeMap<String, Option<NaiveDate>>,
    messages: BTreeMap<String, i64>,
    accounts_to_settle: i64,
    statements_held_back: usize,
    trial_address: Option<String>,
    no_mail_because: Option<String>,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let worker = serve::worker(context, context.office().await?, 0, watch::channel(false).1);
    let office = &worker.office;
    let alerts = health::open(&worker).await?;
    let mut tx = office.db.read().await?;
    let covered = coverage::all_in(&mut tx, office).await?;
    let accounts = office.config.bank_accounts.iter().map(|account| {
        let row = covered.iter().find(|row| row.iban == account.iban);
        (shown(account), row.and_then(|row| row.coverage.through))
    });
    let status = Status {
        alerts,
        coverage: accounts.collect(),
        messages: tx.message_counts().await?.into_iter().collect(),
        accounts_to_settle: tx.mark_count().await?,
        statements_held_back: tx.statements_held_back().await?.len(),
        trial_address: trial::address(office).map(str::to_owned),
        no_mail_because: arming::state(&mut tx).await?.why_not(),
    };
    tx.rollback().await?;
    office.db.close().await;
    if args.json {
        say!("{}", json(&status));
    } else {
        show(&status, office.config.institution.time_zone);
    }
    Ok(if status.alerts.is_empty() {
        ExitCode::SUCCESS
    } else {
        attention()
    })
}

fn show(status: &Status, zone: chrono_tz::Tz) {
    if status.alerts.is_empty() {
        say!("No alert is open.");
    } else {
        let mut rows = table(&["alert", "about", "since", "more"]);
        for open in &status.alerts {
            let since = local(open.raised_at, zone);
            rows.add_row([&open.kind, &open.subject, &since, &open.said]);
        }
        say!("{rows}");
    }
    if let Some(why) = &status.no_mail_because {
        say!("No mail may leave these books: {why}");
    }
    if let Some(address) = &status.trial_address {
        say!("This is a trial: every message goes to {address} alone.");
    }
    for (account, through) in &status.coverage {
        match through {
            Some(through) => say!("{account}: complete through {through}"),
            None => say!("{account}: not complete on any day yet"),
        }
    }
    let messages = status.messages.iter();
    let messages: Vec<String> = messages
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    if !messages.is_empty() {
        say!("Messages: {}", messages.join(", "));
    }
    if status.accounts_to_settle > 0 {
        say!(
            "{} account(s) wait to be settled.",
            status.accounts_to_settle
        );
    }
    if status.statements_held_back > 0 {
        say!(
            "{} statement(s) are held back: kwestura quarantine list",
            status.statements_held_back
        );
    }
}
