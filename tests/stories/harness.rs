//! The ground under the other stories.

use crate::support::on_both_engines;
use sqlx::{
    Connection, Row, SqliteConnection, postgres::PgConnection, sqlite::SqliteConnectOptions,
};

on_both_engines! {
    /// Every test makes the same table in its own database, so a shared one would refuse it.
    async fn a_story_has_a_database_of_its_own(db: TestDb) {
        assert_eq!(count_after_one_insert(db.url(), "CREATE TABLE alone (amount_minor BIGINT NOT NULL)").await, 1);
    }

    /// The same table again, in another test of the same run.
    async fn a_story_sees_nothing_of_another(db: TestDb) {
        assert_eq!(count_after_one_insert(db.url(), "CREATE TABLE alone (amount_minor BIGINT NOT NULL)").await, 1);
        assert!(db.folder().is_dir());
    }
}

/// Makes the table, writes one row, and counts what is there.
async fn count_after_one_insert(url: &str, table: &'static str) -> i64 {
    const INSERT: &str = "INSERT INTO alone (amount_minor) VALUES (195000)";
    const COUNT: &str = "SELECT COUNT(*) FROM alone";
    if url.starts_with("postgres:") {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(table).execute(&mut connection).await.unwrap();
        sqlx::raw_sql(INSERT)
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::query(COUNT)
            .fetch_one(&mut connection)
            .await
            .unwrap()
            .get(0)
    } else {
        let file = SqliteConnectOptions::new()
            .filename(url)
            .create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&file).await.unwrap();
        sqlx::raw_sql(table).execute(&mut connection).await.unwrap();
        sqlx::raw_sql(INSERT)
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::query(COUNT)
            .fetch_one(&mut connection)
            .await
            .unwrap()
            .get(0)
    }
}
