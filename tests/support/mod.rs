//! What every story stands on: a database of its own, on each engine.
//!
//! ```ignore
//! on_both_engines! {
//!     /// Says what the story is about.
//!     async fn a_late_fee_is_settled_by_the_day_of_crediting(db: TestDb) { … }
//! }
//! ```
//!
//! makes two tests, `sqlite::a_late_fee_…` and `postgres::a_late_fee_…`. Write it once per module;
//! it takes any number of stories. Where no PostgreSQL server is installed, the second kind is
//! skipped and counted (see [`skipped`]), unless `KWESTURA_REQUIRE_POSTGRES=1`.

pub mod books;
pub mod camt;
mod cluster;
pub mod dice;
pub mod faults;
pub mod mail;
mod postgres;
pub mod process;
mod python;
pub mod readings;
pub mod schema;
pub mod semester;
pub mod server;
pub mod service;
mod skipped;
#[cfg(feature = "sftp")]
pub mod sshd;
pub mod sso;
pub mod standby;
pub mod strace;
pub mod trial;
pub mod university;
pub mod wire;

use std::future::Future;
use std::path::Path;
use tempfile::TempDir;

/// A database that only one test knows, with the schema in place, and a folder beside it.
/// Both are gone when the test ends.
pub struct TestDb {
    url: String,
    folder: TempDir,
    /// Dropped with this value; a file goes with its folder.
    #[expect(dead_code, reason = "held until the story ends")]
    database: Option<postgres::Database>,
}

impl TestDb {
    /// What `--database` takes: the path of a file, or a `postgres://` URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Another database on the same engine, with a folder of its own: another run of the same story.
    pub fn another(&self) -> TestDb {
        if self.is_server() {
            TestDb::on(postgres::server().unwrap())
        } else {
            TestDb::file()
        }
    }

    /// A place on the same engine where no database is: a file that is not there, or a server's
    /// database without a table.
    pub fn vacant(&self) -> TestDb {
        if self.is_server() {
            TestDb::within(postgres::Database::vacant(postgres::server().unwrap()))
        } else {
            TestDb::no_file()
        }
    }

    /// Such a place on the other engine; nothing where there is no server.
    pub fn vacant_on_the_other_engine(&self) -> Option<TestDb> {
        if self.is_server() {
            return Some(TestDb::no_file());
        }
        let server = postgres::server();
        if server.is_none() {
            skipped::POSTGRES.count();
        }
        server.map(|server| TestDb::within(postgres::Database::vacant(server)))
    }

    /// Whether it is on a server.
    pub fn is_server(&self) -> bool {
        self.url.starts_with("postgres")
    }

    /// One that somebody else made and ends.
    pub fn of_another(url: String) -> TestDb {
        TestDb {
            url,
            folder: TempDir::with_prefix("kwestura-").unwrap(),
            database: None,
        }
    }

    fn no_file() -> TestDb {
        let folder = TempDir::with_prefix("kwestura-").unwrap();
        let url = folder.path().join("kwestura.db");
        let url = url.into_os_string().into_string().unwrap();
        let database = None;
        TestDb {
            url,
            folder,
            database,
        }
    }

    fn file() -> TestDb {
        let made = TestDb::no_file();
        apart(async || prepare(&made.url).await);
        made
    }

    fn on(server: &'static postgres::Server) -> TestDb {
        TestDb::within(postgres::Database::create(server))
    }

    fn within(database: postgres::Database) -> TestDb {
        let folder = TempDir::with_prefix("kwestura-").unwrap();
        let url = database.url().to_owned();
        let database = Some(database);
        TestDb {
            url,
            folder,
            database,
        }
    }

    /// An empty folder for the test's own files; on SQLite the database is in it too.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Brings the schema into the database at `url`; called once for each test, and once for the
/// template from which a PostgreSQL database is copied, so it must do nothing where nothing is
/// missing.
async fn prepare(url: &str) {
    let db = kwestura::store::Db::connect(url, true).await.unwrap();
    kwestura::store::migrate::migrate(&db).await.unwrap();
    db.close().await;
}

/// Runs a story on a SQLite file of its own.
pub fn on_sqlite<Story, Run>(story: Story)
where
    Story: FnOnce(TestDb) -> Run,
    Run: Future<Output = ()>,
{
    runtime().block_on(story(TestDb::file()));
}

/// Runs a story on a PostgreSQL database of its own, or counts it as skipped.
pub fn on_postgres<Story, Run>(story: Story)
where
    Story: FnOnce(TestDb) -> Run,
    Run: Future<Output = ()>,
{
    let Some(server) = postgres::server() else {
        skipped::POSTGRES.count();
        return;
    };
    runtime().block_on(story(TestDb::on(server)));
}

/// Finishes something on a thread and a runtime of its own: a story that waits for it, or drops
/// what needs it, may be inside a runtime already.
pub fn apart(work: impl AsyncFnOnce() + Send) {
    std::thread::scope(|scope| scope.spawn(|| runtime().block_on(work())).join()).unwrap();
}

/// A runtime per test: a test must not depend on what another one left running.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Makes a test for each engine out of each story; see the module.
macro_rules! on_both_engines {
    ($($(#[$attribute:meta])* async fn $story:ident($db:ident: TestDb) $body:block)+) => {
        $(
            $(#[$attribute])*
            async fn $story($db: $crate::support::TestDb) $body
        )+

        mod sqlite {
            $(
                #[test]
                fn $story() {
                    $crate::support::on_sqlite(super::$story);
                }
            )+
        }

        mod postgres {
            $(
                #[test]
                fn $story() {
                    $crate::support::on_postgres(super::$story);
                }
            )+
        }
    };
}
pub(crate) use on_both_engines;
