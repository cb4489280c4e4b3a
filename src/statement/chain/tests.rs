//! Scenarios in the words of the domain, and small accounts cut into statements at random.

use chrono::{NaiveDate, Weekday};

use super::*;
use crate::statement::entry::{Entry, Format, Outline, Statement, StatementKind};

mod next_day;
mod scenarios;
mod worlds;

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A booked line of a day.
pub(super) fn line(booked: &str, amount_minor: i64) -> Entry<'static> {
    Entry {
        booking_date: Some(day(booked)),
        value_date: Some(day(booked)),
        ..Entry::new(1, amount_minor)
    }
}

/// A statement that adds up; all lines are booked on the closing date. `-` is no number.
pub(super) fn statement(
    number: &str,
    closing: &str,
    opening_minor: i64,
    amounts: &[i64],
) -> Statement {
    let entries: Vec<Entry<'static>> = amounts
        .iter()
        .map(|&amount| line(closing, amount))
        .collect();
    let mut outline = Outline {
        account: "PL00".to_owned(),
        sequence: (number != "-").then(|| number.to_owned()),
        currency: "PLN".to_owned(),
        opening_minor: Some(opening_minor),
        opening_date: Some(day(closing)),
        closing_minor: Some(opening_minor + amounts.iter().sum::<i64>()),
        closing_date: Some(day(closing)),
        ..Outline::new(1, Format::Mt940, StatementKind::Final)
    };
    for entry in &entries {
        outline.count(entry);
    }
    Statement { outline, entries }
}

/// A statement of several days: opening date, opening balance, the days' lines, closing date.
pub(super) fn period(
    number: &str,
    opening: &str,
    opening_minor: i64,
    days: &[(&str, &[i64])],
    closing: &str,
) -> Statement {
    let mut statement = statement(number, closing, opening_minor, &[]);
    statement.outline.opening_date = Some(day(opening));
    let lines = days
        .iter()
        .flat_map(|(day, amounts)| amounts.iter().map(|&amount| line(day, amount)));
    statement.entries = lines.collect();
    let sum: i64 = statement
        .entries
        .iter()
        .map(|entry| entry.amount_minor)
        .sum();
    statement.outline.closing_minor = Some(opening_minor + sum);
    statement
}

pub(super) fn weekday(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// A bank that sends a statement for every weekday.
pub(super) const DAILY: Rhythm = Rhythm {
    bank_day: &weekday,
    silent_days: false,
};

/// The account as the shell keeps it: what stands, what waits, and the lines that were published.
pub(super) struct Books<'a> {
    pub(super) rhythm: Rhythm<'a>,
    pub(super) places: Vec<Place>,
    pub(super) standing: Vec<i64>,
    pub(super) waits: Vec<(i64, i64, WaitReason)>,
    /// Published slices of days, by the id of the statement that brought them.
    pub(super) published: Vec<(i64, DaySlice)>,
}

impl<'a> Books<'a> {
    pub(super) fn new(rhythm: Rhythm<'a>) -> Books<'a> {
        Books {
            rhythm,
            places: Vec::new(),
            standing: Vec::new(),
            waits: Vec::new(),
            published: Vec::new(),
        }
    }

    /// Imports statements at once; the ids go on from those already there.
    pub(super) fn import(&mut self, statements: &[Statement]) {
        for statement in statements {
            let id = i64::try_from(self.places.len()).unwrap() + 1;
            self.places.push(Place::of(id, statement).unwrap());
        }
        let (standing, candidates): (Vec<Place>, Vec<Place>) = self
            .places
            .iter()
            .cloned()
            .partition(|place| self.standing.contains(&place.id));
        self.waits.clear();
        for (id, verdict) in judge(&standing, &candidates, &self.rhythm) {
            match verdict {
                Verdict::Same { .. } | Verdict::Known { .. } => self.standing.push(id),
                Verdict::New { known_days, .. } => {
                    self.standing.push(id);
                    let place = self.places.iter().find(|place| place.id == id).unwrap();
                    let new = place
                        .days
                        .iter()
                        .filter(|slice| !known_days.contains(&slice.day));
                    self.published.extend(new.map(|slice| (id, *slice)));
                }
                Verdict::Waits { other, reason } => self.waits.push((id, other, reason)),
            }
        }
    }

    /// What was published, as a multiset of lines.
    pub(super) fn lines(&self) -> Content {
        self.published
            .iter()
            .fold(Content::default(), |sum, (_, slice)| {
                sum.join(slice.content)
            })
    }

    pub(super) fn coverage(&self) -> Coverage {
        self.coverage_from(None, &[])
    }

    pub(super) fn coverage_from(
        &self,
        anchor: Option<&Anchor>,
        accepted: &[AcceptedGap],
    ) -> Coverage {
        let standing: Vec<Place> = self
            .places
            .iter()
            .filter(|place| self.standing.contains(&place.id))
            .cloned()
            .collect();
        coverage(&standing, anchor, accepted, &self.rhythm)
    }
}

/// Imports one statement at a time.
pub(super) fn one_by_one(statements: &[&Statement]) -> Books<'static> {
    let mut books = Books::new(DAILY);
    for statement in statements {
        books.import(std::slice::from_ref(*statement));
    }
    books
}
