//! Whose an entry is, or what it is.

use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;

const ADD: &str = given!("
    INSERT INTO identification (entry_id, seq, part, outcome, person_id, amount_minor, rule, reason,
        nrb, other_entry_id, decision_id, posted_on, recorded_at)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), value->>3,
           CAST(value->>4 AS BIGINT), CAST(value->>5 AS BIGINT), value->>6, value->>7, value->>8,
           CAST(value->>9 AS BIGINT), CAST(value->>10 AS BIGINT), date(value->>11), $2
      FROM given");

/// The identifications that hold; a query adds what it wants.
macro_rules! identified_where {
    ($rest:literal) => {
        concat!(
            "SELECT i.entry_id, i.seq, i.part, i.outcome, i.person_id, i.amount_minor, i.rule, i.reason,
                    i.nrb, i.other_entry_id, i.decision_id, i.posted_on, i.recorded_at
               FROM identification i
              WHERE NOT EXISTS (SELECT 1 FROM identification j WHERE j.entry_id = i.entry_id AND j.seq > i.seq)
                AND ",
            $rest,
            " ORDER BY i.entry_id, i.part"
        )
    };
}

const OF_ENTRIES: &str =
    identified_where!("i.entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))");
const IN_REVIEW: &str = identified_where!("i.outcome = 'review'");
const ATTACHED: &str = identified_where!("i.outcome IN ('reversal', 'refund', 'refund_returned')");
const ALL: &str = identified_where!("$1 = $1");
const OF_PERSONS: &str = "
    SELECT DISTINCT entry_id FROM identification
     WHERE person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) ORDER BY entry_id";

row! {
    /// What holds of an entry, or of a part of it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct IdentificationRow {
        /// The entry.
        pub entry_id: i64,
        /// The highest holds.
        pub seq: i64,
        /// Part of a split.
        pub part: i64,
        /// `student`, `review`, `not_student`, `reversal`, `refund`, `refund_returned`, `sweep`,
        /// `charge`, `other`, `detailed` (a lump that another statement tells in parts).
        pub outcome: String,
        /// Whose.
        pub person_id: Option<i64>,
        /// Minor units.
        pub amount_minor: i64,
        /// The rule.
        pub rule: String,
        /// In words.
        pub reason: String,
        /// The virtual account that told.
        pub nrb: Option<String>,
        /// The credit of a reversal.
        pub other_entry_id: Option<i64>,
        /// The decision.
        pub decision_id: Option<i64>,
        /// The accounting day.
        pub posted_on: NaiveDate,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

/// A conclusion to be written, in the order of the columns.
#[derive(Debug, Clone, Serialize)]
pub struct NewIdentification<'a>(
    /// Entry.
    pub i64,
    /// Seq.
    pub i64,
    /// Part.
    pub i64,
    /// Outcome.
    pub &'a str,
    /// Person.
    pub Option<i64>,
    /// Amount.
    pub i64,
    /// Rule.
    pub &'a str,
    /// Reason.
    pub &'a str,
    /// Number.
    pub Option<&'a str>,
    /// Other entry.
    pub Option<i64>,
    /// Decision.
    pub Option<i64>,
    /// Accounting day.
    pub NaiveDate,
);

impl Tx {
    /// Writes conclusions.
    pub async fn add_identifications(&mut self, rows: &Rows, now: i64) -> Result<(), StoreError> {
        self.execute(ADD, &[rows.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// What holds of these entries.
    pub async fn identifications(
        &mut self,
        entries: &[i64],
    ) -> Result<Vec<IdentificationRow>, StoreError> {
        let ids = Rows::of(entries.iter().map(|id| (id,)))?;
        self.fetch(OF_ENTRIES, &[ids.arg()]).await
    }

    /// What holds of every entry.
    pub async fn all_identifications(&mut self) -> Result<Vec<IdentificationRow>, StoreError> {
        self.fetch(ALL, &[Arg::Text("")]).await
    }

    /// What a person has to look at.
    pub async fn in_review(&mut self) -> Result<Vec<IdentificationRow>, StoreError> {
        self.fetch(IN_REVIEW, &[]).await
    }

    /// Reversals and refunds with what they belong to.
    pub async fn attached(&mut self) -> Result<Vec<IdentificationRow>, StoreError> {
        self.fetch(ATTACHED, &[]).await
    }

    /// Entries that are, or once were, these students'.
    pub async fn entries_ever_of(&mut self, persons: &[i64]) -> Result<Vec<i64>, StoreError> {
        let ids = Rows::of(persons.iter().map(|id| (id,)))?;
        Ok(self
            .fetch::<(i64,)>(OF_PERSONS, &[ids.arg()])
            .await?
            .into_iter()
            .map(|(id,)| id)
            .collect())
    }
}
