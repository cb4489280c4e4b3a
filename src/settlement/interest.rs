//! Interest for delay on one item (art. 481 § 2 KC), computed from its parts.
//!
//! From the day after the due date through the day each part counts; calendar days, actual/365,
//! simple; split where the rate changes; summed exactly and rounded once, half up. No interest is
//! charged for days on which the student's credits covered everything that was due: nobody owes
//! interest on account of how money was spread.

use super::facts::Facts;
use super::state::{Item, ItemNo, Origin, State};
use crate::policy::rates;
use crate::policy::{InterestRule, PolicyBook};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Interest on the parts that are settled, and on the open part as far as it was covered already:
/// what the books hold.
pub fn booked(facts: &Facts, state: &State, book: &PolicyBook, item: ItemNo) -> i64 {
    let through = state.items[item].open_accrued_through;
    charge(facts, state, book, item, through)
}

/// Interest with what has accrued on the open part through a day: what a reader is shown.
pub fn accrued(
    facts: &Facts,
    state: &State,
    book: &PolicyBook,
    item: ItemNo,
    as_of: NaiveDate,
) -> i64 {
    charge(facts, state, book, item, Some(as_of))
}

fn charge(
    facts: &Facts,
    state: &State,
    book: &PolicyBook,
    item: ItemNo,
    open_through: Option<NaiveDate>,
) -> i64 {
    let row = &state.items[item];
    let kind = book.on(row.due_on).0.kind(&row.kind);
    if row.is_interest() || kind.interest == InterestRule::None {
        return 0;
    }
    let pieces = pieces(row, open_through);
    let spans = late_spans(row);
    let Some(first) = spans.iter().map(|span| span.0).min() else {
        return 0;
    };
    if pieces.iter().all(|&(_, through)| through < first) {
        return 0;
    }
    let insolvent = insolvent_days(facts, state, item);
    let table = book.rates();
    // Numerators are summed, so that the one division comes last.
    let mut exact = Decimal::ZERO;
    for (amount_minor, through) in pieces {
        for &(from, to) in &spans {
            for &(dry_from, dry_to) in &insolvent {
                let (from, to) = (from.max(dry_from), to.min(through).min(dry_to));
                if from <= to {
                    exact += table.interest_parts(amount_minor, from, to);
                }
            }
        }
    }
    let minor = rates::interest_of(exact);
    if minor < kind.interest_minimum_minor {
        0
    } else {
        minor
    }
}

/// Amounts with the day through which each bore interest.
fn pieces(item: &Item, open_through: Option<NaiveDate>) -> Vec<(i64, NaiveDate)> {
    let mut pieces: Vec<(i64, NaiveDate)> = item
        .parts
        .iter()
        .map(|part| (part.amount_minor, part.counts_from))
        .collect();
    pieces.extend(
        item.shorts
            .iter()
            .map(|short| (short.amount_minor, short.on)),
    );
    if let Some(through) = open_through.filter(|_| item.visible) {
        pieces.push((item.open_minor(), through));
    }
    pieces
}

/// The spans of days in which the item is late: those kept by extensions, then all after `due_on`.
fn late_spans(item: &Item) -> Vec<(NaiveDate, NaiveDate)> {
    let mut spans = item.kept_late.clone();
    if let Some(from) = item.due_on.succ_opt() {
        spans.push((from, NaiveDate::MAX));
    }
    spans
}

/// The spans of days before which the credits of the account, less what was reversed, set aside or
/// sent back, did not cover everything that was due.
fn insolvent_days(facts: &Facts, state: &State, item: ItemNo) -> Vec<(NaiveDate, NaiveDate)> {
    let mut balance = 0i128;
    let mut spans = Vec::new();
    let mut since: Option<NaiveDate> = None;
    for (day, change) in solvency_changes(facts, state, item) {
        balance += change;
        // What is short at the end of a day bears interest from the next.
        let Some(next) = day.succ_opt() else { break };
        match (since, balance < 0) {
            (None, true) => since = Some(next),
            (Some(from), false) => {
                spans.push((from, day));
                since = None;
            }
            _ => {}
        }
    }
    if let Some(from) = since {
        spans.push((from, NaiveDate::MAX));
    }
    spans
}

/// Whether the student's credits, less what was reversed, set aside or sent back, covered everything
/// that was due by a day, however the money was spread over what was owed.
pub fn is_solvent(facts: &Facts, state: &State, item: ItemNo, day: NaiveDate) -> bool {
    let changes = solvency_changes(facts, state, item);
    changes
        .range(..=day)
        .map(|(_, change)| change)
        .sum::<i128>()
        >= 0
}

/// Changes of (credits − what is due), by day, on the account on which the item stands.
fn solvency_changes(facts: &Facts, state: &State, item: ItemNo) -> BTreeMap<NaiveDate, i128> {
    let mut changes: BTreeMap<NaiveDate, i128> = BTreeMap::new();
    let mut add =
        |day: NaiveDate, change: i64| *changes.entry(day).or_default() += i128::from(change);
    let account = facts.survivor(state.items[item].person, NaiveDate::MAX);
    let here = |person| facts.survivor(person, NaiveDate::MAX) == account;
    for (no, credit) in facts
        .credits
        .iter()
        .filter(|(_, credit)| here(credit.person))
    {
        if state.purses[no].arrived {
            add(credit.crediting_date, credit.amount_minor);
        }
    }
    for reversal in facts
        .reversals
        .iter()
        .filter(|reversal| here(facts.credits[reversal.credit].person))
    {
        add(reversal.on, -reversal.amount_minor);
    }
    for refund in &facts.refunds {
        if refund
            .credits
            .iter()
            .any(|&credit| here(facts.credits[credit].person))
        {
            add(refund.reserved_on, -refund.amount_minor);
            if let Some(returned_on) = refund.returned_on {
                add(returned_on, refund.amount_minor);
            }
        }
    }
    for owed in state
        .items
        .rows()
        .iter()
        .filter(|owed| here(owed.person) && owed.visible)
    {
        if matches!(owed.origin, Origin::Interest { .. }) {
            continue;
        }
        let due_on = owed
            .kept_late
            .iter()
            .map(|span| span.0)
            .chain(owed.due_on.succ_opt())
            .min();
        let due_on = due_on.and_then(|day| day.pred_opt()).unwrap_or(owed.due_on);
        add(due_on, -owed.amount_minor);
        for short in &owed.shorts {
            add(short.on.max(due_on), short.amount_minor);
        }
    }
    changes
}
