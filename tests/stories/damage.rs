//! Hands that reach into the database past the program: triggers that refuse, rows that are changed.

use sqlx::{AssertSqlSafe, Connection, SqliteConnection, postgres::PgConnection};

/// Runs SQL on the database behind a story.
pub async fn run(url: &str, sql: &str) -> Result<u64, sqlx::Error> {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await?;
        Ok(sqlx::raw_sql(sql)
            .execute(&mut connection)
            .await?
            .rows_affected())
    } else {
        let mut connection = SqliteConnection::connect(url).await?;
        Ok(sqlx::raw_sql(sql)
            .execute(&mut connection)
            .await?
            .rows_affected())
    }
}

/// From now on an insert into the table fails.
pub async fn refuse_inserts(url: &str, table: &str) {
    let sql = if url.starts_with("postgres") {
        format!(
            "CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION append_only()"
        )
    } else {
        format!(
            "CREATE TRIGGER refuse BEFORE INSERT ON {table} BEGIN SELECT RAISE (ABORT, 'refused'); END"
        )
    };
    run(url, &sql).await.unwrap();
}

/// And works again.
pub async fn allow_inserts(url: &str, table: &str) {
    let sql = if url.starts_with("postgres") {
        format!("DROP TRIGGER refuse ON {table}")
    } else {
        "DROP TRIGGER refuse".to_owned()
    };
    run(url, &sql).await.unwrap();
}

/// Takes the locks off, so that rows can be changed as by a flipped bit.
pub async fn open_up(url: &str) {
    if url.starts_with("postgres") {
        let drop = "DO $$ DECLARE r record; BEGIN
            FOR r IN SELECT conrelid::regclass AS t, conname FROM pg_constraint
                      WHERE contype = 'c' AND connamespace = 'public'::regnamespace LOOP
                EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', r.t, r.conname);
            END LOOP; END $$";
        run(url, drop).await.unwrap();
        return;
    }
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let triggers: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    for (name,) in triggers {
        let sql = AssertSqlSafe(format!("DROP TRIGGER {name}"));
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }
}

/// Changes rows past every trigger and constraint of another table; tells how many.
pub async fn flip(url: &str, sql: &str) -> u64 {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let off = "SET session_replication_role = replica";
        sqlx::raw_sql(off).execute(&mut connection).await.unwrap();
        sqlx::raw_sql(sql)
            .execute(&mut connection)
            .await
            .unwrap()
            .rows_affected()
    } else {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        let off = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON";
        sqlx::raw_sql(off).execute(&mut connection).await.unwrap();
        sqlx::raw_sql(sql)
            .execute(&mut connection)
            .await
            .unwrap()
            .rows_affected()
    }
}

/// What a column holds, for changing it and changing it back.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A number: one more.
    Int,
    /// A flag: the other one.
    Flag,
    /// A text: one sign more.
    Text,
    /// A day: the next.
    Day,
}

impl Kind {
    /// Expressions that change a column and change it back.
    pub fn there_and_back(self, url: &str, column: &str) -> (String, String) {
        let postgres = url.starts_with("postgres");
        match self {
            Kind::Int => (format!("{column} + 1"), format!("{column} - 1")),
            Kind::Flag => (format!("1 - {column}"), format!("1 - {column}")),
            Kind::Text => (
                format!("{column} || 'x'"),
                format!("substr({column}, 1, length({column}) - 1)"),
            ),
            Kind::Day if postgres => (format!("{column} + 1"), format!("{column} - 1")),
            Kind::Day => (
                format!("date({column}, '+1 day')"),
                format!("date({column}, '-1 day')"),
            ),
        }
    }
}

/// The rows of a query.
pub async fn count(url: &str, sql: &str) -> i64 {
    number(url, &format!("SELECT COUNT(*) FROM ({sql}) AS rows")).await
}

/// The one number of a query.
pub async fn number(url: &str, sql: &str) -> i64 {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::query_scalar(sql)
            .fetch_one(&mut connection)
            .await
            .unwrap()
    } else {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        sqlx::query_scalar(sql)
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }
}
