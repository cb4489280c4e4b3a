//! A primary PostgreSQL with a standby beside it that has all that the primary has acknowledged.

use super::apart;
use super::server::Server;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use std::process::Command;

/// What was committed outlives a process that is killed; the machine stays.
const SETTINGS: &str = "-c fsync=off";
/// From here on a commit is acknowledged when the standby has it.
const SYNCHRONOUS: [&str; 2] = [
    "ALTER SYSTEM SET synchronous_standby_names = 'standby'",
    "SELECT pg_reload_conf()",
];
const STANDBYS: &str = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'";
/// Waits until it writes.
const PROMOTE: &str = "SELECT pg_promote()";

/// Both, with the schema in place.
pub struct Pair {
    /// The primary.
    pub primary: Server,
    /// The same on the standby.
    pub standby: Server,
}

impl Pair {
    /// Starts them; none where no server is installed, and that is counted.
    pub fn start() -> Option<Pair> {
        let primary = Server::start(SETTINGS)?;
        let standby = primary.standby(SETTINGS);
        let url = primary.db.url();
        apart(async || {
            for sql in SYNCHRONOUS {
                run(url, sql).await;
            }
            while run(url, STANDBYS).await == 0 {
                tokio::task::yield_now().await;
            }
        });
        Some(Pair { primary, standby })
    }

    /// The primary is gone, as a machine is that stops.
    pub fn kill_primary(&self) {
        let killed = Command::new("kill")
            .args(["-KILL", &self.primary.cluster.pid().to_string()])
            .status();
        assert!(killed.unwrap().success());
    }

    /// The standby takes its place.
    pub async fn promote(&self) {
        run(self.standby.db.url(), PROMOTE).await;
    }
}

/// Runs a statement; tells how many rows it had.
async fn run(url: &str, sql: &'static str) -> usize {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    rows.len()
}
