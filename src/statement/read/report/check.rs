//! What contradicts itself in a layout.
//!
//! In: a layout. Out: every mistake in it, at the key of the configuration where it would be
//! mended. A layout with mistakes is never used.

use super::layout::{
    AmountForm, COLUMNS_MAX, Column, Container, Direction, Layout, Role, TotalsAt,
};

/// Something in a layout that contradicts the rest of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutFault {
    /// The section of the configuration in which it stands: `columns`, `totals` or none.
    pub section: Option<&'static str>,
    /// The key.
    pub key: &'static str,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl LayoutFault {
    fn new(section: Option<&'static str>, key: &'static str, message: &str) -> Self {
        LayoutFault {
            section,
            key,
            message: message.to_owned(),
        }
    }
}

impl Layout {
    /// Everything that contradicts the rest; empty for a layout by which reports can be read.
    pub fn faults(&self) -> Vec<LayoutFault> {
        let mut faults = Vec::new();
        self.column_faults(&mut faults);
        self.container_faults(&mut faults);
        self.record_faults(&mut faults);
        self.totals_faults(&mut faults);
        self.role_faults(&mut faults);
        faults
    }

    fn column_faults(&self, faults: &mut Vec<LayoutFault>) {
        let totals = self.totals.iter().flat_map(|totals| {
            [
                ("count", totals.count.as_ref()),
                ("sum", totals.sum.as_ref()),
            ]
        });
        let totals = totals.filter_map(|(key, column)| Some(("totals", key, column?)));
        let used = self.used().map(|(key, column)| ("columns", key, column));
        for (section, key, column) in used.chain(totals) {
            let message = match (column, &self.container) {
                (Column::Named(name), _) if name.is_empty() => "is empty",
                (Column::Named(_), Container::Separated { .. }) if section == "totals" => {
                    "the line of the totals has no header: write the column's number"
                }
                (Column::Named(_), Container::Separated { .. }) if self.records.head_lines == 0 => {
                    "a column's name stands in a header: `head_lines` has to be 1 or more"
                }
                (Column::Number(number), Container::Separated { .. })
                    if !(1..=COLUMNS_MAX).contains(number) =>
                {
                    "columns are counted from 1 to 1000"
                }
                (Column::Span(first, last), Container::Fixed)
                    if *first == 0 || last < first || *last > COLUMNS_MAX * COLUMNS_MAX =>
                {
                    "signs are counted from 1, and the first comes first: write it like \"12-26\""
                }
                (Column::Span(..), Container::Separated { .. }) => {
                    "the columns are separated: write the column's number or its name"
                }
                (Column::Number(_) | Column::Named(_), Container::Fixed) => {
                    "the columns have fixed places: write the first and the last sign like \"12-26\""
                }
                _ => continue,
            };
            faults.push(LayoutFault::new(Some(section), key, message));
        }
    }

    fn container_faults(&self, faults: &mut Vec<LayoutFault>) {
        let Container::Separated {
            separator, quote, ..
        } = &self.container
        else {
            return;
        };
        let mut fault = |key, message: &str| faults.push(LayoutFault::new(None, key, message));
        let is_sign = |sign: &char| !sign.is_alphanumeric() && !matches!(sign, '\n' | '\r');
        if !is_sign(separator) {
            fault("separator", "a letter or a digit separates no columns");
        }
        if quote
            .as_ref()
            .is_some_and(|quote| quote == separator || !is_sign(quote))
        {
            fault("quote", "this sign cannot stand around a text");
        }
        let unquoted = |sign: char| quote.is_none() && sign == *separator;
        if let AmountForm::Decimal { mark, thousands } = self.amount {
            if mark.signs().chars().any(unquoted) {
                fault(
                    "decimal_mark",
                    "the decimal mark is the separator too, and nothing is quoted",
                );
            }
            if thousands.is_some_and(unquoted) {
                fault(
                    "thousands_separator",
                    "it separates columns too, and nothing is quoted",
                );
            }
        }
        if self
            .lines_in_column
            .is_some_and(|lines| unquoted(lines.separator))
        {
            fault(
                "line_separator",
                "it separates columns too, and nothing is quoted",
            );
        }
    }

    fn record_faults(&self, faults: &mut Vec<LayoutFault>) {
        let mut fault = |key, message: &str| faults.push(LayoutFault::new(None, key, message));
        if let AmountForm::Decimal {
            mark,
            thousands: Some(thousands),
        } = self.amount
        {
            let taken = mark.signs().contains(thousands) || matches!(thousands, '-' | '+');
            if taken || thousands.is_alphanumeric() {
                fault(
                    "thousands_separator",
                    "this sign cannot stand between thousands",
                );
            }
        }
        if let Some(types) = &self.records.types {
            if types.detail.is_empty() {
                fault(
                    "detail",
                    "is missing: what stands in the column `record_type` of a payment",
                );
            }
            if *self.records.foot_lines.end() > 0 {
                fault(
                    "foot_lines",
                    "the column `record_type` tells the footer: one of the two",
                );
            }
            let lists = [
                ("detail", &types.detail),
                ("header", &types.header),
                ("footer", &types.footer),
            ];
            for (key, message) in twice(&lists) {
                fault(key, &message);
            }
        }
        if let Direction::Column { credit, debit, .. } = &self.direction {
            if credit.is_empty() {
                fault(
                    "credit",
                    "is missing: what stands in the column `direction` where money comes in",
                );
            }
            for (key, message) in twice(&[("credit", credit), ("debit", debit)]) {
                fault(key, &message);
            }
        }
    }

    fn totals_faults(&self, faults: &mut Vec<LayoutFault>) {
        let Some(totals) = &self.totals else {
            return;
        };
        let mut fault = |key, message: String| {
            faults.push(LayoutFault::new(Some("totals"), key, &message));
        };
        if totals.count.is_none() && totals.sum.is_none() {
            fault("sum", "neither `count` nor `sum` is written".to_owned());
        }
        let types = self.records.types.as_ref();
        let lines = |list: &Vec<String>| !list.is_empty();
        let message = match totals.at {
            TotalsAt::Header if !types.is_some_and(|types| lines(&types.header)) => {
                "no `header` says which record it is".to_owned()
            }
            TotalsAt::Footer if !types.is_some_and(|types| lines(&types.footer)) => {
                "no `footer` says which record it is".to_owned()
            }
            TotalsAt::HeadLine(place) if !(1..=self.records.head_lines).contains(&place) => {
                format!("the head has {} lines", self.records.head_lines)
            }
            TotalsAt::FootLine(place)
                if !(1..=*self.records.foot_lines.start()).contains(&place) =>
            {
                format!("the foot has {} lines", self.records.foot_lines.start())
            }
            _ => return,
        };
        fault("at", message);
    }

    /// Only a sum that the bank names too makes money of lines that no balance proves.
    fn role_faults(&self, faults: &mut Vec<LayoutFault>) {
        if self.role == Role::Details {
            return;
        }
        if self
            .totals
            .as_ref()
            .is_none_or(|totals| totals.sum.is_none())
        {
            faults.push(LayoutFault::new(
                None,
                "role",
                "a report without a control sum cannot be a source of entries: write [profile.totals] with `sum`, or role = \"details\"",
            ));
        }
        if self.columns.booking_date.is_none() {
            faults.push(LayoutFault::new(
                Some("columns"),
                "booking_date",
                "is missing: a source of entries has to say when each was booked",
            ));
        }
    }
}

/// The values that two kinds of lines claim.
fn twice(lists: &[(&'static str, &Vec<String>)]) -> Vec<(&'static str, String)> {
    let mut seen: Vec<&String> = Vec::new();
    let mut found = Vec::new();
    for (key, list) in lists {
        for value in *list {
            if seen.contains(&value) {
                found.push((*key, format!("`{value}` stands twice")));
            }
            seen.push(value);
        }
    }
    found
}
