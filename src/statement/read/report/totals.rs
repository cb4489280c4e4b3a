//! The bank's own count and sum of a report.
//!
//! In: the record on which they stand, and at the end what was read. Out: whether the two agree,
//! or every way in which they do not. The sum is read at the end, when its currency is known.

use super::Summary;
use super::cells::Cells;
use super::layout::{Column, CurrencySource, Layout, Totals};
use super::payment::{self, Wrong, shown};
use crate::money::Currency;

/// The totals as they stand in the file.
pub(super) struct Found {
    pub line: u32,
    count: Option<u64>,
    sum: Option<(Column, String)>,
}

/// Where the totals and the payments, or the totals and sense, disagree.
pub(super) enum Odd {
    /// In one column.
    Column(Wrong),
    /// As a whole.
    Line(String),
}

impl Found {
    /// Takes the totals from their record.
    pub fn read(totals: &Totals, cells: &Cells, line: u32) -> (Found, Option<Wrong>) {
        let text = |column: &Column| cells.get(column).unwrap_or_default();
        let mut found = Found {
            line,
            count: None,
            sum: totals
                .sum
                .as_ref()
                .map(|column| (column.clone(), text(column).to_owned())),
        };
        let Some(column) = &totals.count else {
            return (found, None);
        };
        let count = text(column);
        let digits = count.bytes().all(|byte| byte.is_ascii_digit());
        found.count = count.parse().ok().filter(|_| digits);
        let wrong = found.count.is_none().then(|| Wrong {
            key: "count",
            column: column.clone(),
            message: format!("{} is no number of payments", shown(count)),
        });
        (found, wrong)
    }

    /// Writes down what the bank says, and compares it with what was read; a payment that could
    /// not be read would only be told a second time.
    pub fn check(self, layout: &Layout, summary: &mut Summary) -> Vec<Odd> {
        let mut odd = Vec::new();
        summary.control_count = self.count;
        let sound = summary.is_sound();
        if let Some(control) = self.count
            && control != summary.count
            && sound
        {
            odd.push(Odd::Line(format!(
                "the bank counts {control} payments, the report has {}",
                summary.count
            )));
        }
        if let Some((column, text)) = self.sum {
            odd.extend(check_sum(column, &text, layout, summary).filter(|_| sound));
        }
        odd
    }
}

fn check_sum(column: Column, text: &str, layout: &Layout, summary: &mut Summary) -> Option<Odd> {
    let currencies: Vec<Currency> = summary.sums.keys().copied().collect();
    let currency = match (&layout.currency, currencies.as_slice()) {
        (CurrencySource::Constant(currency), _) | (_, [currency]) => Some(*currency),
        (_, []) => None,
        _ => {
            return Some(Odd::Line(
                "the sum of amounts in several currencies proves nothing".to_owned(),
            ));
        }
    };
    let exponent = currency.map_or(2, Currency::exponent);
    match payment::minor(text, layout.amount, exponent) {
        Ok(control) => {
            summary.control_sum_minor = Some(control);
            let sum: i128 = summary.sums.values().sum();
            (i128::from(control) != sum).then(|| {
                Odd::Line(format!(
                    "the bank's sum is {control}, the payments add up to {sum} (in grosze or cents)"
                ))
            })
        }
        Err(message) => Some(Odd::Column(Wrong {
            key: "sum",
            column,
            message,
        })),
    }
}
