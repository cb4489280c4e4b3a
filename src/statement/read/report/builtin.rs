//! Reports that are known without a configuration.
//!
//! What each says is all that was to be learnt about it: BZ WBK and BPH from what a billing
//! program of internet providers reads, Elixir-0 from the description that every bank gives of its
//! import of transfers, read here as a report of those that came in. None of the three names
//! control totals, so all are details of lump sums and nothing else.

use super::date::DateForm;
use super::layout::{
    AccountSource, AmountForm, Column, Columns, Container, CurrencySource, DecimalMark, Direction,
    Layout, LinesInColumn, RecordTypes, Records, Role,
};
use crate::money::Currency;
use crate::statement::read::Encoding;

const NAMES: [&str; 3] = ["elixir-0", "bzwbk-collect", "bph-collect"];

impl Layout {
    /// The names that [`Layout::by_name`] knows.
    pub fn names() -> &'static [&'static str] {
        &NAMES
    }

    /// A built-in report.
    pub fn by_name(name: &str) -> Option<Layout> {
        Some(match name {
            "elixir-0" => elixir(),
            "bzwbk-collect" => bzwbk(),
            "bph-collect" => bph(),
            _ => return None,
        })
    }
}

/// Sixteen columns, or fifteen without the bank's own: code 110, date, grosze, payer's sort code,
/// 0, payer's account, credited account, payer, payee, 0, payee's sort code, title, -, -, 51, -.
/// Banks write it in CP852, ISO-8859-2 and windows-1250; the letters tell.
fn elixir() -> Layout {
    Layout {
        encoding: None,
        container: Container::Separated {
            separator: ',',
            quote: Some('"'),
            columns: Some(15..=16),
        },
        records: Records {
            head_lines: 0,
            foot_lines: 0..=0,
            types: Some(RecordTypes {
                column: Column::Number(1),
                detail: vec!["110".to_owned()],
                header: Vec::new(),
                footer: Vec::new(),
                others: false,
            }),
        },
        columns: Columns {
            virtual_account: Some(Column::Number(7)),
            payer_name: Some(Column::Number(8)),
            payer_account: Some(Column::Number(6)),
            title: vec![Column::Number(12)],
            ..dated(3, 2)
        },
        amount: AmountForm::Minor,
        date: DateForm::YYYYMMDD,
        lines_in_column: Some(LinesInColumn {
            separator: '|',
            width: Some(35),
        }),
        ..details()
    }
}

/// A head line, then number, date, amount, payer, -, virtual account, title; then one or two
/// closing lines, whatever stands on them.
fn bzwbk() -> Layout {
    Layout {
        encoding: Some(Encoding::Iso8859_2),
        container: Container::Separated {
            separator: '|',
            quote: None,
            columns: None,
        },
        records: Records {
            head_lines: 1,
            foot_lines: 1..=2,
            types: None,
        },
        columns: Columns {
            virtual_account: Some(Column::Number(6)),
            bank_reference: Some(Column::Number(1)),
            payer_name: Some(Column::Number(4)),
            title: vec![Column::Number(7)],
            ..dated(3, 2)
        },
        date: DateForm::DDMMYYYY,
        ..details()
    }
}

/// Files `wns*.txt`: records 02 with -, -, payer's number, grosze, date, title, number of the
/// operation, payer; what the other records hold is not known.
fn bph() -> Layout {
    Layout {
        encoding: Some(Encoding::Iso8859_2),
        container: Container::Separated {
            separator: ',',
            quote: None,
            columns: None,
        },
        records: Records {
            head_lines: 0,
            foot_lines: 0..=0,
            types: Some(RecordTypes {
                column: Column::Number(1),
                detail: vec!["02".to_owned()],
                header: Vec::new(),
                footer: Vec::new(),
                others: true,
            }),
        },
        columns: Columns {
            virtual_account: Some(Column::Number(4)),
            bank_reference: Some(Column::Number(8)),
            payer_name: Some(Column::Number(9)),
            title: vec![Column::Number(7)],
            ..dated(5, 6)
        },
        amount: AmountForm::Minor,
        date: DateForm::YYYYMMDD,
        virtual_account_is_tail: true,
        ..details()
    }
}

/// Amount and booking date, and nothing else.
fn dated(amount: usize, booking_date: usize) -> Columns {
    Columns {
        amount: Column::Number(amount),
        booking_date: Some(Column::Number(booking_date)),
        order_date: None,
        virtual_account: None,
        bank_reference: None,
        payer_name: None,
        payer_account: None,
        title: Vec::new(),
    }
}

/// Credits in złoty, without totals.
fn details() -> Layout {
    Layout {
        encoding: None,
        container: Container::Fixed,
        records: Records {
            head_lines: 0,
            foot_lines: 0..=0,
            types: None,
        },
        columns: dated(1, 1),
        amount: AmountForm::Decimal {
            mark: DecimalMark::Either,
            thousands: None,
        },
        date: DateForm::YYYYMMDD,
        direction: Direction::Credit,
        currency: CurrencySource::Constant(Currency::PLN),
        account: AccountSource::Unsaid,
        lines_in_column: None,
        virtual_account_is_tail: false,
        totals: None,
        role: Role::Details,
    }
}
