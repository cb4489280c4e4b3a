//! Versions of the policy, and from when each holds.

use super::row::row;
use super::{Arg, StoreError, Tx};
use chrono::NaiveDate;

const ADD: &str = "
    INSERT INTO policy_version (version, valid_from, content, by_whom, why, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6)";
const ALL: &str = "
    SELECT version, valid_from, content, by_whom, why, recorded_at FROM policy_version
     WHERE recorded_at <= $1 ORDER BY id";

/// Whoever notes a version looks at the others first, alone.
const ALONE: &str = "LOCK TABLE policy_version IN SHARE ROW EXCLUSIVE MODE";

row! {
    /// A version of the policy.
    #[derive(Debug, Clone)]
    pub struct PolicyRow {
        /// Its name: a hash of its content.
        pub version: String,
        /// From when it holds; the first holds from the beginning.
        pub valid_from: Option<NaiveDate>,
        /// JSON.
        pub content: String,
        /// Who.
        pub by_whom: String,
        /// Why.
        pub why: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

impl Tx {
    /// One writer of versions at a time.
    pub async fn lock_policies(&mut self) -> Result<(), StoreError> {
        self.lock_table(ALONE).await
    }

    /// Notes a version; of several for one day the last one holds.
    pub async fn add_policy(
        &mut self,
        version: &str,
        valid_from: Option<NaiveDate>,
        content: &str,
        by: &str,
        why: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Text(version),
            Arg::MaybeDay(valid_from),
            Arg::Text(content),
            Arg::Text(by),
            Arg::Text(why),
            Arg::Int(now),
        ];
        self.execute(ADD, &args).await.map(|_| ())
    }

    /// All versions known at an instant, in the order in which they were noted.
    pub async fn policies(&mut self, known_at: i64) -> Result<Vec<PolicyRow>, StoreError> {
        self.fetch(ALL, &[Arg::Int(known_at)]).await
    }
}
