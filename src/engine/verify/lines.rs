//! A statement's lines as they stand, beside those that its file says.

use super::Report;
use crate::engine::line::Line;
use crate::engine::{Office, reading, statements};
use crate::identify::text;
use crate::statement::read::{CreditingRule, Profile};
use crate::store::entries::{EntryRow, ReadAsRow, entry_id};
use crate::store::statements::StatementRow;
use std::collections::{BTreeMap, BTreeSet};

/// Words kept of texts, by entry.
pub(super) type Tokens = BTreeMap<i64, BTreeSet<String>>;

/// The profile by which a statement was read when its lines were written. Two settings of the account
/// act on lines and are not kept beside the statement: they are as the lines show them.
pub(super) fn profile_then(office: &Office, row: &StatementRow, read_as: ReadAsRow) -> Profile {
    Profile {
        value_before_booking: if read_as.by_value == 1 {
            CreditingRule::Value
        } else {
            CreditingRule::Booking
        },
        reliable_reference: read_as.reliable == 1,
        ..reading::profile_as_recorded(office, &row.account, &row.profile, &row.encoding)
    }
}

/// Names every line that differs from its file, and in which fields; `first` lines of the statement
/// come before these.
pub(super) fn compare(
    (row, read_as): (&StatementRow, ReadAsRow),
    (first, lines): (usize, &[Line]),
    stored: &[EntryRow],
    tokens: &Tokens,
    report: &mut Report,
) {
    let stored: BTreeMap<i64, &EntryRow> = stored.iter().map(|row| (row.id, row)).collect();
    for (line, place) in lines.iter().zip(first..) {
        let id = entry_id(row.id, place);
        let Some(entry) = stored.get(&id) else {
            let wrong = format!(
                "its line {} of {} is missing",
                place + 1,
                statements::name(row)
            );
            report.add("entry", id.to_string(), wrong);
            continue;
        };
        report.looked.lines += 1;
        let expected = line.row(
            id,
            row.id,
            entry.same_as,
            read_as.reliable == 1,
            &row.account,
            entry.posted_on,
        );
        let differences = differences(entry, &expected);
        if !differences.is_empty() {
            report.add("entry", named(entry, row), differences.join("; "));
        }
        let texts = (
            entry.counterparty_name.as_deref(),
            entry.remittance.as_str(),
        );
        if texts != (line.name.as_deref(), line.remittance.as_str()) {
            report.add(
                "entry_text",
                named(entry, row),
                "the file has another name or title",
            );
        }
        let expected: BTreeSet<String> = if entry.amount_minor > 0 {
            text::tokens(&line.remittance).into_iter().collect()
        } else {
            BTreeSet::new()
        };
        if tokens.get(&id).cloned().unwrap_or_default() != expected {
            report.add(
                "entry_token",
                named(entry, row),
                "other words than those of its title",
            );
        }
    }
}

/// An entry in words.
pub(super) fn named(entry: &EntryRow, statement: &StatementRow) -> String {
    format!(
        "{} ({} line {})",
        entry.id,
        statements::name(statement),
        entry.line
    )
}

fn differences(row: &EntryRow, file: &crate::store::entries::NewEntry<'_>) -> Vec<String> {
    let text = |text: Option<&str>| text.unwrap_or("none").to_owned();
    let day = |day: Option<chrono::NaiveDate>| {
        day.map_or_else(|| "none".to_owned(), |day| day.to_string())
    };
    let pairs = [
        ("line", row.line.to_string(), file.3.to_string()),
        ("day", row.day.to_string(), file.4.to_string()),
        ("booking_date", day(row.booking_date), day(file.5)),
        ("value_date", day(row.value_date), day(file.6)),
        ("order_date", day(row.order_date), day(file.7)),
        (
            "crediting_date",
            row.crediting_date.to_string(),
            file.8.to_string(),
        ),
        (
            "crediting_source",
            row.crediting_source.clone(),
            file.9.to_owned(),
        ),
        (
            "amount_minor",
            row.amount_minor.to_string(),
            file.10.to_string(),
        ),
        ("reversal", row.reversal.to_string(), file.11.to_string()),
        ("charge", row.charge.to_string(), file.12.to_string()),
        (
            "bank_reference",
            text(row.bank_reference.as_deref()),
            text(file.13),
        ),
        ("reliable", row.reliable.to_string(), file.14.to_string()),
        (
            "customer_reference",
            text(row.customer_reference.as_deref()),
            text(file.15),
        ),
        (
            "end_to_end_id",
            text(row.end_to_end_id.as_deref()),
            text(file.16),
        ),
        (
            "transaction_code",
            text(row.transaction_code.as_deref()),
            text(file.17),
        ),
        (
            "virtual_account",
            text(row.virtual_account.as_deref()),
            text(file.18),
        ),
        (
            "counterparty_account",
            text(row.counterparty_account.as_deref()),
            text(file.19),
        ),
        ("public_id", row.public_id.clone(), file.20.clone()),
    ];
    pairs
        .into_iter()
        .filter(|(_, stored, file)| stored != file)
        .map(|(field, stored, file)| format!("{field} is {stored}, its file says {file}"))
        .collect()
}
