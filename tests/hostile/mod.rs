//! Bad input, row by row: each test is one rule about what a reading makes of it. A name begins with
//! the rule's number, so that the rules can be counted off.
//!
//! What is recorded of such files, and what becomes of the money, is told in `stories`.

mod bytes;
mod camt;
mod corners;
mod fields;
mod lines;
mod remittance;
mod shapes;

use crate::support::readings::{self, By};
use serde_json::Value;

/// The account of the tests.
const OWN: &str = "PL40999000090000000000001001";
/// Somebody who pays.
const PAYER: &str = "PL61109010140000071219812874";
/// A student's number.
const VIRTUAL: &str = "PL64999000097777000000102345";

/// What is read of these bytes, a line for each statement.
fn read(bytes: impl AsRef<[u8]>) -> Vec<Value> {
    readings::of(bytes.as_ref(), &By::Detection)
}

/// The only line that is read.
#[track_caller]
fn one(bytes: impl AsRef<[u8]>) -> Value {
    let mut found = read(bytes);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// An MT940 of 12 October 2026 around these lines, from 1000,00 to `closing`.
fn mt940(lines: &str, closing: &str) -> String {
    format!(
        ":20:ST261012\n:25:{OWN}\n:28C:197/1\n:60F:C261012PLN1000,00\n{lines}\n:62F:C261012PLN{closing}\n-\n"
    )
}

/// The reading of such a statement.
#[track_caller]
fn statement(lines: &str, closing: &str) -> Value {
    one(mt940(lines, closing))
}

/// One column of a statement's entries.
fn column<'a>(statement: &'a Value, key: &str) -> Vec<&'a Value> {
    let entries = statement["entries"].as_array().unwrap();
    entries.iter().map(|entry| &entry[key]).collect()
}

/// The entries' amounts in minor units.
fn amounts(statement: &Value) -> Vec<i64> {
    let column = column(statement, "amount_minor").into_iter();
    column.map(|minor| minor.as_i64().unwrap()).collect()
}

/// The warnings, a line each.
fn warnings(statement: &Value) -> String {
    let all = statement["warnings"].as_array().unwrap().iter();
    let lines = all.map(|one| format!("{}: {}\n", one["line"], one["message"].as_str().unwrap()));
    lines.collect()
}

/// It may be posted, and nothing about it was odd.
#[track_caller]
fn assert_clean(statement: &Value) {
    assert_eq!(statement["status"], "final", "{statement}");
    assert_eq!(statement["balanced"], true, "{statement}");
    assert_eq!(warnings(statement), "");
}

/// It may be posted, and a warning says what was odd.
#[track_caller]
fn assert_warned(statement: &Value, words: &str) {
    assert_eq!(statement["status"], "final", "{statement}");
    let said = warnings(statement);
    assert!(said.contains(words), "{words}: {said}");
}

/// It must not be posted, and the reason names the line.
#[track_caller]
fn assert_quarantined(statement: &Value, line: u32, words: &str) {
    assert_eq!(statement["status"], "quarantine", "{statement}");
    let said = warnings(statement);
    let found = said
        .lines()
        .any(|one| one.starts_with(&format!("{line}: ")) && one.contains(words));
    assert!(found, "{line}: {words}: {said}");
}

/// Nothing was read, and the reason names the line.
#[track_caller]
fn assert_refused(bytes: impl AsRef<[u8]>, line: u32, words: &str) {
    let error = one(bytes);
    let error = &error["error"];
    assert_eq!(error["line"], line, "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(words), "{words}: {message}");
}
