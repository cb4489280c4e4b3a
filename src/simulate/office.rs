//! What happens on the account beside the students: charges, interest, a grant, refunds that
//! belong to nothing, and a sweep at the end of each month.

use super::conduct::Reference;
use super::ledger::Ledger;
use super::line::{Business, Line};
use super::rng::Rng;
use super::truth::{self, CreditTruth};
use super::{Currency, number};
use chrono::{Datelike, NaiveDate};
use std::io::{self, Write};

/// What a sweep leaves on the account.
const FLOOR_MINOR: i64 = 1_000_000;

/// What the office books on one account.
pub(super) struct Office<'a, W> {
    /// The account.
    pub(super) ledger: &'a mut Ledger,
    /// Luck.
    pub(super) rng: &'a mut Rng,
    /// `truth.jsonl`.
    pub(super) truth: &'a mut W,
    /// Credits written.
    pub(super) credits: u64,
    /// Entries that took money out.
    pub(super) outgoing: u64,
    /// Reversals written.
    pub(super) reversals: u64,
}

impl<W: Write> Office<'_, W> {
    /// Books the whole semester; returns the closing balance.
    pub(super) fn run(&mut self, opening_minor: i64) -> io::Result<i64> {
        let dates: Vec<NaiveDate> = self.ledger.days.iter().map(|day| day.date).collect();
        let mut balance_minor = opening_minor;
        for (at, date) in dates.iter().enumerate() {
            balance_minor += self.ledger.days.get(at).map_or(0, |day| day.effect_minor);
            let starts = at
                .checked_sub(1)
                .and_then(|before| dates.get(before))
                .map(Datelike::month);
            let ends = dates.get(at + 1).map(Datelike::month);
            if starts.is_some_and(|before| before != date.month())
                && self.ledger.currency == Currency::Pln
            {
                balance_minor += self.grant(*date)?;
            }
            if at > 2 && self.rng.chance(3) {
                balance_minor += self.refund(*date)?;
            }
            if ends.is_some_and(|after| after != date.month()) {
                balance_minor += self.month_end(*date, balance_minor)?;
            }
        }
        Ok(balance_minor)
    }

    /// Charge, interest, in November a charge given back, and the sweep.
    fn month_end(&mut self, date: NaiveDate, balance_minor: i64) -> io::Result<i64> {
        let mut effect = self.pay(
            &bank_line(Business::Charge, date, -2_500, "ABONAMENT ZA RACHUNEK"),
            "charge",
        )?;
        let interest = self.rng.between(500, 9_000);
        effect += self.receive(&bank_line(
            Business::Interest,
            date,
            interest,
            "ODSETKI OD SALDA",
        ))?;
        if date.month() == 11 {
            let given_back = Line {
                reversal: true,
                ..bank_line(Business::Charge, date, 2_500, "ZWROT ABONAMENTU")
            };
            let line = self.booked(&given_back)?;
            truth::reversal(self.truth, &self.ledger.iban, &line, None, None)?;
            self.reversals += 1;
            effect += line.effect_minor;
        }
        let above = balance_minor + effect - FLOOR_MINOR;
        if above > 0 {
            let sweep = Line {
                party_name: "POLITECHNIKA PRZYKŁADOWA RACHUNEK GŁÓWNY".to_owned(),
                party_account: number::treasury_account(self.ledger.currency),
                ..bank_line(
                    Business::Outgoing,
                    date,
                    -above,
                    "PRZEKSIĘGOWANIE NA RACHUNEK GŁÓWNY",
                )
            };
            effect += self.pay(&sweep, "sweep")?;
        }
        Ok(effect)
    }

    /// Public money that no student pays.
    fn grant(&mut self, date: NaiveDate) -> io::Result<i64> {
        let amount = self.rng.between(10, 40) * 5_000_000;
        let grant = Line {
            party_name: "MINISTERSTWO PRÓBNE".to_owned(),
            party_account: number::payer_account(self.rng, Currency::Pln),
            ..bank_line(Business::Incoming, date, amount, "SUBWENCJA")
        };
        self.receive(&grant)
    }

    /// Money sent to somebody who had nothing to get back.
    fn refund(&mut self, date: NaiveDate) -> io::Result<i64> {
        let amount = self.rng.between(10, 90) * 500;
        let refund = Line {
            party_name: "JAN TESTOWY".to_owned(),
            party_account: number::payer_account(self.rng, self.ledger.currency),
            ..bank_line(Business::Outgoing, date, -amount, "ZWROT NADPŁATY")
        };
        self.pay(&refund, "refund")
    }

    fn pay(&mut self, line: &Line, kind: &str) -> io::Result<i64> {
        let line = self.booked(line)?;
        truth::outgoing(self.truth, &self.ledger.iban, &line, kind)?;
        self.outgoing += 1;
        Ok(line.effect_minor)
    }

    fn receive(&mut self, line: &Line) -> io::Result<i64> {
        let line = self.booked(line)?;
        let nobodys = CreditTruth {
            evidence: "none",
            not_student: true,
            ..CreditTruth::default()
        };
        truth::credit(self.truth, &self.ledger.iban, &line, &nobodys)?;
        self.credits += 1;
        Ok(line.effect_minor)
    }

    fn booked(&mut self, line: &Line) -> io::Result<Line> {
        let (operation, short) = self.ledger.references(Reference::Full);
        let line = Line {
            operation,
            short,
            ..line.clone()
        };
        self.ledger.book(&line)?;
        Ok(line)
    }
}

/// A line without another party.
fn bank_line(business: Business, date: NaiveDate, effect_minor: i64, title: &str) -> Line {
    Line {
        business,
        reversal: false,
        effect_minor,
        booked_on: date,
        value_on: date,
        ordered_on: None,
        virtual_number: None,
        party_name: String::new(),
        party_address: String::new(),
        party_account: String::new(),
        title: title.to_owned(),
        operation: None,
        short: None,
    }
}
