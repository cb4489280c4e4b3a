//! What does not happen as it should, from when to when, and whether the administrator knows.

use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};

/// Of one kind, subject and machine one is open at most: a second writer adds none, and says it anew.
const RAISE: &str = given!(
    "
    INSERT INTO alert (kind, subject, said, machine, raised_at, seen_at)
    SELECT value->>0, value->>1, value->>2, value->>3, $2, $2 FROM given
     WHERE true
        ON CONFLICT (kind, subject, machine) WHERE over_at IS NULL
        DO UPDATE SET said = excluded.said, seen_at = excluded.seen_at"
);
const SEE: &str = "
    UPDATE alert SET seen_at = $2
     WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) AND over_at IS NULL";
const END: &str = "
    UPDATE alert SET over_at = $2
     WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) AND over_at IS NULL";
const OPEN: &str = "
    SELECT id, kind, subject, said, machine, seen_at, raised_at, raised_told_at, over_at, over_told_at
      FROM alert WHERE over_at IS NULL ORDER BY id";
/// What the administrator does not know: what is open, and what ended since an instant.
const UNTOLD: &str = "
    SELECT id, kind, subject, said, machine, seen_at, raised_at, raised_told_at, over_at, over_told_at
      FROM alert
     WHERE (over_at IS NULL AND raised_told_at IS NULL)
        OR (over_at >= $1 AND over_told_at IS NULL)
     ORDER BY id";
const ALL: &str = "
    SELECT id, kind, subject, said, machine, seen_at, raised_at, raised_told_at, over_at, over_told_at
      FROM alert ORDER BY id";
const TOLD: &str = "
    UPDATE alert SET raised_told_at = COALESCE(raised_told_at, $2),
           over_told_at = CASE WHEN over_at IS NULL THEN NULL ELSE $2 END
     WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))";
/// How many messages could have left and did not, and since when the first of them could. One that the
/// server puts off counts from its first failure, unless another has left since: then it is its address's
/// matter, and counts from when it is to be tried again. None counts from before the last that left.
const STANDING: &str = "
    WITH last AS (
        SELECT COALESCE(MAX(changed_at), 0) AS at FROM message WHERE state = 'sent' AND changed_at <= $1
    ), waiting AS (
        SELECT CASE WHEN state = 'failed' AND failed_since >= last.at THEN failed_since
                    WHEN changed_at < next_attempt_at THEN next_attempt_at
                    ELSE changed_at END AS since,
               last.at
          FROM message CROSS JOIN last WHERE state IN ('due', 'failed')
    )
    SELECT COUNT(*), MIN(CASE WHEN since < at THEN at ELSE since END) FROM waiting WHERE since <= $1";
const MESSAGES: &str = "SELECT state, COUNT(*) FROM message GROUP BY state ORDER BY state";

row! {
    /// An alert.
    #[derive(Debug, Clone)]
    pub struct AlertRow {
        /// Row id.
        pub id: i64,
        /// What it is about.
        pub kind: String,
        /// Which of them.
        pub subject: String,
        /// In words.
        pub said: String,
        /// On which machine it was found; empty where any would find it.
        pub machine: String,
        /// When it was last found there.
        pub seen_at: Option<i64>,
        /// Milliseconds, as all instants here.
        pub raised_at: i64,
        /// When the administrator was told.
        pub raised_told_at: Option<i64>,
        /// When it was over.
        pub over_at: Option<i64>,
        /// When the administrator was told of that.
        pub over_told_at: Option<i64>,
    }
}

impl Tx {
    /// Raises alerts, or says anew what is open: rows are (kind, subject, words, machine).
    pub async fn raise_alerts(&mut self, rows: &Rows, now: i64) -> Result<(), StoreError> {
        self.execute(RAISE, &[rows.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// These were found once more.
    pub async fn see_alerts(&mut self, ids: &[i64], now: i64) -> Result<(), StoreError> {
        let ids = Rows::of_each(ids)?;
        self.execute(SEE, &[ids.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// These are over.
    pub async fn end_alerts(&mut self, ids: &[i64], now: i64) -> Result<(), StoreError> {
        let ids = Rows::of(ids.iter().map(|id| (id,)))?;
        self.execute(END, &[ids.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// Those that are open, oldest first.
    pub async fn open_alerts(&mut self) -> Result<Vec<AlertRow>, StoreError> {
        self.fetch(OPEN, &[]).await
    }

    /// All that there ever were, oldest first.
    pub async fn all_alerts(&mut self) -> Result<Vec<AlertRow>, StoreError> {
        self.fetch(ALL, &[]).await
    }

    /// Those of which the administrator does not know, or not that they ended, since an instant.
    pub async fn untold_alerts(&mut self, since: i64) -> Result<Vec<AlertRow>, StoreError> {
        self.fetch(UNTOLD, &[Arg::Int(since)]).await
    }

    /// The administrator knows how these stand.
    pub async fn told_alerts(&mut self, ids: &[i64], now: i64) -> Result<(), StoreError> {
        let ids = Rows::of(ids.iter().map(|id| (id,)))?;
        self.execute(TOLD, &[ids.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// How many messages could have left by an instant and did not, and since when none does.
    pub async fn standing_messages(&mut self, now: i64) -> Result<(i64, Option<i64>), StoreError> {
        self.one(STANDING, &[Arg::Int(now)]).await
    }

    /// How many messages are in which state.
    pub async fn message_counts(&mut self) -> Result<Vec<(String, i64)>, StoreError> {
        self.fetch(MESSAGES, &[]).await
    }
}
