//! A made-up university in the winter semester of 2026/27, with the truth beside it.
//!
//! In: a number of students and a seed. Out: a folder with `kwestura.toml`, `students.csv`,
//! `fees.csv`, `statements/`, `arrivals.jsonl` and `truth.jsonl`; [`score`] compares what an engine
//! made of the others with the last. The same seed gives the same bytes.
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
//! | `knowledge` | what of it is known, and paid, on a day |
//! | `employers` | one transfer for several students |
//! | `office` | what else happens on the account |
//! | `ledger`, `line`, `mt940`, `camt`, `statements` | the bank |
//! | [`arrivals`], `claims` | when statements arrive, and what students say: `arrivals.jsonl` |
//! | `naive` | what two other engines would have sent wrongly |
//! | `truth` | `truth.jsonl` |
//! | [`score`] | truth against result |

pub mod arrivals;
mod camt;
mod case;
mod claims;
mod conduct;
mod config;
mod days;
mod employers;
mod knowledge;
mod ledger;
mod line;
mod model;
mod mt940;
mod naive;
mod number;
mod office;
mod rng;
pub mod score;
mod statements;
#[cfg(test)]
mod tests;
mod truth;
mod university;

use arrivals::{Claim, Courier, Record};
use case::Case;
use employers::Employers;
use ledger::Ledger;
use office::Office;
use rng::Rng;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use university::{Fee, Manner};

/// How an address begins that the mail server of this university refuses.
pub const DEAD_ADDRESS: &str = "dead.";

/// Which world to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How many students; at most 200 000, for more would need longer albums.
    pub students: u32,
    /// The same seed gives the same world.
    pub seed: u64,
    /// How people pay.
    pub paying: Paying,
    /// How the bank writes the statements of the account in złotys.
    pub zlotys: Format,
}

impl Plan {
    /// A world of the usual kind.
    pub const fn of(students: u32, seed: u64) -> Plan {
        Plan {
            students,
            seed,
            paying: Paying::AsAgreed,
            zlotys: Format::Mt940,
        }
    }
}

/// How people pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paying {
    /// Some at once, some in instalments, half of them with a room: three fees a student.
    AsAgreed,
    /// Month by month, nearly everybody with a room: more than five fees a student.
    Monthly,
}

/// How a bank writes statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// MT940 as mBank sends it.
    Mt940,
    /// camt.053.001.08
    Camt,
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
    /// Students who say that they paid.
    pub claims: u64,
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
    fs::write(out.join("kwestura.toml"), config::text(plan))?;
    let mut summary = Summary::default();
    let mut ledgers = [(Currency::Pln, plan.zlotys), (Currency::Eur, Format::Camt)]
        .map(|(currency, format)| Ledger::new(currency, format, &spool));
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
    let mut couriers = Vec::new();
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
        let mut courier = Courier::new(plan.seed, ledger.currency);
        let sent = statements::send(ledger, opening_minor, &mut rng, &mut courier, &statements)?;
        couriers.push(courier);
        summary.statements += sent.statements;
        summary.copies += sent.copies;
        summary.overlapping += sent.overlapping;
    }
    summary.claims = arrive(plan, out, couriers, &mut truth)?;
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
    let mut employers = Employers::new(plan.seed);
    for index in 0..plan.students {
        let student = university::student(plan.seed, index);
        let owed = university::fees(plan, &student);
        writeln!(students, "{}", student.row())?;
        truth::student(truth, &student)?;
        for fee in &owed {
            writeln!(fees, "{}", fee.row(&student))?;
            summary.fees += 1;
        }
        for ledger in &mut *ledgers {
            let in_currency = in_currency(&owed, ledger.currency);
            let booked =
                Case::draw(plan, &student, ledger.currency, &in_currency).book(ledger, truth)?;
            summary.credits += booked.credits;
            summary.reversals += booked.reversals;
            if student.manner == Manner::Employer && ledger.currency == Currency::Pln {
                employers.owes(&student, &in_currency);
                summary.credits += employers.pay(ledger, truth, false)?;
            }
        }
        summary.students += 1;
        progress(index + 1);
    }
    let [zlotys, _] = ledgers;
    summary.credits += employers.pay(zlotys, truth, true)?;
    students.flush()?;
    fees.flush()
}

fn in_currency(owed: &[Fee], currency: Currency) -> Vec<Fee> {
    let owed = owed.iter().filter(|fee| fee.currency == currency);
    owed.cloned().collect()
}

/// Writes when everything arrives, and what other engines would make of it; tells how many students
/// say that they paid. Every case is drawn a second time, so that none has to be kept until it is
/// known when the statements arrive.
fn arrive(
    plan: &Plan,
    out: &Path,
    couriers: Vec<Courier>,
    truth: &mut impl Write,
) -> io::Result<u64> {
    let mut arrivals = BufWriter::new(File::create_new(out.join("arrivals.jsonl"))?);
    let mut claims: Vec<Claim> = Vec::new();
    for courier in couriers {
        for index in 0..plan.students {
            let student = university::student(plan.seed, index);
            let fees = in_currency(&university::fees(plan, &student), courier.currency);
            let case = Case::draw(plan, &student, courier.currency, &fees);
            let credited = knowledge::credited(&fees, &case.transfers);
            let wrongly =
                naive::false_reminders(&fees, &case.transfers, &credited, &courier.arrived);
            for (fee, [by_import, by_order]) in fees.iter().zip(&wrongly) {
                if !by_import.is_empty() || !by_order.is_empty() {
                    let days = [by_import.as_slice(), by_order.as_slice()];
                    truth::compared(truth, &student.external_id, &fee.external_id, days)?;
                }
            }
            claims.extend(claims::of(plan.seed, &case, &courier.arrived));
        }
        for statement in courier.brought {
            arrivals::write(&mut arrivals, &Record::Statement(statement))?;
        }
    }
    claims.sort_by(|a, b| (a.on, &a.student, &a.fee).cmp(&(b.on, &b.student, &b.fee)));
    let count = claims.len() as u64;
    for claim in claims {
        arrivals::write(&mut arrivals, &Record::Claim(claim))?;
    }
    arrivals.flush()?;
    Ok(count)
}
