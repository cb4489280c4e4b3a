//! What is kept of a statement so that others can be compared with it.
//!
//! In: a statement as read. Out: its [`Place`], or why it has none. Never a judgement.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{Datelike, NaiveDate};
use sha2::{Digest, Sha256};

use crate::statement::entry::{Entry, EntryStatus, Statement};

/// A multiset of lines, each being (day, signed amount, reversal).
///
/// The digest is the wrapping sum of one hash per line, so it does not depend on their order, and
/// the content of joined statements is the sum of their contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Content {
    /// How many lines.
    pub count: u32,
    /// The sum of their hashes.
    pub digest: u128,
}

impl Content {
    /// A single line.
    pub fn of_line(day: NaiveDate, amount_minor: i64, reversal: bool) -> Content {
        let mut hash = Sha256::new();
        hash.update(day.num_days_from_ce().to_be_bytes());
        hash.update(amount_minor.to_be_bytes());
        hash.update([u8::from(reversal)]);
        let digest = hash
            .finalize()
            .iter()
            .take(16)
            .fold(0, |sum, &byte| (sum << 8) | u128::from(byte));
        Content { count: 1, digest }
    }

    /// The lines of both.
    #[must_use]
    pub fn join(self, other: Content) -> Content {
        Content {
            count: self.count.saturating_add(other.count),
            digest: self.digest.wrapping_add(other.digest),
        }
    }

    /// No lines at all?
    pub fn is_empty(self) -> bool {
        self.count == 0
    }

    /// The digest as 32 hexadecimal digits, as it is stored.
    pub fn digest_hex(self) -> String {
        format!("{:032x}", self.digest)
    }

    /// The reverse of [`Content::digest_hex`].
    pub fn from_stored(count: u32, digest_hex: &str) -> Option<Content> {
        let digest = u128::from_str_radix(digest_hex, 16).ok()?;
        (digest_hex.len() == 32).then_some(Content { count, digest })
    }
}

/// One day of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySlice {
    /// The day.
    pub day: NaiveDate,
    /// Balance before the day's first line.
    pub start_minor: i64,
    /// Balance after the day's last line.
    pub end_minor: i64,
    /// The day's lines.
    pub content: Content,
}

/// A statement's number in the bank's series: `197`, `00035/001`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    /// The number itself, from 1.
    pub value: i64,
    /// What stands after the stroke: a page, or a statement within the number.
    pub page: Option<i64>,
}

impl Number {
    /// Reads SWIFT field 28C or a camt sequence number: digits, or digits, a stroke and digits.
    ///
    /// Zero is what banks send that do not number, and anything else is a name, not a number:
    /// neither makes a series.
    pub fn parse(sequence: &str) -> Option<Number> {
        let (value, page) = match sequence.trim().split_once('/') {
            Some((value, page)) => (value, Some(digits(page)?)),
            None => (sequence.trim(), None),
        };
        let value = digits(value).filter(|&value| value > 0)?;
        Some(Number { value, page })
    }

    /// Could both be the number of one statement?
    pub fn equals(self, other: Number) -> bool {
        self.value == other.value
            && (self.page == other.page || self.page.is_none() || other.page.is_none())
    }

    /// Is `next` the very next one?
    pub fn precedes(self, next: Number) -> bool {
        let next_page = self.value == next.value
            && self
                .page
                .zip(next.page)
                .is_some_and(|(page, next)| next.checked_sub(page) == Some(1));
        next_page || next.value.checked_sub(self.value) == Some(1)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.page {
            Some(page) => write!(f, "{}/{page}", self.value),
            None => write!(f, "{}", self.value),
        }
    }
}

fn digits(text: &str) -> Option<i64> {
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| text.parse().ok()).flatten()
}

/// Where a statement stands: period, number, balances, and what each day holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The caller's id; a label only, it decides nothing.
    pub id: i64,
    /// The number, if the bank gives a usable one.
    pub number: Option<Number>,
    /// The first entry's day; the closing date where there is no entry.
    pub first_day: NaiveDate,
    /// The closing date.
    pub last_day: NaiveDate,
    /// The date beside the opening balance; may be the day before the first.
    pub opening_date: Option<NaiveDate>,
    /// Opening balance.
    pub opening_minor: i64,
    /// Closing balance.
    pub closing_minor: i64,
    /// Do days rest on value dates? Then the statement is compared as a whole only.
    pub by_value_date: bool,
    /// The days with entries, in order.
    pub days: Vec<DaySlice>,
}

/// Why a statement has no place. A person must act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unplaceable {
    /// Without both balances and the closing date nothing can be compared.
    #[error("the {0} is missing")]
    Missing(&'static str),
    /// A booked line that lies after the balance which should contain it.
    #[error("line {line} is booked on {day}, after the closing balance of {closing}")]
    AfterClosing {
        /// Line of the file.
        line: u32,
        /// Its booking date.
        day: NaiveDate,
        /// The closing date.
        closing: NaiveDate,
    },
    /// Neither a booking date nor a value date, in a statement of several days.
    #[error("line {line} has no date, and the statement is of several days")]
    Undated {
        /// Line of the file.
        line: u32,
    },
    /// A balance between two days that no amount field can hold.
    #[error("the balance of {day} is too large")]
    TooLarge {
        /// The day.
        day: NaiveDate,
    },
}

/// The day of a one-day statement: lines without a booking date were booked on it.
///
/// Every booking date is the closing date, and the opening balance either bears the same date, or
/// (many banks date it the day before) no line without booking date has an earlier value date.
pub fn one_day(statement: &Statement) -> Option<NaiveDate> {
    let closing = statement.closing_date?;
    let opens_earlier = statement
        .opening_date
        .is_some_and(|opening| opening < closing);
    let on_closing = |entry: &Entry| match entry.booking_date {
        Some(booked) => booked == closing,
        None => !opens_earlier || entry.value_date.is_some_and(|value| value >= closing),
    };
    booked(statement).all(on_closing).then_some(closing)
}

fn booked(statement: &Statement) -> impl Iterator<Item = &Entry> {
    statement
        .entries
        .iter()
        .filter(|entry| entry.status == EntryStatus::Booked)
}

impl Place {
    /// The place of a statement; only booked entries count.
    ///
    /// A statement that does not add up has a place too, because a person may accept it: its last
    /// day then ends at the closing balance nevertheless.
    pub fn of(id: i64, statement: &Statement) -> Result<Place, Unplaceable> {
        let opening_minor = statement
            .opening_minor
            .ok_or(Unplaceable::Missing("opening balance"))?;
        let closing_minor = statement
            .closing_minor
            .ok_or(Unplaceable::Missing("closing balance"))?;
        let last_day = statement
            .closing_date
            .ok_or(Unplaceable::Missing("closing date"))?;
        let single = one_day(statement);

        let mut by_value_date = false;
        let mut sums: BTreeMap<NaiveDate, (i128, Content)> = BTreeMap::new();
        for entry in booked(statement) {
            let day = match entry.booking_date.or(single) {
                Some(day) if last_day < day => {
                    return Err(Unplaceable::AfterClosing {
                        line: entry.line,
                        day,
                        closing: last_day,
                    });
                }
                Some(day) => day,
                None => {
                    by_value_date = true;
                    entry
                        .value_date
                        .ok_or(Unplaceable::Undated { line: entry.line })?
                }
            };
            let (sum, content) = sums.entry(day).or_default();
            *sum += i128::from(entry.amount_minor);
            *content = content.join(Content::of_line(day, entry.amount_minor, entry.reversal));
        }

        let mut days = Vec::with_capacity(sums.len());
        let mut start_minor = opening_minor;
        for (day, (sum, content)) in sums {
            let end_minor = i64::try_from(i128::from(start_minor) + sum)
                .map_err(|_| Unplaceable::TooLarge { day })?;
            days.push(DaySlice {
                day,
                start_minor,
                end_minor,
                content,
            });
            start_minor = end_minor;
        }
        Ok(Place {
            id,
            number: statement.sequence.as_deref().and_then(Number::parse),
            first_day: days
                .first()
                .map_or(last_day, |slice| slice.day.min(last_day)),
            last_day,
            opening_date: statement.opening_date,
            opening_minor,
            closing_minor,
            by_value_date,
            days,
        })
    }

    /// All lines.
    pub fn content(&self) -> Content {
        self.days
            .iter()
            .fold(Content::default(), |sum, slice| sum.join(slice.content))
    }

    /// What the statement says about a day of its period, also about one without entries.
    ///
    /// `None` outside of the period, and always where days rest on value dates.
    pub fn on(&self, day: NaiveDate) -> Option<DaySlice> {
        if self.by_value_date || day < self.first_day || self.last_day < day {
            return None;
        }
        let known = self.days.iter().rev().find(|slice| slice.day <= day);
        let mut slice = match known {
            Some(slice) if slice.day == day => *slice,
            _ => {
                let balance = known.map_or(self.opening_minor, |slice| slice.end_minor);
                DaySlice {
                    day,
                    start_minor: balance,
                    end_minor: balance,
                    content: Content::default(),
                }
            }
        };
        if day == self.last_day {
            slice.end_minor = self.closing_minor;
        }
        Some(slice)
    }

    /// Is the period a single day?
    pub(super) fn is_one_day(&self) -> bool {
        self.first_day == self.last_day
    }

    /// The first day that the opening balance vouches for, as far as the statement tells.
    pub(super) fn opened_on(&self) -> NaiveDate {
        self.opening_date
            .map_or(self.first_day, |opening| opening.min(self.first_day))
    }

    /// Same period, balances and lines, and no numbers that differ.
    pub(super) fn is_same_as(&self, other: &Place) -> bool {
        let numbers = self.number.zip(other.number);
        self.first_day == other.first_day
            && self.last_day == other.last_day
            && self.opening_minor == other.opening_minor
            && self.closing_minor == other.closing_minor
            && self.content() == other.content()
            && numbers.is_none_or(|(mine, theirs)| mine.equals(theirs))
    }

    /// Do the periods have a day in common?
    pub(super) fn overlaps(&self, other: &Place) -> bool {
        self.first_day <= other.last_day && other.first_day <= self.last_day
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::chain::tests::{day, line, statement};

    #[test]
    fn a_number_is_read_with_its_page_and_a_name_is_none() {
        let number = |value, page| Some(Number { value, page });
        for (sequence, expected) in [
            ("197", number(197, None)),
            (" 197/1 ", number(197, Some(1))),
            ("00035/001", number(35, Some(1))),
            ("17001/2", number(17001, Some(2))),
            ("20261012001", number(20_261_012_001, None)),
            ("0", None),
            ("00000/001", None),
            ("", None),
            ("197/", None),
            ("/1", None),
            ("STMT-197", None),
            ("-5", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(Number::parse(sequence), expected, "{sequence}");
        }
    }

    #[test]
    fn days_are_balanced_in_order_of_days_whatever_the_order_of_lines() {
        let mut week = statement("7", "2026-10-16", 1000, &[]);
        week.opening_date = Some(day("2026-10-12"));
        week.entries = vec![
            line("2026-10-14", -200),
            line("2026-10-12", 500),
            line("2026-10-14", 300),
        ];
        week.closing_minor = Some(1600);
        let place = Place::of(1, &week).unwrap();
        assert_eq!(
            (place.first_day, place.last_day),
            (day("2026-10-12"), day("2026-10-16"))
        );
        let ends: Vec<_> = (12..=16)
            .filter_map(|date| place.on(NaiveDate::from_ymd_opt(2026, 10, date)?))
            .map(|slice| (slice.start_minor, slice.end_minor, slice.content.count))
            .collect();
        assert_eq!(
            ends,
            [
                (1000, 1500, 1),
                (1500, 1500, 0),
                (1500, 1600, 2),
                (1600, 1600, 0),
                (1600, 1600, 0)
            ]
        );
        assert_eq!(place.on(day("2026-10-11")), None);
        assert_eq!(place.on(day("2026-10-17")), None);
    }

    #[test]
    fn a_line_without_booking_date_belongs_to_the_day_of_a_one_day_statement() {
        let mut single = statement("7", "2026-10-12", 1000, &[500]);
        single.entries[0].booking_date = None;
        single.entries[0].value_date = Some(day("2026-10-09"));
        let place = Place::of(1, &single).unwrap();
        assert_eq!(
            (place.first_day, place.by_value_date),
            (day("2026-10-12"), false)
        );

        // Opened on an earlier day, the line's value date may be that of its booking.
        single.opening_date = Some(day("2026-10-09"));
        let place = Place::of(1, &single).unwrap();
        assert_eq!(
            (place.first_day, place.by_value_date),
            (day("2026-10-09"), true)
        );
    }

    #[test]
    fn pending_lines_do_not_count_and_an_empty_statement_is_its_closing_day() {
        let mut empty = statement("7", "2026-10-12", 1000, &[]);
        empty.entries = vec![Entry {
            status: EntryStatus::Pending,
            ..line("2026-10-10", 500)
        }];
        let place = Place::of(1, &empty).unwrap();
        assert_eq!((place.first_day, place.days.len()), (day("2026-10-12"), 0));
    }

    #[test]
    fn what_cannot_be_placed_says_why() {
        let whole = statement("7", "2026-10-12", 1000, &[500]);
        let refusal = |change: fn(&mut Statement)| {
            let mut broken = whole.clone();
            change(&mut broken);
            Place::of(1, &broken).unwrap_err().to_string()
        };
        assert_eq!(
            refusal(|s| s.opening_minor = None),
            "the opening balance is missing"
        );
        assert_eq!(
            refusal(|s| s.closing_minor = None),
            "the closing balance is missing"
        );
        assert_eq!(
            refusal(|s| s.closing_date = None),
            "the closing date is missing"
        );
        assert_eq!(
            refusal(|s| s.closing_date = Some(day("2026-10-11"))),
            "line 1 is booked on 2026-10-12, after the closing balance of 2026-10-11"
        );
        assert_eq!(
            refusal(|s| {
                s.opening_date = Some(day("2026-10-05"));
                s.entries[0].booking_date = None;
                s.entries[0].value_date = None;
            }),
            "line 1 has no date, and the statement is of several days"
        );
        assert_eq!(
            refusal(|s| {
                s.opening_minor = Some(i64::MAX);
                s.entries[0].amount_minor = 1;
            }),
            "the balance of 2026-10-12 is too large"
        );
    }

    #[test]
    fn a_stored_digest_reads_back() {
        let content = Content::of_line(day("2026-10-12"), -500, true);
        assert_eq!(
            Content::from_stored(content.count, &content.digest_hex()),
            Some(content)
        );
        assert_eq!(Content::from_stored(1, "12"), None);
        assert_ne!(content, Content::of_line(day("2026-10-12"), -500, false));
        assert_ne!(content, Content::of_line(day("2026-10-13"), -500, true));
        assert_ne!(content, Content::of_line(day("2026-10-12"), 500, true));
    }
}
