//! How one kind of report is written, as data.
//!
//! In: what a bank's description of its file says, from a built-in profile or from the
//! configuration. Out: a [`Layout`] by which a report is read, or everything in it that
//! contradicts itself. Nothing here looks at a file.

use super::date::DateForm;
use crate::money::Currency;
use crate::statement::read::Encoding;
use std::ops::RangeInclusive;

/// Columns and positions beyond this are mistyped.
pub const COLUMNS_MAX: usize = 1000;

/// How one kind of report is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The encoding of its files; `None` where it differs or is not known.
    pub encoding: Option<Encoding>,
    /// How a line is cut into columns.
    pub container: Container,
    /// Which lines are payments.
    pub records: Records,
    /// What stands in which column.
    pub columns: Columns,
    /// How amounts are written.
    pub amount: AmountForm,
    /// How dates are written.
    pub date: DateForm,
    /// Whether a payment puts money in or takes it out.
    pub direction: Direction,
    /// The currency of the amounts.
    pub currency: CurrencySource,
    /// The account to which the report belongs.
    pub account: AccountSource,
    /// How several lines of text stand in one column; `None` where they do not.
    pub lines_in_column: Option<LinesInColumn>,
    /// The column of the virtual account holds only the number's last digits. They are handed on
    /// behind `XX`, as mBank writes them, so that nobody takes them for a whole number.
    pub virtual_account_is_tail: bool,
    /// Where the bank says how many payments there are and what they add up to.
    pub totals: Option<Totals>,
    /// What the report is good for.
    pub role: Role,
}

/// How a line is cut into columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Container {
    /// A sign between the columns.
    Separated {
        /// The sign.
        separator: char,
        /// What stands around a text that may hold the separator, doubled where the text holds
        /// it; `None` where the bank quotes nothing.
        quote: Option<char>,
        /// How many columns a payment has; `None` takes the header's number or, without one, the
        /// first payment's. A payment with more or fewer is never read.
        columns: Option<RangeInclusive<usize>>,
    },
    /// Every column has its place on the line.
    Fixed,
}

/// Where a value stands on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// The column's number, from 1.
    Number(usize),
    /// The column's name on the last of the head lines.
    Named(String),
    /// From the first to the last sign, counted from 1.
    Span(usize, usize),
}

/// Which lines are payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Records {
    /// Lines before the first payment, empty ones included.
    pub head_lines: usize,
    /// Lines behind the last payment, empty ones not counted; where the bank does not always
    /// write as many, from the fewest to the most.
    pub foot_lines: RangeInclusive<usize>,
    /// The column that tells what a line is; `None` where all lines in between are payments.
    pub types: Option<RecordTypes>,
}

/// The column that tells what a line is, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordTypes {
    /// The column.
    pub column: Column,
    /// A payment.
    pub detail: Vec<String>,
    /// A header: no payment.
    pub header: Vec<String>,
    /// The footer: no payment, exactly one, and nothing behind it.
    pub footer: Vec<String>,
    /// Lines of other types say nothing; otherwise they are faults.
    pub others: bool,
}

/// What stands in which column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The amount.
    pub amount: Column,
    /// When the bank booked the payment.
    pub booking_date: Option<Column>,
    /// When the payer ordered it.
    pub order_date: Option<Column>,
    /// The credited virtual account.
    pub virtual_account: Option<Column>,
    /// The bank's reference of the payment.
    pub bank_reference: Option<Column>,
    /// The payer, perhaps with an address below the name.
    pub payer_name: Option<Column>,
    /// The payer's account.
    pub payer_account: Option<Column>,
    /// The title, in the order of its parts.
    pub title: Vec<Column>,
}

/// How amounts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountForm {
    /// With decimals. The mark has to be there, or an amount in grosze would pass for one that is
    /// a hundred times as large.
    Decimal {
        /// Between złoty and grosze.
        mark: DecimalMark,
        /// Between groups of three digits, where the bank writes them.
        thousands: Option<char>,
    },
    /// In grosze or cents, digits alone.
    Minor,
}

/// The decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalMark {
    /// `1950,00`
    Comma,
    /// `1950.00`
    Point,
    /// One or the other.
    Either,
}

/// Whether a payment puts money in or takes it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Direction {
    /// All are credits; a minus is a fault.
    Credit,
    /// A minus before or behind the amount takes money out.
    Signed,
    /// A column tells; a minus is a fault.
    Column {
        /// The column.
        column: Column,
        /// What stands there where money comes in.
        credit: Vec<String>,
        /// What stands there where money goes out.
        debit: Vec<String>,
    },
}

/// The currency of the amounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CurrencySource {
    /// Always this one.
    Constant(Currency),
    /// A column holds its code.
    Column(Column),
}

/// The account to which the report belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountSource {
    /// The file does not say: the account for which this profile is configured.
    Unsaid,
    /// Always this one.
    Constant(String),
    /// A column holds it.
    Column(Column),
}

/// Several lines of text in one column, as in Elixir-0: four of 35 signs with `|` between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinesInColumn {
    /// Between the lines.
    pub separator: char,
    /// A line that is this long goes on in the next, in the middle of a word; after a shorter one
    /// a word ends.
    pub width: Option<usize>,
}

/// Where the bank says how many payments there are and what they add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// The line.
    pub at: TotalsAt,
    /// The number of payments.
    pub count: Option<Column>,
    /// Their sum, written like every amount.
    pub sum: Option<Column>,
}

/// The line on which the totals stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotalsAt {
    /// The record of a header's type.
    Header,
    /// The record of a footer's type.
    Footer,
    /// A line of the head, counted from 1.
    HeadLine(usize),
    /// A line of the foot, counted from 1.
    FootLine(usize),
}

/// What a report is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Only details of lump sums on a statement.
    Details,
    /// A source of entries of its own; it never moves the coverage date.
    Entries,
}

impl Layout {
    /// Every column that is read from a payment, with the name of its key.
    pub(super) fn used(&self) -> impl Iterator<Item = (&'static str, &Column)> {
        let columns = &self.columns;
        let types = self.records.types.as_ref().map(|types| &types.column);
        let direction = match &self.direction {
            Direction::Column { column, .. } => Some(column),
            _ => None,
        };
        let currency = match &self.currency {
            CurrencySource::Column(column) => Some(column),
            CurrencySource::Constant(_) => None,
        };
        let account = match &self.account {
            AccountSource::Column(column) => Some(column),
            _ => None,
        };
        let single = [
            ("record_type", types),
            ("amount", Some(&columns.amount)),
            ("currency", currency),
            ("direction", direction),
            ("account", account),
            ("booking_date", columns.booking_date.as_ref()),
            ("order_date", columns.order_date.as_ref()),
            ("virtual_account", columns.virtual_account.as_ref()),
            ("bank_reference", columns.bank_reference.as_ref()),
            ("payer_name", columns.payer_name.as_ref()),
            ("payer_account", columns.payer_account.as_ref()),
        ];
        let single = single
            .into_iter()
            .filter_map(|(key, column)| Some((key, column?)));
        single.chain(columns.title.iter().map(|column| ("title", column)))
    }

    /// The same columns, to be changed.
    fn used_mut(&mut self) -> impl Iterator<Item = &mut Column> {
        let columns = &mut self.columns;
        let types = self.records.types.as_mut().map(|types| &mut types.column);
        let direction = match &mut self.direction {
            Direction::Column { column, .. } => Some(column),
            _ => None,
        };
        let currency = match &mut self.currency {
            CurrencySource::Column(column) => Some(column),
            CurrencySource::Constant(_) => None,
        };
        let account = match &mut self.account {
            AccountSource::Column(column) => Some(column),
            _ => None,
        };
        let single = [
            types,
            Some(&mut columns.amount),
            currency,
            direction,
            account,
            columns.booking_date.as_mut(),
            columns.order_date.as_mut(),
            columns.virtual_account.as_mut(),
            columns.bank_reference.as_mut(),
            columns.payer_name.as_mut(),
            columns.payer_account.as_mut(),
        ];
        single.into_iter().flatten().chain(&mut columns.title)
    }

    /// Whether a column is known by its name alone.
    pub(super) fn has_names(&self) -> bool {
        self.used()
            .any(|(_, column)| matches!(column, Column::Named(_)))
    }

    /// Puts numbers in the place of names; the names that the header does not hold exactly once
    /// come back.
    pub(super) fn bind(&mut self, header: &[String]) -> Vec<String> {
        let mut missing = Vec::new();
        for column in self.used_mut() {
            let Column::Named(name) = column else {
                continue;
            };
            let mut places = (1..).zip(header).filter(|(_, known)| *known == name);
            match (places.next(), places.next()) {
                (Some((number, _)), None) => *column = Column::Number(number),
                _ => missing.push(name.clone()),
            }
        }
        missing
    }
}

impl DecimalMark {
    /// The signs that it may be.
    pub(super) fn signs(self) -> &'static str {
        match self {
            DecimalMark::Comma => ",",
            DecimalMark::Point => ".",
            DecimalMark::Either => ",.",
        }
    }
}
