//! What people said about coverage: anchors and accepted gaps.

use super::row::row;
use super::{Arg, StoreError, Tx};
use chrono::NaiveDate;

const ADD: &str = "
    INSERT INTO coverage_decision (bank_account_id, kind, day, until_day, amount_minor, by_whom, why, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const OF_ACCOUNT: &str = "
    SELECT kind, day, until_day, amount_minor, by_whom, why, recorded_at FROM coverage_decision
     WHERE bank_account_id = $1 ORDER BY id";

row! {
    /// An anchor, or a gap that was accepted.
    #[derive(Debug, Clone)]
    pub struct CoverageDecisionRow {
        /// `anchor` or `accept_gap`.
        pub kind: String,
        /// The day of the first opening; or the last day before the gap.
        pub day: NaiveDate,
        /// The first day after the gap.
        pub until_day: Option<NaiveDate>,
        /// The opening; or the difference.
        pub amount_minor: i64,
        /// Who.
        pub by_whom: String,
        /// Why.
        pub why: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

impl Tx {
    /// Notes an anchor (`until_day` none) or an accepted gap.
    #[expect(clippy::too_many_arguments, reason = "a row has that many columns")]
    pub async fn add_coverage_decision(
        &mut self,
        bank_account_id: i64,
        kind: &str,
        day: NaiveDate,
        until_day: Option<NaiveDate>,
        amount_minor: i64,
        by: &str,
        why: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Int(bank_account_id),
            Arg::Text(kind),
            Arg::Day(day),
            Arg::MaybeDay(until_day),
            Arg::Int(amount_minor),
            Arg::Text(by),
            Arg::Text(why),
            Arg::Int(now),
        ];
        self.execute(ADD, &args).await.map(|_| ())
    }

    /// What people said about an account's coverage, oldest first.
    pub async fn coverage_decisions(
        &mut self,
        bank_account_id: i64,
    ) -> Result<Vec<CoverageDecisionRow>, StoreError> {
        self.fetch(OF_ACCOUNT, &[Arg::Int(bank_account_id)]).await
    }
}
