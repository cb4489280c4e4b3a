//! A `[[profile]]` that is the layout of a report.
//!
//! In: one section. Out: a layout that does not contradict itself, or every mistake at its key.

use super::super::account;
use super::super::reader::{Reader, Section};
use super::{encoding, sign};
use crate::money::Currency;
use crate::statement::read::report::{
    AccountSource, AmountForm, COLUMNS_MAX, Column, Columns, Container, CurrencySource, DateForm,
    DecimalMark, Direction, Layout, LinesInColumn, RecordTypes, Records, Role, Totals, TotalsAt,
};
use toml_edit::Value;

/// The columns of a payment as they are written, before it is known what lacks.
struct Written {
    amount: Option<Column>,
    record_type: Option<Column>,
    currency: Option<Column>,
    direction: Option<Column>,
    account: Option<Column>,
    columns: Columns,
}

/// Reads the layout; `None` where a mistake was told.
pub(super) fn layout(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<Layout> {
    let mistakes = reader.mistakes();
    if !section.keys().contains(&"columns") {
        let message = "is missing; a profile of MT940 or camt has `based_on` instead";
        section.mistake("columns", message, reader);
    }
    let mut below = section.section("columns", reader);
    let written = below.as_mut().map(|below| columns(below, reader));
    let mut totals_below = section.section("totals", reader);
    let totals = totals_below
        .as_mut()
        .and_then(|below| totals(below, reader));
    let layout = whole(section, written, totals, reader);
    let readable = reader.mistakes() == mistakes;
    // What could not be read would only be told a second time.
    for fault in layout.iter().filter(|_| readable).flat_map(Layout::faults) {
        match (fault.section, &below, &totals_below) {
            (Some("columns"), Some(below), _) | (Some("totals"), _, Some(below)) => {
                below.mistake(fault.key, fault.message, reader);
            }
            _ => section.mistake(fault.key, fault.message, reader),
        }
    }
    for below in [below, totals_below].into_iter().flatten() {
        below.finish(reader);
    }
    layout.filter(|_| reader.mistakes() == mistakes)
}

fn whole(
    section: &mut Section<'_>,
    written: Option<Written>,
    totals: Option<Totals>,
    reader: &mut Reader<'_>,
) -> Option<Layout> {
    section.need("role", reader);
    let roles = [("details", Role::Details), ("entries", Role::Entries)];
    let role = section.choice("role", &roles, reader);
    let encoding = encoding(section, reader);
    let container = container(section, reader);
    let head_lines = section.integer("head_lines", 0..1001, reader);
    let foot_lines = section.integer("foot_lines", 0..1001, reader).unwrap_or(0);
    let amount = amount(section, reader);
    let lines_in_column = lines_in_column(section, reader);
    let is_tail = section.boolean("virtual_account_is_tail", reader);
    let forms: Vec<(&str, DateForm)> = DateForm::names()
        .iter()
        .filter_map(|name| Some((*name, DateForm::by_name(name)?)))
        .collect();
    let date = section.choice("date_format", &forms, reader);
    let currency = section.string("currency", reader);
    let account = section.string("account", reader);
    let account =
        account.and_then(|text| account::account_number(section, "account", &text, reader));
    let Written {
        amount: amount_column,
        record_type,
        currency: currency_column,
        direction: direction_column,
        account: account_column,
        columns,
    } = written?;
    let types = types(section, record_type, reader);
    let direction = direction(section, direction_column, reader);
    let currency = currency_source(section, currency, currency_column, reader);
    let account = account_source(section, account, account_column, reader);
    let dated = columns.booking_date.is_some() || columns.order_date.is_some();
    if dated {
        section.need("date_format", reader);
    }
    Some(Layout {
        encoding,
        container: container?,
        records: Records {
            head_lines: head_lines.unwrap_or(0),
            foot_lines: foot_lines..=foot_lines,
            types,
        },
        columns: Columns {
            amount: amount_column?,
            ..columns
        },
        amount: amount?,
        date: date.unwrap_or(DateForm::YYYYMMDD),
        direction,
        currency: currency?,
        account,
        lines_in_column,
        virtual_account_is_tail: is_tail.unwrap_or(false),
        totals,
        role: role?,
    })
}

fn container(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<Container> {
    let kinds = [("separated", false), ("fixed", true)];
    let fixed = section.choice("container", &kinds, reader);
    if fixed == Some(true) {
        return Some(Container::Fixed);
    }
    section.need("separator", reader);
    let separator = sign(section, "separator", reader);
    let quote = section.value(
        "quote",
        "one sign in quotation marks, or \"\" where nothing is quoted,",
        reader,
        |value: &Value| {
            let mut signs = value.as_str()?.chars();
            Some(signs.next()).filter(|_| signs.next().is_none())
        },
    );
    Some(Container::Separated {
        separator: separator?,
        quote: quote.unwrap_or(Some('"')),
        columns: None,
    })
}

fn amount(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<AmountForm> {
    let units = [("decimal", false), ("grosze", true)];
    if section.choice("amount_unit", &units, reader) == Some(true) {
        return Some(AmountForm::Minor);
    }
    let marks = [
        (",", DecimalMark::Comma),
        (".", DecimalMark::Point),
        ("either", DecimalMark::Either),
    ];
    section.need("decimal_mark", reader);
    let mark = section.choice("decimal_mark", &marks, reader);
    let thousands = sign(section, "thousands_separator", reader);
    Some(AmountForm::Decimal {
        mark: mark?,
        thousands,
    })
}

fn lines_in_column(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<LinesInColumn> {
    let separator = sign(section, "line_separator", reader);
    let width = section.integer("line_width", 1..1001, reader);
    if width.is_some() && separator.is_none() {
        section.mistake("line_width", "`line_separator` is missing", reader);
    }
    Some(LinesInColumn {
        separator: separator?,
        width,
    })
}

fn types(
    section: &mut Section<'_>,
    column: Option<Column>,
    reader: &mut Reader<'_>,
) -> Option<RecordTypes> {
    let [detail, header, footer] =
        ["detail", "header", "footer"].map(|key| section.strings(key, reader));
    let others = [("refused", false), ("ignored", true)];
    let others = section.choice("other_records", &others, reader);
    if let Some(column) = column {
        return Some(RecordTypes {
            column,
            detail,
            header,
            footer,
            others: others.unwrap_or(false),
        });
    }
    for key in ["detail", "header", "footer", "other_records"] {
        if section.keys().contains(&key) {
            let message = "no column `record_type` in [profile.columns] tells what a line is";
            section.mistake(key, message, reader);
        }
    }
    None
}

fn direction(
    section: &mut Section<'_>,
    column: Option<Column>,
    reader: &mut Reader<'_>,
) -> Direction {
    let signed = section.boolean("signed", reader).unwrap_or(false);
    let [credit, debit] = ["credit", "debit"].map(|key| section.strings(key, reader));
    match column {
        Some(_) if signed => {
            let message = "the column `direction` tells what comes in: one of the two";
            section.mistake("signed", message, reader);
            Direction::Signed
        }
        Some(column) => Direction::Column {
            column,
            credit,
            debit,
        },
        None => {
            for key in ["credit", "debit"] {
                if section.keys().contains(&key) {
                    let message = "no column `direction` in [profile.columns] holds it";
                    section.mistake(key, message, reader);
                }
            }
            if signed {
                Direction::Signed
            } else {
                Direction::Credit
            }
        }
    }
}

fn currency_source(
    section: &Section<'_>,
    constant: Option<String>,
    column: Option<Column>,
    reader: &mut Reader<'_>,
) -> Option<CurrencySource> {
    match (constant, column) {
        (None, Some(column)) => Some(CurrencySource::Column(column)),
        (Some(_), Some(_)) => {
            let message = "the column `currency` tells it: one of the two";
            section.mistake("currency", message, reader);
            None
        }
        (Some(text), None) => {
            let currency = Currency::parse(&text);
            if currency.is_none() {
                let message = format!("`{text}` is not a currency; write it like PLN");
                section.mistake("currency", message, reader);
            }
            currency.map(CurrencySource::Constant)
        }
        (None, None) => {
            let message = "is missing: a code like PLN here, or the column that holds it in [profile.columns]";
            section.mistake("currency", message, reader);
            None
        }
    }
}

fn account_source(
    section: &Section<'_>,
    constant: Option<String>,
    column: Option<Column>,
    reader: &mut Reader<'_>,
) -> AccountSource {
    match (constant, column) {
        (Some(_), Some(column)) => {
            let message = "the column `account` tells it: one of the two";
            section.mistake("account", message, reader);
            AccountSource::Column(column)
        }
        (Some(account), None) => AccountSource::Constant(account),
        (None, Some(column)) => AccountSource::Column(column),
        (None, None) => AccountSource::Unsaid,
    }
}

// ── [profile.columns] and [profile.totals] ──

fn columns(below: &mut Section<'_>, reader: &mut Reader<'_>) -> Written {
    for key in ["amount", "virtual_account"] {
        below.need(key, reader);
    }
    let mut one = |key| column(below, key, reader);
    let amount = one("amount");
    let record_type = one("record_type");
    let currency = one("currency");
    let direction = one("direction");
    let account = one("account");
    let columns = Columns {
        // Put in its place when everything else is known.
        amount: Column::Number(1),
        booking_date: one("booking_date"),
        order_date: one("order_date"),
        virtual_account: one("virtual_account"),
        bank_reference: one("bank_reference"),
        payer_name: one("payer_name"),
        payer_account: one("payer_account"),
        title: title(below, reader),
    };
    Written {
        amount,
        record_type,
        currency,
        direction,
        account,
        columns,
    }
}

const COLUMN: &str =
    "a column's number like 3, its name like \"Kwota\" or its signs like \"12-26\"";

fn column(section: &mut Section<'_>, key: &str, reader: &mut Reader<'_>) -> Option<Column> {
    section.value(key, COLUMN, reader, column_of)
}

/// The title's parts: one column or a list of them.
fn title(section: &mut Section<'_>, reader: &mut Reader<'_>) -> Vec<Column> {
    let expected = format!("{COLUMN}, or a list of them,");
    let title = section.value("title", &expected, reader, |value| match value.as_array() {
        Some(list) => list.iter().map(column_of).collect(),
        None => Some(vec![column_of(value)?]),
    });
    title.unwrap_or_default()
}

/// A number, a name, or the first and the last sign.
fn column_of(value: &Value) -> Option<Column> {
    if let Some(number) = value.as_integer() {
        let number = usize::try_from(number).ok()?;
        return (number <= COLUMNS_MAX).then_some(Column::Number(number));
    }
    let text = value.as_str()?.trim();
    let span = text.split_once('-').and_then(|(first, last)| {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let number = |text: &str| text.parse().ok().filter(|_| digits(text));
        Some(Column::Span(number(first)?, number(last)?))
    });
    Some(span.unwrap_or_else(|| Column::Named(text.to_owned())))
}

fn totals(below: &mut Section<'_>, reader: &mut Reader<'_>) -> Option<Totals> {
    let count = column(below, "count", reader);
    let sum = column(below, "sum", reader);
    let text = below.required("at", reader)?;
    let line = |before: &str| text.strip_prefix(before)?.parse::<usize>().ok();
    let at = match text.as_str() {
        "header" => Some(TotalsAt::Header),
        "footer" => Some(TotalsAt::Footer),
        _ => line("head line ")
            .map(TotalsAt::HeadLine)
            .or_else(|| line("foot line ").map(TotalsAt::FootLine)),
    };
    if at.is_none() {
        let message = format!("`{text}` is none of: header, footer, head line 1, foot line 1");
        below.mistake("at", message, reader);
    }
    Some(Totals {
        at: at?,
        count,
        sum,
    })
}
