//! Writes `truth.jsonl`: what a reader of the statements should find, line by line.
//!
//! The texts are ids, dates and account numbers without quotation marks, so nothing is escaped.

use super::knowledge::Span;
use super::line::Line;
use super::university::{Manner, Student};
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

/// How a fee ends, and on which days it was paid.
pub(super) struct FeeEnd<'a> {
    /// The day on which the last part counts.
    pub(super) settled_on: Option<NaiveDate>,
    /// Minor units.
    pub(super) open_minor: i64,
    /// The days on which it was fully credited with money that a rule can identify.
    pub(super) credited: &'a [Span],
}

/// Writes how a fee ends.
pub(super) fn fee(
    out: &mut impl Write,
    student: &str,
    fee: &super::university::Fee,
    end: &FeeEnd,
) -> io::Result<()> {
    let day = |day: Option<NaiveDate>| text(day.map(|day| day.to_string()).as_deref());
    let spans = end.credited.iter();
    let spans: Vec<String> = spans
        .map(|span| format!(r#"{{"from":"{}","until":{}}}"#, span.from, day(span.until)))
        .collect();
    writeln!(
        out,
        r#"{{"type":"fee","external_id":"{}","student":"{student}","amount_minor":{},"due_on":"{}","settled_on":{},"open_minor":{},"credited":[{}]}}"#,
        fee.external_id,
        fee.amount_minor,
        fee.due_on(),
        day(end.settled_on),
        end.open_minor,
        spans.join(","),
    )
}

/// Writes the line of a student of whom reminders have to know something.
pub(super) fn student(out: &mut impl Write, student: &Student) -> io::Result<()> {
    let (id, dead, silent) = (
        &student.external_id,
        student.dead_address,
        student.manner == Manner::Silent,
    );
    if !dead && !silent {
        return Ok(());
    }
    writeln!(
        out,
        r#"{{"type":"student","external_id":"{id}","silent":{silent},"dead_address":{dead}}}"#
    )
}

/// Writes on which days two other engines would have reminded wrongly of a fee.
pub(super) fn compared(
    out: &mut impl Write,
    student: &str,
    fee: &str,
    [by_import_date, by_order_date]: [&[NaiveDate]; 2],
) -> io::Result<()> {
    let list = |days: &[NaiveDate]| {
        let days: Vec<String> = days.iter().map(|day| format!("\"{day}\"")).collect();
        days.join(",")
    };
    writeln!(
        out,
        r#"{{"type":"compared","student":"{student}","fee":"{fee}","by_import_date":[{}],"by_order_date":[{}]}}"#,
        list(by_import_date),
        list(by_order_date),
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
