//! Brings the schema up to what this program knows; refuses a newer one.

use super::connect::{Db, StoreError};
use super::kill;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{SqlSafeStr, SqlitePool};
use std::borrow::Cow;

/// Version, name, text for SQLite, text for PostgreSQL. Never edited once released.
const MIGRATIONS: &[(i64, &str, &str, &str)] = &[
    (
        1,
        "start",
        include_str!("../../migrations/sqlite/0001_start.sql"),
        include_str!("../../migrations/postgres/0001_start.sql"),
    ),
    (
        2,
        "file parts",
        include_str!("../../migrations/sqlite/0002_file_parts.sql"),
        include_str!("../../migrations/postgres/0002_file_parts.sql"),
    ),
    (
        3,
        "lumps",
        include_str!("../../migrations/sqlite/0003_lumps.sql"),
        include_str!("../../migrations/postgres/0003_lumps.sql"),
    ),
    (
        4,
        "messages",
        include_str!("../../migrations/sqlite/0004_messages.sql"),
        include_str!("../../migrations/postgres/0004_messages.sql"),
    ),
    (
        5,
        "sending",
        include_str!("../../migrations/sqlite/0005_sending.sql"),
        include_str!("../../migrations/postgres/0005_sending.sql"),
    ),
    (
        6,
        "cases",
        include_str!("../../migrations/sqlite/0006_cases.sql"),
        include_str!("../../migrations/postgres/0006_cases.sql"),
    ),
    (
        7,
        "recording",
        include_str!("../../migrations/sqlite/0007_recording.sql"),
        include_str!("../../migrations/postgres/0007_recording.sql"),
    ),
    (
        8,
        "service",
        include_str!("../../migrations/sqlite/0008_service.sql"),
        include_str!("../../migrations/postgres/0008_service.sql"),
    ),
    (
        9,
        "admin",
        include_str!("../../migrations/sqlite/0009_admin.sql"),
        include_str!("../../migrations/postgres/0009_admin.sql"),
    ),
    (
        10,
        "web",
        include_str!("../../migrations/sqlite/0010_web.sql"),
        include_str!("../../migrations/postgres/0010_web.sql"),
    ),
    (
        11,
        "student",
        include_str!("../../migrations/sqlite/0011_student.sql"),
        include_str!("../../migrations/postgres/0011_student.sql"),
    ),
    (
        19,
        "exports",
        include_str!("../../migrations/sqlite/0019_exports.sql"),
        include_str!("../../migrations/postgres/0019_exports.sql"),
    ),
    (
        29,
        "payment files",
        include_str!("../../migrations/sqlite/0029_payment_files.sql"),
        include_str!("../../migrations/postgres/0029_payment_files.sql"),
    ),
    (
        35,
        "uploads",
        include_str!("../../migrations/sqlite/0035_uploads.sql"),
        include_str!("../../migrations/postgres/0035_uploads.sql"),
    ),
    (
        36,
        "mass mail",
        include_str!("../../migrations/sqlite/0036_mass_mail.sql"),
        include_str!("../../migrations/postgres/0036_mass_mail.sql"),
    ),
    (
        40,
        "single sign-on",
        include_str!("../../migrations/sqlite/0040_sso.sql"),
        include_str!("../../migrations/postgres/0040_sso.sql"),
    ),
    (
        41,
        "answers",
        include_str!("../../migrations/sqlite/0041_answers.sql"),
        include_str!("../../migrations/postgres/0041_answers.sql"),
    ),
    (
        42,
        "papers",
        include_str!("../../migrations/sqlite/0042_papers.sql"),
        include_str!("../../migrations/postgres/0042_papers.sql"),
    ),
    (
        43,
        "webhooks",
        include_str!("../../migrations/sqlite/0043_webhooks.sql"),
        include_str!("../../migrations/postgres/0043_webhooks.sql"),
    ),
    (
        45,
        "overlaps",
        include_str!("../../migrations/sqlite/0045_overlaps.sql"),
        include_str!("../../migrations/postgres/0045_overlaps.sql"),
    ),
    (
        50,
        "retention",
        include_str!("../../migrations/sqlite/0050_retention.sql"),
        include_str!("../../migrations/postgres/0050_retention.sql"),
    ),
    (
        55,
        "desk",
        include_str!("../../migrations/sqlite/0055_desk.sql"),
        include_str!("../../migrations/postgres/0055_desk.sql"),
    ),
    (
        60,
        "merges",
        include_str!("../../migrations/sqlite/0060_merges.sql"),
        include_str!("../../migrations/postgres/0060_merges.sql"),
    ),
    (
        68,
        "held",
        include_str!("../../migrations/sqlite/0068_held.sql"),
        include_str!("../../migrations/postgres/0068_held.sql"),
    ),
    (
        72,
        "sftp",
        include_str!("../../migrations/sqlite/0072_sftp.sql"),
        include_str!("../../migrations/postgres/0072_sftp.sql"),
    ),
    (
        76,
        "review queue",
        include_str!("../../migrations/sqlite/0076_review_queue.sql"),
        include_str!("../../migrations/postgres/0076_review_queue.sql"),
    ),
    (
        77,
        "decided",
        include_str!("../../migrations/sqlite/0077_decided.sql"),
        include_str!("../../migrations/postgres/0077_decided.sql"),
    ),
    (
        78,
        "transfer",
        include_str!("../../migrations/sqlite/0078_transfer.sql"),
        include_str!("../../migrations/postgres/0078_transfer.sql"),
    ),
    (
        79,
        "machines",
        include_str!("../../migrations/sqlite/0079_machines.sql"),
        include_str!("../../migrations/postgres/0079_machines.sql"),
    ),
    (
        80,
        "left_files",
        include_str!("../../migrations/sqlite/0080_left_files.sql"),
        include_str!("../../migrations/postgres/0080_left_files.sql"),
    ),
    (
        81,
        "last_sent",
        include_str!("../../migrations/sqlite/0081_last_sent.sql"),
        include_str!("../../migrations/postgres/0081_last_sent.sql"),
    ),
    (
        82,
        "sent_texts",
        include_str!("../../migrations/sqlite/0082_sent_texts.sql"),
        include_str!("../../migrations/postgres/0082_sent_texts.sql"),
    ),
    (
        83,
        "interlock",
        include_str!("../../migrations/sqlite/0083_interlock.sql"),
        include_str!("../../migrations/postgres/0083_interlock.sql"),
    ),
    (
        84,
        "queue_words",
        include_str!("../../migrations/sqlite/0084_queue_words.sql"),
        include_str!("../../migrations/postgres/0084_queue_words.sql"),
    ),
];

/// Runs what is missing. Two at once: one waits for the other. Nothing happens where nothing is
/// missing.
pub async fn migrate(db: &Db) -> Result<(), StoreError> {
    migrate_through(db, i64::MAX).await
}

/// The same as far as a program went whose last version of the schema that was.
pub async fn migrate_through(db: &Db, last: i64) -> Result<(), StoreError> {
    let migrator = |text: fn(&(i64, &str, &'static str, &'static str)) -> &'static str| {
        let known = MIGRATIONS.iter().filter(|row| row.0 <= last);
        let migrations = known.map(|row| {
            let sql = text(row).into_sql_str();
            Migration::new(
                row.0,
                Cow::Owned(row.1.to_owned()),
                MigrationType::Simple,
                sql,
                false,
            )
        });
        Migrator::with_migrations(migrations.collect())
    };
    let done = match db {
        Db::Sqlite { writer, .. } => embedded(&migrator(|row| row.2), writer).await,
        Db::Pg(pool) => migrator(|row| row.3).run(pool).await,
    };
    done.map_err(|error| match error {
        MigrateError::VersionMissing(version) => StoreError::Schema(format!(
            "the database has schema {version}, which a newer kwestura made; use that version"
        )),
        MigrateError::Execute(error) => StoreError::Engine(error),
        other => StoreError::Schema(format!(
            "the schema could not be brought up to date: {other}"
        )),
    })
}

const APPLIED: &str = "SELECT COUNT(*) FROM _sqlx_migrations WHERE success";

/// On a server the migrator takes a lock; on a file it has none, so the only writer does it all.
/// Where nothing is missing, nobody is waited for.
async fn embedded(migrator: &Migrator, writer: &SqlitePool) -> Result<(), MigrateError> {
    // The table is not there before the first migration.
    let applied = sqlx::query_scalar::<_, i64>(APPLIED).fetch_one(writer);
    let known = i64::try_from(migrator.iter().count()).unwrap_or(i64::MAX);
    if applied.await.is_ok_and(|applied| applied >= known) {
        return migrator.run(writer).await;
    }
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    kill::point("migrate.begun");
    migrator.run(&mut *tx).await?;
    kill::point("migrate.before-commit");
    tx.commit().await?;
    kill::point("migrate.committed");
    Ok(())
}
