//! The forms of a language: days, counted nouns, account numbers, amounts, and values inside addresses.
//!
//! In: values. Out: words for people, in Polish or English, the same in a letter, a mail and a page.
//! Whole sentences stand where they are used.

pub mod hex;

use crate::iban::Nrb;
use crate::money::{Currency, format_en, format_pl};
use chrono::{Datelike, NaiveDate};

/// A language that people are written to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Polish.
    Pl,
    /// English.
    En,
}

const MONTHS_PL: [&str; 12] = [
    "stycznia",
    "lutego",
    "marca",
    "kwietnia",
    "maja",
    "czerwca",
    "lipca",
    "sierpnia",
    "września",
    "października",
    "listopada",
    "grudnia",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// As they stand behind "do", and behind "w".
const WEEKDAYS_PL: [(&str, &str); 7] = [
    ("poniedziałku", "w poniedziałek"),
    ("wtorku", "we wtorek"),
    ("środy", "w środę"),
    ("czwartku", "w czwartek"),
    ("piątku", "w piątek"),
    ("soboty", "w sobotę"),
    ("niedzieli", "w niedzielę"),
];
const WEEKDAYS_EN: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
/// Keeps a number and what it counts on one line.
const NBSP: char = '\u{A0}';

impl Language {
    /// By its code; what is neither is Polish, the language of the institution.
    pub fn of(code: &str) -> Language {
        if code.eq_ignore_ascii_case("en") {
            Language::En
        } else {
            Language::Pl
        }
    }

    /// Its code (ISO 639-1).
    pub fn code(self) -> &'static str {
        match self {
            Language::Pl => "pl",
            Language::En => "en",
        }
    }

    /// `12 października 2026`, `12 October 2026`.
    pub fn day(self, day: NaiveDate) -> String {
        let months = match self {
            Language::Pl => MONTHS_PL,
            Language::En => MONTHS_EN,
        };
        let month = months.get(day.month0() as usize).copied();
        let (number, year) = (day.day(), day.year());
        format!("{number}{NBSP}{} {year}", month.unwrap_or_default())
    }

    /// `do poniedziałku 12 października 2026`, `by Monday 12 October 2026`.
    pub fn by_day(self, day: NaiveDate) -> String {
        let place = day.weekday().num_days_from_monday() as usize;
        let date = self.day(day);
        match self {
            Language::Pl => {
                let word = WEEKDAYS_PL.get(place).map_or("", |words| words.0);
                format!("do {word} {date}")
            }
            Language::En => {
                let word = WEEKDAYS_EN.get(place).copied().unwrap_or_default();
                format!("by {word} {date}")
            }
        }
    }

    /// `w piątek 9 października 2026`, `on Friday 9 October 2026`.
    pub fn on_day(self, day: NaiveDate) -> String {
        let place = day.weekday().num_days_from_monday() as usize;
        let date = self.day(day);
        match self {
            Language::Pl => {
                let word = WEEKDAYS_PL.get(place).map_or("", |words| words.1);
                format!("{word} {date}")
            }
            Language::En => {
                let word = WEEKDAYS_EN.get(place).copied().unwrap_or_default();
                format!("on {word} {date}")
            }
        }
    }

    /// `1 950,00 zł`, `PLN 1,950.00`.
    pub fn amount(self, minor: i64, currency: Currency) -> String {
        match self {
            Language::Pl => format_pl(minor, currency),
            Language::En => format_en(minor, currency),
        }
    }

    /// A number with what it counts, in the right one of `forms`.
    pub fn count(self, number: u64, forms: &Forms) -> String {
        let form = match self {
            Language::En if number == 1 => forms.one,
            Language::En => forms.many,
            Language::Pl => polish(number, forms),
        };
        format!("{number}{NBSP}{form}")
    }

    fn counted(self, number: u64, [polish, english]: &[Forms; 2]) -> String {
        match self {
            Language::Pl => self.count(number, polish),
            Language::En => self.count(number, english),
        }
    }

    /// `2 dni`, `2 days`.
    pub fn days(self, number: u64) -> String {
        self.counted(number, &DAYS)
    }

    /// `2 dni robocze`, `2 business days`.
    pub fn business_days(self, number: u64) -> String {
        self.counted(number, &BUSINESS_DAYS)
    }

    /// `2 przelewów`, `2 transfers`, as they stand behind "of".
    pub fn transfers(self, number: u64) -> String {
        self.counted(number, &TRANSFERS)
    }
}

const DAYS: [Forms; 2] = [
    Forms {
        one: "dzień",
        few: "dni",
        many: "dni",
    },
    Forms {
        one: "day",
        few: "days",
        many: "days",
    },
];
const BUSINESS_DAYS: [Forms; 2] = [
    Forms {
        one: "dzień roboczy",
        few: "dni robocze",
        many: "dni roboczych",
    },
    Forms {
        one: "business day",
        few: "business days",
        many: "business days",
    },
];
const TRANSFERS: [Forms; 2] = [
    Forms {
        one: "przelewu",
        few: "przelewów",
        many: "przelewów",
    },
    Forms {
        one: "transfer",
        few: "transfers",
        many: "transfers",
    },
];

/// A value inside an address (RFC 3986, 2.3): all but the unreserved is written in hexadecimal.
pub fn in_address(text: &str) -> String {
    use std::fmt::Write as _;
    let mut address = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

/// A noun as it stands behind numbers: `1 opłata`, `2 opłaty`, `5 opłat`; English has two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forms {
    /// Behind one.
    pub one: &'static str,
    /// Behind two, three, four, twenty-two … in Polish.
    pub few: &'static str,
    /// Behind all others.
    pub many: &'static str,
}

/// Unicode's plural rules for Polish, whole numbers.
fn polish(number: u64, forms: &Forms) -> &'static str {
    match (number, number % 10, number % 100) {
        (1, ..) => forms.one,
        (_, 2..=4, hundred) if !(12..=14).contains(&hundred) => forms.few,
        _ => forms.many,
    }
}

/// `64 9990 0009 7777 0000 0010 2345`: as it is read aloud and typed, on one line.
pub fn account(nrb: &Nrb) -> String {
    let mut text = String::new();
    for (place, digit) in nrb.as_str().chars().enumerate() {
        if place >= 2 && (place - 2) % 4 == 0 {
            text.push(NBSP);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEES: Forms = Forms {
        one: "opłata",
        few: "opłaty",
        many: "opłat",
    };

    #[test]
    fn polish_counts_in_three_forms() {
        let expected = [
            (0, "opłat"),
            (1, "opłata"),
            (2, "opłaty"),
            (4, "opłaty"),
            (5, "opłat"),
            (12, "opłat"),
            (14, "opłat"),
            (21, "opłat"),
            (22, "opłaty"),
            (112, "opłat"),
            (124, "opłaty"),
        ];
        for (number, form) in expected {
            assert_eq!(
                Language::Pl.count(number, &FEES),
                format!("{number}\u{A0}{form}")
            );
        }
        let fees = Forms {
            one: "fee",
            few: "fees",
            many: "fees",
        };
        assert_eq!(Language::En.count(1, &fees), "1\u{A0}fee");
        assert_eq!(Language::En.count(22, &fees), "22\u{A0}fees");
    }

    #[test]
    fn days_and_amounts_have_the_form_of_their_language() {
        let day = NaiveDate::from_ymd_opt(2026, 10, 2).unwrap();
        assert_eq!(Language::Pl.day(day), "2\u{A0}października 2026");
        assert_eq!(Language::En.day(day), "2\u{A0}October 2026");
        assert_eq!(
            Language::Pl.by_day(day),
            "do piątku 2\u{A0}października 2026"
        );
        assert_eq!(Language::En.by_day(day), "by Friday 2\u{A0}October 2026");
        assert_eq!(
            Language::Pl.on_day(day),
            "w piątek 2\u{A0}października 2026"
        );
        assert_eq!(Language::En.on_day(day), "on Friday 2\u{A0}October 2026");
        assert_eq!(
            Language::Pl.amount(195_000, Currency::PLN),
            "1\u{A0}950,00\u{A0}zł"
        );
        assert_eq!(
            Language::En.amount(195_000, Currency::PLN),
            "PLN\u{A0}1,950.00"
        );
        assert_eq!(
            (Language::of("EN"), Language::of("de").code()),
            (Language::En, "pl")
        );
    }

    #[test]
    fn an_account_number_stands_in_groups() {
        let nrb = Nrb::from_bban("999000097777000000102345").unwrap();
        let shown = account(&nrb).replace('\u{A0}', " ");
        assert_eq!(shown, "64 9990 0009 7777 0000 0010 2345");
    }

    #[test]
    fn a_value_in_an_address_cannot_end_it() {
        assert_eq!(in_address("a b&c=ł/?#"), "a%20b%26c%3D%C5%82%2F%3F%23");
    }
}
