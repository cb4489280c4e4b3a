//! Closing a month of the books: from then on everything that is posted bears a later day.
//!
//! What happened in a closed month and becomes known later is posted on the first open day; the day
//! from which it counts for the student stays what it is.

use super::{EngineError, Office, coverage, recording};
use crate::store::Tx;
use crate::store::books::ClosedRow;
use chrono::{Days, Months, NaiveDate};

/// What closing a month came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// It is closed now, with what was missing where that was accepted.
    Now(Vec<String>),
    /// It was, by itself or with a later one.
    Before,
}

/// Closes a month (`2026-10`) and with it all months before. Where statements are missing or students
/// wait to be settled it is refused; `despite_gaps` closes in spite of missing statements.
pub async fn close(
    office: &Office,
    month: &str,
    by: &str,
    despite_gaps: bool,
) -> Result<Closed, EngineError> {
    let last_day = last_day(month)?;
    if office.now.today <= last_day {
        return Err(EngineError::refused(format!(
            "{month} is not over; it can be closed from {} on",
            last_day + Days::new(1)
        )));
    }
    let mut tx = office.db.write().await?;
    // Whoever changes the rules from a day on has read which months are closed, too.
    tx.lock_policies().await?;
    // Whoever records or settles holds one of these locks and has read which months are closed.
    for row in tx.bank_accounts().await? {
        tx.lock_bank_account(row.id).await?;
    }
    let persons: Vec<i64> = tx.all_persons().await?.iter().map(|row| row.id).collect();
    tx.lock_persons(&persons).await?;
    if tx
        .closed_through()
        .await?
        .is_some_and(|closed| last_day <= closed)
    {
        return Ok(Closed::Before);
    }
    recording::must_be_done(&mut tx).await?;
    let waiting = tx.mark_count().await?;
    if waiting > 0 {
        return Err(EngineError::refused(format!(
            "{waiting} student(s) wait to be settled; run `kwestura import` on any folder, it settles them first"
        )));
    }
    let missing = missing(&mut tx, office, last_day).await?;
    if !missing.is_empty() && !despite_gaps {
        return Err(EngineError::refused(format!(
            "{month} is not complete: {}. Import what is missing, or close it with --despite-gaps",
            missing.join("; ")
        )));
    }
    tx.close_month(month, last_day, by, office.now.millis)
        .await?;
    tx.commit().await?;
    Ok(Closed::Now(missing))
}

/// The accounts whose statements do not reach a day, in words.
async fn missing(
    tx: &mut Tx,
    office: &Office,
    through: NaiveDate,
) -> Result<Vec<String>, EngineError> {
    let covered = coverage::all_in(tx, office).await?;
    let mut missing = Vec::new();
    for account in &office.config.bank_accounts {
        let expected = account
            .closed_on
            .map_or(through, |closed| closed.min(through));
        let opened_later = account.opened_on.is_some_and(|opened| through < opened);
        let row = covered.iter().find(|row| row.iban == account.iban);
        let reached = row.and_then(|row| row.coverage.through);
        let rhythm = super::reading::rhythm(office, &account.iban);
        // A month may end on days on which the bank books nothing.
        let silent = |from: NaiveDate| {
            let mut rest = from.iter_days().skip(1).take_while(|&day| day <= expected);
            rhythm.silent_days || !rest.any(rhythm.bank_day)
        };
        if !opened_later && !reached.is_some_and(|day| expected <= day || silent(day)) {
            let reached = reached.map_or("nowhere".to_owned(), |day| format!("through {day}"));
            missing.push(format!("{} is complete {reached}", account.iban));
        }
    }
    Ok(missing)
}

fn last_day(month: &str) -> Result<NaiveDate, EngineError> {
    NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d")
        .ok()
        .filter(|_| month.len() == 7)
        .and_then(|first| first.checked_add_months(Months::new(1)))
        .and_then(|next| next.pred_opt())
        .ok_or_else(|| {
            EngineError::refused(format!("`{month}` is no month; write it like 2026-10"))
        })
}

/// The closed months, oldest first.
pub async fn list(office: &Office) -> Result<Vec<ClosedRow>, EngineError> {
    let mut tx = office.db.read().await?;
    let rows = tx.closed_months().await?;
    tx.rollback().await?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::last_day;

    #[test]
    fn a_month_ends_on_its_last_day_and_what_is_none_is_refused() {
        let ends = |month: &str| last_day(month).map(|day| day.to_string()).ok();
        assert_eq!(ends("2026-10").as_deref(), Some("2026-10-31"));
        assert_eq!(ends("2028-02").as_deref(), Some("2028-02-29"));
        for wrong in ["2026-13", "2026-1", "october", "2026-10-01", ""] {
            assert_eq!(ends(wrong), None, "{wrong}");
        }
    }
}
