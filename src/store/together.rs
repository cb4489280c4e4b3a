//! Queries that travel together: one statement, one way there and one back.
//!
//! Why: what a query costs beside its work, a hop from thread to thread on a file and a round trip to a
//! server, is more than a student's few rows cost. Each query stays the constant that it is by itself.

use super::connect::on;
use super::row::Packed;
use super::{Arg, StoreError, Tx};
use sqlx::{AssertSqlSafe, Error, Row as _};
use std::fmt::Write as _;
use std::marker::PhantomData;

/// Queries to be asked at once, none of which needs what another finds.
#[derive(Debug, Default)]
pub struct Together<'a> {
    queries: Vec<(&'static str, &'static [&'static str])>,
    /// Behind each other, as the queries are.
    args: Vec<Arg<'a>>,
    /// How many of the arguments stand before each query's.
    before: Vec<usize>,
}

/// Where the rows of a query will lie.
#[derive(Debug)]
pub struct Place<T>(usize, PhantomData<fn() -> T>);

/// The rows of all.
#[derive(Debug)]
pub struct Answers(Vec<Option<String>>);

impl<'a> Together<'a> {
    /// Adds a query.
    pub fn add<T: Packed>(&mut self, sql: &'static str, args: &[Arg<'a>]) -> Place<T> {
        self.queries.push((sql, T::COLUMNS));
        self.before.push(self.args.len());
        self.args.extend_from_slice(args);
        Place(self.queries.len() - 1, PhantomData)
    }

    /// One text of SQL, whose row has a JSON array of arrays for each query. `pack` and `row` are the
    /// engine's functions that make them.
    fn sql(&self, pack: &str, row: &str) -> String {
        let mut sql = String::from("SELECT ");
        let queries = self.queries.iter().zip(&self.before).enumerate();
        for (place, (&(query, columns), &before)) in queries {
            let comma = if place == 0 { "" } else { ", " };
            let columns = columns.join(", ");
            let query = moved(query, before);
            let _ = write!(
                sql,
                "{comma}(SELECT CAST({pack}({row}({columns})) AS TEXT) FROM ({query}) AS asked)"
            );
        }
        sql
    }
}

/// A query whose first argument is the one behind `before` others.
fn moved(query: &str, before: usize) -> String {
    let mut parts = query.split('$');
    let mut sql = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        sql.push('$');
        match number.parse::<usize>() {
            Ok(number) => {
                let _ = write!(sql, "{}", number + before);
            }
            Err(_) => sql.push_str(number),
        }
        sql.push_str(rest);
    }
    sql
}

impl Answers {
    /// The rows of a query, once.
    pub fn take<T: Packed>(&mut self, Place(place, _): Place<T>) -> Result<Vec<T>, StoreError> {
        // Packing no rows at all gives nothing on a server.
        let Some(text) = self.0.get_mut(place).and_then(Option::take) else {
            return Ok(Vec::new());
        };
        serde_json::from_str(&text).map_err(|error| StoreError::Engine(Error::Decode(error.into())))
    }
}

impl Tx {
    /// Asks all at once.
    pub async fn together(&mut self, asked: &Together<'_>) -> Result<Answers, StoreError> {
        let (pack, row) = match self {
            Tx::Sqlite(..) => ("json_group_array", "json_array"),
            Tx::Pg(_) => ("json_agg", "json_build_array"),
        };
        // Put together from constants of the program, with nothing in it that came from outside.
        let sql = AssertSqlSafe(asked.sql(pack, row));
        let places = 0..asked.queries.len();
        on!(self, |connection| {
            let row = super::connect::bound!(sql, &asked.args)
                .fetch_one(connection)
                .await?;
            let texts = places.map(|place| row.try_get(place));
            Ok(Answers(texts.collect::<Result<_, Error>>()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_of_a_query_move_behind_those_before_it() {
        assert_eq!(
            moved("a = $1 AND b = $12 AND c = '$' AND $2", 3),
            "a = $4 AND b = $15 AND c = '$' AND $5"
        );
    }
}
