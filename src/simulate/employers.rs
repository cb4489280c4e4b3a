//! Employers who pay for several students with one transfer.
//!
//! In: students whose employer pays, one after the other. Out: a transfer to the main account for
//! each few of them, whose text names their albums: no rule can tell whose it is, a person splits it.

use super::conduct::Reference;
use super::days::{self, FIRST_DAY, Way, day};
use super::ledger::Ledger;
use super::line::{Business, Line};
use super::rng::Rng;
use super::truth::{self, CreditTruth};
use super::university::{Fee, Student};
use super::{Currency, number};
use std::io::{self, Write};

/// So many students share an employer.
const TOGETHER: usize = 3;

/// Students whose employer has not paid yet.
pub(super) struct Employers {
    rng: Rng,
    students: Vec<(u32, i64)>,
}

impl Employers {
    pub(super) fn new(seed: u64) -> Self {
        Employers {
            rng: Rng::new(seed, 68 << 32),
            students: Vec::new(),
        }
    }

    /// A student whose employer pays what is announced when the semester begins.
    pub(super) fn owes(&mut self, student: &Student, fees: &[Fee]) {
        let announced = fees.iter().filter(|fee| fee.visible_from() < FIRST_DAY);
        let amount_minor: i64 = announced.map(|fee| fee.amount_minor).sum();
        if amount_minor > 0 {
            self.students.push((student.album, amount_minor));
        }
    }

    /// Pays for the students of an employer, once they are complete or no more will come; tells how
    /// many transfers that is.
    pub(super) fn pay(
        &mut self,
        ledger: &mut Ledger,
        truth: &mut impl Write,
        no_more: bool,
    ) -> io::Result<u64> {
        if self.students.is_empty() || (self.students.len() < TOGETHER && !no_more) {
            return Ok(0);
        }
        let students = std::mem::take(&mut self.students);
        let ordered_on = day(2026, 9, 28) + chrono::Days::new(self.rng.below(21));
        let (booked_on, value_on) = days::credited(ordered_on, 600, Way::Elixir);
        let albums: Vec<String> = students
            .iter()
            .map(|(album, _)| album.to_string())
            .collect();
        let (operation, short) = ledger.references(Reference::Full);
        let line = Line {
            business: Business::Incoming,
            reversal: false,
            effect_minor: students.iter().map(|(_, minor)| minor).sum(),
            booked_on,
            value_on,
            ordered_on: Some(ordered_on),
            virtual_number: None,
            party_name: "ZAKŁADY PRÓBNE SPÓŁKA AKCYJNA".to_owned(),
            party_address: "UL. PRZYKŁADOWA 7".to_owned(),
            party_account: number::payer_account(&mut self.rng, Currency::Pln),
            title: format!("CZESNE ALBUMY {}", albums.join(" ")),
            operation,
            short,
        };
        ledger.book(&line)?;
        let several = CreditTruth {
            evidence: "title",
            ..CreditTruth::default()
        };
        truth::credit(truth, &ledger.iban, &line, &several)?;
        Ok(1)
    }
}
