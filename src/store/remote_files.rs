//! What lies on servers from which files are fetched: as it was seen last, and what was fetched.

use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};

const ALL: &str = "
    SELECT name, size, modified_at, seen_at, fetched_at FROM remote_file
     WHERE server = $1 AND left_because = '' ORDER BY name";
const LEFT: &str = "
    SELECT server, name, left_because FROM remote_file WHERE left_because <> '' ORDER BY server, name";
/// What looks the same stays as it was noted.
const SEEN: &str = given!(
    "
    INSERT INTO remote_file (server, name, size, modified_at, left_because, seen_at)
    SELECT $2, value->>0, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), value->>3, $3 FROM given
     WHERE true
        ON CONFLICT (server, name) DO UPDATE
       SET size = excluded.size, modified_at = excluded.modified_at, seen_at = excluded.seen_at,
           left_because = excluded.left_because, fetched_at = NULL
     WHERE remote_file.size <> excluded.size OR remote_file.modified_at <> excluded.modified_at
        OR remote_file.left_because <> excluded.left_because"
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

row! {
    /// A file on a server that is not fetched.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LeftFileRow {
        /// The server.
        pub server: String,
        /// What the file is called there, as it may be shown.
        pub name: String,
        /// Why.
        pub left_because: String,
    }
}

impl Tx {
    /// What is left on any server.
    pub async fn left_files(&mut self) -> Result<Vec<LeftFileRow>, StoreError> {
        self.fetch(LEFT, &[]).await
    }

    /// What may be fetched from a server, by name, as it was seen.
    pub async fn remote_files(&mut self, server: &str) -> Result<Vec<RemoteFileRow>, StoreError> {
        self.fetch(ALL, &[Arg::Text(server)]).await
    }

    /// Notes what lies on a server now: rows are (name, size, instant of change, why it is left or nothing).
    /// What is not among them is forgotten.
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
