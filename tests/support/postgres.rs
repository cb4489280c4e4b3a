//! One PostgreSQL server per run, one database per test.
//!
//! The server is the one that `KWESTURA_TEST_PG` names (a URL whose user may create databases),
//! else a private one, started from the newest server binaries in `/usr/lib/postgresql` and
//! reached through a socket in a folder of its own: no port, no password, no trace.

use super::cluster::{Cluster, newest_binaries};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// They trade durability for speed: nobody reads this data after a crash.
const SETTINGS: &str =
    "-c max_connections=300 -c fsync=off -c synchronous_commit=off -c full_page_writes=off";

/// Where databases are made.
pub struct Server {
    url: String,
    /// Copied for each test. On a private server it holds the schema already.
    template: &'static str,
    /// Keeps the names of this run apart from those of others on the same server.
    run: u64,
    /// Databases made so far.
    made: AtomicU32,
    /// Held for as long as the process lives; a static is never dropped.
    _cluster: Option<Cluster>,
}

/// The server of this run, started by the first test that asks; `None` if there is none.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(|| foreign().or_else(private)).as_ref()
}

/// The server that the environment names. No template is left behind there.
fn foreign() -> Option<Server> {
    let url = std::env::var("KWESTURA_TEST_PG")
        .ok()
        .filter(|url| !url.is_empty())?;
    Some(Server {
        url,
        template: "template1",
        run: run(),
        made: AtomicU32::new(0),
        _cluster: None,
    })
}

/// A server of our own, with a template that holds the schema.
fn private() -> Option<Server> {
    const TEMPLATE: &str = "kwestura_template";
    let cluster = Cluster::start(&newest_binaries()?, SETTINGS, None);
    let url = cluster.url();
    super::runtime().block_on(async {
        admin(&url, format!("CREATE DATABASE {TEMPLATE}")).await;
        super::prepare(&with_database(&url, TEMPLATE)).await;
    });
    Some(Server {
        url,
        template: TEMPLATE,
        run: run(),
        made: AtomicU32::new(0),
        _cluster: Some(cluster),
    })
}

/// A number that no other run has, in practice.
fn run() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

/// A database that is dropped with this value.
pub struct Database {
    server: &'static Server,
    name: String,
    url: String,
}

impl Database {
    /// Copies the template of the server.
    pub fn create(server: &'static Server) -> Database {
        let database = Database::of(server, server.template);
        super::apart(async || super::prepare(&database.url).await);
        database
    }

    /// One without a table.
    pub fn vacant(server: &'static Server) -> Database {
        Database::of(server, "template1")
    }

    fn of(server: &'static Server, template: &str) -> Database {
        let ordinal = server.made.fetch_add(1, Ordering::Relaxed);
        let name = format!("kwestura_{:016x}_{ordinal}", server.run);
        let url = with_database(&server.url, &name);
        let make = format!("CREATE DATABASE {name} TEMPLATE {template}");
        super::apart(async || admin(&server.url, make).await);
        Database { server, name, url }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // FORCE: a story may have panicked with its connections open.
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        super::apart(async || admin(&self.server.url, drop).await);
    }
}

/// One statement of the administrator; the names in it are made here.
async fn admin(url: &str, statement: String) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// The URL of another database on the same server.
fn with_database(server: &str, name: &str) -> String {
    let (address, query) = server.split_once('?').unwrap_or((server, ""));
    let (scheme, rest) = address
        .split_once("://")
        .expect("KWESTURA_TEST_PG is a URL, postgres://user@host/database");
    let authority = rest
        .split_once('/')
        .map_or(rest, |(authority, _)| authority);
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{query}")
    };
    format!("{scheme}://{authority}/{name}{query}")
}

#[test]
fn another_database_keeps_the_address_and_the_options() {
    for (server, expected) in [
        (
            "postgres://kwestura@localhost/postgres?host=/tmp/pg",
            "postgres://kwestura@localhost/one?host=/tmp/pg",
        ),
        (
            "postgres://u:p@[::1]:5433/postgres",
            "postgres://u:p@[::1]:5433/one",
        ),
        (
            "postgres://db.example.test",
            "postgres://db.example.test/one",
        ),
    ] {
        assert_eq!(with_database(server, "one"), expected);
    }
}
