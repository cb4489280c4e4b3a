//! The columns of a payment → what they say, typed.
//!
//! In: the texts of one record, and the layout that says what stands where. Out: a
//! [`ReportLine`], or every column that cannot be read and what was expected there. Nothing is
//! rounded and no sign is guessed.

use super::ReportLine;
use super::cells::Cells;
use super::layout::{
    AccountSource, AmountForm, Column, CurrencySource, DecimalMark, Direction, Layout,
    LinesInColumn,
};
use crate::money::Currency;
use crate::statement::read::reference;
use crate::statement::read::scalar::{AmountError, Day, minor_units};
use chrono::NaiveDate;
use std::borrow::Cow;

/// A column that cannot be read.
#[derive(Debug)]
pub(super) struct Wrong {
    pub key: &'static str,
    pub column: Column,
    /// What stands there and what was expected.
    pub message: String,
}

/// Reads one payment.
pub(super) fn read<'c>(
    layout: &'c Layout,
    cells: &'c Cells,
    line: u32,
) -> Result<ReportLine<'c>, Vec<Wrong>> {
    let mut values = Values {
        cells,
        wrong: Vec::new(),
    };
    let columns = &layout.columns;
    let currency = values.currency(&layout.currency);
    let amount_minor = values.amount(layout, currency.map_or(2, Currency::exponent));
    let booking_date = columns.booking_date.as_ref();
    let booking_date = booking_date
        .and_then(|column| Some((column, values.required("booking_date", column)?)))
        .and_then(|(column, text)| values.day("booking_date", column, text, layout));
    let order_date = columns.order_date.as_ref();
    let order_date = order_date
        .and_then(|column| Some((column, values.optional("order_date", Some(column))?)))
        .filter(|(_, text)| text.bytes().any(|byte| byte != b'0'))
        .and_then(|(column, text)| values.day("order_date", column, text, layout));
    let account = match &layout.account {
        AccountSource::Unsaid => None,
        AccountSource::Constant(account) => Some(Cow::Borrowed(account.as_str())),
        AccountSource::Column(column) => values.required("account", column).map(without_spaces),
    };
    let virtual_account = values.optional("virtual_account", columns.virtual_account.as_ref());
    let bank_reference = values.optional("bank_reference", columns.bank_reference.as_ref());
    let payer_name = values.optional("payer_name", columns.payer_name.as_ref());
    let payer_account = values.optional("payer_account", columns.payer_account.as_ref());
    let title = columns.title.iter();
    let title: Vec<&str> = title
        .filter_map(|column| values.optional("title", Some(column)))
        .collect();
    match (currency, amount_minor) {
        (Some(currency), Some(amount_minor)) if values.wrong.is_empty() => Ok(ReportLine {
            line,
            booking_date,
            order_date,
            amount_minor,
            currency,
            account,
            virtual_account: virtual_account
                .map(|number| whole_or_tail(number, layout.virtual_account_is_tail)),
            bank_reference: bank_reference
                .map(reference)
                .filter(|text| !text.is_empty())
                .map(Cow::Borrowed),
            counterparty_name: payer_name.map(|text| name(text, layout.lines_in_column)),
            counterparty_account: payer_account.map(without_spaces),
            remittance: joined(&title, layout.lines_in_column),
        }),
        _ => Err(values.wrong),
    }
}

/// The columns of one record, and what was wrong with them so far.
struct Values<'c> {
    cells: &'c Cells,
    wrong: Vec<Wrong>,
}

impl<'c> Values<'c> {
    fn wrong(&mut self, key: &'static str, column: &Column, message: impl Into<String>) {
        self.wrong.push(Wrong {
            key,
            column: column.clone(),
            message: message.into(),
        });
    }

    /// The text of a column, if there is any; a line that is too short is wrong.
    fn optional(&mut self, key: &'static str, column: Option<&Column>) -> Option<&'c str> {
        let column = column?;
        let text = self.cells.get(column);
        if text.is_none() {
            self.wrong(key, column, "the line ends before it");
        }
        text.filter(|text| !text.is_empty())
    }

    fn required(&mut self, key: &'static str, column: &Column) -> Option<&'c str> {
        let text = self.cells.get(column);
        match text {
            None => self.wrong(key, column, "the line ends before it"),
            Some("") => self.wrong(key, column, "is empty"),
            Some(_) => {}
        }
        text.filter(|text| !text.is_empty())
    }

    fn currency(&mut self, source: &CurrencySource) -> Option<Currency> {
        let column = match source {
            CurrencySource::Constant(currency) => return Some(*currency),
            CurrencySource::Column(column) => column,
        };
        let text = self.required("currency", column)?;
        let currency = Currency::parse(text);
        if currency.is_none() {
            let message = format!(
                "{} is no currency; expected is a code like PLN",
                shown(text)
            );
            self.wrong("currency", column, message);
        }
        currency
    }

    /// The amount with the sign of its effect on the account.
    fn amount(&mut self, layout: &Layout, exponent: u32) -> Option<i64> {
        let column = &layout.columns.amount;
        let text = self.required("amount", column)?;
        let minor = match minor(text, layout.amount, exponent) {
            Ok(minor) => minor,
            Err(message) => {
                self.wrong("amount", column, message);
                return None;
            }
        };
        match &layout.direction {
            Direction::Signed => Some(minor),
            _ if text.contains('-') => {
                let message = format!("{} has a minus; this report has none", shown(text));
                self.wrong("amount", column, message);
                None
            }
            Direction::Credit => Some(minor),
            Direction::Column {
                column,
                credit,
                debit,
            } => {
                let mark = self.required("direction", column)?;
                if credit.iter().any(|known| known == mark) {
                    Some(minor)
                } else if debit.iter().any(|known| known == mark) {
                    Some(-minor)
                } else {
                    let known: Vec<&str> = credit.iter().chain(debit).map(String::as_str).collect();
                    let message = format!("{} is none of: {}", shown(mark), known.join(", "));
                    self.wrong("direction", column, message);
                    None
                }
            }
        }
    }

    /// A day that does not exist is as wrong as nonsense: dates decide who was late.
    fn day(
        &mut self,
        key: &'static str,
        column: &Column,
        text: &str,
        layout: &Layout,
    ) -> Option<NaiveDate> {
        let form = layout.date.as_str();
        let message = match layout.date.read(text) {
            Day::Exists(day) => return Some(day),
            Day::Impossible(_) => format!("there is no day {text} ({form})"),
            Day::Unreadable => format!("{} is no date; expected is {form}", shown(text)),
        };
        self.wrong(key, column, message);
        None
    }
}

/// Minor units of an amount as the layout writes it, with a sign before or behind it.
pub(super) fn minor(text: &str, form: AmountForm, exponent: u32) -> Result<i64, String> {
    let (negative, digits) = unsigned(text);
    let minor = match form {
        AmountForm::Minor => minor_units(digits, b"", 0)
            .map_err(|error| told(text, error, "the amount in grosze, digits alone"))?,
        AmountForm::Decimal { mark, thousands } => {
            let whole = digits.bytes().all(|byte| byte == b'0');
            if !digits.contains(|sign| mark.signs().contains(sign)) && !whole {
                return Err(format!(
                    "{} has no decimal mark; expected is {}",
                    shown(text),
                    example(mark)
                ));
            }
            let ungrouped = match thousands {
                Some(sign) => ungrouped(digits, sign, mark),
                None => Some(Cow::Borrowed(digits)),
            };
            let ungrouped =
                ungrouped.ok_or_else(|| told(text, AmountError::NotANumber, example(mark)))?;
            // `1.950` may be one and a bit or nearly two thousand: no zeros are dropped here.
            let decimals = ungrouped.find(|sign| mark.signs().contains(sign));
            let decimals = decimals.map_or(0, |at| ungrouped.len() - at - 1);
            if usize::try_from(exponent).is_ok_and(|exponent| exponent < decimals) {
                return Err(told(text, AmountError::ExcessDecimals, ""));
            }
            minor_units(&ungrouped, mark.signs().as_bytes(), exponent)
                .map_err(|error| told(text, error, example(mark)))?
        }
    };
    Ok(if negative { -minor } else { minor })
}

fn told(text: &str, error: AmountError, expected: &str) -> String {
    match error {
        AmountError::NotANumber => format!("{} is no amount; expected is {expected}", shown(text)),
        _ => format!("{} {}", shown(text), error.message()),
    }
}

fn example(mark: DecimalMark) -> &'static str {
    match mark {
        DecimalMark::Comma => "an amount like 1950,00",
        DecimalMark::Point => "an amount like 1950.00",
        DecimalMark::Either => "an amount like 1950,00 or 1950.00",
    }
}

/// Takes one sign off the amount, before or behind it.
fn unsigned(text: &str) -> (bool, &str) {
    let minus = text.strip_prefix('-').or_else(|| text.strip_suffix('-'));
    let plus = || text.strip_prefix('+').or_else(|| text.strip_suffix('+'));
    match minus {
        Some(digits) => (true, digits.trim()),
        None => (false, plus().unwrap_or(text).trim()),
    }
}

/// Takes the marks out from between groups of three digits; `None` where the groups are others.
fn ungrouped(digits: &str, sign: char, mark: DecimalMark) -> Option<Cow<'_, str>> {
    // A space between thousands is as often one that does not break the line.
    let separates =
        |found: char| found == sign || sign == ' ' && matches!(found, '\u{A0}' | '\u{202F}');
    if !digits.contains(separates) {
        return Some(Cow::Borrowed(digits));
    }
    let end = digits.find(|found| mark.signs().contains(found));
    let (whole, decimals) = digits.split_at_checked(end.unwrap_or(digits.len()))?;
    let mut groups = whole.split(separates);
    let first = groups.next().filter(|group| (1..=3).contains(&group.len()));
    let mut plain = first?.to_owned();
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        plain.push_str(group);
    }
    plain.push_str(decimals);
    Some(Cow::Owned(plain))
}

/// A number's last digits stand behind `XX`, or they would pass for a whole number of a bank
/// that writes short ones.
fn whole_or_tail(number: &str, is_tail: bool) -> Cow<'_, str> {
    if is_tail && number.bytes().all(|byte| byte.is_ascii_digit()) {
        Cow::Owned(format!("XX{number}"))
    } else {
        Cow::Borrowed(number)
    }
}

/// The lines of a text in one column.
fn lines(text: &str, form: Option<LinesInColumn>) -> impl Iterator<Item = &str> {
    text.split(move |sign| sign == '\n' || form.is_some_and(|form| sign == form.separator))
}

/// Whether a line is full, so that the next goes on in the middle of its last word.
fn is_full(line: &str, form: Option<LinesInColumn>) -> bool {
    let width = form.and_then(|form| form.width);
    width.is_some_and(|width| line.chars().count() >= width)
}

/// Parts of a text put together: as they are behind a full line, else with a space.
fn joined<'c>(parts: &[&'c str], form: Option<LinesInColumn>) -> Cow<'c, str> {
    let mut all = parts.iter().flat_map(|part| lines(part, form));
    match (all.next(), all.next()) {
        (None, _) => return Cow::Borrowed(""),
        (Some(only), None) => return Cow::Borrowed(only.trim()),
        _ => {}
    }
    let mut text = String::new();
    let mut full = true;
    for line in parts.iter().flat_map(|part| lines(part, form)) {
        if line.trim().is_empty() {
            continue;
        }
        if full {
            text.push_str(line);
        } else {
            text.truncate(text.trim_end().len());
            text.push(' ');
            text.push_str(line.trim_start());
        }
        full = is_full(line, form);
    }
    Cow::Owned(text.trim().to_owned())
}

/// The name is the first line, with the next as long as lines are full; the address is below.
fn name(text: &str, form: Option<LinesInColumn>) -> Cow<'_, str> {
    let mut all = lines(text, form).filter(|line| !line.trim().is_empty());
    let first = all.next().unwrap_or_default();
    if !is_full(first, form) {
        return Cow::Borrowed(first.trim());
    }
    let mut name = first.to_owned();
    for line in all {
        name.push_str(line);
        if !is_full(line, form) {
            break;
        }
    }
    Cow::Owned(name.trim().to_owned())
}

fn without_spaces(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_whitespace) {
        Cow::Owned(text.split_whitespace().collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// A text in a message: not longer than a line of it.
pub(super) fn shown(text: &str) -> String {
    const SIGNS_MAX: usize = 40;
    let visible = |sign: char| if sign.is_control() { '\u{FFFD}' } else { sign };
    let mut shown: String = text.chars().take(SIGNS_MAX).map(visible).collect();
    if text.chars().nth(SIGNS_MAX).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}
