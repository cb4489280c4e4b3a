//! Rows that only `verify` reads: whole tables, and what stands on days that were closed before.

use super::row::row;
use super::{StoreError, Tx};
use chrono::NaiveDate;

// One on which no statement rests may still be on its way.
const FILES: &str = "
    SELECT sha256, name, size_bytes FROM file
     WHERE sha256 IN (SELECT file_sha256 FROM statement) ORDER BY sha256";
const TOKENS: &str = "SELECT entry_id, token FROM entry_token ORDER BY entry_id, token";
const NUMBERS: &str = "SELECT nrb, tail FROM virtual_account ORDER BY nrb";

/// Rows that bear another accounting day than their own, or one in a month that was closed before.
macro_rules! posted {
    ($id:literal, $day:literal, $from:literal) => {
        concat!(
            "SELECT ",
            $id,
            " AS id, ",
            $day,
            " AS day, r.posted_on, r.recorded_at FROM ",
            $from,
            " WHERE r.posted_on <> ",
            $day,
            " OR EXISTS (SELECT 1 FROM period_close p
                WHERE p.recorded_at < r.recorded_at AND r.posted_on <= p.last_day) ORDER BY 1"
        )
    };
}

/// Table and query.
const POSTED: [(&str, &str); 3] = [
    (
        "allocation",
        posted!("r.seq", "r.effective_on", "allocation r"),
    ),
    ("entry", posted!("r.id", "r.day", "entry r")),
    (
        "identification",
        posted!(
            "r.entry_id",
            "e.day",
            "identification r JOIN entry e ON e.id = r.entry_id"
        ),
    ),
];

row! {
    /// A file as it is listed.
    #[derive(Debug, Clone)]
    pub struct FileRow {
        /// The hash of its bytes.
        pub sha256: String,
        /// Its name.
        pub name: String,
        /// Its length.
        pub size_bytes: i64,
    }
}
row! {
    /// A row with its accounting day.
    #[derive(Debug, Clone)]
    pub struct PostedRow {
        /// The row.
        pub id: i64,
        /// The day it speaks of.
        pub day: NaiveDate,
        /// The accounting day.
        pub posted_on: NaiveDate,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

impl Tx {
    /// All files.
    pub async fn files(&mut self) -> Result<Vec<FileRow>, StoreError> {
        self.fetch(FILES, &[]).await
    }

    /// All words kept of texts, with their entries.
    pub async fn tokens(&mut self) -> Result<Vec<(i64, String)>, StoreError> {
        self.fetch(TOKENS, &[]).await
    }

    /// All assigned numbers with the digits that some banks show.
    pub async fn number_tails(&mut self) -> Result<Vec<(String, String)>, StoreError> {
        self.fetch(NUMBERS, &[]).await
    }

    /// Rows whose accounting day wants a closed month as its reason, or lies in one, by table.
    pub async fn posted_elsewhere(
        &mut self,
    ) -> Result<Vec<(&'static str, Vec<PostedRow>)>, StoreError> {
        let mut all = Vec::new();
        for (table, sql) in POSTED {
            all.push((table, self.fetch(sql, &[]).await?));
        }
        Ok(all)
    }
}
