//! Decisions about whose an entry is.

use super::super::EngineError;
use super::super::account::find;
use super::super::{called, lump};
use super::fees::amount_of;
use super::request::{Request, part, refused, row};
use crate::money::{Currency, format_plain};
use crate::store::Tx;
use crate::store::entries::EntryRow;
use crate::store::facts::{DecisionRow, PartRow};
use chrono::NaiveDate;

/// Kinds that tell whose an entry is; of several on one entry the last one holds.
pub(super) const KINDS: [&str; 4] = ["assign", "split", "ignore", "attach_reversal"];
/// Tells nothing of whose an entry is, and asks for it.
pub(super) const HAND_OVER: &str = "hand_over";

type Decision = (DecisionRow, Vec<PartRow>);

/// The decisions that a request about an entry becomes: one, and a standing rule where it is asked
/// for.
pub(super) async fn decisions(
    tx: &mut Tx,
    request: &Request,
    on: NaiveDate,
) -> Result<Vec<Decision>, EngineError> {
    match request {
        Request::Assign {
            credit,
            student,
            rule,
        } => {
            let entry = incoming(tx, credit).await?;
            let person = find(tx, student).await?;
            with_rule(&entry, "assign", Some(person), *rule, on)
        }
        Request::Ignore { credit, rule } => {
            let entry = whole(tx, credit).await?;
            with_rule(&entry, "ignore", None, *rule, on)
        }
        Request::HandOver { credit } => Ok(vec![hand_over(tx, credit, on).await?]),
        Request::Split { credit, parts } => Ok(vec![split(tx, credit, parts, on).await?]),
        Request::AttachReversal { reversal, credit } => {
            Ok(vec![attach(tx, reversal, credit, on).await?])
        }
        _ => refused("this is not about whose an entry is"),
    }
}

/// An entry, unless its money is that of others.
async fn whole(tx: &mut Tx, name: &str) -> Result<EntryRow, EngineError> {
    let entry = called::entry(tx, name).await?;
    if tx.detailed(&[entry.id]).await?.is_empty() {
        return Ok(entry);
    }
    let parts = lump::parts(tx, entry.id).await?;
    let names = called::names(tx, &parts).await?;
    let names: Vec<&str> = (parts.iter())
        .filter_map(|part| names.get(&part.id))
        .map(String::as_str)
        .collect();
    refused(format!(
        "{name} is a lump sum that another statement tells in parts; decide about those: {}",
        names.join(", ")
    ))
}

/// A decision that waited for a second person while the details of its lump came is no longer about
/// money of its own.
pub(super) async fn not_told_in_parts(
    tx: &mut Tx,
    (row, parts): (&DecisionRow, &[PartRow]),
) -> Result<(), EngineError> {
    let named = [row.entry_id, row.other_entry_id].into_iter().flatten();
    let entries: Vec<i64> = named
        .chain(parts.iter().filter_map(|part| part.entry_id))
        .collect();
    if tx.detailed(&entries).await?.is_empty() {
        return Ok(());
    }
    refused(
        "it is about a lump sum that another statement tells in parts by now; revoke it and decide about the parts",
    )
}

async fn incoming(tx: &mut Tx, name: &str) -> Result<EntryRow, EngineError> {
    let entry = whole(tx, name).await?;
    if entry.amount_minor > 0 {
        return Ok(entry);
    }
    refused(format!(
        "{name} took money out; `kwestura decide attach-reversal {name} CREDIT` says which credit it undoes"
    ))
}

fn with_rule(
    entry: &EntryRow,
    kind: &str,
    person_id: Option<i64>,
    rule: bool,
    on: NaiveDate,
) -> Result<Vec<Decision>, EngineError> {
    let decision = DecisionRow {
        person_id,
        entry_id: Some(entry.id),
        ..row(kind, on)
    };
    let mut decisions = vec![(decision, Vec::new())];
    if rule {
        let Some(payer) = &entry.counterparty_account else {
            return refused(
                "the bank does not say from which account this came, so no rule can be made from it",
            );
        };
        let rule = DecisionRow {
            person_id,
            entry_id: Some(entry.id),
            detail: payer.clone(),
            ..row("standing_rule", on)
        };
        decisions.push((rule, Vec::new()));
    }
    Ok(decisions)
}

/// Only what is in review is handed over: of the rest it is known whose it is.
async fn hand_over(tx: &mut Tx, credit: &str, on: NaiveDate) -> Result<Decision, EngineError> {
    let entry = incoming(tx, credit).await?;
    let history = tx.identification_history(&[entry.id]).await?;
    if history.last().is_none_or(|row| row.outcome != "review") {
        return refused(format!(
            "{credit} is not in review; `kwestura why {credit}` tells whose it is"
        ));
    }
    let row = DecisionRow {
        entry_id: Some(entry.id),
        ..row(HAND_OVER, on)
    };
    Ok((row, Vec::new()))
}

async fn split(
    tx: &mut Tx,
    credit: &str,
    wanted: &[(String, String)],
    on: NaiveDate,
) -> Result<Decision, EngineError> {
    let entry = incoming(tx, credit).await?;
    let mut parts: Vec<PartRow> = Vec::new();
    let mut total = 0i64;
    for (student, amount) in wanted {
        let person = find(tx, student).await?;
        if parts.iter().any(|part| part.person_id == Some(person)) {
            return refused(format!("{student} is named twice"));
        }
        let amount_minor = amount_of(amount, &entry.currency)?;
        total = total.saturating_add(amount_minor);
        parts.push(PartRow {
            person_id: Some(person),
            amount_minor: Some(amount_minor),
            ..part()
        });
    }
    if parts.len() < 2 {
        return refused(format!(
            "a split needs two students or more; for one: `kwestura review assign {credit} STUDENT`"
        ));
    }
    if total != entry.amount_minor {
        let currency = Currency::parse(&entry.currency).unwrap_or(Currency::PLN);
        return refused(format!(
            "the parts add up to {} and the credit is {} {currency}",
            format_plain(total, currency),
            format_plain(entry.amount_minor, currency)
        ));
    }
    let row = DecisionRow {
        entry_id: Some(entry.id),
        ..row("split", on)
    };
    Ok((row, parts))
}

async fn attach(
    tx: &mut Tx,
    reversal: &str,
    credit: &str,
    on: NaiveDate,
) -> Result<Decision, EngineError> {
    let taking = called::entry(tx, reversal).await?;
    let taken = whole(tx, credit).await?;
    if taking.amount_minor >= 0 || taking.reversal == 0 {
        return refused(format!(
            "{reversal} is no reversal: the bank does not say that it undoes an earlier line"
        ));
    }
    if !taken.is_credit() {
        return refused(format!("{credit} is no credit that could be taken back"));
    }
    if taking.bank_account_id != taken.bank_account_id {
        return refused("the two are on different accounts of the institution");
    }
    if taking.amount_minor.saturating_neg() > taken.amount_minor {
        return refused("the reversal is larger than the credit");
    }
    let row = DecisionRow {
        entry_id: Some(taking.id),
        other_entry_id: Some(taken.id),
        ..row("attach_reversal", on)
    };
    Ok((row, Vec::new()))
}
