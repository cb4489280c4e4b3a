//! Rows of a table, read field by field: every mistake is noted, and reading goes on.
//!
//! In: a table and what a kind of row is made of. Out: typed rows, or all mistakes of the file.

use super::table::{self, Cells, Table};
use super::{AsOf, Options, Parsed, RowError, StudentRef, parse_date};
use crate::money::{Currency, parse_minor};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::fmt;

/// A kind of row.
pub(super) trait FileRow: Sized {
    /// All columns that mean something.
    const COLUMNS: &'static [Column];
    /// The column that names what a row is about.
    const ID: &'static str;
    /// What a row is about: two rows with one key must say the same.
    type Key: Ord;

    /// Reads one row.
    fn read(row: &mut Row<'_>) -> Result<Self, Noted>;
    /// What the row is about.
    fn key(&self) -> Self::Key;
    /// Whether the rows differ in nothing but their line.
    fn says_the_same(&self, other: &Self) -> bool;
}

/// A column of a kind of file.
pub(super) struct Column {
    name: &'static str,
    need: Need,
}

impl Column {
    pub(super) fn name(&self) -> &'static str {
        self.name
    }
}

enum Need {
    Required,
    Optional,
    /// This column or the named one.
    Or(&'static str),
}

pub(super) const fn required(name: &'static str) -> Column {
    Column {
        name,
        need: Need::Required,
    }
}

pub(super) const fn optional(name: &'static str) -> Column {
    Column {
        name,
        need: Need::Optional,
    }
}

pub(super) const fn either(name: &'static str, other: &'static str) -> Column {
    Column {
        name,
        need: Need::Or(other),
    }
}

/// The mistake has been noted; there is no value.
#[derive(Debug)]
pub(super) struct Noted;

/// Our name of a column → where it stands in the file and what it is called there.
type Places = BTreeMap<&'static str, (usize, String)>;

/// Reads a whole file.
pub(super) fn read_rows<T: FileRow>(
    bytes: &[u8],
    options: &Options,
) -> Result<Parsed<T>, Vec<RowError>> {
    let table = table::read(bytes).map_err(|error| vec![error])?;
    let places = find_columns(&table, T::COLUMNS, options)?;
    let mut errors = table.faults.clone();
    let mut rows: Vec<T> = Vec::new();
    let mut seen: BTreeMap<T::Key, (u32, usize)> = BTreeMap::new();
    for cells in &table.rows {
        let mut row = Row {
            cells,
            places: &places,
            options,
            errors: &mut errors,
        };
        let Ok(found) = T::read(&mut row) else {
            continue;
        };
        if let Some(&(first_line, place)) = seen.get(&found.key()) {
            let repeated = rows
                .get(place)
                .is_some_and(|first| first.says_the_same(&found));
            if !repeated {
                row.note(
                    T::ID,
                    format!("stands in line {first_line} already, with other content"),
                );
            }
        } else {
            seen.insert(found.key(), (cells.line, rows.len()));
            rows.push(found);
        }
    }
    let notes = unknown_columns(&table, &places).into_iter().collect();
    errors.sort_by_key(|error| error.line);
    if errors.is_empty() {
        Ok(Parsed { rows, notes })
    } else {
        Err(errors)
    }
}

fn find_columns(
    table: &Table,
    columns: &[Column],
    options: &Options,
) -> Result<Places, Vec<RowError>> {
    let mut places = Places::new();
    let mut errors = Vec::new();
    let mut error =
        |column: &str, reason: String| errors.push(RowError::at(table.header_line, column, reason));
    for &Column { name, .. } in columns {
        let in_file = options.columns.in_file(name);
        let wanted = |other: &String| other.to_lowercase() == in_file.trim().to_lowercase();
        let mut found = table
            .header
            .iter()
            .enumerate()
            .filter(|(_, other)| wanted(other));
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => {
                error(in_file, "the column stands twice in the header".to_owned());
            }
            (Some((place, written)), None) => {
                places.insert(name, (place, written.clone()));
            }
            (None, _) => {}
        }
    }
    let given = &options.columns.values;
    // JSON without a single object has no columns to miss.
    for Column { name, need } in columns.iter().filter(|_| !table.header.is_empty()) {
        let missing = !places.contains_key(name) && !given.contains_key(*name);
        let in_file = options.columns.in_file(name);
        let known_as = if in_file == *name {
            String::new()
        } else {
            format!(" (it is read as `{name}`)")
        };
        match need {
            Need::Required if missing => error(in_file, format!("the column is missing{known_as}")),
            Need::Or(other)
                if missing && !places.contains_key(other) && !given.contains_key(*other) =>
            {
                error(
                    in_file,
                    format!("the column is missing{known_as}, and so is `{other}`"),
                );
            }
            _ => {}
        }
    }
    let dated = columns.iter().any(|column| column.name == AS_OF) && !table.header.is_empty();
    let is_given = given.contains_key(AS_OF) || options.as_of.is_some() || options.opening;
    if dated && !places.contains_key(AS_OF) && !is_given {
        error(AS_OF, NO_AS_OF.to_owned());
    }
    if errors.is_empty() {
        Ok(places)
    } else {
        Err(errors)
    }
}

const AS_OF: &str = "as_of";
const NO_AS_OF: &str = "when was this export made? Add the column or give `--as-of DATE`";

fn unknown_columns(table: &Table, places: &Places) -> Option<String> {
    let known = |place| places.values().any(|(known, _)| *known == place);
    let unknown = table
        .header
        .iter()
        .enumerate()
        .filter(|(place, name)| !known(*place) && !name.is_empty());
    let names: Vec<&str> = unknown.map(|(_, name)| name.as_str()).collect();
    (!names.is_empty()).then(|| format!("columns not used: {}", names.join(", ")))
}

/// One row being read.
pub(super) struct Row<'a> {
    cells: &'a Cells,
    places: &'a Places,
    options: &'a Options,
    errors: &'a mut Vec<RowError>,
}

impl Row<'_> {
    /// Line of the file.
    pub(super) fn line(&self) -> u32 {
        self.cells.line
    }

    /// Whether this is an opening load.
    pub(super) fn opening(&self) -> bool {
        self.options.opening
    }

    /// Notes a mistake under the file's own name of the column.
    pub(super) fn note(&mut self, name: &str, reason: impl fmt::Display) -> Noted {
        let column = self.places.get(name).map_or(name, |(_, written)| written);
        self.errors
            .push(RowError::at(self.cells.line, column, reason));
        Noted
    }

    fn raw(&self, name: &str) -> &str {
        let text = match self.places.get(name) {
            Some((place, _)) => self.cells.texts.get(*place),
            None => self.options.columns.values.get(name),
        };
        text.map_or("", String::as_str)
    }

    /// Words with single spaces between them; empty where there are none.
    pub(super) fn text(&self, name: &str) -> String {
        self.raw(name)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// A text that must not be empty.
    pub(super) fn filled(&mut self, name: &str) -> Result<String, Noted> {
        let text = self.text(name);
        if text.is_empty() {
            Err(self.note(name, "is empty"))
        } else {
            Ok(text)
        }
    }

    /// One of a few words in any case; the first of them where nothing is written.
    pub(super) fn one_of(&mut self, name: &str, words: &[&str]) -> Result<String, Noted> {
        let text = self.text(name).to_lowercase();
        let first = words.first().filter(|_| text.is_empty());
        match first.or_else(|| words.iter().find(|word| **word == text)) {
            Some(&word) => Ok(word.to_owned()),
            None => Err(self.note(name, format!("`{text}` is none of: {}", words.join(", ")))),
        }
    }

    /// A day, if one is written.
    pub(super) fn date(&mut self, name: &str) -> Result<Option<NaiveDate>, Noted> {
        let text = self.raw(name);
        if text.is_empty() {
            return Ok(None);
        }
        let reason = format!("`{text}` is not a day; write it like 2026-10-15 or 15.10.2026");
        parse_date(text)
            .map(Some)
            .ok_or_else(|| self.note(name, reason))
    }

    /// When the export was made: the row's own word, else the file's, else in an opening load
    /// the day given as `opening`.
    pub(super) fn as_of(&mut self, opening: Option<NaiveDate>) -> Result<AsOf, Noted> {
        let text = self.raw(AS_OF);
        if !text.is_empty() {
            let reason = format!(
                "`{text}` is neither a day nor an instant; write it like 2026-10-15 or 2026-10-15 08:30"
            );
            let found = AsOf::parse(text, self.options.time_zone);
            return found.ok_or_else(|| self.note(AS_OF, reason));
        }
        let assumed = opening.filter(|_| self.options.opening).map(AsOf::day);
        self.options
            .as_of
            .or(assumed)
            .ok_or_else(|| self.note(AS_OF, NO_AS_OF))
    }

    /// A currency's three letters.
    pub(super) fn currency(&mut self, name: &str) -> Result<Currency, Noted> {
        let text = self.text(name);
        Currency::parse(&text).ok_or_else(|| {
            self.note(
                name,
                format!("`{text}` is not a currency; write it like PLN"),
            )
        })
    }

    /// An exact amount in minor units.
    pub(super) fn amount(&mut self, name: &str, currency: Currency) -> Result<i64, Noted> {
        parse_minor(self.raw(name), currency).map_err(|error| self.note(name, error))
    }

    /// Whom the row names: the person's id goes before the album.
    pub(super) fn student(&self) -> Option<StudentRef> {
        let filled = |name| Some(self.text(name)).filter(|text| !text.is_empty());
        let person = filled("student_external_id").map(StudentRef::ExternalId);
        person.or_else(|| filled("album").map(StudentRef::Album))
    }
}
