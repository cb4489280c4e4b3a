//! One PostgreSQL server per run, one database per test.
//!
//! The server is the one that `KWESTURA_TEST_PG` names (a URL whose user may create databases),
//! else a private one, started from the newest server binaries in `/usr/lib/postgresql` and
//! reached through a socket in a folder of its own: no port, no password, no trace.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Where Debian puts the server binaries: a folder per major version.
const INSTALLED: &str = "/usr/lib/postgresql";
/// A cluster on a busy machine takes a few seconds; what takes longer has failed.
const START_LIMIT: Duration = Duration::from_mins(1);

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
    let cluster = Cluster::start(&newest_binaries(Path::new(INSTALLED))?);
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

/// `bin` of the highest major version that holds a server.
fn newest_binaries(installed: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(installed).ok()?;
    versions
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let major: u32 = path.file_name()?.to_str()?.parse().ok()?;
            let bin = path.join("bin");
            bin.join("initdb").exists().then_some((major, bin))
        })
        .max()
        .map(|(_, bin)| bin)
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

/// A private server. It lives as long as the process that started it: the shell around it reads
/// from a pipe, and when that ends, whatever ended this process, it stops the server and removes
/// the folder.
struct Cluster {
    folder: PathBuf,
    /// Its standard input is the pipe.
    keeper: Child,
}

/// `$1` the binaries, `$2` the folder. The options trade durability for speed: nobody reads this
/// data after a crash.
const KEEPER: &str = r#"
bin=$1 folder=$2
{
    "$bin/initdb" -D "$folder/data" -U kwestura -A trust -E UTF8 --locale=C --no-sync || exit 1
    "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=300 \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off &
    server=$!
    read -r _
    kill -INT "$server"
    wait "$server"
} >"$folder/log" 2>&1
rm -rf "$folder"
"#;

impl Cluster {
    /// Starts a server and waits until it answers.
    fn start(bin: &Path) -> Cluster {
        // Not TMPDIR: a socket's path is limited to 107 bytes, and the server's user must reach it.
        let folder = TempDir::with_prefix_in("kwestura-pg-", "/tmp")
            .unwrap()
            .keep();
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER, "sh"])
            .arg(bin)
            .arg(&folder)
            .current_dir(&folder);
        // A group of its own: Ctrl-C ends the tests, and their end the server, in this order.
        keeper
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        if std::fs::metadata(&folder).unwrap().uid() == 0 {
            let (user, group) = unprivileged();
            chown(&folder, Some(user), Some(group)).unwrap();
            keeper.uid(user).gid(group);
        }
        let mut cluster = Cluster {
            folder,
            keeper: keeper.spawn().unwrap(),
        };
        cluster.wait_until_it_answers();
        cluster
    }

    /// The database of the administrator.
    fn url(&self) -> String {
        format!(
            "postgres://kwestura@localhost/postgres?host={}",
            self.folder.display()
        )
    }

    fn wait_until_it_answers(&mut self) {
        let url = self.url();
        let deadline = Instant::now() + START_LIMIT;
        while super::runtime()
            .block_on(PgConnection::connect(&url))
            .is_err()
        {
            let gone = self.keeper.try_wait().unwrap().is_some();
            assert!(
                !gone && Instant::now() < deadline,
                "PostgreSQL does not start:\n{}",
                std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The user and group that a server may run as where we are root, whom it refuses.
fn unprivileged() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(str::parse);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    ids("postgres")
        .or_else(|| ids("nobody"))
        .expect("a user `postgres` or `nobody`, as PostgreSQL does not run as root")
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

#[test]
fn the_newest_server_is_taken_and_a_client_alone_is_none() {
    let installed = TempDir::new().unwrap();
    for (version, has_server) in [("9", true), ("15", true), ("17", false), ("common", true)] {
        let bin = installed.path().join(version).join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        if has_server {
            std::fs::write(bin.join("initdb"), "").unwrap();
        }
    }
    assert_eq!(
        newest_binaries(installed.path()),
        Some(installed.path().join("15/bin"))
    );
    assert_eq!(newest_binaries(&installed.path().join("absent")), None);
}

#[test]
fn a_private_server_does_not_outlive_the_run() {
    let Some(bin) = newest_binaries(Path::new(INSTALLED)) else {
        super::skipped::no_postgres();
        return;
    };
    let Cluster { folder, mut keeper } = Cluster::start(&bin);
    // What the kernel does when a process ends, however it ends.
    drop(keeper.stdin.take());
    assert!(keeper.wait().unwrap().success());
    assert!(!folder.exists());
}
