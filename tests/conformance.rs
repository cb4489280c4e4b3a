//! Our reading of other people's files against a second, independent one.
//!
//! `KWESTURA_CORPUS` names a folder with `manifest.json`, `expected.jsonl` and `files/`; without
//! it nothing is compared, and the test says so. Where the manifest calls a reading confirmed we
//! have to agree with it; each exception stands in the table below with its reason. Any other
//! file has to be read or refused with a reason, and never to make the reader fall over.

use kwestura::statement::entry::{Entry, Statement, StatementKind};
use kwestura::statement::read::{self, ReadError, Reading};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Confirmed files of which we read something else on purpose: path, what differs, why.
const EXCEPTIONS: [(&str, Differs, &str); 0] = [];

/// What an exception excuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Differs {
    Amounts,
    Balances,
    Dates,
}

#[test]
fn our_reading_agrees_with_a_second_one() {
    let Ok(folder) = std::env::var("KWESTURA_CORPUS") else {
        eprintln!("conformance: not run, KWESTURA_CORPUS names no folder");
        return;
    };
    let folder = Path::new(&folder);
    let manifest = manifest(folder);
    let expected = expected(folder);
    assert!(
        !manifest.is_empty(),
        "{} holds no files to compare",
        folder.display()
    );
    let mut complaints = Vec::new();
    for file in &manifest {
        let path = file["path"].as_str().unwrap();
        let bytes = std::fs::read(folder.join(path)).unwrap();
        let reading = read::read(&bytes, None);
        let expected = expected.get(path).map_or(&[][..], Vec::as_slice);
        let found = if file["confirmed"] == true {
            confirmed(file, &reading, expected)
        } else {
            unconfirmed(&reading)
        };
        complaints.extend(
            found
                .into_iter()
                .map(|complaint| format!("{path}: {complaint}")),
        );
    }
    let unused = EXCEPTIONS
        .iter()
        .filter(|(path, _, _)| manifest.iter().all(|file| file["path"] != *path));
    complaints.extend(unused.map(|(path, _, _)| format!("{path}: an exception for no file")));
    eprintln!("conformance: {} files compared", manifest.len());
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

fn manifest(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("manifest.json"))
        .unwrap_or_else(|error| panic!("{}/manifest.json: {error}", folder.display()));
    serde_json::from_str(&text).unwrap()
}

/// The second reading: the statements of each file.
fn expected(folder: &Path) -> BTreeMap<String, Vec<Value>> {
    let text = std::fs::read_to_string(folder.join("expected.jsonl"))
        .unwrap_or_else(|error| panic!("{}/expected.jsonl: {error}", folder.display()));
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .map(|line| {
            let path = line["path"].as_str().unwrap().to_owned();
            (path, line["statements"].as_array().unwrap().clone())
        })
        .collect()
}

/// A file that only one other reader understood: anything but silence will do.
fn unconfirmed(reading: &Result<Reading, ReadError>) -> Vec<String> {
    match reading {
        Err(error) if error.message.is_empty() => vec!["refused without a reason".to_owned()],
        Ok(reading) if reading.statements.is_empty() => {
            vec!["neither a statement nor a reason".to_owned()]
        }
        _ => Vec::new(),
    }
}

fn confirmed(
    file: &Value,
    reading: &Result<Reading, ReadError>,
    expected: &[Value],
) -> Vec<String> {
    let statements = match reading {
        Ok(reading) => reading.statements.as_slice(),
        // A message without any statement is refused with a reason, which is the same reading.
        Err(_) if expected.is_empty() => &[],
        Err(error) => return vec![format!("refused: {error}")],
    };
    let paged = has(file, "intermediate balances 60M/62M");
    let mut complaints = Vec::new();
    let mut rest = expected;
    for statement in statements {
        let taken = pages_of(statement, rest, paged);
        let (pages, others) = rest.split_at(taken);
        rest = others;
        if pages.is_empty() {
            complaints.push(format!(
                "line {}: a statement too many",
                statement.outline.line
            ));
            continue;
        }
        complaints.extend(compare(file, statement, pages));
    }
    if !rest.is_empty() {
        complaints.push(format!("{} statements are missing", rest.len()));
    }
    complaints
}

fn has(file: &Value, peculiarity: &str) -> bool {
    let all = file["peculiarities"].as_array().unwrap();
    all.iter().any(|one| one == peculiarity)
}

/// How many of the other reading's statements ours is: it lists pages one by one, we join them.
/// Pages are those that together have our number of entries.
fn pages_of(statement: &Statement, expected: &[Value], paged: bool) -> usize {
    if !paged {
        return expected.len().min(1);
    }
    let mut entries = 0;
    for (page, count) in expected.iter().zip(1..) {
        entries += page["entries"].as_array().unwrap().len();
        if entries >= statement.entries.len()
            && page["closing_minor"] == opt(statement.outline.closing_minor)
        {
            return count;
        }
    }
    expected.len().min(1)
}

fn opt(minor: Option<i64>) -> Value {
    minor.map_or(Value::Null, Value::from)
}

fn compare(file: &Value, statement: &Statement, pages: &[Value]) -> Vec<String> {
    let (line, path) = (statement.outline.line, file["path"].as_str().unwrap());
    let theirs: Vec<&Value> = pages
        .iter()
        .flat_map(|page| page["entries"].as_array().unwrap())
        .collect();
    if theirs.len() != statement.entries.len() {
        return vec![format!(
            "line {line}: {} entries, not {}",
            theirs.len(),
            statement.entries.len()
        )];
    }
    let mut complaints = Vec::new();
    let excused = |differs: Differs| {
        EXCEPTIONS
            .iter()
            .any(|(other, what, _)| *other == path && *what == differs)
    };
    // The other reading of camt is confirmed for its lines only: it takes a balance in another
    // currency, or an interim one, where ours has none and says why.
    let camt = file["format"].as_str().unwrap().starts_with("camt");
    let whole =
        statement.outline.kind == StatementKind::Final && statement.outline.faults.is_empty();
    if (!camt || whole) && !excused(Differs::Balances) {
        let first = &pages[0]["opening_minor"];
        let last = &pages[pages.len() - 1]["closing_minor"];
        for (what, ours, theirs) in [
            ("opening", statement.outline.opening_minor, first),
            ("closing", statement.outline.closing_minor, last),
        ] {
            if opt(ours) != *theirs {
                complaints.push(format!("line {line}: {what} {ours:?}, not {theirs}"));
            }
        }
    }
    for (ours, theirs) in statement.entries.iter().zip(theirs) {
        if !excused(Differs::Amounts) && theirs["amount_minor"] != ours.amount_minor {
            complaints.push(format!(
                "line {}: {}, not {}",
                ours.line, ours.amount_minor, theirs["amount_minor"]
            ));
        }
        if !excused(Differs::Dates) {
            complaints.extend(dates(ours, theirs));
        }
    }
    complaints
}

/// Plain dates that exist; the other reading repeats the value date where no entry date is.
fn dates(ours: &Entry, theirs: &Value) -> Vec<String> {
    let booking = ours.booking_date.or(ours.value_date);
    let pairs = [
        ("booking date", booking, &theirs["booking_date"]),
        ("value date", ours.value_date, &theirs["value_date"]),
    ];
    let plain = pairs.into_iter().filter_map(|(what, ours, theirs)| {
        let theirs: chrono::NaiveDate = theirs.as_str()?.parse().ok()?;
        Some((what, ours, theirs))
    });
    plain
        .filter(|(_, ours, theirs)| *ours != Some(*theirs))
        .map(|(what, ours, theirs)| format!("{what} {ours:?}, not {theirs}"))
        .collect()
}
