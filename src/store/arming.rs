//! Whether mail may leave this database.

use super::row::row;
use super::{Arg, StoreError, Tx};

const NEWEST: &str = "
    SELECT a.armed, CAST(CASE WHEN a.place = h.place THEN 1 ELSE 0 END AS BIGINT) AS is_here,
           a.by_whom, a.why, a.recorded_at
      FROM mail_arming a CROSS JOIN here h ORDER BY a.id DESC LIMIT 1";
const ADD: &str = "
    INSERT INTO mail_arming (armed, place, by_whom, why, recorded_at)
    SELECT $1, place, $2, $3, $4 FROM here";

row! {
    /// What was said last.
    #[derive(Debug, Clone)]
    pub struct ArmingRow {
        /// 1 where mail may leave.
        pub armed: i64,
        /// 1 where it was said in this very database, 0 where this is a copy of that one.
        pub is_here: i64,
        /// Who.
        pub by_whom: String,
        /// Why.
        pub why: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

impl Tx {
    /// What was said last; nothing in books that were never asked.
    pub async fn mail_arming(&mut self) -> Result<Option<ArmingRow>, StoreError> {
        self.first(NEWEST, &[]).await
    }

    /// Says whether mail may leave, in this place.
    pub async fn arm_mail(
        &mut self,
        armed: bool,
        by: &str,
        why: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Int(armed.into()),
            Arg::Text(by),
            Arg::Text(why),
            Arg::Int(now),
        ];
        self.execute(ADD, &args).await.map(|_| ())
    }
}
