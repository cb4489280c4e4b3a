//! One student's semester in one currency: fees, transfers, and what they should settle.

use super::conduct::{Household, To, Transfer, Undone};
use super::ledger::Ledger;
use super::line::{Business, Line};
use super::model::{self, Account, Credit, Part, Reading, Reversal};
use super::rng::Rng;
use super::truth::{self, CreditTruth};
use super::university::{Fee, Student};
use super::{Currency, Plan};
use chrono::NaiveDate;
use std::io::{self, Write};

/// One student's semester in one currency.
pub(super) struct Case<'a> {
    student: &'a Student,
    fees: &'a [Fee],
    transfers: Vec<Transfer>,
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
    /// the result; in the end nobody pays.
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
            let (credits, reversals) = case.known();
            let [narrow, wide] = [Reading::Narrow, Reading::Wide]
                .map(|reading| model::settle(fees, &credits, &reversals, reading).ends());
            if narrow == wide {
                return case;
            }
        }
        case.transfers.clear();
        case
    }

    /// What the bank tells about the student without doubt. A credit that was cancelled and
    /// booked again keeps its first crediting date, so it is a credit of that day.
    fn known(&self) -> (Vec<Credit>, Vec<Reversal>) {
        let (mut credits, mut reversals) = (Vec::new(), Vec::new());
        for transfer in &self.transfers {
            let To::Issued(category, _) = transfer.to else {
                continue;
            };
            if let Some(undone) = transfer
                .undone
                .as_ref()
                .filter(|undone| undone.again_on.is_none())
            {
                let (day, amount_minor) = (undone.on, undone.amount_minor);
                reversals.push(Reversal {
                    day,
                    credit: credits.len(),
                    amount_minor,
                });
            }
            let (day, amount_minor) = (transfer.booked_on, transfer.amount_minor);
            credits.push(Credit {
                day,
                amount_minor,
                category,
                names: transfer.names,
            });
        }
        (credits, reversals)
    }

    /// Books the case's lines and writes their truth.
    pub(super) fn book(&self, ledger: &mut Ledger, out: &mut impl Write) -> io::Result<Booked> {
        let (credits, reversals) = self.known();
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
        for (at, fee) in self.fees.iter().enumerate() {
            truth::fee(
                out,
                &self.student.external_id,
                fee,
                account.settled_on(at),
                account.open(at),
            )?;
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
