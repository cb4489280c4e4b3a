//! Writes `truth.jsonl`: what a reader of the statements should find, line by line.
//!
//! The texts are ids, dates and account numbers without quotation marks, so nothing is escaped.

use super::line::Line;
use chrono::NaiveDate;
use std::io::{self, Write};

/// A credit's truth beside its line.
#[derive(Default)]
pub(super) struct CreditTruth<'a> {
    /// Whose it is in truth.
    pub(super) student: Option<&'a str>,
    /// `account`, `title`, `name` or `none`.
    pub(super) evidence: &'a str,
    /// Fee, minor units, the day from which they count.
    pub(super) settles: Vec<(&'a str, i64, NaiveDate)>,
    /// What settles nothing, minor units.
    pub(super) on_account_minor: i64,
    /// Is it nobody's payment?
    pub(super) not_student: bool,
    /// What the bank took back, minor units.
    pub(super) reversed_minor: i64,
}

/// Writes the line of a credit.
pub(super) fn credit(
    out: &mut impl Write,
    iban: &str,
    line: &Line,
    truth: &CreditTruth,
) -> io::Result<()> {
    let settles: Vec<String> = truth
        .settles
        .iter()
        .map(|(fee, minor, from)| {
            format!(r#"{{"fee":"{fee}","amount_minor":{minor},"counts_from":"{from}"}}"#)
        })
        .collect();
    writeln!(
        out,
        r#"{{"type":"credit",{},"student":{},"identifiable":"{}","settles":[{}],"on_account_minor":{},"not_student":{},"reversed_minor":{}}}"#,
        place(iban, line),
        text(truth.student),
        truth.evidence,
        settles.join(","),
        truth.on_account_minor,
        truth.not_student,
        truth.reversed_minor,
    )
}

/// Writes the line of a reversal: of a student's credit, or of the bank's own charge.
pub(super) fn reversal(
    out: &mut impl Write,
    iban: &str,
    line: &Line,
    original: Option<&str>,
    student: Option<&str>,
) -> io::Result<()> {
    let (place, original, student) = (place(iban, line), text(original), text(student));
    writeln!(
        out,
        r#"{{"type":"reversal",{place},"original_reference":{original},"student":{student}}}"#
    )
}

/// Writes the line of money that leaves the account.
pub(super) fn outgoing(
    out: &mut impl Write,
    iban: &str,
    line: &Line,
    kind: &str,
) -> io::Result<()> {
    writeln!(
        out,
        r#"{{"type":"outgoing",{},"kind":"{kind}"}}"#,
        place(iban, line)
    )
}

/// Writes how a fee ends.
pub(super) fn fee(
    out: &mut impl Write,
    student: &str,
    fee: &super::university::Fee,
    settled_on: Option<NaiveDate>,
    open_minor: i64,
) -> io::Result<()> {
    let settled_on = settled_on.map(|day| day.to_string());
    writeln!(
        out,
        r#"{{"type":"fee","external_id":"{}","student":"{student}","amount_minor":{},"due_on":"{}","settled_on":{},"open_minor":{open_minor}}}"#,
        fee.external_id,
        fee.amount_minor,
        fee.due_on(),
        text(settled_on.as_deref()),
    )
}

/// Writes how an account ends.
pub(super) fn account(
    out: &mut impl Write,
    iban: &str,
    closing_date: NaiveDate,
    closing_minor: i64,
) -> io::Result<()> {
    writeln!(
        out,
        r#"{{"type":"account","bank_account":"{iban}","closing_date":"{closing_date}","closing_minor":{closing_minor}}}"#
    )
}

fn place(iban: &str, line: &Line) -> String {
    format!(
        r#""bank_account":"{iban}","bank_reference":{},"booking_date":"{}","amount_minor":{}"#,
        text(line.bank_reference()),
        line.booked_on,
        line.effect_minor,
    )
}

fn text(text: Option<&str>) -> String {
    text.map_or("null".to_owned(), |text| format!("\"{text}\""))
}
