//! A reading as JSON lines, for people and for comparing readings byte by byte.
//!
//! In: a file's name and what was read from it. Out: one line for each statement, its keys always
//! in the same order. Whoever compares two readings compares text; nothing is left out.

use super::entry::{Detail, Entry, EntryStatus, Outline, Statement, StatementKind, Warning};
use super::read::{ReadError, Reading};
use chrono::NaiveDate;
use serde::Serialize;

/// One line for each statement of the file.
pub fn inspect_json(file: &str, reading: &Reading) -> Vec<String> {
    let lines = reading.statements.iter();
    lines
        .map(|statement| json(&StatementLine::new(file, reading, statement)))
        .collect()
}

/// The one line of a file that could not be read.
pub fn inspect_error_json(file: &str, error: &ReadError) -> String {
    json(&ErrorLine {
        file,
        error: Message {
            line: error.line,
            message: &error.message,
        },
    })
}

/// Plain structs of texts and numbers always become JSON.
fn json(line: &impl Serialize) -> String {
    serde_json::to_string(line).unwrap_or_default()
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    file: &'a str,
    error: Message<'a>,
}

#[derive(Serialize)]
struct Message<'a> {
    line: u32,
    message: &'a str,
}

/// The keys stand in the order in which they are written.
#[derive(Serialize)]
struct StatementLine<'a> {
    file: &'a str,
    format: String,
    profile: &'a str,
    encoding: &'a str,
    status: &'static str,
    account: &'a str,
    sequence: Option<&'a str>,
    reference: Option<&'a str>,
    currency: &'a str,
    opening_minor: Option<i64>,
    opening_date: Option<NaiveDate>,
    closing_minor: Option<i64>,
    closing_date: Option<NaiveDate>,
    balanced: Option<bool>,
    difference_minor: Option<i128>,
    entries: Vec<EntryLine<'a>>,
    warnings: Vec<&'a Warning>,
}

#[derive(Serialize)]
struct EntryLine<'a> {
    line: u32,
    status: EntryStatus,
    booking_date: Option<NaiveDate>,
    value_date: Option<NaiveDate>,
    order_date: Option<NaiveDate>,
    amount_minor: i64,
    mark: &'a str,
    reversal: bool,
    bank_reference: Option<&'a str>,
    customer_reference: Option<&'a str>,
    end_to_end_id: Option<&'a str>,
    transaction_code: Option<&'a str>,
    virtual_account: Option<&'a str>,
    counterparty_name: Option<&'a str>,
    counterparty_account: Option<&'a str>,
    remittance: &'a str,
    details: Vec<DetailLine<'a>>,
}

#[derive(Serialize)]
struct DetailLine<'a> {
    amount_minor: Option<i64>,
    charge: bool,
    order_date: Option<NaiveDate>,
    bank_reference: Option<&'a str>,
    end_to_end_id: Option<&'a str>,
    virtual_account: Option<&'a str>,
    counterparty_name: Option<&'a str>,
    counterparty_account: Option<&'a str>,
    remittance: &'a str,
}

impl<'a> StatementLine<'a> {
    fn new(file: &'a str, reading: &'a Reading, statement: &'a Statement) -> Self {
        let entries = statement.entries.iter().map(EntryLine::new).collect();
        let statement = &statement.outline;
        let difference_minor = statement.difference_minor();
        let mut warnings: Vec<&Warning> =
            statement.warnings.iter().chain(&statement.faults).collect();
        warnings.sort_by_key(|warning| warning.line);
        StatementLine {
            file,
            format: statement.format.to_string(),
            profile: &reading.profile,
            encoding: reading.encoding,
            status: status(statement),
            account: &statement.account,
            sequence: statement.sequence.as_deref(),
            reference: statement.reference.as_deref(),
            currency: &statement.currency,
            opening_minor: statement.opening_minor,
            opening_date: statement.opening_date,
            closing_minor: statement.closing_minor,
            closing_date: statement.closing_date,
            balanced: difference_minor.map(|difference| difference == 0),
            difference_minor,
            entries,
            warnings,
        }
    }
}

/// What becomes of the statement: only what is whole and adds up keeps its kind.
fn status(statement: &Outline) -> &'static str {
    if !statement.is_sound() {
        return "quarantine";
    }
    match statement.kind {
        StatementKind::Final => "final",
        StatementKind::Intraday => "intraday",
        StatementKind::Details => "details",
    }
}

impl<'a> EntryLine<'a> {
    fn new(entry: &'a Entry<'_>) -> Self {
        EntryLine {
            line: entry.line,
            status: entry.status,
            booking_date: entry.booking_date,
            value_date: entry.value_date,
            order_date: entry.order_date,
            amount_minor: entry.amount_minor,
            mark: entry.mark,
            reversal: entry.reversal,
            bank_reference: entry.bank_reference.as_deref(),
            customer_reference: entry.customer_reference.as_deref(),
            end_to_end_id: entry.end_to_end_id.as_deref(),
            transaction_code: entry.transaction_code.as_deref(),
            virtual_account: entry.virtual_account.as_deref(),
            counterparty_name: entry.counterparty_name.as_deref(),
            counterparty_account: entry.counterparty_account.as_deref(),
            remittance: &entry.remittance,
            details: entry.details.iter().map(DetailLine::new).collect(),
        }
    }
}

impl<'a> DetailLine<'a> {
    fn new(detail: &'a Detail<'_>) -> Self {
        DetailLine {
            amount_minor: detail.amount_minor,
            charge: detail.charge,
            order_date: detail.order_date,
            bank_reference: detail.bank_reference.as_deref(),
            end_to_end_id: detail.end_to_end_id.as_deref(),
            virtual_account: detail.virtual_account.as_deref(),
            counterparty_name: detail.counterparty_name.as_deref(),
            counterparty_account: detail.counterparty_account.as_deref(),
            remittance: &detail.remittance,
        }
    }
}
