//! Reports of mass payments that are neither MT940 nor camt: a bank's own CSV, fixed places on
//! the line, Elixir-0.
//!
//! In: decoded text, line by line, and the [`Layout`] that says what stands where; it is data,
//! built in or from the configuration. Out: one [`ReportLine`] after another to a sink, in bounded
//! memory, and a [`Summary`] at the end. A report counts as a whole or not at all: what the sink
//! was given is worth nothing before [`Summary::is_sound`] says so. Such a report has no balances:
//! it is details of lump sums or, with the bank's control totals, a source of entries, and it
//! never moves the coverage date.
//!
//! | file | job |
//! |---|---|
//! | `layout` | how a report is written, as data |
//! | `check` | what contradicts itself in a layout |
//! | `builtin` | the reports that are known |
//! | `date` | the forms of dates |
//! | `source` | a reader → physical lines |
//! | `cells` | a line → the texts in its columns |
//! | `payment` | the columns of a payment → what they say |
//! | `totals` | the bank's own count and sum |
//! | `reader` | which line is what; the end |

mod builtin;
mod cells;
mod check;
mod date;
mod layout;
mod payment;
mod reader;
mod source;
#[cfg(test)]
mod tests;
mod totals;

pub use check::LayoutFault;
pub use date::DateForm;
pub use layout::{
    AccountSource, AmountForm, COLUMNS_MAX, Column, Columns, Container, CurrencySource,
    DecimalMark, Direction, Layout, LinesInColumn, RecordTypes, Records, Role, Totals, TotalsAt,
};

use crate::money::Currency;
use crate::statement::entry::Entry;
use chrono::NaiveDate;
use reader::Reader;
use source::Lines;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead};

/// One payment of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLine<'a> {
    /// Line of the file on which it starts, from 1.
    pub line: u32,
    /// When the bank booked it.
    pub booking_date: Option<NaiveDate>,
    /// When the payer ordered it.
    pub order_date: Option<NaiveDate>,
    /// Signed effect on the account, minor units.
    pub amount_minor: i64,
    /// The currency of the amount.
    pub currency: Currency,
    /// The account to which the report belongs, without spaces, where the layout knows it.
    pub account: Option<Cow<'a, str>>,
    /// The credited virtual account as written; behind `XX` where it is a number's end alone.
    pub virtual_account: Option<Cow<'a, str>>,
    /// The bank's reference; never `NONREF` or empty.
    pub bank_reference: Option<Cow<'a, str>>,
    /// The payer, without the address.
    pub counterparty_name: Option<Cow<'a, str>>,
    /// The payer's account, without spaces.
    pub counterparty_account: Option<Cow<'a, str>>,
    /// The title, its parts put together; empty where there is none.
    pub remittance: Cow<'a, str>,
}

impl ReportLine<'_> {
    /// The same, with texts of its own.
    pub fn into_owned(self) -> ReportLine<'static> {
        let own = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        ReportLine {
            line: self.line,
            booking_date: self.booking_date,
            order_date: self.order_date,
            amount_minor: self.amount_minor,
            currency: self.currency,
            account: own(self.account),
            virtual_account: own(self.virtual_account),
            bank_reference: own(self.bank_reference),
            counterparty_name: own(self.counterparty_name),
            counterparty_account: own(self.counterparty_account),
            remittance: Cow::Owned(self.remittance.into_owned()),
        }
    }
}

/// What a report was, as a whole.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many payments were read.
    pub count: u64,
    /// What they add up to, in each currency, in minor units.
    pub sums: BTreeMap<Currency, i128>,
    /// How many payments the bank says there are.
    pub control_count: Option<u64>,
    /// What the bank says they add up to, in minor units.
    pub control_sum_minor: Option<i64>,
    /// Why the report must not be taken: every mistake with its line, in the order in which they
    /// were found.
    pub faults: Vec<Fault>,
}

impl Summary {
    /// Whether the report may be taken.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

impl ReportLine<'_> {
    /// The payment as an entry.
    pub(super) fn into_entry(self) -> Entry<'static> {
        let line = self.into_owned();
        Entry {
            booking_date: line.booking_date,
            order_date: line.order_date,
            virtual_account: line.virtual_account,
            bank_reference: line.bank_reference,
            counterparty_name: line.counterparty_name,
            counterparty_account: line.counterparty_account,
            remittance: line.remittance,
            ..Entry::new(line.line, line.amount_minor)
        }
    }
}

/// Why a report must not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line of the file, from 1.
    pub line: u32,
    /// The column, with its key in the layout: `column 3 (amount)`.
    pub column: Option<String>,
    /// What is wrong there, and what was expected.
    pub message: String,
}

impl Fault {
    fn new(line: u32, message: impl Into<String>) -> Self {
        Fault {
            line,
            column: None,
            message: message.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "line {}, {column}: {}", self.line, self.message),
            None => write!(f, "line {}: {}", self.line, self.message),
        }
    }
}

/// Reads a report whose text has been decoded; each payment goes to the sink as soon as it is
/// read.
///
/// # Errors
///
/// The source failed; nothing is wrong with the report, and to read it again is safe. What is
/// wrong with the report stands in the summary.
pub fn read(
    input: impl BufRead,
    layout: &Layout,
    sink: impl FnMut(ReportLine<'_>),
) -> io::Result<Summary> {
    let mut lines = Lines::new(input);
    let mut reader = Reader::new(layout, sink);
    while !reader.is_stopped()
        && let Some(line) = lines.next()?
    {
        match line {
            Ok(line) => reader.take(line),
            Err(fault) => reader.stop(fault),
        }
    }
    Ok(reader.finish())
}

/// Whether a file that begins like this is such a report: at least one payment can be read from
/// its first lines, and not one line is anything that the layout does not know. A statement is
/// never taken for a report. Who names a profile is not asked.
pub fn looks_like(head: &str, layout: &Layout) -> bool {
    let head = head.trim_start_matches('\u{FEFF}');
    if is_statement(head) {
        return false;
    }
    // The last line may go on behind the part that is looked at.
    let whole = head.rfind('\n').and_then(|end| head.get(..=end));
    let mut lines = Lines::new(whole.unwrap_or_default().as_bytes());
    let mut reader = Reader::new(layout, |_| {});
    while let Ok(Some(Ok(line))) = lines.next() {
        reader.take(line);
    }
    reader.payments_so_far() > 0 && reader.so_far().is_sound()
}

/// XML, an envelope of SWIFT, or a line that begins with a tag such as `:61:`.
fn is_statement(head: &str) -> bool {
    let is_tag = |line: &str| {
        let tag = line
            .strip_prefix(':')
            .and_then(|rest| rest.split(':').next());
        let number = tag.and_then(|tag| tag.get(..2));
        let digits = number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        digits && tag.is_some_and(|tag| tag.len() <= 3 && line.len() > tag.len() + 1)
    };
    let start = head.trim_start_matches(|sign: char| sign.is_whitespace() || sign.is_control());
    start.starts_with(['<', '{']) || head.lines().any(is_tag)
}
