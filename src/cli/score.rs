//! `kwestura score`: what was booked and sent, against the truth of a simulation.

use super::say::say;
use super::{Context, Outcome, attention};
use crate::cases::Kind;
use crate::engine::facts::best_readings;
use crate::engine::{EngineError, Office, account, desk, identify, outbox};
use crate::identify::evidence::{Beside, Grade, proposals};
use crate::simulate::score::messages::{self, MessageScore, Sent, Term};
use crate::simulate::score::{self, Booked, BookedFee, Truth};
use clap::Args as ClapArgs;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura score`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit status 1: something was identified or settled wrongly, or somebody was reminded of what had been paid."
)]
pub struct Args {
    /// The truth.jsonl that `simulate` wrote.
    truth: PathBuf,
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let bytes = super::read(&args.truth)?;
    let office = context.office().await?;
    let name = args.truth.display().to_string();
    let score = against(&office, &name, &bytes).await?;
    let told = of_messages(&office, &name, &bytes).await?;
    office.db.close().await;
    say!("{score}");
    if let Some(told) = &told {
        say!("{told}");
    }
    Ok(
        if score.is_wrong() || told.is_some_and(|told| told.is_wrong()) {
            attention()
        } else {
            ExitCode::SUCCESS
        },
    )
}

/// Compares the books with a truth.
pub async fn against(
    office: &Office,
    name: &str,
    truth: &[u8],
) -> Result<score::Score, EngineError> {
    let truth = parse(name, truth)?;
    let credits = credits(office).await?;
    let mut fees = Vec::new();
    let each = |account: &crate::settlement::account::Account| {
        fees.extend(account.receivables.iter().map(|fee| BookedFee {
            external_id: fee.external_id.clone(),
            settled_on: fee.settled_on,
            open_minor: fee.open_minor,
        }));
    };
    account::all(office, account::END_OF_DAYS, i64::MAX, each).await?;
    Ok(score::score(&truth, &credits, &fees))
}

fn parse(name: &str, truth: &[u8]) -> Result<Truth, EngineError> {
    Truth::parse(&String::from_utf8_lossy(truth))
        .map_err(|error| EngineError::refused(format!("{name}: {error}")))
}

/// Compares the messages that were sent with a truth; nothing where no run ever looked for any.
pub async fn of_messages(
    office: &Office,
    name: &str,
    truth: &[u8],
) -> Result<Option<MessageScore>, EngineError> {
    let truth = parse(name, truth)?;
    let mut tx = office.db.read().await?;
    let through = tx.last_run_day().await?;
    tx.rollback().await?;
    let Some(through) = through else {
        return Ok(None);
    };
    let mut sent = Vec::new();
    for message in outbox::list(office, Some("sent")).await? {
        let (Some(sent_on), Some(student)) = (message.row.sent_on, message.row.student) else {
            continue;
        };
        sent.extend(message.items.into_iter().map(|item| Sent {
            sent_on,
            student: student.clone(),
            fee: item.item,
            step: item.step,
            due_on: item.due_on,
        }));
    }
    let policy = &office.config.policy;
    let last_step = policy.default_kind.ladder.last();
    let term = Term {
        through,
        last_step: last_step.map_or_else(String::new, |step| step.template.clone()),
        days: u64::from(policy.dunning.demand_days),
    };
    let cases = with_a_case(office).await?;
    Ok(Some(messages::score(&truth, &sent, &term, Some(&cases))))
}

/// The students whose ladder has ended and of whom the student service centre has, or had, a case.
async fn with_a_case(office: &Office) -> Result<BTreeSet<String>, EngineError> {
    let wanted = desk::Wanted {
        kinds: vec![Kind::EndOfLadder],
        all: true,
        ..desk::Wanted::default()
    };
    let ended = desk::list(office, &wanted).await?.into_iter();
    Ok(ended.map(|case| case.subject).collect())
}

/// Every credit that stands, with whose it is.
async fn credits(office: &Office) -> Result<Vec<Booked>, EngineError> {
    let mut tx = office.db.read().await?;
    let persons: BTreeMap<i64, String> = tx
        .all_persons()
        .await?
        .into_iter()
        .map(|row| (row.id, row.external_id))
        .collect();
    let mut booked = Vec::new();
    let mut outcomes = BTreeMap::new();
    for row in tx.all_identifications().await? {
        outcomes.insert(row.entry_id, row);
    }
    for account in tx.bank_accounts().await? {
        let entries = best_readings(tx.live_entries_of_account(account.id).await?);
        let in_review = |id: &i64| outcomes.get(id).is_some_and(|row| row.outcome == "review");
        let known = identify::known(
            &mut tx,
            entries.values().filter(|entry| in_review(&entry.id)),
            identify::Names::Everybodys,
        )
        .await?;
        for entry in entries.values().filter(|entry| entry.is_credit()) {
            let outcome = match outcomes.get(&entry.id) {
                Some(row) if row.outcome == "student" => {
                    let student = row
                        .person_id
                        .and_then(|id| persons.get(&id))
                        .cloned()
                        .unwrap_or_default();
                    score::Outcome::Student(student)
                }
                Some(row) if row.outcome == "review" => {
                    let proposals = proposals(&identify::said(entry), &known, &Beside::default());
                    score::Outcome::Review {
                        strong: proposals
                            .iter()
                            .any(|proposal| proposal.grade == Grade::Strong),
                    }
                }
                _ => score::Outcome::NotStudent,
            };
            booked.push(Booked {
                bank_account: entry.bank_account.clone(),
                bank_reference: entry.bank_reference.clone(),
                booking_date: entry.crediting_date,
                amount_minor: entry.amount_minor,
                outcome,
            });
        }
    }
    tx.rollback().await?;
    Ok(booked)
}
