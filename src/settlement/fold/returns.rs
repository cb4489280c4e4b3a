//! Money that leaves again: reversals by the bank and refunds.

use super::Fold;
use crate::settlement::facts::CreditNo;
use crate::settlement::state::{Cause, Held, Lot};
use chrono::NaiveDate;

impl Fold<'_> {
    /// Takes money out of a credit: what lies on account first, then the newest settlement.
    pub(super) fn take_out(
        &mut self,
        day: NaiveDate,
        credit: CreditNo,
        amount_minor: i64,
        cause: Cause,
    ) -> i64 {
        let mut left = amount_minor;
        loop {
            let taken: i64 = self
                .state
                .take_from_account(credit, left, None)
                .iter()
                .map(|&(_, piece)| piece)
                .sum();
            left -= taken;
            let Some(item) = self.state.newest_part_of(credit).filter(|_| left > 0) else {
                return amount_minor - left;
            };
            self.free_from(day, item, Some(credit), left, cause);
            self.restate_interest(day, item);
        }
    }

    /// What had been sent back, or set aside for it, cannot be taken: it is to be recovered.
    pub(super) fn reverse(&mut self, day: NaiveDate, place: usize) -> Cause {
        if let Some(reversal) = self.facts.reversals.get(place).cloned() {
            let purse = &self.state.purses[reversal.credit];
            // A cancelled credit was taken away when it arrived.
            let whole = self.facts.credits[reversal.credit].amount_minor - purse.reversed_minor;
            let amount = reversal
                .amount_minor
                .min(if purse.arrived { whole } else { 0 });
            let taken = self.take_out(day, reversal.credit, amount, Cause::Reversal);
            let purse = &mut self.state.purses[reversal.credit];
            purse.reversed_minor += amount;
            purse.to_recover_minor += amount - taken;
        }
        Cause::Reversal
    }

    pub(super) fn reserve(&mut self, day: NaiveDate, place: usize) -> Cause {
        let Some(refund) = self.facts.refunds.get(place).cloned() else {
            return Cause::Refund;
        };
        let mut left = refund.amount_minor;
        let mut aside = Vec::new();
        for credit in refund.credits {
            let taken = self.take_out(day, credit, left, Cause::Refund);
            self.state.purses[credit].reserved_minor += taken;
            left -= taken;
            aside.push((credit, taken));
        }
        // The refund was decided, so the money leaves; what reversals had taken is to be recovered.
        for (credit, taken) in &mut aside {
            let purse = &mut self.state.purses[*credit];
            let missing = left
                .min(purse.reversed_minor - purse.to_recover_minor)
                .max(0);
            purse.reserved_minor += missing;
            purse.to_recover_minor += missing;
            *taken += missing;
            left -= missing;
        }
        if let Some(row) = self.set_aside.get_mut(place) {
            *row = aside;
        }
        Cause::Refund
    }

    pub(super) fn pay_back(&mut self, place: usize) -> Cause {
        for &(credit, amount) in self.set_aside.get(place).into_iter().flatten() {
            let purse = &mut self.state.purses[credit];
            purse.reserved_minor -= amount;
            purse.refunded_minor += amount;
        }
        Cause::Refund
    }

    /// The refund came back: it first makes good what was to be recovered.
    pub(super) fn restore(&mut self, day: NaiveDate, place: usize) -> Cause {
        let paid = self
            .facts
            .refunds
            .get(place)
            .is_some_and(|refund| refund.paid_on.is_some());
        for (credit, amount) in self.set_aside.get(place).cloned().unwrap_or_default() {
            let purse = &mut self.state.purses[credit];
            let held = if paid {
                &mut purse.refunded_minor
            } else {
                &mut purse.reserved_minor
            };
            *held -= amount;
            let recovered = purse.to_recover_minor.min(amount);
            purse.to_recover_minor -= recovered;
            let amount_minor = amount - recovered;
            self.state.lay_on_account(Lot {
                credit,
                amount_minor,
                free_since: day,
                held: Held::Free,
            });
        }
        Cause::Refund
    }
}
