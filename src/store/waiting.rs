//! The review queue in its order, as it is concluded beside the identifications.

use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;

const PUT: &str = given!(
    "
    INSERT INTO waiting_entry (entry_id, coming, bank_account_id, crediting_date, public_id, reason, words)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT),
           date(value->>3), value->>4, value->>5, value->>6
      FROM given
     WHERE true
    ON CONFLICT (entry_id) DO UPDATE SET coming = excluded.coming,
        crediting_date = excluded.crediting_date, public_id = excluded.public_id, reason = excluded.reason,
        words = excluded.words"
);
const UNFOLDED: &str = "
    SELECT entry_id FROM waiting_entry WHERE words IS NULL ORDER BY entry_id LIMIT $1";
const FOLD: &str = given!(
    "
    UPDATE waiting_entry SET words = given.value->>1 FROM given
     WHERE waiting_entry.entry_id = CAST(given.value->>0 AS BIGINT) AND waiting_entry.words IS NULL"
);
const DROP: &str = "
    DELETE FROM waiting_entry
     WHERE entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))";

/// Rows that count: what is being recorded is seen when its statement is published. `$1` is the account,
/// or 0 for all; a query adds what it wants.
macro_rules! waiting {
    ($what:literal $(, $rest:expr)*) => {
        concat!(
            "SELECT ",
            $what,
            " FROM waiting_entry w
               WHERE (CAST($1 AS BIGINT) = 0 OR w.bank_account_id = $1)
                 AND COALESCE(w.coming, 0) NOT IN
                     (SELECT s.id FROM statement s WHERE s.status NOT IN ('published', 'known')) "
            $(, $rest)*
        )
    };
}
/// `$2` to `$5` are words that stand in it, or empty; [`WORDS_MAX`] of them.
macro_rules! saying {
    () => {
        "AND (CAST($2 AS TEXT) = '' OR instr(w.words, $2) > 0 AND instr(w.words, $3) > 0
                                   AND instr(w.words, $4) > 0 AND instr(w.words, $5) > 0) "
    };
}
macro_rules! rows {
    ($rest:literal) => {
        waiting!(
            "w.entry_id, w.crediting_date, w.public_id, w.reason",
            saying!(),
            $rest
        )
    };
}

const BEHIND: &str = rows!(
    "AND (w.crediting_date, w.public_id, w.entry_id) > ($6, $7, $8)
     ORDER BY w.crediting_date, w.public_id, w.entry_id LIMIT $9"
);
const BEFORE: &str = rows!(
    "AND (w.crediting_date, w.public_id, w.entry_id) < ($6, $7, $8)
     ORDER BY w.crediting_date DESC, w.public_id DESC, w.entry_id DESC LIMIT 1"
);
const COUNT_BEFORE: &str = waiting!(
    "COUNT(*)",
    saying!(),
    "AND (w.crediting_date, w.public_id, w.entry_id) < ($6, $7, $8)"
);
const COUNT_SAYING: &str = waiting!("COUNT(*)", saying!());
/// Read from the index alone, in which no words are.
const COUNT: &str = waiting!("COUNT(*)");
const ALL: &str = "
    SELECT entry_id, crediting_date, public_id, reason, words,
           CASE WHEN coming IN (SELECT s.id FROM statement s WHERE s.status NOT IN ('published', 'known'))
                THEN coming END AS coming
      FROM waiting_entry ORDER BY entry_id";
const OF_ENTRIES: &str = rows!(
    "AND w.entry_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($6)) ORDER BY w.entry_id"
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
        /// By what it is found, where that is folded.
        pub words: Option<String>,
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
    /// By what it is found, folded.
    pub String,
);

/// So many words are looked for in the database at most.
pub const WORDS_MAX: usize = 4;

/// What is looked for among what waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sought {
    /// One account of the institution; all where there is none.
    pub account: Option<i64>,
    /// Words that all stand in it, folded, [`WORDS_MAX`] at most.
    pub words: Vec<String>,
}

impl Sought {
    fn args(&self) -> [Arg<'_>; 5] {
        let word = |place: usize| Arg::Text(self.words.get(place).map_or("", String::as_str));
        [self.account(), word(0), word(1), word(2), word(3)]
    }

    fn account(&self) -> Arg<'_> {
        Arg::Int(self.account.unwrap_or(0))
    }
}

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

    /// At most so many entries behind a place.
    pub async fn waiting_behind(
        &mut self,
        sought: &Sought,
        at: Where<'_>,
        count: i64,
    ) -> Result<Vec<WaitingRow>, StoreError> {
        let args = [&sought.args()[..], &place(at), &[Arg::Int(count)]].concat();
        self.fetch(BEHIND, &args).await
    }

    /// The entry before a place.
    pub async fn waiting_before(
        &mut self,
        sought: &Sought,
        at: Where<'_>,
    ) -> Result<Option<WaitingRow>, StoreError> {
        let args = [&sought.args()[..], &place(at)].concat();
        self.first(BEFORE, &args).await
    }

    /// How many entries are before a place.
    pub async fn waiting_count_before(
        &mut self,
        sought: &Sought,
        at: Where<'_>,
    ) -> Result<i64, StoreError> {
        let args = [&sought.args()[..], &place(at)].concat();
        let (count,) = self.one(COUNT_BEFORE, &args).await?;
        Ok(count)
    }

    /// How many entries wait.
    pub async fn waiting_count(&mut self, sought: &Sought) -> Result<i64, StoreError> {
        let (count,) = if sought.words.is_empty() {
            self.one(COUNT, &[sought.account()]).await?
        } else {
            self.one(COUNT_SAYING, &sought.args()).await?
        };
        Ok(count)
    }

    /// All that was written, what only comes included.
    pub async fn all_waiting(&mut self) -> Result<Vec<ConcludedRow>, StoreError> {
        self.fetch(ALL, &[]).await
    }

    /// Those of some entries that wait.
    pub async fn waiting_of(
        &mut self,
        sought: &Sought,
        entries: &[i64],
    ) -> Result<Vec<WaitingRow>, StoreError> {
        let ids = Rows::of_each(entries)?;
        let args = [&sought.args()[..], &[ids.arg()]].concat();
        self.fetch(OF_ENTRIES, &args).await
    }

    /// At most so many entries whose words are not folded.
    pub async fn unfolded_waiting(&mut self, count: i64) -> Result<Vec<i64>, StoreError> {
        let found: Vec<(i64,)> = self.fetch(UNFOLDED, &[Arg::Int(count)]).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }

    /// Writes the folded words of entries that wait, unless somebody did meanwhile.
    pub async fn fold_waiting(&mut self, words: &Rows) -> Result<(), StoreError> {
        self.execute(FOLD, &[words.arg()]).await.map(|_| ())
    }
}

fn place((day, name, entry): Where<'_>) -> [Arg<'_>; 3] {
    [Arg::Day(day), Arg::Text(name), Arg::Int(entry)]
}
