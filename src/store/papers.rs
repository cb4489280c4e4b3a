//! Papers that students took away, and the addresses of their calendars.

use super::{Arg, StoreError, Tx};
use chrono::NaiveDate;

const ADD: &str = "
    INSERT INTO issued_paper (person_id, kind, code_sha256, file_sha256, issued_on, recorded_at)
    VALUES ($1, $2, $3, $4, $5, $6)";
const COUNT: &str = "
    SELECT COUNT(*) FROM issued_paper WHERE person_id = $1 AND issued_on = $2";
const BY_CODE: &str = "
    SELECT issued_on, file_sha256 FROM issued_paper WHERE code_sha256 = $1";
const BY_FILE: &str = "
    SELECT issued_on, file_sha256 FROM issued_paper WHERE file_sha256 = $1 ORDER BY id LIMIT 1";
const CALENDAR_END: &str = "
    UPDATE calendar_address SET ended_at = $2 WHERE person_id = $1 AND ended_at IS NULL";
const CALENDAR_ADD: &str = "
    INSERT INTO calendar_address (token_sha256, person_id, recorded_at) VALUES ($1, $2, $3)";
const CALENDAR: &str = "
    SELECT person_id FROM calendar_address WHERE token_sha256 = $1 AND ended_at IS NULL";

/// A paper as it is kept.
#[derive(Debug, Clone, Copy)]
pub struct NewPaper<'a> {
    /// Whose it is.
    pub person: i64,
    /// `statement`, `confirmation`.
    pub kind: &'a str,
    /// The code on it, hashed.
    pub code_sha256: &'a str,
    /// The file, hashed.
    pub file_sha256: &'a str,
    /// The day that it bears.
    pub issued_on: NaiveDate,
}

impl Tx {
    /// Keeps a paper.
    pub async fn add_paper(&mut self, new: &NewPaper<'_>, now: i64) -> Result<(), StoreError> {
        let args = [
            Arg::Int(new.person),
            Arg::Text(new.kind),
            Arg::Text(new.code_sha256),
            Arg::Text(new.file_sha256),
            Arg::Day(new.issued_on),
            Arg::Int(now),
        ];
        self.execute(ADD, &args).await.map(|_| ())
    }

    /// How many papers somebody took on a day.
    pub async fn papers_of(&mut self, person: i64, on: NaiveDate) -> Result<i64, StoreError> {
        let args = [Arg::Int(person), Arg::Day(on)];
        let found: Option<(i64,)> = self.first(COUNT, &args).await?;
        Ok(found.map_or(0, |(count,)| count))
    }

    /// The paper with a code: the day that it bears, and the hash of its file.
    pub async fn paper_by_code(
        &mut self,
        code_sha256: &str,
    ) -> Result<Option<(NaiveDate, String)>, StoreError> {
        self.first(BY_CODE, &[Arg::Text(code_sha256)]).await
    }

    /// The same by the file.
    pub async fn paper_by_file(
        &mut self,
        file_sha256: &str,
    ) -> Result<Option<(NaiveDate, String)>, StoreError> {
        self.first(BY_FILE, &[Arg::Text(file_sha256)]).await
    }

    /// Gives a calendar another address, or none; the one before works no more.
    pub async fn set_calendar(
        &mut self,
        person: i64,
        token_sha256: Option<&str>,
        now: i64,
    ) -> Result<(), StoreError> {
        // Of two at once the later one's address is the one that works.
        self.lock_persons(&[person]).await?;
        let args = [Arg::Int(person), Arg::Int(now)];
        self.execute(CALENDAR_END, &args).await?;
        if let Some(token) = token_sha256 {
            let args = [Arg::Text(token), Arg::Int(person), Arg::Int(now)];
            self.execute(CALENDAR_ADD, &args).await?;
        }
        Ok(())
    }

    /// Whose calendar is at an address.
    pub async fn calendar(&mut self, token_sha256: &str) -> Result<Option<i64>, StoreError> {
        let found: Option<(i64,)> = self.first(CALENDAR, &[Arg::Text(token_sha256)]).await?;
        Ok(found.map(|(person,)| person))
    }
}
