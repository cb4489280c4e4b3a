//! One student's semester in one currency: fees, transfers, and what they should settle.

use super::conduct::{Household, To, Transfer, Undone};
use super::ledger::Ledger;
use super::line::{Business, Line};
use super::model::{self, Account, Part, Reading};
use super::rng::Rng;
use super::truth::{self, CreditTruth};
use super::university::{Fee, Manner, Student};
use super::{Currency, Plan, knowledge};
use chrono::NaiveDate;
use std::io::{self, Write};

/// One student's semester in one currency.
pub(super) struct Case<'a> {
    /// The student.
    pub(super) student: &'a Student,
    /// The fees, all of one currency.
    pub(super) fees: &'a [Fee],
    /// What the household sends, in the order of booking.
    pub(super) transfers: Vec<Transfer>,
}

/// What a case added to the world.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Booked {
    /// Credits.
    pub(super) credits: u64,
    /// Reversals of credits.
    pub(super) reversals: u64,
}

/// So many times a case is drawn again if the rules leave its result open.
const DRAWS_MAX: u64 = 16;

impl<'a> Case<'a> {
    /// Draws transfers for the fees, all of one currency, until the rules leave no doubt about
    /// the result, on any day; in the end nobody pays.
    pub(super) fn draw(
        plan: &Plan,
        student: &'a Student,
        currency: Currency,
        fees: &'a [Fee],
    ) -> Self {
        let mut case = Case {
            student,
            fees,
            transfers: Vec::new(),
        };
        if student.manner != Manner::Household {
            return case;
        }
        for draw in 0..DRAWS_MAX {
            let purse = if currency == Currency::Eur {
                DRAWS_MAX
            } else {
                0
            };
            let mut rng = Rng::new(
                plan.seed,
                ((8 + purse + draw) << 32) + u64::from(student.index),
            );
            let household = Household::new(plan, student, currency, &mut rng);
            case.transfers = household.transfers(fees, &mut rng);
            if knowledge::is_beyond_doubt(fees, &case.transfers) {
                return case;
            }
        }
        case.transfers.clear();
        case
    }

    /// Books the case's lines and writes their truth.
    pub(super) fn book(&self, ledger: &mut Ledger, out: &mut impl Write) -> io::Result<Booked> {
        let (credits, reversals) = knowledge::all(&self.transfers);
        let account = model::settle(self.fees, &credits, &reversals, Reading::Narrow);
        let mut booked = Booked::default();
        let mut known = 0..;
        for transfer in &self.transfers {
            let credit = if matches!(transfer.to, To::Issued(..)) {
                known.next()
            } else {
                None
            };
            booked.credits +=
                1 + u64::from(self.book_transfer(transfer, credit, &account, ledger, out)?);
            booked.reversals += u64::from(transfer.undone.is_some());
        }
        let credited = knowledge::credited(self.fees, &self.transfers);
        for (at, fee) in self.fees.iter().enumerate() {
            let end = truth::FeeEnd {
                settled_on: account.settled_on(at),
                open_minor: account.open(at),
                credited: credited.get(at).map(Vec::as_slice).unwrap_or_default(),
            };
            truth::fee(out, &self.student.external_id, fee, &end)?;
        }
        Ok(booked)
    }

    /// A transfer, its reversal and the credit that takes its place; true if there is one.
    fn book_transfer(
        &self,
        transfer: &Transfer,
        credit: Option<usize>,
        account: &Account,
        ledger: &mut Ledger,
        out: &mut impl Write,
    ) -> io::Result<bool> {
        let truth = self.truth(transfer, credit, account);
        let mut line = line(transfer);
        (line.operation, line.short) = ledger.references(transfer.reference);
        ledger.book(&line)?;
        let Some(undone) = &transfer.undone else {
            truth::credit(out, &ledger.iban, &line, &truth)?;
            return Ok(false);
        };
        let reversed_minor = undone.amount_minor;
        let back = reversal(&line, undone, ledger.references(transfer.reference));
        ledger.book(&back)?;
        truth::reversal(
            out,
            &ledger.iban,
            &back,
            line.bank_reference(),
            truth.student,
        )?;
        let Some(again_on) = undone.again_on else {
            truth::credit(
                out,
                &ledger.iban,
                &line,
                &CreditTruth {
                    reversed_minor,
                    ..truth
                },
            )?;
            return Ok(false);
        };
        let settles = Vec::new();
        let cancelled = CreditTruth {
            reversed_minor,
            settles,
            on_account_minor: 0,
            ..truth
        };
        truth::credit(out, &ledger.iban, &line, &cancelled)?;
        let mut again = Line {
            booked_on: again_on,
            value_on: again_on,
            ..line
        };
        (again.operation, again.short) = ledger.references(transfer.reference);
        ledger.book(&again)?;
        truth::credit(out, &ledger.iban, &again, &truth)?;
        Ok(true)
    }

    /// What a reader should make of a transfer that nobody takes back.
    fn truth(
        &self,
        transfer: &Transfer,
        credit: Option<usize>,
        account: &Account,
    ) -> CreditTruth<'_> {
        CreditTruth {
            student: Some(&self.student.external_id),
            evidence: transfer.evidence(self.student, self.fees).name(),
            settles: credit.map_or(Vec::new(), |credit| self.settles(account, credit)),
            on_account_minor: credit.map_or(0, |credit| account.on_account(credit)),
            not_student: false,
            reversed_minor: 0,
        }
    }

    /// What a credit settles, by the fees' ids.
    fn settles(&self, account: &Account, credit: usize) -> Vec<(&'a str, i64, NaiveDate)> {
        let named = |part: &Part| {
            let fee = self.fees.get(part.fee)?;
            Some((
                fee.external_id.as_str(),
                part.amount_minor,
                part.counts_from,
            ))
        };
        account.parts_of(credit).filter_map(named).collect()
    }
}

/// The line that takes a credit back, under the credit's own operation or a new one.
fn reversal(line: &Line, undone: &Undone, references: (Option<String>, Option<String>)) -> Line {
    let (operation, short) = references;
    Line {
        reversal: true,
        effect_minor: -undone.amount_minor,
        booked_on: undone.on,
        value_on: undone.on,
        operation: if undone.same_reference {
            line.operation.clone()
        } else {
            operation
        },
        short,
        ..line.clone()
    }
}

/// The line of a transfer, without references.
fn line(transfer: &Transfer) -> Line {
    let virtual_number = match &transfer.to {
        To::Issued(_, number) | To::Unissued(number) => Some(number.clone()),
        To::Main => None,
    };
    Line {
        business: if virtual_number.is_some() {
            Business::Collect
        } else {
            Business::Incoming
        },
        reversal: false,
        effect_minor: transfer.amount_minor,
        booked_on: transfer.booked_on,
        value_on: transfer.value_on,
        ordered_on: Some(transfer.ordered_on),
        virtual_number,
        party_name: transfer.payer_name.clone(),
        party_address: format!("UL. PRZYKŁADOWA {}", 1 + transfer.amount_minor / 100 % 90),
        party_account: transfer.payer_account.clone(),
        title: transfer.title.clone(),
        operation: None,
        short: None,
    }
}
