//! Dates as reports write them: a small closed set of forms.
//!
//! In: a text and the form that the layout names. Out: a day, a day that does not exist, or
//! nothing. No form is ever guessed: `01022026` is a day in two of them.

use crate::statement::read::scalar::Day;

/// How a report writes a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateForm(&'static str);

const FORMS: [&str; 11] = [
    "YYYYMMDD",
    "DDMMYYYY",
    "YYMMDD",
    "DDMMYY",
    "YYYY-MM-DD",
    "YYYY.MM.DD",
    "YYYY/MM/DD",
    "DD-MM-YYYY",
    "DD.MM.YYYY",
    "DD/MM/YYYY",
    "DD.MM.YY",
];

impl DateForm {
    /// `20261012`
    pub const YYYYMMDD: DateForm = DateForm("YYYYMMDD");
    /// `12102026`
    pub const DDMMYYYY: DateForm = DateForm("DDMMYYYY");

    /// All forms by their names.
    pub fn names() -> &'static [&'static str] {
        &FORMS
    }

    /// The form of a name.
    pub fn by_name(name: &str) -> Option<DateForm> {
        FORMS
            .iter()
            .find(|form| **form == name)
            .map(|form| DateForm(form))
    }

    /// The name, which shows the form.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Reads a date. Two digits of a year are those of 1980 to 2079, as everywhere in statements.
    pub(super) fn read(self, text: &str) -> Day {
        let (mut year, mut month, mut day) = (0_i32, 0_u32, 0_u32);
        if text.len() != self.0.len() {
            return Day::Unreadable;
        }
        for (place, byte) in self.0.bytes().zip(text.bytes()) {
            let digit = byte.wrapping_sub(b'0');
            match place {
                b'Y' | b'M' | b'D' if digit > 9 => return Day::Unreadable,
                b'Y' => year = year * 10 + i32::from(digit),
                b'M' => month = month * 10 + u32::from(digit),
                b'D' => day = day * 10 + u32::from(digit),
                _ if place != byte => return Day::Unreadable,
                _ => {}
            }
        }
        if !self.0.contains("YYYY") {
            year += if year < 80 { 2000 } else { 1900 };
        }
        Day::new(year, month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    #[test]
    fn every_form_reads_the_same_day() {
        let day = NaiveDate::from_ymd_opt(2026, 2, 1).unwrap();
        let written = [
            "20260201",
            "01022026",
            "260201",
            "010226",
            "2026-02-01",
            "2026.02.01",
            "2026/02/01",
            "01-02-2026",
            "01.02.2026",
            "01/02/2026",
            "01.02.26",
        ];
        for (name, text) in DateForm::names().iter().zip(written) {
            let form = DateForm::by_name(name).unwrap();
            assert_eq!(form.as_str(), *name);
            assert_eq!(form.read(text), Day::Exists(day), "{name}");
        }
        assert_eq!(DateForm::by_name("MMDDYYYY"), None);
    }

    #[test]
    fn what_is_no_date_in_this_form_is_none() {
        let form = DateForm::YYYYMMDD;
        for text in [
            "",
            "2026-02-01",
            "2026021",
            "202602011",
            "2026O201",
            "20261301",
            "ą60201",
        ] {
            assert_eq!(form.read(text), Day::Unreadable, "{text}");
        }
        let last = NaiveDate::from_ymd_opt(2026, 2, 28).unwrap();
        assert_eq!(form.read("20260230"), Day::Impossible(last));
        let dotted = DateForm::by_name("DD.MM.YYYY").unwrap();
        assert_eq!(dotted.read("01-02-2026"), Day::Unreadable);
    }
}
