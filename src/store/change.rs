//! Whether anybody has written since.

use super::{Db, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{SqlitePool, query_scalar};

/// Of one connection: another number once another connection, whoever's, has committed.
const OF_A_FILE: &str = "PRAGMA data_version";
/// Which transactions are over: another text once one that wrote is.
const OF_A_SERVER: &str = "SELECT CAST(pg_current_snapshot() AS TEXT)";

/// The connection by which a file is watched. It has to be the same as long as somebody compares.
pub(super) fn watcher(options: SqliteConnectOptions) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(options.read_only(true))
}

impl Db {
    /// What is there is the same as before where this says the same again; where it says something else,
    /// somebody may have written.
    pub async fn mark(&self) -> Result<String, StoreError> {
        Ok(match self {
            Db::Sqlite { watcher, .. } => {
                let version: i64 = query_scalar(OF_A_FILE).fetch_one(watcher).await?;
                version.to_string()
            }
            Db::Pg(pool) => query_scalar(OF_A_SERVER).fetch_one(pool).await?,
        })
    }
}
