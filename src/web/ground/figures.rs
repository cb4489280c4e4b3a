//! Amounts and days as tables show them.

use crate::money::{Currency, format_plain};
use crate::text::Language;
use chrono::{DateTime, Datelike as _, NaiveDate};
use chrono_tz::Tz;

/// An amount with its currency; what is no currency that we know is shown as it is.
pub fn amount(language: Language, minor: i64, currency: &str) -> String {
    match Currency::parse(currency) {
        Some(currency) => language.amount(minor, currency),
        None => format!("{minor} {currency}"),
    }
}

/// An amount as a spreadsheet reads it in Poland: digits and a decimal comma.
pub fn plain(minor: i64, currency: &str) -> String {
    match Currency::parse(currency) {
        Some(currency) => format_plain(minor, currency).replace('.', ","),
        None => minor.to_string(),
    }
}

/// `12.10.2026`, `12 Oct 2026`.
pub fn short(language: Language, day: NaiveDate) -> String {
    match language {
        Language::Pl => day.format("%d.%m.%Y").to_string(),
        Language::En => {
            const MONTHS: [&str; 12] = [
                "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
            ];
            let month = MONTHS.get(day.month0() as usize).copied();
            format!("{} {} {}", day.day(), month.unwrap_or_default(), day.year())
        }
    }
}

/// A day with its time of day in the institution's zone.
pub fn instant(language: Language, millis: i64, zone: Tz) -> String {
    let instant = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    let local = instant.with_timezone(&zone);
    let day = short(language, local.date_naive());
    format!("{day}, {}", local.format("%H:%M"))
}

/// An account number in groups of four behind the first two digits, so that a line breaks between
/// them alone; another text as it is.
pub fn account(number: &str) -> String {
    let compact: String = number
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let bare = compact.strip_prefix("PL").unwrap_or(&compact);
    if bare.len() != 26 || !bare.bytes().all(|byte| byte.is_ascii_digit()) {
        return number.to_owned();
    }
    let mut text = String::new();
    for (place, digit) in bare.chars().enumerate() {
        if place >= 2 && (place - 2) % 4 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
