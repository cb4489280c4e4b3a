//! Arguments going in, rows coming out, the same for both engines.

use chrono::NaiveDate;
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, FromRow};

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
    /// From a row of the embedded file.
    fn of_sqlite(row: &SqliteRow) -> Result<Self, Error>;
    /// From a row of the server.
    fn of_pg(row: &PgRow) -> Result<Self, Error>;
}

impl<T> Fetch for T
where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>,
{
    fn of_sqlite(row: &SqliteRow) -> Result<Self, Error> {
        T::from_row(row)
    }
    fn of_pg(row: &PgRow) -> Result<Self, Error> {
        T::from_row(row)
    }
}

/// Declares a struct whose fields are the columns of a query, readable from both engines.
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $fvis:vis $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$field_meta])* $fvis $field: $type,)* }
        impl sqlx::FromRow<'_, sqlx::sqlite::SqliteRow> for $name {
            fn from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Self, sqlx::Error> {
                use sqlx::Row;
                Ok($name { $($field: row.try_get(stringify!($field))?,)* })
            }
        }
        impl sqlx::FromRow<'_, sqlx::postgres::PgRow> for $name {
            fn from_row(row: &sqlx::postgres::PgRow) -> Result<Self, sqlx::Error> {
                use sqlx::Row;
                Ok($name { $($field: row.try_get(stringify!($field))?,)* })
            }
        }
    };
}
pub(crate) use row;

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

    /// As an argument.
    pub fn arg(&self) -> Arg<'_> {
        Arg::Text(&self.0)
    }
}
