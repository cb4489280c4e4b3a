//! What statements hold, as another statement is held against it.

use super::entries::{EntryRow, entry_id};
use super::row::row;
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// Lines that are read at once.
const PAGE: usize = 5_000;

const HELD: &str = "
    SELECT id, same_as, statement_id, line, day, amount_minor, reversal, bank_reference, virtual_account,
           counterparty_account, public_id
      FROM entry WHERE id >= $1 AND id < $2 AND day >= $3 AND day <= $4 ORDER BY id";
const REFERENCES: &str = "
    SELECT DISTINCT e.bank_reference, e.amount_minor, e.reversal
      FROM entry e
      JOIN statement s ON s.id = e.statement_id
     WHERE s.bank_account_id = $1 AND s.status IN ('published', 'known') AND e.reliable = 1
       AND e.bank_reference IN (SELECT value->>0 FROM json_each($2))";
const RELIABLE: &str = "
    SELECT COUNT(*) FROM (
        SELECT 1 FROM statement s
         WHERE s.bank_account_id = $1
           AND EXISTS (SELECT 1 FROM entry e
                        WHERE e.id >= s.id * 16777216 AND e.id < (s.id + 1) * 16777216
                          AND e.reliable = 1)
         LIMIT 1) AS found";

row! {
    /// Of a line that a statement holds, what another statement may hold it by too.
    #[derive(Debug, Clone)]
    pub struct HeldRow {
        /// Row id.
        pub id: i64,
        /// The entry of which it is another sighting.
        pub same_as: Option<i64>,
        /// The statement.
        pub statement_id: i64,
        /// Line of the file.
        pub line: i64,
        /// Its day in the chain.
        pub day: NaiveDate,
        /// Signed effect, minor units.
        pub amount_minor: i64,
        /// Whether it undoes an earlier entry.
        pub reversal: i64,
        /// The bank's reference.
        pub bank_reference: Option<String>,
        /// The credited virtual account.
        pub virtual_account: Option<String>,
        /// The other party's account.
        pub counterparty_account: Option<String>,
        /// What people call this line.
        pub public_id: String,
    }
}

impl HeldRow {
    /// The entry that this line is a sighting of; itself where it is the first.
    pub fn entry(&self) -> i64 {
        self.same_as.unwrap_or(self.id)
    }
}

impl From<EntryRow> for HeldRow {
    fn from(row: EntryRow) -> HeldRow {
        HeldRow {
            id: row.id,
            same_as: row.same_as,
            statement_id: row.statement_id,
            line: row.line,
            day: row.day,
            amount_minor: row.amount_minor,
            reversal: row.reversal,
            bank_reference: row.bank_reference,
            virtual_account: row.virtual_account,
            counterparty_account: row.counterparty_account,
            public_id: row.public_id,
        }
    }
}

row! {
    /// What stands under a reference of the bank.
    #[derive(Debug, Clone)]
    pub struct ReferredRow {
        /// The reference.
        pub bank_reference: String,
        /// Signed effect, minor units.
        pub amount_minor: i64,
        /// Whether it undoes an earlier entry.
        pub reversal: i64,
    }
}

impl Tx {
    /// What several statements hold from one day to another.
    pub async fn held(
        &mut self,
        statements: &BTreeSet<i64>,
        (first, last): (NaiveDate, NaiveDate),
    ) -> Result<Vec<HeldRow>, StoreError> {
        let mut held = Vec::new();
        for &id in statements {
            let written = self.lines_written(id).await?;
            for place in (0..written).step_by(PAGE) {
                let end = (place + PAGE).min(written);
                let range = [entry_id(id, place), entry_id(id, end)].map(Arg::Int);
                let [from, to] = range;
                let args = [from, to, Arg::Day(first), Arg::Day(last)];
                held.extend(self.fetch::<HeldRow>(HELD, &args).await?);
            }
        }
        Ok(held)
    }

    /// Whether any line of an account bears a reference that is an identity.
    pub async fn has_reliable_references(
        &mut self,
        bank_account_id: i64,
    ) -> Result<bool, StoreError> {
        let (found,): (i64,) = self.one(RELIABLE, &[Arg::Int(bank_account_id)]).await?;
        Ok(found > 0)
    }

    /// What stands of an account under these references, where those are identities.
    pub async fn referred(
        &mut self,
        bank_account_id: i64,
        references: &[String],
    ) -> Result<Vec<ReferredRow>, StoreError> {
        let rows = Rows::of(references.iter().map(|reference| (reference,)))?;
        self.fetch(REFERENCES, &[Arg::Int(bank_account_id), rows.arg()])
            .await
    }
}
