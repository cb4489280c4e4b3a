//! Students, their account numbers and fees: the rows of a file, read and checked.
//!
//! In: bytes of a CSV file as Excel saves it, or JSON. Out: typed rows, or every mistake with
//! line, column and reason. Nothing here knows what is already stored.

mod accounts;
mod dates;
mod fees;
mod name;
mod row;
mod students;
mod table;

pub use accounts::accounts;
pub use dates::parse_date;
pub use fees::fees;
pub use name::fold_name;
pub use students::{STATUSES, students};

use crate::money::Currency;
use chrono::NaiveDate;
use chrono_tz::Tz;
use row::FileRow;
use std::collections::BTreeMap;
use std::fmt;

/// When an export was made: a day, or an instant on that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AsOf {
    /// The day in the institution's time zone.
    pub day: NaiveDate,
    /// Milliseconds into that day; 0 where only a day was given.
    pub millis: u32,
}

/// The kinds of files that the student system or the bank sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// Read by [`students()`].
    Students,
    /// Read by [`fees()`].
    Fees,
    /// Read by [`accounts()`].
    Accounts,
}

impl FileKind {
    /// All of them.
    pub const ALL: [FileKind; 3] = [FileKind::Students, FileKind::Fees, FileKind::Accounts];

    /// The name, as in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            FileKind::Students => "students",
            FileKind::Fees => "fees",
            FileKind::Accounts => "accounts",
        }
    }

    /// Our names of its columns.
    pub fn columns(self) -> impl Iterator<Item = &'static str> {
        let columns = match self {
            FileKind::Students => StudentRow::COLUMNS,
            FileKind::Fees => FeeRow::COLUMNS,
            FileKind::Accounts => AccountRow::COLUMNS,
        };
        columns.iter().map(row::Column::name)
    }
}

/// What is known about a file besides its bytes.
#[derive(Debug, Clone)]
pub struct Options {
    /// When the export was made; a row's own `as_of` goes before it.
    pub as_of: Option<AsOf>,
    /// An opening load: the export's day may be missing, amounts may be negative.
    pub opening: bool,
    /// The institution's time zone, in which instants become days.
    pub time_zone: Tz,
    /// What the file calls its columns.
    pub columns: Columns,
}

/// How a file of another system says what our columns say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Our name of a column → its name in the file, where they differ.
    pub names: BTreeMap<String, String>,
    /// Our name of a column that the file does not have → what stands in every row.
    pub values: BTreeMap<String, String>,
}

impl Columns {
    /// What the file calls a column.
    pub fn in_file<'a>(&'a self, name: &'a str) -> &'a str {
        self.names.get(name).map_or(name, String::as_str)
    }
}

/// A file that was read without a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The rows in the file's order; rows that repeat another word for word are left out.
    pub rows: Vec<T>,
    /// What was left aside and nobody needs to mend.
    pub notes: Vec<String>,
}

/// A row of a students file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudentRow {
    /// Line of the file, from 1.
    pub line: u32,
    /// The student system's id of the person; immutable.
    pub external_id: String,
    /// Album number on this day.
    pub album: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// `student` or `doctoral`.
    pub population: String,
    /// University address.
    pub email: String,
    /// `pl` or `en`.
    pub language: String,
    /// `active`, `on_leave`, `struck_off`, `graduated`, `deceased`.
    pub status: String,
    /// From when the row holds; `as_of` of the file where the column is empty.
    pub valid_from: Option<NaiveDate>,
    /// The export's day or instant.
    pub as_of: AsOf,
}

/// A row of a fees file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeRow {
    /// Line of the file, from 1.
    pub line: u32,
    /// The student system's id of the receivable; immutable.
    pub external_id: String,
    /// Whose: the person's external id, or the album.
    pub student: StudentRef,
    /// Kind of fee: names the policy.
    pub kind: String,
    /// Category: names the virtual account; empty where the institution has one account per student.
    pub category: String,
    /// Title in Polish.
    pub title_pl: String,
    /// Title in English.
    pub title_en: String,
    /// Minor units. Zero cancels. Negative only in an opening load: money on account.
    pub amount_minor: i64,
    /// Currency of the amount.
    pub currency: Currency,
    /// When the student system published it.
    pub published_on: NaiveDate,
    /// The due date as written, before any rule.
    pub nominal_due_on: NaiveDate,
    /// The export's day or instant.
    pub as_of: AsOf,
}

/// How a row names a student.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StudentRef {
    /// The student system's id of the person.
    ExternalId(String),
    /// The album number.
    Album(String),
}

/// A row of an accounts file (the bank's list).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Line of the file, from 1.
    pub line: u32,
    /// 26 digits, check digits right.
    pub nrb: String,
    /// Whose; `None` for a number of the bank's list that is not assigned yet.
    pub student: Option<StudentRef>,
    /// Category; may be empty.
    pub category: String,
    /// The institution's account behind it, by number or name, where the number does not tell.
    pub bank_account: Option<String>,
    /// From when it is the student's.
    pub assigned_on: Option<NaiveDate>,
    /// Since when it must not be used; it is still recognised.
    pub retired_on: Option<NaiveDate>,
}

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowError {
    /// Line of the file, from 1.
    pub line: u32,
    /// Name of the column; empty where the whole line is meant.
    pub column: String,
    /// What is wrong and what to do.
    pub reason: String,
}

impl RowError {
    fn whole_line(line: u32, reason: impl fmt::Display) -> RowError {
        RowError::at(line, "", reason)
    }

    fn at(line: u32, column: &str, reason: impl fmt::Display) -> RowError {
        RowError {
            line,
            column: column.to_owned(),
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RowError {
            line,
            column,
            reason,
        } = self;
        match column.as_str() {
            "" => write!(f, "line {line}: {reason}"),
            _ => write!(f, "line {line}, {column}: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn date(text: &str) -> NaiveDate {
        parse_date(text).expect(text)
    }

    /// An ordinary import without `--as-of`.
    pub(super) fn plain() -> Options {
        Options {
            as_of: None,
            opening: false,
            time_zone: chrono_tz::Europe::Warsaw,
            columns: Columns::default(),
        }
    }

    pub(super) fn with_as_of(text: &str) -> Options {
        Options {
            as_of: AsOf::parse(text, chrono_tz::Europe::Warsaw),
            ..plain()
        }
    }

    pub(super) fn opening() -> Options {
        Options {
            opening: true,
            ..plain()
        }
    }

    /// The mistakes as a person sees them.
    pub(super) fn mistakes<T: fmt::Debug>(result: Result<Parsed<T>, Vec<RowError>>) -> Vec<String> {
        result
            .expect_err("no mistake was found")
            .iter()
            .map(RowError::to_string)
            .collect()
    }

    #[test]
    fn a_mistake_is_shown_with_its_line_and_column() {
        assert_eq!(
            RowError::at(7, "amount", "is empty").to_string(),
            "line 7, amount: is empty"
        );
        assert_eq!(
            RowError::whole_line(7, "too short").to_string(),
            "line 7: too short"
        );
    }
}
