//! Other systems that are told of each change of a settlement.

use super::row::row;
use super::{Arg, StoreError, Tx};

const ADD: &str = "
    INSERT INTO webhook (name, address, secret, inside, told_through, failures, next_at, why, by_whom,
        recorded_at)
    VALUES ($1, $2, $3, $4, $5, 0, $6, '', $7, $6) ON CONFLICT DO NOTHING";
const ALL: &str = "
    SELECT id, name, address, secret, inside, told_through, failures, next_at, why, by_whom, recorded_at
      FROM webhook WHERE ended_at IS NULL ORDER BY id";
const END: &str = "
    UPDATE webhook SET ended_at = $2, secret = '' WHERE name = $1 AND ended_at IS NULL";
const REWIND: &str = "
    UPDATE webhook SET told_through = $2, failures = 0, next_at = 0, why = ''
     WHERE name = $1 AND ended_at IS NULL";
/// Not where somebody wound it back meanwhile.
const TOLD: &str = "
    UPDATE webhook SET told_through = $3, failures = 0, next_at = 0, why = ''
     WHERE id = $1 AND told_through = $2 AND ended_at IS NULL";
const FAILED: &str = "
    UPDATE webhook SET failures = failures + 1, next_at = $2, why = $3 WHERE id = $1";
const LAST: &str = "SELECT CAST(COALESCE(MAX(seq), 0) AS BIGINT) FROM allocation";

row! {
    /// Another system that is told.
    #[derive(Clone, PartialEq, Eq)]
    pub struct WebhookRow {
        /// Row id.
        pub id: i64,
        /// What it is called.
        pub name: String,
        /// Where it is.
        pub address: String,
        /// Signs what it is told; sealed.
        pub secret: String,
        /// 1 where it may stand inside the house.
        pub inside: i64,
        /// It was told all up to this change.
        pub told_through: i64,
        /// How often in a row it did not take it.
        pub failures: i64,
        /// Not to be told before; milliseconds.
        pub next_at: i64,
        /// Why it did not take it.
        pub why: String,
        /// Who added it.
        pub by_whom: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

/// Another system to be told.
#[derive(Clone, Copy)]
pub struct NewWebhook<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Where it is.
    pub address: &'a str,
    /// Signs what it is told; sealed.
    pub secret: &'a str,
    /// Whether it may stand inside the house.
    pub inside: bool,
    /// What it knows already.
    pub told_through: i64,
    /// Who adds it.
    pub by: &'a str,
}

impl Tx {
    /// Adds one; false where one of that name is told already.
    pub async fn add_webhook(
        &mut self,
        new: &NewWebhook<'_>,
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Text(new.name),
            Arg::Text(new.address),
            Arg::Text(new.secret),
            Arg::Int(i64::from(new.inside)),
            Arg::Int(new.told_through),
            Arg::Int(now),
            Arg::Text(new.by),
        ];
        Ok(self.execute(ADD, &args).await? > 0)
    }

    /// All that are told, oldest first.
    pub async fn webhooks(&mut self) -> Result<Vec<WebhookRow>, StoreError> {
        self.fetch(ALL, &[]).await
    }

    /// One is told no more; false where there is none of that name.
    pub async fn end_webhook(&mut self, name: &str, now: i64) -> Result<bool, StoreError> {
        let args = [Arg::Text(name), Arg::Int(now)];
        Ok(self.execute(END, &args).await? > 0)
    }

    /// One is told again from a change on; false where there is none of that name.
    pub async fn rewind_webhook(&mut self, name: &str, to: i64) -> Result<bool, StoreError> {
        let args = [Arg::Text(name), Arg::Int(to)];
        Ok(self.execute(REWIND, &args).await? > 0)
    }

    /// One took all between two changes.
    pub async fn webhook_told(&mut self, id: i64, from: i64, to: i64) -> Result<(), StoreError> {
        let args = [Arg::Int(id), Arg::Int(from), Arg::Int(to)];
        self.execute(TOLD, &args).await.map(|_| ())
    }

    /// One did not take it.
    pub async fn webhook_failed(
        &mut self,
        id: i64,
        next_at: i64,
        why: &str,
    ) -> Result<(), StoreError> {
        let args = [Arg::Int(id), Arg::Int(next_at), Arg::Text(why)];
        self.execute(FAILED, &args).await.map(|_| ())
    }

    /// The newest change of a settlement.
    pub async fn last_allocation(&mut self) -> Result<i64, StoreError> {
        let found: Option<(i64,)> = self.first(LAST, &[]).await?;
        Ok(found.map_or(0, |(seq,)| seq))
    }
}
