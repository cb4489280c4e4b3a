//! Connections and transactions.

use super::change;
use super::line::{BUSY, Line, Turn};
use super::row::{Arg, Fetch};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Executor, PgPool, PgTransaction, SqlitePool, SqliteTransaction};
use std::io::ErrorKind;
use std::str::FromStr;
use thiserror::Error;

/// Why the database could not do what it was asked to. Nothing was written by the transaction in
/// which it happened, and the same command may be run again.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The address is neither a file nor a PostgreSQL URL, or there is nothing there.
    #[error("cannot open the database {url}: {reason}")]
    Open {
        /// As given, without a password.
        url: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The schema is not the one this program knows.
    #[error("{0}")]
    Schema(String),
    /// Stored data that breaks the model.
    #[error("the database holds something impossible in {table}: {what}. Run `kwestura verify`.")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The row and what is wrong with it.
        what: String,
    },
    /// The file beside the books, in which uses of the interface are noted.
    #[error(
        "the notes of who used the interface, {path}: {error}. Make room, or look after the disk"
    )]
    Notes {
        /// The file.
        path: String,
        /// What is wrong.
        error: std::io::Error,
    },
    /// What failed for several who asked together, as it is told to each.
    #[error("{0}")]
    Together(String),
    /// The engine failed.
    #[error("the database failed: {error}{then}", error = .0, then = what_to_do(.0))]
    Engine(#[from] sqlx::Error),
}

const GONE: &str = ". The server went away: what was committed stands, the rest was not written. When it \
    is there again, or a standby in its place, run the same command again; nothing is recorded twice";
const SILENT: &str = ". The database gave no connection for half a minute: what was committed stands, the rest \
    was not written. When it answers again, run the same command again; nothing is recorded twice";
const BROKEN: &str = ". An answer of the database broke off: what was committed stands, the rest was not \
    written. Give it more memory where there is little, and run the same command again; nothing is recorded twice";
const STANDS_BY: &str =
    ". This server stands by for another one: give the address of the other, or promote this one";
const DISK: &str = ". The disk is full or fails, and nothing is half written: make room or look after \
    it, then run the same command again";
const MEMORY: &str = ". There is not enough memory, and nothing is half written: give it more, then run \
    the same command again";

/// What an administrator has to do about a failure, where that is known. Codes of five signs are those
/// of PostgreSQL's manual, Appendix A: a server that is stopped or restarted, one that reads alone, a full
/// disk, memory that is used up. Shorter ones are SQLite's: a full disk, memory that is used up, also for
/// the index of its log, and everything that the disk refuses.
fn what_to_do(error: &sqlx::Error) -> &'static str {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    match (error, code.as_deref()) {
        // So says a system that has no memory for another thread.
        (sqlx::Error::Io(error), _) if error.kind() == ErrorKind::WouldBlock => MEMORY,
        (_, Some("53200" | "7" | "3082" | "5386")) => MEMORY,
        (_, Some("57P01" | "57P02" | "57P03")) | (sqlx::Error::Io(_), _) => GONE,
        // The pool goes on trying for as long, where a server went away between two transactions.
        (sqlx::Error::PoolTimedOut, _) => SILENT,
        // Of a query that always has a row: whoever was answering died, as for want of memory.
        (sqlx::Error::WorkerCrashed | sqlx::Error::RowNotFound, _) => BROKEN,
        (_, Some("25006")) => STANDS_BY,
        (_, Some("53100" | "13")) => DISK,
        (_, Some(code)) if code.len() < 5 && is_io(code) => DISK,
        _ => "",
    }
}

/// The lower eight bits tell the kind, `SQLITE_IOERR`.
fn is_io(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| code & 0xff == 10)
}

impl StoreError {
    /// Whether whoever asks again at once waits as long, and in vain.
    pub fn is_outage(&self) -> bool {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut};
        matches!(self, StoreError::Engine(Io(_) | PoolClosed | PoolTimedOut))
    }

    /// Did the database end the transaction because it and another stood in each other's way? The
    /// codes are those of PostgreSQL, `serialization_failure` and `deadlock_detected` (Appendix A
    /// of its manual); on a file writers wait in line and cannot collide.
    pub fn is_collision(&self) -> bool {
        let StoreError::Engine(sqlx::Error::Database(error)) = self else {
            return false;
        };
        matches!(error.code().as_deref(), Some("40001" | "40P01"))
    }
}

/// A database.
#[derive(Debug, Clone)]
pub enum Db {
    /// An embedded file: one writer, several readers.
    Sqlite {
        /// One connection.
        writer: SqlitePool,
        /// Several.
        readers: SqlitePool,
        /// One by which it is watched; see [`Db::mark`].
        watcher: SqlitePool,
        /// Where those stand who want to write. None where nobody else can want to.
        line: Option<Line>,
    },
    /// A server.
    Pg(PgPool),
}

/// A transaction; what is not committed has not happened.
pub enum Tx {
    /// On a file; whoever writes has a turn, which ends behind the transaction.
    Sqlite(SqliteTransaction<'static>, Option<Turn>),
    /// On a server.
    Pg(PgTransaction<'static>),
}

/// The books fit into memory: with the server's own guess, which is for turning disks, a student's few
/// rows are looked for by reading whole tables.
const AT_RANDOM: &str = "SET random_page_cost = 1.1";

/// Pages of the log, 256 MiB, before whoever commits folds it: four times what is folded beside the
/// writers, who so wait for a disk that does not keep up.
const LOG_PAGES: &str = "65536";

impl Db {
    /// Opens a file, or a server at a `postgres://` URL. A file is made where `create` says so and
    /// none exists.
    pub async fn connect(url: &str, create: bool) -> Result<Db, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let open = |error: sqlx::Error| StoreError::Open {
                url: without_password(url),
                reason: format!("{error}. Is the server running, and may this user connect?"),
            };
            let options = PgConnectOptions::from_str(url).map_err(open)?;
            let pool = PgPoolOptions::new()
                .max_connections(8)
                .after_connect(|connection, _| {
                    Box::pin(async move {
                        connection.execute(AT_RANDOM).await?;
                        Ok(())
                    })
                })
                .connect_with(options)
                .await;
            return pool.map(Db::Pg).map_err(open);
        }
        let open = |reason: String| StoreError::Open {
            url: url.to_owned(),
            reason,
        };
        if !create && !std::path::Path::new(url).exists() {
            return Err(open(
                "there is no such file; `kwestura init` makes it".to_owned(),
            ));
        }
        let options = SqliteConnectOptions::new()
            .filename(url)
            .create_if_missing(create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .auto_vacuum(SqliteAutoVacuum::None)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("cache_size", "-65536")
            .pragma("temp_store", "memory")
            .pragma("wal_autocheckpoint", LOG_PAGES)
            // What is erased is overwritten in the file; a server does so in its own time.
            .pragma("secure_delete", "on");
        // A connection to a file does not break while nobody uses it, and is looked at when it is given
        // back: to try it before each use would be another way to its thread and back.
        let pool = || SqlitePoolOptions::new().test_before_acquire(false);
        let writer = pool()
            .max_connections(1)
            .connect_with(options.clone())
            .await;
        let writer = writer.map_err(|error| open(format!("{error}{}", what_to_do(&error))))?;
        let watcher = change::watcher(options.clone());
        let line = Some(Line::of(url, options.clone()));
        let readers = pool()
            .max_connections(4)
            .connect_lazy_with(options.pragma("cache_size", "-16384"));
        Ok(Db::Sqlite {
            writer,
            readers,
            watcher,
            line,
        })
    }

    /// The same, known to nobody else yet: who writes to it stands in no line, which would leave files
    /// beside it.
    #[must_use]
    pub fn unshared(mut self) -> Db {
        if let Db::Sqlite { line, .. } = &mut self {
            *line = None;
        }
        self
    }

    /// Begins a transaction that reads one moment.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Db::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?, None),
            Db::Pg(pool) => {
                let pool = pool.clone();
                let begun = begun(async move {
                    pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                        .await
                });
                Tx::Pg(begun.await?)
            }
        })
    }

    /// Begins a transaction that writes. On SQLite it waits for its turn at once, because a reader
    /// that turns writer halfway is refused without waiting.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Db::Sqlite { writer, line, .. } => {
                let turn = match line {
                    Some(line) => Some(line.turn().await),
                    None => None,
                };
                Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?, turn)
            }
            Db::Pg(pool) => {
                let pool = pool.clone();
                Tx::Pg(begun(async move { pool.begin().await }).await?)
            }
        })
    }

    /// Closes all connections; on SQLite the log is folded into the file.
    pub async fn close(&self) {
        match self {
            Db::Sqlite {
                writer,
                readers,
                watcher,
                line,
            } => {
                if let Some(line) = line {
                    line.close().await;
                }
                watcher.close().await;
                readers.close().await;
                writer.close().await;
            }
            Db::Pg(pool) => pool.close().await,
        }
    }
}

/// A transaction on a server, begun to the end though nobody waits for it any more.
///
/// Why a task: the driver gives a connection back with the transaction open on it when whoever began
/// one is dropped before the server has answered, as a request is whose browser went away. The next to
/// get that connection would find itself in a transaction of another's.
async fn begun(
    beginning: impl Future<Output = Result<PgTransaction<'static>, sqlx::Error>> + Send + 'static,
) -> Result<PgTransaction<'static>, sqlx::Error> {
    let task = tokio::spawn(beginning);
    task.await
        .unwrap_or_else(|error| Err(sqlx::Error::Io(std::io::Error::other(error))))
}

/// Runs the same body on either connection.
macro_rules! on {
    ($tx:expr, |$connection:ident| $body:expr) => {
        match $tx {
            Tx::Sqlite(tx, _) => {
                let $connection = &mut **tx;
                $body
            }
            Tx::Pg(tx) => {
                let $connection = &mut **tx;
                $body
            }
        }
    };
}

pub(super) use on;

/// Binds arguments in order.
macro_rules! bound {
    ($sql:expr, $args:expr) => {{
        let mut query = sqlx::query($sql);
        for arg in $args {
            query = match arg {
                Arg::Int(value) => query.bind(*value),
                Arg::MaybeInt(value) => query.bind(*value),
                Arg::Text(value) => query.bind((*value).to_owned()),
                Arg::MaybeText(value) => query.bind(value.map(str::to_owned)),
                Arg::Day(value) => query.bind(*value),
                Arg::MaybeDay(value) => query.bind(*value),
                Arg::Bytes(value) => query.bind(value.to_vec()),
            };
        }
        query
    }};
}

pub(super) use bound;

impl Db {
    /// Reads the first row of a query that stands for itself, if there is one, without a transaction
    /// around it.
    pub async fn look<T: Fetch>(
        &self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Option<T>, StoreError> {
        let rows = match self {
            Db::Sqlite { readers, .. } => {
                let asked = AssertSqlSafe(T::asked(sql).into_owned());
                T::of_sqlite(&bound!(asked, args).fetch_all(readers).await?)?
            }
            Db::Pg(pool) => {
                let rows = bound!(sql, args).fetch_all(pool).await?;
                rows.iter()
                    .map(T::of_pg)
                    .collect::<Result<Vec<T>, sqlx::Error>>()?
            }
        };
        Ok(rows.into_iter().next())
    }
}

impl Tx {
    /// Runs a statement; tells how many rows it touched.
    pub async fn execute(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<u64, StoreError> {
        Ok(on!(self, |connection| bound!(sql, args)
            .execute(connection)
            .await?
            .rows_affected()))
    }

    /// Reads all rows.
    pub async fn fetch<T: Fetch>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<T>, StoreError> {
        let rows = match self {
            Tx::Sqlite(tx, _) => {
                // A constant of the program, with nothing in it that came from outside.
                let asked = AssertSqlSafe(T::asked(sql).into_owned());
                T::of_sqlite(&bound!(asked, args).fetch_all(&mut **tx).await?)?
            }
            Tx::Pg(tx) => {
                let rows = bound!(sql, args).fetch_all(&mut **tx).await?;
                rows.iter()
                    .map(T::of_pg)
                    .collect::<Result<Vec<T>, sqlx::Error>>()?
            }
        };
        Ok(rows)
    }

    /// Reads the first row, if there is one.
    pub async fn first<T: Fetch>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Option<T>, StoreError> {
        Ok(self.fetch(sql, args).await?.into_iter().next())
    }

    /// Reads one row of a query that always has one.
    pub async fn one<T: Fetch>(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<T, StoreError> {
        self.first(sql, args)
            .await?
            .ok_or(StoreError::Engine(sqlx::Error::RowNotFound))
    }

    /// Reads ids under a lock that holds until the end of the transaction. On SQLite the
    /// transaction is the only writer as it is.
    pub async fn lock(
        &mut self,
        sql: &'static str,
        for_update: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<(i64,)>, StoreError> {
        match self {
            Tx::Sqlite(..) => self.fetch(sql, args).await,
            Tx::Pg(_) => self.fetch(for_update, args).await,
        }
    }

    /// Locks a table on a server, until the transaction ends; in a file whoever writes is alone as it is.
    pub(super) async fn lock_table(&mut self, on_a_server: &'static str) -> Result<(), StoreError> {
        match self {
            Tx::Sqlite(..) => Ok(()),
            Tx::Pg(_) => self.execute(on_a_server, &[]).await.map(|_| ()),
        }
    }

    /// Makes it so.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Tx::Sqlite(tx, turn) => {
                tx.commit().await?;
                if let Some(turn) = turn {
                    turn.written();
                }
            }
            Tx::Pg(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Makes it as if it had never begun.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Tx::Sqlite(tx, _turn) => tx.rollback().await?,
            Tx::Pg(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}

/// A URL as it may be shown.
pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (authority, behind) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}{behind}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a database itself says has a story; these are said on the way there.
    #[test]
    fn whoever_cannot_reach_the_database_is_told_what_to_do() {
        let lost = |kind: ErrorKind| sqlx::Error::Io(kind.into());
        for (error, expected) in [
            (lost(ErrorKind::UnexpectedEof), GONE),
            (lost(ErrorKind::WouldBlock), MEMORY),
            (sqlx::Error::PoolTimedOut, SILENT),
            (sqlx::Error::RowNotFound, BROKEN),
            (sqlx::Error::WorkerCrashed, BROKEN),
            (sqlx::Error::BeginFailed, ""),
        ] {
            assert_eq!(what_to_do(&error), expected, "{error}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(
            without_password("postgres://u:secret@h/db"),
            "postgres://u@h/db"
        );
        assert_eq!(
            without_password("postgres://u:s@cret@h/db?host=/run/a"),
            "postgres://u@h/db?host=/run/a"
        );
        assert_eq!(without_password("postgres://h/db"), "postgres://h/db");
    }
}
