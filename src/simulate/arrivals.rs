//! When things arrive at the office: each statement file, and what students say.
//!
//! In: the files in the order in which the bank makes them. Out: `arrivals.jsonl`, a line for each
//! file and each claim, and the way back from its text. Some files are late, so that they come out
//! of order, and one is missing for more than two weeks.

use super::knowledge::Arrived;
use super::ledger::BookedDay;
use super::rng::Rng;
use super::{Currency, days};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// A statement file arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// Its name in `statements/`.
    pub file: String,
    /// On the morning of this day it is there.
    pub arrives_on: NaiveDate,
}

/// A student says that a fee was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// On this day.
    pub on: NaiveDate,
    /// The student system's id.
    pub student: String,
    /// The fee.
    pub fee: String,
    /// The day on which it was paid, says the student.
    pub paid_on: NaiveDate,
    /// What is behind it; nobody at the office knows.
    pub truth: Behind,
}

/// What is behind a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behind {
    /// The money is on its way, or on a statement that has not come.
    UnderWay,
    /// The money went to a wrong number, or lies in review.
    WrongNumber,
    /// Nothing was paid.
    Nothing,
}

/// A line of `arrivals.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Record {
    /// A file.
    Statement(Arrival),
    /// A claim.
    Claim(Claim),
}

/// Everything that arrives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// Files, in the order in which the bank made them.
    pub statements: Vec<Arrival>,
    /// Claims, by day.
    pub claims: Vec<Claim>,
}

/// A line that is not as `simulate` writes it.
#[derive(Debug, thiserror::Error)]
#[error("arrivals, line {line}: {reason}")]
pub struct BadArrival {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: serde_json::Error,
}

impl Arrivals {
    /// Reads the text of `arrivals.jsonl`.
    pub fn parse(text: &str) -> Result<Arrivals, BadArrival> {
        let mut arrivals = Arrivals::default();
        for (line, record) in (1..).zip(text.lines()) {
            match serde_json::from_str(record).map_err(|reason| BadArrival { line, reason })? {
                Record::Statement(statement) => arrivals.statements.push(statement),
                Record::Claim(claim) => arrivals.claims.push(claim),
            }
        }
        Ok(arrivals)
    }

    /// The last day on which a statement arrives.
    pub fn last_day(&self) -> Option<NaiveDate> {
        self.statements.iter().map(|file| file.arrives_on).max()
    }

    /// The files that arrive behind one day and through another.
    pub fn statements_between(
        &self,
        behind: Option<NaiveDate>,
        through: NaiveDate,
    ) -> impl Iterator<Item = &Arrival> {
        let files = self.statements.iter();
        files.filter(move |file| is_between(file.arrives_on, behind, through))
    }

    /// What students say behind one day and through another.
    pub fn claims_between(
        &self,
        behind: Option<NaiveDate>,
        through: NaiveDate,
    ) -> impl Iterator<Item = &Claim> {
        let claims = self.claims.iter();
        claims.filter(move |claim| is_between(claim.on, behind, through))
    }
}

fn is_between(day: NaiveDate, behind: Option<NaiveDate>, through: NaiveDate) -> bool {
    behind.is_none_or(|behind| behind < day) && day <= through
}

pub(super) fn write(out: &mut impl Write, record: &Record) -> io::Result<()> {
    serde_json::to_writer(&mut *out, record)?;
    out.write_all(b"\n")
}

/// The exports of a file, by the day of each: an office gets them one after the other. The day is
/// the last column, and no row has a line break.
pub fn exports(text: &str) -> BTreeMap<String, String> {
    let mut exports: BTreeMap<String, String> = BTreeMap::new();
    let (header, rows) = text.split_once('\n').unwrap_or((text, ""));
    for row in rows.lines() {
        let as_of = row.rsplit(';').next().unwrap_or_default();
        let export = exports
            .entry(as_of.to_owned())
            .or_insert_with(|| format!("{header}\n"));
        export.push_str(row);
        export.push('\n');
    }
    exports
}

/// Brings the files of one account to the office.
pub(super) struct Courier {
    /// The account.
    pub(super) currency: Currency,
    /// The files so far.
    pub(super) brought: Vec<Arrival>,
    /// When the lines of each day are there.
    pub(super) arrived: Arrived,
    rng: Rng,
    missing: Option<NaiveDate>,
}

/// So many bank days late comes the one that is missing: well behind every step of the ladder's
/// first week.
const MISSING_DAYS: u64 = 12;

impl Courier {
    pub(super) fn new(seed: u64, currency: Currency) -> Self {
        let (stream, missing) = match currency {
            Currency::Pln => (65, true),
            Currency::Eur => (66, false),
        };
        let mut rng = Rng::new(seed, stream << 32);
        let day = days::banking_days_later(days::day(2026, 10, 12), rng.below(5));
        Courier {
            currency,
            brought: Vec::new(),
            arrived: Arrived::default(),
            rng,
            missing: missing.then_some(day),
        }
    }

    /// A statement: mostly there on the next morning, sometimes one to four bank days later.
    pub(super) fn statement(&mut self, file: String, of: &[BookedDay]) {
        let closing = closing(of);
        let is_late = self.rng.chance(6);
        let late = 1 + self.rng.below(4);
        let arrives_on = if self.missing == Some(closing) {
            days::banking_days_later(closing, MISSING_DAYS)
        } else if is_late {
            days::banking_days_later(closing, 1 + late)
        } else {
            closing + Days::new(1)
        };
        self.bring(file, of, arrives_on);
    }

    /// A copy comes some days behind the first.
    pub(super) fn copy(&mut self, file: String, of: &[BookedDay]) {
        let first = self.brought.last().map(|first| first.arrives_on);
        let days = Days::new(1 + self.rng.below(3));
        self.bring(file, of, first.unwrap_or_else(|| closing(of)) + days);
    }

    /// A statement that a person at the bank drew; never before the one that is missing.
    pub(super) fn overlapping(&mut self, file: String, of: &[BookedDay]) {
        let holds_the_missing = of.iter().any(|day| Some(day.date) == self.missing);
        let wait = if holds_the_missing { MISSING_DAYS } else { 0 };
        let arrives_on = days::banking_days_later(closing(of), wait) + Days::new(1);
        self.bring(file, of, arrives_on);
    }

    fn bring(&mut self, file: String, of: &[BookedDay], arrives_on: NaiveDate) {
        for day in of {
            let first = self.arrived.0.entry(day.date).or_insert(arrives_on);
            *first = arrives_on.min(*first);
        }
        self.brought.push(Arrival { file, arrives_on });
    }
}

fn closing(of: &[BookedDay]) -> NaiveDate {
    of.last().map_or(NaiveDate::MIN, |day| day.date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let statement = Arrival {
            file: "PLN-2026-10-12.sta".to_owned(),
            arrives_on: days::day(2026, 10, 13),
        };
        let claim = Claim {
            on: days::day(2026, 10, 16),
            student: "P-0000001".to_owned(),
            fee: "F-26Z-00000011".to_owned(),
            paid_on: days::day(2026, 10, 12),
            truth: Behind::UnderWay,
        };
        let mut text = Vec::new();
        write(&mut text, &Record::Statement(statement.clone())).unwrap();
        write(&mut text, &Record::Claim(claim.clone())).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with(
            r#"{"type":"statement","file":"PLN-2026-10-12.sta","arrives_on":"2026-10-13"}"#
        ));
        let read = Arrivals::parse(&text).unwrap();
        assert_eq!(read.statements, [statement]);
        assert_eq!(read.claims, [claim]);
        let thirteenth = days::day(2026, 10, 13);
        assert_eq!(read.statements_between(None, thirteenth).count(), 1);
        assert_eq!(
            read.statements_between(Some(thirteenth), thirteenth)
                .count(),
            0
        );
        assert_eq!(Arrivals::parse("{}\n").unwrap_err().line, 1);
    }

    #[test]
    fn a_file_with_two_exports_is_two_files() {
        let text = "id;title;as_of\n1;\"a; b\";2026-09-20\n2;c;2026-11-04\n3;d;2026-09-20\n";
        let exports = exports(text);
        assert_eq!(
            exports["2026-09-20"],
            "id;title;as_of\n1;\"a; b\";2026-09-20\n3;d;2026-09-20\n"
        );
        assert_eq!(exports["2026-11-04"], "id;title;as_of\n2;c;2026-11-04\n");
        assert_eq!(exports.len(), 2);
    }
}
