//! A database poured into one of the other engine, table by table, by the catalogue of the tables:
//! none has to be named here, so none can be forgotten.
//!
//! The only SQL that is put together at run time: its names come from the catalogue of a schema that
//! the migrations of this program made, and its values travel as arguments all the same.

use super::connect::on;
use super::{Arg, Db, StoreError, Tx};
use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, BTreeSet};

/// What belongs to a database and not to the books in it.
const OF_THE_DATABASE: [&str; 2] = ["_sqlx_migrations", "database_copy"];
/// So many bytes of rows travel at once.
const BATCH_BYTES: usize = 4 << 20;

const COLUMNS: &str = "
    SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT), CAST(c.data_type AS TEXT),
           CAST(CASE WHEN c.is_identity = 'YES' THEN 1 ELSE 0 END AS BIGINT)
      FROM information_schema.columns c
      JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
     WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
     ORDER BY c.table_name, c.ordinal_position";
const REFERENCES: &str = "
    SELECT CAST(f.relname AS TEXT), CAST(t.relname AS TEXT), CAST(k.conname AS TEXT)
      FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
     WHERE k.contype = 'f' AND k.connamespace = CAST(current_schema() AS regnamespace) ORDER BY 1, 2, 3";
const NAMES: &str = "
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name";

const UNDER_WAY: &str = "SELECT source FROM database_copy WHERE id = 1";
const BEGIN: &str = "INSERT INTO database_copy (id, source, recorded_at) VALUES (1, $1, $2)";
const END: &str = "DELETE FROM database_copy WHERE id = 1";

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Text,
    Day,
    Bytes,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: Kind,
    /// The server numbers it.
    is_numbered: bool,
}

/// A table of the books.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: String,
    columns: Vec<Column>,
    /// The tables that have to be there before it.
    behind: BTreeSet<String>,
    /// Its references to rows of its own.
    to_itself: Vec<String>,
}

/// What a table holds, whatever the order of its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// How many rows.
    pub rows: u64,
    /// The sum of their hashes, in four parts.
    sum: [u64; 4],
}

impl Digest {
    fn add(&mut self, row: &str) {
        self.rows += 1;
        let hash = Sha256::digest(row.as_bytes());
        for (sum, part) in self.sum.iter_mut().zip(hash.chunks_exact(8)) {
            let part = part.try_into().map(u64::from_be_bytes);
            *sum = sum.wrapping_add(part.unwrap_or_default());
        }
    }
}

impl Table {
    fn quoted(&self) -> String {
        quoted(&self.name)
    }

    fn each(&self, said: impl Fn(&Column, String) -> String) -> String {
        let columns = self.columns.iter();
        let said: Vec<String> = columns.map(|one| said(one, quoted(&one.name))).collect();
        said.join(", ")
    }

    /// Each row as one JSON array.
    fn reading(&self, is_server: bool) -> String {
        let values = self.each(|column, name| match (column.kind, is_server) {
            (Kind::Bytes, true) => format!("encode({name}, 'hex')"),
            (Kind::Bytes, false) => {
                format!("CASE WHEN {name} IS NOT NULL THEN lower(hex({name})) END")
            }
            _ => name,
        });
        let row = if is_server {
            format!("CAST(jsonb_build_array({values}) AS TEXT)")
        } else {
            format!("json_array({values})")
        };
        format!("SELECT {row} FROM {}", self.quoted())
    }

    /// Rows from a JSON array of arrays.
    fn writing(&self, is_server: bool) -> String {
        let value = if is_server { "value" } else { "jsonb(value)" };
        let names = self.each(|_, name| name);
        let mut place = 0..self.columns.len();
        let values: Vec<String> = (self.columns.iter())
            .map(|column| {
                let value = format!("value->>{}", place.next().unwrap_or_default());
                match (column.kind, is_server) {
                    (Kind::Int, _) => format!("CAST({value} AS BIGINT)"),
                    (Kind::Day, true) => format!("CAST({value} AS DATE)"),
                    (Kind::Bytes, true) => format!("decode({value}, 'hex')"),
                    (Kind::Bytes, false) => format!("unhex({value})"),
                    (Kind::Text, _) | (Kind::Day, false) => value,
                }
            })
            .collect();
        format!(
            "WITH given AS MATERIALIZED (SELECT {value} AS value FROM json_each($1))
             INSERT INTO {} ({names}) SELECT {} FROM given",
            self.quoted(),
            values.join(", ")
        )
    }
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

impl Db {
    /// The tables of the books on a server, each behind those that it refers to.
    pub async fn catalogue(&self) -> Result<Vec<Table>, StoreError> {
        let mut tx = self.read().await?;
        let columns: Vec<(String, String, String, i64)> = tx.fetch(COLUMNS, &[]).await?;
        let references: Vec<(String, String, String)> = tx.fetch(REFERENCES, &[]).await?;
        tx.rollback().await?;
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        for (table, name, kind, is_numbered) in columns {
            if OF_THE_DATABASE.contains(&table.as_str()) {
                continue;
            }
            let entry = tables.entry(table.clone()).or_insert_with(|| Table {
                name: table.clone(),
                columns: Vec::new(),
                behind: BTreeSet::new(),
                to_itself: Vec::new(),
            });
            let kind = kind_of(&kind).ok_or_else(|| {
                StoreError::Schema(format!(
                    "{table}.{name} is a {kind}, which cannot be copied"
                ))
            })?;
            entry.columns.push(Column {
                name,
                kind,
                is_numbered: is_numbered == 1,
            });
        }
        for (from, to, constraint) in references {
            let Some(table) = tables.get_mut(&from) else {
                continue;
            };
            if from == to {
                table.to_itself.push(constraint);
            } else {
                table.behind.insert(to);
            }
        }
        in_order(tables)
    }

    /// The names of the tables of the books in a file.
    pub async fn table_names(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut tx = self.read().await?;
        let names: Vec<(String,)> = tx.fetch(NAMES, &[]).await?;
        tx.rollback().await?;
        let names = names.into_iter().map(|(name,)| name);
        let is_ours = |name: &String| !OF_THE_DATABASE.contains(&name.as_str());
        Ok(names.filter(is_ours).collect())
    }

    /// Lets rows of a table refer to rows that come later in the same transaction. In a file they may.
    pub async fn loosen(&self, tables: &[Table]) -> Result<(), StoreError> {
        let Db::Pg(pool) = self else { return Ok(()) };
        for table in tables {
            for constraint in &table.to_itself {
                let alter = format!(
                    "ALTER TABLE {} ALTER CONSTRAINT {} DEFERRABLE INITIALLY IMMEDIATE",
                    table.quoted(),
                    quoted(constraint)
                );
                sqlx::query(AssertSqlSafe(alter)).execute(pool).await?;
            }
        }
        Ok(())
    }
}

fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "bigint" => Kind::Int,
        "text" => Kind::Text,
        "date" => Kind::Day,
        "bytea" => Kind::Bytes,
        _ => return None,
    })
}

/// Each table behind those that it refers to.
fn in_order(mut waiting: BTreeMap<String, Table>) -> Result<Vec<Table>, StoreError> {
    let mut ordered: Vec<Table> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let waits = |table: &Table| table.behind.iter().any(|other| waiting.contains_key(other));
        let free: Vec<String> = (waiting.values())
            .filter(|table| !waits(table))
            .map(|table| table.name.clone())
            .collect();
        if free.is_empty() {
            let names: Vec<&str> = waiting.keys().map(String::as_str).collect();
            return Err(StoreError::Schema(format!(
                "{} refer to one another in a circle",
                names.join(", ")
            )));
        }
        ordered.extend(free.iter().filter_map(|name| waiting.remove(name)));
    }
    Ok(ordered)
}

impl Tx {
    fn is_server(&self) -> bool {
        matches!(self, Tx::Pg(_))
    }

    /// From where this database is being filled, if that is not done.
    pub async fn copy_under_way(&mut self) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = self.first(UNDER_WAY, &[]).await?;
        Ok(row.map(|(source,)| source))
    }

    /// Notes that this database is being filled.
    pub async fn begin_copy(&mut self, source: &str, now: i64) -> Result<(), StoreError> {
        let args = [Arg::Text(source), Arg::Int(now)];
        self.execute(BEGIN, &args).await.map(|_| ())
    }

    /// Notes that all is there.
    pub async fn end_copy(&mut self) -> Result<(), StoreError> {
        self.execute(END, &[]).await.map(|_| ())
    }

    /// Lets others read and nobody write, until the transaction ends. In a file this transaction is
    /// the only writer as it is.
    pub async fn hold_still(&mut self, tables: &[Table]) -> Result<(), StoreError> {
        if self.is_server() {
            let names: Vec<String> = tables.iter().map(Table::quoted).collect();
            let lock = format!("LOCK TABLE {} IN SHARE MODE", names.join(", "));
            on!(self, |connection| sqlx::query(AssertSqlSafe(lock))
                .execute(connection)
                .await
                .map(|_| ())?);
        }
        Ok(())
    }

    /// Whether a table holds nothing.
    pub async fn holds_nothing(&mut self, table: &Table) -> Result<bool, StoreError> {
        let ask = format!("SELECT 1 FROM {} LIMIT 1", table.quoted());
        Ok(on!(self, |connection| sqlx::query(AssertSqlSafe(ask))
            .fetch_optional(connection)
            .await?
            .is_none()))
    }

    /// What a table holds.
    pub async fn digest(&mut self, table: &Table) -> Result<Digest, StoreError> {
        let ask = table.reading(self.is_server());
        let mut digest = Digest::default();
        on!(self, |connection| {
            let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(ask)).fetch(connection);
            while let Some(row) = rows.try_next().await? {
                digest.add(&plain(&table.name, &row)?);
            }
        });
        Ok(digest)
    }

    /// Pours all rows of a table into the same one of another database; tells how many.
    pub async fn pour(&mut self, table: &Table, into: &mut Tx) -> Result<u64, StoreError> {
        let ask = table.reading(self.is_server());
        let defer = if into.is_server() {
            "SET CONSTRAINTS ALL DEFERRED"
        } else {
            "PRAGMA defer_foreign_keys = ON"
        };
        into.execute(defer, &[]).await?;
        let mut batch = String::new();
        let mut poured = 0;
        on!(self, |connection| {
            let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(ask)).fetch(connection);
            while let Some(row) = rows.try_next().await? {
                batch.push(if batch.is_empty() { '[' } else { ',' });
                batch.push_str(&row);
                poured += 1;
                if BATCH_BYTES <= batch.len() {
                    into.put(table, &mut batch).await?;
                }
            }
        });
        into.put(table, &mut batch).await?;
        into.number_on(table).await?;
        Ok(poured)
    }

    async fn put(&mut self, table: &Table, batch: &mut String) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut rows = std::mem::take(batch);
        rows.push(']');
        let write = table.writing(self.is_server());
        on!(self, |connection| sqlx::query(AssertSqlSafe(write))
            .bind(rows)
            .execute(connection)
            .await
            .map(|_| ())?);
        Ok(())
    }

    /// The server goes on numbering behind the rows that brought their numbers.
    async fn number_on(&mut self, table: &Table) -> Result<(), StoreError> {
        if !self.is_server() {
            return Ok(());
        }
        for column in table.columns.iter().filter(|column| column.is_numbered) {
            let (name, key) = (table.quoted(), quoted(&column.name));
            let set = format!(
                "SELECT setval(pg_get_serial_sequence('{name}', '{}'), COALESCE(MAX({key}), 0) + 1, false) FROM {name}",
                column.name
            );
            on!(self, |connection| sqlx::query(AssertSqlSafe(set))
                .execute(connection)
                .await
                .map(|_| ())?);
        }
        Ok(())
    }
}

/// The same row is the same text, whichever engine wrote it.
fn plain(table: &str, row: &str) -> Result<String, StoreError> {
    let read: Result<serde_json::Value, _> = serde_json::from_str(row);
    read.map(|row| row.to_string())
        .map_err(|error| StoreError::Schema(format!("a row of {table} cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, behind: &[&str]) -> (String, Table) {
        let table = Table {
            name: name.to_owned(),
            columns: Vec::new(),
            behind: behind.iter().map(|&name| name.to_owned()).collect(),
            to_itself: Vec::new(),
        };
        (name.to_owned(), table)
    }

    #[test]
    fn a_table_comes_behind_those_that_it_refers_to() {
        let tables = [
            table("allocation", &["person", "receivable"]),
            table("person", &[]),
            table("receivable", &["person"]),
        ];
        let ordered = in_order(BTreeMap::from(tables)).unwrap();
        let names: Vec<&str> = ordered.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["person", "receivable", "allocation"]);
        let circle = [table("a", &["b"]), table("b", &["a"])];
        assert!(in_order(BTreeMap::from(circle)).is_err());
    }

    #[test]
    fn a_digest_knows_rows_and_not_their_order() {
        let digest = |rows: &[&str]| {
            let mut digest = Digest::default();
            for row in rows {
                digest.add(row);
            }
            digest
        };
        assert_eq!(digest(&["a", "b", "b"]), digest(&["b", "a", "b"]));
        assert_ne!(digest(&["a", "b"]), digest(&["a", "b", "b"]));
        assert_ne!(digest(&["a", "b"]), digest(&["a", "c"]));
    }

    #[test]
    fn both_engines_tell_a_row_alike() {
        let server = plain("t", r#"[1, "Zażółć \"x\"", null, "2026-10-01"]"#).unwrap();
        let file = plain(
            "t",
            r#"[1,"Za\u017c\u00f3\u0142\u0107 \"x\"",null,"2026-10-01"]"#,
        )
        .unwrap();
        assert_eq!(server, file);
    }
}
