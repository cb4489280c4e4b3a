//! The review queue in its order, as it is concluded beside the identifications.

use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;

const PUT: &str = given!(
    "
    INSERT INTO waiting_entry (entry_id, coming, bank_account_id, crediting_date, public_id, reason)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT),
           date(value->>3), value->>4, value->>5
      FROM given
     WHERE true
    ON CONFLICT (entry_id) DO UPDATE SET coming = excluded.coming,
        crediting_date = excluded.crediting_date, public_id = excluded.public_id, reason = excluded.reason"
);
const DROP: &str = "
    DELETE FROM waiting_entry
     WHERE entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))";

/// Rows that count: what is being recorded is seen when its statement is published. `$1` is the account,
/// or 0 for all; a query adds what it wants.
macro_rules! waiting {
    ($what:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM waiting_entry w
               WHERE (CAST($1 AS BIGINT) = 0 OR w.bank_account_id = $1)
                 AND COALESCE(w.coming, 0) NOT IN
                     (SELECT s.id FROM statement s WHERE s.status NOT IN ('published', 'known')) ",
            $rest
        )
    };
}
macro_rules! rows {
    ($rest:literal) => {
        waiting!("w.entry_id, w.crediting_date, w.public_id, w.reason", $rest)
    };
}

const BEHIND: &str = rows!(
    "AND (w.crediting_date, w.public_id, w.entry_id) > ($2, $3, $4)
     ORDER BY w.crediting_date, w.public_id, w.entry_id LIMIT $5"
);
const BEFORE: &str = rows!(
    "AND (w.crediting_date, w.public_id, w.entry_id) < ($2, $3, $4)
     ORDER BY w.crediting_date DESC, w.public_id DESC, w.entry_id DESC LIMIT 1"
);
const COUNT_BEFORE: &str = waiting!(
    "COUNT(*)",
    "AND (w.crediting_date, w.public_id, w.entry_id) < ($2, $3, $4)"
);
const COUNT: &str = waiting!("COUNT(*)", "");
const ALL: &str = "
    SELECT entry_id, crediting_date, public_id, reason,
           CASE WHEN coming IN (SELECT s.id FROM statement s WHERE s.status NOT IN ('published', 'known'))
                THEN coming END AS coming
      FROM waiting_entry ORDER BY entry_id";
const OF_ENTRIES: &str = rows!(
    "AND w.entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($2)) ORDER BY w.entry_id"
);

row! {
    /// An entry that waits.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct WaitingRow {
        /// The entry.
        pub entry_id: i64,
        /// The day that counts.
        pub crediting_date: NaiveDate,
        /// What people call it.
        pub public_id: String,
        /// Why a person is asked.
        pub reason: String,
    }
}

row! {
    /// An entry that waits, or will when its statement is published.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ConcludedRow {
        /// The entry.
        pub entry_id: i64,
        /// The statement with which it comes, where that is being recorded.
        pub coming: Option<i64>,
        /// The day that counts.
        pub crediting_date: NaiveDate,
        /// What people call it.
        pub public_id: String,
        /// Why a person is asked.
        pub reason: String,
    }
}

/// An entry that waits, to be written, in the order of the columns.
#[derive(Debug, Clone, Serialize)]
pub struct NewWaiting<'a>(
    /// Entry.
    pub i64,
    /// The statement with which it comes, where that is being recorded.
    pub Option<i64>,
    /// Account of the institution.
    pub i64,
    /// The day that counts.
    pub NaiveDate,
    /// What people call it.
    pub &'a str,
    /// Why a person is asked.
    pub &'a str,
);

/// Where in the order of the queue: the day that counts, what people call an entry, its row.
pub type Where<'a> = (NaiveDate, &'a str, i64);

impl Tx {
    /// Writes entries that wait, in place of what was written of them.
    pub async fn put_waiting(&mut self, rows: &[NewWaiting<'_>]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows = Rows::of(rows)?;
        self.execute(PUT, &[rows.arg()]).await.map(|_| ())
    }

    /// These entries wait no more.
    pub async fn drop_waiting(&mut self, entries: &[i64]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let ids = Rows::of_each(entries)?;
        self.execute(DROP, &[ids.arg()]).await.map(|_| ())
    }

    /// At most so many entries behind a place, of one account of the institution or of all.
    pub async fn waiting_behind(
        &mut self,
        account: Option<i64>,
        at: Where<'_>,
        count: i64,
    ) -> Result<Vec<WaitingRow>, StoreError> {
        let [account, day, name, entry] = args(account, at);
        self.fetch(BEHIND, &[account, day, name, entry, Arg::Int(count)])
            .await
    }

    /// The entry before a place.
    pub async fn waiting_before(
        &mut self,
        account: Option<i64>,
        at: Where<'_>,
    ) -> Result<Option<WaitingRow>, StoreError> {
        self.first(BEFORE, &args(account, at)).await
    }

    /// How many entries are before a place.
    pub async fn waiting_count_before(
        &mut self,
        account: Option<i64>,
        at: Where<'_>,
    ) -> Result<i64, StoreError> {
        let (count,) = self.one(COUNT_BEFORE, &args(account, at)).await?;
        Ok(count)
    }

    /// How many entries wait.
    pub async fn waiting_count(&mut self, account: Option<i64>) -> Result<i64, StoreError> {
        let (count,) = self.one(COUNT, &[Arg::Int(account.unwrap_or(0))]).await?;
        Ok(count)
    }

    /// All that was written, what only comes included.
    pub async fn all_waiting(&mut self) -> Result<Vec<ConcludedRow>, StoreError> {
        self.fetch(ALL, &[]).await
    }

    /// Those of some entries that wait.
    pub async fn waiting_of(
        &mut self,
        account: Option<i64>,
        entries: &[i64],
    ) -> Result<Vec<WaitingRow>, StoreError> {
        let ids = Rows::of_each(entries)?;
        let account = Arg::Int(account.unwrap_or(0));
        self.fetch(OF_ENTRIES, &[account, ids.arg()]).await
    }
}

fn args(account: Option<i64>, (day, name, entry): Where<'_>) -> [Arg<'_>; 4] {
    [
        Arg::Int(account.unwrap_or(0)),
        Arg::Day(day),
        Arg::Text(name),
        Arg::Int(entry),
    ]
}
