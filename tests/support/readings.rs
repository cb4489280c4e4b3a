//! A statement file read through the public door, as JSON: what a test says about a reading then
//! depends on nothing but what `kwestura statement inspect --json` prints.

use kwestura::statement::inspect::{inspect_error_json, inspect_json};
use kwestura::statement::read::report::Layout;
use kwestura::statement::read::{Profile, Survey, read, report};
use serde_json::Value;

/// By what a file is read.
pub enum By {
    /// What it looks like.
    Detection,
    /// A bank's dialect.
    Dialect(Profile),
    /// The layout of a report, with its name.
    Report(String, Box<Layout>),
}

impl By {
    /// A built-in dialect.
    pub fn dialect(name: &str) -> By {
        By::Dialect(Profile::by_name(name).unwrap())
    }
}

/// The lines that are printed: one for each statement, or one that says why nothing was read.
pub fn lines(name: &str, bytes: &[u8], by: &By) -> Vec<String> {
    let reading = match by {
        By::Detection => read(bytes, None),
        By::Dialect(profile) => read(bytes, Some(profile)),
        By::Report(name, layout) => {
            Survey::of(bytes).and_then(|survey| report(bytes, &survey, (name, layout.as_ref())))
        }
    };
    match reading {
        Ok(reading) => inspect_json(name, &reading),
        Err(error) => vec![inspect_error_json(name, &error)],
    }
}

/// The same, parsed.
pub fn of(bytes: &[u8], by: &By) -> Vec<Value> {
    let lines = lines("file", bytes, by).into_iter();
    lines
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect()
}

/// Whether the booked lines lead from the opening to the closing balance; null where one of them
/// is missing. Computed from what is printed alone.
pub fn adds_up(statement: &Value) -> Value {
    let minor = |value: &Value| value.as_i64().map(i128::from);
    let (Some(opening), Some(closing)) = (
        minor(&statement["opening_minor"]),
        minor(&statement["closing_minor"]),
    ) else {
        return Value::Null;
    };
    let entries = statement["entries"].as_array().unwrap().iter();
    let booked = entries.filter(|entry| entry["status"] == "booked");
    let sum: i128 = booked
        .map(|entry| minor(&entry["amount_minor"]).unwrap())
        .sum();
    Value::Bool(opening + sum == closing)
}
