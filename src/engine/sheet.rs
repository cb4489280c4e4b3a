//! JSON lines, and CSV that a spreadsheet opens and other programs read: a head, commas, amounts with a point, days as
//! ISO 8601, and no cell that would be taken for a formula.

use super::EngineError;
use crate::money::{Currency, format_plain};
use serde::Serialize;
use std::fmt::Display;

/// Writes a sheet.
pub fn csv<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<String, EngineError> {
    let failed = |error: &dyn Display| EngineError::refused(format!("cannot write CSV: {error}"));
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(head).map_err(|error| failed(&error))?;
    for row in rows {
        let cells = row.iter().map(|cell| safe(cell));
        csv.write_record(cells).map_err(|error| failed(&error))?;
    }
    let bytes = csv.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// One JSON object a line, its keys in the order of the struct.
pub fn json(lines: impl IntoIterator<Item = impl Serialize>) -> String {
    lines.into_iter().fold(String::new(), |mut text, line| {
        text.push_str(&serde_json::to_string(&line).unwrap_or_default());
        text.push('\n');
        text
    })
}

/// An amount without its currency; a currency that is not known has two decimals.
pub fn amount(minor: i64, currency: &str) -> String {
    format_plain(minor, Currency::parse(currency).unwrap_or(Currency::PLN))
}

/// A day, or nothing.
pub fn maybe<T: Display>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A text that a spreadsheet would take for a formula is written with an apostrophe before it (OWASP,
/// CSV injection); an amount below nothing is none.
fn safe(text: &str) -> String {
    let is_number = text.strip_prefix('-').is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']) && !is_number {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_could_be_a_formula_is_written_as_text() {
        for text in [
            "=1+1", "+48", "-a", "-", "@SUM(A1)", "\tx", "\rx", "\0x", "-1+2",
        ] {
            assert_eq!(safe(text), format!("'{text}"));
        }
        for text in ["F-1", "bank:PL1", "", "a=b", "-12.50"] {
            assert_eq!(safe(text), text);
        }
    }
}
