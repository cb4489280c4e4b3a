//! A file → rows of named fields with their lines.
//!
//! In: the bytes of a CSV file (`;`, `,` or tab; UTF-8, UTF-16 with a mark, or CP1250) or of
//! JSON (an array of objects, or one object after another). Out: a header and rows of texts, or
//! what is wrong with the file as a whole and with rows that cannot be cut into fields. What the
//! fields mean is not known here.

use super::RowError;
use encoding_rs::{Encoding, WINDOWS_1250};
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Rows of texts below a header.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// Column names as written, trimmed.
    pub(super) header: Vec<String>,
    /// Line of the header, from 1.
    pub(super) header_line: u32,
    /// Rows that have any content.
    pub(super) rows: Vec<Cells>,
    /// Rows that could not be cut into fields; they are not among `rows`.
    pub(super) faults: Vec<RowError>,
}

/// One row: a text for every column of the header, trimmed, empty where there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cells {
    /// Line of the file at which the row starts, from 1.
    pub(super) line: u32,
    pub(super) texts: Vec<String>,
}

/// A line that cannot come out of a file: it is put behind the last one, and if it does not
/// come back as a row of its own, a quotation mark was left open.
const END_MARK: &str = "\u{0}end";

/// Reads a file into rows. The error is one of the file as a whole.
pub(super) fn read(bytes: &[u8]) -> Result<Table, RowError> {
    let text = decode(bytes)?;
    if text.trim().is_empty() {
        return Err(RowError::whole_line(1, "the file is empty"));
    }
    if text.trim_start().starts_with(['[', '{']) {
        json(&text)
    } else {
        csv(&text)
    }
}

/// The encoding named by a byte order mark, else UTF-8, else CP1250 as Excel saves it in Poland.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, RowError> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(RowError::whole_line(
            1,
            "this is an Excel workbook; save it as CSV UTF-8 first",
        ));
    }
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding.decode(bytes).0,
        None => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => WINDOWS_1250.decode_without_bom_handling(bytes).0,
        },
    };
    match text.find(['\0', '\u{fffd}']) {
        Some(at) => Err(RowError::whole_line(
            LineCounter::new(&text).line_at(at as u64),
            "this is not text in UTF-8 or CP1250",
        )),
        None => Ok(text),
    }
}

// ── CSV ──

fn csv(text: &str) -> Result<Table, RowError> {
    let marked = format!("{text}\n{END_MARK}");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .has_headers(false)
        .flexible(true)
        .from_reader(marked.as_bytes());
    let mut lines = LineCounter::new(&marked);
    let mut table = Table {
        header_line: 1,
        ..Table::default()
    };
    let mut line = 1;
    let mut record = csv::StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| RowError::whole_line(line, error))?
    {
        line = lines.line_at(record.position().map_or(0, csv::Position::byte));
        if record.iter().eq([END_MARK]) {
            break;
        }
        let texts: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        if record.iter().any(|cell| cell.contains(END_MARK)) {
            table.faults.push(RowError::whole_line(
                line,
                "a quotation mark is opened in this row and never closed",
            ));
        } else if texts.iter().all(String::is_empty) {
            // A spreadsheet's empty row, above the header too.
        } else if table.header.is_empty() {
            (table.header, table.header_line) = (texts, line);
        } else {
            match fitted(texts, table.header.len()) {
                Ok(texts) => table.rows.push(Cells { line, texts }),
                Err(reason) => table.faults.push(RowError::whole_line(line, reason)),
            }
        }
    }
    Ok(table)
}

/// The separator that stands most often in the first line with content, outside quotation marks.
fn delimiter(text: &str) -> u8 {
    let header = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let outside: Vec<&str> = header.split('"').step_by(2).collect();
    let count = |mark: u8| {
        outside
            .iter()
            .flat_map(|part| part.bytes())
            .filter(|&byte| byte == mark)
            .count()
    };
    // Of equal counts the last is taken, so `;` stands last.
    [b'\t', b',', b';']
        .into_iter()
        .max_by_key(|&mark| count(mark))
        .unwrap_or(b';')
}

/// As many texts as the header has; empty ones too many are dropped.
fn fitted(mut texts: Vec<String>, columns: usize) -> Result<Vec<String>, String> {
    while texts.len() > columns && texts.last().is_some_and(String::is_empty) {
        texts.pop();
    }
    let found = texts.len();
    let reason = || format!("the row has {found} fields, the header has {columns}");
    (found == columns).then_some(texts).ok_or_else(reason)
}

/// Counts lines up to growing byte offsets. The csv reader's own count stands still at `\r\n`
/// and at empty lines before a record.
struct LineCounter<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl<'t> LineCounter<'t> {
    fn new(text: &'t str) -> Self {
        LineCounter {
            text,
            at: 0,
            line: 1,
        }
    }

    /// The line of the first character from `offset` on that is not a line break.
    fn line_at(&mut self, offset: u64) -> u32 {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.text.get(offset..).unwrap_or_default();
        let start = self.text.len() - rest.trim_start_matches(['\r', '\n']).len();
        let passed = self.text.get(self.at..start).unwrap_or_default();
        let crlf = passed.matches("\r\n").count();
        let breaks = passed.matches(['\r', '\n']).count() - crlf;
        self.line = self
            .line
            .saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.at = self.at.max(start);
        self.line
    }
}

// ── JSON ──

fn json(text: &str) -> Result<Table, RowError> {
    let mut lines = LineCounter::new(text);
    let mut table = Table {
        header_line: 1,
        ..Table::default()
    };
    for (offset, element) in elements(text)? {
        let line = lines.line_at(offset as u64);
        match members(element) {
            Ok(members) => add_object(&mut table, line, members),
            Err((column, reason)) => table.faults.push(RowError {
                line,
                column,
                reason,
            }),
        }
    }
    let columns = table.header.len();
    table
        .rows
        .iter_mut()
        .for_each(|row| row.texts.resize(columns, String::new()));
    Ok(table)
}

/// Offset and text of every top-level value, or of every element of the one top-level array.
/// The syntax of the whole has been checked when they come back.
fn elements(text: &str) -> Result<Vec<(usize, &str)>, RowError> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(value) = values.next() {
        value.map_err(|error| {
            RowError::whole_line(line_number(error.line()), format!("not JSON: {error}"))
        })?;
        let end = values.byte_offset();
        found.push(trimmed(start, text.get(start..end).unwrap_or_default()));
        start = end;
    }
    let array = match found.as_slice() {
        [(at, only)] => only
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .map(|inner| (at + 1, inner)),
        _ => None,
    };
    let parts = |(base, inner)| {
        split_members(inner)
            .into_iter()
            .map(move |(at, part)| trimmed(base + at, part))
    };
    Ok(array.map_or(found, |array| parts(array).collect()))
}

/// A piece without the spaces around it, and its offset then.
fn trimmed(offset: usize, piece: &str) -> (usize, &str) {
    (
        offset + piece.len() - piece.trim_start().len(),
        piece.trim(),
    )
}

/// Names and values of an object as texts; a number keeps the digits it was written with, so no
/// amount passes through a binary fraction. An error names the member.
fn members(object: &str) -> Result<Vec<(String, String)>, (String, String)> {
    let inner = object
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let inner = inner.ok_or_else(|| {
        (
            String::new(),
            "an object is expected here: {\"name\": value, …}".to_owned(),
        )
    })?;
    let mut found: Vec<(String, String)> = Vec::new();
    for (_, member) in split_members(inner) {
        let mut names = serde_json::Deserializer::from_str(member).into_iter::<String>();
        let name = names.next().and_then(Result::ok).unwrap_or_default();
        let after_name = member.get(names.byte_offset()..).unwrap_or_default();
        let value = after_name.trim_start().trim_start_matches(':').trim();
        if found.iter().any(|(other, _)| *other == name) {
            return Err((name, "stands twice in this object".to_owned()));
        }
        let text = match value.chars().next() {
            Some('"') => serde_json::from_str(value).unwrap_or_default(),
            Some('{' | '[') => {
                return Err((name, "a text or a number is expected here".to_owned()));
            }
            _ if value == "null" => String::new(),
            _ => value.to_owned(),
        };
        found.push((name, text.trim().to_owned()));
    }
    Ok(found)
}

/// Cuts the inside of an array or object at its own commas. It has been checked to be JSON.
fn split_members(inner: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quoted, mut escaped) = (0, 0_u32, false, false);
    for (at, letter) in inner.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push((start, inner.get(start..at).unwrap_or_default()));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push((start, inner.get(start..).unwrap_or_default()));
    parts.retain(|(_, part)| !part.trim().is_empty());
    parts
}

/// Adds a row; a name that has not been seen yet becomes a new column.
fn add_object(table: &mut Table, line: u32, members: Vec<(String, String)>) {
    let mut texts = vec![String::new(); table.header.len()];
    for (name, text) in members {
        let place = table.header.iter().position(|column| *column == name);
        if let Some(cell) = place.and_then(|place| texts.get_mut(place)) {
            *cell = text;
        } else {
            table.header.push(name);
            texts.push(text);
        }
    }
    table.rows.push(Cells { line, texts });
}

fn line_number(line: usize) -> u32 {
    u32::try_from(line.max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u32, Vec<String>)> {
        let table = read(text.as_bytes()).expect(text);
        table
            .rows
            .into_iter()
            .map(|row| (row.line, row.texts))
            .collect()
    }

    fn row(line: u32, texts: &[&str]) -> (u32, Vec<String>) {
        (line, texts.iter().map(|&text| text.to_owned()).collect())
    }

    fn errors(bytes: &[u8]) -> Vec<(u32, String)> {
        let errors = read(bytes).map_or_else(|error| vec![error], |table| table.faults);
        errors
            .into_iter()
            .map(|error| (error.line, error.reason))
            .collect()
    }

    #[test]
    fn the_separator_is_the_one_of_the_header() {
        for text in [
            "a;b\n1,5;2",
            "a,b\n\"1,5\",2",
            "a\tb\n1,5\t2",
            "\"a;x\",b\n\"1,5\",2",
        ] {
            assert_eq!(rows(text), [row(2, &["1,5", "2"])], "{text}");
        }
        assert_eq!(rows("a\n1"), [row(2, &["1"])]);
    }

    #[test]
    fn lines_are_those_of_the_file_whatever_ends_them() {
        for end in ["\n", "\r\n", "\r"] {
            let text = "a;b||1;2||\"x|y\";3|;;|4;5|".replace('|', end);
            let inner = format!("x{end}y");
            let expected = [
                row(3, &["1", "2"]),
                row(5, &[&inner, "3"]),
                row(8, &["4", "5"]),
            ];
            assert_eq!(rows(&text), expected, "{end:?}");
        }
        assert_eq!(read(b"\r\n\r\na;b\r\n1;2").unwrap().header_line, 3);
    }

    #[test]
    fn quotation_marks_protect_separators_and_are_doubled_inside() {
        assert_eq!(rows("a;b\n\"x;\"\"y\"\"\";2"), [row(2, &["x;\"y\"", "2"])]);
    }

    #[test]
    fn a_quotation_mark_that_stays_open_swallows_nothing_in_silence() {
        let found = errors(b"a;b\n1;2\n3;\"4\n5;6\n7;8\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 3);
        assert!(found[0].1.contains("never closed"));
    }

    #[test]
    fn a_row_with_other_fields_than_the_header_is_an_error_each() {
        let found = errors(b"a;b\n1\n1;2;\n1;2;3\n");
        let lines: Vec<u32> = found.iter().map(|error| error.0).collect();
        assert_eq!(lines, [2, 4]);
        assert_eq!(found[0].1, "the row has 1 fields, the header has 2");
    }

    #[test]
    fn polish_letters_survive_every_encoding_excel_saves() {
        let text = "a;b\nŻółć;ąęś";
        let utf16: Vec<u8> = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let encodings = [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            WINDOWS_1250.encode(text).0.into_owned(),
            utf16,
        ];
        for bytes in encodings {
            let table = read(&bytes).unwrap();
            assert_eq!(table.header, ["a", "b"]);
            assert_eq!(table.rows[0].texts, ["Żółć", "ąęś"]);
        }
    }

    #[test]
    fn what_is_no_table_is_said_to_be_none() {
        for (bytes, words) in [
            (&b""[..], "empty"),
            (b" \r\n ", "empty"),
            (b"\xef\xbb\xbf", "empty"),
            (b"PK\x03\x04rest", "Excel workbook"),
            (b"a;b\n\x00;1", "not text in"),
            (b"[{\"a\": 1},", "not JSON"),
            (b"{\"a\": 1}\n{\"a\": }", "not JSON"),
            (b"[1]", "an object is expected"),
            (b"[{\"a\": {}}]", "a text or a number"),
            (b"{\"a\": 1, \"a\": 2}", "twice"),
        ] {
            let found = errors(bytes);
            assert!(found[0].1.contains(words), "{found:?}");
        }
    }

    #[test]
    fn a_header_alone_is_a_table_without_rows() {
        assert_eq!(read(b"a;b\n").unwrap().rows, []);
        assert_eq!(read(b"[]").unwrap().rows, []);
    }

    #[test]
    fn json_comes_as_an_array_or_as_one_object_after_another() {
        let array = "[\n  {\"a\": \"x, y\", \"b\": 1950.10},\n\n  {\"b\": null, \"c\": true}\n]";
        let lines = "\n{\"a\": \"x, y\", \"b\": 1950.10}\n\n{\"b\": null, \"c\": true}\n";
        for text in [array, lines] {
            let table = read(text.as_bytes()).expect(text);
            assert_eq!(table.header, ["a", "b", "c"]);
            assert_eq!(
                rows(text),
                [row(2, &["x, y", "1950.10", ""]), row(4, &["", "", "true"])]
            );
        }
        let escapes = r#"{"a": "q\"u,\\", "b": "\u017b: {"}"#;
        assert_eq!(rows(escapes), [row(1, &["q\"u,\\", "Ż: {"])]);
    }

    #[test]
    fn a_number_keeps_its_digits() {
        assert_eq!(
            rows("{\"a\": 0.10000000000000000001}"),
            [row(1, &["0.10000000000000000001"])]
        );
    }
}
