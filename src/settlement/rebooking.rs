//! A credit that the bank cancels and books again keeps its first crediting date.
//!
//! In: facts with reversals attached to their credits. Out: the same facts in which a credit, its
//! full reversal and the credit that took its place have become one credit on the first day. The
//! cancelled one stays listed, reversed, with nothing allocated.

use super::facts::{Credit, CreditNo, DateSource, Facts};
use crate::calendar;
use crate::policy::PolicyBook;
use chrono::NaiveDate;

/// Joins every cancelled credit with the one that was booked in its place: same account, payer,
/// amount and virtual number, within the policy's number of bank days after the cancellation.
pub fn resolve(facts: &Facts, book: &PolicyBook) -> Facts {
    let mut facts = facts.clone();
    let mut order: Vec<usize> = (0..facts.reversals.len()).collect();
    order.sort_by_key(|&place| {
        facts
            .reversals
            .get(place)
            .map(|reversal| (reversal.on, reversal.key.clone()))
    });
    let mut taken: Vec<CreditNo> = Vec::new();
    for place in order {
        let Some(reversal) = facts.reversals.get(place).cloned() else {
            continue;
        };
        let cancelled = &facts.credits[reversal.credit];
        if cancelled.amount_minor != reversal.amount_minor || cancelled.key.payer_account.is_empty()
        {
            continue;
        }
        let first_day = cancelled.crediting_date;
        let within = book.on(reversal.on).0.allocation.rebooking_bank_days;
        let fits = |no: CreditNo| {
            let other = &facts.credits[no];
            no != reversal.credit
                && !taken.contains(&no)
                && same_transfer(cancelled, other)
                && follows(reversal.on, other.crediting_date, within)
        };
        let again = (facts.credits.numbers().filter(|&no| fits(no))).min_by_key(|&no| {
            (
                facts.credits[no].crediting_date,
                facts.credits[no].key.clone(),
            )
        });
        if let Some(again) = again {
            taken.push(again);
            taken.push(reversal.credit);
            let row = &mut facts.credits[again];
            row.crediting_date = first_day;
            row.source = DateSource::Rebooked;
            // The cancellation takes the first booking away on the day it came, before anything
            // could be settled with it.
            if let Some(reversal) = facts.reversals.get_mut(place) {
                reversal.on = first_day;
            }
            facts.credits[reversal.credit].cancelled = true;
        }
    }
    facts
}

fn same_transfer(cancelled: &Credit, other: &Credit) -> bool {
    let (one, two) = (&cancelled.key, &other.key);
    one.bank_account == two.bank_account
        && one.payer_account == two.payer_account
        && one.amount_minor == two.amount_minor
        && one.virtual_account == two.virtual_account
}

fn follows(cancelled_on: NaiveDate, booked_on: NaiveDate, within: u32) -> bool {
    booked_on >= cancelled_on && calendar::bank_days_between(cancelled_on, booked_on) <= within
}
