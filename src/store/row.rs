//! Arguments going in, rows coming out, the same for both engines.

use chrono::NaiveDate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, FromRow, Row};
use std::borrow::Cow;

/// One argument of a statement.
#[derive(Debug, Clone, Copy)]
pub enum Arg<'a> {
    /// A number.
    Int(i64),
    /// A number or nothing.
    MaybeInt(Option<i64>),
    /// A text.
    Text(&'a str),
    /// A text or nothing.
    MaybeText(Option<&'a str>),
    /// A day.
    Day(NaiveDate),
    /// A day or nothing.
    MaybeDay(Option<NaiveDate>),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// Something a row of either engine can be read into.
pub trait Fetch: Sized {
    /// How the embedded file is asked.
    fn asked(sql: &'static str) -> Cow<'static, str>;
    /// From its answer.
    fn of_sqlite(rows: &[SqliteRow]) -> Result<Vec<Self>, Error>;
    /// From a row of the server.
    fn of_pg(row: &PgRow) -> Result<Self, Error>;
}

/// A row that can be read from JSON, too.
pub trait Packed: Fetch + DeserializeOwned {
    /// Its columns, in the order of the fields.
    const COLUMNS: &'static [&'static str];
}

/// A query whose answer is one text, a JSON array of arrays, in the order that the query asks for.
///
/// Why: the driver of the embedded file copies every value under a lock and hands every row from
/// thread to thread, which costs several times what SQLite needs to find it.
pub(super) fn packing(sql: &str, columns: &[&str]) -> Cow<'static, str> {
    let columns = columns.join(", ");
    format!("SELECT json_group_array(json_array({columns})) FROM ({sql})").into()
}

/// The rows in the answer to such a query.
pub(super) fn unpacked<T: DeserializeOwned>(rows: &[SqliteRow]) -> Result<Vec<T>, Error> {
    let row = rows.first().ok_or(Error::RowNotFound)?;
    serde_json::from_str(row.try_get(0)?).map_err(|error| Error::Decode(error.into()))
}

/// Declares a struct whose fields are the columns of a query, readable from both engines.
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $fvis:vis $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(serde::Deserialize)]
        $vis struct $name { $($(#[$field_meta])* $fvis $field: $type,)* }
        impl crate::store::row::Packed for $name {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];
        }
        impl crate::store::Fetch for $name {
            fn asked(sql: &'static str) -> std::borrow::Cow<'static, str> {
                crate::store::row::packing(sql, <$name as crate::store::row::Packed>::COLUMNS)
            }
            fn of_sqlite(rows: &[sqlx::sqlite::SqliteRow]) -> Result<Vec<Self>, sqlx::Error> {
                crate::store::row::unpacked(rows)
            }
            fn of_pg(row: &sqlx::postgres::PgRow) -> Result<Self, sqlx::Error> {
                use sqlx::Row;
                Ok($name { $($field: row.try_get(stringify!($field))?,)* })
            }
        }
    };
}
pub(crate) use row;

/// Rows of a few values, read by their places.
macro_rules! tuple {
    ($($type:ident)+) => {
        impl<$($type),+> Fetch for ($($type,)+)
        where
            Self: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>,
        {
            fn asked(sql: &'static str) -> Cow<'static, str> {
                sql.into()
            }
            fn of_sqlite(rows: &[SqliteRow]) -> Result<Vec<Self>, Error> {
                rows.iter().map(Self::from_row).collect()
            }
            fn of_pg(row: &PgRow) -> Result<Self, Error> {
                Self::from_row(row)
            }
        }
    };
}
tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);

/// A statement that takes its rows `FROM given`: from `$1`, see [`Rows`]. `value->>0` is the first
/// value of a row.
///
/// Why not from `json_each($1)`: each mention of its `value` writes the row down as text and reads
/// it again, so that a row of twenty columns took four times as long as binding them one by one.
macro_rules! given {
    ($sql:literal) => {
        concat!(
            "WITH given AS MATERIALIZED (SELECT jsonb(value) AS value FROM json_each($1)) ",
            $sql
        )
    };
}
pub(super) use given;

/// Many rows as one argument: a JSON array of arrays, for `json_each($1)`.
#[derive(Debug, Default)]
pub struct Rows(String);

/// Rows of one statement; PostgreSQL holds its JSON in memory, so they are sent in pieces.
pub const ROWS_MAX: usize = 20_000;

impl Rows {
    /// One array for each row.
    pub fn of<T: Serialize>(rows: impl IntoIterator<Item = T>) -> Result<Rows, super::StoreError> {
        let mut text = String::from("[");
        for (place, row) in rows.into_iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            let row =
                serde_json::to_string(&row).map_err(|error| super::StoreError::Inconsistent {
                    table: "a row to be written",
                    what: error.to_string(),
                })?;
            text.push_str(&row);
        }
        text.push(']');
        Ok(Rows(text))
    }

    /// Rows of one value each.
    pub fn of_each<T: Serialize>(
        values: impl IntoIterator<Item = T>,
    ) -> Result<Rows, super::StoreError> {
        Rows::of(values.into_iter().map(|value| (value,)))
    }

    /// As an argument.
    pub fn arg(&self) -> Arg<'_> {
        Arg::Text(&self.0)
    }
}
