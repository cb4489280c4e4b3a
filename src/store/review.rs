//! What helps a person to decide: who pays from an account, who is named twice, what an entry once
//! was.

use super::facts::{OpeningCreditRow, ReceivableRow};
use super::identification::IdentificationRow;
use super::row::row;
use super::{Rows, StoreError, Tx};
use chrono::NaiveDate;

const PAID_FOR: &str = "
    SELECT DISTINCT e.counterparty_account AS account, i.person_id
      FROM entry e
      JOIN identification i ON i.entry_id = e.id
     WHERE e.counterparty_account IN (SELECT value->>0 FROM json_each($1))
       AND i.outcome = 'student' AND i.person_id IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM identification j WHERE j.entry_id = i.entry_id AND j.seq > i.seq)
       AND EXISTS (SELECT 1 FROM entry x JOIN statement s ON s.id = x.statement_id
                    WHERE (x.id = e.id OR x.same_as = e.id) AND s.status IN ('published', 'known'))
     ORDER BY 1, 2";
/// Lines that count, the first of each entry before its further sightings.
const PLACES: &str = "
    SELECT COALESCE(e.same_as, e.id) AS entry, e.crediting_date, e.crediting_source, e.public_id,
           s.bank_account_id, s.file_sha256
      FROM (SELECT id FROM entry WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
            UNION ALL
            SELECT id FROM entry WHERE same_as IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))) AS line
      JOIN entry e ON e.id = line.id
      JOIN statement s ON s.id = e.statement_id
     WHERE s.status IN ('published', 'known')
     ORDER BY CASE WHEN e.same_as IS NULL THEN 0 ELSE 1 END, e.id";
const WITH_ACCOUNTS: &str = "
    SELECT id, same_as FROM entry
     WHERE counterparty_account IN (SELECT value->>0 FROM json_each($1)) ORDER BY id";
const HISTORY: &str = "
    SELECT entry_id, seq, part, outcome, person_id, amount_minor, rule, reason, nrb, other_entry_id,
           decision_id, posted_on, recorded_at
      FROM identification
     WHERE entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
     ORDER BY entry_id, seq, part";
const ATTACHED_TO: &str = "
    SELECT entry_id, seq, part, outcome, person_id, amount_minor, rule, reason, nrb, other_entry_id,
           decision_id, posted_on, recorded_at
      FROM identification i
     WHERE other_entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
       AND outcome = 'reversal'
       AND NOT EXISTS (SELECT 1 FROM identification j WHERE j.entry_id = i.entry_id AND j.seq > i.seq)
     ORDER BY entry_id";
const OPENING_BY_ID: &str = "
    SELECT id, external_id, person_id, currency, category, amount_minor, credited_on
      FROM opening_credit
     WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) ORDER BY id";
const FEES_BY_ID: &str = "
    SELECT id, external_id, person_id, kind, category, currency
      FROM receivable
     WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) ORDER BY id";

/// Handed over, not taken back, and still in review.
const HANDED_OVER: &str = "
    SELECT d.id AS decision_id, d.entry_id, d.by_whom, d.why
      FROM decision d
      JOIN identification i ON i.entry_id = d.entry_id AND i.outcome = 'review'
      LEFT JOIN decision_revocation x ON x.decision_id = d.id
     WHERE d.kind = 'hand_over' AND x.decision_id IS NULL
       AND NOT EXISTS (SELECT 1 FROM identification j WHERE j.entry_id = i.entry_id AND j.seq > i.seq)
     ORDER BY d.id";
const WAS_HANDED_OVER: &str = "
    SELECT COUNT(*) FROM decision
     WHERE kind = 'hand_over'
       AND entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))";

row! {
    /// By what a list of entries is ordered, as one of their lines has it.
    #[derive(Debug, Clone)]
    pub struct PlaceRow {
        /// The entry.
        pub entry: i64,
        /// The day that counts.
        pub crediting_date: NaiveDate,
        /// Where that day comes from.
        pub crediting_source: String,
        /// What people call the line.
        pub public_id: String,
        /// The institution's account.
        pub bank_account_id: i64,
        /// The file.
        pub file_sha256: String,
    }
}
row! {
    /// A credit of which the office asks whose it is.
    #[derive(Debug, Clone)]
    pub struct HandedOverRow {
        /// The decision.
        pub decision_id: i64,
        /// The credit.
        pub entry_id: i64,
        /// Who asks.
        pub by_whom: String,
        /// What.
        pub why: String,
    }
}
row! {
    /// A student for whom an account has paid.
    #[derive(Debug, Clone)]
    pub struct PaidForRow {
        /// The payer's account.
        pub account: String,
        /// The student.
        pub person_id: i64,
    }
}

impl Tx {
    /// For whom these accounts have paid so far.
    pub async fn paid_for(&mut self, accounts: &[String]) -> Result<Vec<PaidForRow>, StoreError> {
        let accounts = Rows::of(accounts.iter().map(|account| (account,)))?;
        self.fetch(PAID_FOR, &[accounts.arg()]).await
    }

    /// Credits of which the office asks whose they are.
    pub async fn handed_over(&mut self) -> Result<Vec<HandedOverRow>, StoreError> {
        self.fetch(HANDED_OVER, &[]).await
    }

    /// Whether one of these entries was ever handed over.
    pub async fn was_handed_over(&mut self, entries: &[i64]) -> Result<bool, StoreError> {
        if entries.is_empty() {
            return Ok(false);
        }
        let ids = Rows::of(entries.iter().map(|id| (id,)))?;
        Ok(self.one::<(i64,)>(WAS_HANDED_OVER, &[ids.arg()]).await?.0 > 0)
    }

    /// Where entries stand in a list: of each line that counts, further sightings included.
    pub async fn places(&mut self, ids: &[i64]) -> Result<Vec<PlaceRow>, StoreError> {
        let ids = Rows::of_each(ids)?;
        self.fetch(PLACES, &[ids.arg()]).await
    }

    /// Entries to or from one of these accounts.
    pub async fn entries_with_accounts(
        &mut self,
        accounts: &[String],
    ) -> Result<Vec<i64>, StoreError> {
        let accounts = Rows::of(accounts.iter().map(|account| (account,)))?;
        let rows: Vec<(i64, Option<i64>)> = self.fetch(WITH_ACCOUNTS, &[accounts.arg()]).await?;
        Ok(rows
            .into_iter()
            .map(|(id, same_as)| same_as.unwrap_or(id))
            .collect())
    }

    /// Everything that was ever concluded about entries, oldest first.
    pub async fn identification_history(
        &mut self,
        entries: &[i64],
    ) -> Result<Vec<IdentificationRow>, StoreError> {
        self.by_ids(HISTORY, entries).await
    }

    /// Reversals that are attached to these credits.
    pub async fn reversals_of(
        &mut self,
        credits: &[i64],
    ) -> Result<Vec<IdentificationRow>, StoreError> {
        self.by_ids(ATTACHED_TO, credits).await
    }

    /// Money loaded at go-live, by row id.
    pub async fn opening_by_id(
        &mut self,
        ids: &[i64],
    ) -> Result<Vec<OpeningCreditRow>, StoreError> {
        self.by_ids(OPENING_BY_ID, ids).await
    }

    /// Fees by row id.
    pub async fn fees_by_id(&mut self, ids: &[i64]) -> Result<Vec<ReceivableRow>, StoreError> {
        self.by_ids(FEES_BY_ID, ids).await
    }

    async fn by_ids<T: super::Fetch>(
        &mut self,
        sql: &'static str,
        ids: &[i64],
    ) -> Result<Vec<T>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids = Rows::of(ids.iter().map(|id| (id,)))?;
        self.fetch(sql, &[ids.arg()]).await
    }
}
