//! A made-up university in the winter semester of 2026/27, with the truth beside it.
//!
//! In: a number of students and a seed. Out: a folder with `kwestura.toml`, `students.csv`,
//! `fees.csv`, `statements/` and `truth.jsonl`; [`score`] compares what an engine made of the
//! first four with the fifth. The same seed gives the same bytes.
//!
//! The writers share nothing with the readers: check digits, holidays, statement formats and the
//! settlement are written a second time here, naively, because a mistake that both sides shared
//! would score as truth.
//!
//! | file | job |
//! |---|---|
//! | `rng`, `days`, `number` | luck, the calendar, album and account numbers |
//! | `university` | students and fees |
//! | `conduct` | how people pay |
//! | `model` | what their money should settle |
//! | `case` | one student's fees, transfers and result, booked |
//! | `office` | what else happens on the account |
//! | `ledger`, `line`, `mt940`, `camt`, `statements` | the bank |
//! | `truth` | `truth.jsonl` |
//! | [`score`] | truth against result |

mod camt;
mod case;
mod conduct;
mod config;
mod days;
mod ledger;
mod line;
mod model;
mod mt940;
mod number;
mod office;
mod rng;
pub mod score;
mod statements;
#[cfg(test)]
mod tests;
mod truth;
mod university;

use case::Case;
use ledger::Ledger;
use office::Office;
use rng::Rng;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use university::Fee;

/// Which world to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How many students; at most 200 000, for more would need longer albums.
    pub students: u32,
    /// The same seed gives the same world.
    pub seed: u64,
}

/// What a world consists of.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Students.
    pub students: u64,
    /// Fees.
    pub fees: u64,
    /// Entries that put money in and undo nothing, students' and others'.
    pub credits: u64,
    /// Entries that undo an earlier one.
    pub reversals: u64,
    /// Entries that take money out and undo nothing.
    pub outgoing: u64,
    /// Statements, each counted once.
    pub statements: u64,
    /// Statement files that repeat another.
    pub copies: u64,
    /// Statement files that share some of others' days.
    pub overlapping: u64,
}

impl Summary {
    /// Files in `statements/`.
    pub fn files(&self) -> u64 {
        self.statements + self.copies + self.overlapping
    }
}

/// The two currencies of the university's accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Currency {
    Pln,
    Eur,
}

impl Currency {
    fn code(self) -> &'static str {
        match self {
            Currency::Pln => "PLN",
            Currency::Eur => "EUR",
        }
    }

    /// The bank's code of the university in virtual numbers.
    fn client_code(self) -> &'static str {
        match self {
            Currency::Pln => "7777",
            Currency::Eur => "7778",
        }
    }

    /// The balance before the first statement, minor units.
    fn opening_minor(self) -> i64 {
        match self {
            Currency::Pln => 2_345_678,
            Currency::Eur => 120_050,
        }
    }
}

/// What a virtual number is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Category {
    Tuition,
    Dormitory,
}

impl Category {
    fn name(self) -> &'static str {
        match self {
            Category::Tuition => "tuition",
            Category::Dormitory => "dormitory",
        }
    }

    fn digits(self) -> &'static str {
        match self {
            Category::Tuition => "01",
            Category::Dormitory => "03",
        }
    }
}

/// Writes a world into a folder, which is made if it does not exist.
///
/// # Errors
///
/// `AlreadyExists` if the folder holds a world already, `InvalidInput` for more students than
/// there are albums, and whatever the file system says.
pub fn simulate(plan: &Plan, out: &Path) -> io::Result<Summary> {
    simulate_with(plan, out, |_| ())
}

/// As [`simulate`]; `progress` hears how many students are done.
pub fn simulate_with(
    plan: &Plan,
    out: &Path,
    mut progress: impl FnMut(u32),
) -> io::Result<Summary> {
    if plan.students > number::STUDENTS_MAX {
        let reason = format!(
            "at most {} students have an album of six digits",
            number::STUDENTS_MAX
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    let (statements, spool) = (out.join("statements"), out.join(".spool"));
    fs::create_dir_all(out)?;
    fs::create_dir(&statements)?;
    fs::create_dir(&spool)?;
    fs::write(out.join("kwestura.toml"), config::text())?;
    let mut summary = Summary::default();
    let mut ledgers = [Currency::Pln, Currency::Eur].map(|currency| Ledger::new(currency, &spool));
    let mut truth = BufWriter::new(File::create_new(out.join("truth.jsonl"))?);
    enrol(
        plan,
        out,
        &mut ledgers,
        &mut truth,
        &mut summary,
        &mut progress,
    )?;
    let mut rng = Rng::new(plan.seed, 7 << 32);
    for ledger in &mut ledgers {
        let opening_minor = ledger.currency.opening_minor();
        let mut office = Office {
            ledger,
            rng: &mut rng,
            truth: &mut truth,
            credits: 0,
            outgoing: 0,
            reversals: 0,
        };
        let closing_minor = office.run(opening_minor)?;
        summary.credits += office.credits;
        summary.outgoing += office.outgoing;
        summary.reversals += office.reversals;
        ledger.close()?;
        truth::account(&mut truth, &ledger.iban, days::LAST_DAY, closing_minor)?;
        let sent = statements::send(ledger, opening_minor, &mut rng, &statements)?;
        summary.statements += sent.statements;
        summary.copies += sent.copies;
        summary.overlapping += sent.overlapping;
    }
    truth.flush()?;
    fs::remove_dir_all(&spool)?;
    Ok(summary)
}

/// Writes students, fees and the truth about both, and books what the students pay.
fn enrol(
    plan: &Plan,
    out: &Path,
    ledgers: &mut [Ledger; 2],
    truth: &mut impl Write,
    summary: &mut Summary,
    progress: &mut impl FnMut(u32),
) -> io::Result<()> {
    let mut students = BufWriter::new(File::create_new(out.join("students.csv"))?);
    let mut fees = BufWriter::new(File::create_new(out.join("fees.csv"))?);
    writeln!(students, "{}", university::STUDENTS_HEADER)?;
    writeln!(fees, "{}", university::FEES_HEADER)?;
    for index in 0..plan.students {
        let student = university::student(plan.seed, index);
        let owed = university::fees(plan.seed, &student);
        writeln!(students, "{}", student.row())?;
        for fee in &owed {
            writeln!(fees, "{}", fee.row(&student))?;
            summary.fees += 1;
        }
        for ledger in &mut *ledgers {
            let in_currency = owed.iter().filter(|fee| fee.currency == ledger.currency);
            let in_currency: Vec<Fee> = in_currency.cloned().collect();
            let booked =
                Case::draw(plan, &student, ledger.currency, &in_currency).book(ledger, truth)?;
            summary.credits += booked.credits;
            summary.reversals += booked.reversals;
        }
        summary.students += 1;
        progress(index + 1);
    }
    students.flush()?;
    fees.flush()
}
