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

/// From now on every table counts the rows that are inserted, and refuses one where it is told to.
pub async fn watch_inserts(url: &str) {
    let is_server = url.starts_with("postgres");
    let watched = "CREATE TABLE watched (
        name TEXT PRIMARY KEY, inserted BIGINT NOT NULL DEFAULT 0, passing BIGINT);";
    let names = if is_server {
        "SELECT tablename::TEXT FROM pg_tables
          WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations' ORDER BY 1"
    } else {
        "SELECT name FROM sqlite_master
          WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> '_sqlx_migrations' ORDER BY 1"
    };
    let mut sql = String::from(watched);
    if is_server {
        sql += "CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE counted BIGINT; may_pass BIGINT;
            BEGIN
                UPDATE watched SET inserted = inserted + 1 WHERE name = TG_TABLE_NAME
                    RETURNING inserted, passing INTO counted, may_pass;
                IF may_pass < counted THEN RAISE EXCEPTION 'refused'; END IF;
                RETURN NEW;
            END $$;";
    }
    for table in texts(url, names).await {
        let note = format!("INSERT INTO watched (name) VALUES ('{table}');");
        let watch = if is_server {
            format!(
                "CREATE TRIGGER watch BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION watch();"
            )
        } else {
            format!(
                "CREATE TRIGGER watch_{table} BEFORE INSERT ON {table} BEGIN
                    UPDATE watched SET inserted = inserted + 1 WHERE name = '{table}';
                    SELECT RAISE (ABORT, 'refused') FROM watched
                     WHERE name = '{table}' AND passing < inserted;
                 END;"
            )
        };
        sql.extend([note, watch]);
    }
    run(url, &sql).await.unwrap();
}

/// How many rows were inserted into which tables since they are watched.
pub async fn inserted(url: &str) -> Vec<(String, i64)> {
    let sql = "SELECT name || ' ' || inserted FROM watched WHERE inserted > 0 ORDER BY name";
    let rows = texts(url, sql).await.into_iter().map(|row| {
        let (name, count) = row.split_once(' ').unwrap();
        (name.to_owned(), count.parse().unwrap())
    });
    rows.collect()
}

/// A watched table refuses what comes behind so many more rows; no number, nothing any more.
pub async fn refuse_behind(url: &str, table: &str, passing: Option<i64>) {
    let passing = passing.map_or("NULL".to_owned(), |passing| format!("inserted + {passing}"));
    let sql = format!("UPDATE watched SET passing = {passing} WHERE name = '{table}'");
    run(url, &sql).await.unwrap();
}

/// The texts of a query.
pub async fn texts(url: &str, sql: &str) -> Vec<String> {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::query_scalar(sql)
            .fetch_all(&mut connection)
            .await
            .unwrap()
    } else {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        sqlx::query_scalar(sql)
            .fetch_all(&mut connection)
            .await
            .unwrap()
    }
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
