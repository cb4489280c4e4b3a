//! What is kept of a statement while its lines are being written.

use super::row::given;
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;
use serde::de::DeserializeOwned;

const BEGIN: &str = "
    INSERT INTO recording (bank_account_id, statement_id, others, shared_days) VALUES ($1, $2, $3, $4)";
const TERMS: &str = "SELECT others, shared_days FROM recording WHERE statement_id = $1";
const OF_ACCOUNT: &str = "SELECT statement_id FROM recording WHERE bank_account_id = $1";
const ACCOUNTS: &str = "SELECT bank_account_id FROM recording ORDER BY bank_account_id";
const MARK: &str = given!(
    "
    INSERT INTO recording_mark (statement_id, person_id)
    SELECT DISTINCT $2, CAST(value->>0 AS BIGINT) FROM given
     WHERE true ON CONFLICT DO NOTHING"
);
const MARK_PUBLISHED: &str = "
    INSERT INTO settle_mark (person_id)
    SELECT person_id FROM recording_mark WHERE statement_id = $1 ORDER BY person_id";
const SEEN_ADD: &str = given!(
    "
    INSERT INTO recording_seen (statement_id, entry_id)
    SELECT DISTINCT $2, CAST(value->>0 AS BIGINT) FROM given
     WHERE true ON CONFLICT DO NOTHING"
);
const SEEN: &str = "SELECT entry_id FROM recording_seen WHERE statement_id = $1 ORDER BY entry_id";
const END: [&str; 3] = [
    "DELETE FROM recording_mark WHERE statement_id = $1",
    "DELETE FROM recording_seen WHERE statement_id = $1",
    "DELETE FROM recording WHERE statement_id = $1",
];

/// Statements that share days with one, and the days of which they hold every line; no days at all
/// are all of them.
pub type Terms = (Vec<i64>, Option<Vec<NaiveDate>>);

impl Tx {
    /// From now on a waiting statement's lines are written, and nobody sees them before the end. How
    /// its place was judged is kept.
    pub async fn begin_recording(
        &mut self,
        bank_account_id: i64,
        statement_id: i64,
        (others, shared_days): (&[i64], Option<&[NaiveDate]>),
    ) -> Result<(), StoreError> {
        let others = json(&others)?;
        let shared_days = shared_days.map(|days| json(&days)).transpose()?;
        let args = [
            Arg::Int(bank_account_id),
            Arg::Int(statement_id),
            Arg::Text(&others),
            Arg::MaybeText(shared_days.as_deref()),
        ];
        self.execute(BEGIN, &args).await.map(|_| ())
    }

    /// How its place was judged; nothing where its recording has ended.
    pub async fn recording_terms(
        &mut self,
        statement_id: i64,
    ) -> Result<Option<Terms>, StoreError> {
        let found: Option<(String, Option<String>)> =
            self.first(TERMS, &[Arg::Int(statement_id)]).await?;
        let Some((others, days)) = found else {
            return Ok(None);
        };
        let days = days.map(|days| of_json(&days)).transpose()?;
        Ok(Some((of_json(&others)?, days)))
    }

    /// Its lines are all written, or are never to be: what was noted for it is forgotten.
    pub async fn end_recording(&mut self, statement_id: i64) -> Result<(), StoreError> {
        for sql in END {
            self.execute(sql, &[Arg::Int(statement_id)]).await?;
        }
        Ok(())
    }

    /// The statement of an account whose lines are being written.
    pub async fn recording(&mut self, bank_account_id: i64) -> Result<Option<i64>, StoreError> {
        let found: Option<(i64,)> = self.first(OF_ACCOUNT, &[Arg::Int(bank_account_id)]).await?;
        Ok(found.map(|(id,)| id))
    }

    /// The accounts of which a statement is being written.
    pub async fn recordings(&mut self) -> Result<Vec<i64>, StoreError> {
        let found: Vec<(i64,)> = self.fetch(ACCOUNTS, &[]).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }

    /// Notes students who are to be marked when a statement that is being recorded is published.
    pub async fn mark_when_published(
        &mut self,
        statement_id: i64,
        persons: impl IntoIterator<Item = i64>,
    ) -> Result<(), StoreError> {
        let rows = Rows::of(persons.into_iter().map(|id| (id,)))?;
        let args = [rows.arg(), Arg::Int(statement_id)];
        self.execute(MARK, &args).await.map(|_| ())
    }

    /// Marks the students who were noted for a statement.
    pub async fn mark_published(&mut self, statement_id: i64) -> Result<(), StoreError> {
        self.execute(MARK_PUBLISHED, &[Arg::Int(statement_id)])
            .await
            .map(|_| ())
    }

    /// Notes entries of which a statement that is being recorded says more than was known.
    pub async fn note_seen(
        &mut self,
        statement_id: i64,
        entries: &[i64],
    ) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let rows = Rows::of(entries.iter().map(|id| (id,)))?;
        self.execute(SEEN_ADD, &[rows.arg(), Arg::Int(statement_id)])
            .await
            .map(|_| ())
    }

    /// Those that were noted.
    pub async fn seen(&mut self, statement_id: i64) -> Result<Vec<i64>, StoreError> {
        let found: Vec<(i64,)> = self.fetch(SEEN, &[Arg::Int(statement_id)]).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }
}

fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| damaged(&error))
}

fn of_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| damaged(&error))
}

fn damaged(error: &serde_json::Error) -> StoreError {
    StoreError::Inconsistent {
        table: "recording",
        what: error.to_string(),
    }
}
