//! The books are written into a file while others work, and come back out of it.

use super::bank::{line, october};
use super::world::{World, refusal};
use crate::support::books::{assert_same, image};
use crate::support::mail::MailServer;
use crate::support::semester::{Semester, import};
use crate::support::{TestDb, on_both_engines};
use kwestura::engine::remind::{self, Mode};
use kwestura::engine::statements::Said;
use kwestura::engine::{EngineError, Office, arming, audit, backup, send, settle};
use kwestura::store::audit::AuditUse;
use kwestura::store::{Db, migrate};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The same office with other books.
async fn with(office: &Office, url: &str) -> Office {
    Office {
        db: Db::connect(url, false).await.unwrap(),
        ..office.clone()
    }
}

async fn restore(
    file: &Path,
    to: &TestDb,
    replace: bool,
    office: &Office,
) -> Result<backup::Restored, EngineError> {
    backup::restore(file, to.url(), replace, office.now).await
}

/// Backs up without a finding.
async fn back_up(office: &Office, db: &TestDb, name: &str) -> PathBuf {
    let file = db.folder().join(name);
    let made = backup::run(office, db.url(), &file).await.unwrap();
    assert!(made.report.findings.is_empty(), "{:?}", made.report);
    let summed = Command::new("sha256sum")
        .args(["--check", "--status"])
        .arg(format!("{name}.sha256"))
        .current_dir(db.folder())
        .status();
    assert!(summed.unwrap().success());
    file
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

on_both_engines! {
    /// Statements are imported while the backup is made. What it holds is some moment of that, whole;
    /// the same statements once more bring the restored books to where the others are.
    async fn a_backup_of_books_at_work_is_whole_and_goes_on(db: TestDb) {
        let semester = Semester::new(25, 21);
        let office = semester.office(&db).await;
        let mut files = semester.files();
        files.truncate(30);
        let (_, file) = tokio::join!(import(&office, &files), back_up_at_work(&office, &db));
        let days = [october(15)];
        let undisturbed = image(&office, &days).await;

        let place = db.vacant();
        assert!(restore(&file, &place, false, &office).await.unwrap().was_checked);
        let restored = with(&office, place.url()).await;
        import(&restored, &files).await;
        settle::run(&restored, |_, _| {}).await.unwrap();
        assert_same(&undisturbed, &image(&restored, &days).await, "restored");
        restored.db.close().await;
    }

    /// What was sent since the backup stands in it as waiting; nobody gets it twice by itself.
    async fn restored_books_send_no_mail_before_they_are_armed(db: TestDb) {
        let Some(server) = MailServer::start(db.folder()) else { return };
        let mut world = World::begin(&db).await;
        world.office.config.policy.dunning.brake_percent = 100;
        world.office.config.mail = Some(server.settings());
        arming::at_home(&world.office).await.unwrap();
        world.today(5);
        let mode = Mode::Write { confirmed: None };
        remind::run(&world.office, world.office.now.today, mode).await.unwrap();
        let file = back_up(&world.office, &db, "before").await;
        let now = world.office.now;
        let mut post = server.post();
        let sent = send::run(&world.office, &mut post, || now, |_, _| {}).await.unwrap();
        assert_eq!(sent.sent, 3);

        let place = db.vacant();
        restore(&file, &place, false, &world.office).await.unwrap();
        let restored = with(&world.office, place.url()).await;
        let told = refusal(send::run(&restored, &mut post, || now, |_, _| {}).await);
        assert!(told.contains("unarmed by restore: restored from"), "{told}");
        assert!(told.contains("`kwestura mail arm --why TEXT`"), "{told}");
        assert_eq!(server.arrived().len(), 3);
        let nobody = Said { by: "ada", why: " " };
        refusal(arming::say(&restored, true, nobody).await);
        let ada = Said { by: "ada", why: "the outbox is looked through" };
        arming::say(&restored, true, ada).await.unwrap();
        let sent = send::run(&restored, &mut post, || now, |_, _| {}).await.unwrap();
        assert_eq!((sent.sent, server.arrived().len()), (3, 6));
        restored.db.close().await;
    }

    async fn a_backup_takes_the_place_of_nothing_and_a_damaged_one_is_refused(db: TestDb) {
        let mut world = World::begin(&db).await;
        world.bank(5, vec![line(5, 50_000, "ada")]).await;
        let file = back_up(&world.office, &db, "monday").await;
        let told = refusal(backup::run(&world.office, db.url(), &file).await.map(|_| ()));
        assert!(told.contains("is there already"), "{told}");
        let nowhere = db.folder().join("absent/monday");
        let told = refusal(backup::run(&world.office, db.url(), &nowhere).await.map(|_| ()));
        assert!(told.contains("cannot write"), "{told}");

        let told = refusal(restore(&file, &db, false, &world.office).await);
        assert!(told.contains("already"), "{told}");
        let place = db.vacant();
        let mut bytes = std::fs::read(&file).unwrap();
        let (whole, middle) = (bytes.clone(), bytes.len() / 2);
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let told = refusal(restore(&file, &place, false, &world.office).await);
        assert!(told.contains("is damaged"), "{told}");
        std::fs::write(&file, "no backup at all").unwrap();
        let told = refusal(restore(&file, &place, false, &world.office).await);
        assert!(told.contains("is no backup"), "{told}");
        // Cut short, and nothing beside it that says so.
        std::fs::remove_file(db.folder().join("monday.sha256")).unwrap();
        for length in [whole.len() / 2, whole.len() - 100] {
            std::fs::write(&file, &whole[..length]).unwrap();
            let told = refusal(restore(&file, &place, false, &world.office).await);
            assert!(told.contains("monday"), "{told}");
        }
        std::fs::write(&file, &whole).unwrap();
        assert!(!restore(&file, &db.vacant(), false, &world.office).await.unwrap().was_checked);
        assert_eq!(names(place.folder()), Vec::<String>::new());
        let parts = names(db.folder()).into_iter().filter(|name| name.contains(".part"));
        assert_eq!(parts.count(), 0);
    }

    /// A newer program changed the schema: this one touches nothing.
    async fn a_newer_schema_is_refused(db: TestDb) {
        let world = World::begin(&db).await;
        newer(db.url()).await;
        let error = migrate::migrate(&world.office.db).await.unwrap_err();
        assert!(error.to_string().contains("a newer kwestura made; use that version"), "{error}");
    }
}

async fn back_up_at_work(office: &Office, db: &TestDb) -> PathBuf {
    let file = db.folder().join("at-work");
    backup::run(office, db.url(), &file).await.unwrap();
    file
}

/// A migration that this program does not know.
async fn newer(url: &str) {
    const MIGRATED: &str = "
        INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (999999, 'of tomorrow', TRUE, '', 0)";
    assert_eq!(super::damage::flip(url, MIGRATED).await, 1);
}

/// A file is put aside only when nobody works with it, and is kept.
#[test]
fn a_file_that_is_replaced_is_kept() {
    crate::support::on_sqlite(async |db| {
        let mut world = World::begin(&db).await;
        let file = back_up(&world.office, &db, "monday").await;
        world.bank(5, vec![line(5, 50_000, "ada")]).await;
        let used = AuditUse(
            1,
            "app".to_owned(),
            "read-account".to_owned(),
            "ada".to_owned(),
            String::new(),
        );
        world
            .office
            .db
            .note_uses(std::slice::from_ref(&used))
            .await
            .unwrap();
        let told = refusal(restore(&file, &db, true, &world.office).await);
        assert!(told.contains("somebody works with"), "{told}");
        world.office.db.close().await;
        let restored = restore(&file, &db, true, &world.office).await.unwrap();
        let before = restored.before.unwrap();
        let kept = with(&world.office, before.to_str().unwrap()).await;
        let mut tx = kept.db.read().await.unwrap();
        assert_eq!(tx.bank_accounts().await.unwrap().len(), 1);
        tx.rollback().await.unwrap();
        // What they had not in their audit log yet is theirs, and not of those that came.
        for (books, uses) in [(&kept, 1), (&with(&world.office, db.url()).await, 0)] {
            let noted = audit::list(books, None, Some("ada"), 10).await.unwrap();
            assert_eq!(
                noted
                    .iter()
                    .filter(|event| event.what == "read-account")
                    .count(),
                uses
            );
            books.db.close().await;
        }
        let notes = format!("{}-uses", db.url());
        std::fs::remove_file(db.url()).unwrap();
        let log = format!("{}-wal", db.url());
        std::fs::write(&log, "of other books").unwrap();
        let told = refusal(restore(&file, &db, false, &world.office).await);
        assert!(told.contains("-wal is the log of books"), "{told}");
        std::fs::rename(log, &notes).unwrap();
        let told = refusal(restore(&file, &db, false, &world.office).await);
        assert!(told.contains("-uses is the log of books"), "{told}");
        std::fs::remove_file(notes).unwrap();
        restore(&file, &db, false, &world.office).await.unwrap();
    });
}
