//! Files that were handed in on a page and wait for a word.

use super::{Arg, StoreError, Tx};

const ADD: &str = "
    INSERT INTO upload (token, kind, as_of, by_whom, recorded_at) VALUES ($1, $2, $3, $4, $5)";
const FILE_ADD: &str =
    "INSERT INTO upload_file (token, place, name, content) VALUES ($1, $2, $3, $4)";
const FIND: &str = "SELECT kind, as_of, result FROM upload WHERE token = $1 AND by_whom = $2";
const FILES: &str = "SELECT name, content FROM upload_file WHERE token = $1 ORDER BY place";
const DONE: &str = "UPDATE upload SET result = $2 WHERE token = $1 AND result IS NULL";
const EMPTY: &str = "DELETE FROM upload_file WHERE token = $1";
const OLD_FILES: &str = "
    DELETE FROM upload_file WHERE token IN (SELECT token FROM upload WHERE recorded_at < $1)";
const OLD: &str = "DELETE FROM upload WHERE recorded_at < $1";

/// Kind, day of the export, result.
pub type Found = (String, Option<String>, Option<String>);

impl Tx {
    /// Notes that somebody hands files in.
    pub async fn add_upload(
        &mut self,
        token: &str,
        (kind, as_of): (&str, Option<&str>),
        by: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Text(token),
            Arg::Text(kind),
            Arg::MaybeText(as_of),
            Arg::Text(by),
            Arg::Int(now),
        ];
        self.execute(ADD, &args).await.map(|_| ())
    }

    /// Keeps one of the files, gzipped.
    pub async fn add_upload_file(
        &mut self,
        token: &str,
        place: i64,
        name: &str,
        gzipped: &[u8],
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Text(token),
            Arg::Int(place),
            Arg::Text(name),
            Arg::Bytes(gzipped),
        ];
        self.execute(FILE_ADD, &args).await.map(|_| ())
    }

    /// What this person handed in under a token.
    pub async fn upload(&mut self, token: &str, by: &str) -> Result<Option<Found>, StoreError> {
        self.first(FIND, &[Arg::Text(token), Arg::Text(by)]).await
    }

    /// Its files: names and gzipped bytes.
    pub async fn upload_files(
        &mut self,
        token: &str,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.fetch(FILES, &[Arg::Text(token)]).await
    }

    /// What came of it; its bytes are not needed any more.
    pub async fn end_upload(&mut self, token: &str, result: &str) -> Result<(), StoreError> {
        let args = [Arg::Text(token), Arg::Text(result)];
        self.execute(DONE, &args).await?;
        self.execute(EMPTY, &[Arg::Text(token)]).await.map(|_| ())
    }

    /// Forgets what was handed in before an instant.
    pub async fn drop_uploads(&mut self, before: i64) -> Result<(), StoreError> {
        self.execute(OLD_FILES, &[Arg::Int(before)]).await?;
        self.execute(OLD, &[Arg::Int(before)]).await.map(|_| ())
    }
}
