//! One bank account while the semester runs: every line goes to the file of its day, so that no
//! more than the days' sums is kept in memory.

use super::conduct::Reference;
use super::line::Line;
use super::{Currency, Format, camt, days, mt940, number};
use chrono::NaiveDate;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A bank account, its days and what was booked on each.
pub(super) struct Ledger {
    /// Of the account.
    pub(super) currency: Currency,
    /// How the bank writes it.
    pub(super) format: Format,
    /// The main account.
    pub(super) iban: String,
    /// The banking days of the semester, in order.
    pub(super) days: Vec<BookedDay>,
    operations: u64,
}

/// One banking day of one account.
pub(super) struct BookedDay {
    /// Which day.
    pub(super) date: NaiveDate,
    /// The sum of its lines, minor units.
    pub(super) effect_minor: i64,
    /// How many lines.
    pub(super) lines: u64,
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Ledger {
    /// An account on which nothing is booked yet; its days' files go to `spool`.
    pub(super) fn new(currency: Currency, format: Format, spool: &Path) -> Self {
        let blank = |date: NaiveDate| BookedDay {
            date,
            effect_minor: 0,
            lines: 0,
            path: spool.join(format!("{}-{date}", currency.code())),
            file: None,
        };
        Ledger {
            currency,
            format,
            iban: number::main_account(currency),
            days: days::banking_days().into_iter().map(blank).collect(),
            operations: 0,
        }
    }

    /// The references of the next line: the operation's number and the short one.
    pub(super) fn references(&mut self, reference: Reference) -> (Option<String>, Option<String>) {
        self.operations += 1;
        let number = self.operations;
        let operation = match self.currency {
            Currency::Pln => format!("{}.000001", 100_000_000_000_000 + number),
            Currency::Eur => format!("EUR26Z{number:09}"),
        };
        let short = Some(format!(
            "EL{:06}-{:06}",
            number / 1_000_000,
            number % 1_000_000
        ));
        match reference {
            Reference::Full => (Some(operation), short),
            Reference::Short => (None, short),
            Reference::None => (None, None),
        }
    }

    /// Books a line on its day.
    pub(super) fn book(&mut self, line: &Line) -> io::Result<()> {
        let bytes = match self.format {
            Format::Mt940 => mt940::line(line),
            Format::Camt => camt::line(line, self.currency, &self.iban),
        };
        let day = self.days.iter_mut().find(|day| day.date == line.booked_on);
        let day = day.ok_or_else(|| {
            io::Error::other(format!("{} is no day of the semester", line.booked_on))
        })?;
        if day.file.is_none() {
            day.file = Some(BufWriter::new(File::create(&day.path)?));
        }
        if let Some(file) = &mut day.file {
            file.write_all(&bytes)?;
        }
        day.effect_minor += line.effect_minor;
        day.lines += 1;
        Ok(())
    }

    /// Nothing more is booked: the days' files are complete.
    pub(super) fn close(&mut self) -> io::Result<()> {
        self.days
            .iter_mut()
            .filter_map(|day| day.file.take())
            .try_for_each(|mut file| file.flush())
    }
}

impl BookedDay {
    /// Copies the day's lines.
    pub(super) fn copy_to(&self, out: &mut impl Write) -> io::Result<()> {
        if self.lines > 0 {
            io::copy(&mut File::open(&self.path)?, out)?;
        }
        Ok(())
    }
}
