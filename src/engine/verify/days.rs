//! Accounting days, decisions and account numbers.

use super::Report;
use crate::iban::Nrb;
use crate::store::{StoreError, Tx};
use chrono::{Datelike, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};

/// Nothing was posted in a month that was closed before, and nothing elsewhere without one.
pub(super) async fn check(tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
    let closed = tx.closed_months().await?;
    for row in &closed {
        let whole = row.last_day.format("%Y-%m").to_string() == row.month
            && row.last_day.succ_opt().is_some_and(|next| next.day() == 1);
        if !whole {
            report.add(
                "period_close",
                &row.month,
                format!("it does not end on {}", row.last_day),
            );
        }
    }
    let first_open: BTreeSet<NaiveDate> = closed
        .iter()
        .filter_map(|row| row.last_day.succ_opt())
        .collect();
    for (table, rows) in tx.posted_elsewhere().await? {
        for row in rows {
            let closed_before = closed.iter().any(|close| {
                close.recorded_at < row.recorded_at && row.posted_on <= close.last_day
            });
            let moved = row.posted_on != row.day;
            if closed_before {
                let wrong = format!(
                    "it was posted on {}, in a month that was closed by then",
                    row.posted_on
                );
                report.add(table, row.id.to_string(), wrong);
            } else if moved && (row.posted_on < row.day || !first_open.contains(&row.posted_on)) {
                let wrong = format!(
                    "it is of {} and posted on {}, and no closed month asks for that",
                    row.day, row.posted_on
                );
                report.add(table, row.id.to_string(), wrong);
            }
        }
    }
    Ok(())
}

/// A second person is another person; the parts of a split are the whole.
pub(super) async fn check_decisions(tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
    let decisions = tx.decisions().await?;
    for row in &decisions {
        if row.approved_by.as_ref() == Some(&row.by_whom) {
            let wrong = format!("{} approved what they decided", row.by_whom);
            report.add("decision_approval", format!("decision {}", row.id), wrong);
        }
    }
    let splits: BTreeMap<i64, i64> = decisions
        .iter()
        .filter(|row| row.kind == "split" && row.is_fact())
        .filter_map(|row| Some((row.id, row.entry_id?)))
        .collect();
    let ids: Vec<i64> = splits.keys().copied().collect();
    let mut sums: BTreeMap<i64, i128> = BTreeMap::new();
    for part in tx.decision_parts(&ids).await? {
        *sums.entry(part.decision_id).or_default() +=
            i128::from(part.amount_minor.unwrap_or_default());
    }
    let entries: Vec<i64> = splits.values().copied().collect();
    let amounts: BTreeMap<i64, i64> = (tx.entries(&entries).await?.into_iter())
        .map(|row| (row.id, row.amount_minor))
        .collect();
    for (decision, entry) in splits {
        let (sum, amount) = (sums.get(&decision), amounts.get(&entry));
        if sum.copied() != amount.map(|&amount| i128::from(amount)) {
            let wrong = "its parts are not the whole of the transfer";
            report.add("decision_part", format!("decision {decision}"), wrong);
        }
    }
    Ok(())
}

/// Assigned numbers bear their check digits, and what banks show of them is their end.
pub(super) async fn check_numbers(tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
    for (nrb, tail) in tx.number_tails().await? {
        if Nrb::parse(&nrb).is_err() {
            report.add("virtual_account", &nrb, "its check digits are wrong");
        } else if tail.is_empty() || !nrb.ends_with(&tail) {
            report.add("virtual_account", &nrb, "tail is not its end");
        }
    }
    Ok(())
}
