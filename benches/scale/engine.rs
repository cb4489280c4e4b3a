//! SQLite or PostgreSQL: databases, their copies, what loading finished tables costs, and what they
//! weigh.

use super::cluster::{Cluster, newest_binaries};
use super::cost::{self, Beside, Cost};
use super::university::{University, script};
use super::{Result, runtime};
use anyhow::Context;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The page cache of the connection that writes to a file, KiB; see `Db::connect`.
pub const CACHE_KIB: u64 = 65_536;
/// Those of the four that read: an import fills them all.
pub const READER_CACHES_KIB: u64 = 4 * 16_384;

/// Enough for the largest tables of a million credits to be loaded without a checkpoint halfway;
/// everything that makes a commit durable is as it comes.
const SETTINGS: &str = "-c shared_buffers=512MB -c max_wal_size=8GB";

/// An engine.
pub enum Engine {
    Sqlite,
    Postgres(Cluster),
}

impl Engine {
    /// A private PostgreSQL server; nothing where none is installed.
    pub fn postgres() -> Option<Engine> {
        let cluster = Cluster::start(&newest_binaries()?, SETTINGS, None);
        Some(Engine::Postgres(cluster))
    }

    pub fn name(&self) -> &'static str {
        match self {
            Engine::Sqlite => "SQLite",
            Engine::Postgres(_) => "PostgreSQL",
        }
    }

    pub fn server(&self) -> Beside {
        match self {
            Engine::Sqlite => None,
            Engine::Postgres(cluster) => Some(cluster.pid()),
        }
    }

    /// What `--database` takes.
    pub fn url(&self, university: &University, database: &str) -> String {
        match self {
            Engine::Sqlite => {
                let file = university.folder.join(format!("{database}.db"));
                file.to_string_lossy().into_owned()
            }
            Engine::Postgres(cluster) => with_database(&cluster.url(), database),
        }
    }

    /// Makes an empty database.
    pub fn create(&self, database: &str) -> Result<()> {
        match self {
            Engine::Sqlite => Ok(()),
            Engine::Postgres(_) => self
                .sql("postgres", &format!("CREATE DATABASE {database}"))
                .map(|_| ()),
        }
    }

    /// Copies one that nobody is connected to.
    pub fn copy(&self, university: &University, from: &str, to: &str) -> Result<()> {
        match self {
            Engine::Sqlite => {
                std::fs::copy(self.url(university, from), self.url(university, to))?;
                Ok(())
            }
            Engine::Postgres(_) => self
                .sql("postgres", &format!("CREATE DATABASE {to} TEMPLATE {from}"))
                .map(|_| ()),
        }
    }

    pub fn drop(&self, university: &University, database: &str) -> Result<()> {
        match self {
            Engine::Sqlite => Ok(std::fs::remove_file(self.url(university, database))?),
            Engine::Postgres(_) => self
                .sql("postgres", &format!("DROP DATABASE {database}"))
                .map(|_| ()),
        }
    }

    /// What the database alone needs to take the rows of some tables: into tables with the same
    /// columns, keys and indexes, in one durable transaction, from a file. Checks and foreign keys are
    /// left out, which favours it.
    pub fn load(&self, university: &University, from: &str, tables: &[&str]) -> Result<Cost> {
        match self {
            Engine::Sqlite => self.load_file(university, from, tables, |table| {
                format!(".import --csv {table}.csv {table}\n")
            }),
            Engine::Postgres(cluster) => {
                self.like(from, tables)?;
                let file = |table: &str| cluster.folder.join(format!("{table}.copy"));
                let copies = |to: fn(&str, std::path::Display<'_>) -> String| -> String {
                    let each = tables.iter().map(|table| to(table, file(table).display()));
                    each.collect()
                };
                self.sql(
                    from,
                    &copies(|table, file| format!("COPY {table} TO '{file}';")),
                )?;
                let load = copies(|table, file| format!("COPY floor.{table} FROM '{file}';"));
                let load = format!("BEGIN;{load}COMMIT;");
                let ((), cost) = cost::of(self.server(), || self.sql(from, &load).map(|_| ()))?;
                for table in tables {
                    std::fs::remove_file(file(table))?;
                }
                self.sql(from, "DROP SCHEMA floor CASCADE")?;
                Ok(cost)
            }
        }
    }

    /// The same by `INSERT … SELECT`, from table to table.
    pub fn insert(&self, university: &University, from: &str, tables: &[&str]) -> Result<Cost> {
        let insert = |from: &str, to: &str, table: &str| {
            format!("INSERT INTO {to}.{table} SELECT * FROM {from}.{table};\n")
        };
        match self {
            Engine::Sqlite => self.load_file(university, from, tables, |table| {
                insert("src", "main", table)
            }),
            Engine::Postgres(_) => {
                self.like(from, tables)?;
                let each = tables.iter().map(|table| insert("public", "floor", table));
                let all = format!("BEGIN;{}COMMIT;", each.collect::<String>());
                let ((), cost) = cost::of(self.server(), || self.sql(from, &all).map(|_| ()))?;
                self.sql(from, "DROP SCHEMA floor CASCADE")?;
                Ok(cost)
            }
        }
    }

    /// Empty tables with the same columns, keys and indexes, in a schema of their own.
    fn like(&self, database: &str, tables: &[&str]) -> Result<()> {
        let each = tables.iter().map(|table| {
            format!("CREATE TABLE floor.{table} (LIKE public.{table} INCLUDING DEFAULTS INCLUDING INDEXES);")
        });
        let all = format!("CREATE SCHEMA floor; {}", each.collect::<String>());
        self.sql(database, &all).map(|_| ())
    }

    /// Loads tables of a file into those of another one with the `sqlite3` program.
    fn load_file(
        &self,
        university: &University,
        from: &str,
        tables: &[&str],
        load: impl Fn(&str) -> String,
    ) -> Result<Cost> {
        let source = PathBuf::from(self.url(university, from));
        let folder = &university.folder;
        let names = tables.iter().map(|table| format!("'{table}'"));
        let names = names.collect::<Vec<String>>().join(", ");
        let (schema, _) = sqlite3(folder, &source, &schema_of(&names))?;
        let dump = tables
            .iter()
            .map(|table| format!(".mode csv\n.once {table}.csv\nSELECT * FROM {table};\n"));
        sqlite3(folder, &source, &dump.collect::<String>())?;
        let floor = folder.join("floor.db");
        sqlite3(
            folder,
            &floor,
            &format!("PRAGMA journal_mode = WAL;{schema}"),
        )?;
        let load: String = tables.iter().map(|table| load(table)).collect();
        let source = source.display();
        let script = format!(
            "ATTACH '{source}' AS src; PRAGMA synchronous = FULL; PRAGMA cache_size = -{CACHE_KIB};\n\
             BEGIN;\n{load}COMMIT;\n"
        );
        let (_, cost) = sqlite3(folder, &floor, &script)?;
        std::fs::remove_file(&floor)?;
        Ok(cost)
    }

    /// One number.
    pub fn count(&self, university: &University, database: &str, sql: &str) -> Result<u64> {
        let rows = match self {
            Engine::Sqlite => {
                let file = PathBuf::from(self.url(university, database));
                sqlite3(&university.folder, &file, &format!("{sql};"))?.0
            }
            Engine::Postgres(_) => self.sql(database, sql)?.concat(),
        };
        Ok(rows.trim().parse()?)
    }

    /// Bytes of each table and index.
    pub fn weights(&self, university: &University, database: &str) -> Result<Vec<(String, u64)>> {
        let rows = match self {
            Engine::Sqlite => {
                let file = PathBuf::from(self.url(university, database));
                let sql = "SELECT name || ' ' || SUM(pgsize) FROM dbstat GROUP BY name;";
                let (text, _) = sqlite3(&university.folder, &file, sql)?;
                text.lines().map(str::to_owned).collect()
            }
            Engine::Postgres(_) => self.sql(
                database,
                "SELECT relname || ' ' || pg_relation_size(oid) FROM pg_class
                  WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace",
            )?,
        };
        let weight = |row: &String| {
            let (name, bytes) = row.rsplit_once(' ')?;
            Some((name.to_owned(), bytes.parse().ok()?))
        };
        let mut weights: Vec<(String, u64)> = rows.iter().filter_map(weight).collect();
        weights.sort_by_key(|(name, bytes)| (std::cmp::Reverse(*bytes), name.clone()));
        Ok(weights)
    }

    /// Runs statements on the server; the first column of the last answer, as text.
    fn sql(&self, database: &str, sql: &str) -> Result<Vec<String>> {
        let Engine::Postgres(cluster) = self else {
            return Ok(Vec::new());
        };
        let url = with_database(&cluster.url(), database);
        runtime().block_on(async {
            let mut connection = PgConnection::connect(&url).await?;
            let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                .fetch_all(&mut connection)
                .await
                .with_context(|| sql.to_owned())?;
            connection.close().await?;
            let text = |row: &sqlx::postgres::PgRow| {
                use sqlx::Row;
                row.try_get::<String, _>(0)
                    .or_else(|_| row.try_get::<i64, _>(0).map(|number| number.to_string()))
            };
            Ok(rows.iter().map(text).collect::<Result<_, sqlx::Error>>()?)
        })
    }
}

fn with_database(url: &str, database: &str) -> String {
    url.replace("/postgres?", &format!("/{database}?"))
}

/// Tables with the same columns, keys and indexes as these, as statements. A key of one integer column
/// is the row's own number; any other is an index. Checks are left out: a CSV file knows no NULL.
fn schema_of(tables: &str) -> String {
    format!(
        "SELECT 'CREATE TABLE ' || m.name || ' (' || group_concat(
                '\"' || c.name || '\" ' || c.type ||
                CASE WHEN c.pk = 1 AND c.type = 'INTEGER' AND (SELECT COUNT(*)
                     FROM pragma_table_info(m.name) k WHERE k.pk > 0) = 1
                THEN ' PRIMARY KEY' ELSE '' END, ', ')
            || COALESCE((SELECT ', PRIMARY KEY (' || group_concat(name, ', ') || ')'
                FROM (SELECT name, pk, type FROM pragma_table_info(m.name) WHERE pk > 0 ORDER BY pk)
               HAVING COUNT(*) > 1 OR MAX(type) <> 'INTEGER'), '') || ')'
            || CASE WHEN m.sql LIKE '%WITHOUT ROWID%' THEN ' WITHOUT ROWID' ELSE '' END || ';'
           FROM sqlite_master m JOIN pragma_table_info(m.name) c
          WHERE m.type = 'table' AND m.name IN ({tables}) GROUP BY m.name;
         SELECT sql || ';' FROM sqlite_master
          WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({tables});"
    )
}

/// Runs the `sqlite3` program; its answer and what it cost.
fn sqlite3(folder: &Path, database: &Path, text: &str) -> Result<(String, Cost)> {
    let mut command = Command::new("sqlite3");
    let answer = folder.join("answer");
    command
        .arg(database)
        .current_dir(folder)
        .stdin(script(text)?)
        .stdout(std::fs::File::create(&answer)?);
    let cost = cost::of_command(command, None, || Ok(()));
    let cost = cost.context("is the program sqlite3 installed?")?;
    Ok((std::fs::read_to_string(answer)?, cost))
}
