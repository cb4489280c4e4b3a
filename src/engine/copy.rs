//! The books move from a file to a server, or back.
//!
//! | phase | what happens |
//! |---|---|
//! | prepare | both are brought to one schema; the target is empty, or the same copy was begun there |
//! | hold still | others read the source and nobody writes to it |
//! | pour | table by table, each in one transaction of the target: whole or not at all |
//! | compare | every table of both sides is read, and their digests are the same |
//!
//! Killed at any point, the same command goes on with the first table that is not there. A target that
//! is not done is refused by every other command. The source is left as it was.

use super::{EngineError, kill};
use crate::store::copy::Table;
use crate::store::{Address, Db, StoreError, migrate};
use std::collections::BTreeSet;

/// A table that was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its name.
    pub table: String,
    /// Its rows.
    pub rows: u64,
}

/// Copies all books; `now` in milliseconds, `told` hears how many tables are there of
/// how many.
///
/// # Errors
///
/// Refused where both are the same engine, the target holds books, or the source was changed between
/// two runs of the same copy.
pub async fn run(
    from: &str,
    to: &str,
    now: i64,
    told: impl FnMut(usize, usize),
) -> Result<Vec<Copied>, EngineError> {
    let is_server = |url: &str| url.starts_with("postgres://") || url.starts_with("postgresql://");
    if is_server(from) == is_server(to) {
        return Err(EngineError::refused(
            "one of the two is a file and the other a postgres:// URL. Within one engine use \
             `kwestura backup` and `kwestura restore`",
        ));
    }
    let source = Db::connect(from, false).await?;
    let target = Db::connect(to, true).await?;
    let copied = between(&source, &target, from, now, told).await;
    source.close().await;
    target.close().await;
    copied
}

async fn between(
    source: &Db,
    target: &Db,
    from: &str,
    now: i64,
    mut told: impl FnMut(usize, usize),
) -> Result<Vec<Copied>, EngineError> {
    migrate::migrate(source).await?;
    migrate::migrate(target).await?;
    refuse_unfinished(source).await?;
    let tables = tables(source, target).await?;
    begin(target, &tables, Address::of(from).plain(), now).await?;
    target.loosen(&tables).await?;
    let _still = source.hold_uses().await?;
    let mut reader = source.write().await?;
    reader.hold_still(&tables).await?;
    for (done, table) in tables.iter().enumerate() {
        told(done, tables.len());
        let mut writer = target.write().await?;
        if writer.holds_nothing(table).await? {
            kill::point("copy.table-begun");
            reader.pour(table, &mut writer).await?;
            kill::point("copy.table-poured");
            writer.commit().await?;
            kill::point("copy.table-kept");
        } else {
            writer.rollback().await?;
        }
    }
    let mut copied = Vec::with_capacity(tables.len());
    let mut differing = Vec::new();
    let mut there = target.read().await?;
    for table in &tables {
        let (ours, theirs) = (reader.digest(table).await?, there.digest(table).await?);
        if ours != theirs {
            differing.push(table.name.as_str());
        }
        let (table, rows) = (table.name.clone(), ours.rows);
        copied.push(Copied { table, rows });
    }
    there.rollback().await?;
    reader.rollback().await?;
    if !differing.is_empty() {
        return Err(EngineError::refused(format!(
            "{} differ: somebody wrote to the source after this copy was begun. Stop whoever works with \
             it, remove the target, and copy anew",
            differing.join(", ")
        )));
    }
    kill::point("copy.compared");
    let mut tx = target.write().await?;
    tx.end_copy().await?;
    tx.commit().await?;
    Ok(copied)
}

/// Refuses a database that is being filled from another one.
pub async fn refuse_unfinished(db: &Db) -> Result<(), EngineError> {
    let mut tx = db.read().await?;
    let source = tx.copy_under_way().await?;
    tx.rollback().await?;
    match source {
        None => Ok(()),
        Some(source) => Err(EngineError::refused(format!(
            "this database is a copy of {source} that is not done: `kwestura database copy {source} TO` \
             goes on with it"
        ))),
    }
}

/// The tables of both, which are the same ones.
async fn tables(source: &Db, target: &Db) -> Result<Vec<Table>, EngineError> {
    let (server, file) = match source {
        Db::Pg(_) => (source, target),
        Db::Sqlite { .. } => (target, source),
    };
    let tables = server.catalogue().await?;
    let of_server: BTreeSet<String> = tables.iter().map(|table| table.name.clone()).collect();
    let of_file = file.table_names().await?;
    let lonely: Vec<&str> = (of_server.symmetric_difference(&of_file))
        .map(String::as_str)
        .collect();
    if lonely.is_empty() {
        return Ok(tables);
    }
    Err(EngineError::Store(StoreError::Schema(format!(
        "{} are on one engine only; remove what is not of this program",
        lonely.join(", ")
    ))))
}

/// Notes in an empty target that it is being filled, or finds that noted.
async fn begin(target: &Db, tables: &[Table], source: &str, now: i64) -> Result<(), EngineError> {
    let mut tx = target.write().await?;
    match tx.copy_under_way().await? {
        Some(begun) if begun == source => {}
        Some(begun) => {
            return Err(EngineError::refused(format!(
                "the target is an unfinished copy of {begun}; finish that, or take an empty database"
            )));
        }
        None => {
            for table in tables {
                if !tx.holds_nothing(table).await? {
                    return Err(EngineError::refused(format!(
                        "the target holds books already (table {}); take an empty database, without `kwestura init`",
                        table.name
                    )));
                }
            }
            tx.begin_copy(source, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
