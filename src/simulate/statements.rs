//! The files that the bank sends: one a day for złotys, one camt.053 a week for euros,
//! some of them sent again, some overlapping others. All of them agree and chain; on which day
//! each arrives is noted.

use super::arrivals::Courier;
use super::ledger::{BookedDay, Ledger};
use super::line::Frame;
use super::rng::Rng;
use super::{Currency, Format, camt, days, mt940};
use chrono::{Datelike, NaiveDate};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// What was written for one account.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    /// Statements, each counted once.
    pub(super) statements: u64,
    /// Files that repeat one.
    pub(super) copies: u64,
    /// Files that share some of another's days.
    pub(super) overlapping: u64,
}

/// Numbers of statements that a person at the bank drew by hand begin here.
const EXTRA_NUMBERS: usize = 900;

/// Writes every statement of an account into a folder.
pub(super) fn send(
    ledger: &Ledger,
    opening_minor: i64,
    rng: &mut Rng,
    courier: &mut Courier,
    folder: &Path,
) -> io::Result<Sent> {
    let mut sent = Sent::default();
    let mut opening_minor = opening_minor;
    for (at, week) in ledger
        .days
        .chunk_by(|day, next| day.date.iso_week() == next.date.iso_week())
        .enumerate()
    {
        // Every kind of repetition occurs in the first weeks also of the smallest world.
        let mut often = |percent| rng.chance(percent) || at == 3;
        match ledger.currency {
            Currency::Pln => {
                let out = (&mut *courier, folder);
                days_of(week, ledger, opening_minor, &mut often, out, &mut sent)?;
                if often(25) && reaches_over_days(week) {
                    let frame = frame(ledger, week, opening_minor, EXTRA_NUMBERS + at, 1);
                    let name = format!("PLN-{}.{}", week_name(&frame), ending(ledger));
                    write(&folder.join(&name), ledger, &frame, week)?;
                    courier.overlapping(name, week);
                    sent.overlapping += 1;
                }
            }
            Currency::Eur => {
                let mut sheet = frame(ledger, week, opening_minor, at + 1, 1);
                let name = format!("EUR-{}.xml", week_name(&sheet));
                write(&folder.join(&name), ledger, &sheet, week)?;
                courier.statement(name, week);
                sent.statements += 1;
                if often(10) {
                    sheet.copy = 2;
                    let name = format!("EUR-{}-ponownie.xml", week_name(&sheet));
                    write(&folder.join(&name), ledger, &sheet, week)?;
                    courier.copy(name, week);
                    sent.copies += 1;
                }
                if often(15) && reaches_over_days(week) {
                    let number = EXTRA_NUMBERS + at;
                    one_day_of(week, ledger, opening_minor, number, (&mut *courier, folder))?;
                    sent.overlapping += 1;
                }
            }
        }
        opening_minor += sum(week);
    }
    Ok(sent)
}

/// A statement for each day of the week, some sent twice under another `:20:` and file name.
fn days_of(
    week: &[BookedDay],
    ledger: &Ledger,
    mut opening_minor: i64,
    often: &mut impl FnMut(u64) -> bool,
    (courier, folder): (&mut Courier, &Path),
    sent: &mut Sent,
) -> io::Result<()> {
    for day in week {
        let only = std::slice::from_ref(day);
        let mut sheet = frame(
            ledger,
            only,
            opening_minor,
            days::statement_number(day.date),
            1,
        );
        let name = format!("PLN-{}.{}", day.date, ending(ledger));
        write(&folder.join(&name), ledger, &sheet, only)?;
        courier.statement(name, only);
        sent.statements += 1;
        if often(4) {
            sheet.copy = 2;
            let name = format!("PLN-{}-ponownie.{}", day.date, ending(ledger));
            write(&folder.join(&name), ledger, &sheet, only)?;
            courier.copy(name, only);
            sent.copies += 1;
        }
        opening_minor += day.effect_minor;
    }
    Ok(())
}

/// The first day with lines of a week, as a statement of its own.
fn one_day_of(
    week: &[BookedDay],
    ledger: &Ledger,
    opening_minor: i64,
    number: usize,
    (courier, folder): (&mut Courier, &Path),
) -> io::Result<()> {
    let Some(day) = week.iter().find(|day| day.lines > 0) else {
        return Ok(());
    };
    let only = std::slice::from_ref(day);
    let sheet = frame(ledger, only, opening_minor, number, 1);
    let name = format!("EUR-{}.xml", day.date);
    write(&folder.join(&name), ledger, &sheet, only)?;
    courier.overlapping(name, only);
    Ok(())
}

/// Does the week's first line stand before its last day? Otherwise its period is one day, and
/// another number for the same day would be another statement.
fn reaches_over_days(week: &[BookedDay]) -> bool {
    let first = week.iter().find(|day| day.lines > 0);
    first
        .zip(week.last())
        .is_some_and(|(first, last)| first.date < last.date)
}

fn sum(days: &[BookedDay]) -> i64 {
    days.iter().map(|day| day.effect_minor).sum()
}

fn frame(
    ledger: &Ledger,
    days: &[BookedDay],
    opening_minor: i64,
    number: usize,
    copy: u32,
) -> Frame {
    let date = |day: Option<&BookedDay>| day.map_or(NaiveDate::MIN, |day| day.date);
    Frame {
        iban: ledger.iban.clone(),
        opening_date: date(days.first()),
        closing_date: date(days.last()),
        number,
        copy,
        opening_minor,
        closing_minor: opening_minor + sum(days),
    }
}

/// `2026-W41`
fn week_name(frame: &Frame) -> String {
    frame.closing_date.format("%G-W%V").to_string()
}

fn ending(ledger: &Ledger) -> &'static str {
    match ledger.format {
        Format::Mt940 => "sta",
        Format::Camt => "xml",
    }
}

fn write(path: &Path, ledger: &Ledger, frame: &Frame, days: &[BookedDay]) -> io::Result<()> {
    let (head, foot) = match ledger.format {
        Format::Mt940 => (mt940::head(frame), mt940::foot(frame)),
        Format::Camt => (camt::head(frame, ledger.currency), camt::foot()),
    };
    let mut file = BufWriter::new(File::create_new(path)?);
    file.write_all(&head)?;
    for day in days {
        day.copy_to(&mut file)?;
    }
    file.write_all(&foot)?;
    file.flush()
}
