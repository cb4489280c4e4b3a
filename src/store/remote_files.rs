//! What lies on servers from which files are fetched: as it was seen last, and what was fetched.

use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};

const ALL: &str = "
    SELECT name, size, modified_at, seen_at, fetched_at FROM remote_file WHERE server = $1 ORDER BY name";
/// What looks the same stays as it was noted.
const SEEN: &str = given!(
    "
    INSERT INTO remote_file (server, name, size, modified_at, seen_at)
    SELECT $2, value->>0, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), $3 FROM given
     WHERE true
        ON CONFLICT (server, name) DO UPDATE
       SET size = excluded.size, modified_at = excluded.modified_at, seen_at = excluded.seen_at,
           fetched_at = NULL
     WHERE remote_file.size <> excluded.size OR remote_file.modified_at <> excluded.modified_at"
);
const GONE: &str = given!(
    "
    DELETE FROM remote_file
     WHERE server = $2 AND name NOT IN (SELECT value->>0 FROM given)"
);
/// Not where it was seen to be another one meanwhile.
const FETCHED: &str = "
    UPDATE remote_file SET fetched_at = $5
     WHERE server = $1 AND name = $2 AND size = $3 AND modified_at = $4";

row! {
    /// A file on a server.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct RemoteFileRow {
        /// What it is called there.
        pub name: String,
        /// Bytes.
        pub size: i64,
        /// When it was changed, by the server's clock; seconds.
        pub modified_at: i64,
        /// Since when it looks like this; milliseconds.
        pub seen_at: i64,
        /// When it was fetched; milliseconds.
        pub fetched_at: Option<i64>,
    }
}

impl Tx {
    /// What was seen on a server, by name.
    pub async fn remote_files(&mut self, server: &str) -> Result<Vec<RemoteFileRow>, StoreError> {
        self.fetch(ALL, &[Arg::Text(server)]).await
    }

    /// Notes what lies on a server now: rows are (name, size, instant of change). What is not among them
    /// is forgotten.
    pub async fn see_remote_files(
        &mut self,
        server: &str,
        rows: &Rows,
        now: i64,
    ) -> Result<(), StoreError> {
        let server = Arg::Text(server);
        self.execute(GONE, &[rows.arg(), server]).await?;
        self.execute(SEEN, &[rows.arg(), server, Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// A file that looks like this was fetched.
    pub async fn remote_file_fetched(
        &mut self,
        server: &str,
        (name, size, modified_at): (&str, i64, i64),
        now: i64,
    ) -> Result<(), StoreError> {
        let args = [
            Arg::Text(server),
            Arg::Text(name),
            Arg::Int(size),
            Arg::Int(modified_at),
            Arg::Int(now),
        ];
        self.execute(FETCHED, &args).await.map(|_| ())
    }
}
