//! What people decided, who approved it and who took it back.

use super::facts::{DecisionRow, PartRow};
use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;

const ADD: &str = "
    INSERT INTO decision (kind, person_id, other_person_id, receivable_id, entry_id, other_entry_id,
        amount_minor, acts_on, day, detail, needs_second, by_whom, why, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    RETURNING id";
const PART_ADD: &str = given!("
    INSERT INTO decision_part (decision_id, place, receivable_id, person_id, entry_id, amount_minor, due_on)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT),
           CAST(value->>3 AS BIGINT), CAST(value->>4 AS BIGINT), CAST(value->>5 AS BIGINT), date(value->>6)
      FROM given");
const APPROVE: &str = "
    INSERT INTO decision_approval (decision_id, by_whom, recorded_at) VALUES ($1, $2, $3)
    ON CONFLICT (decision_id) DO NOTHING";
const REVOKE: &str = "
    INSERT INTO decision_revocation (decision_id, by_whom, why, recorded_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (decision_id) DO NOTHING";

/// The columns of a decision with what became of it; a query adds what it wants.
macro_rules! decided {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.kind, d.person_id, d.other_person_id, d.receivable_id, d.entry_id,
                    d.other_entry_id, d.amount_minor, d.acts_on, d.day, d.detail, d.needs_second,
                    d.by_whom, d.why, d.recorded_at, a.by_whom AS approved_by, r.by_whom AS revoked_by
               FROM decision d
               LEFT JOIN decision_approval a ON a.decision_id = d.id
               LEFT JOIN decision_revocation r ON r.decision_id = d.id ",
            $rest
        )
    };
}

const BY_ID: &str = decided!("WHERE d.id = $1");
const ALL: &str = decided!("ORDER BY d.id");
/// What is about persons or their fees, in one part or in all.
const OF_PERSONS: &str = decided!(
    "WHERE d.id IN (
        WITH who AS (SELECT CAST(value->>0 AS BIGINT) AS id FROM json_each($1))
        SELECT id FROM decision WHERE person_id IN (SELECT id FROM who)
        UNION
        SELECT id FROM decision WHERE kind = 'merge' AND other_person_id IN (SELECT id FROM who)
        UNION
        SELECT id FROM decision
         WHERE receivable_id IN (SELECT f.id FROM receivable f WHERE f.person_id IN (SELECT id FROM who))
        UNION
        SELECT decision_id AS id FROM decision_part WHERE person_id IN (SELECT id FROM who))
     ORDER BY d.id"
);
const ON_ENTRIES: &str = decided!(
    "WHERE d.entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) ORDER BY d.id"
);
const ABOUT: &str = "
    WITH wanted AS (SELECT CAST(value->>0 AS BIGINT) AS id FROM json_each($1)),
         about AS (
            SELECT id FROM decision
             WHERE entry_id IN (SELECT id FROM wanted) OR other_entry_id IN (SELECT id FROM wanted)
            UNION
            SELECT decision_id AS id FROM decision_part WHERE entry_id IN (SELECT id FROM wanted))
    SELECT COUNT(*) FROM about a
     WHERE NOT EXISTS (SELECT 1 FROM decision_revocation r WHERE r.decision_id = a.id)";
const OF_KIND: &str = decided!("WHERE d.kind = $1 AND r.decision_id IS NULL ORDER BY d.id");
const STANDING_RULES: &str = decided!(
    "WHERE d.kind = 'standing_rule' AND r.decision_id IS NULL
       AND (d.needs_second = 0 OR a.decision_id IS NOT NULL) ORDER BY d.id"
);
const OPEN_REFUNDS: &str = decided!(
    "WHERE d.kind = 'refund' AND r.decision_id IS NULL
       AND (d.needs_second = 0 OR a.decision_id IS NOT NULL) ORDER BY d.acts_on, d.id"
);

row! {
    /// A decision with what became of it.
    #[derive(Debug, Clone)]
    pub struct DecidedRow {
        /// Row id.
        pub id: i64,
        /// Kind.
        pub kind: String,
        /// Whose.
        pub person_id: Option<i64>,
        /// The survivor of a merge.
        pub other_person_id: Option<i64>,
        /// Which fee.
        pub receivable_id: Option<i64>,
        /// Which entry.
        pub entry_id: Option<i64>,
        /// The credit of a reversal.
        pub other_entry_id: Option<i64>,
        /// Minor units.
        pub amount_minor: Option<i64>,
        /// From this day it acts.
        pub acts_on: NaiveDate,
        /// A date that was decided.
        pub day: Option<NaiveDate>,
        /// A word that was decided.
        pub detail: String,
        /// Whether a second person is needed.
        pub needs_second: i64,
        /// Who.
        pub by_whom: String,
        /// Why.
        pub why: String,
        /// Milliseconds.
        pub recorded_at: i64,
        /// The second person.
        pub approved_by: Option<String>,
        /// Who took it back.
        pub revoked_by: Option<String>,
    }
}

impl DecidedRow {
    /// Approved where that is needed, and not taken back.
    pub fn is_fact(&self) -> bool {
        self.revoked_by.is_none() && (self.needs_second == 0 || self.approved_by.is_some())
    }
}

/// A decision to be noted.
#[derive(Debug, Clone)]
pub struct NewDecision {
    /// The decision; its id is not looked at.
    pub row: DecisionRow,
    /// Its parts; their decision is not looked at.
    pub parts: Vec<PartRow>,
    /// Whether it becomes a fact only when somebody else approves.
    pub needs_second: bool,
    /// Who.
    pub by_whom: String,
    /// Why.
    pub why: String,
}

impl Tx {
    /// Notes a decision; tells its id.
    pub async fn add_decision(&mut self, new: &NewDecision, now: i64) -> Result<i64, StoreError> {
        let row = &new.row;
        let args = [
            Arg::Text(&row.kind),
            Arg::MaybeInt(row.person_id),
            Arg::MaybeInt(row.other_person_id),
            Arg::MaybeInt(row.receivable_id),
            Arg::MaybeInt(row.entry_id),
            Arg::MaybeInt(row.other_entry_id),
            Arg::MaybeInt(row.amount_minor),
            Arg::Day(row.acts_on),
            Arg::MaybeDay(row.day),
            Arg::Text(&row.detail),
            Arg::Int(i64::from(new.needs_second)),
            Arg::Text(&new.by_whom),
            Arg::Text(&new.why),
            Arg::Int(now),
        ];
        let (id,): (i64,) = self.one(ADD, &args).await?;
        if !new.parts.is_empty() {
            let parts = new.parts.iter().zip(0i64..).map(|(part, place)| {
                (
                    id,
                    place,
                    part.receivable_id,
                    part.person_id,
                    part.entry_id,
                    part.amount_minor,
                    part.due_on,
                )
            });
            let parts = Rows::of(parts)?;
            self.execute(PART_ADD, &[parts.arg()]).await?;
        }
        Ok(id)
    }

    /// Notes a second person's word; false where there was one already.
    pub async fn approve_decision(
        &mut self,
        id: i64,
        by: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        Ok(self
            .execute(APPROVE, &[Arg::Int(id), Arg::Text(by), Arg::Int(now)])
            .await?
            > 0)
    }

    /// Takes a decision back; false where that was done already.
    pub async fn revoke_decision(
        &mut self,
        id: i64,
        by: &str,
        why: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        Ok(self
            .execute(
                REVOKE,
                &[Arg::Int(id), Arg::Text(by), Arg::Text(why), Arg::Int(now)],
            )
            .await?
            > 0)
    }

    /// One decision.
    pub async fn decision(&mut self, id: i64) -> Result<Option<DecidedRow>, StoreError> {
        self.first(BY_ID, &[Arg::Int(id)]).await
    }

    /// All decisions, oldest first.
    pub async fn decisions(&mut self) -> Result<Vec<DecidedRow>, StoreError> {
        self.fetch(ALL, &[]).await
    }

    /// Those about these persons and their fees, oldest first.
    pub async fn decisions_of(&mut self, persons: &[i64]) -> Result<Vec<DecidedRow>, StoreError> {
        let persons = Rows::of_each(persons)?;
        self.fetch(OF_PERSONS, &[persons.arg()]).await
    }

    /// Decisions on entries, oldest first, those taken back included.
    pub async fn decisions_on_entries(
        &mut self,
        entries: &[i64],
    ) -> Result<Vec<DecidedRow>, StoreError> {
        let ids = Rows::of(entries.iter().map(|id| (id,)))?;
        self.fetch(ON_ENTRIES, &[ids.arg()]).await
    }

    /// Whether any decision speaks of one of these entries, be it a fact or waiting for a second
    /// person.
    pub async fn is_decided_about(&mut self, entries: &[i64]) -> Result<bool, StoreError> {
        if entries.is_empty() {
            return Ok(false);
        }
        let ids = Rows::of(entries.iter().map(|id| (id,)))?;
        let (found,): (i64,) = self.one(ABOUT, &[ids.arg()]).await?;
        Ok(found > 0)
    }

    /// Decisions of a kind that were not taken back, oldest first.
    pub async fn decisions_of_kind(&mut self, kind: &str) -> Result<Vec<DecidedRow>, StoreError> {
        self.fetch(OF_KIND, &[Arg::Text(kind)]).await
    }

    /// Standing rules: `detail` is the payer's account; its student, or none for money that is
    /// nobody's.
    pub async fn standing_rules(&mut self) -> Result<Vec<DecidedRow>, StoreError> {
        self.fetch(STANDING_RULES, &[]).await
    }

    /// Refunds that are facts: `detail` is the account to which the money goes.
    pub async fn refunds(&mut self) -> Result<Vec<DecidedRow>, StoreError> {
        self.fetch(OPEN_REFUNDS, &[]).await
    }
}
