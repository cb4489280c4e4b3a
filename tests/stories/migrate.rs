//! The schema is brought up to date once, whoever starts first, dies in the middle, or is too old.

use super::bank::{self, line};
use super::damage;
use super::world::World;
use crate::support::{TestDb, on_both_engines, on_postgres, on_sqlite};
use kwestura::engine::kill::MIGRATE_PLACES;
use kwestura::store::{Db, migrate};
use sqlx::{Connection, PgConnection};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

const SIGABRT: i32 = 6;
/// Versions of the schema that older programs made; 0 is a database without a table.
const OLDER: [i64; 4] = [0, 1, 11, 45];
const STEPS: &str = "SELECT COUNT(*) FROM _sqlx_migrations";

/// A command that brings the schema up to date and looks at everything, to die at a place if one is
/// named.
fn start(db: &TestDb, kill_at: Option<&str>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kwestura"));
    command
        .args(["--database", db.url(), "verify"])
        .current_dir(db.folder())
        .env_remove("KWESTURA_CONFIG")
        .env_remove("KWESTURA_KILL_AT")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    if let Some(place) = kill_at {
        command.env("KWESTURA_KILL_AT", place);
    }
    command.spawn().unwrap()
}

fn ends_well(process: Child) {
    let output = process.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{}: {told}", output.status);
}

/// A database as an older program left it.
async fn left_by_an_older_program(db: &TestDb, version: i64) -> TestDb {
    let old = db.vacant();
    std::fs::write(old.folder().join("kwestura.toml"), bank::toml("")).unwrap();
    if !old.is_server() {
        std::fs::write(old.url(), "").unwrap();
    }
    if version > 0 {
        let there = Db::connect(old.url(), false).await.unwrap();
        migrate::migrate_through(&there, version).await.unwrap();
        there.close().await;
    }
    old
}

/// What the schema is made of, in words.
async fn schema(db: &TestDb) -> Vec<String> {
    let sql = if db.is_server() {
        "SELECT 'column ' || table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable
                || ' ' || COALESCE(column_default, '')
           FROM information_schema.columns WHERE table_schema = 'public'
         UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid)
           FROM pg_constraint WHERE connamespace = 'public'::regnamespace
         UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
         UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
         UNION ALL SELECT 'step ' || version FROM _sqlx_migrations WHERE success
         ORDER BY 1"
    } else {
        "SELECT type || ' ' || tbl_name || ' ' || COALESCE(sql, '') FROM sqlite_master
         UNION ALL SELECT 'step ' || version FROM _sqlx_migrations WHERE success
         ORDER BY 1"
    };
    damage::texts(db.url(), sql).await
}

/// The books can be kept in it.
async fn is_at_work(db: &TestDb) {
    let mut world = World::begin(db).await;
    world.bank(5, vec![line(5, 50_000, "ada")]).await;
    assert_eq!(world.owes("ada").await, (0, 0));
    world.office.db.close().await;
}

on_both_engines! {
    /// F19: from nothing and from older books, several at once: each step is done once.
    async fn several_that_start_at_once_bring_the_schema_up_once(db: TestDb) {
        let expected = schema(&db).await;
        for version in OLDER {
            let old = left_by_an_older_program(&db, version).await;
            let processes: Vec<Child> = (0..4).map(|_| start(&old, None)).collect();
            processes.into_iter().for_each(ends_well);
            assert_eq!(schema(&old).await, expected, "from {version}");
            is_at_work(&old).await;
        }
    }

    /// F19: a program that knows less says so and touches nothing, though it would find its own steps.
    async fn an_older_program_refuses_the_schema_of_a_newer_one(db: TestDb) {
        let expected = schema(&db).await;
        for version in OLDER {
            let there = Db::connect(db.url(), false).await.unwrap();
            let refused = migrate::migrate_through(&there, version).await.unwrap_err().to_string();
            assert!(refused.contains("a newer kwestura made; use that version"), "{refused}");
            there.close().await;
            assert_eq!(schema(&db).await, expected, "by {version}");
        }
    }
}

/// F19, on a file: all steps are one transaction, so the schema is the old one or the new one.
#[test]
fn who_dies_while_a_file_is_brought_up_leaves_the_old_schema_or_the_new() {
    on_sqlite(async |db| {
        let expected = schema(&db).await;
        for version in OLDER {
            for place in MIGRATE_PLACES {
                let old = left_by_an_older_program(&db, version).await;
                let before = if version > 0 {
                    schema(&old).await
                } else {
                    Vec::new()
                };
                let status = start(&old, Some(place)).wait().unwrap();
                assert_eq!(status.signal(), Some(SIGABRT), "{place}: {status}");
                if *place == "migrate.committed" {
                    assert_eq!(schema(&old).await, expected, "from {version}");
                } else if version > 0 {
                    assert_eq!(schema(&old).await, before, "from {version}, {place}");
                }
                ends_well(start(&old, None));
                assert_eq!(schema(&old).await, expected, "from {version}, {place}");
                is_at_work(&old).await;
            }
        }
    });
}

/// F19, on a server: each step is a transaction. The one in whose middle the process is killed leaves
/// nothing, and the next process goes on with it.
#[test]
fn who_is_killed_in_the_middle_of_a_step_leaves_the_steps_before_it() {
    const WAITING: &str = "SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'relation'";
    on_postgres(async |db| {
        let expected = schema(&db).await;
        for table in ["person", "message", "bank_account", "statement"] {
            let old = left_by_an_older_program(&db, 4).await;
            // Somebody reads, and a step that changes the table, or refers to it, waits.
            let mut reader = PgConnection::connect(old.url()).await.unwrap();
            let hold = sqlx::AssertSqlSafe(format!(
                "BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"
            ));
            sqlx::raw_sql(hold).execute(&mut reader).await.unwrap();
            let mut process = start(&old, None);
            while damage::count(old.url(), WAITING).await == 0 {
                assert_eq!(process.try_wait().unwrap(), None, "no step needs {table}");
                tokio::task::yield_now().await;
            }
            process.kill().unwrap();
            process.wait().unwrap();
            let steps = damage::number(old.url(), STEPS).await;
            sqlx::raw_sql("ROLLBACK")
                .execute(&mut reader)
                .await
                .unwrap();
            ends_well(start(&old, None));
            assert_eq!(schema(&old).await, expected, "{table}");
            assert!(steps < damage::number(old.url(), STEPS).await, "{table}");
            is_at_work(&old).await;
        }
    });
}
