//! The books move from a file to a server, and from a server to a file.

use super::bank::{line, october};
use super::world::{World, refusal};
use crate::support::books::{assert_same, image};
use crate::support::semester::{Semester, import};
use crate::support::{TestDb, apart, on_both_engines};
use kwestura::engine::kill::COPY_PLACES;
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::{EngineError, Office, arming, copy};
use kwestura::store::Db;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::time::Duration;

const SIGABRT: i32 = 6;

async fn with(office: &Office, url: &str) -> Office {
    Office {
        db: Db::connect(url, false).await.unwrap(),
        ..office.clone()
    }
}

async fn copied(from: &TestDb, to: &TestDb) -> Result<Vec<copy::Copied>, EngineError> {
    copy::run(from.url(), to.url(), 0, |_, _| {}).await
}

/// The command, dying at a place; tells whether it came there.
fn dies(from: &TestDb, to: &TestDb, at: &str) -> bool {
    let Output { status, stderr, .. } = Command::new(env!("CARGO_BIN_EXE_kwestura"))
        .args(["database", "copy", from.url(), to.url()])
        .current_dir(to.folder())
        .env("KWESTURA_KILL_AT", at)
        .output()
        .unwrap();
    let died = status.signal() == Some(SIGABRT);
    let words = String::from_utf8_lossy(&stderr);
    assert!(died || status.success(), "{at}: {status}: {words}");
    died
}

/// Writes to a database that somebody may hold still; tells whether that was possible.
async fn writes(url: &str) -> bool {
    const WRITE: &str =
        "INSERT INTO bank_account (iban, currency, recorded_at) VALUES ('x', 'PLN', 0)";
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let patience = "SET lock_timeout = '50ms'";
        sqlx::raw_sql(patience)
            .execute(&mut connection)
            .await
            .unwrap();
        return sqlx::raw_sql(WRITE).execute(&mut connection).await.is_ok();
    }
    let options = SqliteConnectOptions::new()
        .filename(url)
        .busy_timeout(Duration::ZERO);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(WRITE).execute(&mut connection).await.is_ok()
}

on_both_engines! {
    /// Killed at every place, after every table; in the end both sides show the same, a third run has
    /// nothing to do, and the way back ends where it began.
    async fn a_copy_that_is_killed_again_and_again_is_whole_in_the_end(db: TestDb) {
        let Some(to) = db.vacant_on_the_other_engine() else { return };
        let semester = Semester::new(25, 21);
        let office = semester.office(&db).await;
        let mut files = semester.files();
        files.truncate(20);
        import(&office, &files).await;
        let days = [october(15)];
        let undisturbed = image(&office, &days).await;
        let mut deaths = 0;
        for place in COPY_PLACES {
            let mut count = 1;
            while dies(&db, &to, &format!("{place}:{count}")) {
                deaths += 1;
                let unfinished = Db::connect(to.url(), false).await.unwrap();
                let told = refusal(copy::refuse_unfinished(&unfinished).await);
                unfinished.close().await;
                assert!(told.contains("is not done"), "{told}");
                count = if count < 3 { count + 1 } else { 1 };
                if deaths % 7 == 0 || *place == "copy.compared" {
                    break;
                }
            }
        }
        assert!(deaths > COPY_PLACES.len(), "only {deaths} deaths");
        assert!(!dies(&db, &to, "nowhere"));
        let moved = with(&office, to.url()).await;
        copy::refuse_unfinished(&moved.db).await.unwrap();
        assert_same(&undisturbed, &image(&moved, &days).await, "moved");
        // The books go on there, as they do here.
        let mut more = semester.files();
        more.truncate(24);
        import(&office, &more).await;
        import(&moved, &more).await;
        assert_same(&image(&office, &days).await, &image(&moved, &days).await, "going on");
        moved.db.close().await;
        let back = db.vacant();
        copied(&to, &back).await.unwrap();
        let returned = with(&office, back.url()).await;
        assert_same(&image(&office, &days).await, &image(&returned, &days).await, "back");
        returned.db.close().await;
    }

    /// Every table that holds something is among those that were compared, messages too.
    async fn what_is_copied_sends_no_mail_and_nobody_writes_to_it_meanwhile(db: TestDb) {
        let Some(to) = db.vacant_on_the_other_engine() else { return };
        let mut world = World::begin(&db).await;
        arming::at_home(&world.office).await.unwrap();
        world.bank(5, vec![line(5, 20_000, "ada")]).await;
        world.office.config.policy.dunning.brake_percent = 100;
        let mode = Mode::Write { confirmed: None };
        remind::run(&world.office, world.office.now.today, mode).await.unwrap();
        let (url, mut written) = (db.url().to_owned(), false);
        let told = |_, _| apart(async || written |= writes(&url).await);
        let copied = copy::run(db.url(), to.url(), 0, told).await.unwrap();
        assert!(!written);
        assert!(writes(db.url()).await);
        let names: Vec<&str> = copied.iter().filter(|one| one.rows > 0).map(|one| one.table.as_str()).collect();
        for table in ["allocation", "entry", "file_part", "mail_arming", "message_item", "student_name"] {
            assert!(names.contains(&table), "{table} is not in {names:?}");
        }
        let moved = with(&world.office, to.url()).await;
        let told = refusal(arming::require(&moved).await);
        assert!(told.contains("armed in another place"), "{told}");
        arming::require(&world.office).await.unwrap();
        moved.db.close().await;
    }

    async fn a_copy_into_books_or_of_books_that_changed_is_refused(db: TestDb) {
        let Some(to) = db.vacant_on_the_other_engine() else { return };
        let mut world = World::begin(&db).await;
        world.bank(5, vec![line(5, 20_000, "ada")]).await;
        assert!(dies(&db, &to, "copy.compared"));
        world.bank(6, vec![line(6, 20_000, "ada")]).await;
        let told = refusal(copied(&db, &to).await);
        assert!(told.contains("entry") && told.contains("copy anew"), "{told}");
        let other = db.another();
        let told = refusal(copied(&other, &to).await);
        assert!(told.contains("unfinished copy of"), "{told}");

        let to = db.vacant_on_the_other_engine().unwrap();
        copied(&db, &to).await.unwrap();
        let told = refusal(copied(&db, &to).await);
        assert!(told.contains("holds books already"), "{told}");
        let told = refusal(copied(&db, &db.vacant()).await);
        assert!(told.contains("`kwestura backup`"), "{told}");
    }
}
