//! Sections and keys of a TOML file, with their lines.
//!
//! A [`Section`] remembers which keys were asked for, so that any other is a mistake with a
//! suggestion. Mistakes are collected in the [`Reader`]; reading always goes on.

use super::ConfigError;
use crate::money::{Currency, parse_minor};
use chrono::NaiveDate;
use std::ops::Range;
use toml_edit::{Document, Item, Table, TableLike, Value};

/// Parses the syntax; only its first mistake is known.
pub(super) fn parse_toml(text: &str) -> Result<Document<&str>, ConfigError> {
    Document::parse(text).map_err(|error| ConfigError {
        line: line_of(text, error.span()),
        key: String::new(),
        message: error.message().trim().to_owned(),
    })
}

fn line_of(text: &str, span: Option<Range<usize>>) -> u32 {
    let before = span
        .and_then(|span| text.get(..span.start))
        .unwrap_or_default();
    u32::try_from(before.matches('\n').count()).map_or(u32::MAX, |lines| lines.saturating_add(1))
}

/// The text and the mistakes found so far.
pub(super) struct Reader<'t> {
    text: &'t str,
    errors: Vec<ConfigError>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Reader {
            text,
            errors: Vec::new(),
        }
    }

    /// The value, if there was no mistake; the mistakes by line.
    pub(super) fn into_result<T>(mut self, value: Option<T>) -> Result<T, Vec<ConfigError>> {
        self.errors.sort_by_key(|error| error.line);
        value.filter(|_| self.errors.is_empty()).ok_or(self.errors)
    }

    /// How many there are so far.
    pub(super) fn mistakes(&self) -> usize {
        self.errors.len()
    }

    fn note(&mut self, span: Option<Range<usize>>, key: String, message: impl Into<String>) {
        let line = line_of(self.text, span);
        self.errors.push(ConfigError {
            line,
            key,
            message: message.into(),
        });
    }
}

/// One table of the file.
pub(super) struct Section<'a> {
    table: &'a dyn TableLike,
    path: String,
    span: Option<Range<usize>>,
    asked: Vec<String>,
}

impl<'a> Section<'a> {
    pub(super) fn root(table: &'a Table) -> Self {
        Section {
            table,
            path: String::new(),
            span: None,
            asked: Vec::new(),
        }
    }

    /// The keys, in the file's order.
    pub(super) fn keys(&self) -> Vec<&'a str> {
        self.table.iter().map(|(key, _)| key).collect()
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn ask(&mut self, key: &str) -> Option<&'a Item> {
        self.asked.push(key.to_owned());
        self.table.get(key)
    }

    /// Notes a mistake at a key, or at the section's head if the key is not written.
    pub(super) fn mistake(&self, key: &str, message: impl Into<String>, reader: &mut Reader<'_>) {
        let written = self.table.get_key_value(key);
        let span = written.and_then(|(key, item)| key.span().or_else(|| item.span()));
        reader.note(
            span.or_else(|| self.span.clone()),
            self.path_of(key),
            message,
        );
    }

    /// A key that must be written.
    pub(super) fn need(&self, key: &str, reader: &mut Reader<'_>) {
        if self.table.get(key).is_none() {
            self.mistake(key, "is missing", reader);
        }
    }

    /// Every key that nobody asked for is a mistake.
    pub(super) fn finish(self, reader: &mut Reader<'_>) {
        for key in self.keys() {
            if !self.asked.iter().any(|asked| asked == key) {
                let hint = suggestion(key, self.asked.iter().map(String::as_str));
                self.mistake(key, format!("there is no such setting{hint}"), reader);
            }
        }
    }

    /// A section below this one.
    pub(super) fn section(&mut self, key: &str, reader: &mut Reader<'_>) -> Option<Section<'a>> {
        let item = self.ask(key)?;
        let Some(table) = item.as_table_like() else {
            self.mistake(
                key,
                format!("this is a section: write [{}]", self.path_of(key)),
                reader,
            );
            return None;
        };
        Some(self.below(key, table, item.span()))
    }

    /// Sections of one name, `[[key]]`, or a list of inline tables; `None` if none is written.
    pub(super) fn sections(
        &mut self,
        key: &str,
        reader: &mut Reader<'_>,
    ) -> Option<Vec<Section<'a>>> {
        let item = self.ask(key)?;
        if let Some(tables) = item.as_array_of_tables() {
            return Some(
                tables
                    .iter()
                    .map(|table| self.below(key, table, table.span()))
                    .collect(),
            );
        }
        let values = item
            .as_array()
            .map(|array| array.iter().map(|value| (value, value.as_inline_table())));
        let inline: Option<Vec<_>> = values.and_then(|values| {
            values
                .map(|(value, table)| Some(self.below(key, table?, value.span())))
                .collect()
        });
        if inline.is_none() {
            self.mistake(
                key,
                format!("these are sections: write [[{}]]", self.path_of(key)),
                reader,
            );
        }
        inline
    }

    fn below(
        &self,
        key: &str,
        table: &'a dyn TableLike,
        span: Option<Range<usize>>,
    ) -> Section<'a> {
        // A section that is only the head of others has no place of its own.
        let first = || {
            table.iter().find_map(|(key, item)| {
                table
                    .key(key)
                    .and_then(toml_edit::Key::span)
                    .or_else(|| item.span())
            })
        };
        Section {
            table,
            path: self.path_of(key),
            span: span.or_else(first),
            asked: Vec::new(),
        }
    }

    /// A value of one type, or a mistake that says what is expected.
    pub(super) fn value<T>(
        &mut self,
        key: &str,
        expected: &str,
        reader: &mut Reader<'_>,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let item = self.ask(key)?;
        let value = item.as_value().and_then(read);
        if value.is_none() {
            self.mistake(key, format!("{expected} is expected here"), reader);
        }
        value
    }

    /// A text, trimmed.
    pub(super) fn string(&mut self, key: &str, reader: &mut Reader<'_>) -> Option<String> {
        let text = self.value(key, "a text in quotation marks", reader, Value::as_str)?;
        Some(text.trim().to_owned())
    }

    /// A text that must be there and not be empty.
    pub(super) fn required(&mut self, key: &str, reader: &mut Reader<'_>) -> Option<String> {
        self.need(key, reader);
        let text = self.string(key, reader)?;
        if text.is_empty() {
            self.mistake(key, "is empty", reader);
        }
        Some(text).filter(|text| !text.is_empty())
    }

    /// One of the named values, or a mistake that lists them.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &str,
        choices: &[(&str, T)],
        reader: &mut Reader<'_>,
    ) -> Option<T> {
        let text = self.string(key, reader)?;
        let found = choices
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| *value);
        if found.is_none() {
            let names = || choices.iter().map(|(name, _)| *name);
            let hint = suggestion(&text, names());
            let all = names().collect::<Vec<_>>().join(", ");
            self.mistake(key, format!("`{text}` is none of: {all}{hint}"), reader);
        }
        found
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &str, reader: &mut Reader<'_>) -> Option<bool> {
        self.value(key, "true or false", reader, Value::as_bool)
    }

    /// A whole number within bounds.
    pub(super) fn integer<T: TryFrom<i64>>(
        &mut self,
        key: &str,
        bounds: Range<i64>,
        reader: &mut Reader<'_>,
    ) -> Option<T> {
        let expected = format!("a whole number from {} to {}", bounds.start, bounds.end - 1);
        self.value(key, &expected, reader, |value| {
            let number = value
                .as_integer()
                .filter(|number| bounds.contains(number))?;
            T::try_from(number).ok()
        })
    }

    /// A day: a TOML date, or the same in quotation marks.
    pub(super) fn date(&mut self, key: &str, reader: &mut Reader<'_>) -> Option<NaiveDate> {
        self.value(key, "a day like 2026-10-15", reader, |value| match value {
            Value::Datetime(datetime) if datetime.value().time.is_none() => {
                datetime.value().to_string().parse().ok()
            }
            Value::String(text) => crate::roster::parse_date(text.value()),
            _ => None,
        })
    }

    /// An amount in złoty of zero or more, as a text: a TOML number would be a binary fraction.
    pub(super) fn amount(&mut self, key: &str, reader: &mut Reader<'_>) -> Option<i64> {
        let text = self.value(
            key,
            "an amount in quotation marks like \"5.00\"",
            reader,
            Value::as_str,
        )?;
        match parse_minor(text, Currency::PLN) {
            Ok(minor) if minor >= 0 => return Some(minor),
            Ok(_) => self.mistake(key, "the amount is negative", reader),
            Err(error) => self.mistake(key, error.to_string(), reader),
        }
        None
    }

    /// A list of texts; empty if it is not written.
    pub(super) fn strings(&mut self, key: &str, reader: &mut Reader<'_>) -> Vec<String> {
        let list = self.value(
            key,
            "a list of texts like [\"…\", \"…\"]",
            reader,
            |value| {
                value
                    .as_array()?
                    .iter()
                    .map(|text| text.as_str().map(str::to_owned))
                    .collect()
            },
        );
        list.unwrap_or_default()
    }
}

/// `; did you mean …?`, where a name is at most two letters away.
pub(super) fn suggestion<'n>(written: &str, names: impl Iterator<Item = &'n str>) -> String {
    let near = names.map(|name| (distance(written, name), name)).min();
    match near {
        Some((steps, name)) if steps <= 2 && steps < name.len() => {
            format!("; did you mean `{name}`?")
        }
        _ => String::new(),
    }
}

/// Letters to insert, remove or replace to get from one word to the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (place, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(row.first_mut().unwrap_or(&mut 0), place + 1);
        let mut left = place + 1;
        for (cell, another) in row.iter_mut().skip(1).zip(other.chars()) {
            let replaced = diagonal + usize::from(letter != another);
            diagonal = *cell;
            *cell = replaced.min(diagonal + 1).min(left + 1);
            left = *cell;
        }
    }
    row.last().copied().unwrap_or_default()
}
