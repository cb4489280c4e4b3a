//! What lookups of many students ask at once.

use super::row::row;
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;
use sha2::{Digest, Sha256};

const LAGS_OF_MANY: &str = "
    SELECT i.person_id, e.order_date, e.crediting_date, COUNT(*)
      FROM identification i
      JOIN entry e ON e.id = i.entry_id
     WHERE i.person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
       AND i.outcome = 'student'
       AND e.order_date IS NOT NULL AND e.crediting_date >= $2 AND e.amount_minor > 0
       AND NOT EXISTS (SELECT 1 FROM identification j WHERE j.entry_id = i.entry_id AND j.seq > i.seq)
     GROUP BY i.person_id, e.order_date, e.crediting_date ORDER BY 1, 2, 3";
const WORDS_OF: &str = "
    SELECT d.id, d.kind, r.person_id, r.external_id AS fee, d.day, d.amount_minor, d.why, d.acts_on,
           d.recorded_at, (SELECT a.name FROM attachment a WHERE a.decision_id = d.id) AS attachment
      FROM decision d
      JOIN receivable r ON r.id = d.receivable_id
     WHERE r.person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
       AND d.kind IN ('claim', 'dispute', 'deferral', 'instalments')
       AND NOT EXISTS (SELECT 1 FROM decision_revocation x WHERE x.decision_id = d.id)
       AND (d.needs_second = 0
            OR EXISTS (SELECT 1 FROM decision_approval y WHERE y.decision_id = d.id))
     ORDER BY d.id";
const CASES_ABOUT: &str = "
    SELECT c.id, c.kind, c.subject, c.causes, c.state, c.outcome, c.deadline, c.closed_on
      FROM desk_case c
     WHERE c.kind IN ('claim_not_found', 'dispute', 'deferral', 'instalments')
       AND c.subject IN (SELECT value->>0 FROM json_each($1))
     ORDER BY c.id";

const EXTERNAL_IDS: &str = "
    SELECT external_id FROM person
     WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) ORDER BY id";
const ATTACHMENT_ADD: &str = "
    INSERT INTO attachment (decision_id, name, media_type, size_bytes, sha256, content, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const ATTACHMENT: &str = "SELECT name, media_type, content FROM attachment WHERE decision_id = $1";

/// A confirmation to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewAttachment<'a> {
    /// The decision's number.
    pub decision: i64,
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub media_type: &'a str,
    /// Its bytes.
    pub content: &'a [u8],
}

row! {
    /// What a student said about a fee.
    #[derive(Debug, Clone)]
    pub struct WordRow {
        /// The decision's number.
        pub id: i64,
        /// `claim`, `dispute`, `deferral`, `instalments`.
        pub kind: String,
        /// Whose fee.
        pub person_id: i64,
        /// The fee.
        pub fee: String,
        /// The day of payment, or the last day of the pause.
        pub day: Option<NaiveDate>,
        /// What was paid, as the student says; minor units.
        pub amount_minor: Option<i64>,
        /// In the student's words.
        pub why: String,
        /// When it was said.
        pub acts_on: NaiveDate,
        /// Milliseconds.
        pub recorded_at: i64,
        /// The name of the confirmation, where there is one.
        pub attachment: Option<String>,
    }
}
row! {
    /// A case about what a student said.
    #[derive(Debug, Clone)]
    pub struct WordCaseRow {
        /// Row id; also what people call it.
        pub id: i64,
        /// What it is about.
        pub kind: String,
        /// The fee.
        pub subject: String,
        /// The facts behind it: a JSON object by decision.
        pub causes: String,
        /// `new`, `open`, `waiting` for the student, `resolved`, `closed`.
        pub state: String,
        /// What came of it.
        pub outcome: String,
        /// Until when somebody should have acted.
        pub deadline: NaiveDate,
        /// When it ended.
        pub closed_on: Option<NaiveDate>,
    }
}

impl Tx {
    /// When transfers of these persons were ordered and credited, and how many, since a day: rows are
    /// (person, ordered, credited, transfers).
    pub async fn lags_of_many(
        &mut self,
        persons: &[i64],
        since: NaiveDate,
    ) -> Result<Vec<(i64, NaiveDate, NaiveDate, i64)>, StoreError> {
        let persons = Rows::of(persons.iter().map(|id| (id,)))?;
        self.fetch(LAGS_OF_MANY, &[persons.arg(), Arg::Day(since)])
            .await
    }

    /// What these persons said about their fees, oldest first.
    pub async fn words_of(&mut self, persons: &[i64]) -> Result<Vec<WordRow>, StoreError> {
        let persons = Rows::of(persons.iter().map(|id| (id,)))?;
        self.fetch(WORDS_OF, &[persons.arg()]).await
    }

    /// The student system's ids of persons.
    pub async fn external_ids(&mut self, persons: &[i64]) -> Result<Vec<String>, StoreError> {
        let persons = Rows::of(persons.iter().map(|id| (id,)))?;
        let found: Vec<(String,)> = self.fetch(EXTERNAL_IDS, &[persons.arg()]).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }

    /// Keeps a confirmation.
    pub async fn add_attachment(
        &mut self,
        new: &NewAttachment<'_>,
        now: i64,
    ) -> Result<(), StoreError> {
        let sha256 = format!("{:x}", Sha256::digest(new.content));
        let args = [
            Arg::Int(new.decision),
            Arg::Text(new.name),
            Arg::Text(new.media_type),
            Arg::Int(i64::try_from(new.content.len()).unwrap_or(i64::MAX)),
            Arg::Text(&sha256),
            Arg::Bytes(new.content),
            Arg::Int(now),
        ];
        self.execute(ATTACHMENT_ADD, &args).await.map(|_| ())
    }

    /// A confirmation: name, kind, bytes.
    pub async fn attachment(
        &mut self,
        decision: i64,
    ) -> Result<Option<(String, String, Vec<u8>)>, StoreError> {
        self.first(ATTACHMENT, &[Arg::Int(decision)]).await
    }

    /// The cases about what was said about these fees, oldest first.
    pub async fn cases_about(&mut self, fees: &[String]) -> Result<Vec<WordCaseRow>, StoreError> {
        let fees = Rows::of(fees.iter().map(|fee| (fee,)))?;
        self.fetch(CASES_ABOUT, &[fees.arg()]).await
    }
}
