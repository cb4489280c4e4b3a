//! Decisions about fees.

use super::super::EngineError;
use super::request::{Request, part, refused, row};
use crate::money::{Currency, parse_minor};
use crate::store::Tx;
use crate::store::facts::{DecisionRow, PartRow, ReceivableRow};
use chrono::NaiveDate;

/// The decision that a request about a fee becomes.
pub(super) async fn decision(
    tx: &mut Tx,
    request: &Request,
    on: NaiveDate,
) -> Result<(DecisionRow, Vec<PartRow>), EngineError> {
    let (kind, name) = match request {
        Request::Waive { fee, .. } => ("waive", fee),
        Request::WriteOff { fee, .. } => ("write_off", fee),
        Request::Extend { fee, .. } => ("extend", fee),
        Request::Plan { fee, .. } => ("plan", fee),
        Request::InterestTold { fee } => ("interest_told", fee),
        Request::Court { fee } => ("court", fee),
        Request::Claim { fee, .. } => ("claim", fee),
        Request::Dispute { fee, .. } => ("dispute", fee),
        Request::Defer {
            fee,
            instalments: true,
            ..
        } => ("instalments", fee),
        Request::Defer { fee, .. } => ("deferral", fee),
        _ => return refused("this is not about a fee"),
    };
    let fee = called(tx, name).await?;
    let mut row = DecisionRow {
        receivable_id: Some(fee.id),
        ..row(kind, on)
    };
    let mut parts = Vec::new();
    match request {
        Request::Waive { amount, .. } | Request::WriteOff { amount, .. } => {
            row.amount_minor = match amount {
                Some(text) => Some(amount_of(text, &fee.currency)?),
                None => None,
            };
        }
        Request::Extend {
            to,
            forgive_interest,
            ..
        } => {
            row.day = Some(*to);
            if *forgive_interest {
                "forgive_interest".clone_into(&mut row.detail);
            }
        }
        Request::Claim {
            paid_on, amount, ..
        } => {
            if on < *paid_on {
                return refused(format!(
                    "{paid_on} has not come by {on}: nobody can have paid then"
                ));
            }
            row.day = Some(*paid_on);
            row.amount_minor = match amount {
                Some(text) => Some(amount_of(text, &fee.currency)?),
                None => None,
            };
        }
        Request::Dispute { until, .. } | Request::Defer { until, .. } => {
            if *until < on {
                return refused(format!("{until} is before {on}, from which it holds"));
            }
            row.day = Some(*until);
        }
        Request::Plan { parts: wanted, .. } => parts = plan(&fee, wanted, on)?,
        _ => {}
    }
    Ok((row, parts))
}

/// The fee with an id, capitals aside where that leaves no doubt.
pub(super) async fn called(tx: &mut Tx, name: &str) -> Result<ReceivableRow, EngineError> {
    let name = name.trim();
    let exact = tx.fees_by_external(&[name.to_owned()]).await?;
    if let Some(fee) = exact.into_iter().next() {
        return Ok(fee);
    }
    let mut alike = tx.fees_by_capitals(&[name.to_uppercase()]).await?;
    if let (Some(fee), true) = (alike.pop(), alike.is_empty()) {
        return Ok(fee);
    }
    if let Some((whole, _)) = name.rsplit_once(':')
        && !tx.fees_by_external(&[whole.to_owned()]).await?.is_empty()
    {
        return refused(format!(
            "{name} is a part of {whole}; decisions are about the whole fee"
        ));
    }
    refused(format!(
        "no fee is called {name}; `kwestura account STUDENT` lists a student's fees"
    ))
}

/// A positive amount in a currency.
pub(super) fn amount_of(text: &str, currency: &str) -> Result<i64, EngineError> {
    let currency = Currency::parse(currency).unwrap_or(Currency::PLN);
    match parse_minor(text, currency) {
        Ok(minor) if minor > 0 => Ok(minor),
        Ok(_) => refused(format!("{text} is not more than nothing")),
        Err(error) => refused(error.to_string()),
    }
}

fn plan(
    fee: &ReceivableRow,
    wanted: &[(NaiveDate, String)],
    on: NaiveDate,
) -> Result<Vec<PartRow>, EngineError> {
    let mut parts: Vec<PartRow> = Vec::new();
    for (due_on, amount) in wanted {
        if *due_on < on {
            return refused(format!(
                "an instalment due {due_on} is before {on}, from which the plan holds"
            ));
        }
        if parts
            .last()
            .is_some_and(|last| last.due_on >= Some(*due_on))
        {
            return refused("name the instalments in the order of their days, each day once");
        }
        parts.push(PartRow {
            due_on: Some(*due_on),
            amount_minor: Some(amount_of(amount, &fee.currency)?),
            ..part()
        });
    }
    if parts.is_empty() {
        return refused("a plan needs instalments: DATE=AMOUNT, one after the other");
    }
    Ok(parts)
}
