//! A primary PostgreSQL with a standby beside it that has all that the primary has acknowledged.

use super::cluster::{Cluster, newest_binaries};
use super::{TestDb, apart, prepare, skipped};
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
    /// The database of the primary.
    pub primary: TestDb,
    /// The same on the standby.
    pub standby: TestDb,
    servers: [Cluster; 2],
}

impl Pair {
    /// Starts them; none where no server is installed, and that is counted.
    pub fn start() -> Option<Pair> {
        // On a thread of its own: the story is inside a runtime already.
        std::thread::scope(|scope| scope.spawn(Pair::started).join()).unwrap()
    }

    fn started() -> Option<Pair> {
        let Some(bin) = newest_binaries() else {
            skipped::POSTGRES.count();
            return None;
        };
        let primary = Cluster::start(&bin, SETTINGS, None);
        let url = primary.url();
        apart(async || prepare(&url).await);
        let standby = Cluster::start(&bin, SETTINGS, Some(&primary));
        apart(async || {
            for sql in SYNCHRONOUS {
                run(&url, sql).await;
            }
            while run(&url, STANDBYS).await == 0 {
                tokio::task::yield_now().await;
            }
        });
        Some(Pair {
            primary: TestDb::of_another(url),
            standby: TestDb::of_another(standby.url()),
            servers: [primary, standby],
        })
    }

    /// The primary is gone, as a machine is that stops.
    pub fn kill_primary(&self) {
        let killed = Command::new("kill")
            .args(["-KILL", &self.servers[0].pid().to_string()])
            .status();
        assert!(killed.unwrap().success());
    }

    /// The standby takes its place.
    pub async fn promote(&self) {
        run(self.standby.url(), PROMOTE).await;
    }
}

/// Runs a statement; tells how many rows it had.
async fn run(url: &str, sql: &'static str) -> usize {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    rows.len()
}
