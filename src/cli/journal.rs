//! `kwestura journal`.

use super::common::json;
use super::say::say;
use super::{Context, Outcome};
use crate::engine::EngineError;
use crate::engine::journal::{self, Document, Side};
use crate::money::{Currency, format_plain};
use chrono::NaiveDate;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `kwestura journal`.
///
/// Every document balances. Documents of a closed month never change, but for waivers, write-offs and
/// interest, which are stated as they are known on the day of the export.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kwestura journal export --from 2026-10-01 --to 2026-10-31 --out october.csv
  kwestura journal export --json")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write the documents for the general ledger as CSV.
    Export {
        /// From this accounting day.
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
        /// Through this accounting day.
        #[arg(long, value_name = "DATE")]
        to: Option<NaiveDate>,
        /// Into this file instead of the terminal.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// One JSON line for each side instead of CSV.
        #[arg(long)]
        json: bool,
    },
}

/// Runs it.
pub async fn run(context: &Context, args: &Args) -> Outcome {
    let Command::Export {
        from,
        to,
        out,
        json,
    } = &args.command;
    let documents = journal::documents(&context.office().await?, *from, *to).await?;
    let text = if *json {
        as_json(&documents)
    } else {
        as_csv(&documents)?
    };
    let Some(path) = out else {
        text.lines().for_each(|line| say!("{line}"));
        return Ok(ExitCode::SUCCESS);
    };
    std::fs::write(path, text).map_err(|error| {
        EngineError::refused(format!("cannot write {}: {error}", path.display()))
    })?;
    say!(
        "{} document(s) written to {}.",
        documents.len(),
        path.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// One side of a document; the keys stand in the order in which they are written.
#[derive(Serialize)]
struct Line<'a> {
    document: &'a str,
    posted_on: NaiveDate,
    effective_on: NaiveDate,
    account: &'a str,
    student: Option<&'a str>,
    item: Option<&'a str>,
    debit_minor: i64,
    credit_minor: i64,
    currency: &'a str,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn of(document: &'a Document, side: &'a Side) -> Self {
        Line {
            document: &document.name,
            posted_on: document.posted_on,
            effective_on: document.effective_on,
            account: &side.account,
            student: side.student.as_deref(),
            item: side.item.as_deref(),
            debit_minor: side.minor.max(0),
            credit_minor: (-side.minor).max(0),
            currency: &document.currency,
            text: document.text,
        }
    }
}

fn lines(documents: &[Document]) -> impl Iterator<Item = Line<'_>> {
    documents.iter().flat_map(|document| {
        document
            .sides
            .iter()
            .map(move |side| Line::of(document, side))
    })
}

fn as_json(documents: &[Document]) -> String {
    lines(documents).fold(String::new(), |mut text, line| {
        text.push_str(&json(&line));
        text.push('\n');
        text
    })
}

fn as_csv(documents: &[Document]) -> Result<String, EngineError> {
    let failed =
        |error: &dyn std::fmt::Display| EngineError::refused(format!("cannot write CSV: {error}"));
    let mut csv = csv::Writer::from_writer(Vec::new());
    let head = [
        "document",
        "posted_on",
        "effective_on",
        "account",
        "student",
        "item",
        "debit",
        "credit",
        "currency",
        "text",
    ];
    csv.write_record(head).map_err(|error| failed(&error))?;
    for line in lines(documents) {
        let amount = |minor: i64| match Currency::parse(line.currency) {
            _ if minor == 0 => String::new(),
            Some(currency) => format_plain(minor, currency),
            None => minor.to_string(),
        };
        let row = [
            safe(line.document),
            line.posted_on.to_string(),
            line.effective_on.to_string(),
            safe(line.account),
            safe(line.student.unwrap_or_default()),
            safe(line.item.unwrap_or_default()),
            amount(line.debit_minor),
            amount(line.credit_minor),
            line.currency.to_owned(),
            line.text.to_owned(),
        ];
        csv.write_record(row).map_err(|error| failed(&error))?;
    }
    let bytes = csv.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

/// A text that a spreadsheet would take for a formula is written with an apostrophe before it
/// (OWASP, CSV injection).
fn safe(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
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
        for text in ["=1+1", "+48", "-5", "@SUM(A1)", "\tx", "\rx"] {
            assert_eq!(safe(text), format!("'{text}"));
        }
        for text in ["F-1", "bank:PL1", "", "a=b"] {
            assert_eq!(safe(text), text);
        }
    }

    #[test]
    fn a_side_is_a_row_with_a_debit_or_a_credit() {
        let side = |account: &str, student: Option<&str>, minor| Side {
            account: account.to_owned(),
            student: student.map(str::to_owned),
            item: None,
            minor,
        };
        let document = Document {
            name: "B-1/1".to_owned(),
            posted_on: NaiveDate::from_ymd_opt(2026, 11, 1).unwrap(),
            effective_on: NaiveDate::from_ymd_opt(2026, 10, 12).unwrap(),
            currency: "PLN".to_owned(),
            text: "line of a statement",
            sides: vec![
                side("bank:PL1", None, 195_050),
                side("on-account:=x", Some("=x"), -195_050),
            ],
        };
        assert_eq!(
            as_csv(std::slice::from_ref(&document)).unwrap(),
            "document,posted_on,effective_on,account,student,item,debit,credit,currency,text\n\
             B-1/1,2026-11-01,2026-10-12,bank:PL1,,,1950.50,,PLN,line of a statement\n\
             B-1/1,2026-11-01,2026-10-12,on-account:=x,'=x,,,1950.50,PLN,line of a statement\n"
        );
        assert_eq!(as_json(&[document]).lines().count(), 2);
    }
}
