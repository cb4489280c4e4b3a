//! What is kept of a statement so that others can be compared with it.
//!
//! In: a statement as read, line by line. Out: its [`Place`], or why it has none. Never a judgement,
//! and no line is kept.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;

use super::content::Content;
use crate::statement::entry::{Entry, EntryStatus, Outline, Statement};

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

/// What the lines of a statement come to by day, gathered as they are read.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// By booking date, else by value date.
    days: BTreeMap<(Option<NaiveDate>, Option<NaiveDate>), Gathering>,
}

/// The lines of one day.
#[derive(Debug, Clone, Copy)]
struct Gathering {
    first_line: u32,
    sum_minor: i128,
    content: Content,
    /// What changes if the reversals among them have the opposite direction.
    reversed_minor: i128,
    as_written: Content,
    turned: Content,
}

impl Gathered {
    /// One more line; only booked ones count.
    pub fn take(&mut self, entry: &Entry<'_>) {
        if entry.status != EntryStatus::Booked {
            return;
        }
        let value = entry.value_date.filter(|_| entry.booking_date.is_none());
        let day = self.days.entry((entry.booking_date, value));
        let day = day.or_insert(Gathering {
            first_line: entry.line,
            sum_minor: 0,
            content: Content::default(),
            reversed_minor: 0,
            as_written: Content::default(),
            turned: Content::default(),
        });
        let content = Content::undated(entry.amount_minor, entry.reversal);
        day.sum_minor += i128::from(entry.amount_minor);
        day.content = day.content.join(content);
        if entry.reversal {
            let turned = Content::undated(-entry.amount_minor, true);
            day.reversed_minor += i128::from(entry.amount_minor);
            day.as_written = day.as_written.join(content);
            day.turned = day.turned.join(turned);
        }
    }

    /// The day of a one-day statement: lines without a booking date were booked on it.
    ///
    /// Every booking date is the closing date, and the opening balance either bears the same date,
    /// or (many banks date it the day before) no line without booking date has an earlier value
    /// date.
    pub fn one_day(&self, outline: &Outline) -> Option<NaiveDate> {
        let closing = outline.closing_date?;
        let opens_earlier = outline
            .opening_date
            .is_some_and(|opening| opening < closing);
        let on_closing = |&(booked, value): &(Option<NaiveDate>, Option<NaiveDate>)| match booked {
            Some(booked) => booked == closing,
            None => !opens_earlier || value.is_some_and(|value| value >= closing),
        };
        self.days.keys().all(on_closing).then_some(closing)
    }

    /// The lines by the day that they count on.
    fn by_day(
        &self,
        outline: &Outline,
        last_day: NaiveDate,
    ) -> Result<(BTreeMap<NaiveDate, Gathering>, bool), Unplaceable> {
        let single = self.one_day(outline);
        let mut by_value_date = false;
        let mut by_day: BTreeMap<NaiveDate, Gathering> = BTreeMap::new();
        let mut unplaceable: Option<(u32, Unplaceable)> = None;
        for (&(booked, value), gathering) in &self.days {
            let line = gathering.first_line;
            let wrong = match booked.or(single) {
                Some(day) if last_day < day => Unplaceable::AfterClosing {
                    line,
                    day,
                    closing: last_day,
                },
                None if value.is_none() => Unplaceable::Undated { line },
                day => {
                    by_value_date |= day.is_none();
                    if let Some(day) = day.or(value) {
                        let on = |content: Content| content.on(day);
                        let mut gathering = *gathering;
                        gathering.content = on(gathering.content);
                        gathering.as_written = on(gathering.as_written);
                        gathering.turned = on(gathering.turned);
                        let all = by_day.entry(day).and_modify(|all| all.join(&gathering));
                        all.or_insert(gathering);
                    }
                    continue;
                }
            };
            if unplaceable.as_ref().is_none_or(|(first, _)| line < *first) {
                unplaceable = Some((line, wrong));
            }
        }
        match unplaceable {
            Some((_, wrong)) => Err(wrong),
            None => Ok((by_day, by_value_date)),
        }
    }
}

impl Gathering {
    fn join(&mut self, other: &Gathering) {
        self.first_line = self.first_line.min(other.first_line);
        self.sum_minor += other.sum_minor;
        self.content = self.content.join(other.content);
        self.reversed_minor += other.reversed_minor;
        self.as_written = self.as_written.join(other.as_written);
        self.turned = self.turned.join(other.turned);
    }

    /// Sum and content, with the reversals in the direction that holds.
    fn settled(&self, turned: bool) -> (i128, Content) {
        if !turned {
            return (self.sum_minor, self.content);
        }
        let digest = self.content.digest;
        let digest = digest.wrapping_sub(self.as_written.digest);
        let content = Content {
            digest: digest.wrapping_add(self.turned.digest),
            ..self.content
        };
        (self.sum_minor - 2 * self.reversed_minor, content)
    }
}

impl Place {
    /// The place of a statement that is kept whole.
    pub fn of(id: i64, statement: &Statement) -> Result<Place, Unplaceable> {
        let mut gathered = Gathered::default();
        for entry in &statement.entries {
            gathered.take(entry);
        }
        // Its lines were turned when it was put together.
        let outline = Outline {
            reversals_turned: false,
            ..statement.outline.clone()
        };
        Place::gathered(id, &outline, &gathered)
    }

    /// The place of a statement whose lines were gathered as they stand in the file.
    ///
    /// A statement that does not add up has a place too, because a person may accept it: its last
    /// day then ends at the closing balance nevertheless.
    pub fn gathered(id: i64, outline: &Outline, lines: &Gathered) -> Result<Place, Unplaceable> {
        let opening_minor = outline
            .opening_minor
            .ok_or(Unplaceable::Missing("opening balance"))?;
        let closing_minor = outline
            .closing_minor
            .ok_or(Unplaceable::Missing("closing balance"))?;
        let last_day = outline
            .closing_date
            .ok_or(Unplaceable::Missing("closing date"))?;
        let (by_day, by_value_date) = lines.by_day(outline, last_day)?;

        let mut days = Vec::with_capacity(by_day.len());
        let mut start_minor = opening_minor;
        for (day, gathering) in by_day {
            let (sum, content) = gathering.settled(outline.reversals_turned);
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
            number: outline.sequence.as_deref().and_then(Number::parse),
            first_day: days
                .first()
                .map_or(last_day, |slice| slice.day.min(last_day)),
            last_day,
            opening_date: outline.opening_date,
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
        week.outline.opening_date = Some(day("2026-10-12"));
        week.entries = vec![
            line("2026-10-14", -200),
            line("2026-10-12", 500),
            line("2026-10-14", 300),
        ];
        week.outline.closing_minor = Some(1600);
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
        single.outline.opening_date = Some(day("2026-10-09"));
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
            refusal(|s| s.outline.opening_minor = None),
            "the opening balance is missing"
        );
        assert_eq!(
            refusal(|s| s.outline.closing_minor = None),
            "the closing balance is missing"
        );
        assert_eq!(
            refusal(|s| s.outline.closing_date = None),
            "the closing date is missing"
        );
        assert_eq!(
            refusal(|s| s.outline.closing_date = Some(day("2026-10-11"))),
            "line 1 is booked on 2026-10-12, after the closing balance of 2026-10-11"
        );
        assert_eq!(
            refusal(|s| {
                s.outline.opening_date = Some(day("2026-10-05"));
                s.entries[0].booking_date = None;
                s.entries[0].value_date = None;
            }),
            "line 1 has no date, and the statement is of several days"
        );
        assert_eq!(
            refusal(|s| {
                s.outline.opening_minor = Some(i64::MAX);
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
