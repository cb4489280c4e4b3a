//! The journal as lines: one for each side of a document, as CSV or JSON.

use super::{Document, Side};
use crate::engine::{EngineError, sheet};
use chrono::NaiveDate;
use serde::Serialize;

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

/// One JSON object a line.
pub fn as_json(documents: &[Document]) -> String {
    sheet::json(lines(documents))
}

/// A sheet.
pub fn as_csv(documents: &[Document]) -> Result<String, EngineError> {
    let amount = |minor: i64, line: &Line<'_>| match minor {
        0 => String::new(),
        _ => sheet::amount(minor, line.currency),
    };
    let rows = lines(documents).map(|line| {
        [
            line.document.to_owned(),
            line.posted_on.to_string(),
            line.effective_on.to_string(),
            line.account.to_owned(),
            sheet::maybe(line.student),
            sheet::maybe(line.item),
            amount(line.debit_minor, &line),
            amount(line.credit_minor, &line),
            line.currency.to_owned(),
            line.text.to_owned(),
        ]
    });
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
    sheet::csv(head, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

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
