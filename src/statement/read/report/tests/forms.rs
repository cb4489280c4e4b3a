//! Amounts in their declared form, and layouts that contradict themselves.

use super::{declared_csv, samples};
use crate::statement::read::report::*;

#[test]
fn amounts_are_read_in_the_form_that_was_declared_and_in_no_other() {
    use DecimalMark::{Comma, Either, Point};
    let decimal = |mark, thousands| AmountForm::Decimal { mark, thousands };
    let table = [
        ("195000", AmountForm::Minor, Some(195_000)),
        ("000000000195000", AmountForm::Minor, Some(195_000)),
        ("1950,00", AmountForm::Minor, None),
        ("1950,00", decimal(Comma, None), Some(195_000)),
        ("1950,5", decimal(Comma, None), Some(195_050)),
        ("1950,", decimal(Comma, None), Some(195_000)),
        ("1950", decimal(Comma, None), None),
        ("0", decimal(Comma, None), Some(0)),
        ("1950.00", decimal(Comma, None), None),
        ("1950,000", decimal(Comma, None), None),
        ("1.950", decimal(Either, None), None),
        ("1.950,00", decimal(Either, None), None),
        ("1950.00", decimal(Either, None), Some(195_000)),
        ("1.950,00", decimal(Comma, Some('.')), Some(195_000)),
        ("1.95,00", decimal(Comma, Some('.')), None),
        (".950,00", decimal(Comma, Some('.')), None),
        (
            "12 345 678,90",
            decimal(Comma, Some(' ')),
            Some(1_234_567_890),
        ),
        ("1\u{a0}950,00", decimal(Comma, Some(' ')), Some(195_000)),
        ("1,950.00", decimal(Point, Some(',')), Some(195_000)),
        ("-450,50", decimal(Comma, None), Some(-45_050)),
        ("450,50-", decimal(Comma, None), Some(-45_050)),
        ("+450,50", decimal(Comma, None), Some(45_050)),
        ("--450,50", decimal(Comma, None), None),
        (
            "9999999999999,99",
            decimal(Comma, None),
            Some(crate::money::MINOR_MAX),
        ),
        ("10000000000000,00", decimal(Comma, None), None),
        ("", AmountForm::Minor, None),
        ("-", AmountForm::Minor, None),
    ];
    for (text, form, expected) in table {
        assert_eq!(
            payment::minor(text, form, 2).ok(),
            expected,
            "{text} {form:?}"
        );
    }
}

/// What is told about a layout that was changed.
#[track_caller]
fn contradicts(change: impl FnOnce(&mut Layout), expected: &[&str]) {
    let mut layout = declared_csv();
    change(&mut layout);
    let told = layout.faults().into_iter().map(|fault| {
        let section = fault
            .section
            .map_or(String::new(), |section| format!("{section}."));
        format!("{section}{}: {}", fault.key, fault.message)
    });
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn layouts_that_contradict_themselves_are_told() {
    for (name, layout, _) in samples() {
        assert_eq!(layout.faults(), [], "{name}");
    }
    contradicts(
        |layout| layout.totals = None,
        &[
            "role: a report without a control sum cannot be a source of entries: write [profile.totals] with `sum`, or role = \"details\"",
        ],
    );
    contradicts(
        |layout| {
            layout.columns.booking_date = None;
            layout.columns.amount = Column::Span(1, 2);
            layout.columns.bank_reference = Some(Column::Number(0));
        },
        &[
            "columns.amount: the columns are separated: write the column's number or its name",
            "columns.bank_reference: columns are counted from 1 to 1000",
            "columns.booking_date: is missing: a source of entries has to say when each was booked",
        ],
    );
    contradicts(
        |layout| {
            layout.records.head_lines = 0;
            let columns = &mut layout.columns;
            columns.booking_date = Some(Column::Number(2));
            columns.amount = Column::Number(4);
            columns.order_date = None;
            columns.bank_reference = None;
            columns.payer_name = None;
            columns.payer_account = None;
            columns.title.clear();
            layout.direction = Direction::Signed;
            layout.currency = CurrencySource::Constant(Currency::EUR);
        },
        &[
            "columns.record_type: a column's name stands in a header: `head_lines` has to be 1 or more",
            "columns.virtual_account: a column's name stands in a header: `head_lines` has to be 1 or more",
        ],
    );
    contradicts(
        |layout| {
            layout.container = Container::Separated {
                separator: ',',
                quote: None,
                columns: None,
            };
            layout.lines_in_column = Some(LinesInColumn {
                separator: ',',
                width: None,
            });
        },
        &[
            "decimal_mark: the decimal mark is the separator too, and nothing is quoted",
            "line_separator: it separates columns too, and nothing is quoted",
        ],
    );
    contradicts(
        |layout| {
            layout.records.foot_lines = 1..=1;
            layout.totals = Some(Totals {
                at: TotalsAt::FootLine(2),
                count: None,
                sum: Some(Column::Named("Suma".to_owned())),
            });
            layout.direction = Direction::Column {
                column: Column::Number(6),
                credit: vec![],
                debit: vec!["D".to_owned(), "D".to_owned()],
            };
        },
        &[
            "totals.sum: the line of the totals has no header: write the column's number",
            "foot_lines: the column `record_type` tells the footer: one of the two",
            "credit: is missing: what stands in the column `direction` where money comes in",
            "debit: `D` stands twice",
            "totals.at: the foot has 1 lines",
        ],
    );
}
