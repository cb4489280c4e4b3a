//! The facts of some students, as known at an instant.
//!
//! `$1` is a JSON list of ids, `$2` the instant: what was recorded later is not there.

use super::entries::{BY_IDS, EntryRow, SIGHTINGS};
use super::row::row;
use super::{Arg, Rows, StoreError, Together, Tx};
use chrono::NaiveDate;
use std::collections::BTreeSet;

const PERSONS: &str = "
    SELECT p.id, p.external_id, COALESCE((
             SELECT v.album FROM student_version v
              WHERE v.person_id = p.id AND v.recorded_at <= $2
              ORDER BY v.valid_from DESC, v.as_of_day DESC, v.as_of_millis DESC LIMIT 1), '') AS album
      FROM person p
     WHERE p.id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
     ORDER BY p.external_id";
const RECEIVABLES: &str = "
    SELECT id, external_id, person_id, kind, category, currency
      FROM receivable
     WHERE person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) AND recorded_at <= $2
     ORDER BY external_id";
const VERSIONS: &str = "
    SELECT v.receivable_id, v.as_of_day, v.as_of_millis, v.opening, v.amount_minor, v.published_on,
           v.nominal_due_on
      FROM receivable_version v
      JOIN receivable r ON r.id = v.receivable_id
     WHERE r.person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) AND v.recorded_at <= $2
     ORDER BY v.receivable_id, v.as_of_day, v.as_of_millis";
const OPENING_CREDITS: &str = "
    SELECT id, external_id, person_id, currency, category, amount_minor, credited_on
      FROM opening_credit
     WHERE person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) AND recorded_at <= $2
     ORDER BY external_id";
const SHARES: &str = "
    SELECT i.entry_id, i.part, i.person_id, i.amount_minor, COALESCE(v.category, '') AS category
      FROM identification i
      LEFT JOIN virtual_account v ON v.nrb = i.nrb
     WHERE i.person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
       AND i.outcome = 'student' AND i.recorded_at <= $2
       AND NOT EXISTS (SELECT 1 FROM identification j
                        WHERE j.entry_id = i.entry_id AND j.seq > i.seq AND j.recorded_at <= $2)
     ORDER BY i.entry_id, i.part";
const TAKEN_BACK: &str = "
    SELECT i.entry_id, i.other_entry_id AS credit_id
      FROM identification i
     WHERE i.other_entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
       AND i.outcome = 'reversal' AND i.recorded_at <= $2
       AND NOT EXISTS (SELECT 1 FROM identification j
                        WHERE j.entry_id = i.entry_id AND j.seq > i.seq AND j.recorded_at <= $2)
     ORDER BY i.entry_id";

const SPLIT: &str = "
    SELECT i.entry_id, i.part, i.person_id, i.amount_minor, '' AS category
      FROM identification i
     WHERE i.entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
       AND i.outcome = 'student' AND i.recorded_at <= $2
       AND NOT EXISTS (SELECT 1 FROM identification j
                        WHERE j.entry_id = i.entry_id AND j.seq > i.seq AND j.recorded_at <= $2)
     ORDER BY i.entry_id, i.part";

/// The columns of a decision that is a fact: approved where that is needed, and not revoked.
macro_rules! decisions_where {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.kind, d.person_id, d.other_person_id, d.receivable_id, d.entry_id,
                    d.other_entry_id, d.amount_minor, d.acts_on, d.day, d.detail
               FROM decision d
              WHERE d.recorded_at <= $2
                AND NOT EXISTS (SELECT 1 FROM decision_revocation r
                                 WHERE r.decision_id = d.id AND r.recorded_at <= $2)
                AND (d.needs_second = 0 OR EXISTS (SELECT 1 FROM decision_approval a
                                 WHERE a.decision_id = d.id AND a.recorded_at <= $2)) AND ",
            $rest,
            " ORDER BY d.acts_on, d.id"
        )
    };
}

const DECISIONS_ON_FEES: &str =
    decisions_where!("d.receivable_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))");
const DECISIONS_ON_ENTRIES: &str =
    decisions_where!("d.entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))");
const REFUNDS: &str = decisions_where!(
    "d.kind = 'refund' AND d.id IN (SELECT p.decision_id FROM decision_part p
        WHERE p.entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)))"
);
pub(super) const MERGES: &str = decisions_where!("d.kind = 'merge' AND $1 = $1");
const PARTS: &str = "
    SELECT decision_id, place, receivable_id, person_id, entry_id, amount_minor, due_on
      FROM decision_part
     WHERE decision_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) AND $2 = $2
     ORDER BY decision_id, place";
const REFUND_DAYS: &str = "
    SELECT i.decision_id, i.outcome, e.crediting_date
      FROM identification i
      JOIN entry e ON e.id = i.entry_id
     WHERE i.decision_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
       AND i.outcome IN ('refund', 'refund_returned') AND i.recorded_at <= $2
       AND EXISTS (SELECT 1 FROM entry x JOIN statement y ON y.id = x.statement_id
                    WHERE (x.id = e.id OR x.same_as = e.id) AND x.recorded_at <= $2
                      AND y.status IN ('published', 'known'))
       AND NOT EXISTS (SELECT 1 FROM identification j
                        WHERE j.entry_id = i.entry_id AND j.seq > i.seq AND j.recorded_at <= $2)
     ORDER BY i.decision_id, i.entry_id";

row! {
    /// A student.
    #[derive(Debug, Clone)]
    pub struct PersonRow {
        /// Row id.
        pub id: i64,
        /// The student system's id.
        pub external_id: String,
        /// The newest album.
        pub album: String,
    }
}
row! {
    /// A fee.
    #[derive(Debug, Clone)]
    pub struct ReceivableRow {
        /// Row id.
        pub id: i64,
        /// The student system's id.
        pub external_id: String,
        /// Whose.
        pub person_id: i64,
        /// Kind of fee.
        pub kind: String,
        /// Category.
        pub category: String,
        /// ISO 4217 code.
        pub currency: String,
    }
}
row! {
    /// A fee as one export had it.
    #[derive(Debug, Clone)]
    pub struct VersionRow {
        /// The fee.
        pub receivable_id: i64,
        /// The export's day.
        pub as_of_day: NaiveDate,
        /// Milliseconds into that day.
        pub as_of_millis: i64,
        /// Loaded at go-live.
        pub opening: i64,
        /// Minor units.
        pub amount_minor: i64,
        /// Published.
        pub published_on: NaiveDate,
        /// The due date as written.
        pub nominal_due_on: NaiveDate,
    }
}
row! {
    /// Money on account at go-live.
    #[derive(Debug, Clone)]
    pub struct OpeningCreditRow {
        /// Row id.
        pub id: i64,
        /// Its id in the file.
        pub external_id: String,
        /// Whose.
        pub person_id: i64,
        /// ISO 4217 code.
        pub currency: String,
        /// Category.
        pub category: String,
        /// Minor units.
        pub amount_minor: i64,
        /// The day that counts.
        pub credited_on: NaiveDate,
    }
}
row! {
    /// What of an entry is whose.
    #[derive(Debug, Clone)]
    pub struct ShareRow {
        /// The entry.
        pub entry_id: i64,
        /// Which part of it.
        pub part: i64,
        /// Whose.
        pub person_id: i64,
        /// Minor units.
        pub amount_minor: i64,
        /// Category of the virtual account.
        pub category: String,
    }
}
row! {
    /// A reversal attached to a credit.
    #[derive(Debug, Clone)]
    pub struct TakenBackRow {
        /// The reversal.
        pub entry_id: i64,
        /// The credit.
        pub credit_id: i64,
    }
}
row! {
    /// A decision that is a fact.
    #[derive(Debug, Clone)]
    pub struct DecisionRow {
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
    }
}
row! {
    /// A part of a decision.
    #[derive(Debug, Clone)]
    pub struct PartRow {
        /// The decision.
        pub decision_id: i64,
        /// Its place.
        pub place: i64,
        /// A fee.
        pub receivable_id: Option<i64>,
        /// A student.
        pub person_id: Option<i64>,
        /// A credit.
        pub entry_id: Option<i64>,
        /// Minor units.
        pub amount_minor: Option<i64>,
        /// A day.
        pub due_on: Option<NaiveDate>,
    }
}
row! {
    /// The bank's debit of a refund, or its return.
    #[derive(Debug, Clone)]
    pub struct RefundDayRow {
        /// The decision.
        pub decision_id: i64,
        /// `refund` or `refund_returned`.
        pub outcome: String,
        /// The day.
        pub crediting_date: NaiveDate,
    }
}

/// Everything that is stored about some students, in rows.
#[derive(Debug, Default)]
pub struct FactRows {
    /// The students.
    pub persons: Vec<PersonRow>,
    /// The merges in which they ended.
    pub merges: Vec<DecisionRow>,
    /// Their fees.
    pub receivables: Vec<ReceivableRow>,
    /// What exports said.
    pub versions: Vec<VersionRow>,
    /// What people decided about fees and credits.
    pub decisions: Vec<DecisionRow>,
    /// Refunds of their credits.
    pub refunds: Vec<DecisionRow>,
    /// The parts of those decisions.
    pub parts: Vec<PartRow>,
    /// When refunds left and came back.
    pub refund_days: Vec<RefundDayRow>,
    /// Money on account at go-live.
    pub opening: Vec<OpeningCreditRow>,
    /// What of which entry is theirs.
    pub shares: Vec<ShareRow>,
    /// The entries, further sightings included; credits and their reversals.
    pub entries: Vec<EntryRow>,
    /// Which reversal takes which credit back.
    pub taken_back: Vec<TakenBackRow>,
    /// All parts of the credits that are taken back, other students' too.
    pub split: Vec<ShareRow>,
}

impl Tx {
    /// All merges that are facts at an instant.
    pub async fn merges(&mut self, known_at: i64) -> Result<Vec<DecisionRow>, StoreError> {
        self.fetch(MERGES, &[Arg::Text("[]"), Arg::Int(known_at)])
            .await
    }

    /// The parts of decisions.
    pub async fn decision_parts(&mut self, ids: &[i64]) -> Result<Vec<PartRow>, StoreError> {
        self.of(PARTS, ids, i64::MAX).await
    }

    /// Everything stored about these students at an instant.
    pub async fn facts_of(
        &mut self,
        persons: &[i64],
        known_at: i64,
    ) -> Result<FactRows, StoreError> {
        let known = Arg::Int(known_at);
        let ids = Rows::of_each(persons)?;
        let of_persons = [ids.arg(), known];
        let mut asked = Together::default();
        let receivables = asked.add::<ReceivableRow>(RECEIVABLES, &of_persons);
        let opening = asked.add::<OpeningCreditRow>(OPENING_CREDITS, &of_persons);
        let shares = asked.add::<ShareRow>(SHARES, &of_persons);
        let students = asked.add::<PersonRow>(PERSONS, &of_persons);
        let versions = asked.add::<VersionRow>(VERSIONS, &of_persons);
        let merges = asked.add::<DecisionRow>(MERGES, &of_persons);
        let mut told = self.together(&asked).await?;
        let mut rows = FactRows {
            receivables: told.take(receivables)?,
            opening: told.take(opening)?,
            shares: told.take(shares)?,
            persons: told.take(students)?,
            versions: told.take(versions)?,
            merges: told.take(merges)?,
            ..FactRows::default()
        };
        let among: BTreeSet<i64> = persons.iter().copied().collect();
        (rows.merges).retain(|row| row.person_id.is_some_and(|id| among.contains(&id)));
        self.facts_behind(&mut rows, known_at).await?;
        Ok(rows)
    }

    /// Adds what hangs on fees and credits, and what hangs on that.
    async fn facts_behind(&mut self, rows: &mut FactRows, known_at: i64) -> Result<(), StoreError> {
        let known = Arg::Int(known_at);
        let fees = Rows::of_each(rows.receivables.iter().map(|row| row.id))?;
        let mut credits: Vec<i64> = rows.shares.iter().map(|row| row.entry_id).collect();
        credits.dedup();
        let lines = Rows::of_each(&credits)?;
        credits.extend(rows.opening.iter().map(|row| -row.id));
        let credits = Rows::of_each(&credits)?;
        let mut asked = Together::default();
        let on_fees = asked.add::<DecisionRow>(DECISIONS_ON_FEES, &[fees.arg(), known]);
        let on_entries = asked.add::<DecisionRow>(DECISIONS_ON_ENTRIES, &[credits.arg(), known]);
        let refunds = asked.add::<DecisionRow>(REFUNDS, &[credits.arg(), known]);
        let taken_back = asked.add::<TakenBackRow>(TAKEN_BACK, &[lines.arg(), known]);
        let entries = asked.add::<EntryRow>(BY_IDS, &[lines.arg()]);
        let sightings = asked.add::<EntryRow>(SIGHTINGS, &[lines.arg()]);
        let mut told = self.together(&asked).await?;
        rows.decisions = told.take(on_fees)?;
        rows.decisions.extend(told.take(on_entries)?);
        rows.refunds = told.take(refunds)?;
        rows.taken_back = told.take(taken_back)?;
        rows.entries = told.take(entries)?;
        rows.entries.extend(told.take(sightings)?);

        if !(rows.decisions.is_empty() && rows.refunds.is_empty() && rows.taken_back.is_empty()) {
            let refunds = Rows::of_each(rows.refunds.iter().map(|row| row.id))?;
            let decisions = rows.decisions.iter().chain(&rows.refunds);
            let decisions = Rows::of_each(decisions.map(|row| row.id))?;
            let reversed = Rows::of_each(rows.taken_back.iter().map(|row| row.credit_id))?;
            let reversals = Rows::of_each(rows.taken_back.iter().map(|row| row.entry_id))?;
            let mut asked = Together::default();
            let parts = asked.add::<PartRow>(PARTS, &[decisions.arg(), known]);
            let days = asked.add::<RefundDayRow>(REFUND_DAYS, &[refunds.arg(), known]);
            let split = asked.add::<ShareRow>(SPLIT, &[reversed.arg(), known]);
            let entries = asked.add::<EntryRow>(BY_IDS, &[reversals.arg()]);
            let sightings = asked.add::<EntryRow>(SIGHTINGS, &[reversals.arg()]);
            let mut told = self.together(&asked).await?;
            rows.parts = told.take(parts)?;
            rows.refund_days = told.take(days)?;
            rows.split = told.take(split)?;
            rows.entries.extend(told.take(entries)?);
            rows.entries.extend(told.take(sightings)?);
        }
        rows.entries.retain(|row| row.recorded_at <= known_at);
        Ok(())
    }

    async fn of<T: super::Fetch>(
        &mut self,
        sql: &'static str,
        ids: &[i64],
        known_at: i64,
    ) -> Result<Vec<T>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids = Rows::of(ids.iter().map(|id| (id,)))?;
        self.fetch(sql, &[ids.arg(), Arg::Int(known_at)]).await
    }
}
